//! Holds every statement of a body's work to that body.

use crate::StoreError;

/// Checks that a statement is bound to the body in `$1`: it filters by
/// `body = $1`, or inserts `$1` into a first column `body`.
pub(crate) fn check(statement: &str) -> Result<(), StoreError> {
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_filtered = words.contains("body = $1");
    let is_inserted = words.starts_with("INSERT INTO ")
        && words.contains(" (body, ")
        && (words.contains("VALUES ($1, ") || words.contains("SELECT $1, "));
    if is_filtered || is_inserted { Ok(()) } else { Err(StoreError::Guard { statement: words }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_bound_to_the_body_pass() {
        assert!(check("SELECT a FROM t WHERE body = $1 AND b = $2").is_ok());
        assert!(check("INSERT INTO t (body, a)\n VALUES ($1, $2)").is_ok());
        assert!(check("SELECT a FROM t x JOIN u y ON y.body = x.body WHERE x.body = $1").is_ok());
    }

    #[test]
    fn statements_that_forget_the_body_are_refused() {
        assert!(check("SELECT a FROM t WHERE id = $2").is_err());
        assert!(check("INSERT INTO t (a, body) VALUES ($2, $1)").is_err());
        assert!(check("DELETE FROM t").is_err());
    }
}

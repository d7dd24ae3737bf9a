//! Many rows in one statement.

use std::fmt::Write as _;

use anyhow::Result;
use store::{Value, Work};

/// Arguments of one statement. SQLite finds each by walking over the names of
/// those before it, so that longer statements cost more than they save.
const ARGUMENTS_MAX: usize = 800;

/// Writes rows of this work's body; `columns` are those after `body`.
pub(super) async fn insert(
    work: &mut Work,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Value>>,
) -> Result<()> {
    let at_once = ARGUMENTS_MAX / columns.len().max(1);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<Vec<Value>> = rows.by_ref().take(at_once).collect();
        let sql = statement(table, columns, chunk.len());
        work.run(&sql, chunk.into_iter().flatten().collect()).await?;
    }
    Ok(())
}

fn statement(table: &str, columns: &[&str], rows: usize) -> String {
    let mut sql = format!("INSERT INTO {table} (body, {}) VALUES ", columns.join(", "));
    for row in 0..rows {
        sql.push_str(if row == 0 { "($1" } else { ", ($1" });
        let first = 2 + row * columns.len();
        for number in first..first + columns.len() {
            let _ = write!(sql, ", ${number}");
        }
        sql.push(')');
    }
    sql
}

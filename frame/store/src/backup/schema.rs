//! Asks the database which tables it has, what they hold, and which refer to
//! which. The two databases are asked in their own words.

use std::collections::{BTreeMap, BTreeSet};

use crate::backup::{BackupError, Column, quoted};
use crate::value::Kind;
use crate::work::Across;
use crate::{StoreError, args};

/// The migration runner's own table.
pub(super) const MIGRATIONS: &str = "migrations";

/// All tables but the migration runner's.
pub(super) async fn tables(across: &mut Across) -> Result<Vec<String>, StoreError> {
    let sql = if across.is_postgres() {
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    } else {
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    };
    let mut tables = Vec::new();
    for mut row in across.rows(sql, args![]).await? {
        tables.push(row.take::<String>(0)?);
    }
    tables.retain(|table| table != MIGRATIONS);
    Ok(tables)
}

/// True where the migration runner has been.
pub(super) async fn is_migrated(across: &mut Across) -> Result<bool, StoreError> {
    crate::migrate::has_begun(across).await
}

/// The columns of a table, in their order.
pub(super) async fn columns(across: &mut Across, table: &str) -> Result<Vec<Column>, BackupError> {
    let sql = if across.is_postgres() {
        "SELECT a.attname, t.typname,
             COALESCE((SELECT CAST(array_position(CAST(i.indkey AS int2[]), a.attnum) AS BIGINT)
                       FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary), -1) + 1
         FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
         JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = current_schema() AND c.relname = $1 AND a.attnum > 0
           AND NOT a.attisdropped AND a.attgenerated = ''
         ORDER BY a.attnum"
    } else {
        "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid"
    };
    let mut columns = Vec::new();
    for mut row in across.rows(sql, args![table]).await? {
        let (name, kind): (String, String) = (row.take(0)?, row.take(1)?);
        let kind = match kind.as_str() {
            "INTEGER" | "INT" | "BIGINT" | "int8" | "int4" => Kind::Int,
            "TEXT" | "text" => Kind::Text,
            "BLOB" | "bytea" => Kind::Bytes,
            _ => return Err(wrong(table, "a column is neither number, text nor bytes")),
        };
        columns.push(Column { name, kind, key: row.take(2)? });
    }
    if columns.iter().all(|column| column.key == 0) {
        return Err(wrong(table, "it has no primary key"));
    }
    Ok(columns)
}

fn wrong(table: &str, reason: &'static str) -> BackupError {
    BackupError::Table { table: table.to_owned(), reason }
}

/// Orders tables so that each stands after those that it refers to. Circles are
/// broken by name; the database checks references when all is there.
pub(super) async fn ordered(
    across: &mut Across,
    tables: Vec<String>,
) -> Result<Vec<String>, StoreError> {
    let mut wanted = BTreeMap::new();
    for table in tables {
        let parents = parents(across, &table).await?;
        wanted.insert(table, parents);
    }
    Ok(order(wanted))
}

async fn parents(across: &mut Across, table: &str) -> Result<BTreeSet<String>, StoreError> {
    let sql = if across.is_postgres() {
        "SELECT p.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
         JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE k.contype = 'f' AND n.nspname = current_schema() AND c.relname = $1"
    } else {
        "SELECT \"table\" FROM pragma_foreign_key_list($1)"
    };
    let mut parents = BTreeSet::new();
    for mut row in across.rows(sql, args![table]).await? {
        parents.insert(row.take::<String>(0)?);
    }
    Ok(parents)
}

fn order(mut wanted: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut ordered = Vec::new();
    while !wanted.is_empty() {
        let is_free = |(table, parents): &(&String, &BTreeSet<String>)| {
            parents.iter().all(|parent| parent == *table || !wanted.contains_key(parent))
        };
        let next = wanted.iter().find(is_free).or_else(|| wanted.iter().next());
        let Some(next) = next.map(|(table, _)| table.clone()) else { break };
        wanted.remove(&next);
        ordered.push(next);
    }
    ordered
}

/// Lets rows come before those that they refer to, until [`check_references`].
pub(super) async fn defer_references(across: &mut Across) -> Result<(), StoreError> {
    if !across.is_postgres() {
        return across.script("PRAGMA defer_foreign_keys = ON").await;
    }
    for (table, name) in references(across).await? {
        across
            .script(&format!(
                "ALTER TABLE {table} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED"
            ))
            .await?;
    }
    Ok(())
}

/// Checks all references. (SQLite does so when the transaction is kept.)
pub(super) async fn check_references(across: &mut Across) -> Result<(), StoreError> {
    if !across.is_postgres() {
        return Ok(());
    }
    across.script("SET CONSTRAINTS ALL IMMEDIATE").await?;
    for (table, name) in references(across).await? {
        across
            .script(&format!("ALTER TABLE {table} ALTER CONSTRAINT {name} NOT DEFERRABLE"))
            .await?;
    }
    Ok(())
}

async fn references(across: &mut Across) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT c.relname, k.conname FROM pg_constraint k
         JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE k.contype = 'f' AND n.nspname = current_schema() ORDER BY c.relname, k.conname";
    let mut references = Vec::new();
    for mut row in across.rows(sql, args![]).await? {
        references.push((quoted(&row.take::<String>(0)?), quoted(&row.take::<String>(1)?)));
    }
    Ok(references)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(pairs: &[(&str, &[&str])]) -> Vec<String> {
        let set = |parents: &[&str]| parents.iter().map(ToString::to_string).collect();
        order(pairs.iter().map(|(table, parents)| (table.to_string(), set(parents))).collect())
    }

    #[test]
    fn a_table_stands_after_those_it_refers_to() {
        assert_eq!(ordered(&[("a", &["b", "a"]), ("b", &["c"]), ("c", &[])]), ["c", "b", "a"]);
    }

    #[test]
    fn a_circle_ends() {
        assert_eq!(ordered(&[("a", &["b"]), ("b", &["a"]), ("c", &["b"])]), ["a", "b", "c"]);
    }
}

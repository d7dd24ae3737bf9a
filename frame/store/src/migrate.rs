//! Brings a database up to the program: migrations only add, run once, in
//! order, and are never edited.

use sha2::{Digest, Sha256};

use crate::work::Across;
use crate::{StoreError, args};

/// One step, named `crate-0001-what`. Its SQL works on both databases with the
/// words `{int}`, `{bytes}` and `{strict}`; `{kept TABLE}` on a line of its own
/// has both refuse to change or delete the table's rows.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The name, unique and for ever.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

const OWN: &str = "CREATE TABLE IF NOT EXISTS migrations (
    name TEXT PRIMARY KEY, hash {bytes} NOT NULL, at {int} NOT NULL) {strict};";

/// True where the table of migrations is there.
pub(crate) async fn has_begun(across: &mut Across) -> Result<bool, StoreError> {
    let sql = if across.is_postgres() {
        "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'"
    } else {
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'"
    };
    Ok(across.row(sql, args![]).await?.is_some())
}

/// Any number; held while migrating so that two programs do not do so at once.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_xact_lock(7351608)";

/// Runs what has not run yet, all or nothing, and returns the names.
pub(crate) async fn run(
    mut across: Across,
    steps: &[Migration],
) -> Result<Vec<&'static str>, StoreError> {
    let new = apply(&mut across, steps).await?;
    across.commit().await?;
    Ok(new)
}

/// Runs what has not run yet in a transaction that the caller keeps, and
/// returns the names.
pub(crate) async fn apply(
    across: &mut Across,
    steps: &[Migration],
) -> Result<Vec<&'static str>, StoreError> {
    if across.is_postgres() {
        across.script(POSTGRES_LOCK).await?;
    }
    across.script(OWN).await?;
    let mut done = Vec::new();
    for mut row in across.rows("SELECT name, hash FROM migrations ORDER BY name", args![]).await? {
        done.push((row.take::<String>(0)?, row.take::<Vec<u8>>(1)?));
    }
    if let Some((name, _)) =
        done.iter().find(|(name, _)| !steps.iter().any(|step| step.name == name))
    {
        return Err(StoreError::Schema(format!("it has {name}, which this program does not know")));
    }
    let mut new = Vec::new();
    for step in steps {
        let hash = Sha256::digest(step.sql).to_vec();
        match done.iter().find(|(name, _)| name == step.name) {
            Some((_, before)) if *before == hash => {}
            Some(_) => {
                return Err(StoreError::Schema(format!("{} was edited after it ran", step.name)));
            }
            None => {
                across.script(step.sql).await?;
                let now = across.now();
                across
                    .run(
                        "INSERT INTO migrations (name, hash, at) VALUES ($1, $2, $3)",
                        args![step.name, hash, now],
                    )
                    .await?;
                new.push(step.name);
            }
        }
    }
    if across.is_postgres() && !new.is_empty() {
        wall(across).await?;
    }
    Ok(new)
}

/// Puts a policy on every table that has a `body`: rows of other bodies do not
/// exist for a transaction that is bound to one.
async fn wall(across: &mut Across) -> Result<(), StoreError> {
    let tables = across
        .rows(
            "SELECT c.table_name FROM information_schema.columns c
             WHERE c.table_schema = current_schema() AND c.column_name = 'body'
               AND NOT EXISTS (SELECT 1 FROM pg_policies p WHERE p.schemaname = c.table_schema
                               AND p.tablename = c.table_name AND p.policyname = 'own_body')
             ORDER BY c.table_name",
            args![],
        )
        .await?;
    for mut row in tables {
        let table: String = row.take(0)?;
        let every = crate::postgres::EVERY_BODY;
        across
            .script(&format!(
                "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
                 ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
                 CREATE POLICY own_body ON {table}
                 USING (current_setting('sekisho.body', true) IN (body, '{every}'));"
            ))
            .await?;
    }
    Ok(())
}

/// Gives an account the rows and not the tables. What may not be changed is
/// taken away here too, below the triggers.
pub(crate) async fn let_in(across: &mut Across, account: &str) -> Result<(), StoreError> {
    let account = format!("\"{}\"", account.replace('"', "\"\""));
    let mut row = across.row("SELECT CAST(current_schema() AS TEXT)", args![]).await?;
    let schema: Option<String> = row.as_mut().and_then(|row| row.take(0).ok());
    let schema = schema.ok_or_else(|| StoreError::Schema("it has no schema".to_owned()))?;
    across
        .script(&format!(
            "GRANT USAGE ON SCHEMA {schema} TO {account};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {account};
             REVOKE INSERT, UPDATE, DELETE ON migrations FROM {account};"
        ))
        .await?;
    let kept = across
        .rows(
            "SELECT DISTINCT CAST(c.relname AS TEXT) FROM pg_trigger t
             JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE p.proname = 'rows_are_kept' AND n.nspname = current_schema()",
            args![],
        )
        .await?;
    for mut row in kept {
        let table: String = row.take(0)?;
        across.script(&format!("REVOKE UPDATE, DELETE ON {table} FROM {account};")).await?;
    }
    Ok(())
}

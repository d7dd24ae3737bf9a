//! Rows of what a body's people taught the filter: the model as bytes, and each
//! lesson, so that it can be taken back. No words stand in them, only their keys.

use store::{Migration, StoreError, Work, args};

/// One model of some megabytes a body; a lesson of some kilobytes a decision.
pub(crate) const MODELS: Migration = Migration {
    name: "mail-0011-models",
    sql: "CREATE TABLE mail_models (
        body TEXT NOT NULL,
        version {int} NOT NULL,
        model {bytes} NOT NULL,
        PRIMARY KEY (body)
    ) {strict};
    CREATE TABLE mail_lessons (
        body TEXT NOT NULL,
        mail TEXT NOT NULL,
        lesson {bytes} NOT NULL,
        made_at {int} NOT NULL,
        PRIMARY KEY (body, mail)
    ) {strict};",
};

/// Which version of the body's model holds; 0 where there is none.
pub(crate) async fn version(work: &mut Work) -> Result<i64, StoreError> {
    let sql = "SELECT version FROM mail_models WHERE body = $1";
    let row = work.row(sql, args![]).await?;
    Ok(row.map(|mut row| row.take(0)).transpose()?.unwrap_or(0))
}

/// The body's model and its version; with `lock`, held until the work ends.
pub(crate) async fn model(
    work: &mut Work,
    lock: bool,
) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    let lock = if lock { " {lock}" } else { "" };
    let sql = format!("SELECT version, model FROM mail_models WHERE body = $1{lock}");
    let Some(mut row) = work.row(&sql, args![]).await? else { return Ok(None) };
    Ok(Some((row.take(0)?, row.take(1)?)))
}

/// Writes a new version of the model.
pub(crate) async fn set_model(
    work: &mut Work,
    version: i64,
    model: Vec<u8>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_models (body, version, model) VALUES ($1, $2, $3)
        ON CONFLICT (body) DO UPDATE SET version = excluded.version, model = excluded.model";
    work.run(sql, args![version, model]).await?;
    Ok(())
}

/// What was learned from a mail, named by the SHA-256 of what came.
pub(crate) async fn lesson(work: &mut Work, mail: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT lesson FROM mail_lessons WHERE body = $1 AND mail = $2";
    work.row(sql, args![mail]).await?.map(|mut row| row.take(0)).transpose()
}

/// Writes what is learned from a mail, in the place of what was.
pub(crate) async fn set_lesson(
    work: &mut Work,
    mail: &str,
    lesson: Vec<u8>,
) -> Result<(), StoreError> {
    let now = work.now();
    let sql = "INSERT INTO mail_lessons (body, mail, lesson, made_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (body, mail) DO UPDATE SET lesson = excluded.lesson, made_at = excluded.made_at";
    work.run(sql, args![mail, lesson, now]).await?;
    Ok(())
}

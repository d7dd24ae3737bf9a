//! The rules that bodies wrote, each version with its author; the newest
//! holds. And which permit lets which passage through.

use base::{Id, Timestamp};
use identity::PersonId;
use passages::PassageId;
use permits::PermitId;
use store::{Migration, StoreError, Work, args};

/// A few rows a year; a row for each approval that was asked for.
pub(crate) const RULES: Migration = Migration {
    name: "mail-0006-rules",
    sql: "CREATE TABLE mail_rules (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        text TEXT NOT NULL,
        person TEXT NOT NULL,
        made_at {int} NOT NULL,
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, person) REFERENCES people (body, id)
    ) {strict};
    CREATE TABLE mail_approvals (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        permit TEXT NOT NULL,
        PRIMARY KEY (body, passage, permit),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id),
        FOREIGN KEY (body, permit) REFERENCES permits (body, id)
    ) {strict};",
};

/// What a [`RulesId`] names.
#[derive(Clone, Copy, Debug)]
pub enum RulesTag {}

/// The id of a version of a body's rules.
pub type RulesId = Id<RulesTag>;

/// A version of a body's rules.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its id.
    pub id: RulesId,
    /// The text.
    pub text: String,
    /// Who wrote it.
    pub person: PersonId,
    /// When.
    pub made_at: Timestamp,
}

/// The version that holds.
pub(crate) async fn newest(work: &mut Work) -> Result<Option<Version>, StoreError> {
    let sql = "SELECT id, text, person, made_at FROM mail_rules WHERE body = $1
        ORDER BY id DESC LIMIT 1";
    let Some(mut row) = work.row(sql, args![]).await? else { return Ok(None) };
    Ok(Some(Version {
        id: row.take(0)?,
        text: row.take(1)?,
        person: row.take(2)?,
        made_at: row.take(3)?,
    }))
}

/// Writes a new version.
pub(crate) async fn add(work: &mut Work, version: &Version) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_rules (body, id, text, person, made_at)
        VALUES ($1, $2, $3, $4, $5)";
    let values = args![version.id, &version.text, version.person, version.made_at];
    work.run(sql, values).await?;
    Ok(())
}

/// Remembers which permit lets a passage through.
pub(crate) async fn add_approval(
    work: &mut Work,
    passage: PassageId,
    permit: PermitId,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_approvals (body, passage, permit) VALUES ($1, $2, $3)";
    work.run(sql, args![passage, permit]).await?;
    Ok(())
}

/// The permits that were asked for.
pub(crate) async fn approvals(
    work: &mut Work,
    passage: PassageId,
) -> Result<Vec<PermitId>, StoreError> {
    let sql = "SELECT permit FROM mail_approvals WHERE body = $1 AND passage = $2
        ORDER BY permit";
    let rows = work.rows(sql, args![passage]).await?;
    rows.into_iter().map(|mut row| row.take(0)).collect()
}

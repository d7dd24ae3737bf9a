//! The policies that bodies wrote, each version with its author. The newest
//! holds; without one, the default does.

pub(crate) mod asking;
pub(crate) mod batches;
pub(crate) mod containers;
pub(crate) mod findings;
pub(crate) mod previews;
#[cfg(test)]
mod tests;

use base::{Id, Timestamp};
use identity::PersonId;
use store::{Migration, StoreError, Work, args};

/// The room's migrations.
pub const MIGRATIONS: &[Migration] = &[
    POLICIES,
    crate::uploads::tables::MIGRATION,
    previews::PREVIEWS,
    asking::ASKING,
    containers::CONTAINERS,
    findings::FINDINGS,
    batches::BATCHES,
    crate::links::LINKS,
];

const POLICIES: Migration = Migration {
    name: "transfer-0001-policies",
    sql: "CREATE TABLE transfer_policies (
        body TEXT NOT NULL,
        id TEXT NOT NULL,
        text TEXT NOT NULL,
        person TEXT NOT NULL,
        made_at {int} NOT NULL,
        PRIMARY KEY (body, id),
        FOREIGN KEY (body, person) REFERENCES people (body, id)
    ) {strict};",
};

/// What a [`PolicyId`] names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PolicyTag {}

/// The id of a version of a body's policy.
pub(crate) type PolicyId = Id<PolicyTag>;

/// A version of a body's policy.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: PolicyId,
    pub(crate) text: String,
    pub(crate) person: PersonId,
    pub(crate) made_at: Timestamp,
}

/// The version that holds.
pub(crate) async fn newest(work: &mut Work) -> Result<Option<Version>, StoreError> {
    let sql = "SELECT id, text, person, made_at FROM transfer_policies WHERE body = $1
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
    let sql = "INSERT INTO transfer_policies (body, id, text, person, made_at)
        VALUES ($1, $2, $3, $4, $5)";
    let values = args![version.id, &version.text, version.person, version.made_at];
    work.run(sql, values).await?;
    Ok(())
}

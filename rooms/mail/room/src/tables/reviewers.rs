//! Rows of who looks at held mails for a section's people, beside them.

use base::Timestamp;
use identity::{PersonId, SectionId};
use store::{Migration, Row, StoreError, Work, args};

/// Some rows a section.
pub(crate) const REVIEWERS: Migration = Migration {
    name: "mail-0023-reviewers",
    sql: "CREATE TABLE mail_reviewers (
        body TEXT NOT NULL,
        section TEXT NOT NULL,
        person TEXT NOT NULL,
        made_at {int} NOT NULL,
        PRIMARY KEY (body, section, person),
        FOREIGN KEY (body, section) REFERENCES sections (body, id),
        FOREIGN KEY (body, person) REFERENCES people (body, id)
    ) {strict};
    CREATE INDEX mail_reviewers_person ON mail_reviewers (body, person);",
};

/// One who looks for a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// For whom.
    pub section: SectionId,
    /// Who.
    pub person: PersonId,
    /// Since when.
    pub made_at: Timestamp,
}

/// Rows of the whole list.
const ROWS_MAX: u32 = 500;

/// Names somebody; false where they were named before.
pub(crate) async fn add(work: &mut Work, reviewer: &Reviewer) -> Result<bool, StoreError> {
    let sql = "INSERT INTO mail_reviewers (body, section, person, made_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (body, section, person) DO NOTHING";
    let values = args![reviewer.section, reviewer.person, reviewer.made_at];
    Ok(work.run(sql, values).await? == 1)
}

/// Takes it back; false where nobody was named.
pub(crate) async fn remove(
    work: &mut Work,
    section: SectionId,
    person: PersonId,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM mail_reviewers WHERE body = $1 AND section = $2 AND person = $3";
    Ok(work.run(sql, args![section, person]).await? > 0)
}

/// Everybody who was named.
pub(crate) async fn all(work: &mut Work) -> Result<Vec<Reviewer>, StoreError> {
    let sql = "SELECT section, person, made_at FROM mail_reviewers
        WHERE body = $1 ORDER BY section, person LIMIT $2";
    work.rows(sql, args![ROWS_MAX]).await?.into_iter().map(read).collect()
}

/// The mailboxes of the sections that somebody looks for: those of the sections,
/// and those of their people.
pub(crate) async fn mailboxes_of(
    work: &mut Work,
    person: PersonId,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT m.address FROM mail_reviewers r
        LEFT JOIN people p ON p.body = r.body AND p.section = r.section
        JOIN mail_mailboxes m ON m.body = r.body AND (
            (m.owner_kind = 'section' AND m.owner = r.section)
            OR (m.owner_kind = 'person' AND m.owner = p.id))
        WHERE r.body = $1 AND r.person = $2 ORDER BY m.address";
    let rows = work.rows(sql, args![person]).await?;
    rows.into_iter().map(|mut row| row.take(0)).collect()
}

fn read(mut row: Row) -> Result<Reviewer, StoreError> {
    Ok(Reviewer { section: row.take(0)?, person: row.take(1)?, made_at: row.take(2)? })
}

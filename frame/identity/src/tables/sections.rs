//! Sections of a body.

use base::Timestamp;
use store::{Row, StoreError, Work, args};

use super::text;
use crate::error::IdentityError;
use crate::person::{Section, SectionId};

const COLUMNS: &str = "id, code, name, above, closed_at, version";

/// Writes a new section.
pub(crate) async fn insert(work: &mut Work, section: &Section) -> Result<(), IdentityError> {
    let done = work
        .run(
            "INSERT INTO sections (body, id, code, name, above, version)
             VALUES ($1, $2, $3, $4, $5, $6)",
            args![
                section.id,
                section.code.as_str(),
                section.name.as_str(),
                section.above,
                section.version,
            ],
        )
        .await;
    taken(done)?;
    Ok(())
}

/// Writes what changed; false if another change came first.
pub(crate) async fn update(work: &mut Work, section: &Section) -> Result<bool, IdentityError> {
    let done = work
        .run(
            "UPDATE sections SET code = $4, name = $5, above = $6, closed_at = $7, version = $3 + 1
             WHERE body = $1 AND id = $2 AND version = $3",
            args![
                section.id,
                section.version,
                section.code.as_str(),
                section.name.as_str(),
                section.above,
                section.closed_at,
            ],
        )
        .await;
    Ok(taken(done)? == 1)
}

fn taken(done: Result<u64, StoreError>) -> Result<u64, IdentityError> {
    match done {
        Ok(count) => Ok(count),
        Err(StoreError::Duplicate(_)) => Err(IdentityError::SectionTaken),
        Err(StoreError::Missing(_)) => Err(IdentityError::NotThere("section")),
        Err(other) => Err(other.into()),
    }
}

/// One section.
pub(crate) async fn find(
    work: &mut Work,
    section: SectionId,
) -> Result<Option<Section>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM sections WHERE body = $1 AND id = $2");
    work.row(&sql, args![section]).await?.map(read).transpose()
}

/// All sections, the closed ones last.
pub(crate) async fn all(work: &mut Work) -> Result<Vec<Section>, IdentityError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sections WHERE body = $1 ORDER BY closed_at IS NOT NULL, code, id"
    );
    work.rows(&sql, args![]).await?.into_iter().map(read).collect()
}

/// Every section with the one above it.
pub(crate) async fn tree(
    work: &mut Work,
) -> Result<Vec<(SectionId, Option<SectionId>)>, IdentityError> {
    let rows = work.rows("SELECT id, above FROM sections WHERE body = $1", args![]).await?;
    rows.into_iter().map(|mut row| Ok((row.take(0)?, row.take(1)?))).collect()
}

/// True where people who have not left, open sections or roles are in it.
pub(crate) async fn is_used(
    work: &mut Work,
    section: SectionId,
    now: Timestamp,
) -> Result<bool, IdentityError> {
    let row = work
        .row(
            "SELECT 1 FROM people WHERE body = $1 AND section = $2 AND state <> 'left'
             UNION ALL
             SELECT 1 FROM sections WHERE body = $1 AND above = $2 AND closed_at IS NULL
             UNION ALL
             SELECT 1 FROM assignments WHERE body = $1 AND section = $2
                AND (until_at IS NULL OR until_at > $3)
             LIMIT 1",
            args![section, now],
        )
        .await?;
    Ok(row.is_some())
}

fn read(mut row: Row) -> Result<Section, IdentityError> {
    Ok(Section {
        id: row.take(0)?,
        code: text(&mut row, 1)?,
        name: text(&mut row, 2)?,
        above: row.take(3)?,
        closed_at: row.take(4)?,
        version: row.take(5)?,
    })
}

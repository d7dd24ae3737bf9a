//! Bodies and the codes of the first set-up.

use base::{BodyId, Timestamp};
use factors::{Code, Hashed};
use store::{Across, Row, StoreError, Work, args};

use super::text;
use crate::body::{BodyCode, BodyRecord};
use crate::error::IdentityError;

const COLUMNS: &str = "body, code, name, kana, above, founded_at";

/// Writes a body; nothing of it is there before.
pub(crate) async fn insert(across: &mut Across, body: &BodyRecord) -> Result<(), IdentityError> {
    let done = across
        .run(
            "INSERT INTO bodies (body, code, name, kana, above, founded_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            args![
                body.id,
                body.code.to_string(),
                body.name.as_str(),
                body.kana.as_str(),
                body.prefecture,
                body.founded_at,
            ],
        )
        .await;
    match done {
        Ok(_) => Ok(()),
        Err(StoreError::Duplicate(_)) => Err(IdentityError::BodyTaken),
        Err(other) => Err(other.into()),
    }
}

/// The body of a work.
pub(crate) async fn own(work: &mut Work) -> Result<Option<BodyRecord>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM bodies WHERE body = $1");
    work.row(&sql, args![]).await?.map(read).transpose()
}

/// One body, whichever.
pub(crate) async fn find(
    across: &mut Across,
    body: BodyId,
) -> Result<Option<BodyRecord>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM bodies WHERE body = $1");
    across.row(&sql, args![body]).await?.map(read).transpose()
}

/// All bodies, by code.
pub(crate) async fn all(across: &mut Across) -> Result<Vec<BodyRecord>, IdentityError> {
    let sql = format!("SELECT {COLUMNS} FROM bodies ORDER BY code");
    across.rows(&sql, args![]).await?.into_iter().map(read).collect()
}

/// The body that was founded first: keeps what belongs to nobody.
pub(crate) async fn home(across: &mut Across) -> Result<Option<BodyId>, IdentityError> {
    let row = across.row("SELECT MIN(body) FROM bodies", args![]).await?;
    Ok(row.map(|mut row| row.take::<Option<BodyId>>(0)).transpose()?.flatten())
}

fn read(mut row: Row) -> Result<BodyRecord, IdentityError> {
    let code: String = row.take(1)?;
    Ok(BodyRecord {
        id: row.take(0)?,
        code: BodyCode::parse(&code).map_err(|_| IdentityError::Unreadable("bodies"))?,
        name: text(&mut row, 2)?,
        kana: text(&mut row, 3)?,
        prefecture: row.take(4)?,
        founded_at: row.take(5)?,
    })
}

/// Keeps only this set-up code.
pub(crate) async fn replace_set_up_code(
    across: &mut Across,
    hash: Hashed<Code>,
    until: Timestamp,
) -> Result<(), IdentityError> {
    across.run("DELETE FROM set_up_codes", args![]).await?;
    let now = across.now();
    across
        .run(
            "INSERT INTO set_up_codes (hash, made_at, until_at) VALUES ($1, $2, $3)",
            args![hash.to_string(), now, until],
        )
        .await?;
    Ok(())
}

/// Uses the set-up code up; false if there is no such code in force.
pub(crate) async fn use_set_up_code(
    across: &mut Across,
    hash: Hashed<Code>,
) -> Result<bool, IdentityError> {
    let now = across.now();
    let used = across
        .run(
            "UPDATE set_up_codes SET used_at = $2
             WHERE hash = $1 AND used_at IS NULL AND made_at <= $2 AND until_at > $2",
            args![hash.to_string(), now],
        )
        .await?;
    Ok(used == 1)
}

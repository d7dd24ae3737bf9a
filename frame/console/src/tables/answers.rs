//! Rows of `console_answers`: what a call with an `Idempotency-Key` was
//! answered. Small, sealed, and forgotten after a day.

use base::Timestamp;
use store::{Across, Migration, StoreError, Work, args};

/// Reads by primary key; forgetting reads the index. At most one row a call
/// within a day.
pub(crate) const MIGRATION: Migration = Migration {
    name: "console-0001-answers",
    sql: "
        CREATE TABLE console_answers (
            body TEXT NOT NULL,
            id TEXT NOT NULL,
            request TEXT NOT NULL,
            status {int},
            answer TEXT,
            ends {int} NOT NULL,
            PRIMARY KEY (body, id)
        ) {strict};
        CREATE INDEX console_answers_ends ON console_answers (body, ends);
    ",
};

/// Answers may hold a code or a token, so that they are sealed; the column
/// `answer`, which an earlier release wrote, stays empty. At most some thousand
/// rows; adding a column rewrites none.
pub(crate) const SEALED: Migration = Migration {
    name: "console-0002-sealed-answers",
    sql: "ALTER TABLE console_answers ADD COLUMN sealed {bytes};",
};

/// What is remembered of a call.
pub(crate) struct Kept {
    /// A hash of the call.
    pub(crate) request: String,
    /// The status and the sealed answer; none while it is under way, was cut
    /// off after it was done, or was too long to keep.
    pub(crate) answer: Option<(u32, Vec<u8>)>,
}

pub(crate) async fn find(
    work: &mut Work,
    id: &str,
    now: Timestamp,
) -> Result<Option<Kept>, StoreError> {
    let sql = "SELECT request, status, sealed FROM console_answers
        WHERE body = $1 AND id = $2 AND ends > $3";
    let Some(mut row) = work.row(sql, args![id, now]).await? else { return Ok(None) };
    let status: Option<u32> = row.take(1)?;
    let sealed: Option<Vec<u8>> = row.take(2)?;
    Ok(Some(Kept { request: row.take(0)?, answer: status.zip(sealed) }))
}

pub(crate) async fn take(
    work: &mut Work,
    id: &str,
    request: &str,
    ends: Timestamp,
) -> Result<(), StoreError> {
    let now = work.now();
    work.run("DELETE FROM console_answers WHERE body = $1 AND ends <= $2", args![now]).await?;
    let sql = "INSERT INTO console_answers (body, id, request, ends) VALUES ($1, $2, $3, $4)";
    work.run(sql, args![id, request, ends]).await?;
    Ok(())
}

pub(crate) async fn keep(
    work: &mut Work,
    id: &str,
    status: u16,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    let sql = "UPDATE console_answers SET status = $3, sealed = $4 WHERE body = $1 AND id = $2";
    work.run(sql, args![id, u32::from(status), sealed]).await?;
    Ok(())
}

/// Gives a key back whose call was refused.
pub(crate) async fn release(work: &mut Work, id: &str) -> Result<(), StoreError> {
    work.run("DELETE FROM console_answers WHERE body = $1 AND id = $2", args![id]).await?;
    Ok(())
}

/// Forgets what is over in all bodies, and what an earlier release left open.
pub(crate) async fn forget(across: &mut Across) -> Result<(), StoreError> {
    let now = across.now();
    across.run("DELETE FROM console_answers WHERE ends <= $1", args![now]).await?;
    let sql = "UPDATE console_answers SET answer = NULL WHERE answer IS NOT NULL";
    across.run(sql, Vec::new()).await?;
    Ok(())
}

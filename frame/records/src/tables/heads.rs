//! The newest place and hash of each body's ledger.

use store::{StoreError, Work, args};

use crate::append::Head;
use crate::canonical::Hash;
use crate::entry::Sequence;

/// Reads the head and keeps others from appending until this work ends.
pub(crate) async fn lock(work: &mut Work) -> Result<Head, StoreError> {
    let sql = "SELECT sequence, hash FROM ledger_heads WHERE body = $1 {lock}";
    if let Some(head) = read(work, sql).await? {
        return Ok(head);
    }
    work.run(
        "INSERT INTO ledger_heads (body, sequence, hash) VALUES ($1, 0, $2)
         ON CONFLICT (body) DO NOTHING",
        args![Hash::ZERO.0],
    )
    .await?;
    // Another work may have been first; then this waits for it and sees its head.
    Ok(read(work, sql).await?.unwrap_or(Head::NONE))
}

/// Reads the head without holding it.
pub(crate) async fn peek(work: &mut Work) -> Result<Option<Head>, StoreError> {
    read(work, "SELECT sequence, hash FROM ledger_heads WHERE body = $1").await
}

/// Moves the head forward.
pub(crate) async fn advance(work: &mut Work, head: Head) -> Result<(), StoreError> {
    work.run(
        "UPDATE ledger_heads SET sequence = $2, hash = $3 WHERE body = $1",
        args![head.sequence.number(), head.hash.0],
    )
    .await?;
    Ok(())
}

async fn read(work: &mut Work, sql: &str) -> Result<Option<Head>, StoreError> {
    let Some(mut row) = work.row(sql, args![]).await? else { return Ok(None) };
    Ok(Some(Head { sequence: Sequence::new(row.take(0)?), hash: Hash(row.take(1)?) }))
}

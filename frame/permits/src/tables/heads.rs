//! One row a body: the newest number, and the latest moment that was seen.

use base::Timestamp;
use store::{StoreError, Work, args};

/// What the head says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The newest number given.
    pub(crate) number: u32,
    /// The latest moment at which anything was done with permits.
    pub(crate) seen_at: Timestamp,
}

/// Reads the head of this body.
pub(crate) async fn head(work: &mut Work) -> Result<Head, StoreError> {
    let sql = "SELECT number, seen_at FROM permit_heads WHERE body = $1";
    match work.row(sql, args![]).await? {
        Some(mut row) => Ok(Head { number: row.take(0)?, seen_at: row.take(1)? }),
        None => Ok(Head::default()),
    }
}

/// Gives out the next number; the row stays locked until the work ends.
pub(crate) async fn next_number(work: &mut Work) -> Result<u32, StoreError> {
    let sql = "INSERT INTO permit_heads (body, number, seen_at) VALUES ($1, 1, 0)
         ON CONFLICT (body) DO UPDATE SET number = permit_heads.number + 1";
    work.run(sql, args![]).await?;
    Ok(head(work).await?.number)
}

/// Notes that a moment was seen; an earlier one changes nothing.
pub(crate) async fn see(work: &mut Work, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO permit_heads (body, number, seen_at) VALUES ($1, 0, $2)
         ON CONFLICT (body) DO UPDATE SET seen_at = excluded.seen_at
         WHERE permit_heads.seen_at < excluded.seen_at";
    work.run(sql, args![now]).await?;
    Ok(())
}

/// Sets the moment back, after everything that it ended was ended.
pub(crate) async fn set_seen(work: &mut Work, now: Timestamp) -> Result<(), StoreError> {
    work.run("UPDATE permit_heads SET seen_at = $2 WHERE body = $1", args![now]).await?;
    Ok(())
}

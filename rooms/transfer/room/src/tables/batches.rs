//! What was sent together and lies with its receiver.

use passages::{BatchId, PassageId, State};
use store::{Migration, StoreError, Work, args};

/// Finds what was sent together. Small: one short row a passage.
pub(crate) const BATCHES: Migration = Migration {
    name: "transfer-0015-batches",
    sql: "CREATE INDEX transfer_batches ON passages (body, batch);",
};

/// The delivered passages of a batch whose time is not over, in the order in
/// which they came.
pub(crate) async fn delivered(
    work: &mut Work,
    batch: BatchId,
    limit: u32,
) -> Result<Vec<PassageId>, StoreError> {
    let sql = "SELECT id FROM passages
        WHERE body = $1 AND batch = $2 AND state = $3 AND ends_at > $4 ORDER BY id LIMIT $5";
    let now = work.now();
    let rows = work.rows(sql, args![batch, State::Delivered.name(), now, limit]).await?;
    let mut all = Vec::new();
    for mut row in rows {
        all.push(row.take(0)?);
    }
    Ok(all)
}

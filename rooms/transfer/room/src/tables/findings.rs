//! Rows of what treating has shown, for statistics, and of scanners that could
//! not be asked.

use base::Timestamp;
use passages::{PassageId, Span};
use store::{Migration, StoreError, Work, args};

/// A few short rows a passage; the key begins with the time, through the
/// passage's id.
pub(crate) const FINDINGS: Migration = Migration {
    name: "transfer-0014-findings",
    sql: "CREATE TABLE transfer_removed (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        code TEXT NOT NULL,
        count {int} NOT NULL CHECK (count >= 1),
        PRIMARY KEY (body, passage, code),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id)
    ) {strict};
    CREATE TABLE transfer_waits (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        scanner TEXT NOT NULL,
        since {int} NOT NULL,
        tries {int} NOT NULL CHECK (tries >= 1),
        PRIMARY KEY (body, passage),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id)
    ) {strict};",
};

/// So many of one kind were taken out, in so many passages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) code: String,
    pub(crate) passages: u64,
    pub(crate) count: u64,
}

/// A passage that waits because a scanner cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) scanner: String,
    pub(crate) since: Timestamp,
    pub(crate) tries: u32,
}

/// Writes what was taken out; what stands there already stays.
pub(crate) async fn removed(
    work: &mut Work,
    passage: PassageId,
    counts: impl IntoIterator<Item = (&str, u64)>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_removed (body, passage, code, count) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    for (code, count) in counts {
        let count = i64::try_from(count.max(1)).unwrap_or(i64::MAX);
        work.run(sql, args![passage, code, count]).await?;
    }
    Ok(())
}

/// What was taken out most often in a span.
pub(crate) async fn most_removed(
    work: &mut Work,
    span: Span,
    limit: u32,
) -> Result<Vec<Removed>, StoreError> {
    let sql = "SELECT code, COUNT(*), CAST(SUM(count) AS {int}) FROM transfer_removed
        WHERE body = $1 AND passage >= $2 AND passage < $3
        GROUP BY code ORDER BY COUNT(*) DESC, code LIMIT $4";
    let (from, until) = (PassageId::least_at(span.from), PassageId::least_at(span.until));
    let rows = work.rows(sql, args![from, until, limit]).await?;
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    let mut all = Vec::new();
    for mut row in rows {
        let (passages, total): (i64, i64) = (row.take(1)?, row.take(2)?);
        all.push(Removed { code: row.take(0)?, passages: count(passages), count: count(total) });
    }
    Ok(all)
}

/// Writes that a scanner could not be asked about a passage.
pub(crate) async fn wait(
    work: &mut Work,
    passage: PassageId,
    scanner: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_waits (body, passage, scanner, since, tries)
        VALUES ($1, $2, $3, $4, 1) ON CONFLICT (body, passage)
        DO UPDATE SET scanner = excluded.scanner, tries = transfer_waits.tries + 1";
    let now = work.now();
    work.run(sql, args![passage, scanner, now]).await?;
    Ok(())
}

/// The scanner that could not be asked, while the passage waits for it.
pub(crate) async fn waiting(
    work: &mut Work,
    passage: PassageId,
) -> Result<Option<Wait>, StoreError> {
    let sql = "SELECT scanner, since, tries FROM transfer_waits WHERE body = $1 AND passage = $2";
    let Some(mut row) = work.row(sql, args![passage]).await? else { return Ok(None) };
    Ok(Some(Wait { scanner: row.take(0)?, since: row.take(1)?, tries: row.take(2)? }))
}

/// Says that a passage does not wait any more.
pub(crate) async fn waited(work: &mut Work, passage: PassageId) -> Result<(), StoreError> {
    let sql = "DELETE FROM transfer_waits WHERE body = $1 AND passage = $2";
    work.run(sql, args![passage]).await?;
    Ok(())
}

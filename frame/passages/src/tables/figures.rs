//! Statements that count rows of passages, along an index and never through all
//! of them: an id begins with the moment at which it was made.

use std::time::Duration;

use base::Timestamp;
use store::{Row, StoreError, Work, args};
use zones::{Crossing, Zone};

use super::{read_receiver, sender_words, wrong};
use crate::error::PassageError;
use crate::figures::{Crossed, Fate, History, RECEIVERS_MAX, Span, Took, Way};
use crate::list::FILES;
use crate::passage::{PassageId, Sender};

/// Japan is so far ahead of UTC, all year.
const JAPAN_MS: i64 = 9 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

const SENT: &str = "SELECT COUNT(*),
        COALESCE(SUM(CASE WHEN state = 'refused' OR verdict = 'refused' THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN verdict = 'quarantined' THEN 1 ELSE 0 END), 0)
    FROM passages
    WHERE body = $1 AND sender_kind = $2 AND sender = $3 AND id >= $4 AND id < $5
        AND room = 'transfer'";

const RECEIVERS: &str = "SELECT receiver_kind, receiver, COUNT(*) FROM passages
    WHERE body = $1 AND sender_kind = $2 AND sender = $3 AND id >= $4 AND id < $5
        AND room = 'transfer'
    GROUP BY receiver_kind, receiver ORDER BY COUNT(*) DESC, receiver LIMIT $6";

const CROSSED: &str = "SELECT (made_at + 32400000) / 86400000 AS day, zone_from, zone_to,
        CASE WHEN verdict = 'quarantined' THEN 'quarantined'
            WHEN delivered_at IS NOT NULL THEN 'through'
            WHEN state IN ('received', 'locked', 'held') THEN 'open'
            ELSE 'refused' END AS fate, COUNT(*)
    FROM passages WHERE body = $1 AND id >= $2 AND id < $3 AND room = 'transfer'
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";

const ORIGINALS_DUE: &str = "SELECT id FROM passages
    WHERE body = $1 AND original IS NOT NULL AND decided_at <= $2 AND room = 'transfer'
        AND state IN ('delivered', 'refused', 'quarantined')
    ORDER BY decided_at, id LIMIT $3";

pub(crate) async fn history(
    work: &mut Work,
    sender: &Sender,
    since: Timestamp,
    before: PassageId,
) -> Result<History, PassageError> {
    let (kind, id) = sender_words(sender);
    let least = PassageId::least_at(since);
    let mut history = History::default();
    if let Some(mut row) = work.row(SENT, args![kind, &id, least, before]).await? {
        history.sent = count(&mut row, 0)?;
        history.refused = count(&mut row, 1)?;
        history.quarantined = count(&mut row, 2)?;
    }
    let values = args![kind, &id, least, before, RECEIVERS_MAX];
    for mut row in work.rows(RECEIVERS, values).await? {
        let (kind, id): (String, String) = (row.take(0)?, row.take(1)?);
        let receiver = read_receiver(&kind, &id).ok_or_else(|| wrong(0, "a receiver"))?;
        history.receivers.push((receiver, count(&mut row, 2)?));
    }
    Ok(history)
}

pub(crate) async fn crossed(work: &mut Work, span: Span) -> Result<Vec<Crossed>, PassageError> {
    let rows = work.rows(CROSSED, bounds(span)).await?;
    Ok(rows.into_iter().map(read_crossed).collect::<Result<_, _>>()?)
}

fn read_crossed(mut row: Row) -> Result<Crossed, StoreError> {
    let day: i64 = row.take(0)?;
    let (from, to, fate): (String, String, String) = (row.take(1)?, row.take(2)?, row.take(3)?);
    let crossing = Zone::parse(&from).zip(Zone::parse(&to));
    let crossing = crossing.and_then(|(from, to)| Crossing::between(from, to));
    Ok(Crossed {
        day: Timestamp::from_millis(day.saturating_mul(DAY_MS).saturating_sub(JAPAN_MS)),
        crossing: crossing.ok_or_else(|| wrong(1, "a boundary"))?,
        fate: Fate::parse(&fate).ok_or_else(|| wrong(3, "a fate"))?,
        count: count(&mut row, 4)?,
    })
}

pub(crate) async fn took(work: &mut Work, span: Span, way: Way) -> Result<Took, PassageError> {
    let (until, condition) = match way {
        Way::Straight => {
            ("delivered_at", "delivered_at IS NOT NULL AND wants_look = 0 AND wants_approvals = 0")
        }
        Way::Held => {
            ("decided_at", "decided_at IS NOT NULL AND (wants_look = 1 OR wants_approvals > 0)")
        }
    };
    let from = format!(
        "FROM passages WHERE body = $1 AND id >= $2 AND id < $3 AND room = '{FILES}' AND {condition}"
    );
    let sql = format!("SELECT COUNT(*) {from}");
    let total = match work.row(&sql, bounds(span)).await? {
        Some(mut row) => count(&mut row, 0)?,
        None => 0,
    };
    let mut took = Took { count: total, ..Took::default() };
    if total == 0 {
        return Ok(took);
    }
    let sql =
        format!("SELECT {until} - made_at {from} ORDER BY {until} - made_at LIMIT 1 OFFSET $4");
    for (part, place) in [(50, &mut took.p50), (95, &mut took.p95)] {
        // The nearest rank: of 20, the 10th and the 19th.
        let rank = total.saturating_mul(part).div_ceil(100).saturating_sub(1);
        let mut values = bounds(span);
        values.extend(args![i64::try_from(rank).unwrap_or(i64::MAX)]);
        if let Some(mut row) = work.row(&sql, values).await? {
            *place = Duration::from_millis(count(&mut row, 0)?);
        }
    }
    Ok(took)
}

pub(crate) async fn originals_due(
    work: &mut Work,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<PassageId>, PassageError> {
    let rows = work.rows(ORIGINALS_DUE, args![before, limit]).await?;
    Ok(rows.into_iter().map(|mut row| row.take(0)).collect::<Result<_, _>>()?)
}

fn bounds(span: Span) -> Vec<store::Value> {
    args![PassageId::least_at(span.from), PassageId::least_at(span.until)]
}

fn count(row: &mut Row, column: usize) -> Result<u64, StoreError> {
    let number: i64 = row.take(column)?;
    Ok(u64::try_from(number).unwrap_or(0))
}

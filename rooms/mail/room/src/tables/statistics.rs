//! Rows that only statistics read, and the statements that count: mails by day,
//! by why they were held and how that ended, how long delivery took, and what
//! was turned away at the door. Counted along an index: an id begins with its
//! moment.

use std::time::Duration;

use base::Timestamp;
use passages::{PassageId, State};
use store::{Migration, Row, StoreError, Value, Work, args};

/// A row a day and reason; some a day.
pub(crate) const TURNED: Migration = Migration {
    name: "mail-0020-turned-away",
    sql: "CREATE TABLE mail_turned_away (
        body TEXT NOT NULL,
        day {int} NOT NULL,
        why TEXT NOT NULL,
        count {int} NOT NULL CHECK (count >= 1),
        PRIMARY KEY (body, day, why)
    ) {strict};",
};

/// A column without a default is added without touching rows.
pub(crate) const HELD: Migration =
    Migration { name: "mail-0021-held", sql: "ALTER TABLE mail_passages ADD COLUMN held TEXT;" };

/// Japan is so far ahead of UTC, all year.
const JAPAN_MS: i64 = 9 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// A span of whole days in Japan.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
}

/// How a passage of a mail came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It went without anybody.
    Delivered,
    /// It was held and let through, or locked and opened.
    Released,
    /// It waits, or is under treatment.
    Open,
    /// Nobody looked or opened in time.
    Expired,
    /// It was not wanted, or could not be read.
    Refused,
    /// A scanner knows it.
    Quarantined,
}

impl Fate {
    /// All, as charts show them.
    pub const ALL: [Self; 6] = [
        Self::Delivered,
        Self::Released,
        Self::Open,
        Self::Expired,
        Self::Refused,
        Self::Quarantined,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Released => "released",
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Quarantined => "quarantined",
        }
    }
}

/// Passages of one day that are alike.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Its beginning in Japan.
    pub day: Timestamp,
    /// True for what was locked.
    pub is_rest: bool,
    /// Why it was held first.
    pub held: Option<String>,
    /// Why it stands as it does.
    pub why: Option<String>,
    /// How it came out.
    pub fate: Fate,
    /// So many.
    pub count: u64,
}

const COUNTED: &str = "SELECT (c.made_at + 32400000) / 86400000 AS day, p.part, p.held, p.why,
        CASE WHEN c.verdict = 'quarantined' THEN 'quarantined'
            WHEN c.delivered_at IS NOT NULL AND c.wants_look = 0 AND c.wants_approvals = 0
                AND p.part = 'mail' THEN 'delivered'
            WHEN c.delivered_at IS NOT NULL THEN 'released'
            WHEN c.state IN ('received', 'locked', 'held') THEN 'open'
            WHEN p.why = 'ended' THEN 'expired'
            ELSE 'refused' END AS fate, COUNT(*)
    FROM passages c JOIN mail_passages p ON p.body = c.body AND p.passage = c.id
    WHERE c.body = $1 AND c.id >= $2 AND c.id < $3
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 5";

/// Counts passages that were made in a span.
///
/// # Errors
/// If the store cannot be read.
pub async fn counted(work: &mut Work, span: Span) -> Result<Vec<Counted>, StoreError> {
    work.rows(COUNTED, bounds(span)).await?.into_iter().map(read).collect()
}

fn read(mut row: Row) -> Result<Counted, StoreError> {
    let day: i64 = row.take(0)?;
    let (part, fate): (String, String) = (row.take(1)?, row.take(4)?);
    let shape = StoreError::Shape { column: 4, wanted: "a fate", found: "another word" };
    Ok(Counted {
        day: Timestamp::from_millis(day.saturating_mul(DAY_MS).saturating_sub(JAPAN_MS)),
        is_rest: part == "rest",
        held: row.take(2)?,
        why: row.take(3)?,
        fate: Fate::ALL.into_iter().find(|one| one.name() == fate).ok_or(shape)?,
        count: count(&mut row, 5)?,
    })
}

/// How long it took from arrival until the town's own Postfix had it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Took {
    pub(crate) count: u64,
    pub(crate) p50: Duration,
    pub(crate) p95: Duration,
}

/// How long mails of a span took that nobody was asked about, or that somebody
/// had to let through.
pub(crate) async fn took(work: &mut Work, span: Span, was_held: bool) -> Result<Took, StoreError> {
    let held = if was_held { "NOT" } else { "" };
    let from = format!(
        "FROM mail_deliveries d JOIN passages c ON c.body = d.body AND c.id = d.passage
            JOIN mail_passages p ON p.body = d.body AND p.passage = d.passage
         WHERE d.body = $1 AND d.what = 'passage' AND d.passage >= $2 AND d.passage < $3
            AND d.state = 'taken'
            AND {held} (c.wants_look + c.wants_approvals = 0 AND p.part = 'mail')"
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
    let sql = format!(
        "SELECT d.ended_at - c.made_at {from} ORDER BY d.ended_at - c.made_at LIMIT 1 OFFSET $4"
    );
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

/// How many mails wait for people now: all of the body, or of some mailboxes.
pub(crate) async fn waiting(
    work: &mut Work,
    receivers: Option<&[String]>,
) -> Result<Vec<(State, u64)>, StoreError> {
    let mut all = Vec::new();
    for state in [State::Held, State::Locked] {
        let mut values = args![state.name()];
        let mut sql = "SELECT COUNT(*) FROM passages c
            JOIN mail_passages p ON p.body = c.body AND p.passage = c.id
            WHERE c.body = $1 AND c.state = $2"
            .to_owned();
        if let Some(receivers) = receivers {
            let mut places = Vec::new();
            for receiver in receivers.iter().take(RECEIVERS_MAX) {
                values.extend(args![receiver]);
                places.push(format!("${}", values.len() + 1));
            }
            sql.push_str(&format!(" AND p.receiver IN ({})", places.join(", ")));
        }
        let row = work.row(&sql, values).await?;
        all.push((state, row.map(|mut row| count(&mut row, 0)).transpose()?.unwrap_or(0)));
    }
    Ok(all)
}

/// Mailboxes that one count looks at.
const RECEIVERS_MAX: usize = 500;

/// Counts what was turned away.
pub(crate) async fn turned(
    work: &mut Work,
    (at, why): (Timestamp, &str),
    count: u64,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_turned_away (body, day, why, count) VALUES ($1, $2, $3, $4)
        ON CONFLICT (body, day, why) DO UPDATE SET count = mail_turned_away.count + excluded.count";
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    work.run(sql, args![at.day_start_jst(), why, count]).await?;
    Ok(())
}

/// What was turned away in a span: day, reason, how often.
pub(crate) async fn turned_away(
    work: &mut Work,
    span: Span,
) -> Result<Vec<(Timestamp, String, u64)>, StoreError> {
    let sql = "SELECT day, why, count FROM mail_turned_away
        WHERE body = $1 AND day >= $2 AND day < $3 ORDER BY day, why";
    let rows = work.rows(sql, args![span.from, span.until]).await?;
    rows.into_iter().map(|mut row| Ok((row.take(0)?, row.take(1)?, count(&mut row, 2)?))).collect()
}

fn bounds(span: Span) -> Vec<Value> {
    args![PassageId::least_at(span.from), PassageId::least_at(span.until)]
}

fn count(row: &mut Row, column: usize) -> Result<u64, StoreError> {
    let number: i64 = row.take(column)?;
    Ok(u64::try_from(number).unwrap_or(0))
}

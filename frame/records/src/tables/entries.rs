//! The entries themselves.

use std::fmt::Write as _;

use base::Timestamp;
use store::{IntoValue, Row, StoreError, Value, Work, args};

use crate::canonical::{Columns, Hash};
use crate::entry::Sequence;
use crate::recorded::Raw;

const COLUMNS: &str = "sequence, at, actor_kind, actor, acting_for, action, subject_kind, subject,
    permit, origin, details, hash";

/// How many rows one statement writes. SQLite finds each argument by walking
/// over the names of those before it, so that longer statements cost more than
/// they save.
const ROWS_MAX: usize = 64;
/// How many arguments a row has beside its body.
const ARGUMENTS: usize = 12;

/// Writes entries, in their order.
pub(crate) async fn insert(
    work: &mut Work,
    entries: &[(Columns<'_>, Hash)],
) -> Result<(), StoreError> {
    for chunk in entries.chunks(ROWS_MAX) {
        let arguments = chunk.iter().flat_map(|(columns, hash)| arguments(columns, *hash));
        work.run(&inserting(chunk.len()), arguments.collect()).await?;
    }
    Ok(())
}

/// The statement that writes so many rows; `$1` is the body of each.
fn inserting(rows: usize) -> String {
    let mut sql = String::from(
        "INSERT INTO records (body, sequence, at, actor_kind, actor, acting_for, action,
             subject_kind, subject, permit, origin, details, hash) VALUES ",
    );
    for row in 0..rows {
        sql.push_str(if row == 0 { "($1" } else { ", ($1" });
        let first = 2 + row * ARGUMENTS;
        for number in first..first + ARGUMENTS {
            let _ = write!(sql, ", ${number}");
        }
        sql.push(')');
    }
    sql
}

fn arguments(columns: &Columns<'_>, hash: Hash) -> [Value; ARGUMENTS] {
    [
        columns.sequence.number().into_value(),
        columns.at.into_value(),
        columns.actor_kind.into_value(),
        columns.actor.into_value(),
        columns.acting_for.into_value(),
        columns.action.into_value(),
        columns.subject_kind.into_value(),
        columns.subject.into_value(),
        columns.permit.into_value(),
        columns.origin.into_value(),
        columns.details.into_value(),
        hash.0.into_value(),
    ]
}

/// Reads entries from one place to another, both included, in their order.
pub(crate) async fn range(
    work: &mut Work,
    first: Sequence,
    last: Sequence,
    limit: u32,
) -> Result<Vec<Raw>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM records
         WHERE body = $1 AND sequence >= $2 AND sequence <= $3 ORDER BY sequence LIMIT $4"
    );
    let rows = work.rows(&sql, args![first.number(), last.number(), limit]).await?;
    rows.into_iter().map(read).collect()
}

/// The first and last place whose time lies in a span, its end not included.
pub(crate) async fn places_between(
    work: &mut Work,
    from: Timestamp,
    until: Timestamp,
) -> Result<Option<(Sequence, Sequence)>, StoreError> {
    let row = work
        .row(
            "SELECT MIN(sequence), MAX(sequence) FROM records {by records_time}
             WHERE body = $1 AND at >= $2 AND at < $3",
            args![from, until],
        )
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    let (first, last): (Option<i64>, Option<i64>) = (row.take(0)?, row.take(1)?);
    Ok(first.zip(last).map(|(first, last)| (Sequence::new(first), Sequence::new(last))))
}

/// The next action name after one, in the database's own order.
pub(crate) async fn action_after(
    work: &mut Work,
    after: &str,
) -> Result<Option<String>, StoreError> {
    let row = work
        .row(
            "SELECT action FROM records WHERE body = $1 AND action > $2 ORDER BY action LIMIT 1",
            args![after],
        )
        .await?;
    row.map(|mut row| row.take(0)).transpose()
}

/// What a page of entries must have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Select<'a> {
    pub(crate) from: Timestamp,
    pub(crate) before: (Timestamp, i64),
    /// Columns and their values. A kind of subject alone has no index: it comes
    /// with its id or with an action.
    pub(crate) filters: Vec<(&'static str, &'a str)>,
    pub(crate) limit: u32,
}

/// Columns that have an index together, followed by time and place; those that
/// lead to the fewest entries first.
const LEADERS: &[(&[&str], &str)] = &[
    (&["permit"], "records_permit"),
    (&["subject_kind", "subject"], "records_subject"),
    (&["actor", "action"], "records_actor_action"),
    (&["actor"], "records_actor"),
    (&["subject_kind", "action"], "records_kind_action"),
    (&["action"], "records_action"),
    (&[], "records_time"),
];

/// Reads the newest entries of a selection that stand before a place in time.
pub(crate) async fn page(work: &mut Work, select: &Select<'_>) -> Result<Vec<Raw>, StoreError> {
    let (sql, arguments) = statement(select);
    work.rows(&sql, arguments).await?.into_iter().map(read).collect()
}

fn statement(select: &Select<'_>) -> (String, Vec<Value>) {
    let is_set = |column: &&str| select.filters.iter().any(|(set, _)| set == column);
    let found = LEADERS.iter().find(|(columns, _)| columns.iter().all(is_set));
    let (leaders, index) = found.copied().unwrap_or((&[], "records_time"));
    let mut sql = format!(
        "SELECT {COLUMNS} FROM records {{by {index}}}
         WHERE body = $1 AND at >= $2 AND at <= $3 AND (at < $3 OR sequence < $4)"
    );
    let mut arguments: Vec<Value> = args![select.from, select.before.0, select.before.1];
    for (column, value) in &select.filters {
        arguments.push(value.into_value());
        let number = arguments.len() + 1;
        // Appending nothing keeps the other indexes out of the choice.
        let blank = if leaders.contains(column) { "" } else { " || ''" };
        sql.push_str(&format!(" AND {column}{blank} = ${number}"));
    }
    arguments.push(select.limit.into_value());
    let number = arguments.len() + 1;
    sql.push_str(&format!(" ORDER BY at DESC, sequence DESC LIMIT ${number}"));
    (sql, arguments)
}

fn read(mut row: Row) -> Result<Raw, StoreError> {
    Ok(Raw {
        sequence: Sequence::new(row.take(0)?),
        at: read_time(row.take(1)?)?,
        actor_kind: row.take(2)?,
        actor: row.take(3)?,
        acting_for: row.take(4)?,
        action: row.take(5)?,
        subject_kind: row.take(6)?,
        subject: row.take(7)?,
        permit: row.take(8)?,
        origin: row.take(9)?,
        details: row.take(10)?,
        hash: Hash(row.take(11)?),
    })
}

/// Reads a time that no rounding has moved: what lies outside the times that
/// are taken was never written.
fn read_time(millis: i64) -> Result<Timestamp, StoreError> {
    let at = Timestamp::from_millis(millis);
    let found = "a number outside of it";
    let shape = StoreError::Shape { column: 1, wanted: "a time", found };
    if at.millis() == millis { Ok(at) } else { Err(shape) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_search_is_led_by_its_index_and_sorts_nothing() {
        let bench = testbed::sqlite(crate::MIGRATIONS).await;
        let mut work = bench.store.read(bench.body()).await.unwrap();
        let cases: &[(&[&'static str], &str)] = &[
            (&[], "records_time"),
            (&["permit", "actor", "action"], "records_permit"),
            (&["subject_kind", "subject", "action"], "records_subject"),
            (&["actor"], "records_actor"),
            (&["actor", "subject_kind"], "records_actor"),
            (&["actor", "action"], "records_actor_action"),
            (&["actor", "action", "subject_kind"], "records_actor_action"),
            (&["action"], "records_action"),
            (&["action", "subject_kind"], "records_kind_action"),
        ];
        for (columns, index) in cases {
            let filters = columns.iter().map(|column| (*column, "x")).collect();
            let (sql, arguments) = statement(&Select { filters, limit: 50, ..Select::default() });
            let plan = format!("EXPLAIN QUERY PLAN {sql}");
            let mut steps = Vec::new();
            for mut row in work.rows(&plan, arguments).await.unwrap() {
                steps.push(row.take::<String>(3).unwrap());
            }
            let is_led = steps.len() == 1 && steps[0].contains(&format!("INDEX {index} (body=?"));
            assert!(is_led, "{columns:?}: {steps:?}");
            assert!(steps[0].ends_with(" AND at>? AND at<?)"), "{steps:?}");
        }
    }
}

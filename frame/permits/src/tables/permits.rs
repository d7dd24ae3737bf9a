//! Rows of permits, one at a time and by what is due.

use std::time::Duration;

use base::{BodyId, Timestamp};
use identity::{PersonId, SectionId};
use store::{Across, IntoValue, Row, StoreError, Value, Work, args};

use crate::error::PermitError;
use crate::kind::Kind;
use crate::life::State;
use crate::permit::{Outcome, Permit, PermitId};
use crate::scope::{Scope, ScopeValue};

/// The columns of a permit, in the order in which [`read`] takes them.
pub(super) const COLUMNS: &str = "id, number, kind, state, version, applicant, applicant_for, \
    beneficiary, section, purpose, scope, starts_at, ends_at, span_ms_max, exception, \
    is_emergency, confirm_by, decided_by, decided_for, decided_at, note, outcome, report, \
    made_at, applied_at, started_at, finished_at, used_at, remind_at, reminded_at, issued_at";

const INSERT: &str = "INSERT INTO permits (body, id, number, kind, state, version, applicant,
        applicant_for, beneficiary, section, purpose, scope, scope_key, starts_at, ends_at,
        span_ms_max, exception, is_emergency, confirm_by, made_at, applied_at, started_at,
        remind_at, due_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
        $20, $21, $22, $23, $24)";

/// Who applied, when it was made and its number never change.
const UPDATE: &str = "UPDATE permits SET state = $4, version = version + 1, beneficiary = $5,
        section = $6, purpose = $7, scope = $8, scope_key = $9, starts_at = $10, ends_at = $11,
        span_ms_max = $12, exception = $13, is_emergency = $14, confirm_by = $15,
        decided_by = $16, decided_for = $17, decided_at = $18, note = $19, outcome = $20,
        report = $21, applied_at = $22, started_at = $23, finished_at = $24, used_at = $25,
        remind_at = $26, reminded_at = $27, issued_at = $28, due_at = $29
     WHERE body = $1 AND id = $2 AND version = $3";

/// Writes a new permit.
pub(crate) async fn insert(
    work: &mut Work,
    permit: &Permit,
    kind: &Kind,
) -> Result<(), PermitError> {
    let values = args![
        permit.id,
        permit.number,
        &permit.kind,
        permit.state.name(),
        permit.version,
        permit.applicant,
        permit.applicant_for,
        permit.beneficiary,
        permit.section,
        &permit.purpose,
        scope_text(&permit.scope)?,
        key_of(&permit.scope, kind),
        permit.starts_at,
        permit.ends_at,
        millis(permit.span_max),
        permit.exception,
        permit.is_emergency,
        permit.confirm_by,
        permit.made_at,
        permit.applied_at,
        permit.started_at,
        permit.remind_at,
        permit.due_at(),
    ];
    work.run(INSERT, values).await?;
    Ok(())
}

/// Writes a permit over the version before it.
///
/// # Errors
/// [`PermitError::Stale`] if that is not the stored one.
pub(crate) async fn update(
    work: &mut Work,
    before: u32,
    permit: &Permit,
    kind: &Kind,
) -> Result<(), PermitError> {
    let values = args![
        permit.id,
        before,
        permit.state.name(),
        permit.beneficiary,
        permit.section,
        &permit.purpose,
        scope_text(&permit.scope)?,
        key_of(&permit.scope, kind),
        permit.starts_at,
        permit.ends_at,
        millis(permit.span_max),
        permit.exception,
        permit.is_emergency,
        permit.confirm_by,
        permit.decided_by,
        permit.decided_for,
        permit.decided_at,
        permit.note.as_deref(),
        permit.outcome.map(Outcome::name),
        permit.report.as_deref(),
        permit.applied_at,
        permit.started_at,
        permit.finished_at,
        permit.used_at,
        permit.remind_at,
        permit.reminded_at,
        permit.issued_at,
        permit.due_at(),
    ];
    match work.run(UPDATE, values).await? {
        1 => Ok(()),
        _ => Err(PermitError::Stale),
    }
}

/// The permit of an id.
pub(crate) async fn find(work: &mut Work, id: PermitId) -> Result<Option<Permit>, PermitError> {
    let sql = format!("SELECT {COLUMNS} FROM permits WHERE body = $1 AND id = $2");
    work.row(&sql, args![id]).await?.map(read).transpose()
}

/// The permit of an id; nobody else changes it until the work ends.
pub(crate) async fn find_locked(
    work: &mut Work,
    id: PermitId,
) -> Result<Option<Permit>, PermitError> {
    let sql = format!("SELECT {COLUMNS} FROM permits WHERE body = $1 AND id = $2 {{lock}}");
    work.row(&sql, args![id]).await?.map(read).transpose()
}

/// Active permits of a kind for a person, or with a key, newest first.
pub(crate) async fn active(
    work: &mut Work,
    kind: &str,
    person: Option<PersonId>,
    key: Option<&str>,
    count_max: u32,
) -> Result<Vec<Permit>, PermitError> {
    let mut values = args![kind];
    values.extend(person.map(IntoValue::into_value));
    values.extend(key.map(IntoValue::into_value));
    values.extend(args![count_max]);
    list(work, &active_sql(person.is_some(), key.is_some()), values).await
}

pub(super) fn active_sql(by_person: bool, by_key: bool) -> String {
    let (person, key) = match (by_person, by_key) {
        (true, true) => (" AND beneficiary = $3", " AND scope_key = $4"),
        (true, false) => (" AND beneficiary = $3", ""),
        (false, true) => ("", " AND scope_key = $3"),
        (false, false) => ("", ""),
    };
    let last = 3 + u8::from(by_person) + u8::from(by_key);
    format!(
        "SELECT {COLUMNS} FROM permits WHERE body = $1 AND state = 'active' AND kind = $2{person}{key}
         ORDER BY id DESC LIMIT ${last}"
    )
}

/// Permits of a kind that wait for another person, in one section or in all,
/// oldest first.
pub(crate) async fn undecided(
    work: &mut Work,
    kind: &str,
    section: Option<SectionId>,
    count_max: u32,
) -> Result<Vec<Permit>, PermitError> {
    let mut values = args![kind];
    values.extend(section.map(IntoValue::into_value));
    values.extend(args![count_max]);
    list(work, &undecided_sql(section.is_some()), values).await
}

pub(super) fn undecided_sql(by_section: bool) -> String {
    let (section, last) = if by_section { (" AND section = $3", 4) } else { ("", 3) };
    format!(
        "SELECT {COLUMNS} FROM permits WHERE body = $1 AND kind = $2{section}
           AND decided_by IS NULL AND state IN ('applied', 'active', 'ended', 'revoked')
         ORDER BY id LIMIT ${last}"
    )
}

/// Active permits of whoever gains, those that end first before the others.
pub(crate) async fn active_of(
    work: &mut Work,
    person: PersonId,
    count_max: u32,
) -> Result<Vec<Permit>, PermitError> {
    list(work, &active_of_sql(), args![person, count_max]).await
}

/// Permits that stand as granted, after an id, in the order of ids.
pub(crate) async fn granted(
    work: &mut Work,
    after: Option<PermitId>,
) -> Result<Vec<Permit>, PermitError> {
    const AT_ONCE: u32 = 500;
    let (and, mut values) = match after {
        Some(id) => (" AND id > $2", args![id]),
        None => ("", Vec::new()),
    };
    let last = values.len() + 2;
    values.extend(args![AT_ONCE]);
    let sql = format!(
        "SELECT {COLUMNS} FROM permits WHERE body = $1{and} AND state IN ('approved', 'active')
         ORDER BY id LIMIT ${last}"
    );
    list(work, &sql, values).await
}

pub(super) fn active_of_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM permits WHERE body = $1 AND state = 'active' AND beneficiary = $2
         ORDER BY ends_at LIMIT $3"
    )
}

/// Permits of whoever gains or applied that are open, for the day they leave.
pub(crate) async fn open_of(
    work: &mut Work,
    person: PersonId,
) -> Result<Vec<PermitId>, PermitError> {
    let mut all = Vec::new();
    for sql in OPEN_OF {
        for mut row in work.rows(sql, args![person]).await? {
            all.push(row.take(0)?);
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

pub(super) const OPEN_OF: [&str; 2] = [
    "SELECT id FROM permits WHERE body = $1 AND beneficiary = $2
       AND state IN ('draft', 'applied', 'approved', 'active')",
    "SELECT id FROM permits WHERE body = $1 AND applicant = $2
       AND state IN ('draft', 'applied', 'approved', 'active')",
];

/// Open permits that rest on an exception.
pub(crate) async fn dependents(
    work: &mut Work,
    exception: PermitId,
) -> Result<Vec<PermitId>, PermitError> {
    let rows = work.rows(DEPENDENTS, args![exception]).await?;
    rows.into_iter().map(|mut row| Ok(row.take(0)?)).collect()
}

pub(super) const DEPENDENTS: &str = "SELECT id FROM permits WHERE body = $1 AND exception = $2
     AND state IN ('draft', 'applied', 'approved', 'active')";

/// Permits of this body for which something is due, at most so many.
pub(crate) async fn due(
    work: &mut Work,
    now: Timestamp,
    count_max: u32,
) -> Result<Vec<PermitId>, PermitError> {
    let rows = work.rows(DUE, args![now, count_max]).await?;
    rows.into_iter().map(|mut row| Ok(row.take(0)?)).collect()
}

pub(super) const DUE: &str =
    "SELECT id FROM permits WHERE body = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3";

/// Permits of any body for which something is due, at most so many. A body that
/// has seen a later moment than the clock's counts by that. (SQLite takes a
/// cross join in the order written: bodies are few.)
pub(crate) async fn due_across(
    across: &mut Across,
    now: Timestamp,
    count_max: u32,
) -> Result<Vec<(BodyId, PermitId)>, StoreError> {
    let rows = across.rows(DUE_ACROSS, args![now, count_max]).await?;
    rows.into_iter().map(|mut row| Ok((row.take(0)?, row.take(1)?))).collect()
}

pub(super) const DUE_ACROSS: &str = "SELECT p.body, p.id
     FROM permit_heads h CROSS JOIN permits p
     WHERE p.body = h.body
       AND p.due_at <= CASE WHEN h.seen_at > $1 THEN h.seen_at ELSE $1 END
     LIMIT $2";

pub(super) async fn list(
    work: &mut Work,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<Permit>, PermitError> {
    work.rows(sql, values).await?.into_iter().map(read).collect()
}

/// Takes a permit out of a row of [`COLUMNS`].
pub(super) fn read(mut row: Row) -> Result<Permit, PermitError> {
    let state: String = row.take(3)?;
    let scope: String = row.take(10)?;
    let span_ms: i64 = row.take(13)?;
    let outcome: Option<String> = row.take(21)?;
    let outcome = match outcome {
        Some(name) => Some(Outcome::parse(&name).ok_or(PermitError::Unreadable("outcome"))?),
        None => None,
    };
    Ok(Permit {
        id: row.take(0)?,
        number: row.take(1)?,
        kind: row.take(2)?,
        state: State::parse(&state).ok_or(PermitError::Unreadable("state"))?,
        version: row.take(4)?,
        applicant: row.take(5)?,
        applicant_for: row.take(6)?,
        beneficiary: row.take(7)?,
        section: row.take(8)?,
        purpose: row.take(9)?,
        scope: serde_json::from_str(&scope).map_err(|_| PermitError::Unreadable("scope"))?,
        starts_at: row.take(11)?,
        ends_at: row.take(12)?,
        span_max: Duration::from_millis(
            u64::try_from(span_ms).map_err(|_| PermitError::Unreadable("span"))?,
        ),
        exception: row.take(14)?,
        is_emergency: row.take(15)?,
        confirm_by: row.take(16)?,
        decided_by: row.take(17)?,
        decided_for: row.take(18)?,
        decided_at: row.take(19)?,
        note: row.take(20)?,
        outcome,
        report: row.take(22)?,
        made_at: row.take(23)?,
        applied_at: row.take(24)?,
        started_at: row.take(25)?,
        finished_at: row.take(26)?,
        used_at: row.take(27)?,
        remind_at: row.take(28)?,
        reminded_at: row.take(29)?,
        issued_at: row.take(30)?,
    })
}

fn scope_text(scope: &Scope) -> Result<String, PermitError> {
    serde_json::to_string(scope).map_err(|_| PermitError::Unreadable("scope"))
}

/// The value of the field by which a mechanism looks a permit up.
fn key_of(scope: &Scope, kind: &Kind) -> Option<String> {
    match scope.value(kind.key?)? {
        ScopeValue::Text(text) => Some(text.clone()),
        ScopeValue::Number(number) => Some(number.to_string()),
        ScopeValue::List(names) => names.first().cloned(),
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

//! The ledger: search, one entry, proof, and taking it out.

use axum::http::StatusCode;
use i18n::key;
use identity::{Caller, PersonId};
use permits::PermitId;
use records::{Break, Cursor, Filter, Sequence, Verify, VerifyError};

use super::lists::{LINES, Query, page};
use super::read;
use super::shapes::{EntryShape, ExportAsked, Many, TableAsked, VerifiedShape};
use super::values::SEARCH_MAX;
use crate::failure::Failure;
use crate::pages::ledger::{Taken, export_days, take_out};
use crate::pages::{means, taking_refused};
use crate::routes::Answer;
use crate::visit::Visit;

/// A page of the ledger, the newest first.
#[utoipa::path(
    get, path = "/api/v1/ledger", tag = "ledger",
    params(
        ("from" = Option<String>, Query, description = "not before this moment"),
        ("until" = Option<String>, Query, description = "before this moment"),
        ("actor" = Option<String>, Query, description = "a person's id"),
        ("action" = Option<String>, Query, description = "an action; `permit.` is all of that area"),
        ("permit" = Option<String>, Query, description = "a permit's id"),
        ("subject_kind" = Option<String>, Query, description = "`permit`, `person` …"),
        ("subject" = Option<String>, Query, description = "an id, together with its kind"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, body = Many<EntryShape>)),
)]
pub(super) async fn search(visit: Visit, caller: Caller) -> Answer {
    let query = Query::of(&visit);
    let actor: Option<PersonId> = query.id("actor")?;
    let permit: Option<PermitId> = query.id("permit")?;
    let filter = Filter {
        from: query.bound("from")?,
        until: query.bound("until")?,
        actor: actor.map(|actor| actor.to_string()),
        action: action(query.asked("action"))?,
        subject_kind: read::name_if_any("subject_kind", query.asked("subject_kind"), "-", 40)?,
        subject: query.word("subject", subject)?,
        permit: permit.map(|permit| permit.to_string()),
    };
    let after = query.after(Cursor::parse)?;
    let mut work = visit.read(&caller).await?;
    let found = records::search(&mut work, &filter, after, LINES).await?;
    page(&visit, found.entries.iter().map(EntryShape::of), found.older)
}

fn action(given: Option<&str>) -> Result<Option<String>, Failure> {
    read::name_if_any("action", given, ".-", 100)
}

fn subject(text: &str) -> Option<String> {
    (1..=SEARCH_MAX).contains(&text.chars().count()).then(|| text.to_owned())
}

/// The entry at a place.
#[utoipa::path(
    get, path = "/api/v1/ledger/{entry}", tag = "ledger", params(("entry" = i64, Path)),
    responses((status = 200, body = EntryShape)),
)]
pub(super) async fn entry(visit: Visit, caller: Caller) -> Answer {
    let place = visit.path("entry").parse().map_err(|_| Failure::NotFound)?;
    let mut work = visit.read(&caller).await?;
    let found = records::find(&mut work, Sequence::new(place)).await?;
    visit.answer_json(StatusCode::OK, &EntryShape::of(&found.ok_or(Failure::NotFound)?))
}

/// Follows the chain from its first entry and says where it first breaks.
#[utoipa::path(
    post, path = "/api/v1/ledger/verifications", tag = "ledger",
    responses((status = 200, body = VerifiedShape)),
)]
pub(super) async fn verify(visit: Visit, caller: Caller) -> Answer {
    let keys = means::keys(&visit.state)?.trusted.clone();
    let mut work = visit.read(&caller).await?;
    let verify = Verify { keys, witnesses: Vec::new() };
    // Others wait their turn, so that nobody keeps the database busy with it.
    let wait = std::time::Duration::from_secs(10);
    let _turn = visit.state.proving.try_acquire().map_err(|_| Failure::TooMany { wait })?;
    let answer = match records::verify_rows(&mut work, &verify).await {
        Ok(verified) => VerifiedShape {
            is_sound: true,
            entries: Some(verified.entries()),
            signed_to: Some(verified.signed_to.number()),
            broken_at: None,
            broken_how: None,
        },
        Err(VerifyError::Broken(Break { sequence, kind })) => VerifiedShape {
            is_sound: false,
            entries: None,
            signed_to: None,
            broken_at: Some(sequence.number()),
            broken_how: Some(kind.to_string()),
        },
        Err(VerifyError::Store(error)) => return Err(error.into()),
    };
    visit.answer_json(StatusCode::OK, &answer)
}

/// Takes a stretch of the ledger out as a signed file that anybody can verify,
/// on an export permit in force.
#[utoipa::path(
    post, path = "/api/v1/ledger/exports", tag = "ledger", request_body = ExportAsked,
    responses((status = 200, body = String, content_type = "application/jsonl")),
)]
pub(super) async fn export(visit: Visit, caller: Caller) -> Answer {
    let asked: ExportAsked = visit.json()?;
    let since = read::day("since", &asked.since)?;
    let until = read::day_end("before", &asked.before)?;
    match export_days(&visit, &caller, since, until).await? {
        Taken::File(file) => Ok(file),
        Taken::NoPermit => Err(taking_refused()),
        Taken::Nothing => Err(Failure::conflict(key!("ledger-export-none"))),
        Taken::TooMuch => Err(Failure::conflict(key!("ledger-export-long"))),
    }
}

/// Takes entries out as a table, on an export permit in force.
#[utoipa::path(
    post, path = "/api/v1/ledger/tables", tag = "ledger", request_body = TableAsked,
    responses((
        status = 200,
        content(
            (String = "text/csv"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ),
    )),
)]
pub(super) async fn table(visit: Visit, caller: Caller) -> Answer {
    let asked: TableAsked = visit.json()?;
    let format = read::format("format", &asked.format)?;
    let actor: Option<PersonId> = read::id_if_any("actor", asked.actor.as_deref())?;
    let permit: Option<PermitId> = read::id_if_any("permit", asked.permit.as_deref())?;
    let filter = Filter {
        from: read::bound_if_any("from", asked.from.as_deref())?,
        until: read::bound_if_any("until", asked.until.as_deref())?,
        actor: actor.map(|actor| actor.to_string()),
        action: action(asked.action.as_deref())?,
        permit: permit.map(|permit| permit.to_string()),
        ..Filter::default()
    };
    let work = visit.work(&caller).await?;
    let file = take_out(&visit, &caller, work, &filter, format).await?;
    file.ok_or_else(taking_refused)
}

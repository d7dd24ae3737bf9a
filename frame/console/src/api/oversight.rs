//! The ledger, alerts and the system's state.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use identity::alerts::{self, AlertId};
use identity::{Caller, PersonId};
use jobs::JobId;
use records::{Break, Cursor, Filter, Sequence, Verify, VerifyError};

use super::read::{id_if_any, moment, word};
use super::shapes::{AlertShape, EntryShape, JobShape, Many, Problem, SystemShape, VerifiedShape};
use crate::failure::Failure;
use crate::pages::means;
use crate::pages::{demand_alerted, job_retried};
use crate::routes::Answer;
use crate::visit::Visit;

/// Lines on a page.
const LINES: u32 = 100;

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
    responses(
        (status = 200, body = Many<EntryShape>),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn search(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let some = |name: &str| Some(query.value(name)).filter(|value| !value.is_empty());
    let owned = |name: &str| some(name).map(|value| value.chars().take(200).collect());
    let actor: Option<PersonId> = id_if_any("actor", some("actor"))?;
    let filter = Filter {
        from: some("from").map(|text| moment("from", text)).transpose()?,
        until: some("until").map(|text| moment("until", text)).transpose()?,
        actor: actor.map(|actor| actor.to_string()),
        action: owned("action"),
        subject_kind: owned("subject_kind"),
        subject: owned("subject"),
        permit: owned("permit"),
    };
    let after = some("after").map(|after| word("after", after, Cursor::parse)).transpose()?;
    let mut work = visit.read(&caller).await?;
    let page = records::search(&mut work, &filter, after, LINES).await?;
    let items = page.entries.iter().map(EntryShape::of).collect();
    let next = page.older.map(|older| older.to_string());
    visit.answer_json(StatusCode::OK, &Many { items, next })
}

/// The entry at a place.
#[utoipa::path(
    get, path = "/api/v1/ledger/{entry}", tag = "ledger", params(("entry" = i64, Path)),
    responses(
        (status = 200, body = EntryShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
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
    responses(
        (status = 200, body = VerifiedShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn verify(visit: Visit, caller: Caller) -> Answer {
    let keys = means::keys(&visit.state)?.trusted.clone();
    let mut work = visit.read(&caller).await?;
    let verify = Verify { keys, witnesses: Vec::new() };
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

/// The alerts that nobody has seen, the newest first.
#[utoipa::path(
    get, path = "/api/v1/alerts", tag = "alerts",
    responses(
        (status = 200, body = Many<AlertShape>),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn unseen(visit: Visit, caller: Caller) -> Answer {
    demand_alerted(&caller)?;
    let mut work = visit.read(&caller).await?;
    let items = alerts::unseen(&mut work, LINES).await?.iter().map(AlertShape::of).collect();
    visit.answer_json(StatusCode::OK, &Many { items, next: None })
}

/// Marks an alert as seen.
#[utoipa::path(
    post, path = "/api/v1/alerts/{alert}/seen", tag = "alerts", params(("alert" = String, Path)),
    responses(
        (status = 204),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn see(visit: Visit, caller: Caller) -> Answer {
    demand_alerted(&caller)?;
    let alert: AlertId = visit.id("alert")?;
    let mut work = visit.work(&caller).await?;
    alerts::see(&mut work, &caller, alert).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The system's state.
#[utoipa::path(
    get, path = "/api/v1/system", tag = "system",
    responses(
        (status = 200, body = SystemShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn system(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let failed = jobs::failed(&mut work, None, LINES).await?;
    let behind = means::permits(&visit.state)?.clock_behind(&mut work).await?;
    let machine = means::machine(&visit.state).unwrap_or_default();
    let answer = SystemShape {
        version: visit.view.version().to_owned(),
        database: Some(machine.database).filter(|name| !name.is_empty()),
        certificate_ends_at: machine.certificate_ends_at.map(|at| at.to_string()),
        started_at: machine.started_at.map(|at| at.to_string()),
        disk_free_bytes: machine.disk_free_bytes,
        disk_total_bytes: machine.disk_total_bytes,
        clock_behind_seconds: behind.as_secs(),
        failed_jobs: failed
            .into_iter()
            .map(|job| JobShape {
                id: job.id.to_string(),
                kind: job.kind,
                due: job.due.to_string(),
                attempts: job.attempts,
                error: job.error,
            })
            .collect(),
    };
    visit.answer_json(StatusCode::OK, &answer)
}

/// Lets a failed job be tried again.
#[utoipa::path(
    post, path = "/api/v1/system/jobs/{job}/retry", tag = "system", params(("job" = String, Path)),
    responses(
        (status = 204),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn retry(visit: Visit, caller: Caller) -> Answer {
    let job: JobId = visit.id("job")?;
    job_retried(&visit, &caller, job).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

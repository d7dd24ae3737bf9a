//! Alerts and the system's state.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use identity::Caller;
use identity::alerts::{self, AlertId};

use super::lists::{LINES, whole};
use super::shapes::{AlertShape, JobShape, Many, SystemShape};
use crate::pages::means;
use crate::pages::{demand_alerted, job_retried, jobs_failed};
use crate::routes::Answer;
use crate::visit::Visit;

/// The alerts that nobody has seen, the newest first.
#[utoipa::path(
    get, path = "/api/v1/alerts", tag = "alerts",
    responses((status = 200, body = Many<AlertShape>)),
)]
pub(super) async fn unseen(visit: Visit, caller: Caller) -> Answer {
    demand_alerted(&caller)?;
    let mut work = visit.read(&caller).await?;
    whole(&visit, alerts::unseen(&mut work, LINES).await?.iter().map(AlertShape::of))
}

/// Marks an alert as seen.
#[utoipa::path(
    post, path = "/api/v1/alerts/{alert}/seen", tag = "alerts", params(("alert" = String, Path)),
    responses((status = 204)),
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
    responses((status = 200, body = SystemShape)),
)]
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let failed = jobs_failed(&visit, &mut work, LINES).await?;
    let behind = means::permits(&visit.state)?.clock_behind(&mut work).await?;
    let machine = means::machine(&visit.state).unwrap_or_default();
    let alarms =
        machine.alarms_of(caller.body).map(|alarm| visit.view.say(alarm.clone()).to_string());
    let answer = SystemShape {
        alarms: alarms.collect(),
        version: visit.view.version().to_owned(),
        database: Some(machine.database).filter(|name| !name.is_empty()),
        certificate_ends_at: machine.certificate_ends_at.map(|at| at.to_string()),
        started_at: machine.started_at.map(|at| at.to_string()),
        disk_free_bytes: machine.disk_free_bytes,
        disk_total_bytes: machine.disk_total_bytes,
        clock_behind_seconds: behind.as_secs(),
        failed_jobs: failed.into_iter().map(JobShape::of).collect(),
    };
    visit.answer_json(StatusCode::OK, &answer)
}

/// Lets a failed job be tried again.
#[utoipa::path(
    post, path = "/api/v1/system/jobs/{job}/retry", tag = "system", params(("job" = String, Path)),
    responses((status = 204)),
)]
pub(super) async fn retry(visit: Visit, caller: Caller) -> Answer {
    job_retried(&visit, &caller, visit.id("job")?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Accepts the clock after it had been ahead by mistake.
#[utoipa::path(
    post, path = "/api/v1/system/clock/accept", tag = "system",
    responses((status = 204)),
)]
pub(super) async fn accept_clock(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    means::permits(&visit.state)?.accept_clock(&mut work, &caller).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

//! Cut-offs for programs: what was cut off and is, and the deeds of people.
//! Ordering one is `POST /api/v1/permits` with the kind `cutoff`.

use axum::http::StatusCode;
use base::Timestamp;
use console::{Answer, Failure, Visit};
use identity::Caller;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use zones::Zone;

use super::service;
use super::tables::Cutoff;
use crate::api::permits;
use crate::room::Behind;
use crate::service::NOTE_CHARACTERS_MAX;

/// What the endpoints look like.
#[derive(OpenApi)]
#[openapi(
    info(title = "cut-offs", version = "1"),
    paths(list, restore, report),
    components(schemas(CutoffShown, CutoffsShown, RestoreAsked, ReportAsked))
)]
pub(crate) struct Description;

/// A time that a zone was cut off.
#[derive(Serialize, ToSchema)]
pub(crate) struct CutoffShown {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    id: String,
    /// `internet`, `lgwan` or `mynumber`.
    #[schema(example = "lgwan")]
    zone: &'static str,
    /// `approved`, `emergency`, or `local` for one from the gateway itself.
    #[schema(example = "emergency")]
    ordered: &'static str,
    /// `quiet`, `report-due`, `report-late`, or `lapsed` where no permit is behind
    /// it any more.
    #[schema(example = "report-due")]
    alarm: &'static str,
    /// True while the zone is cut off.
    #[schema(example = true)]
    is_in_force: bool,
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2M")]
    permit: Option<String>,
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2N")]
    person: Option<String>,
    /// Who stood at the gateway, as that says.
    #[schema(example = json!(null))]
    operator: Option<String>,
    #[schema(example = "端末の感染の疑い")]
    reason: String,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    begun_at: Timestamp,
    /// Milliseconds from the order until the kernel held it.
    #[schema(example = 340)]
    cut_ms: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-02T08:20:00.000Z")]
    report_due_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime, example = json!(null))]
    reported_at: Option<Timestamp>,
    /// Since when no permit is behind it.
    #[schema(value_type = Option<String>, format = DateTime, example = json!(null))]
    lapsed_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime, example = json!(null))]
    restored_at: Option<Timestamp>,
    /// Milliseconds from then until the kernel held it.
    #[schema(example = json!(null))]
    restored_ms: Option<i64>,
}

/// Cut-offs, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CutoffsShown {
    items: Vec<CutoffShown>,
}

/// Why a zone is restored.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestoreAsked {
    #[schema(schema_with = reason)]
    reason: String,
}

/// What had happened, and what was done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportAsked {
    #[schema(schema_with = reason)]
    report: String,
}

fn reason() -> utoipa::openapi::Object {
    console::text_schema(NOTE_CHARACTERS_MAX, "端末を調べ、感染がないことを確かめた")
}

/// Every time that a zone was cut off, the newest first.
#[utoipa::path(
    get, path = "/api/v1/wall/cutoffs", tag = "wall",
    responses((status = 200, body = CutoffsShown)),
)]
pub(crate) async fn list(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let mut work = visit.read(&caller).await?;
    let all = service::list(&mut work, &caller, gate).await?;
    let now = visit.view.now;
    let items = all.iter().map(|one| shown(one, now)).collect();
    visit.answer_json(StatusCode::OK, &CutoffsShown { items })
}

/// Restores a zone that is cut off: flows whose permits are in force open again.
/// Only a person with two factors does this.
#[utoipa::path(
    post, path = "/api/v1/wall/zones/{zone}/restore", tag = "wall", request_body = RestoreAsked,
    params(("zone" = String, Path, description = "`internet`, `lgwan` or `mynumber`")),
    responses((status = 200, body = CutoffShown)),
)]
pub(crate) async fn restore(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let zone = Zone::parse(visit.path("zone")).ok_or(Failure::NotFound)?;
    let asked: RestoreAsked = visit.json()?;
    let mut work = visit.work(&caller).await?;
    let permits = permits(&visit)?;
    let one = service::restore(&mut work, &caller, gate, permits, zone, &asked.reason).await?;
    work.commit().await?;
    gate.bell().notify_one();
    visit.answer_json(StatusCode::OK, &shown(&one, visit.view.now))
}

/// Reports a cut-off that one person alone had ordered.
#[utoipa::path(
    post, path = "/api/v1/wall/cutoffs/{cutoff}/report", tag = "wall",
    request_body = ReportAsked, params(("cutoff" = String, Path)),
    responses((status = 200, body = CutoffShown)),
)]
pub(crate) async fn report(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let asked: ReportAsked = visit.json()?;
    let id = visit.id("cutoff")?;
    let mut work = visit.work(&caller).await?;
    let one = service::report(&mut work, &caller, gate, id, &asked.report).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::OK, &shown(&one, visit.view.now))
}

fn shown(one: &Cutoff, now: Timestamp) -> CutoffShown {
    CutoffShown {
        id: one.id.to_string(),
        zone: one.zone.name(),
        ordered: one.ordered.name(),
        alarm: one.alarm(now).name(),
        is_in_force: one.is_in_force(),
        permit: one.permit.map(|permit| permit.to_string()),
        person: one.person.map(|person| person.to_string()),
        operator: one.operator.clone(),
        reason: one.reason.clone(),
        begun_at: one.begun_at,
        cut_ms: one.cut_ms,
        report_due_at: one.report_due_at,
        reported_at: one.reported_at,
        lapsed_at: one.lapsed_at,
        restored_at: one.restored_at,
        restored_ms: one.restored_ms,
    }
}

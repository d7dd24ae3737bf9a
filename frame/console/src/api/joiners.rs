//! Joiners, movers and leavers from a file: looked at first, then applied as
//! it was looked at.

use axum::http::StatusCode;
use identity::{Caller, joiners};

use super::lists::Query;
use super::read;
use super::shapes::PlanShape;
use crate::pages::people::apply_joiners;
use crate::routes::Answer;
use crate::visit::Visit;

/// The type of the file.
const CSV: &str = "text/csv";

/// Says what a file would change and what is wrong with it; changes nothing.
#[utoipa::path(
    post, path = "/api/v1/joiners/plans", tag = "joiners",
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = PlanShape)),
)]
pub(super) async fn plan(visit: Visit, caller: Caller) -> Answer {
    let file = visit.bytes_of(CSV)?;
    let mut work = visit.read(&caller).await?;
    let plan = joiners::plan(&mut work, &caller, file).await?;
    visit.answer_json(StatusCode::OK, &PlanShape::of(&plan))
}

/// Applies a file as a plan showed it, all of it or nothing. Whoever joins gets
/// a code later; whoever leaves loses everything at once.
#[utoipa::path(
    post, path = "/api/v1/joiners", tag = "joiners",
    params(("digest" = String, Query, description = "`digest` of the plan that was shown")),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = PlanShape)),
)]
pub(super) async fn apply(visit: Visit, caller: Caller) -> Answer {
    let query = Query::of(&visit);
    let digest = read::given("digest", query.asked("digest"))?.to_owned();
    let plan = apply_joiners(&visit, &caller, visit.bytes_of(CSV)?, &digest).await?;
    visit.answer_json(StatusCode::OK, &PlanShape::of(&plan))
}

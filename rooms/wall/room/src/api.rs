//! The wall for programs: how it stands, its flows, its proof, and what people do
//! with flows. Deciding on an application is the permits' own.

mod shown;
mod used;

use axum::http::StatusCode;
use base::Timestamp;
use console::{Answer, Failure, Visit};
use i18n::key;
use identity::Caller;
use permits::Permits;
use utoipa::OpenApi;

use self::shown::{
    CheckAsked, CheckShown, DriftShown, FlowAppliedShown, FlowAsked, FlowShown, FlowsShown,
    ProofShown, RuleShown, StateShown, UnprovenShown, ViolationShown, WithdrawAsked, WitnessShown,
    checked, flow,
};
use self::used::UsedShown;
use crate::error::WallError;
use crate::flows::Stand;
use crate::pages::SEES_HOLES;
use crate::room::Behind;
use crate::service::{self, Asked};

/// What the endpoints look like.
#[derive(OpenApi)]
#[openapi(
    info(title = "wall", version = "1"),
    paths(state, flows, apply, check, withdraw, proof),
    components(schemas(
        StateShown,
        FlowShown,
        FlowsShown,
        CheckShown,
        ProofShown,
        DriftShown,
        ViolationShown,
        WitnessShown,
        RuleShown,
        UnprovenShown,
        UsedShown,
        FlowAsked,
        FlowAppliedShown,
        CheckAsked,
        WithdrawAsked
    ))
)]
pub(crate) struct Description;

/// How the wall stands; `is_on` is false where this body has none here.
#[utoipa::path(get, path = "/api/v1/wall", tag = "wall", responses((status = 200, body = StateShown)))]
pub(crate) async fn state(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Ok(gate) = behind.gate(caller.body) else {
        return visit.answer_json(StatusCode::OK, &StateShown::off());
    };
    visit.answer_json(StatusCode::OK, &StateShown::of(gate))
}

/// Every declared flow and how it stands.
#[utoipa::path(
    get, path = "/api/v1/wall/flows", tag = "wall",
    responses((status = 200, body = FlowsShown)),
)]
pub(crate) async fn flows(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let mut work = visit.read(&caller).await?;
    let stands = service::flows(&mut work, &caller, gate, permits(&visit)?).await?;
    let declared = gate.declared();
    let (uses, now) = (gate.uses().borrow().clone(), visit.view.now);
    let of = |stand: &Stand| declared.site.flows.get(stand.place).and_then(|it| uses.get(&it.name));
    let shown =
        |stand| flow(&declared, stand, of(stand).map(|used| UsedShown::of(used, stand, now)));
    let items = stands.iter().filter_map(shown).collect();
    visit.answer_json(StatusCode::OK, &FlowsShown { items })
}

/// Applies for a flow as the site declares it now; another person decides on the
/// permit.
#[utoipa::path(
    post, path = "/api/v1/wall/flows/{flow}/apply", tag = "wall", request_body = FlowAsked,
    params(("flow" = String, Path, description = "its name")),
    responses((status = 201, body = FlowAppliedShown)),
)]
pub(crate) async fn apply(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let asked: FlowAsked = visit.json()?;
    let ends_at = Timestamp::parse(&asked.ends_at).ok_or_else(|| {
        Failure::Unprocessable(vec![("ends_at".to_owned(), key!("api-moment-wrong").into())])
    })?;
    let asked = Asked { purpose: &asked.purpose, ends_at };
    let mut work = visit.work(&caller).await?;
    let flow = visit.path("flow");
    let permit = service::apply(&mut work, &caller, gate, permits(&visit)?, flow, &asked).await?;
    work.commit().await?;
    let shown = FlowAppliedShown {
        permit: permit.id.to_string(),
        number: permit.number,
        version: permit.version,
    };
    visit.answer_json(StatusCode::CREATED, &shown)
}

/// Writes that an item of a flow's list is checked.
#[utoipa::path(
    post, path = "/api/v1/wall/flows/{flow}/checks", tag = "wall", request_body = CheckAsked,
    params(("flow" = String, Path, description = "its name")),
    responses((status = 201, body = CheckShown)),
)]
pub(crate) async fn check(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let asked: CheckAsked = visit.json()?;
    let mut work = visit.work(&caller).await?;
    let flow = visit.path("flow");
    let check = service::check(&mut work, &caller, gate, flow, &asked.item, &asked.note).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &checked(&check))
}

/// Withdraws that an item is checked; the flow closes at once.
#[utoipa::path(
    post, path = "/api/v1/wall/checks/{check}/withdraw", tag = "wall",
    request_body = WithdrawAsked, params(("check" = String, Path)),
    responses((status = 204)),
)]
pub(crate) async fn withdraw(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let asked: WithdrawAsked = visit.json()?;
    let id = visit.id("check")?;
    let mut work = visit.work(&caller).await?;
    service::withdraw_check(&mut work, &caller, gate, id, &asked.reason).await?;
    work.commit().await?;
    Ok(axum::response::IntoResponse::into_response(StatusCode::NO_CONTENT))
}

/// What came of the last proof of the running packet filter, and what was found
/// wrong before. It is made after each change and every half minute. Packets and
/// rules are shown to those who read permits, run the system, or handle incidents.
#[utoipa::path(
    get, path = "/api/v1/wall/proof", tag = "wall",
    responses((status = 200, body = ProofShown)),
)]
pub(crate) async fn proof(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let watched = gate.watched().borrow().clone();
    let shown = ProofShown::of(&watched);
    let sees_holes = SEES_HOLES.iter().any(|duty| caller.duties.has(*duty));
    visit.answer_json(StatusCode::OK, &if sees_holes { shown } else { shown.hidden() })
}

/// The permits of the program.
pub(crate) fn permits(visit: &Visit) -> Result<&Permits, Failure> {
    visit.state.means.find().ok_or_else(|| Failure::internal(WallError::NoWall))
}

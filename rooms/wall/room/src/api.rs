//! The wall for programs: how it stands, its flows, its proof, and what people do
//! with flows. Deciding on an application is the permits' own.

use axum::http::StatusCode;
use base::Timestamp;
use console::{Answer, Failure, Visit};
use i18n::key;
use identity::Caller;
use permits::Permits;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use wall_engine::{RuleAt, Unproven, Violation};

use crate::error::WallError;
use crate::flows::{Declared, Stand};
use crate::room::Behind;
use crate::service::{self, Asked, NOTE_CHARACTERS_MAX};
use crate::tables::Check;
use crate::watch::{Drift, Watched};

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
        FlowAsked,
        FlowAppliedShown,
        CheckAsked,
        WithdrawAsked
    ))
)]
pub(crate) struct Description;

/// How the wall stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct StateShown {
    /// False where the configuration has no wall for this body.
    #[schema(example = true)]
    is_on: bool,
    /// True where the packet filter is written; else it is only read.
    #[schema(example = true)]
    applies: bool,
    /// The network namespace of the gateway; null for this machine.
    #[schema(example = "gateway")]
    netns: Option<String>,
    /// SHA-256 of the site's file.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    site: String,
    #[schema(example = 30)]
    flows: usize,
    #[schema(example = 12)]
    open: usize,
    /// Zones that are cut off.
    #[schema(value_type = Vec<String>, example = json!([]))]
    cut: Vec<&'static str>,
    /// `unknown`, `proven`, `unproven` or `violated`.
    #[schema(example = "proven")]
    verdict: &'static str,
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    proved_at: Option<Timestamp>,
    /// Since when it comes out like this.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:00:00.000Z")]
    since: Option<Timestamp>,
    /// True where changes of the filter are heard as they happen.
    #[schema(example = true)]
    is_listening: bool,
    /// Why the kernel was not told or asked; null if it was.
    #[schema(example = json!(null))]
    trouble: Option<String>,
    /// Why the site's file as it lies there was not taken; null if it was.
    #[schema(example = json!(null))]
    site_trouble: Option<String>,
}

/// A declared flow.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlowShown {
    #[schema(example = "jumin-renkei")]
    name: String,
    /// `open`, `cut`, `incomplete`, `changed`, `asked`, `over` or `closed`.
    #[schema(example = "open")]
    standing: &'static str,
    #[schema(example = "mynumber")]
    from_zone: &'static str,
    #[schema(example = "jumin-gw")]
    from: String,
    #[schema(example = "lgwan")]
    to_zone: &'static str,
    #[schema(example = "renkei-01")]
    to: String,
    #[schema(example = "tcp")]
    protocol: &'static str,
    #[schema(example = 8443)]
    port: u16,
    #[schema(example = "https")]
    application: Option<&'static str>,
    #[schema(example = "住民票の連携")]
    purpose: String,
    #[schema(example = "情報政策課")]
    owner: String,
    /// Its last day.
    #[schema(example = "2027-03-31")]
    ends: String,
    /// The fingerprint that a permit names.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    declaration: String,
    /// The permit in force.
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    permit: Option<String>,
    /// The application that waits.
    #[schema(example = json!(null))]
    asked: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-03-31T15:00:00.000Z")]
    until: Option<Timestamp>,
    /// True where it opens only with a risk analysis and a complete list.
    #[schema(example = true)]
    needs_checks: bool,
    checks: Vec<CheckShown>,
    /// Items that nobody has checked.
    #[schema(value_type = Vec<String>, example = json!([]))]
    missing: Vec<&'static str>,
}

/// The flows of the site.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlowsShown {
    items: Vec<FlowShown>,
}

/// An item that somebody checked.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckShown {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    id: String,
    #[schema(example = "address")]
    item: String,
    /// Who checked it.
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2M")]
    person: String,
    #[schema(example = "両端の設定を見た")]
    note: String,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    made_at: Timestamp,
}

/// The last proof, and what was found wrong before.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProofShown {
    #[schema(example = true)]
    proven: bool,
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    at: Option<Timestamp>,
    violations: Vec<ViolationShown>,
    unproven: Vec<UnprovenShown>,
    #[schema(example = 3)]
    elapsed_ms: u64,
    /// The newest first.
    drifts: Vec<DriftShown>,
}

/// The filter did something else than what was approved.
#[derive(Serialize, ToSchema)]
pub(crate) struct DriftShown {
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    found_at: Timestamp,
    /// When it was right again; null while it is not.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:20:01.000Z")]
    mended_at: Option<Timestamp>,
    violations: Vec<ViolationShown>,
    unproven: Vec<UnprovenShown>,
    /// The processes that changed the filter before.
    #[schema(example = json!(["nft (3400)"]))]
    changed_by: Vec<String>,
    /// Who was logged in on the machine.
    #[schema(example = json!(["root pts/0 2026-12-01 08:00"]))]
    logged_in: Vec<String>,
}

/// Something that does not hold.
#[derive(Serialize, ToSchema)]
pub(crate) struct ViolationShown {
    #[schema(example = "G11")]
    invariant: &'static str,
    witness: WitnessShown,
    rule: Option<RuleShown>,
    #[schema(example = "承認のない通信が通ります")]
    explain: &'static str,
    #[schema(example = "packets pass that nobody approved")]
    explain_en: &'static str,
}

/// A packet that shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct WitnessShown {
    #[schema(example = "lg-office")]
    iif: String,
    /// Empty for the gateway itself.
    #[schema(example = "inet-dmz")]
    oif: String,
    #[schema(example = "10.2.0.10")]
    src: String,
    #[schema(example = "192.0.2.10")]
    dst: String,
    #[schema(example = 6)]
    proto: u8,
    #[schema(example = 40000)]
    sport: u16,
    #[schema(example = 443)]
    dport: u16,
}

/// A rule in the kernel.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleShown {
    #[schema(example = "inet")]
    family: String,
    #[schema(example = "sekisho")]
    table: String,
    #[schema(example = "gate_forward")]
    chain: String,
    #[schema(example = 42)]
    handle: Option<u64>,
    #[schema(example = json!(null))]
    comment: Option<String>,
}

/// A rule that was not understood.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnprovenShown {
    rule: RuleShown,
    #[schema(example = "masquerade")]
    what: String,
}

/// An application for a flow.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowAsked {
    /// What for.
    #[schema(schema_with = purpose)]
    purpose: String,
    /// At most the flow's last day, and 366 days.
    #[schema(format = DateTime, example = "2027-03-31T15:00:00.000Z")]
    ends_at: String,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlowAppliedShown {
    /// Its id, under which another person decides.
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    permit: String,
    #[schema(example = 42)]
    number: u32,
    #[schema(example = 1)]
    version: u32,
}

/// That an item is checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckAsked {
    /// `risk-analysis`, `address`, `port`, `mac`, `certificate` or `vendor-asked`.
    #[schema(schema_with = item)]
    item: String,
    /// What was looked at; for the analysis, where it lies.
    #[schema(schema_with = note)]
    note: String,
}

/// Why a check is withdrawn.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawAsked {
    #[schema(schema_with = note)]
    reason: String,
}

fn purpose() -> utoipa::openapi::Object {
    console::text_schema(permits::WORDS_CHARACTERS_MAX, "住民票の連携を始めるため")
}

fn note() -> utoipa::openapi::Object {
    console::text_schema(NOTE_CHARACTERS_MAX, "両端の設定を見た")
}

fn item() -> utoipa::openapi::Object {
    console::text_schema(40, "address")
}

/// How the wall stands; `is_on` is false where this body has none here.
#[utoipa::path(get, path = "/api/v1/wall", tag = "wall", responses((status = 200, body = StateShown)))]
pub(crate) async fn state(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Ok(gate) = behind.gate(caller.body) else {
        return visit.answer_json(StatusCode::OK, &StateShown::off());
    };
    let (opened, watched) = (gate.opened().borrow().clone(), gate.watched().borrow().clone());
    let shown = StateShown {
        is_on: true,
        applies: gate.settings().apply,
        netns: gate.kernel().netns().map(str::to_owned),
        site: opened.declared.sha256.clone(),
        flows: opened.declared.site.flows.len(),
        open: opened.flows.len(),
        cut: opened.cut.iter().map(|zone| zone.name()).collect(),
        verdict: watched.verdict.name(),
        proved_at: watched.at,
        since: watched.since,
        is_listening: watched.is_listening,
        trouble: watched.trouble.clone(),
        site_trouble: watched.site_trouble.clone(),
    };
    visit.answer_json(StatusCode::OK, &shown)
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
    let items = stands.iter().filter_map(|stand| flow(&declared, stand)).collect();
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
/// wrong before. It is made after each change and every half minute.
#[utoipa::path(
    get, path = "/api/v1/wall/proof", tag = "wall",
    responses((status = 200, body = ProofShown)),
)]
pub(crate) async fn proof(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let watched = gate.watched().borrow().clone();
    visit.answer_json(StatusCode::OK, &ProofShown::of(&watched))
}

impl StateShown {
    const fn off() -> Self {
        Self {
            is_on: false,
            applies: false,
            netns: None,
            site: String::new(),
            flows: 0,
            open: 0,
            cut: Vec::new(),
            verdict: "unknown",
            proved_at: None,
            since: None,
            is_listening: false,
            trouble: None,
            site_trouble: None,
        }
    }
}

impl ProofShown {
    fn of(watched: &Watched) -> Self {
        Self {
            proven: watched.at.is_some() && watched.proof.is_proven(),
            at: watched.at,
            violations: watched.proof.violations.iter().map(violation).collect(),
            unproven: watched.proof.unproven.iter().map(unproven).collect(),
            elapsed_ms: watched.took_ms,
            drifts: watched.drifts.iter().map(drift).collect(),
        }
    }
}

fn drift(one: &Drift) -> DriftShown {
    DriftShown {
        found_at: one.found_at,
        mended_at: one.mended_at,
        violations: one.violations.iter().map(violation).collect(),
        unproven: one.unproven.iter().map(unproven).collect(),
        changed_by: one.by.iter().map(|by| format!("{} ({})", by.program, by.process)).collect(),
        logged_in: one.logged_in.clone(),
    }
}

fn violation(one: &Violation) -> ViolationShown {
    let (explain, explain_en) = one.invariant.explain();
    let witness = WitnessShown {
        iif: one.witness.iif.clone(),
        oif: one.witness.oif.clone(),
        src: one.witness.src.to_string(),
        dst: one.witness.dst.to_string(),
        proto: one.witness.proto,
        sport: one.witness.sport,
        dport: one.witness.dport,
    };
    let rule = one.rule.as_ref().map(rule);
    ViolationShown { invariant: one.invariant.id(), witness, rule, explain, explain_en }
}

fn rule(at: &RuleAt) -> RuleShown {
    let RuleAt { family, table, chain, handle, comment } = at.clone();
    RuleShown { family, table, chain, handle, comment }
}

fn unproven(one: &Unproven) -> UnprovenShown {
    UnprovenShown { rule: rule(&one.rule), what: one.what.clone() }
}

fn flow(declared: &Declared, stand: &Stand) -> Option<FlowShown> {
    let flow = declared.site.flows.get(stand.place)?;
    let host = |place: usize| declared.site.hosts.get(place).map(|host| host.name.clone());
    Some(FlowShown {
        name: flow.name.clone(),
        standing: stand.standing.name(),
        from_zone: flow.crossing.from().name(),
        from: host(flow.from)?,
        to_zone: flow.crossing.to().name(),
        to: host(flow.to)?,
        protocol: flow.transport.name(),
        port: flow.port,
        application: flow.application.map(zones::site::Application::name),
        purpose: flow.purpose.clone(),
        owner: flow.owner.clone(),
        ends: flow.ends.to_string(),
        declaration: declared.declaration(stand.place).to_owned(),
        permit: stand.permit.as_ref().map(|permit| permit.id.to_string()),
        asked: stand.asked.as_ref().map(|permit| permit.id.to_string()),
        until: stand.until,
        needs_checks: stand.needs_checks,
        checks: stand.checks.iter().map(checked).collect(),
        missing: stand.missing.clone(),
    })
}

fn checked(check: &Check) -> CheckShown {
    CheckShown {
        id: check.id.to_string(),
        item: check.item.clone(),
        person: check.person.to_string(),
        note: check.note.clone(),
        made_at: check.made_at,
    }
}

/// The permits of the program.
pub(crate) fn permits(visit: &Visit) -> Result<&Permits, Failure> {
    visit.state.means.find().ok_or_else(|| Failure::internal(WallError::NoWall))
}

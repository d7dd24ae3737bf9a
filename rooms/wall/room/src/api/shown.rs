//! What the endpoints of the wall take and show.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wall_engine::{RuleAt, Unproven, Violation};

use super::used::UsedShown;
use crate::flows::{Declared, Stand};
use crate::gate::Gate;
use crate::service::NOTE_CHARACTERS_MAX;
use crate::tables::Check;
use crate::watch::{Drift, Watched};

/// How the wall stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct StateShown {
    /// False where the configuration has no wall for this body.
    #[schema(example = true)]
    pub(super) is_on: bool,
    /// True where the packet filter is written; else it is only read.
    #[schema(example = true)]
    pub(super) applies: bool,
    /// The network namespace of the gateway; null for this machine.
    #[schema(example = "gateway")]
    pub(super) netns: Option<String>,
    /// SHA-256 of the site's file.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub(super) site: String,
    #[schema(example = 30)]
    pub(super) flows: usize,
    #[schema(example = 12)]
    pub(super) open: usize,
    /// Zones that are cut off.
    #[schema(value_type = Vec<String>, example = json!([]))]
    pub(super) cut: Vec<&'static str>,
    /// `unknown`, `proven`, `unproven` or `violated`.
    #[schema(example = "proven")]
    pub(super) verdict: &'static str,
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    pub(super) proved_at: Option<Timestamp>,
    /// Since when it comes out like this.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:00:00.000Z")]
    pub(super) since: Option<Timestamp>,
    /// True where changes of the filter are heard as they happen.
    #[schema(example = true)]
    pub(super) is_listening: bool,
    /// Why the kernel was not told or asked; null if it was.
    #[schema(example = json!(null))]
    pub(super) trouble: Option<String>,
    /// Why the site's file as it lies there was not taken; null if it was.
    #[schema(example = json!(null))]
    pub(super) site_trouble: Option<String>,
}

/// A declared flow.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlowShown {
    #[schema(example = "jumin-renkei")]
    pub(super) name: String,
    /// `open`, `cut`, `incomplete`, `changed`, `asked`, `over` or `closed`.
    #[schema(example = "open")]
    pub(super) standing: &'static str,
    #[schema(example = "mynumber")]
    pub(super) from_zone: &'static str,
    #[schema(example = "jumin-gw")]
    pub(super) from: String,
    #[schema(example = "lgwan")]
    pub(super) to_zone: &'static str,
    #[schema(example = "renkei-01")]
    pub(super) to: String,
    #[schema(example = "tcp")]
    pub(super) protocol: &'static str,
    #[schema(example = 8443)]
    pub(super) port: u16,
    #[schema(example = "https")]
    pub(super) application: Option<&'static str>,
    #[schema(example = "住民票の連携")]
    pub(super) purpose: String,
    #[schema(example = "情報政策課")]
    pub(super) owner: String,
    /// Its last day.
    #[schema(example = "2027-03-31")]
    pub(super) ends: String,
    /// The fingerprint that a permit names.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub(super) declaration: String,
    /// The permit in force.
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    pub(super) permit: Option<String>,
    /// The application that waits.
    #[schema(example = json!(null))]
    pub(super) asked: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime, example = "2027-03-31T15:00:00.000Z")]
    pub(super) until: Option<Timestamp>,
    /// True where it opens only with a risk analysis and a complete list.
    #[schema(example = true)]
    pub(super) needs_checks: bool,
    pub(super) checks: Vec<CheckShown>,
    /// Items that nobody has checked.
    #[schema(value_type = Vec<String>, example = json!([]))]
    pub(super) missing: Vec<&'static str>,
    /// How much it was used; null where it was never counted.
    pub(super) used: Option<UsedShown>,
}

/// The flows of the site.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlowsShown {
    pub(super) items: Vec<FlowShown>,
}

/// An item that somebody checked.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckShown {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    pub(super) id: String,
    #[schema(example = "address")]
    pub(super) item: String,
    /// Who checked it.
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2M")]
    pub(super) person: String,
    #[schema(example = "両端の設定を見た")]
    pub(super) note: String,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    pub(super) made_at: Timestamp,
}

/// The last proof, and what was found wrong before.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProofShown {
    #[schema(example = true)]
    pub(super) proven: bool,
    /// `unknown`, `proven`, `unproven` or `violated`.
    #[schema(example = "proven")]
    pub(super) verdict: &'static str,
    /// True where packets and rules are not for the caller to see: the lists are
    /// empty then, whatever was found.
    #[schema(example = false)]
    pub(super) is_hidden: bool,
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    pub(super) at: Option<Timestamp>,
    pub(super) violations: Vec<ViolationShown>,
    pub(super) unproven: Vec<UnprovenShown>,
    #[schema(example = 3)]
    pub(super) elapsed_ms: u64,
    /// The newest first.
    pub(super) drifts: Vec<DriftShown>,
}

/// The filter did something else than what was approved.
#[derive(Serialize, ToSchema)]
pub(crate) struct DriftShown {
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    pub(super) found_at: Timestamp,
    /// When it was right again; null while it is not.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:20:01.000Z")]
    pub(super) mended_at: Option<Timestamp>,
    pub(super) violations: Vec<ViolationShown>,
    pub(super) unproven: Vec<UnprovenShown>,
    /// The processes that changed the filter before.
    #[schema(example = json!(["nft (3400)"]))]
    pub(super) changed_by: Vec<String>,
    /// Who was logged in on the machine.
    #[schema(example = json!(["root pts/0 2026-12-01 08:00"]))]
    pub(super) logged_in: Vec<String>,
}

/// Something that does not hold.
#[derive(Serialize, ToSchema)]
pub(crate) struct ViolationShown {
    #[schema(example = "G11")]
    pub(super) invariant: &'static str,
    pub(super) witness: WitnessShown,
    pub(super) rule: Option<RuleShown>,
    #[schema(example = "承認のない通信が通ります")]
    pub(super) explain: &'static str,
    #[schema(example = "packets pass that nobody approved")]
    pub(super) explain_en: &'static str,
}

/// A packet that shows it.
#[derive(Serialize, ToSchema)]
pub(crate) struct WitnessShown {
    #[schema(example = "lg-office")]
    pub(super) iif: String,
    /// Empty for the gateway itself.
    #[schema(example = "inet-dmz")]
    pub(super) oif: String,
    #[schema(example = "10.2.0.10")]
    pub(super) src: String,
    #[schema(example = "192.0.2.10")]
    pub(super) dst: String,
    #[schema(example = 6)]
    pub(super) proto: u8,
    #[schema(example = 40000)]
    pub(super) sport: u16,
    #[schema(example = 443)]
    pub(super) dport: u16,
}

/// A rule in the kernel.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleShown {
    #[schema(example = "inet")]
    pub(super) family: String,
    #[schema(example = "sekisho")]
    pub(super) table: String,
    #[schema(example = "gate_forward")]
    pub(super) chain: String,
    #[schema(example = 42)]
    pub(super) handle: Option<u64>,
    #[schema(example = json!(null))]
    pub(super) comment: Option<String>,
}

/// A rule that was not understood.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnprovenShown {
    pub(super) rule: RuleShown,
    #[schema(example = "masquerade")]
    pub(super) what: String,
}

/// An application for a flow.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowAsked {
    /// What for.
    #[schema(schema_with = purpose)]
    pub(super) purpose: String,
    /// At most the flow's last day, and 366 days.
    #[schema(format = DateTime, example = "2027-03-31T15:00:00.000Z")]
    pub(super) ends_at: String,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct FlowAppliedShown {
    /// Its id, under which another person decides.
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    pub(super) permit: String,
    #[schema(example = 42)]
    pub(super) number: u32,
    #[schema(example = 1)]
    pub(super) version: u32,
}

/// That an item is checked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckAsked {
    /// `risk-analysis`, `address`, `port`, `mac`, `certificate` or `vendor-asked`.
    #[schema(schema_with = item)]
    pub(super) item: String,
    /// What was looked at; for the analysis, where it lies.
    #[schema(schema_with = note)]
    pub(super) note: String,
}

/// Why a check is withdrawn.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawAsked {
    #[schema(schema_with = note)]
    pub(super) reason: String,
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

impl StateShown {
    pub(super) fn of(gate: &Gate) -> Self {
        let (opened, watched) = (gate.opened().borrow().clone(), gate.watched().borrow().clone());
        Self {
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
        }
    }

    pub(super) const fn off() -> Self {
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
    pub(super) fn of(watched: &Watched) -> Self {
        Self {
            proven: watched.at.is_some() && watched.proof.is_proven(),
            verdict: watched.verdict.name(),
            is_hidden: false,
            at: watched.at,
            violations: watched.proof.violations.iter().map(violation).collect(),
            unproven: watched.proof.unproven.iter().map(unproven).collect(),
            elapsed_ms: watched.took_ms,
            drifts: watched.drifts.iter().map(drift).collect(),
        }
    }
}

impl ProofShown {
    /// Without what would show whoever could use a hole where it is.
    pub(super) fn hidden(self) -> Self {
        let nothing = |one: DriftShown| DriftShown {
            violations: Vec::new(),
            unproven: Vec::new(),
            changed_by: Vec::new(),
            logged_in: Vec::new(),
            ..one
        };
        Self {
            is_hidden: true,
            violations: Vec::new(),
            unproven: Vec::new(),
            drifts: self.drifts.into_iter().map(nothing).collect(),
            ..self
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

pub(super) fn flow(
    declared: &Declared,
    stand: &Stand,
    used: Option<UsedShown>,
) -> Option<FlowShown> {
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
        used,
    })
}

pub(super) fn checked(check: &Check) -> CheckShown {
    CheckShown {
        id: check.id.to_string(),
        item: check.item.clone(),
        person: check.person.to_string(),
        note: check.note.clone(),
        made_at: check.made_at,
    }
}

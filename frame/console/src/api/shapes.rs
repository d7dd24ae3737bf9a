//! What the interface sends and takes. Field names are stable; new ones may
//! come. Times are UTC (RFC 3339), ids are ULIDs.

use std::collections::BTreeMap;

use ::permits::{Field, Form, Kind, Permit, ScopeValue};
use base::Timestamp;
use identity::alerts::Alert;
use identity::people::Invited;
use identity::roles::Assignment;
use identity::{BodyRecord, Person, Section};
use records::{Detail, Recorded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a call was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Stable; what programs read.
    #[serde(rename = "type")]
    kind: String,
    /// For people, in the language that was asked for.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What happened, and what to do.
    detail: String,
    /// The request, to be found in the log.
    instance: String,
    /// Fields that were not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldProblem>>,
}

/// A field that was not accepted.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Its name.
    field: String,
    /// Stable.
    code: String,
    /// For people.
    detail: String,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Many<T> {
    /// The lines.
    pub(crate) items: Vec<T>,
    /// What `after` is for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// A kind of permit.
#[derive(Serialize, ToSchema)]
pub(crate) struct KindShape {
    name: String,
    /// The longest time from start to end, in seconds.
    span_max_seconds: u64,
    /// The duty that decides.
    approver: String,
    /// True where a duty holder may begin one at once.
    may_be_emergency: bool,
    fields: Vec<FieldShape>,
}

/// A field of an application.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldShape {
    name: String,
    /// `text`, `number`, `choice`, `names` or `person`.
    form: String,
    is_required: bool,
    /// What can be chosen.
    choices: Vec<String>,
}

impl KindShape {
    pub(crate) fn of(kind: &Kind) -> Self {
        Self {
            name: kind.name.to_owned(),
            span_max_seconds: kind.span_max.as_secs(),
            approver: kind.approver.name().to_owned(),
            may_be_emergency: kind.emergency.is_some(),
            fields: kind.fields.iter().map(FieldShape::of).collect(),
        }
    }
}

impl FieldShape {
    fn of(field: &Field) -> Self {
        let (form, choices) = match field.form {
            Form::Text { .. } => ("text", Vec::new()),
            Form::Number { .. } => ("number", Vec::new()),
            Form::Choice(choices) => {
                ("choice", choices.iter().map(|one| (*one).to_owned()).collect())
            }
            Form::Names { .. } => ("names", Vec::new()),
            Form::Person => ("person", Vec::new()),
        };
        let (name, form) = (field.name.to_owned(), form.to_owned());
        Self { name, form, is_required: field.is_required, choices }
    }
}

/// An application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PermitAsked {
    /// The name of a kind.
    pub(crate) kind: String,
    /// Who would gain, by id; the applicant if left out.
    pub(crate) beneficiary: Option<String>,
    /// What for.
    pub(crate) purpose: String,
    /// The kind's fields: text, whole numbers, or lists of names.
    pub(crate) scope: BTreeMap<String, serde_json::Value>,
    /// When it begins; once it is approved if left out.
    pub(crate) starts_at: Option<String>,
    /// When it ends.
    pub(crate) ends_at: String,
    /// `apply` (also if left out), `draft` or `emergency`.
    pub(crate) step: Option<String>,
}

/// A permit.
#[derive(Serialize, ToSchema)]
pub(crate) struct PermitShape {
    pub(crate) id: String,
    number: u32,
    kind: String,
    state: String,
    /// Sent back with a decision: it is about what was shown.
    version: u32,
    applicant: String,
    applicant_for: Option<String>,
    beneficiary: Option<String>,
    section: Option<String>,
    purpose: String,
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    scope: BTreeMap<String, serde_json::Value>,
    starts_at: String,
    ends_at: String,
    /// The ability is gone from then on; sooner than `ends_at` for an emergency
    /// that nobody has confirmed.
    until: String,
    is_in_force: bool,
    is_emergency: bool,
    decided_by: Option<String>,
    decided_for: Option<String>,
    decided_at: Option<String>,
    note: Option<String>,
    outcome: Option<String>,
    report: Option<String>,
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

impl PermitShape {
    pub(crate) fn of(permit: &Permit, now: Timestamp) -> Self {
        let scope = permit.scope.iter().map(|(name, value)| {
            let value = match value {
                ScopeValue::Number(number) => (*number).into(),
                ScopeValue::Text(text) => text.clone().into(),
                ScopeValue::List(names) => names.clone().into(),
            };
            (name.to_owned(), value)
        });
        Self {
            id: permit.id.to_string(),
            number: permit.number,
            kind: permit.kind.clone(),
            state: permit.state.name().to_owned(),
            version: permit.version,
            applicant: permit.applicant.to_string(),
            applicant_for: text(permit.applicant_for),
            beneficiary: text(permit.beneficiary),
            section: text(permit.section),
            purpose: permit.purpose.clone(),
            scope: scope.collect(),
            starts_at: permit.starts_at.to_string(),
            ends_at: permit.ends_at.to_string(),
            until: permit.until().to_string(),
            is_in_force: permit.is_in_force(now),
            is_emergency: permit.is_emergency,
            decided_by: text(permit.decided_by),
            decided_for: text(permit.decided_for),
            decided_at: text(permit.decided_at),
            note: permit.note.clone(),
            outcome: permit.outcome.map(|outcome| outcome.name().to_owned()),
            report: permit.report.clone(),
        }
    }
}

/// What a deed on a permit says.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeedAsked {
    /// The version that was shown: for applying, approving and refusing.
    pub(crate) version: u32,
    /// A note with an approval; the reason of a refusal or a revocation.
    pub(crate) note: Option<String>,
    /// What was done, for closing.
    pub(crate) report: Option<String>,
    /// In whose stead, by the person's id (代行).
    #[serde(rename = "for")]
    pub(crate) acting_for: Option<String>,
}

/// Something that is shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretShape {
    /// The code or token; it cannot be read again.
    pub(crate) secret: String,
    /// When it ends.
    pub(crate) until: String,
}

/// A person.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonShape {
    id: String,
    login: String,
    name: String,
    kana: String,
    section: String,
    /// `invited`, `active` or `left`.
    state: String,
    joined_at: String,
    left_at: Option<String>,
    version: i64,
}

impl PersonShape {
    pub(crate) fn of(person: &Person) -> Self {
        Self {
            id: person.id.to_string(),
            login: person.login.to_string(),
            name: person.name.to_string(),
            kana: person.kana.to_string(),
            section: person.section.to_string(),
            state: person.state.name().to_owned(),
            joined_at: person.joined_at.to_string(),
            left_at: text(person.left_at),
            version: person.version,
        }
    }
}

/// A person to be invited, or what one is changed to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonAsked {
    /// Needed for an invitation; cannot be changed.
    pub(crate) login: Option<String>,
    pub(crate) name: String,
    pub(crate) kana: String,
    pub(crate) section: String,
    /// The version that was shown, for a change.
    pub(crate) version: Option<i64>,
}

/// A person with the code that opens their enrolment.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitedShape {
    person: PersonShape,
    /// To be handed over; shown once.
    code: String,
    until: String,
}

impl InvitedShape {
    pub(crate) fn of(invited: &Invited) -> Self {
        let code = invited.code.show();
        Self {
            person: PersonShape::of(&invited.person),
            // Whoever invites hands the code over; this is the one time it is shown.
            code: code.reveal().clone(),
            until: invited.until.to_string(),
        }
    }
}

/// A role that a person holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssignmentShape {
    id: String,
    person: String,
    role: String,
    /// Missing for the whole body.
    section: Option<String>,
    from: String,
    until: Option<String>,
}

impl AssignmentShape {
    pub(crate) fn of(one: &Assignment) -> Self {
        Self {
            id: one.id.to_string(),
            person: one.person.to_string(),
            role: one.role.name().to_owned(),
            section: text(one.section),
            from: one.from.to_string(),
            until: text(one.until),
        }
    }
}

/// A role to be given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleAsked {
    pub(crate) role: String,
    /// The whole body if left out.
    pub(crate) section: Option<String>,
    pub(crate) until: Option<String>,
}

/// A section.
#[derive(Serialize, ToSchema)]
pub(crate) struct SectionShape {
    id: String,
    code: String,
    name: String,
    above: Option<String>,
    closed_at: Option<String>,
    version: i64,
}

impl SectionShape {
    pub(crate) fn of(section: &Section) -> Self {
        Self {
            id: section.id.to_string(),
            code: section.code.to_string(),
            name: section.name.to_string(),
            above: text(section.above),
            closed_at: text(section.closed_at),
            version: section.version,
        }
    }
}

/// A section to be opened, or what one is changed to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SectionAsked {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) above: Option<String>,
    /// The version that was shown, for a change.
    pub(crate) version: Option<i64>,
}

/// A body.
#[derive(Serialize, ToSchema)]
pub(crate) struct BodyShape {
    id: String,
    code: String,
    name: String,
    kind: String,
    prefecture: Option<String>,
    founded_at: String,
}

impl BodyShape {
    pub(crate) fn of(body: &BodyRecord) -> Self {
        Self {
            id: body.id.to_string(),
            code: body.code.to_string(),
            name: body.name.to_string(),
            kind: body.kind().name().to_owned(),
            prefecture: text(body.prefecture),
            founded_at: body.founded_at.to_string(),
        }
    }
}

/// An entry of the ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntryShape {
    sequence: i64,
    at: String,
    /// `person`, `system` or `nobody`.
    actor_kind: String,
    actor: String,
    acting_for: Option<String>,
    action: String,
    subject_kind: String,
    subject: String,
    permit: Option<String>,
    origin: String,
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    details: BTreeMap<String, serde_json::Value>,
    hash: String,
}

impl EntryShape {
    pub(crate) fn of(entry: &Recorded) -> Self {
        let details = entry.details.iter().map(|(name, value)| {
            let value = match value {
                Detail::Number(number) => (*number).into(),
                Detail::Text(text) => text.clone().into(),
            };
            (name.to_owned(), value)
        });
        Self {
            sequence: entry.sequence.number(),
            at: entry.at.to_string(),
            actor_kind: entry.actor_kind.word().to_owned(),
            actor: entry.actor.clone(),
            acting_for: entry.acting_for.clone(),
            action: entry.action.clone(),
            subject_kind: entry.subject_kind.clone(),
            subject: entry.subject.clone(),
            permit: entry.permit.clone(),
            origin: entry.origin.clone(),
            details: details.collect(),
            hash: entry.hash.to_string(),
        }
    }
}

/// What following the chain came to.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerifiedShape {
    pub(crate) is_sound: bool,
    /// Entries that were followed, where it is sound.
    pub(crate) entries: Option<i64>,
    /// The last place that a signature covers.
    pub(crate) signed_to: Option<i64>,
    /// The first place that is not as it was written.
    pub(crate) broken_at: Option<i64>,
    /// What is wrong there.
    pub(crate) broken_how: Option<String>,
}

/// Something to look at.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertShape {
    id: String,
    kind: String,
    person: String,
    source: String,
    at: String,
}

impl AlertShape {
    pub(crate) fn of(alert: &Alert) -> Self {
        Self {
            id: alert.id.to_string(),
            kind: alert.kind.name().to_owned(),
            person: alert.person.to_string(),
            source: alert.source.clone(),
            at: alert.at.to_string(),
        }
    }
}

/// Who calls.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeShape {
    pub(crate) person: String,
    pub(crate) body: String,
    pub(crate) body_name: String,
    pub(crate) name: String,
    /// What they may do somewhere in their body.
    pub(crate) duties: Vec<String>,
    /// 2 in a session, 0 with a token.
    pub(crate) factors: u8,
}

/// A session to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionAsked {
    /// The login.
    pub(crate) person: String,
    pub(crate) password: String,
    /// The code of an authenticator app.
    pub(crate) one_time_code: String,
}

/// A session that was opened; its cookie came with the answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionShape {
    /// Sent back in `X-CSRF-Token` with each change.
    pub(crate) csrf_token: String,
    pub(crate) person: String,
    pub(crate) body: String,
    pub(crate) session: String,
    pub(crate) until: String,
}

/// What a browser needs to sign in with a passkey first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChallengeShape {
    /// Goes back with the browser's answer.
    pub(crate) challenge: String,
    /// `PublicKeyCredentialRequestOptionsJSON`.
    #[schema(value_type = Object)]
    pub(crate) options: serde_json::Value,
}

/// The system's state.
#[derive(Serialize, ToSchema)]
pub(crate) struct SystemShape {
    pub(crate) version: String,
    pub(crate) database: Option<String>,
    pub(crate) certificate_ends_at: Option<String>,
    pub(crate) started_at: Option<String>,
    pub(crate) disk_free_bytes: Option<u64>,
    pub(crate) disk_total_bytes: Option<u64>,
    /// How far the clock is behind what was seen before, in seconds.
    pub(crate) clock_behind_seconds: u64,
    pub(crate) failed_jobs: Vec<JobShape>,
}

/// A job that failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobShape {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) due: String,
    pub(crate) attempts: u32,
    pub(crate) error: Option<String>,
}

//! Permits: kinds, applications, and what is done with them.

use std::collections::BTreeMap;

use ::permits::{Field, Form, Kind, Permit, ScopeValue};
use base::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text;
use crate::api::values;
use crate::api::whole::{whole, whole_if_any};

/// A kind of permit.
#[derive(Serialize, ToSchema)]
pub(crate) struct KindShape {
    #[schema(schema_with = values::slug)]
    name: String,
    /// The longest time from start to end, in seconds.
    #[schema(example = 86400)]
    span_max_seconds: u64,
    /// The duty that decides.
    #[schema(schema_with = values::duty)]
    approver: String,
    /// True where a duty holder may begin one at once.
    may_be_emergency: bool,
    fields: Vec<FieldShape>,
}

/// A field of an application.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldShape {
    #[schema(schema_with = values::slug)]
    name: String,
    /// `text`, `number`, `choice`, `names` or `person`.
    #[schema(example = "choice")]
    form: String,
    is_required: bool,
    /// What can be chosen.
    #[schema(example = json!(["registered-medium", "transfer", "terminal"]))]
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

/// A value of a scope.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum ScopeShape {
    /// A whole number.
    Number(#[serde(deserialize_with = "whole")] i64),
    /// Text, a choice, or the id of a person.
    Text(String),
    /// Names.
    Names(Vec<String>),
}

impl ScopeShape {
    fn of(value: &ScopeValue) -> Self {
        match value {
            ScopeValue::Number(number) => Self::Number(*number),
            ScopeValue::Text(text) => Self::Text(text.clone()),
            ScopeValue::List(names) => Self::Names(names.clone()),
        }
    }

    /// As a form sends it: names one a line.
    pub(crate) fn as_sent(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Names(names) => names.join("\n"),
        }
    }
}

/// An application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "export",
    "purpose": "県への報告のため",
    "scope": {
        "what": "住民異動の集計表", "destination": "県庁市町村課", "medium": "transfer",
        "personal-data": "none", "files": 1,
    },
    "ends_at": "2026-12-01T08:15:00.000Z",
}))]
pub(crate) struct PermitAsked {
    /// The name of a kind.
    #[schema(schema_with = values::slug)]
    pub(crate) kind: String,
    /// Who would gain, by id; the applicant if left out.
    #[schema(schema_with = values::id_or_none)]
    pub(crate) beneficiary: Option<String>,
    /// What for.
    #[schema(schema_with = values::words)]
    pub(crate) purpose: String,
    /// The kind's fields.
    #[schema(schema_with = values::scope)]
    pub(crate) scope: BTreeMap<String, ScopeShape>,
    /// When it begins; once it is approved if left out.
    #[schema(schema_with = values::moment_or_none)]
    pub(crate) starts_at: Option<String>,
    /// When it ends.
    #[schema(schema_with = values::moment)]
    pub(crate) ends_at: String,
    /// `apply` also if left out. A draft that is changed stays one.
    pub(crate) step: Option<StepAsked>,
    /// The version that was shown, for changing a draft.
    #[serde(default, deserialize_with = "whole_if_any")]
    #[schema(schema_with = values::version_or_none)]
    pub(crate) version: Option<u32>,
}

/// What becomes of an application.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StepAsked {
    /// Another person decides.
    Apply,
    /// Only its applicant sees it.
    Draft,
    /// It begins at once and is confirmed later.
    Emergency,
}

/// A permit.
#[derive(Serialize, ToSchema)]
pub(crate) struct PermitShape {
    #[schema(schema_with = values::id)]
    pub(crate) id: String,
    #[schema(example = 118)]
    number: u32,
    #[schema(schema_with = values::slug)]
    kind: String,
    #[schema(schema_with = values::permit_state)]
    state: String,
    /// Sent back with a decision: it is about what was shown.
    version: u32,
    #[schema(schema_with = values::id)]
    applicant: String,
    #[schema(schema_with = values::id_or_none)]
    applicant_for: Option<String>,
    #[schema(schema_with = values::id_or_none)]
    beneficiary: Option<String>,
    #[schema(schema_with = values::id_or_none)]
    section: Option<String>,
    #[schema(schema_with = values::words)]
    purpose: String,
    #[schema(schema_with = values::scope)]
    scope: BTreeMap<String, ScopeShape>,
    #[schema(schema_with = values::moment)]
    starts_at: String,
    #[schema(schema_with = values::moment)]
    ends_at: String,
    /// The ability is gone from then on; sooner than `ends_at` for an emergency
    /// that nobody has confirmed.
    #[schema(schema_with = values::moment)]
    until: String,
    is_in_force: bool,
    is_emergency: bool,
    #[schema(schema_with = values::id_or_none)]
    decided_by: Option<String>,
    #[schema(schema_with = values::id_or_none)]
    decided_for: Option<String>,
    #[schema(schema_with = values::moment_or_none)]
    decided_at: Option<String>,
    #[schema(schema_with = values::note_or_none)]
    note: Option<String>,
    #[schema(schema_with = values::outcome_or_none)]
    outcome: Option<String>,
    #[schema(schema_with = values::note_or_none)]
    report: Option<String>,
}

impl PermitShape {
    pub(crate) fn of(permit: &Permit, now: Timestamp) -> Self {
        let scope =
            permit.scope.iter().map(|(name, value)| (name.to_owned(), ScopeShape::of(value)));
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
#[schema(example = json!({ "version": 2, "note": "内容を確認した" }))]
pub(crate) struct DeedAsked {
    /// The version that was shown: for applying, approving and refusing.
    #[serde(deserialize_with = "whole")]
    #[schema(schema_with = values::version)]
    pub(crate) version: u32,
    /// A note with an approval; the reason of a refusal or a revocation.
    #[schema(schema_with = values::note_or_none)]
    pub(crate) note: Option<String>,
    /// What was done, for closing.
    #[schema(schema_with = values::note_or_none)]
    pub(crate) report: Option<String>,
    /// In whose stead, by the person's id (代行).
    #[serde(rename = "for")]
    #[schema(schema_with = values::id_or_none)]
    pub(crate) acting_for: Option<String>,
}

/// Something that is shown once.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretShape {
    /// The code or token; it cannot be read again.
    #[schema(example = "7K2M-9QXD-4T8R-W1NC")]
    pub(crate) secret: String,
    /// When it ends.
    #[schema(schema_with = values::moment)]
    pub(crate) until: String,
}

//! The ledger: entries, proof, and what is taken out of it.

use std::collections::BTreeMap;

use records::{Detail, Recorded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::values;

/// An entry of the ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct EntryShape {
    /// Its place in the body's ledger, from 1.
    #[schema(example = 1204)]
    sequence: i64,
    #[schema(schema_with = values::moment)]
    at: String,
    /// `person`, `system` or `nobody`.
    #[schema(example = "person")]
    actor_kind: String,
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    actor: String,
    #[schema(example = json!(null))]
    acting_for: Option<String>,
    #[schema(example = "permit.approved")]
    action: String,
    #[schema(example = "permit")]
    subject_kind: String,
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    subject: String,
    #[schema(example = json!(null))]
    permit: Option<String>,
    #[schema(example = "192.0.2.10")]
    origin: String,
    #[schema(schema_with = values::details)]
    details: BTreeMap<String, DetailShape>,
    /// SHA-256 over this entry and all before it.
    #[schema(example = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9")]
    hash: String,
}

/// A detail of an entry.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum DetailShape {
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
}

impl EntryShape {
    pub(crate) fn of(entry: &Recorded) -> Self {
        let details = entry.details.iter().map(|(name, value)| {
            let value = match value {
                Detail::Number(number) => DetailShape::Number(*number),
                Detail::Text(text) => DetailShape::Text(text.clone()),
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
    #[schema(example = true)]
    pub(crate) is_sound: bool,
    /// Entries that were followed, where it is sound.
    #[schema(example = 1204)]
    pub(crate) entries: Option<i64>,
    /// The last place that a signature covers.
    #[schema(example = 1200)]
    pub(crate) signed_to: Option<i64>,
    /// The first place that is not as it was written.
    #[schema(example = json!(null))]
    pub(crate) broken_at: Option<i64>,
    /// What is wrong there.
    #[schema(example = json!(null))]
    pub(crate) broken_how: Option<String>,
}

/// A stretch of the ledger to be taken out as a signed file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportAsked {
    /// A day in Japan.
    #[schema(schema_with = values::day)]
    pub(crate) since: String,
    /// A day in Japan, included.
    #[schema(schema_with = values::day)]
    pub(crate) before: String,
}

/// Which entries are taken out as a table.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "format": "xlsx", "action": "permit." }))]
pub(crate) struct TableAsked {
    #[schema(schema_with = values::table_format)]
    pub(crate) format: String,
    /// Not before this moment.
    #[schema(schema_with = values::moment_or_none)]
    pub(crate) from: Option<String>,
    /// Before this moment.
    #[schema(schema_with = values::moment_or_none)]
    pub(crate) until: Option<String>,
    /// A person's id.
    #[schema(schema_with = values::id_or_none)]
    pub(crate) actor: Option<String>,
    /// An action; `permit.` is all of that area.
    #[schema(schema_with = values::action_or_none)]
    pub(crate) action: Option<String>,
    /// A permit's id.
    #[schema(schema_with = values::id_or_none)]
    pub(crate) permit: Option<String>,
}

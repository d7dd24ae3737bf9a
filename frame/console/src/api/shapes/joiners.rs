//! What a file of joiners, movers and leavers would change.

use identity::joiners::{Change, Mistake, Plan};
use serde::Serialize;
use utoipa::ToSchema;

use super::PersonShape;
use crate::api::values;
use crate::pages::people::mistake_name;

/// What a file would change, or changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanShape {
    changes: Vec<ChangeShape>,
    /// Lines that ask for what is so already.
    unchanged: u64,
    /// With any of these nothing is applied.
    mistakes: Vec<MistakeShape>,
    /// Stands for the file and for what it would change; sent back to apply it.
    #[schema(example = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9")]
    digest: String,
}

/// One difference.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeShape {
    /// The file's line, from 1.
    line: u64,
    /// `join`, `move` or `leave`.
    #[schema(example = "join")]
    change: String,
    #[schema(schema_with = values::login)]
    login: String,
    /// The person as they are; none for who comes.
    before: Option<PersonShape>,
    /// The name from then on; none for who goes.
    #[schema(schema_with = values::name_or_none)]
    name: Option<String>,
    /// The reading from then on; none for who goes.
    #[schema(schema_with = values::name_or_none)]
    kana: Option<String>,
    /// The section from then on; none for who goes.
    #[schema(schema_with = values::id_or_none)]
    section: Option<String>,
}

/// Something wrong with a line.
#[derive(Serialize, ToSchema)]
pub(crate) struct MistakeShape {
    /// The file's line, from 1; 0 for the file as a whole.
    line: u64,
    /// What is wrong, in a word: `section`, `login-taken` …
    #[schema(example = "section")]
    mistake: String,
}

impl PlanShape {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self {
            changes: plan.changes.iter().map(ChangeShape::of).collect(),
            unchanged: u64::try_from(plan.unchanged).unwrap_or(u64::MAX),
            mistakes: plan.mistakes.iter().map(MistakeShape::of).collect(),
            digest: plan.digest.clone(),
        }
    }
}

impl ChangeShape {
    fn of(change: &Change) -> Self {
        match change {
            Change::Join { line, login, name, kana, section } => Self {
                line: *line,
                change: "join".to_owned(),
                login: login.to_string(),
                before: None,
                name: Some(name.to_string()),
                kana: Some(kana.to_string()),
                section: Some(section.to_string()),
            },
            Change::Move { line, before, name, kana, section } => Self {
                line: *line,
                change: "move".to_owned(),
                login: before.login.to_string(),
                before: Some(PersonShape::of(before)),
                name: Some(name.to_string()),
                kana: Some(kana.to_string()),
                section: Some(section.to_string()),
            },
            Change::Leave { line, before } => Self {
                line: *line,
                change: "leave".to_owned(),
                login: before.login.to_string(),
                before: Some(PersonShape::of(before)),
                name: None,
                kana: None,
                section: None,
            },
        }
    }
}

impl MistakeShape {
    fn of(mistake: &Mistake) -> Self {
        Self { line: mistake.line, mistake: mistake_name(mistake.kind).to_owned() }
    }
}

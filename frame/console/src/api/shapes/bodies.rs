//! Bodies and their sections.

use identity::bodies::Founded;
use identity::{BodyRecord, Section};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CodeShape, PersonShape, text};
use crate::api::values;
use crate::api::whole::whole_if_any;

/// A section.
#[derive(Serialize, ToSchema)]
pub(crate) struct SectionShape {
    #[schema(schema_with = values::id)]
    id: String,
    #[schema(schema_with = values::section_code)]
    code: String,
    #[schema(schema_with = values::section_name)]
    name: String,
    #[schema(schema_with = values::id_or_none)]
    above: Option<String>,
    #[schema(schema_with = values::moment_or_none)]
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
#[schema(example = json!({ "code": "joho", "name": "情報政策課", "version": 1 }))]
pub(crate) struct SectionAsked {
    #[schema(schema_with = values::section_code)]
    pub(crate) code: String,
    #[schema(schema_with = values::section_name)]
    pub(crate) name: String,
    /// The bureau above it.
    #[schema(schema_with = values::id_or_none)]
    pub(crate) above: Option<String>,
    /// The version that was shown, for a change.
    #[serde(default, deserialize_with = "whole_if_any")]
    #[schema(schema_with = values::version_or_none)]
    pub(crate) version: Option<u32>,
}

/// A body.
#[derive(Serialize, ToSchema)]
pub(crate) struct BodyShape {
    #[schema(schema_with = values::id)]
    id: String,
    #[schema(schema_with = values::body_code)]
    code: String,
    #[schema(schema_with = values::body_name)]
    name: String,
    #[schema(schema_with = values::body_kind)]
    kind: String,
    #[schema(schema_with = values::id_or_none)]
    prefecture: Option<String>,
    #[schema(schema_with = values::moment)]
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

/// A body to be founded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BodyAsked {
    /// Six digits; the last one checks the others.
    #[schema(schema_with = values::body_code)]
    pub(crate) code: String,
    #[schema(schema_with = values::body_name)]
    pub(crate) name: String,
    #[schema(schema_with = values::body_kana)]
    pub(crate) kana: String,
}

/// The first person of a body, with their section.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstOfficerAsked {
    #[schema(schema_with = values::login)]
    pub(crate) login: String,
    #[schema(schema_with = values::name)]
    pub(crate) name: String,
    #[schema(schema_with = values::kana)]
    pub(crate) kana: String,
    #[schema(schema_with = values::section_code)]
    pub(crate) section_code: String,
    #[schema(schema_with = values::section_name)]
    pub(crate) section_name: String,
}

/// A municipality to be founded under the caller's prefecture.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoundAsked {
    pub(crate) body: BodyAsked,
    pub(crate) officer: FirstOfficerAsked,
}

/// The first body of a new store.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUpAsked {
    /// The code that the terminal shows.
    #[schema(schema_with = values::secret)]
    pub(crate) code: String,
    pub(crate) body: BodyAsked,
    pub(crate) officer: FirstOfficerAsked,
}

/// A body that was founded, with the code that opens its officer's enrolment.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundedShape {
    body: BodyShape,
    officer: PersonShape,
    /// To be handed over; shown once.
    #[schema(example = "7K2M-9QXD-4T8R-W1NC")]
    code: String,
    #[schema(schema_with = values::moment)]
    until: String,
}

impl FoundedShape {
    pub(crate) fn of(founded: &Founded) -> Self {
        let CodeShape { code, until } = CodeShape::of(&founded.code, founded.until);
        let body = BodyShape::of(&founded.body);
        Self { body, officer: PersonShape::of(&founded.officer), code, until }
    }
}

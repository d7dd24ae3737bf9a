//! People, their roles, their concurrent posts and their codes.

use base::Timestamp;
use factors::Code;
use identity::people::Invited;
use identity::roles::{Assignment, ConcurrentPost};
use identity::{Person, PersonState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text;
use crate::api::values;
use crate::api::whole::whole_if_any;

/// A person.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonShape {
    #[schema(schema_with = values::id)]
    id: String,
    #[schema(schema_with = values::login)]
    login: String,
    #[schema(schema_with = values::name)]
    name: String,
    #[schema(schema_with = values::kana)]
    kana: String,
    #[schema(schema_with = values::id)]
    section: String,
    #[schema(schema_with = values::person_state)]
    state: String,
    #[schema(schema_with = values::moment)]
    joined_at: String,
    #[schema(schema_with = values::moment_or_none)]
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
#[schema(example = json!({
    "login": "midori.taro", "name": "緑 太郎", "kana": "ミドリ タロウ",
    "section": "01KQ3V6Z8M5C0D2E4F6G8H0J2K", "version": 1,
}))]
pub(crate) struct PersonAsked {
    /// Needed for an invitation; cannot be changed.
    #[schema(schema_with = values::login_or_none)]
    pub(crate) login: Option<String>,
    #[schema(schema_with = values::name)]
    pub(crate) name: String,
    #[schema(schema_with = values::kana)]
    pub(crate) kana: String,
    #[schema(schema_with = values::id)]
    pub(crate) section: String,
    /// The version that was shown, for a change.
    #[serde(default, deserialize_with = "whole_if_any")]
    #[schema(schema_with = values::version_or_none)]
    pub(crate) version: Option<u32>,
}

/// A person with the code that opens their enrolment.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitedShape {
    person: PersonShape,
    /// To be handed over; shown once.
    #[schema(example = "7K2M-9QXD-4T8R-W1NC")]
    code: String,
    #[schema(schema_with = values::moment)]
    until: String,
}

impl InvitedShape {
    pub(crate) fn of(invited: &Invited) -> Self {
        let CodeShape { code, until } = CodeShape::of(&invited.code, invited.until);
        Self { person: PersonShape::of(&invited.person), code, until }
    }
}

/// Asks for a new enrolment code.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CodeAsked {
    /// Why, for somebody who has enrolled: their factors are taken away first.
    #[schema(schema_with = values::reason_or_none)]
    pub(crate) reason: Option<String>,
}

/// An enrolment code.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodeShape {
    /// To be handed over; shown once.
    #[schema(example = "7K2M-9QXD-4T8R-W1NC")]
    pub(crate) code: String,
    #[schema(schema_with = values::moment)]
    pub(crate) until: String,
}

impl CodeShape {
    pub(crate) fn of(code: &Code, until: Timestamp) -> Self {
        // Whoever makes the code hands it over; this is the one time it is shown.
        Self { code: code.show().reveal().clone(), until: until.to_string() }
    }
}

/// A role that a person holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssignmentShape {
    #[schema(schema_with = values::id)]
    id: String,
    #[schema(schema_with = values::id)]
    person: String,
    #[schema(schema_with = values::role)]
    role: String,
    /// Missing for the whole body.
    #[schema(schema_with = values::id_or_none)]
    section: Option<String>,
    #[schema(schema_with = values::moment)]
    from: String,
    #[schema(schema_with = values::moment_or_none)]
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
#[schema(example = json!({ "role": "section-manager", "section": "01KQ3V6Z8M5C0D2E4F6G8H0J2K" }))]
pub(crate) struct RoleAsked {
    #[schema(schema_with = values::role)]
    pub(crate) role: String,
    /// The whole body if left out.
    #[schema(schema_with = values::id_or_none)]
    pub(crate) section: Option<String>,
    #[schema(schema_with = values::moment_or_none)]
    pub(crate) until: Option<String>,
}

/// A concurrent post (兼務): why one person holds posts that conflict.
#[derive(Serialize, ToSchema)]
pub(crate) struct PostShape {
    #[schema(schema_with = values::id)]
    id: String,
    #[schema(schema_with = values::id)]
    person: String,
    /// The rule that is set aside.
    #[schema(schema_with = values::bar)]
    bar: String,
    #[schema(schema_with = values::reason)]
    reason: String,
    /// Who recorded it.
    #[schema(schema_with = values::id)]
    by: String,
    #[schema(schema_with = values::moment)]
    from: String,
    #[schema(schema_with = values::moment)]
    until: String,
}

impl PostShape {
    pub(crate) fn of(post: &ConcurrentPost) -> Self {
        Self {
            id: post.id.to_string(),
            person: post.person.to_string(),
            bar: post.bar.name().to_owned(),
            reason: post.reason.to_string(),
            by: post.by.to_string(),
            from: post.from.to_string(),
            until: post.until.to_string(),
        }
    }
}

/// A concurrent post to be recorded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "bar": "operator-approves", "reason": "職員が3名のため", "until": "2027-03-31T14:59:59.000Z",
}))]
pub(crate) struct PostAsked {
    /// The rule that is set aside.
    #[schema(schema_with = values::bar)]
    pub(crate) bar: String,
    #[schema(schema_with = values::reason)]
    pub(crate) reason: String,
    /// At most 366 days from now.
    #[schema(schema_with = values::moment)]
    pub(crate) until: String,
}

/// Which people are taken out as a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "format": "csv", "state": "active" }))]
pub(crate) struct PeopleTableAsked {
    #[schema(schema_with = values::table_format)]
    pub(crate) format: String,
    /// Part of a name, a reading or a login.
    #[schema(schema_with = values::search_or_none)]
    pub(crate) text: Option<String>,
    #[schema(schema_with = values::id_or_none)]
    pub(crate) section: Option<String>,
    pub(crate) state: Option<StateAsked>,
}

/// Where a person stands.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StateAsked {
    /// Without factors.
    Invited,
    /// With two factors.
    Active,
    /// Gone.
    Left,
}

impl From<StateAsked> for PersonState {
    fn from(asked: StateAsked) -> Self {
        match asked {
            StateAsked::Invited => Self::Invited,
            StateAsked::Active => Self::Active,
            StateAsked::Left => Self::Left,
        }
    }
}

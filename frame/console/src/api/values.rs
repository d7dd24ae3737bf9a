//! How single values look on the wire: what the description says of them. The
//! rules themselves are those of the types that [`super::read`] reads.

use identity::alerts::AlertKind;
use identity::enrol::LABEL_MAX;
use identity::roles::REASON_MAX;
use identity::{Bar, Duty, FactorKind, NAME_MAX, PersonState, Role, SECTION_CODE_MAX};
use permits::{Outcome, State, WORDS_CHARACTERS_MAX};
use serde_json::json;
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat,
    SchemaType, Type,
};

/// Characters that [`base::Text`] does not take.
const UNWANTED: &str =
    r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069";

/// Longest search text, in characters.
pub(super) const SEARCH_MAX: usize = 80;

fn string(example: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .examples([serde_json::Value::from(example)])
}

/// A text of [`base::Text`]: something in it is no white space.
#[must_use]
pub fn text(length_max: usize, example: &str) -> Object {
    string(example)
        .min_length(Some(1))
        .max_length(Some(length_max))
        .pattern(Some(format!(r"^[^{UNWANTED}]*[^\s{UNWANTED}][^{UNWANTED}]*$")))
        .build()
}

/// One of our own words.
fn word<'a>(names: impl IntoIterator<Item = &'a str>) -> Object {
    let builder = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    builder.enum_values(Some(names)).build()
}

/// The same, or null.
fn or_none(mut object: Object) -> Object {
    if let SchemaType::Type(kind) = object.schema_type.clone() {
        object.schema_type = SchemaType::from_iter([kind, Type::Null]);
    }
    if let Some(values) = &mut object.enum_values {
        values.push(serde_json::Value::Null);
    }
    object
}

macro_rules! values {
    ($($(#[$note:meta])* $name:ident $(, $maybe:ident)? = $made:expr;)+) => {$(
        $(#[$note])*
        pub(crate) fn $name() -> Object {
            $made
        }
        $(
            /// The same, or null.
            pub(crate) fn $maybe() -> Object {
                or_none($name())
            }
        )?
    )+};
}

values! {
    /// A ULID in its one spelling.
    id, id_or_none = string("01KQ3V6Z8M5C0D2E4F6G8H0J2K")
        .pattern(Some("^[0-7][0-9A-HJKMNP-TV-Z]{25}$"))
        .build();
    /// RFC 3339.
    moment, moment_or_none = string("2026-12-01T08:15:00.000Z")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .build();
    /// A day in Japan.
    day = string("2026-12-01")
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .build();
    /// A person's, section's or body's name.
    name, name_or_none = text(NAME_MAX, "緑 太郎");
    /// What a body is called.
    body_name = text(NAME_MAX, "緑ヶ丘市");
    /// The reading of a body's name.
    body_kana = text(NAME_MAX, "ミドリガオカシ");
    /// What a section is called.
    section_name = text(NAME_MAX, "情報政策課");
    /// A name's reading.
    kana = text(NAME_MAX, "ミドリ タロウ");
    /// A section's short code.
    section_code = text(SECTION_CODE_MAX, "joho");
    /// A login: it names one person.
    login, login_or_none = string("midori.taro")
        .pattern(Some("^[A-Za-z0-9][A-Za-z0-9._@-]{1,62}[A-Za-z0-9]$"))
        .build();
    /// A local government code; its last digit checks the others.
    body_code = string("132187").pattern(Some("^[0-9]{6}$")).build();
    /// Why something was done.
    reason, reason_or_none = text(REASON_MAX, "端末とスマートフォンを同時に紛失したため");
    /// A purpose, a note or a report.
    words = text(WORDS_CHARACTERS_MAX, "県への報告のため");
    /// A note or a report, which may be left out.
    note, note_or_none = text(WORDS_CHARACTERS_MAX, "内容を確認した");
    /// What a person calls a factor.
    label = text(LABEL_MAX, "青い鍵");
    /// A code or a password, as it is typed.
    secret, secret_or_none = string("482913").min_length(Some(1)).max_length(Some(1_000)).build();
    /// A role.
    role = word(Role::ALL.iter().map(|role| role.name()));
    /// What a role may do.
    duty = word(Duty::ALL.iter().map(|duty| duty.name()));
    /// Where a person stands.
    person_state = word(PersonState::ALL.iter().map(|state| state.name()));
    /// Where a permit stands.
    permit_state = word(State::ALL.iter().map(|state| state.name()));
    /// How a permit came out.
    outcome_or_none = or_none(word(Outcome::ALL.iter().map(|outcome| outcome.name())));
    /// A kind of factor.
    factor_kind = word(FactorKind::ALL.iter().map(|kind| kind.name()));
    /// A rule that two posts of one person break.
    bar = word(Bar::ALL.iter().map(|bar| bar.name()));
    /// What an alert is about.
    alert_kind = word(AlertKind::ALL.iter().map(|kind| kind.name()));
    /// A kind of body.
    body_kind = word(["prefecture", "municipality"]);
    /// A kind of file for a table.
    table_format = word(["csv", "xlsx"]);
    /// A part of a name, a reading or a login.
    search, search_or_none = string("緑").max_length(Some(SEARCH_MAX)).build();
    /// An action of the ledger, or the area that ends in a dot.
    action, action_or_none = string("permit.")
        .pattern(Some("^[a-z0-9.-]{1,100}$"))
        .build();
    /// A kind of subject in the ledger, a name of a kind of permit.
    slug = string("export").pattern(Some("^[a-z0-9-]{1,40}$")).build();
    /// The version that was shown.
    version, version_or_none = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(0))
        .maximum(Some(u32::MAX))
        .examples([json!(1)])
        .build();
    /// What a browser's script is handed, as WebAuthn writes it in JSON.
    options, options_or_none = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .examples([json!({ "challenge": "3q2-7w", "rpId": "sekisho.example.lg.jp" })])
        .build();
    /// What a browser's script answers, as WebAuthn writes it in JSON.
    answer = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .examples([json!({ "id": "AQID", "rawId": "AQID", "type": "public-key", "response": {} })])
        .build();
    /// Whose permits are searched.
    whose = word(["mine", "decided"]);
    /// SHA-256 in small hexadecimal digits.
    digest = string("5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9")
        .pattern(Some("^[0-9a-f]{64}$"))
        .build();
    /// The id of a subject of the ledger; most are ULIDs.
    subject = string("01KQ3V6Z8M5C0D2E4F6G8H0J2K")
        .min_length(Some(1))
        .max_length(Some(SEARCH_MAX))
        .build();
    /// Where a person begins a page of people.
    after_person = string("01KQ3V6Z8M5C0D2E4F6G8H0J2K.ミドリ タロウ")
        .pattern(Some(r"^[0-7][0-9A-HJKMNP-TV-Z]{25}\.[^\u0000-\u001f]{1,80}$"))
        .build();
    /// Where an entry begins a page of the ledger.
    after_entry = string("1796112900000-1204").pattern(Some("^[0-9]{1,15}-[0-9]{1,15}$")).build();
}

/// A name that a caller gives a call.
pub(crate) fn key(length_max: usize) -> Object {
    string("2f1c6d2e-report-118").pattern(Some(format!("^[!-~]{{1,{length_max}}}$"))).build()
}

/// A number in the register of permits.
pub(crate) fn number() -> Object {
    let builder = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer));
    let builder = builder.minimum(Some(1)).maximum(Some(u32::MAX));
    builder.examples([serde_json::Value::from(118)]).build()
}

/// What a permit reaches: the values of its kind's fields by name.
pub(crate) fn scope() -> Object {
    let names = ArrayBuilder::new().items(of_type(Type::String));
    let value = OneOfBuilder::new().item(whole_number()).item(of_type(Type::String)).item(names);
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .additional_properties(Some(Schema::from(value.build())))
        .examples([json!({ "what": "住民異動の集計表", "medium": "transfer", "files": 1 })])
        .build()
}

/// What an entry of the ledger says besides: whole numbers and texts by name.
pub(crate) fn details() -> Object {
    let value = OneOfBuilder::new().item(whole_number()).item(of_type(Type::String));
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .additional_properties(Some(Schema::from(value.build())))
        .examples([json!({ "kind": "export", "number": 118 })])
        .build()
}

fn of_type(kind: Type) -> Object {
    ObjectBuilder::new().schema_type(SchemaType::Type(kind)).build()
}

/// A whole number that every JSON reader keeps exactly (RFC 8259, section 6).
fn whole_number() -> Object {
    const EXACT_MAX: i64 = (1 << 53) - 1;
    let builder = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer));
    builder.minimum(Some(-EXACT_MAX)).maximum(Some(EXACT_MAX)).build()
}

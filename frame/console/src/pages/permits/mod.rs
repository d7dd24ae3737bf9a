//! Permits on the screen: what waits, the register, applying, deciding, ending.

mod act;
mod apply;
mod draft;
mod list;
mod show;

use i18n::key;
use permits::{Form as FieldForm, Kind, Permit, ScopeValue};

pub(super) use act::{Deed, run as act};
pub(super) use apply::{choose, form as application, send as apply};
pub(super) use draft::{edit, save as amend};
pub(super) use list::{register, waiting};
pub(crate) use show::history_of;
pub(super) use show::{show, with_deputy};

use crate::view::View;

/// The row of a list of permits.
pub(super) fn title(view: &View, permit: &Permit) -> String {
    let kind = view.t(i18n::Key::under("permit-kind-", &permit.kind));
    view.t("permit-title").with("number", permit.number).with("kind", kind.to_string()).to_string()
}

/// What a field is called.
pub(super) fn field_label(view: &View, kind: &str, field: &str) -> String {
    view.t(i18n::Key::under("permit-field-", &format!("{kind}-{field}"))).to_string()
}

/// A choice's words.
pub(super) fn choice_label(view: &View, kind: &str, field: &str, choice: &str) -> String {
    view.t(i18n::Key::under("permit-choice-", &format!("{kind}-{field}-{choice}"))).to_string()
}

/// A value of a scope in words; ids of people are left to the caller.
pub(super) fn value_words(view: &View, kind: &Kind, field: &str, value: &ScopeValue) -> String {
    let form = kind.fields.iter().find(|known| known.name == field).map(|known| known.form);
    match (value, form) {
        (ScopeValue::Number(number), _) => view.number(*number),
        (ScopeValue::Text(choice), Some(FieldForm::Choice(_))) => {
            choice_label(view, kind.name, field, choice)
        }
        (
            ScopeValue::Text(text),
            Some(
                FieldForm::Text { .. }
                | FieldForm::Number { .. }
                | FieldForm::Names { .. }
                | FieldForm::Person,
            )
            | None,
        ) => text.clone(),
        (ScopeValue::List(names), _) => names.join("\n"),
    }
}

/// The breadcrumb above a permit's pages.
pub(super) const fn crumb() -> (&'static str, i18n::Key) {
    ("/permits", key!("permits-title"))
}

//! Taking lists out as files: only on an export permit in force, and recorded
//! on it.

use i18n::key;
use identity::Caller;
use permits::{Ask, EXPORT, Grant};
use records::{Action, Subject};
use store::Work;

use super::means;
use super::sheet::Sheet;
use crate::failure::Failure;
use crate::parts::{Link, Notice, Tone};
use crate::routes::Answer;
use crate::visit::Visit;

/// A list of people was taken out.
pub(super) const PEOPLE: Action = Action::new("people.taken-out");
/// A part of the ledger was taken out.
pub(super) const LEDGER: Action = Action::new("ledger.taken-out");

/// The export permit that the caller holds now, if there is one.
pub(super) async fn grant(
    visit: &Visit,
    work: &mut Work,
    caller: &Caller,
) -> Result<Option<Grant>, Failure> {
    let ask = Ask { kind: EXPORT.name, person: Some(caller.person), key: None, covers: &[] };
    Ok(means::permits(&visit.state)?.in_force(work, &ask).await?)
}

/// Records on the permit what was taken, in the work that reads it.
pub(super) async fn record(
    visit: &Visit,
    work: &mut Work,
    caller: &Caller,
    grant: &Grant,
    action: Action,
    entries: usize,
) -> Result<(), Failure> {
    let count = i64::try_from(entries).unwrap_or(i64::MAX);
    let entry = caller.entry(action, Subject::new("body", caller.body)).with("entries", count);
    Ok(means::permits(&visit.state)?.used(work, grant, entry).await?)
}

/// Says to a program that a permit is needed.
pub(crate) fn needed() -> Failure {
    Failure::forbidden(key!("taking-needs"))
}

/// Says that a permit is needed, and where to apply for it.
pub(super) fn refused(visit: &Visit, back: &str) -> Answer {
    let view = &visit.view;
    let notice = Notice::new(Tone::Warning, view.t("taking-needs"))
        .text(view.t("taking-needs-text"))
        .link(Link::new("/permits/new/export", view.t("taking-apply")));
    let sheet = Sheet::new(view, view.t("taking-title"))
        .part(&notice)
        .text(view.t("taking-safe"))
        .links([Link::new(back.to_owned(), view.t("taking-back")).second()]);
    view.page(key!("taking-title")).status(axum::http::StatusCode::FORBIDDEN).render(&sheet)
}

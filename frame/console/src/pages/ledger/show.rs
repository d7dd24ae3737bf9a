//! One entry of the ledger.

use i18n::Message;
use identity::{Caller, PersonId};
use records::{Detail, Recorded, Sequence};
use store::Work;

use super::{action_words, crumb};
use crate::failure::Failure;
use crate::pages::names::Names;
use crate::pages::permits::with_deputy;
use crate::pages::sheet::Sheet;
use crate::parts::{Cell, Facts, Link, Table};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Shows the entry at a place.
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let number: i64 = visit.path("entry").parse().map_err(|_| Failure::NotFound)?;
    let mut work = visit.read(&caller).await?;
    let found = records::find(&mut work, Sequence::new(number)).await?;
    let entry = found.ok_or(Failure::NotFound)?;
    let mut names = Names::default();
    let actor = with_deputy(view, &mut work, &entry, &mut names).await?;
    let mut facts = Facts::new()
        .text(view.t("ledger-at"), view.moment(&entry.at))
        .text(view.t("ledger-action"), action_words(view, &entry.action))
        .text(view.t("ledger-action-name"), &entry.action)
        .text(view.t("ledger-actor"), actor)
        .text(
            view.t("ledger-subject"),
            format!("{} {}", subject_words(view, &entry.subject_kind), entry.subject),
        )
        .text(view.t("ledger-origin"), origin_words(view, &entry.origin));
    if let Some(permit) = &entry.permit {
        let link = Link::new(format!("/permits/{permit}"), permit);
        facts = facts.link(view.t("ledger-permit"), &link);
    }
    let facts = facts.text(view.t("ledger-hash"), entry.hash);
    let mut details = Table::new(view, view.t("ledger-details"))
        .column(view.t("ledger-detail"))
        .column(view.t("ledger-value"));
    for (name, value) in entry.details.iter() {
        let value = match value {
            Detail::Number(number) => number.to_string(),
            Detail::Text(text) => text.clone(),
        };
        details.row([Cell::text(name), Cell::text(value)]);
    }
    let title = view.t("ledger-entry").with("number", number);
    let sheet = Sheet::new(view, title)
        .part(&facts)
        .part(&details.empty(view.t("ledger-no-details")))
        .links(
            [
                around(number - 1, view.t("ledger-before")),
                around(number + 1, view.t("ledger-after")),
            ]
            .into_iter()
            .flatten(),
        );
    let (href, label) = crumb();
    view.page(Message::new("ledger-entry").with("number", number)).under(href, label).render(&sheet)
}

fn around(number: i64, label: impl std::fmt::Display) -> Option<Link> {
    (number > 0).then(|| Link::new(format!("/ledger/{number}"), label))
}

/// What an entry is about, with a link where there is a page of it.
pub(super) async fn subject(
    view: &View,
    work: &mut Work,
    names: &mut Names,
    entry: &Recorded,
) -> Result<Cell, Failure> {
    match entry.subject_kind.as_str() {
        "person" => {
            let Ok(person) = PersonId::parse(&entry.subject) else {
                return Ok(Cell::text(&entry.subject));
            };
            let name = names.person(work, person).await?;
            Ok(Cell::link(&Link::new(format!("/people/{person}"), name)))
        }
        "permit" => {
            let number = entry.details.number("number").unwrap_or(0);
            let kind = entry.details.text("kind").unwrap_or_default();
            let kind = view.t(i18n::Key::under("permit-kind-", kind)).to_string();
            let label = view.t("permit-title").with("number", number).with("kind", kind);
            Ok(Cell::link(&Link::new(format!("/permits/{}", entry.subject), label)))
        }
        kind => Ok(Cell::text(subject_words(view, kind))),
    }
}

/// What a kind of subject is called; rooms' own kinds show their names.
fn subject_words(view: &View, kind: &str) -> String {
    let key = i18n::Key::under("subject-", kind);
    let has_words = view.state.messages.has(view.language, &key);
    if has_words { view.t(key).to_string() } else { kind.to_owned() }
}

/// From where, in words where it is no address.
pub(crate) fn origin_words(view: &View, origin: &str) -> String {
    match origin {
        "console" => view.t("origin-console").to_string(),
        "command line" => view.t("origin-command-line").to_string(),
        "job" => view.t("origin-job").to_string(),
        other => other.to_owned(),
    }
}

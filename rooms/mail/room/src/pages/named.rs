//! What stands in cells of the room's tables: states, senders, boxes to tick.

use askama::Template;
use askama::filters::HtmlSafe;
use console::View;
use console::parts::{Cell, Link, Tag};
use i18n::Key;
use passages::State;

use crate::tables::letters::{Hit, Part};

/// Where a mail stands, in a word and a colour.
pub(super) fn state(view: &View, state: State) -> Tag {
    let label = view.t(Key::under("mail-state-", state.name()));
    match state {
        State::Received => Tag::waiting(label),
        State::Locked | State::Held => Tag::warning(label),
        State::Delivered => Tag::good(label),
        State::Refused | State::Quarantined => Tag::wrong(label),
        State::Ended => Tag::quiet(label),
    }
}

/// Why it was not delivered at once.
pub(super) fn why(view: &View, why: Option<&str>) -> String {
    why.map_or_else(|| "—".to_owned(), |why| view.t(Key::under("mail-why-", why)).to_string())
}

/// A subject that leads to its mail, with who sent it: the address stands beside
/// the name, which anybody can choose.
#[derive(Template)]
#[template(source = "{{ link }}<span class=\"cell-more\">{{ sender }}</span>", ext = "html")]
struct Mail {
    link: Link,
    sender: String,
}

impl HtmlSafe for Mail {}

pub(super) fn mail(view: &View, hit: &Hit) -> Cell {
    let subject = subject(view, hit.letter.subject.as_deref());
    // What needed a password follows its mail as a row of its own.
    let subject = match hit.leg.part {
        Part::Mail => subject,
        Part::Rest => view.t("mail-part-rest").with("subject", subject).to_string(),
    };
    let link = Link::new(format!("/mail/{}", hit.leg.passage), &subject);
    let sender = sender(
        view,
        hit.letter.from_display.as_deref().unwrap_or_default(),
        hit.letter.from_address.as_deref().unwrap_or_default(),
    );
    Cell::part(&Mail { link, sender }, subject)
}

/// A subject, or that there is none.
pub(super) fn subject(view: &View, subject: Option<&str>) -> String {
    let subject: String = subject.unwrap_or_default().chars().take(SUBJECT_CHARS_MAX).collect();
    if subject.trim().is_empty() { view.t("mail-no-subject").to_string() } else { subject }
}

/// Characters of a subject that are shown.
const SUBJECT_CHARS_MAX: usize = 200;

/// Name and address, the address always.
pub(super) fn sender(view: &View, display: &str, address: &str) -> String {
    let address =
        if address.is_empty() { view.t("mail-no-sender").to_string() } else { address.to_owned() };
    let display: String = display.trim().chars().take(SUBJECT_CHARS_MAX).collect();
    if display.is_empty() || display == address {
        address
    } else {
        format!("{display} <{address}>")
    }
}

/// A box in front of what can be released with others.
#[derive(Template)]
#[template(
    source = "<input type=\"checkbox\" class=\"pick\" name=\"pick\" value=\"{{ value }}\" \
        aria-label=\"{{ label }}\">",
    ext = "html"
)]
struct Pick {
    value: String,
    label: String,
}

impl HtmlSafe for Pick {}

pub(super) fn pick(view: &View, hit: &Hit) -> Cell {
    if hit.state != State::Held {
        return Cell::text("");
    }
    let subject = subject(view, hit.letter.subject.as_deref());
    let label = view.t("mail-pick").with("subject", subject).to_string();
    Cell::part(&Pick { value: hit.leg.passage.to_string(), label }, "")
}

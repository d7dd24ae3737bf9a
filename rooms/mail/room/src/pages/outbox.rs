//! Mails that leave: those that wait, and one with what was found in it, why it
//! waits, and what its sender can do.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Cell, Facts, Form, Link, Notice, Pager, Table, Tag, Tone};
use console::{Answer, View, Visit};
use i18n::{Key, Language, key};
use identity::{Caller, Duty};

use super::lists::permits;
use super::named;
use crate::outward::{self, Line, Shown, Weighed};
use crate::report::Said;
use crate::tables::deliveries::Handing;
use crate::tables::letters::LetterId;
use crate::tables::outgoing::Leaving;

/// Rows of one page of the list.
const ROWS: u32 = 30;
/// Addresses that one page names; the rest is a number.
const ADDRESSES_MAX: usize = 200;

#[derive(Template)]
#[template(path = "outbox.html")]
struct Outbox<'a> {
    view: &'a View,
    lead: String,
    other: Option<Link>,
    table: Table<'a>,
}

/// What leaves: my own; with `all`, the whole body's for operators.
pub(super) async fn list(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let query = visit.query();
    let operates = caller.duties.has(Duty::OperateSystem);
    let all = query.value("all") == "yes" && operates;
    let after = Pager::asked(&query).and_then(|after| LetterId::parse(after).ok());
    let mut work = visit.read(&caller).await?;
    let mut lines = outward::list(&mut work, &caller, all, (None, after), ROWS + 1).await?;
    let has_more = lines.len() > ROWS as usize;
    lines.truncate(ROWS as usize);
    let next = lines.last().filter(|_| has_more).map(|line| line.row.letter);
    let mut table = Table::new(view, view.t("mail-outbox"))
        .column(view.t("mail-subject"))
        .column(view.t("mail-state"))
        .column(view.t("mail-out-leaves"))
        .number_column(view.t("mail-out-receivers"))
        .column(view.t("mail-out-from"))
        .column(view.t("mail-out-came"))
        .empty(view.t("mail-out-none"))
        .pager(Pager::new(&query, next));
    for line in &lines {
        table.row([
            Cell::link(&Link::new(address(line.row.letter), subject(view, line))),
            Cell::tag(&state(view, line.row.state)),
            leaves(view, line),
            Cell::number(line.receivers),
            Cell::text(&line.row.mailbox),
            Cell::moment(view, line.received_at),
        ]);
    }
    let other = if all {
        Some(Link::new("/mail/outbox", view.t("mail-outbox-own")))
    } else {
        operates.then(|| Link::new("/mail/outbox?all=yes", view.t("mail-outbox-all")))
    };
    let lead = view.t(if all { key!("mail-outbox-all-lead") } else { key!("mail-outbox-lead") });
    let lead = lead.to_string();
    view.page(key!("mail-outbox")).style("mails.css").render(&Outbox { view, lead, other, table })
}

/// Where one is shown.
pub(super) fn address(id: LetterId) -> String {
    format!("/mail/outbox/{id}")
}

fn subject(view: &View, line: &Line) -> String {
    if line.is_mine {
        named::subject(view, line.subject.as_deref())
    } else {
        view.t("mail-out-not-shown").to_string()
    }
}

fn leaves(view: &View, line: &Line) -> Cell {
    match line.row.state {
        Leaving::Reading | Leaving::Waiting => Cell::moment(view, line.row.leaves_at),
        Leaving::Gone => match line.row.settled_at {
            Some(at) => Cell::moment(view, at),
            None => Cell::text("—"),
        },
        Leaving::Confirm
        | Leaving::Ask
        | Leaving::Asked
        | Leaving::Cancelled
        | Leaving::Stopped
        | Leaving::Ended => Cell::text("—"),
    }
}

fn state(view: &View, state: Leaving) -> Tag {
    let label = view.t(Key::under("mail-out-state-", state.name()));
    match state {
        Leaving::Reading | Leaving::Waiting => Tag::waiting(label),
        Leaving::Confirm | Leaving::Ask | Leaving::Asked => Tag::warning(label),
        Leaving::Gone => Tag::good(label),
        Leaving::Cancelled | Leaving::Ended => Tag::quiet(label),
        Leaving::Stopped => Tag::wrong(label),
    }
}

#[derive(Template)]
#[template(path = "outgoing.html")]
struct Page<'a> {
    view: &'a View,
    form: Form<'a>,
    title: String,
    notice: Notice,
    lines: Vec<String>,
    seen: Vec<String>,
    more: Option<String>,
    confirm: Option<Confirm>,
    ask: Option<(String, Button)>,
    send: Option<(String, Button)>,
    cancel: Option<(String, Button)>,
    facts: Facts,
    people: Table<'a>,
    files: Table<'a>,
    links: Option<Table<'a>>,
    handed: Table<'a>,
    text: Option<String>,
}

struct Confirm {
    action: String,
    hidden: Button,
    open: Button,
}

/// Shows one.
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let id: LetterId = visit.id("id")?;
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let shown = outward::show(&mut work, permits(&visit)?, &caller, id).await?;
    let none = Fields::empty();
    let path = |end: &str| format!("{}/{end}", address(id));
    let can = |states: &[Leaving]| shown.is_mine && states.contains(&shown.row.state);
    let weighed = shown.weighed.as_ref();
    let seen = weighed.map(|weighed| weighed.seen.as_slice()).unwrap_or_default();
    let seen = if can(&[Leaving::Confirm]) { seen } else { &[] };
    let left = seen.len().saturating_sub(ADDRESSES_MAX);
    let left = (left > 0).then(|| {
        let count = i64::try_from(left).unwrap_or(i64::MAX);
        view.t("mail-out-more").with("count", count).to_string()
    });
    let content = Page {
        view,
        form: Form::new(view, &none),
        title: if shown.is_mine || !shown.letter.is_outward || asked(&caller, &shown) {
            named::subject(view, shown.letter.subject.as_deref())
        } else {
            view.t("mail-out-not-shown").to_string()
        },
        notice: notice(view, &shown),
        lines: reasons(view, &shown),
        seen: seen.iter().take(ADDRESSES_MAX).cloned().collect(),
        more: left,
        confirm: can(&[Leaving::Confirm]).then(|| Confirm {
            action: path("confirm"),
            hidden: Button::main(view.t("mail-out-as-bcc")).sends("how", "bcc"),
            open: Button::second(view.t("mail-out-as-it-is")).sends("how", "open"),
        }),
        ask: can(&[Leaving::Ask]).then(|| (path("ask"), Button::main(view.t("mail-out-ask-send")))),
        send: can(&[Leaving::Waiting])
            .then(|| (path("send"), Button::second(view.t("mail-out-send-now")))),
        cancel: can(&Leaving::OPEN)
            .then(|| (path("cancel"), Button::danger(view.t("mail-out-cancel")))),
        facts: facts(view, &shown),
        people: people(view, weighed),
        files: files(view, &shown),
        links: (!shown.links.is_empty()).then(|| links(view, &shown)),
        handed: handed(view, &shown),
        text: shown.text.clone(),
    };
    let from = if shown.is_mine || caller.duties.has(Duty::OperateSystem) {
        ("/mail/outbox", key!("mail-outbox"))
    } else {
        ("/mail/waiting", key!("mail-waiting"))
    };
    view.page(key!("mail-out-one")).under(from.0, from.1).style("mails.css").render(&content)
}

/// True for whoever decides on it: they see what it is about.
fn asked(caller: &Caller, shown: &Shown) -> bool {
    shown.row.state == Leaving::Asked && caller.duties.has(Duty::ApproveExport)
}

fn notice(view: &View, shown: &Shown) -> Notice {
    let state = shown.row.state;
    let tone = match state {
        Leaving::Gone => Tone::Done,
        Leaving::Reading | Leaving::Waiting | Leaving::Cancelled | Leaving::Ended => Tone::Info,
        Leaving::Confirm | Leaving::Ask | Leaving::Asked => Tone::Warning,
        Leaving::Stopped => Tone::Wrong,
    };
    let at = view.moment(&shown.row.leaves_at);
    let title = view.t(Key::under("mail-out-notice-", state.name())).with("at", at);
    Notice::new(tone, title).text(view.t(Key::under("mail-out-advice-", state.name())))
}

/// Why it waits, or does not leave.
fn reasons(view: &View, shown: &Shown) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(weighed) = &shown.weighed {
        let why = weighed.approve.iter().chain(&weighed.stopped);
        lines.extend(why.map(|why| view.t(Key::under("mail-out-why-", why)).to_string()));
    }
    lines.extend(shown.found.stopped.iter().map(|said| words(view, said)));
    let hits = shown.found.hits.iter();
    lines.extend(hits.map(|hit| view.t("mail-hit").with("name", hit.as_str()).to_string()));
    lines
}

fn words(view: &View, said: &Said) -> String {
    match view.language {
        Language::Japanese => said.message.clone(),
        Language::English => said.message_en.clone(),
    }
}

fn facts(view: &View, shown: &Shown) -> Facts {
    let weighed = shown.weighed.as_ref();
    let rule = weighed.map(|weighed| weighed.rule.clone());
    let hidden = shown.row.is_hidden.then(|| view.t("mail-out-hidden").to_string());
    Facts::new()
        .tag(view.t("mail-state"), &state(view, shown.row.state))
        .text(view.t("mail-out-from"), &shown.row.mailbox)
        .text(view.t("mail-out-to"), to(view, shown))
        .text_if_any(view.t("mail-out-shown-as"), hidden)
        .text(view.t("mail-out-came"), view.moment(&shown.letter.received_at))
        .text_if_any(view.t("mail-out-left-at"), shown.row.settled_at.map(|at| view.moment(&at)))
        .text_if_any(view.t("mail-rule"), rule)
        .text(view.t("mail-out-sha256"), &shown.letter.sha256)
}

fn to(view: &View, shown: &Shown) -> String {
    const SHOWN: usize = 20;
    let mut all = shown.receivers.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("、");
    let left = shown.receivers.len().saturating_sub(SHOWN);
    if left > 0 {
        let count = i64::try_from(left).unwrap_or(i64::MAX);
        all.push_str(&view.t("mail-out-more").with("count", count).to_string());
    }
    all
}

/// Counts, never what was found.
fn people<'a>(view: &'a View, weighed: Option<&Weighed>) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-out-people"))
        .column(view.t("mail-what"))
        .number_column(view.t("mail-count"))
        .empty(view.t("mail-out-people-none"));
    for (kind, count) in weighed.iter().flat_map(|weighed| &weighed.people) {
        table.row([
            Cell::text(view.t(Key::under("mail-out-people-", kind))),
            Cell::number(i64::try_from(*count).unwrap_or(i64::MAX)),
        ]);
    }
    table
}

fn files<'a>(view: &'a View, shown: &Shown) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-files"))
        .column(view.t("mail-file"))
        .column(view.t("mail-file-fate"))
        .column(view.t("mail-file-removed"))
        .empty(view.t("mail-files-none"));
    let fates = shown.weighed.iter().flat_map(|weighed| &weighed.files);
    for (fate, file) in fates.zip(&shown.found.files) {
        let removed = file.removed.iter().map(|said| words(view, said));
        let said: Vec<String> = fate.why.iter().cloned().chain(removed).collect();
        let said = if said.is_empty() {
            view.t("mail-file-untouched").to_string()
        } else {
            said.join(" / ")
        };
        table.row([
            Cell::text(format!("{} ({})", file.name, file.kind)),
            Cell::text(view.t(Key::under("mail-out-fate-", &fate.fate))),
            Cell::text(said),
        ]);
    }
    table
}

fn links<'a>(view: &'a View, shown: &Shown) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-out-links"))
        .column(view.t("mail-out-link-name"))
        .column(view.t("mail-until"))
        .number_column(view.t("mail-out-link-fetches"));
    for link in &shown.links {
        table.row([
            Cell::text(&link.name),
            match link.ends_at {
                Some(at) => Cell::moment(view, at),
                None => Cell::text("—"),
            },
            Cell::number(i64::from(link.fetches)),
        ]);
    }
    table
}

fn handed<'a>(view: &'a View, shown: &Shown) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-out-handed"))
        .column(view.t("mail-out-receiver"))
        .column(view.t("mail-state"))
        .column(view.t("mail-stuck-reason"))
        .empty(view.t("mail-out-handed-none"));
    for one in &shown.deliveries {
        let label = view.t(Key::under("mail-out-handing-", one.state.name()));
        let tag = match one.state {
            Handing::ToDo | Handing::Offered => Tag::waiting(label),
            Handing::Taken => Tag::good(label),
            Handing::Refused => Tag::wrong(label),
        };
        table.row([
            Cell::text(&one.receiver),
            Cell::tag(&tag),
            Cell::text_if_any(one.reason.as_deref()),
        ]);
    }
    table
}

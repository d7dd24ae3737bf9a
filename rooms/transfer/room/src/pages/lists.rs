//! What lies with the reader, and what the reader sent.

use askama::Template;
use console::parts::{Cell, Link, Pager, Table, Tag};
use console::{Answer, View, Visit};
use i18n::{Key, key};
use identity::Caller;
use passages::{Filter, Page, Passage, PassageId, Sender, State};

use crate::error::TransferError;

/// Rows of one page of a list.
const ROWS: u32 = 30;

#[derive(Template)]
#[template(path = "list.html")]
struct List<'a> {
    title: String,
    lead: String,
    send: Link,
    table: Table<'a>,
}

/// What lies with the reader.
pub(crate) async fn inbox(visit: Visit, caller: Caller) -> Answer {
    let filter = asked(&visit);
    let mut work = visit.read(&caller).await?;
    let page = passages::inbox(&mut work, &caller, &filter).await.map_err(TransferError::from)?;
    let view = &visit.view;
    let table = table(&visit, &page, "transfer-inbox-none");
    let content = List {
        title: view.t("transfer-inbox").to_string(),
        lead: view.t("transfer-inbox-lead").to_string(),
        send: Link::new("/transfer/send", view.t("transfer-send")),
        table,
    };
    view.page(key!("transfer-inbox")).render(&content)
}

/// What the reader sent, with where it stands.
pub(crate) async fn outbox(visit: Visit, caller: Caller) -> Answer {
    let filter = asked(&visit);
    let mut work = visit.read(&caller).await?;
    let page =
        passages::outbox(&mut work, caller.person, &filter).await.map_err(TransferError::from)?;
    let view = &visit.view;
    let table = table(&visit, &page, "transfer-outbox-none");
    let content = List {
        title: view.t("transfer-outbox").to_string(),
        lead: view.t("transfer-outbox-lead").to_string(),
        send: Link::new("/transfer/send", view.t("transfer-send")),
        table,
    };
    view.page(key!("transfer-outbox")).under("/transfer", key!("transfer-inbox")).render(&content)
}

fn asked(visit: &Visit) -> Filter {
    let query = visit.query();
    let after = Pager::asked(&query).and_then(|after| PassageId::parse(after).ok());
    Filter { state: State::parse(query.value("state")), after, limit: ROWS }
}

fn table<'a>(visit: &'a Visit, page: &Page, empty: &'static str) -> Table<'a> {
    let view = &visit.view;
    let mut table = Table::new(view, view.t("transfer-files"))
        .column(view.t("transfer-file"))
        .column(view.t("transfer-state"))
        .column(view.t("transfer-crossing"))
        .column(view.t("transfer-purpose"))
        .number_column(view.t("transfer-removed"))
        .column(view.t("transfer-made"))
        .empty(view.t(Key::read(empty.to_owned())))
        .pager(Pager::new(&visit.query(), page.next));
    for passage in &page.rows {
        let removed = passage.outcome.as_ref().map_or(0, |outcome| outcome.removed);
        table.row([
            Cell::link(&Link::new(format!("/transfer/{}", passage.id), name(passage))),
            Cell::tag(&tag(view, passage)),
            Cell::text(way(view, passage)),
            Cell::text(&passage.new.purpose),
            Cell::number(i64::try_from(removed).unwrap_or(i64::MAX)),
            Cell::moment(view, passage.made_at),
        ]);
    }
    table
}

/// What the file is called now: as it is handed over, or as it came.
pub(crate) fn name(passage: &Passage) -> &str {
    let output = passage.outcome.as_ref().and_then(|outcome| outcome.output.as_ref());
    output.map_or(&passage.new.name, |kept| &kept.name)
}

/// Where it stands, in a word and a colour.
pub(crate) fn tag(view: &View, passage: &Passage) -> Tag {
    let label = view.t(Key::under("passage-state-", passage.state.name()));
    match passage.state {
        State::Received => Tag::waiting(label),
        State::Locked | State::Held => Tag::warning(label),
        State::Delivered => Tag::good(label),
        State::Refused | State::Quarantined => Tag::wrong(label),
        State::Ended => Tag::quiet(label),
    }
}

/// From where to where; from outside, that it came by a link.
fn way(view: &View, passage: &Passage) -> String {
    let crossing = crossing(view, passage);
    match passage.new.sender {
        Sender::Link(_) => format!("{crossing} ({})", view.t("transfer-link-way")),
        Sender::Person(_) | Sender::Machine(_) => crossing,
    }
}

/// From where to where.
pub(crate) fn crossing(view: &View, passage: &Passage) -> String {
    let crossing = passage.new.crossing;
    let word = format!("{}-{}", crossing.from().name(), crossing.to().name());
    view.t(Key::under("transfer-crossing-", &word)).to_string()
}

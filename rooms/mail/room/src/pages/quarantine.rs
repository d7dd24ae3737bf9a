//! Held mails of the whole body for operators, and of a section's people for
//! whom somebody named to look: found by words, opened, let through together.

use askama::Template;
use console::parts::{Button, Cell, Choice, Form, Link, Pager, Table};
use console::{Answer, View, Visit};
use i18n::{Key, key};
use identity::{Caller, Duty};
use passages::{PassageId, State};

use super::lists::WORDS_MAX;
use super::named;
use crate::review;
use crate::tables::letters::Search;

/// Rows of one page.
const ROWS: u32 = 50;
/// What operators can narrow the list to; the first unless they say so.
const STATES: &[State] = &[State::Held, State::Locked, State::Refused, State::Quarantined];

#[derive(Template)]
#[template(path = "mail-quarantine.html")]
struct Quarantine<'a> {
    view: &'a View,
    form: Form<'a>,
    lead: String,
    /// Nothing for who only looks at what is held.
    states: Vec<Choice>,
    search: Button,
    all: Option<Link>,
    table: Table<'a>,
    pick: Option<Button>,
}

/// Shows them.
pub(super) async fn quarantine(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let query = visit.query();
    let asked = Search {
        words: query.value("text").split_whitespace().take(WORDS_MAX).map(str::to_owned).collect(),
        state: State::parse(query.value("state")),
        after: Pager::asked(&query).and_then(|after| PassageId::parse(after).ok()),
        limit: ROWS + 1,
        ..Search::default()
    };
    let mut work = visit.read(&caller).await?;
    let mut hits = review::search(&mut work, &caller, &asked).await?;
    let has_more = hits.len() > ROWS as usize;
    hits.truncate(ROWS as usize);
    let next = hits.last().filter(|_| has_more).map(|hit| hit.leg.passage);
    let can_pick = hits.iter().any(|hit| hit.state == State::Held);
    let mut table = Table::new(view, view.t("mail-quarantine"))
        .column(view.t("mail-subject-and-sender"))
        .column(view.t("mail-receiver"))
        .column(view.t("mail-state"))
        .column(view.t("mail-why"))
        .column(view.t("mail-received"))
        .empty(view.t("mail-none"))
        .pager(Pager::new(&query, next));
    if can_pick {
        table = table.column(view.t("mail-choose"));
    }
    for hit in &hits {
        let mut cells = vec![
            named::mail(view, hit),
            Cell::text(&hit.leg.receiver),
            Cell::tag(&named::state(view, hit.state)),
            Cell::text(named::why(view, hit.leg.why.as_deref())),
            Cell::moment(view, hit.letter.received_at),
        ];
        if can_pick {
            cells.push(named::pick(view, hit));
        }
        table.row(cells);
    }
    let is_operator = caller.duties.has(Duty::OperateSystem);
    let lead = if is_operator {
        view.t("mail-quarantine-lead")
    } else {
        view.t("mail-quarantine-section")
    };
    let label =
        |state: &State| Choice::new(state.name(), view.t(Key::under("mail-state-", state.name())));
    let states = if is_operator { STATES.iter().map(label).collect() } else { Vec::new() };
    let is_narrow = !asked.words.is_empty() || asked.state.is_some();
    let content = Quarantine {
        view,
        form: Form::new(view, &query),
        lead: lead.to_string(),
        states,
        search: Button::second(view.t("mail-search")),
        all: is_narrow.then(|| Link::new("/mail/quarantine", view.t("mail-quarantine-all"))),
        table,
        pick: can_pick.then(|| Button::second(view.t("mail-release-picked"))),
    };
    view.page(key!("mail-quarantine")).style("mails.css").render(&content)
}

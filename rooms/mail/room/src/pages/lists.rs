//! My mails with a search; several released at once, after a look at what that
//! would do; what I was asked to approve.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Cell, Choice, Form, Link, Pager, Table};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, Message, key};
use identity::Caller;
use passages::{PassageId, State};
use permits::Permits;
use store::Work;

use super::named;
use super::show::{self, QUESTIONS};
use crate::kind::MAIL_RELEASE;
use crate::release::{self, BULK_MAX, Released, Would};
use crate::review;
use crate::service::{Service, own_mailboxes};
use crate::tables::letters::Search;
use crate::tables::outgoing;

/// Rows of one page of the list.
const ROWS: u32 = 30;
/// Approvals on one page; who has more takes the first ones first.
const WAITING_MAX: u32 = 200;
/// Words of one search.
pub(super) const WORDS_MAX: usize = 8;

#[derive(Template)]
#[template(path = "mails.html")]
struct Mails<'a> {
    view: &'a View,
    form: Form<'a>,
    has_mailbox: bool,
    /// They look at held mails for others, too.
    reviews: bool,
    states: Vec<Choice>,
    search: Button,
    all: Option<Link>,
    table: Table<'a>,
    /// Shows what a release of the ticked ones would do.
    pick: Option<Button>,
}

/// The states that the list can be narrowed to.
const STATES: &[State] =
    &[State::Held, State::Locked, State::Delivered, State::Refused, State::Quarantined];

/// My mails.
pub(super) async fn inbox(visit: Visit, caller: Caller) -> Answer {
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
    let has_mailbox = !own_mailboxes(&mut work, &caller).await?.is_empty();
    let reviews = !review::reach(&mut work, &caller).await?.is_empty();
    let mut hits = release::search(&mut work, &caller, &asked).await?;
    let has_more = hits.len() > ROWS as usize;
    hits.truncate(ROWS as usize);
    let next = hits.last().filter(|_| has_more).map(|hit| hit.leg.passage);
    let can_pick = hits.iter().any(|hit| hit.state == State::Held);
    let mut table = Table::new(view, view.t("mail-mails"))
        .column(view.t("mail-subject-and-sender"))
        .column(view.t("mail-state"))
        .column(view.t("mail-why"))
        .column(view.t("mail-receiver"))
        .column(view.t("mail-received"))
        .empty(view.t("mail-none"))
        .pager(Pager::new(&query, next));
    if can_pick {
        table = table.column(view.t("mail-choose"));
    }
    for hit in &hits {
        let mut cells = vec![
            named::mail(view, hit),
            Cell::tag(&named::state(view, hit.state)),
            Cell::text(named::why(view, hit.leg.why.as_deref())),
            Cell::text(&hit.leg.receiver),
            Cell::moment(view, hit.letter.received_at),
        ];
        if can_pick {
            cells.push(named::pick(view, hit));
        }
        table.row(cells);
    }
    let is_narrow = !asked.words.is_empty() || asked.state.is_some();
    let label =
        |state: &State| Choice::new(state.name(), view.t(Key::under("mail-state-", state.name())));
    let content = Mails {
        view,
        form: Form::new(view, &query),
        has_mailbox,
        reviews,
        states: STATES.iter().map(label).collect(),
        search: Button::second(view.t("mail-search")),
        all: is_narrow.then(|| Link::new("/mail", view.t("mail-all"))),
        table,
        pick: can_pick.then(|| Button::second(view.t("mail-release-picked"))),
    };
    view.page(key!("mail-menu")).style("mails.css").render(&content)
}

#[derive(Template)]
#[template(path = "mail-picked.html")]
struct Picked<'a> {
    view: &'a View,
    form: Form<'a>,
    /// What must be answered for all of them: a release is a visual check.
    asks: Vec<(&'static str, String)>,
    table: Table<'a>,
    ids: Vec<String>,
    /// The list that they were picked from: its word, and its page.
    back: (&'static str, &'static str),
    release: Option<Button>,
}

/// Says what a release of the ticked ones would do, and does nothing.
pub(super) async fn pick(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let fields = visit.fields();
    asked_once_more(&service, &visit, &caller, &fields).await
}

async fn asked_once_more(
    service: &Service,
    visit: &Visit,
    caller: &Caller,
    fields: &Fields,
) -> Answer {
    let ids = picked(fields);
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let all = service.would_release(&mut work, caller, &ids).await?;
    let mut table = Table::new(view, view.t("mail-would"))
        .column(view.t("mail-subject"))
        .column(view.t("mail-sender"))
        .column(view.t("mail-would-what"))
        .empty(view.t("mail-would-none"));
    for one in &all {
        table.row([
            Cell::text(named::subject(view, Some(&one.subject))),
            Cell::text(&one.from),
            Cell::text(view.t(Key::under("mail-would-", one.what))),
        ]);
    }
    let can = |one: &&Would| matches!(one.what, "deliver" | "ask");
    let ids: Vec<String> = all.iter().filter(can).map(|one| one.passage.to_string()).collect();
    let release = (!ids.is_empty()).then(|| Button::main(view.t("mail-release-these")));
    let ask = |name: &&'static str| (*name, view.t(Key::under("mail-look-", name)).to_string());
    let asks = QUESTIONS.iter().map(ask).collect();
    let form = Form::new(view, fields);
    let back = back(fields);
    let from = if back.0 == "quarantine" { key!("mail-quarantine") } else { key!("mail-menu") };
    view.page(key!("mail-release-picked")).under(back.1, from).form(fields).render(&Picked {
        view,
        form,
        asks,
        table,
        ids,
        back,
        release,
    })
}

/// The list that mails were picked from.
fn back(fields: &Fields) -> (&'static str, &'static str) {
    match fields.value("back") {
        "quarantine" => ("quarantine", "/mail/quarantine"),
        _ => ("mail", "/mail"),
    }
}

/// Releases what was ticked; what cannot be stays where it is.
pub(super) async fn release(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let answers = show::answers(&mut fields);
    if !fields.is_good() {
        return asked_once_more(&service, &visit, &caller, &fields).await;
    }
    let ids = picked(&fields);
    let permits = permits(&visit)?.clone();
    let store = &visit.state.store;
    let (mut done, mut asked, mut left) = (0_i64, 0_i64, 0_i64);
    for id in ids {
        match service.release_with(store, &permits, &caller, id, &answers).await {
            Ok(Released::Delivered) => done += 1,
            Ok(Released::Asked | Released::AskedBefore) => asked += 1,
            Ok(Released::Quarantined) => left += 1,
            Err(error) => match Failure::from(error) {
                Failure::Conflict(_) | Failure::NotFound => left += 1,
                failure => return Err(failure),
            },
        }
    }
    let said = Message::from(key!("done-mails-released-picked"));
    let said = said.with("done", done).with("asked", asked).with("left", left);
    visit.done(back(&fields).1, said)
}

fn picked(fields: &Fields) -> Vec<PassageId> {
    let ids = fields.values("pick").iter().filter_map(|id| PassageId::parse(id).ok());
    ids.take(BULK_MAX).collect()
}

#[derive(Template)]
#[template(path = "mail-list.html")]
struct Waiting<'a> {
    title: String,
    lead: String,
    table: Table<'a>,
}

/// What the reader was asked to approve.
pub(super) async fn waiting(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let mut table = Table::new(view, view.t("mail-waiting"))
        .column(view.t("mail-subject"))
        .column(view.t("mail-sender"))
        .column(view.t("mail-rule"))
        .column(view.t("mail-until"))
        .column(view.t("mail-decide"))
        .empty(view.t("mail-waiting-none"));
    for permit in permits(&visit)?.waiting(&mut work, &caller, WAITING_MAX).await? {
        if permit.kind != MAIL_RELEASE.name {
            continue;
        }
        let field = |name| permit.scope.text(name).unwrap_or_default();
        let label = view.t("mail-decide-on").with("number", i64::from(permit.number));
        table.row([
            Cell::link(&Link::new(shown_at(&mut work, field("passage")).await?, field("subject"))),
            Cell::text(field("from")),
            Cell::text(field("rule")),
            Cell::moment(view, permit.ends_at),
            Cell::link(&Link::new(format!("/permits/{}", permit.id), label)),
        ]);
    }
    let title = view.t("mail-waiting").to_string();
    let lead = view.t("mail-waiting-lead").to_string();
    view.page(key!("mail-waiting")).render(&Waiting { title, lead, table })
}

/// Where what a permit is about is shown: it came, or it leaves.
async fn shown_at(work: &mut Work, passage: &str) -> Result<String, Failure> {
    let coming = format!("/mail/{passage}");
    let Ok(id) = PassageId::parse(passage) else { return Ok(coming) };
    let row = outgoing::of_passage(work, id).await.map_err(crate::MailError::from)?;
    Ok(row.map_or(coming, |row| super::outbox::address(row.letter)))
}

/// The one that the program decides permits with.
pub(super) fn permits(visit: &Visit) -> Result<&Permits, Failure> {
    visit.state.means.find::<Permits>().ok_or(Failure::NotFound)
}

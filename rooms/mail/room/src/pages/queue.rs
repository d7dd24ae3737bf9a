//! What waits in Postfix, for operators: of both instances, with what the next
//! server said; tried now, or given back to its sender after a confirmation.

use askama::Template;
use askama::filters::HtmlSafe;
use console::parts::{Button, Cell, Confirm, Facts, FormToken, Link, Table};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, key};
use identity::Caller;

use super::named;
use crate::outside::{QueueSide, QueuedMail};
use crate::service::Service;

/// Receivers of one mail that are named.
const RECEIVERS_SHOWN: usize = 5;
/// Characters of what a server said.
const WHY_CHARS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "mail-queue.html")]
struct Queues<'a> {
    view: &'a View,
    tables: Vec<One<'a>>,
}

/// One queue.
struct One<'a> {
    name: &'static str,
    title: String,
    table: Table<'a>,
    /// Tries everything; nothing where nothing waits.
    all: Option<Button>,
    /// That there are more.
    cut: Option<String>,
}

/// Shows both queues.
pub(super) async fn queue(service: Service, visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut tables = Vec::new();
    for side in QueueSide::ALL {
        let shown = service.queue(&visit.state.store, &caller, side).await?;
        let title = view.t(Key::under("mail-queue-", side.name())).to_string();
        let mut table = Table::new(view, &title)
            .column(view.t("mail-queue-id"))
            .column(view.t("mail-queue-age"))
            .number_column(view.t("mail-bytes"))
            .column(view.t("mail-sender"))
            .column(view.t("mail-queue-to"))
            .column(view.t("mail-queue-why"))
            .column(view.t("mail-queue-do"))
            .empty(view.t("mail-queue-none"));
        for mail in &shown.mails {
            table.row(row(view, side, mail));
        }
        let all = (!shown.mails.is_empty())
            .then(|| Button::second(view.t("mail-queue-try-all")).sends("side", side.name()));
        let cut = shown.is_cut.then(|| view.t("mail-queue-cut").to_string());
        tables.push(One { name: side.name(), title, table, all, cut });
    }
    view.page(key!("mail-queue")).style("mails.css").render(&Queues { view, tables })
}

fn row(view: &View, side: QueueSide, mail: &QueuedMail) -> Vec<Cell> {
    let age = view.now.since(mail.arrived_at);
    let mut whys: Vec<&str> = mail.receivers.iter().filter_map(|(_, why)| why.as_deref()).collect();
    whys.sort_unstable();
    whys.dedup();
    let why: String = whys.join(" / ").chars().take(WHY_CHARS_MAX).collect();
    let asked = Link::new(
        format!("/mail/queue/{}/{}", side.name(), mail.id),
        view.t("mail-queue-give-back"),
    );
    let send = Button::second(view.t("mail-queue-try")).sends("id", &mail.id);
    vec![
        Cell::text(format!("{} ({})", mail.id, mail.queue)),
        Cell::text(view.span(age)),
        Cell::number(i64::try_from(mail.bytes).unwrap_or(i64::MAX)),
        Cell::text(if mail.sender.is_empty() { "<>" } else { &mail.sender }),
        Cell::text(receivers(view, mail)),
        Cell::text_if_any((!why.is_empty()).then_some(why)),
        Cell::part(&Acts { token: view.form_token(), side: side.name(), send, asked }, ""),
    ]
}

fn receivers(view: &View, mail: &QueuedMail) -> String {
    let named: Vec<&str> =
        mail.receivers.iter().take(RECEIVERS_SHOWN).map(|(one, _)| one.as_str()).collect();
    let more = mail.receivers.len().saturating_sub(RECEIVERS_SHOWN);
    let named = named.join(", ");
    match i64::try_from(more) {
        Ok(0) | Err(_) => named,
        Ok(more) => view.t("mail-queue-more").with("named", named).with("more", more).to_string(),
    }
}

/// What can be done with one mail.
#[derive(Template)]
#[template(
    source = "<form method=\"post\" action=\"/mail/queue\" class=\"inline\">{{ token }}\
        <input type=\"hidden\" name=\"side\" value=\"{{ side }}\">{{ send }}</form> {{ asked }}",
    ext = "html"
)]
struct Acts<'a> {
    token: FormToken<'a>,
    side: &'static str,
    send: Button,
    asked: Link,
}

impl HtmlSafe for Acts<'_> {}

/// Has one mail tried now, or everything in a queue.
pub(super) async fn try_now(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let fields = visit.fields();
    let side = QueueSide::parse(fields.value("side")).ok_or(Failure::NotFound)?;
    let id = Some(fields.value("id")).filter(|id| !id.is_empty());
    service.try_now(&visit.state.store, &caller, (side, id)).await?;
    visit.done("/mail/queue", key!("done-mails-queue-tried"))
}

/// Asks once more before a mail is given back.
pub(super) async fn ask(service: Service, visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let side = QueueSide::parse(visit.path("side")).ok_or(Failure::NotFound)?;
    let mail = service.queued(&visit.state.store, &caller, (side, visit.path("id"))).await?;
    let facts = Facts::new()
        .text(view.t("mail-sender"), named::sender(view, "", &mail.sender))
        .text(view.t("mail-queue-to"), receivers(view, &mail))
        .text(view.t("mail-received"), view.moment(&mail.arrived_at));
    let action = format!("/mail/queue/{}/{}", side.name(), mail.id);
    let button = Button::danger(view.t("mail-queue-give-back"));
    let content = Confirm::new(view, view.t("mail-queue-ask"), action, button, "/mail/queue")
        .text(view.t("mail-queue-ask-text"))
        .facts(facts);
    view.page(key!("mail-queue-ask")).under("/mail/queue", key!("mail-queue")).render(&content)
}

/// Gives a mail back to its sender.
pub(super) async fn give_back(service: Service, visit: Visit, caller: Caller) -> Answer {
    let side = QueueSide::parse(visit.path("side")).ok_or(Failure::NotFound)?;
    service.give_back(&visit.state.store, &caller, (side, visit.path("id"))).await?;
    visit.done("/mail/queue", key!("done-mails-queue-given-back"))
}

//! Senders whom somebody let past the judge of spam, or blocked: from a mail or
//! its line in a list, with one confirmation; listed, and taken back.

use askama::Template;
use askama::filters::HtmlSafe;
use console::form::Fields;
use console::parts::{Button, Cell, Form, FormToken, Table, Tag};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, key};
use identity::{Caller, Duty, people};
use passages::PassageId;

use crate::MailError;
use crate::listed;
use crate::tables::listed::{EVERYBODY, How};

#[derive(Template)]
#[template(path = "mail-sender.html")]
struct Sender<'a> {
    view: &'a View,
    action: String,
    back: String,
    address: String,
    /// How they stand now.
    now: Option<String>,
    allow: Option<Button>,
    block: Option<Button>,
}

/// Asks what is to be done with the sender of a mail.
pub(super) async fn ask(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let id: PassageId = visit.id("id")?;
    let mut work = visit.read(&caller).await?;
    let (address, how) = listed::standing(&mut work, &caller, id).await?;
    let button = |wanted: How, button: Button| (how != Some(wanted)).then_some(button);
    let content = Sender {
        view,
        action: format!("/mail/{id}/sender"),
        back: format!("/mail/{id}"),
        address,
        now: how.map(|how| view.t(Key::under("mail-listed-now-", how.name())).to_string()),
        allow: button(
            How::Allow,
            Button::main(view.t("mail-sender-allow")).sends("how", How::Allow.name()),
        ),
        block: button(
            How::Block,
            Button::danger(view.t("mail-sender-block")).sends("how", How::Block.name()),
        ),
    };
    view.page(key!("mail-sender-listing"))
        .under("/mail", key!("mail-menu"))
        .style("mails.css")
        .render(&content)
}

/// Does it.
pub(super) async fn list_sender(mut visit: Visit, caller: Caller) -> Answer {
    let fields = visit.fields();
    let id: PassageId = visit.id("id")?;
    let how = How::parse(fields.value("how")).ok_or(Failure::NotFound)?;
    let mut work = visit.work(&caller).await?;
    listed::list_sender(&mut work, &caller, id, how).await?;
    work.commit().await?;
    visit.done("/mail/senders", done(how))
}

fn done(how: How) -> Key {
    match how {
        How::Allow => key!("done-mails-sender-allowed"),
        How::Block => key!("done-mails-sender-blocked"),
    }
}

#[derive(Template)]
#[template(path = "mail-senders.html")]
struct Senders<'a> {
    view: &'a View,
    form: Form<'a>,
    table: Table<'a>,
    /// For who operates the system: lists senders for the whole body.
    add: Option<Button>,
}

/// Shows the listings that can be taken back.
pub(super) async fn senders(visit: Visit, caller: Caller) -> Answer {
    page(&visit, &caller, &Fields::empty()).await
}

async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let mut table = Table::new(view, view.t("mail-senders"))
        .column(view.t("mail-sender"))
        .column(view.t("mail-listed-how"))
        .column(view.t("mail-receiver"))
        .column(view.t("mail-listed-by"))
        .column(view.t("mail-listed-at"))
        .column(view.t("mail-listed-undo"))
        .empty(view.t("mail-senders-none"));
    for one in listed::all(&mut work, caller).await? {
        let by = people::find(&mut work, one.person).await.map_err(MailError::from)?;
        let label = view.t(Key::under("mail-listed-", one.how.name()));
        let how = match one.how {
            How::Allow => Tag::good(label),
            How::Block => Tag::wrong(label),
        };
        let whose = if one.receiver == EVERYBODY {
            view.t("mail-listed-everybody").to_string()
        } else {
            one.receiver.clone()
        };
        let undo = Undo {
            token: view.form_token(),
            receiver: one.receiver,
            sender: one.sender.clone(),
            send: Button::second(view.t("mail-listed-undo-of").with("sender", one.sender.as_str())),
        };
        table.row([
            Cell::text(&one.sender),
            Cell::tag(&how),
            Cell::text(whose),
            Cell::text(&by.name),
            Cell::moment(view, one.made_at),
            Cell::part(&undo, ""),
        ]);
    }
    let may = caller.duties.has(Duty::OperateSystem);
    let add = may.then(|| Button::main(view.t("mail-senders-add")));
    let content = Senders { view, form: Form::new(view, fields), table, add };
    view.page(key!("mail-senders"))
        .under("/mail", key!("mail-menu"))
        .form(fields)
        .style("mails.css")
        .render(&content)
}

/// Takes one listing back.
#[derive(Template)]
#[template(
    source = "<form method=\"post\" action=\"/mail/senders/undo\" class=\"inline\">{{ token }}\
        <input type=\"hidden\" name=\"receiver\" value=\"{{ receiver }}\">\
        <input type=\"hidden\" name=\"sender\" value=\"{{ sender }}\">{{ send }}</form>",
    ext = "html"
)]
struct Undo<'a> {
    token: FormToken<'a>,
    receiver: String,
    sender: String,
    send: Button,
}

impl HtmlSafe for Undo<'_> {}

/// Lists a sender for the whole body.
pub(super) async fn add(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let how = fields.choice("how", key!("mail-listed-how"), How::parse);
    let sender = fields.value("sender").to_owned();
    let Some(how) = how else { return page(&visit, &caller, &fields).await };
    let mut work = visit.work(&caller).await?;
    match listed::list_for_body(&mut work, &caller, &sender, how).await {
        Ok(()) => {}
        Err(MailError::Address) => {
            drop(work);
            fields.complain("sender", key!("mail-sender-wrong"));
            return page(&visit, &caller, &fields).await;
        }
        Err(error) => return Err(error.into()),
    }
    work.commit().await?;
    visit.done("/mail/senders", done(how))
}

/// Takes a listing back.
pub(super) async fn undo(mut visit: Visit, caller: Caller) -> Answer {
    let fields = visit.fields();
    let (receiver, sender) = (fields.value("receiver"), fields.value("sender"));
    let mut work = visit.work(&caller).await?;
    listed::unlist(&mut work, &caller, receiver, sender).await?;
    work.commit().await?;
    visit.done("/mail/senders", key!("done-mails-sender-unlisted"))
}

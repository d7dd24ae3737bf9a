//! The body's rules about mail, and its list of standing passwords.

use askama::Template;
use base::Text;
use console::form::Fields;
use console::parts::{Button, Cell, Choice, Form, Table};
use console::{Answer, View, Visit};
use i18n::{Message, key};
use identity::{Caller, people};

use crate::MailError;
use crate::locks::{self, PASSWORD_CHARS_MAX};
use crate::service::{self, Service};
use crate::tables::locks::{PasswordId, Standing};

/// Characters of a password's label.
const LABEL_CHARS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "mail-rules.html")]
struct Rules<'a> {
    view: &'a View,
    form: Form<'a>,
    adopt: Button,
    table: Table<'a>,
    choices: Vec<Choice>,
    add: Button,
    remove: Button,
}

/// Shows the rules that hold.
pub(super) async fn rules(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let (text, _) = service::rules_text(&mut work).await?;
    drop(work);
    page(&visit, &caller, &Fields::empty().with("rules", text)).await
}

async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let standing = locks::passwords(&mut work, caller).await?;
    let mut table = Table::new(view, view.t("mail-passwords"))
        .column(view.t("mail-password-label"))
        .column(view.t("mail-password-by"))
        .column(view.t("mail-password-at"))
        .empty(view.t("mail-passwords-none"));
    for one in &standing {
        let by = people::find(&mut work, one.person).await.map_err(MailError::from)?;
        table.row([Cell::text(&one.label), Cell::text(&by.name), Cell::moment(view, one.made_at)]);
    }
    let choice = |one: &Standing| Choice::new(one.id, &one.label);
    let content = Rules {
        view,
        form: Form::new(view, fields),
        adopt: Button::main(view.t("mail-rules-adopt")),
        table,
        choices: standing.iter().map(choice).collect(),
        add: Button::main(view.t("mail-password-add")),
        remove: Button::danger(view.t("mail-password-remove")),
    };
    view.page(key!("mail-rules")).form(fields).render(&content)
}

/// The same with the text of the rules that hold, where another form was sent.
async fn again(visit: &Visit, caller: &Caller, fields: Fields) -> Answer {
    let mut work = visit.read(caller).await?;
    let (text, _) = service::rules_text(&mut work).await?;
    drop(work);
    page(visit, caller, &fields.with("rules", text)).await
}

/// Makes a text the rules.
pub(super) async fn adopt(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let text = fields.value("rules").replace("\r\n", "\n");
    let mut work = visit.work(&caller).await?;
    if let Err(complaints) = service::adopt_rules(&mut work, &caller, &text).await? {
        drop(work);
        for complaint in complaints {
            let line = i64::try_from(complaint.line).unwrap_or(i64::MAX);
            let said = Message::new("mail-fault").with("line", line);
            fields.complain("rules", said.with("what", complaint.fault.to_string()));
        }
        return page(&visit, &caller, &fields).await;
    }
    work.commit().await?;
    visit.done("/mail/rules", key!("done-mails-rules"))
}

/// Adds a standing password.
pub(super) async fn add_password(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let label: Option<Text<LABEL_CHARS_MAX>> = fields.text("label", key!("mail-password-label"));
    let password = fields.secret("password", key!("mail-password"));
    let is_long =
        |given: &base::Secret<String>| given.reveal().chars().count() > PASSWORD_CHARS_MAX;
    if password.as_ref().is_some_and(is_long) {
        fields.complain("password", key!("mail-password-long"));
    }
    let (Some(label), Some(password), true) = (label, password, fields.is_good()) else {
        return again(&visit, &caller, fields).await;
    };
    let mut work = visit.work(&caller).await?;
    service.add_password(&mut work, &caller, label.as_str(), password.reveal()).await?;
    work.commit().await?;
    visit.done("/mail/rules", key!("done-mails-password"))
}

/// Takes a standing password away.
pub(super) async fn remove_password(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: Option<PasswordId> = fields.id("which", key!("mail-password-label"));
    let Some(id) = id else { return again(&visit, &caller, fields).await };
    let mut work = visit.work(&caller).await?;
    locks::remove_password(&mut work, &caller, id).await?;
    work.commit().await?;
    visit.done("/mail/rules", key!("done-mails-password-removed"))
}

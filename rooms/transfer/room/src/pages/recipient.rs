//! One's own age recipient: with it, containers for this person need no
//! passphrase.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Form};
use console::{Answer, View, Visit};
use i18n::key;
use identity::Caller;

use crate::container;
use crate::desk;
use crate::tables::containers;

#[derive(Template)]
#[template(path = "recipient.html")]
struct Recipient<'a> {
    view: &'a View,
    form: Form<'a>,
    save: Button,
}

/// Shows the form.
pub(crate) async fn recipient(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let kept = containers::recipient(&mut work, caller.person).await?;
    page(&visit, &Fields::empty().with("recipient", kept.unwrap_or_default())).await
}

/// Registers what was typed, or takes it away where the field is empty.
pub(crate) async fn register(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let text = fields.value("recipient").trim().to_owned();
    let read = container::read_recipient(&text).map(|recipient| recipient.to_string());
    if read.is_none() && !text.is_empty() {
        fields.complain("recipient", key!("transfer-recipient-wrong"));
        return page(&visit, &fields).await;
    }
    caller.demand_fresh(visit.view.now)?;
    let mut work = visit.work(&caller).await?;
    desk::register(&mut work, &caller, read.as_deref()).await?;
    work.commit().await?;
    visit.done("/transfer/recipient", key!("done-transfer-recipient"))
}

async fn page(visit: &Visit, fields: &Fields) -> Answer {
    let view = &visit.view;
    let content = Recipient {
        view,
        form: Form::new(view, fields),
        save: Button::main(view.t("transfer-recipient-save")),
    };
    view.page(key!("transfer-recipient"))
        .under("/transfer", key!("transfer-inbox"))
        .form(fields)
        .render(&content)
}

//! The form by which files are sent.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Choice, Form};
use console::{Answer, View, Visit};
use i18n::{Message, key};
use identity::{Caller, sections};
use transfer_engine::{Class, Way};

use crate::error::TransferError;
use crate::fields;
use crate::service::{Service, ring, take_in};

#[derive(Template)]
#[template(path = "send.html")]
struct Send<'a> {
    view: &'a View,
    form: Form<'a>,
    crossings: Vec<Choice>,
    classes: Vec<Choice>,
    /// Each as `code: name`.
    sections: Vec<String>,
    send: Button,
}

/// Shows the form.
pub(crate) async fn form(visit: Visit, caller: Caller) -> Answer {
    let fields = Fields::empty().with("crossing", "internet-lgwan").with("class", "2");
    page(&visit, &caller, &fields).await
}

/// Takes files in.
pub(crate) async fn send(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let upload = visit.upload().await?;
    let (mut fields, files) = fields::receive(upload).await?;
    let mut work = visit.read(&caller).await?;
    let sending = fields::sending(&mut work, &mut fields, files, Way::Page).await?;
    drop(work);
    let Some(sending) = sending else { return page(&visit, &caller, &fields).await };
    let sealed = service.seal(&visit.state.store, &caller, sending).await?;
    let mut work = visit.work(&caller).await?;
    let passages = take_in(&mut work, &caller, sealed).await?;
    work.commit().await.map_err(TransferError::from)?;
    ring(&visit);
    match passages.as_slice() {
        [only] => visit.go(&format!("/transfer/{}", only.id)),
        many => {
            let count = i64::try_from(many.len()).unwrap_or(i64::MAX);
            visit.done("/transfer/sent", Message::new("done-transfer-sent").with("count", count))
        }
    }
}

async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let all = sections::list(&mut work).await.map_err(TransferError::from)?;
    let open = all.iter().filter(|section| section.closed_at.is_none());
    let sections = open.map(|section| format!("{}: {}", section.code, section.name)).collect();
    let crossings = ["internet-lgwan", "lgwan-internet", "lgwan-mynumber", "mynumber-lgwan"];
    let label = |start, word: &str| view.t(i18n::Key::under(start, word)).to_string();
    let content = Send {
        view,
        form: Form::new(view, fields),
        crossings: crossings
            .iter()
            .map(|word| Choice::new(word, label("transfer-crossing-", word)))
            .collect(),
        classes: Class::ALL
            .iter()
            .map(|class| Choice::new(class.name(), label("transfer-class-", class.name())))
            .collect(),
        sections,
        send: Button::main(view.t("transfer-send")),
    };
    view.page(key!("transfer-send"))
        .under("/transfer", key!("transfer-inbox"))
        .form(fields)
        .render(&content)
}

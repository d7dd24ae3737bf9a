//! The form by which files are sent.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Choice, Form};
use console::{Answer, View, Visit};
use i18n::{Key, Message, key};
use identity::{Caller, sections};
use transfer_engine::{Class, Way};

use crate::error::TransferError;
use crate::fields;
use crate::service::{Service, ring, take_in};
use crate::uploads::{UPLOAD_BYTES_MAX, Upload};

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
    /// What the script says, JSON by name.
    words: String,
    files_max: usize,
    bytes_max: u64,
    /// What was sent up before the form was shown again.
    uploads: Vec<Sent>,
}

/// A finished upload that goes along.
struct Sent {
    id: String,
    name: String,
    size: String,
}

/// What the script says while it sends, each with the placeholders that it
/// fills in itself.
fn words() -> [(&'static str, Message); 19] {
    let named = |key: Key| Message::from(key).with("name", "{name}");
    [
        (
            "hint",
            Message::from(key!("transfer-up-hint")).with("max", i18n::bytes(UPLOAD_BYTES_MAX)),
        ),
        ("waiting", key!("transfer-up-waiting").into()),
        ("sending", key!("transfer-up-sending").into()),
        ("retrying", key!("transfer-up-retrying").into()),
        ("done", key!("transfer-up-done").into()),
        ("joining", key!("transfer-up-joining").into()),
        ("again", key!("transfer-up-again").into()),
        ("remove", key!("transfer-up-remove").into()),
        ("remove-this", named(key!("transfer-up-remove-this"))),
        ("retry", key!("transfer-up-retry").into()),
        ("retry-this", named(key!("transfer-up-retry-this"))),
        ("said-added", Message::from(key!("transfer-up-said-added")).with("count", "{count}")),
        ("said-done", named(key!("transfer-up-said-done"))),
        ("said-failed", named(key!("transfer-up-said-failed"))),
        ("said-all", key!("transfer-up-said-all").into()),
        ("said-removed", named(key!("transfer-up-said-removed"))),
        (
            "too-large",
            Message::from(key!("transfer-up-too-large")).with("max", i18n::bytes(UPLOAD_BYTES_MAX)),
        ),
        ("too-many", key!("transfer-too-many").into()),
        ("signed-out", key!("transfer-up-signed-out").into()),
    ]
}

/// Shows the form.
pub(crate) async fn form(visit: Visit, caller: Caller) -> Answer {
    let fields = Fields::empty().with("crossing", "internet-lgwan").with("class", "2");
    page(&visit, &caller, &fields, &[]).await
}

/// Takes files in.
pub(crate) async fn send(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let upload = visit.upload().await?;
    let (mut fields, files) = fields::receive(upload).await?;
    let mut work = visit.read(&caller).await?;
    let sending = fields::sending(&mut work, &mut fields, files, Way::Page).await?;
    let uploads = fields::uploads(&mut work, &mut fields, caller.person).await?;
    drop(work);
    let Some(sending) = sending.filter(|_| fields.is_good()) else {
        return page(&visit, &caller, &fields, &uploads).await;
    };
    let uploads: Vec<_> = uploads.iter().map(|upload| upload.id).collect();
    let sealed = service.seal(&visit.state.store, &caller, sending, &uploads).await?;
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

async fn page(visit: &Visit, caller: &Caller, fields: &Fields, uploads: &[Upload]) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let all = sections::list(&mut work).await.map_err(TransferError::from)?;
    let open = all.iter().filter(|section| section.closed_at.is_none());
    let sections = open.map(|section| format!("{}: {}", section.code, section.name)).collect();
    let crossings = ["internet-lgwan", "lgwan-internet", "lgwan-mynumber", "mynumber-lgwan"];
    let label = |start, word: &str| view.t(Key::under(start, word)).to_string();
    let words: serde_json::Map<String, serde_json::Value> = words()
        .into_iter()
        .map(|(name, message)| (name.to_owned(), view.say(message).to_string().into()))
        .collect();
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
        words: serde_json::Value::Object(words).to_string(),
        files_max: fields::FILES_MAX,
        bytes_max: UPLOAD_BYTES_MAX,
        uploads: uploads.iter().map(sent).collect(),
    };
    view.page(key!("transfer-send"))
        .under("/transfer", key!("transfer-inbox"))
        .form(fields)
        .script("send.js")
        .style("send.css")
        .render(&content)
}

fn sent(upload: &Upload) -> Sent {
    Sent { id: upload.id.to_string(), name: upload.name.clone(), size: i18n::bytes(upload.bytes) }
}

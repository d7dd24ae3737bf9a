//! The room's screens: send files, see what was taken out, fetch the result.

use std::sync::Arc;

use askama::Template;
use console::files;
use console::form::Fields;
use console::parts::{Button, Cell, Facts, Form, Link, Notice, Pager, Table, Tag, Tone};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, Message, key};
use identity::Caller;
use sanitize_core::Method;
use serde::Deserialize;
use store::BlobError;

use crate::service::{Sent, Service, ServiceError};
use crate::tables::{self, Treated, TreatedId};
use crate::workers::WorkError;

/// Files that one form may send.
const FILES_MAX: usize = 20;
/// Rows of one page of the list.
const ROWS: u32 = 20;

/// What a page needs of a stored report line.
#[derive(Deserialize)]
pub(crate) struct Report {
    verdict: String,
    r#type: String,
    reasons: Vec<Said>,
    removed: Vec<Said>,
    bytes_in: i64,
    bytes_out: Option<i64>,
    sha256_in: String,
    sha256_out: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    message: String,
    message_en: String,
    #[serde(default)]
    r#where: String,
    #[serde(default)]
    count: i64,
}

#[derive(Template)]
#[template(path = "list.html")]
struct List<'a> {
    view: &'a View,
    form: Form<'a>,
    send: Button,
    table: Table<'a>,
}

#[derive(Template)]
#[template(path = "show.html")]
struct Show<'a> {
    view: &'a View,
    title: &'a str,
    notice: Notice,
    facts: Facts,
    reasons: Vec<String>,
    removed: Table<'a>,
    fetch: Option<(String, Button)>,
}

/// Shows the form and what the reader sent before.
pub(crate) async fn list(visit: Visit, caller: Caller) -> Answer {
    let fields = Fields::sent([("method".to_owned(), "rebuild".to_owned())]);
    page(&visit, &caller, &fields).await
}

async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let query = visit.query();
    let below = Pager::asked(&query).and_then(|after| TreatedId::parse(after).ok());
    let mut work = visit.read(caller).await?;
    let mut files = tables::of_person(&mut work, caller.person, below, ROWS + 1).await?;
    let has_more = files.len() > ROWS as usize;
    files.truncate(ROWS as usize);
    let next = files.last().filter(|_| has_more).map(|file| file.id);
    let mut table = Table::new(view, view.t("sanitize-sent"))
        .column(view.t("sanitize-file"))
        .column(view.t("sanitize-verdict"))
        .column(view.t("sanitize-when"))
        .column(view.t("sanitize-until"))
        .empty(view.t("sanitize-none"))
        .pager(Pager::new(&query, next));
    for file in &files {
        let report = read(file)?;
        let until = match &file.output {
            Some(_) => Cell::moment(view, file.ends_at),
            None => Cell::text(view.t("sanitize-nothing-kept")),
        };
        table.row([
            Cell::link(&Link::new(format!("/sanitize/{}", file.id), &file.name)),
            Cell::tag(&tag(view, &report.verdict)),
            Cell::moment(view, file.made_at),
            until,
        ]);
    }
    let form = Form::new(view, fields);
    let send = Button::main(view.t("sanitize-send"));
    let content = List { view, form, send, table };
    view.page(key!("sanitize-title")).form(fields).render(&content)
}

/// Treats the files of a form.
pub(crate) async fn send(service: Arc<Service>, mut visit: Visit, caller: Caller) -> Answer {
    let form = visit.upload().await?;
    let (mut fields, files) = files::receive(form, FILES_MAX, key!("sanitize-too-many")).await?;
    let method = match fields.value("method") {
        "text" => Method::Text,
        "image" => Method::Image,
        _ => Method::Rebuild,
    };
    let password = fields.value("password").to_owned();
    let passwords: Vec<String> =
        Some(password).filter(|word| !word.is_empty()).into_iter().collect();
    if files.is_empty() {
        fields.complain("files", key!("sanitize-choose"));
        return page(&visit, &caller, &fields).await;
    }
    let count = files.len();
    let mut last = None;
    for (name, bytes) in files {
        let sent = Sent { name, bytes, method, passwords: passwords.clone() };
        let made = service.treat(&caller, sent).await?;
        last = Some(service.write(visit.work(&caller).await?, &caller, made).await?);
    }
    match last.filter(|_| count == 1) {
        Some(file) => visit.go(&format!("/sanitize/{}", file.id)),
        None => {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            visit.done("/sanitize", Message::new("done-sanitize-many").with("count", count))
        }
    }
}

/// Shows what came of one file.
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let id: TreatedId = visit.id("id")?;
    let file = tables::find(&mut work, caller.person, id).await?.ok_or(Failure::NotFound)?;
    let view = &visit.view;
    let report = read(&file)?;
    let is_there = file.output.is_some() && view.now < file.ends_at;
    let facts = Facts::new()
        .tag(view.t("sanitize-verdict"), &tag(view, &report.verdict))
        .text(view.t("sanitize-type"), &report.r#type)
        .text(view.t("sanitize-bytes-in"), view.number(report.bytes_in))
        .text_if_any(view.t("sanitize-bytes-out"), report.bytes_out.map(|bytes| view.number(bytes)))
        .text(view.t("sanitize-sha256-in"), &report.sha256_in)
        .text_if_any(view.t("sanitize-sha256-out"), report.sha256_out.as_deref())
        .text(view.t("sanitize-when"), view.moment(&file.made_at))
        .text_if_any(view.t("sanitize-until"), is_there.then(|| view.moment(&file.ends_at)));
    let mut removed = Table::new(view, view.t("sanitize-removed"))
        .column(view.t("sanitize-what"))
        .column(view.t("sanitize-where"))
        .number_column(view.t("sanitize-count"))
        .empty(view.t("sanitize-removed-none"));
    for item in &report.removed {
        removed.row([
            Cell::text(words(view, item)),
            Cell::text(&item.r#where),
            Cell::number(item.count),
        ]);
    }
    let fetch = is_there
        .then(|| (format!("/sanitize/{}/file", file.id), Button::main(view.t("sanitize-fetch"))));
    let content = Show {
        view,
        title: &file.name,
        notice: notice(view, &report.verdict),
        facts,
        reasons: report.reasons.iter().map(|reason| words(view, reason)).collect(),
        removed,
        fetch,
    };
    view.page(key!("sanitize-result")).under("/sanitize", key!("sanitize-title")).render(&content)
}

/// Gives the result out.
pub(crate) async fn fetch(service: Arc<Service>, visit: Visit, caller: Caller) -> Answer {
    let id: TreatedId = visit.id("id")?;
    let work = visit.work(&caller).await?;
    let (name, bytes) = service.fetch(work, &caller, id).await?.ok_or(Failure::NotFound)?;
    Ok(files::download(&name, bytes))
}

pub(crate) fn read(file: &Treated) -> Result<Report, Failure> {
    serde_json::from_str(&file.report).map_err(Failure::internal)
}

fn words(view: &View, said: &Said) -> String {
    match view.language {
        i18n::Language::Japanese => said.message.clone(),
        i18n::Language::English => said.message_en.clone(),
    }
}

fn tag(view: &View, verdict: &str) -> Tag {
    let label = view.t(Key::read(format!("sanitize-verdict-{verdict}")));
    match verdict {
        "clean" | "disarmed" => Tag::good(label),
        "held" => Tag::warning(label),
        _ => Tag::wrong(label),
    }
}

fn notice(view: &View, verdict: &str) -> Notice {
    let tone = match verdict {
        "clean" | "disarmed" => Tone::Done,
        "held" => Tone::Warning,
        _ => Tone::Wrong,
    };
    Notice::new(tone, view.t(Key::read(format!("sanitize-notice-{verdict}"))))
        .text(view.t(Key::read(format!("sanitize-advice-{verdict}"))))
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Store(error) => error.into(),
            ServiceError::Work(WorkError::Full) => {
                Self::TooMany { wait: std::time::Duration::from_secs(10) }
            }
            ServiceError::Blob(BlobError::Full(_)) => Self::Full(error.into()),
            ServiceError::Work(WorkError::Pool(_) | WorkError::Gone) | ServiceError::Blob(_) => {
                Self::Unavailable(error.into())
            }
            ServiceError::Record(error) => error.into(),
            ServiceError::Job(error) => error.into(),
            ServiceError::Report(_) => Self::internal(error),
        }
    }
}

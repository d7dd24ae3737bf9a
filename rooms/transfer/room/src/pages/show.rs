//! One passage: what was decided, by which rule, what was taken out; the file
//! itself for its receiver.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Cell, Facts, Form, Notice, Table, Tone};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, Language, key};
use identity::{Caller, Duty};
use passages::{Passage, PassageId, Receiver, Sender, State};
use permits::Permits;
use store::Work;
use transfer_engine::Question;

use crate::error::TransferError;
use crate::pages::lists::{crossing, name, tag};
use crate::report::{Report, Said};
use crate::service::Service;

#[derive(Template)]
#[template(path = "show.html")]
struct Show<'a> {
    view: &'a View,
    title: &'a str,
    notice: Notice,
    reasons: Vec<String>,
    fetch: Option<(String, Button)>,
    unlock: Option<(String, Form<'a>, Button)>,
    look: Option<Look<'a>>,
    removed: Table<'a>,
    facts: Facts,
}

/// The form of the visual check.
struct Look<'a> {
    action: String,
    form: Form<'a>,
    questions: Vec<(&'static str, String)>,
    send: Button,
}

/// Shows one passage to whoever sent it, gets it, or decides on it.
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    page(&visit, &caller, &Fields::empty()).await
}

pub(crate) async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let mut work = visit.read(caller).await?;
    let passage = seen(&mut work, caller, visit.id("id")?).await?;
    let view = &visit.view;
    let report = report(&passage)?;
    let mut removed = Table::new(view, view.t("transfer-removed-items"))
        .column(view.t("transfer-what"))
        .column(view.t("transfer-where"))
        .number_column(view.t("transfer-count"))
        .empty(view.t("transfer-removed-none"));
    for item in &report.removed {
        removed.row([
            Cell::text(words(view, item)),
            Cell::text(&item.r#where),
            Cell::number(i64::try_from(item.count).unwrap_or(i64::MAX)),
        ]);
    }
    let path = |end: &str| format!("/transfer/{}/{end}", passage.id);
    let is_receiver = is_receiver(caller, &passage);
    let can_fetch = is_receiver && passage.state == State::Delivered && view.now < passage.ends_at;
    let is_sender = passage.new.sender == Sender::Person(caller.person);
    let can_unlock = passage.state == State::Locked && (is_sender || is_receiver);
    let can_look = passage.still_wanted().look && passage.state == State::Held && !is_sender;
    let content = Show {
        view,
        title: name(&passage),
        notice: notice(view, &passage),
        reasons: reasons(view, &report),
        fetch: can_fetch.then(|| (path("content"), Button::main(view.t("transfer-fetch")))),
        unlock: can_unlock.then(|| {
            let button = Button::main(view.t("transfer-unlock"));
            (path("unlock"), Form::new(view, fields), button)
        }),
        look: can_look.then(|| look(view, fields, path("look"))),
        removed,
        facts: facts(view, &passage, &report),
    };
    view.page(key!("transfer-passage"))
        .under("/transfer", key!("transfer-inbox"))
        .form(fields)
        .render(&content)
}

fn look<'a>(view: &'a View, fields: &'a Fields, action: String) -> Look<'a> {
    let question = |question: &Question| {
        let label = view.t(Key::under("transfer-look-", question.name())).to_string();
        (question.name(), label)
    };
    Look {
        action,
        form: Form::new(view, fields),
        questions: Question::ALL.iter().map(question).collect(),
        send: Button::main(view.t("transfer-look-send")),
    }
}

/// Gives the receiver the file.
pub(crate) async fn fetch(service: Service, visit: Visit, caller: Caller) -> Answer {
    let id: PassageId = visit.id("id")?;
    let work = visit.work(&caller).await?;
    let (name, bytes) = service.fetch(work, &caller, id).await?;
    Ok(as_download(&name, bytes))
}

/// Tries a password that the sender or the receiver typed.
pub(crate) async fn unlock(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let Some(password) = fields.secret("password", key!("transfer-password")) else {
        return page(&visit, &caller, &fields).await;
    };
    let id: PassageId = visit.id("id")?;
    let mut work = visit.read(&caller).await?;
    let passage = seen(&mut work, &caller, id).await?;
    drop(work);
    let is_sender = passage.new.sender == Sender::Person(caller.person);
    if !is_sender && !is_receiver(&caller, &passage) {
        return Err(Failure::NotFound);
    }
    let permits = visit.state.means.find::<Permits>().ok_or(Failure::NotFound)?;
    let password = password.reveal().clone();
    let store = &visit.state.store;
    let after = service.unlock(store, permits, &caller, id, password).await?;
    if after.state == State::Locked {
        fields.complain("password", key!("transfer-password-wrong"));
        return page(&visit, &caller, &fields.with("password", "")).await;
    }
    visit.done(&format!("/transfer/{id}"), key!("done-transfer-unlocked"))
}

/// A passage that the caller may see: its sender, its receiver, whoever
/// decides on passages of the section, whoever reads the ledger.
pub(crate) async fn seen(
    work: &mut Work,
    caller: &Caller,
    id: PassageId,
) -> Result<Passage, TransferError> {
    let passage = passages::find(work, id).await?;
    let is_sender = passage.new.sender == Sender::Person(caller.person);
    let decides = caller.duties.has(Duty::ApproveExport) || caller.duties.has(Duty::ReadLedger);
    if is_sender || is_receiver(caller, &passage) || decides {
        Ok(passage)
    } else {
        Err(passages::PassageError::NotThere.into())
    }
}

fn is_receiver(caller: &Caller, passage: &Passage) -> bool {
    match passage.new.receiver {
        Receiver::Person(person) => person == caller.person,
        Receiver::Section(section) => caller.sections.contains(&section),
        Receiver::Asker => false,
    }
}

pub(crate) fn report(passage: &Passage) -> Result<Report, TransferError> {
    match &passage.outcome {
        Some(outcome) => Ok(serde_json::from_str(&outcome.report)?),
        None => Ok(Report::default()),
    }
}

fn reasons(view: &View, report: &Report) -> Vec<String> {
    let mut all: Vec<String> = report.why.iter().cloned().collect();
    all.extend(report.reasons.iter().map(|reason| words(view, reason)));
    let floors = report.floors.iter().map(|floor| Key::under("transfer-floor-", floor));
    all.extend(floors.map(|key| view.t(key).to_string()));
    all
}

fn words(view: &View, said: &Said) -> String {
    match view.language {
        Language::Japanese => said.message.clone(),
        Language::English => said.message_en.clone(),
    }
}

fn notice(view: &View, passage: &Passage) -> Notice {
    let tone = match passage.state {
        State::Delivered => Tone::Done,
        State::Received | State::Ended => Tone::Info,
        State::Locked | State::Held => Tone::Warning,
        State::Refused | State::Quarantined => Tone::Wrong,
    };
    let state = passage.state.name();
    Notice::new(tone, view.t(Key::under("transfer-notice-", state)))
        .text(view.t(Key::under("transfer-advice-", state)))
}

fn facts(view: &View, passage: &Passage, report: &Report) -> Facts {
    let outcome = passage.outcome.as_ref();
    let number = |count: u64| view.number(i64::try_from(count).unwrap_or(i64::MAX));
    let rule = |rule: &str| (!rule.is_empty()).then(|| rule.to_owned());
    let mut facts = Facts::new()
        .tag(view.t("transfer-state"), &tag(view, passage))
        .text(view.t("transfer-crossing"), crossing(view, passage))
        .text(view.t("transfer-class"), view.t(Key::under("transfer-class-", &passage.new.class)))
        .text(view.t("transfer-purpose"), &passage.new.purpose)
        .text(view.t("transfer-sent-as"), &passage.new.name)
        .text(view.t("transfer-bytes"), number(passage.new.bytes))
        .text(view.t("transfer-sha256"), &passage.new.sha256)
        .text(view.t("transfer-made"), view.moment(&passage.made_at))
        .text_if_any(view.t("transfer-delivered"), passage.delivered_at.map(|at| view.moment(&at)))
        .text_if_any(view.t("transfer-fetched"), passage.fetched_at.map(|at| view.moment(&at)))
        .text(view.t("transfer-ends"), view.moment(&passage.ends_at));
    if let Some(outcome) = outcome {
        facts = facts
            .text(view.t("transfer-type"), &outcome.format)
            .text_if_any(view.t("transfer-treat-rule"), rule(&outcome.treat_rule))
            .text_if_any(view.t("transfer-release-rule"), rule(&outcome.release_rule))
            .text_if_any(view.t("transfer-persons"), outcome.persons.map(number))
            .text_if_any(
                view.t("transfer-sha256-out"),
                outcome.output.as_ref().map(|kept| kept.sha256.clone()),
            );
    }
    for (kind, count) in &report.people {
        facts = facts.text(view.t(Key::under("transfer-people-", kind)), number(*count));
    }
    facts
}

/// Bytes for the disk, never for the browser to show (RFC 6266, RFC 8187).
pub(crate) fn as_download(name: &str, bytes: Vec<u8>) -> axum::response::Response {
    use axum::http::{HeaderValue, StatusCode, header};
    use axum::response::IntoResponse;
    let mut place = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                place.push(char::from(byte));
            }
            other => place.push_str(&format!("%{other:02X}")),
        }
    }
    let place =
        HeaderValue::from_str(&place).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("application/octet-stream");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, place)];
    (StatusCode::OK, headers, bytes).into_response()
}

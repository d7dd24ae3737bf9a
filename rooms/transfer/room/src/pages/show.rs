//! One passage: what was decided, by which rule, what was taken out; what
//! whoever decides must know; the file itself for its receiver.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Cell, Facts, Form, Notice, Table, Tone};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, Language, Message, key};
use identity::Caller;
use passages::{Passage, PassageId, State};
use permits::Permits;
use store::Work;
use transfer_engine::{Question, Treatment};

use crate::desk;
use crate::error::TransferError;
use crate::pages::desk::{Desk, Talk};
use crate::pages::give::{handed_over, together_over};
use crate::pages::links::came_by;
use crate::pages::lists::{crossing, name, tag};
use crate::pages::preview::Shown;
use crate::report::{Report, Said};
use crate::rights::{self, Standing};
use crate::service::Service;
use crate::tables::{batches, containers, findings};
use crate::together::TOGETHER_MAX;

#[derive(Template)]
#[template(path = "show.html")]
struct Show<'a> {
    view: &'a View,
    form: Form<'a>,
    title: &'a str,
    notice: Notice,
    waits: Option<Notice>,
    reasons: Vec<String>,
    fetch: Option<(String, Button)>,
    /// Everything that was sent with it, in one archive.
    together: Option<(String, Button)>,
    passphrase: Option<(String, Button)>,
    shown: Option<String>,
    /// How its receiver opens the container.
    opening: Vec<String>,
    unlock: Option<(String, Button)>,
    preview: Option<Shown>,
    desk: Option<Desk>,
    look: Option<Look>,
    talk: Option<Talk>,
    removed: Table<'a>,
    facts: Facts,
}

/// The form of the visual check.
struct Look {
    action: String,
    questions: Vec<(&'static str, String)>,
    send: Button,
}

/// Shows one passage to whoever sent it, gets it, or decides on it.
pub(crate) async fn show(service: Service, visit: Visit, caller: Caller) -> Answer {
    page(&service, &visit, &caller, &Fields::empty()).await
}

pub(crate) async fn page(
    service: &Service,
    visit: &Visit,
    caller: &Caller,
    fields: &Fields,
) -> Answer {
    let view = &visit.view;
    let permits = permits(visit)?;
    let mut work = visit.read(caller).await?;
    let id: PassageId = visit.id("id")?;
    let (passage, standing) = rights::seen(&mut work, permits, caller, id).await?;
    let report = report(&passage)?;
    let path = |end: &str| format!("/transfer/{}/{end}", passage.id);
    let is_delivered = passage.state == State::Delivered && view.now < passage.ends_at;
    let can_fetch = standing.is_receiver && is_delivered;
    let is_party = standing.is_sender || standing.is_receiver;
    let can_unlock = passage.state == State::Locked && is_party;
    let (passphrase, shown) = passphrase(view, &mut work, (&passage, &standing)).await?;
    let (desk, look) = if passage.state == State::Held && standing.decides() {
        let desk = Desk::of(view, &mut work, permits, (&passage, &standing, &report)).await?;
        let look = standing.looks(&passage).then(|| look(view, path("look")));
        (Some(desk), look)
    } else {
        (None, None)
    };
    let preview = if standing.sees_content(&passage) {
        Shown::of(service, view, &mut work, caller.body, &passage).await?
    } else {
        None
    };
    let content = Show {
        view,
        form: Form::new(view, fields),
        title: name(&passage),
        notice: notice(view, &passage),
        waits: waits(view, &mut work, &passage).await?,
        reasons: reasons(view, &report, &standing),
        fetch: can_fetch.then(|| (path("content"), Button::main(view.t("transfer-fetch")))),
        together: match can_fetch {
            true => together(view, &mut work, &passage).await?,
            false => None,
        },
        opening: match can_fetch {
            true => opening(view, &mut work, &passage, &report).await?,
            false => Vec::new(),
        },
        passphrase,
        shown,
        unlock: can_unlock.then(|| (path("unlock"), Button::main(view.t("transfer-unlock")))),
        talk: Talk::of(view, &mut work, caller, (&passage, &standing)).await?,
        preview,
        desk,
        look,
        removed: removed(view, &report),
        facts: facts(view, &passage, &report),
    };
    let from = if standing.is_sender {
        ("/transfer/sent", key!("transfer-outbox"))
    } else if standing.decides() && !standing.is_receiver {
        ("/transfer/held", key!("transfer-held"))
    } else {
        ("/transfer", key!("transfer-inbox"))
    };
    view.page(key!("transfer-passage"))
        .under(from.0, from.1)
        .form(fields)
        .style("passages.css")
        .render(&content)
}

/// The one that the program decides permits with.
pub(crate) fn permits(visit: &Visit) -> Result<&Permits, Failure> {
    visit.state.means.find::<Permits>().ok_or(Failure::NotFound)
}

fn removed<'a>(view: &'a View, report: &Report) -> Table<'a> {
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
    removed
}

fn look(view: &View, action: String) -> Look {
    let question = |question: &Question| {
        let label = view.t(Key::under("transfer-look-", question.name())).to_string();
        (question.name(), label)
    };
    Look {
        action,
        questions: Question::ALL.iter().map(question).collect(),
        send: Button::main(view.t("transfer-look-send")),
    }
}

/// What whoever gets a container has to know before they can open it.
async fn opening(
    view: &View,
    work: &mut Work,
    passage: &Passage,
    report: &Report,
) -> Result<Vec<String>, TransferError> {
    let Some(container) = &report.container else { return Ok(Vec::new()) };
    let has_passphrase = containers::passphrase(work, passage.id, false).await?.is_some();
    let whence = match has_passphrase {
        true => key!("transfer-container-yours"),
        false => key!("transfer-container-yours-key"),
    };
    let how = Key::under("transfer-container-open-", container);
    Ok([whence, how].map(|key| view.t(key).to_string()).to_vec())
}

/// The button that fetches everything that was sent together, if that is more
/// than this.
async fn together(
    view: &View,
    work: &mut Work,
    passage: &Passage,
) -> Result<Option<(String, Button)>, TransferError> {
    let all = batches::delivered(work, passage.new.batch, TOGETHER_MAX).await?;
    if all.len() < 2 {
        return Ok(None);
    }
    let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let button = Button::second(view.t("transfer-fetch-all").with("count", count));
    Ok(Some((format!("/transfer/{}/all", passage.id), button)))
}

/// The button that shows what opens the container, while it was not shown; or
/// who saw it when.
async fn passphrase(
    view: &View,
    work: &mut Work,
    (passage, standing): (&Passage, &Standing),
) -> Result<(Option<(String, Button)>, Option<String>), TransferError> {
    if !desk::may_have_passphrase(passage, standing) {
        return Ok((None, None));
    }
    let Some(kept) = containers::passphrase(work, passage.id, false).await? else {
        return Ok((None, None));
    };
    if kept.sealed.is_some() {
        let button = Button::main(view.t("transfer-passphrase-show"));
        return Ok((Some((format!("/transfer/{}/passphrase", passage.id), button)), None));
    }
    let said = kept
        .shown_at
        .map(|at| view.t("transfer-passphrase-shown").with("at", view.moment(&at)).to_string());
    Ok((None, said))
}

/// Says that a scanner cannot be asked, while that is why nothing happens.
async fn waits(
    view: &View,
    work: &mut Work,
    passage: &Passage,
) -> Result<Option<Notice>, TransferError> {
    if passage.state != State::Received && passage.state != State::Locked {
        return Ok(None);
    }
    let Some(wait) = findings::waiting(work, passage.id).await? else { return Ok(None) };
    let text = view
        .t("transfer-waits-text")
        .with("scanner", wait.scanner)
        .with("since", view.moment(&wait.since))
        .with("tries", i64::from(wait.tries));
    Ok(Some(Notice::new(Tone::Warning, view.t("transfer-waits")).text(text)))
}

/// Gives the receiver the file.
pub(crate) async fn fetch(service: Service, visit: Visit, caller: Caller) -> Answer {
    let id: PassageId = visit.id("id")?;
    let work = visit.work(&caller).await?;
    let (kept, opened) = service.fetch(work, &caller, id).await?;
    Ok(handed_over(&kept, opened))
}

/// Gives the receiver everything that was sent together.
pub(crate) async fn fetch_all(service: Service, visit: Visit, caller: Caller) -> Answer {
    let id: PassageId = visit.id("id")?;
    let work = visit.work(&caller).await?;
    let all = service.fetch_all(work, &caller, id).await?;
    let name = format!("sekisho-{id}.zip");
    together_over(service.vault, caller.body, &name, all)
}

/// Tries a password that the sender or the receiver typed.
pub(crate) async fn unlock(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let Some(password) = fields.secret("password", key!("transfer-password")) else {
        return page(&service, &visit, &caller, &fields).await;
    };
    let id: PassageId = visit.id("id")?;
    let permits = permits(&visit)?;
    let mut work = visit.read(&caller).await?;
    let (_, standing) = rights::seen(&mut work, permits, &caller, id).await?;
    drop(work);
    if !standing.is_sender && !standing.is_receiver {
        return Err(Failure::NotFound);
    }
    let password = password.reveal().clone();
    let store = &visit.state.store;
    let after = service.unlock(store, permits, &caller, id, password).await?;
    if after.state == State::Locked {
        fields.complain("password", key!("transfer-password-wrong"));
        return page(&service, &visit, &caller, &fields.with("password", "")).await;
    }
    visit.done(&format!("/transfer/{id}"), key!("done-transfer-unlocked"))
}

pub(crate) fn report(passage: &Passage) -> Result<Report, TransferError> {
    match &passage.outcome {
        Some(outcome) => Ok(serde_json::from_str(&outcome.report)?),
        None => Ok(Report::default()),
    }
}

fn reasons(view: &View, report: &Report, standing: &Standing) -> Vec<String> {
    let mut all: Vec<String> = report.why.iter().cloned().collect();
    // What whoever decided wrote stands on the permit; its sender reads it here.
    let notes = standing.permits.iter().filter_map(|permit| permit.note.as_ref());
    all.extend(notes.map(|note| view.t("transfer-noted").with("note", note.as_str()).to_string()));
    let hit = |hit: &String| Message::from(key!("transfer-hit")).with("name", hit.as_str());
    all.extend(report.hits.iter().map(|name| view.say(hit(name)).to_string()));
    all.extend(
        report.unscanned.iter().map(|scanner| {
            view.t("transfer-unscanned").with("scanner", scanner.as_str()).to_string()
        }),
    );
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
    let treatment = passage.outcome.as_ref().map(|outcome| outcome.treatment.as_str());
    let is_as_it_came = treatment.and_then(Treatment::parse).is_some_and(Treatment::keeps_bytes);
    let advice = match passage.state {
        State::Held if is_as_it_came => key!("transfer-advice-as-it-came"),
        State::Delivered if is_as_it_came => key!("transfer-advice-came-as-it-was"),
        State::Received
        | State::Locked
        | State::Held
        | State::Delivered
        | State::Refused
        | State::Quarantined
        | State::Ended => Key::under("transfer-advice-", state),
    };
    Notice::new(tone, view.t(Key::under("transfer-notice-", state))).text(view.t(advice))
}

fn facts(view: &View, passage: &Passage, report: &Report) -> Facts {
    let outcome = passage.outcome.as_ref();
    let number = |count: u64| view.number(i64::try_from(count).unwrap_or(i64::MAX));
    let rule = |rule: &str| (!rule.is_empty()).then(|| rule.to_owned());
    let container = report.container.as_ref();
    let container = container.map(|name| view.t(Key::under("transfer-container-", name)));
    // Once it is decided on, either it is kept until its days are over or it
    // was destroyed before.
    let original = if passage.new.original.is_some() {
        view.t("transfer-original-kept")
    } else {
        view.t("transfer-original-gone")
    };
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
        .text(view.t("transfer-ends"), view.moment(&passage.ends_at))
        .text(view.t("transfer-original"), original)
        .text_if_any(view.t("transfer-container"), container);
    facts = came_by(view, passage, facts);
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

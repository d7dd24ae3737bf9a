//! One mail: who really sent it, what to look at before trusting it, what it
//! says, where its links lead, what came with it; and what its receiver can do.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Cell, Facts, Form, Notice, Table, Tag, Tone};
use console::{Answer, View, Visit};
use i18n::{Key, Language, key};
use identity::Caller;
use mail_engine::{Report, ReportedHint};
use passages::{PassageId, State};

use super::lists::permits;
use super::named;
use crate::MailError;
use crate::release::{self, Shown};
use crate::report::{FileFate, Said};
use crate::tables::odd;

/// What somebody says who lets a held mail through (目視確認).
pub(super) const QUESTIONS: [&str; 3] = ["sender", "address", "wording"];

/// Reads the answers; what is missing or odd is a complaint.
pub(super) fn answers(fields: &mut Fields) -> String {
    let mut all = Vec::new();
    for question in QUESTIONS {
        match fields.value(question) {
            "fine" => all.push(format!("{question}=fine")),
            "odd" => fields.complain(question, key!("mail-look-is-odd")),
            _ => fields.complain(question, key!("mail-look-unanswered")),
        }
    }
    all.join(" ")
}

/// Links that are shown; the engine keeps more.
const LINKS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "mail.html")]
pub(super) struct Page<'a> {
    view: &'a View,
    form: Form<'a>,
    title: String,
    notice: Notice,
    lines: Vec<String>,
    sender: Sender,
    hints: Vec<Hint>,
    unlock: Option<Unlock>,
    decide: Option<Decide>,
    odd: Option<Odd>,
    /// Where its receiver says what is done with the sender's mail.
    listing: Option<String>,
    pub(super) closing: Option<Closing>,
    text: Option<String>,
    files: Table<'a>,
    links: Table<'a>,
    removed: Table<'a>,
    judged: Vec<String>,
    facts: Facts,
}

/// Who sent it: the address before the name, which anybody can choose.
struct Sender {
    display: String,
    address: String,
    checks: Facts,
}

/// One hint: its weight is a word, too, never a colour alone.
struct Hint {
    level: String,
    level_name: &'static str,
    message: String,
}

struct Unlock {
    action: String,
    files: String,
    until: String,
    tries: String,
    send: Button,
}

struct Decide {
    release_action: String,
    refuse_action: String,
    asks: Vec<(&'static str, String)>,
    lead: String,
    release: Button,
    refuse: Button,
    spam: Button,
}

struct Odd {
    action: String,
    send: Button,
    /// That it was reported, where it was.
    said: Option<String>,
}

/// What an operator finds about a reported mail.
pub(super) struct Closing {
    pub(super) action: String,
    pub(super) reported: Vec<String>,
    pub(super) found: Option<String>,
    pub(super) send: Button,
}

/// Shows one mail.
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    page(&visit, &caller, &Fields::empty()).await
}

/// The same with what is wrong in a form.
pub(super) async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let id: PassageId = visit.id("id")?;
    let mut work = visit.read(caller).await?;
    let (shown, reviews) = match release::show(&mut work, permits(visit)?, caller, id).await {
        Ok(shown) => (shown, false),
        Err(MailError::NotThere) => {
            drop(work);
            // Who reads another's mail is recorded, whoever they are.
            let mut recorded = visit.state.store.begin(caller.body).await?;
            let shown = release::show_other(&mut recorded, caller, id).await?;
            recorded.commit().await?;
            work = visit.read(caller).await?;
            (shown, true)
        }
        Err(error) => return Err(error.into()),
    };
    let is_mine = release::is_receiver(caller, &shown.passage);
    let mut page = content(view, fields, &shown)?;
    if is_mine || reviews {
        page.decide = decide(view, &shown);
    }
    if is_mine {
        page.listing = listing(&shown);
        page.unlock = unlock(view, &shown);
        let reported = odd::of_passage(&mut work, id).await.map_err(MailError::from)?;
        page.odd = Some(report(view, &shown, reported.as_ref()));
    }
    drop(work);
    let from = if is_mine {
        ("/mail", key!("mail-menu"))
    } else if reviews {
        ("/mail/quarantine", key!("mail-quarantine"))
    } else {
        ("/mail/waiting", key!("mail-waiting"))
    };
    view.page(key!("mail-one")).under(from.0, from.1).form(fields).style("mails.css").render(&page)
}

/// A mail without what anybody could do with it.
pub(super) fn content<'a>(
    view: &'a View,
    fields: &'a Fields,
    shown: &Shown,
) -> Result<Page<'a>, MailError> {
    let (found, letter) = (&shown.found, &shown.letter);
    let mut hints: Vec<&ReportedHint> = found.hints().iter().chain(&shown.decided.hints).collect();
    hints.sort_by_key(|hint| std::cmp::Reverse(weight(&hint.level)));
    let mut lines: Vec<String> = shown.decided.why.iter().cloned().collect();
    lines.extend(found.stopped.iter().map(|said| words(view, said)));
    lines.extend(
        found.hits.iter().map(|hit| view.t("mail-hit").with("name", hit.as_str()).to_string()),
    );
    let address = letter.from_address.clone().unwrap_or_default();
    let report = found.report.as_ref();
    Ok(Page {
        view,
        form: Form::new(view, fields),
        title: named::subject(view, letter.subject.as_deref()),
        notice: notice(view, shown),
        lines,
        sender: Sender {
            display: letter.from_display.clone().unwrap_or_default(),
            address: if address.is_empty() {
                view.t("mail-no-sender").to_string()
            } else {
                address
            },
            checks: checks(view, shown),
        },
        hints: hints.into_iter().map(|one| hint(view, one)).collect(),
        unlock: None,
        decide: None,
        odd: None,
        listing: None,
        closing: None,
        text: shown.text.clone(),
        files: files(view, shown),
        links: links(view, report),
        removed: removed(view, report),
        judged: judged(view, shown),
        facts: facts(view, shown),
    })
}

fn listing(shown: &Shown) -> Option<String> {
    let address = shown.letter.from_address.as_deref().unwrap_or_default();
    address.contains('@').then(|| format!("/mail/{}/sender", shown.passage.id))
}

fn weight(level: &str) -> u8 {
    match level {
        "warning" => 2,
        "caution" => 1,
        _ => 0,
    }
}

fn hint(view: &View, one: &ReportedHint) -> Hint {
    let level_name = match weight(&one.level) {
        2 => "warning",
        1 => "caution",
        _ => "note",
    };
    let message = match view.language {
        Language::Japanese => one.message.clone(),
        Language::English => one.message_en.clone(),
    };
    Hint { level: view.t(Key::under("mail-level-", level_name)).to_string(), level_name, message }
}

fn words(view: &View, said: &Said) -> String {
    match view.language {
        Language::Japanese => said.message.clone(),
        Language::English => said.message_en.clone(),
    }
}

fn notice(view: &View, shown: &Shown) -> Notice {
    let tone = match shown.passage.state {
        State::Delivered => Tone::Done,
        State::Received | State::Ended => Tone::Info,
        State::Locked | State::Held => Tone::Warning,
        State::Refused | State::Quarantined => Tone::Wrong,
    };
    let state = shown.passage.state.name();
    let text = match (shown.passage.state, shown.leg.why.as_deref()) {
        (State::Held, Some("approval")) => view.t("mail-advice-approval"),
        _ => view.t(Key::under("mail-advice-", state)),
    };
    Notice::new(tone, view.t(Key::under("mail-notice-", state))).text(text)
}

/// Who may have sent it, as far as it could be checked.
fn checks(view: &View, shown: &Shown) -> Facts {
    let mut facts = Facts::new();
    let Some(report) = &shown.found.report else { return facts };
    let auth = &report.auth;
    let dkim = auth.dkim.iter().find(|one| one.result == "pass").or(auth.dkim.first());
    let dkim = dkim.map_or(("none", ""), |one| (one.result.as_str(), one.domain.as_str()));
    for (name, (result, domain)) in [
        (view.t("mail-dmarc"), (auth.dmarc.result.as_str(), auth.dmarc.domain.as_str())),
        (view.t("mail-spf"), (auth.spf.result.as_str(), auth.spf.domain.as_str())),
        (view.t("mail-dkim"), dkim),
    ] {
        facts = facts.tag(name, &outcome(view, result, domain));
    }
    let elsewhere = report.reply_to.iter().filter(|one| {
        shown.letter.from_address.as_deref() != Some(one.address.to_lowercase().as_str())
    });
    let elsewhere: Vec<String> =
        elsewhere.map(|one| named::sender(view, &one.display, &one.address)).collect();
    let elsewhere = (!elsewhere.is_empty()).then(|| elsewhere.join("、"));
    let envelope = &shown.letter.sender;
    let differs = shown.letter.from_address.as_deref() != Some(envelope.to_lowercase().as_str());
    facts
        .text_if_any(view.t("mail-reply-to"), elsewhere)
        .text_if_any(view.t("mail-envelope"), (differs && !envelope.is_empty()).then_some(envelope))
}

fn outcome(view: &View, result: &str, domain: &str) -> Tag {
    let word = |key: Key| {
        let word = view.t(key).to_string();
        if domain.is_empty() { word } else { format!("{word} ({domain})") }
    };
    match result {
        "pass" => Tag::good(word(key!("mail-auth-pass"))),
        "fail" => Tag::wrong(word(key!("mail-auth-fail"))),
        "softfail" => Tag::warning(word(key!("mail-auth-softfail"))),
        "temperror" | "permerror" => Tag::warning(word(key!("mail-auth-error"))),
        "unchecked" => Tag::quiet(word(key!("mail-auth-unchecked"))),
        _ => Tag::quiet(word(key!("mail-auth-none"))),
    }
}

fn decide(view: &View, shown: &Shown) -> Option<Decide> {
    if shown.passage.state != State::Held {
        return None;
    }
    let wanted = shown.passage.still_wanted();
    let path = |end: &str| format!("/mail/{}/{end}", shown.passage.id);
    let asks = if wanted.look { QUESTIONS.as_slice() } else { &[] };
    let ask = |name: &&'static str| (*name, view.t(Key::under("mail-look-", name)).to_string());
    let (lead, release) = if wanted.approvals > 0 {
        (view.t("mail-decide-approval"), view.t("mail-ask-superior"))
    } else {
        (view.t("mail-decide-lead"), view.t("mail-release"))
    };
    Some(Decide {
        release_action: path("release"),
        refuse_action: path("refuse"),
        asks: asks.iter().map(ask).collect(),
        lead: lead.to_string(),
        release: Button::main(release),
        refuse: Button::second(view.t("mail-refuse")).sends("why", "not-wanted"),
        spam: Button::danger(view.t("mail-refuse-spam")).sends("why", "spam"),
    })
}

/// The form for a password, on whichever passage of the mail is locked.
fn unlock(view: &View, shown: &Shown) -> Option<Unlock> {
    let lock = shown.lock.as_ref()?;
    let tries = i64::from(lock.tries);
    Some(Unlock {
        action: format!("/mail/{}/unlock", lock.passage),
        files: lock.files.lines().collect::<Vec<_>>().join("、"),
        until: view.moment(&shown.passage.ends_at),
        tries: view.t("mail-tries").with("tries", tries).to_string(),
        send: Button::main(view.t("mail-unlock")),
    })
}

fn report(view: &View, shown: &Shown, reported: Option<&odd::Report>) -> Odd {
    let said = reported.map(|one| {
        let found = one.finding.as_deref().unwrap_or("open");
        view.t(Key::under("mail-odd-found-", found)).to_string()
    });
    Odd {
        action: format!("/mail/{}/odd", shown.passage.id),
        send: Button::second(view.t("mail-odd-send")),
        said,
    }
}

fn files<'a>(view: &'a View, shown: &Shown) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-files"))
        .column(view.t("mail-file"))
        .column(view.t("mail-file-fate"))
        .column(view.t("mail-file-removed"))
        .number_column(view.t("mail-bytes"))
        .empty(view.t("mail-files-none"));
    for file in &shown.found.files {
        let fate = shown.decided.files.iter().find(|fate| fate.name == file.name);
        let removed: Vec<String> = file.removed.iter().map(|said| words(view, said)).collect();
        let why = fate.and_then(|fate| fate.why.clone());
        let reasons = file.reasons.iter().map(|said| words(view, said));
        let said: Vec<String> = why.into_iter().chain(removed).chain(reasons).collect();
        let said = if said.is_empty() {
            view.t("mail-file-untouched").to_string()
        } else {
            said.join(" / ")
        };
        table.row([
            Cell::text(format!("{} ({})", file.name, file.kind)),
            Cell::tag(&fate_tag(view, fate, file.is_locked)),
            Cell::text(said),
            Cell::number(i64::try_from(file.bytes).unwrap_or(i64::MAX)),
        ]);
    }
    table
}

fn fate_tag(view: &View, fate: Option<&FileFate>, is_locked: bool) -> Tag {
    match fate.map(|fate| fate.fate.as_str()) {
        Some("delivered") => Tag::good(view.t("mail-fate-delivered")),
        Some("locked") => Tag::warning(view.t("mail-fate-locked")),
        Some("left-out") => Tag::wrong(view.t("mail-fate-left-out")),
        Some(_) | None if is_locked => Tag::warning(view.t("mail-fate-locked")),
        Some(_) | None => Tag::quiet(view.t("mail-fate-none")),
    }
}

/// Where links lead, defanged; that words show something else stands beside it.
fn links<'a>(view: &'a View, report: Option<&Report>) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-links"))
        .column(view.t("mail-link-shown"))
        .column(view.t("mail-link-real"))
        .column(view.t("mail-link-odd"))
        .empty(view.t("mail-links-none"));
    for link in report.iter().flat_map(|report| &report.links).take(LINKS_MAX) {
        let odd: Vec<String> = link
            .flags
            .iter()
            .map(|flag| view.t(Key::under("mail-flag-", flag)).to_string())
            .collect();
        let odd = if odd.is_empty() {
            Cell::text("—")
        } else {
            Cell::tag(&Tag::warning(odd.join("、")))
        };
        let displayed = mail_engine::defang(&link.displayed);
        table.row([
            Cell::text_if_any((!displayed.is_empty()).then_some(displayed)),
            Cell::text(&link.target),
            odd,
        ]);
    }
    table
}

fn removed<'a>(view: &'a View, report: Option<&Report>) -> Table<'a> {
    let mut table = Table::new(view, view.t("mail-removed"))
        .column(view.t("mail-what"))
        .number_column(view.t("mail-count"))
        .empty(view.t("mail-removed-none"));
    for one in report.iter().flat_map(|report| &report.removed) {
        let message = match view.language {
            Language::Japanese => &one.message,
            Language::English => &one.message_en,
        };
        table
            .row([Cell::text(message), Cell::number(i64::try_from(one.count).unwrap_or(i64::MAX))]);
    }
    table
}

/// What the filter says about spam, with its reasons.
fn judged(view: &View, shown: &Shown) -> Vec<String> {
    let Some(opinion) = &shown.found.spam else { return Vec::new() };
    let first = view.t("mail-spam-degree").with("degree", i64::from(opinion.spam)).to_string();
    std::iter::once(first).chain(opinion.reasons.iter().cloned()).collect()
}

fn facts(view: &View, shown: &Shown) -> Facts {
    let letter = &shown.letter;
    let number = |count: u64| view.number(i64::try_from(count).unwrap_or(i64::MAX));
    let rule = (!shown.decided.rule.is_empty()).then(|| shown.decided.rule.clone());
    Facts::new()
        .tag(view.t("mail-state"), &named::state(view, shown.passage.state))
        .text(view.t("mail-receiver"), &shown.leg.receiver)
        .text(view.t("mail-received"), view.moment(&letter.received_at))
        .text_if_any(view.t("mail-rule"), rule)
        .text_if_any(view.t("mail-client"), letter.client.as_deref())
        .text_if_any(view.t("mail-message-id"), letter.message_id.as_deref())
        .text(view.t("mail-bytes"), number(letter.bytes))
        .text(view.t("mail-sha256"), &letter.sha256)
        .text(view.t("mail-until"), view.moment(&shown.passage.ends_at))
}

//! The room's endpoints: what its screens do, for programs. Where no gate of mail
//! is configured, nothing can be changed by them.

mod outward;

use axum::http::StatusCode;
use console::{Answer, Failure, Routes, Verb, Visit};
use i18n::key;
use identity::{Caller, Duty, Login, people, sections};
use passages::{PassageId, State};
use permits::Permits;
use serde::{Deserialize, Serialize};
use store::Work;
use utoipa::{OpenApi, ToSchema};

use crate::error::MailError;
use crate::locks::Unlocked;
use crate::release::{self, Released};
use crate::service::{self, Service};
use crate::tables::letters::{Hit, Search};
use crate::tables::mailboxes::{Mailbox, Owner};

/// What the room's endpoints look like.
#[derive(OpenApi)]
#[openapi(
    info(title = "mail", version = "1"),
    paths(list, show, release, refuse, unlock, mailboxes, set_mailbox, rules, adopt),
    components(schemas(
        MailListed,
        MailList,
        MailShown,
        FileShown,
        HintShown,
        Done,
        Refusal,
        Passwords,
        MailboxShown,
        MailboxList,
        RulesShown,
    ))
)]
pub(crate) struct Description;

/// All endpoints of the room.
pub(crate) fn description() -> utoipa::openapi::OpenApi {
    let mut all = Description::openapi();
    all.merge(outward::Description::openapi());
    all
}

/// One mail, or what of it waits for a password.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailListed {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    id: String,
    /// `mail`, or `rest`: what waits for a password.
    #[schema(example = "mail")]
    part: &'static str,
    /// `received`, `locked`, `held`, `delivered`, `refused`, `quarantined`, `ended`.
    #[schema(example = "held")]
    state: &'static str,
    /// Why it was not delivered at once; null where it was.
    #[schema(example = "look")]
    why: Option<String>,
    #[schema(example = "zeimu@city.midori.lg.jp")]
    receiver: String,
    #[schema(example = "見積書の送付")]
    subject: Option<String>,
    #[schema(example = "取引先")]
    from: Option<String>,
    #[schema(example = "sender@company.example")]
    from_address: Option<String>,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:15:00.000Z")]
    received_at: base::Timestamp,
}

/// A page of mails.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailList {
    items: Vec<MailListed>,
    /// What `after` is for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    next: Option<String>,
}

/// A mail with what was found in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailShown {
    #[serde(flatten)]
    mail: MailListed,
    /// The decoded text, while it is kept.
    text: Option<String>,
    /// The rule that spoke about it.
    #[schema(example = "imitation")]
    rule: String,
    hints: Vec<HintShown>,
    files: Vec<FileShown>,
}

/// A hint.
#[derive(Serialize, ToSchema)]
pub(crate) struct HintShown {
    #[schema(example = "sender-look-alike")]
    code: String,
    #[schema(example = "warning")]
    level: String,
    message: String,
    message_en: String,
}

/// An attachment.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileShown {
    #[schema(example = "mitsumori.zip")]
    name: String,
    #[schema(example = "archive-locked")]
    kind: String,
    /// `clean`, `disarmed`, `blocked`, `held`.
    #[schema(example = "blocked")]
    verdict: String,
    /// `delivered`, `left-out`, `locked`; null where nothing was decided.
    #[schema(example = "locked")]
    fate: Option<String>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    /// `delivered`, `asked`, `asked-before`, `held`, `quarantined`, `refused`,
    /// `wrong`.
    #[schema(example = "delivered")]
    done: &'static str,
}

/// Why a mail is not wanted.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Refusal {
    /// True teaches the judge of spam.
    #[schema(example = false)]
    is_spam: bool,
}

/// Passwords that may open what is locked. None is kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Passwords {
    #[schema(max_items = 10, example = json!(["…"]))]
    passwords: Vec<String>,
}

/// A mailbox.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailboxShown {
    #[schema(example = "zeimu@city.midori.lg.jp")]
    address: String,
    /// A person's login or a section's code.
    #[schema(example = "zeimu")]
    owner: String,
    /// `1`, `2`, `3c` or `3b`.
    #[schema(example = "2", pattern = "^(1|2|3c|3b)$")]
    class: String,
}

/// Mailboxes in the order of their addresses.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailboxList {
    items: Vec<MailboxShown>,
}

/// The rules of a body.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesShown {
    /// TOML, as docs/guides/mail.md explains it.
    text: String,
}

const LINES: u32 = 100;
const MAILBOXES: u32 = 1_000;

/// Every endpoint; without a service nothing changes.
pub(crate) fn routes(service: Option<&Service>) -> Routes {
    let with = || service.cloned();
    let (releasing, refusing, unlocking, setting) = (with(), with(), with(), with());
    Routes::new()
        .token(Verb::Get, "/api/v1/mails", Duty::Apply, list)
        .with(outward::routes(service))
        .token(Verb::Get, "/api/v1/mails/{id}", Duty::Apply, show)
        .token(Verb::Post, "/api/v1/mails/{id}/release", Duty::Apply, move |visit, caller| {
            release(releasing.clone(), visit, caller)
        })
        .token(Verb::Post, "/api/v1/mails/{id}/refuse", Duty::Apply, move |visit, caller| {
            refuse(refusing.clone(), visit, caller)
        })
        .token(Verb::Post, "/api/v1/mails/{id}/unlock", Duty::Apply, move |visit, caller| {
            unlock(unlocking.clone(), visit, caller)
        })
        .token(Verb::Get, "/api/v1/mailboxes", Duty::ManageSystem, mailboxes)
        .token(Verb::Post, "/api/v1/mailboxes", Duty::ManageSystem, move |visit, caller| {
            set_mailbox(setting.clone(), visit, caller)
        })
        .token(Verb::Get, "/api/v1/mail-rules", Duty::ManageSystem, rules)
        .token(Verb::Post, "/api/v1/mail-rules", Duty::ManageSystem, adopt)
}

/// Mails of the caller's own mailboxes and their sections', newest first.
#[utoipa::path(
    get, path = "/api/v1/mails", tag = "mail",
    params(
        ("words" = Option<String>, Query, description = "words that all stand in subject, text or sender"),
        ("state" = Option<String>, Query, example = "held"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, body = MailList)),
)]
pub(crate) async fn list(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let after = query.values("after").first().map(|text| PassageId::parse(text)).transpose();
    let after = after.map_err(|_| unprocessable("after"))?;
    let state = match query.values("state").first() {
        None => None,
        Some(text) => Some(State::parse(text).ok_or_else(|| unprocessable("state"))?),
    };
    let words = query.value("words").split_whitespace().map(str::to_owned).collect();
    let asked = Search { words, state, after, limit: LINES, ..Search::default() };
    let mut work = visit.read(&caller).await?;
    let hits = release::search(&mut work, &caller, &asked).await?;
    let is_full = hits.len() >= LINES as usize;
    let next = hits.last().filter(|_| is_full).map(|hit| hit.leg.passage.to_string());
    let items = hits.into_iter().map(listed).collect();
    visit.answer_json(StatusCode::OK, &MailList { items, next })
}

/// One mail, for its receiver and whoever was asked to approve it.
#[utoipa::path(
    get, path = "/api/v1/mails/{id}", tag = "mail", params(("id" = String, Path)),
    responses((status = 200, body = MailShown)),
)]
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let found = release::show(&mut work, permits(&visit)?, &caller, visit.id("id")?).await?;
    let hints = found.found.hints().iter().chain(&found.decided.hints);
    let hints = hints.map(|hint| HintShown {
        code: hint.code.clone(),
        level: hint.level.clone(),
        message: hint.message.clone(),
        message_en: hint.message_en.clone(),
    });
    let files = found.found.files.iter().map(|file| FileShown {
        name: file.name.clone(),
        kind: file.kind.clone(),
        verdict: file.verdict.clone(),
        fate: found
            .decided
            .files
            .iter()
            .find(|fate| fate.name == file.name)
            .map(|fate| fate.fate.clone()),
    });
    let shown = MailShown {
        hints: hints.collect(),
        files: files.collect(),
        rule: found.decided.rule.clone(),
        text: found.text,
        mail: listed(Hit { leg: found.leg, letter: found.letter, state: found.passage.state }),
    };
    visit.answer_json(StatusCode::OK, &shown)
}

/// Lets a held mail through, or asks for the approval that its rule wants.
#[utoipa::path(
    post, path = "/api/v1/mails/{id}/release", tag = "mail", params(("id" = String, Path)),
    responses((status = 200, body = Done)),
)]
pub(crate) async fn release(service: Option<Service>, visit: Visit, caller: Caller) -> Answer {
    let service = service.ok_or(Failure::NotFound)?;
    let id: PassageId = visit.id("id")?;
    let store = &visit.state.store;
    let done = match service.release(store, permits(&visit)?, &caller, id).await? {
        Released::Delivered => "delivered",
        Released::Asked => "asked",
        Released::AskedBefore => "asked-before",
        Released::Quarantined => "quarantined",
    };
    visit.answer_json(StatusCode::OK, &Done { done })
}

/// Refuses a held mail.
#[utoipa::path(
    post, path = "/api/v1/mails/{id}/refuse", tag = "mail", params(("id" = String, Path)),
    request_body = Refusal, responses((status = 200, body = Done)),
)]
pub(crate) async fn refuse(service: Option<Service>, visit: Visit, caller: Caller) -> Answer {
    let service = service.ok_or(Failure::NotFound)?;
    let asked: Refusal = visit.json_if_any()?;
    service.refuse(&visit.state.store, &caller, visit.id("id")?, asked.is_spam).await?;
    visit.answer_json(StatusCode::OK, &Done { done: "refused" })
}

/// Opens what waits for a password; what is harmless follows in a mail.
#[utoipa::path(
    post, path = "/api/v1/mails/{id}/unlock", tag = "mail", params(("id" = String, Path)),
    request_body = Passwords, responses((status = 200, body = Done)),
)]
pub(crate) async fn unlock(service: Option<Service>, visit: Visit, caller: Caller) -> Answer {
    let service = service.ok_or(Failure::NotFound)?;
    let asked: Passwords = visit.json()?;
    let is_good = |word: &String| word.chars().count() <= crate::locks::PASSWORD_CHARS_MAX;
    if asked.passwords.len() > crate::locks::TYPED_MAX || !asked.passwords.iter().all(is_good) {
        return Err(unprocessable("passwords"));
    }
    let id = visit.id("id")?;
    let done = match service.unlock(&visit.state.store, &caller, id, asked.passwords).await? {
        Unlocked::Delivered => "delivered",
        Unlocked::Held => "held",
        Unlocked::Quarantined => "quarantined",
        Unlocked::Refused => "refused",
        Unlocked::Wrong { .. } => "wrong",
    };
    visit.answer_json(StatusCode::OK, &Done { done })
}

/// Mailboxes of the caller's body.
#[utoipa::path(
    get, path = "/api/v1/mailboxes", tag = "mail",
    params(("after" = Option<String>, Query, description = "the last address of the page before")),
    responses((status = 200, body = MailboxList)),
)]
pub(crate) async fn mailboxes(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let mut work = visit.read(&caller).await?;
    let found = service::mailboxes(&mut work, &caller, query.value("after"), MAILBOXES).await?;
    let mut items = Vec::new();
    for mailbox in found {
        let owner = match mailbox.owner {
            Owner::Person(person) => {
                people::find(&mut work, person).await.map_err(MailError::from)?.login.to_string()
            }
            Owner::Section(section) => {
                sections::find(&mut work, section).await.map_err(MailError::from)?.code.to_string()
            }
        };
        items.push(MailboxShown { address: mailbox.address, owner, class: mailbox.class });
    }
    visit.answer_json(StatusCode::OK, &MailboxList { items })
}

/// Lets a mailbox be somebody's, in the place of whoever had it.
#[utoipa::path(
    post, path = "/api/v1/mailboxes", tag = "mail", request_body = MailboxShown,
    responses((status = 200, body = MailboxShown)),
)]
pub(crate) async fn set_mailbox(service: Option<Service>, visit: Visit, caller: Caller) -> Answer {
    let service = service.ok_or(Failure::NotFound)?;
    let asked: MailboxShown = visit.json()?;
    if !crate::rules::CLASSES.contains(&asked.class.as_str()) {
        return Err(unprocessable("class"));
    }
    let mut work = visit.work(&caller).await?;
    let owner = owner(&mut work, &asked.owner).await?.ok_or_else(|| unprocessable("owner"))?;
    let mailbox = Mailbox { address: asked.address.clone(), owner, class: asked.class.clone() };
    match service.set_mailbox(&mut work, &caller, &mailbox).await {
        Ok(()) => {}
        Err(MailError::Address) => return Err(unprocessable("address")),
        Err(error) => return Err(error.into()),
    }
    work.commit().await.map_err(MailError::from)?;
    visit.answer_json(StatusCode::OK, &asked)
}

async fn owner(work: &mut Work, named: &str) -> Result<Option<Owner>, MailError> {
    let all = sections::list(work).await?;
    if let Some(section) = all.iter().find(|section| section.code.as_str() == named) {
        return Ok(Some(Owner::Section(section.id)));
    }
    let Ok(login) = Login::parse(named) else { return Ok(None) };
    Ok(people::by_login(work, &login).await?.map(|person| Owner::Person(person.id)))
}

/// The rules that hold.
#[utoipa::path(
    get, path = "/api/v1/mail-rules", tag = "mail",
    responses((status = 200, body = RulesShown)),
)]
pub(crate) async fn rules(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let (text, _) = service::rules_text(&mut work).await?;
    visit.answer_json(StatusCode::OK, &RulesShown { text })
}

/// Makes a text the rules of the caller's body.
#[utoipa::path(
    post, path = "/api/v1/mail-rules", tag = "mail", request_body = RulesShown,
    responses((status = 200, body = RulesShown)),
)]
pub(crate) async fn adopt(visit: Visit, caller: Caller) -> Answer {
    let asked: RulesShown = visit.json()?;
    let mut work = visit.work(&caller).await?;
    if service::adopt_rules(&mut work, &caller, &asked.text).await?.is_err() {
        return Err(unprocessable("text"));
    }
    work.commit().await.map_err(MailError::from)?;
    visit.answer_json(StatusCode::OK, &asked)
}

fn listed(hit: Hit) -> MailListed {
    MailListed {
        id: hit.leg.passage.to_string(),
        part: hit.leg.part.name(),
        state: hit.state.name(),
        why: hit.leg.why,
        receiver: hit.leg.receiver,
        subject: hit.letter.subject,
        from: hit.letter.from_display,
        from_address: hit.letter.from_address,
        received_at: hit.letter.received_at,
    }
}

fn permits(visit: &Visit) -> Result<&Permits, Failure> {
    let found = visit.state.means.find::<Permits>();
    found.ok_or_else(|| Failure::internal(MailError::Row("the program has no permits")))
}

fn unprocessable(field: &str) -> Failure {
    Failure::Unprocessable(vec![(field.to_owned(), key!("mail-wrong-field").into())])
}

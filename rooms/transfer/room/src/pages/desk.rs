//! What whoever decides has before them, and what they and the sender do:
//! approve, refuse, ask, answer, be handed a passphrase.

use std::time::Duration;

use askama::Template;
use base::Text;
use console::form::Fields;
use console::parts::{Button, Choice, Facts, Link, Notice, Tone};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, key};
use identity::Caller;
use passages::{Passage, PassageId, RECEIVERS_MAX, State};
use permits::{PermitError, PermitId, Permits};
use store::Work;

use crate::desk::{self, QUESTIONS_MAX, Words};
use crate::error::TransferError;
use crate::names::Names;
use crate::pages::lists;
use crate::pages::show::{self, permits};
use crate::report::Report;
use crate::rights::{self, Standing};
use crate::service::Service;
use crate::tables::asking::{self, QuestionId};

/// How far back a sender's history goes.
const HISTORY: Duration = Duration::from_secs(90 * 24 * 3_600);
/// The longest note to a decision, in characters.
const NOTE_CHARACTERS_MAX: usize = 500;

/// Everything that somebody must know who decides.
pub(crate) struct Desk {
    /// Who, to whom, what for, over which boundary, by which rule.
    pub(crate) facts: Facts,
    /// Why the rule asked.
    pub(crate) rule: String,
    /// How many of each kind of personal data.
    pub(crate) people: Vec<(String, String)>,
    /// That nobody could look, where that is so.
    pub(crate) unread: bool,
    pub(crate) history: Facts,
    /// The form, where there is a permit to decide on.
    pub(crate) decide: Option<Decide>,
    /// Why there is none.
    pub(crate) why_not: Option<Notice>,
}

/// The form of the decision.
pub(crate) struct Decide {
    pub(crate) action: String,
    pub(crate) permit: String,
    pub(crate) version: u32,
    /// In whose stead; empty where they decide in their own right.
    pub(crate) deputies: Vec<Choice>,
    pub(crate) approve: Button,
    pub(crate) refuse: Button,
}

/// What was asked and answered, and the forms to go on.
pub(crate) struct Talk {
    pub(crate) said: Vec<Saying>,
    /// Where a new question goes.
    pub(crate) ask: Option<(String, Button)>,
}

/// One question.
pub(crate) struct Saying {
    pub(crate) asker: String,
    pub(crate) asked_at: String,
    pub(crate) question: String,
    /// The answer with its moment.
    pub(crate) answer: Option<(String, String)>,
    /// Where the answer goes, if the reader is to give it.
    pub(crate) reply: Option<(String, Button)>,
}

impl Desk {
    pub(crate) async fn of(
        view: &View,
        work: &mut Work,
        permits: &Permits,
        (passage, standing, report): (&Passage, &Standing, &Report),
    ) -> Result<Self, TransferError> {
        let mut names = Names::default();
        let unknown = || view.t("transfer-sender-link").to_string();
        let sender = names.sender(work, passage).await?.unwrap_or_else(unknown);
        let receiver = names.receiver(work, passage.new.receiver).await?;
        let outcome = passage.outcome.as_ref();
        let number = |count: u64| view.number(i64::try_from(count).unwrap_or(i64::MAX));
        let facts = Facts::new()
            .text(view.t("transfer-sender"), sender)
            .text_if_any(view.t("transfer-receiver"), receiver)
            .text(view.t("transfer-purpose"), &passage.new.purpose)
            .text(view.t("transfer-crossing"), super::lists::crossing(view, passage))
            .text(
                view.t("transfer-class"),
                view.t(Key::under("transfer-class-", &passage.new.class)),
            )
            .text(view.t("transfer-until"), view.moment(&passage.ends_at));
        let kind = |(kind, count): &(String, u64)| {
            (view.t(Key::under("transfer-people-", kind)).to_string(), number(*count))
        };
        let mut people: Vec<(String, String)> = report.people.iter().map(kind).collect();
        if let Some(persons) = outcome.and_then(|outcome| outcome.persons) {
            people.insert(0, (view.t("transfer-persons").to_string(), number(persons)));
        }
        let is_outward = passage.new.crossing.is_outward();
        let deputies = deputies(work, &mut names, standing).await?;
        let decision = standing.decision(passage);
        let decide = decision.map(|permit| Decide {
            action: format!("/transfer/{}/decide", passage.id),
            permit: permit.id.to_string(),
            version: permit.version,
            deputies,
            approve: Button::main(view.t("transfer-approve")).sends("verdict", "yes"),
            refuse: Button::danger(view.t("transfer-refuse")).sends("verdict", "no"),
        });
        let wants = passage.still_wanted();
        let why_not = (decide.is_none() && wants.approvals > 0)
            .then(|| Notice::new(Tone::Info, view.t("transfer-other-approver")));
        let _ = permits;
        Ok(Self {
            facts,
            rule: outcome.map(|outcome| outcome.release_rule.clone()).unwrap_or_default(),
            people,
            unread: is_outward && outcome.is_some_and(|outcome| outcome.persons.is_none()),
            history: history(view, work, &mut names, passage).await?,
            decide,
            why_not,
        })
    }
}

async fn deputies(
    work: &mut Work,
    names: &mut Names,
    standing: &Standing,
) -> Result<Vec<Choice>, TransferError> {
    let mut choices = Vec::new();
    if !standing.decides_in_own_right() {
        for holder in &standing.deputies {
            choices.push(Choice::new(holder, names.person(work, *holder).await?));
        }
    }
    Ok(choices)
}

/// What the sender has done before.
async fn history(
    view: &View,
    work: &mut Work,
    names: &mut Names,
    passage: &Passage,
) -> Result<Facts, TransferError> {
    let since = passage.made_at.minus(HISTORY);
    let past = passages::history(work, &passage.new.sender, since, passage.id).await?;
    let number = |count: u64| view.number(i64::try_from(count).unwrap_or(i64::MAX));
    let mut receivers = Vec::new();
    for (receiver, count) in &past.receivers {
        let unnamed = || view.t("transfer-receiver-asker").to_string();
        let name = names.receiver(work, *receiver).await?.unwrap_or_else(unnamed);
        let said =
            view.t("transfer-history-receiver").with("name", name).with("count", number(*count));
        receivers.push(said.to_string());
    }
    let are_all = past.receivers.len() < RECEIVERS_MAX as usize;
    let is_new = are_all && past.receivers.iter().all(|(one, _)| *one != passage.new.receiver);
    let mut facts = Facts::new()
        .text(view.t("transfer-history-sent"), number(past.sent))
        .text(view.t("transfer-history-refused"), number(past.refused))
        .text(view.t("transfer-history-quarantined"), number(past.quarantined));
    if !receivers.is_empty() {
        facts = facts.text(view.t("transfer-history-receivers"), receivers.join("\n"));
    }
    if is_new {
        facts = facts.text(view.t("transfer-receiver"), view.t("transfer-history-new"));
    }
    Ok(facts)
}

impl Talk {
    /// One answer is given at a time, to the oldest question.
    pub(crate) fn is_first_reply(&self, place: &usize) -> bool {
        self.said.iter().position(|saying| saying.reply.is_some()) == Some(*place)
    }

    /// What was asked about a passage; nothing where nothing was and nobody
    /// can.
    pub(crate) async fn of(
        view: &View,
        work: &mut Work,
        caller: &Caller,
        (passage, standing): (&Passage, &Standing),
    ) -> Result<Option<Self>, TransferError> {
        // The receiver is no party to what is asked of the sender.
        if !standing.is_sender && !standing.decides() {
            return Ok(None);
        }
        let mut names = Names::default();
        let questions = asking::questions(work, passage.id, QUESTIONS_MAX).await?;
        let path = |end: &str| format!("/transfer/{}/{end}", passage.id);
        let can_ask = passage.state == State::Held
            && standing.decides()
            && questions.len() < QUESTIONS_MAX as usize
            && desk::whom_to_ask(passage, standing).is_some_and(|asked| asked != caller.person);
        let mut said = Vec::new();
        for one in &questions {
            let is_mine = one.asked == caller.person && one.answer.is_none();
            let button = || Button::main(view.t("transfer-answer-send"));
            let moment = one.answered_at.map(|at| view.moment(&at)).unwrap_or_default();
            let mut asker = names.person(work, one.asker).await?;
            if let Some(holder) = one.asked_for {
                let holder = names.person(work, holder).await?;
                asker = view
                    .t("transfer-in-stead")
                    .with("name", asker)
                    .with("holder", holder)
                    .to_string();
            }
            said.push(Saying {
                asker,
                asked_at: view.moment(&one.asked_at),
                question: one.question.clone(),
                answer: one.answer.clone().map(|answer| (answer, moment)),
                reply: is_mine.then(|| (path(&format!("answer/{}", one.id)), button())),
            });
        }
        let ask = can_ask.then(|| (path("ask"), Button::second(view.t("transfer-ask-send"))));
        Ok((ask.is_some() || !said.is_empty()).then_some(Self { said, ask }))
    }
}

/// Approves or refuses: through the permit, never around it.
pub(crate) async fn decide(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: PassageId = visit.id("id")?;
    let permits = permits(&visit)?.clone();
    let mut work = visit.work(&caller).await?;
    let (passage, standing) = rights::seen(&mut work, &permits, &caller, id).await?;
    let permit = PermitId::parse(fields.value("permit")).ok();
    let permit = permit.filter(|id| standing.permits.iter().any(|one| one.id == *id));
    let (Some(permit), true) = (permit, passage.approved_by != Some(caller.person)) else {
        return Err(Failure::conflict(key!("transfer-not-now")));
    };
    let is_no = fields.value("verdict") == "no";
    let note: Option<Text<NOTE_CHARACTERS_MAX>> = fields.text_if_any("note", key!("transfer-note"));
    if is_no && fields.value("note").trim().is_empty() {
        fields.complain("note", key!("transfer-refuse-needs-reason"));
    }
    if !fields.is_good() {
        drop(work);
        return show::page(&service, &visit, &caller, &fields).await;
    }
    let acting = rights::acting(&mut work, &permits, &caller, fields.value("for")).await?;
    let version = fields.value("version").parse().unwrap_or(0);
    let note = note.as_ref().map(Text::as_str);
    let made = match is_no {
        true => permits.refuse(&mut work, &acting, permit, version, note.unwrap_or("")).await,
        false => permits.approve(&mut work, &acting, permit, version, note).await,
    };
    match made {
        Ok(_) => {}
        Err(PermitError::Stale | PermitError::NotNow(_) | PermitError::Mechanism { .. }) => {
            return Err(Failure::conflict(key!("transfer-not-now")));
        }
        Err(error) => return Err(error.into()),
    }
    work.commit().await?;
    let done = if is_no { key!("done-transfer-refused") } else { key!("done-transfer-approved") };
    visit.done("/transfer/held", done)
}

/// Asks the sender.
pub(crate) async fn ask(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: PassageId = visit.id("id")?;
    let Some(question) = words(&mut fields, "question", key!("transfer-question")) else {
        return show::page(&service, &visit, &caller, &fields).await;
    };
    let permits = permits(&visit)?.clone();
    let mut work = visit.work(&caller).await?;
    let (passage, standing) = rights::seen(&mut work, &permits, &caller, id).await?;
    let holder = standing.deputies.first().filter(|_| !standing.decides_in_own_right());
    let holder = holder.map(ToString::to_string).unwrap_or_default();
    let acting = rights::acting(&mut work, &permits, &caller, &holder).await?;
    desk::ask(&mut work, &acting, (&passage, &standing), &question).await?;
    work.commit().await?;
    visit.done(&format!("/transfer/{id}"), key!("done-transfer-asked"))
}

/// Answers a question.
pub(crate) async fn answer(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: PassageId = visit.id("id")?;
    let question: QuestionId = visit.id("question")?;
    let Some(text) = words(&mut fields, "answer", key!("transfer-answer")) else {
        return show::page(&service, &visit, &caller, &fields).await;
    };
    let mut work = visit.work(&caller).await?;
    rights::seen(&mut work, permits(&visit)?, &caller, id).await?;
    desk::answer(&mut work, &caller, (id, question), &text).await?;
    work.commit().await?;
    visit.done(&format!("/transfer/{id}"), key!("done-transfer-answered"))
}

fn words(fields: &mut Fields, name: &str, label: Key) -> Option<Words> {
    fields.text::<{ desk::WORDS_CHARACTERS_MAX }>(name, label)
}

#[derive(Template)]
#[template(path = "passphrase.html")]
struct PassphrasePage<'a> {
    view: &'a View,
    notice: Notice,
    passphrase: &'a str,
    /// Which file, for whom, in what.
    facts: Facts,
    /// How the receiver opens it.
    how: String,
    back: Link,
}

/// Shows what opens the container, on this one page and never again.
pub(crate) async fn passphrase(service: Service, visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let id: PassageId = visit.id("id")?;
    caller.demand_fresh(view.now)?;
    let mut work = visit.work(&caller).await?;
    let (passage, standing) = rights::seen(&mut work, permits(&visit)?, &caller, id).await?;
    let secret = service.show_passphrase(&mut work, &caller, (&passage, &standing)).await?;
    let report = show::report(&passage)?;
    let receiver = Names::default().receiver(&mut work, passage.new.receiver).await?;
    work.commit().await?;
    let container = report.container.as_deref();
    let facts = Facts::new()
        .text(view.t("transfer-file"), lists::name(&passage))
        .text_if_any(view.t("transfer-to"), receiver)
        .text_if_any(
            view.t("transfer-container"),
            container.map(|name| view.t(Key::under("transfer-container-", name))),
        );
    let how = container.map(|name| view.t(Key::under("transfer-container-open-", name)));
    let content = PassphrasePage {
        view,
        facts,
        how: how.map(|how| how.to_string()).unwrap_or_default(),
        notice: Notice::new(Tone::Warning, view.t("transfer-passphrase-once"))
            .text(view.t("transfer-passphrase-once-text")),
        passphrase: secret.reveal(),
        back: Link::new(format!("/transfer/{id}"), view.t("transfer-passphrase-back")).second(),
    };
    view.page(key!("transfer-passphrase"))
        .under("/transfer/sent", key!("transfer-outbox"))
        .render(&content)
}

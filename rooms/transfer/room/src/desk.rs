//! What people do with a passage that waits for them, beside the permit
//! itself: find it, ask its sender, answer, be handed a passphrase once; and
//! what is written down when a treatment is over. Knows no request.

pub(crate) mod api;

use base::{BodyId, Secret, Text};
use console::{Routes, Verb};
use factors::Binding;
use identity::{Caller, Duty, PersonId};
use passages::{
    Filter, Kept, Outcome, Passage, PassageId, Receiver, Sealed, Sender, State, Wanted,
};
use permits::{Permit, Permits};
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};
use transfer_engine::Container;

use crate::container;
use crate::error::TransferError;
use crate::kind::TRANSFER;
use crate::pages;
use crate::paths::split;
use crate::preview;
use crate::report::Report;
use crate::rights::{self, Standing};
use crate::service::Service;
use crate::tables::asking::{self, Asked, QuestionId};
use crate::tables::{containers, findings};
use passages::{Whole, sha256};

const ASKED: Action = Action::new("passage.question-asked");
const ANSWERED: Action = Action::new("passage.question-answered");
const SHOWN: Action = Action::new("passage.passphrase-shown");
const RECIPIENT: Action = Action::new("transfer-recipient.registered");
const KNOWN: Action = Action::new("passage.known-harmful");
const SUBJECT: &str = "passage";
/// Names of hits that the ledger has; the passage's own page has all.
const HITS_WRITTEN_MAX: usize = 10;

/// The longest question, and the longest answer, in characters.
pub(crate) const WORDS_CHARACTERS_MAX: usize = 500;
/// Words of a question or an answer.
pub(crate) type Words = Text<WORDS_CHARACTERS_MAX>;
/// Questions about one passage.
pub(crate) const QUESTIONS_MAX: u32 = 20;
/// Passages that one list of what waits shows.
pub(crate) const WAITING_MAX: u32 = 200;
const PASSPHRASE: &str = "passage-passphrase";

/// The screens and endpoints of the desk.
pub(crate) fn routes(service: &Service) -> Routes {
    const APPLY: Duty = Duty::Apply;
    const OVERSEE: Duty = Duty::ReadLedger;
    let with = || service.clone();
    let (seeing, deciding, asking, answering) = (with(), with(), with(), with());
    let (showing, drawing, giving) = (with(), with(), with());
    Routes::new()
        .person(Verb::Get, "/transfer/held", APPLY, pages::held)
        .person(Verb::Post, "/transfer/held", APPLY, pages::approve_picked)
        .person(Verb::Get, "/transfer/statistics", OVERSEE, pages::statistics)
        .person(Verb::Get, "/transfer/recipient", APPLY, pages::recipient)
        .person(Verb::Post, "/transfer/recipient", APPLY, pages::register)
        .person(Verb::Get, "/transfer/{id}/pages/{page}", APPLY, move |visit, caller| {
            pages::picture(seeing.clone(), visit, caller)
        })
        .person(Verb::Post, "/transfer/{id}/decide", APPLY, move |visit, caller| {
            pages::decide(deciding.clone(), visit, caller)
        })
        .person(Verb::Post, "/transfer/{id}/ask", APPLY, move |visit, caller| {
            pages::ask(asking.clone(), visit, caller)
        })
        .person(Verb::Post, "/transfer/{id}/answer/{question}", APPLY, move |visit, caller| {
            pages::answer(answering.clone(), visit, caller)
        })
        .person(Verb::Post, "/transfer/{id}/passphrase", APPLY, move |visit, caller| {
            pages::passphrase(showing.clone(), visit, caller)
        })
        .token(Verb::Get, "/api/v1/passages/{id}/questions", APPLY, api::questions)
        .token(Verb::Post, "/api/v1/passages/{id}/questions", APPLY, api::ask)
        .token(Verb::Post, "/api/v1/passages/{id}/questions/{question}/answer", APPLY, api::answer)
        .token(Verb::Get, "/api/v1/passages/{id}/pages/{page}", APPLY, move |visit, caller| {
            api::page(drawing.clone(), visit, caller)
        })
        .token(Verb::Post, "/api/v1/passages/{id}/passphrase", APPLY, move |visit, caller| {
            api::passphrase(giving.clone(), visit, caller)
        })
        .token(Verb::Get, "/api/v1/passage-statistics", OVERSEE, pages::statistics_interface)
        .token(Verb::Get, "/api/v1/me/age-recipient", APPLY, api::recipient)
        .token(Verb::Put, "/api/v1/me/age-recipient", APPLY, api::register)
}

/// What a treatment leaves beside its outcome.
#[derive(Default)]
pub(crate) struct Extras {
    /// What was shut into the container, for those who decide on it.
    source: Option<Sealed>,
    /// What opens the container, sealed.
    passphrase: Option<Vec<u8>>,
}

/// One passage that waits for the reader.
pub(crate) struct Waiting {
    pub(crate) passage: Passage,
    /// The permit to decide on; none where somebody only has to look.
    pub(crate) permit: Option<Permit>,
}

impl Service {
    /// Shuts what is handed over into the container that its rule asks for.
    /// What opens it, and what is in it for those who decide, is kept sealed.
    pub(crate) async fn shut(
        &self,
        (store, body): (&Store, BodyId),
        passage: &Passage,
        (name, bytes): (String, Vec<u8>),
        (container, outcome): (Option<Container>, &Outcome),
    ) -> Result<(String, Vec<u8>, Extras), TransferError> {
        let Some(container) = container else { return Ok((name, bytes, Extras::default())) };
        let recipient = self.recipient(store, body, passage).await?;
        let (folders, name) = {
            let (folders, name) = split(&name);
            (folders.to_owned(), name.to_owned())
        };
        let (random, batch) = (store.random().clone(), passage.new.batch);
        let is_decided_on = outcome.wanted != Wanted::default();
        let source = match is_decided_on {
            true => Some(self.vault.keep(body, batch, &bytes, &*random).await?.sealed),
            false => None,
        };
        let closing = tokio::task::spawn_blocking(move || {
            container::close(container, (&name, &bytes), recipient.as_deref(), &*random)
        });
        let closed = closing.await.map_err(|_| TransferError::Ended)??;
        let passphrase = self.seal_passphrase((store, body), passage, closed.passphrase)?;
        let extras = Extras { source, passphrase };
        Ok((format!("{folders}{}", closed.name), closed.bytes, extras))
    }

    /// As [`Service::shut`], for a file that is too large to be held: the sealed
    /// original is its output, or goes into a container piece by piece.
    pub(crate) async fn shut_large(
        &self,
        (store, body): (&Store, BodyId),
        passage: &Passage,
        (container, outcome): (Option<Container>, Outcome),
    ) -> Result<(Outcome, Extras), TransferError> {
        let (Some(_), Some(kept)) = (container, &outcome.output) else {
            return Ok((outcome, Extras::default()));
        };
        let recipient = self.recipient(store, body, passage).await?;
        let random = store.random().clone();
        let file = (passage, &kept.sealed);
        let (whole, passphrase) =
            container::long::shut((&self.vault, body), file, recipient, random).await?;
        let Whole { sealed, bytes, sha256 } = whole;
        let name = format!("{}.age", kept.name);
        let passphrase = self.seal_passphrase((store, body), passage, passphrase)?;
        let output = Some(Kept { sealed, name, bytes, sha256 });
        Ok((Outcome { output, ..outcome }, Extras { source: None, passphrase }))
    }

    /// The age recipient that the receiver registered.
    async fn recipient(
        &self,
        store: &Store,
        body: BodyId,
        passage: &Passage,
    ) -> Result<Option<String>, TransferError> {
        let mut work = store.read(body).await?;
        Ok(match passage.new.receiver {
            Receiver::Person(person) => containers::recipient(&mut work, person).await?,
            Receiver::Section(_) | Receiver::Asker => None,
        })
    }

    fn seal_passphrase(
        &self,
        (store, body): (&Store, BodyId),
        passage: &Passage,
        passphrase: Option<Secret<String>>,
    ) -> Result<Option<Vec<u8>>, TransferError> {
        let Some(passphrase) = passphrase else { return Ok(None) };
        let owners = owners(body, passage.id);
        let plain = passphrase.reveal().as_bytes();
        Ok(Some(self.vault.sealer().seal(binding(&owners), plain, &**store.random())?))
    }

    /// Writes what a treatment leaves, in the work of its conclusion.
    pub(crate) async fn conclude_with(
        &self,
        work: &mut Work,
        passage: &Passage,
        extras: Extras,
    ) -> Result<(), TransferError> {
        findings::waited(work, passage.id).await?;
        if let Some(outcome) = &passage.outcome {
            let report: Report = serde_json::from_str(&outcome.report)?;
            findings::removed(work, passage.id, report.counts()).await?;
            known_harmful(work, passage.id, &report).await?;
        }
        let is_kept = match passage.state {
            State::Held | State::Delivered => true,
            State::Received
            | State::Locked
            | State::Refused
            | State::Quarantined
            | State::Ended => false,
        };
        if let Some(passphrase) = extras.passphrase.filter(|_| is_kept) {
            containers::keep(work, passage.id, passphrase).await?;
        }
        if passage.state == State::Held {
            preview::order(work, passage.id, extras.source).await?;
        }
        Ok(())
    }

    /// Forgets what is kept beside a passage that ends; says which blobs nobody
    /// needs any more.
    pub(crate) async fn forget(
        &self,
        work: &mut Work,
        id: PassageId,
    ) -> Result<Vec<String>, TransferError> {
        containers::forget(work, id).await?;
        findings::waited(work, id).await?;
        preview::forget(work, id).await
    }

    /// Hands the passphrase of a delivered container to whoever may have it,
    /// once: whoever sent it, who tells the receiver by another way; where no
    /// person sent it, the receiver.
    pub(crate) async fn show_passphrase(
        &self,
        work: &mut Work,
        caller: &Caller,
        (passage, standing): (&Passage, &Standing),
    ) -> Result<Secret<String>, TransferError> {
        if !may_have_passphrase(passage, standing) || caller.factors < 2 {
            return Err(passages::PassageError::NotThere.into());
        }
        let kept = containers::passphrase(work, passage.id, true).await?;
        let sealed = kept.and_then(|kept| kept.sealed).ok_or(TransferError::AlreadyShown)?;
        let owners = owners(caller.body, passage.id);
        let opened = self.vault.sealer().open(binding(&owners), &sealed)?;
        let text = String::from_utf8(opened.reveal().clone()).map_err(|_| TransferError::Ended)?;
        containers::shown(work, passage.id, caller.person).await?;
        let entry = caller.entry(SHOWN, Subject::new(SUBJECT, passage.id));
        records::append(work, &entry).await?;
        Ok(Secret::new(text))
    }
}

/// Writes down which scanners knew a file, by their own names for it.
pub(crate) async fn known_harmful(
    work: &mut Work,
    id: PassageId,
    report: &Report,
) -> Result<(), TransferError> {
    if report.hits.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = report.hits.iter().take(HITS_WRITTEN_MAX).map(String::as_str).collect();
    let subject = Subject::new(SUBJECT, id);
    let entry = Entry::new(Actor::System("transfer"), KNOWN, subject, Origin::Job)
        .with("count", i64::try_from(report.hits.len()).unwrap_or(i64::MAX))
        .with("names", names.join(", "));
    records::append(work, &entry).await?;
    Ok(())
}

/// True for whoever the passphrase of a delivered passage is for.
pub(crate) fn may_have_passphrase(passage: &Passage, standing: &Standing) -> bool {
    let is_theirs = match passage.new.sender {
        Sender::Person(_) => standing.is_sender,
        Sender::Link(_) | Sender::Machine(_) => standing.is_receiver,
    };
    is_theirs && passage.state == State::Delivered
}

/// What waits for the caller to decide on or to look at, the oldest first.
pub(crate) async fn waiting(
    work: &mut Work,
    permits: &Permits,
    caller: &Caller,
) -> Result<Vec<Waiting>, TransferError> {
    let mut found: Vec<Waiting> = Vec::new();
    for permit in permits.waiting(work, caller, WAITING_MAX).await? {
        if permit.kind != TRANSFER.name {
            continue;
        }
        let named = permit.scope.text("passage").and_then(|id| PassageId::parse(id).ok());
        let Some(id) = named else { continue };
        if found.iter().any(|one| one.passage.id == id) {
            continue;
        }
        let passage = passages::find(work, id).await?;
        let is_open = passage.state == State::Held && passage.approved_by != Some(caller.person);
        if is_open {
            found.push(Waiting { passage, permit: Some(permit) });
        }
    }
    let filter = Filter { state: None, after: None, limit: WAITING_MAX };
    for passage in passages::held(work, &filter).await?.rows {
        let is_known = found.iter().any(|one| one.passage.id == passage.id);
        if is_known || !passage.still_wanted().look {
            continue;
        }
        let standing = rights::standing(work, permits, caller, &passage).await?;
        if standing.looks(&passage) {
            found.push(Waiting { passage, permit: None });
        }
    }
    found.sort_by_key(|one| one.passage.id);
    Ok(found)
}

/// Asks whoever sent a held passage something. It stays held.
pub(crate) async fn ask(
    work: &mut Work,
    caller: &Caller,
    (passage, standing): (&Passage, &Standing),
    question: &Words,
) -> Result<QuestionId, TransferError> {
    let asked = whom_to_ask(passage, standing);
    let is_open = passage.state == State::Held && standing.decides();
    let Some(asked) = asked.filter(|asked| is_open && *asked != caller.person) else {
        return Err(TransferError::NobodyToAsk);
    };
    let before = asking::questions(work, passage.id, QUESTIONS_MAX).await?;
    if before.len() >= QUESTIONS_MAX as usize {
        return Err(TransferError::TooManyQuestions);
    }
    let row = Asked {
        id: work.new_id(),
        passage: passage.id,
        asker: caller.person,
        asked_for: caller.acting_for,
        asked,
        question: question.as_str().to_owned(),
        asked_at: work.now(),
        answer: None,
        answered_at: None,
    };
    asking::add_question(work, &row).await?;
    let entry = caller
        .entry(ASKED, Subject::new(SUBJECT, passage.id))
        .with("question", row.id)
        .with("sha256", sha256(row.question.as_bytes()))
        .with("asked", asked);
    records::append(work, &entry).await?;
    Ok(row.id)
}

/// Who answers for a passage: its sender, or whoever asked for its permits.
pub(crate) fn whom_to_ask(passage: &Passage, standing: &Standing) -> Option<PersonId> {
    match passage.new.sender {
        Sender::Person(person) => Some(person),
        Sender::Link(_) | Sender::Machine(_) => {
            standing.permits.first().map(|permit| permit.applicant)
        }
    }
}

/// Answers a question that was asked of the caller.
pub(crate) async fn answer(
    work: &mut Work,
    caller: &Caller,
    (passage, question): (PassageId, QuestionId),
    answer: &Words,
) -> Result<(), TransferError> {
    let text = answer.as_str();
    if !asking::answer(work, (passage, question), caller.person, text).await? {
        return Err(TransferError::NoQuestion);
    }
    let entry = caller
        .entry(ANSWERED, Subject::new(SUBJECT, passage))
        .with("question", question)
        .with("sha256", sha256(text.as_bytes()));
    records::append(work, &entry).await?;
    Ok(())
}

/// Registers the caller's own age recipient, or takes it away.
pub(crate) async fn register(
    work: &mut Work,
    caller: &Caller,
    recipient: Option<&str>,
) -> Result<(), TransferError> {
    containers::register(work, caller.person, recipient).await?;
    let entry = caller
        .entry(RECIPIENT, Subject::new("person", caller.person))
        .with("recipient", recipient.unwrap_or_default().to_owned());
    records::append(work, &entry).await?;
    Ok(())
}

fn owners(body: BodyId, passage: PassageId) -> (String, String) {
    (body.to_string(), passage.to_string())
}

fn binding((body, owner): &(String, String)) -> Binding<'_> {
    Binding { body, owner, purpose: PASSPHRASE }
}

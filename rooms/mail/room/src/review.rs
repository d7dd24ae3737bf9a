//! Who looks at held mails in others' place: people who were named for a
//! section, and operators for the whole body. What was delivered is nobody's to
//! look at but its receiver's.

use identity::{Caller, Duty, PersonId, SectionId, people, sections};
use passages::{Passage, State};
use records::{Action, Subject};
use store::Work;

use crate::error::MailError;
use crate::tables::letters::{self, Hit, Leg, Search};
use crate::tables::reviewers::{self, Reviewer};

const NAMED: Action = Action::new("mail.reviewer-named");
const WITHDRAWN: Action = Action::new("mail.reviewer-withdrawn");
const LOOKED: Action = Action::new("mail.held-looked-at");

/// Whose held mails somebody may look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Everybody's of the body.
    All,
    /// Those of these mailboxes.
    Of(Vec<String>),
}

impl Reach {
    /// True where there is nobody.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Of(mailboxes) if mailboxes.is_empty())
    }
}

/// Whose held mails the caller may look at.
///
/// # Errors
/// If the store cannot be read.
pub(crate) async fn reach(work: &mut Work, caller: &Caller) -> Result<Reach, MailError> {
    caller.demand_body(work)?;
    if caller.duties.has(Duty::OperateSystem) {
        return Ok(Reach::All);
    }
    Ok(Reach::Of(reviewers::mailboxes_of(work, caller.person).await?))
}

/// True if the caller may look at a passage in its receiver's place. Only what
/// waits, or will never be delivered, is looked at by others.
pub(crate) async fn may(
    work: &mut Work,
    caller: &Caller,
    (passage, leg): (&Passage, &Leg),
) -> Result<bool, MailError> {
    let is_open_to = match passage.state {
        State::Held => true,
        State::Locked | State::Refused | State::Quarantined => {
            caller.duties.has(Duty::OperateSystem)
        }
        State::Received | State::Delivered | State::Ended => false,
    };
    if !is_open_to {
        return Ok(false);
    }
    Ok(match reach(work, caller).await? {
        Reach::All => true,
        Reach::Of(mailboxes) => mailboxes.contains(&leg.receiver),
    })
}

/// Records that somebody read a mail that is another's.
///
/// # Errors
/// If the store cannot be written.
pub(crate) async fn record(
    work: &mut Work,
    caller: &Caller,
    passage: passages::PassageId,
) -> Result<(), MailError> {
    let entry = caller.entry(LOOKED, Subject::new("passage", passage));
    records::append(work, &entry).await?;
    Ok(())
}

/// Finds held mails in the caller's reach.
///
/// # Errors
/// [`MailError::NotThere`] for who looks for nobody.
pub async fn search(
    work: &mut Work,
    caller: &Caller,
    asked: &Search,
) -> Result<Vec<Hit>, MailError> {
    let reach = reach(work, caller).await?;
    if reach.is_empty() {
        return Err(MailError::NotThere);
    }
    let (receivers, state) = match reach {
        Reach::All => (None, asked.state.unwrap_or(State::Held)),
        Reach::Of(mailboxes) => (Some(mailboxes), State::Held),
    };
    // What was delivered is not searched by others.
    let state = match state {
        State::Held | State::Locked | State::Refused | State::Quarantined => state,
        State::Received | State::Delivered | State::Ended => State::Held,
    };
    let search = Search { receivers, state: Some(state), ..asked.clone() };
    Ok(letters::search(work, &search).await?)
}

/// Everybody who was named; for those who manage the system.
///
/// # Errors
/// If the caller may not.
pub(crate) async fn all(work: &mut Work, caller: &Caller) -> Result<Vec<Reviewer>, MailError> {
    caller.demand_body(work)?;
    caller.demand(Duty::ManageSystem)?;
    Ok(reviewers::all(work).await?)
}

/// Names somebody for a section.
///
/// # Errors
/// If the caller may not, or there is no such person or section.
pub async fn name(
    work: &mut Work,
    caller: &Caller,
    (section, person): (SectionId, PersonId),
) -> Result<(), MailError> {
    caller.demand_body(work)?;
    caller.demand(Duty::ManageSystem)?;
    sections::find(work, section).await?;
    people::find(work, person).await?;
    let reviewer = Reviewer { section, person, made_at: work.now() };
    if reviewers::add(work, &reviewer).await? {
        let entry = caller
            .entry(NAMED, Subject::new("section", section))
            .with("person", person.to_string());
        records::append(work, &entry).await?;
    }
    Ok(())
}

/// Takes it back.
///
/// # Errors
/// [`MailError::NotThere`]; if the caller may not.
pub async fn withdraw(
    work: &mut Work,
    caller: &Caller,
    (section, person): (SectionId, PersonId),
) -> Result<(), MailError> {
    caller.demand_body(work)?;
    caller.demand(Duty::ManageSystem)?;
    if !reviewers::remove(work, section, person).await? {
        return Err(MailError::NotThere);
    }
    let entry = caller
        .entry(WITHDRAWN, Subject::new("section", section))
        .with("person", person.to_string());
    records::append(work, &entry).await?;
    Ok(())
}

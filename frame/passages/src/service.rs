//! What happens to passages: each step changes one row and appends one entry
//! to the ledger, in the same unit of work.

use base::Timestamp;
use identity::{Caller, PersonId};
use permits::PermitId;
use records::{Action, Actor, Entry, Origin, Subject};
use store::Work;

use crate::error::PassageError;
use crate::life::{State, Step};
use crate::list::FILES;
use crate::passage::{Conclusion, Kept, NewPassage, Passage, PassageId, Receiver, Sealed, Sender};
use crate::tables;

const RECEIVED: Action = Action::new("passage.received");
const LOCKED: Action = Action::new("passage.locked");
const HELD: Action = Action::new("passage.held");
const DELIVERED: Action = Action::new("passage.delivered");
const REFUSED: Action = Action::new("passage.refused");
const QUARANTINED: Action = Action::new("passage.quarantined");
const LOOKED: Action = Action::new("passage.looked-at");
const APPROVED: Action = Action::new("passage.approved");
const FETCHED: Action = Action::new("passage.fetched");
const ENDED: Action = Action::new("passage.ended");
const ORIGINAL_DESTROYED: Action = Action::new("passage.original-destroyed");

const SUBJECT: &str = "passage";

/// Takes what somebody brings. Unless it is decided before `ends_at`, it is
/// refused then.
///
/// # Errors
/// Nothing was taken.
pub async fn receive(
    work: &mut Work,
    entry_by: impl FnOnce(Action, Subject) -> Entry,
    new: NewPassage,
    ends_at: Timestamp,
) -> Result<Passage, PassageError> {
    let passage = Passage {
        id: work.new_id(),
        version: 1,
        state: State::Received,
        new,
        outcome: None,
        approvals: 0,
        approved_by: None,
        looked_by: None,
        made_at: work.now(),
        decided_at: None,
        delivered_at: None,
        fetched_at: None,
        ends_at,
    };
    tables::insert(work, &passage).await?;
    let new = &passage.new;
    let (_, receiver) = tables::receiver_words(new.receiver);
    let mut entry = entry_by(RECEIVED, Subject::new(SUBJECT, passage.id))
        .with("from", new.crossing.from().name())
        .with("to", new.crossing.to().name())
        .with("way", new.way.clone())
        .with("receiver", receiver)
        .with("class", new.class.clone())
        .with("bytes", count(new.bytes))
        .with("sha256", new.sha256.clone());
    if let Sender::Link(permit) = new.sender {
        entry = entry.on_permit(permit);
    }
    records::append(work, &entry).await?;
    Ok(passage)
}

/// Reads a passage.
///
/// # Errors
/// [`PassageError::NotThere`].
pub async fn find(work: &mut Work, id: PassageId) -> Result<Passage, PassageError> {
    tables::find(work, id, false).await?.ok_or(PassageError::NotThere)
}

/// Writes down how the treatment came out. What is delivered at once is kept
/// until `delivered_until`.
///
/// # Errors
/// [`PassageError::NotNow`] if it was concluded before.
pub async fn conclude(
    work: &mut Work,
    id: PassageId,
    conclusion: Conclusion,
    delivered_until: Timestamp,
) -> Result<Passage, PassageError> {
    let passage = locked(work, id).await?.concluded(conclusion, work.now())?;
    let action = match passage.state {
        State::Locked => LOCKED,
        State::Held => HELD,
        State::Quarantined => QUARANTINED,
        State::Delivered => DELIVERED,
        State::Received | State::Refused | State::Ended => REFUSED,
    };
    let entry = verdict(by_program(action, &passage), &passage);
    keep(work, passage, entry, delivered_until).await
}

/// Somebody looked at it: `answers` is what they said, `is_fine` whether that
/// lets it pass. The sender cannot be that person.
///
/// # Errors
/// [`PassageError::Own`], [`PassageError::NotNow`].
pub async fn looked(
    work: &mut Work,
    caller: &Caller,
    id: PassageId,
    answers: &str,
    is_fine: bool,
    delivered_until: Timestamp,
) -> Result<Passage, PassageError> {
    caller.demand_body(work)?;
    let held = locked(work, id).await?;
    let entry = caller
        .entry(LOOKED, Subject::new(SUBJECT, id))
        .with("answers", answers.to_owned())
        .with("passes", i64::from(is_fine));
    records::append(work, &entry).await?;
    let now = work.now();
    let passage =
        if is_fine { held.looked(caller.person, now)? } else { held.odd(caller.person, now)? };
    finish(work, passage, delivered_until).await
}

/// A permit that another person granted lets it through, as one of the
/// approvals that its rule asks for.
///
/// # Errors
/// [`PassageError::Own`], [`PassageError::SameApprover`],
/// [`PassageError::NotNow`].
pub async fn approved(
    work: &mut Work,
    id: PassageId,
    by: PersonId,
    permit: PermitId,
    delivered_until: Timestamp,
) -> Result<Passage, PassageError> {
    let passage = locked(work, id).await?.approved(by, work.now())?;
    let entry = by_program(APPROVED, &passage).on_permit(permit).with("approver", by);
    records::append(work, &entry).await?;
    finish(work, passage, delivered_until).await
}

/// Does not let it through.
///
/// # Errors
/// [`PassageError::NotNow`].
pub async fn refuse(
    work: &mut Work,
    id: PassageId,
    entry_by: impl FnOnce(Action, Subject) -> Entry,
    why: &str,
    until: Timestamp,
) -> Result<Passage, PassageError> {
    let passage = locked(work, id).await?.refused(work.now())?;
    let entry = entry_by(REFUSED, Subject::new(SUBJECT, id)).with("why", why.to_owned());
    keep(work, passage, entry, until).await
}

/// The receiver takes it. Whoever may see it is asked here: the person it was
/// sent to, or anybody of the section.
///
/// # Errors
/// [`PassageError::NotThere`], [`PassageError::NotNow`].
pub async fn fetch(
    work: &mut Work,
    caller: &Caller,
    id: PassageId,
) -> Result<(Passage, Kept), PassageError> {
    caller.demand_body(work)?;
    let passage = locked(work, id).await?;
    let is_theirs = match passage.new.receiver {
        Receiver::Person(person) => person == caller.person,
        Receiver::Section(section) => caller.sections.contains(&section),
        Receiver::Asker => false,
    };
    if !is_theirs || passage.new.room != FILES {
        return Err(PassageError::NotThere);
    }
    hand_over(work, passage, |action, subject| caller.entry(action, subject)).await
}

/// A machine takes it to where its receiver wants things: a folder of theirs.
///
/// # Errors
/// [`PassageError::NotThere`] for what another gets, [`PassageError::NotNow`].
pub async fn fetch_for(
    work: &mut Work,
    receiver: Receiver,
    entry_by: impl FnOnce(Action, Subject) -> Entry,
    id: PassageId,
) -> Result<(Passage, Kept), PassageError> {
    let passage = locked(work, id).await?;
    if passage.new.receiver != receiver {
        return Err(PassageError::NotThere);
    }
    hand_over(work, passage, entry_by).await
}

async fn hand_over(
    work: &mut Work,
    mut passage: Passage,
    entry_by: impl FnOnce(Action, Subject) -> Entry,
) -> Result<(Passage, Kept), PassageError> {
    let now = work.now();
    let not_now = PassageError::NotNow { state: passage.state, step: Step::Fetch };
    passage = passage.step(Step::Fetch)?;
    let kept = passage.outcome.as_ref().and_then(|outcome| outcome.output.clone());
    let kept = kept.filter(|_| now < passage.ends_at).ok_or(not_now)?;
    passage.fetched_at = passage.fetched_at.or(Some(now));
    let entry =
        entry_by(FETCHED, Subject::new(SUBJECT, passage.id)).with("sha256", kept.sha256.clone());
    tables::update(work, &passage).await?;
    records::append(work, &entry).await?;
    Ok((passage, kept))
}

/// Forgets what is kept of a passage whose time is over; what is still open is
/// refused first. Says which blobs nobody needs any more: destroy them after
/// the commit.
///
/// # Errors
/// [`PassageError::NotThere`].
pub async fn end(work: &mut Work, id: PassageId) -> Result<Vec<String>, PassageError> {
    let passage = locked(work, id).await?;
    if passage.state == State::Ended || work.now() < passage.ends_at {
        return Ok(Vec::new());
    }
    end_now(work, passage).await
}

/// As [`end`], whatever the time.
///
/// # Errors
/// If the store or the ledger does not take it.
pub async fn end_now(work: &mut Work, mut passage: Passage) -> Result<Vec<String>, PassageError> {
    let id = passage.id;
    if passage.state.is_open() {
        passage = passage.refused(work.now())?;
        let entry = by_program(REFUSED, &passage).with("why", "time");
        tables::update(work, &passage).await?;
        records::append(work, &entry).await?;
        passage = locked(work, id).await?;
    }
    let blobs = blobs(&passage);
    let was_fetched = passage.fetched_at.is_some();
    let passage = passage.ended()?;
    let entry = by_program(ENDED, &passage).with("fetched", i64::from(was_fetched));
    tables::update(work, &passage).await?;
    records::append(work, &entry).await?;
    unneeded(work, blobs).await
}

/// Forgets a decided passage's original; says which blob nobody needs any more.
///
/// # Errors
/// [`PassageError::NotNow`] while it is open.
pub async fn destroy_original(work: &mut Work, id: PassageId) -> Result<Vec<String>, PassageError> {
    let mut passage = locked(work, id).await?;
    if passage.state.is_open() {
        return Err(PassageError::NotNow { state: passage.state, step: Step::End });
    }
    let Some(Sealed { blob, .. }) = passage.new.original.take() else { return Ok(Vec::new()) };
    let entry = by_program(ORIGINAL_DESTROYED, &passage).with("sha256", passage.new.sha256.clone());
    tables::update(work, &passage).await?;
    records::append(work, &entry).await?;
    unneeded(work, vec![blob]).await
}

async fn locked(work: &mut Work, id: PassageId) -> Result<Passage, PassageError> {
    tables::find(work, id, true).await?.ok_or(PassageError::NotThere)
}

/// After a person's step: still held, or through, or refused.
async fn finish(
    work: &mut Work,
    passage: Passage,
    delivered_until: Timestamp,
) -> Result<Passage, PassageError> {
    let action = match passage.state {
        State::Delivered => DELIVERED,
        State::Refused => REFUSED,
        State::Received | State::Locked | State::Held | State::Quarantined | State::Ended => {
            tables::update(work, &passage).await?;
            return find(work, passage.id).await;
        }
    };
    let entry = verdict(by_program(action, &passage), &passage);
    keep(work, passage, entry, delivered_until).await
}

async fn keep(
    work: &mut Work,
    mut passage: Passage,
    entry: Entry,
    until: Timestamp,
) -> Result<Passage, PassageError> {
    if !passage.state.is_open() {
        passage.ends_at = until;
    }
    tables::update(work, &passage).await?;
    records::append(work, &entry).await?;
    passage.version = passage.version.saturating_add(1);
    Ok(passage)
}

fn by_program(action: Action, passage: &Passage) -> Entry {
    let subject = Subject::new(SUBJECT, passage.id);
    Entry::new(Actor::System("passages"), action, subject, Origin::Job)
}

/// What was decided, by which rule, and what of it leaves.
fn verdict(entry: Entry, passage: &Passage) -> Entry {
    let Some(outcome) = &passage.outcome else { return entry };
    let mut entry = entry
        .with("verdict", outcome.verdict.name())
        .with("treat-rule", outcome.treat_rule.clone())
        .with("treatment", outcome.treatment.clone())
        .with("release-rule", outcome.release_rule.clone())
        .with("type", outcome.format.clone())
        .with("removed", count(outcome.removed));
    if let Some(persons) = outcome.persons {
        entry = entry.with("persons", count(persons));
    }
    if let Some(output) = &outcome.output {
        entry = entry.with("sha256-out", output.sha256.clone());
    }
    entry
}

fn blobs(passage: &Passage) -> Vec<String> {
    let output = passage.outcome.as_ref().and_then(|outcome| outcome.output.as_ref());
    let sealed = [passage.new.original.as_ref(), output.map(|kept| &kept.sealed)];
    sealed.into_iter().flatten().map(|sealed| sealed.blob.clone()).collect()
}

async fn unneeded(work: &mut Work, blobs: Vec<String>) -> Result<Vec<String>, PassageError> {
    let mut free = Vec::new();
    for blob in blobs {
        if !tables::is_kept(work, &blob).await? {
            free.push(blob);
        }
    }
    Ok(free)
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

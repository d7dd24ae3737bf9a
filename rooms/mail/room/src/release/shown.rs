//! What people see of mails: whose a mail is, who else may look at it, all that
//! is known of one, and the search over one's own.

use identity::{Caller, Duty};
use passages::{Passage, PassageId, Receiver};
use permits::Permits;
use store::Work;

use crate::error::MailError;
use crate::report::{Found, LegReport};
use crate::review;
use crate::service::own_mailboxes;
use crate::tables::deliveries::{self, Delivery};
use crate::tables::letters::{self, Hit, Leg, Letter, Search};
use crate::tables::locks::{self, Lock};
use crate::tables::rules as rows;

/// A mail as its receiver sees it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The passage.
    pub passage: Passage,
    /// Its part of the mail.
    pub leg: Leg,
    /// The mail.
    pub letter: Letter,
    /// What was found in it.
    pub found: Found,
    /// What was decided for this receiver.
    pub decided: LegReport,
    /// Its text, while it is kept.
    pub text: Option<String>,
    /// What waits for a password: the passage and its lock.
    pub lock: Option<Lock>,
    /// What was handed over, or is to be.
    pub deliveries: Vec<Delivery>,
}

/// A passage that the caller receives, or decides on in its receiver's place,
/// with its part of the mail.
///
/// # Errors
/// [`MailError::NotThere`] for everybody else.
pub(crate) async fn received(
    work: &mut Work,
    caller: &Caller,
    id: PassageId,
) -> Result<(Passage, Leg), MailError> {
    caller.demand_body(work)?;
    let leg = letters::leg(work, id).await?.ok_or(MailError::NotThere)?;
    let passage = passages::find(work, id).await?;
    let may = is_receiver(caller, &passage) || review::may(work, caller, (&passage, &leg)).await?;
    if may { Ok((passage, leg)) } else { Err(MailError::NotThere) }
}

/// A passage that the caller receives, with its part of the mail.
///
/// # Errors
/// [`MailError::NotThere`] for everybody else.
pub(crate) async fn own(
    work: &mut Work,
    caller: &Caller,
    id: PassageId,
) -> Result<(Passage, Leg), MailError> {
    caller.demand_body(work)?;
    let leg = letters::leg(work, id).await?.ok_or(MailError::NotThere)?;
    let passage = passages::find(work, id).await?;
    if is_receiver(caller, &passage) { Ok((passage, leg)) } else { Err(MailError::NotThere) }
}

/// True for the person, or anybody of the section, that a mail is for.
pub(crate) fn is_receiver(caller: &Caller, passage: &Passage) -> bool {
    match passage.new.receiver {
        Receiver::Person(person) => person == caller.person,
        Receiver::Section(section) => caller.sections.contains(&section),
        Receiver::Asker => false,
    }
}

/// Shows a mail to its receiver, or to somebody who may approve its release and
/// was asked.
///
/// # Errors
/// [`MailError::NotThere`].
pub async fn show(
    work: &mut Work,
    permits: &Permits,
    caller: &Caller,
    id: PassageId,
) -> Result<Shown, MailError> {
    caller.demand_body(work)?;
    let leg = letters::leg(work, id).await?.ok_or(MailError::NotThere)?;
    let passage = passages::find(work, id).await?;
    if !is_receiver(caller, &passage) && !is_asked(work, permits, caller, id).await? {
        return Err(MailError::NotThere);
    }
    gather(work, passage, leg).await
}

/// Shows a held mail to whoever decides in its receiver's place, and records
/// that they saw it: there is no look without its record.
///
/// # Errors
/// [`MailError::NotThere`].
pub(crate) async fn show_other(
    work: &mut Work,
    caller: &Caller,
    id: PassageId,
) -> Result<Shown, MailError> {
    caller.demand_body(work)?;
    let leg = letters::leg(work, id).await?.ok_or(MailError::NotThere)?;
    let passage = passages::find(work, id).await?;
    if !review::may(work, caller, (&passage, &leg)).await? {
        return Err(MailError::NotThere);
    }
    review::record(work, caller, id).await?;
    gather(work, passage, leg).await
}

/// Shows a mail to whoever may for another reason than receiving it.
///
/// # Errors
/// [`MailError::NotThere`].
pub(crate) async fn shown(work: &mut Work, id: PassageId) -> Result<Shown, MailError> {
    let leg = letters::leg(work, id).await?.ok_or(MailError::NotThere)?;
    let passage = passages::find(work, id).await?;
    gather(work, passage, leg).await
}

async fn gather(work: &mut Work, passage: Passage, leg: Leg) -> Result<Shown, MailError> {
    let letter = letters::find(work, leg.letter, false).await?.ok_or(MailError::NotThere)?;
    let found: Found =
        letter.report.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
    let decided = match &passage.outcome {
        Some(outcome) => serde_json::from_str(&outcome.report)?,
        None => LegReport::default(),
    };
    let mut lock = None;
    for other in letters::legs(work, letter.id).await? {
        if other.receiver == leg.receiver && lock.is_none() {
            lock = locks::find(work, other.passage, false).await?;
        }
    }
    let all = deliveries::of_letter(work, letter.id).await?;
    let deliveries = all.into_iter().filter(|one| one.receiver == leg.receiver).collect();
    let text = letters::text(work, letter.id).await?;
    Ok(Shown { passage, leg, letter, found, decided, text, lock, deliveries })
}

pub(crate) async fn is_asked(
    work: &mut Work,
    permits: &Permits,
    caller: &Caller,
    id: PassageId,
) -> Result<bool, MailError> {
    for permit in rows::approvals(work, id).await? {
        match permits.find(work, caller, permit).await {
            Ok(permit) if caller.duties.has_for(Duty::ApproveExport, permit.section) => {
                return Ok(true);
            }
            Ok(_) | Err(permits::PermitError::NotThere) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

/// Finds mails. The caller sees those of their own mailboxes; who manages the
/// system sees where all of the body's stand.
///
/// # Errors
/// If the store cannot be read.
pub async fn search(
    work: &mut Work,
    caller: &Caller,
    asked: &Search,
) -> Result<Vec<Hit>, MailError> {
    let own = own_mailboxes(work, caller).await?;
    let own: Vec<String> = own.into_iter().map(|mailbox| mailbox.address).collect();
    let receivers = match &asked.receivers {
        None => own,
        Some(asked) => asked.iter().filter(|one| own.contains(one)).cloned().collect(),
    };
    let search = Search { receivers: Some(receivers), ..asked.clone() };
    Ok(letters::search(work, &search).await?)
}

//! What is shown of mails that leave: to their senders, to those who operate the
//! system, to whoever was asked to approve one.

use identity::{Caller, Duty};
use passages::Passage;
use permits::Permits;
use store::Work;

use super::weigh::Weighed;
use crate::error::MailError;
use crate::release::is_asked;
use crate::report::Found;
use crate::tables::deliveries::{self, Delivery};
use crate::tables::letters::{self, Letter, LetterId};
use crate::tables::links::{self, Link};
use crate::tables::mailboxes::Owner;
use crate::tables::outgoing::{self, Leaving, Outgoing};

/// One line of a list.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where it stands.
    pub row: Outgoing,
    /// Receivers.
    pub receivers: i64,
    /// Its subject; only for its sender.
    pub subject: Option<String>,
    /// When it came.
    pub received_at: base::Timestamp,
    /// True if the caller is its sender.
    pub is_mine: bool,
}

/// One mail.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Where it stands.
    pub row: Outgoing,
    /// The mail.
    pub letter: Letter,
    /// Its passage.
    pub passage: Passage,
    /// What was found in it.
    pub found: Found,
    /// What was decided; nothing until it was read.
    pub weighed: Option<Weighed>,
    /// Whom it is for.
    pub receivers: Vec<String>,
    /// Attachments behind links.
    pub links: Vec<Link>,
    /// What was handed over, or is to be.
    pub deliveries: Vec<Delivery>,
    /// Its text, for its sender, while it is kept and names nobody.
    pub text: Option<String>,
    /// True if the caller is its sender.
    pub is_mine: bool,
}

/// True for the person, or anybody of the section, that a mail comes from.
pub(super) fn is_sender(caller: &Caller, row: &Outgoing) -> bool {
    match row.owner {
        Owner::Person(person) => person == caller.person,
        Owner::Section(section) => caller.sections.contains(&section),
    }
}

/// Mails that leave, newest first: the caller's own and their sections'; with
/// `all`, the whole body's, for those who operate the system.
///
/// # Errors
/// If the caller may not.
pub async fn list(
    work: &mut Work,
    caller: &Caller,
    all: bool,
    (state, after): (Option<Leaving>, Option<LetterId>),
    limit: u32,
) -> Result<Vec<Line>, MailError> {
    caller.demand_body(work)?;
    let mut owners = vec![Owner::Person(caller.person)];
    owners.extend(caller.sections.iter().copied().map(Owner::Section));
    if all {
        caller.demand(Duty::OperateSystem)?;
    }
    let owners = (!all).then_some(owners.as_slice());
    let mut lines = Vec::new();
    for (row, receivers) in outgoing::list(work, owners, (state, after), limit).await? {
        let letter = letters::find(work, row.letter, false).await?.ok_or(MailError::NotThere)?;
        let is_mine = is_sender(caller, &row);
        let subject = letter.subject.filter(|_| is_mine);
        let received_at = letter.received_at;
        lines.push(Line { row, receivers, subject, received_at, is_mine });
    }
    Ok(lines)
}

/// Shows one.
///
/// # Errors
/// [`MailError::NotThere`] for everybody else.
pub async fn show(
    work: &mut Work,
    permits: &Permits,
    caller: &Caller,
    id: LetterId,
) -> Result<Shown, MailError> {
    caller.demand_body(work)?;
    let row = outgoing::find(work, id, false).await?.ok_or(MailError::NotThere)?;
    let is_mine = is_sender(caller, &row);
    let operates = caller.duties.has(Duty::OperateSystem);
    if !is_mine && !operates && !is_asked(work, permits, caller, row.passage).await? {
        return Err(MailError::NotThere);
    }
    let letter = letters::find(work, id, false).await?.ok_or(MailError::NotThere)?;
    let passage = passages::find(work, row.passage).await?;
    let found: Found =
        letter.report.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
    let weighed = row.weighed.as_deref().map(serde_json::from_str).transpose()?;
    let receivers = outgoing::receivers(work, id).await?;
    let links = links::of_letter(work, id).await?;
    let deliveries = deliveries::of_letter(work, id).await?;
    let deliveries = deliveries.into_iter().filter(|one| receivers.contains(&one.receiver));
    let deliveries = deliveries.collect();
    let text = if is_mine { letters::text(work, id).await? } else { None };
    let text = text.filter(|text| !text.is_empty());
    Ok(Shown { row, letter, passage, found, weighed, receivers, links, deliveries, text, is_mine })
}

//! Senders that people list: a receiver for their mailboxes, an operator for the
//! body. Each listing is recorded, and taken back by whoever may make it.
//! Strangers' addresses do not stand in the ledger: their hashes do.

use identity::{Caller, Duty};
use passages::{PassageId, sha256};
use records::{Action, Subject};
use store::Work;

use crate::error::MailError;
use crate::release;
use crate::service::{address, own_mailboxes};
use crate::tables::letters;
use crate::tables::listed::{self as rows, EVERYBODY, How, Listed};

const ALLOWED: Action = Action::new("mail.sender-allowed");
const BLOCKED: Action = Action::new("mail.sender-blocked");
const UNLISTED: Action = Action::new("mail.sender-unlisted");

/// How a sender stands with the receiver of a mail, and its address.
///
/// # Errors
/// [`MailError::NotThere`] for everybody but its receiver.
pub(crate) async fn standing(
    work: &mut Work,
    caller: &Caller,
    id: PassageId,
) -> Result<(String, Option<How>), MailError> {
    let (_, leg) = release::own(work, caller, id).await?;
    let letter = letters::find(work, leg.letter, false).await?.ok_or(MailError::NotThere)?;
    let sender = letter.from_address.filter(|sender| sender.contains('@'));
    let sender = sender.ok_or(MailError::NotThere)?;
    let how = rows::about(work, &leg.receiver, &sender).await?;
    Ok((sender, how))
}

/// Lists the sender of a mail for the mailbox that it came to.
///
/// # Errors
/// [`MailError::NotThere`] for everybody but its receiver.
pub async fn list_sender(
    work: &mut Work,
    caller: &Caller,
    id: PassageId,
    how: How,
) -> Result<(), MailError> {
    let (sender, _) = standing(work, caller, id).await?;
    let (_, leg) = release::own(work, caller, id).await?;
    put(work, caller, &leg.receiver, &sender, how).await
}

/// Lists a sender, or `@domain`, for the whole body.
///
/// # Errors
/// [`MailError::Address`]; if the caller may not.
pub async fn list_for_body(
    work: &mut Work,
    caller: &Caller,
    sender: &str,
    how: How,
) -> Result<(), MailError> {
    caller.demand_body(work)?;
    caller.demand(Duty::OperateSystem)?;
    let sender = sender.trim().to_ascii_lowercase();
    // A domain is read as the address of somebody in it.
    let read = match sender.strip_prefix('@') {
        Some(domain) => address(&format!("a@{domain}")).map(|_| sender.clone()),
        None => address(&sender),
    };
    put(work, caller, EVERYBODY, &read.ok_or(MailError::Address)?, how).await
}

async fn put(
    work: &mut Work,
    caller: &Caller,
    receiver: &str,
    sender: &str,
    how: How,
) -> Result<(), MailError> {
    let row = Listed {
        receiver: receiver.to_owned(),
        sender: sender.to_owned(),
        how,
        person: caller.person,
        made_at: work.now(),
    };
    rows::set(work, &row).await?;
    let action = match how {
        How::Allow => ALLOWED,
        How::Block => BLOCKED,
    };
    let entry = caller.entry(action, subject(receiver)).with("sender", sha256(sender.as_bytes()));
    records::append(work, &entry).await?;
    Ok(())
}

/// Takes a listing back.
///
/// # Errors
/// [`MailError::NotThere`] where there is none, or it is not the caller's to
/// take back.
pub async fn unlist(
    work: &mut Work,
    caller: &Caller,
    receiver: &str,
    sender: &str,
) -> Result<(), MailError> {
    if receiver == EVERYBODY {
        caller.demand_body(work)?;
        caller.demand(Duty::OperateSystem)?;
    } else {
        let own = own_mailboxes(work, caller).await?;
        if !own.iter().any(|mailbox| mailbox.address == receiver) {
            return Err(MailError::NotThere);
        }
    }
    let how = rows::remove(work, receiver, sender).await?.ok_or(MailError::NotThere)?;
    let entry = caller
        .entry(UNLISTED, subject(receiver))
        .with("sender", sha256(sender.as_bytes()))
        .with("was", how.name());
    records::append(work, &entry).await?;
    Ok(())
}

/// The listings that the caller can take back: of their mailboxes, and the
/// body's where they operate the system.
///
/// # Errors
/// If the store cannot be read.
pub async fn all(work: &mut Work, caller: &Caller) -> Result<Vec<Listed>, MailError> {
    let mut all = Vec::new();
    for mailbox in own_mailboxes(work, caller).await? {
        all.extend(rows::of(work, &mailbox.address).await?);
    }
    if caller.duties.has(Duty::OperateSystem) {
        all.extend(rows::of(work, EVERYBODY).await?);
    }
    Ok(all)
}

fn subject(receiver: &str) -> Subject {
    let whose = if receiver == EVERYBODY { "body" } else { receiver };
    Subject::new("mailbox", whose)
}

//! Writes what came of a mail: its row, its passages with their verdicts, what is
//! handed over, what waits for a password. Everything in the caller's unit of
//! work.

use jobs::NewJob;
use mail_engine::Report;
use passages::{Conclusion, Outcome, State};
use store::Work;

use super::look::clean;
use super::{Looked, Ready, conclusion, names};
use crate::error::MailError;
use crate::handing;
use crate::intake::{ROOM, carried};
use crate::locks;
use crate::rules::Rules;
use crate::service::days;
use crate::tables::letters::{self, Known, Leg, Letter, Part};
use crate::tables::locks::{self as lock_rows, Lock};
use crate::tables::mailboxes::Mailbox;
use crate::tables::senders;

/// Decoded text that is kept for search, in characters.
const TEXT_CHARS_MAX: usize = 20_000;
/// Keys that hold a mail to its thread.
const THREAD_KEYS_MAX: usize = 50;
/// What was locked is looked at once more after so long.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(20);

/// Writes what came of a mail: its row, its passages, what is handed over.
pub(super) async fn write(
    work: &mut Work,
    letter: &Letter,
    looked: &Looked,
    rules: &Rules,
    ready: Vec<Ready>,
) -> Result<(), MailError> {
    let report = serde_json::to_string(&looked.found)?;
    let of = looked.found.report.as_ref();
    let subject = of.map(|report| clean(&report.subject)).unwrap_or_default();
    let from = of.and_then(|report| report.from.as_ref());
    let known = Known {
        subject: &subject,
        from_display: &from.map(|from| clean(&from.display)).unwrap_or_default(),
        from_address: &looked.from,
        message_id: of.and_then(|report| report.message_id.as_deref()),
        report: &report,
        text: &looked.text.chars().take(TEXT_CHARS_MAX).collect::<String>().replace('\0', " "),
    };
    letters::treated(work, letter.id, &known).await?;
    for key in of.map(thread_keys).unwrap_or_default() {
        letters::thread(work, letter.id, &key).await?;
    }
    for one in ready {
        if !looked.from.is_empty() {
            senders::wrote(work, &looked.from, &one.leg.receiver).await?;
        }
        conclude(work, letter, looked, rules, one).await?;
    }
    if !looked.from.is_empty() {
        locks::try_again(work, &looked.from, letter.id).await?;
    }
    Ok(())
}

async fn conclude(
    work: &mut Work,
    letter: &Letter,
    looked: &Looked,
    rules: &Rules,
    one: Ready,
) -> Result<(), MailError> {
    let Ready { leg, mailbox, decided, kept } = one;
    let until = work.now().plus(days(rules.keep.original_days));
    let conclusion = conclusion(Outcome { output: kept, ..decided.outcome });
    let passage = passages::conclude(work, leg.passage, conclusion, until).await?;
    letters::set_why(work, leg.passage, decided.why).await?;
    match passage.state {
        State::Delivered => handing::pass(work, letter, &leg).await?,
        // Held files are told of at once; the rest stands in the digest.
        State::Held if decided.is_for_file => handing::say(work, letter, &leg, "held").await?,
        State::Quarantined => handing::say(work, letter, &leg, "quarantined").await?,
        State::Refused => {
            let word = if decided.why == Some("unreadable") { "unreadable" } else { "refused" };
            handing::say(work, letter, &leg, word).await?;
        }
        State::Held | State::Received | State::Locked | State::Ended => {}
    }
    if decided.locked.is_empty() || passage.state == State::Quarantined {
        return Ok(());
    }
    lock(work, letter, looked, rules, (&leg, &mailbox, &decided.locked)).await
}

/// Makes the passage of what waits for a password.
async fn lock(
    work: &mut Work,
    letter: &Letter,
    looked: &Looked,
    rules: &Rules,
    (leg, mailbox, places): (&Leg, &Mailbox, &[usize]),
) -> Result<(), MailError> {
    let ends_at = work.now().plus(days(rules.keep.locked_days));
    let entry = |action: records::Action, subject: records::Subject| {
        let actor = records::Actor::System(ROOM);
        records::Entry::new(actor, action, subject, records::Origin::Job)
            .with("ident", letter.ident.clone())
    };
    let new = carried(letter, mailbox)?;
    let rest = passages::receive(work, entry, new, ends_at).await?;
    let own =
        Leg { passage: rest.id, part: Part::Rest, why: Some("password".to_owned()), ..leg.clone() };
    letters::add_leg(work, &own).await?;
    passages::conclude(work, rest.id, Conclusion::Locked, ends_at).await?;
    let row = Lock {
        passage: rest.id,
        sender: looked.from.clone(),
        files: names(&looked.files, places).join("\n"),
        tries: 0,
        tried_at: None,
    };
    lock_rows::add(work, &row).await?;
    // The mail with the password may be treated at this very moment, and neither
    // sees the other: look once more.
    let job = NewJob::new(locks::UNLOCK, format!("{}/own", rest.id), work.now().plus(LOOK_AGAIN));
    jobs::schedule(work, &job).await?;
    Ok(())
}

pub(crate) fn thread_keys(report: &Report) -> Vec<String> {
    let ids = report.message_id.iter().chain(&report.in_reply_to).chain(&report.references);
    ids.map(|id| id.chars().take(250).collect()).take(THREAD_KEYS_MAX).collect()
}

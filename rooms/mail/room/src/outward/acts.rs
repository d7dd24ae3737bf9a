//! What people do with a mail that leaves: call it back, send it now, confirm its
//! receivers, ask another person; and what that person's decision does. Each is
//! one unit of work, and of two that exclude each other one finds nothing to do.

use std::collections::BTreeMap;

use base::BodyId;
use identity::{Caller, PersonId};
use jobs::NewJob;
use passages::{PassageError, PassageId, State, Step};
use permits::{Application, Permit, PermitError, Permits};
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};

use super::LEAVE;
use super::leave::{gone, weighed};
use super::shown::is_sender;
use crate::error::MailError;
use crate::handing;
use crate::kind::MAIL_RELEASE;
use crate::report::Found;
use crate::service::{Service, days, rules_of};
use crate::tables::letters::{self, Known, Letter, LetterId, Standing};
use crate::tables::links;
use crate::tables::outgoing::{self, Leaving, Outgoing};
use crate::tables::rules as approvals;
use crate::treat::conclusion;

const CANCELLED: Action = Action::new("mail.cancelled");
const HURRIED: Action = Action::new("mail.sent-now");
const CONFIRMED: Action = Action::new("mail.receivers-confirmed");
const ASKED: Action = Action::new("mail.leave-asked");

/// What becomes of a confirmed mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// It leaves at its moment.
    Waits,
    /// Another person has to approve: ask them.
    NeedsApproval,
}

impl Service {
    /// Calls a mail back that has not left. After this it never leaves.
    ///
    /// # Errors
    /// [`MailError::NotThere`] for who is not its sender; if it has left, or was
    /// settled otherwise.
    pub async fn cancel(
        &self,
        store: &Store,
        permits: &Permits,
        caller: &Caller,
        id: LetterId,
    ) -> Result<(), MailError> {
        let mut work = store.begin(caller.body).await?;
        let (letter, row) = own(&mut work, caller, id, true).await?;
        let by = caller.person.to_string();
        let is_open = row.state.is_open();
        let steps = (row.state, Leaving::Cancelled);
        if !is_open || !outgoing::step(&mut work, id, steps, Some(&by)).await? {
            return Err(not_now(State::Delivered));
        }
        let until = work.now().plus(days(rules_of(&mut work).await?.keep.original_days));
        let entry = |action, subject| caller.entry(action, subject);
        passages::refuse(&mut work, row.passage, entry, "cancelled", until).await?;
        if letter.state == Standing::Received {
            unread(&mut work, id).await?;
        }
        if row.state == Leaving::Asked {
            withdraw(&mut work, permits, caller, row.passage).await?;
        }
        let mut free = links::shut(&mut work, id).await?;
        free.extend(row.prepared.as_ref().map(|sealed| sealed.blob.clone()));
        let entry = caller
            .entry(CANCELLED, Subject::new("mail", id))
            .with("passage", row.passage.to_string());
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        Ok(self.vault.destroy(caller.body, &free).await?)
    }

    /// Lets a waiting mail leave without waiting on.
    ///
    /// # Errors
    /// As [`Service::cancel`].
    pub async fn send_now(
        &self,
        store: &Store,
        caller: &Caller,
        id: LetterId,
    ) -> Result<(), MailError> {
        let mut work = store.begin(caller.body).await?;
        let (_, row) = own(&mut work, caller, id, true).await?;
        let now = work.now();
        if !outgoing::move_to(&mut work, id, now.min(row.leaves_at)).await? {
            return Err(not_now(State::Received));
        }
        jobs::schedule(&mut work, &NewJob::new(LEAVE, format!("{id}/now"), now)).await?;
        let entry = caller.entry(HURRIED, Subject::new("mail", id));
        records::append(&mut work, &entry).await?;
        Ok(work.commit().await?)
    }

    /// Confirms whom a mail is for; with `hides`, none of them sees another.
    ///
    /// # Errors
    /// As [`Service::cancel`]; if it does not wait for that.
    pub async fn confirm(
        &self,
        store: &Store,
        caller: &Caller,
        id: LetterId,
        hides: bool,
    ) -> Result<Confirmed, MailError> {
        let mut work = store.begin(caller.body).await?;
        let (_, row) = own(&mut work, caller, id, true).await?;
        let weighed = weighed(&row)?;
        let needs = !weighed.approve.is_empty();
        let to = if needs { Leaving::Ask } else { Leaving::Waiting };
        if !outgoing::step(&mut work, id, (Leaving::Confirm, to), None).await? {
            return Err(not_now(State::Received));
        }
        if hides {
            outgoing::hide(&mut work, id).await?;
        }
        if !needs {
            let job = NewJob::new(LEAVE, format!("{id}/confirmed"), row.leaves_at.max(work.now()));
            jobs::schedule(&mut work, &job).await?;
        }
        let count = i64::try_from(weighed.seen.len()).unwrap_or(i64::MAX);
        let entry = caller
            .entry(CONFIRMED, Subject::new("mail", id))
            .with("hidden", i64::from(hides))
            .with("seen", count);
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        Ok(if needs { Confirmed::NeedsApproval } else { Confirmed::Waits })
    }

    /// Asks another person to approve; the mail is sealed in its last form, so
    /// that what they approve is what leaves.
    ///
    /// # Errors
    /// As [`Service::cancel`]; if it does not wait for that.
    pub async fn ask_for(
        &self,
        store: &Store,
        permits: &Permits,
        caller: &Caller,
        id: LetterId,
    ) -> Result<(), MailError> {
        let body = caller.body;
        let mut work = store.read(body).await?;
        let (letter, row) = own(&mut work, caller, id, false).await?;
        drop(work);
        if row.state != Leaving::Ask {
            return Err(not_now(State::Received));
        }
        let output = self.last_form((store, body), &letter, &row).await?;
        let blob = output.sealed.blob.clone();
        let done = self.asked(store, permits, caller, (&letter, &row), output).await;
        match done {
            Ok(()) => self.forget_prepared(body, &row).await,
            Err(error) => {
                self.vault.destroy(body, &[blob]).await?;
                Err(error)
            }
        }
    }

    async fn asked(
        &self,
        store: &Store,
        permits: &Permits,
        caller: &Caller,
        (letter, row): (&Letter, &Outgoing),
        output: passages::Kept,
    ) -> Result<(), MailError> {
        let mut work = store.begin(caller.body).await?;
        let steps = (Leaving::Ask, Leaving::Asked);
        if !outgoing::step(&mut work, row.letter, steps, None).await? {
            return Err(not_now(State::Held));
        }
        let weighed = weighed(row)?;
        let until = work.now().plus(days(rules_of(&mut work).await?.keep.original_days));
        let outcome = weighed.outcome(Some(output))?;
        let rule = weighed.approve.join(" ");
        let passage =
            passages::conclude(&mut work, row.passage, conclusion(outcome), until).await?;
        let scope: BTreeMap<String, String> = [
            ("passage", row.passage.to_string()),
            ("subject", short(letter.subject.as_deref(), "(件名なし)", 200)),
            ("from", short(Some(&row.mailbox), "-", 254)),
            ("rule", short(Some(&rule), "-", 60)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let application = Application {
            kind: MAIL_RELEASE.name.to_owned(),
            beneficiary: None,
            purpose: "保留されたメールの庁外への送信".to_owned(),
            scope,
            starts_at: None,
            ends_at: passage.ends_at,
        };
        let permit = permits.apply_for(&mut work, caller.person, &application).await?;
        approvals::add_approval(&mut work, row.passage, permit.id).await?;
        let subject = Subject::new("passage", row.passage);
        let entry = caller.entry(ASKED, subject).on_permit(permit.id);
        records::append(&mut work, &entry).await?;
        Ok(work.commit().await?)
    }

    /// Ends what nobody decided on in time; says whether it did.
    pub(crate) async fn end_outward(
        &self,
        store: &Store,
        body: BodyId,
        passage: PassageId,
    ) -> Result<(), MailError> {
        let mut work = store.begin(body).await?;
        let Some(row) = outgoing::of_passage(&mut work, passage).await? else { return Ok(()) };
        if crate::tables::deliveries::is_open(&mut work, row.letter).await? {
            // What is promised is handed over first.
            return Ok(());
        }
        let mut free = passages::end(&mut work, passage).await?;
        let steps = (row.state, Leaving::Ended);
        if row.state.is_open() && outgoing::step(&mut work, row.letter, steps, None).await? {
            let letter = letters::find(&mut work, row.letter, false).await?;
            let letter = letter.ok_or(MailError::Row("a mail that leaves"))?;
            if letter.state == Standing::Received {
                unread(&mut work, row.letter).await?;
            }
            free.extend(links::shut(&mut work, row.letter).await?);
            free.extend(row.prepared.as_ref().map(|sealed| sealed.blob.clone()));
            handing::tell(&mut work, &letter, &row, "out-ended").await?;
        }
        work.commit().await?;
        Ok(self.vault.destroy(body, &free).await?)
    }
}

/// What another person's approval does: the mail leaves.
pub(crate) async fn approved(
    work: &mut Work,
    permit: &Permit,
    row: &Outgoing,
    by: PersonId,
) -> Result<(), PermitError> {
    let keep = rules_of(work).await.map_err(crate::kind::failed)?.keep;
    let until = work.now().plus(days(keep.original_days));
    match passages::approved(work, row.passage, by, permit.id, until).await {
        Ok(passage) if passage.state == State::Delivered => {
            let letter = letters::find(work, row.letter, false).await;
            let letter = letter.map_err(crate::kind::failed)?;
            let letter = letter.ok_or(PermitError::Unreadable("passage"))?;
            gone(work, &letter, row, Leaving::Asked).await.map_err(crate::kind::failed)
        }
        Ok(_) => Ok(()),
        Err(PassageError::Own) => Err(permits::NotApprover::Beneficiary.into()),
        Err(PassageError::SameApprover) => Err(permits::NotApprover::Before.into()),
        Err(error) => Err(crate::kind::failed(error)),
    }
}

/// What it does that nobody approved: the mail does not leave, and its sender is
/// told. A cancelled one stays as it is.
pub(crate) async fn forgone(
    work: &mut Work,
    permit: &Permit,
    row: &Outgoing,
) -> Result<(), MailError> {
    let steps = (Leaving::Asked, Leaving::Stopped);
    if !outgoing::step(work, row.letter, steps, None).await? {
        return Ok(());
    }
    let by = |action, subject| {
        Entry::new(Actor::System("mail"), action, subject, Origin::Job).on_permit(permit.id)
    };
    let until = work.now().plus(days(1));
    passages::refuse(work, row.passage, by, "permit", until).await?;
    let letter = letters::find(work, row.letter, false).await?.ok_or(MailError::NotThere)?;
    handing::tell(work, &letter, row, "out-denied").await
}

/// A mail of the caller's; with `lock`, held until the work ends.
async fn own(
    work: &mut Work,
    caller: &Caller,
    id: LetterId,
    lock: bool,
) -> Result<(Letter, Outgoing), MailError> {
    caller.demand_body(work)?;
    let row = outgoing::find(work, id, lock).await?.ok_or(MailError::NotThere)?;
    if !is_sender(caller, &row) {
        return Err(MailError::NotThere);
    }
    let letter = letters::find(work, id, false).await?.ok_or(MailError::NotThere)?;
    Ok((letter, row))
}

/// Says that a mail was never read: it was called back before.
async fn unread(work: &mut Work, id: LetterId) -> Result<(), MailError> {
    let known = Known {
        subject: "",
        from_display: "",
        from_address: "",
        message_id: None,
        report: &serde_json::to_string(&Found::default())?,
        text: "",
    };
    letters::treated(work, id, &known).await?;
    Ok(())
}

/// Takes back what was asked for; what another colleague asked for stays, and
/// its approval finds nothing to do.
async fn withdraw(
    work: &mut Work,
    permits: &Permits,
    caller: &Caller,
    passage: PassageId,
) -> Result<(), MailError> {
    for permit in approvals::approvals(work, passage).await? {
        match permits.withdraw(work, caller, permit).await {
            Ok(_) | Err(PermitError::NotYours | PermitError::NotNow(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn short(text: Option<&str>, none: &str, most: usize) -> String {
    let text: String = text.unwrap_or_default().chars().take(most).collect();
    if text.trim().is_empty() { none.to_owned() } else { text }
}

pub(super) fn not_now(state: State) -> MailError {
    PassageError::NotNow { state, step: Step::Deliver }.into()
}

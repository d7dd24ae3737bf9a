//! Lets a mail leave at its moment: its last form is written, signed and sealed,
//! its passage is decided on and its hand-overs are ordered in one unit of work,
//! by whoever moves its row.

use std::time::Duration;

use base::{BodyId, Task};
use jobs::{Claimed, Handler, JobError, Outcome, Policy};
use mail_engine::outgoing as writer;
use passages::{Kept, State};
use store::{Store, Work};

use super::{LEAVE, Weighed};
use crate::error::MailError;
use crate::handing;
use crate::service::{LEASE, MAIL_BYTES_MAX, Service, days, rules_of};
use crate::tables::letters::{self, Letter, LetterId};
use crate::tables::links;
use crate::tables::outgoing::{self, Leaving, Outgoing};
use crate::treat::conclusion;

/// What is written anew may be larger than what came: base64.
const PREPARED_BYTES_MAX: u64 = MAIL_BYTES_MAX as u64 * 3;
/// The longest pause before it is tried again.
const PAUSE_MAX: Duration = Duration::from_secs(600);

impl Service {
    /// Lets a mail leave whose moment has come.
    async fn leave(
        &self,
        store: &Store,
        body: BodyId,
        (job, id): (&Claimed, LetterId),
    ) -> Result<Outcome, MailError> {
        let mut work = store.read(body).await?;
        let Some(row) = outgoing::find(&mut work, id, false).await? else {
            return Ok(Outcome::Done);
        };
        if row.state != Leaving::Waiting {
            return Ok(Outcome::Done);
        }
        if work.now() < row.leaves_at {
            return Ok(Outcome::Again(row.leaves_at));
        }
        let letter = letters::find(&mut work, id, false).await?;
        let letter = letter.ok_or(MailError::Row("a mail that leaves"))?;
        drop(work);
        let output = match self.last_form((store, body), &letter, &row).await {
            Ok(output) => output,
            // Called back at this very moment, what was prepared is gone.
            Err(_) if !stands(store, body, id, Leaving::Waiting).await? => {
                return Ok(Outcome::Done);
            }
            Err(error) => return Err(error),
        };
        let blob = output.sealed.blob.clone();
        let mut work = store.begin(body).await?;
        let held = outgoing::find(&mut work, id, true).await?;
        let is_due = held.as_ref().is_some_and(|held| {
            held.state == Leaving::Waiting
                && held.leaves_at <= work.now()
                && held.is_hidden == row.is_hidden
        });
        if !is_due {
            drop(work);
            self.vault.destroy(body, &[blob]).await?;
            let now = store.clock().now();
            return Ok(held.map_or(Outcome::Done, |held| match held.state {
                Leaving::Waiting => Outcome::Again(held.leaves_at.max(now)),
                Leaving::Reading
                | Leaving::Confirm
                | Leaving::Ask
                | Leaving::Asked
                | Leaving::Gone
                | Leaving::Cancelled
                | Leaving::Stopped
                | Leaving::Ended => Outcome::Done,
            }));
        }
        let until = work.now().plus(days(rules_of(&mut work).await?.keep.original_days));
        let outcome = weighed(&row)?.outcome(Some(output))?;
        let passage =
            passages::conclude(&mut work, row.passage, conclusion(outcome), until).await?;
        if passage.state != State::Delivered {
            return Err(MailError::Row("a mail that leaves is not delivered"));
        }
        gone(&mut work, &letter, &row, Leaving::Waiting).await?;
        job.finish(&mut work).await?;
        work.commit().await?;
        self.forget_prepared(body, &row).await?;
        Ok(Outcome::Ended)
    }

    /// What leaves, as its receivers get it: without each other where that was
    /// chosen, and signed last.
    pub(super) async fn last_form(
        &self,
        (store, body): (&Store, BodyId),
        letter: &Letter,
        row: &Outgoing,
    ) -> Result<Kept, MailError> {
        let prepared = row.prepared.as_ref().ok_or(MailError::Row("what leaves"))?;
        let bytes = self.vault.give(body, letter.batch, prepared, PREPARED_BYTES_MAX).await?;
        let bytes = if row.is_hidden { writer::undisclosed(&bytes) } else { bytes };
        let from = letter.from_address.as_deref().unwrap_or(&row.mailbox);
        let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
        let signer = self.outward.as_ref().and_then(|outward| outward.signer(domain));
        let at = u64::try_from(store.clock().now().millis() / 1_000).unwrap_or(0);
        let bytes = match signer {
            Some(signer) => {
                signer.sign(domain, &bytes, at).map_err(|_| MailError::Row("a signature"))?
            }
            None => bytes,
        };
        self.keep((store, body), letter, &bytes).await
    }

    /// Destroys what was prepared, once its row does not name it.
    pub(super) async fn forget_prepared(
        &self,
        body: BodyId,
        row: &Outgoing,
    ) -> Result<(), MailError> {
        if let Some(prepared) = &row.prepared {
            self.vault.destroy(body, std::slice::from_ref(&prepared.blob)).await?;
        }
        Ok(())
    }
}

/// True while a mail stands where it stood.
async fn stands(
    store: &Store,
    body: BodyId,
    id: LetterId,
    state: Leaving,
) -> Result<bool, MailError> {
    let mut work = store.read(body).await?;
    let row = outgoing::find(&mut work, id, false).await?;
    Ok(row.is_some_and(|row| row.state == state))
}

/// What was decided about a mail.
pub(super) fn weighed(row: &Outgoing) -> Result<Weighed, MailError> {
    let text = row.weighed.as_deref().ok_or(MailError::Row("what was weighed"))?;
    Ok(serde_json::from_str(text)?)
}

/// Moves a mail to where nobody calls it back, opens its links and orders a
/// hand-over for each receiver. Whoever comes second changes nothing.
pub(super) async fn gone(
    work: &mut Work,
    letter: &Letter,
    row: &Outgoing,
    from: Leaving,
) -> Result<(), MailError> {
    if !outgoing::step(work, row.letter, (from, Leaving::Gone), None).await? {
        return Err(super::acts::not_now(State::Received));
    }
    links::open(work, row.letter).await?;
    for receiver in outgoing::receivers(work, row.letter).await? {
        handing::pass_to(work, letter, row.passage, &receiver).await?;
    }
    Ok(())
}

/// Lets mails leave.
pub(crate) struct Leaves {
    pub(crate) service: Service,
}

impl Handler for Leaves {
    fn kind(&self) -> jobs::Kind {
        LEAVE
    }

    fn policy(&self) -> Policy {
        // A full disk or a lost key is mended by people, not by giving up.
        Policy {
            attempts_max: 1_000,
            pause_max: PAUSE_MAX,
            at_once: 3,
            lease: LEASE,
            ..Policy::default()
        }
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            // What was ordered a second time has more behind the id.
            let id = job.key.split('/').next().unwrap_or_default();
            let (Some(body), Ok(id)) = (job.body, LetterId::parse(id)) else {
                return Ok(Outcome::Done);
            };
            self.service.leave(store, body, (job, id)).await.map_err(JobError::failed)
        })
    }
}

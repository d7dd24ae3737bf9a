//! Hands mails over to Postfix, each once. `offered` is committed before the
//! first byte goes; whoever finds it asks the witness, and only its "no" lets
//! the mail be offered again.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base::{BodyId, Task};
use jobs::{Claimed, Handler, JobError, NewJob, Outcome, Policy};
use passages::PassageId;
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};

use crate::error::MailError;
use crate::letter;
use crate::outside::{Envelope, Handed, Witness};
use crate::outward;
use crate::report::Found;
use crate::service::{LEASE, MAIL_BYTES_MAX, Service, rules_of};
use crate::tables::deliveries::{self, Delivery, DeliveryId, Handing, Load};
use crate::tables::letters::{self, Leg, Letter};
use crate::tables::outgoing::{self, Outgoing};

/// The job that hands one mail over; its key is the delivery's id.
pub(crate) const HAND: jobs::Kind = "mail.hand-over";

const TAKEN: Action = Action::new("mail.handed-over");
const NEVER: Action = Action::new("mail.not-carried");

/// The first pause after a "later"; it doubles up to the longest.
const PAUSE: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(600);
/// A witness that knows nothing certain is asked again so soon.
const WITNESS_PAUSE: Duration = Duration::from_secs(5);
/// What Postfix says, as far as it is kept, in characters.
const REASON_CHARS_MAX: usize = 300;
/// What is written anew for a delivery may be larger than what came: base64.
const LOAD_BYTES_MAX: usize = MAIL_BYTES_MAX * 2;

/// Has the mail of a delivered passage handed over.
pub(crate) async fn pass(work: &mut Work, letter: &Letter, leg: &Leg) -> Result<(), MailError> {
    let load = Load::Passage { passage: leg.passage, letter: letter.id };
    order(work, load, &letter.sender, &leg.receiver).await
}

/// Has what leaves handed over for one of its receivers.
pub(crate) async fn pass_to(
    work: &mut Work,
    letter: &Letter,
    passage: PassageId,
    receiver: &str,
) -> Result<(), MailError> {
    let load = Load::Passage { passage, letter: letter.id };
    order(work, load, &letter.sender, receiver).await
}

/// Has a word of ours about a mail that leaves sent to its sender.
pub(crate) async fn tell(
    work: &mut Work,
    letter: &Letter,
    row: &Outgoing,
    word: &str,
) -> Result<(), MailError> {
    let (passage, word) = (Some(row.passage), word.to_owned());
    let load = Load::Word { passage, letter: letter.id, word };
    order(work, load, "", &row.mailbox).await
}

/// Has a word of ours about a mail sent to its receiver. Nobody answers it.
pub(crate) async fn say(
    work: &mut Work,
    letter: &Letter,
    leg: &Leg,
    word: &str,
) -> Result<(), MailError> {
    let load = Load::Word { passage: Some(leg.passage), letter: letter.id, word: word.to_owned() };
    order(work, load, "", &leg.receiver).await
}

/// Has a list of what waits sent to a mailbox.
pub(crate) async fn list(work: &mut Work, receiver: &str, text: String) -> Result<(), MailError> {
    order(work, Load::Digest { text }, "", receiver).await
}

async fn order(work: &mut Work, load: Load, sender: &str, receiver: &str) -> Result<(), MailError> {
    let delivery = Delivery {
        id: work.new_id(),
        load,
        sender: sender.to_owned(),
        receiver: receiver.to_owned(),
        state: Handing::ToDo,
        tries: 0,
        made_at: work.now(),
        offered_at: None,
        reason: None,
    };
    deliveries::insert(work, &delivery).await?;
    let job = NewJob::new(HAND, delivery.id.to_string(), work.now());
    jobs::schedule(work, &job).await?;
    Ok(())
}

impl Service {
    /// Hands one delivery over, as far as that goes now.
    pub(crate) async fn hand(
        &self,
        store: &Store,
        body: BodyId,
        (job, id): (&Claimed, DeliveryId),
    ) -> Result<Outcome, MailError> {
        let mut work = store.read(body).await?;
        let Some(delivery) = deliveries::find(&mut work, id).await? else {
            return Ok(Outcome::Done);
        };
        let postfix = self.carrier(&mut work, &delivery).await?;
        drop(work);
        let name = id.to_string();
        match delivery.state {
            Handing::Taken | Handing::Refused => return Ok(Outcome::Done),
            Handing::ToDo => {}
            Handing::Offered => match postfix.took(&name, offered(&delivery)).await {
                Witness::Yes => return self.taken(store, body, job, &delivery).await,
                Witness::No => {}
                Witness::Unknown => return Ok(again(store, WITNESS_PAUSE)),
            },
        }
        let bytes = self.bytes(store, body, &delivery).await?;
        let mut work = store.begin(body).await?;
        job.fence(&mut work).await?;
        deliveries::offer(&mut work, id).await?;
        work.commit().await?;
        // A sender beyond ASCII (RFC 6531) cannot be told of failures by every
        // server: nobody is.
        let sender = Some(&delivery.sender).filter(|sender| sender.is_ascii());
        let sender = sender.cloned().unwrap_or_default();
        let envelope = Envelope { sender, receiver: delivery.receiver.clone() };
        match postfix.hand_over(&name, &envelope, &bytes).await {
            Handed::Taken => self.taken(store, body, job, &delivery).await,
            Handed::Later(why) => {
                let mut work = store.begin(body).await?;
                deliveries::put_off(&mut work, id, &reason(&why)).await?;
                work.commit().await?;
                let doublings = delivery.tries.min(10);
                Ok(again(store, PAUSE.saturating_mul(1 << doublings).min(PAUSE_MAX)))
            }
            Handed::Unclear(why) => {
                tracing::warn!(delivery = %name, why = %reason(&why), "nobody knows whether a mail was taken");
                Ok(again(store, WITNESS_PAUSE))
            }
            Handed::Never(why) => {
                let ended = Ended { state: Handing::Refused, action: NEVER, reason: Some(why) };
                self.ended(store, body, job, &delivery, ended).await
            }
        }
    }

    async fn taken(
        &self,
        store: &Store,
        body: BodyId,
        job: &Claimed,
        delivery: &Delivery,
    ) -> Result<Outcome, MailError> {
        let ended = Ended { state: Handing::Taken, action: TAKEN, reason: None };
        self.ended(store, body, job, delivery, ended).await
    }

    async fn ended(
        &self,
        store: &Store,
        body: BodyId,
        job: &Claimed,
        delivery: &Delivery,
        ended: Ended,
    ) -> Result<Outcome, MailError> {
        let mut work = store.begin(body).await?;
        let why = ended.reason.as_deref().map(reason);
        if deliveries::end(&mut work, delivery.id, ended.state, why.as_deref()).await? {
            let subject = Subject::new("mail-delivery", delivery.id);
            let mut entry = Entry::new(Actor::System("mail"), ended.action, subject, Origin::Job)
                .with("tries", i64::from(delivery.tries).saturating_add(1));
            if let Load::Passage { passage, .. } = &delivery.load {
                entry = entry.with("passage", passage.to_string());
            }
            records::append(&mut work, &entry).await?;
            never_left(&mut work, delivery, ended.state).await?;
        }
        job.finish(&mut work).await?;
        work.commit().await?;
        Ok(Outcome::Ended)
    }

    /// The bytes of a delivery: what is kept of its passage, or our words, the
    /// same each time.
    async fn bytes(
        &self,
        store: &Store,
        body: BodyId,
        delivery: &Delivery,
    ) -> Result<Vec<u8>, MailError> {
        let mut work = store.read(body).await?;
        let of = (delivery.id.to_string(), delivery.made_at);
        let of = (of.0.as_str(), of.1);
        match &delivery.load {
            Load::Passage { passage, .. } => {
                let passage = passages::find(&mut work, *passage).await?;
                let output = passage.outcome.and_then(|outcome| outcome.output);
                let output = output.ok_or(MailError::Row("a delivery without a mail"))?;
                drop(work);
                let batch = passage.new.batch;
                Ok(self.vault.give(body, batch, &output.sealed, LOAD_BYTES_MAX as u64).await?)
            }
            Load::Word { passage, letter: id, word } => {
                let how = rules_of(&mut work).await?.write;
                let letter = letters::find(&mut work, *id, false).await?;
                let letter = letter.ok_or(MailError::Row("a word about no mail"))?;
                let found: Found = letter
                    .report
                    .as_deref()
                    .map(serde_json::from_str)
                    .transpose()?
                    .unwrap_or_default();
                if word.starts_with("out-") {
                    let (subject, text) = outward::word(&self.settings, &letter, &found, word);
                    let said = (subject.as_str(), text.as_str());
                    return Ok(letter::own(&self.settings, of, &delivery.receiver, said, how));
                }
                let linked = passage.filter(|_| word == "held");
                let (subject, text) = letter::word(&self.settings, &letter, &found, linked, word);
                let said = (subject.as_str(), text.as_str());
                Ok(letter::own(&self.settings, of, &delivery.receiver, said, how))
            }
            Load::Digest { text } => {
                let how = rules_of(&mut work).await?.write;
                let said = ("【関所】保留中のメールのお知らせ", text.as_str());
                Ok(letter::own(&self.settings, of, &delivery.receiver, said, how))
            }
        }
    }
}

/// Tells the sender of a mail that the server outside will never take it.
async fn never_left(work: &mut Work, delivery: &Delivery, state: Handing) -> Result<(), MailError> {
    let Load::Passage { passage, letter } = &delivery.load else { return Ok(()) };
    if state != Handing::Refused {
        return Ok(());
    }
    let Some(row) = outgoing::of_passage(work, *passage).await? else { return Ok(()) };
    let Some(letter) = letters::find(work, *letter, false).await? else { return Ok(()) };
    tell(work, &letter, &row, "out-never").await
}

struct Ended {
    state: Handing,
    action: Action,
    reason: Option<String>,
}

fn reason(why: &str) -> String {
    why.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect()
}

fn offered(delivery: &Delivery) -> base::Timestamp {
    delivery.offered_at.unwrap_or(delivery.made_at)
}

fn again(store: &Store, pause: Duration) -> Outcome {
    Outcome::Again(store.clock().now().plus(pause))
}

/// Hands mails over.
pub(crate) struct HandingOver {
    service: Service,
    /// What is being handed over. A lease that ran out under a slow store must not
    /// have the same mail offered beside itself: no witness knows of that yet.
    at_hand: Mutex<BTreeSet<DeliveryId>>,
}

impl HandingOver {
    /// Nothing is at hand yet.
    pub(crate) fn new(service: Service) -> Self {
        Self { service, at_hand: Mutex::default() }
    }

    /// Takes a delivery in hand, unless it is already.
    fn take(&self, id: DeliveryId) -> Option<Held<'_>> {
        let mut all = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(id).then_some(Held { all: &self.at_hand, id })
    }
}

/// A delivery in hand.
struct Held<'a> {
    all: &'a Mutex<BTreeSet<DeliveryId>>,
    id: DeliveryId,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl Handler for HandingOver {
    fn kind(&self) -> jobs::Kind {
        HAND
    }

    fn policy(&self) -> Policy {
        // A full disk or a lost key is mended by people, not by giving up.
        Policy { attempts_max: 1_000, at_once: 6, lease: LEASE, ..Policy::default() }
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            let (Some(body), Ok(id)) = (job.body, DeliveryId::parse(&job.key)) else {
                return Ok(Outcome::Done);
            };
            let Some(_held) = self.take(id) else { return Ok(again(store, WITNESS_PAUSE)) };
            self.service.hand(store, body, (job, id)).await.map_err(JobError::failed)
        })
    }
}

//! Treats a mail once: read in a cage, its sender checked, its files made
//! harmless, judged, decided on for each receiver. What comes of it (verdicts,
//! mails to hand over, locks) and the end of the job are one unit of work.

mod look;
mod write;

pub(crate) use look::{clean, unreadable};
pub(crate) use write::thread_keys;

use std::sync::Arc;
use std::time::Instant;

use base::{BodyId, Task};
use jobs::{Claimed, Handler, JobError, Policy};
use mail_engine::{Report, ReportedHint, reported_hint};
use passages::{Conclusion, Happy, Kept, Outcome, State, Verdict};
use store::Store;

use crate::cage::ReadError;
use crate::decide::{self, Decided, Scope, Whom};
use crate::error::MailError;
use crate::files::Treated;
use crate::letter::{self, Making};
use crate::report::Found;
use crate::rules::Rules;
use crate::service::{LEASE, MAIL_BYTES_MAX, Service, days, rules_of};
use crate::tables::letters::{self, Leg, Letter, LetterId, Standing};
use crate::tables::listed::{self, How};
use crate::tables::mailboxes::{self, Mailbox};
use crate::tables::senders;

/// The job that treats one mail; its key is the mail's id.
pub(crate) const TREAT: jobs::Kind = "mail.treat";

/// Mails that one program treats at the same time.
const AT_ONCE: usize = 6;
/// The longest pause before a mail is tried again.
const PAUSE_MAX: std::time::Duration = std::time::Duration::from_secs(600);

/// One receiver of the mail with what is known of them.
struct Receiving {
    leg: Leg,
    mailbox: Mailbox,
    /// They never had mail from this sender, and somebody else here had.
    is_first: bool,
}

/// A mail as it was found, before it is read.
struct Waiting {
    letter: Letter,
    receiving: Vec<Receiving>,
    rules: Arc<Rules>,
    bytes: Arc<[u8]>,
}

/// What reading, scanning and judging said.
pub(crate) struct Looked {
    pub(crate) found: Found,
    pub(crate) files: Vec<Treated>,
    pub(crate) text: String,
    /// The sender's address in lower case.
    pub(crate) from: String,
}

/// What is to be written for one receiver.
struct Ready {
    leg: Leg,
    mailbox: Mailbox,
    decided: Decided,
    kept: Option<Kept>,
}

impl Service {
    /// Treats a mail; its job's effect and its end are one.
    pub(crate) async fn treat(
        &self,
        store: &Store,
        body: BodyId,
        (job, id): (&Claimed, LetterId),
    ) -> Result<jobs::Outcome, MailError> {
        let start = Instant::now();
        let Some(waiting) = self.waiting(store, body, id).await? else {
            return Ok(jobs::Outcome::Done);
        };
        let mib = u32::try_from(waiting.bytes.len() >> 20).unwrap_or(u32::MAX).saturating_add(1);
        // It is never closed. Many small mails at once, few large ones.
        let _space = self.space.clone().acquire_many_owned(mib.min(101)).await.ok();
        let mut looked = self.look(store, body, &waiting, job.attempt).await?;
        looked.found.elapsed_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut ready = Vec::new();
        let (mut receiving, letter) = (waiting.receiving, waiting.letter);
        for one in receiving.drain(..) {
            ready.push(self.ready((store, body), &letter, &waiting.rules, &looked, one).await?);
        }
        let mut work = store.begin(body).await?;
        let Some(held) = letters::find(&mut work, id, true).await? else {
            return Ok(jobs::Outcome::Done);
        };
        if held.state != Standing::Received {
            return Ok(jobs::Outcome::Done);
        }
        write::write(&mut work, &letter, &looked, &waiting.rules, ready).await?;
        job.finish(&mut work).await?;
        work.commit().await?;
        Ok(jobs::Outcome::Ended)
    }

    async fn waiting(
        &self,
        store: &Store,
        body: BodyId,
        id: LetterId,
    ) -> Result<Option<Waiting>, MailError> {
        let mut work = store.read(body).await?;
        let Some(letter) = letters::find(&mut work, id, false).await? else { return Ok(None) };
        let Some(original) = letter.original.clone() else { return Ok(None) };
        if letter.state != Standing::Received {
            return Ok(None);
        }
        let rules = rules_of(&mut work).await?;
        let mut receiving = Vec::new();
        for leg in letters::legs(&mut work, id).await? {
            let passage = passages::find(&mut work, leg.passage).await?;
            if passage.state != State::Received {
                continue;
            }
            let class = passage.new.class.clone();
            let mailbox = match mailboxes::find(&mut work, &leg.receiver).await? {
                Some(mailbox) => mailbox,
                // It went in the meantime; the passage knows whose it was.
                None => Mailbox {
                    address: leg.receiver.clone(),
                    owner: owner(passage.new.receiver)?,
                    class,
                },
            };
            receiving.push(Receiving { leg, mailbox, is_first: false });
        }
        drop(work);
        let bytes = self.vault.give(body, letter.batch, &original, MAIL_BYTES_MAX as u64).await?;
        Ok(Some(Waiting { letter, receiving, rules, bytes: Arc::from(bytes) }))
    }

    /// Writes what one receiver gets, and keeps it sealed. Nothing is told yet.
    async fn ready(
        &self,
        (store, body): (&Store, BodyId),
        letter: &Letter,
        rules: &Rules,
        looked: &Looked,
        one: Receiving,
    ) -> Result<Ready, MailError> {
        let hints = self.own_hints((store, body), looked, &one).await?;
        let listing = self.listing((store, body), looked, &one).await?;
        let class = one.mailbox.class.as_str();
        let of = Whom { class, hints: hints.as_slice(), listing };
        let mut decided = decide::decide(rules, Scope::Mail, &looked.found, &looked.files, of)?;
        let is_good = is_good(&decided.outcome);
        let kept = match &looked.found.report {
            Some(report) if is_good => {
                if !decided.locked.is_empty() {
                    let names = names(&looked.files, &decided.locked);
                    let until = store.clock().now().plus(days(rules.keep.locked_days));
                    let passage = one.leg.passage;
                    decided.lines.push(letter::locked_line(&self.settings, passage, &names, until));
                }
                let report = Report { text: looked.text.clone(), ..report.clone() };
                let making = Making {
                    settings: &self.settings,
                    letter,
                    passage: one.leg.passage,
                    report: &report,
                    hints: &hints,
                    verdicts: looked.found.verdicts.as_ref(),
                    write: rules.write,
                };
                let bytes =
                    letter::delivered(&making, &looked.files, &decided.delivered, &decided.lines);
                Some(self.keep((store, body), letter, &bytes).await?)
            }
            Some(_) | None => None,
        };
        Ok(Ready { leg: one.leg, mailbox: one.mailbox, decided, kept })
    }

    /// Seals a mail that is to be handed over.
    pub(crate) async fn keep(
        &self,
        (store, body): (&Store, BodyId),
        letter: &Letter,
        bytes: &[u8],
    ) -> Result<Kept, MailError> {
        let whole = self.vault.keep(body, letter.batch, bytes, &**store.random()).await?;
        let passages::Whole { sealed, bytes, sha256 } = whole;
        Ok(Kept { sealed, name: "mail.eml".to_owned(), bytes, sha256 })
    }

    /// What this receiver, or the body, said about the sender.
    async fn listing(
        &self,
        (store, body): (&Store, BodyId),
        looked: &Looked,
        one: &Receiving,
    ) -> Result<Option<How>, MailError> {
        if looked.from.is_empty() {
            return Ok(None);
        }
        let mut work = store.read(body).await?;
        Ok(listed::about(&mut work, &one.leg.receiver, &looked.from).await?)
    }

    async fn own_hints(
        &self,
        (store, body): (&Store, BodyId),
        looked: &Looked,
        one: &Receiving,
    ) -> Result<Vec<ReportedHint>, MailError> {
        if looked.from.is_empty() || one.is_first {
            return Ok(Vec::new());
        }
        let mut work = store.read(body).await?;
        let known = senders::known(&mut work, &looked.from, &one.leg.receiver).await?;
        let is_first = known.with_body && !known.with_receiver;
        let hint = is_first.then(|| reported_hint(FIRST_FOR_RECEIVER, "")).flatten();
        Ok(hint.into_iter().collect())
    }
}

const FIRST_FOR_RECEIVER: &str = "sender-first-for-receiver";

/// True if the verdict lets something be handed over.
pub(crate) fn is_good(outcome: &Outcome) -> bool {
    match outcome.verdict {
        Verdict::Clean | Verdict::Disarmed | Verdict::Inspected | Verdict::Unchanged => true,
        Verdict::Refused | Verdict::Quarantined => false,
    }
}

/// An outcome that can be handed over, or one that cannot.
pub(crate) fn conclusion(outcome: Outcome) -> Conclusion {
    match Happy::new(outcome.clone()) {
        Some(happy) => Conclusion::Ready(happy),
        None => Conclusion::Stopped(outcome),
    }
}

pub(crate) fn names<'f>(files: &'f [Treated], places: &[usize]) -> Vec<&'f str> {
    places.iter().filter_map(|place| Some(files.get(*place)?.found.name.as_str())).collect()
}

fn owner(receiver: passages::Receiver) -> Result<mailboxes::Owner, MailError> {
    match receiver {
        passages::Receiver::Person(person) => Ok(mailboxes::Owner::Person(person)),
        passages::Receiver::Section(section) => Ok(mailboxes::Owner::Section(section)),
        passages::Receiver::Asker => Err(MailError::Row("a mail without a receiver")),
    }
}

/// Treats what came in.
pub(crate) struct Treating {
    pub(crate) service: Service,
}

impl Handler for Treating {
    fn kind(&self) -> jobs::Kind {
        TREAT
    }

    fn policy(&self) -> Policy {
        // Each kill of the program counts as an attempt, and so does a full disk:
        // people mend that, and the mail waits.
        Policy {
            attempts_max: 100,
            pause_max: PAUSE_MAX,
            at_once: AT_ONCE,
            lease: LEASE,
            ..Policy::default()
        }
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        job: &'a Claimed,
    ) -> Task<'a, Result<jobs::Outcome, JobError>> {
        Box::pin(async move {
            let (Some(body), Ok(id)) = (job.body, LetterId::parse(&job.key)) else {
                return Ok(jobs::Outcome::Done);
            };
            let again = |seconds| {
                let now = store.clock().now();
                jobs::Outcome::Again(now.plus(std::time::Duration::from_secs(seconds)))
            };
            match self.service.treat(store, body, (job, id)).await {
                Ok(outcome) => Ok(outcome),
                // A mail waits for as long as a scanner is away, or no reader is free.
                Err(MailError::Scanner(error)) => {
                    tracing::error!(%error, "a scanner cannot be asked: mails wait");
                    Ok(again(10))
                }
                Err(
                    MailError::Read(ReadError::Busy)
                    | MailError::Work(sanitize_room::WorkError::Full),
                ) => Ok(again(2)),
                Err(error) => Err(JobError::failed(error)),
            }
        })
    }
}

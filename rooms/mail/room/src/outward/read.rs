//! Reads a mail that leaves, once: scanners, the caged reader, the sanitiser,
//! the search for people. What comes of it and the end of the job are one unit
//! of work.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use base::{BodyId, Task, Timestamp};
use jobs::{Claimed, Handler, JobError, NewJob, Outcome, Policy};
use mail_engine::Report;
use mail_engine::auth::Verdicts;
use mail_engine::hints::Setting;
use mail_engine::outgoing::{self as writer, Body};
use passages::Conclusion;
use sanitize_core::Passwords;
use sanitize_room::WorkError;
use store::{Store, Work};
use transfer_pii::{Kind, Limits, Scanner};

use super::made::{Made, going};
use super::weigh::{Facts, People, Weighed, weigh};
use super::{LEAVE, READ};
use crate::cage::ReadError;
use crate::error::MailError;
use crate::files;
use crate::handing;
use crate::report::{Found, Said};
use crate::rules::Rules;
use crate::service::{LEASE, MAIL_BYTES_MAX, Service, days, rules_of};
use crate::tables::letters::{self, Known, Letter, LetterId, Standing};
use crate::tables::links;
use crate::tables::mailboxes;
use crate::tables::outgoing::{self, Leaving, Outgoing, Read};
use crate::treat::{clean, thread_keys, unreadable};

/// Mails that one program reads at the same time.
const AT_ONCE: usize = 3;
/// The longest pause before a mail is tried again.
const PAUSE_MAX: Duration = Duration::from_secs(600);
/// Decoded text that is kept for search, in characters.
const TEXT_CHARS_MAX: usize = 20_000;
/// The name under which the whole mail goes through the sanitiser.
const NAME: &str = "mail.eml";

/// A mail as it was found, before it is read.
pub(super) struct Waiting {
    pub(super) letter: Letter,
    pub(super) row: Outgoing,
    pub(super) rules: Arc<Rules>,
    own: BTreeSet<String>,
    domains: Vec<String>,
    bytes: Arc<[u8]>,
}

/// What reading said.
struct Looked {
    found: Found,
    text: String,
    weighed: Weighed,
    /// What is to leave; nothing where it does not.
    made: Option<Made>,
}

impl Service {
    async fn read_outward(
        &self,
        store: &Store,
        body: BodyId,
        (job, id): (&Claimed, LetterId),
    ) -> Result<Outcome, MailError> {
        let Some(waiting) = self.waiting_outward(store, body, id).await? else {
            return Ok(Outcome::Done);
        };
        let mib = u32::try_from(waiting.bytes.len() >> 20).unwrap_or(u32::MAX).saturating_add(1);
        // It is never closed. Many small mails at once, few large ones.
        let _space = self.space.clone().acquire_many_owned(mib.min(101)).await.ok();
        let looked = self.look_outward((store, body), &waiting, job.attempt).await?;
        let kept = looked.made.as_ref().map(Made::blobs).unwrap_or_default();
        let mut work = store.begin(body).await?;
        let row = outgoing::find(&mut work, id, true).await?;
        if row.is_none_or(|row| row.state != Leaving::Reading) {
            drop(work);
            self.vault.destroy(body, &kept).await?;
            return Ok(Outcome::Done);
        }
        write(&mut work, &waiting, &looked).await?;
        job.finish(&mut work).await?;
        work.commit().await?;
        Ok(Outcome::Ended)
    }

    async fn waiting_outward(
        &self,
        store: &Store,
        body: BodyId,
        id: LetterId,
    ) -> Result<Option<Waiting>, MailError> {
        let mut work = store.read(body).await?;
        let Some(row) = outgoing::find(&mut work, id, false).await? else { return Ok(None) };
        let Some(letter) = letters::find(&mut work, id, false).await? else { return Ok(None) };
        let Some(original) = letter.original.clone() else { return Ok(None) };
        if row.state != Leaving::Reading || letter.state != Standing::Received {
            return Ok(None);
        }
        let rules = rules_of(&mut work).await?;
        let own = mailboxes::of(&mut work, row.owner).await?;
        let mut own: BTreeSet<String> = own.into_iter().map(|mailbox| mailbox.address).collect();
        own.insert(row.mailbox.clone());
        drop(work);
        let domains = self.domains(store, body).await?;
        let bytes = self.vault.give(body, letter.batch, &original, MAIL_BYTES_MAX as u64).await?;
        Ok(Some(Waiting { letter, row, rules, own, domains, bytes: Arc::from(bytes) }))
    }

    async fn look_outward(
        &self,
        (store, body): (&Store, BodyId),
        waiting: &Waiting,
        attempt: u32,
    ) -> Result<Looked, MailError> {
        let mut found = Found::default();
        self.scan(body, &waiting.bytes, &mut found).await?;
        let setting = Setting {
            own_domains: waiting.domains.clone(),
            known_domains: self.settings.known_domains.clone(),
            is_from_outside: false,
            ..Setting::default()
        };
        let reading = self.readers.read(waiting.bytes.clone(), setting, Verdicts::default()).await;
        let (mut report, files) = match reading {
            Ok(reading) => (reading.report, reading.files),
            Err(error) => {
                found.stopped = Some(unreadable(error, attempt)?);
                return Ok(stopped(waiting, found));
            }
        };
        for file in &files {
            self.scan(body, file, &mut found).await?;
        }
        if found.is_harmful() {
            found.report = Some(Report { text: String::new(), ..report });
            return Ok(stopped(waiting, found));
        }
        let Some(part) = self.body_part(waiting, &mut found).await? else {
            return Ok(stopped(waiting, found));
        };
        let treated = files::treat_all(&self.workers, &report, &files, &[]).await?;
        for (attachment, file) in report.attachments.iter_mut().zip(&treated) {
            attachment.verdict.clone_from(&file.found.verdict);
        }
        found.files = treated.iter().map(|file| file.found.clone()).collect();
        let people = self.people(waiting).await?;
        let text = std::mem::take(&mut report.text);
        found.report = Some(report);
        let facts = Facts {
            found: &found,
            files: &treated,
            people: &people,
            own: &waiting.own,
            domains: &waiting.domains,
            shown: &part.shown,
        };
        let weighed = weigh(&waiting.rules.outward, &facts);
        let made = match &found.report {
            Some(report) if weighed.stopped.is_none() => {
                let going = going(&weighed, &treated, files);
                Some(self.made((store, body), waiting, (report, &part), &weighed, going).await?)
            }
            Some(_) | None => None,
        };
        Ok(Looked { found, text, weighed, made })
    }

    /// The text and the page, written anew by the sanitiser.
    async fn body_part(
        &self,
        waiting: &Waiting,
        found: &mut Found,
    ) -> Result<Option<Body>, MailError> {
        let outcome = files::disarm(&self.workers, NAME, &waiting.bytes, Vec::new()).await?;
        let reason = sanitize_room::ReasonLine::all(&outcome).into_iter().next();
        let part = outcome.output.and_then(|output| writer::body_of(&output.bytes));
        if part.is_none() {
            let (code, ja, en) = match reason {
                Some(reason) => (reason.code.to_owned(), reason.message, reason.message_en),
                None => (
                    "mail-no-body".to_owned(),
                    "本文を安全に書き直せません".to_owned(),
                    "its text cannot be written anew".to_owned(),
                ),
            };
            found.stopped = Some(Said { code, message: ja, message_en: en, count: 1 });
        }
        Ok(part)
    }

    /// Counts people in the whole mail: its headers, its text, its files.
    async fn people(&self, waiting: &Waiting) -> Result<People, MailError> {
        let none = Passwords::default();
        let reading = self.workers.read(NAME, waiting.bytes.clone(), none).await?;
        let mut scanner = Scanner::new(Limits::default());
        scanner.marked(&reading.text);
        let report = scanner.finish();
        let counts = Kind::ALL.into_iter().map(|kind| (kind.name().to_owned(), report.found(kind)));
        Ok(People {
            counts: counts.filter(|(_, count)| *count > 0).collect(),
            persons: report.persons,
            is_least: report.persons_at_least,
            is_unread: !reading.unread.is_empty(),
        })
    }
}

/// What does not leave, weighed all the same.
fn stopped(waiting: &Waiting, found: Found) -> Looked {
    let facts = Facts {
        found: &found,
        files: &[],
        people: &People::default(),
        own: &waiting.own,
        domains: &waiting.domains,
        shown: &[],
    };
    let weighed = weigh(&waiting.rules.outward, &facts);
    Looked { found, text: String::new(), weighed, made: None }
}

/// Writes what came of a mail.
async fn write(work: &mut Work, waiting: &Waiting, looked: &Looked) -> Result<(), MailError> {
    let (letter, row, weighed) = (&waiting.letter, &waiting.row, &looked.weighed);
    let of = looked.found.report.as_ref();
    let from = of.and_then(|report| report.from.as_ref());
    // Where people were found, the text is searched by nobody.
    let text = if weighed.people.is_empty() { looked.text.as_str() } else { "" };
    let known = Known {
        subject: &of.map(|report| clean(&report.subject)).unwrap_or_default(),
        from_display: &from.map(|from| clean(&from.display)).unwrap_or_default(),
        from_address: &from.map(|from| clean(&from.address).to_lowercase()).unwrap_or_default(),
        message_id: of.and_then(|report| report.message_id.as_deref()),
        report: &serde_json::to_string(&looked.found)?,
        text: &text.chars().take(TEXT_CHARS_MAX).collect::<String>().replace('\0', " "),
    };
    letters::treated(work, letter.id, &known).await?;
    for key in of.map(thread_keys).unwrap_or_default() {
        letters::thread(work, letter.id, &key).await?;
    }
    let state = weighed.state();
    let leaves_at: Timestamp = row.leaves_at.max(work.now());
    let read = Read {
        state,
        prepared: looked.made.as_ref().map(|made| &made.prepared),
        weighed: &serde_json::to_string(weighed)?,
        leaves_at,
    };
    outgoing::was_read(work, letter.id, &read).await?;
    for (link, code) in looked.made.iter().flat_map(|made| &made.links) {
        links::insert(work, link, code).await?;
    }
    match state {
        Leaving::Waiting => {
            let job = NewJob::new(LEAVE, letter.id.to_string(), leaves_at);
            jobs::schedule(work, &job).await?;
        }
        Leaving::Confirm => handing::tell(work, letter, row, "out-confirm").await?,
        Leaving::Ask => handing::tell(work, letter, row, "out-ask").await?,
        Leaving::Stopped => {
            let until = work.now().plus(days(waiting.rules.keep.original_days));
            let outcome = Conclusion::Stopped(weighed.outcome(None)?);
            passages::conclude(work, row.passage, outcome, until).await?;
            let word = match weighed.stopped.as_deref() {
                Some("scanner") => "out-scanner",
                Some("sender") => "out-sender",
                Some(_) | None => "out-unreadable",
            };
            handing::tell(work, letter, row, word).await?;
        }
        Leaving::Reading | Leaving::Asked | Leaving::Gone | Leaving::Cancelled | Leaving::Ended => {
        }
    }
    Ok(())
}

/// Reads what leaves.
pub(crate) struct Reading {
    pub(crate) service: Service,
}

impl Handler for Reading {
    fn kind(&self) -> jobs::Kind {
        READ
    }

    fn policy(&self) -> Policy {
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
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            let (Some(body), Ok(id)) = (job.body, LetterId::parse(&job.key)) else {
                return Ok(Outcome::Done);
            };
            let again =
                |seconds| Outcome::Again(store.clock().now().plus(Duration::from_secs(seconds)));
            match self.service.read_outward(store, body, (job, id)).await {
                Ok(outcome) => Ok(outcome),
                // A mail waits for as long as a scanner is away, or no reader is free.
                Err(MailError::Scanner(error)) => {
                    tracing::error!(%error, "a scanner cannot be asked: mails that leave wait");
                    Ok(again(10))
                }
                Err(MailError::Read(ReadError::Busy) | MailError::Work(WorkError::Full)) => {
                    Ok(again(2))
                }
                Err(error) => Err(JobError::failed(error)),
            }
        })
    }
}

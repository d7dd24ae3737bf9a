//! Treats a mail once: read in a cage, its sender checked, its files made
//! harmless, judged, decided on for each receiver. What comes of it (verdicts,
//! mails to hand over, locks) and the end of the job are one unit of work.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use base::{BodyId, Task};
use jobs::{Claimed, Handler, JobError, NewJob, Policy};
use mail_engine::auth::{Answers, Verdicts};
use mail_engine::hints::{History, Setting};
use mail_engine::{Report, ReportedHint, reported_hint};
use passages::{Conclusion, Happy, Kept, Outcome, State, Verdict};
use platform::CageError;
use store::{Store, Work};

use crate::cage::{Checked, Coming, ReadError, Reading};
use crate::decide::{self, Decided, Scope};
use crate::error::MailError;
use crate::files::{self, Treated};
use crate::handing;
use crate::intake::{ROOM, carried};
use crate::letter::{self, Making};
use crate::locks;
use crate::outside::{Judged, Scanned};
use crate::report::{Found, Said};
use crate::rules::Rules;
use crate::service::{MAIL_BYTES_MAX, Service, days, rules_of};
use crate::tables::letters::{self, Known, Leg, Letter, LetterId, Part, Standing};
use crate::tables::locks::{self as lock_rows, Lock};
use crate::tables::mailboxes::{self, Mailbox};
use crate::tables::senders;

/// The job that treats one mail; its key is the mail's id.
pub(crate) const TREAT: jobs::Kind = "mail.treat";

/// A mail that breaks the reader so often is one that cannot be read.
const BREAKS_MAX: u32 = 3;
/// Decoded text that is kept for search, in characters.
const TEXT_CHARS_MAX: usize = 20_000;
/// Keys that hold a mail to its thread.
const THREAD_KEYS_MAX: usize = 50;
/// Subject, name and address that are kept, in characters.
const SUBJECT_CHARS_MAX: usize = 500;
/// What was locked is looked at once more after so long.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(20);
/// Mails that one program treats at the same time.
const AT_ONCE: usize = 6;

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
        write(&mut work, &letter, &looked, &waiting.rules, ready).await?;
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
        let bytes = self.vault.give(body, letter.batch, &original, MAIL_BYTES_MAX).await?;
        Ok(Some(Waiting { letter, receiving, rules, bytes: Arc::from(bytes) }))
    }

    /// Reads, scans and judges a mail. Decides nothing.
    async fn look(
        &self,
        store: &Store,
        body: BodyId,
        waiting: &Waiting,
        attempt: u32,
    ) -> Result<Looked, MailError> {
        let (letter, bytes) = (&waiting.letter, &waiting.bytes);
        let mut found = Found::default();
        self.scan(body, bytes, &mut found).await?;
        let verdicts = self.verdicts(letter, bytes).await;
        let verdicts = match verdicts {
            Err(error) if is_broken(&error) && attempt >= BREAKS_MAX => Verdicts::default(),
            other => other?,
        };
        found.verdicts = Some(verdicts.clone());
        let mut setting = self.setting(store, body).await?;
        // Whom the history is about is said by the mail itself: it is read once to
        // know, and hints of history are added after.
        setting.history = History::default();
        let reading = match self.readers.read(bytes.clone(), setting, verdicts).await {
            Ok(reading) => reading,
            Err(error) => {
                found.stopped = Some(unreadable(error, attempt)?);
                return Ok(Looked {
                    found,
                    files: Vec::new(),
                    text: String::new(),
                    from: String::new(),
                });
            }
        };
        let Reading { mut report, files } = reading;
        for file in &files {
            self.scan(body, file, &mut found).await?;
        }
        let from = report.from.as_ref().map(|from| clean(&from.address).to_lowercase());
        let from = from.unwrap_or_default();
        self.history(store, body, &from, waiting, &mut report).await?;
        let receivers: Vec<String> =
            waiting.receiving.iter().map(|one| one.leg.receiver.clone()).collect();
        let judged = Judged {
            report: &report,
            raw: bytes,
            sender: &letter.sender,
            client: letter.client.as_deref(),
            helo: letter.helo.as_deref(),
            receivers: &receivers,
        };
        found.spam = self.judge.judge(store, body, &judged).await;
        // What a scanner knows goes to nobody; nothing of it is opened.
        let treated = if found.is_harmful() {
            Vec::new()
        } else {
            let candidates = self.candidates(store, body, letter, &report, &from).await?;
            files::treat_all(&self.workers, &report, files, &candidates).await?
        };
        for (attachment, file) in report.attachments.iter_mut().zip(&treated) {
            attachment.verdict.clone_from(&file.found.verdict);
            attachment.removed = file.found.removed.iter().map(|said| said.code.clone()).collect();
        }
        found.files = treated.iter().map(|file| file.found.clone()).collect();
        let text = std::mem::take(&mut report.text);
        found.report = Some(report);
        Ok(Looked { found, files: treated, text, from })
    }

    /// Shows bytes to the scanners.
    pub(crate) async fn scan(
        &self,
        body: BodyId,
        bytes: &[u8],
        found: &mut Found,
    ) -> Result<(), MailError> {
        match self.scanner.scan(body, bytes).await.map_err(MailError::Scanner)? {
            Scanned::Looked(hits) => found.hits.extend(hits),
            Scanned::TooLarge(name) => {
                found.stopped = Some(Said {
                    code: "mail-unscanned".to_owned(),
                    message: format!("大きすぎて検査({name})にかけられません"),
                    message_en: format!("too large for the scanner {name}"),
                    count: 1,
                });
            }
        }
        Ok(())
    }

    /// Checks who sent a mail: the cage asks, the town's resolver answers.
    async fn verdicts(&self, letter: &Letter, bytes: &Arc<[u8]>) -> Result<Verdicts, MailError> {
        /// A chain of records is as long as SPF's limit and the labels of a name.
        const ROUNDS_MAX: usize = 40;
        let Some(resolver) = &self.resolver else { return Ok(Verdicts::default()) };
        let coming = Coming {
            client: letter.client.as_deref().and_then(|text| text.parse::<IpAddr>().ok()),
            helo: letter.helo.clone().unwrap_or_default(),
            mail_from: letter.sender.clone(),
            receiver: self.settings.hostname.clone(),
            now: u64::try_from(letter.received_at.millis() / 1_000).unwrap_or(0),
        };
        let deadline = tokio::time::Instant::now() + crate::dns::MAIL_TIME_MAX;
        let mut answers = Answers::default();
        for _ in 0..ROUNDS_MAX {
            let step = self.readers.check(bytes.clone(), coming.clone(), answers.clone()).await?;
            match step {
                Checked::Done(verdicts) => return Ok(*verdicts),
                Checked::Asks(questions) => {
                    resolver.answer(questions, &mut answers, deadline).await;
                }
            }
        }
        Ok(Verdicts::default())
    }

    async fn setting(&self, store: &Store, body: BodyId) -> Result<Setting, MailError> {
        Ok(Setting {
            own_domains: self.domains(store, body).await?,
            known_domains: self.settings.known_domains.clone(),
            is_from_outside: true,
            ..Setting::default()
        })
    }

    /// Adds the hint that only the body's history knows.
    async fn history(
        &self,
        store: &Store,
        body: BodyId,
        from: &str,
        waiting: &Waiting,
        report: &mut Report,
    ) -> Result<(), MailError> {
        let Some(first) = waiting.receiving.first().filter(|_| !from.is_empty()) else {
            return Ok(());
        };
        let mut work = store.read(body).await?;
        let known = senders::known(&mut work, from, &first.leg.receiver).await?;
        if !known.with_body {
            report.hints.extend(reported_hint(FIRST_FOR_BODY, ""));
        }
        Ok(())
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
        let of = (one.mailbox.class.as_str(), hints.as_slice());
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
        let crate::vault::Whole { sealed, bytes, sha256 } = whole;
        Ok(Kept { sealed, name: "mail.eml".to_owned(), bytes, sha256 })
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

const FIRST_FOR_BODY: &str = "sender-first-for-body";
const FIRST_FOR_RECEIVER: &str = "sender-first-for-receiver";

/// Writes what came of a mail: its row, its passages, what is handed over.
async fn write(
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

fn thread_keys(report: &Report) -> Vec<String> {
    let ids = report.message_id.iter().chain(&report.in_reply_to).chain(&report.references);
    ids.map(|id| id.chars().take(250).collect()).take(THREAD_KEYS_MAX).collect()
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SUBJECT_CHARS_MAX).collect()
}

fn owner(receiver: passages::Receiver) -> Result<mailboxes::Owner, MailError> {
    match receiver {
        passages::Receiver::Person(person) => Ok(mailboxes::Owner::Person(person)),
        passages::Receiver::Section(section) => Ok(mailboxes::Owner::Section(section)),
        passages::Receiver::Asker => Err(MailError::Row("a mail without a receiver")),
    }
}

/// True where the mail itself broke the reader.
fn is_broken(error: &MailError) -> bool {
    let MailError::Read(error) = error else { return false };
    match error {
        ReadError::Cage(cage) => match cage {
            CageError::Start { .. } => false,
            CageError::Deadline
            | CageError::Memory
            | CageError::Forbidden
            | CageError::Crashed { .. }
            | CageError::Broken { .. } => true,
        },
        ReadError::Answer => true,
        ReadError::Program(_)
        | ReadError::Busy
        | ReadError::Stopped { .. }
        | ReadError::TooLarge { .. } => false,
    }
}

/// Why a mail has nothing to show; an error where it may have next time.
fn unreadable(error: ReadError, attempt: u32) -> Result<Said, MailError> {
    match error {
        ReadError::Stopped { code, place: _ } => Ok(Said {
            code: code.id.to_owned(),
            message: code.ja.to_owned(),
            message_en: code.en.to_owned(),
            count: 1,
        }),
        other => {
            let error = MailError::Read(other);
            if !is_broken(&error) || attempt < BREAKS_MAX {
                return Err(error);
            }
            Ok(Said {
                code: "mail-reader-broke".to_owned(),
                message: "読み取りの処理が途中で止まりました".to_owned(),
                message_en: "reading it did not come to an end".to_owned(),
                count: 1,
            })
        }
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
        Policy { at_once: AT_ONCE, ..Policy::default() }
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

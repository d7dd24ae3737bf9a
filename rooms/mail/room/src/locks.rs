//! Locked attachments: passwords from mails of the same sender, from the body's
//! list, or typed by the receiver. A password is held in memory while the cage
//! tries it, and is written nowhere, neither in a row nor in a log.

pub(crate) mod words;

use std::sync::Arc;
use std::time::Duration;

use base::{BodyId, Task};
use identity::{Caller, Duty};
use jobs::{Claimed, Handler, JobError, NewJob, Outcome as Done, Policy};
use mail_engine::Report;
use mail_engine::auth::Verdicts;
use mail_engine::hints::Setting;
use passages::{Outcome, PassageId, State, VaultError};
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};

use crate::decide::{self, Scope, Whom};
use crate::error::MailError;
use crate::files::{self, Treated};
use crate::handing;
use crate::letter::{self, Making};
use crate::release;
use crate::report::Found;
use crate::service::{LEASE, MAIL_BYTES_MAX, Service, days, rules_of};
use crate::tables::letters::{self, Leg, Letter, LetterId};
use crate::tables::locks::{self as rows, PasswordId, Standing};
use crate::treat::{conclusion, is_good};
use crate::vault::{open_password, seal_password};

/// The job that tries a locked passage again; its key is the passage's id and
/// that of the mail that may hold the password.
pub(crate) const UNLOCK: jobs::Kind = "mail.unlock";

const TRIED: Action = Action::new("mail.password-wrong");
const OPENED: Action = Action::new("mail.opened");
const STANDING_ADDED: Action = Action::new("mail.password-added");
const STANDING_REMOVED: Action = Action::new("mail.password-removed");

/// Mails of the same sender so far apart may hold each other's password.
const WINDOW: Duration = Duration::from_secs(3 * 24 * 3_600);
/// Mails whose words are tried.
const MAILS_MAX: u32 = 20;
/// Locked passages that one mail may open.
const LOCKS_MAX: u32 = 50;
/// After so many wrong ones each further try waits.
const FREE_TRIES: u32 = 5;
/// The wait after the sixth; each further one doubles it up to the longest.
const WAIT: Duration = Duration::from_secs(60);
const WAIT_MAX: Duration = Duration::from_secs(3_600);
/// Standing passwords of one body.
pub const STANDING_MAX: u32 = 100;
/// Passwords that somebody may type at once, one a line.
pub const TYPED_MAX: usize = 10;
/// Characters of one.
pub const PASSWORD_CHARS_MAX: usize = 200;

/// What came of passwords that somebody typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlocked {
    /// All is open, and on its way.
    Delivered,
    /// All is open, and a rule asks for a look or an approval.
    Held,
    /// Something harmful was found in it.
    Quarantined,
    /// Open, and nothing of it may be handed over.
    Refused,
    /// It does not open with these.
    Wrong {
        /// How many were wrong so far.
        tries: u32,
    },
}

/// Schedules another try of what a sender locked, now that a new mail of theirs
/// was read.
pub(crate) async fn try_again(
    work: &mut Work,
    sender: &str,
    letter: LetterId,
) -> Result<(), MailError> {
    let since = work.now().minus(WINDOW);
    for passage in rows::of_sender(work, sender, since, LOCKS_MAX).await? {
        let job = NewJob::new(UNLOCK, format!("{passage}/{letter}"), work.now());
        jobs::schedule(work, &job).await?;
    }
    Ok(())
}

impl Service {
    /// Words that may open what a mail locked: its own, those of its sender's
    /// other mails and of its thread, and the body's list.
    pub(crate) async fn candidates(
        &self,
        store: &Store,
        body: BodyId,
        letter: &Letter,
        report: &Report,
        from: &str,
    ) -> Result<Vec<String>, MailError> {
        let own = format!("{}\n{}", report.subject, report.text);
        let mut work = store.read(body).await?;
        let mut texts = vec![own];
        if !from.is_empty() {
            let at = letter.received_at;
            let span = (at.minus(WINDOW), at.plus(WINDOW));
            let others = letters::texts_from(&mut work, from, span, MAILS_MAX).await?;
            texts.extend(others.into_iter().map(|(_, text)| text));
        }
        let thread = letters::texts_of_thread(&mut work, letter.id, MAILS_MAX).await?;
        texts.extend(thread.into_iter().map(|(_, text)| text));
        let standing = rows::standing(&mut work, STANDING_MAX).await?;
        drop(work);
        let mut found = words::candidates(texts.iter().map(String::as_str));
        for (known, sealed) in standing {
            let owner = (body, &*known.id.to_string());
            found.push(
                open_password(self.vault.sealer(), owner, &sealed).map_err(VaultError::from)?,
            );
        }
        Ok(found)
    }

    /// Opens a locked passage with what its receiver typed.
    ///
    /// # Errors
    /// [`MailError::TooManyTries`]; [`MailError::NotThere`] for who does not get
    /// it; if it is not locked.
    pub async fn unlock(
        &self,
        store: &Store,
        caller: &Caller,
        passage: PassageId,
        typed: Vec<String>,
    ) -> Result<Unlocked, MailError> {
        let body = caller.body;
        let mut work = store.begin(body).await?;
        let (found, leg) = release::own(&mut work, caller, passage).await?;
        if found.state != State::Locked {
            return Err(not_now(found.state));
        }
        let lock = rows::find(&mut work, passage, true).await?.ok_or(MailError::NotThere)?;
        let now = work.now();
        if let Some(wait) = wait(lock.tries, lock.tried_at, now) {
            return Err(MailError::TooManyTries { wait });
        }
        // Counted before it is tried: two tries at once are two tries.
        let tries = lock.tries.saturating_add(1);
        rows::failed(&mut work, passage, tries).await?;
        work.commit().await?;
        let opened = self.open((store, body), &leg, typed).await?;
        let Some(opened) = opened else {
            let mut work = store.begin(body).await?;
            let entry = caller
                .entry(TRIED, Subject::new("passage", passage))
                .with("tries", i64::from(tries));
            records::append(&mut work, &entry).await?;
            work.commit().await?;
            return Ok(Unlocked::Wrong { tries });
        };
        let mut work = store.begin(body).await?;
        let entry = caller.entry(OPENED, Subject::new("passage", passage));
        records::append(&mut work, &entry).await?;
        let state = self.conclude_opened(&mut work, &leg, opened).await?;
        work.commit().await?;
        Ok(match state {
            State::Held => Unlocked::Held,
            State::Quarantined => Unlocked::Quarantined,
            State::Refused => Unlocked::Refused,
            State::Received | State::Locked | State::Delivered | State::Ended => {
                Unlocked::Delivered
            }
        })
    }

    /// Tries what a new mail of the sender may have brought.
    async fn unlock_alone(
        &self,
        store: &Store,
        body: BodyId,
        (job, passage): (&Claimed, PassageId),
    ) -> Result<Done, MailError> {
        let mut work = store.read(body).await?;
        let Some(leg) = letters::leg(&mut work, passage).await? else { return Ok(Done::Done) };
        let state = passages::find(&mut work, passage).await?.state;
        drop(work);
        if state != State::Locked {
            return Ok(Done::Done);
        }
        let Some(opened) = self.open((store, body), &leg, Vec::new()).await? else {
            return Ok(Done::Done);
        };
        let mut work = store.begin(body).await?;
        let actor = Actor::System("mail");
        let entry = Entry::new(actor, OPENED, Subject::new("passage", passage), Origin::Job);
        records::append(&mut work, &entry).await?;
        self.conclude_opened(&mut work, &leg, opened).await?;
        job.finish(&mut work).await?;
        work.commit().await?;
        Ok(Done::Ended)
    }

    /// Reads the mail again and opens what is locked in it, with words that were
    /// typed and those that are at hand. Nothing unless all of it opens.
    async fn open(
        &self,
        (store, body): (&Store, BodyId),
        leg: &Leg,
        typed: Vec<String>,
    ) -> Result<Option<Opened>, MailError> {
        let mut work = store.read(body).await?;
        let letter = letters::find(&mut work, leg.letter, false).await?;
        let letter = letter.ok_or(MailError::NotThere)?;
        let rules = rules_of(&mut work).await?;
        let class = passages::find(&mut work, leg.passage).await?.new.class;
        drop(work);
        let original = letter.original.as_ref().ok_or(MailError::NotThere)?;
        let bytes = self.vault.give(body, letter.batch, original, MAIL_BYTES_MAX as u64).await?;
        let bytes: Arc<[u8]> = Arc::from(bytes);
        let setting = Setting { is_from_outside: true, ..Setting::default() };
        let reading = self.readers.read(bytes, setting, Verdicts::default()).await?;
        let from = letter.from_address.clone().unwrap_or_default();
        let mut words: Vec<String> =
            typed.into_iter().take(TYPED_MAX).filter(|word| !word.is_empty()).collect();
        words.extend(self.candidates(store, body, &letter, &reading.report, &from).await?);
        let mut known: Found =
            letter.report.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        let locked: Vec<usize> = known
            .files
            .iter()
            .enumerate()
            .filter(|(_, file)| file.is_locked)
            .map(|(place, _)| place)
            .collect();
        let mut report = reading.report.clone();
        report.attachments.clear();
        let mut raw = Vec::new();
        for (place, (attachment, bytes)) in
            reading.report.attachments.iter().zip(reading.files).enumerate()
        {
            if locked.contains(&place) {
                report.attachments.push(attachment.clone());
                raw.push(bytes);
            }
        }
        let files = files::treat_all(&self.workers, &report, &raw, &words).await?;
        if files.is_empty() || files.iter().any(|file| file.found.is_locked) {
            return Ok(None);
        }
        known.hits.clear();
        known.stopped = None;
        for (_, bytes) in files.iter().filter_map(|file| file.output.as_ref()) {
            self.scan(body, bytes, &mut known).await?;
        }
        known.files = files.iter().map(|file| file.found.clone()).collect();
        let mut own = self.decide_opened(&rules, &letter, leg, (known, &files, &class))?;
        if is_good(&own.outcome)
            && let Some(bytes) = own.bytes.take()
        {
            own.outcome.output = Some(self.keep((store, body), &letter, &bytes).await?);
        }
        Ok(Some(Opened { letter, original_days: rules.keep.original_days, decided: own }))
    }

    fn decide_opened(
        &self,
        rules: &crate::rules::Rules,
        letter: &Letter,
        leg: &Leg,
        (found, files, class): (Found, &[Treated], &str),
    ) -> Result<OpenedOutcome, MailError> {
        let decided =
            decide::decide(rules, Scope::Opened, &found, files, Whom { class, ..Whom::default() })?;
        let bytes = match &found.report {
            Some(report) if is_good(&decided.outcome) => {
                let making = Making {
                    settings: &self.settings,
                    letter,
                    passage: leg.passage,
                    report,
                    hints: &[],
                    verdicts: found.verdicts.as_ref(),
                    write: rules.write,
                };
                Some(letter::following(&making, files, &decided.delivered, &decided.lines))
            }
            Some(_) | None => None,
        };
        Ok(OpenedOutcome { outcome: decided.outcome, why: decided.why, bytes })
    }

    async fn conclude_opened(
        &self,
        work: &mut Work,
        leg: &Leg,
        opened: Opened,
    ) -> Result<State, MailError> {
        let Opened { letter, original_days, decided } = opened;
        let until = work.now().plus(days(original_days));
        let conclusion = conclusion(decided.outcome);
        let passage = passages::conclude(work, leg.passage, conclusion, until).await?;
        letters::set_why(work, leg.passage, decided.why).await?;
        rows::remove(work, leg.passage).await?;
        match passage.state {
            State::Delivered => handing::pass(work, &letter, leg).await?,
            State::Quarantined => handing::say(work, &letter, leg, "quarantined").await?,
            State::Refused => handing::say(work, &letter, leg, "refused").await?,
            State::Received | State::Locked | State::Held | State::Ended => {}
        }
        Ok(passage.state)
    }

    /// Adds a password to the body's list; only its label is shown again.
    ///
    /// # Errors
    /// [`MailError::TooManyPasswords`]; if the caller may not.
    pub async fn add_password(
        &self,
        work: &mut Work,
        caller: &Caller,
        label: &str,
        password: &str,
    ) -> Result<PasswordId, MailError> {
        caller.demand_body(work)?;
        caller.demand(Duty::ManageSystem)?;
        if rows::standing(work, STANDING_MAX).await?.len() >= STANDING_MAX as usize {
            return Err(MailError::TooManyPasswords);
        }
        let id: PasswordId = work.new_id();
        let body = work.body();
        let owner = (body, &*id.to_string());
        let sealed = seal_password(self.vault.sealer(), owner, password, work.random())
            .map_err(VaultError::from)?;
        let made_at = work.now();
        let standing = Standing { id, label: label.to_owned(), person: caller.person, made_at };
        rows::add_standing(work, &standing, sealed).await?;
        let entry = caller.entry(STANDING_ADDED, Subject::new("mail-password", id));
        records::append(work, &entry).await?;
        Ok(id)
    }
}

/// The body's list without the passwords.
///
/// # Errors
/// If the caller may not.
pub async fn passwords(work: &mut Work, caller: &Caller) -> Result<Vec<Standing>, MailError> {
    caller.demand_body(work)?;
    caller.demand(Duty::ManageSystem)?;
    let all = rows::standing(work, STANDING_MAX).await?;
    Ok(all.into_iter().map(|(standing, _)| standing).collect())
}

/// Takes a password out of the body's list.
///
/// # Errors
/// [`MailError::NotThere`]; if the caller may not.
pub async fn remove_password(
    work: &mut Work,
    caller: &Caller,
    id: PasswordId,
) -> Result<(), MailError> {
    caller.demand_body(work)?;
    caller.demand(Duty::ManageSystem)?;
    if !rows::remove_standing(work, id).await? {
        return Err(MailError::NotThere);
    }
    let entry = caller.entry(STANDING_REMOVED, Subject::new("mail-password", id));
    records::append(work, &entry).await?;
    Ok(())
}

/// A locked passage that is open now.
struct Opened {
    letter: Letter,
    original_days: u32,
    decided: OpenedOutcome,
}

struct OpenedOutcome {
    outcome: Outcome,
    why: Option<&'static str>,
    bytes: Option<Vec<u8>>,
}

/// How long the next try waits; nothing if it may come now.
fn wait(tries: u32, tried_at: Option<base::Timestamp>, now: base::Timestamp) -> Option<Duration> {
    let beyond = tries.checked_sub(FREE_TRIES)?;
    let pause = WAIT.saturating_mul(1 << beyond.min(10)).min(WAIT_MAX);
    let until = tried_at?.plus(pause);
    (now < until).then(|| until.since(now))
}

fn not_now(state: State) -> MailError {
    passages::PassageError::NotNow { state, step: passages::Step::Deliver }.into()
}

/// Tries again what is locked.
pub(crate) struct Unlocking {
    pub(crate) service: Service,
}

impl Handler for Unlocking {
    fn kind(&self) -> jobs::Kind {
        UNLOCK
    }

    fn policy(&self) -> Policy {
        Policy { at_once: 2, lease: LEASE, ..Policy::default() }
    }

    fn run<'a>(&'a self, store: &'a Store, job: &'a Claimed) -> Task<'a, Result<Done, JobError>> {
        Box::pin(async move {
            let passage = job.key.split_once('/').and_then(|(id, _)| PassageId::parse(id).ok());
            let (Some(body), Some(passage)) = (job.body, passage) else { return Ok(Done::Done) };
            self.service.unlock_alone(store, body, (job, passage)).await.map_err(JobError::failed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_passwords_wait_longer_and_longer() {
        let now = base::Timestamp::default().plus(Duration::from_secs(100_000));
        assert_eq!(wait(4, Some(now), now), None);
        assert_eq!(wait(5, Some(now), now), Some(WAIT));
        assert_eq!(wait(6, Some(now), now), Some(WAIT * 2));
        assert_eq!(wait(4_000_000, Some(now), now), Some(WAIT_MAX));
        assert_eq!(wait(5, Some(now.minus(WAIT)), now), None);
    }
}

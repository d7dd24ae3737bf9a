//! The service behind every change: one way in which a permit changes, so that
//! row, mechanism, schedule and ledger never part.

use std::sync::Arc;

use base::{Clock, Text, Timestamp};
use identity::Caller;
use jobs::NewJob;
use records::{Action, Actor, Entry, Origin, Subject};
use store::Work;

use crate::error::PermitError;
use crate::kind::{EXCEPTION, Kind, KindError, Kinds};
use crate::life::State;
use crate::lost_factor::LostFactorCode;
use crate::mechanism::{InForce, Mechanism};
use crate::permit::{Event, Outcome, Permit, PermitId};
use crate::tables;
use crate::tokens::ProgramToken;
use crate::watch::Watch;

/// Permits of all bodies: applies for them, decides, ends them, and says what is
/// in force. Clones share one.
///
/// Methods that change something take a [`Work`] that was begun for writing,
/// and leave committing to whoever began it. After an error the work must be
/// dropped.
#[derive(Clone)]
pub struct Permits(Arc<Inner>);

struct Inner {
    kinds: Kinds,
    mechanisms: Vec<Arc<dyn Mechanism>>,
    watch: Watch,
}

/// Who makes something happen.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    Caller(&'a Caller),
    Clock,
}

/// The kind of job that carries out what is due for one permit.
pub const DUE_JOB: jobs::Kind = "permits.due";
/// The longest note, purpose or report, in characters.
pub const WORDS_CHARACTERS_MAX: usize = 1_000;

/// The subject's kind in ledger entries.
pub(crate) const SUBJECT: &str = "permit";

/// The moment that was seen is written down when it is this much later, in
/// milliseconds: not at every look.
const SEEN_STEP_MS: i64 = 1_000;

impl Permits {
    /// Puts kinds and mechanisms together; the frame's own mechanisms are there.
    ///
    /// # Errors
    /// If a kind names a mechanism that is not there, or two share a name.
    pub fn new(
        kinds: Kinds,
        rooms: impl IntoIterator<Item = Arc<dyn Mechanism>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KindError> {
        let mut mechanisms: Vec<Arc<dyn Mechanism>> =
            vec![Arc::new(InForce), Arc::new(LostFactorCode), Arc::new(ProgramToken)];
        for mechanism in rooms {
            let name = mechanism.name();
            if mechanisms.iter().any(|known| known.name() == name) {
                return Err(KindError {
                    kind: name.to_owned(),
                    why: "the mechanism's name is taken",
                });
            }
            mechanisms.push(mechanism);
        }
        for kind in kinds.iter() {
            if !mechanisms.iter().any(|mechanism| mechanism.name() == kind.mechanism) {
                return Err(KindError {
                    kind: kind.name.to_owned(),
                    why: "its mechanism is missing",
                });
            }
        }
        Ok(Self(Arc::new(Inner { kinds, mechanisms, watch: Watch::new(clock) })))
    }

    /// The kinds of this program.
    #[must_use]
    pub fn kinds(&self) -> &Kinds {
        &self.0.kinds
    }

    /// The kind of a permit.
    ///
    /// # Errors
    /// [`PermitError::Kind`] for one that this program does not have any more.
    pub fn kind_of(&self, permit: &Permit) -> Result<&Kind, PermitError> {
        self.0.kinds.find(&permit.kind).ok_or(PermitError::Kind)
    }

    /// The mechanism of a kind.
    ///
    /// # Errors
    /// [`PermitError::Kind`] if it is not there.
    pub fn mechanism_of(&self, kind: &Kind) -> Result<&dyn Mechanism, PermitError> {
        let mut all = self.0.mechanisms.iter();
        let found = all.find(|mechanism| mechanism.name() == kind.mechanism);
        found.map(|mechanism| &**mechanism).ok_or(PermitError::Kind)
    }

    pub(crate) fn watch(&self) -> &Watch {
        &self.0.watch
    }

    /// What time it is for this body's permits: the wall clock's, but never
    /// earlier than it was before.
    ///
    /// # Errors
    /// As the store says.
    pub async fn look(&self, work: &mut Work) -> Result<Timestamp, PermitError> {
        let head = tables::head(work).await?;
        Ok(self.0.watch.look(work.body(), work.now(), head.seen_at))
    }

    /// As [`Permits::look`], and remembers it in the store.
    pub(crate) async fn now(&self, work: &mut Work) -> Result<Timestamp, PermitError> {
        let head = tables::head(work).await?;
        let now = self.0.watch.look(work.body(), work.now(), head.seen_at);
        if now.millis() >= head.seen_at.millis().saturating_add(SEEN_STEP_MS) {
            tables::see(work, now).await?;
        }
        Ok(now)
    }

    /// As [`Permits::now`], for a caller of this very body.
    pub(crate) async fn enter(
        &self,
        work: &mut Work,
        caller: &Caller,
    ) -> Result<Timestamp, PermitError> {
        caller.demand_body(work)?;
        self.now(work).await
    }

    /// Reads a permit for a change: nobody else changes it meanwhile.
    pub(crate) async fn load(
        &self,
        work: &mut Work,
        id: PermitId,
    ) -> Result<(Permit, Kind), PermitError> {
        let permit = tables::find_locked(work, id).await?.ok_or(PermitError::NotThere)?;
        let kind = *self.kind_of(&permit)?;
        Ok((permit, kind))
    }

    /// Takes one step with everything that belongs to it: the row, what its
    /// mechanism does, when something is due next, and the permits that rest on
    /// it.
    pub(crate) async fn change(
        &self,
        work: &mut Work,
        before: &Permit,
        event: Event,
        kind: &Kind,
        now: Timestamp,
    ) -> Result<Permit, PermitError> {
        let next = self.step(work, before, event, kind, now).await?;
        let was_support = before.state == State::Active && next.state != State::Active;
        if was_support && kind.name == EXCEPTION.name {
            self.end_dependents(work, next.id, now).await?;
        }
        Ok(next)
    }

    async fn step(
        &self,
        work: &mut Work,
        before: &Permit,
        event: Event,
        kind: &Kind,
        now: Timestamp,
    ) -> Result<Permit, PermitError> {
        let mut next = before.take(event, kind, now)?;
        if next.closes_itself(kind) {
            next = next.take(Event::Close, kind, now)?;
        }
        tables::update(work, before.version, &next, kind).await?;
        next.version = before.version.saturating_add(1);
        let mechanism = self.mechanism_of(kind)?;
        if before.started_at.is_none() && next.started_at.is_some() {
            mechanism.start(work, &next).await?;
        }
        if before.state == State::Active && next.state != State::Active {
            mechanism.end(work, &next).await?;
        }
        let never_began = next.started_at.is_none() && next.finished_at.is_some();
        if never_began && before.finished_at.is_none() {
            mechanism.forgo(work, &next).await?;
        }
        self.schedule(work, &next).await?;
        Ok(next)
    }

    /// What lasts longer than its kind allows ends with the exception.
    async fn end_dependents(
        &self,
        work: &mut Work,
        exception: PermitId,
        now: Timestamp,
    ) -> Result<(), PermitError> {
        for id in tables::dependents(work, exception).await? {
            let (permit, kind) = self.load(work, id).await?;
            let (event, action) = match permit.state {
                State::Active | State::Approved => (Event::Revoke(Outcome::Unsupported), REVOKED),
                State::Draft | State::Applied => (Event::Withdraw, WITHDRAWN),
                State::Refused | State::Ended | State::Revoked | State::Closed => continue,
            };
            let ended = self.step(work, &permit, event, &kind, now).await?;
            let entry = self.entry(By::Clock, action, &ended).with("exception", exception);
            records::append(work, &entry).await?;
        }
        Ok(())
    }

    /// Has a job wake up when something is due for this permit.
    pub(crate) async fn schedule(
        &self,
        work: &mut Work,
        permit: &Permit,
    ) -> Result<(), PermitError> {
        let Some(due) = permit.due_at() else { return Ok(()) };
        let key = format!("{}:{}", permit.id, due.millis());
        let job = NewJob::new(DUE_JOB, key, due).with(&permit.id)?;
        jobs::schedule(work, &job).await?;
        Ok(())
    }

    /// Begins the entry of something that happened to a permit.
    pub(crate) fn entry(&self, by: By<'_>, action: Action, permit: &Permit) -> Entry {
        let subject = Subject::new(SUBJECT, permit.id);
        let entry = match by {
            By::Caller(caller) => caller.entry(action, subject),
            By::Clock => Entry::new(Actor::System("permits"), action, subject, Origin::Job),
        };
        let entry = entry
            .with("kind", &permit.kind)
            .with("number", permit.number)
            .with("state", permit.state.name())
            .with("ends", permit.ends_at);
        match permit.outcome {
            Some(outcome) => entry.with("outcome", outcome.name()),
            None => entry,
        }
    }
}

/// Reads words from a person.
pub(crate) fn words(field: &'static str, text: &str) -> Result<String, PermitError> {
    Text::<WORDS_CHARACTERS_MAX>::parse(text)
        .map(|text| text.as_str().to_owned())
        .map_err(|why| PermitError::Text { field, why })
}

/// What the ledger calls what happens to permits.
pub(crate) const DRAFTED: Action = Action::new("permit.drafted");
pub(crate) const AMENDED: Action = Action::new("permit.amended");
pub(crate) const APPLIED: Action = Action::new("permit.applied");
pub(crate) const WITHDRAWN: Action = Action::new("permit.withdrawn");
pub(crate) const APPROVED: Action = Action::new("permit.approved");
pub(crate) const REFUSED: Action = Action::new("permit.refused");
pub(crate) const STARTED: Action = Action::new("permit.started");
pub(crate) const EMERGENCY: Action = Action::new("permit.emergency-started");
pub(crate) const CONFIRMED: Action = Action::new("permit.emergency-confirmed");
pub(crate) const ENDED: Action = Action::new("permit.ended");
pub(crate) const REVOKED: Action = Action::new("permit.revoked");
pub(crate) const LAPSED: Action = Action::new("permit.lapsed");
pub(crate) const CLOSED: Action = Action::new("permit.closed");
pub(crate) const REMINDED: Action = Action::new("permit.reminded");
pub(crate) const ISSUED: Action = Action::new("permit.issued");
pub(crate) const CLOCK_ACCEPTED: Action = Action::new("permit.clock-accepted");

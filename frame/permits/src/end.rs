//! Ending: by the clock, by whoever gains, by a duty holder; and what is
//! reported afterwards.

use base::{BodyId, Timestamp};
use identity::{Caller, Duty, PersonId};
use store::{Store, Work};

use crate::apply::demand_factors;
use crate::error::PermitError;
use crate::ground::is_grounded;
use crate::kind::{Kind, Reach};
use crate::life::State;
use crate::permit::{Event, Outcome, Permit, PermitId};
use crate::service::{
    By, CLOCK_ACCEPTED, CLOSED, ENDED, LAPSED, Permits, REMINDED, REVOKED, STARTED, SUBJECT,
    WITHDRAWN, words,
};
use crate::tables;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Permits for which everything due was done.
    pub done: u32,
    /// Permits whose mechanism or row refused; they are tried again.
    pub failed: u32,
}

/// Permits that one sweep takes; the next goes on.
const SWEEP_MAX: u32 = 200;
/// Steps that one permit can owe at once: start, reminder, end.
const STEPS_MAX: usize = 4;

impl Permits {
    /// Gives an ability back before its end.
    ///
    /// # Errors
    /// [`PermitError::NotYours`] for others than the applicant and whoever
    /// gains.
    pub async fn end(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let (permit, kind) = self.load(work, id).await?;
        if !is_involved(caller, &permit) {
            return Err(PermitError::NotYours);
        }
        let ended = self.change(work, &permit, Event::End(Outcome::Returned), &kind, now).await?;
        records::append(work, &self.entry(By::Caller(caller), ENDED, &ended)).await?;
        Ok(ended)
    }

    /// Takes an ability away. Whoever may decide on the kind or holds the
    /// emergency duty may: also a permit of their own.
    ///
    /// # Errors
    /// [`PermitError::NotAllowed`]; a reason is needed.
    pub async fn revoke(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
        reason: &str,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        demand_factors(caller, 2)?;
        self.check_deputy(work, caller).await?;
        let (mut permit, kind) = self.load(work, id).await?;
        if !may_revoke(caller, &permit, &kind) {
            return Err(PermitError::NotAllowed(kind.approver));
        }
        permit.note = Some(words("note", reason)?);
        let revoked =
            self.change(work, &permit, Event::Revoke(Outcome::Revoked), &kind, now).await?;
        records::append(work, &self.entry(By::Caller(caller), REVOKED, &revoked)).await?;
        Ok(revoked)
    }

    /// Takes away all that somebody applied for or would gain, on the day they
    /// leave; says how many.
    ///
    /// # Errors
    /// [`PermitError::NotAllowed`] without the duty over people.
    pub async fn person_left(
        &self,
        work: &mut Work,
        caller: &Caller,
        person: PersonId,
    ) -> Result<u32, PermitError> {
        if !caller.duties.has(Duty::ManagePeople) {
            return Err(PermitError::NotAllowed(Duty::ManagePeople));
        }
        let now = self.enter(work, caller).await?;
        let mut count = 0;
        for id in tables::open_of(work, person).await? {
            let (permit, kind) = self.load(work, id).await?;
            let (event, action) = match permit.state {
                State::Active | State::Approved => (Event::Revoke(Outcome::Revoked), REVOKED),
                State::Draft | State::Applied => (Event::Withdraw, WITHDRAWN),
                State::Refused | State::Ended | State::Revoked | State::Closed => continue,
            };
            let ended = self.change(work, &permit, event, &kind, now).await?;
            let entry = self.entry(By::Caller(caller), action, &ended).with("left", person);
            records::append(work, &entry).await?;
            count += 1;
        }
        notices::forget(work, person).await?;
        Ok(count)
    }

    /// Closes a permit with a report of what was done. What is red is closed by
    /// another person.
    ///
    /// # Errors
    /// [`PermitError::NotYours`], or [`PermitError::Approver`] for a red one.
    pub async fn close(
        &self,
        work: &mut Work,
        caller: &Caller,
        id: PermitId,
        report: &str,
    ) -> Result<Permit, PermitError> {
        let now = self.enter(work, caller).await?;
        let (mut permit, kind) = self.load(work, id).await?;
        if permit.is_emergency && permit.decided_by.is_none() {
            self.admit(work, caller, &permit, &kind).await?;
        } else if !is_involved(caller, &permit) && !may_revoke(caller, &permit, &kind) {
            return Err(PermitError::NotYours);
        }
        permit.report = Some(words("report", report)?);
        let closed = self.change(work, &permit, Event::Close, &kind, now).await?;
        records::append(work, &self.entry(By::Caller(caller), CLOSED, &closed)).await?;
        Ok(closed)
    }

    /// Does what is due for one permit by the clock: begins it, reminds, ends
    /// it, takes an unconfirmed emergency away. Again changes nothing.
    ///
    /// # Errors
    /// As the mechanism says; the ability is gone all the same, because every
    /// use asks for the time.
    pub async fn settle(&self, work: &mut Work, id: PermitId) -> Result<bool, PermitError> {
        let now = self.now(work).await?;
        let (mut permit, kind) = self.load(work, id).await?;
        let mut is_changed = false;
        for _ in 0..STEPS_MAX {
            if let Some(mut event) = permit.due_event(now) {
                if event == Event::Start && !is_grounded(work, &permit).await? {
                    event = Event::Revoke(Outcome::Unsupported);
                }
                permit = self.change(work, &permit, event, &kind, now).await?;
                let entry = self.entry(By::Clock, action(event), &permit);
                records::append(work, &entry).await?;
            } else if permit.remind_at.is_some_and(|at| at <= now) {
                permit = self.remind(work, permit, &kind, now).await?;
            } else {
                break;
            }
            is_changed = true;
        }
        Ok(is_changed)
    }

    async fn remind(
        &self,
        work: &mut Work,
        mut permit: Permit,
        kind: &Kind,
        now: Timestamp,
    ) -> Result<Permit, PermitError> {
        permit.remind_at = None;
        permit.reminded_at = Some(now);
        tables::update(work, permit.version, &permit, kind).await?;
        permit.version = permit.version.saturating_add(1);
        self.schedule(work, &permit).await?;
        records::append(work, &self.entry(By::Clock, REMINDED, &permit)).await?;
        let people = [Some(permit.applicant), permit.applicant_for, permit.beneficiary];
        notices::tell_all(work, people.into_iter().flatten(), &notices::PERMIT_ENDS).await?;
        Ok(permit)
    }

    /// Does what is due for all permits of all bodies, each in a work of its
    /// own, so that one that fails holds up no other.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn settle_all(&self, store: &Store) -> Result<Settled, PermitError> {
        let mut across = store.read_across("find permits for which something is due").await?;
        let now = across.now();
        let due = tables::due_across(&mut across, now, SWEEP_MAX).await?;
        drop(across);
        let mut settled = Settled::default();
        for (body, id) in due {
            match self.settle_one(store, body, id).await {
                Ok(()) => settled.done += 1,
                Err(error) => {
                    tracing::error!(permit.id = %id, %error, "permit {id} is due and was not settled: {error}");
                    settled.failed += 1;
                }
            }
        }
        Ok(settled)
    }

    /// Does what is due for one permit in a work of its own.
    ///
    /// # Errors
    /// As [`Permits::settle`].
    pub async fn settle_one(
        &self,
        store: &Store,
        body: BodyId,
        id: PermitId,
    ) -> Result<(), PermitError> {
        let mut work = store.begin(body).await?;
        if self.settle(&mut work, id).await? {
            work.commit().await?;
        }
        Ok(())
    }

    /// How far the wall clock is behind what was seen before: until somebody
    /// looks, permits count the later time, so that none is lengthened.
    ///
    /// # Errors
    /// As the store says.
    pub async fn clock_behind(&self, work: &mut Work) -> Result<std::time::Duration, PermitError> {
        Ok(self.look(work).await?.since(work.now()))
    }

    /// Accepts the wall clock after it had been ahead by mistake. Everything
    /// that the later time ended is ended first, so that nothing revives.
    ///
    /// # Errors
    /// [`PermitError::NotAllowed`] without the duty over the system;
    /// [`PermitError::ClockRight`].
    pub async fn accept_clock(&self, work: &mut Work, caller: &Caller) -> Result<(), PermitError> {
        if !caller.duties.has_for(Duty::ManageSystem, None) {
            return Err(PermitError::NotAllowed(Duty::ManageSystem));
        }
        demand_factors(caller, 2)?;
        let (now, wall) = (self.enter(work, caller).await?, work.now());
        if now <= wall {
            return Err(PermitError::ClockRight);
        }
        loop {
            let due = tables::due(work, now, SWEEP_MAX).await?;
            if due.is_empty() {
                break;
            }
            for id in due {
                self.settle(work, id).await?;
            }
        }
        tables::set_seen(work, wall).await?;
        self.watch().accept(work.body(), wall);
        let subject = records::Subject::new(SUBJECT, "clock");
        let entry = caller.entry(CLOCK_ACCEPTED, subject).with("from", now).with("to", wall);
        records::append(work, &entry).await?;
        Ok(())
    }
}

const fn action(event: Event) -> records::Action {
    match event {
        Event::Start => STARTED,
        Event::Lapse => LAPSED,
        Event::Revoke(_) => REVOKED,
        Event::End(_) => ENDED,
        Event::Close => CLOSED,
        // People take these; the clock never does.
        Event::Apply
        | Event::Withdraw
        | Event::Approve(_)
        | Event::Refuse(_)
        | Event::StartAtOnce
        | Event::Confirm(_) => ENDED,
    }
}

/// True for the applicant and whoever gains, and for whoever stands in for
/// them.
pub(crate) fn is_involved(caller: &Caller, permit: &Permit) -> bool {
    let people = [Some(permit.applicant), permit.applicant_for, permit.beneficiary];
    people
        .into_iter()
        .flatten()
        .any(|person| person == caller.person || caller.acting_for == Some(person))
}

pub(crate) fn may_revoke(caller: &Caller, permit: &Permit, kind: &Kind) -> bool {
    let section = match kind.reach {
        Reach::Section => permit.section,
        Reach::Body => None,
    };
    caller.duties.has_for(kind.approver, section) || caller.duties.has_for(Duty::Emergency, section)
}

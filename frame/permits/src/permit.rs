//! One permit, and what each step makes of it. Pure: people and times come in,
//! the changed permit or a refusal comes out.

use std::time::Duration;

use base::{Id, Timestamp};
use identity::{PersonId, SectionId};

use crate::approver::Approver;
use crate::kind::{CONFIRM_WITHIN, Closing, Kind};
use crate::life::{State, Step};
use crate::scope::Scope;

/// The id of a permit.
pub type PermitId = Id<Permit>;

/// What may happen: applied for by one person, granted by another, with an end.
/// Read from the store only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permit {
    /// Its id.
    pub id: PermitId,
    /// Its number in the body's register, from 1.
    pub number: u32,
    /// The name of its kind.
    pub kind: String,
    /// Where it stands.
    pub state: State,
    /// Grows by one with every change.
    pub version: u32,
    /// Who applied.
    pub applicant: PersonId,
    /// In whose stead the applicant applied (代行).
    pub applicant_for: Option<PersonId>,
    /// Whose ability it is; nobody's if it is the body's.
    pub beneficiary: Option<PersonId>,
    /// The section that answers for it; none if it is the body's.
    pub section: Option<SectionId>,
    /// What for.
    pub purpose: String,
    /// What it reaches.
    pub scope: Scope,
    /// The ability begins here at the earliest.
    pub starts_at: Timestamp,
    /// The ability is gone from this moment on.
    pub ends_at: Timestamp,
    /// The longest span that its kind, or the exception, allowed when it was
    /// written.
    pub span_max: Duration,
    /// The exception under which it lasts longer than its kind allows.
    pub exception: Option<PermitId>,
    /// Started at once by a duty holder.
    pub is_emergency: bool,
    /// An emergency's ability is gone from this moment on unless another person
    /// has confirmed it.
    pub confirm_by: Option<Timestamp>,
    /// Who decided: never the applicant, never whoever gains.
    pub decided_by: Option<PersonId>,
    /// In whose stead they decided (代行).
    pub decided_for: Option<PersonId>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// What the decider, or whoever took it away, wrote.
    pub note: Option<String>,
    /// How it came out, once its ability is over.
    pub outcome: Option<Outcome>,
    /// What was reported at its close.
    pub report: Option<String>,
    /// When it was written.
    pub made_at: Timestamp,
    /// When it was handed in.
    pub applied_at: Option<Timestamp>,
    /// When its ability began.
    pub started_at: Option<Timestamp>,
    /// When its ability was over, or it was refused or taken back.
    pub finished_at: Option<Timestamp>,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// When a reminder of the end is due; none once it was given.
    pub remind_at: Option<Timestamp>,
    /// When somebody was reminded.
    pub reminded_at: Option<Timestamp>,
    /// When its secret was handed over, where its mechanism has one.
    pub issued_at: Option<Timestamp>,
}

/// How a permit came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Its end came.
    Expired,
    /// Given back before its end.
    Returned,
    /// Taken away by a duty holder.
    Revoked,
    /// An emergency that nobody else confirmed in time, or somebody refused.
    Unconfirmed,
    /// The exception that it rested on is over.
    Unsupported,
    /// Not granted.
    Refused,
    /// Taken back by its applicant.
    Withdrawn,
    /// Nobody decided before its end.
    Lapsed,
}

impl Outcome {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::Expired,
        Self::Returned,
        Self::Revoked,
        Self::Unconfirmed,
        Self::Unsupported,
        Self::Refused,
        Self::Withdrawn,
        Self::Lapsed,
    ];

    /// The name that is stored; the screens look up `permit-outcome-NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Returned => "returned",
            Self::Revoked => "revoked",
            Self::Unconfirmed => "unconfirmed",
            Self::Unsupported => "unsupported",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }

    /// Reads [`Outcome::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// What happens to a permit, with who makes it happen where that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Apply,
    Withdraw,
    Approve(Approver),
    Refuse(Approver),
    Start,
    StartAtOnce,
    Confirm(Approver),
    /// The clock or the person says so.
    End(Outcome),
    Revoke(Outcome),
    Lapse,
    Close,
}

/// Why a step was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotNow {
    /// The life cycle does not have it.
    #[error("{} cannot follow where a permit is {}", step.name(), state.name())]
    State {
        /// Where the permit stands.
        state: State,
        /// What was asked.
        step: Step,
    },
    /// Its end has come.
    #[error("the end has come")]
    Over,
    /// Its start or end has not come.
    #[error("the time has not come")]
    Early,
    /// The approver was admitted to another permit.
    #[error("the approver was admitted to another permit")]
    OtherPermit,
    /// There is nothing to confirm: it is no emergency, or it was decided.
    #[error("nothing is to be confirmed")]
    Decided,
}

impl Event {
    pub(crate) const fn step(&self) -> Step {
        match self {
            Self::Apply => Step::Apply,
            Self::Withdraw => Step::Withdraw,
            Self::Approve(_) => Step::Approve,
            Self::Refuse(_) => Step::Refuse,
            Self::Start => Step::Start,
            Self::StartAtOnce => Step::StartAtOnce,
            Self::Confirm(_) => Step::Confirm,
            Self::End(_) => Step::End,
            Self::Revoke(_) => Step::Revoke,
            Self::Lapse => Step::Lapse,
            Self::Close => Step::Close,
        }
    }
}

impl Permit {
    /// Takes one step.
    pub(crate) fn take(&self, event: Event, kind: &Kind, now: Timestamp) -> Result<Self, NotNow> {
        let step = event.step();
        let state = self.state.after(step).ok_or(NotNow::State { state: self.state, step })?;
        let mut next = Self { state, ..self.clone() };
        match event {
            Event::Apply => {
                self.before_end(now)?;
                next.applied_at = Some(now);
            }
            Event::Withdraw => next.finish(Outcome::Withdrawn, now),
            Event::Approve(approver) => {
                self.before_end(now)?;
                next.decide(approver, now)?;
            }
            Event::Refuse(approver) => {
                if self.state == State::Active && self.decided_by.is_some() {
                    return Err(NotNow::Decided);
                }
                next.decide(approver, now)?;
                let is_emergency = self.state == State::Active;
                next.finish(
                    if is_emergency { Outcome::Unconfirmed } else { Outcome::Refused },
                    now,
                );
            }
            Event::Start => {
                self.before_end(now)?;
                if now < self.starts_at {
                    return Err(NotNow::Early);
                }
                next.begin(kind, now);
            }
            Event::StartAtOnce => {
                self.before_end(now)?;
                if now < self.starts_at {
                    return Err(NotNow::Early);
                }
                next.is_emergency = true;
                next.applied_at = Some(now);
                next.confirm_by = Some(self.starts_at.plus(CONFIRM_WITHIN));
                next.begin(kind, now);
            }
            Event::Confirm(approver) => {
                let waits = self.is_emergency && self.decided_by.is_none();
                if !waits {
                    return Err(NotNow::Decided);
                }
                if self.confirm_by.is_none_or(|by| by <= now) {
                    return Err(NotNow::Over);
                }
                if self.state == State::Active {
                    self.before_end(now)?;
                }
                next.decide(approver, now)?;
            }
            Event::End(outcome) => {
                if outcome == Outcome::Expired && now < self.ends_at {
                    return Err(NotNow::Early);
                }
                next.finish(outcome, now);
            }
            Event::Revoke(outcome) => next.finish(outcome, now),
            Event::Lapse => {
                if now < self.ends_at {
                    return Err(NotNow::Early);
                }
                next.finish(Outcome::Lapsed, now);
            }
            Event::Close => {}
        }
        Ok(next)
    }

    fn before_end(&self, now: Timestamp) -> Result<(), NotNow> {
        if now < self.ends_at { Ok(()) } else { Err(NotNow::Over) }
    }

    fn decide(&mut self, approver: Approver, now: Timestamp) -> Result<(), NotNow> {
        if approver.permit() != self.id {
            return Err(NotNow::OtherPermit);
        }
        self.decided_by = Some(approver.person());
        self.decided_for = approver.acting_for();
        self.decided_at = Some(now);
        Ok(())
    }

    fn begin(&mut self, kind: &Kind, now: Timestamp) {
        self.started_at = Some(now);
        let is_long = self.ends_at.since(now) >= kind.remind_before * 2;
        self.remind_at = is_long.then(|| self.ends_at.minus(kind.remind_before));
    }

    fn finish(&mut self, outcome: Outcome, now: Timestamp) {
        self.outcome = Some(outcome);
        self.finished_at = Some(now);
        self.remind_at = None;
    }

    /// The moment from which there is no ability, whatever else happens: the
    /// end, or sooner for an emergency that nobody has confirmed.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        match (self.decided_by, self.confirm_by) {
            (None, Some(by)) => self.ends_at.min(by),
            (Some(_), _) | (None, None) => self.ends_at,
        }
    }

    /// True where the ability exists at a moment.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.state == State::Active && self.starts_at <= now && now < self.until()
    }

    /// True for an emergency that another person still has to confirm, or that
    /// was taken away because nobody did and still has to be closed.
    #[must_use]
    pub fn waits_for_confirmation(&self) -> bool {
        let is_unclosed = matches!(self.state, State::Active | State::Ended | State::Revoked);
        self.is_emergency && self.decided_by.is_none() && is_unclosed
    }

    /// True for an emergency that nobody else confirmed in time: shown red.
    #[must_use]
    pub fn is_red(&self, now: Timestamp) -> bool {
        let is_late = self.confirm_by.is_some_and(|by| by <= now);
        self.is_emergency
            && (self.outcome == Some(Outcome::Unconfirmed)
                || (self.decided_by.is_none() && is_late))
    }

    /// When something has to be done next without anybody asking.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Draft | State::Applied => Some(self.ends_at),
            State::Approved => Some(self.starts_at.min(self.ends_at)),
            State::Active => Some(self.remind_at.map_or(self.until(), |at| at.min(self.until()))),
            State::Refused | State::Ended | State::Revoked | State::Closed => None,
        }
    }

    /// What has to be done by now, if anything but a reminder.
    pub(crate) fn due_event(&self, now: Timestamp) -> Option<Event> {
        match self.state {
            State::Draft | State::Applied => (self.ends_at <= now).then_some(Event::Lapse),
            State::Approved if self.ends_at <= now => Some(Event::End(Outcome::Expired)),
            State::Approved => (self.starts_at <= now).then_some(Event::Start),
            State::Active if self.ends_at <= now => Some(Event::End(Outcome::Expired)),
            State::Active => (self.until() <= now).then_some(Event::Revoke(Outcome::Unconfirmed)),
            State::Refused | State::Ended | State::Revoked | State::Closed => None,
        }
    }

    /// True where its life closes without a report.
    pub(crate) fn closes_itself(&self, kind: &Kind) -> bool {
        let is_over = matches!(self.state, State::Ended | State::Revoked);
        let is_reported = kind.closing == Closing::WithEnd || self.started_at.is_none();
        is_over && is_reported && !self.is_emergency
    }
}

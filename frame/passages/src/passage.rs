//! One passage, and what each step makes of it. Pure: times and people come
//! in, the changed passage or a refusal comes out.

use base::{Id, Timestamp};
use identity::{PersonId, SectionId};
use permits::PermitId;
use zones::Crossing;

use crate::error::PassageError;
use crate::life::{State, Step, Verdict};

/// The id of a passage.
pub type PassageId = Id<Passage>;

/// What a [`BatchId`] names.
#[derive(Clone, Copy, Debug)]
pub enum BatchTag {}

/// The id of what was sent together.
pub type BatchId = Id<BatchTag>;

/// One thing that crosses a boundary. Read from the store only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passage {
    /// Its id.
    pub id: PassageId,
    /// Grows by one with every change.
    pub version: u32,
    /// Where it stands.
    pub state: State,
    /// What came.
    pub new: NewPassage,
    /// What was decided, once it was.
    pub outcome: Option<Outcome>,
    /// How many people besides sender and receiver have approved.
    pub approvals: u8,
    /// Who approved first, where two are asked.
    pub approved_by: Option<PersonId>,
    /// Who looked at it (目視確認).
    pub looked_by: Option<PersonId>,
    /// When it came.
    pub made_at: Timestamp,
    /// When its verdict was spoken.
    pub decided_at: Option<Timestamp>,
    /// When it lay with its receiver.
    pub delivered_at: Option<Timestamp>,
    /// When it was first fetched.
    pub fetched_at: Option<Timestamp>,
    /// When what is kept of it goes; before a verdict, when it is refused for
    /// want of one.
    pub ends_at: Timestamp,
}

/// What somebody brings to a boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPassage {
    /// What was sent together with it.
    pub batch: BatchId,
    /// The room that carries it: `transfer`.
    pub room: String,
    /// The boundary.
    pub crossing: Crossing,
    /// By which way, a word of the room's policy.
    pub way: String,
    /// From whom.
    pub sender: Sender,
    /// To whom.
    pub receiver: Receiver,
    /// The sender's class, a word of the room's policy.
    pub class: String,
    /// What for.
    pub purpose: String,
    /// What its sender calls it.
    pub name: String,
    /// How large it is.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// The sealed original, while it is kept.
    pub original: Option<Sealed>,
}

/// A sealed file among the blobs. Without its key nobody reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The blob's hash, that of the sealed bytes.
    pub blob: String,
    /// Its key, itself sealed.
    pub key: Vec<u8>,
}

/// Who sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A person of the body.
    Person(PersonId),
    /// Somebody outside who holds a link.
    Link(PermitId),
    /// A watched folder, or a product that asks by ICAP, by its name.
    Machine(String),
}

/// Who receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// One person.
    Person(PersonId),
    /// Everybody of a section.
    Section(SectionId),
    /// Whoever asked, in the same moment: ICAP, a folder.
    Asker,
}

/// What was decided, and by which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The rule by which it was treated; empty if none spoke.
    pub treat_rule: String,
    /// How, a word of the room's policy; empty if it was not.
    pub treatment: String,
    /// The rule by which it is let through or not; empty if none spoke.
    pub release_rule: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What it is, by its content.
    pub format: String,
    /// Everything that was found, JSON of the room.
    pub report: String,
    /// How many things were taken out.
    pub removed: u64,
    /// How many people it tells of; nothing if nobody looked.
    pub persons: Option<u64>,
    /// What is asked before it is handed over.
    pub wanted: Wanted,
    /// What is handed over.
    pub output: Option<Kept>,
}

/// What people must do first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Somebody looks at it.
    pub look: bool,
    /// How many people approve.
    pub approvals: u8,
}

/// A file that is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The sealed bytes.
    pub sealed: Sealed,
    /// Its name.
    pub name: String,
    /// How large it is.
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
}

/// How a treatment came out.
#[derive(Clone, Debug)]
pub enum Conclusion {
    /// It cannot be opened without a password.
    Locked,
    /// There is something to hand over.
    Ready(Happy),
    /// There is not.
    Stopped(Outcome),
}

/// An outcome that holds what is handed over. Only [`Happy::new`] makes one:
/// nothing is delivered that has no verdict and no bytes.
#[derive(Clone, Debug)]
pub struct Happy(Outcome);

impl Happy {
    /// Takes an outcome that has an output, both rules and a good verdict.
    #[must_use]
    pub fn new(outcome: Outcome) -> Option<Self> {
        let is_good = match outcome.verdict {
            Verdict::Clean | Verdict::Disarmed | Verdict::Inspected | Verdict::Unchanged => true,
            Verdict::Refused | Verdict::Quarantined => false,
        };
        let is_ruled = !outcome.treat_rule.is_empty() && !outcome.release_rule.is_empty();
        (is_good && is_ruled && outcome.output.is_some()).then_some(Self(outcome))
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Sealed({})", self.blob)
    }
}

impl Passage {
    /// After its treatment.
    pub(crate) fn concluded(
        mut self,
        conclusion: Conclusion,
        now: Timestamp,
    ) -> Result<Self, PassageError> {
        match conclusion {
            Conclusion::Locked => self.step(Step::Lock),
            Conclusion::Stopped(outcome) => {
                let step = match outcome.verdict {
                    Verdict::Quarantined => Step::Quarantine,
                    Verdict::Refused
                    | Verdict::Clean
                    | Verdict::Disarmed
                    | Verdict::Inspected
                    | Verdict::Unchanged => Step::Refuse,
                };
                self.outcome = Some(Outcome { output: None, ..outcome });
                self.decided_at = Some(now);
                self.step(step)
            }
            Conclusion::Ready(Happy(outcome)) => {
                let is_asked = outcome.wanted != Wanted::default();
                self.outcome = Some(outcome);
                if is_asked { self.step(Step::Hold) } else { self.deliver(now) }
            }
        }
    }

    /// Somebody else looked at it and found nothing odd.
    pub(crate) fn looked(mut self, by: PersonId, now: Timestamp) -> Result<Self, PassageError> {
        self.demand_held(Step::Deliver)?;
        if self.new.sender == Sender::Person(by) {
            return Err(PassageError::Own);
        }
        self.looked_by = Some(by);
        self.deliver_if_complete(now)
    }

    /// Another person approved.
    pub(crate) fn approved(mut self, by: PersonId, now: Timestamp) -> Result<Self, PassageError> {
        self.demand_held(Step::Deliver)?;
        if self.new.sender == Sender::Person(by) || self.new.receiver == Receiver::Person(by) {
            return Err(PassageError::Own);
        }
        if self.approved_by == Some(by) {
            return Err(PassageError::SameApprover);
        }
        self.approved_by = Some(by);
        self.approvals = self.approvals.saturating_add(1);
        self.deliver_if_complete(now)
    }

    /// Somebody looked and found something odd.
    pub(crate) fn odd(mut self, by: PersonId, now: Timestamp) -> Result<Self, PassageError> {
        self.demand_held(Step::Refuse)?;
        if self.new.sender == Sender::Person(by) {
            return Err(PassageError::Own);
        }
        self.looked_by = Some(by);
        self.refused(now)
    }

    /// A person, or the end of its time, says no.
    pub(crate) fn refused(mut self, now: Timestamp) -> Result<Self, PassageError> {
        if let Some(outcome) = &mut self.outcome {
            outcome.verdict = Verdict::Refused;
        }
        self.decided_at = Some(now);
        self.step(Step::Refuse)
    }

    /// What is kept of it goes.
    pub(crate) fn ended(mut self) -> Result<Self, PassageError> {
        self.new.original = None;
        if let Some(outcome) = &mut self.outcome {
            outcome.output = None;
        }
        self.step(Step::End)
    }

    /// What is still asked of people.
    #[must_use]
    pub fn still_wanted(&self) -> Wanted {
        let Some(outcome) = &self.outcome else { return Wanted::default() };
        Wanted {
            look: outcome.wanted.look && self.looked_by.is_none(),
            approvals: outcome.wanted.approvals.saturating_sub(self.approvals),
        }
    }

    fn deliver_if_complete(self, now: Timestamp) -> Result<Self, PassageError> {
        if self.still_wanted() == Wanted::default() { self.deliver(now) } else { Ok(self) }
    }

    fn deliver(mut self, now: Timestamp) -> Result<Self, PassageError> {
        self.decided_at = Some(now);
        self.delivered_at = Some(now);
        self.step(Step::Deliver)
    }

    fn demand_held(&self, step: Step) -> Result<(), PassageError> {
        match self.state {
            State::Held => Ok(()),
            State::Received
            | State::Locked
            | State::Delivered
            | State::Refused
            | State::Quarantined
            | State::Ended => Err(PassageError::NotNow { state: self.state, step }),
        }
    }

    pub(crate) fn step(mut self, step: Step) -> Result<Self, PassageError> {
        let not_now = PassageError::NotNow { state: self.state, step };
        self.state = self.state.after(step).ok_or(not_now)?;
        Ok(self)
    }
}

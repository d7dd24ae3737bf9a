//! What can go wrong, by what a person can do about it.

use std::time::Duration;

use base::TextError;
use identity::{Duty, IdentityError};
use jobs::JobError;
use notices::NoticeError;
use records::RecordError;
use store::StoreError;

use crate::approver::NotApprover;
use crate::permit::NotNow;
use crate::scope::ScopeError;

/// Why something about a permit was not done. Nothing was changed, once the
/// work is dropped.
#[derive(Debug, thiserror::Error)]
pub enum PermitError {
    /// The store did not do it.
    #[error("the store of permits did not answer")]
    Store(#[source] StoreError),
    /// The ledger did not take the entry, so nothing was done.
    #[error("the ledger did not take the entry")]
    Record(#[from] RecordError),
    /// The end could not be scheduled, so nothing was done.
    #[error("the end could not be scheduled")]
    Job(#[from] JobError),
    /// The store did not take a notice, so nothing was done.
    #[error("a notice could not be written down")]
    Notice(#[from] NoticeError),
    /// People or roles could not be read.
    #[error("people could not be read")]
    Identity(#[from] IdentityError),
    /// No such permit in this body, or the caller may not see it.
    #[error("there is no such permit in this body")]
    NotThere,
    /// This program has no such kind of permit.
    #[error("there is no such kind of permit")]
    Kind,
    /// Fields of the application are wrong: mend them.
    #[error("the application has {} wrong fields", .0.len())]
    Scope(Vec<ScopeError>),
    /// The purpose, note or report cannot be taken.
    #[error("the {field} cannot be taken")]
    Text {
        /// `purpose`, `note` or `report`.
        field: &'static str,
        /// Why.
        #[source]
        why: TextError,
    },
    /// The end is not after the start.
    #[error("the end is not after the start")]
    EndBeforeStart,
    /// The end has passed already, or the start is more than a year away.
    #[error("the time does not lie ahead, within a year")]
    NotAhead,
    /// The kind allows less time: choose an earlier end, or ask for an
    /// exception first.
    #[error("this kind of permit lasts at most {} minutes", max.as_secs() / 60)]
    TooLong {
        /// The longest span now.
        max: Duration,
    },
    /// The person whose ability it would be is missing, unknown, gone, or not
    /// to be named for this kind.
    #[error("the person who would gain cannot be taken")]
    Beneficiary,
    /// This is for the applicant, or whoever gains.
    #[error("this is for the applicant")]
    NotYours,
    /// The caller lacks the duty, at least there.
    #[error("this needs the duty {}", .0.name())]
    NotAllowed(Duty),
    /// Too few factors were shown for this; a program's token never suffices
    /// to decide.
    #[error("this needs {needed} factors")]
    Factors {
        /// How many.
        needed: u8,
    },
    /// The caller may not decide on this permit.
    #[error("the caller may not decide on this permit")]
    Approver(#[from] NotApprover),
    /// The permit that lets the caller stand in for another is over.
    #[error("nobody lets the caller stand in for that person now")]
    NotDeputy,
    /// The permit does not stand where that could follow.
    #[error("not in this state, or not at this time")]
    NotNow(#[from] NotNow),
    /// Somebody else changed it since it was shown: look again.
    #[error("somebody else changed it first")]
    Stale,
    /// This kind cannot start before another person has decided.
    #[error("this kind never starts before another person has decided")]
    NoEmergency,
    /// No permit of this kind is in force for this.
    #[error("no permit is in force for this")]
    NotInForce,
    /// There is nothing to hand over, or it was handed over already.
    #[error("there is nothing to hand over")]
    NothingToIssue,
    /// The clock is right: there is nothing to accept.
    #[error("the clock is not behind")]
    ClockRight,
    /// The mechanism could not give or take the ability; the job tries again.
    #[error("the mechanism {name} did not do it")]
    Mechanism {
        /// Its name.
        name: &'static str,
        /// Why.
        #[source]
        why: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row holds what the program never writes.
    #[error("a row of permits cannot be read: {0}")]
    Unreadable(&'static str),
}

impl From<StoreError> for PermitError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

//! What can go wrong, by what a person can do about it.

use identity::IdentityError;
use records::RecordError;
use store::StoreError;

use crate::life::{State, Step};

/// Why something about a passage was not done. Nothing was changed, once the
/// work is dropped.
#[derive(Debug, thiserror::Error)]
pub enum PassageError {
    /// The store did not do it.
    #[error("the store of passages did not answer")]
    Store(#[from] StoreError),
    /// The ledger did not take the entry, so nothing was done.
    #[error("the ledger did not take the entry")]
    Record(#[from] RecordError),
    /// The caller may not.
    #[error("the caller may not do this")]
    Identity(#[from] IdentityError),
    /// No such passage in this body, or the caller may not see it.
    #[error("there is no such passage")]
    NotThere,
    /// It stands where this cannot follow.
    #[error("{step:?} cannot follow {state:?}")]
    NotNow {
        /// Where it stands.
        state: State,
        /// What was tried.
        step: Step,
    },
    /// Somebody else changed it in the meantime: look again.
    #[error("the passage was changed in the meantime")]
    Stale,
    /// Whoever sent it, or gets it, cannot be the other pair of eyes.
    #[error("the sender and the receiver do not decide on their own passage")]
    Own,
    /// One permit approves once, and one person too.
    #[error("another person must approve")]
    SameApprover,
}

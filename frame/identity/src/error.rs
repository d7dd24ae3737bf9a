//! What can go wrong, by what a person can do about it.

use factors::{PasswordError, SealError, TotpError};
use records::RecordError;
use store::StoreError;

use crate::conflict::Conflict;
use crate::role::Duty;

/// Why something about bodies, people or roles was not done. Nothing was
/// changed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The store did not do it.
    #[error("the store of people did not answer")]
    Store(#[source] StoreError),
    /// The ledger did not take the entry, so nothing was done.
    #[error("the ledger did not take the entry")]
    Record(#[from] RecordError),
    /// No such thing in this body.
    #[error("there is no such {0} in this body")]
    NotThere(&'static str),
    /// The caller does not have the duty, at least not there.
    #[error("this needs the duty {}", .0.name())]
    NotAllowed(Duty),
    /// Nobody decides this about themselves: ask a colleague.
    #[error("this is for another person to do")]
    Oneself,
    /// Somebody else changed it since it was shown: look again.
    #[error("somebody else changed it first")]
    Stale,
    /// The login is somebody's, perhaps in another body.
    #[error("the login is taken")]
    LoginTaken,
    /// A body with this code is here already.
    #[error("a body with this code is here already")]
    BodyTaken,
    /// The municipality lies in another prefecture, or none is above it.
    #[error("the body does not belong under this prefecture")]
    NotUnder,
    /// Another section has the code.
    #[error("another section has this code")]
    SectionTaken,
    /// People or sections are still in the section, or it is closed.
    #[error("the section is closed or still in use")]
    SectionState,
    /// The person is not in a state for this.
    #[error("the person is not in a state for this")]
    PersonState,
    /// The credential belongs to somebody already; one credential is one person.
    #[error("the credential belongs to somebody already")]
    CredentialTaken,
    /// The person has as many factors of this kind as anyone may.
    #[error("no more factors of this kind")]
    TooManyFactors,
    /// What stays behind would not be two factors.
    #[error("two different factors must remain")]
    FactorsMissing,
    /// The second factor was shown too long ago for this: show it again.
    #[error("the second factor must be shown again")]
    ProofNeeded,
    /// The proof of a factor is wrong.
    #[error("the proof of the factor is wrong")]
    WrongProof,
    /// The password may not be used.
    #[error("the password may not be used")]
    Password(#[from] PasswordError),
    /// The TOTP secret or code is wrong.
    #[error("the one-time password is wrong")]
    Totp(#[source] TotpError),
    /// The one-time code is wrong, used or past its end.
    #[error("the one-time code does not open anything")]
    Code,
    /// From, until or the reason does not fit.
    #[error("the term does not fit: {0}")]
    Term(&'static str),
    /// Duties that one person must not hold together. Record a concurrent post
    /// (兼務) with its reason, where that is possible.
    #[error("duties conflict")]
    Conflicts(Vec<Conflict>),
    /// Nobody would be left who assigns roles: give somebody the role first.
    #[error("nobody would be left who assigns roles")]
    LastOfficer,
    /// Passkeys need a host name, and this server is known by an address only.
    #[error("passkeys need a host name")]
    NoHostName,
    /// Too many people sign in or enrol at this moment: try again.
    #[error("too many people at once")]
    Busy,
    /// The set-up is done already.
    #[error("the set-up is done already")]
    SetUpDone,
    /// Too many tries: wait.
    #[error("too many tries; wait {seconds} seconds")]
    Wait {
        /// How long.
        seconds: u64,
    },
    /// A row cannot be read: the key file is another, or the row was changed.
    #[error("a stored secret cannot be opened")]
    Sealed(#[from] SealError),
    /// A row holds what the program never writes.
    #[error("a row of {0} cannot be read")]
    Unreadable(&'static str),
}

impl From<StoreError> for IdentityError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Why a sign-in went no further.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Login, password, code or key is wrong; which one is not said.
    #[error("the sign-in is refused")]
    Refused,
    /// Too many tries from there: wait, or use a device that is known.
    #[error("too many tries; wait {seconds} seconds")]
    Wait {
        /// How long.
        seconds: u64,
    },
    /// The first step is too long ago: begin again.
    #[error("the sign-in took too long")]
    TooLate,
    /// Too many people sign in at this moment: try again.
    #[error("too many sign-ins at once")]
    Busy,
    /// Something below failed.
    #[error("the sign-in could not be carried out")]
    Failed(#[source] IdentityError),
}

impl From<IdentityError> for SignInError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Wait { seconds } => Self::Wait { seconds },
            IdentityError::Busy => Self::Busy,
            other => Self::Failed(other),
        }
    }
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::from(IdentityError::from(error))
    }
}

impl From<RecordError> for SignInError {
    fn from(error: RecordError) -> Self {
        Self::from(IdentityError::from(error))
    }
}

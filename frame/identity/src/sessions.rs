//! Sessions: opened by two factors only, ended by silence, by the clock, by
//! the person, by a second place, by leaving.

use std::net::IpAddr;

use base::{Id, Timestamp};
use store::{Store, Work};

use crate::caller::Caller;
use crate::error::IdentityError;
use crate::gate::FactorKind;
use crate::person::PersonId;
use crate::role::named;

/// The id of a session.
pub type SessionId = Id<Session>;

/// Silence that ends a session, in milliseconds: 30 minutes.
pub const IDLE_MS_MAX: i64 = 30 * 60_000;
/// Longest session, in milliseconds: 12 hours.
pub const SESSION_MS_MAX: i64 = 12 * 3_600_000;

named! {
    /// Why a session ended.
    EndReason {
        /// The person signed out.
        SignedOut = "signed-out",
        /// Nobody did anything for 30 minutes.
        Idle = "idle",
        /// Twelve hours are over, or its permit is.
        Over = "over",
        /// The same person signed in at another address.
        Elsewhere = "elsewhere",
        /// The session's cookie came from another address.
        Moved = "moved",
        /// Somebody ended all sessions of the person, or the person left.
        Revoked = "revoked",
        /// The permit of a lost-factor code ended.
        PermitEnded = "permit-ended",
        /// The clock went back behind the session's last use.
        Clock = "clock",
    }
}

/// A session as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub person: PersonId,
    /// From where.
    pub source: IpAddr,
    /// The first factor.
    pub first: FactorKind,
    /// The second factor; nothing for a lost-factor code.
    pub second: Option<FactorKind>,
    /// The permit of the lost-factor code.
    pub permit: Option<String>,
    /// Since when.
    pub opened_at: Timestamp,
    /// When it was used last, within a minute.
    pub used_at: Timestamp,
    /// When it ends at the latest.
    pub until: Timestamp,
}

/// What a session cookie is worth.
#[derive(Debug)]
pub enum Resumed {
    /// A session with two factors.
    Live(Caller),
    /// A session that is over; the screen says why.
    Ended(EndReason),
    /// No session.
    Unknown,
}

/// Reads a session cookie. Looks at the clock itself; writes at most once a
/// minute, or when the session ends here.
///
/// # Errors
/// As the store says.
pub async fn resume(store: &Store, token: &str, source: IpAddr) -> Result<Resumed, IdentityError> {
    let _ = (store, token, source);
    Ok(Resumed::Unknown)
}

/// Ends the caller's session.
///
/// # Errors
/// As the store says.
pub async fn sign_out(work: &mut Work, caller: &Caller) -> Result<(), IdentityError> {
    let _ = (work, caller);
    Ok(())
}

/// A person's live sessions.
///
/// # Errors
/// As the store says.
pub async fn live(work: &mut Work, person: PersonId) -> Result<Vec<Session>, IdentityError> {
    let _ = (work, person);
    Ok(Vec::new())
}

/// Ends all sessions of a person and forgets their devices: one's own (all but
/// the caller's), or another's with the duty to manage people. Says how many.
///
/// # Errors
/// [`IdentityError::NotAllowed`].
pub async fn revoke_all(
    work: &mut Work,
    caller: &Caller,
    person: PersonId,
) -> Result<u64, IdentityError> {
    let _ = (work, caller, person);
    Ok(0)
}

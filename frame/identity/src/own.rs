//! What a signed-in person does with their own factors: look, add, change,
//! remove. Two different ones always remain.

use base::{Id, Secret, Text, Timestamp};
use store::{Store, Work};

use crate::caller::Caller;
use crate::enrol::{LABEL_MAX, NewPasskey, TotpOffer};
use crate::error::IdentityError;
use crate::gate::{FactorKind, Gate, Visitor};
use crate::person::PersonId;

/// The id of a factor.
pub type FactorId = Id<Factor>;

/// A factor as a list shows it; the secret is not in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Its id.
    pub id: FactorId,
    /// Whose: exactly one person's.
    pub person: PersonId,
    /// Its kind.
    pub kind: FactorKind,
    /// What the person calls it.
    pub label: Text<LABEL_MAX>,
    /// Since when.
    pub added_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// A person's factors.
///
/// # Errors
/// As the store says.
pub async fn factors(work: &mut Work, person: PersonId) -> Result<Vec<Factor>, IdentityError> {
    let _ = (work, person);
    Ok(Vec::new())
}

/// Changes the caller's password; every other session of theirs ends.
///
/// # Errors
/// [`IdentityError::WrongProof`] if the current password is wrong.
pub async fn change_password(
    store: &Store,
    gate: &Gate,
    caller: &Caller,
    current: &Secret<String>,
    new: &Secret<String>,
) -> Result<(), IdentityError> {
    let _ = (store, gate, caller, current, new);
    Err(IdentityError::WrongProof)
}

/// Begins adding a factor: an app's secret and the browser's options for a
/// passkey. Good for ten minutes, in this session only.
///
/// # Errors
/// As the store says.
pub async fn begin_adding(
    store: &Store,
    gate: &Gate,
    caller: &Caller,
) -> Result<(TotpOffer, String), IdentityError> {
    let _ = (store, gate, caller);
    Err(IdentityError::WrongProof)
}

/// Adds the app whose code proves that it took the secret over; an earlier app
/// ends.
///
/// # Errors
/// [`IdentityError::WrongProof`].
pub async fn add_totp(
    store: &Store,
    gate: &Gate,
    caller: &Caller,
    typed: &str,
) -> Result<(), IdentityError> {
    let _ = (store, gate, caller, typed);
    Err(IdentityError::WrongProof)
}

/// Adds a passkey.
///
/// # Errors
/// [`IdentityError::CredentialTaken`] if it is anybody's already.
pub async fn add_passkey(
    store: &Store,
    gate: &Gate,
    caller: &Caller,
    new: &NewPasskey,
) -> Result<(), IdentityError> {
    let _ = (store, gate, caller, new);
    Err(IdentityError::WrongProof)
}

/// Binds the client certificate that the visitor's connection proves.
///
/// # Errors
/// [`IdentityError::CredentialTaken`] if it is anybody's already.
pub async fn add_certificate(
    work: &mut Work,
    caller: &Caller,
    visitor: &Visitor,
    label: &Text<LABEL_MAX>,
) -> Result<(), IdentityError> {
    let _ = (work, caller, visitor, label);
    Err(IdentityError::WrongProof)
}

/// Removes one of the caller's factors.
///
/// # Errors
/// [`IdentityError::FactorsMissing`] if two different ones would not remain.
pub async fn remove(
    work: &mut Work,
    caller: &Caller,
    factor: FactorId,
) -> Result<(), IdentityError> {
    let _ = (work, caller, factor);
    Err(IdentityError::NotThere("factor"))
}

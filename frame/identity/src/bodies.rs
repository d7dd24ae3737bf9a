//! Bodies are founded and found: a prefecture, and municipalities under it.

use base::{BodyId, Text, Timestamp};
use factors::Code;
use store::{Store, Work};

use crate::body::{BodyCode, BodyRecord, NAME_MAX, NewBody};
use crate::caller::Caller;
use crate::error::IdentityError;
use crate::person::{Login, NewSection, Person};

/// The first person of a new body: gets the role of 統括情報セキュリティ責任者
/// and invites the others.
#[derive(Clone, Debug)]
pub struct FirstOfficer {
    /// What they will sign in with.
    pub login: Login,
    /// Their name.
    pub name: Text<NAME_MAX>,
    /// Their name's reading.
    pub kana: Text<NAME_MAX>,
    /// The first section, where they work.
    pub section: NewSection,
}

/// A body that was founded.
#[derive(Debug)]
pub struct Founded {
    /// The body.
    pub body: BodyRecord,
    /// Its first officer, invited.
    pub officer: Person,
    /// Opens the officer's enrolment once.
    pub code: Code,
    /// When the code ends.
    pub until: Timestamp,
}

/// Founds a municipality under the caller's prefecture.
///
/// # Errors
/// [`IdentityError::NotUnder`] if the caller's body is not its prefecture;
/// [`IdentityError::BodyTaken`] if it is here already.
pub async fn found(
    store: &Store,
    caller: &Caller,
    new: &NewBody,
    officer: &FirstOfficer,
) -> Result<Founded, IdentityError> {
    let _ = (store, caller, new, officer);
    Err(IdentityError::NotThere("body"))
}

/// The body whose work this is.
///
/// # Errors
/// [`IdentityError::NotThere`].
pub async fn own(work: &mut Work) -> Result<BodyRecord, IdentityError> {
    let _ = work;
    Err(IdentityError::NotThere("body"))
}

/// The bodies under the caller's, with itself first; by code.
///
/// # Errors
/// As the store says.
pub async fn under(store: &Store, caller: &Caller) -> Result<Vec<BodyRecord>, IdentityError> {
    let _ = (store, caller);
    Ok(Vec::new())
}

/// All bodies of the store, by code: for jobs and commands, not for people.
///
/// # Errors
/// As the store says.
pub async fn all(store: &Store) -> Result<Vec<BodyRecord>, IdentityError> {
    let _ = store;
    Ok(Vec::new())
}

/// Finds a body by its code: for commands, not for people.
///
/// # Errors
/// As the store says.
pub async fn by_code(store: &Store, code: BodyCode) -> Result<Option<BodyId>, IdentityError> {
    let _ = (store, code);
    Ok(None)
}

//! The first body and its first officer, made with a one-time code that the
//! terminal shows. Works once in the life of a store.

use factors::Code;
use store::Store;

use crate::bodies::{FirstOfficer, Founded};
use crate::body::NewBody;
use crate::error::IdentityError;
use crate::gate::Visitor;

/// True while no body is there.
///
/// # Errors
/// As the store says.
pub async fn is_needed(store: &Store) -> Result<bool, IdentityError> {
    let _ = store;
    Ok(true)
}

/// Makes the code that the terminal shows: valid for 24 hours; an earlier one
/// ends.
///
/// # Errors
/// [`IdentityError::SetUpDone`] if a body is there.
pub async fn begin(store: &Store) -> Result<Code, IdentityError> {
    let _ = store;
    Err(IdentityError::SetUpDone)
}

/// Founds the first body, and invites its first officer, who then enrols as
/// everyone does.
///
/// # Errors
/// [`IdentityError::Code`], [`IdentityError::SetUpDone`].
pub async fn finish(
    store: &Store,
    visitor: &Visitor,
    code: &str,
    new: &NewBody,
    officer: &FirstOfficer,
) -> Result<Founded, IdentityError> {
    let _ = (store, visitor, code, new, officer);
    Err(IdentityError::SetUpDone)
}

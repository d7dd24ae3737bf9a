//! The first body and its first officer, made with a one-time code that the
//! terminal shows. Works once in the life of a store.

use factors::Code;
use records::{Actor, Origin};
use store::Store;

use crate::bodies::{self, By, FirstOfficer, Founded};
use crate::body::NewBody;
use crate::error::IdentityError;
use crate::gate::Visitor;
use crate::{doorstep, enrol, tables};

/// True while no body is there.
///
/// # Errors
/// As the store says.
pub async fn is_needed(store: &Store) -> Result<bool, IdentityError> {
    let mut across = store.read_across("see whether any body is there").await?;
    Ok(tables::bodies::home(&mut across).await?.is_none())
}

/// Makes the code that the terminal shows: valid for 24 hours; an earlier one
/// ends.
///
/// # Errors
/// [`IdentityError::SetUpDone`] if a body is there.
pub async fn begin(store: &Store) -> Result<Code, IdentityError> {
    let mut across = store.across("make the set-up code").await?;
    if tables::bodies::home(&mut across).await?.is_some() {
        return Err(IdentityError::SetUpDone);
    }
    let code = Code::new(across.random());
    let until = across.now().plus(enrol::CODE_MAX);
    tables::bodies::replace_set_up_code(&mut across, code.hashed(), until).await?;
    across.commit().await?;
    Ok(code)
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
    doorstep::charge_code(store, visitor).await?;
    let code = Code::parse(code).map_err(|_| IdentityError::Code)?;
    let mut across = store.across("found the first body").await?;
    if tables::bodies::home(&mut across).await?.is_some() {
        return Err(IdentityError::SetUpDone);
    }
    if !tables::bodies::use_set_up_code(&mut across, code.hashed()).await? {
        return Err(IdentityError::Code);
    }
    let by = By {
        actor: Actor::System("set-up"),
        person: None,
        origin: Origin::Address(visitor.source),
    };
    bodies::establish(across, new, officer, None, &by).await
}

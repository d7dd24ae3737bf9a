//! Sections and bureaus of a body.

use store::Work;

use crate::caller::Caller;
use crate::error::IdentityError;
use crate::person::{NewSection, Section, SectionId};

/// Opens a section.
///
/// # Errors
/// [`IdentityError::SectionTaken`] if another has the code.
pub async fn open(
    work: &mut Work,
    caller: &Caller,
    new: &NewSection,
) -> Result<Section, IdentityError> {
    let _ = (work, caller, new);
    Err(IdentityError::NotThere("section"))
}

/// Changes a section; `version` is the one that was shown.
///
/// # Errors
/// [`IdentityError::Stale`].
pub async fn change(
    work: &mut Work,
    caller: &Caller,
    section: SectionId,
    version: i64,
    change: &NewSection,
) -> Result<Section, IdentityError> {
    let _ = (work, caller, section, version, change);
    Err(IdentityError::NotThere("section"))
}

/// Closes a section in which nobody works any more.
///
/// # Errors
/// [`IdentityError::SectionState`] if it is in use.
pub async fn close(
    work: &mut Work,
    caller: &Caller,
    section: SectionId,
) -> Result<(), IdentityError> {
    let _ = (work, caller, section);
    Err(IdentityError::NotThere("section"))
}

/// Finds a section of this body.
///
/// # Errors
/// [`IdentityError::NotThere`].
pub async fn find(work: &mut Work, section: SectionId) -> Result<Section, IdentityError> {
    let _ = (work, section);
    Err(IdentityError::NotThere("section"))
}

/// All sections, by code; the closed ones last.
///
/// # Errors
/// As the store says.
pub async fn list(work: &mut Work) -> Result<Vec<Section>, IdentityError> {
    let _ = work;
    Ok(Vec::new())
}

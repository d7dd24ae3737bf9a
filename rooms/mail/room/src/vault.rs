//! What the mails of a body are kept for, and its standing passwords, sealed for
//! their rows.

use base::{BodyId, Random};
use factors::{Binding, SealError, Sealer};

/// What a mail's key is for: it does not open a file of another room.
pub(crate) const PURPOSE: &str = "mail";
/// What a standing password is sealed for.
const PASSWORD: &str = "mail-password";

/// Seals a standing password for its row.
pub(crate) fn seal_password(
    sealer: &Sealer,
    (body, owner): (BodyId, &str),
    word: &str,
    random: &dyn Random,
) -> Result<Vec<u8>, SealError> {
    let body = body.to_string();
    sealer.seal(Binding { body: &body, owner, purpose: PASSWORD }, word.as_bytes(), random)
}

/// Opens a standing password.
pub(crate) fn open_password(
    sealer: &Sealer,
    (body, owner): (BodyId, &str),
    sealed: &[u8],
) -> Result<String, SealError> {
    let body = body.to_string();
    let plain = sealer.open(Binding { body: &body, owner, purpose: PASSWORD }, sealed)?;
    Ok(String::from_utf8_lossy(plain.reveal()).into_owned())
}

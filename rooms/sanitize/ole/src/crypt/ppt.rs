//! Encrypted presentations.
use crate::ppt::Edit;
use sanitize_core::{Job, Stop};
pub(crate) fn decrypt(
    _s: &mut Vec<u8>,
    _p: &mut Vec<u8>,
    edit: &mut Edit,
    _job: &mut Job<'_>,
) -> Result<bool, Stop> {
    if edit.encryption.is_some() {
        return Err(crate::package::unsupported("encrypted"));
    }
    Ok(false)
}

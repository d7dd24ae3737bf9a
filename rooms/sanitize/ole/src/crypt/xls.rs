//! Encrypted workbooks.
use sanitize_core::{Job, Stop};
pub(crate) fn decrypt(_stream: &mut Vec<u8>, _job: &mut Job<'_>) -> Result<bool, Stop> {
    Ok(false)
}

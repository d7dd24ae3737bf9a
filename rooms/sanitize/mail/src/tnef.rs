//! Opens `winmail.dat`, in which Outlook wraps bodies and attachments.

use sanitize_core::{Job, Stop};

use crate::letter::Letter;

/// Returns what is in it; `None` where these bytes are something else.
pub(crate) fn read(_bytes: &[u8], _job: &mut Job<'_>) -> Result<Option<Letter>, Stop> {
    Ok(None)
}

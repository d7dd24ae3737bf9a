//! Extracts text.
use sanitize_core::{Job, Stop};
/// Extracts text.
pub fn extract(_bytes: &[u8], _job: &mut Job<'_>) -> Result<String, Stop> {
    Ok(String::new())
}

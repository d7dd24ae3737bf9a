//! The text of a document in reading order, for delivery as text only.

use sanitize_core::{Job, Stop};

use crate::package::Package;

pub(crate) fn extract(_package: &Package<'_>, _job: &mut Job<'_>) -> Result<String, Stop> {
    Ok(String::new())
}

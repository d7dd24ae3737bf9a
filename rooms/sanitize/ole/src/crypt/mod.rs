//! Passwords of Office files, [MS-OFFCRYPTO]. Opens, never locks.

pub(crate) mod agile;
pub(crate) mod doc;
pub(crate) mod package;
pub(crate) mod ppt;
mod rc4;
mod standard;
pub(crate) mod xls;
mod xor;

use sanitize_core::{Job, Stop, reasons};

/// Passwords that Office itself uses for files that open without asking.
const BUILT_IN: [&str; 2] = ["VelvetSweatshop", "/01Hannes Ruescher/01"];

/// Tries the built-in passwords and then the given ones.
fn unlock<T>(
    job: &Job<'_>,
    mut attempt: impl FnMut(&str) -> Result<Option<T>, Stop>,
) -> Result<T, Stop> {
    for password in BUILT_IN.into_iter().chain(job.passwords.iter()) {
        if let Some(key) = attempt(password)? {
            return Ok(key);
        }
    }
    let code = match job.passwords.is_empty() {
        true => &reasons::PASSWORD_NEEDED,
        false => &reasons::PASSWORD_WRONG,
    };
    Err(Stop::held(code, ""))
}

fn unknown() -> Stop {
    Stop::held(&reasons::PROTECTION_UNKNOWN, "")
}

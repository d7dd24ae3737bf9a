//! The bytes that a password may have been typed as. Keeps nothing.

use encoding_rs::SHIFT_JIS;
use sanitize_core::Passwords;

/// Most byte strings tried for one archive.
const CANDIDATES_MAX: usize = 32;

/// Returns each password in UTF-8 and, where that differs and can be written,
/// in CP932, in the order in which they were given.
pub(crate) fn candidates(passwords: &Passwords) -> Vec<Vec<u8>> {
    let mut candidates = Vec::new();
    for password in passwords.iter() {
        candidates.push(password.as_bytes().to_vec());
        let (legacy, _, has_errors) = SHIFT_JIS.encode(password);
        if !has_errors && *legacy != *password.as_bytes() {
            candidates.push(legacy.into_owned());
        }
    }
    candidates.truncate(CANDIDATES_MAX);
    candidates
}

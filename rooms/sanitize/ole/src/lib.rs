//! Word, Excel and PowerPoint of 1993 to 2003, and what else comes in OLE
//! containers: taken apart into records and written anew from an allow-list.
//! Does no I/O and knows no other family.

mod art;
mod bytes;
mod codes;
mod crypt;
mod doc;
mod hlink;
mod jtd;
mod package;
mod ppt;
mod summary;
mod xls;

pub use codes::CODES;
use sanitize_core::{Format, Job, Output, Stop, reasons};

/// Rebuilds a `Doc`, `Xls` or `Ppt` file.
///
/// # Errors
/// Stops at limits, on damage, on a missing password, and with
/// `content-unsupported` where a file cannot be shown to be harmless.
pub fn rebuild(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<Output, Stop> {
    match format {
        Format::Doc => doc::rebuild(bytes, job),
        Format::Xls => xls::rebuild(bytes, job),
        Format::Ppt => ppt::rebuild(bytes, job),
        _ => Err(Stop::blocked(&reasons::METHOD_UNSUPPORTED, format.name())),
    }
}

/// Extracts the text of a `Doc`, `Xls`, `Ppt` or `Jtd` file.
///
/// # Errors
/// Stops at limits, on damage and on a missing password.
pub fn text(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<String, Stop> {
    match format {
        Format::Doc => doc::text(bytes, job),
        Format::Jtd => jtd::text(bytes, job),
        Format::Xls => xls::text(bytes, job),
        Format::Ppt => ppt::text(bytes, job),
        _ => Err(Stop::blocked(&reasons::METHOD_UNSUPPORTED, format.name())),
    }
}

/// Decrypts an Office package that stands in an encrypted container and returns
/// it as it was before: a ZIP file, not yet rebuilt.
///
/// # Errors
/// Holds with `password-needed` or `password-wrong`, and with
/// `protection-unknown` for rights management and other ways to encrypt.
pub fn decrypt_office(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    crypt::package::decrypt(bytes, job)
}

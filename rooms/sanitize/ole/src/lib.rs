//! Word, Excel and PowerPoint of 1993 to 2003, and what else comes in OLE
//! containers: taken apart into records and written anew from an allow-list.
//! Does no I/O and knows no other family.

mod art;
mod bytes;
mod codes;
mod crypt;
mod hlink;
mod package;
mod ppt;
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
        Format::Xls => xls::text(bytes, job),
        Format::Ppt => ppt::text(bytes, job),
        _ => Err(Stop::blocked(&reasons::METHOD_UNSUPPORTED, format.name())),
    }
}

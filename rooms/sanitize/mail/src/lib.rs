//! Mail: reads a message into a letter, makes everything in it harmless and
//! writes a plain new message. Knows no document formats, no network and no
//! mail servers.
//!
//! Outlook messages are delivered as Internet messages, which every mail
//! program opens.

#![forbid(unsafe_code)]

pub mod address;
mod calendar;
pub mod charset;
mod codes;
mod deliver;
pub mod eml;
pub mod field;
pub mod letter;
mod mapi;
pub mod mime;
mod msg;
mod pictures;
mod rtf;
mod smime;
#[cfg(test)]
mod tests;
mod text;
mod tnef;
mod transfer;
mod write;

pub use codes::CODES;

use sanitize_core::{Format, Job, Output, Stop, reasons};

pub use letter::Letter;

/// Rebuilds a message with its bodies and attachments made harmless.
///
/// # Errors
/// Holds encrypted messages; refuses broken ones and parts of divided ones, and
/// stops at the limits.
pub fn rebuild(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<Output, Stop> {
    let letter = read(bytes, format, job)?;
    let bytes = deliver::deliver(letter, job)?;
    Ok(Output { format: Format::Eml, bytes })
}

/// Extracts the text: the main headers, the body, then the attachments' text
/// under their names.
///
/// # Errors
/// As [`rebuild`].
pub fn text(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<String, Stop> {
    let letter = read(bytes, format, job)?;
    text::text(letter, job)
}

/// Takes a message apart without making anything in it harmless: for whoever
/// shows it or judges it. What is left out already is reported.
///
/// # Errors
/// As [`rebuild`].
pub fn read(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<Letter, Stop> {
    match format {
        Format::Eml => eml::read(bytes, job),
        Format::Msg => msg::read(bytes, job),
        other => Err(Stop::blocked(&reasons::UNSUPPORTED, other.name())),
    }
}

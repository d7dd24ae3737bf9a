//! Disarms OpenDocument text, spreadsheets and presentations: every part is
//! read and written anew from a list of what may stand in it. Knows no other
//! family; pictures are handed on to the job's engines.
//!
//! Source: OASIS OpenDocument 1.3 (part 2: packages, part 3: schema) and the
//! extension namespaces that LibreOffice writes.

mod codes;
mod filter;
mod formula;
mod link;
mod namespaces;
mod package;
mod rules;
mod schema;
mod settings;
mod text;
mod xml;

pub use codes::CODES;

use sanitize_core::{Format, Job, Output, Stop, reasons};

/// Rebuilds an OpenDocument file. The output is a package of the same kind
/// with the MIME type of a plain document.
///
/// # Errors
/// Stops at a limit, on broken packages, on encryption that no password opens,
/// and on formats of other families.
pub fn rebuild(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<Output, Stop> {
    let kind = kind(format)?;
    Ok(Output { format, bytes: package::rebuild(bytes, kind, job)? })
}

/// Extracts the text: method ①. A paragraph a line, cells with a tab between.
///
/// # Errors
/// As [`rebuild`].
pub fn text(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<String, Stop> {
    kind(format)?;
    package::text(bytes, job)
}

fn kind(format: Format) -> Result<package::Kind, Stop> {
    match format {
        Format::Odt => Ok(package::Kind::Text),
        Format::Ods => Ok(package::Kind::Spreadsheet),
        Format::Odp => Ok(package::Kind::Presentation),
        _ => Err(Stop::blocked(&reasons::UNSUPPORTED, format.name())),
    }
}

#[cfg(test)]
mod tests;

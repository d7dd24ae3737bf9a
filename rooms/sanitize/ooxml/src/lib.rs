//! Office Open XML: Word, Excel and PowerPoint packages taken apart, and
//! written anew from allow-lists of parts, relationships, elements and
//! attributes. Knows no other family; pictures and embedded files are handed
//! on through the job.
//!
//! Sources: ECMA-376 5th edition (ISO/IEC 29500), [MS-DOCX], [MS-XLSX],
//! [MS-PPTX], [MS-ODRAWXML].

mod codes;
mod fields;
mod formula;
mod names;
mod package;
mod parts;
mod rebuild;
mod rules;
mod scrub;
mod target;
mod text;
mod xlsb;
mod xml;

pub use codes::CODES;

use sanitize_core::{Format, Job, Output, Stop, reasons};

/// Builds the tables of names, so that processes forked later share them.
pub fn warm() {
    names::Names::table();
    formula::warm();
}

/// Rebuilds a document. Macro, template and show variants arrive as one of the
/// three formats and leave as its plain type.
///
/// # Errors
/// Stops on what is no package of the three applications, on broken parts, and
/// at the limits.
pub fn rebuild(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<Output, Stop> {
    match format {
        Format::Docx | Format::Xlsx | Format::Pptx => {
            let package = package::Package::open(bytes, job)?;
            rebuild::rebuild(&package, job)
        }
        Format::Xlsb => {
            let package = package::Package::open(bytes, job)?;
            rebuild::binary::rebuild(&package, job)
        }
        _ => Err(Stop::blocked(&reasons::UNSUPPORTED, format.name())),
    }
}

/// Extracts all visible text in reading order: a line for each paragraph or
/// row, cells separated by tabs.
///
/// # Errors
/// As [`rebuild`].
pub fn text(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<String, Stop> {
    match format {
        Format::Docx | Format::Xlsx | Format::Pptx => {
            let package = package::Package::open(bytes, job)?;
            text::extract(&package, job)
        }
        Format::Xlsb => {
            let package = package::Package::open(bytes, job)?;
            rebuild::binary::text(&package, job)
        }
        _ => Err(Stop::blocked(&reasons::UNSUPPORTED, format.name())),
    }
}

//! Disarms plain text, CSV, TSV, HTML and RTF: bytes in, bytes and a report
//! out. Knows no other family; pictures are handed on to the job's engines.

mod base64;
mod charset;
mod codes;
mod decode;
mod formula;
mod html;
mod plain;
mod rtf;
mod table;
#[cfg(test)]
mod testing;

/// A page's tree, as the HTML parser of browsers builds it.
pub mod page {
    pub use crate::html::dom::{Document, Id, Kind, Node, ROOT, parse};
}

pub use charset::Charset;
pub use codes::CODES;
pub use decode::{Decoded, decode};

use sanitize_core::{Format, Job, Output, Stop, reasons};

/// Rebuilds a file of this family.
///
/// Plain text and tables keep their bytes wherever nothing was removed:
/// encoding, byte order mark and line ends are the input's.
///
/// # Errors
/// Stops at a limit, on binary data called text, and on formats of others.
pub fn rebuild(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<Output, Stop> {
    let bytes = match format {
        Format::Txt => plain::rebuild(bytes, job)?,
        Format::Csv => table::rebuild(bytes, table::Kind::Csv, job)?,
        Format::Tsv => table::rebuild(bytes, table::Kind::Tsv, job)?,
        Format::Html => html::rebuild(bytes, job)?,
        Format::Rtf => rtf::rebuild(bytes, job)?,
        _ => return Err(Stop::blocked(&reasons::UNSUPPORTED, format.name())),
    };
    Ok(Output { format, bytes })
}

/// Extracts the text: method ①. Lines end with `\n`, cells with a tab.
///
/// # Errors
/// As [`rebuild`].
pub fn text(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<String, Stop> {
    match format {
        Format::Txt => plain::text(bytes, job),
        Format::Csv => table::text(bytes, table::Kind::Csv, job),
        Format::Tsv => table::text(bytes, table::Kind::Tsv, job),
        Format::Html => html::text(bytes, job),
        Format::Rtf => rtf::text(bytes, job),
        _ => Err(Stop::blocked(&reasons::UNSUPPORTED, format.name())),
    }
}

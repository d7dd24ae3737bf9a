//! HTML: parses as a browser would and writes a new document of safe elements,
//! attributes and styles. Scripts, forms' targets and whatever would be
//! fetched are gone; text is never lost.

mod css;
pub(crate) mod dom;
mod rules;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub(crate) use rules::is_link_allowed;
pub(crate) use text::extract as text;

use encoding_rs::Encoding;
use sanitize_core::{Job, Stop, reasons};

use crate::charset::Charset;
use crate::codes;
use crate::decode::Source;

/// How often the output is read again before it counts as unstable.
const PASSES_MAX: u32 = 6;

/// Rebuilds a page; the output is UTF-8 and says so.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let source = decode(bytes, job)?;
    let mut current = pass(&source, job)?;
    // Parsing what was written must give what was written: that is what keeps
    // a browser from seeing another tree than we did.
    for _ in 0..PASSES_MAX {
        let next = pass(&current, job)?;
        if next == current {
            return Ok(current.into_bytes());
        }
        current = next;
    }
    Err(Stop::blocked(&reasons::UNSUPPORTED, "HTML"))
}

fn pass(text: &str, job: &mut Job<'_>) -> Result<String, Stop> {
    let document = dom::parse(text, job)?;
    write::document(&document, job)
}

/// Decodes a page: mark, then its own words, then what fits.
fn decode(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    job.budget.take_bytes(bytes.len().saturating_mul(2) as u64)?;
    let marked = matches!(bytes, [0xEF, 0xBB, 0xBF, ..] | [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
    let declared = if marked { None } else { declared(bytes) };
    let source = match declared {
        Some(charset) if charset.decode_strict(bytes).is_some() => {
            Source::read_as(bytes, charset, 0)
        }
        Some(_) | None => Source::read(bytes),
    };
    if source.undecodable > 16 && source.undecodable > source.text.len() as u64 / 10 {
        return Err(Stop::blocked(&codes::BINARY, ""));
    }
    job.removed_times(&codes::UNDECODABLE, source.charset.name(), source.undecodable);
    Ok(source.text)
}

/// Finds `charset=` near the start, as a browser does before it parses.
fn declared(bytes: &[u8]) -> Option<Charset> {
    const LOOK_BYTES: usize = 4096;
    const KEY: &[u8] = b"charset";
    let head = bytes[..bytes.len().min(LOOK_BYTES)].to_ascii_lowercase();
    let meta = head.windows(5).position(|window| window == b"<meta")?;
    let at = meta + head[meta..].windows(KEY.len()).position(|window| window == KEY)?;
    let rest = head[at + KEY.len()..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let end =
        rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || b"-_:.".contains(byte)))?;
    let encoding = Encoding::for_label_no_replacement(&rest[..end])?;
    Some(if encoding == encoding_rs::SHIFT_JIS {
        Charset::Cp932
    } else if encoding == encoding_rs::EUC_JP {
        Charset::EucJp
    } else if encoding == encoding_rs::ISO_2022_JP {
        Charset::Iso2022Jp
    } else if encoding == encoding_rs::UTF_8 || !encoding.is_ascii_compatible() {
        // Words that can be read byte by byte are not UTF-16.
        Charset::Utf8
    } else {
        Charset::Other(encoding)
    })
}

//! A document's visible text: all its parts in order, fields by their results.

use sanitize_core::{Job, Stop};

use super::pieces::Text;
use super::{STREAM, table};
use crate::bytes::{index_at, slice, u16_at};
use crate::package::{self, Package};

/// Extracts the text.
pub(crate) fn text(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let package = Package::open(bytes, job)?;
    let document = package.stream(STREAM, job)?.ok_or_else(|| package::broken(STREAM))?;
    if let Some(text) = old_text(&document) {
        job.budget.take_bytes(text.len() as u64)?;
        return Ok(text);
    }
    let (streams, fib, _) = super::open(&package, job)?;
    let total = fib.part_lens().iter().fold(0_usize, |sum, &len| sum.saturating_add(len));
    let clx = fib.structure(&streams.table, table::CLX);
    let text = Text::read(&streams.document, clx, total, job)?;
    let out = visible(&text.decode(0, text.units.len()));
    job.budget.take_bytes(out.len() as u64)?;
    Ok(out)
}

/// Takes instructions and marks out of raw text.
fn visible(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    // For each open field, whether its result has begun.
    let mut fields: Vec<bool> = Vec::new();
    let mut letters = raw.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{13}' if fields.len() < FIELDS_MAX => fields.push(false),
            '\u{14}' => {
                if let Some(field) = fields.last_mut() {
                    *field = true;
                }
            }
            '\u{15}' => {
                fields.pop();
            }
            _ if fields.iter().any(|has_result| !has_result) => {}
            // The mark of a cell; two of them end a row.
            '\u{7}' if letters.next_if_eq(&'\u{7}').is_some() => out.push('\n'),
            '\u{7}' => out.push('\t'),
            '\r' | '\u{b}' | '\u{c}' | '\u{e}' => out.push('\n'),
            '\u{1e}' => out.push('-'),
            '\t' => out.push('\t'),
            letter if letter < ' ' => {}
            letter => out.push(letter),
        }
    }
    out
}

/// Deepest nesting of fields that is followed.
const FIELDS_MAX: usize = 256;

/// The text of Word 6 and 95, which stands in one piece (nFib below 0xC1).
fn old_text(document: &[u8]) -> Option<String> {
    let is_old = u16_at(document, 0) == 0xA5DC && u16_at(document, 2) < 0xC1;
    // A fast save or a lock takes the text apart.
    if !is_old || u16_at(document, 10) & 0x0104 != 0 {
        return None;
    }
    let (from, to) = (index_at(document, 24), index_at(document, 28));
    let raw = slice(document, from, to.checked_sub(from)?)?;
    let encoding = match u16_at(document, 6) & 0xFF {
        0x11 => encoding_rs::SHIFT_JIS,
        0x12 => encoding_rs::EUC_KR,
        0x04 => encoding_rs::GBK,
        0x19 => encoding_rs::WINDOWS_1251,
        _ => encoding_rs::WINDOWS_1252,
    };

    Some(visible(&encoding.decode_without_bom_handling(raw).0))
}

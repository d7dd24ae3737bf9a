//! PDF: reads the file from its first byte to its last, so that nothing can
//! stand between, before or behind its objects; checks every object by name
//! and then by the role in which the document uses it. Draws nothing.
//!
//! Source: ISO 32000-2 (section numbers in comments are its).

mod actions;
mod content;
mod file;
mod fonts;
mod foreign;
mod object;
mod parse;
mod roles;
mod walk;

use std::io::Read;

use crate::check::{Check, Halt, Walk};
use crate::rules;
use file::File;

/// Checks a whole file.
pub(crate) fn document(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    let scanned = match file::scan(bytes) {
        Ok(scanned) => scanned,
        Err(complaint) => {
            check.found(rules::PDF_STRUCTURE, complaint)?;
            return foreign::inspect(check, bytes);
        }
    };
    let mut packed = Vec::new();
    for holder in scanned.holders() {
        let Some(data) = inflated(check, holder)? else { return Ok(()) };
        packed.push(data);
    }
    let Some(index) = scanned.index() else { return foreign::inspect(check, bytes) };
    let Some(index) = inflated(check, index)? else { return Ok(()) };
    match scanned.complete(&packed, &index) {
        Ok(file) => whole(check, &file),
        Err(complaint) => {
            check.found(rules::PDF_STRUCTURE, complaint)?;
            foreign::inspect(check, bytes)
        }
    }
}

fn whole(check: &mut Check<'_>, file: &File<'_>) -> Walk {
    check.take_nodes(file.objects.len() as u64)?;
    for object in &file.objects {
        actions::scan(check, object)?;
    }
    walk::document(check, file)
}

/// Unpacks Flate data; stops at what the verification may still spend.
fn inflated(check: &mut Check<'_>, data: &[u8]) -> Result<Option<Vec<u8>>, Halt> {
    let limit = check.bytes_left();
    let mut out = Vec::with_capacity(data.len().saturating_mul(3).min(READ_AHEAD_MAX));
    let mut decoder = flate2::read::ZlibDecoder::new(data).take(limit.saturating_add(1));
    let result = decoder.read_to_end(&mut out);
    check.take_bytes(out.len() as u64)?;
    if result.is_err() {
        check.found(rules::PDF_STREAM, "packed data that does not unpack")?;
        return Ok(None);
    }
    let used = usize::try_from(decoder.into_inner().total_in()).unwrap_or(usize::MAX);
    if used < data.len() {
        check.found(rules::PDF_STREAM, "bytes behind packed data")?;
    }
    Ok(Some(out))
}

/// Room that is made before the bytes were seen.
const READ_AHEAD_MAX: usize = 4 << 20;

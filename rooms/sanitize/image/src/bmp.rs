//! Windows bitmap files: fourteen bytes of file header before a [`crate::dib`].

use sanitize_core::{Job, Stop, reasons};

use crate::bytes::Reader;
use crate::codes;
use crate::dib::{Dib, Head};

const FILE_HEADER_BYTES: usize = 14;

/// Writes a BMP anew.
///
/// # Errors
/// Stops when the header cannot be read, or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let mut reader = Reader::little(bytes);
    let starts = reader.take(2) == Some(b"BM");
    reader.skip(8).filter(|()| starts).ok_or_else(broken)?;
    let rows_at = reader.u32().ok_or_else(broken)? as usize;
    let head = Head::read(&bytes[FILE_HEADER_BYTES..], false).ok_or_else(broken)?;
    let (width, height) = head.sides();
    job.budget.take_pixels(width.into(), height.into())?;
    let head_end = FILE_HEADER_BYTES + head.bytes;
    // Some writers state no place; the rows then follow the palette.
    let rows_at = if rows_at < FILE_HEADER_BYTES { head_end } else { rows_at };
    let rows = bytes.get(rows_at..).ok_or_else(broken)?;
    let size = head.row_bytes();
    let rows = if size == 0 { rows } else { &rows[..rows.len().min(size)] };
    let gap = bytes.get(head_end..rows_at).unwrap_or_default();
    let tail = bytes.get(rows_at + rows.len()..).unwrap_or_default();
    let dib = head.with_rows(rows);
    let is_used = |part: &[u8]| u64::from(part.iter().any(|&byte| byte != 0));
    job.removed_times(&codes::ICC_DROPPED, "", u64::from(dib.has_profile));
    job.removed_times(&codes::LEADING, "", is_used(gap));
    if !dib.has_profile {
        job.removed_times(&codes::TRAILING, "", is_used(tail));
    }
    Ok(write(&dib))
}

fn write(dib: &Dib) -> Vec<u8> {
    let (head, rows) = (dib.head(), dib.packed_rows());
    let rows_at = FILE_HEADER_BYTES + head.len();
    let mut out = b"BM".to_vec();
    out.extend(((rows_at + rows.len()) as u32).to_le_bytes());
    out.extend([0; 4]);
    out.extend((rows_at as u32).to_le_bytes());
    out.extend(head);
    out.extend(rows.iter());
    out
}

#[cfg(test)]
mod tests;

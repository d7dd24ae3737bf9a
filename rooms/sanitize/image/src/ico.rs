//! Windows icons: each picture is a PNG or a bitmap with a mask below it; both
//! are written anew. Pictures that cannot be read go.

use sanitize_core::{Job, Stop, reasons};

use crate::bytes::Reader;
use crate::codes;
use crate::dib::Head;
use crate::png;

/// Sizes one icon may have; real ones have about a dozen.
const PICTURES_MAX: u16 = 256;
const ENTRY_BYTES: usize = 16;
const HEADER_BYTES: usize = 6;

struct Entry {
    /// As the directory states them; 0 stands for 256.
    sides: [u8; 2],
    colours: u8,
    planes: u16,
    depth: u16,
    body: Vec<u8>,
}

/// Writes an ICO anew.
///
/// # Errors
/// Stops when no picture is left, or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let mut reader = Reader::little(bytes);
    reader.skip(4).ok_or_else(broken)?;
    let count = reader.u16().filter(|&count| count <= PICTURES_MAX).ok_or_else(broken)?;
    let mut entries = Vec::new();
    let mut reached = HEADER_BYTES + ENTRY_BYTES * usize::from(count);
    for index in 0..count {
        let Some((mut entry, at, size)) = read_entry(&mut reader) else { break };
        let source = at.checked_add(size).and_then(|end| bytes.get(at..end));
        reached = reached.max(at.saturating_add(size));
        match source.map(|source| picture(source, job)) {
            Some(Ok(body)) => {
                entry.body = body;
                entries.push(entry);
            }
            Some(Err(stop)) if stop.is_limit() => return Err(stop),
            Some(Err(_)) | None => job.removed(&codes::EXTRA_PICTURE, &format!("#{}", index + 1)),
        }
    }
    let has_more = bytes.get(reached..).unwrap_or_default().iter().any(|&byte| byte != 0);
    job.removed_times(&codes::TRAILING, "", u64::from(has_more));
    if entries.is_empty() {
        return Err(broken());
    }
    Ok(write(&entries))
}

fn read_entry(reader: &mut Reader<'_>) -> Option<(Entry, usize, usize)> {
    let sides = [reader.u8()?, reader.u8()?];
    let (colours, _reserved) = (reader.u8()?, reader.u8()?);
    let (planes, depth) = (reader.u16()?, reader.u16()?);
    let (size, at) = (reader.u32()? as usize, reader.u32()? as usize);
    Some((Entry { sides, colours, planes, depth, body: Vec::new() }, at, size))
}

fn picture(source: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    if source.starts_with(b"\x89PNG") {
        return png::rebuild(source, job);
    }
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let stated = Head::read(source, false).ok_or_else(broken)?;
    let (width, stated_height) = stated.sides();
    let head_bytes = stated.bytes;
    let head = stated.halve_height().ok_or_else(broken)?;
    let (_, height) = head.sides();
    job.budget.take_pixels(width.into(), height.into())?;
    let rows_bytes = head.row_bytes();
    let rest = source.get(head_bytes..).unwrap_or_default();
    let (rows, mask) = rest.split_at(rest.len().min(rows_bytes));
    let dib = head.with_rows(rows);
    let mut out = dib.head();
    // The height counts picture and mask together.
    out[8..12].copy_from_slice(&(stated_height & !1).to_le_bytes());
    out.extend(dib.packed_rows().iter());
    let mask_bytes = (width as usize).div_ceil(32) * 4 * height as usize;
    let mut mask = mask[..mask.len().min(mask_bytes)].to_vec();
    mask.resize(mask_bytes, 0);
    out.extend(mask);
    Ok(out)
}

fn write(entries: &[Entry]) -> Vec<u8> {
    let mut out = vec![0, 0, 1, 0];
    out.extend((entries.len() as u16).to_le_bytes());
    let mut at = HEADER_BYTES + ENTRY_BYTES * entries.len();
    for entry in entries {
        out.extend(entry.sides);
        out.extend([entry.colours, 0]);
        out.extend(entry.planes.to_le_bytes());
        out.extend(entry.depth.to_le_bytes());
        out.extend((entry.body.len() as u32).to_le_bytes());
        out.extend((at as u32).to_le_bytes());
        at += entry.body.len();
    }
    for entry in entries {
        out.extend(&entry.body);
    }
    out
}

#[cfg(test)]
mod tests;

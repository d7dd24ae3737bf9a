//! Ichitaro documents: the text only. The format was never published; what is
//! read here is what others found in public files and agree on: a store of
//! blocks, in it UTF-16 text, in it records that say what a line looks like.
//! Frames, headers and notes are not read, and nothing is ever rebuilt.

use sanitize_core::{Job, Stop};

use crate::package::{self, unsupported};

const STORE: &[u8] = b"SsmgV.01";
const TEXT: &[u8] = b"TextV.01";
const PIECES: &[u8] = b"QLSTV.01";

/// Opens a record; its class and its length in units follow.
const RECORD: u16 = 0x1C;
/// Parts an inline record's head from its text, and its text from its tail.
const INLINE_TEXT: u16 = 0x1D;
const INLINE_END: u16 = 0x1E;
const CLASS_INLINE: u16 = 1;
const CLASS_CELL: u16 = 0x30;

/// Extracts the text of the body and of further sheets.
pub(crate) fn text(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let streams = package::streams_named(bytes, "DocumentText", job)?;
    let mut out = String::new();
    for stream in &streams {
        for piece in pieces(stream, job)? {
            push_text(&piece, &mut out);
        }
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
    }
    if streams.is_empty() || out.trim().is_empty() {
        // A compressed document, or a way to store text that is not known.
        return Err(unsupported("DocumentText"));
    }
    job.budget.take_bytes(out.len() as u64)?;
    Ok(out)
}

/// Takes the units of text out of the store, joined in their order.
fn pieces(stream: &[u8], job: &mut Job<'_>) -> Result<Vec<Vec<u16>>, Stop> {
    let Some(parts) = Store::read(stream, job)? else { return Ok(Vec::new()) };
    let Some(first) = parts.part(0, job)? else { return Ok(Vec::new()) };
    if first.starts_with(TEXT) {
        let count = number(&first, 8).unwrap_or(0);
        return Ok(vec![units(&first, 12, count)]);
    }
    let mut all = Vec::new();
    if first.starts_with(PIECES) {
        let count = number(&first, 8).unwrap_or(0).min(first.len() / 8);
        for index in 0..count {
            let (Some(len), Some(part)) =
                (number(&first, 12 + 8 * index), number(&first, 16 + 8 * index))
            else {
                break;
            };
            if let Some(part) = parts.part(part, job)? {
                all.extend(units(&part, 0, len));
            }
        }
    }
    Ok(vec![all])
}

/// The store: blocks of one size and a directory of parts.
struct Store<'s> {
    blocks: &'s [u8],
    block_size: usize,
    /// Each part's number, length in bytes and blocks.
    parts: Vec<(usize, usize, Vec<usize>)>,
}

impl<'s> Store<'s> {
    fn read(stream: &'s [u8], job: &mut Job<'_>) -> Result<Option<Self>, Stop> {
        let header = || Some((number(stream, 8)?, number(stream, 12)?, number(stream, 16)?));
        let Some((count, block_size, block_count)) = header() else { return Ok(None) };
        let end = block_size.checked_mul(block_count).and_then(|len| len.checked_add(20));
        let blocks = end.and_then(|end| stream.get(20..end));
        let (Some(blocks), true) = (blocks, stream.starts_with(STORE)) else { return Ok(None) };
        let directory = &stream[20 + blocks.len()..];
        let mut parts = Vec::new();
        let mut at = 0;
        for _ in 0..count {
            let entry = || {
                Some((
                    number(directory, at)?,
                    number(directory, at + 8)?,
                    number(directory, at + 12)?,
                ))
            };
            let Some((index, len, used)) = entry() else { break };
            job.budget.take_objects(used as u64)?;
            let list: Option<Vec<usize>> =
                (0..used).map(|block| number(directory, at + 20 + 4 * block)).collect();
            let Some(list) = list else { break };
            at += 20 + 4 * list.len();
            parts.push((index, len, list));
        }
        Ok(Some(Self { blocks, block_size, parts }))
    }

    /// Joins a part's blocks.
    fn part(&self, wanted: usize, job: &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop> {
        let Some((_, len, list)) = self.parts.iter().find(|part| part.0 == wanted) else {
            return Ok(None);
        };
        job.budget.take_bytes((list.len() * self.block_size) as u64)?;
        let mut joined = Vec::new();
        for block in list {
            let start = block.saturating_mul(self.block_size);
            let Some(found) = self.blocks.get(start..start.saturating_add(self.block_size)) else {
                break;
            };
            joined.extend_from_slice(found);
        }
        joined.truncate(*len);
        Ok(Some(joined))
    }
}

/// Reads 32 bits, most significant first.
fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let raw = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_be_bytes([raw[0], raw[1], raw[2], raw[3]])).ok()
}

fn units(bytes: &[u8], at: usize, count: usize) -> Vec<u16> {
    let raw = bytes.get(at..).unwrap_or_default();
    raw.chunks_exact(2).take(count).map(|b| u16::from_be_bytes([b[0], b[1]])).collect()
}

/// Appends what is visible of a run of units.
fn push_text(units: &[u16], out: &mut String) {
    let mut visible: Vec<u16> = Vec::with_capacity(units.len());
    let mut at = 0;
    let mut cells = 0;
    while let Some(&unit) = units.get(at) {
        match unit {
            RECORD => {
                let class = units.get(at + 1).copied().unwrap_or(0);
                if class == CLASS_CELL {
                    if cells > 0 {
                        visible.push(u16::from(b'\t'));
                    }
                    cells += 1;
                }
                at = record_end(units, at, class);
                continue;
            }
            INLINE_END => {
                // The tail of an inline record is five units long.
                let len = units.get(at + 1).copied().map_or(1, usize::from);
                at += len.clamp(1, INLINE_TAIL_MAX);
                continue;
            }
            0x00 => break,
            0x0A | 0x0C | 0x0E => {
                cells = 0;
                visible.push(0x0A);
            }
            0x09 => visible.push(0x09),
            unit if unit >= 0x20 => visible.push(unit),
            _ => {}
        }
        at += 1;
    }
    out.push_str(&String::from_utf16_lossy(&visible));
}

const INLINE_TAIL_MAX: usize = 8;

/// Returns where the text goes on behind a record's head. The text of an inline
/// record is visible unless it is a reading or an instruction.
fn record_end(units: &[u16], at: usize, class: u16) -> usize {
    let len = units.get(at + 2).copied().map_or(1, usize::from).max(1);
    let end = at.saturating_add(len).min(units.len());
    if class != CLASS_INLINE {
        return end.max(at + 1);
    }
    let is_visible = units.get(at + 4).copied().unwrap_or(0) == 0;
    let head = units[at..].iter().take(INLINE_HEAD_MAX).position(|&unit| unit == INLINE_TEXT);
    let text = head.map_or(at + 1, |head| at + head + 1);
    if is_visible {
        return text;
    }
    let hidden = units[text..].iter().position(|&unit| unit == INLINE_END);
    hidden.map_or(text, |hidden| text + hidden)
}

const INLINE_HEAD_MAX: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::push_text;

    fn visible(units: &[u16]) -> String {
        let mut out = String::new();
        push_text(units, &mut out);
        out
    }

    fn with_text(head: &[u16], text: &str, tail: &[u16]) -> Vec<u16> {
        [head, &text.encode_utf16().collect::<Vec<u16>>(), tail].concat()
    }

    #[test]
    fn paragraph_headers_are_skipped() {
        let head = [0x1C, 0x10, 10, 0, 0x24, 1, 1, 10, 0x10, 0x1F];
        assert_eq!(visible(&with_text(&head, "関所", &[0x0A, 0])), "関所\n");
    }

    #[test]
    fn readings_are_hidden_and_inline_text_is_shown() {
        let shown = with_text(&[0x1C, 1, 7, 0, 0, 3, 0x1D], "銀河", &[0x1E, 5, 0, 1, 0x1F]);
        let hidden = with_text(&[0x1C, 1, 7, 0, 1, 0x82, 0x1D], "ぎんが", &[0x1E, 5, 0, 1, 0x1F]);
        let after = with_text(&[], "鉄道", &[0x0A]);
        assert_eq!(visible(&[shown, hidden, after].concat()), "銀河鉄道\n");
    }

    #[test]
    fn cells_are_parted_by_tabs() {
        let cell = [0x1C, 0x30, 11, 0, 0, 4, 0, 0, 11, 0x30, 0x1F];
        let row = [with_text(&cell, "a", &[]), with_text(&cell, "b", &[0x0E])].concat();
        assert_eq!(visible(&row), "a\tb\n");
    }
}

//! The piece table, [MS-DOC] 2.8.35: which bytes of the stream are the text.

use sanitize_core::{Job, Stop};

use crate::bytes::{index_at, slice, u8_at, u16_at, u32_at};
use crate::package::broken;

const IS_COMPRESSED: u32 = 0x4000_0000;

/// A run of text.
#[derive(Clone, Copy)]
struct Piece {
    /// Number of its first character in the document.
    cp: usize,
    /// Number of characters.
    len: usize,
    at: usize,
    /// One byte a character, in code page 1252, instead of two.
    is_compressed: bool,
}

/// The text of a document with the place of each character.
pub(super) struct Text {
    pieces: Vec<Piece>,
    /// UTF-16 units by character number.
    pub units: Vec<u16>,
}

impl Text {
    /// Reads the text that the table structure `clx` names, `len` characters
    /// and the mark behind them at most.
    pub fn read(stream: &[u8], clx: &[u8], len: usize, job: &mut Job<'_>) -> Result<Self, Stop> {
        let table = piece_table(clx).ok_or_else(|| broken("piece table"))?;
        let count = table.len().saturating_sub(4) / 12;
        job.budget.take_objects(count as u64)?;
        let mut text = Self { pieces: Vec::new(), units: Vec::new() };
        for index in 0..count {
            let (cp, end) = (index_at(table, 4 * index), index_at(table, 4 * index + 4));
            let end = end.min(len.saturating_add(1));
            if cp != text.units.len() || end <= cp {
                break;
            }
            let raw = u32_at(table, 4 * (count + 1) + 8 * index + 2);
            let is_compressed = raw & IS_COMPRESSED != 0;
            let fc = (raw & !IS_COMPRESSED & 0x7FFF_FFFF) as usize;
            let at = if is_compressed { fc / 2 } else { fc };
            let piece = Piece { cp, len: end - cp, at, is_compressed };
            job.budget.take_bytes(2 * piece.len as u64)?;
            text.push(stream, piece)?;
        }
        // Bytes that are text once in one byte a letter and once in two cannot
        // be checked; fast saves only name the same letters twice.
        let ends = |p: &Piece| (p.at, p.at + p.len * if p.is_compressed { 1 } else { 2 });
        let mut ranges: Vec<_> = text.pieces.iter().map(|p| (ends(p), p.is_compressed)).collect();
        ranges.sort_unstable();
        if ranges.windows(2).any(|pair| pair[0].0.1 > pair[1].0.0 && pair[0].1 != pair[1].1) {
            return Err(broken("text pieces overlap"));
        }
        Ok(text)
    }

    fn push(&mut self, stream: &[u8], piece: Piece) -> Result<(), Stop> {
        let width = if piece.is_compressed { 1 } else { 2 };
        // A cut-off file ends in the middle of a piece.
        let room = stream.len().saturating_sub(piece.at) / width;
        let piece = Piece { len: piece.len.min(room), ..piece };
        let bytes = slice(stream, piece.at, piece.len * width).ok_or_else(|| broken("text"))?;
        if piece.is_compressed {
            self.units.extend(bytes.iter().map(|&byte| u16::from(byte)));
        } else {
            let units = bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
            self.units.extend(units);
        }
        self.pieces.push(piece);
        Ok(())
    }

    /// Returns where the text begins and ends in the stream.
    pub fn bounds(&self) -> (usize, usize) {
        let ranges = || self.ranges();
        (ranges().map(|r| r.0).min().unwrap_or(0), ranges().map(|r| r.1).max().unwrap_or(0))
    }

    /// Byte ranges of all pieces.
    pub fn ranges(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.pieces.iter().map(|piece| {
            let width = if piece.is_compressed { 1 } else { 2 };
            (piece.at, piece.at + piece.len * width)
        })
    }

    /// Overwrites one character in `stream` and in the text.
    pub fn put(&mut self, stream: &mut [u8], cp: usize, unit: u8) {
        let index = self.pieces.partition_point(|piece| piece.cp <= cp);
        let Some(piece) = index.checked_sub(1).and_then(|index| self.pieces.get(index)) else {
            return;
        };
        let offset = cp - piece.cp;
        if offset >= piece.len {
            return;
        }
        if piece.is_compressed {
            crate::bytes::put(stream, piece.at + offset, &[unit]);
        } else {
            crate::bytes::put(stream, piece.at + 2 * offset, &[unit, 0]);
        }
        self.units[cp] = u16::from(unit);
    }

    /// Overwrites the letters that stand between places of the stream.
    pub fn blank(&mut self, stream: &mut [u8], places: &[(usize, usize)]) {
        let places = merged(places);
        for piece in 0..self.pieces.len() {
            let Piece { cp, len, at, is_compressed } = self.pieces[piece];
            let width = if is_compressed { 1 } else { 2 };
            let next = places.partition_point(|&(_, to)| to <= at);
            for &(from, to) in &places[next..] {
                if from >= at + len * width {
                    break;
                }
                let first = from.saturating_sub(at).div_ceil(width);
                let last = (to - at).div_ceil(width).min(len);
                for offset in first..last {
                    if self.units[cp + offset] > 0x20 {
                        self.put(stream, cp + offset, b' ');
                    }
                }
            }
        }
    }

    /// Returns the character with that number as text; old text is in code
    /// page 1252.
    pub fn decode(&self, from: usize, to: usize) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            let start = piece.cp.max(from);
            let end = (piece.cp + piece.len).min(to);
            if start >= end {
                continue;
            }
            let units = &self.units[start..end];
            if piece.is_compressed {
                let bytes: Vec<u8> =
                    units.iter().map(|&unit| u8::try_from(unit).unwrap_or(b'?')).collect();
                out.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0);
            } else {
                out.push_str(&String::from_utf16_lossy(units));
            }
        }
        out
    }
}

/// Sorts ranges and joins those that touch, so that none is looked at twice.
fn merged(places: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut sorted: Vec<(usize, usize)> =
        places.iter().copied().filter(|(from, to)| from < to).collect();
    sorted.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (from, to) in sorted {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// Finds the table behind the property lists (2.9.38).
fn piece_table(clx: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    while u8_at(clx, at) == 1 && at < clx.len() {
        at = at.checked_add(3 + usize::from(u16_at(clx, at + 1)))?;
    }
    if u8_at(clx, at) != 2 {
        return None;
    }
    let rest = clx.get(at + 5..)?;
    Some(&rest[..index_at(clx, at + 1).min(rest.len())])
}

/// Calls `visit` for each property list that stands before the table.
pub(super) fn property_lists(
    clx: &mut [u8],
    mut visit: impl FnMut(&mut [u8]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut at = 0;
    while u8_at(clx, at) == 1 && at + 3 <= clx.len() {
        let end = (at + 3 + usize::from(u16_at(clx, at + 1))).min(clx.len());
        visit(&mut clx[at + 3..end])?;
        at = end;
    }
    Ok(())
}

//! Parts of EMF records that have counts of their own, [MS-EMF] 2.2: each is read
//! with its counts checked against what is there, and written with fresh ones.

use super::State;
use crate::bytes::Reader;
use crate::metafile::{Outcome, words};

/// RectL, 2.2.
const BOUNDS_WORDS: usize = 4;
/// Places an object table may have; the header counts them in 16 bits.
const PLACES_MAX: u32 = 0xFFFF;
/// 2.1.31: stock objects have the highest bit set.
const STOCK: u32 = 0x8000_0000;
const STOCK_LAST: u32 = 0x8000_0013;

/// Bounds, a count and points of `bytes` bytes.
pub(super) fn points(reader: &mut Reader<'_>, bytes: usize, out: &mut Vec<u8>) -> Option<()> {
    words(reader, BOUNDS_WORDS, out)?;
    let count = reader.u32()?;
    out.extend(count.to_le_bytes());
    out.extend(reader.take(bytes.checked_mul(count as usize)?)?);
    Some(())
}

/// Bounds, counts and points of several lines.
pub(super) fn poly_points(reader: &mut Reader<'_>, bytes: usize, out: &mut Vec<u8>) -> Option<()> {
    words(reader, BOUNDS_WORDS, out)?;
    let (lines, total) = (reader.u32()?, reader.u32()?);
    let counts = reader.take((lines as usize).checked_mul(4)?)?;
    let sum: u64 =
        counts.as_chunks::<4>().0.iter().map(|c| u64::from(u32::from_le_bytes(*c))).sum();
    if sum != u64::from(total) {
        return None;
    }
    out.extend(lines.to_le_bytes());
    out.extend(total.to_le_bytes());
    out.extend(counts);
    out.extend(reader.take(bytes.checked_mul(total as usize)?)?);
    Some(())
}

/// Bounds, a count, points and a kind of point each, 2.3.5.26.
pub(super) fn poly_draw(reader: &mut Reader<'_>, bytes: usize, out: &mut Vec<u8>) -> Option<()> {
    words(reader, BOUNDS_WORDS, out)?;
    let count = reader.u32()?;
    out.extend(count.to_le_bytes());
    out.extend(reader.take(bytes.checked_mul(count as usize)?)?);
    // 2.1.26: close figure, line, curve, move.
    out.extend(reader.take(count as usize)?.iter().map(|kind| kind & 7));
    Some(())
}

/// RegionData, 2.2.24, of exactly its rectangles; returns its bytes.
fn region(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<usize> {
    const HEADER_BYTES: u32 = 32;
    let (size, kind, count) = (reader.u32()?, reader.u32()?, reader.u32()?);
    if size != HEADER_BYTES || kind != 1 {
        return None;
    }
    reader.skip(4)?;
    let bounds = reader.take(16)?;
    let bytes = (count as usize).checked_mul(16)?;
    let rectangles = reader.take(bytes)?;
    for value in [HEADER_BYTES, 1, count, bytes as u32] {
        out.extend(value.to_le_bytes());
    }
    out.extend(bounds);
    out.extend(rectangles);
    Some(HEADER_BYTES as usize + bytes)
}

/// Fill, frame, invert or paint a region: bounds, its size, numbers, region.
pub(super) fn region_record(
    reader: &mut Reader<'_>,
    count: usize,
    state: &State,
    out: &mut Vec<u8>,
) -> Option<()> {
    words(reader, BOUNDS_WORDS, out)?;
    reader.skip(4)?;
    let size_at = out.len();
    out.extend([0; 4]);
    if count > 0 {
        let brush = reader.clone().u32()?;
        if !is_selectable(brush, state) {
            return None;
        }
    }
    words(reader, count, out)?;
    let size = region(reader, out)? as u32;
    out[size_at..size_at + 4].copy_from_slice(&size.to_le_bytes());
    Some(())
}

/// EMR_EXTSELECTCLIPRGN, 2.3.2.2; without a region it resets the clip.
pub(super) fn clip_region(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    let (size, mode) = (reader.u32()?, reader.u32()?);
    if mode > 5 {
        return None;
    }
    out.extend([0; 4]);
    out.extend(mode.to_le_bytes());
    if size > 0 {
        let size = region(reader, out)? as u32;
        out[..4].copy_from_slice(&size.to_le_bytes());
    }
    Some(())
}

/// EMR_GRADIENTFILL, 2.3.5.12: bounds, vertices, and which of them to join.
pub(super) fn gradient(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    words(reader, BOUNDS_WORDS, out)?;
    let (vertices, shapes, mode) = (reader.u32()?, reader.u32()?, reader.u32()?);
    // 2.1.15: rectangles across, rectangles down, triangles.
    let corners = match mode {
        0 | 1 => 2usize,
        2 => 3,
        _ => return None,
    };
    for value in [vertices, shapes, mode] {
        out.extend(value.to_le_bytes());
    }
    out.extend(reader.take((vertices as usize).checked_mul(16)?)?);
    for _ in 0..(shapes as usize).checked_mul(corners)? {
        let index = reader.u32()?;
        if index >= vertices {
            return None;
        }
        out.extend(index.to_le_bytes());
    }
    Some(())
}

/// The place at which an object is made.
pub(super) fn place(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<usize> {
    let index = reader.u32().filter(|index| (1..PLACES_MAX).contains(index))?;
    out.extend(index.to_le_bytes());
    Some(index as usize)
}

/// LogPalette, 2.2.17.
pub(super) fn palette(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    let (version, count) = (reader.u16()?, reader.u16()?);
    out.extend(version.to_le_bytes());
    out.extend(count.to_le_bytes());
    words(reader, usize::from(count), out)
}

/// LogFont within EXTLOGFONTW, 2.2.13 and 2.3.7.8; names of style and maker go.
pub(super) fn font(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    const PANOSE_BYTES: usize = 320;
    let start = out.len();
    words(reader, 7, out)?;
    let name = reader.take(64)?;
    let units = name.as_chunks::<2>().0;
    let end = units.iter().position(|unit| unit == &[0, 0]).unwrap_or(units.len() - 1);
    out.extend(&name[..2 * end]);
    out.resize(start + PANOSE_BYTES, 0);
    Some(())
}

/// Says whether an index names a stock object or one that was made before.
fn is_selectable(index: u32, state: &State) -> bool {
    (STOCK..=STOCK_LAST).contains(&index) || state.objects.has(index as usize)
}

/// Selecting what does not exist does nothing and is left out.
pub(super) fn select(reader: &mut Reader<'_>, state: &State) -> Option<Outcome> {
    let index = reader.u32()?;
    if !is_selectable(index, state) {
        return Some(Outcome::Skip);
    }
    Some(Outcome::Keep(index.to_le_bytes().to_vec()))
}

//! Outlines: every glyph is parsed and written without its hinting program;
//! what points outside or at itself becomes empty.

use super::{long, word};

/// Rebuilt outlines, with 32-bit offsets.
pub struct Outlines {
    /// The `glyf` table.
    pub glyf: Vec<u8>,
    /// The `loca` table.
    pub loca: Vec<u8>,
    /// Most points of a simple glyph.
    pub points_max: u16,
    /// Most contours of a simple glyph.
    pub contours_max: u16,
    /// Most points of a compound glyph.
    pub compound_points_max: u16,
    /// Most contours of a compound glyph.
    pub compound_contours_max: u16,
    /// Most components of a glyph.
    pub components_max: u16,
    /// How deep components are nested.
    pub depth_max: u16,
    /// Whether the maximums were counted here.
    pub is_measured: bool,
}

/// Rebuilds `glyf` and `loca`; `None` where the glyphs cannot be found.
pub fn rebuild(glyf: &[u8], loca: &[u8], is_long: bool, glyphs: usize) -> Option<Outlines> {
    let mut parsed: Vec<Glyph> = Vec::with_capacity(glyphs);
    let (mut good, mut bad) = (0_usize, 0_usize);
    for index in 0..glyphs {
        let offset = |entry: usize| {
            if is_long {
                long(loca, entry * 4).map(|offset| offset as usize)
            } else {
                word(loca, entry * 2).map(|offset| usize::from(offset) * 2)
            }
        };
        // A missing last offset is common; the glyph then ends with the table.
        let range = offset(index).map(|from| (from, offset(index + 1).unwrap_or(glyf.len())));
        // Offsets out of order: the outline itself tells where it ends.
        let range = range.map(|(from, to)| (from, if to < from { glyf.len() } else { to }));
        let bytes = range.and_then(|(from, to)| glyf.get(from..to.min(glyf.len())));
        let glyph = bytes.and_then(|bytes| parse(bytes, glyphs));
        good += usize::from(glyph.is_some());
        // Glyphs that the offsets do not reach were never meant to be there.
        bad += usize::from(glyph.is_none() && range.is_some_and(|(from, to)| from != to));
        parsed.push(glyph.unwrap_or_default());
    }
    if bad > good {
        return None;
    }
    for index in 0..glyphs {
        if !parsed[index].parts.is_empty() && measure(&parsed, index, 0, &mut 0).is_none() {
            parsed[index] = Glyph::default();
        }
    }
    let mut out = Outlines {
        glyf: Vec::with_capacity(glyf.len()),
        loca: Vec::with_capacity(glyphs * 4 + 4),
        points_max: 0,
        contours_max: 0,
        compound_points_max: 0,
        compound_contours_max: 0,
        components_max: 0,
        depth_max: 0,
        is_measured: true,
    };
    for (index, glyph) in parsed.iter().enumerate() {
        out.loca.extend_from_slice(&(out.glyf.len() as u32).to_be_bytes());
        out.glyf.extend_from_slice(&glyph.bytes);
        out.glyf.resize(out.glyf.len().next_multiple_of(4), 0);
        if glyph.parts.is_empty() {
            out.points_max = out.points_max.max(glyph.points);
            out.contours_max = out.contours_max.max(glyph.contours);
        } else if let Some(size) = measure(&parsed, index, 0, &mut 0) {
            out.compound_points_max = out.compound_points_max.max(size.points);
            out.compound_contours_max = out.compound_contours_max.max(size.contours);
            out.depth_max = out.depth_max.max(size.depth);
            out.components_max = out.components_max.max(glyph.parts.len() as u16);
        }
    }
    out.loca.extend_from_slice(&(out.glyf.len() as u32).to_be_bytes());
    if out.glyf.is_empty() {
        // A font of blanks still needs the table.
        out.glyf = vec![0; 4];
    }
    Some(out)
}

#[derive(Default)]
struct Glyph {
    bytes: Vec<u8>,
    points: u16,
    contours: u16,
    /// The glyphs that a compound one is made of.
    parts: Vec<u16>,
}

fn parse(bytes: &[u8], glyphs: usize) -> Option<Glyph> {
    let contours = word(bytes, 0)? as i16;
    if bytes.len() < 12 {
        return None;
    }
    if contours >= 0 { simple(bytes, contours as u16) } else { compound(bytes, glyphs) }
}

fn simple(bytes: &[u8], contours: u16) -> Option<Glyph> {
    let ends = 10 + usize::from(contours) * 2;
    let mut last = None;
    for contour in 0..usize::from(contours) {
        let end = word(bytes, 10 + contour * 2)?;
        if last.is_some_and(|last| end < last) {
            return None;
        }
        last = Some(end);
    }
    let points = last.map_or(0, |last| usize::from(last) + 1);
    let program = usize::from(word(bytes, ends)?);
    let mut at = ends + 2 + program;
    let start = at;
    let (mut read, mut coordinates) = (0, 0);
    while read < points {
        let flag = *bytes.get(at)?;
        at += 1;
        let mut times = 1;
        if flag & REPEAT != 0 {
            times += usize::from(*bytes.get(at)?);
            at += 1;
        }
        times = times.min(points - read);
        let size = |short: u8, same: u8| match (flag & short != 0, flag & same != 0) {
            (true, _) => 1,
            (false, true) => 0,
            (false, false) => 2,
        };
        coordinates += times * (size(X_SHORT, X_SAME) + size(Y_SHORT, Y_SAME));
        read += times;
    }
    // Coordinates cut short at the table's end are filled with zeros.
    let end = (at + coordinates).min(bytes.len());
    let mut out = bytes[..ends].to_vec();
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(bytes.get(start..end)?);
    out.resize(out.len() + at + coordinates - end, 0);
    Some(Glyph { bytes: out, points: points.min(65_535) as u16, contours, parts: Vec::new() })
}

fn compound(bytes: &[u8], glyphs: usize) -> Option<Glyph> {
    let mut out = bytes[..10].to_vec();
    out[..2].copy_from_slice(&(-1_i16).to_be_bytes());
    let mut parts = Vec::new();
    let mut at = 10;
    loop {
        let flags = word(bytes, at)?;
        let part = word(bytes, at + 2)?;
        if usize::from(part) >= glyphs || parts.len() >= PARTS_MAX {
            return None;
        }
        let mut size = if flags & WORDS != 0 { 8 } else { 6 };
        size += match flags & (SCALE | SCALES | MATRIX) {
            0 => 0,
            SCALE => 2,
            SCALES => 4,
            MATRIX => 8,
            _ => return None,
        };
        let record = bytes.get(at..at + size)?;
        out.extend_from_slice(&(flags & !PROGRAM).to_be_bytes());
        out.extend_from_slice(&record[2..]);
        parts.push(part);
        at += size;
        if flags & MORE == 0 {
            break;
        }
    }
    Some(Glyph { bytes: out, points: 0, contours: 0, parts })
}

struct Size {
    points: u16,
    contours: u16,
    depth: u16,
}

/// Adds up a glyph with its parts; `None` where it is too deep or too large.
fn measure(glyphs: &[Glyph], index: usize, depth: u16, visited: &mut usize) -> Option<Size> {
    *visited += 1;
    if depth > DEPTH_MAX || *visited > VISITS_MAX {
        return None;
    }
    let glyph = glyphs.get(index)?;
    let mut size = Size { points: glyph.points, contours: glyph.contours, depth };
    for part in &glyph.parts {
        let part = measure(glyphs, usize::from(*part), depth + 1, visited)?;
        size.points = size.points.checked_add(part.points)?;
        size.contours = size.contours.checked_add(part.contours)?;
        size.depth = size.depth.max(part.depth);
    }
    Some(size)
}

const REPEAT: u8 = 8;
const X_SHORT: u8 = 2;
const Y_SHORT: u8 = 4;
const X_SAME: u8 = 16;
const Y_SAME: u8 = 32;
const WORDS: u16 = 1;
const SCALE: u16 = 8;
const MORE: u16 = 32;
const SCALES: u16 = 64;
const MATRIX: u16 = 128;
const PROGRAM: u16 = 256;
/// Parts of one compound glyph.
const PARTS_MAX: usize = 256;
/// Levels of compound glyphs.
const DEPTH_MAX: u16 = 8;
/// Glyphs met while one compound glyph is added up.
const VISITS_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glyph_made_of_itself_becomes_empty() {
        let mut own = vec![0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0];
        own.extend_from_slice(&[0, 0, 0, 1, 0, 0]);
        let mut box_ = vec![0, 1, 0, 0, 0, 0, 0, 9, 0, 9, 0, 2, 0, 1, 0xB0];
        box_.extend_from_slice(&[0x37, 0x37, 0x37, 1, 1, 1, 1, 1, 1, 0]);
        let mut glyf = box_.clone();
        let middle = glyf.len();
        glyf.extend_from_slice(&own);
        let loca: Vec<u8> =
            [0, middle, glyf.len()].iter().flat_map(|o| (*o as u32).to_be_bytes()).collect();
        let out = rebuild(&glyf, &loca, true, 2).expect("the first glyph is good");
        // The hinting program of one byte is gone, the second glyph is empty.
        assert_eq!(long(&out.loca, 4), long(&out.loca, 8));
        assert_eq!(out.glyf[12..14], [0, 0]);
        assert_eq!(out.points_max, 3);
    }
}

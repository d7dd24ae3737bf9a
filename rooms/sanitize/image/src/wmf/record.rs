//! Which WMF records pass and how each is laid out, [MS-WMF] 2.3. Whatever has no
//! row here goes; escapes (2.3.6) always do.

use sanitize_core::{Code, Job};

use crate::bytes::Reader;
use crate::codes;
use crate::metafile::{Fault, Objects, OrBroken, Outcome, packed_dib, shorts};

/// META_CREATEBRUSHINDIRECT.
pub(super) const CREATE_BRUSH: u16 = 0x02FC;
const ESCAPE: u16 = 0x0626;

/// How the parameters of a record are laid out.
enum Shape {
    /// So many 16-bit numbers.
    Shorts(usize),
    /// The same, some of which may be missing at the end.
    Lenient(usize),
    /// Numbers of which the first name objects.
    Uses(usize, usize),
    /// A new object of so many numbers.
    Object(usize),
    Delete,
    Points,
    PolyPoints,
    Text,
    ExtText,
    Font,
    Palette,
    Region,
    /// So many numbers before a bitmap; which of them says what its palette
    /// means; and how many numbers there are without a bitmap.
    Bitmap {
        words: usize,
        usage: Option<usize>,
        bare: Option<usize>,
    },
    PatternBrush,
}

fn shape(function: u16) -> Option<Shape> {
    use Shape::{
        Bitmap, Delete, ExtText, Font, Lenient, Object, Palette, PatternBrush, Points, PolyPoints,
        Region, Shorts, Text, Uses,
    };
    Some(match function {
        0x001E | 0x0035 => Shorts(0),
        // Modes, 2.3.5; some writers add a reserved word, some do not.
        0x0102..=0x0104 | 0x0106..=0x0108 | 0x012E | 0x0149 => Lenient(2),
        0x0127 | 0x0139 => Shorts(1),
        0x012A..=0x012D | 0x0234 => Uses(1, 1),
        0x0228 => Uses(2, 2),
        0x0429 => Uses(2, 4),
        0x01F0 => Delete,
        0x0201 | 0x0209..=0x020F | 0x0211 | 0x0213 | 0x0214 | 0x0220 | 0x0231 => Shorts(2),
        0x0410 | 0x0412 | 0x0415 | 0x0416 | 0x0418 | 0x0419 | 0x041B | 0x041F => Shorts(4),
        0x0548 => Shorts(5),
        0x061C | 0x061D => Shorts(6),
        0x0817 | 0x081A | 0x0830 => Shorts(8),
        0x0324 | 0x0325 => Points,
        0x0538 => PolyPoints,
        0x0521 => Text,
        0x0A32 => ExtText,
        0x02FA => Object(5),
        CREATE_BRUSH => Object(4),
        0x02FB => Font,
        0x00F7 | 0x0436 => Palette,
        0x06FF => Region,
        0x0142 => PatternBrush,
        // META_DIBBITBLT, META_DIBSTRETCHBLT, META_SETDIBTODEV, META_STRETCHDIB
        0x0940 => Bitmap { words: 8, usage: None, bare: Some(9) },
        0x0B41 => Bitmap { words: 10, usage: None, bare: Some(11) },
        0x0D33 => Bitmap { words: 9, usage: Some(0), bare: None },
        0x0F43 => Bitmap { words: 11, usage: Some(2), bare: None },
        _ => return None,
    })
}

/// Says whether a record takes a place in the object table, whatever it holds.
pub(super) fn makes_object(function: u16) -> bool {
    matches!(
        function,
        0x00F7
            | 0x00F8
            | 0x0142
            | 0x01F9
            | 0x02FA
            | 0x02FB
            | CREATE_BRUSH
            | 0x02FD
            | 0x06FE
            | 0x06FF
    )
}

/// Writes one record's parameters anew.
pub(super) fn rewrite(
    function: u16,
    data: &[u8],
    objects: &mut Objects,
    job: &mut Job<'_>,
) -> Result<Outcome, Fault> {
    if function == ESCAPE {
        return Ok(Outcome::Drop(escape(data)));
    }
    let Some(shape) = shape(function) else { return Ok(Outcome::Drop(&codes::METAFILE_UNKNOWN)) };
    let mut reader = Reader::little(data);
    let mut out = Vec::with_capacity(data.len());
    match shape {
        Shape::Shorts(count) => shorts(&mut reader, count, &mut out).or_broken()?,
        Shape::Lenient(count) => {
            out.extend(reader.u16().or_broken()?.to_le_bytes());
            out.resize(count * 2, 0);
        }
        Shape::Uses(uses, count) => {
            let mut ahead = reader.clone();
            for _ in 0..uses {
                if !objects.has(usize::from(ahead.u16().or_broken()?)) {
                    return Ok(Outcome::Skip);
                }
            }
            shorts(&mut reader, count, &mut out).or_broken()?;
        }
        Shape::Delete => {
            let index = reader.u16().or_broken()?;
            if !objects.has(usize::from(index)) {
                return Ok(Outcome::Skip);
            }
            objects.delete(usize::from(index));
            out.extend(index.to_le_bytes());
        }
        Shape::Object(count) => shorts(&mut reader, count, &mut out).or_broken()?,
        Shape::Font => font(&mut reader, &mut out).or_broken()?,
        Shape::Palette => palette(&mut reader, &mut out).or_broken()?,
        Shape::Region => region(&mut reader, &mut out).or_broken()?,
        Shape::Points => {
            let count = reader.u16().or_broken()?;
            out.extend(count.to_le_bytes());
            shorts(&mut reader, usize::from(count) * 2, &mut out).or_broken()?;
        }
        Shape::PolyPoints => poly_points(&mut reader, &mut out).or_broken()?,
        Shape::Text => text(&mut reader, &mut out).or_broken()?,
        Shape::ExtText => ext_text(&mut reader, &mut out).or_broken()?,
        Shape::Bitmap { words, usage, bare } => {
            if bare.is_some_and(|bare| data.len() == bare * 2) {
                out.extend(data);
            } else {
                bitmap(data, words, usage, &mut out, job)?;
            }
        }
        Shape::PatternBrush => {
            // 2.3.4.8: style 3 carries a device bitmap, which looks different everywhere.
            let style = reader.u16().or_broken()?;
            if style == 3 {
                return Ok(Outcome::Drop(&codes::METAFILE_UNKNOWN));
            }
            bitmap(data, 2, Some(1), &mut out, job)?;
        }
    }
    if makes_object(function) {
        let index = objects.first_free();
        objects.create(index);
    }
    Ok(Outcome::Keep(out))
}

/// Names what an escape, 2.1.1.17, was.
fn escape(data: &[u8]) -> &'static Code {
    const COMMENT: u16 = 15;
    match Reader::little(data).u16() {
        Some(COMMENT) => &codes::METAFILE_COMMENT,
        _ => &codes::METAFILE_ESCAPE,
    }
}

/// Font, 2.2.1.2: five numbers, eight bytes, a name.
fn font(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    const NAME_BYTES: usize = 32;
    out.extend(reader.take(18)?);
    let name = &reader.rest()[..reader.left().min(NAME_BYTES)];
    let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    out.extend(&name[..end.min(NAME_BYTES - 1)]);
    out.resize(18 + NAME_BYTES, 0);
    Some(())
}

/// Palette, 2.2.1.3.
fn palette(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    let (start, count) = (reader.u16()?, reader.u16()?);
    out.extend(start.to_le_bytes());
    out.extend(count.to_le_bytes());
    shorts(reader, usize::from(count) * 2, out)
}

/// Region, 2.2.1.5, scan by scan.
fn region(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    const FIXED_BYTES: usize = 22;
    reader.skip(8)?;
    let (_size, scans, _longest) = (reader.u16()?, reader.u16()?, reader.u16()?);
    let bounds = reader.take(8)?;
    let mut lines = Vec::new();
    let mut longest = 0u16;
    for _ in 0..scans {
        // 2.2.2.21: count, top, bottom, so many edges, count again.
        let count = reader.u16()?;
        longest = longest.max(count);
        lines.extend(count.to_le_bytes());
        shorts(reader, 2 + usize::from(count), &mut lines)?;
        reader.skip(2)?;
        lines.extend(count.to_le_bytes());
    }
    out.extend([0, 0, 6, 0, 0, 0, 0, 0]);
    out.extend(((FIXED_BYTES + lines.len()).min(0xFFFF) as u16).to_le_bytes());
    out.extend(scans.to_le_bytes());
    out.extend(longest.to_le_bytes());
    out.extend(bounds);
    out.extend(lines);
    Some(())
}

fn poly_points(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    let lines = reader.u16()?;
    out.extend(lines.to_le_bytes());
    let mut total = 0usize;
    for _ in 0..lines {
        let count = reader.u16()?;
        total += usize::from(count);
        out.extend(count.to_le_bytes());
    }
    shorts(reader, total * 2, out)
}

/// META_TEXTOUT, 2.3.3.20: length, string to a whole word, place.
fn text(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    let count = reader.u16()?;
    let string = reader.take(usize::from(count))?;
    reader.skip(usize::from(count) % 2)?;
    out.extend(count.to_le_bytes());
    out.extend(string);
    out.resize(out.len().next_multiple_of(2), 0);
    shorts(reader, 2, out)
}

/// META_EXTTEXTOUT, 2.3.3.5: place, length, options, rectangle, string, distances.
fn ext_text(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    // 2.1.2.2: opaque and clipped text bring a rectangle; 0x2000 doubles distances.
    const WITH_RECTANGLE: u16 = 6;
    const BOTH_DISTANCES: u16 = 0x2000;
    shorts(reader, 2, out)?;
    let (count, options) = (reader.u16()?, reader.u16()?);
    out.extend(count.to_le_bytes());
    out.extend(options.to_le_bytes());
    if options & WITH_RECTANGLE != 0 {
        shorts(reader, 4, out)?;
    }
    let count = usize::from(count);
    out.extend(reader.take(count)?);
    out.resize(out.len().next_multiple_of(2), 0);
    let _ = reader.skip(count % 2);
    let distances = if options & BOTH_DISTANCES == 0 { count } else { 2 * count };
    // Without all of them the font's own widths are used.
    let _ = shorts(reader, distances, out);
    Some(())
}

fn bitmap(
    data: &[u8],
    words: usize,
    usage: Option<usize>,
    out: &mut Vec<u8>,
    job: &mut Job<'_>,
) -> Result<(), Fault> {
    let mut reader = Reader::little(data);
    let numbers: Vec<u16> = (0..words).map(|_| reader.u16()).collect::<Option<_>>().or_broken()?;
    // DIB_PAL_COLORS, 2.1.1.6.
    let has_places = usage.is_some_and(|usage| numbers[usage] == 1);
    let dib = packed_dib(reader.rest(), has_places, job)?;
    numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
    out.extend(dib.head());
    out.extend(dib.packed_rows().iter());
    Ok(())
}

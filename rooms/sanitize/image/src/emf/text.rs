//! Text records of EMF, [MS-EMF] 2.2.5 and 2.3.5.37: string and distances are
//! written anew behind the numbers; and the text that a reader would see.

use super::{RECORD_BYTES_MIN, Records};
use crate::bytes::Reader;
use crate::metafile::words;

/// How wide a character is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Bytes,
    Units,
}

/// Numbers before the string: bounds, mode, scales, point, count, offset,
/// options, rectangle, offset of distances.
const NUMBERS: usize = 17;
const COUNT: usize = 9;
const STRING_AT: usize = 10;
const OPTIONS: usize = 11;
const DISTANCES_AT: usize = 16;
/// ETO_PDY, 2.1.11: two distances a character.
const BOTH_DISTANCES: u32 = 0x2000;
const GLYPH_INDICES: u32 = 0x10;

/// A text record taken apart.
struct Text<'a> {
    numbers: Vec<u32>,
    string: &'a [u8],
    distances: &'a [u8],
}

impl<'a> Text<'a> {
    fn read(width: Width, data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::little(data);
        let numbers: Vec<u32> = (0..NUMBERS).map(|_| reader.u32()).collect::<Option<_>>()?;
        let count = numbers[COUNT] as usize;
        let part = |at: u32, size: usize| {
            let at = (at as usize).checked_sub(RECORD_BYTES_MIN)?;
            data.get(at..at.checked_add(size)?)
        };
        let size = count.checked_mul(if width == Width::Units { 2 } else { 1 })?;
        let string = if count == 0 { &[] } else { part(numbers[STRING_AT], size)? };
        let each = if numbers[OPTIONS] & BOTH_DISTANCES == 0 { 4 } else { 8 };
        let distances = match numbers[DISTANCES_AT] {
            0 => &[][..],
            // Some writers point at nothing; the reader then uses the font's widths.
            at => part(at, count.checked_mul(each)?).unwrap_or_default(),
        };
        Some(Self { numbers, string, distances })
    }
}

/// Writes EMR_EXTTEXTOUTA or EMR_EXTTEXTOUTW anew.
pub(super) fn rewrite(width: Width, data: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut text = Text::read(width, data)?;
    let string_at = (RECORD_BYTES_MIN + NUMBERS * 4) as u32;
    let padded = text.string.len().next_multiple_of(4);
    text.numbers[STRING_AT] = string_at;
    let has_distances = !text.distances.is_empty();
    text.numbers[DISTANCES_AT] = if has_distances { string_at + padded as u32 } else { 0 };
    text.numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
    out.extend(text.string);
    out.resize(out.len() + padded - text.string.len(), 0);
    out.extend(text.distances);
    Some(())
}

/// ETO_NO_RECT and ETO_SMALL_CHARS, 2.1.11.
const NO_RECTANGLE: u32 = 0x100;
const SMALL_CHARACTERS: u32 = 0x200;

/// Writes EMR_SMALLTEXTOUT, 2.3.5.37, anew.
pub(super) fn rewrite_small(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    let (_, options, string) = small(&mut reader.clone())?;
    words(reader, if options & NO_RECTANGLE == 0 { 11 } else { 7 }, out)?;
    out.extend(string);
    Some(())
}

/// Returns the vertical position, the options and the string.
fn small<'a>(reader: &mut Reader<'a>) -> Option<(u32, u32, &'a [u8])> {
    reader.skip(4)?;
    let (y, count, options) = (reader.u32()?, reader.u32()? as usize, reader.u32()?);
    reader.skip(if options & NO_RECTANGLE == 0 { 28 } else { 12 })?;
    let each = if options & SMALL_CHARACTERS == 0 { 2 } else { 1 };
    Some((y, options, reader.take(count.checked_mul(each)?)?))
}

/// Returns the strings of a metafile; a new height begins a new line.
pub(crate) fn text(bytes: &[u8]) -> String {
    let mut all = String::new();
    let mut line = None;
    for (kind, data) in Records::new(bytes) {
        let found = match kind {
            83 | 84 => {
                let width = if kind == 84 { Width::Units } else { Width::Bytes };
                Text::read(width, data)
                    .map(|text| (text.numbers[8], text.numbers[OPTIONS], width, text.string))
            }
            108 => small(&mut Reader::little(data)).map(|(y, options, string)| {
                let is_small = options & SMALL_CHARACTERS != 0;
                (y, options, if is_small { Width::Bytes } else { Width::Units }, string)
            }),
            _ => None,
        };
        let Some((y, options, width, string)) = found else { continue };
        if options & GLYPH_INDICES != 0 || string.is_empty() {
            continue;
        }
        if line.is_some_and(|line| line != y) {
            all.push('\n');
        }
        line = Some(y);
        match width {
            Width::Bytes => all.extend(string.iter().map(|&byte| char::from(byte))),
            Width::Units => {
                let units = string.as_chunks::<2>().0.iter().map(|&unit| u16::from_le_bytes(unit));
                all.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')));
            }
        }
    }
    all
}

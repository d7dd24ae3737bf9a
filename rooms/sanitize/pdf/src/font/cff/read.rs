//! Reads CFF: indexes, dictionaries, charsets, encodings and selectors, with
//! every offset checked.

use super::{Charset, Cid, Encoding, Entries, Font, Operand, Private, STANDARD_STRINGS};

/// Parses the first font of a set.
pub fn parse(data: &[u8]) -> Option<Font<'_>> {
    let mut at = usize::from(*data.get(2)?);
    let _names = index(data, &mut at)?;
    let tops = index(data, &mut at)?;
    let strings = index(data, &mut at)?;
    let global = index(data, &mut at)?;
    let top = entries(tops.first()?)?;
    if find(&top, 1206).is_some_and(|operands| operands.first().is_some_and(|o| o.int() != 2)) {
        return None;
    }
    let mut glyphs_at = offset(&top, 17)?;
    let glyphs = index(data, &mut glyphs_at)?;
    if glyphs.is_empty() || glyphs.len() > GLYPHS_MAX {
        return None;
    }
    let is_cid = find(&top, 1230).is_some();
    let cid = if is_cid { Some(cid(data, &top, &strings, glyphs.len())?) } else { None };
    let private = if is_cid { Private::default() } else { private(data, &top).unwrap_or_default() };
    let charset = charset(data, &top, &strings, glyphs.len(), is_cid)?;
    let encoding = encoding(data, &top, &strings, glyphs.len()).unwrap_or(Encoding::Known(0));
    Some(Font { top, private, cid, charset, encoding, glyphs, global })
}

/// §5.
fn index<'d>(data: &'d [u8], at: &mut usize) -> Option<Vec<&'d [u8]>> {
    let count = usize::from(word(data, *at)?);
    *at += 2;
    if count == 0 {
        return Some(Vec::new());
    }
    let size = usize::from(*data.get(*at)?);
    if !(1..=4).contains(&size) {
        return None;
    }
    let table = data.get(*at + 1..*at + 1 + (count + 1) * size)?;
    let base = *at + (count + 1) * size;
    let offset = |entry: usize| {
        let bytes = &table[entry * size..(entry + 1) * size];
        bytes.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let mut items = Vec::with_capacity(count);
    for entry in 0..count {
        let (from, to) = (base.checked_add(offset(entry))?, base.checked_add(offset(entry + 1))?);
        // An item that lies outside becomes empty; its neighbours may be good.
        items.push(data.get(from..to).unwrap_or_default());
    }
    *at = base.checked_add(offset(count))?.min(data.len());
    Some(items)
}

fn word(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]))
}

/// §4.
fn entries(data: &[u8]) -> Option<Entries> {
    let mut entries = Vec::new();
    let mut operands: Vec<Operand> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = data.get(at) {
        at += 1;
        let operand = match byte {
            0..=21 => {
                let operator = if byte == 12 {
                    at += 1;
                    1200 + u16::from(*data.get(at - 1)?)
                } else {
                    u16::from(byte)
                };
                entries.push((operator, std::mem::take(&mut operands)));
                continue;
            }
            28 => {
                at += 2;
                i32::from(word(data, at - 2)? as i16)
            }
            29 => {
                at += 4;
                let four = data.get(at - 4..at)?;
                i32::from_be_bytes([four[0], four[1], four[2], four[3]])
            }
            30 => {
                operands.push(Operand::Real(real(data, &mut at)?));
                continue;
            }
            32..=246 => i32::from(byte) - 139,
            247..=250 => {
                at += 1;
                (i32::from(byte) - 247) * 256 + i32::from(*data.get(at - 1)?) + 108
            }
            251..=254 => {
                at += 1;
                -(i32::from(byte) - 251) * 256 - i32::from(*data.get(at - 1)?) - 108
            }
            _ => continue,
        };
        if operands.len() < OPERANDS_MAX {
            operands.push(Operand::Int(operand));
        }
    }
    Some(entries)
}

fn real(data: &[u8], at: &mut usize) -> Option<f64> {
    let mut text = String::new();
    loop {
        let byte = *data.get(*at)?;
        *at += 1;
        for nibble in [byte >> 4, byte & 15] {
            match nibble {
                0..=9 => text.push(char::from(b'0' + nibble)),
                10 => text.push('.'),
                11 => text.push('E'),
                12 => text.push_str("E-"),
                14 => text.push('-'),
                15 => {
                    return Some(text.parse::<f64>().ok().filter(|v| v.is_finite()).unwrap_or(0.0));
                }
                _ => {}
            }
            if text.len() > REAL_DIGITS_MAX {
                return None;
            }
        }
    }
}

fn find(entries: &Entries, operator: u16) -> Option<&Vec<Operand>> {
    entries.iter().find(|(known, _)| *known == operator).map(|(_, operands)| operands)
}

fn offset(entries: &Entries, operator: u16) -> Option<usize> {
    usize::try_from(find(entries, operator)?.last()?.int()).ok()
}

fn private<'d>(data: &'d [u8], owner: &Entries) -> Option<Private<'d>> {
    let [size, offset] = find(owner, 18)?.as_slice() else { return None };
    let start = usize::try_from(offset.int()).ok()?;
    let end = start.checked_add(usize::try_from(size.int()).ok()?)?;
    let entries = entries(data.get(start..end.min(data.len()))?)?;
    let subroutines = find(&entries, 19)
        .and_then(|operands| usize::try_from(operands.last()?.int()).ok())
        .and_then(|relative| start.checked_add(relative))
        .and_then(|mut at| index(data, &mut at));
    Some(Private { entries, subroutines: subroutines.unwrap_or_default() })
}

fn string(strings: &[&[u8]], id: u16) -> Option<Vec<u8>> {
    // Standard names are passed on by number, as two bytes after a zero byte.
    if id < STANDARD_STRINGS {
        let [high, low] = id.to_be_bytes();
        return Some(vec![0, high, low]);
    }
    let text = strings.get(usize::from(id - STANDARD_STRINGS)).filter(|t| t.first() != Some(&0))?;
    Some(text.iter().copied().take(NAME_BYTES_MAX).collect())
}

fn cid<'d>(data: &'d [u8], top: &Entries, strings: &[&[u8]], glyphs: usize) -> Option<Cid<'d>> {
    let [registry, ordering, supplement] = find(top, 1230)?.as_slice() else { return None };
    let text = |operand: &Operand| string(strings, u16::try_from(operand.int()).ok()?);
    let mut at = offset(top, 1236)?;
    let mut parts = Vec::new();
    for part in index(data, &mut at)? {
        let part = entries(part)?;
        let private = private(data, &part).unwrap_or_default();
        parts.push((part, private));
    }
    if parts.is_empty() || parts.len() > 256 {
        return None;
    }
    let mut select = vec![0_u8; glyphs];
    if let Some(at) = offset(top, 1237) {
        read_select(data, at, &mut select)?;
    }
    let last = parts.len() - 1;
    select.iter_mut().for_each(|part| *part = (*part).min(last as u8));
    Some(Cid {
        registry: text(registry)?,
        ordering: text(ordering)?,
        supplement: supplement.int() as i32,
        parts,
        select,
    })
}

/// §19.
fn read_select(data: &[u8], at: usize, select: &mut [u8]) -> Option<()> {
    match *data.get(at)? {
        0 => select.copy_from_slice(data.get(at + 1..at + 1 + select.len())?),
        3 => {
            let count = usize::from(word(data, at + 1)?);
            for range in 0..count {
                let here = at + 3 + range * 3;
                let from = usize::from(word(data, here)?);
                let part = *data.get(here + 2)?;
                let to = usize::from(word(data, here + 3)?).min(select.len());
                if let Some(glyphs) = select.get_mut(from..to) {
                    glyphs.fill(part);
                }
            }
        }
        _ => return None,
    }
    Some(())
}

/// §13.
fn charset(
    data: &[u8],
    top: &Entries,
    strings: &[&[u8]],
    glyphs: usize,
    cid: bool,
) -> Option<Charset> {
    let at = offset(top, 15).unwrap_or(0);
    if at <= 2 && !cid {
        return Some(Charset::Known(at as u8));
    }
    let mut ids: Vec<u16> = Vec::with_capacity(glyphs);
    if at <= 2 {
        ids.extend((1..glyphs).map(|glyph| glyph as u16));
    } else {
        read_charset(data, at, glyphs - 1, &mut ids);
    }
    ids.resize(glyphs - 1, 0);
    if cid {
        return Some(Charset::Cids(ids));
    }
    let name = |id: &u16| string(strings, *id).unwrap_or_else(|| vec![0, 0, 0]);
    Some(Charset::Names(ids.iter().map(name).collect()))
}

fn read_charset(data: &[u8], at: usize, wanted: usize, ids: &mut Vec<u16>) -> Option<()> {
    let format = *data.get(at)?;
    let mut at = at + 1;
    while ids.len() < wanted {
        let first = word(data, at)?;
        at += 2;
        let left = match format {
            0 => 0,
            1 => {
                at += 1;
                u16::from(*data.get(at - 1)?)
            }
            2 => {
                at += 2;
                word(data, at - 2)?
            }
            _ => return None,
        };
        for step in 0..=left {
            if ids.len() >= wanted {
                break;
            }
            ids.push(first.saturating_add(step));
        }
    }
    Some(())
}

/// §12.
fn encoding(data: &[u8], top: &Entries, strings: &[&[u8]], glyphs: usize) -> Option<Encoding> {
    let at = offset(top, 16).unwrap_or(0);
    if at <= 1 {
        return Some(Encoding::Known(at as u8));
    }
    let format = *data.get(at)?;
    let count = usize::from(*data.get(at + 1)?);
    let mut codes = Vec::new();
    let mut next = at + 2;
    match format & 0x7F {
        0 => {
            codes.extend_from_slice(data.get(next..next + count)?);
            next += count;
        }
        1 => {
            for _ in 0..count {
                let first = *data.get(next)?;
                let left = *data.get(next + 1)?;
                codes.extend((0..=left).map(|step| first.wrapping_add(step)));
                next += 2;
            }
        }
        _ => return None,
    }
    codes.truncate((glyphs - 1).min(255));
    let mut more = Vec::new();
    if format & 0x80 != 0 {
        for entry in 0..usize::from(*data.get(next)?) {
            let here = next + 1 + entry * 3;
            more.push((*data.get(here)?, string(strings, word(data, here + 1)?)?));
        }
    }
    Some(Encoding::Own(codes, more))
}

const GLYPHS_MAX: usize = 65_535;
const OPERANDS_MAX: usize = 48;
const REAL_DIGITS_MAX: usize = 64;
/// Bytes of a glyph's name (PostScript's own limit).
const NAME_BYTES_MAX: usize = 127;

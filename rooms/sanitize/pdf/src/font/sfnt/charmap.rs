//! The `cmap` table: each subtable is read into pairs of code and glyph and
//! written in one of three plain formats.

use std::collections::BTreeMap;

use super::{long, word};

/// Rebuilds the table; `None` where no subtable can be read.
pub fn rebuild(table: &[u8], glyphs: usize) -> Option<Vec<u8>> {
    let count = usize::from(word(table, 2)?).min(SUBTABLES_MAX);
    let mut records: Vec<(u16, u16, usize)> = Vec::new();
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    for index in 0..count {
        let at = 4 + index * 8;
        let (Some(platform), Some(encoding), Some(offset)) =
            (word(table, at), word(table, at + 2), long(table, at + 4))
        else {
            break;
        };
        let offset = offset as usize;
        let body = match known.get(&offset) {
            Some(body) => *body,
            None => {
                let Some(map) = table.get(offset..).and_then(read) else { continue };
                let map: BTreeMap<u32, u16> =
                    map.into_iter().filter(|(_, glyph)| usize::from(*glyph) < glyphs).collect();
                let Some(body) = spell(&map) else { continue };
                bodies.push(body);
                known.insert(offset, bodies.len() - 1);
                bodies.len() - 1
            }
        };
        records.push((platform, encoding, body));
    }
    if records.is_empty() {
        return None;
    }
    let mut out = vec![0, 0];
    out.extend_from_slice(&(records.len() as u16).to_be_bytes());
    let mut offsets = Vec::new();
    let mut at = 4 + records.len() * 8;
    for body in &bodies {
        offsets.push(at as u32);
        at += body.len();
    }
    for (platform, encoding, body) in &records {
        out.extend_from_slice(&platform.to_be_bytes());
        out.extend_from_slice(&encoding.to_be_bytes());
        out.extend_from_slice(&offsets[*body].to_be_bytes());
    }
    bodies.iter().for_each(|body| out.extend_from_slice(body));
    Some(out)
}

/// Reads a subtable into pairs; glyph 0 says "none" and is left out.
fn read(data: &[u8]) -> Option<Vec<(u32, u16)>> {
    let mut map = Vec::new();
    match word(data, 0)? {
        0 => {
            for (code, glyph) in data.iter().skip(6).take(256).enumerate() {
                map.push((code as u32, u16::from(*glyph)));
            }
        }
        4 => segments(data, &mut map)?,
        6 => {
            let first = u32::from(word(data, 6)?);
            for index in 0..usize::from(word(data, 8)?) {
                let Some(glyph) = word(data, 10 + index * 2) else { break };
                map.push((first + index as u32, glyph));
            }
        }
        format @ (12 | 13) => {
            for group in 0..(long(data, 12)? as usize).min(GROUPS_MAX) {
                let at = 16 + group * 12;
                let (Some(first), Some(last), Some(glyph)) =
                    (long(data, at), long(data, at + 4), long(data, at + 8))
                else {
                    break;
                };
                for code in first..=last.min(0x10_FFFF) {
                    let glyph =
                        if format == 12 { glyph.saturating_add(code - first) } else { glyph };
                    let Ok(glyph) = u16::try_from(glyph) else { break };
                    map.push((code, glyph));
                    if map.len() > CODES_MAX {
                        return None;
                    }
                }
            }
        }
        _ => return None,
    }
    map.retain(|(_, glyph)| *glyph != 0);
    Some(map)
}

/// Format 4.
fn segments(data: &[u8], map: &mut Vec<(u32, u16)>) -> Option<()> {
    let count = usize::from(word(data, 6)? / 2);
    for segment in 0..count {
        let field =
            |row: usize| word(data, 14 + row * count * 2 + usize::from(row > 0) * 2 + segment * 2);
        let (Some(last), Some(first), Some(delta), Some(range)) =
            (field(0), field(1), field(2), field(3))
        else {
            break;
        };
        for code in first..=last {
            let glyph = if range == 0 || range == 0xFFFF {
                code.wrapping_add(delta)
            } else {
                let at = 16 + 3 * count * 2 + segment * 2;
                let at = at + usize::from(range) + usize::from(code - first) * 2;
                match word(data, at) {
                    Some(0) | None => 0,
                    Some(glyph) => glyph.wrapping_add(delta),
                }
            };
            if code != 0xFFFF {
                map.push((u32::from(code), glyph));
            }
            if map.len() > CODES_MAX {
                return None;
            }
        }
    }
    Some(())
}

fn spell(map: &BTreeMap<u32, u16>) -> Option<Vec<u8>> {
    let small = map.iter().all(|(code, glyph)| *code < 256 && *glyph < 256);
    if small {
        let mut out = vec![0, 0, 1, 6, 0, 0];
        out.resize(262, 0);
        for (code, glyph) in map {
            out[6 + *code as usize] = *glyph as u8;
        }
        return Some(out);
    }
    let runs = runs(map);
    let wide = map.keys().next_back().is_some_and(|code| *code > 0xFFFE);
    if wide || runs.len() > SEGMENTS_MAX {
        let mut out = vec![0, 12, 0, 0];
        out.extend_from_slice(&(16 + runs.len() as u32 * 12).to_be_bytes());
        out.extend_from_slice(&0_u32.to_be_bytes());
        out.extend_from_slice(&(runs.len() as u32).to_be_bytes());
        for (first, last, glyph) in runs {
            out.extend_from_slice(&first.to_be_bytes());
            out.extend_from_slice(&last.to_be_bytes());
            out.extend_from_slice(&u32::from(glyph).to_be_bytes());
        }
        return Some(out);
    }
    let count = runs.len() as u16 + 1;
    let power = count.ilog2() as u16;
    let mut out = vec![0, 4];
    for value in [16 + count * 8, 0, count * 2, 2 << power, power, (count - (1 << power)) * 2] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    let mut column = |pick: &dyn Fn(&(u32, u32, u16)) -> u16, last: u16| {
        runs.iter().for_each(|run| out.extend_from_slice(&pick(run).to_be_bytes()));
        out.extend_from_slice(&last.to_be_bytes());
    };
    column(&|run| run.1 as u16, 0xFFFF);
    let at = 14 + usize::from(count) * 2;
    column(&|run| run.0 as u16, 0xFFFF);
    column(&|run| run.2.wrapping_sub(run.0 as u16), 1);
    column(&|_| 0, 0);
    out.splice(at..at, [0, 0]);
    Some(out)
}

/// Joins neighbouring codes with neighbouring glyphs.
fn runs(map: &BTreeMap<u32, u16>) -> Vec<(u32, u32, u16)> {
    let mut runs: Vec<(u32, u32, u16)> = Vec::new();
    for (&code, &glyph) in map {
        if let Some((first, last, start)) = runs.last_mut()
            && *last + 1 == code
            && u32::from(*start) + (code - *first) == u32::from(glyph)
        {
            *last = code;
            continue;
        }
        runs.push((code, code, glyph));
    }
    runs
}

const SUBTABLES_MAX: usize = 16;
const GROUPS_MAX: usize = 100_000;
const CODES_MAX: usize = 400_000;
/// Segments whose table still fits its 16-bit length.
const SEGMENTS_MAX: usize = 8000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_survive_every_format() {
        for codes in
            [vec![(65, 3)], vec![(65, 300), (66, 301), (200, 5)], vec![(65, 3), (0x2_0BB7, 4)]]
        {
            let map: BTreeMap<u32, u16> = codes.into_iter().collect();
            let spelt = spell(&map).expect("small maps can be written");
            let again: BTreeMap<u32, u16> = read(&spelt).expect("readable").into_iter().collect();
            assert_eq!(again, map);
        }
    }
}

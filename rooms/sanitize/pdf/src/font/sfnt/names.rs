//! The `post` table: italic angle and underline, and glyph names where text
//! encodings need them.

use super::word;

/// Rebuilds the table.
pub fn rebuild(table: &[u8], glyphs: usize) -> Option<Vec<u8>> {
    let head = table.get(..32)?;
    let mut out = head.to_vec();
    // Memory hints are for interpreters of old.
    out[16..32].fill(0);
    match head[..4] {
        [0, 1, 0, 0] => Some(out),
        [0, 2, 0, 0] => match names(table, glyphs) {
            Some(names) => {
                out.extend_from_slice(&names);
                Some(out)
            }
            None => Some(without_names(out)),
        },
        _ => Some(without_names(out)),
    }
}

fn without_names(mut out: Vec<u8>) -> Vec<u8> {
    out[..4].copy_from_slice(&[0, 3, 0, 0]);
    out
}

/// Version 2: an index for each glyph, then the names that are not standard.
fn names(table: &[u8], glyphs: usize) -> Option<Vec<u8>> {
    let count = usize::from(word(table, 32)?).min(glyphs);
    let mut own: Vec<&[u8]> = Vec::new();
    let mut rest = table.get(34 + usize::from(word(table, 32)?) * 2..)?;
    while let Some((&length, tail)) = rest.split_first() {
        let Some(name) = tail.get(..usize::from(length)) else { break };
        own.push(name);
        rest = &tail[usize::from(length)..];
    }
    let mut out = (glyphs as u16).to_be_bytes().to_vec();
    let mut used: Vec<&[u8]> = Vec::new();
    for glyph in 0..glyphs {
        let index = if glyph < count { word(table, 34 + glyph * 2)? } else { 0 };
        let new = match index.checked_sub(STANDARD) {
            None => index,
            Some(own_index) => match own.get(usize::from(own_index)) {
                Some(name) => {
                    used.push(name);
                    STANDARD + (used.len() - 1) as u16
                }
                None => 0,
            },
        };
        out.extend_from_slice(&new.to_be_bytes());
    }
    for name in used {
        out.push(name.len() as u8);
        out.extend_from_slice(name);
    }
    Some(out)
}

/// Names that every reader knows by number.
const STANDARD: u16 = 258;

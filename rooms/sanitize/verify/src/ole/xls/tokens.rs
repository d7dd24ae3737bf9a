//! Formula tokens: walks them by their sizes and names the functions that act.
//!
//! Source: [MS-XLS] 2.5.198.

use crate::ole::u16_at;
use crate::rules;

/// Returns the rule that a formula breaks.
pub(super) fn danger(tokens: &[u8], is_new: bool) -> Option<(&'static str, String)> {
    let mut at = 0;
    while let Some(&token) = tokens.get(at) {
        // Classes of a token share its low bits.
        let kind = if token >= 0x40 { (token & 0x1F) | 0x20 } else { token };
        match kind {
            0x21 | 0x22 => {
                let place = if kind == 0x21 { at + 1 } else { at + 2 };
                let function = u16_at(tokens, place) & 0x7FFF;
                let is_command = kind == 0x22 && u16_at(tokens, place) & 0x8000 != 0;
                if is_command || !computes(function) {
                    return Some((rules::FORMULA, format!("function {function}")));
                }
            }
            // tNameX, tRef3d and tArea3d lead through EXTERNSHEET; in BIFF5 a
            // positive index is another workbook.
            0x39..=0x3D if !is_new && (u16_at(tokens, at + 1) as i16) > 0 => {
                return Some((
                    rules::FORMULA_EXTERNAL,
                    "a reference to another workbook".to_owned(),
                ));
            }
            _ => {}
        }
        match size(tokens, at, kind, is_new) {
            Some(size) => at += size,
            None => return Some((rules::FORMULA, format!("an unknown token {token:02X}"))),
        }
    }
    None
}

fn size(tokens: &[u8], at: usize, kind: u8, is_new: bool) -> Option<usize> {
    let byte = |offset: usize| tokens.get(at + offset).copied().map(usize::from);
    Some(match kind {
        0x01 | 0x02 => 5,
        0x03..=0x16 => 1,
        0x17 if is_new => {
            let is_wide = byte(2)? & 1 != 0;
            3 + byte(1)? * if is_wide { 2 } else { 1 }
        }
        0x17 => 2 + byte(1)?,
        0x18 => match byte(1)? {
            0x19 | 0x1D => 2 + 2,
            _ => 6,
        },
        // tAttr: a jump table follows CHOOSE.
        0x19 if byte(1)? & 4 != 0 => 4 + (usize::from(u16_at(tokens, at + 2)) + 1) * 2,
        0x19 => 4,
        0x1C | 0x1D => 2,
        0x1E => 3,
        0x1F => 9,
        0x20 => 8,
        0x21 => 3,
        0x22 => 4,
        0x23 if is_new => 5,
        0x23 => 15,
        0x24 | 0x2A | 0x2C => {
            if is_new {
                5
            } else {
                4
            }
        }
        0x25 | 0x2B | 0x2D => {
            if is_new {
                9
            } else {
                7
            }
        }
        0x26..=0x28 => 7,
        0x29 => 3,
        0x2E | 0x2F => 3,
        0x39 => {
            if is_new {
                7
            } else {
                25
            }
        }
        0x3A | 0x3C => {
            if is_new {
                7
            } else {
                18
            }
        }
        0x3B | 0x3D => {
            if is_new {
                11
            } else {
                21
            }
        }
        _ => return None,
    })
}

/// Ftab (2.5.198.17): numbers that only compute. The rest are what macros alone
/// may use, CALL, REGISTER.ID, RTD, HYPERLINK, cubes and add-ins.
pub(crate) fn computes(function: u16) -> bool {
    matches!(
        function,
        0..=52 | 56..=78 | 82 | 83 | 86 | 97..=102 | 105 | 109 | 111..=121 | 124..=131 | 140..=144 | 148 | 162..=165 | 167..=169 | 183 | 184 | 189 | 190 | 193..=199
            | 204..=216 | 219..=222 | 227..=235 | 244 | 247 | 252 | 261 | 269..=332 | 336 | 337 | 342..=347 | 350..=354 | 358 | 360..=378
    )
}

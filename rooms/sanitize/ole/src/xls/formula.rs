//! Formula tokens, [MS-XLS] 2.5.198: says whether a formula stays within its
//! own workbook and calls nothing but sheet functions. Evaluates nothing.

use sanitize_container::functions::computes;

use super::record::Biff;
use crate::bytes::{slice, u8_at, u16_at};

/// What a formula's references mean in one workbook.
pub(super) struct Scope {
    pub biff: Biff,
    /// For each entry of EXTERNSHEET, whether it leads into this workbook.
    pub sheets_are_own: Vec<bool>,
}

impl Scope {
    /// Returns how long the data behind a formula's tokens is where the formula
    /// may stay; nothing where it must go.
    pub fn safe_len(&self, tokens: &[u8], extra: &[u8]) -> Option<usize> {
        let mut at = 0;
        for need in self.walk(tokens)? {
            at += self.extra_len(need, extra, at)?;
        }
        Some(at)
    }

    /// Says whether tokens that need no data behind them may stay.
    pub fn is_plain(&self, tokens: &[u8]) -> bool {
        self.safe_len(tokens, &[]).is_some()
    }

    /// Walks the tokens; returns which need data behind them, or nothing
    /// where one is not allowed.
    fn walk(&self, tokens: &[u8]) -> Option<Vec<Extra>> {
        let mut needs = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let token = tokens[at];
            let body = &tokens[at + 1..];
            let base = if token >= 0x20 { (token & 0x1F) | 0x20 } else { token };
            let len = match self.biff {
                Biff::Eight => self.token_len_8(base, body)?,
                Biff::Five => self.token_len_5(base, body)?,
            };
            match base {
                0x20 => needs.push(Extra::Array),
                0x26 => needs.push(Extra::Areas),
                _ => {}
            }
            at = at.checked_add(1 + len)?;
        }
        (at == tokens.len()).then_some(needs)
    }

    fn token_len_8(&self, base: u8, body: &[u8]) -> Option<usize> {
        Some(match base {
            0x01 | 0x02 => 4,
            0x17 => {
                let width = 1 + usize::from(u8_at(body, 1) & 1);
                2 + usize::from(*body.first()?) * width
            }
            0x20 => 7,
            0x23 | 0x24 | 0x2A | 0x2C => 4,
            0x25 | 0x2B | 0x2D => 8,
            0x26..=0x28 => 6,
            0x39 if self.is_own(body) => 6,
            0x3A | 0x3C if self.is_own(body) => 6,
            0x3B | 0x3D if self.is_own(body) => 10,
            _ => token_len_common(base, body)?,
        })
    }

    fn token_len_5(&self, base: u8, body: &[u8]) -> Option<usize> {
        // A sheet of this workbook has a negative number (BIFF5 only).
        let is_own = u16_at(body, 0) & 0x8000 != 0 || u16_at(body, 0) == 0;
        Some(match base {
            0x01 | 0x02 => 4,
            0x17 => 1 + usize::from(*body.first()?),
            0x20 => 7,
            0x23 => 14,
            0x24 | 0x2A | 0x2C => 3,
            0x25 | 0x2B | 0x2D => 6,
            0x26..=0x28 => 6,
            0x3A | 0x3C if is_own => 17,
            0x3B | 0x3D if is_own => 20,
            _ => token_len_common(base, body)?,
        })
    }

    fn is_own(&self, body: &[u8]) -> bool {
        self.sheets_are_own.get(usize::from(u16_at(body, 0))).copied().unwrap_or(false)
    }

    fn extra_len(&self, need: Extra, extra: &[u8], at: usize) -> Option<usize> {
        let rest = extra.get(at..)?;
        match need {
            Extra::Array => self.array_len(rest),
            Extra::Areas => {
                let size = if self.biff == Biff::Eight { 8 } else { 6 };
                let len = 2 + usize::from(u16_at(rest, 0)) * size;
                slice(rest, 0, len).map(<[u8]>::len)
            }
        }
    }

    /// Length of a constant array (2.5.198.8 and its SerAr elements).
    fn array_len(&self, rest: &[u8]) -> Option<usize> {
        slice(rest, 0, 3)?;
        let (columns, rows) = (usize::from(rest[0]), usize::from(u16_at(rest, 1)));
        let count = match self.biff {
            Biff::Eight => (columns + 1) * (rows + 1),
            Biff::Five => (if columns == 0 { 256 } else { columns }) * rows,
        };
        let mut at = 3;
        for _ in 0..count {
            let len = match (*rest.get(at)?, self.biff) {
                (0 | 1 | 4 | 16, _) => 9,
                (2, Biff::Eight) => {
                    let width = 1 + usize::from(u8_at(rest, at + 3) & 1);
                    4 + usize::from(u16_at(rest, at + 1)) * width
                }
                (2, Biff::Five) => 2 + usize::from(u8_at(rest, at + 1)),
                _ => return None,
            };
            slice(rest, at, len)?;
            at += len;
        }
        Some(at)
    }
}

/// Data that stands behind all tokens.
#[derive(Clone, Copy)]
enum Extra {
    Array,
    Areas,
}

/// Lengths that are the same in both dialects, without the token byte.
fn token_len_common(base: u8, body: &[u8]) -> Option<usize> {
    Some(match base {
        0x03..=0x16 => 0,
        0x18 => 5,
        0x19 if u8_at(body, 0) & 0x04 != 0 => 3 + 2 * (usize::from(u16_at(body, 1)) + 1),
        0x19 => 3,
        0x1C | 0x1D => 1,
        0x1E => 2,
        0x1F => 8,
        0x21 if computes(u16_at(body, 0)) => 2,
        // The top bit calls a command instead of a function.
        0x22 if computes(u16_at(body, 1)) => 3,
        0x29 | 0x2E | 0x2F => 2,
        _ => return None,
    })
}

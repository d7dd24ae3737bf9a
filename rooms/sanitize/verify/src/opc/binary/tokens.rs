//! Formula tokens of binary workbooks: walks them by their sizes and refuses
//! every token and every function that is not known to stay inside.
//!
//! Source: [MS-XLSB] 2.5.97.

use sanitize_core::Hyperlinks;

use crate::ole::xls::tokens::computes;
use crate::ole::{u16_at, utf16};
use crate::rules;
use crate::url::{self, Address};

type Found = (&'static str, String);

/// What a formula was seen to do.
#[derive(Default)]
struct Seen {
    /// Tokens other than layout, in order.
    kinds: Vec<u8>,
    texts: Vec<String>,
    makes_references: bool,
    links: usize,
    /// Whether a token has data behind all tokens.
    has_data: bool,
}

/// Returns the rule that a formula breaks; `extra` is the data behind it.
pub(super) fn danger(tokens: &[u8], extra: &[u8], hyperlinks: Hyperlinks) -> Option<Found> {
    let mut seen = Seen::default();
    let mut at = 0;
    while let Some(&token) = tokens.get(at) {
        // The class of a token stands in two of its bits.
        let kind = if token >= 0x20 { (token & 0x1F) | 0x20 } else { token };
        let body = tokens.get(at + 1..).unwrap_or_default();
        let size = size(kind, body).filter(|size| *size <= body.len());
        let Some(size) = size else {
            return Some((rules::FORMULA, format!("an unknown token {token:02X}")));
        };
        if let Some(found) = seen.token(kind, body) {
            return Some(found);
        }
        at += 1 + size;
    }
    if !extra.is_empty() && !seen.has_data {
        return Some((rules::OPC_HIDDEN, "data that no token owns".to_owned()));
    }
    seen.judge(hyperlinks)
}

impl Seen {
    fn token(&mut self, kind: u8, body: &[u8]) -> Option<Found> {
        if kind != LAYOUT {
            self.kinds.push(kind);
        }
        let function = match kind {
            TEXT => {
                let end = 2 + 2 * usize::from(u16_at(body, 0));
                self.texts.push(utf16(body.get(2..end).unwrap_or_default()));
                return None;
            }
            0x01 | 0x02 | 0x20 | 0x26 => {
                self.has_data = true;
                return None;
            }
            FIXED => u16_at(body, 0),
            CALL => u16_at(body, 1),
            _ => return None,
        };
        match function {
            // CELL and INDIRECT.
            125 | 148 => self.makes_references = true,
            LINK => self.links += 1,
            // By name: the name is an operand, and is judged where it stands.
            NAMED if kind == CALL => {}
            384..=475 | 480..=484 => {}
            other if computes(other) => {}
            other => return Some((rules::FORMULA, format!("function {other}"))),
        }
        None
    }

    fn judge(&self, hyperlinks: Hyperlinks) -> Option<Found> {
        if self.makes_references
            && let Some(text) = self
                .texts
                .iter()
                .find(|text| text.contains(['[', '|', '\\']) || text.contains("://"))
        {
            return Some((rules::FORMULA_EXTERNAL, text.clone()));
        }
        if self.links == 0 {
            return None;
        }
        // One literal address, perhaps one thing to show, the call.
        let is_literal = match self.kinds.as_slice() {
            [TEXT, CALL] => true,
            [TEXT, shown, CALL] => !matches!(*shown, FIXED | CALL),
            _ => false,
        };
        let Some(address) = self.texts.first().filter(|_| is_literal) else {
            return Some((rules::FORMULA, "HYPERLINK of a computed address".to_owned()));
        };
        match url::judge(address) {
            Address::Local => None,
            Address::Plain if hyperlinks == Hyperlinks::Keep => None,
            Address::Plain => Some((rules::HYPERLINK, address.clone())),
            Address::Relative | Address::Harmful => Some((rules::URL, address.clone())),
        }
    }
}

/// Bytes behind a token's first; none for tokens that are not known. Left out
/// is 39, a name in another source; the sources themselves are looked at where
/// the workbook lists them.
fn size(kind: u8, body: &[u8]) -> Option<usize> {
    Some(match kind {
        0x03..=0x16 => 0,
        0x01 | 0x02 | 0x23 => 4,
        TEXT => 2 + 2 * usize::from(u16_at(body, 0)),
        0x18 => match body.first()? {
            0x19 => 13,
            0x1D => 5,
            _ => return None,
        },
        LAYOUT => match body.first()? {
            // A jump table follows CHOOSE.
            0x04 => 3 + 2 * (usize::from(u16_at(body, 1)) + 1),
            0x01 | 0x02 | 0x08 | 0x10 | 0x20 | 0x21 | 0x40 | 0x41 | 0x80 => 3,
            _ => return None,
        },
        0x1C | 0x1D => 1,
        0x1E | FIXED | 0x29 => 2,
        CALL => 3,
        0x1F => 8,
        0x20 => 14,
        0x24 | 0x26..=0x28 | 0x2A | 0x2C => 6,
        0x25 | 0x2B | 0x2D => 12,
        0x3A | 0x3C => 8,
        0x3B | 0x3D => 14,
        _ => return None,
    })
}

const TEXT: u8 = 0x17;
const LAYOUT: u8 = 0x19;
const FIXED: u8 = 0x21;
const CALL: u8 = 0x22;
const NAMED: u16 = 255;
const LINK: u16 = 359;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tokens: &[u8], expected: Option<&str>) {
        let found = danger(tokens, &[], Hyperlinks::Keep).map(|(rule, _)| rule);
        assert_eq!(found, expected, "{tokens:02X?}");
    }

    fn text(value: &str) -> Vec<u8> {
        let units: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&[TEXT, (units.len() / 2) as u8, 0][..], &units].concat()
    }

    fn call(function: u16, argument: &str) -> Vec<u8> {
        let [low, high] = function.to_le_bytes();
        [text(argument), vec![0x42, 1, low, high]].concat()
    }

    #[test]
    fn what_stays_inside_passes() {
        check(&[0x24, 0, 0, 0, 0, 0, 0, 0x1E, 1, 0, 0x03], None);
        check(&[0x3A, 0, 0, 0, 0, 0, 0, 0, 0], None);
        check(&[0x23, 1, 0, 0, 0, 0x1E, 1, 0, 0x42, 2, 255, 0], None);
        check(&call(4, "x"), None);
        check(&call(480, "x"), None);
        check(&call(148, "A1"), None);
        check(&call(LINK, "https://a.jp/"), None);
    }

    #[test]
    fn what_acts_or_leads_out_is_found() {
        for function in [110, 110 | 0x8000, 149, 150, 257, 267, 379, 380, 900] {
            check(&call(function, "x"), Some(rules::FORMULA));
        }
        check(&call(148, "'[a.xls]S'!A1"), Some(rules::FORMULA_EXTERNAL));
        check(&call(LINK, "file://a/x.exe"), Some(rules::URL));
        check(&call(LINK, "javascript:x"), Some(rules::URL));
        let joined = [text("https://a.jp/"), text("x"), vec![0x08, 0x42, 1, 0x67, 1]].concat();
        check(&joined, Some(rules::FORMULA));
    }

    #[test]
    fn tokens_that_are_unknown_or_cut_are_found() {
        for tokens in [&[0x39, 0, 0, 1, 0, 0, 0][..], &[0x00], &[0x1B], &[0x3F], &[0x18, 7]] {
            check(tokens, Some(rules::FORMULA));
        }
        check(&[0x24, 0, 0], Some(rules::FORMULA));
        check(&[TEXT, 200, 0, 0, 0], Some(rules::FORMULA));
    }

    #[test]
    fn data_behind_a_formula_needs_an_owner() {
        let found = danger(&[0x1E, 1, 0], b"hidden", Hyperlinks::Keep);
        assert_eq!(found.map(|(rule, _)| rule), Some(rules::OPC_HIDDEN));
    }
}

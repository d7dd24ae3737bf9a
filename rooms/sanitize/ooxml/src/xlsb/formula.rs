//! Formula tokens of binary workbooks, [MS-XLSB] 2.5.97: whether a formula stays
//! inside its workbook and calls only functions that are known to be harmless.
//! Evaluates nothing.

use sanitize_container::functions::{ADDRESSING, HYPERLINK, computes_since_2007};
use sanitize_core::Hyperlinks;

use super::book::Book;
use super::record::Fields;
use crate::target::is_harmless_address;

/// Says whether a formula may stay; `extra` is the data behind its tokens.
pub(crate) fn is_harmless(tokens: &[u8], extra: &[u8], book: &Book) -> bool {
    let Some(reading) = read(tokens, book) else { return false };
    (extra.is_empty() || reading.needs_extra) && reading.is_inside(book)
}

/// Says whether a formula only points at one that several cells share.
pub(crate) fn is_shared(tokens: &[u8]) -> bool {
    tokens.first() == Some(&SHARED)
}

const SHARED: u8 = 0x01;
const TEXT: u8 = 0x17;
const CALL: u8 = 0x22;
/// A function that is called by name, 2.5.98.10.
const BY_NAME: u16 = 255;

/// What the tokens of one formula are.
#[derive(Default)]
struct Reading {
    /// Kinds of the tokens that are no mere layout, in their order.
    kinds: Vec<u8>,
    strings: Vec<String>,
    is_addressing: bool,
    links: usize,
    needs_extra: bool,
}

impl Reading {
    fn function(&mut self, number: u16) -> Option<()> {
        self.is_addressing |= ADDRESSING.contains(&number);
        self.links += usize::from(number == HYPERLINK);
        (number == HYPERLINK || computes_since_2007(number)).then_some(())
    }

    /// Says whether no string names a place outside.
    fn is_inside(&self, book: &Book) -> bool {
        let leads_out = |text: &String| text.contains(['[', '|', '\\']) || text.contains("://");
        if self.links > 0 {
            return self.is_plain_link(book);
        }
        !(self.is_addressing && self.strings.iter().any(leads_out))
    }

    /// A link stays where its address is one literal: it comes first, at most
    /// one operand follows, and the call ends the formula.
    fn is_plain_link(&self, book: &Book) -> bool {
        let is_short = match self.kinds.as_slice() {
            [TEXT, CALL] => true,
            [TEXT, operand, CALL] => *operand != 0x21 && *operand != CALL,
            _ => false,
        };
        let Some(address) = self.strings.first().filter(|_| is_short) else { return false };
        let is_kept = address.starts_with('#') || book.links == Hyperlinks::Keep;
        is_kept && is_harmless_address(address)
    }
}

fn read(tokens: &[u8], book: &Book) -> Option<Reading> {
    let mut fields = Fields(tokens);
    let mut reading = Reading::default();
    while !fields.0.is_empty() {
        let token = fields.u8()?;
        // Tokens from 0x20 on come in three classes that differ in two bits.
        let plain = if token < 0x20 { token } else { token & 0x1F | 0x20 };
        if plain != 0x19 {
            reading.kinds.push(plain);
        }
        match plain {
            // A shared or array formula, judged where it stands; a data table.
            SHARED | 0x02 => {
                reading.needs_extra = true;
                fields.take(4)?;
            }
            0x03..=0x16 => {}
            TEXT => {
                let count = fields.u16()?;
                let units = fields.take(usize::from(count) * 2)?.as_chunks::<2>().0;
                let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
                reading.strings.push(char::decode_utf16(units).flatten().collect());
            }
            0x18 => match fields.u8()? {
                // PtgList, 2.5.97.51, points at a table by way of a sheet.
                0x19 => {
                    book.is_inside(fields.u16()?).then_some(())?;
                    fields.take(10)?;
                }
                0x1D => drop(fields.take(4)?),
                _ => return None,
            },
            0x19 => attribute(&mut fields)?,
            0x1C | 0x1D => drop(fields.take(1)?),
            0x1E => drop(fields.take(2)?),
            0x1F => drop(fields.take(8)?),
            0x20 => {
                reading.needs_extra = true;
                fields.take(14)?;
            }
            0x21 => reading.function(fields.u16()?)?,
            CALL => {
                let (_count, function) = (fields.u8()?, fields.u16()?);
                // The name of one that is called so is the first operand and
                // was judged as PtgName.
                if function != BY_NAME {
                    reading.function(function)?;
                }
            }
            0x23 => book.is_harmless_name(fields.u32()?).then_some(())?,
            0x24 | 0x26 | 0x27 | 0x28 | 0x2A | 0x2C => {
                reading.needs_extra |= plain == 0x26;
                fields.take(6)?;
            }
            0x25 | 0x2B | 0x2D => drop(fields.take(12)?),
            0x29 => drop(fields.take(2)?),
            0x3A | 0x3C => {
                book.is_inside(fields.u16()?).then_some(())?;
                fields.take(6)?;
            }
            0x3B | 0x3D => {
                book.is_inside(fields.u16()?).then_some(())?;
                fields.take(12)?;
            }
            // PtgNameX (0x39) calls into other workbooks and add-ins.
            _ => return None,
        }
    }
    Some(reading)
}

/// PtgAttr and its kin, 2.5.97.24 and following.
fn attribute(fields: &mut Fields<'_>) -> Option<()> {
    match fields.u8()? {
        0x04 => {
            let count = usize::from(fields.u16()?);
            fields.take((count + 1) * 2)?;
        }
        0x01 | 0x02 | 0x08 | 0x10 | 0x20 | 0x21 | 0x40 | 0x41 | 0x80 => drop(fields.take(2)?),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_judged() {
        let book = Book::of(vec![true, false], vec![true, false]);
        let cases: [(&[u8], bool); 10] = [
            // A1+1
            (&[0x24, 0, 0, 0, 0, 0, 0, 0x1E, 1, 0, 0x03], true),
            // A sheet of this book, and one of another.
            (&[0x3A, 0, 0, 0, 0, 0, 0, 0, 0], true),
            (&[0x3A, 1, 0, 0, 0, 0, 0, 0, 0], false),
            (&[0x59, 0, 0, 1, 0, 0, 0], false),
            // Names: harmless, removed, not there.
            (&[0x23, 1, 0, 0, 0], true),
            (&[0x43, 2, 0, 0, 0], false),
            (&[0x23, 9, 0, 0, 0], false),
            // SUM, EXEC and RTD.
            (&[0x22, 1, 4, 0], true),
            (&[0x22, 1, 110, 0], false),
            (&[0x42, 3, 0x7B, 1], false),
        ];
        for (tokens, expected) in cases {
            assert_eq!(is_harmless(tokens, &[], &book), expected, "{tokens:?}");
        }
    }

    #[test]
    fn a_string_that_leads_out_is_no_address() {
        let mut tokens = vec![0x17, 4, 0];
        tokens.extend("[b]s".encode_utf16().flat_map(u16::to_le_bytes));
        tokens.extend([0x42, 1, 148, 0]);
        assert!(!is_harmless(&tokens, &[], &Book::of(vec![], vec![])));
    }

    #[test]
    fn cut_tokens_are_not_harmless() {
        assert!(!is_harmless(&[0x24, 0, 0], &[], &Book::of(vec![], vec![])));
    }

    /// A call of HYPERLINK with an address and, after it, `rest`.
    fn link(address: &str, rest: &[u8], count: u8) -> Vec<u8> {
        let units: Vec<u8> = address.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut tokens = vec![0x17];
        tokens.extend(((units.len() / 2) as u16).to_le_bytes());
        tokens.extend(units);
        tokens.extend(rest);
        tokens.extend([0x42, count, 0x67, 0x01]);
        tokens
    }

    #[test]
    fn only_a_literal_web_address_makes_a_link() {
        let book = Book::of(vec![], vec![]);
        let number = [0x1E, 1, 0];
        assert!(is_harmless(&link("https://a.jp/", &[], 1), &[], &book));
        assert!(is_harmless(&link("https://a.jp/", &number, 2), &[], &book));
        // Another scheme, and an address put together.
        assert!(!is_harmless(&link("javascript:x", &[], 1), &[], &book));
        assert!(!is_harmless(&link("https://a.jp/", &[0x1E, 1, 0, 0x08], 1), &[], &book));
        let mut kept = Book::default();
        kept.links = Hyperlinks::Remove;
        assert!(!is_harmless(&link("https://a.jp/", &[], 1), &[], &kept));
    }

    #[test]
    fn data_behind_tokens_needs_a_token() {
        let book = Book::of(vec![], vec![]);
        assert!(is_harmless(&[0x1E, 1, 0], &[], &book));
        assert!(!is_harmless(&[0x1E, 1, 0], b"hidden", &book));
        assert!(is_harmless(&[0x01, 0, 0, 0, 0], &[0; 4], &book));
    }
}

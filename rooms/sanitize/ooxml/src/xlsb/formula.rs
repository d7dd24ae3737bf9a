//! Formula tokens of binary workbooks, [MS-XLSB] 2.5.97: whether a formula stays
//! inside its workbook and calls only functions that are known to be harmless.
//! Evaluates nothing.

use super::book::Book;
use super::record::Fields;

/// Says whether a formula may stay.
pub(crate) fn is_harmless(tokens: &[u8], book: &Book) -> bool {
    read(tokens, book).is_some()
}

/// Says whether a formula only points at one that several cells share.
pub(crate) fn is_shared(tokens: &[u8]) -> bool {
    tokens.first() == Some(&0x01)
}

/// Functions that make addresses out of strings: CELL, INDIRECT, HYPERLINK.
const ADDRESSING: [u16; 3] = [125, 148, 359];
/// A function that is called by name, 2.5.98.10.
const BY_NAME: u16 = 255;

fn read(tokens: &[u8], book: &Book) -> Option<()> {
    let mut fields = Fields(tokens);
    let (mut strings, mut is_addressing) = (Vec::new(), false);
    while !fields.0.is_empty() {
        let token = fields.u8()?;
        // Tokens from 0x20 on come in three classes that differ in two bits.
        let plain = if token < 0x20 { token } else { token & 0x1F | 0x20 };
        match plain {
            // A shared or array formula, judged where it stands; a data table.
            0x01 | 0x02 => drop(fields.take(4)?),
            0x03..=0x16 => {}
            0x17 => {
                let count = fields.u16()?;
                let units = fields.take(usize::from(count) * 2)?.as_chunks::<2>().0;
                let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
                strings.push(char::decode_utf16(units).flatten().collect::<String>());
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
            0x20 => drop(fields.take(14)?),
            0x21 => {
                let function = fields.u16()?;
                is_addressing |= ADDRESSING.contains(&function);
                is_function(function).then_some(())?;
            }
            0x22 => {
                let (_count, function) = (fields.u8()?, fields.u16()?);
                is_addressing |= ADDRESSING.contains(&function);
                // Its name is the first operand and was judged as PtgName.
                (function == BY_NAME || is_function(function)).then_some(())?;
            }
            0x23 => book.is_harmless_name(fields.u32()?).then_some(())?,
            0x24 | 0x26 | 0x27 | 0x28 | 0x2A | 0x2C => drop(fields.take(6)?),
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
    let leads_out = |text: &String| {
        let is_page = ["http://", "https://", "mailto:", "#"].iter().any(|p| text.starts_with(p));
        text.contains(['[', '|', '\\']) || (text.contains(':') && !is_page && text.contains("//"))
    };
    let is_safe = !(is_addressing && strings.iter().any(leads_out));
    is_safe.then_some(())
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

/// Worksheet functions by number, 2.5.97.10 (Ftab). Left out are the numbers
/// of the macro language (2.5.97.9), CALL (150), REGISTER (149, 267), EXEC
/// (110), RTD (379), the database ones (SQL.REQUEST 304 and its kin) and cubes.
fn is_function(number: u16) -> bool {
    matches!(
        number,
        0..=52
            | 56..=78
            | 82
            | 83
            | 86
            | 97..=102
            | 105
            | 109
            | 111..=121
            | 124..=131
            | 140..=144
            | 148
            | 162..=165
            | 167..=169
            | 183
            | 184
            | 189
            | 190
            | 193..=199
            | 204..=216
            | 219..=222
            | 227..=235
            | 244
            | 247
            | 252
            | 261
            | 269..=303
            | 305..=347
            | 350..=354
            | 358..=368
            | 384..=475
            | 480..=484
    )
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
            assert_eq!(is_harmless(tokens, &book), expected, "{tokens:?}");
        }
    }

    #[test]
    fn a_string_that_leads_out_is_no_address() {
        let mut tokens = vec![0x17, 4, 0];
        tokens.extend("[b]s".encode_utf16().flat_map(u16::to_le_bytes));
        tokens.extend([0x42, 1, 148, 0]);
        assert!(!is_harmless(&tokens, &Book::of(vec![], vec![])));
    }

    #[test]
    fn cut_tokens_are_not_harmless() {
        assert!(!is_harmless(&[0x24, 0, 0], &Book::of(vec![], vec![])));
    }
}

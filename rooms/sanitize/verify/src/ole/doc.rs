//! Word 97 to 2003: the text through its piece table, and the fields in it.
//!
//! Source: [MS-DOC] 2.5 (FIB), 2.8.35 (Clx), 2.8.25 (fields).

use super::{u16_at, u32_at, utf16};
use sanitize_core::Hyperlinks;

use crate::check::{Check, Walk};
use crate::opc::Fields;
use crate::rules;
use crate::url::{self, Address};

/// Returns the stream that holds a document's tables (2.5.2, fWhichTblStm).
pub(super) fn table_name(document: &[u8]) -> &'static str {
    if u16_at(document, 10) & 0x0200 == 0 { "0Table" } else { "1Table" }
}

/// Checks a document.
pub(super) fn document(check: &mut Check<'_>, document: &[u8], table: &[u8]) -> Walk {
    if u16_at(document, 0) != 0xA5EC {
        return check.unreadable("not a Word document");
    }
    let flags = u16_at(document, 10);
    if flags & 0x0100 != 0 {
        return check.found(rules::ZIP_LOCKED, "an encrypted document");
    }
    // fcClx and lcbClx stand at fixed places in every FIB since Word 97.
    let (start, size) = (u32_at(document, CLX) as usize, u32_at(document, CLX + 4) as usize);
    let Some(clx) = start.checked_add(size).and_then(|end| table.get(start..end)) else {
        return check.unreadable("a piece table beyond its stream");
    };
    let Some(text) = text(document, clx) else { return check.unreadable("an odd piece table") };
    check.take_nodes(text.len() as u64)?;
    fields(check, &text)
}

fn text(document: &[u8], clx: &[u8]) -> Option<String> {
    let mut at = 0;
    // Property modifiers come before the table (2.9.38).
    while *clx.get(at)? == 1 {
        at += 3 + usize::from(u16_at(clx, at + 1));
    }
    if *clx.get(at)? != 2 {
        return None;
    }
    let size = u32_at(clx, at + 1) as usize;
    let pieces = clx.get(at + 5..(at + 5).checked_add(size)?)?;
    let count = size.checked_sub(4)? / 12;
    let mut out = String::new();
    for index in 0..count {
        let (from, to) = (u32_at(pieces, index * 4), u32_at(pieces, index * 4 + 4));
        let length = to.checked_sub(from)? as usize;
        let place = u32_at(pieces, (count + 1) * 4 + index * 8 + 2);
        // 2.9.73: bit 30 says one byte a character, at half the offset.
        let is_narrow = place & 0x4000_0000 != 0;
        let start = (place & 0x3FFF_FFFF) as usize;
        if is_narrow {
            let bytes = document.get(start / 2..(start / 2).checked_add(length)?)?;
            out.extend(bytes.iter().map(|&byte| char::from(byte)));
        } else {
            out.push_str(&utf16(document.get(start..start.checked_add(length.checked_mul(2)?)?)?));
        }
        if out.len() > TEXT_BYTES_MAX {
            return None;
        }
    }
    Some(out)
}

fn fields(check: &mut Check<'_>, text: &str) -> Walk {
    let mut fields = Fields::default();
    let mut run = String::new();
    for c in text.chars() {
        match c {
            '\u{13}' | '\u{14}' | '\u{15}' => {
                if fields.is_in_code() {
                    fields.text(&run);
                }
                run.clear();
                match c {
                    '\u{13}' => fields.begin(check)?,
                    '\u{14}' => fields.separate(check)?,
                    _ => fields.end(check)?,
                }
            }
            _ if fields.is_in_code() => run.push(c),
            _ => {}
        }
    }
    fields.finish(check)
}

/// Looks for link objects, wherever they stand: the marks of a URL moniker and
/// of a file moniker ([MS-OSHARED] 2.3.7.6 and 2.3.7.8).
pub(super) fn monikers(check: &mut Check<'_>, stream: &[u8]) -> Walk {
    if memchr::memmem::find(stream, &FILE_MONIKER).is_some() {
        check.found(rules::URL, "a link to a file")?;
    }
    for at in memchr::memmem::find_iter(stream, &URL_MONIKER) {
        let size = u32_at(stream, at + 16) as usize;
        let Some(raw) = (at + 20).checked_add(size).and_then(|end| stream.get(at + 20..end)) else {
            return check.unreadable("a link beyond its stream");
        };
        let address = utf16(raw);
        let address = address.split('\0').next().unwrap_or_default();
        if check.policy.office.hyperlinks == Hyperlinks::Remove {
            check.found(rules::HYPERLINK, address)?;
        } else if url::judge(address) != Address::Plain {
            check.found(rules::URL, address)?;
        }
    }
    Ok(())
}

/// {79EAC9E0-BAF9-11CE-8C82-00AA004BA90B}
const URL_MONIKER: [u8; 16] = [
    0xE0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA, 0x00, 0x4B, 0xA9, 0x0B,
];
/// {00000303-0000-0000-C000-000000000046}
const FILE_MONIKER: [u8; 16] = [0x03, 0x03, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46];
const CLX: usize = 0x1A2;
const TEXT_BYTES_MAX: usize = 256 << 20;

//! Excel workbooks: walks BIFF records; sheets, names, links, objects and the
//! tokens of formulas.
//!
//! Source: [MS-XLS] 2.4 (records), 2.5.198 (formulas).

pub(crate) mod tokens;

use sanitize_core::Hyperlinks;

use super::{u16_at, u32_at, utf16};
use crate::check::{Check, Walk};
use crate::opc::is_automatic;
use crate::rules;
use crate::url::{self, Address};

/// Checks a workbook stream.
pub(super) fn workbook(check: &mut Check<'_>, stream: &[u8]) -> Walk {
    let (mut at, mut is_new) = (0usize, true);
    while at < stream.len() {
        check.take_nodes(1)?;
        let (id, size) = (u16_at(stream, at), usize::from(u16_at(stream, at + 2)));
        let Some(body) = stream.get(at + 4..at + 4 + size) else {
            // Streams are filled up with zeros to whole sectors.
            let is_padding = stream.get(at..).unwrap_or_default().iter().all(|&byte| byte == 0);
            return if is_padding {
                Ok(())
            } else {
                check.unreadable("a record beyond the stream")
            };
        };
        if id == 0x809 {
            is_new = u16_at(body, 0) == 0x600;
        }
        record(check, id, body, is_new)?;
        at += 4 + size;
    }
    Ok(())
}

fn record(check: &mut Check<'_>, id: u16, body: &[u8], is_new: bool) -> Walk {
    if let Some(rule) = danger(id) {
        return check.found(rule, format!("record {id:04X}"));
    }
    match id {
        // BOF: a macro sheet or a module.
        0x809 if matches!(u16_at(body, 2), 0x06 | 0x40 | 0x100) => {
            check.found(rules::MACRO, "a macro sheet")
        }
        // BOUNDSHEET: worksheets and charts only.
        0x85 if !matches!(body.get(5), Some(0 | 2)) => {
            check.found(rules::MACRO, "a macro sheet in the list of sheets")
        }
        // SUPBOOK: this workbook only.
        0x1AE if body.len() != 4 || u16_at(body, 2) != 0x0401 => {
            check.found(rules::DATA_SOURCE, "a link to another workbook")
        }
        0x17 if !is_new && body.get(1) == Some(&1) => {
            check.found(rules::DATA_SOURCE, "a link to another workbook")
        }
        0x18 => name(check, body, is_new),
        0x1B8 => link(check, body),
        0x5D => object(check, body),
        0x06 | 0x406 | 0x206 => formula(check, body.get(20..), is_new),
        0x4BC => formula(check, body.get(8..), is_new),
        0x221 | 0x21 => formula(check, body.get(12..), is_new),
        0x1B7 if u16_at(body, 0) != 0 => {
            check.found(rules::DATA_SOURCE, "data that is loaded on opening")
        }
        _ => Ok(()),
    }
}

fn danger(id: u16) -> Option<&'static str> {
    let rule = match id {
        // External names and cached cells; connections, queries, text imports.
        0x23
        | 0x59
        | 0x5A
        | 0x50..=0x52
        | 0xDC
        | 0xCD
        | 0xF7
        | 0x1AD
        | 0x1B5
        | 0x802
        | 0x803
        | 0x805
        | 0x806
        | 0x80A
        | 0x876
        | 0x877 => rules::DATA_SOURCE,
        // Marks of Visual Basic and of macros in menus.
        0xD3 | 0x1BD | 0x1BA => rules::MACRO,
        0x2F => rules::ZIP_LOCKED,
        0x4D => rules::OPC_HIDDEN,
        0x7F | 0xE9 => rules::XLS_RECORD,
        _ => return None,
    };
    Some(rule)
}

/// 2.4.150: flags, lengths, the name, the formula.
fn name(check: &mut Check<'_>, body: &[u8], is_new: bool) -> Walk {
    let flags = u16_at(body, 0);
    let count = usize::from(body.get(3).copied().unwrap_or(0));
    let size = usize::from(u16_at(body, 4));
    let is_wide = is_new && body.get(14).is_some_and(|flag| flag & 1 != 0);
    let start = if is_new { 15 } else { 14 };
    let length = if is_wide { count * 2 } else { count };
    let raw = body.get(start..start + length).unwrap_or_default();
    let name: String =
        if is_wide { utf16(raw) } else { raw.iter().map(|&byte| char::from(byte)).collect() };
    let runs = if flags & 0x20 != 0 {
        matches!(name.chars().next(), Some('\u{1}' | '\u{2}' | '\u{8}' | '\u{A}' | '\u{B}'))
    } else {
        is_automatic(&name)
    };
    if runs || flags & 0x0E != 0 {
        check.found(rules::MACRO, format!("name {name}"))?;
    }
    let tokens = body.get(start + length..start + length + size).unwrap_or_default();
    judged(check, tokens, is_new)
}

/// A length, then tokens.
fn formula(check: &mut Check<'_>, rest: Option<&[u8]>, is_new: bool) -> Walk {
    let rest = rest.unwrap_or_default();
    let size = usize::from(u16_at(rest, 0));
    match rest.get(2..2 + size) {
        Some(tokens) => judged(check, tokens, is_new),
        None => check.unreadable("a formula beyond its record"),
    }
}

fn judged(check: &mut Check<'_>, tokens: &[u8], is_new: bool) -> Walk {
    match tokens::danger(tokens, is_new) {
        Some((rule, what)) => check.found(rule, what),
        None => Ok(()),
    }
}

/// [MS-OSHARED] 2.3.7.1 behind a range of cells and a class.
fn link(check: &mut Check<'_>, body: &[u8]) -> Walk {
    let object = body.get(24..).unwrap_or_default();
    let Some(address) = address(object) else { return check.unreadable("an odd link") };
    let Some(address) = address else { return Ok(()) };
    if check.policy.office.hyperlinks == Hyperlinks::Remove {
        return check.found(rules::HYPERLINK, address);
    }
    match url::judge(&address) {
        Address::Plain => Ok(()),
        Address::Local | Address::Relative | Address::Harmful => check.found(rules::URL, address),
    }
}

/// Outer `None`: unreadable; inner `None`: a place in this file.
fn address(object: &[u8]) -> Option<Option<String>> {
    let flags = u32_at(object, 4);
    let mut at = 8usize;
    for wanted in [0x10, 0x80] {
        if flags & wanted != 0 {
            at = at.checked_add(4 + (u32_at(object, at) as usize).checked_mul(2)?)?;
        }
    }
    if flags & 1 == 0 {
        return Some(None);
    }
    if flags & 0x100 != 0 {
        let size = (u32_at(object, at) as usize).checked_mul(2)?;
        return Some(Some(until_nul(&utf16(object.get(at + 4..(at + 4).checked_add(size)?)?))));
    }
    const URL_MONIKER: [u8; 4] = [0xE0, 0xC9, 0xEA, 0x79];
    if object.get(at..at.checked_add(4)?)? != URL_MONIKER {
        return Some(Some("file: a moniker of another kind".to_owned()));
    }
    let size = u32_at(object, at + 16) as usize;
    Some(Some(until_nul(&utf16(object.get(at + 20..(at + 20).checked_add(size)?)?))))
}

fn until_nul(text: &str) -> String {
    text.split('\0').next().unwrap_or_default().to_owned()
}

/// 2.4.181: parts of an object. Macros, pictures that act, linked formulas.
fn object(check: &mut Check<'_>, body: &[u8]) -> Walk {
    let mut at = 0;
    while at + 4 <= body.len() {
        let (kind, size) = (u16_at(body, at), usize::from(u16_at(body, at + 2)));
        let data = body.get(at + 4..at + 4 + size).unwrap_or_default();
        match kind {
            0x04 => check.found(rules::MACRO, "a macro assigned to a shape")?,
            0x08 if u16_at(data, 0) & 0x32 != 0 => {
                check.found(rules::CONTROL, "a picture that stands for a control or an object")?
            }
            0x09 => check.found(rules::OPC_EMBEDDED, "an object behind a picture")?,
            // A list box tells no length of its own and comes last.
            0x13 | 0 => return Ok(()),
            _ => {}
        }
        at += 4 + size;
    }
    Ok(())
}

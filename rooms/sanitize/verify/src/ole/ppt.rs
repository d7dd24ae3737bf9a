//! PowerPoint presentations: walks the record tree; actions, links, objects,
//! media and macros.
//!
//! Source: [MS-PPT] 2.13.24.

use sanitize_core::{Admission, Format, Hyperlinks};

use super::{u16_at, u32_at, utf16};
use crate::check::{Check, Walk};
use crate::detect;
use crate::rules;
use crate::url::{self, Address};

/// Checks the main stream.
pub(super) fn document(check: &mut Check<'_>, stream: &[u8]) -> Walk {
    records(check, stream, 0, 0)
}

fn records(check: &mut Check<'_>, stream: &[u8], parent: u16, depth: u32) -> Walk {
    if depth > DEPTH_MAX {
        return check.over("records nested too deep");
    }
    let mut at = 0;
    while at < stream.len() {
        check.take_nodes(1)?;
        let head = u16_at(stream, at);
        let kind = u16_at(stream, at + 2);
        let size = u32_at(stream, at + 4) as usize;
        let Some(body) = (at + 8).checked_add(size).and_then(|end| stream.get(at + 8..end)) else {
            // Client data of drawings may be cut short by padding.
            let is_padding = stream.get(at..).unwrap_or_default().iter().all(|&byte| byte == 0);
            return if is_padding {
                Ok(())
            } else {
                check.unreadable("a record beyond the stream")
            };
        };
        let is_container = head & 0x0F == 0x0F;
        record(check, kind, head >> 4, body, parent)?;
        // Drawings are containers of their own kind; a tag's data is records.
        if is_container || kind == 0x138B {
            records(check, body, kind, depth + 1)?;
        }
        at += 8 + size;
    }
    Ok(())
}

fn record(check: &mut Check<'_>, kind: u16, instance: u16, body: &[u8], parent: u16) -> Walk {
    let rule = match kind {
        0x03FF => rules::MACRO,
        0x0FCB..=0x0FCE | 0x0FC1 | 0x0FC3 | 0x0BC1 | 0x0FEA | 0x1011 => rules::OPC_EMBEDDED,
        0x0FEE | 0x0FFB => rules::CONTROL,
        0x07E4..=0x07E7 | 0x1004..=0x1007 | 0x100E..=0x1010 => rules::MEDIA,
        0x1016..=0x1018 | 0x177A | 0x177B => rules::DATA_SOURCE,
        0x2F14 => rules::ZIP_LOCKED,
        // InteractiveInfoAtom.
        0x0FF3 => return action(check, body),
        // CString in ExHyperlink, instance 1: the target.
        0x0FBA if parent == 0x0FD7 && instance == 1 => return target(check, &utf16(body)),
        // Other instances: a name, and a place in the file or the page.
        0x0FBA if parent == 0x0FD7 && instance != 0 => return place(check, &utf16(body)),
        // A tag of a program whose name is none of PowerPoint's.
        0x0FBA if parent == 0x138A && !utf16(body).starts_with("___PPT") => rules::OPC_HIDDEN,
        0xF00B | 0xF121 | 0xF122 if has_odd_data(instance, body) => rules::OPC_HIDDEN,
        _ => return Ok(()),
    };
    check.found(rule, format!("record {kind:04X}"))
}

/// 2.8.7: nothing, jumps and links.
fn action(check: &mut Check<'_>, body: &[u8]) -> Walk {
    let sound = u32_at(body, 0);
    match body.get(8) {
        Some(0 | 3 | 4) if sound == 0 => Ok(()),
        Some(kind) => check.found(rules::ACTION, format!("action {kind}")),
        None => check.unreadable("a short action"),
    }
}

fn target(check: &mut Check<'_>, target: &str) -> Walk {
    let address = target.split('\0').next().unwrap_or_default();
    let mut parts = address.splitn(3, ',');
    let mut is_number =
        || parts.next().is_some_and(|part| part.trim_start_matches('-').parse::<u32>().is_ok());
    if is_number() && is_number() {
        return place(check, parts.next().unwrap_or_default());
    }
    if check.policy.office.hyperlinks == Hyperlinks::Remove {
        return check.found(rules::HYPERLINK, address);
    }
    match url::judge(address) {
        Address::Plain | Address::Local => Ok(()),
        Address::Relative | Address::Harmful => check.found(rules::URL, address),
    }
}

/// A slide's title or a mark in a page; a path or another address is neither.
fn place(check: &mut Check<'_>, text: &str) -> Walk {
    let text = text.trim_end_matches('\0');
    if text.contains('\\') || url::looks_active(text) {
        return check.found(rules::URL, text);
    }
    Ok(())
}

/// Says whether a property that is a number has data behind the table
/// ([MS-ODRAW] 2.3): only lists, texts and names have.
fn has_odd_data(count: u16, body: &[u8]) -> bool {
    const HAS_DATA: u16 = 0x8000;
    let entries = body.chunks_exact(6).take(usize::from(count));
    entries.map(|entry| u16_at(entry, 0)).any(|entry| {
        let is_owner = matches!(
            entry & 0x3FFF,
            0x0C0 | 0x0C5 | 0x0C6 | 0x145 | 0x146 | 0x151 | 0x155..=0x157 | 0x159 | 0x197 | 0x1CF
                | 0x380..=0x383 | 0x38D | 0x3A0 | 0x4D1 | 0x504 | 0x508 | 0x50F | 0x54F | 0x58F
                | 0x5CF | 0x60F
        );
        entry & HAS_DATA != 0 && !is_owner
    })
}

/// Checks the picture stream: no program among the pictures.
pub(super) fn pictures(check: &mut Check<'_>, stream: &[u8]) -> Walk {
    let mut at = 0;
    while at + 8 <= stream.len() {
        let size = u32_at(stream, at + 4) as usize;
        let Some(body) = (at + 8).checked_add(size).and_then(|end| stream.get(at + 8..end)) else {
            let is_padding = stream.get(at..).unwrap_or_default().iter().all(|&byte| byte == 0);
            return if is_padding {
                Ok(())
            } else {
                check.unreadable("a picture beyond the stream")
            };
        };
        let real = detect::detect(body);
        if real.admission() == Admission::Refused && real != Format::Unknown {
            check.found(rules::REFUSED_TYPE, real.name())?;
        }
        at += 8 + size;
    }
    Ok(())
}

const DEPTH_MAX: u32 = 64;

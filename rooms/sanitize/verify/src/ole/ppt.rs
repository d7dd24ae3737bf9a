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
        return Ok(());
    }
    if check.policy.office.hyperlinks == Hyperlinks::Remove {
        return check.found(rules::HYPERLINK, address);
    }
    match url::judge(address) {
        Address::Plain | Address::Local => Ok(()),
        Address::Relative | Address::Harmful => check.found(rules::URL, address),
    }
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

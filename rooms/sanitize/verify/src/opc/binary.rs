//! Binary workbook parts: walks BIFF12 records and their formula tokens.
//! Understands no cell.
//!
//! Source: [MS-XLSB] 2.1.4 for records, 2.5.97 for formulas.

use crate::check::{Check, Walk};
use crate::rules;

/// Checks one part.
pub(super) fn part(check: &mut Check<'_>, data: &[u8]) -> Walk {
    let mut rest = data;
    while !rest.is_empty() {
        check.take_nodes(1)?;
        let Some((kind, body, after)) = record(rest) else {
            return check.unreadable("a record beyond the part's end");
        };
        if let Some(rule) = danger(kind) {
            check.found(rule, format!("record {kind}"))?;
        }
        if kind == BUNDLE_SHEET {
            sheet(check, body)?;
        }
        rest = after;
    }
    Ok(())
}

/// 2.1.4: a type of one or two bytes and a size of one to four, seven bits in
/// each.
fn record(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let (kind, rest) = packed(bytes, 2)?;
    let (size, rest) = packed(rest, 4)?;
    let (body, after) = rest.split_at_checked(usize::try_from(size).ok()?)?;
    Some((kind, body, after))
}

fn packed(bytes: &[u8], length_max: usize) -> Option<(u32, &[u8])> {
    let mut value = 0u32;
    for (index, &byte) in bytes.iter().enumerate().take(length_max) {
        value |= u32::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

/// BrtBundleSh (2.4.304): a state, ids, the relationship, the name.
fn sheet(check: &mut Check<'_>, body: &[u8]) -> Walk {
    if body.len() < 12 { check.unreadable("a short sheet record") } else { Ok(()) }
}

fn danger(kind: u32) -> Option<&'static str> {
    match kind {
        // BrtSupBookSrc, BrtBeginSupBook, BrtExtern*, BrtSupName*, BrtSupAddin.
        355 | 360 | 361 | 363..=372 | 577..=588 | 667 => Some(rules::DATA_SOURCE),
        // BrtOleObject, BrtActiveX.
        639 | 645 => Some(rules::CONTROL),
        _ => None,
    }
}

const BUNDLE_SHEET: u32 = 156;

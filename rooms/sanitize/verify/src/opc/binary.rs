//! Binary workbook parts: walks BIFF12 records, and looks into those that hold
//! formulas, names, sheets and links. Understands no cell.
//!
//! Source: [MS-XLSB] 2.1.4 for records, 2.4 for their fields.

mod functions;
mod tokens;

use super::markup::is_automatic;
use crate::check::{Check, Walk};
use crate::ole::{u32_at, utf16};
use crate::rules;
use crate::url;

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
        content(check, kind, body)?;
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

/// Looks into the records that can lead out of the workbook.
fn content(check: &mut Check<'_>, kind: u32, body: &[u8]) -> Walk {
    match kind {
        // BrtBundleSh: a state, ids, the relationship, the name.
        156 if body.len() < 12 => check.unreadable("a short sheet record"),
        // Cells with formulas: a string, a number, a truth value, an error.
        8 => formulas(check, body, after_string(body, 8).map(|at| at + 2), 1),
        9 => formulas(check, body, Some(18), 1),
        10 | 11 => formulas(check, body, Some(11), 1),
        // Arrays and shared formulas.
        426 => formulas(check, body, Some(17), 1),
        427 => formulas(check, body, Some(16), 1),
        39 => name(check, body),
        64 => validation(check, body),
        // A rule: three sizes say how many formulas follow its text.
        463 => {
            let count = [30, 34, 38].into_iter().filter(|at| u32_at(body, *at) > 0).count();
            formulas(check, body, after_string(body, 42), count)
        }
        471 => formulas(check, body, Some(24), usize::from(u32_at(body, 20) > 0)),
        494 => link(check, body),
        _ => Ok(()),
    }
}

/// Judges `count` formulas, the first of which stands at `at`; nothing may
/// follow the last.
fn formulas(check: &mut Check<'_>, body: &[u8], at: Option<usize>, count: usize) -> Walk {
    let Some(mut at) = at else { return check.unreadable("a cut record") };
    for _ in 0..count {
        let Some(end) = formula(check, body, at)? else {
            return check.unreadable("a formula beyond its record");
        };
        at = end;
    }
    if at == body.len() { Ok(()) } else { check.found(rules::OPC_HIDDEN, "bytes after a formula") }
}

/// Judges the formula at `at` and returns where it ends: a size, tokens, a
/// size, data behind them (2.2.2.1).
fn formula(
    check: &mut Check<'_>,
    body: &[u8],
    at: usize,
) -> Result<Option<usize>, crate::check::Halt> {
    let Some((tokens, at)) = sized(body, at) else { return Ok(None) };
    let Some((extra, end)) = sized(body, at) else { return Ok(None) };
    let hyperlinks = check.policy.office.hyperlinks;
    if let Some((rule, what)) = tokens::danger(tokens, extra, hyperlinks) {
        check.found(rule, what)?;
    }
    Ok(Some(end))
}

/// A run of bytes behind its size, and where it ends.
fn sized(body: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let start = at.checked_add(4).filter(|start| *start <= body.len())?;
    let end = start.checked_add(u32_at(body, at) as usize)?;
    Some((body.get(start..end)?, end))
}

/// Where the string at `at` ends (2.5.168); a null one has no letters.
fn after_string(body: &[u8], at: usize) -> Option<usize> {
    let start = at.checked_add(4).filter(|start| *start <= body.len())?;
    let units = match u32_at(body, at) {
        u32::MAX => 0,
        units => units as usize,
    };
    let end = start.checked_add(units.checked_mul(2)?)?;
    (end <= body.len()).then_some(end)
}

/// BrtName: flags, a key, a sheet, the name, the formula.
fn name(check: &mut Check<'_>, body: &[u8]) -> Walk {
    const NAME_AT: usize = 9;
    /// A function, a macro, one of Visual Basic.
    const MACRO_FLAGS: u32 = 0x0E;
    let Some(end) = after_string(body, NAME_AT) else { return check.unreadable("a cut name") };
    let text = utf16(body.get(NAME_AT + 4..end).unwrap_or_default());
    match functions::newer(&text) {
        Some(true) => {}
        Some(false) => check.found(rules::FORMULA, &text)?,
        None if is_automatic(&text) || u32_at(body, 0) & MACRO_FLAGS != 0 => {
            check.found(rules::MACRO, format!("name {text}"))?;
        }
        None => {}
    }
    match formula(check, body, end)? {
        Some(_) => Ok(()),
        None => check.unreadable("a name without formula"),
    }
}

/// BrtDVal: options, ranges, four strings, two formulas.
fn validation(check: &mut Check<'_>, body: &[u8]) -> Walk {
    let mut at = (u32_at(body, 4) as usize).checked_mul(16).and_then(|size| size.checked_add(8));
    for _ in 0..4 {
        at = at.and_then(|at| after_string(body, at));
    }
    formulas(check, body, at, 2)
}

/// BrtHLink: a range, the relationship, the place. One without a relationship
/// leads to a place in this workbook and nowhere else.
fn link(check: &mut Check<'_>, body: &[u8]) -> Walk {
    let Some(at) = after_string(body, 16) else { return check.unreadable("a cut link") };
    let Some(end) = after_string(body, at) else { return check.unreadable("a cut link") };
    let place = utf16(body.get(at + 4..end).unwrap_or_default());
    let leads_out = place.contains(['\\', '|', '[']) || url::looks_active(&place);
    if leads_out { check.found(rules::URL, place) } else { Ok(()) }
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

//! The text of binary sheets: a line for each row, cells separated by tabs.

use sanitize_core::{Job, Mark};

use super::record::{Fields, Records};

/// Returns the shared strings of a workbook, BrtSSTItem 2.4.
pub(crate) fn strings(data: &[u8]) -> Vec<String> {
    let items = Records::new(data).filter(|(kind, _)| *kind == 19);
    // One byte of options stands before the string.
    items.map(|(_, body)| string_at(body, 1)).collect()
}

/// Returns the names and relationships of the sheets that are shown, or of all.
pub(crate) fn sheets(workbook: &[u8], with_hidden: bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (kind, body) in Records::new(workbook) {
        let mut fields = Fields(body);
        let (156, Some(state)) = (kind, fields.u32()) else { continue };
        if state != 0 && !with_hidden {
            continue;
        }
        let mut read = || {
            fields.take(4)?;
            let id = fields.string()??;
            Some((fields.string()??, id))
        };
        found.extend(read());
    }
    found
}

/// Returns the text of one sheet.
pub(crate) fn sheet(data: &[u8], strings: &[String]) -> String {
    let (mut out, mut is_first) = (String::new(), true);
    for (kind, body) in Records::new(data) {
        if kind == 0 && !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        if kind == 0 {
            is_first = true;
        }
        let Some(text) = value(kind, body, strings).filter(|text| !text.is_empty()) else {
            continue;
        };
        if !is_first {
            out.push('\t');
        }
        is_first = false;
        out.push_str(&text);
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Returns the text of one sheet with its cells at their rows and columns.
pub(crate) fn sheet_in_places(data: &[u8], strings: &[String], job: &Job<'_>) -> String {
    /// Columns of a sheet.
    const COLUMNS_MAX: u32 = 16_384;
    let (mut out, mut row, mut column) = (String::new(), 0_u32, 0_u32);
    for (kind, body) in Records::new(data) {
        let Some(at) = Fields(body).u32() else { continue };
        if kind == 0 {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            if at != row {
                job.mark(&mut out, &Mark::Row(u64::from(at) + 1));
            }
            (row, column) = (at.saturating_add(1), 0);
        }
        let Some(text) = value(kind, body, strings).filter(|text| !text.is_empty()) else {
            continue;
        };
        while column < at.min(COLUMNS_MAX) {
            out.push('\t');
            column += 1;
        }
        out.extend(text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }));
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn string_at(body: &[u8], at: usize) -> String {
    let read = body.get(at..).and_then(|rest| Fields(rest).string());
    read.flatten().unwrap_or_default()
}

/// Returns a cell's value; column and style take eight bytes before it.
fn value(kind: u32, body: &[u8], strings: &[String]) -> Option<String> {
    let mut fields = Fields(body.get(8..)?);
    Some(match kind {
        2 => number(rk(fields.u32()?)),
        3 | 11 => error(fields.u8()?).to_owned(),
        4 | 10 => (if fields.u8()? == 0 { "FALSE" } else { "TRUE" }).to_owned(),
        5 | 9 => number(fields.f64()?),
        6 | 8 => string_at(body, 8),
        7 => strings.get(fields.u32()? as usize)?.clone(),
        62 => string_at(body, 9),
        _ => return None,
    })
}

/// RkNumber, 2.5.122: two bits say "a hundredth" and "a whole number".
fn rk(packed: u32) -> f64 {
    let value = if packed & 2 == 0 {
        f64::from_bits(u64::from(packed & !3) << 32)
    } else {
        f64::from(packed.cast_signed() >> 2)
    };
    if packed & 1 == 0 { value } else { value / 100.0 }
}

fn number(value: f64) -> String {
    format!("{value}")
}

/// 2.5.97.2.
fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        _ => "#ERROR!",
    }
}

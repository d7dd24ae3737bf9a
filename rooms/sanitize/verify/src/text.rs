//! Plain text, CSV and TSV: no control characters that falsify what is shown
//! and no cell that a spreadsheet would calculate. Knows no spreadsheet.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, ISO_2022_JP, SHIFT_JIS, UTF_16BE, UTF_16LE};
use sanitize_core::{Choice, Format};

use crate::check::{Check, Walk};
use crate::rules;

/// Checks one file.
pub(crate) fn plain(check: &mut Check<'_>, bytes: &[u8], format: Format) -> Walk {
    check.take_bytes(bytes.len() as u64)?;
    let text = decoded(bytes);
    controls(check, &text)?;
    let separators: &[char] = match format {
        Format::Csv => &[',', ';'],
        Format::Tsv => &['\t'],
        _ => return Ok(()),
    };
    if check.policy.text.formulas == Choice::Keep {
        return Ok(());
    }
    cells(check, &text, separators)
}

/// Reports characters that turn, hide or overwrite what stands beside them.
pub(crate) fn controls(check: &mut Check<'_>, text: &str) -> Walk {
    // Old systems end a file with Ctrl-Z.
    let text = text.strip_suffix('\u{1A}').unwrap_or(text);
    let mut before = '\0';
    for c in text.chars() {
        if is_falsifying(c, before) {
            return check.found(rules::TEXT_CONTROL, format!("U+{:04X}", u32::from(c)));
        }
        before = c;
    }
    Ok(())
}

fn is_falsifying(c: char, before: char) -> bool {
    match c {
        // NEL ends a line on mainframes; tabs and form feeds only move on.
        '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' => false,
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' => true,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        // Tags spell a region behind a black flag; elsewhere they hide text.
        '\u{E0000}'..='\u{E007F}' => {
            before != '\u{1F3F4}' && !('\u{E0020}'..='\u{E007F}').contains(&before)
        }
        _ => false,
    }
}

/// Decodes a text of unknown encoding well enough to see marks in it. All of
/// the encodings keep ASCII where it is, except UTF-16, which has a mark.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return UTF_16LE.decode_without_bom_handling(rest).0,
        [0xFE, 0xFF, rest @ ..] => return UTF_16BE.decode_without_bom_handling(rest).0,
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let has_escapes = bytes.contains(&0x1B);
    if let (Ok(text), false) = (std::str::from_utf8(bytes), has_escapes) {
        return Cow::Borrowed(text);
    }
    let candidates = if has_escapes { [ISO_2022_JP, SHIFT_JIS] } else { [SHIFT_JIS, EUC_JP] };
    for encoding in candidates {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
            return text;
        }
    }
    String::from_utf8_lossy(bytes)
}

fn cells(check: &mut Check<'_>, text: &str, separators: &[char]) -> Walk {
    // Two readings: one that follows quotes, for any formula; one that takes
    // every separator, quote and line end as the start of a cell, for formulas
    // that reach outside. The second needs no agreement on quoting.
    let (mut starts_cell, mut may_start, mut is_quoted) = (true, true, false);
    for (index, c) in text.char_indices() {
        let plain = narrow(c);
        if may_start && matches!(plain, '=' | '+' | '-' | '@') {
            let rest = text.get(index..).unwrap_or_default();
            let end = rest.find([',', ';', '\t', '\n', '\r', '"']).unwrap_or(rest.len());
            let cell = rest.get(..end).unwrap_or_default();
            let is_formula = starts_cell
                && plain == '='
                && !cell.chars().all(|c| narrow(c) == '=' || c.is_whitespace())
                && !narrow_start(cell, "==");
            if is_formula || reaches_outside(cell) {
                check.found(rules::TEXT_CELL, cell)?;
            }
        }
        let is_break = matches!(c, '\n' | '\r') || separators.contains(&c);
        if c == '"' {
            is_quoted = !is_quoted;
        }
        let is_blank = matches!(c, ' ' | '\u{3000}' | '\u{A0}' | '\t' | '\u{FEFF}')
            || crate::url::is_invisible(c);
        starts_cell = (is_break && !is_quoted) || (starts_cell && (is_blank || c == '"'));
        may_start = is_break || matches!(c, '"' | ',' | ';' | '\t') || (may_start && is_blank);
    }
    Ok(())
}

fn narrow_start(cell: &str, mark: &str) -> bool {
    cell.chars().map(narrow).zip(mark.chars()).filter(|(one, other)| one == other).count()
        == mark.len()
}

/// DDE, other sheets and files, and functions that call out.
fn reaches_outside(cell: &str) -> bool {
    let plain: String = cell.chars().map(narrow).collect::<String>().to_ascii_uppercase();
    let has_pipe = plain.find('|').is_some_and(|at| at + 1 < plain.len());
    let has_sheet = plain.contains("'#")
        || plain.char_indices().any(|(at, c)| {
            let next = plain.get(at + 1..).and_then(|rest| rest.chars().next());
            c == '!'
                && at > 0
                && cell.contains('!')
                && next.is_some_and(|next| next.is_alphanumeric() || matches!(next, '$' | '_'))
        });
    let calls = plain.match_indices('(').any(|(at, _)| {
        let before = plain.get(..at).unwrap_or_default().trim_end();
        let name = before
            .rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_')))
            .next()
            .unwrap_or_default();
        OUT.contains(&name.rsplit("XLFN.").next().unwrap_or(name))
    });
    (has_pipe && cell.contains('|')) || has_sheet || calls
}

/// Full-width forms as the ASCII that Japanese spreadsheets make of them.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{2212}' => '-',
        other => other,
    }
}

const OUT: &[&str] = &[
    "CALL",
    "DDE",
    "DDEAUTO",
    "EXEC",
    "FILTERXML",
    "HYPERLINK",
    "IMAGE",
    "IMPORTDATA",
    "IMPORTFEED",
    "IMPORTHTML",
    "IMPORTRANGE",
    "IMPORTXML",
    "PY",
    "REGISTER",
    "REGISTER.ID",
    "RTD",
    "SQL.REQUEST",
    "WEBSERVICE",
];

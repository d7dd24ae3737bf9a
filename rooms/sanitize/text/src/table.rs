//! CSV and TSV: finds each cell's place in the text as a spreadsheet would
//! (RFC 4180, read leniently) and makes formulas plain text. Never writes a
//! table anew: what is not a formula keeps its bytes.

use sanitize_core::{Choice, Code, Job, Stop};

use crate::charset::Edit;
use crate::codes;
use crate::decode::Source;
use crate::formula::{self, Finding};
use crate::plain::{self, PLACES_MAX};

/// Which table a file is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Csv,
    Tsv,
}

/// Rebuilds a table.
pub(crate) fn rebuild(bytes: &[u8], kind: Kind, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let mut cells = 0_u64;
    let mut named = 0;
    let out = plain::until_stable(bytes, job, &mut |text, job| {
        let layout = Layout::read(text, kind);
        let mut edits = Vec::new();
        if layout.drop_first_line {
            job.removed(&codes::SEPARATOR, "");
            edits.push(Edit { at: 0, delete: layout.start, mark: false });
        }
        for_each_cell(text, layout, &mut |cell| {
            cells += 1;
            let found = formula::judge(cell.content(text), layout.separator, cell.is_torn);
            if found != Finding::Harmless && job.policy.text.formulas != Choice::Keep {
                named += 1;
                let place = if named <= PLACES_MAX { cell.address() } else { String::new() };
                edit(&cell, found, &place, job, &mut edits);
            }
        });
        edits
    })?;
    job.budget.take_objects(cells)?;
    Ok(out)
}

fn edit(cell: &Cell, found: Finding, place: &str, job: &mut Job<'_>, edits: &mut Vec<Edit>) {
    if job.policy.text.formulas == Choice::Remove {
        job.removed(&codes::FORMULA_REMOVED, place);
        let (start, end) = cell.outer;
        edits.push(Edit { at: start, delete: end.saturating_sub(start), mark: false });
        return;
    }
    let code: &'static Code = &codes::FORMULA;
    job.removed(code, place);
    let mark = |at| Edit { at, delete: 0, mark: true };
    match found {
        Finding::Harmless => {}
        Finding::Formula => edits.push(mark(cell.start)),
        Finding::Inner(places) => edits.extend(places.into_iter().map(|at| mark(cell.start + at))),
    }
}

/// Extracts a table: one line a row, cells with a tab between them.
pub(crate) fn text(bytes: &[u8], kind: Kind, job: &mut Job<'_>) -> Result<String, Stop> {
    let clean = rebuild(bytes, kind, job)?;
    let source = Source::read(&clean);
    let layout = Layout::read(&source.text, kind);
    let mut out = String::with_capacity(source.text.len());
    let mut row = 0;
    for_each_cell(&source.text, layout, &mut |cell| {
        if cell.row != row {
            out.push('\n');
            row = cell.row;
        } else if cell.column > 0 {
            out.push('\t');
        }
        let content = cell.content(&source.text).replace("\"\"", "\"");
        out.extend(content.chars().filter(|&c| c != '\r').map(|c| if c == '\n' { ' ' } else { c }));
    });
    out.push('\n');
    Ok(out)
}

/// How a table's text is cut into cells.
#[derive(Debug, Clone, Copy)]
struct Layout {
    separator: char,
    /// Where the first row starts, in bytes: after a line `sep=;`.
    start: usize,
    /// Whether that line names a separator that would tear words apart.
    drop_first_line: bool,
}

impl Layout {
    fn read(text: &str, kind: Kind) -> Self {
        let usual = match kind {
            Kind::Csv => None,
            Kind::Tsv => Some('\t'),
        };
        let line_end = text.find(['\n', '\r']).unwrap_or(text.len());
        let line = text.get(..line_end).unwrap_or_default().trim_matches('"');
        let is_directive = line.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("sep="));
        if !is_directive {
            let separator = usual.unwrap_or_else(|| separator_of(text));
            return Self { separator, start: 0, drop_first_line: false };
        }
        let named = line.get(4..).unwrap_or_default();
        let mut chars = named.chars();
        let only = chars.next().filter(|_| chars.next().is_none());
        let known = only.filter(|c| matches!(c, ',' | ';' | '\t' | '|'));
        let rest = text.get(line_end..).unwrap_or_default();
        let breaks = rest.bytes().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let breaks = if rest.starts_with("\r\n") { 2 } else { breaks.min(1) };
        Self {
            separator: known.or(usual).unwrap_or(','),
            start: line_end + breaks,
            drop_first_line: known.is_none(),
        }
    }
}

/// Takes the separator that stands most often outside quotes in the first rows.
fn separator_of(text: &str) -> char {
    const LOOK_CHARS: usize = 16 << 10;
    let mut counts = [0_usize; 3];
    let mut is_quoted = false;
    for c in text.chars().take(LOOK_CHARS) {
        match c {
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            ',' => counts[0] += 1,
            ';' => counts[1] += 1,
            '\t' => counts[2] += 1,
            _ => {}
        }
    }
    match counts {
        [comma, semicolon, tab] if tab > comma && tab > semicolon => '\t',
        [comma, semicolon, _] if semicolon > comma => ';',
        _ => ',',
    }
}

/// One cell: where its content stands, without the quotes around it.
struct Cell {
    row: u64,
    column: u64,
    start: usize,
    end: usize,
    /// The same with the quotes.
    outer: (usize, usize),
    is_torn: bool,
}

impl Cell {
    fn content<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// The cell's name in a spreadsheet, such as `B3`.
    fn address(&self) -> String {
        let mut letters = Vec::new();
        let mut number = self.column + 1;
        while number > 0 {
            let digit = u8::try_from((number - 1) % 26).unwrap_or(0);
            letters.push(char::from(b'A' + digit));
            number = (number - 1) / 26;
        }
        let letters: String = letters.iter().rev().collect();
        format!("{letters}{}", self.row + 1)
    }
}

/// Calls `visit` for each cell in order.
fn for_each_cell(text: &str, layout: Layout, visit: &mut dyn FnMut(Cell)) {
    let bytes = text.as_bytes();
    // Every separator is ASCII, so that bytes can be looked at one by one.
    let separator = u8::try_from(layout.separator).unwrap_or(b',');
    let mut at = layout.start;
    let mut row = u64::from(layout.start > 0 && !layout.drop_first_line);
    let mut column = 0;
    while at < bytes.len() {
        let span = Span::read(bytes, at, separator);
        let outer = (at, span.next);
        visit(Cell { row, column, start: span.start, end: span.end, outer, is_torn: span.is_torn });
        at = span.next;
        match bytes.get(at) {
            Some(&byte) if byte == separator => {
                at += 1;
                column += 1;
                if at == bytes.len() {
                    visit(Cell {
                        row,
                        column,
                        start: at,
                        end: at,
                        outer: (at, at),
                        is_torn: false,
                    });
                }
            }
            Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => {
                (at, row, column) = (at + 2, row + 1, 0)
            }
            _ => (at, row, column) = (at + 1, row + 1, 0),
        }
    }
}

struct Span {
    start: usize,
    end: usize,
    /// Where the separator or line end stands.
    next: usize,
    is_torn: bool,
}

impl Span {
    fn read(bytes: &[u8], at: usize, separator: u8) -> Self {
        let stops = |byte: &u8| *byte == separator || matches!(byte, b'\r' | b'\n');
        let until_stop = |from: usize| {
            let rest = bytes.get(from..).unwrap_or_default();
            rest.iter().position(stops).map_or(bytes.len(), |length| from + length)
        };
        if bytes.get(at) != Some(&b'"') {
            let end = until_stop(at);
            return Self { start: at, end, next: end, is_torn: false };
        }
        let start = at + 1;
        let mut cursor = start;
        while let Some(&byte) = bytes.get(cursor) {
            match (byte, bytes.get(cursor + 1)) {
                (b'"', Some(b'"')) => cursor += 2,
                (b'"', _) => {
                    let next = until_stop(cursor + 1);
                    // What follows a closing quote belongs to the cell for most readers.
                    let end = if next > cursor + 1 { next } else { cursor };
                    return Self { start, end, next, is_torn: false };
                }
                _ => cursor += 1,
            }
        }
        Self { start, end: bytes.len(), next: bytes.len(), is_torn: true }
    }
}

#[cfg(test)]
mod tests;

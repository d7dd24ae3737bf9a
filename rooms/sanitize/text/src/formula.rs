//! Decides whether a spreadsheet would calculate a cell of a text table.
//! Knows nothing of separators' quoting or of files.
//!
//! The rule, on the cell without leading spaces, quotes and invisible
//! characters, full-width forms counted as plain ones:
//!
//! * `=` starts a formula, unless nothing follows or it is a line of `===`.
//! * `+`, `-` and `@` start a formula only where the rest could do something:
//!   a function call, a `|` (DDE), a `!` or `'#` that leads to another sheet
//!   or file, or a cell's address. Numbers, telephone numbers, dates, sums of
//!   plain numbers and words such as `-該当なし` stay: at worst they show an
//!   error.
//! * Within a cell, after a character that another spreadsheet could take for
//!   a separator, only what reaches outside counts: DDE, other files and the
//!   functions that call out.

/// What a cell's text would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Nothing.
    Harmless,
    /// It starts a formula.
    Formula,
    /// Formulas start at these bytes within it, for other separators.
    Inner(Vec<usize>),
}

/// Judges a cell. `is_torn` says that its quotes do not close, so that another
/// reader would take each of its lines for cells of their own.
pub(crate) fn judge(cell: &str, own_separator: char, is_torn: bool) -> Finding {
    // Nearly every cell: no trigger anywhere.
    if !cell.contains(['=', '+', '-', '@', '＝', '＋', '－', '＠', '−']) {
        return Finding::Harmless;
    }
    let marks = Marks::read(cell);
    if is_formula(cell, 0, cell.len(), &marks) {
        return Finding::Formula;
    }
    let inner = inner(cell, own_separator, is_torn, &marks);
    if inner.is_empty() { Finding::Harmless } else { Finding::Inner(inner) }
}

/// Where in a cell something dangerous stands; byte positions in order.
#[derive(Default)]
struct Marks {
    /// Reaches outside: `|`, `name!`, `'#`, calls that call out.
    outside: Vec<usize>,
    /// Any function call.
    calls: Vec<usize>,
    /// Addresses of cells.
    addresses: Vec<usize>,
}

impl Marks {
    fn read(cell: &str) -> Self {
        let mut marks = Self::default();
        let mut word = Word::default();
        let mut before = '\0';
        let mut rest = cell.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let plain = narrow(c);
            if is_word(plain) {
                word.push(at, plain);
                before = plain;
                continue;
            }
            let next = rest.peek().map(|&(_, next)| narrow(next));
            match plain {
                '(' if word.is_callable() => {
                    marks.calls.push(word.start);
                    if word.calls_out() {
                        marks.outside.push(word.start);
                    }
                }
                // Full-width ones end sentences; they lead nowhere.
                '|' if c == plain && next.is_some() => marks.outside.push(at),
                '!' if c == plain && next.is_some_and(|next| is_word(next) || next == '$') => {
                    marks.outside.push(at)
                }
                '#' if before == '\'' => marks.outside.push(at),
                _ => {}
            }
            if !plain.is_whitespace() {
                word.end(&mut marks);
            } else {
                word.is_over = true;
            }
            before = plain;
        }
        word.end(&mut marks);
        marks
    }

    fn any(list: &[usize], from: usize, to: usize) -> bool {
        let first = list.partition_point(|&at| at < from);
        list.get(first).is_some_and(|&at| at < to)
    }
}

/// The name that was read last.
#[derive(Default)]
struct Word {
    text: String,
    start: usize,
    is_ascii: bool,
    is_over: bool,
}

impl Word {
    /// Longer names are no addresses and no functions.
    const BYTES_MAX: usize = 64;

    fn push(&mut self, at: usize, c: char) {
        if self.is_over || self.text.is_empty() {
            *self = Self { start: at, is_ascii: true, ..Self::default() };
        }
        self.is_ascii &= c.is_ascii();
        if self.text.len() < Self::BYTES_MAX {
            self.text.push(c.to_ascii_uppercase());
        }
    }

    /// Says whether it can be a function's name: ASCII, with a letter first.
    fn is_callable(&self) -> bool {
        self.is_ascii && self.text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
    }

    fn calls_out(&self) -> bool {
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
            "INDIRECT",
            "PY",
            "REGISTER",
            "REGISTER.ID",
            "RTD",
            "SQL.REQUEST",
            "WEBSERVICE",
        ];
        let name = self.text.rsplit("XLFN.").next().unwrap_or_default();
        OUT.contains(&name)
    }

    /// Column letters and row digits, each with or without `$`.
    fn is_address(&self) -> bool {
        let text: String = self.text.chars().filter(|&c| c != '$').collect();
        let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let digits = text.len() - letters;
        (1..=3).contains(&letters)
            && (1..=7).contains(&digits)
            && text.bytes().skip(letters).all(|byte| byte.is_ascii_digit())
    }

    fn end(&mut self, marks: &mut Marks) {
        if !self.text.is_empty() && self.is_address() {
            marks.addresses.push(self.start);
        }
        *self = Self::default();
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '\\')
}

/// Full-width forms as the ASCII that Japanese spreadsheets make of them.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{2212}' => '-',
        '\u{3000}' => ' ',
        c => c,
    }
}

/// What stands before the first character that counts.
fn is_skipped(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '"' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}' | '\u{180E}'
        )
}

fn is_formula(cell: &str, from: usize, to: usize, marks: &Marks) -> bool {
    let body = cell.get(from..to).unwrap_or_default();
    let trimmed = body.trim_start_matches(is_skipped);
    let Some(first) = trimmed.chars().next() else { return false };
    match narrow(first) {
        '=' => {
            let rest = trimmed.trim_start_matches(|c| narrow(c) == '=' || c.is_whitespace());
            let is_line = trimmed.chars().nth(1).is_some_and(|c| narrow(c) == '=');
            if rest.is_empty() {
                return false;
            }
            !is_line || acts(from, to, marks)
        }
        '+' | '-' | '@' => acts(from, to, marks),
        _ => false,
    }
}

fn acts(from: usize, to: usize, marks: &Marks) -> bool {
    [&marks.outside, &marks.calls, &marks.addresses]
        .into_iter()
        .any(|list| Marks::any(list, from, to))
}

/// Finds formulas that only show with other separators.
fn inner(cell: &str, own: char, is_torn: bool, marks: &Marks) -> Vec<usize> {
    if !is_torn && marks.outside.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<usize> = Vec::new();
    let mut line_end = next_line(cell, 0);
    // The first character that counts after the last separator looked at.
    let mut start = 0;
    for (at, c) in cell.char_indices() {
        let is_own = c == own && !is_torn;
        if !matches!(c, ',' | ';' | '\t' | '\n' | '\r') || is_own {
            continue;
        }
        let from = at + c.len_utf8();
        if from > line_end {
            line_end = next_line(cell, from);
        }
        if start < from {
            let piece = cell.get(from..line_end).unwrap_or_default();
            start = line_end - piece.trim_start_matches(is_skipped).len().min(line_end);
        }
        let piece = cell.get(start..line_end).unwrap_or_default();
        let is_trigger = matches!(piece.chars().next().map(narrow), Some('=' | '+' | '-' | '@'));
        let is_found = is_trigger
            && (Marks::any(&marks.outside, start, line_end)
                || is_torn && is_formula(cell, start, line_end, marks));
        if is_found && found.last() != Some(&start) {
            found.push(start);
        }
    }
    found
}

fn next_line(cell: &str, from: usize) -> usize {
    let rest = cell.get(from..).unwrap_or_default();
    rest.find(['\n', '\r']).map_or(cell.len(), |length| from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_formula(cell: &str) -> bool {
        judge(cell, ',', false) == Finding::Formula
    }

    #[test]
    fn formulas_are_found() {
        for cell in [
            "=1+1",
            "=cmd|' /C calc'!A0",
            " =1+1",
            "\t=1+1",
            "\u{FEFF}=1+1",
            "\u{200B}=A1",
            "\"=A1",
            "＝ＨＹＰＥＲＬＩＮＫ（\"x\"）",
            "@SUM(1+1)",
            "+A1",
            "-A1+B2",
            "-2+3+cmd|' /C calc'!A0",
            "＋ＳＵＭ（1）",
            "－cmd|' /c'!A1",
            "=該当",
            "+HYPERLINK (\"http://x\")",
            "-$A$1",
            "+'file:///c:/x.ods'#$Sheet1.A1",
            "-Sheet1!A1",
            "\r\n=1",
            "==cmd|'/c'!A1",
        ] {
            assert!(is_formula(cell), "{cell:?}");
        }
    }

    #[test]
    fn numbers_telephones_and_words_are_left_alone() {
        for cell in [
            "-1,234.5",
            "−5 %",
            "-1.2E3",
            "－５",
            "+81-3-1234-5678",
            "03-1234-5678",
            "+81 (3) 1234-5678",
            "-",
            "+",
            "－",
            "=",
            "-該当なし",
            "-該当なし(注1)",
            "-A4用紙",
            "△5",
            "2024-01-01",
            "-2024/01/01",
            "@example",
            "- 済",
            "--------",
            "========",
            "=== 明細 ===",
            "'=1+1",
            "-¥1,000",
            "a=b",
            "3-1",
            "-至急！本日中",
            "+１０％",
            "田中＠総務",
            "",
        ] {
            assert_eq!(judge(cell, ',', false), Finding::Harmless, "{cell:?}");
        }
    }

    #[test]
    fn other_separators_do_not_hide_formulas() {
        let cell = "x;=cmd|' /C calc'!A0";
        assert_eq!(judge(cell, ',', false), Finding::Inner(vec![2]));
        assert_eq!(judge("a\n=HYPERLINK(\"x\")", ',', false), Finding::Inner(vec![2]));
        assert_eq!(judge("メモ\n-A4 3枚; -済", ',', false), Finding::Harmless);
        assert_eq!(judge("x\n=A1+1", ',', true), Finding::Inner(vec![2]));
    }

    #[test]
    fn many_separators_cost_no_more_than_their_number() {
        let cell = format!("x{}=cmd|x", "\t".repeat(300_000));
        assert_eq!(judge(&cell, ',', false), Finding::Inner(vec![300_001]));
    }
}

//! Spreadsheet formulas: functions that call out, references to other files
//! and DDE. Computes nothing and knows no cell.
//!
//! Source: ECMA-376 Part 1, 18.17.

use sanitize_core::Hyperlinks;

use crate::rules;
use crate::url::{self, Address};

/// Judges a formula; returns the rule that it breaks and what breaks it.
pub(crate) fn judge(formula: &str, hyperlinks: Hyperlinks) -> Option<(&'static str, String)> {
    let bytes = formula.as_bytes();
    let (mut at, mut word_start) = (0usize, None::<usize>);
    while let Some(&byte) = bytes.get(at) {
        if is_word(byte) {
            word_start.get_or_insert(at);
            at += 1;
            continue;
        }
        let word = word_start.take().and_then(|start| formula.get(start..at));
        match byte {
            b'"' => at = after_quote(bytes, at, b'"'),
            b'\'' => {
                let end = after_quote(bytes, at, b'\'');
                let sheet = formula.get(at + 1..end.saturating_sub(1)).unwrap_or_default();
                if is_other_file(sheet) || bytes.get(at.wrapping_sub(1)) == Some(&b'|') {
                    return Some((rules::FORMULA_EXTERNAL, sheet.to_owned()));
                }
                at = end;
            }
            b'[' if word.is_some() => at = after_bracket(bytes, at),
            b'[' => {
                let end = after_bracket(bytes, at);
                // Number 0 is this workbook (18.17.2.2).
                let is_other = bytes.get(at..end) != Some(b"[0]".as_slice());
                if is_other
                    && bytes
                        .get(end)
                        .is_some_and(|&next| is_word(next) || matches!(next, b'!' | b'\''))
                {
                    return Some((
                        rules::FORMULA_EXTERNAL,
                        formula.get(at..).unwrap_or_default().to_owned(),
                    ));
                }
                at = end;
            }
            b'|' => return Some((rules::FORMULA_DDE, formula.to_owned())),
            b'(' => {
                if let Some(found) = word.and_then(|word| {
                    function(word, formula.get(at + 1..).unwrap_or_default(), hyperlinks)
                }) {
                    return Some(found);
                }
                at += 1;
            }
            b' ' | b'\t' | b'\r' | b'\n' => {
                // White space may stand between a name and its bracket.
                while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
                    at += 1;
                }
                let arguments = formula.get(at + 1..).unwrap_or_default();
                if bytes.get(at) == Some(&b'(')
                    && let Some(word) = word
                    && let Some(found) = function(word, arguments, hyperlinks)
                {
                    return Some(found);
                }
            }
            _ => at += 1,
        }
    }
    None
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'\\' | b'?') || byte >= 0x80
}

fn after_quote(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == quote {
            if bytes.get(at) != Some(&quote) {
                return at;
            }
            at += 1;
        }
    }
    at
}

/// Structured references nest brackets and protect them with an apostrophe.
fn after_bracket(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0usize);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\'' => at += 1,
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    at
}

fn is_other_file(sheet: &str) -> bool {
    sheet.contains(['[', ']', '\\']) || sheet.contains("://") || sheet.contains('|')
}

fn function(word: &str, arguments: &str, hyperlinks: Hyperlinks) -> Option<(&'static str, String)> {
    let upper = word.to_ascii_uppercase();
    if upper.contains("_XLL.") {
        return Some((rules::FORMULA, word.to_owned()));
    }
    let upper = upper.strip_prefix("COM.MICROSOFT.").map_or(upper.clone(), str::to_owned);
    let bare = ["_XLFN.", "_XLWS.", "_XLUDF.", "_XLPM."]
        .iter()
        .fold(upper.as_str(), |name, prefix| name.strip_prefix(prefix).unwrap_or(name));
    if bare == "HYPERLINK" {
        return hyperlink(arguments, hyperlinks);
    }
    let acts = ACTING.contains(&bare)
        || bare.starts_with("GET.")
        || bare.starts_with("ON.")
        || bare.starts_with("APP.")
        || bare.starts_with("SQL.")
        || bare.starts_with("CUBE");
    acts.then(|| (rules::FORMULA, word.to_owned()))
}

/// A link is safe where its address is one literal that can be judged.
fn hyperlink(arguments: &str, hyperlinks: Hyperlinks) -> Option<(&'static str, String)> {
    let arguments = arguments.trim_start();
    let is_literal = arguments.starts_with('"');
    let end = after_quote(arguments.as_bytes(), 0, b'"');
    let address = arguments.get(1..end.saturating_sub(1)).unwrap_or_default();
    let next = arguments.get(end..).unwrap_or_default().trim_start().bytes().next();
    if !is_literal || !matches!(next, Some(b',' | b')' | b';')) {
        return Some((rules::FORMULA, "HYPERLINK of a computed address".to_owned()));
    }
    match url::judge(&address.replace("\"\"", "\"")) {
        Address::Local => None,
        Address::Plain if hyperlinks == Hyperlinks::Keep => None,
        Address::Plain => Some((rules::HYPERLINK, address.to_owned())),
        Address::Relative | Address::Harmful => Some((rules::URL, address.to_owned())),
    }
}

/// Functions that call out, load something or run something; XLM commands
/// among them, which work in defined names.
const ACTING: &[&str] = &[
    "CALL",
    "REGISTER",
    "REGISTER.ID",
    "UNREGISTER",
    "EXEC",
    "EXECUTE",
    "INITIATE",
    "POKE",
    "REQUEST",
    "TERMINATE",
    "SEND.KEYS",
    "SEND.MAIL",
    "RTD",
    "WEBSERVICE",
    "FILTERXML",
    "IMAGE",
    "DDE",
    "EVALUATE",
    "FOPEN",
    "FCLOSE",
    "FREAD",
    "FREADLN",
    "FWRITE",
    "FWRITELN",
    "FILES",
    "DIRECTORY",
    "CREATE.DIRECTORY",
    "DELETE.DIRECTORY",
    "FILE.DELETE",
    "FILE.EXISTS",
    "RUN",
    "GOTO",
    "HALT",
    "ALERT",
    "FORMULA",
    "FORMULA.FILL",
    "FORMULA.ARRAY",
    "SET.VALUE",
    "SET.NAME",
    "OPEN",
    "OPEN.TEXT",
    "SAVE.AS",
    "SAVE",
    "INPUT",
    "DIALOG.BOX",
    "VBA.INSERT.FILE",
    "WORKBOOK.HIDE",
    "WORKBOOK.UNHIDE",
    "NEW",
    "PY",
    "IMPORTXML",
    "IMPORTDATA",
    "IMPORTHTML",
    "IMPORTFEED",
    "IMPORTRANGE",
    "STOCKHISTORY",
    "TRANSLATE",
    "DETECTLANGUAGE",
    "COPILOT",
    "CUSTOM.UNDO",
    "ERROR",
    "CANCEL.KEY",
    "ECHO",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(formula: &str) -> Option<&'static str> {
        judge(formula, Hyperlinks::Keep).map(|(rule, _)| rule)
    }

    #[test]
    fn plain_formulas_pass() {
        for formula in [
            "SUM(A1:B2)",
            "IF(A1>\"|[1]x!\",\"WEBSERVICE(\",2)",
            "Table1[[#This Row],[a]]*2",
            "'my sheet'!A1",
            "'it''s'!A1&\"\"",
            "INDIRECT(\"A\"&1)",
            "HYPERLINK(\"https://a.jp\",\"x\")",
            "_xlfn.XLOOKUP(A1,B:B,C:C)",
            "住民!A1+合計",
            "Table1[a]+Table1['[b]",
            "HYPERLINK(\"#S!A1\")",
            "[0]!name",
            "{1,2;3,4}",
        ] {
            assert_eq!(rule(formula), None, "{formula}");
        }
    }

    #[test]
    fn what_calls_out_is_found() {
        for formula in [
            "WEBSERVICE(\"http://x\")",
            "_xlfn.WEBSERVICE (A1)",
            "1+CALL(\"a\",\"b\")",
            "rtd(1)",
            "_xll.foo()",
            "HYPERLINK(A1)",
            "GET.CELL(1)",
        ] {
            assert_eq!(rule(formula), Some(rules::FORMULA), "{formula}");
        }
        for formula in ["cmd|'/c calc'!A0", "DDE|x!A1"] {
            assert_eq!(rule(formula), Some(rules::FORMULA_DDE), "{formula}");
        }
        for formula in [
            "[1]Sheet1!A1",
            "SUM([1]S!A1)",
            "'[1]my sheet'!A1",
            "'\\\\host\\[x.xls]S'!A1",
            "[2]!name",
        ] {
            assert_eq!(rule(formula), Some(rules::FORMULA_EXTERNAL), "{formula}");
        }
        assert_eq!(rule("HYPERLINK(\"file:///c:/x\")"), Some(rules::URL));
    }
}

//! Decides whether an OpenFormula expression could reach outside its document.
//! Calculates nothing.

use sanitize_core::Hyperlinks;

use crate::link;

/// Functions that call out, run code or load something.
const OUTSIDE: &[&str] = &[
    "CALL",
    "DDE",
    "ENCODEURL",
    "EXEC",
    "EVALUATE",
    "FILTERXML",
    "FORMULA",
    "GET.CELL",
    "IMAGE",
    "IMPORTDATA",
    "IMPORTFEED",
    "IMPORTHTML",
    "IMPORTRANGE",
    "IMPORTXML",
    "INFO",
    "PY",
    "REGISTER",
    "REGISTER.ID",
    "RTD",
    "SQL.REQUEST",
    "STOCKHISTORY",
    "WEBSERVICE",
];

/// Add-in functions that LibreOffice brings along and that only calculate.
const ADD_INS: &[&str] = &[
    "COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.",
    "COM.SUN.STAR.SHEET.ADDIN.DATEFUNCTIONS.",
    "COM.SUN.STAR.SHEET.ADDIN.PRICINGFUNCTIONS.",
    "ORG.OPENOFFICE.",
    "ORG.LIBREOFFICE.",
];

/// Prefixes of expressions that are read by the rules of OpenFormula.
const SYNTAXES: &[&str] = &["of", "oooc", "ooow"];

/// Says whether an expression reaches outside; links in it follow policy.
pub(crate) fn reaches_outside(expression: &str, links: Hyperlinks) -> bool {
    let trimmed = expression.trim_start();
    let body = match trimmed.split_once(':') {
        Some((prefix, rest)) if is_prefix(prefix) => {
            if !SYNTAXES.contains(&prefix) {
                return true;
            }
            rest
        }
        _ => trimmed,
    };
    scan(body, links)
}

/// A syntax prefix is a short word before `=`, or a known one.
fn is_prefix(prefix: &str) -> bool {
    SYNTAXES.contains(&prefix) || matches!(prefix, "msoxl" | "Excel" | "xl")
}

fn scan(body: &str, links: Hyperlinks) -> bool {
    let mut word = String::new();
    let mut rest = body;
    let (mut makes_references, mut names_a_file) = (false, false);
    while let Some(c) = rest.chars().next() {
        match c {
            '"' => {
                let after = after_string(rest, '"');
                names_a_file |= leads_out(&rest[..rest.len() - after.len()]);
                rest = after;
                word.clear();
                continue;
            }
            '\'' => {
                // A quoted sheet name; a file's name is quoted too, and `#` follows it.
                let after = after_string(rest, '\'');
                let quoted = &rest[..rest.len() - after.len()];
                if after.starts_with('#') || link::names_a_file(quoted) {
                    return true;
                }
                rest = after;
                word.clear();
                continue;
            }
            '(' => {
                let name = word.trim();
                if calls_out(name, rest, links) {
                    return true;
                }
                makes_references |= name.rsplit('.').next() == Some("INDIRECT");
                word.clear();
            }
            '|' => return true,
            c if c.is_alphanumeric() || matches!(c, '.' | '_') => {
                if word.ends_with(char::is_whitespace) {
                    word.clear();
                }
                word.push(c.to_ascii_uppercase());
            }
            c if c.is_whitespace() => word.push(' '),
            '/' if rest.starts_with("//") => return true,
            _ => word.clear(),
        }
        rest = &rest[c.len_utf8()..];
    }
    makes_references && names_a_file
}

/// Says whether a text could be the part of a reference that names another
/// document: `'file'#$Sheet.A1`, `[file]Sheet!A1`, `server|topic`.
fn leads_out(quoted: &str) -> bool {
    link::names_a_file(quoted) || quoted.contains(['#', '[', '|', '\\'])
}

/// Skips a quoted text; a doubled quote is part of it.
fn after_string(text: &str, quote: char) -> &str {
    let mut rest = text.get(1..).unwrap_or_default();
    while let Some(at) = rest.find(quote) {
        rest = &rest[at + 1..];
        match rest.strip_prefix(quote) {
            Some(more) => rest = more,
            None => return rest,
        }
    }
    ""
}

fn calls_out(name: &str, from_parenthesis: &str, links: Hyperlinks) -> bool {
    if name.is_empty() {
        return false;
    }
    if name == "HYPERLINK" || name.ends_with(".HYPERLINK") {
        return links == Hyperlinks::Remove || !leads_to_web(from_parenthesis);
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    if OUTSIDE.contains(&name) || OUTSIDE.contains(&last) {
        return true;
    }
    let is_addin = name.starts_with("COM.") || name.starts_with("ORG.") || name.starts_with("VND.");
    is_addin
        && !name.starts_with("COM.MICROSOFT.")
        && !ADD_INS.iter().any(|known| name.starts_with(known))
}

/// Says whether a link function's first argument is one plain text with an
/// address that may be followed.
fn leads_to_web(from_parenthesis: &str) -> bool {
    let argument = from_parenthesis.get(1..).unwrap_or_default().trim_start();
    if !argument.starts_with('"') {
        return false;
    }
    let after = after_string(argument, '"');
    let quoted = &argument[..argument.len() - after.len()];
    let target = quoted.trim_matches('"');
    let ends = after.trim_start().starts_with([';', ',', ')']);
    ends && (target.starts_with('#') || link::is_allowed(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_is_found() {
        for formula in [
            "of:=WEBSERVICE(\"http://x\")",
            "of:=COM.MICROSOFT.WEBSERVICE(\"http://x\")",
            "of:=DDE(\"cmd\";\"/c calc\";\"A0\")",
            "of:=dde (\"cmd\";\"x\";\"y\")",
            "of:=['file:///c:/x.ods'#$Sheet1.A1]",
            "of:=SUM(['http://h/x.ods'#$'S 1'.A1:.B2])",
            "of:=HYPERLINK(\"file:///c:/x.exe\")",
            "of:=HYPERLINK(\"http://\"&[.A1])",
            "of:=HYPERLINK([.A1])",
            "msoxl:=cmd|'/c calc'!A1",
            "of:=cmd|'/c calc'!A1",
            "of:=COM.EVIL.ADDIN.RUN(1)",
            "of:=INDIRECT(\"'file:///c:/x.ods'#$Sheet1.A1\")",
            "of:=INDIRECT(\"'c:\\x\\[x.xlsx]S'!A1\";0)",
            "of:=SUM(COM.MICROSOFT.INDIRECT(\"'http\"&\"://x'\"))",
            "of:=INDIRECT(\"'x.ods'\"&\"#$S.A1\")",
            "=WEBSERVICE(\"x\")",
        ] {
            assert!(reaches_outside(formula, Hyperlinks::Keep), "{formula}");
        }
        assert!(reaches_outside("of:=HYPERLINK(\"https://x\")", Hyperlinks::Remove));
    }

    #[test]
    fn plain_formulas_stay() {
        for formula in [
            "of:=SUM([.A1:.B2])*2",
            "of:=IF([.A1]=\"http://x|'y'#\";[$'シート 1'.B2];\"\")",
            "of:=[.A1:.B9]![.B1:.C1]",
            "of:=HYPERLINK(\"https://example.jp/\";\"市\")",
            "of:=COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.GETEDATE([.A1];1)",
            "of:=COM.MICROSOFT.CONCAT([.A1];\"x\")",
            "of:=INDIRECT(\"'\"&[.A1]&\"'.B2\")",
            "of:=1/2",
            "ooow:page",
            "",
        ] {
            assert!(!reaches_outside(formula, Hyperlinks::Keep), "{formula}");
        }
    }
}

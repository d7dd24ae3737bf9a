//! Field instructions of WordprocessingML, put together from the runs that
//! they are scattered over (ECMA-376 Part 1, 17.16). Computes no field.

use sanitize_core::Hyperlinks;

use crate::check::{Check, Walk};
use crate::rules;
use crate::url::{self, Address};

/// The fields that are open at one place of a part.
#[derive(Default)]
pub(crate) struct Fields {
    open: Vec<Field>,
    loose: String,
}

#[derive(Default)]
struct Field {
    code: String,
    is_in_result: bool,
}

impl Fields {
    /// Says whether text here belongs to an instruction.
    pub(crate) fn is_in_code(&self) -> bool {
        self.open.last().is_some_and(|field| !field.is_in_result)
    }

    /// Opens a field.
    pub(crate) fn begin(&mut self, check: &mut Check<'_>) -> Walk {
        if self.open.len() >= NESTING_MAX {
            return check.over("fields nested too deep");
        }
        if let Some(outer) = self.open.last_mut().filter(|outer| !outer.is_in_result) {
            outer.code.push(NESTED);
        }
        self.open.push(Field::default());
        Ok(())
    }

    /// Adds text to the open instruction.
    pub(crate) fn text(&mut self, text: &str) {
        match self.open.last_mut() {
            Some(field) if !field.is_in_result => field.code.push_str(text),
            Some(_) => {}
            None => self.loose.push_str(text),
        }
    }

    /// Ends the open instruction; its result follows.
    pub(crate) fn separate(&mut self, check: &mut Check<'_>) -> Walk {
        let Some(field) = self.open.last_mut() else { return Ok(()) };
        field.is_in_result = true;
        let code = std::mem::take(&mut field.code);
        judge(check, &code)
    }

    /// Closes the open field.
    pub(crate) fn end(&mut self, check: &mut Check<'_>) -> Walk {
        let Some(field) = self.open.pop() else { return Ok(()) };
        if field.is_in_result { Ok(()) } else { judge(check, &field.code) }
    }

    /// Judges a field that stands in one attribute.
    pub(crate) fn simple(&mut self, check: &mut Check<'_>, code: &str) -> Walk {
        if let Some(outer) = self.open.last_mut().filter(|outer| !outer.is_in_result) {
            outer.code.push(NESTED);
        }
        judge(check, code)
    }

    /// Judges what is still open at the end of a part.
    pub(crate) fn finish(&mut self, check: &mut Check<'_>) -> Walk {
        while let Some(field) = self.open.pop() {
            if !field.is_in_result {
                judge(check, &field.code)?;
            }
        }
        let loose = std::mem::take(&mut self.loose);
        if loose.trim().is_empty() { Ok(()) } else { judge(check, &loose) }
    }
}

/// Judges one instruction.
pub(crate) fn judge(check: &mut Check<'_>, code: &str) -> Walk {
    let code = code.trim_start_matches(|c: char| c.is_whitespace() || url::is_invisible(c));
    if code.is_empty() || code.starts_with('=') {
        return Ok(());
    }
    let end =
        code.find(|c: char| c.is_whitespace() || matches!(c, '\\' | '"')).unwrap_or(code.len());
    let (name, rest) = code.split_at(end);
    let upper = name.to_ascii_uppercase();
    if upper == "HYPERLINK" {
        return hyperlink(check, rest);
    }
    if HARMLESS.contains(&upper.as_str()) { Ok(()) } else { check.found(rules::FIELD, code) }
}

fn hyperlink(check: &mut Check<'_>, rest: &str) -> Walk {
    if rest.contains(NESTED) {
        return check.found(rules::FIELD, "a link whose address is computed");
    }
    let Some(address) = address_of(rest) else { return Ok(()) };
    if check.policy.office.hyperlinks == Hyperlinks::Remove && !address.starts_with('#') {
        return check.found(rules::HYPERLINK, address);
    }
    match url::judge(&address) {
        Address::Plain | Address::Local => Ok(()),
        Address::Relative | Address::Harmful => check.found(rules::URL, address),
    }
}

/// Returns the first argument that belongs to no switch.
fn address_of(rest: &str) -> Option<String> {
    let mut switch = None;
    for token in tokens(rest) {
        match token {
            Token::Switch(name) => switch = Some(name),
            Token::Word(_) if matches!(switch, Some('l' | 'o' | 't' | 'L' | 'O' | 'T')) => {
                switch = None
            }
            Token::Word(word) if word.is_empty() => switch = None,
            Token::Word(word) => return Some(word),
        }
    }
    None
}

enum Token {
    Switch(char),
    Word(String),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        match first {
            c if c.is_whitespace() => {}
            '\\' if chars.peek().is_some_and(char::is_ascii_alphabetic) => {
                out.extend(chars.next().map(Token::Switch));
            }
            '"' | '\u{201C}' | '\u{201D}' => {
                let mut word = String::new();
                while let Some(c) =
                    chars.next().filter(|c| !matches!(c, '"' | '\u{201C}' | '\u{201D}'))
                {
                    // A backslash protects the next character.
                    word.extend(if c == '\\' { chars.next() } else { Some(c) });
                }
                out.push(Token::Word(word));
            }
            c => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                    word.push(c);
                }
                out.push(Token::Word(word));
            }
        }
    }
    out
}

/// Stands for a nested field in the instruction around it: no text has this
/// character, which Unicode keeps for such use.
const NESTED: char = '\u{FDD0}';
const NESTING_MAX: usize = 64;

/// Fields that only show what stands in the document or on the page.
const HARMLESS: &[&str] = &[
    "ADDRESSBLOCK",
    "ADVANCE",
    "AUTHOR",
    "AUTONUM",
    "AUTONUMLGL",
    "AUTONUMOUT",
    "BARCODE",
    "BIBLIOGRAPHY",
    "BIDIOUTLINE",
    "CITATION",
    "COMMENTS",
    "COMPARE",
    "CREATEDATE",
    "DATE",
    "DISPLAYBARCODE",
    "DOCPROPERTY",
    "EDITTIME",
    "EQ",
    "FILENAME",
    "FILESIZE",
    "FORMCHECKBOX",
    "FORMDROPDOWN",
    "FORMTEXT",
    "GREETINGLINE",
    "IF",
    "INDEX",
    "INFO",
    "KEYWORDS",
    "LASTSAVEDBY",
    "LISTNUM",
    "MERGEBARCODE",
    "MERGEFIELD",
    "MERGEREC",
    "MERGESEQ",
    "NEXT",
    "NEXTIF",
    "NOTEREF",
    "NUMCHARS",
    "NUMPAGES",
    "NUMWORDS",
    "PAGE",
    "PAGEREF",
    "PRINTDATE",
    "QUOTE",
    "REF",
    "REVNUM",
    "SAVEDATE",
    "SECTION",
    "SECTIONPAGES",
    "SEQ",
    "SET",
    "SKIPIF",
    "STYLEREF",
    "SUBJECT",
    "SYMBOL",
    "TA",
    "TC",
    "TEMPLATE",
    "TIME",
    "TITLE",
    "TOA",
    "TOC",
    "USERADDRESS",
    "USERINITIALS",
    "USERNAME",
    "XE",
    "SHAPE",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_first_bare_argument() {
        assert_eq!(address_of(r#" "http://a.jp" \o "tip""#).as_deref(), Some("http://a.jp"));
        assert_eq!(address_of(r#" \l "_Toc1""#), None);
        assert_eq!(address_of(r#" \o "tip" "file:\\\\x""#).as_deref(), Some(r"file:\\x"));
    }
}

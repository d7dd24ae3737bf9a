//! Fields: reads an instruction as plain words and decides by its name.
//! Computes nothing.

use sanitize_core::{Code, Hyperlinks, Policy};

use super::token::Token;
use crate::codes;
use crate::html::is_link_allowed;

/// Fields that only count, number or refer within the document.
const HARMLESS: &[&str] = &[
    "ADVANCE",
    "AUTONUM",
    "AUTONUMLGL",
    "AUTONUMOUT",
    "BIDIOUTLINE",
    "CREATEDATE",
    "DATE",
    "EQ",
    "FILENAME",
    "FORMCHECKBOX",
    "FORMTEXT",
    "INDEX",
    "LISTNUM",
    "NOTEREF",
    "NUMCHARS",
    "NUMPAGES",
    "NUMWORDS",
    "PAGE",
    "PAGEREF",
    "PRINTDATE",
    "REF",
    "SAVEDATE",
    "SECTION",
    "SECTIONPAGES",
    "SEQ",
    "SHAPE",
    "STYLEREF",
    "SYMBOL",
    "TC",
    "TIME",
    "TITLE",
    "TOC",
    "XE",
];

/// Longest instruction that is looked at, in bytes.
const INSTRUCTION_BYTES_MAX: usize = 8192;

/// An instruction without formatting.
#[derive(Debug, Default)]
pub(super) struct Instruction<'b> {
    /// The tokens that are its text.
    pub(super) text: Vec<Token<'b>>,
    /// The same as characters; beyond ASCII one `?` for each token.
    words: String,
    /// Whether another field stands in it, so that its words are not fixed.
    is_nested: bool,
}

impl<'b> Instruction<'b> {
    /// Gathers the text of an instruction group.
    pub(super) fn gather(tokens: &[Token<'b>]) -> Self {
        let mut found = Self::default();
        for &token in tokens {
            match token {
                Token::Text(bytes) => {
                    found.words.extend(bytes.iter().map(|&byte| ascii(byte)));
                    found.text.push(token);
                }
                Token::Hex(byte) => {
                    found.words.push(ascii(byte));
                    found.text.push(token);
                }
                Token::Word("u", Some(code)) => {
                    let byte = u8::try_from(code).unwrap_or(0xFF);
                    found.words.push(ascii(byte));
                    found.text.push(token);
                }
                Token::Word("uc", Some(_)) => found.text.push(token),
                Token::Symbol(byte @ (b'\\' | b'{' | b'}')) => {
                    found.words.push(char::from(byte));
                    found.text.push(token);
                }
                Token::Word("field" | "object" | "pict", _) | Token::Binary(_) => {
                    found.is_nested = true
                }
                Token::Open(_)
                | Token::Close
                | Token::Line
                | Token::Word(..)
                | Token::Symbol(_) => {}
            }
        }
        found
    }

    /// Says whether the text starts with a name.
    pub(super) fn starts_with(&self, name: &str) -> bool {
        self.words.trim_start().starts_with(name)
    }

    /// Says why the field goes and only its result stays; `None` where it may
    /// stay.
    pub(super) fn finding(&self, policy: &Policy) -> Option<&'static Code> {
        let words = self.words.trim();
        let name_end =
            words.find(|c: char| c.is_whitespace() || c == '\\' || c == '"').unwrap_or(words.len());
        let name = words[..name_end].to_ascii_uppercase();
        if self.is_nested || words.len() > INSTRUCTION_BYTES_MAX {
            return Some(&codes::RTF_FIELD);
        }
        if name == "HYPERLINK" {
            let is_fine = is_hyperlink_fine(&words[name_end..], policy.text.hyperlinks);
            return (!is_fine).then_some(&codes::RTF_LINK);
        }
        let is_fine = HARMLESS.contains(&name.as_str());
        (!is_fine).then_some(&codes::RTF_FIELD)
    }
}

fn ascii(byte: u8) -> char {
    if byte.is_ascii() { char::from(byte) } else { '?' }
}

/// Checks a link's arguments: a quoted address, then switches with quoted
/// texts. An address may be missing where a place in the document is named.
fn is_hyperlink_fine(arguments: &str, policy: Hyperlinks) -> bool {
    let mut rest = arguments.trim();
    let mut has_local = false;
    let mut address = None;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('\\') {
            let mut chars = after.chars();
            match chars.next().map(|c| c.to_ascii_lowercase()) {
                Some('l') => has_local = true,
                Some('o' | 't' | 'n' | 's') => {}
                _ => return false,
            }
            rest = chars.as_str().trim_start();
            // Its text, where it has one.
            if rest.starts_with('"') {
                let Some((_, after)) = quoted(rest) else { return false };
                rest = after;
            } else if !rest.starts_with('\\') {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                rest = rest[end..].trim_start();
            }
            continue;
        }
        let found = if rest.starts_with('"') {
            quoted(rest)
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            Some((&rest[..end], rest[end..].trim_start()))
        };
        let Some((target, after)) = found else { return false };
        if address.replace(target).is_some() {
            return false;
        }
        rest = after;
    }
    match address {
        None | Some("") => has_local,
        Some(target) if target.starts_with('#') => true,
        Some(target) => policy == Hyperlinks::Keep && is_link_allowed(target),
    }
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let (inside, after) = text.strip_prefix('"')?.split_once('"')?;
    Some((inside, after.trim_start()))
}

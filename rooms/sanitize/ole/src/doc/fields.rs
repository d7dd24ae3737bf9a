//! Fields, [MS-DOC] 2.8.25: which may stay, by their own first word and their
//! type. Results stay in any case; the instruction of a field that must go is
//! blanked, so that no character changes its number.

use std::collections::BTreeSet;

use sanitize_core::{Job, Stop};

use super::pieces::Text;
use crate::codes::{FIELD, HYPERLINK};
use crate::hlink;

const BEGIN: u16 = 0x13;
const SEPARATOR: u16 = 0x14;
const END: u16 = 0x15;
/// The type that a field gets that may not act (2.9.90): ADDIN without a word
/// is a field that is never updated and shows its result.
pub(super) const DISABLED: u8 = 0x51;

/// Words that only compute, number, or say something of this document.
const ALLOWED: &[&str] = &[
    "",
    "=",
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
    "DOCPROPERTY",
    "EDITTIME",
    "EQ",
    "FILENAME",
    "FILESIZE",
    "FORMCHECKBOX",
    "FORMDROPDOWN",
    "FORMTEXT",
    "FTNREF",
    "HYPERLINK",
    "IF",
    "INDEX",
    "INFO",
    "KEYWORDS",
    "LASTSAVEDBY",
    "LISTNUM",
    "MERGEFIELD",
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
    "SHAPE",
    "STYLEREF",
    "SUBJECT",
    "SYMBOL",
    "TA",
    "TC",
    "TIME",
    "TITLE",
    "TOA",
    "TOC",
    "USERADDRESS",
    "USERINITIALS",
    "USERNAME",
    "XE",
    "TEMPLATE",
];

/// Says whether a field's type number (2.9.90) is one of the allowed words'.
fn is_type_allowed(kind: u8) -> bool {
    matches!(
        kind,
        0x01..=0x23 | 0x25 | 0x31 | 0x34..=0x36 | 0x39 | 0x3B..=0x3F | 0x41 | 0x42 | 0x45..=0x49
            | 0x50 | 0x53..=0x55 | 0x58 | 0x5A | 0x5C | 0x5F
    )
}

/// A field that has begun.
struct Open {
    begin: usize,
    /// Where its result begins.
    separator: Option<usize>,
    /// Characters of the instruction that are the field's own.
    own: Vec<usize>,
}

/// Checks every field of one part of the text, from character `from` to `to`.
/// Blanks instructions that must go and adds the numbers of those fields'
/// first characters to `disabled`.
pub(super) fn check(
    text: &mut Text,
    stream: &mut [u8],
    (from, to): (usize, usize),
    kinds: &impl Fn(usize) -> Option<u8>,
    place: &str,
    disabled: &mut BTreeSet<usize>,
    job: &mut Job<'_>,
) -> Result<(), Stop> {
    let mut open: Vec<Open> = Vec::new();
    for cp in from..to.min(text.units.len()) {
        match text.units[cp] {
            BEGIN => {
                job.budget.check_nesting(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
                open.push(Open { begin: cp, separator: None, own: Vec::new() });
            }
            SEPARATOR => {
                if let Some(field) = open.last_mut() {
                    field.separator.get_or_insert(cp);
                }
            }
            END => {
                if let Some(field) = open.pop() {
                    close(field, text, stream, kinds, place, disabled, job);
                }
            }
            _ => {
                if let Some(field) = open.last_mut().filter(|field| field.separator.is_none()) {
                    field.own.push(cp);
                }
            }
        }
    }
    // A field without an end is one all the same to some readers.
    while let Some(field) = open.pop() {
        close(field, text, stream, kinds, place, disabled, job);
    }
    Ok(())
}

fn close(
    field: Open,
    text: &mut Text,
    stream: &mut [u8],
    kinds: &impl Fn(usize) -> Option<u8>,
    place: &str,
    disabled: &mut BTreeSet<usize>,
    job: &mut Job<'_>,
) {
    let kind = kinds(field.begin);
    let limit = field.own.iter().take(INSTRUCTION_MAX);
    // Marks of pictures and data within the instruction are no part of it.
    let letter = |unit: u16| char::from_u32(u32::from(unit)).filter(|&c| c >= ' ').unwrap_or(' ');
    let instruction: String = limit.map(|&cp| letter(text.units[cp])).collect();
    let word = instruction.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    let word = word.split('\\').next().unwrap_or_default();
    let is_formula = word.starts_with('=');
    let is_word_allowed = is_formula || ALLOWED.contains(&word) || is_bookmark(word, kind);
    let is_blank = instruction.trim().is_empty();
    let is_kind_allowed = kind.is_none_or(is_type_allowed);
    let code = if word == "HYPERLINK" && !is_link_kept(&instruction, job) {
        &HYPERLINK
    } else if !is_word_allowed || !is_kind_allowed {
        &FIELD
    } else {
        return;
    };
    if is_blank && kind == Some(DISABLED) {
        return;
    }
    job.removed(code, place);
    disabled.insert(field.begin);
    for cp in field.own {
        text.put(stream, cp, b' ');
    }
}

/// Longest instruction that is looked at; the rest cannot change the word.
const INSTRUCTION_MAX: usize = 4096;

/// A field may name a bookmark without the word REF; its type says so.
fn is_bookmark(word: &str, kind: Option<u8>) -> bool {
    const REFERENCE: [u8; 2] = [0x02, 0x03];
    let is_name = word.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name && kind.is_some_and(|kind| REFERENCE.contains(&kind)) && !REFUSED.contains(&word)
}

/// Words that no type number makes harmless.
const REFUSED: &[&str] = &[
    "ADDIN",
    "ADDRESSBLOCK",
    "ASK",
    "AUTOTEXT",
    "AUTOTEXTLIST",
    "CONTROL",
    "DATA",
    "DATABASE",
    "DDE",
    "DDEAUTO",
    "DOCVARIABLE",
    "EMBED",
    "FILLIN",
    "GLOSSARY",
    "GOTOBUTTON",
    "GREETINGLINE",
    "HTMLCONTROL",
    "IMPORT",
    "INCLUDE",
    "INCLUDEPICTURE",
    "INCLUDETEXT",
    "LINK",
    "MACROBUTTON",
    "MERGEREC",
    "MERGESEQ",
    "NEXT",
    "NEXTIF",
    "PRINT",
    "PRIVATE",
    "RD",
    "SKIPIF",
];

/// Says whether a HYPERLINK leads to an allowed address or within the document.
fn is_link_kept(instruction: &str, job: &Job<'_>) -> bool {
    let rest = instruction.trim_start().get("HYPERLINK".len()..).unwrap_or_default();
    match target(rest) {
        Some(url) => hlink::is_url_kept(&url, job),
        None => job.policy.office.hyperlinks == sanitize_core::Hyperlinks::Keep,
    }
}

/// Reads the address: the first argument that does not belong to a switch.
fn target(arguments: &str) -> Option<String> {
    let mut rest = arguments.trim_start();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('\\') {
            let switch = after.chars().next()?;
            rest = after[switch.len_utf8()..].trim_start();
            if matches!(switch.to_ascii_lowercase(), 'l' | 'o' | 't' | 's') {
                rest = argument(rest).1.trim_start();
            }
            continue;
        }
        let (found, _) = argument(rest);
        return Some(found.replace("\\\\", "\\").trim().to_owned());
    }
    None
}

fn argument(text: &str) -> (&str, &str) {
    const QUOTES: [char; 3] = ['"', '\u{201C}', '\u{201D}'];
    if let Some(inner) = text.strip_prefix(QUOTES) {
        let end = inner.find(QUOTES).unwrap_or(inner.len());
        return (&inner[..end], inner[end..].trim_start_matches(QUOTES));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text.split_at(end)
}

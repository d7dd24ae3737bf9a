//! Fonts: matrices and widths are numbers, programs begin as they should, CMaps
//! hold CMap words only (9.6 to 9.10). Reads no glyph.

use super::file::File;
use super::object::{Dict, Value, shown};
use crate::check::{Check, Walk};
use crate::rules;

/// Checks a font dictionary's values that viewers compute with.
pub(super) fn dictionary(check: &mut Check<'_>, file: &File<'_>, dict: &Dict<'_>, id: u32) -> Walk {
    for key in ["FontMatrix", "FontBBox", "Widths"] {
        let Some(value) = dict.value(key) else { continue };
        let is_numeric = match file.resolved(value) {
            Value::Array(items) => {
                items.iter().all(|item| matches!(file.resolved(item), Value::Number(_)))
            }
            _ => false,
        };
        if !is_numeric {
            check.found(rules::PDF_FONT, format!("object {id}: {key} is not made of numbers"))?;
        }
    }
    match dict.name("Subtype") {
        Some(
            b"Type0" | b"Type1" | b"MMType1" | b"TrueType" | b"Type3" | b"CIDFontType0"
            | b"CIDFontType2",
        ) => Ok(()),
        other => check.found(
            rules::PDF_KEY,
            format!("object {id}: a font of kind {}", shown(other.unwrap_or_default())),
        ),
    }
}

/// Says what is wrong with an embedded font program.
pub(super) fn program(dict: &Dict<'_>, bytes: &[u8]) -> Option<String> {
    let starts = |mark: &[u8]| bytes.starts_with(mark);
    let is_sfnt = starts(&[0, 1, 0, 0]) || starts(b"true") || starts(b"OTTO");
    let is_known = match dict.name("Subtype") {
        Some(b"Type1C" | b"CIDFontType0C") => starts(&[1, 0]) && bytes.len() > 4,
        Some(b"OpenType") => is_sfnt,
        Some(_) => false,
        None => is_sfnt || starts(b"%!"),
    };
    if !is_known {
        return Some("a font program that begins oddly".to_owned());
    }
    if starts(b"%!") && !is_numeric_matrix(bytes) {
        return Some("a font matrix that is not made of numbers".to_owned());
    }
    None
}

fn is_numeric_matrix(bytes: &[u8]) -> bool {
    let Some(start) = memchr::memmem::find(bytes, b"/FontMatrix") else { return true };
    let rest = bytes.get(start + 11..).unwrap_or_default();
    let rest = rest.get(..rest.len().min(MATRIX_BYTES_MAX)).unwrap_or_default();
    let text = String::from_utf8_lossy(rest);
    let body = text.trim_start().trim_start_matches(['[', '{']);
    let body = body.split([']', '}']).next().unwrap_or_default();
    body.split_ascii_whitespace().all(|word| word.parse::<f64>().is_ok())
}

/// Says what is wrong with a CMap: it is PostScript, so only its own few
/// operators may stand in it.
pub(super) fn cmap(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let danger =
        ["run", "file", "exec", "deletefile", "renamefile", "filenameforall", "token", "system"];
    let is_word =
        |word: &str| text.split(|c: char| !c.is_ascii_alphabetic()).any(|found| found == word);
    danger.iter().find(|word| is_word(word)).map(|word| format!("a CMap with {word}"))
}

const MATRIX_BYTES_MAX: usize = 200;

//! All codes of all families in one table, for reports and for the manual.

use sanitize_core::{Code, LIMIT_CODES, reasons};

/// The tables of every crate that declares codes.
const TABLES: &[&[&Code]] = &[
    LIMIT_CODES,
    reasons::CODES,
    crate::admission::CODES,
    sanitize_archive::CODES,
    sanitize_image::CODES,
    sanitize_mail::CODES,
    sanitize_odf::CODES,
    sanitize_ole::CODES,
    sanitize_ooxml::CODES,
    sanitize_pdf::CODES,
    sanitize_text::CODES,
];

/// Iterates over every code, family by family.
pub fn codes() -> impl Iterator<Item = &'static Code> {
    TABLES.iter().flat_map(|table| table.iter().copied())
}

/// Finds a code by its name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    codes().find(|code| code.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_sentences_are_there() {
        let mut seen = BTreeSet::new();
        for code in codes() {
            assert!(seen.insert(code.id), "{} stands twice", code.id);
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(code.id.chars().all(is_plain), "{}", code.id);
            assert!(!code.ja.is_empty() && !code.en.is_empty(), "{}", code.id);
            assert!(!code.ja.is_ascii(), "{} has no Japanese sentence", code.id);
            assert!(code.en.is_ascii(), "{} has no English sentence", code.id);
        }
    }
}

//! The control words that may stand in a rebuilt document: character,
//! paragraph, section and table formatting, lists, notes, drawings, formulas.

use std::collections::HashSet;
use std::sync::LazyLock;

static KNOWN: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("words.txt").split_ascii_whitespace().collect());

/// Says whether a word only shapes text.
pub(super) fn is_known(word: &str) -> bool {
    KNOWN.contains(word)
}

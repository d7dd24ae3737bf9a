//! Plain text: takes out what drives a terminal or disguises the order of
//! letters. Joiners and variation selectors are text and stay.

use sanitize_core::{Code, Job, Stop};

use crate::charset::Edit;
use crate::codes;
use crate::decode::Source;

/// How often an edited text is read again before it counts as unstable.
const PASSES_MAX: u32 = 6;

/// Rebuilds plain text.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    until_stable(bytes, job, &mut |_, _| Vec::new())
}

/// Extracts plain text.
pub(crate) fn text(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let clean = rebuild(bytes, job)?;
    let text = Source::read(&clean).text;
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// Takes unsafe characters out, then lets `find` look for more, until neither
/// finds anything: what is delivered has been read once as it is.
pub(crate) fn until_stable(
    bytes: &[u8],
    job: &mut Job<'_>,
    find: &mut dyn FnMut(&str, &mut Job<'_>) -> Vec<Edit>,
) -> Result<Vec<u8>, Stop> {
    let mut current = bytes.to_vec();
    for _ in 0..PASSES_MAX {
        // The bytes, and the text decoded from them.
        job.budget.take_bytes(current.len().saturating_mul(2) as u64)?;
        let source = Source::read(&current);
        if source.repaired.is_some() || has_unsafe(&source.text) {
            current = clean(&current, &source, job)?;
            continue;
        }
        let edits = find(&source.text, job);
        if edits.is_empty() {
            return Ok(current);
        }
        current = rewrite(&current, &source, &edits);
    }
    Err(Stop::blocked(&codes::BINARY, ""))
}

fn rewrite(bytes: &[u8], source: &Source, edits: &[Edit]) -> Vec<u8> {
    let mut out = bytes.get(..source.bom).unwrap_or_default().to_vec();
    out.extend_from_slice(&source.charset.apply(source.body(bytes), &source.text, edits));
    out
}

/// Takes unsafe characters out of a text; refuses what is mostly none.
fn clean(bytes: &[u8], source: &Source, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    /// A text may hold this many odd characters, whatever its length.
    const ODD_FREE: u64 = 16;
    /// Beyond that, one in this many is the most.
    const ODD_SHARE: u64 = 10;
    let mut edits = Vec::new();
    let mut odd = source.undecodable;
    let mut line = 1_u64;
    let mut all = 0_u64;
    let mut before = '\0';
    let end = source.text.len();
    for (at, c) in source.text.char_indices() {
        all += 1;
        if let Some(code) = removal(c, before, at + c.len_utf8() == end) {
            odd += u64::from(code.id == codes::CONTROL.id);
            edits.push((Edit { at, delete: c.len_utf8(), mark: false }, code, line));
        } else {
            before = c;
        }
        line += u64::from(c == '\n');
    }
    if odd > ODD_FREE && odd > all / ODD_SHARE {
        return Err(Stop::blocked(&codes::BINARY, ""));
    }
    job.removed_times(&codes::UNDECODABLE, source.charset.name(), source.undecodable);
    for (index, (_, code, line)) in edits.iter().enumerate() {
        let place = if index < PLACES_MAX { format!("line {line}") } else { String::new() };
        job.removed(code, &place);
    }
    let edits: Vec<Edit> = edits.into_iter().map(|(edit, ..)| edit).collect();
    Ok(rewrite(bytes, source, &edits))
}

/// Places that are named one by one; what comes after is only counted.
pub(crate) const PLACES_MAX: usize = 100;

fn has_unsafe(text: &str) -> bool {
    let mut before = '\0';
    let end = text.len();
    text.char_indices().any(|(at, c)| {
        let found = removal(c, before, at + c.len_utf8() == end).is_some();
        before = c;
        found
    })
}

/// Says why a character goes; `before` is the last one that stays.
fn removal(c: char, before: char, is_last: bool) -> Option<&'static Code> {
    match c {
        '\t' | '\n' | '\r' | '\u{0B}' | '\u{0C}' => None,
        // Old systems end a file with Ctrl-Z.
        '\u{1A}' if is_last => None,
        // NEL ends a line on mainframes.
        '\u{85}' => None,
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' => Some(&codes::CONTROL),
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => Some(&codes::BIDI),
        // Flags of regions are a black flag and tags; elsewhere tags hide text.
        '\u{E0020}'..='\u{E007F}' if before == '🏴' || is_tag(before) => None,
        '\u{E0000}'..='\u{E007F}' => Some(&codes::TAG),
        _ => None,
    }
}

fn is_tag(c: char) -> bool {
    ('\u{E0020}'..='\u{E007F}').contains(&c)
}

/// Takes unsafe characters out of text that is already decoded, as in RTF and
/// HTML; reports them at `place`.
pub(crate) fn clean_text(text: &str, place: &str, job: &mut Job<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = '\0';
    for c in text.chars() {
        match removal(c, before, false) {
            Some(code) => job.removed(code, place),
            None => {
                out.push(c);
                before = c;
            }
        }
    }
    out
}

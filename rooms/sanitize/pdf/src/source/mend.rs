//! Makes a readable file of one whose list of pages cannot be followed: copies
//! of its page objects are put under a new list at the end. Never takes part
//! where a file can be read as it is, and not where it is locked.

use std::collections::HashSet;

use memchr::memmem;

/// Returns the mended file; `None` where there is no page to be found and
/// something would be lost by taking it for an empty one.
#[must_use]
pub fn mended(bytes: &[u8]) -> Option<Vec<u8>> {
    let has = |mark: &[u8]| memmem::find(bytes, mark).is_some();
    if !has(b"%PDF-") || !has(b"/Root") || has(b"/Encrypt") {
        return None;
    }
    let mut pages = pages(bytes);
    if pages.is_empty() {
        // Viewers show such a file as one blank page.
        if has(b"stream") || !has(b"/Pages") {
            return None;
        }
        pages.push(BLANK);
    }
    let mut out = without_index(bytes);
    let mut kids = String::new();
    for (index, body) in pages.iter().enumerate() {
        let number = NUMBER_FIRST + 2 + index;
        kids.push_str(&format!("{number} 0 R "));
        out.extend_from_slice(format!("\n{number} 0 obj\n").as_bytes());
        out.extend_from_slice(body);
        out.extend_from_slice(b"\nendobj\n");
    }
    let (root, tree) = (NUMBER_FIRST, NUMBER_FIRST + 1);
    let end = format!(
        "{tree} 0 obj\n<</Type/Pages/Count {}/Kids[{kids}]>>\nendobj\n\
         {root} 0 obj\n<</Type/Catalog/Pages {tree} 0 R>>\nendobj\n\
         trailer\n<</Root {root} 0 R>>\n%%EOF\n",
        pages.len()
    );
    out.extend_from_slice(end.as_bytes());
    Some(out)
}

/// Finds the bodies of page objects, in the order of the file.
fn pages(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for at in memmem::find_iter(bytes, b"/Page") {
        if bytes.get(at + 5).is_some_and(u8::is_ascii_alphanumeric) {
            continue;
        }
        let before = &bytes[at.saturating_sub(WINDOW_BYTES)..at];
        let Some(start) = memmem::rfind(before, b"obj") else { continue };
        let typed = memmem::rfind(before, b"/Type").is_some_and(|key| {
            key > start && before[key + b"/Type".len()..].trim_ascii().is_empty()
        });
        let from = at - before.len() + start + b"obj".len();
        let rest = &bytes[from..];
        let Some(end) = memmem::find(&rest[..rest.len().min(PAGE_BYTES)], b"endobj") else {
            continue;
        };
        if typed && found.len() < PAGES_MAX && seen.insert(from) {
            found.push(&rest[..end]);
        }
    }
    found
}

/// Copies the file and breaks its pointers to the index, so that the reader
/// searches for the objects.
fn without_index(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for at in memmem::find_iter(bytes, b"startxref") {
        out[at..at + b"startxref".len()].fill(b' ');
    }
    out
}

/// Objects of the new list have numbers that no sound file reaches.
const NUMBER_FIRST: usize = 8_000_000;
/// How far before its type a page's object may start.
const WINDOW_BYTES: usize = 2048;
/// The longest page object.
const PAGE_BYTES: usize = 1 << 16;
/// Pages that are gathered.
const PAGES_MAX: usize = 10_000;
/// An empty page of the size that viewers take where none is given.
const BLANK: &[u8] = b"<</Type/Page/MediaBox[0 0 612 792]>>";

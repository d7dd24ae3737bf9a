//! Looks at the file as bytes: revisions, locks, data between and around the
//! objects, odd trailers, and actions that nothing in the document leads to.
//! Decides nothing: what it reports is left out by never being written.

use hayro_syntax::object::{Dict, Object};
use memchr::memmem;
use sanitize_core::Code;

use super::code_of;
use crate::content::{Lexer, Token};
use crate::rebuild::Rebuilder;
use crate::{codes, source};

/// Reports what can be seen from the outside.
pub fn file(rebuilder: &mut Rebuilder<'_, '_, '_>, bytes: &[u8]) {
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let start = source::find(head, b"%PDF-").unwrap_or(0);
    let tail = &bytes[bytes.len().saturating_sub(HEAD_BYTES)..];
    let end = memmem::rfind(tail, b"%%EOF");
    let after = end.map_or(&[][..], |end| &tail[end + 5..]);
    if !is_blank(&bytes[..start]) || !is_blank(after) || has_data_between(bytes) {
        rebuilder.report(&codes::OUTSIDE_DATA);
    }
    let linear = source::find(head, b"/Linearized").is_some();
    let marks = memmem::find_iter(bytes, b"startxref").take(MARKS_MAX);
    if marks.count() > 1 + usize::from(linear) {
        rebuilder.report(&codes::REVISIONS);
    }
    let locked = memmem::find_iter(bytes, b"/Encrypt")
        .any(|at| matches!(bytes.get(at + 8), Some(b' ' | b'<' | b'\n' | b'\r')));
    if locked {
        rebuilder.report(&codes::ENCRYPTION);
    }
    let tables = memmem::find_iter(bytes, b"trailer").map(|at| at + b"trailer".len());
    let streams = memmem::find_iter(bytes, b"/XRef").filter_map(|at| {
        let from = at.saturating_sub(HEAD_BYTES);
        Some(from + memmem::rfind(&bytes[from..at], b"obj")? + b"obj".len())
    });
    if tables.chain(streams).take(MARKS_MAX).any(|at| is_odd_trailer(&bytes[at..])) {
        rebuilder.report(&codes::TRAILER_KEY);
    }
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0)
}

/// Says whether something other than a number, a comment or a word of the
/// file's frame follows the end of an object (§7.5.3).
fn has_data_between(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"endobj").any(|at| {
        let rest = &bytes[at + 6..];
        let window = rest[..rest.len().min(WINDOW_BYTES)].trim_ascii_start();
        let Some(first) = window.first() else { return false };
        let framed = FRAME.iter().any(|word| window.starts_with(word));
        !framed && !first.is_ascii_digit() && !matches!(first, b'%' | 0)
    })
}

/// Says whether the dictionary at the start of `bytes`, a trailer, holds an
/// entry that the standard does not know.
fn is_odd_trailer(bytes: &[u8]) -> bool {
    let mut lexer = Lexer::new(&bytes[..bytes.len().min(TRAILER_BYTES)]);
    let mut depth = 0_u32;
    // Names stand for keys where a key is due: after a value or the start.
    let mut key_due = false;
    for _ in 0..TRAILER_TOKENS {
        let Some(token) = lexer.next_token() else { return false };
        match token {
            Token::DictStart | Token::ArrayStart => {
                depth += 1;
                key_due = depth == 1;
            }
            Token::DictEnd | Token::ArrayEnd => {
                depth = depth.saturating_sub(1);
                key_due = depth == 1;
                if depth == 0 {
                    return false;
                }
            }
            Token::Name(range) if depth == 1 && key_due => {
                if !TRAILER_KEYS.contains(&lexer.text(&range)) {
                    return true;
                }
                key_due = false;
            }
            _ if depth == 0 => return false,
            Token::Name(_) | Token::Num(_) | Token::Str(_) | Token::Word(_) => key_due = depth == 1,
        }
    }
    false
}

/// Reports actions and embedded files that stand in the file although nothing
/// that was met leads to them. Runs last, when all else has been reported.
pub fn unreachable(rebuilder: &mut Rebuilder<'_, '_, '_>) {
    let pdf = rebuilder.pdf;
    let mut count = 0;
    for object in pdf.objects().into_iter().take(OBJECTS_MAX) {
        let code = match &object {
            Object::Dict(dict) => active(dict),
            Object::Stream(stream) => (source::name_in(stream.dict(), "Type") == b"EmbeddedFile")
                .then_some(&codes::FILE_EMBEDDED),
            _ => None,
        };
        let said = |code: &Code| rebuilder.job.removals().iter().any(|one| one.code.id == code.id);
        count += u64::from(code.is_some_and(|code| !said(code)));
    }
    rebuilder.job.removed_times(&codes::UNREACHABLE, "", count);
}

/// Returns what an action is that must never stay, wherever it stands.
fn active(dict: &Dict<'_>) -> Option<&'static Code> {
    if !dict.contains_key("S") {
        return dict.contains_key("JS").then_some(&codes::JAVASCRIPT);
    }
    let name = source::name_in(dict, "S");
    ACTIONS.contains(&name.as_slice()).then(|| code_of(dict)).flatten()
}

/// How much of the start and end is searched for marks.
const HEAD_BYTES: usize = 2048;
/// Marks of one kind that are looked at.
const MARKS_MAX: usize = 1000;
/// How far the next word after an object is looked for.
const WINDOW_BYTES: usize = 64;
/// What may follow an object.
const FRAME: &[&[u8]] = &[b"xref", b"trailer", b"startxref", b"endobj", b"endstream"];
/// The longest trailer that is read, in bytes and in tokens.
const TRAILER_BYTES: usize = 8192;
const TRAILER_TOKENS: usize = 512;
/// §7.5.5 and §7.5.8.2; the checksum is a habit of office programs.
const TRAILER_KEYS: &[&[u8]] = &[
    b"Size",
    b"Prev",
    b"Root",
    b"Encrypt",
    b"Info",
    b"ID",
    b"XRefStm",
    b"DocChecksum",
    b"Type",
    b"Index",
    b"W",
    b"Length",
    b"Filter",
    b"DecodeParms",
    b"DL",
];
/// Kinds of actions that no other dictionary's `S` is named after (§12.6.4).
const ACTIONS: &[&[u8]] = &[
    b"JavaScript",
    b"Launch",
    b"GoToR",
    b"GoToE",
    b"SubmitForm",
    b"ImportData",
    b"Sound",
    b"Movie",
    b"Rendition",
    b"RichMediaExecute",
];
/// Objects that are looked at.
const OBJECTS_MAX: usize = 1_000_000;

//! Opens the file that came in and reads simple values out of it. Guards what
//! the reader itself would unpack without a ceiling. Writes nothing.

mod mend;
mod owner;

use std::sync::Arc;

use hayro_syntax::object::{Array, Dict, MaybeRef, ObjRef, Object, Stream};
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use sanitize_core::{Job, Stop, reasons};

use crate::{codes, filter};

/// Opens a document with no password or with one of the given ones; says as
/// well whether any object, packed or not, may hold an action or embedded file.
///
/// # Errors
/// Holds for a password; refuses what cannot be read; stops at limits.
pub fn open(bytes: &[u8], job: &mut Job<'_>) -> Result<(Pdf, bool), Stop> {
    let mut is_marked = holds_mark(bytes);
    check_packed_objects(bytes, job, &mut is_marked)?;
    let data = Arc::new(bytes.to_vec());
    let mut outcome = attempt(&data, "");
    for password in job.passwords.iter() {
        if is_locked(&outcome) {
            outcome = unlock(&data, password);
        }
    }
    let pageless = match &outcome {
        Ok(pdf) => pdf.pages().is_empty(),
        Err(error) => *error == LoadPdfError::Invalid,
    };
    if pageless && let Some(mended) = mend::mended(bytes) {
        let mended = Pdf::new(mended);
        if mended.as_ref().is_ok_and(|pdf| !pdf.pages().is_empty()) {
            job.removed(&codes::PAGES_FOUND, "");
            outcome = mended;
        }
    }
    match outcome {
        Ok(pdf) => Ok((pdf, is_marked)),
        Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected)) => {
            let none = job.passwords.is_empty();
            let code = if none { &reasons::PASSWORD_NEEDED } else { &reasons::PASSWORD_WRONG };
            Err(Stop::held(code, ""))
        }
        Err(LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm)) => {
            Err(Stop::held(&reasons::PROTECTION_UNKNOWN, ""))
        }
        Err(LoadPdfError::Decryption(
            DecryptionError::MissingIDEntry | DecryptionError::InvalidEncryption,
        ))
        | Err(LoadPdfError::Invalid) => Err(Stop::blocked(&reasons::BROKEN, "")),
    }
}

/// Tries a password as the user's and as the owner's.
fn unlock(data: &Arc<Vec<u8>>, password: &str) -> Result<Pdf, LoadPdfError> {
    let mut outcome = attempt(data, password);
    for user in owner::user_passwords(data, password) {
        if is_locked(&outcome) {
            outcome = attempt(data, &user);
        }
    }
    outcome
}

fn attempt(data: &Arc<Vec<u8>>, password: &str) -> Result<Pdf, LoadPdfError> {
    let outcome = Pdf::new_with_password(data.clone(), password);
    let is_unreadable = matches!(outcome, Err(LoadPdfError::Invalid));
    if !is_unreadable || find(data, b"/Encrypt").is_none() {
        return outcome;
    }
    // Where its list of objects is damaged as well, the reader does not tell a
    // locked file from a broken one.
    let is_known = find(data, b"/Standard").is_some();
    Err(LoadPdfError::Decryption(if is_known {
        DecryptionError::PasswordProtected
    } else {
        DecryptionError::UnsupportedAlgorithm
    }))
}

fn is_locked(outcome: &Result<Pdf, LoadPdfError>) -> bool {
    matches!(outcome, Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected)))
}

/// Unpacks every object stream and cross-reference stream once under the
/// budget: the reader unpacks them later with no ceiling of its own.
fn check_packed_objects(bytes: &[u8], job: &mut Job<'_>, is_marked: &mut bool) -> Result<(), Stop> {
    for start in memchr::memmem::find_iter(bytes, b"stream") {
        let at = start + b"stream".len();
        if bytes[..start].ends_with(b"end") {
            continue;
        }
        let window = &bytes[start.saturating_sub(DICT_WINDOW)..start];
        let head = rfind(window, b"obj").map_or(window, |from| &window[from..]);
        if !holds_name(head, b"ObjStm") && !holds_name(head, b"XRef") {
            continue;
        }
        let data = bytes[at..].trim_ascii_start();
        let mut damaged = false;
        let unpacked = filter::flate(data, job.budget.bytes_left(), &mut damaged);
        job.budget.take_bytes(unpacked.len() as u64)?;
        *is_marked |= holds_mark(&unpacked);
        if head.windows(4).filter(|w| w == b"Deco").count() > 1 {
            // Filters in a row: whatever the second gives is bounded by it in turn.
            let again = filter::flate(&unpacked, job.budget.bytes_left(), &mut damaged);
            job.budget.take_bytes(again.len() as u64)?;
            *is_marked |= holds_mark(&again);
        }
    }
    Ok(())
}

fn holds_mark(bytes: &[u8]) -> bool {
    MARKS.iter().any(|mark| find(bytes, mark).is_some()) || holds_escaped_name(bytes)
}

/// Says whether a name is spelt with `#xx` (§7.3.5), which may hide a mark.
fn holds_escaped_name(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'#', bytes).any(|at| {
        let escape = bytes.get(at + 1..at + 3).unwrap_or_default();
        let before = &bytes[at.saturating_sub(NAME_BYTES)..at];
        let name = before.iter().rev().find(|byte| !byte.is_ascii_alphanumeric());
        escape.len() == 2 && escape.iter().all(u8::is_ascii_hexdigit) && name == Some(&b'/')
    })
}

fn holds_name(head: &[u8], name: &[u8]) -> bool {
    find(head, name).is_some()
        || (head.contains(&b'#') && {
            let plain = unescape(head);
            find(&plain, name).is_some()
        })
}

/// Undoes `#xx` in names.
#[must_use]
pub fn unescape(bytes: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|b| (*b as char).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'#', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// Finds the first place of `needle`.
#[must_use]
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

fn rfind(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(haystack, needle)
}

/// Returns a whole number.
#[must_use]
pub fn int_of(dict: &Dict<'_>, key: &str) -> Option<i64> {
    match dict.get::<Object<'_>>(key)? {
        Object::Number(number) => Some(number.as_i64()),
        _ => None,
    }
}

/// Returns a number.
#[must_use]
pub fn real_of(dict: &Dict<'_>, key: &str) -> Option<f64> {
    match dict.get::<Object<'_>>(key)? {
        Object::Number(number) => Some(number.as_f64()),
        _ => None,
    }
}

/// Returns a truth value.
#[must_use]
pub fn bool_of(dict: &Dict<'_>, key: &str) -> Option<bool> {
    dict.get::<bool>(key)
}

/// Returns an entry's name as bytes; empty where there is none.
#[must_use]
pub fn name_in(dict: &Dict<'_>, key: &str) -> Vec<u8> {
    dict.get::<Object<'_>>(key).map(|object| name_of(&object)).unwrap_or_default()
}

/// Returns a name's bytes; empty for anything else.
#[must_use]
pub fn name_of(object: &Object<'_>) -> Vec<u8> {
    match object {
        Object::Name(name) => name.as_ref().to_vec(),
        _ => Vec::new(),
    }
}

/// Returns a string's bytes.
#[must_use]
pub fn string_in(dict: &Dict<'_>, key: &str) -> Option<Vec<u8>> {
    match dict.get::<Object<'_>>(key)? {
        Object::String(text) => Some(text.as_bytes().to_vec()),
        _ => None,
    }
}

/// Returns the numbers of an array, at most `max`; others count as zero.
#[must_use]
pub fn reals(array: &Array<'_>, max: usize) -> Vec<f64> {
    array
        .iter::<Object<'_>>()
        .take(max)
        .map(|item| match item {
            Object::Number(number) => number.as_f64(),
            _ => 0.0,
        })
        .collect()
}

/// Returns an entry's numbers.
#[must_use]
pub fn reals_in(dict: &Dict<'_>, key: &str, max: usize) -> Option<Vec<f64>> {
    dict.get::<Array<'_>>(key).map(|array| reals(&array, max))
}

/// Returns exactly `N` numbers of an entry.
#[must_use]
pub fn numbers<const N: usize>(dict: &Dict<'_>, key: &str) -> Option<[f64; N]> {
    reals_in(dict, key, N)?.try_into().ok()
}

/// Returns a rectangle with its corners in order (ISO 32000-2 §7.9.5).
#[must_use]
pub fn rect_in(dict: &Dict<'_>, key: &str) -> Option<[f64; 4]> {
    let [x0, y0, x1, y1] = numbers::<4>(dict, key)?;
    Some([x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)])
}

/// A value of the source together with the number under which it stands.
pub struct Found<'a> {
    /// The reference that led here, if there was one.
    pub id: Option<ObjRef>,
    /// The value.
    pub object: Object<'a>,
}

/// Returns an entry with its reference.
#[must_use]
pub fn found<'a>(dict: &Dict<'a>, key: impl AsRef<[u8]>) -> Option<Found<'a>> {
    let key = key.as_ref();
    let id = dict.get_ref(key);
    let object = dict.get::<Object<'a>>(key)?;
    Some(Found { id, object })
}

/// Returns an array's items with their references.
#[must_use]
pub fn items<'a>(pdf: &'a Pdf, array: &Array<'a>, max: usize) -> Vec<Found<'a>> {
    array.raw_iter().take(max).filter_map(|item| resolve(pdf, item)).collect()
}

/// Follows a reference.
#[must_use]
pub fn resolve<'a>(pdf: &'a Pdf, item: MaybeRef<Object<'a>>) -> Option<Found<'a>> {
    match item {
        MaybeRef::Ref(id) => {
            let object = pdf.xref().get::<Object<'a>>(id.into())?;
            Some(Found { id: Some(id), object })
        }
        MaybeRef::NotRef(object) => Some(Found { id: None, object }),
    }
}

/// Returns the dictionary of a dictionary or stream.
#[must_use]
pub fn dict_of<'a>(object: &Object<'a>) -> Option<Dict<'a>> {
    match object {
        Object::Dict(dict) => Some(dict.clone()),
        Object::Stream(stream) => Some(stream.dict().clone()),
        _ => None,
    }
}

/// Says whether a stream's data stands outside the file (§7.3.8.2).
#[must_use]
pub fn is_external(stream: &Stream<'_>) -> bool {
    matches!(stream.dict().get::<Object<'_>>("F"), Some(Object::String(_) | Object::Dict(_)))
}

/// How far before an escape its name may start.
const NAME_BYTES: usize = 20;
/// How far before its data a stream's dictionary is looked for.
const DICT_WINDOW: usize = 2048;

/// What a file shows where it holds an action or an embedded file.
const MARKS: &[&[u8]] = &[
    b"/JavaScript",
    b"/JS",
    b"/Launch",
    b"/GoToR",
    b"/GoToE",
    b"/SubmitForm",
    b"/ImportData",
    b"/Sound",
    b"/Movie",
    b"/Rendition",
    b"/RichMediaExecute",
    b"/EmbeddedFile",
];

//! Files that are not in our strict form: reads what `lopdf` can read of them
//! and checks every object by name; where even that fails, looks for the names
//! alone. Only inspection comes here; verification has refused already.

use std::borrow::Cow;

use lopdf::{Document, LoadOptions};

use super::actions;
use super::file::File;
use super::object::{Dict, Object, Value};
use super::walk;
use crate::check::{Check, Walk};
use crate::rules;

/// Lists what acts or hides in any PDF.
pub(super) fn inspect(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    if bytes.len() as u64 > FOREIGN_BYTES_MAX {
        return check.over("a file too large to inspect");
    }
    frame(check, bytes)?;
    let limit = usize::try_from(check.bytes_left().min(FOREIGN_BYTES_MAX)).unwrap_or(usize::MAX);
    let options = LoadOptions::with_max_decompressed_size(limit);
    match Document::load_mem_with_options(bytes, options) {
        Ok(document) => objects(check, &document),
        Err(error) => {
            check.unreadable(format!("pdf: {error}"))?;
            names(check, bytes)
        }
    }
}

/// More than one revision, and bytes outside the document (7.5).
fn frame(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    let count = |mark: &[u8]| memchr::memmem::find_iter(bytes, mark).count();
    if count(b"%%EOF") > 1 || count(b"startxref") > 1 {
        check.found(rules::PDF_REVISIONS, "more than one end of file")?;
    }
    if !bytes.starts_with(b"%PDF-") {
        check.found(rules::PDF_STRUCTURE, "bytes before the header")?;
    }
    Ok(())
}

fn objects(check: &mut Check<'_>, document: &Document) -> Walk {
    check.take_nodes(document.objects.len() as u64)?;
    let objects: Vec<Object<'_>> =
        document.objects.iter().map(|(&(id, _), object)| converted_object(id, object)).collect();
    for object in &objects {
        actions::scan(check, object)?;
    }
    let reference = |key: &[u8]| {
        document.trailer.get(key).and_then(lopdf::Object::as_reference).ok().map(|(id, _)| id)
    };
    let Some(root) = reference(b"Root") else { return check.unreadable("no catalog") };
    walk::document(check, &File::new(objects, root, reference(b"Info")))
}

fn converted_object(id: u32, object: &lopdf::Object) -> Object<'_> {
    match object {
        lopdf::Object::Stream(stream) => {
            let value = Value::Dict(converted_dict(&stream.dict, 0));
            Object { id, value, stream: Some(Cow::Borrowed(&stream.content)) }
        }
        other => Object { id, value: converted(other, 0), stream: None },
    }
}

fn converted_dict(dict: &lopdf::Dictionary, depth: u32) -> Dict<'_> {
    Dict(
        dict.iter()
            .map(|(key, value)| (Cow::Borrowed(key.as_slice()), converted(value, depth + 1)))
            .collect(),
    )
}

fn converted(object: &lopdf::Object, depth: u32) -> Value<'_> {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    match object {
        lopdf::Object::Null => Value::Null,
        lopdf::Object::Boolean(value) => Value::Bool(*value),
        lopdf::Object::Integer(value) => Value::Number(*value as f64),
        lopdf::Object::Real(value) => Value::Number(f64::from(*value)),
        lopdf::Object::Name(name) => Value::Name(Cow::Borrowed(name)),
        lopdf::Object::String(text, _) => Value::Text(Cow::Borrowed(text)),
        lopdf::Object::Array(items) => {
            Value::Array(items.iter().map(|item| converted(item, depth + 1)).collect())
        }
        lopdf::Object::Dictionary(dict) => Value::Dict(converted_dict(dict, depth)),
        lopdf::Object::Stream(stream) => Value::Dict(converted_dict(&stream.dict, depth)),
        lopdf::Object::Reference((id, _)) => Value::Reference(*id),
    }
}

/// Looks for telling names in bytes that no parser could read.
fn names(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    for (name, rule) in TELLING {
        let mut places = memchr::memmem::find_iter(bytes, name);
        let ends = |at: usize| {
            bytes.get(at + name.len()).is_none_or(|&next| !next.is_ascii_alphanumeric())
        };
        if places.any(ends) {
            check.found(rule, String::from_utf8_lossy(name))?;
        }
    }
    Ok(())
}

const TELLING: &[(&[u8], &str)] = &[
    (b"/JS", rules::PDF_JAVASCRIPT),
    (b"/JavaScript", rules::PDF_JAVASCRIPT),
    (b"/OpenAction", rules::PDF_TRIGGER),
    (b"/AA", rules::PDF_TRIGGER),
    (b"/Launch", rules::PDF_ACTION),
    (b"/GoToR", rules::PDF_ACTION),
    (b"/GoToE", rules::PDF_ACTION),
    (b"/SubmitForm", rules::PDF_ACTION),
    (b"/ImportData", rules::PDF_ACTION),
    (b"/EmbeddedFile", rules::PDF_EMBEDDED),
    (b"/EmbeddedFiles", rules::PDF_EMBEDDED),
    (b"/RichMedia", rules::MEDIA),
    (b"/XFA", rules::PDF_FORM),
    (b"/AcroForm", rules::PDF_FORM),
    (b"/JBIG2Decode", rules::PDF_FILTER),
    (b"/JPXDecode", rules::PDF_FILTER),
];
const DEPTH_MAX: u32 = 64;
const FOREIGN_BYTES_MAX: u64 = 256 << 20;

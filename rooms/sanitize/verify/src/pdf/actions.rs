//! Every object by name: keys, actions, kinds and filters that act, call out
//! or hide, wherever they stand and whether or not anything leads to them.

use sanitize_core::Choice;

use super::object::{Dict, Object, Value, shown};
use crate::check::{Check, Walk};
use crate::rules;

/// Checks one object with everything in it.
pub(super) fn scan(check: &mut Check<'_>, object: &Object<'_>) -> Walk {
    if let (Value::Dict(dict), true) = (&object.value, object.stream.is_some()) {
        stream(check, object.id, dict)?;
    }
    value(check, object.id, &object.value)
}

fn value(check: &mut Check<'_>, id: u32, value_here: &Value<'_>) -> Walk {
    match value_here {
        Value::Array(items) => {
            for item in items {
                value(check, id, item)?;
            }
            Ok(())
        }
        Value::Dict(dict) => dictionary(check, id, dict),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Name(_)
        | Value::Text(_)
        | Value::Reference(_) => Ok(()),
    }
}

fn dictionary(check: &mut Check<'_>, id: u32, dict: &Dict<'_>) -> Walk {
    for (key, entry) in &dict.0 {
        let rule = key_danger(key, entry, check.policy.pdf.metadata).or_else(|| {
            match (key.as_ref(), entry) {
                (b"S", Value::Name(name)) => action_danger(name),
                (b"Subtype", Value::Name(name)) => kind_danger(name),
                (b"Type", Value::Name(name)) => type_danger(name),
                _ => None,
            }
        });
        if let Some(rule) = rule {
            let what = entry
                .as_name()
                .map_or_else(|| shown(key), |name| format!("{} {}", shown(key), shown(name)));
            check.found(rule, format!("object {id}: {what}"))?;
        }
        value(check, id, entry)?;
    }
    Ok(())
}

fn stream(check: &mut Check<'_>, id: u32, dict: &Dict<'_>) -> Walk {
    for key in ["F", "FFilter", "FDecodeParms"] {
        if dict.value(key).is_some() {
            check.found(rules::PDF_EXTERNAL, format!("object {id}: a stream with {key}"))?;
        }
    }
    for filter in filters(dict) {
        if !matches!(filter, b"FlateDecode" | b"DCTDecode" | b"CCITTFaxDecode") {
            check.found(rules::PDF_FILTER, format!("object {id}: {}", shown(filter)))?;
        }
    }
    Ok(())
}

/// Returns the names of a stream's filters.
pub(super) fn filters<'d>(dict: &'d Dict<'_>) -> Vec<&'d [u8]> {
    match dict.value("Filter") {
        Some(Value::Name(name)) => vec![name],
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_name().unwrap_or(b"?")).collect()
        }
        Some(Value::Null) | None => Vec::new(),
        Some(_) => vec![b"?"],
    }
}

fn key_danger(key: &[u8], entry: &Value<'_>, metadata: Choice) -> Option<&'static str> {
    let rule = match key {
        b"JS" | b"JavaScript" => rules::PDF_JAVASCRIPT,
        b"OpenAction" | b"AA" => rules::PDF_TRIGGER,
        b"XFA" | b"AcroForm" | b"NeedAppearances" => rules::PDF_FORM,
        b"EmbeddedFiles" | b"EmbeddedFile" | b"EF" | b"AF" | b"Collection" | b"FileAttachment"
        | b"UF" => rules::PDF_EMBEDDED,
        b"RichMediaContent" | b"RichMediaSettings" | b"3DD" | b"3DV" | b"3DA" | b"Renditions"
        | b"Movie" | b"Sound" => rules::MEDIA,
        b"OPI" | b"PS" | b"Level1" => rules::PDF_POSTSCRIPT,
        b"Ref" if matches!(entry, Value::Dict(_) | Value::Reference(_)) => rules::PDF_EXTERNAL,
        b"FFilter" | b"FDecodeParms" | b"FS" => rules::PDF_EXTERNAL,
        b"PieceInfo" | b"SpiderInfo" | b"DSS" | b"Perms" | b"Legal" | b"Alternates"
        | b"LastModified" | b"Thumb" | b"Extensions" | b"Requirements" | b"DPartRoot"
        | b"Threads" => rules::PDF_HIDDEN,
        b"Metadata" if metadata != Choice::Keep => rules::METADATA,
        b"Encrypt" => rules::PDF_STRUCTURE,
        _ => return None,
    };
    Some(rule)
}

/// 12.6.4: actions other than GoTo and URI. `S` names other things too, none
/// of which is called like an action.
pub(super) fn action_danger(name: &[u8]) -> Option<&'static str> {
    match name {
        b"JavaScript" => Some(rules::PDF_JAVASCRIPT),
        b"Launch" | b"GoToR" | b"GoToE" | b"SubmitForm" | b"ImportData" | b"ResetForm"
        | b"Named" | b"Hide" | b"Thread" | b"Sound" | b"Movie" | b"Rendition" | b"SetOCGState"
        | b"Trans" | b"GoTo3DView" | b"RichMediaExecute" | b"GoToDp" => Some(rules::PDF_ACTION),
        _ => None,
    }
}

fn kind_danger(name: &[u8]) -> Option<&'static str> {
    match name {
        b"FileAttachment" => Some(rules::PDF_EMBEDDED),
        b"RichMedia" | b"3D" | b"Screen" | b"Movie" | b"Sound" | b"U3D" | b"PRC" => {
            Some(rules::MEDIA)
        }
        b"PS" => Some(rules::PDF_POSTSCRIPT),
        b"Widget" => Some(rules::PDF_FORM),
        _ => None,
    }
}

fn type_danger(name: &[u8]) -> Option<&'static str> {
    match name {
        b"Filespec" | b"EmbeddedFile" | b"F" => Some(rules::PDF_EMBEDDED),
        b"Sig" | b"DocTimeStamp" => Some(rules::PDF_FORM),
        _ => None,
    }
}

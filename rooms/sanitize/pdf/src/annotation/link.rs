//! Links (ISO 32000-2 §12.5.6.5): to web and mail addresses and to places in
//! the same document. Every other target goes.

use hayro_syntax::object::{Array, Dict, Object};
use sanitize_core::Hyperlinks;

use super::{Destinations, Fields};
use crate::document::Pages;
use crate::model::{self, Obj};
use crate::rebuild::Rebuilder;
use crate::{audit, codes, source};

/// Rebuilds a link; `None` where it goes.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    pages: &Pages,
    fields: &Fields,
) -> Option<Obj> {
    let (key, target) = target(rebuilder, dict, pages, fields)?;
    if rebuilder.job.policy.pdf.hyperlinks == Hyperlinks::Remove {
        rebuilder.report(&codes::LINK);
        return None;
    }
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("Annot"));
    new.put("Subtype", Obj::name("Link"));
    new.put("Rect", Obj::reals(&source::rect_in(dict, "Rect")?));
    let flags = source::int_of(dict, "F").unwrap_or(0) & FLAGS_KEPT;
    if flags != 0 {
        new.put("F", Obj::int(flags));
    }
    new.put_some("Border", border(dict));
    new.put_some("BS", border_style(dict));
    new.put_some("C", source::reals_in(dict, "C", 4).map(|color| Obj::reals(&color)));
    let highlight = source::name_in(dict, "H");
    if matches!(highlight.as_slice(), b"N" | b"I" | b"O" | b"P") {
        new.put("H", Obj::name_of(&highlight));
    }
    let quads = source::reals_in(dict, "QuadPoints", QUADS_MAX);
    new.put_some("QuadPoints", quads.map(|quads| Obj::reals(&quads)));
    new.put(key, target);
    Some(Obj::Ref(rebuilder.writer.put(Obj::Dict(new))))
}

fn target<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    pages: &Pages,
    fields: &Fields,
) -> Option<(&'static str, Obj)> {
    if let Some(action) = dict.get::<Dict<'a>>("A") {
        return match action_target(rebuilder, &action, pages, fields) {
            Some(target) => {
                if let Some(next) = action.get::<Object<'a>>("Next") {
                    next_actions(rebuilder, &next);
                }
                Some(target)
            }
            None => None,
        };
    }
    let destination = dict.get::<Object<'a>>("Dest");
    let resolved = destination.and_then(|d| fields.destinations.resolve(&d, pages));
    if resolved.is_none() {
        rebuilder.report(&codes::LINK_BROKEN);
    }
    resolved.map(|target| ("Dest", target))
}

fn next_actions<'a>(rebuilder: &mut Rebuilder<'a, '_, '_>, next: &Object<'a>) {
    match next {
        Object::Dict(action) => audit::chain(rebuilder, action),
        Object::Array(list) => {
            for action in list.iter::<Dict<'a>>().take(64) {
                audit::chain(rebuilder, &action);
            }
        }
        _ => {}
    }
}

/// Rebuilds the target of an action; reports and drops what may not stay.
fn action_target<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    action: &Dict<'a>,
    pages: &Pages,
    fields: &Fields,
) -> Option<(&'static str, Obj)> {
    match source::name_in(action, "S").as_slice() {
        b"GoTo" => {
            let destination = action.get::<Object<'a>>("D");
            let resolved = destination.and_then(|d| fields.destinations.resolve(&d, pages));
            if resolved.is_none() {
                rebuilder.report(&codes::LINK_BROKEN);
            }
            resolved.map(|target| ("Dest", target))
        }
        b"URI" => {
            let Some(uri) = source::string_in(action, "URI").and_then(|uri| allowed(&uri)) else {
                rebuilder.report(&codes::URI);
                return None;
            };
            let mut new = model::Dict::new();
            new.put("S", Obj::name("URI"));
            new.put("URI", Obj::Str(uri));
            Some(("A", Obj::Dict(new)))
        }
        _ => {
            audit::chain(rebuilder, action);
            None
        }
    }
}

/// Returns the place within the document that an action leads to; any other
/// action is reported and dropped.
pub fn place_of<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    action: &Dict<'a>,
    pages: &Pages,
    destinations: &Destinations,
) -> Option<Obj> {
    if source::name_in(action, "S") != b"GoTo" {
        audit::chain(rebuilder, action);
        return None;
    }
    if let Some(next) = action.get::<Object<'a>>("Next") {
        next_actions(rebuilder, &next);
    }
    destinations.resolve(&action.get::<Object<'a>>("D")?, pages)
}

/// Lets `http`, `https` and `mailto` pass; nothing else, however spelt.
#[must_use]
pub fn allowed(uri: &[u8]) -> Option<Vec<u8>> {
    let uri = uri.trim_ascii();
    let odd = |b: &u8| b.is_ascii_control() || matches!(b, b'<' | b'>' | b'"' | b'\\');
    if uri.len() > URI_BYTES_MAX || uri.iter().any(odd) {
        return None;
    }
    let lower = uri.iter().take(8).map(u8::to_ascii_lowercase).collect::<Vec<u8>>();
    let known = [&b"http://"[..], b"https://", b"mailto:"];
    known.iter().any(|scheme| lower.starts_with(scheme)).then(|| uri.to_vec())
}

fn border(dict: &Dict<'_>) -> Option<Obj> {
    let list = dict.get::<Array<'_>>("Border")?;
    let mut new = Vec::new();
    for item in list.iter::<Object<'_>>().take(4) {
        new.push(match item {
            Object::Number(number) => Obj::real(number.as_f64()),
            Object::Array(dash) => Obj::reals(&source::reals(&dash, 16)),
            _ => Obj::int(0),
        });
    }
    (new.len() >= 3).then_some(Obj::Array(new))
}

fn border_style(dict: &Dict<'_>) -> Option<Obj> {
    let style = dict.get::<Dict<'_>>("BS")?;
    let mut new = model::Dict::new();
    new.put_some("W", source::real_of(&style, "W").map(Obj::real));
    let kind = source::name_in(&style, "S");
    if matches!(kind.as_slice(), b"S" | b"D" | b"B" | b"I" | b"U") {
        new.put("S", Obj::name_of(&kind));
    }
    new.put_some("D", source::reals_in(&style, "D", 16).map(|dash| Obj::reals(&dash)));
    Some(Obj::Dict(new))
}

/// Flags that only say how a link is shown or printed.
const FLAGS_KEPT: i64 = 0b1_1110_1110;
const QUADS_MAX: usize = 8 * 1024;
/// Longest address.
const URI_BYTES_MAX: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_and_mail_addresses_pass() {
        assert!(allowed(b"HTTPS://example.jp/a?b").is_some());
        assert!(allowed(b" mailto:a@example.jp").is_some());
        for bad in [
            "javascript:alert(1)",
            "file:///etc",
            "\\\\host\\share",
            "java\nscript:x",
            "ms-msdt:/x",
        ] {
            assert!(allowed(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}

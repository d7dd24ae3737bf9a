//! Form XObjects (ISO 32000-2 §8.10) and their transparency groups (§11.6.6).

use hayro_syntax::object::{Dict, Stream};
use sanitize_core::Stop;

use crate::content::{Names, Scope, rewrite};
use crate::model::{self, Obj};
use crate::rebuild::Rebuilder;
use crate::source::{self, Found};
use crate::write::Packing;
use crate::{codes, color, filter};

/// Rebuilds a form. Names it does not define itself are looked up around it.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    stream: &Stream<'a>,
    scope: &Scope<'a>,
) -> Result<Option<Obj>, Stop> {
    if source::is_external(stream) {
        rebuilder.report(&codes::FILE_EXTERNAL);
        return Ok(None);
    }
    let dict = stream.dict();
    if dict.contains_key("Ref") {
        rebuilder.report(&codes::REFERENCE_FORM);
    }
    if dict.contains_key("PS") || source::name_in(dict, "Subtype2") == b"PS" {
        rebuilder.report(&codes::POSTSCRIPT);
    }
    if dict.contains_key("PieceInfo") {
        rebuilder.report(&codes::PRIVATE_DATA);
    }
    if dict.contains_key("OPI") {
        rebuilder.report(&codes::OPI);
    }
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("XObject"));
    new.put("Subtype", Obj::name("Form"));
    new.put("BBox", Obj::reals(&source::numbers::<4>(dict, "BBox").unwrap_or(EVERYTHING)));
    new.put_some("Matrix", source::numbers::<6>(dict, "Matrix").map(|m| Obj::reals(&m)));
    new.put_some("Group", group(rebuilder, dict, scope)?);
    let content = filter::unpack(stream, rebuilder.job)?;
    let scope = inner_scope(dict, scope);
    let mut names = Names::default();
    let content = rewrite(rebuilder, &content.bytes, &scope, &mut names)?.bytes;
    new.put("Resources", Obj::Dict(names.dict()));
    Ok(Some(Obj::Ref(rebuilder.writer.put_stream(new, content, Packing::Flate))))
}

/// Puts a stream's own resources before those around it.
#[must_use]
pub fn inner_scope<'a>(dict: &Dict<'a>, scope: &Scope<'a>) -> Scope<'a> {
    match dict.get::<Dict<'a>>("Resources") {
        // Only the nearest surroundings count: §7.8.3 gives a form without
        // resources those of its page.
        Some(own) => {
            let around = scope.resources.last().cloned();
            Scope { resources: std::iter::once(own).chain(around).collect() }
        }
        None => scope.clone(),
    }
}

/// Rebuilds a transparency group's attributes.
///
/// # Errors
/// Stops at limits.
pub fn group<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    scope: &Scope<'a>,
) -> Result<Option<Obj>, Stop> {
    let Some(group) = dict.get::<Dict<'a>>("Group") else { return Ok(None) };
    if source::name_in(&group, "S") != b"Transparency" {
        return Ok(None);
    }
    let mut new = model::Dict::new();
    new.put("S", Obj::name("Transparency"));
    if let Some(space) = source::found(&group, "CS") {
        let space: Found<'a> = space;
        new.put_some("CS", color::rebuild(rebuilder, &space, Some(scope))?.map(|s| s.object));
    }
    for key in ["I", "K"] {
        new.put_some(key, source::bool_of(&group, key).map(Obj::Bool));
    }
    Ok(Some(Obj::Dict(new)))
}

/// The bounds of a form that forgot its own.
const EVERYTHING: [f64; 4] = [-32768.0, -32768.0, 32767.0, 32767.0];

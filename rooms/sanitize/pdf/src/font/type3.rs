//! Type 3 fonts (ISO 32000-2 §9.6.4): each glyph is a content stream.

use hayro_syntax::object::{Dict, Object};
use sanitize_core::Stop;

use super::dict;
use crate::content::{Names, Scope, rewrite};
use crate::model::{self, Obj};
use crate::rebuild::Rebuilder;
use crate::write::Packing;
use crate::{filter, form, source};

/// Rebuilds a font of drawn glyphs.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    font: &Dict<'a>,
    scope: &Scope<'a>,
) -> Result<Option<model::Dict>, Stop> {
    let scope = form::inner_scope(font, scope);
    let mut names = Names::default();
    let mut procedures = model::Dict::new();
    if let Some(source) = font.get::<Dict<'a>>("CharProcs") {
        for (name, _) in source.entries() {
            let Some(Object::Stream(stream)) = source.get::<Object<'a>>(&name) else { continue };
            let glyph = rebuilder.deeper(|rebuilder| {
                let content = filter::unpack(&stream, rebuilder.job)?;
                Ok(rewrite(rebuilder, &content.bytes, &scope, &mut names)?.bytes)
            })?;
            let id = rebuilder.writer.put_stream(model::Dict::new(), glyph, Packing::Flate);
            procedures.put_named(name.as_ref().to_vec(), Obj::Ref(id));
        }
    }
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("Font"));
    new.put("Subtype", Obj::name("Type3"));
    let bbox = source::numbers::<4>(font, "FontBBox").unwrap_or_default();
    new.put("FontBBox", Obj::reals(&bbox));
    let matrix = source::numbers::<6>(font, "FontMatrix").unwrap_or(MILLI);
    new.put("FontMatrix", Obj::reals(&matrix));
    new.put("CharProcs", Obj::Dict(procedures));
    let encoding = dict::encoding(font).unwrap_or_else(dict::no_encoding);
    new.put("Encoding", encoding);
    dict::widths(font, &mut new);
    new.put("Resources", Obj::Dict(names.dict()));
    new.put_some("ToUnicode", dict::to_unicode(rebuilder, font)?);
    Ok(Some(new))
}

/// The usual glyph space.
const MILLI: [f64; 6] = [0.001, 0.0, 0.0, 0.001, 0.0, 0.0];

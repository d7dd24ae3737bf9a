//! Fonts (ISO 32000-2 §9): dictionaries are rebuilt key by key, embedded
//! programs are parsed and written anew, character maps are spelt anew.

mod cff;
mod charmap;
mod charstring;
mod composite;
mod dict;
mod program;
mod sfnt;
mod simple;
mod type1;
mod type3;

use hayro_syntax::object::Object;
use sanitize_core::Stop;

use crate::content::Scope;
use crate::model::{self, Obj};
use crate::rebuild::{Rebuilder, Use};
use crate::source::{self, Found};

/// Rebuilds a font; what is no font becomes the fallback. Returns nothing for
/// a font that viewers do not accept either: a composite font without its CID
/// font, or a glyph that is drawn with its own font.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    found: &Found<'a>,
    scope: &Scope<'a>,
) -> Result<Option<Obj>, Stop> {
    let Object::Dict(dict) = &found.object else { return fallback(rebuilder).map(Some) };
    let kind = source::name_in(dict, "Subtype");
    rebuilder.once(Use::Font, found.id, |rebuilder| {
        let new = match kind.as_slice() {
            b"Type0" => composite::rebuild(rebuilder, dict)?,
            b"Type3" => type3::rebuild(rebuilder, dict, scope)?,
            _ => Some(simple::rebuild(rebuilder, dict)?),
        };
        Ok(new.map(|new| Obj::Ref(rebuilder.writer.put(Obj::Dict(new)))))
    })
}

/// Returns the font that viewers take where none is found.
///
/// # Errors
/// Never fails; fonts share one signature.
pub fn fallback(rebuilder: &mut Rebuilder<'_, '_, '_>) -> Result<Obj, Stop> {
    if let Some(id) = rebuilder.fallback_font {
        return Ok(Obj::Ref(id));
    }
    let mut dict = model::Dict::new();
    dict.put("Type", Obj::name("Font"));
    dict.put("Subtype", Obj::name("Type1"));
    dict.put("BaseFont", Obj::name("Helvetica"));
    dict.put("Encoding", Obj::name("WinAnsiEncoding"));
    let id = rebuilder.writer.put(Obj::Dict(dict));
    rebuilder.fallback_font = Some(id);
    Ok(Obj::Ref(id))
}

/// Returns a Japanese font that is left to the reader, for UTF-16 text.
pub fn japanese(rebuilder: &mut Rebuilder<'_, '_, '_>) -> Obj {
    let mut info = model::Dict::new();
    info.put("Registry", Obj::Str(b"Adobe".to_vec()));
    info.put("Ordering", Obj::Str(b"Japan1".to_vec()));
    info.put("Supplement", Obj::int(6));
    let mut descriptor = model::Dict::new();
    descriptor.put("Type", Obj::name("FontDescriptor"));
    descriptor.put("FontName", Obj::name("HeiseiKakuGo-W5"));
    descriptor.put("Flags", Obj::int(4));
    descriptor.put("FontBBox", Obj::reals(&[-92.0, -250.0, 1010.0, 922.0]));
    descriptor.put("ItalicAngle", Obj::int(0));
    descriptor.put("Ascent", Obj::int(752));
    descriptor.put("Descent", Obj::int(-221));
    descriptor.put("CapHeight", Obj::int(737));
    descriptor.put("StemV", Obj::int(114));
    let descriptor = rebuilder.writer.put(Obj::Dict(descriptor));
    let mut inner = model::Dict::new();
    inner.put("Type", Obj::name("Font"));
    inner.put("Subtype", Obj::name("CIDFontType0"));
    inner.put("BaseFont", Obj::name("HeiseiKakuGo-W5"));
    inner.put("CIDSystemInfo", Obj::Dict(info));
    inner.put("FontDescriptor", Obj::Ref(descriptor));
    let inner = rebuilder.writer.put(Obj::Dict(inner));
    let mut font = model::Dict::new();
    font.put("Type", Obj::name("Font"));
    font.put("Subtype", Obj::name("Type0"));
    font.put("BaseFont", Obj::name("HeiseiKakuGo-W5-UniJIS-UTF16-H"));
    font.put("Encoding", Obj::name("UniJIS-UTF16-H"));
    font.put("DescendantFonts", Obj::Array(vec![Obj::Ref(inner)]));
    Obj::Ref(rebuilder.writer.put(Obj::Dict(font)))
}

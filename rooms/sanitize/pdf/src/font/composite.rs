//! Composite fonts (ISO 32000-2 §9.7): a character map and one CID font.

use hayro_syntax::object::{Array, Dict, Object};
use sanitize_core::Stop;

use super::{charmap, dict};
use crate::model::{self, Obj};
use crate::rebuild::{Rebuilder, Use};
use crate::write::Packing;
use crate::{filter, source};

/// Rebuilds a Type 0 font.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    font: &Dict<'a>,
) -> Result<Option<model::Dict>, Stop> {
    let descendant = match font.get::<Object<'a>>("DescendantFonts") {
        Some(Object::Array(list)) => list.iter::<Object<'a>>().next().and_then(Object::into_dict),
        Some(Object::Dict(one)) => Some(one),
        _ => None,
    };
    let Some(descendant) = descendant else { return Ok(None) };
    let inner = cid_font(rebuilder, &descendant)?;
    let inner = rebuilder.writer.put(Obj::Dict(inner));
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("Font"));
    new.put("Subtype", Obj::name("Type0"));
    let name = source::name_in(font, "BaseFont");
    if !name.is_empty() {
        new.put("BaseFont", Obj::name_of(&name));
    }
    let encoding = encoding(rebuilder, font)?.unwrap_or(Obj::name("Identity-H"));
    new.put("Encoding", encoding);
    new.put("DescendantFonts", Obj::Array(vec![Obj::Ref(inner)]));
    new.put_some("ToUnicode", dict::to_unicode(rebuilder, font)?);
    Ok(Some(new))
}

fn encoding<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    font: &Dict<'a>,
) -> Result<Option<Obj>, Stop> {
    let Some(found) = source::found(font, "Encoding") else { return Ok(None) };
    match &found.object {
        Object::Name(name) => {
            Ok(charmap::is_predefined(name.as_ref()).then(|| Obj::name_of(name.as_ref())))
        }
        Object::Stream(stream) => rebuilder.once(Use::CharacterMap, found.id, |rebuilder| {
            let data = filter::unpack(stream, rebuilder.job)?.bytes;
            let mut new = model::Dict::new();
            new.put("Type", Obj::name("CMap"));
            let name = source::name_in(stream.dict(), "CMapName");
            new.put(
                "CMapName",
                if name.is_empty() { Obj::name("Custom") } else { Obj::name_of(&name) },
            );
            new.put("CIDSystemInfo", Obj::Dict(system_info(stream.dict())));
            let vertical = source::int_of(stream.dict(), "WMode") == Some(1);
            if vertical {
                new.put("WMode", Obj::int(1));
            }
            let base = source::name_in(stream.dict(), "UseCMap");
            if charmap::is_predefined(&base) {
                new.put("UseCMap", Obj::name_of(&base));
            }
            let spelt = charmap::respell(&data);
            Ok(Some(Obj::Ref(rebuilder.writer.put_stream(new, spelt, Packing::Flate))))
        }),
        _ => Ok(None),
    }
}

fn system_info(owner: &Dict<'_>) -> model::Dict {
    let info = owner.get::<Dict<'_>>("CIDSystemInfo").unwrap_or_default();
    let text = |key: &str, other: &str| {
        let text = source::string_in(&info, key).filter(|text| text.len() <= NAME_BYTES_MAX);
        Obj::Str(text.unwrap_or_else(|| other.as_bytes().to_vec()))
    };
    let mut new = model::Dict::new();
    new.put("Registry", text("Registry", "Adobe"));
    new.put("Ordering", text("Ordering", "Identity"));
    new.put("Supplement", Obj::int(source::int_of(&info, "Supplement").unwrap_or(0)));
    new
}

/// §9.7.4.
fn cid_font<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    font: &Dict<'a>,
) -> Result<model::Dict, Stop> {
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("Font"));
    let outlines = source::name_in(font, "Subtype") == b"CIDFontType0";
    new.put("Subtype", Obj::name(if outlines { "CIDFontType0" } else { "CIDFontType2" }));
    let name = source::name_in(font, "BaseFont");
    if !name.is_empty() {
        new.put("BaseFont", Obj::name_of(&name));
    }
    new.put("CIDSystemInfo", Obj::Dict(system_info(font)));
    new.put_some("DW", source::real_of(font, "DW").map(Obj::real));
    new.put_some("W", metrics(rebuilder, font, "W")?);
    new.put_some("DW2", source::numbers::<2>(font, "DW2").map(|values| Obj::reals(&values)));
    new.put_some("W2", metrics(rebuilder, font, "W2")?);
    match source::found(font, "CIDToGIDMap") {
        Some(source::Found { object: Object::Name(_), .. }) => {
            new.put("CIDToGIDMap", Obj::name("Identity"));
        }
        Some(source::Found { id, object: Object::Stream(stream) }) => {
            let map = rebuilder.once(Use::CharacterMap, id, |rebuilder| {
                let mut map = filter::unpack(&stream, rebuilder.job)?.bytes;
                map.truncate((map.len() & !1).min(GLYPH_MAP_BYTES_MAX));
                let id = rebuilder.writer.put_stream(model::Dict::new(), map, Packing::Flate);
                Ok(Some(Obj::Ref(id)))
            })?;
            new.put_some("CIDToGIDMap", map);
        }
        _ => {}
    }
    new.put_some("FontDescriptor", dict::descriptor(rebuilder, font)?);
    Ok(new)
}

/// Numbers and arrays of numbers (§9.7.4.3).
fn metrics<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    font: &Dict<'a>,
    key: &str,
) -> Result<Option<Obj>, Stop> {
    let Some(list) = font.get::<Array<'a>>(key) else { return Ok(None) };
    let mut new = Vec::new();
    for item in list.iter::<Object<'a>>() {
        match item {
            Object::Number(number) => new.push(Obj::real(number.as_f64())),
            Object::Array(inner) => {
                let values = source::reals(&inner, METRICS_MAX);
                rebuilder.job.budget.take_objects(values.len() as u64)?;
                new.push(Obj::reals(&values));
            }
            _ => {}
        }
    }
    rebuilder.job.budget.take_objects(new.len() as u64)?;
    Ok(Some(Obj::Array(new)))
}

/// Two bytes for each of 65 536 CIDs.
const GLYPH_MAP_BYTES_MAX: usize = 131_072;
const METRICS_MAX: usize = 65_536 * 3;
const NAME_BYTES_MAX: usize = 127;

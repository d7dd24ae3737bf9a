//! What all kinds of fonts share: descriptors, encodings, ToUnicode maps.

use hayro_syntax::object::{Dict, Object};
use sanitize_core::{Fonts, Stop};

use super::{charmap, program};
use crate::model::{self, Obj};
use crate::rebuild::{Rebuilder, Use};
use crate::write::Packing;
use crate::{codes, filter, source};

/// Rebuilds a font descriptor (§9.8) with its font program.
pub fn descriptor<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    font: &Dict<'a>,
) -> Result<Option<Obj>, Stop> {
    let Some(dict) = font.get::<Dict<'a>>("FontDescriptor") else { return Ok(None) };
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("FontDescriptor"));
    let name = source::name_in(&dict, "FontName");
    if !name.is_empty() {
        new.put("FontName", Obj::name_of(&name));
    }
    new.put("Flags", Obj::int(source::int_of(&dict, "Flags").unwrap_or(4)));
    new.put_some("FontBBox", source::numbers::<4>(&dict, "FontBBox").map(|b| Obj::reals(&b)));
    for key in NUMBERS {
        new.put_some(key, source::real_of(&dict, key).map(Obj::real));
    }
    let stretch = source::name_in(&dict, "FontStretch");
    if !stretch.is_empty() && stretch.iter().all(u8::is_ascii_alphabetic) {
        new.put("FontStretch", Obj::name_of(&stretch));
    }
    if let Some((key, program)) = embedded(rebuilder, &dict)? {
        new.put(key, program);
    }
    Ok(Some(Obj::Ref(rebuilder.writer.put(Obj::Dict(new)))))
}

/// Rebuilds the embedded program, if there is one that can be checked.
fn embedded<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    descriptor: &Dict<'a>,
) -> Result<Option<(&'static str, Obj)>, Stop> {
    for key in ["FontFile", "FontFile2", "FontFile3"] {
        let Some(found) = source::found(descriptor, key) else { continue };
        let Object::Stream(stream) = &found.object else { continue };
        if rebuilder.job.policy.pdf.fonts == Fonts::Remove {
            rebuilder.report(&codes::FONT_REMOVED);
            return Ok(None);
        }
        if source::is_external(stream) {
            rebuilder.report(&codes::FILE_EXTERNAL);
            return Ok(None);
        }
        let mut place = "FontFile";
        let object = rebuilder.once(Use::FontProgram, found.id, |rebuilder| {
            let data = filter::unpack(stream, rebuilder.job)?.bytes;
            let Some(program) = program::rebuild(&data) else {
                rebuilder.report(&codes::FONT_BROKEN);
                return Ok(None);
            };
            if program.odd_matrix {
                rebuilder.report(&codes::FONT_MATRIX);
            }
            let (new_place, dict) = program.kind.place();
            let mut dict: model::Dict = dict;
            for (key, length) in ["Length1", "Length2", "Length3"].iter().zip(&program.lengths) {
                dict.put(key, Obj::int(*length as i64));
            }
            let id = rebuilder.writer.put_stream(dict, program.bytes, Packing::Flate);
            Ok(Some(Obj::Array(vec![Obj::name(new_place), Obj::Ref(id)])))
        })?;
        // The place goes with the object, so that a shared program keeps it.
        let Some(Obj::Array(pair)) = object else { return Ok(None) };
        let [Obj::Name(name), object] = pair.as_slice() else { return Ok(None) };
        for known in ["FontFile2", "FontFile3"] {
            if name.as_ref() == known.as_bytes() {
                place = known;
            }
        }
        return Ok(Some((place, object.clone())));
    }
    Ok(None)
}

/// Rebuilds a simple font's encoding (§9.6.5).
pub fn encoding<'a>(dict: &Dict<'a>) -> Option<Obj> {
    match dict.get::<Object<'a>>("Encoding")? {
        Object::Name(name) => {
            ENCODINGS.contains(&name.as_ref()).then(|| Obj::name_of(name.as_ref()))
        }
        Object::Dict(encoding) => {
            let mut new = model::Dict::new();
            new.put("Type", Obj::name("Encoding"));
            let base = source::name_in(&encoding, "BaseEncoding");
            if ENCODINGS.contains(&base.as_slice()) {
                new.put("BaseEncoding", Obj::name_of(&base));
            }
            if let Some(Object::Array(list)) = encoding.get::<Object<'a>>("Differences") {
                let items = list.iter::<Object<'a>>().take(DIFFERENCES_MAX);
                let items = items.filter_map(|item| match item {
                    Object::Number(code) => Some(Obj::int(code.as_i64().clamp(0, 255))),
                    Object::Name(name) => Some(Obj::name_of(name.as_ref())),
                    _ => None,
                });
                new.put("Differences", Obj::Array(items.collect()));
            }
            Some(Obj::Dict(new))
        }
        _ => None,
    }
}

/// The encoding of a font that forgot its own.
pub fn no_encoding() -> Obj {
    let mut new = model::Dict::new();
    new.put("Type", Obj::name("Encoding"));
    Obj::Dict(new)
}

/// Rebuilds a ToUnicode map (§9.10.3).
pub fn to_unicode<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
) -> Result<Option<Obj>, Stop> {
    let Some(found) = source::found(dict, "ToUnicode") else { return Ok(None) };
    match &found.object {
        Object::Name(name) if matches!(name.as_ref(), b"Identity-H" | b"Identity-V") => {
            Ok(Some(Obj::name_of(name.as_ref())))
        }
        Object::Stream(stream) => rebuilder.once(Use::CharacterMap, found.id, |rebuilder| {
            let data = filter::unpack(stream, rebuilder.job)?.bytes;
            let spelt = charmap::respell(&data);
            let id = rebuilder.writer.put_stream(model::Dict::new(), spelt, Packing::Flate);
            Ok(Some(Obj::Ref(id)))
        }),
        _ => Ok(None),
    }
}

/// Puts `FirstChar`, `LastChar` and `Widths` (§9.6.2).
pub fn widths<'a>(dict: &Dict<'a>, new: &mut model::Dict) {
    for key in ["FirstChar", "LastChar"] {
        new.put_some(key, source::int_of(dict, key).map(|code| Obj::int(code.clamp(0, 255))));
    }
    let widths = source::reals_in(dict, "Widths", WIDTHS_MAX);
    new.put_some("Widths", widths.map(|widths| Obj::reals(&widths)));
}

const NUMBERS: &[&str] = &[
    "ItalicAngle",
    "Ascent",
    "Descent",
    "Leading",
    "CapHeight",
    "XHeight",
    "StemV",
    "StemH",
    "AvgWidth",
    "MaxWidth",
    "MissingWidth",
    "FontWeight",
];
const ENCODINGS: &[&[u8]] = &[
    b"StandardEncoding",
    b"MacRomanEncoding",
    b"WinAnsiEncoding",
    b"MacExpertEncoding",
    b"PDFDocEncoding",
];
const DIFFERENCES_MAX: usize = 2048;
const WIDTHS_MAX: usize = 256;

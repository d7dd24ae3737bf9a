//! Colour spaces (ISO 32000-2 §8.6). Profiles never pass: an ICC-based space
//! becomes the device space of as many components.

use hayro_syntax::object::{Array, Dict, Object};
use sanitize_core::Stop;

use crate::content::Scope;
use crate::model::{self, Obj};
use crate::rebuild::Rebuilder;
use crate::resources::Category;
use crate::source::{self, Found};
use crate::{codes, filter, function};

/// A colour space of the new file.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// How it is written.
    pub object: Obj,
    /// Components of a colour in it.
    pub components: usize,
    /// What kind it is.
    pub family: Family,
}

/// The kinds of colour spaces that matter to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Grey, RGB or CMYK of the device, or calibrated.
    Plain,
    /// Colours by number.
    Indexed,
    /// Patterns.
    Pattern,
    /// Separation and DeviceN.
    Tint,
}

/// Says whether a name is a device colour space.
#[must_use]
pub fn is_device(name: &[u8]) -> bool {
    matches!(name, b"DeviceGray" | b"DeviceRGB" | b"DeviceCMYK")
}

/// Returns the device space of that many components.
#[must_use]
pub fn device(components: usize) -> Option<Space> {
    let name = match components {
        1 => "DeviceGray",
        3 => "DeviceRGB",
        4 => "DeviceCMYK",
        _ => return None,
    };
    Some(Space { object: Obj::name(name), components, family: Family::Plain })
}

/// Rebuilds a colour space. Names are looked up in `scope` where given.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    found: &Found<'a>,
    scope: Option<&Scope<'a>>,
) -> Result<Option<Space>, Stop> {
    match &found.object {
        Object::Name(name) => named(rebuilder, name.as_ref(), scope),
        Object::Array(list) => {
            if let Some(space) = found.id.and_then(|id| rebuilder.colors.get(&id)) {
                return Ok(Some(space.clone()));
            }
            let space = rebuilder.deeper(|rebuilder| array(rebuilder, list, scope))?;
            let Some(mut space) = space else { return Ok(None) };
            if let Some(id) = found.id {
                if matches!(space.object, Obj::Array(_)) {
                    space.object = Obj::Ref(rebuilder.writer.put(space.object));
                }
                rebuilder.colors.insert(id, space.clone());
            }
            Ok(Some(space))
        }
        // A bare profile stream, as some producers write it.
        Object::Stream(stream) => {
            Ok(source::int_of(stream.dict(), "N").and_then(|n| device(n.max(0) as usize)))
        }
        _ => Ok(None),
    }
}

fn named<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    name: &[u8],
    scope: Option<&Scope<'a>>,
) -> Result<Option<Space>, Stop> {
    Ok(match name {
        b"DeviceGray" | b"G" | b"CalGray" => device(1),
        b"DeviceRGB" | b"RGB" | b"CalRGB" => device(3),
        b"DeviceCMYK" | b"CMYK" | b"CalCMYK" => device(4),
        b"Pattern" => {
            Some(Space { object: Obj::name("Pattern"), components: 0, family: Family::Pattern })
        }
        other => {
            let found = scope.and_then(|scope| scope.find(Category::Color, other));
            match found {
                // A name that leads to a name could lead in a circle.
                Some(Found { object: Object::Name(name), .. }) => {
                    return named(rebuilder, name.as_ref(), None);
                }
                Some(found) => return rebuild(rebuilder, &found, None),
                None => None,
            }
        }
    })
}

fn array<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    list: &Array<'a>,
    scope: Option<&Scope<'a>>,
) -> Result<Option<Space>, Stop> {
    let parts = source::items(rebuilder.pdf, list, 5);
    let Some(first) = parts.first() else { return Ok(None) };
    match source::name_of(&first.object).as_slice() {
        b"CalGray" => Ok(calibrated(&parts, "CalGray", 1)),
        b"CalRGB" => Ok(calibrated(&parts, "CalRGB", 3)),
        b"Lab" => Ok(calibrated(&parts, "Lab", 3)),
        b"ICCBased" => profile(rebuilder, &parts),
        b"Indexed" | b"I" => indexed(rebuilder, &parts, scope),
        b"Separation" | b"DeviceN" => tint(rebuilder, &parts, scope),
        b"Pattern" => {
            let Some(base) = parts.get(1) else { return named(rebuilder, b"Pattern", None) };
            let base = rebuild(rebuilder, base, scope)?;
            Ok(base.map(|base| Space {
                object: Obj::Array(vec![Obj::name("Pattern"), base.object]),
                components: base.components,
                family: Family::Pattern,
            }))
        }
        name => named(rebuilder, name, scope),
    }
}

/// §8.6.5.2 to §8.6.5.4.
fn calibrated(parts: &[Found<'_>], name: &'static str, components: usize) -> Option<Space> {
    let dict = parts.get(1).and_then(|part| source::dict_of(&part.object)).unwrap_or_default();
    let Some(white) = source::numbers::<3>(&dict, "WhitePoint") else {
        return device(components);
    };
    let mut new = model::Dict::new();
    new.put("WhitePoint", Obj::reals(&white));
    new.put_some("BlackPoint", source::numbers::<3>(&dict, "BlackPoint").map(|v| Obj::reals(&v)));
    match name {
        "CalGray" => new.put_some("Gamma", source::real_of(&dict, "Gamma").map(Obj::real)),
        "CalRGB" => {
            new.put_some("Gamma", source::numbers::<3>(&dict, "Gamma").map(|v| Obj::reals(&v)));
            new.put_some("Matrix", source::numbers::<9>(&dict, "Matrix").map(|v| Obj::reals(&v)));
        }
        _ => new.put_some("Range", source::numbers::<4>(&dict, "Range").map(|v| Obj::reals(&v))),
    }
    let object = Obj::Array(vec![Obj::name(name), Obj::Dict(new)]);
    Some(Space { object, components, family: Family::Plain })
}

/// §8.6.5.5: the alternate where it is calibrated, else the device space.
fn profile<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    parts: &[Found<'a>],
) -> Result<Option<Space>, Stop> {
    let Some(Object::Stream(stream)) = parts.get(1).map(|part| &part.object) else {
        return Ok(None);
    };
    let dict = stream.dict();
    let count = source::int_of(dict, "N").unwrap_or(0).clamp(0, 32) as usize;
    if let Some(alternate) = source::found(dict, "Alternate")
        && matches!(&alternate.object, Object::Array(list) if is_lab(list))
        && let Some(space) = rebuild(rebuilder, &alternate, None)?
        && space.components == count
    {
        return Ok(Some(space));
    }
    rebuilder.job.removed(&codes::PROFILE, "");
    Ok(device(count))
}

fn is_lab(list: &Array<'_>) -> bool {
    list.iter::<Object<'_>>().next().is_some_and(|name| source::name_of(&name) == b"Lab")
}

/// §8.6.6.3. The table becomes a string of just the right length.
fn indexed<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    parts: &[Found<'a>],
    scope: Option<&Scope<'a>>,
) -> Result<Option<Space>, Stop> {
    let [_, base, Found { object: Object::Number(highest), .. }, table, ..] = parts else {
        return Ok(None);
    };
    let Some(base) = rebuild(rebuilder, base, scope)? else { return Ok(None) };
    if matches!(base.family, Family::Indexed | Family::Pattern) {
        return Ok(None);
    }
    let table = match &table.object {
        Object::String(text) => text.as_bytes().to_vec(),
        Object::Stream(stream) => filter::unpack(stream, rebuilder.job)?.bytes,
        _ => return Ok(None),
    };
    Ok(Some(self::table(base, highest.as_i64(), table)))
}

/// Makes an indexed space over `base`, its table cut or filled to its length.
#[must_use]
pub fn table(base: Space, highest: i64, mut table: Vec<u8>) -> Space {
    let highest = highest.clamp(0, 255);
    table.resize((highest as usize + 1) * base.components, 0);
    let object =
        Obj::Array(vec![Obj::name("Indexed"), base.object, Obj::int(highest), Obj::Str(table)]);
    Space { object, components: 1, family: Family::Indexed }
}

/// §8.6.6.4 and §8.6.6.5; attributes of DeviceN are for separations only.
fn tint<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    parts: &[Found<'a>],
    scope: Option<&Scope<'a>>,
) -> Result<Option<Space>, Stop> {
    let [_, names, alternate, transform, ..] = parts else { return Ok(None) };
    let (kind, names, components) = match &names.object {
        Object::Name(name) => ("Separation", Obj::name_of(name.as_ref()), 1),
        Object::Array(list) => {
            let names: Vec<Obj> = list
                .iter::<Object<'a>>()
                .take(32)
                .map(|name| Obj::name_of(&source::name_of(&name)))
                .collect();
            let count = names.len();
            ("DeviceN", Obj::Array(names), count)
        }
        _ => return Ok(None),
    };
    let Some(alternate) = rebuild(rebuilder, alternate, scope)? else { return Ok(None) };
    if alternate.family == Family::Pattern || components == 0 {
        return Ok(None);
    }
    let Some(transform) = function::rebuild(rebuilder, transform)? else { return Ok(None) };
    let object = Obj::Array(vec![Obj::name(kind), names, alternate.object, transform]);
    Ok(Some(Space { object, components, family: Family::Tint }))
}

/// Rebuilds an entry that names or holds a colour space.
///
/// # Errors
/// Stops at limits.
pub fn rebuild_in<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    key: &str,
    scope: &Scope<'a>,
) -> Result<Option<Space>, Stop> {
    match source::found(dict, key) {
        Some(found) => rebuild(rebuilder, &found, Some(scope)),
        None => Ok(None),
    }
}

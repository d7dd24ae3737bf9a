//! Named resources (ISO 32000-2 §7.8.3): finds what a content stream names and
//! hands it to the module that rebuilds its kind.

use hayro_syntax::object::{Array, Dict, Object};
use sanitize_core::Stop;

use crate::content::Scope;
use crate::model::{self, Obj};
use crate::rebuild::{Rebuilder, Use};
use crate::source::{self, Found};
use crate::{codes, color, font, form, function, pattern, picture, shading};

/// The kinds of named resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// `ExtGState`.
    State,
    /// `ColorSpace`.
    Color,
    /// `Pattern`.
    Pattern,
    /// `Shading`.
    Shading,
    /// `XObject`.
    External,
    /// `Font`.
    Font,
    /// `Properties`; read, never written.
    Properties,
}

impl Category {
    /// How many categories there are.
    pub const COUNT: usize = 7;
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; Self::COUNT] = [
        Self::State,
        Self::Color,
        Self::Pattern,
        Self::Shading,
        Self::External,
        Self::Font,
        Self::Properties,
    ];

    /// Returns the key in a resource dictionary.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::State => "ExtGState",
            Self::Color => "ColorSpace",
            Self::Pattern => "Pattern",
            Self::Shading => "Shading",
            Self::External => "XObject",
            Self::Font => "Font",
            Self::Properties => "Properties",
        }
    }

    /// Makes the name of the `index`-th resource.
    #[must_use]
    pub fn name(self, index: usize) -> Vec<u8> {
        let letter = match self {
            Self::State => "G",
            Self::Color => "C",
            Self::Pattern => "P",
            Self::Shading => "S",
            Self::External => "X",
            Self::Font => "F",
            Self::Properties => "M",
        };
        format!("{letter}{index}").into_bytes()
    }
}

/// Rebuilds the resource of that name; `None` where there is nothing usable.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    category: Category,
    name: &[u8],
    scope: &Scope<'a>,
) -> Result<Option<Obj>, Stop> {
    let found = scope.find(category, name);
    match category {
        Category::Font => match found {
            Some(found) => font::rebuild(rebuilder, &found, scope),
            None => font::fallback(rebuilder).map(Some),
        },
        Category::Color => {
            let Some(found) = found else { return Ok(None) };
            Ok(color::rebuild(rebuilder, &found, Some(scope))?.map(|space| space.object))
        }
        Category::State => with(found, |found| state(rebuilder, found)),
        Category::Pattern => with(found, |found| pattern::rebuild(rebuilder, found, scope)),
        Category::Shading => with(found, |found| shading::rebuild(rebuilder, found, scope)),
        Category::External => with(found, |found| external(rebuilder, found, scope)),
        Category::Properties => Ok(None),
    }
}

fn with<'a>(
    found: Option<Found<'a>>,
    work: impl FnOnce(&Found<'a>) -> Result<Option<Obj>, Stop>,
) -> Result<Option<Obj>, Stop> {
    match found {
        Some(found) => work(&found),
        None => Ok(None),
    }
}

/// Rebuilds a form or image XObject (§8.8).
fn external<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    found: &Found<'a>,
    scope: &Scope<'a>,
) -> Result<Option<Obj>, Stop> {
    let Object::Stream(stream) = &found.object else { return Ok(None) };
    if let Some(layer) = source::found(stream.dict(), "OC")
        && let Some(dict) = source::dict_of(&layer.object)
        && !rebuilder.layers.shows(rebuilder.pdf, layer.id, &dict)
    {
        rebuilder.report(&codes::LAYER_HIDDEN);
        return Ok(None);
    }
    let kind = source::name_in(stream.dict(), "Subtype");
    match kind.as_slice() {
        b"Image" => rebuilder
            .once(Use::External, found.id, |rebuilder| picture::rebuild(rebuilder, stream, scope)),
        b"PS" => {
            rebuilder.report(&codes::POSTSCRIPT);
            Ok(None)
        }
        // Some producers forget the subtype; viewers then take it for a form.
        _ => rebuilder
            .once(Use::External, found.id, |rebuilder| form::rebuild(rebuilder, stream, scope)),
    }
}

/// Rebuilds an extended graphics state (§8.4.5).
fn state<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    found: &Found<'a>,
) -> Result<Option<Obj>, Stop> {
    let Object::Dict(dict) = &found.object else { return Ok(None) };
    rebuilder.once(Use::State, found.id, |rebuilder| {
        let state = state_dict(rebuilder, dict)?;
        Ok(Some(Obj::Ref(rebuilder.writer.put(Obj::Dict(state)))))
    })
}

/// Rebuilds the entries of an extended graphics state.
///
/// # Errors
/// Stops at limits.
pub fn state_dict<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
) -> Result<model::Dict, Stop> {
    if dict.keys().any(|key| !STATE_KEYS.contains(&key.as_ref())) {
        rebuilder.report(&codes::RESOURCE_KEY);
    }
    let mut new = model::Dict::new();
    for key in ["LW", "LC", "LJ", "ML", "OPM", "FL", "SM", "CA", "ca"] {
        new.put_some(key, source::real_of(dict, key).map(Obj::real));
    }
    for key in ["OP", "op", "SA", "AIS", "TK"] {
        new.put_some(key, source::bool_of(dict, key).map(Obj::Bool));
    }
    let intent = source::name_in(dict, "RI");
    if INTENTS.contains(&intent.as_slice()) {
        new.put("RI", Obj::name_of(&intent));
    }
    if let Some(dash) = dict.get::<Array<'a>>("D") {
        let mut parts = dash.iter::<Object<'a>>();
        if let (Some(Object::Array(pattern)), Some(Object::Number(phase))) =
            (parts.next(), parts.next())
        {
            let pattern = Obj::reals(&source::reals(&pattern, DASHES_MAX));
            new.put("D", Obj::Array(vec![pattern, Obj::real(phase.as_f64())]));
        }
    }
    if let Some(list) = dict.get::<Array<'a>>("Font") {
        let parts = source::items(rebuilder.pdf, &list, 2);
        if let [font, Found { object: Object::Number(size), .. }] = parts.as_slice() {
            let scope = Scope { resources: Vec::new() };
            if let Some(font) = font::rebuild(rebuilder, font, &scope)? {
                new.put("Font", Obj::Array(vec![font, Obj::real(size.as_f64())]));
            }
        }
    }
    new.put_some("BM", blend_mode(dict));
    for key in ["TR", "TR2"] {
        new.put_some(key, transfer(rebuilder, dict, key)?);
    }
    new.put_some("SMask", soft_mask(rebuilder, dict)?);
    Ok(new)
}

fn blend_mode(dict: &Dict<'_>) -> Option<Obj> {
    let known = |name: Vec<u8>| BLEND_MODES.contains(&name.as_slice()).then(|| Obj::name_of(&name));
    match dict.get::<Object<'_>>("BM")? {
        Object::Array(list) => {
            list.iter::<Object<'_>>().take(16).find_map(|item| known(source::name_of(&item)))
        }
        other => known(source::name_of(&other)),
    }
}

/// A transfer function: `Identity`, `Default`, one function or four.
fn transfer<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    key: &str,
) -> Result<Option<Obj>, Stop> {
    let Some(found) = source::found(dict, key) else { return Ok(None) };
    match &found.object {
        Object::Name(name) if matches!(name.as_ref(), b"Identity" | b"Default") => {
            Ok(Some(Obj::name_of(name.as_ref())))
        }
        Object::Array(list) => {
            let mut new = Vec::new();
            for item in source::items(rebuilder.pdf, list, 4) {
                let function = match &item.object {
                    Object::Name(_) => Some(Obj::name("Identity")),
                    _ => function::rebuild(rebuilder, &item)?,
                };
                let Some(function) = function else { return Ok(None) };
                new.push(function);
            }
            Ok((new.len() == 4).then_some(Obj::Array(new)))
        }
        _ => function::rebuild(rebuilder, &found),
    }
}

/// Rebuilds a soft-mask dictionary (§11.6.5.1).
fn soft_mask<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
) -> Result<Option<Obj>, Stop> {
    match dict.get::<Object<'a>>("SMask") {
        Some(Object::Name(_)) => Ok(Some(Obj::name("None"))),
        Some(Object::Dict(mask)) => {
            let Some(group) = source::found(&mask, "G") else { return Ok(None) };
            let Object::Stream(stream) = &group.object else { return Ok(None) };
            let scope = Scope { resources: Vec::new() };
            let group = rebuilder.once(Use::External, group.id, |rebuilder| {
                form::rebuild(rebuilder, stream, &scope)
            })?;
            let Some(group) = group else { return Ok(None) };
            let mut new = model::Dict::new();
            let alpha = source::name_in(&mask, "S") == b"Alpha";
            new.put("S", Obj::name(if alpha { "Alpha" } else { "Luminosity" }));
            new.put("G", group);
            new.put_some("BC", source::reals_in(&mask, "BC", 32).map(|bc| Obj::reals(&bc)));
            new.put_some("TR", transfer(rebuilder, &mask, "TR")?);
            Ok(Some(Obj::Dict(new)))
        }
        _ => Ok(None),
    }
}

/// Rendering intents (§8.6.5.8).
pub const INTENTS: &[&[u8]] =
    &[b"AbsoluteColorimetric", b"RelativeColorimetric", b"Saturation", b"Perceptual"];
/// Blend modes (§11.3.5).
const BLEND_MODES: &[&[u8]] = &[
    b"Normal",
    b"Compatible",
    b"Multiply",
    b"Screen",
    b"Overlay",
    b"Darken",
    b"Lighten",
    b"ColorDodge",
    b"ColorBurn",
    b"HardLight",
    b"SoftLight",
    b"Difference",
    b"Exclusion",
    b"Hue",
    b"Saturation",
    b"Color",
    b"Luminosity",
];
/// Every entry that §8.4.5 knows; those for the press are dropped unsaid.
const STATE_KEYS: &[&[u8]] = &[
    b"Type",
    b"LW",
    b"LC",
    b"LJ",
    b"ML",
    b"D",
    b"RI",
    b"OP",
    b"op",
    b"OPM",
    b"Font",
    b"BG",
    b"BG2",
    b"UCR",
    b"UCR2",
    b"TR",
    b"TR2",
    b"HT",
    b"HTO",
    b"FL",
    b"SM",
    b"SA",
    b"BM",
    b"SMask",
    b"CA",
    b"ca",
    b"AIS",
    b"TK",
    b"UseBlackPtComp",
    b"Name",
];
const DASHES_MAX: usize = 256;

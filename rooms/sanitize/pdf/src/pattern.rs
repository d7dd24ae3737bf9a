//! Patterns (ISO 32000-2 §8.7): tiles are rewritten as content, shadings by
//! their own module.

use hayro_syntax::object::{Dict, Object};
use sanitize_core::Stop;

use crate::content::{Names, Scope, rewrite};
use crate::model::{self, Obj};
use crate::rebuild::{Aim, Rebuilder, Use};
use crate::source::{self, Found};
use crate::write::Packing;
use crate::{codes, filter, form, resources, shading};

/// Rebuilds a pattern.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    found: &Found<'a>,
    scope: &Scope<'a>,
) -> Result<Option<Obj>, Stop> {
    let Some(dict) = source::dict_of(&found.object) else { return Ok(None) };
    rebuilder.once(Use::Pattern, found.id, |rebuilder| {
        let mut new = model::Dict::new();
        new.put("Type", Obj::name("Pattern"));
        let numbers = source::numbers::<6>(&dict, "Matrix");
        let matrix = numbers.map(|m| Obj::reals(&m));
        if source::int_of(&dict, "PatternType") == Some(2) {
            new.put("PatternType", Obj::int(2));
            new.put_some("Matrix", matrix);
            let Some(inner) = source::found(&dict, "Shading") else { return Ok(None) };
            let Some(inner) = shading::rebuild(rebuilder, &inner, scope)? else { return Ok(None) };
            let mesh_bytes = rebuilder.meshes.bytes(&inner);
            new.put("Shading", inner);
            if let Some(state) = dict.get::<Dict<'a>>("ExtGState") {
                new.put("ExtGState", Obj::Dict(resources::state_dict(rebuilder, &state)?));
            }
            let id = rebuilder.writer.put(Obj::Dict(new));
            if let Some(bytes) = mesh_bytes {
                rebuilder.meshes.note(id, bytes);
            }
            return Ok(Some(Obj::Ref(id)));
        }
        let Object::Stream(stream) = &found.object else { return Ok(None) };
        let is_flat = rebuilder.aim == Aim::Draw && numbers.is_some_and(|m| is_flat(&m));
        if is_flat || copies(&dict) > COPIES_MAX {
            rebuilder.report(&codes::PATTERN_TOO_LARGE);
            return Ok(None);
        }
        new.put("PatternType", Obj::int(1));
        let paint = if source::int_of(&dict, "PaintType") == Some(2) { 2 } else { 1 };
        let tiling = source::int_of(&dict, "TilingType").unwrap_or(1).clamp(1, 3);
        new.put("PaintType", Obj::int(paint));
        new.put("TilingType", Obj::int(tiling));
        new.put_some("BBox", source::numbers::<4>(&dict, "BBox").map(|b| Obj::reals(&b)));
        for key in ["XStep", "YStep"] {
            new.put_some(key, source::real_of(&dict, key).map(Obj::real));
        }
        new.put_some("Matrix", matrix);
        let content = filter::unpack(stream, rebuilder.job)?;
        let mut names = Names::default();
        let scope = form::inner_scope(&dict, scope);
        let content = rewrite(rebuilder, &content.bytes, &scope, &mut names)?.bytes;
        new.put("Resources", Obj::Dict(names.dict()));
        Ok(Some(Obj::Ref(rebuilder.writer.put_stream(new, content, Packing::Flate))))
    })
}

/// How many tiles lie over each other: each of them is drawn for every step.
fn copies(dict: &Dict<'_>) -> f64 {
    let [x0, y0, x1, y1] = source::rect_in(dict, "BBox").unwrap_or_default();
    let along = |size: f64, key: &str| {
        let step = source::real_of(dict, key).unwrap_or(0.0).abs();
        if step > 0.0 { (size / step).max(1.0) } else { 1.0 }
    };
    along(x1 - x0, "XStep") * along(y1 - y0, "YStep")
}

/// Says whether the axes of a matrix nearly fall together: the drawing library
/// then makes a tile many times the page's size.
fn is_flat([a, b, c, d, _, _]: &[f64; 6]) -> bool {
    let sizes = a.hypot(*b) * c.hypot(*d);
    (a * d - b * c).abs() < sizes * FLAT_SINE
}

/// Tiles over each other: a quarter of a second's work.
const COPIES_MAX: f64 = 100_000.0;
/// The sine of the least angle between the axes, some 14 degrees.
const FLAT_SINE: f64 = 0.25;

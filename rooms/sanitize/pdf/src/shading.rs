//! Shadings (ISO 32000-2 §8.7.4.5), each type from its own allow-list.

mod mesh;

use hayro_syntax::object::Object;
use sanitize_core::Stop;

use crate::content::Scope;
use crate::model::{self, Obj};
use crate::rebuild::{Aim, Rebuilder, Use};
use crate::source::{self, Found};
use crate::write::Packing;
use crate::{codes, color, filter, function};

/// Rebuilds a shading.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    found: &Found<'a>,
    scope: &Scope<'a>,
) -> Result<Option<Obj>, Stop> {
    let Some(dict) = source::dict_of(&found.object) else { return Ok(None) };
    rebuilder.once(Use::Shading, found.id, |rebuilder| {
        let kind = source::int_of(&dict, "ShadingType").unwrap_or(0);
        let Some(space) = color::rebuild_in(rebuilder, &dict, "ColorSpace", scope)? else {
            return Ok(None);
        };
        let components = space.components;
        let mut new = model::Dict::new();
        new.put("ShadingType", Obj::int(kind));
        new.put("ColorSpace", space.object);
        for (key, max) in [("Background", 32), ("BBox", 4)] {
            new.put_some(key, source::reals_in(&dict, key, max).map(|v| Obj::reals(&v)));
        }
        new.put_some("AntiAlias", source::bool_of(&dict, "AntiAlias").map(Obj::Bool));
        let function = function::rebuild_in(rebuilder, &dict, "Function")?;
        let colors = if function.is_some() { 1 } else { components };
        new.put_some("Function", function);
        let arrays: &[&'static str] = match kind {
            1 => &["Domain", "Matrix"],
            2 | 3 => &["Coords", "Domain"],
            4..=7 => &[],
            _ => return Ok(None),
        };
        for key in arrays {
            new.put_some(key, source::reals_in(&dict, key, NUMBERS_MAX).map(|v| Obj::reals(&v)));
        }
        if kind < 4 {
            if let Some(Object::Array(list)) = dict.get::<Object<'a>>("Extend") {
                let flags = list.iter::<Object<'a>>().take(2);
                let flags = flags.map(|f| Obj::Bool(matches!(f, Object::Boolean(true)))).collect();
                new.put("Extend", Obj::Array(flags));
            }
            return Ok(Some(Obj::Ref(rebuilder.writer.put(Obj::Dict(new)))));
        }
        let Object::Stream(stream) = &found.object else { return Ok(None) };
        let Some(layout) = mesh::Layout::read(&dict, kind, colors) else {
            rebuilder.report(&codes::CONTENT_BROKEN);
            return Ok(None);
        };
        layout.put(&mut new);
        let data = filter::unpack(stream, rebuilder.job)?.bytes;
        let bytes = layout.size(&data).bytes(layout.colors());
        if rebuilder.aim == Aim::Draw && bytes > MESH_BYTES_MAX {
            rebuilder.report(&codes::MESH_TOO_LARGE);
            return Ok(None);
        }
        let id = rebuilder.writer.put_stream(new, data, Packing::Flate);
        if rebuilder.aim == Aim::Draw {
            rebuilder.meshes.note(id, bytes);
        }
        Ok(Some(Obj::Ref(id)))
    })
}

/// Numbers of one entry of a shading.
const NUMBERS_MAX: usize = 80;
/// What the triangles of one mesh may take when it is drawn: half a million.
const MESH_BYTES_MAX: u64 = 120 << 20;

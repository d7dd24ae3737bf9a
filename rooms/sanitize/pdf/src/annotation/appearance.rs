//! Draws an annotation's own appearance onto the page (ISO 32000-2 §12.5.5).

use hayro_syntax::object::{Dict, ObjRef, Object, Stream};
use sanitize_core::Stop;

use crate::content::{Names, Scope};
use crate::form;
use crate::model::{Num, spell_name};
use crate::rebuild::{Rebuilder, Use};
use crate::resources::Category;
use crate::source;

/// Returns content that draws the normal appearance; `None` without one.
pub fn of<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    names: &mut Names,
) -> Result<Option<Vec<u8>>, Stop> {
    let Some((id, stream)) = normal(dict) else { return Ok(None) };
    let Some(rect) = source::rect_in(dict, "Rect") else { return Ok(None) };
    let inner = stream.dict();
    let bbox =
        source::rect_in(inner, "BBox").unwrap_or([0.0, 0.0, rect[2] - rect[0], rect[3] - rect[1]]);
    let matrix = source::numbers::<6>(inner, "Matrix").unwrap_or(IDENTITY);
    let Some(placed) = place(bbox, matrix, rect) else { return Ok(None) };
    let scope = Scope { resources: Vec::new() };
    let form =
        rebuilder.once(Use::External, id, |rebuilder| form::rebuild(rebuilder, &stream, &scope))?;
    let Some(form) = form else { return Ok(None) };
    let name = names.add(Category::External, form);
    let mut out = b"q\n".to_vec();
    for number in placed {
        Num::real(number).spell(&mut out);
        out.push(b' ');
    }
    out.extend_from_slice(b"cm\n");
    spell_name(&name, &mut out);
    out.extend_from_slice(b" Do\nQ\n");
    Ok(Some(out))
}

/// Finds the normal appearance for the annotation's state.
fn normal<'a>(dict: &Dict<'a>) -> Option<(Option<ObjRef>, Stream<'a>)> {
    let appearances = dict.get::<Dict<'a>>("AP")?;
    let found = source::found(&appearances, "N")?;
    match found.object {
        Object::Stream(stream) => Some((found.id, stream)),
        Object::Dict(states) => {
            let mut state = source::name_in(dict, "AS");
            if state.is_empty() {
                let parent = dict.get::<Dict<'a>>("Parent").unwrap_or_default();
                let value = [source::name_in(dict, "V"), source::name_in(&parent, "V")];
                let value = value.into_iter().find(|v| !v.is_empty() && states.contains_key(v));
                state = value.unwrap_or_else(|| b"Off".to_vec());
            }
            let found = source::found(&states, &state)?;
            Some((found.id, found.object.into_stream()?))
        }
        _ => None,
    }
}

/// Algorithm 8.1: maps the transformed box onto the rectangle.
fn place(bbox: [f64; 4], m: [f64; 6], rect: [f64; 4]) -> Option<[f64; 6]> {
    let corners = [(bbox[0], bbox[1]), (bbox[2], bbox[1]), (bbox[0], bbox[3]), (bbox[2], bbox[3])];
    let mut low = (f64::MAX, f64::MAX);
    let mut high = (f64::MIN, f64::MIN);
    for (x, y) in corners {
        let (tx, ty) = (m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]);
        low = (low.0.min(tx), low.1.min(ty));
        high = (high.0.max(tx), high.1.max(ty));
    }
    let (width, height) = (high.0 - low.0, high.1 - low.1);
    if width <= 0.0 || height <= 0.0 {
        return None;
    }
    let (sx, sy) = ((rect[2] - rect[0]) / width, (rect[3] - rect[1]) / height);
    if sx == 0.0 || sy == 0.0 {
        return None;
    }
    Some([sx, 0.0, 0.0, sy, rect[0] - low.0 * sx, rect[1] - low.1 * sy])
}

const IDENTITY: [f64; 6] = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

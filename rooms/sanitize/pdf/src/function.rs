//! Functions (ISO 32000-2 §7.10), each type from its own allow-list. Programs
//! of the PostScript calculator are parsed and spelt anew.

mod calculator;

use hayro_syntax::object::{Array, Dict, Object, Stream};
use sanitize_core::Stop;

use crate::filter;
use crate::model::{self, Obj};
use crate::rebuild::{Rebuilder, Use};
use crate::source::{self, Found};
use crate::write::Packing;

/// Rebuilds a function; `None` where it is unusable.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    found: &Found<'a>,
) -> Result<Option<Obj>, Stop> {
    let Some(dict) = source::dict_of(&found.object) else { return Ok(None) };
    rebuilder.once(Use::Function, found.id, |rebuilder| {
        let kind = source::int_of(&dict, "FunctionType").unwrap_or(-1);
        let mut new = model::Dict::new();
        new.put("FunctionType", Obj::int(kind));
        let Some(domain) = source::reals_in(&dict, "Domain", VALUES_MAX) else { return Ok(None) };
        new.put("Domain", Obj::reals(&domain));
        let range = source::reals_in(&dict, "Range", VALUES_MAX);
        new.put_some("Range", range.as_ref().map(|range| Obj::reals(range)));
        match (kind, &found.object) {
            (0, Object::Stream(stream)) => {
                let outputs = range.map_or(0, |range| range.len() / 2);
                sampled(rebuilder, stream, new, outputs)
            }
            (2, _) => Ok(Some(exponential(rebuilder, &dict, new))),
            (3, _) => stitched(rebuilder, &dict, new),
            (4, Object::Stream(stream)) => {
                let program = filter::unpack(stream, rebuilder.job)?.bytes;
                let Some(program) = calculator::respell(&program) else { return Ok(None) };
                let id = rebuilder.writer.put_stream(new, program, Packing::Flate);
                Ok(Some(Obj::Ref(id)))
            }
            _ => Ok(None),
        }
    })
}

/// Rebuilds one function or an array of functions.
///
/// # Errors
/// Stops at limits.
pub fn rebuild_in<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    key: &str,
) -> Result<Option<Obj>, Stop> {
    let Some(found) = source::found(dict, key) else { return Ok(None) };
    let Object::Array(list) = &found.object else { return rebuild(rebuilder, &found) };
    let mut new = Vec::new();
    for item in source::items(rebuilder.pdf, list, 32) {
        match rebuild(rebuilder, &item)? {
            Some(function) => new.push(function),
            None => return Ok(None),
        }
    }
    Ok((!new.is_empty()).then_some(Obj::Array(new)))
}

/// §7.10.2.
fn sampled<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    stream: &Stream<'a>,
    mut new: model::Dict,
    outputs: usize,
) -> Result<Option<Obj>, Stop> {
    let dict = stream.dict();
    let size: Vec<i64> = match dict.get::<Object<'a>>("Size") {
        Some(Object::Array(list)) => {
            source::reals(&list, 16).iter().map(|v| (*v as i64).clamp(1, 1 << 20)).collect()
        }
        Some(Object::Number(one)) => vec![one.as_i64().clamp(1, 1 << 20)],
        _ => return Ok(None),
    };
    let bits = source::int_of(dict, "BitsPerSample").unwrap_or(8);
    if ![1, 2, 4, 8, 12, 16, 24, 32].contains(&bits) || outputs == 0 {
        return Ok(None);
    }
    let samples = size.iter().try_fold(outputs as u64, |sum, n| sum.checked_mul(*n as u64));
    let Some(need) = samples.and_then(|n| n.checked_mul(bits as u64)).map(|n| n.div_ceil(8)) else {
        return Ok(None);
    };
    let mut data = filter::unpack(stream, rebuilder.job)?.bytes;
    if need > SAMPLES_BYTES_MAX {
        return Ok(None);
    }
    data.resize(need as usize, 0);
    new.put("Size", Obj::Array(size.iter().map(|n| Obj::int(*n)).collect()));
    new.put("BitsPerSample", Obj::int(bits));
    for key in ["Encode", "Decode"] {
        let values = source::reals_in(dict, key, VALUES_MAX);
        new.put_some(key, values.map(|values| Obj::reals(&values)));
    }
    Ok(Some(Obj::Ref(rebuilder.writer.put_stream(new, data, Packing::Flate))))
}

/// §7.10.3.
fn exponential(
    rebuilder: &mut Rebuilder<'_, '_, '_>,
    dict: &Dict<'_>,
    mut new: model::Dict,
) -> Obj {
    for key in ["C0", "C1"] {
        let values = source::reals_in(dict, key, VALUES_MAX);
        new.put_some(key, values.map(|values| Obj::reals(&values)));
    }
    new.put("N", Obj::real(source::real_of(dict, "N").unwrap_or(1.0)));
    Obj::Ref(rebuilder.writer.put(Obj::Dict(new)))
}

/// §7.10.4.
fn stitched<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    mut new: model::Dict,
) -> Result<Option<Obj>, Stop> {
    let Some(list) = dict.get::<Array<'a>>("Functions") else { return Ok(None) };
    let mut functions = Vec::new();
    for item in source::items(rebuilder.pdf, &list, STITCHES_MAX) {
        let Some(function) = rebuild(rebuilder, &item)? else { return Ok(None) };
        functions.push(function);
    }
    if functions.is_empty() {
        return Ok(None);
    }
    new.put("Functions", Obj::Array(functions));
    for key in ["Bounds", "Encode"] {
        let values = source::reals_in(dict, key, STITCHES_MAX * 2).unwrap_or_default();
        new.put(key, Obj::reals(&values));
    }
    Ok(Some(Obj::Ref(rebuilder.writer.put(Obj::Dict(new)))))
}

/// Numbers in one array of a function.
const VALUES_MAX: usize = 128;
/// Functions in one stitching function.
const STITCHES_MAX: usize = 4096;
/// Bytes of one sampled function.
const SAMPLES_BYTES_MAX: u64 = 64 << 20;

//! Unpacks the filters that carry bytes (Flate, LZW, ASCII85, ASCIIHex, run
//! length) under a hard ceiling. Knows nothing of pictures: a picture filter
//! ends the chain and is handed back by name.

mod ascii;
mod lzw;
mod predictor;

use std::io::Read as _;

use flate2::bufread::{DeflateDecoder, ZlibDecoder};
use hayro_syntax::object::{Array, Dict, Object, Stream};
use sanitize_core::{Job, Stop};

use crate::source::{int_of, name_of};
pub use predictor::Predictor;

/// The parameters of a picture filter (ISO 32000-2 §7.4.6 to §7.4.9).
#[derive(Clone, Default)]
pub struct Params<'a> {
    /// The parameter dictionary as it was found.
    pub dict: Dict<'a>,
}

/// The filter of a picture, which ends a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// `DCTDecode`.
    Dct,
    /// `JPXDecode`.
    Jpx,
    /// `JBIG2Decode`.
    Jbig2,
    /// `CCITTFaxDecode`.
    Ccitt,
}

/// What came out of a filter chain.
pub struct Unpacked<'a> {
    /// The bytes; still in the picture's coding where `picture` is set.
    pub bytes: Vec<u8>,
    /// The picture filter that remains, with its parameters.
    pub picture: Option<(Picture, Params<'a>)>,
    /// Whether rows were packed by a PNG or TIFF predictor.
    pub predicted: bool,
    /// Whether a filter broke off before its end.
    pub damaged: bool,
}

/// One step of a chain: name and parameters.
pub type Step<'a> = (Vec<u8>, Dict<'a>);

/// Unpacks a stream of the source.
///
/// # Errors
/// Stops when the budget's ceiling is reached.
pub fn unpack<'a>(stream: &Stream<'a>, job: &mut Job<'_>) -> Result<Unpacked<'a>, Stop> {
    let steps = steps(stream.dict());
    let raw = stream.raw_data();
    unpack_steps(&raw, &steps, job)
}

/// Unpacks bytes through the given steps.
///
/// # Errors
/// Stops when the budget's ceiling is reached.
pub fn unpack_steps<'a>(
    raw: &[u8],
    steps: &[Step<'a>],
    job: &mut Job<'_>,
) -> Result<Unpacked<'a>, Stop> {
    let mut out = Unpacked { bytes: Vec::new(), picture: None, predicted: false, damaged: false };
    let mut current: Option<Vec<u8>> = None;
    for (name, params) in steps.iter().take(CHAIN_MAX) {
        let input = current.as_deref().unwrap_or(raw);
        let ceiling = job.budget.bytes_left();
        let next = match name.as_slice() {
            b"FlateDecode" | b"Fl" => {
                let bytes = flate(input, ceiling, &mut out.damaged);
                undo_predictor(bytes, params, &mut out)
            }
            b"LZWDecode" | b"LZW" => {
                let early = int_of(params, "EarlyChange").unwrap_or(1) != 0;
                let bytes = lzw::decode(input, early, ceiling, &mut out.damaged);
                undo_predictor(bytes, params, &mut out)
            }
            b"ASCII85Decode" | b"A85" => ascii::base85(input),
            b"ASCIIHexDecode" | b"AHx" => ascii::hex(input),
            b"RunLengthDecode" | b"RL" => ascii::run_length(input, ceiling),
            b"Crypt" => continue,
            other => {
                out.picture = picture(other).map(|kind| (kind, Params { dict: params.clone() }));
                out.damaged |= out.picture.is_none();
                if out.picture.is_none() {
                    current = Some(Vec::new());
                }
                break;
            }
        };
        job.budget.take_bytes(next.len() as u64)?;
        current = Some(next);
    }
    out.bytes = match current {
        Some(bytes) => bytes,
        None => raw.to_vec(),
    };
    Ok(out)
}

fn undo_predictor(bytes: Vec<u8>, params: &Dict<'_>, out: &mut Unpacked<'_>) -> Vec<u8> {
    match Predictor::read(params) {
        Some(predictor) => {
            out.predicted = true;
            predictor.undo(&bytes)
        }
        None => bytes,
    }
}

fn picture(name: &[u8]) -> Option<Picture> {
    Some(match name {
        b"DCTDecode" | b"DCT" => Picture::Dct,
        b"JPXDecode" => Picture::Jpx,
        b"JBIG2Decode" => Picture::Jbig2,
        b"CCITTFaxDecode" | b"CCF" => Picture::Ccitt,
        _ => return None,
    })
}

/// Lists a stream's filters with their parameters.
#[must_use]
pub fn steps<'a>(dict: &Dict<'a>) -> Vec<Step<'a>> {
    let params = || dict.get::<Object<'a>>("DecodeParms").or_else(|| dict.get("DP"));
    match dict.get::<Object<'a>>("Filter") {
        Some(Object::Name(name)) => {
            let params = match params() {
                Some(Object::Dict(params)) => params,
                Some(Object::Array(list)) => first_dict(&list),
                _ => Dict::empty(),
            };
            vec![(name.as_ref().to_vec(), params)]
        }
        Some(Object::Array(names)) => {
            let list: Vec<Object<'a>> = match params() {
                Some(Object::Array(list)) => list.iter::<Object<'a>>().collect(),
                Some(Object::Dict(one)) => vec![Object::Dict(one)],
                _ => Vec::new(),
            };
            let params = |index: usize| match list.get(index) {
                Some(Object::Dict(params)) => params.clone(),
                _ => Dict::empty(),
            };
            names
                .iter::<Object<'a>>()
                .take(CHAIN_MAX)
                .enumerate()
                .map(|(index, name)| (name_of(&name), params(index)))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn first_dict<'a>(list: &Array<'a>) -> Dict<'a> {
    list.iter::<Object<'a>>().next().and_then(Object::into_dict).unwrap_or_default()
}

/// Inflates up to `ceiling` + 1 bytes, so that the budget notices the excess.
/// A broken stream gives what came before the break.
pub fn flate(input: &[u8], ceiling: u64, damaged: &mut bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len().saturating_mul(3).min(CAPACITY_MAX));
    let zlib = ZlibDecoder::new(input).take(ceiling.saturating_add(1)).read_to_end(&mut out);
    if zlib.is_ok() {
        return out;
    }
    *damaged = true;
    // A wrong header, or no header at all, is common; the data may still be good.
    for skip in [2, 0] {
        let mut other = Vec::new();
        let rest = input.get(skip..).unwrap_or_default();
        let _ = DeflateDecoder::new(rest).take(ceiling.saturating_add(1)).read_to_end(&mut other);
        if other.len() > out.len() {
            out = other;
        }
    }
    out
}

/// Filters of one stream.
const CHAIN_MAX: usize = 8;
/// Memory asked for before anything is known.
const CAPACITY_MAX: usize = 1 << 22;

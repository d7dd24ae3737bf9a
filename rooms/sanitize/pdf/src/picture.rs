//! Pictures (ISO 32000-2 §8.9): every one is decoded and coded anew. JBIG2 and
//! JPEG 2000 never pass; a picture that cannot be read becomes a blank one.

mod bilevel;
mod decode;
pub mod jpeg;
mod put;

use hayro_syntax::object::{Array, Dict, Object, Stream};
use sanitize_core::Stop;

use crate::codes;
use crate::color::{self, Family, Space};
use crate::content::Scope;
use crate::filter::{self, Unpacked};
use crate::model::{self, Obj};
use crate::rebuild::{Rebuilder, Use};
use crate::source::{self, Found};

pub use bilevel::{Bilevel, encode_group4};
pub use decode::encode_jpeg;
pub use put::NewPicture;

/// What a picture's dictionary says about its samples.
pub struct Info {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Bits of a component.
    pub bits: u8,
    /// Whether this is a stencil (§8.9.6.2).
    pub stencil: bool,
    /// The colour space, where one is named.
    pub space: Option<Space>,
    /// The decode array, where it has one.
    pub decode: Option<Vec<f64>>,
    /// Whether to smooth.
    pub interpolate: bool,
}

impl Info {
    fn components(&self) -> usize {
        if self.stencil {
            1
        } else {
            self.space.as_ref().map_or(1, |space| space.components.max(1))
        }
    }

    /// Takes the picture from the budget before anything of it is decoded.
    /// Pixels of one bit stay packed here: eight of them count as one.
    ///
    /// # Errors
    /// Stops at the pixel limit.
    pub fn take_pixels(&self, rebuilder: &mut Rebuilder<'_, '_, '_>) -> Result<(), Stop> {
        take_pixels(rebuilder, self.width, self.height, self.bits == 1)
    }

    fn is_indexed(&self) -> bool {
        self.space.as_ref().is_some_and(|space| space.family == Family::Indexed)
    }

    /// Starts the new dictionary.
    fn dict(&self) -> model::Dict {
        let mut dict = model::Dict::new();
        dict.put("Type", Obj::name("XObject"));
        dict.put("Subtype", Obj::name("Image"));
        dict.put("Width", Obj::int(i64::from(self.width)));
        dict.put("Height", Obj::int(i64::from(self.height)));
        if self.stencil {
            dict.put("ImageMask", Obj::Bool(true));
        }
        dict.put_some("Decode", self.decode.as_ref().map(|values| Obj::reals(values)));
        if self.interpolate {
            dict.put("Interpolate", Obj::Bool(true));
        }
        dict
    }
}

fn take_pixels(
    rebuilder: &mut Rebuilder<'_, '_, '_>,
    width: u32,
    height: u32,
    is_one_bit: bool,
) -> Result<(), Stop> {
    let across = u64::from(if is_one_bit { width.div_ceil(8) } else { width });
    rebuilder.job.budget.take_pixels(across, u64::from(height))
}

/// Rebuilds an image XObject.
///
/// # Errors
/// Stops at limits.
pub fn rebuild<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    stream: &Stream<'a>,
    scope: &Scope<'a>,
) -> Result<Option<Obj>, Stop> {
    rebuild_as(rebuilder, stream, scope, Role::Picture)
}

/// What a picture serves as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Picture,
    /// Opacity, always grey (§11.6.5.2).
    SoftMask,
    /// A stencil for another picture (§8.9.6.3).
    Stencil,
}

fn rebuild_as<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    stream: &Stream<'a>,
    scope: &Scope<'a>,
    role: Role,
) -> Result<Option<Obj>, Stop> {
    let dict = stream.dict();
    let Some(info) = info(rebuilder, dict, scope, role)? else { return Ok(None) };
    info.take_pixels(rebuilder)?;
    let unpacked = if source::is_external(stream) {
        rebuilder.report(&codes::FILE_EXTERNAL);
        blank_source()
    } else {
        filter::unpack(stream, rebuilder.job)?
    };
    for (key, code) in [
        ("Alternates", &codes::ALTERNATE),
        ("OPI", &codes::OPI),
        ("PieceInfo", &codes::PRIVATE_DATA),
        ("Metadata", &codes::METADATA),
        ("AF", &codes::FILE_EMBEDDED),
    ] {
        if dict.contains_key(key) {
            rebuilder.report(code);
        }
    }
    let mut new = decode::decode(rebuilder, info, unpacked)?;
    if role != Role::Stencil {
        masks(rebuilder, dict, &mut new)?;
    }
    if role == Role::SoftMask {
        let matte = source::reals_in(dict, "Matte", 32);
        new.dict.put_some("Matte", matte.map(|matte| Obj::reals(&matte)));
    }
    Ok(Some(new.put(rebuilder)))
}

fn blank_source<'a>() -> Unpacked<'a> {
    Unpacked { bytes: Vec::new(), picture: None, predicted: false, damaged: true }
}

fn info<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    scope: &Scope<'a>,
    role: Role,
) -> Result<Option<Info>, Stop> {
    let size = |key| source::int_of(dict, key).filter(|n| (1..=SIDE_MAX).contains(n));
    let (Some(width), Some(height)) = (size("Width"), size("Height")) else { return Ok(None) };
    let stencil = role == Role::Stencil || source::bool_of(dict, "ImageMask") == Some(true);
    let space = match role {
        _ if stencil => None,
        Role::SoftMask => color::device(1),
        Role::Picture | Role::Stencil => color::rebuild_in(rebuilder, dict, "ColorSpace", scope)?,
    };
    let space = space.filter(|space| space.family != Family::Pattern);
    let bits = source::int_of(dict, "BitsPerComponent").unwrap_or(if stencil { 1 } else { 8 });
    Ok(Some(Info {
        width: width as u32,
        height: height as u32,
        bits: if stencil { 1 } else { sane_bits(bits) },
        stencil,
        space,
        decode: source::reals_in(dict, "Decode", 64),
        interpolate: source::bool_of(dict, "Interpolate") == Some(true),
    }))
}

/// §8.9.5.1 allows five depths.
fn sane_bits(bits: i64) -> u8 {
    match bits {
        1 | 2 | 4 | 8 | 16 => bits as u8,
        _ => 8,
    }
}

/// Rebuilds a picture's soft mask, stencil mask or colour key (§8.9.6).
fn masks<'a>(
    rebuilder: &mut Rebuilder<'a, '_, '_>,
    dict: &Dict<'a>,
    new: &mut NewPicture,
) -> Result<(), Stop> {
    let none = Scope { resources: Vec::new() };
    if let Some(Found { id, object: Object::Stream(mask) }) = source::found(dict, "SMask") {
        let mask = rebuilder
            .once(Use::Mask, id, |rebuilder| rebuild_as(rebuilder, &mask, &none, Role::SoftMask))?;
        new.dict.put_some("SMask", mask);
        return Ok(());
    }
    match source::found(dict, "Mask") {
        // A mask that is no stencil holds opacities, whatever its key says.
        Some(Found { id, object: Object::Stream(mask) })
            if source::bool_of(mask.dict(), "ImageMask") != Some(true) =>
        {
            let mask = rebuilder.once(Use::Mask, id, |rebuilder| {
                rebuild_as(rebuilder, &mask, &none, Role::SoftMask)
            })?;
            new.dict.put_some("SMask", mask);
        }
        Some(Found { id, object: Object::Stream(mask) }) => {
            let mask = rebuilder.once(Use::Mask, id, |rebuilder| {
                rebuild_as(rebuilder, &mask, &none, Role::Stencil)
            })?;
            new.dict.put_some("Mask", mask);
        }
        Some(Found { object: Object::Array(keys), .. }) => {
            new.dict.put("Mask", color_keys(&keys));
        }
        _ => {}
    }
    Ok(())
}

fn color_keys(keys: &Array<'_>) -> Obj {
    let keys = source::reals(keys, 64);
    Obj::Array(keys.iter().map(|key| Obj::int((*key as i64).clamp(0, 65_535))).collect())
}

/// Rebuilds the picture of an inline image (§8.9.7).
///
/// # Errors
/// Stops at limits.
pub fn rebuild_inline(
    rebuilder: &mut Rebuilder<'_, '_, '_>,
    info: Info,
    unpacked: Unpacked<'_>,
) -> Result<NewPicture, Stop> {
    decode::decode(rebuilder, info, unpacked)
}

/// Checks the size of an inline image.
#[must_use]
pub fn inline_info(
    (width, height): (i64, i64),
    (bits, stencil): (i64, bool),
    space: Option<Space>,
    decode: Option<Vec<f64>>,
    interpolate: bool,
) -> Option<Info> {
    let fits = |n: &i64| (1..=SIDE_MAX).contains(n);
    if !fits(&width) || !fits(&height) {
        return None;
    }
    let bits = if stencil { 1 } else { sane_bits(bits) };
    let (width, height) = (width as u32, height as u32);
    Some(Info { width, height, bits, stencil, space, decode, interpolate })
}

/// Pixels along one side.
const SIDE_MAX: i64 = 1 << 20;

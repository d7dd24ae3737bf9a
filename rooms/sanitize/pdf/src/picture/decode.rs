//! Decodes one picture by its filter and chooses how it is coded anew.

use hayro_syntax::object::Stream;
use sanitize_core::Stop;

use super::bilevel::{self, Bilevel, Jbig2};
use super::jpeg;
use super::put::{Coding, NewPicture};
use super::{Info, encode_group4};
use crate::color::{self, Family};
use crate::filter::{self, Params, Picture, Predictor, Unpacked};
use crate::model::Obj;
use crate::rebuild::Rebuilder;
use crate::source::int_of;
use crate::{codes, write};

/// Decodes a picture; what cannot be read becomes blank and is reported.
pub fn decode(
    rebuilder: &mut Rebuilder<'_, '_, '_>,
    info: Info,
    unpacked: Unpacked<'_>,
) -> Result<NewPicture, Stop> {
    let decoded = match &unpacked.picture {
        None if unpacked.bytes.is_empty() && unpacked.damaged => None,
        None => {
            let behind = unpacked.bytes.get(picture_bytes(&info)..).unwrap_or_default();
            // Line ends and filling rows carry nothing.
            if behind.len() > TAIL_BYTES_FREE && behind.iter().any(|byte| *byte != behind[0]) {
                rebuilder.report(&codes::IMAGE_TAIL);
            }
            Some(samples(&info, unpacked.bytes, unpacked.predicted))
        }
        Some((Picture::Dct, params)) => dct(rebuilder, &info, &unpacked.bytes, params)?,
        Some((Picture::Ccitt, params)) => {
            // Columns and rows together, before any row is decoded.
            let columns = int_of(&params.dict, "Columns").unwrap_or(1728).max(1);
            let columns = u32::try_from(columns).unwrap_or(u32::MAX);
            super::take_pixels(rebuilder, columns, info.height, true)?;
            bilevel::from_fax(&unpacked.bytes, &params.dict, info.height)
                .map(|picture| one_bit(&info, picture))
        }
        Some((Picture::Jbig2, params)) => jbig2(rebuilder, &info, &unpacked.bytes, params)?,
        Some((Picture::Jpx, _)) => jpx(rebuilder, &info, &unpacked.bytes)?,
    };
    Ok(match decoded {
        Some(picture) => picture,
        None => {
            rebuilder.report(&codes::IMAGE_BROKEN);
            blank(&info)
        }
    })
}

fn row_bytes(info: &Info) -> usize {
    (info.width as usize * info.components() * usize::from(info.bits)).div_ceil(8)
}

fn picture_bytes(info: &Info) -> usize {
    row_bytes(info).saturating_mul(info.height as usize)
}

/// Plain samples, cut or filled to the exact size.
fn samples(info: &Info, mut data: Vec<u8>, predicted: bool) -> NewPicture {
    data.resize(picture_bytes(info), 0xFF);
    let mut dict = info.dict();
    if !info.stencil {
        dict.put("BitsPerComponent", Obj::int(i64::from(info.bits)));
        let space = info.space.as_ref().map(|space| space.object.clone());
        dict.put("ColorSpace", space.unwrap_or(Obj::name("DeviceGray")));
    }
    let wide = info.components() * usize::from(info.bits) >= 8;
    let coding = if predicted && wide && !info.is_indexed() {
        let bits = usize::from(info.bits);
        Coding::Predicted(Predictor::png(info.components(), bits, info.width as usize))
    } else {
        Coding::Samples
    };
    NewPicture { dict, data, coding }
}

/// A blank picture: white, or nothing at all for a stencil.
fn blank(info: &Info) -> NewPicture {
    let inverted = info.decode.as_ref().is_some_and(|d| d.first() > d.get(1));
    let subtractive =
        info.space.as_ref().is_some_and(|s| s.components == 4 || s.family == Family::Tint);
    let mut picture = samples(info, Vec::new(), false);
    if inverted != subtractive {
        picture.data.fill(0);
    }
    picture
}

/// A picture of one bit a pixel, cut or filled to the size that is asked for.
fn one_bit(info: &Info, mut picture: Bilevel) -> NewPicture {
    let (from, to) = ((picture.width as usize).div_ceil(8), (info.width as usize).div_ceil(8));
    if from != to {
        let mut rows = Vec::with_capacity(to * info.height as usize);
        for line in picture.rows.chunks(from.max(1)) {
            let start = rows.len();
            rows.extend_from_slice(&line[..from.min(to)]);
            rows.resize(start + to, 0xFF);
        }
        picture.rows = rows;
    }
    picture.rows.resize(to * info.height as usize, 0xFF);
    picture.width = info.width;
    picture.height = info.height;
    if !info.width.is_multiple_of(8) {
        // Filling bits carry nothing: make them all the same.
        let mask = 0xFF >> (info.width % 8);
        picture.rows.chunks_mut(to).filter_map(|line| line.last_mut()).for_each(|b| *b |= mask);
    }
    let mut dict = info.dict();
    if !info.stencil {
        dict.put("BitsPerComponent", Obj::int(1));
        let space = info.space.as_ref().filter(|space| space.components == 1);
        let space = space.map(|space| space.object.clone());
        dict.put("ColorSpace", space.unwrap_or(Obj::name("DeviceGray")));
    }
    let group4 = encode_group4(&picture);
    // Dithered pictures grow under Group 4; only then is Flate tried at all.
    if let Some(data) = group4
        && (data.len() < picture.rows.len() / 4
            || data.len() <= write::deflate(&picture.rows).len())
    {
        return NewPicture { dict, data, coding: Coding::Group4(info.width) };
    }
    NewPicture { dict, data: picture.rows, coding: Coding::Samples }
}

fn jbig2(
    rebuilder: &mut Rebuilder<'_, '_, '_>,
    info: &Info,
    data: &[u8],
    params: &Params<'_>,
) -> Result<Option<NewPicture>, Stop> {
    let globals = match params.dict.get::<Stream<'_>>("JBIG2Globals") {
        Some(stream) => bilevel::jbig2_globals(&filter::unpack(&stream, rebuilder.job)?.bytes),
        None => None,
    };
    let Some(page) = Jbig2::new(data, globals.as_ref()) else { return Ok(None) };
    let (width, height) = page.size();
    super::take_pixels(rebuilder, width, height, true)?;
    Ok(page.decode().map(|picture| one_bit(info, picture)))
}

/// JPEG: coefficients are coded anew; what is not a plain Huffman JPEG goes.
fn dct(
    rebuilder: &mut Rebuilder<'_, '_, '_>,
    info: &Info,
    data: &[u8],
    params: &Params<'_>,
) -> Result<Option<NewPicture>, Stop> {
    let Some((width, height, _)) = jpeg::dimensions(data) else { return Ok(None) };
    let height = if height == 0 { u16::try_from(info.height).unwrap_or(0) } else { height };
    rebuilder.job.budget.take_pixels(u64::from(width), u64::from(height))?;
    let Some(frame) = jpeg::decode(data, height) else { return Ok(None) };
    if frame.has_metadata {
        rebuilder.report(&codes::METADATA);
    }
    let Some(coded) = jpeg::encode(&frame) else { return Ok(None) };
    let components = frame.components.len();
    let mut dict = info.dict();
    dict.put("BitsPerComponent", Obj::int(8));
    let space = match &info.space {
        Some(space) => Some(space.object.clone()),
        None => color::device(components).map(|space| space.object),
    };
    dict.put("ColorSpace", space.unwrap_or(Obj::name("DeviceGray")));
    let transform = int_of(&params.dict, "ColorTransform").filter(|t| (0..=1).contains(t));
    Ok(Some(NewPicture { dict, data: coded, coding: Coding::Jpeg(transform) }))
}

/// JPEG 2000 (§7.4.9): decoded to eight bits; photographs become JPEG.
fn jpx(
    rebuilder: &mut Rebuilder<'_, '_, '_>,
    info: &Info,
    data: &[u8],
) -> Result<Option<NewPicture>, Stop> {
    let settings = hayro_jpeg2000::DecodeSettings {
        resolve_palette_indices: info.space.as_ref().is_none_or(|s| s.family != Family::Indexed),
        strict: false,
        target_resolution: None,
    };
    let Ok(image) = hayro_jpeg2000::Image::new(data, &settings) else { return Ok(None) };
    let (width, height) = (image.width(), image.height());
    rebuilder.job.budget.take_pixels(u64::from(width), u64::from(height))?;
    let alpha = usize::from(image.has_alpha());
    let channels = usize::from(image.color_space().num_channels());
    let depth = image.original_bit_depth();
    let mut context = hayro_jpeg2000::DecoderContext::default();
    let Ok(bitmap) = image.decode(&mut context) else { return Ok(None) };
    let mut bytes = bitmap.data_u8();
    if alpha > 0 && channels > 0 {
        bytes =
            bytes.chunks_exact(channels + alpha).flat_map(|px| px[..channels].to_vec()).collect();
    }
    let space = match &info.space {
        Some(space) if space.components == channels => Some(space.clone()),
        _ => color::device(channels),
    };
    let Some(space) = space else { return Ok(None) };
    let indexed = space.family == Family::Indexed;
    if indexed && depth < 8 {
        // Samples are scaled to eight bits; a palette needs them as numbers.
        let top = (1_u32 << depth) - 1;
        bytes.iter_mut().for_each(|b| *b = ((u32::from(*b) * top + 127) / 255) as u8);
    }
    let new = Info {
        width,
        height,
        bits: 8,
        stencil: false,
        decode: info.decode.clone(),
        interpolate: info.interpolate,
        space: Some(space),
    };
    let photo = !indexed
        && matches!(channels, 1 | 3)
        && u64::from(width) * u64::from(height) > PHOTO_PIXELS_MIN;
    if photo && let Some(coded) = photograph(rebuilder, &bytes, (width, height), channels) {
        let mut dict = new.dict();
        dict.put("BitsPerComponent", Obj::int(8));
        dict.put_some("ColorSpace", new.space.map(|space| space.object));
        return Ok(Some(NewPicture { dict, data: coded, coding: Coding::Jpeg(None) }));
    }
    Ok(Some(samples(&new, bytes, !indexed)))
}

/// Codes grey or RGB samples as JPEG in the form that a second pass keeps.
fn photograph(
    rebuilder: &Rebuilder<'_, '_, '_>,
    bytes: &[u8],
    (width, height): (u32, u32),
    channels: usize,
) -> Option<Vec<u8>> {
    encode_jpeg(bytes, (width, height), channels, rebuilder.job.policy.image.jpeg_quality)
}

/// Codes grey or RGB samples as JPEG.
#[must_use]
pub fn encode_jpeg(
    bytes: &[u8],
    (width, height): (u32, u32),
    channels: usize,
    quality: u8,
) -> Option<Vec<u8>> {
    let kind =
        if channels == 1 { image::ExtendedColorType::L8 } else { image::ExtendedColorType::Rgb8 };
    let mut out = Vec::new();
    let quality = quality.clamp(1, 100);
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality)
        .encode(bytes, width, height, kind)
        .ok()?;
    jpeg::encode(&jpeg::decode(&out, 0)?)
}

/// Bytes behind the samples that are taken for slips of the producer.
const TAIL_BYTES_FREE: usize = 4;
/// Below this, Flate is as small as JPEG.
const PHOTO_PIXELS_MIN: u64 = 4096;

//! Windows bitmaps: header, palette and pixels without gap or tail.

use super::{Bytes, Fault, Faults};
use crate::rules;

/// Lists a picture's faults.
pub(super) fn faults(bytes: &[u8]) -> Vec<Fault> {
    let faults = Faults::default();
    let fields = Bytes::little(bytes);
    let (Some(size), Some(start)) = (fields.u32(2), fields.u32(10)) else {
        return faults.with(rules::UNREADABLE, "not a bitmap");
    };
    if !bytes.starts_with(b"BM") {
        return faults.with(rules::UNREADABLE, "not a bitmap");
    }
    if size as usize != bytes.len() {
        return faults.with(rules::IMAGE_TRAILING, "a size that is not the file's");
    }
    match body(
        Bytes::little(&bytes[14..]),
        start.checked_sub(14).map(|start| start as usize),
        false,
    ) {
        Ok(()) => Vec::new(),
        Err(fault) => faults.with(rules::IMAGE_STRUCTURE, fault),
    }
}

/// Checks everything behind the file header. `start` is where pixels begin,
/// unknown in icons, where a mask of one bit follows them too.
pub(super) fn body(
    fields: Bytes<'_>,
    start: Option<usize>,
    is_icon: bool,
) -> Result<(), &'static str> {
    let short = "a bitmap that ends early";
    let header = fields.u32(0).ok_or(short)? as usize;
    let (width, height) = (fields.u32(4).ok_or(short)?, fields.u32(8).ok_or(short)?.cast_signed());
    let bits = usize::from(fields.u16(14).ok_or(short)?);
    let compression = fields.u32(16).ok_or(short)?;
    let image_size = fields.u32(20).ok_or(short)? as usize;
    let colours = fields.u32(32).ok_or(short)? as usize;
    if !matches!(header, 40 | 52 | 56 | 108 | 124) {
        return Err("an odd bitmap header");
    }
    // 4 and 5 hold a JPEG or PNG in place of pixels.
    if !matches!(compression, 0..=3 | 6) {
        return Err("a bitmap that holds another picture");
    }
    if header == 124 && matches!(fields.slice(56, 4), Some(b"KNIL" | b"DEBM")) {
        return Err("a bitmap with a colour profile");
    }
    let masks = match (header, compression) {
        (40, 3) => 12,
        (40, 6) => 16,
        _ => 0,
    };
    let entries = if bits <= 8 && colours == 0 { 1usize << bits } else { colours };
    let expected = header + masks + entries.min(COLOURS_MAX) * 4;
    let start = start.unwrap_or(expected);
    if start != expected {
        return Err("a gap before the pixels");
    }
    let rows = height.unsigned_abs() as usize / if is_icon { 2 } else { 1 };
    let row = |bits: usize| (width as usize).checked_mul(bits).map(|bits| bits.div_ceil(32) * 4);
    let plain = row(bits).and_then(|row| row.checked_mul(rows)).ok_or("a bitmap of an odd size")?;
    let mask = if is_icon {
        row(1).and_then(|row| row.checked_mul(rows)).ok_or("a bitmap of an odd size")?
    } else {
        0
    };
    let pixels = if matches!(compression, 1 | 2) { image_size } else { plain };
    let end = start
        .checked_add(pixels)
        .and_then(|end| end.checked_add(mask))
        .ok_or("a bitmap of an odd size")?;
    if end == fields.bytes.len() { Ok(()) } else { Err("pixels that do not fill the file") }
}

const COLOURS_MAX: usize = 256;

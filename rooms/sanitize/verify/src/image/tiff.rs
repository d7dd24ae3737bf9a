//! TIFF 6.0: directories, their tags and every byte that they point to.

use super::{Bytes, Fault, Faults};
use crate::rules;

/// Lists a picture's faults.
pub(super) fn faults(bytes: &[u8]) -> Vec<Fault> {
    let mut faults = Faults::default();
    let is_big = match bytes.get(..4) {
        Some(b"II*\0") => false,
        Some(b"MM\0*") => true,
        _ => return faults.with(rules::UNREADABLE, "not a TIFF"),
    };
    let fields = Bytes { bytes, is_big };
    let mut covered = vec![(0usize, 8usize)];
    let mut next = fields.u32(4).unwrap_or(0) as usize;
    let mut pages = 0;
    while next != 0 {
        pages += 1;
        if pages > PAGES_MAX {
            return faults.with(rules::IMAGE_STRUCTURE, "too many pages");
        }
        match directory(&mut faults, fields, next, &mut covered) {
            Some(after) => next = after,
            None => return faults.with(rules::UNREADABLE, "a directory beyond the file"),
        }
    }
    covered.sort_unstable();
    let mut end = 0;
    for (start, stop) in covered {
        // Parts begin on even offsets.
        if start > end + 1 {
            faults.add(
                rules::IMAGE_TRAILING,
                format!("{} bytes that belong to nothing", start - end),
            );
        }
        end = end.max(stop);
    }
    if bytes.len() > end + 1 {
        faults
            .add(rules::IMAGE_TRAILING, format!("{} bytes behind the picture", bytes.len() - end));
    }
    faults.0
}

fn directory(
    faults: &mut Faults,
    fields: Bytes<'_>,
    at: usize,
    covered: &mut Vec<(usize, usize)>,
) -> Option<usize> {
    let count = usize::from(fields.u16(at)?);
    let end = at.checked_add(2 + count * 12 + 4)?;
    covered.push((at, end));
    let (mut starts, mut sizes) = (Vec::new(), Vec::new());
    let mut is_jpeg = false;
    for index in 0..count {
        let entry = at + 2 + index * 12;
        let tag = fields.u16(entry)?;
        let kind = fields.u16(entry + 2)?;
        let number = fields.u32(entry + 4)? as usize;
        let unit = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 => 4,
            5 | 10 | 12 => 8,
            _ => {
                faults.add(rules::IMAGE_STRUCTURE, format!("tag {tag} of kind {kind}"));
                continue;
            }
        };
        let size = number.checked_mul(unit)?;
        let place = if size <= 4 { entry + 8 } else { fields.u32(entry + 8)? as usize };
        fields.slice(place, size)?;
        if size > 4 {
            covered.push((place, place + size));
        }
        judge(faults, fields, tag, place, kind);
        let values =
            || (0..number).filter_map(|value| number_at(fields, place + value * unit, kind));
        match tag {
            273 | 324 => starts = values().collect(),
            279 | 325 => sizes = values().collect(),
            259 => is_jpeg = values().next() == Some(COMPRESSION_JPEG),
            _ => {}
        }
    }
    for (start, size) in starts.iter().zip(&sizes) {
        let strip = fields.slice(*start, *size)?;
        covered.push((*start, start.checked_add(*size)?));
        if is_jpeg {
            faults.0.extend(super::jpeg::faults(strip));
        }
    }
    Some(fields.u32(end - 4)? as usize)
}

fn number_at(fields: Bytes<'_>, at: usize, kind: u16) -> Option<usize> {
    match kind {
        3 => fields.u16(at).map(usize::from),
        4 => fields.u32(at).map(|value| value as usize),
        _ => None,
    }
}

fn judge(faults: &mut Faults, fields: Bytes<'_>, tag: u16, place: usize, kind: u16) {
    match tag {
        // Compression: none, CCITT, LZW, JPEG (each strip is walked by its
        // markers), deflate, PackBits.
        259 => {
            let value = number_at(fields, place, kind);
            if !matches!(value, Some(1..=5 | 7 | 8 | 32_773 | 32_946)) {
                faults.add(rules::IMAGE_STRUCTURE, format!("compression {}", value.unwrap_or(0)));
            }
        }
        // Sizes, colours, strips and tiles, resolution, orientation, palette,
        // planes, predictor, halves of CCITT options, page numbers.
        254..=258
        | 262
        | 263
        | 266
        | 273
        | 274
        | 277..=284
        | 286
        | 287
        | 290..=293
        | 296
        | 297
        | 301
        | 317
        | 318
        | 319
        | 320
        | 321
        | 322..=325
        | 332
        | 334
        | 338
        | 339
        | 340
        | 341
        | 529
        | 530
        | 531
        | 532 => {}
        _ => faults.add(rules::IMAGE_METADATA, format!("tag {tag}")),
    }
}

/// TIFF Technical Note 2: each strip is a JPEG of its own.
const COMPRESSION_JPEG: usize = 7;
const PAGES_MAX: usize = 10_000;

//! WebP, RFC 9649: RIFF chunks of picture data and nothing else.

use super::{Fault, Faults};
use crate::rules;

/// Lists a picture's faults.
pub(super) fn faults(bytes: &[u8]) -> Vec<Fault> {
    let mut faults = Faults::default();
    let Some(body) = bytes
        .get(12..)
        .filter(|_| bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice()))
    else {
        return faults.with(rules::UNREADABLE, "not a WebP");
    };
    let declared = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
    if declared.checked_add(8) != Some(bytes.len()) {
        faults.add(rules::IMAGE_TRAILING, "a size that is not the file's");
    }
    chunks(&mut faults, body, 0);
    faults.0
}

fn chunks(faults: &mut Faults, mut rest: &[u8], depth: u8) {
    let mut count = 0;
    while !rest.is_empty() {
        count += 1;
        let Some((name, data, after)) = chunk(rest) else {
            return faults.add(rules::UNREADABLE, "a chunk beyond the file");
        };
        match name {
            b"VP8 " | b"VP8L" | b"ALPH" => {}
            b"ANIM" if depth == 0 && data.len() == 6 => {}
            // Flags: animation, alpha; profile, Exif and XMP must be off.
            b"VP8X" if depth == 0 && data.len() == 10 && data[0] & !0b0001_0010 == 0 => {}
            b"ANMF" if depth == 0 => match data.get(16..) {
                Some(inner) => chunks(faults, inner, 1),
                None => faults.add(rules::IMAGE_STRUCTURE, "a short frame"),
            },
            b"ICCP" | b"EXIF" | b"XMP " => {
                faults.add(rules::IMAGE_METADATA, String::from_utf8_lossy(name))
            }
            _ => faults
                .add(rules::IMAGE_STRUCTURE, format!("chunk {}", String::from_utf8_lossy(name))),
        }
        if count > CHUNKS_MAX {
            return faults.add(rules::IMAGE_STRUCTURE, "too many chunks");
        }
        rest = after;
    }
}

fn chunk(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let name = bytes.first_chunk::<4>()?;
    let size = u32::from_le_bytes(*bytes.get(4..)?.first_chunk::<4>()?) as usize;
    let data = bytes.get(8..size.checked_add(8)?)?;
    let padded = 8 + size + (size & 1);
    Some((name, data, bytes.get(padded..)?))
}

const CHUNKS_MAX: usize = 20_000;

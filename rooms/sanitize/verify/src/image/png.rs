//! PNG, ISO/IEC 15948: chunk names, order, checksums and the end.

use super::{Fault, Faults, orientation_fault, profile_fault};
use crate::rules;

/// Lists a picture's faults.
pub(super) fn faults(bytes: &[u8]) -> Vec<Fault> {
    let mut faults = Faults::default();
    let Some(mut rest) = bytes.strip_prefix(SIGNATURE) else {
        return faults.with(rules::UNREADABLE, "not a PNG");
    };
    let mut seen: Vec<[u8; 4]> = Vec::new();
    loop {
        let Some((name, body, after)) = chunk(rest) else {
            return faults.with(rules::UNREADABLE, "a chunk beyond the file");
        };
        judge(&mut faults, name, body.data, &seen);
        if body.checksum != crc32fast::hash(body.checked) {
            faults.add(rules::IMAGE_STRUCTURE, format!("{} with a wrong checksum", shown(name)));
        }
        rest = after;
        if !seen.contains(&name) || &name != b"IDAT" {
            seen.push(name);
        }
        if &name == b"IEND" {
            break;
        }
        if seen.len() > CHUNKS_MAX {
            return faults.with(rules::IMAGE_STRUCTURE, "too many chunks");
        }
    }
    if !rest.is_empty() {
        faults.add(rules::IMAGE_TRAILING, format!("{} bytes after IEND", rest.len()));
    }
    if !seen.contains(b"IDAT") {
        faults.add(rules::UNREADABLE, "no picture data");
    }
    faults.0
}

struct Body<'b> {
    data: &'b [u8],
    checked: &'b [u8],
    checksum: u32,
}

fn chunk(bytes: &[u8]) -> Option<([u8; 4], Body<'_>, &[u8])> {
    let length = u32::from_be_bytes(*bytes.first_chunk::<4>()?) as usize;
    let name = *bytes.get(4..8)?.first_chunk::<4>()?;
    let end = length.checked_add(8)?;
    let checked = bytes.get(4..end)?;
    let checksum = u32::from_be_bytes(*bytes.get(end..)?.first_chunk::<4>()?);
    Some((name, Body { data: checked.get(4..)?, checked, checksum }, bytes.get(end + 4..)?))
}

fn judge(faults: &mut Faults, name: [u8; 4], data: &[u8], seen: &[[u8; 4]]) {
    let is_first = seen.is_empty();
    if is_first != (&name == b"IHDR") {
        faults.add(rules::IMAGE_STRUCTURE, "IHDR is not the first chunk");
    }
    // Between IDAT chunks nothing may stand (5.6).
    let is_late = &name == b"IDAT" && seen.contains(b"IDAT") && seen.last() != Some(b"IDAT");
    let is_twin = &name != b"IDAT" && seen.contains(&name);
    if is_late || is_twin {
        faults.add(rules::IMAGE_STRUCTURE, format!("{} in an odd place", shown(name)));
    }
    let length_fits = match &name {
        b"IHDR" => data.len() == 13 && data[10..12] == [0, 0] && data[12] < 2,
        b"PLTE" => data.len().is_multiple_of(3) && (1..=256).contains(&(data.len() / 3)),
        b"tRNS" => data.len() <= 256,
        b"gAMA" => data.len() == 4,
        b"cHRM" => data.len() == 32,
        b"sRGB" => data.len() == 1,
        b"pHYs" => data.len() == 9,
        b"IDAT" => true,
        b"IEND" => data.is_empty(),
        b"eXIf" => {
            if let Some(fault) = orientation_fault(data) {
                faults.add(rules::IMAGE_METADATA, fault);
            }
            true
        }
        b"iCCP" => {
            if let Some(fault) = profile(data) {
                faults.add(rules::IMAGE_METADATA, fault);
            }
            true
        }
        b"tEXt" | b"iTXt" | b"zTXt" | b"tIME" => {
            return faults.add(rules::IMAGE_METADATA, shown(name));
        }
        _ => return faults.add(rules::IMAGE_STRUCTURE, format!("chunk {}", shown(name))),
    };
    if !length_fits {
        faults.add(rules::IMAGE_STRUCTURE, format!("{} of an odd form", shown(name)));
    }
}

/// 11.3.2.3: a name, the method, a packed profile.
fn profile(data: &[u8]) -> Option<String> {
    let Some(packed) = data.strip_prefix(b"ICC\0\0") else {
        return Some("a named colour profile".to_owned());
    };
    match super::profile::unpacked(packed) {
        Some(profile) => profile_fault(&profile),
        None => Some("a colour profile that does not unpack".to_owned()),
    }
}

fn shown(name: [u8; 4]) -> String {
    String::from_utf8_lossy(&name).into_owned()
}

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
const CHUNKS_MAX: usize = 64;

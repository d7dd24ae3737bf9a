//! Windows metafiles: walks records and lets only those pass that draw.
//!
//! Sources: [MS-EMF] 2.3 and [MS-WMF] 2.3.

use super::{Bytes, Fault, Faults};
use crate::rules;

/// Lists an enhanced metafile's faults.
pub(super) fn enhanced(bytes: &[u8]) -> Vec<Fault> {
    let mut faults = Faults::default();
    let fields = Bytes::little(bytes);
    if fields.u32(0) != Some(1) || fields.slice(40, 4) != Some(b" EMF") {
        return faults.with(rules::UNREADABLE, "not an EMF");
    }
    if fields.u32(48).map(|size| size as usize) != Some(bytes.len()) {
        faults.add(rules::IMAGE_TRAILING, "a size that is not the file's");
    }
    let (mut at, mut records) = (0usize, 0u32);
    loop {
        let (Some(kind), Some(size)) = (fields.u32(at), fields.u32(at + 4)) else {
            return faults.with(rules::UNREADABLE, "no end record");
        };
        records += 1;
        let size = size as usize;
        let is_whole = size >= 8 && size.is_multiple_of(4) && fields.slice(at, size).is_some();
        if !is_whole {
            return faults.with(rules::UNREADABLE, "a record beyond the file");
        }
        if records > 1 && !EMF_DRAWING.contains(&kind) {
            faults.add(rules::METAFILE, format!("record {kind}"));
        }
        at += size;
        if kind == EMF_EOF {
            break;
        }
    }
    if at < bytes.len() {
        faults.add(rules::IMAGE_TRAILING, "bytes after the end record");
    }
    if fields.u32(52) != Some(records) {
        faults.add(rules::IMAGE_STRUCTURE, "a record count that is not the file's");
    }
    faults.0
}

/// Lists a Windows metafile's faults.
pub(super) fn windows(bytes: &[u8]) -> Vec<Fault> {
    let mut faults = Faults::default();
    let body = if bytes.starts_with(&[0xD7, 0xCD, 0xC6, 0x9A]) {
        bytes.get(22..).unwrap_or_default()
    } else {
        bytes
    };
    let fields = Bytes::little(body);
    let (Some(1 | 2), Some(9), Some(words)) = (fields.u16(0), fields.u16(2), fields.u32(6)) else {
        return faults.with(rules::UNREADABLE, "not a WMF");
    };
    if (words as usize).checked_mul(2) != Some(body.len()) {
        faults.add(rules::IMAGE_TRAILING, "a size that is not the file's");
    }
    let mut at = 18usize;
    loop {
        let (Some(words), Some(function)) = (fields.u32(at), fields.u16(at + 4)) else {
            return faults.with(rules::UNREADABLE, "no end record");
        };
        let size = (words as usize).saturating_mul(2);
        if size < 6 || fields.slice(at, size).is_none() {
            return faults.with(rules::UNREADABLE, "a record beyond the file");
        }
        at += size;
        if function == 0 {
            break;
        }
        if !WMF_DRAWING.contains(&function) {
            faults.add(rules::METAFILE, format!("record {function:04X}"));
        }
    }
    if at < body.len() {
        faults.add(rules::IMAGE_TRAILING, "bytes after the end record");
    }
    faults.0
}

const EMF_EOF: u32 = 14;

/// [MS-EMF] 2.1.1 without comments, escapes, profiles by file name, printing
/// and OpenGL.
const EMF_DRAWING: &[u32] = &[
    2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25, 26, 27, 28,
    29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 71, 72, 73, 74, 75, 76, 77, 78,
    79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 108, 114, 115,
    116, 118, 119, 120,
];

/// [MS-WMF] 2.1.1.1 without META_ESCAPE.
const WMF_DRAWING: &[u16] = &[
    0x0035, 0x001E, 0x00F7, 0x0102, 0x0103, 0x0104, 0x0105, 0x0106, 0x0107, 0x0108, 0x0127, 0x012A,
    0x012B, 0x012C, 0x012D, 0x012E, 0x0139, 0x0142, 0x0149, 0x01F0, 0x01F9, 0x0201, 0x0209, 0x020A,
    0x020B, 0x020C, 0x020D, 0x020E, 0x020F, 0x0211, 0x0213, 0x0214, 0x0220, 0x0228, 0x0231, 0x0234,
    0x02FA, 0x02FB, 0x02FC, 0x0324, 0x0325, 0x0410, 0x0412, 0x0415, 0x0416, 0x0418, 0x0419, 0x041B,
    0x041F, 0x0429, 0x0436, 0x0521, 0x0538, 0x0548, 0x061C, 0x061D, 0x06FF, 0x0817, 0x081A, 0x0830,
    0x0922, 0x0940, 0x0A32, 0x0B23, 0x0B41, 0x0D33, 0x0F43,
];

//! Windows icons: a directory, then pictures back to back.

use super::{Bytes, bitmap, png};
use crate::check::{Check, Walk};
use crate::rules;

/// Checks one icon.
pub(super) fn check(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    let fields = Bytes::little(bytes);
    let (Some(0), Some(1 | 2), Some(count)) = (fields.u16(0), fields.u16(2), fields.u16(4)) else {
        return check.unreadable("not an icon");
    };
    let mut parts = Vec::new();
    for index in 0..usize::from(count) {
        let at = 6 + index * 16;
        let (Some(size), Some(start)) = (fields.u32(at + 8), fields.u32(at + 12)) else {
            return check.unreadable("an icon that ends early");
        };
        parts.push((start as usize, size as usize));
    }
    parts.sort_unstable();
    let mut end = 6 + usize::from(count) * 16;
    for (start, size) in parts {
        if start != end {
            check.found(rules::IMAGE_STRUCTURE, "a gap in an icon")?;
        }
        let Some(data) = fields.slice(start, size) else {
            return check.unreadable("a picture beyond the icon");
        };
        if data.starts_with(b"\x89PNG") {
            for (rule, what) in png::faults(data) {
                check.found(rule, what)?;
            }
        } else if let Err(fault) = bitmap::body(Bytes::little(data), None, true) {
            check.found(rules::IMAGE_STRUCTURE, fault)?;
        }
        end = start + size;
    }
    if end == bytes.len() {
        Ok(())
    } else {
        check.found(rules::IMAGE_TRAILING, "bytes behind the last picture")
    }
}

//! Shape properties, [MS-ODRAW] 2.3: an allow-list of how a shape looks. What
//! names a file, a script or carries a package goes.

use sanitize_core::{Job, Stop};

use crate::bytes::{slice, u16_at, u32_at};
use crate::codes::{HYPERLINK, LINKED_IMAGE, MACRO_ASSIGNED, SHAPE_DATA};
use crate::hlink;

const COMPLEX: u16 = 0x8000;
const IS_BLIP: u16 = 0x4000;

/// Rebuilds a property table of `count` entries; returns the new count and
/// body.
pub(super) fn rebuild(
    count: u16,
    body: &[u8],
    place: &str,
    job: &mut Job<'_>,
) -> Result<(u16, Vec<u8>), Stop> {
    job.budget.take_objects(u64::from(count))?;
    let mut table = Vec::new();
    let mut tail = Vec::new();
    let mut kept = 0;
    let mut at_tail = 6 * usize::from(count);
    for index in 0..usize::from(count) {
        let Some(entry) = slice(body, 6 * index, 6) else { break };
        let (opid, value) = (u16_at(entry, 0), u32_at(entry, 2));
        let mut data: &[u8] = &[];
        if opid & COMPLEX != 0 {
            let room = body.len().saturating_sub(at_tail);
            let len = complex_len(opid & 0x3FFF, value, body, at_tail).min(room);
            data = &body[at_tail.min(body.len())..][..len];
            at_tail += len;
        }
        let Some((value, data)) = property(opid, value, data, place, job) else { continue };
        table.extend_from_slice(&opid.to_le_bytes());
        table.extend_from_slice(&value.to_le_bytes());
        tail.extend_from_slice(&data);
        kept += 1;
    }
    table.extend_from_slice(&tail);
    Ok((kept, table))
}

/// An array's length field may leave out its own six bytes (2.3.6.x); the
/// array itself tells which it is.
fn complex_len(pid: u16, value: u32, body: &[u8], at: usize) -> usize {
    let len = usize::try_from(value).unwrap_or(usize::MAX);
    if !is_array(pid) {
        return len;
    }
    let count = usize::from(u16_at(body, at));
    let size = match u16_at(body, at + 4) {
        0xFFF0 => 4,
        size => usize::from(size),
    };
    if count.saturating_mul(size) == len && len > 0 { len.saturating_add(6) } else { len }
}

fn is_array(pid: u16) -> bool {
    matches!(pid, 0x145 | 0x146 | 0x151 | 0x155..=0x157 | 0x159 | 0x197 | 0x1CF | 0x383)
        || matches!(pid, 0x3A0 | 0x4D1 | 0x504 | 0x508 | 0x50F | 0x54F | 0x58F | 0x5CF | 0x60F)
}

/// Decides on one property: its value and data, or nothing where it goes.
fn property(
    opid: u16,
    value: u32,
    data: &[u8],
    place: &str,
    job: &mut Job<'_>,
) -> Option<(u32, Vec<u8>)> {
    let pid = opid & 0x3FFF;
    let is_complex = opid & COMPLEX != 0;
    match pid {
        // A picture by value inside a property has no allow-listed form.
        0x104 | 0x186 | 0x1C5 if is_complex => {
            job.removed(&SHAPE_DATA, place);
            None
        }
        0x104 | 0x186 | 0x1C5 if opid & IS_BLIP != 0 => Some((value, Vec::new())),
        // Names and flags of pictures that may stand in another file.
        0x105 | 0x187 | 0x1C6 => {
            // A plain name is left by programs that embedded the picture.
            None
        }
        0x106 | 0x188 | 0x1C7 => {
            if value & 0xE != 0 {
                job.removed(&LINKED_IMAGE, place);
            }
            None
        }
        0x382 => match hlink::rebuild(data.get(16..).unwrap_or_default(), job) {
            Some(link) => {
                let mut out = HLINK_CLASS.to_vec();
                out.extend_from_slice(&link);
                // The table holds the length; the caller writes it as the value.
                Some((u32::try_from(out.len()).unwrap_or(0), out))
            }
            None => {
                job.removed(&HYPERLINK, place);
                None
            }
        },
        0x38E | 0x397..=0x39A | 0x3A5 => {
            job.removed(&MACRO_ASSIGNED, place);
            None
        }
        _ if is_complex && !may_have_data(pid) => {
            job.removed(&SHAPE_DATA, place);
            None
        }
        _ if is_allowed(pid) && data.len() <= DATA_LEN_MAX => Some((value, data.to_vec())),
        _ => {
            if is_complex {
                job.removed(&SHAPE_DATA, place);
            }
            None
        }
    }
}

/// {79EAC9D0-BAF9-11CE-8C82-00AA004BA90B}: the class before the link.
const HLINK_CLASS: [u8; 16] = [
    0xD0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA, 0x00, 0x4B, 0xA9, 0x0B,
];

/// Longest data of one property, in bytes: vertices of a free-form shape.
const DATA_LEN_MAX: usize = 4 << 20;

/// Says whether a property can have data behind the table: points and such,
/// texts and fonts of text art, names, descriptions and tips.
fn may_have_data(pid: u16) -> bool {
    is_array(pid) || matches!(pid, 0x0C0 | 0x0C5 | 0x0C6 | 0x380 | 0x381 | 0x38D)
}

fn is_allowed(pid: u16) -> bool {
    match pid {
        0x000..=0x07F => true,                 // transform, protection
        0x080..=0x0BF => true,                 // text box
        0x0C1 => false,                        // RTF of text art
        0x0C0..=0x0FF => true,                 // text art
        0x100..=0x103 | 0x107..=0x10A => true, // crop, brightness
        0x110..=0x13F => pid == 0x13F || (0x117..=0x124).contains(&pid),
        0x140..=0x17F => true, // geometry
        0x180..=0x1BF => true, // fill
        0x1C0..=0x1FF => true, // line
        0x200..=0x2FF => true, // shadow, perspective, 3-D
        0x300..=0x33F => true, // shape
        0x340..=0x37F => true, // call-out
        0x3A9 => false,        // a package with the shape as XML
        0x380..=0x3BF => true, // name, wrapping, position
        0x3C0..=0x3FF => true, // relative size
        0x500..=0x53F => true, // diagram
        0x540..=0x67F => true, // lines of each side
        0x7C0..=0x7FF => true, // size in percent
        _ => false,            // web components, ink, signatures
    }
}

//! GIF, version 89a: blocks, their sub-blocks and the trailer.

use super::{Fault, Faults};
use crate::rules;

/// Lists a picture's faults.
pub(super) fn faults(bytes: &[u8]) -> Vec<Fault> {
    let mut faults = Faults::default();
    let is_gif = bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a");
    let Some(&flags) = bytes.get(10).filter(|_| is_gif && bytes.len() >= 13) else {
        return faults.with(rules::UNREADABLE, "not a GIF");
    };
    let mut at = 13 + table(flags);
    loop {
        let Some(&kind) = bytes.get(at) else {
            return faults.with(rules::UNREADABLE, "no trailer");
        };
        at += 1;
        let next = match kind {
            TRAILER => break,
            EXTENSION => extension(&mut faults, bytes, at),
            IMAGE => image(bytes, at),
            _ => return faults.with(rules::IMAGE_STRUCTURE, format!("block {kind:02X}")),
        };
        match next {
            Some(next) => at = next,
            None => return faults.with(rules::UNREADABLE, "a block beyond the file"),
        }
    }
    if at < bytes.len() {
        faults.add(rules::IMAGE_TRAILING, format!("{} bytes after the trailer", bytes.len() - at));
    }
    faults.0
}

fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << (usize::from(flags & 7) + 1) }
}

fn image(bytes: &[u8], at: usize) -> Option<usize> {
    let flags = *bytes.get(at + 8)?;
    // Nine bytes of descriptor, a table, the code size, the data.
    after_blocks(bytes, at + 9 + table(flags) + 1)
}

fn extension(faults: &mut Faults, bytes: &[u8], at: usize) -> Option<usize> {
    let label = *bytes.get(at)?;
    let first = bytes.get(at + 2..at + 2 + usize::from(*bytes.get(at + 1)?))?;
    let end = after_blocks(bytes, at + 1)?;
    let size = end - at;
    match (label, first) {
        // Label, size, four bytes, terminator.
        (0xF9, control) if control.len() == 4 && size == 7 => {}
        // Label, size, eleven bytes, a block of three, terminator.
        (0xFF, b"NETSCAPE2.0") if size == 18 => {}
        (0xFE, _) => faults.add(rules::IMAGE_METADATA, "a comment"),
        (0xFF, name) => faults.add(
            rules::IMAGE_METADATA,
            format!("application data {}", String::from_utf8_lossy(name)),
        ),
        (label, _) => faults.add(rules::IMAGE_STRUCTURE, format!("extension {label:02X}")),
    }
    Some(end)
}

fn after_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let size = usize::from(*bytes.get(at)?);
        at += 1 + size;
        if size == 0 {
            return Some(at);
        }
    }
}

const TRAILER: u8 = 0x3B;
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2C;

//! JPEG, ITU-T T.81: marker segments and the entropy-coded data between them.

use memchr::memchr;

use super::{Fault, Faults, orientation_fault, profile_fault};
use crate::rules;

/// Lists a picture's faults.
pub(super) fn faults(bytes: &[u8]) -> Vec<Fault> {
    let mut faults = Faults::default();
    if !bytes.starts_with(&[0xFF, SOI]) {
        return faults.with(rules::UNREADABLE, "not a JPEG");
    }
    let (mut at, mut has_scan, mut segments) = (2usize, false, 0usize);
    loop {
        let Some(&[0xFF, marker]) = bytes.get(at..at + 2).and_then(|pair| pair.first_chunk::<2>())
        else {
            return faults.with(rules::IMAGE_STRUCTURE, "bytes between segments");
        };
        at += 2;
        if marker == EOI {
            break;
        }
        segments += 1;
        let length =
            bytes.get(at..at + 2).map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])));
        let body =
            length.filter(|&length| length >= 2).and_then(|length| bytes.get(at + 2..at + length));
        let Some(body) = body else {
            return faults.with(rules::UNREADABLE, "a segment beyond the file");
        };
        if segments > SEGMENTS_MAX {
            return faults.with(rules::IMAGE_STRUCTURE, "too many segments");
        }
        segment(&mut faults, marker, body);
        at += body.len() + 2;
        if marker == SOS {
            has_scan = true;
            match scan_end(bytes, at) {
                Some(end) => at = end,
                None => return faults.with(rules::IMAGE_STRUCTURE, "picture data without end"),
            }
        }
    }
    if !has_scan {
        faults.add(rules::UNREADABLE, "no picture data");
    }
    if at < bytes.len() {
        faults.add(rules::IMAGE_TRAILING, format!("{} bytes after the picture", bytes.len() - at));
    }
    faults.0
}

fn segment(faults: &mut Faults, marker: u8, body: &[u8]) {
    match marker {
        SOF0..=SOF2 if body.len() >= 6 => {}
        DHT | DQT | SOS | DRI => {}
        APP0 => {
            let is_jfif =
                body.len() == 14 && body.starts_with(b"JFIF\0") && body.ends_with(&[0, 0]);
            if !is_jfif {
                faults.add(rules::IMAGE_METADATA, "APP0 that is not a bare JFIF header");
            }
        }
        APP1 => match body.strip_prefix(b"Exif\0\0").map(orientation_fault) {
            Some(None) => {}
            Some(Some(fault)) => faults.add(rules::IMAGE_METADATA, fault),
            None => faults.add(rules::IMAGE_METADATA, "APP1 that is no Exif"),
        },
        APP2 => match body.strip_prefix(b"ICC_PROFILE\0\x01\x01").map(profile_fault) {
            Some(None) => {}
            Some(Some(fault)) => faults.add(rules::IMAGE_METADATA, fault),
            None => faults.add(rules::IMAGE_METADATA, "APP2 that is no single colour profile"),
        },
        APP14 if body.len() == 12 && body.starts_with(b"Adobe") => {}
        COM => faults.add(rules::IMAGE_METADATA, "a comment"),
        0xE3..=0xEF => faults.add(rules::IMAGE_METADATA, format!("APP{}", marker - 0xE0)),
        _ => faults.add(rules::IMAGE_STRUCTURE, format!("segment {marker:02X}")),
    }
}

/// Returns where the next marker that is neither a stuffed byte nor a restart
/// stands (B.1.1.5).
fn scan_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr(0xFF, bytes.get(at..)?)?;
        match bytes.get(at + 1)? {
            0 | 0xD0..=0xD7 => at += 2,
            _ => return Some(at),
        }
    }
}

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const DQT: u8 = 0xDB;
const DRI: u8 = 0xDD;
const DHT: u8 = 0xC4;
const SOF0: u8 = 0xC0;
const SOF2: u8 = 0xC2;
const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;
const APP14: u8 = 0xEE;
const COM: u8 = 0xFE;
const SEGMENTS_MAX: usize = 4_096;

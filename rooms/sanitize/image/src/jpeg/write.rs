//! Writes a picture as a new baseline JPEG: markers in one fixed order, tables
//! made for its own symbols. Takes nothing but checked values.

use super::bits::BitWriter;
use super::huffman::Encoder;
use super::parse::{Colour, Density, Picture};
use super::scan::pair_of;
use super::tokens::{END, ZEROS};
use crate::exif;

/// JFIF and ICC payloads of one segment stay under the length field's reach.
const PROFILE_PART_BYTES: usize = 65_000;

/// Writes the whole file.
pub(super) fn write(picture: &Picture) -> Vec<u8> {
    let mut out = Vec::with_capacity(picture.tokens.bytes.len() + 1024);
    out.extend([0xFF, 0xD8]);
    write_application(picture, &mut out);
    write_picture(picture, out)
}

/// Writes the file without application segments.
pub(super) fn write_bare(picture: &Picture) -> Vec<u8> {
    let mut out = Vec::with_capacity(picture.tokens.bytes.len() + 1024);
    out.extend([0xFF, 0xD8]);
    write_picture(picture, out)
}

fn write_picture(picture: &Picture, mut out: Vec<u8>) -> Vec<u8> {
    let tables = write_quantisers(picture, &mut out);
    write_frame(picture, &tables, &mut out);
    let coders = picture.tokens.uses.each_ref().map(Encoder::best_for);
    let pairs = if picture.frame.components.len() > 1 { 2 } else { 1 };
    for (index, coder) in coders.iter().enumerate().take(2 * pairs) {
        // Tc and Th: class in the high half, number in the low one.
        let head = [(index as u8 & 1) << 4 | index as u8 >> 1];
        segment(0xC4, &[&head, &coder.counts, &coder.symbols], &mut out);
    }
    write_scan_header(picture, &mut out);
    let mut out = write_data(picture, &coders, out);
    out.extend([0xFF, 0xD9]);
    out
}

fn segment(marker: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.extend([0xFF, marker]);
    out.extend((length as u16 + 2).to_be_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
}

fn write_application(picture: &Picture, out: &mut Vec<u8>) {
    let none = Density { unit: 0, x: 1, y: 1 };
    let density = match picture.colour {
        Colour::Grey | Colour::Ycc => Some(picture.density.unwrap_or(none)),
        // JFIF would make RGB be read as YCbCr.
        Colour::Rgb => None,
        Colour::Cmyk(_) => picture.density,
    };
    if let Some(Density { unit, x, y }) = density {
        let (x, y) = (x.to_be_bytes(), y.to_be_bytes());
        segment(0xE0, &[b"JFIF\0\x01\x02", &[unit], &x, &y, &[0, 0]], out);
    }
    match picture.colour {
        Colour::Grey | Colour::Ycc => {}
        Colour::Rgb => segment(0xEE, &[b"Adobe\0\x64\0\0\0\0", &[0]], out),
        Colour::Cmyk(Some(transform)) => {
            // 0 CMYK, 2 YCCK; anything else is read as CMYK.
            let transform = if transform == 2 { 2 } else { 0 };
            segment(0xEE, &[b"Adobe\0\x64\0\0\0\0", &[transform]], out);
        }
        Colour::Cmyk(None) => {}
    }
    if picture.orientation != 1 {
        segment(0xE1, &[b"Exif\0\0", &exif::orientation_only(picture.orientation)], out);
    }
    if let Some(profile) = &picture.profile {
        let count = profile.len().div_ceil(PROFILE_PART_BYTES) as u8;
        for (index, part) in profile.chunks(PROFILE_PART_BYTES).enumerate() {
            segment(0xE2, &[b"ICC_PROFILE\0", &[index as u8 + 1, count], part], out);
        }
    }
}

/// Writes each different quantiser once; returns which one each component uses.
fn write_quantisers(picture: &Picture, out: &mut Vec<u8>) -> Vec<u8> {
    let mut written: Vec<[u16; 64]> = Vec::new();
    let mut uses = Vec::new();
    for component in &picture.frame.components {
        let table = component.table.unwrap_or([1; 64]);
        let known = written.iter().position(|other| *other == table);
        let number = known.unwrap_or(written.len()) as u8;
        uses.push(number);
        if known.is_some() {
            continue;
        }
        let is_wide = table.iter().any(|&value| value > 255);
        let mut body = vec![u8::from(is_wide) << 4 | number];
        for value in table {
            let bytes = value.to_be_bytes();
            body.extend(if is_wide { &bytes[..] } else { &bytes[1..] });
        }
        segment(0xDB, &[&body], out);
        written.push(table);
    }
    uses
}

fn write_frame(picture: &Picture, tables: &[u8], out: &mut Vec<u8>) {
    let frame = &picture.frame;
    let is_wide = |table: &[u16; 64]| table.iter().any(|&value| value > 255);
    let is_baseline = frame.precision == 8
        && !frame.components.iter().any(|c| c.table.as_ref().is_some_and(is_wide));
    let mut body = vec![frame.precision];
    body.extend((frame.height as u16).to_be_bytes());
    body.extend((frame.width as u16).to_be_bytes());
    body.push(frame.components.len() as u8);
    for (index, component) in frame.components.iter().enumerate() {
        let factors = (component.across << 4 | component.down) as u8;
        body.extend([index as u8 + 1, factors, tables[index]]);
    }
    segment(if is_baseline { 0xC0 } else { 0xC1 }, &[&body], out);
}

fn write_scan_header(picture: &Picture, out: &mut Vec<u8>) {
    let count = picture.frame.components.len();
    let mut body = vec![count as u8];
    for index in 0..count {
        let pair = pair_of(&picture.frame, index) as u8;
        body.extend([index as u8 + 1, pair << 4 | pair]);
    }
    body.extend([0, 63, 0]);
    segment(0xDA, &[&body], out);
}

fn write_data(picture: &Picture, coders: &[Encoder; 4], out: Vec<u8>) -> Vec<u8> {
    let frame = &picture.frame;
    let mut lanes = Vec::new();
    for (index, component) in frame.components.iter().enumerate() {
        let pair = pair_of(frame, index);
        lanes.push((component.across * component.down, &coders[2 * pair], &coders[2 * pair + 1]));
    }
    let mut bits = BitWriter::new(out);
    let mut tokens = picture.tokens.bytes.iter().copied();
    for _ in 0..frame.units_wide * frame.units_high {
        for &(blocks, dc, ac) in &lanes {
            for _ in 0..blocks {
                write_block(&mut tokens, dc, ac, &mut bits);
            }
        }
    }
    bits.finish()
}

#[inline]
fn write_block(
    tokens: &mut impl Iterator<Item = u8>,
    dc: &Encoder,
    ac: &Encoder,
    bits: &mut BitWriter,
) {
    let Some(symbol) = tokens.next() else { return };
    write_symbol(tokens, dc, symbol, bits);
    let mut at = 1;
    while at < 64 {
        let Some(symbol) = tokens.next() else { return };
        write_symbol(tokens, ac, symbol, bits);
        at += match symbol {
            END => return,
            ZEROS => 16,
            _ => 1 + u32::from(symbol >> 4),
        };
    }
}

#[inline]
fn write_symbol(
    tokens: &mut impl Iterator<Item = u8>,
    coder: &Encoder,
    symbol: u8,
    bits: &mut BitWriter,
) {
    let (code, length) = coder.code(symbol);
    let size = u32::from(symbol & 15);
    let mut value = 0;
    for _ in 0..size.div_ceil(8) {
        value = value << 8 | u32::from(tokens.next().unwrap_or(0));
    }
    // 16 bits of code and at most 15 of magnitude fit one put.
    bits.put(code << size | value, length + size);
}

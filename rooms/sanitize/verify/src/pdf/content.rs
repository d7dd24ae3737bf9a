//! Content streams: only the operators of 8.2 and 9 with operands that are
//! plain values. Draws nothing.

use super::object::Value;
use super::parse::{Reader, is_regular, is_space};
use crate::check::{Check, Walk};
use crate::rules;

/// Checks one stream of operators.
pub(super) fn stream(check: &mut Check<'_>, bytes: &[u8], id: u32) -> Walk {
    check.take_nodes((bytes.len() / BYTES_A_NODE) as u64)?;
    match fault(bytes) {
        None => Ok(()),
        Some(fault) => check.found(rules::PDF_CONTENT, format!("object {id}: {fault}")),
    }
}

fn fault(bytes: &[u8]) -> Option<String> {
    let mut at = 0usize;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            _ if is_space(byte) => at += 1,
            b'0'..=b'9' | b'+' | b'-' | b'.' => {
                let end = word_end(bytes, at);
                let is_number =
                    bytes[at..end].iter().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.'));
                if !is_number {
                    return Some(format!(
                        "an odd number {}",
                        String::from_utf8_lossy(&bytes[at..end])
                    ));
                }
                at = end;
            }
            b'/' => at = word_end(bytes, at + 1),
            b'[' | b']' => at += 1,
            b'(' | b'<' => {
                let mut reader = Reader::new(bytes, at);
                if let Err(complaint) = reader.value(0) {
                    return Some(complaint.to_owned());
                }
                at = reader.at;
            }
            _ if is_regular(byte) => {
                let end = word_end(bytes, at);
                let word = &bytes[at..end];
                at = end;
                if word == b"BI" {
                    match inline_image(bytes, at) {
                        Ok(after) => at = after,
                        Err(fault) => return Some(fault.to_owned()),
                    }
                } else if !OPERATORS.contains(&word) {
                    return Some(format!(
                        "an unknown operator {}",
                        String::from_utf8_lossy(&word[..word.len().min(20)])
                    ));
                }
            }
            _ => return Some("an odd character".to_owned()),
        }
    }
    None
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().position(|&byte| !is_regular(byte)).unwrap_or(rest.len())
}

/// 8.9.7: keys and values up to `ID`, then data up to `EI`. Only data written
/// as digits has an end that every reader finds at the same place.
fn inline_image(bytes: &[u8], start: usize) -> Result<usize, &'static str> {
    let mut reader = Reader::new(bytes, start);
    let mut is_digits = false;
    loop {
        reader.skip_space();
        if bytes.get(reader.at..).unwrap_or_default().starts_with(b"ID") {
            break;
        }
        let key = reader.value(0)?;
        let key = key.as_name().ok_or("an odd inline image")?.to_vec();
        let value = reader.value(0)?;
        if matches!(key.as_slice(), b"F" | b"Filter") {
            is_digits = is_digit_filter(&value);
        } else if !INLINE_KEYS.contains(&key.as_slice()) {
            return Err("an inline image with an odd key");
        }
    }
    if !is_digits {
        return Err("an inline image with an odd filter");
    }
    let data = bytes.get(reader.at + 2..).unwrap_or_default();
    let length = data.iter().position(|byte| !byte.is_ascii_hexdigit() && !is_space(*byte));
    let length =
        length.filter(|&length| data.get(length) == Some(&b'>')).ok_or("an open inline image")?;
    let mut tail = Reader::new(bytes, reader.at + 2 + length + 1);
    tail.skip_space();
    tail.expect(b"EI")?;
    let ends = bytes.get(tail.at).is_none_or(|&next| is_space(next));
    if ends { Ok(tail.at) } else { Err("an open inline image") }
}

/// Digits, with or without Flate inside.
fn is_digit_filter(value: &Value<'_>) -> bool {
    let names: Vec<&[u8]> = match value {
        Value::Array(items) => {
            items.iter().map(|item| item.as_name().unwrap_or_default()).collect()
        }
        other => vec![other.as_name().unwrap_or_default()],
    };
    matches!(
        names.as_slice(),
        [b"AHx" | b"ASCIIHexDecode"] | [b"AHx" | b"ASCIIHexDecode", b"Fl" | b"FlateDecode"]
    )
}

const INLINE_KEYS: &[&[u8]] = &[
    b"W",
    b"Width",
    b"H",
    b"Height",
    b"BPC",
    b"BitsPerComponent",
    b"CS",
    b"ColorSpace",
    b"D",
    b"Decode",
    b"DP",
    b"DecodeParms",
    b"IM",
    b"ImageMask",
    b"I",
    b"Interpolate",
    b"L",
    b"Length",
    b"Intent",
];

const OPERATORS: &[&[u8]] = &[
    b"re", b"m", b"l", b"c", b"v", b"y", b"h", b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b",
    b"b*", b"n", b"W", b"W*", b"q", b"Q", b"cm", b"w", b"J", b"j", b"M", b"d", b"ri", b"i", b"gs",
    b"BT", b"ET", b"Tc", b"Tw", b"Tz", b"TL", b"Tf", b"Tr", b"Ts", b"Td", b"TD", b"Tm", b"T*",
    b"Tj", b"TJ", b"'", b"\"", b"d0", b"d1", b"CS", b"cs", b"SC", b"SCN", b"sc", b"scn", b"G",
    b"g", b"RG", b"rg", b"K", b"k", b"sh", b"Do", b"true", b"false", b"null", b"BMC", b"BDC",
    b"EMC", b"MP", b"DP",
];
const BYTES_A_NODE: usize = 4;

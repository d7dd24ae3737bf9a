//! Turns a part's bytes into text by its byte order mark or declaration
//! (XML 1.0, Appendix F). Guesses nothing that the part does not say.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::Malformed;

/// Bytes in which an XML declaration must end.
const DECLARATION_MAX: usize = 200;

/// Bytes looked at before asking whether one was bad: such a run is looked at
/// many at a time.
const CHUNK_BYTES: usize = 256;

/// Decodes a part.
///
/// # Errors
/// Fails on bytes that the encoding does not have, on unknown encodings, and
/// on characters that XML 1.0 does not allow (2.2).
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Malformed> {
    let (encoding, skip) = encoding(bytes)?;
    let body = bytes.get(skip..).unwrap_or_default();
    let text = if encoding == UTF_8 {
        Cow::Borrowed(std::str::from_utf8(body).map_err(|_| Malformed)?)
    } else {
        encoding.decode_without_bom_handling_and_without_replacement(body).ok_or(Malformed)?
    };
    if text.as_bytes().chunks(CHUNK_BYTES).any(has_control) { Err(Malformed) } else { Ok(text) }
}

fn has_control(chunk: &[u8]) -> bool {
    let is_bad = |byte: u8| (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
    chunk.iter().fold(false, |found, byte| found | is_bad(*byte))
}

/// Returns the encoding and the length of the byte order mark.
fn encoding(bytes: &[u8]) -> Result<(&'static Encoding, usize), Malformed> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return Ok((encoding, length));
    }
    match bytes.get(..4) {
        Some([b'<', 0, _, 0]) => return Ok((UTF_16LE, 0)),
        Some([0, b'<', 0, _]) => return Ok((UTF_16BE, 0)),
        Some([0, 0, 0, _] | [_, 0, 0, 0]) => return Err(Malformed),
        _ => {}
    }
    let head = bytes.get(..DECLARATION_MAX.min(bytes.len())).unwrap_or_default();
    let Some(label) = declared(head) else { return Ok((UTF_8, 0)) };
    let encoding = Encoding::for_label(label).ok_or(Malformed)?;
    // A part in single bytes cannot be in UTF-16, whatever it declares.
    let is_wide = encoding == UTF_16LE || encoding == UTF_16BE;
    Ok((if is_wide { UTF_8 } else { encoding }, 0))
}

/// Finds the declared encoding's name.
fn declared(head: &[u8]) -> Option<&[u8]> {
    let start = head.strip_prefix(b"<?xml")?;
    let end = start.windows(2).position(|pair| pair == b"?>")?;
    let declaration = start.get(..end)?;
    let at = declaration.windows(8).position(|word| word == b"encoding")?;
    let rest = declaration.get(at + 8..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, rest) = rest.split_first()?;
    let end = rest.iter().position(|byte| byte == quote)?;
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_read_by_its_mark() {
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend("<a>住民</a>".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decode(&bytes).as_deref(), Ok("<a>住民</a>"));
    }

    #[test]
    fn a_declared_encoding_counts() {
        let mut bytes = b"<?xml version='1.0' encoding='Shift_JIS'?><a>".to_vec();
        bytes.extend([0x8F, 0x5A]);
        bytes.extend(b"</a>");
        assert!(decode(&bytes).is_ok_and(|text| text.contains("住")));
    }

    #[test]
    fn control_characters_and_unknown_encodings_fail() {
        assert_eq!(decode(b"<a>\x01</a>"), Err(Malformed));
        assert_eq!(decode(b"<?xml version='1.0' encoding='UTF-7'?><a/>"), Err(Malformed));
        assert_eq!(decode(b"<a>\xFF</a>"), Err(Malformed));
    }
}

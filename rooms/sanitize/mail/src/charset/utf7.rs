//! UTF-7 (RFC 2152), which old mailers still send. What is no valid shift stays
//! as it is.

use crate::transfer::base64_decode;

pub(super) fn decode(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('+') {
        let (before, shifted) = rest.split_at(at);
        out.push_str(before);
        let shifted = shifted.strip_prefix('+').unwrap_or(shifted);
        let is_digit = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
        let end = shifted.find(|c| !is_digit(c)).unwrap_or(shifted.len());
        let (digits, after) = shifted.split_at(end);
        match units(digits) {
            Some(decoded) if !decoded.is_empty() => {
                out.push_str(&decoded);
                rest = after.strip_prefix('-').unwrap_or(after);
            }
            _ => {
                out.push('+');
                rest = if digits.is_empty() {
                    after.strip_prefix('-').unwrap_or(after)
                } else {
                    shifted
                };
            }
        }
    }
    out.push_str(rest);
    out
}

fn units(digits: &str) -> Option<String> {
    let bytes = base64_decode(digits.as_bytes());
    let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).collect::<Result<String, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_are_read_and_plain_signs_stay() {
        assert_eq!(decode(b"+T09sEXlo- 1 +- 1 a+b"), "住民票 1 + 1 a+b");
        assert_eq!(decode(b"Hi Mom -+Jjo--!"), "Hi Mom -☺-!");
        assert_eq!(decode(b"+2D3eAA-"), "😀");
    }
}

//! Transfer encodings (RFC 2045 6): lenient when reading, strict when writing.

/// Characters of one encoded line (RFC 2045 6.8: at most 76).
const LINE: usize = 76;
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Decodes a body by the name of its encoding; an unknown one leaves it as it is.
pub(crate) fn decode(body: &[u8], encoding: &str) -> Vec<u8> {
    match encoding.trim().to_ascii_lowercase().as_str() {
        "base64" => base64_decode(body),
        "quoted-printable" => quoted_printable_decode(body),
        "x-uuencode" | "x-uue" | "uuencode" => uu_decode(body),
        _ => body.to_vec(),
    }
}

/// Decodes base64, passing over everything that is no digit. Padding ends a
/// quantum, so that joined pieces come out whole.
pub(crate) fn base64_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut value, mut bits) = (0_u32, 0_u32);
    for &byte in text {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                (value, bits) = (0, 0);
                continue;
            }
            _ => continue,
        };
        value = (value << 6) | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((value >> bits) as u8);
            value &= (1 << bits) - 1;
        }
    }
    out
}

/// Decodes quoted-printable (RFC 2045 6.7); what is no valid escape stays.
pub(crate) fn quoted_printable_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let content = line.trim_ascii_end();
        // Spaces at a line's end were added on the way (rule 3).
        let is_soft = content.ends_with(b"=");
        let content = content.strip_suffix(b"=").unwrap_or(content);
        escapes(content, b'=', &mut out);
        if !is_soft {
            let end = line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            out.extend_from_slice(&line[line.len() - end..]);
        }
    }
    out
}

/// Decodes `mark` followed by two hexadecimal digits.
pub(crate) fn escapes(text: &[u8], mark: u8, out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let hex = |at: usize| text.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        if byte == mark
            && let (Some(high), Some(low)) = (hex(at + 1), hex(at + 2))
        {
            out.push((high * 16 + low) as u8);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
}

/// Decodes uuencoded lines between `begin` and `end`.
fn uu_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end);
    for line in lines.skip_while(|line| !line.starts_with(b"begin ")).skip(1) {
        let Some((&length, data)) = line.split_first() else { continue };
        if line == b"end" {
            break;
        }
        let length = usize::from(length.wrapping_sub(b' ') & 0x3F);
        let start = out.len();
        for four in data.chunks(4) {
            let digit = |at: usize| {
                u32::from(four.get(at).map_or(0, |byte| byte.wrapping_sub(b' ') & 0x3F))
            };
            let value = digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3);
            out.extend_from_slice(&value.to_be_bytes()[1..]);
        }
        out.truncate((start + length).min(out.len()));
    }
    out
}

/// Encodes base64 in one piece.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let value = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            if position > three.len() {
                out.push('=');
            } else {
                out.push(char::from(DIGITS[(value >> (18 - 6 * position) & 0x3F) as usize]));
            }
        }
    }
    out
}

/// Encodes base64 in lines, the last one closed.
pub(crate) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 57 * 78 + 80);
    for chunk in bytes.chunks(LINE / 4 * 3) {
        out.extend_from_slice(base64(chunk).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_both_ways() {
        for length in 0..130 {
            let bytes: Vec<u8> = (0..length).collect();
            assert_eq!(base64_decode(&base64_lines(&bytes)), bytes);
        }
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64_decode(b"YQ==YWI="), b"aab");
    }

    #[test]
    fn quoted_printable_joins_soft_lines() {
        assert_eq!(quoted_printable_decode(b"a=3Db=  \r\nc=\r\n \r\nd=zz"), b"a=bc\r\nd=zz");
    }

    #[test]
    fn uuencoded_lines_open() {
        assert_eq!(uu_decode(b"begin 644 a\r\n#0V%T\r\n`\r\nend\r\n"), b"Cat");
    }
}

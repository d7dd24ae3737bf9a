//! The tree of parts (RFC 2045, 2046): headers as raw bytes, bodies as slices.
//! Lenient about line ends and missing closings; decodes nothing.

use crate::field::{self, Parametrised};
use crate::transfer;

/// Headers of one part that are looked at; more are noise made to cost time.
const HEADERS_MAX: usize = 2_000;
/// Parts of one multipart.
const PARTS_MAX: usize = 5_000;

/// A message or a part of one.
#[derive(Debug)]
pub struct Part<'a> {
    /// Names in lower case, values unfolded but raw.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What follows the headers, still encoded.
    pub body: &'a [u8],
}

impl<'a> Part<'a> {
    /// Reads headers up to the empty line. A line that is no header ends them,
    /// so that text without headers is kept as text.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Self {
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        let mut rest = bytes;
        loop {
            let (line, after) = split_line(rest);
            if line.is_empty() {
                return Self { headers, body: after };
            }
            if matches!(line[0], b' ' | b'\t') && !headers.is_empty() {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(b' ');
                    value.extend_from_slice(line.trim_ascii());
                }
            } else if let Some((name, value)) = header(line) {
                if headers.len() < HEADERS_MAX {
                    headers.push((name, value));
                }
            } else if !(headers.is_empty() && line.starts_with(b"From ")) {
                // The mark of a mailbox file may stand first; nothing else may.
                return Self { headers, body: rest };
            }
            rest = after;
        }
    }

    /// Returns the first header of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// Returns the media type in lower case, with `default` where there is none.
    #[must_use]
    pub fn media_type(&self, default: &str) -> Parametrised {
        let mut parsed = self.header("content-type").map(field::parametrised).unwrap_or_default();
        if !parsed.value.contains('/') {
            default.clone_into(&mut parsed.value);
        }
        parsed
    }

    /// Returns the disposition, empty where there is none.
    #[must_use]
    pub fn disposition(&self) -> Parametrised {
        self.header("content-disposition").map(field::parametrised).unwrap_or_default()
    }

    /// Returns the body without its transfer encoding.
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        let encoding = self.header("content-transfer-encoding").unwrap_or_default();
        transfer::decode(self.body, &String::from_utf8_lossy(encoding))
    }
}

/// The parts of a multipart, and whether anything of meaning lay outside them.
#[derive(Debug)]
pub struct Parts<'a> {
    /// In their order.
    pub parts: Vec<&'a [u8]>,
    /// Whether anything of meaning lay outside them.
    pub has_more: bool,
}

/// Splits a multipart body at its boundary (RFC 2046 5.1.1). The line end before
/// a boundary belongs to the boundary.
#[must_use]
pub fn split<'a>(body: &'a [u8], boundary: &str) -> Parts<'a> {
    let mut split = Parts { parts: Vec::new(), has_more: false };
    let (mut at, mut start) = (0, None);
    while at < body.len() {
        let (line, after) = split_line(&body[at..]);
        let next = body.len() - after.len();
        if let Some(is_last) = delimiter(line, boundary) {
            let piece = &body[start.unwrap_or(0)..at];
            let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
            let piece = piece.strip_suffix(b"\r").unwrap_or(piece);
            if start.is_some() {
                split.parts.push(piece);
            } else {
                split.has_more |= is_preamble_of_meaning(piece);
            }
            start = Some(next);
            if is_last || split.parts.len() >= PARTS_MAX {
                split.has_more |= !after.trim_ascii().is_empty();
                return split;
            }
        }
        at = next;
    }
    // The closing boundary is missing: the last part reaches to the end.
    if let Some(start) = start {
        split.parts.push(&body[start..]);
    }
    split
}

/// The sentence for programs without MIME is no loss; long preambles are.
fn is_preamble_of_meaning(preamble: &[u8]) -> bool {
    const SENTENCE_BYTES_MAX: usize = 200;
    preamble.trim_ascii().len() > SENTENCE_BYTES_MAX
}

/// Says whether the line is a boundary, and whether it is the closing one.
fn delimiter(line: &[u8], boundary: &str) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?;
    match rest.trim_ascii_end() {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

/// Returns the first line without its end, and what follows.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| at + 1);
    let (line, rest) = bytes.split_at(end);
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

fn header(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = line.split_at(colon);
    let name = name.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let name = String::from_utf8(name.to_ascii_lowercase()).ok().filter(|_| is_name)?;
    Some((name, value[1..].trim_ascii().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_end_before_a_boundary_is_not_the_parts() {
        let parts = split(b"--b\r\n\r\none\r\n\r\n--b\ntwo\n--b--\r\n", "b").parts;
        assert_eq!(parts, [&b"\r\none\r\n"[..], b"two"]);
    }

    #[test]
    fn folded_headers_are_one() {
        let part = Part::read(b"Subject: a\r\n b\r\nTo : c\r\n\r\nbody");
        assert_eq!(part.header("subject"), Some(&b"a b"[..]));
        assert_eq!(part.header("to"), Some(&b"c"[..]));
        assert_eq!(part.body, b"body");
    }
}

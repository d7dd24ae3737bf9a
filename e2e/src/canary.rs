//! Looks for strings in a file in every form they could hide in: inside
//! archives, streams and compound files, in UTF-16, hexadecimal, base64,
//! escapes. Written apart from the sanitiser's own readers, and more trusting:
//! it would rather see too much.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

/// How every canary begins.
pub const STEM: &str = "SKCANARY";

/// How deep files inside files are followed.
const DEPTH_MAX: u32 = 6;
/// What one packed stream may unpack to, in bytes; made files are small.
const STREAM_MAX: u64 = 64 << 20;

/// Everything readable found in one file.
pub struct Unpacked {
    views: Vec<Vec<u8>>,
}

impl Unpacked {
    /// Unpacks `bytes` and everything inside.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut unpacked = Self { views: Vec::new() };
        unpacked.take(bytes, 0);
        unpacked
    }

    /// Says whether `text` occurs anywhere, whatever its case.
    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        let wanted = text.to_ascii_lowercase();
        self.views.iter().any(|view| contains(view, wanted.as_bytes()))
    }

    /// Says whether `text` occurs with the tags of a mark-up language taken
    /// out, so that a sentence cut into runs is found.
    #[must_use]
    pub fn has_sentence(&self, text: &str) -> bool {
        let wanted = text.to_ascii_lowercase();
        self.has(text) || self.views.iter().any(|view| contains(&untagged(view), wanted.as_bytes()))
    }

    fn take(&mut self, bytes: &[u8], depth: u32) {
        if depth > DEPTH_MAX || bytes.is_empty() {
            return;
        }
        for inner in contained(bytes) {
            self.take(&inner, depth + 1);
        }
        for view in views(bytes) {
            self.views.push(view);
        }
    }
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    let Some((&first, rest)) = needle.split_first() else { return true };
    let starts = hay.iter().enumerate().filter(|(_, byte)| **byte == first);
    starts.into_iter().any(|(at, _)| hay[at + 1..].starts_with(rest))
}

/// The files and streams inside `bytes`.
fn contained(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut inner = Vec::new();
    inner.extend(zip_members(bytes));
    inner.extend(marked_streams(bytes));
    if bytes.starts_with(&[0x1f, 0x8b]) {
        inner.extend(read_all(GzDecoder::new(bytes)));
    }
    if bytes.starts_with(b"\x89PNG") {
        inner.extend(png_texts(bytes));
    }
    if bytes.starts_with(b"MSCF") {
        let blocks = positions(bytes, b"CK");
        inner.extend(blocks.filter_map(|at| read_all(DeflateDecoder::new(&bytes[at + 2..]))));
    }
    let nested_marks: [&[u8]; 5] =
        [b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xd0\xcf\x11\xe0", b"MIME-Version"];
    inner.extend(
        base64_runs(bytes)
            .into_iter()
            .filter(|data| nested_marks.iter().any(|mark| positions(data, mark).next().is_some())),
    );
    // Packed objects of old presentations: a record of kind 1011, instance 1.
    for at in positions(bytes, &[0x10, 0x00, 0x11, 0x10]) {
        inner.extend(bytes.get(at + 12..).and_then(|packed| read_all(ZlibDecoder::new(packed))));
    }
    for at in positions(bytes, &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        inner.extend(compound_streams(&bytes[at..]));
    }
    inner
}

/// Members of any ZIP in `bytes`, by their local headers alone: whatever the
/// directory says, what is there is found.
fn zip_members(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut members = Vec::new();
    for at in positions(bytes, b"PK\x03\x04") {
        let Some(header) = bytes.get(at..at + 30) else { continue };
        let skip = 30 + usize::from(word(header, 26)) + usize::from(word(header, 28));
        let Some(data) = bytes.get(at + skip..) else { continue };
        if word(header, 8) == 8 {
            members.extend(read_all(DeflateDecoder::new(data)));
        }
    }
    members
}

/// Streams of a PDF: what follows each `stream` keyword, inflated where it can
/// be, and out of its ASCII coats.
fn marked_streams(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut streams = Vec::new();
    for at in positions(bytes, b"stream") {
        let body = &bytes[at + 6..];
        let body = body.strip_prefix(b"\r").unwrap_or(body);
        let body = body.strip_prefix(b"\n").unwrap_or(body);
        let end = positions(body, b"endstream").next().unwrap_or(body.len());
        streams.extend(read_all(ZlibDecoder::new(body)));
        streams.extend(ascii85(&body[..end]));
    }
    streams
}

/// Packed texts and profiles of a PNG.
fn png_texts(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for kind in [b"zTXt", b"iTXt", b"iCCP"] {
        for at in positions(bytes, kind) {
            let end = bytes.len().min(at + 200);
            let starts = (at..end).filter(|start| bytes[*start] == 0x78);
            texts.extend(starts.filter_map(|start| read_all(ZlibDecoder::new(&bytes[start..]))));
        }
    }
    texts
}

fn compound_streams(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Ok(mut file) = cfb::CompoundFile::open(std::io::Cursor::new(bytes)) else {
        return Vec::new();
    };
    let paths: Vec<_> =
        file.walk().filter(cfb::Entry::is_stream).map(|e| e.path().to_owned()).collect();
    let mut streams = Vec::new();
    for path in paths {
        let mut data = Vec::new();
        let opened = file.open_stream(&path).and_then(|mut stream| stream.read_to_end(&mut data));
        if opened.is_ok() {
            streams.push(data);
        }
    }
    streams
}

fn read_all(reader: impl Read) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    // What was unpacked before an error counts too.
    let _ = reader.take(STREAM_MAX).read_to_end(&mut data);
    (!data.is_empty()).then_some(data)
}

/// The ways to read `bytes`, in lower case.
fn views(bytes: &[u8]) -> Vec<Vec<u8>> {
    let plain = bytes.to_ascii_lowercase();
    let mut views = vec![plain];
    for start in [0, 1] {
        // UTF-16 of either order, at either offset: keep every second byte.
        views.push(bytes.iter().skip(start).step_by(2).map(u8::to_ascii_lowercase).collect());
    }
    if bytes.contains(&b'&') {
        views.push(unreferenced(bytes));
    }
    if bytes.contains(&b'%') {
        views.push(hex_escaped(bytes, b'%'));
    }
    if bytes.contains(&b'#') {
        views.push(hex_escaped(bytes, b'#'));
    }
    if bytes.contains(&b'=') {
        views.push(hex_escaped(&without(bytes, b"=\r\n"), b'='));
    }
    if bytes.contains(&b'\\') {
        views.push(backslashed(bytes));
    }
    views.extend(hex_runs(bytes));
    views.extend(base64_runs(bytes));
    for view in &mut views {
        view.make_ascii_lowercase();
    }
    views
}

/// Resolves `&#…;` references.
fn unreferenced(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let resolved = (byte == b'&').then(|| reference(tail)).flatten();
        match resolved {
            Some((value, used)) => {
                out.push(value);
                rest = &tail[used..];
            }
            None => out.push(byte),
        }
    }
    out
}

fn reference(tail: &[u8]) -> Option<(u8, usize)> {
    let digits = tail.strip_prefix(b"#")?;
    let length = digits.iter().take(8).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let text = std::str::from_utf8(&digits[..length]).ok()?;
    let value = match text.strip_prefix(['x', 'X']) {
        Some(hex) => u8::from_str_radix(hex, 16).ok()?,
        None => text.parse().ok()?,
    };
    let semicolon = usize::from(digits.get(length) == Some(&b';'));
    Some((value, 1 + length + semicolon))
}

/// Resolves `%41`, `#41`, `=41`.
fn hex_escaped(bytes: &[u8], mark: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let value = bytes.get(at + 1..at + 3).filter(|_| byte == mark).and_then(hex_pair);
        out.push(value.unwrap_or(byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    out
}

/// Resolves `\101`, `\x41`, `\u0041`, `\'41` and line continuations.
fn backslashed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let resolved = match tail {
            [b'x' | b'\'', a, b, ..] => hex_pair(&[*a, *b]).map(|value| (value, 3)),
            [b'u', b'0', b'0', a, b, ..] => hex_pair(&[*a, *b]).map(|value| (value, 5)),
            [b'\r', b'\n', ..] => Some((0, 2)),
            [b'\n' | b'\r', ..] => Some((0, 1)),
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                Some(((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), 3))
            }
            _ => None,
        };
        if let Some((value, used)) = resolved {
            if value != 0 {
                out.push(value);
            }
            rest = &tail[used..];
        }
    }
    out
}

/// Runs of hexadecimal digits, as in PDF strings and RTF objects.
fn hex_runs(bytes: &[u8]) -> Vec<Vec<u8>> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace();
    let mut found = Vec::new();
    for run in bytes.split(|byte| !is_part(byte)).filter(|run| run.len() >= 2 * STEM.len()) {
        let digits: Vec<u8> = run.iter().copied().filter(u8::is_ascii_hexdigit).collect();
        for shift in [0, 1] {
            let pairs = digits.get(shift..).unwrap_or_default().chunks_exact(2);
            let decoded: Vec<u8> = pairs.filter_map(hex_pair).collect();
            found.push(decoded.iter().copied().filter(|byte| *byte != 0).collect());
            found.push(decoded);
        }
    }
    found
}

/// Runs of base64, whatever the line breaks.
fn base64_runs(bytes: &[u8]) -> Vec<Vec<u8>> {
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'\r' | b'\n')
    };
    let mut found = Vec::new();
    for run in bytes.split(|byte| !is_part(byte)).filter(|run| run.len() >= STEM.len()) {
        let letters: Vec<u8> = run.iter().copied().filter_map(base64_value).collect();
        let decoded = |shift: usize| {
            let quads = letters.get(shift..).unwrap_or_default().chunks(4);
            quads.flat_map(base64_quad).collect::<Vec<u8>>()
        };
        found.extend(
            (0..4)
                .map(decoded)
                .flat_map(|data| [data.clone(), data.into_iter().filter(|b| *b != 0).collect()]),
        );
    }
    found
}

fn base64_value(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn base64_quad(quad: &[u8]) -> Vec<u8> {
    let bits = quad.iter().fold(0_u32, |bits, value| (bits << 6) | u32::from(*value));
    let [_, bytes @ ..] = (bits << (6 * (4 - quad.len()))).to_be_bytes();
    bytes[..quad.len().saturating_sub(1)].to_vec()
}

fn ascii85(body: &[u8]) -> Option<Vec<u8>> {
    let end = positions(body, b"~>").next()?;
    let digits: Vec<u8> =
        body[..end].iter().copied().filter(|b| (b'!'..=b'u').contains(b)).collect();
    let mut out = Vec::new();
    for group in digits.chunks(5) {
        let mut padded = [b'u'; 5];
        padded[..group.len()].copy_from_slice(group);
        let value = padded.iter().fold(0_u32, |value, digit| {
            value.wrapping_mul(85).wrapping_add(u32::from(digit - b'!'))
        });
        out.extend(&value.to_be_bytes()[..group.len() - 1]);
    }
    Some(out)
}

fn untagged(view: &[u8]) -> Vec<u8> {
    let mut depth = false;
    let outside = |byte: &&u8| {
        let was_inside = depth;
        depth = **byte == b'<' || (depth && **byte != b'>');
        !was_inside && !depth
    };
    view.iter().filter(outside).copied().collect()
}

fn without(bytes: &[u8], gap: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(gap) {
            rest = after;
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    out
}

fn positions<'a>(bytes: &'a [u8], mark: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    bytes
        .windows(mark.len())
        .enumerate()
        .filter(move |(_, window)| *window == mark)
        .map(|(at, _)| at)
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

fn word(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn finds(bytes: &[u8]) {
        assert!(Unpacked::of(bytes).has("SKCANARY01"), "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn every_disguise_is_seen_through() {
        finds(b"xx SKcanary01");
        finds(&"あ SKCANARY01".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>());
        finds(b"&#83;&#x4B;CANARY01");
        finds(b"%53KCANARY01");
        finds(b"/S#4bCANARY01");
        finds(b"S=4BCANA=\r\nRY01");
        finds(b"(S\\113CANA\\\nRY01)");
        finds(b"<53 4b 43 41 4e 41 52 59 30 31>");
        finds(b"<FEFF0053004b00430041004e0041005200590030 0031>");
        finds(b"src=\"data:x;base64,YVNLQ0FOQVJZMDE=\"");
        finds(&ascii85_stream(b"SKCANARY01.."));
    }

    fn ascii85_stream(text: &[u8]) -> Vec<u8> {
        let mut body = b"stream\n".to_vec();
        for group in text.chunks(4) {
            let mut value = u32::from_be_bytes([group[0], group[1], group[2], group[3]]);
            let mut digits = [0; 5];
            for digit in digits.iter_mut().rev() {
                *digit = b'!' + u8::try_from(value % 85).expect("below 85");
                value /= 85;
            }
            body.extend(digits);
        }
        body.extend(b"~>\nendstream");
        body
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert!(!Unpacked::of(b"SKCANARY 01").has("SKCANARY01"));
    }
}

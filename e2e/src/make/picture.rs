//! Makes small pictures and hides things in them, chunk by chunk. Pixels come
//! from the `image` crate; everything around them is written here.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::zip::deflate;

/// A small picture with edges and colours, the same every time.
#[must_use]
pub fn sample(format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(64, 48, |x, y| {
        let is_ring = (x.abs_diff(32).pow(2) + y.abs_diff(24).pow(2)).abs_diff(320) < 70;
        let shade = u8::try_from(x * 3).unwrap_or(u8::MAX);
        if is_ring { Rgb([200, 30, 40]) } else { Rgb([255, 255 - shade / 2, 230]) }
    });
    encode(&DynamicImage::ImageRgb8(picture), format)
}

/// A red seal of concentric strokes, as pictures of stamps are.
#[must_use]
pub fn seal() -> Vec<u8> {
    let picture = RgbImage::from_fn(96, 96, |x, y| {
        let distance = x.abs_diff(48).pow(2) + y.abs_diff(48).pow(2);
        let is_rim = (1700..2100).contains(&distance);
        let is_stroke = distance < 1500 && (x % 24 < 5 || y % 32 < 5);
        if is_rim || is_stroke { Rgb([196, 30, 36]) } else { Rgb([255, 255, 255]) }
    });
    encode(&DynamicImage::ImageRgb8(picture), ImageFormat::Png)
}

/// Encodes a picture.
#[must_use]
pub fn encode(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).expect("memory takes every picture made here");
    out.into_inner()
}

/// Puts a chunk right before a PNG's `IDAT` or, at the end, before its `IEND`.
#[must_use]
pub fn png_with(kind: &[u8; 4], data: &[u8], before: &[u8; 4]) -> Vec<u8> {
    let png = sample(ImageFormat::Png);
    let at = find(&png, before) - 4;
    [&png[..at], &png_chunk(kind, data), &png[at..]].concat()
}

/// One PNG chunk.
#[must_use]
pub fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind, data].concat();
    let length = u32::try_from(data.len()).expect("made chunks are small");
    [&length.to_be_bytes()[..], &body, &crc32fast::hash(&body).to_be_bytes()].concat()
}

/// A zlib stream.
#[must_use]
pub fn zlib(data: &[u8]) -> Vec<u8> {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in data {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    [&[0x78, 0x9c], &deflate(data)[..], &((high << 16) | low).to_be_bytes()].concat()
}

/// Puts a segment right after a JPEG's start marker.
#[must_use]
pub fn jpeg_with(marker: u8, data: &[u8]) -> Vec<u8> {
    let jpeg = sample(ImageFormat::Jpeg);
    let length = u16::try_from(data.len() + 2).expect("made segments are small");
    [&jpeg[..2], &[0xff, marker], &length.to_be_bytes(), data, &jpeg[2..]].concat()
}

/// An Exif block with a position, a maker note and a user comment.
#[must_use]
pub fn exif(text: &str) -> Vec<u8> {
    let mut fields = tiff_head();
    let note = [text.as_bytes(), b"\0"].concat();
    // Make, image description, artist, copyright, GPS pointer.
    let entries: [(u16, u16); 4] = [(0x010e, 2), (0x010f, 2), (0x013b, 2), (0x8298, 2)];
    let gps_at = 8 + 2 + 12 * 5 + 4;
    let gps_size = 2 + 12 * 4 + 4 + 48;
    let text_at = u32::try_from(gps_at + gps_size).expect("small");
    fields.extend(5_u16.to_le_bytes());
    for (tag, kind) in entries {
        entry(&mut fields, tag, kind, note.len(), text_at);
    }
    entry(&mut fields, 0x8825, 4, 1, u32::try_from(gps_at).expect("small"));
    fields.extend([0; 4]);
    gps(&mut fields, u32::try_from(gps_at + 2 + 12 * 4 + 4).expect("small"));
    fields.extend(note);
    [b"Exif\0\0", &fields[..]].concat()
}

/// A TIFF with a private tag, a description and bytes that no tag names.
#[must_use]
pub fn tiff_with(text: &str) -> Vec<u8> {
    let mut out = tiff_head();
    let pixels_at = 8 + 2 + 12 * 12 + 4;
    let text_at = u32::try_from(pixels_at + 64 * 48).expect("small");
    let note = [text.as_bytes(), b"\0"].concat();
    out.extend(12_u16.to_le_bytes());
    let at = u32::try_from(pixels_at).expect("small");
    for (tag, kind, count, value) in [
        (0x0100, 3, 1, 64),
        (0x0101, 3, 1, 48),
        (0x0102, 3, 1, 8),
        (0x0103, 3, 1, 1),
        (0x0106, 3, 1, 1),
        (0x010e, 2, note.len(), text_at),
        (0x0111, 4, 1, at),
        (0x0115, 3, 1, 1),
        (0x0116, 3, 1, 48),
        (0x0117, 4, 1, 64 * 48),
        (0x013b, 2, note.len(), text_at),
        (0xc0de, 7, note.len(), text_at),
    ] {
        entry(&mut out, tag, kind, count, value);
    }
    out.extend([0; 4]);
    out.extend((0..64 * 48_u32).map(|index| (index % 251).to_le_bytes()[0]));
    out.extend(note);
    out
}

/// A GIF with an extension block of `label` before its trailer.
#[must_use]
pub fn gif_with(label: u8, text: &str) -> Vec<u8> {
    let mut gif = sample(ImageFormat::Gif);
    let trailer = gif.pop().expect("a GIF ends with its trailer");
    gif.extend([0x21, label]);
    if label == 0xff {
        gif.extend(b"\x0bSEKISHO 1.0");
    }
    gif.push(u8::try_from(text.len()).expect("made texts are short"));
    gif.extend(text.as_bytes());
    gif.extend([0, trailer]);
    gif
}

/// A WebP with one more RIFF chunk at its end.
#[must_use]
pub fn webp_with(kind: &[u8; 4], text: &str) -> Vec<u8> {
    let mut webp = sample(ImageFormat::WebP);
    let mut data = text.as_bytes().to_vec();
    data.resize(data.len().next_multiple_of(2), 0);
    webp.extend(kind);
    webp.extend(u32::try_from(data.len()).expect("small").to_le_bytes());
    webp.extend(data);
    let size = u32::try_from(webp.len() - 8).expect("small").to_le_bytes();
    webp[4..8].copy_from_slice(&size);
    webp
}

/// A JPEG 2000-free Enhanced Metafile: a rectangle and a comment record.
#[must_use]
pub fn emf(comment: &str) -> Vec<u8> {
    let mut text = comment.as_bytes().to_vec();
    text.resize(text.len().next_multiple_of(4), 0);
    let mut records = vec![record(43, &words(&[10, 10, 90, 60]))];
    if !comment.is_empty() {
        let data = [&words(&[i32::try_from(text.len()).expect("small")])[..], &text].concat();
        records.push(record(70, &data));
    }
    records.push(record(14, &words(&[0, 16, 20])));
    let body = records.concat();
    let mut head = words(&[0, 0, 100, 70, 0, 0, 2646, 1852]);
    head.extend(b" EMF");
    head.extend(0x0001_0000_u32.to_le_bytes());
    head.extend(words(&[i32::try_from(body.len() + 88).expect("small")]));
    head.extend(words(&[i32::try_from(records.len() + 1).expect("small"), 1, 0, 0, 0]));
    head.extend(words(&[1024, 768, 270, 203]));
    [record(1, &head), body].concat()
}

/// A placeable Windows Metafile: a rectangle and an escape record.
#[must_use]
pub fn wmf(comment: &str) -> Vec<u8> {
    let mut text = comment.as_bytes().to_vec();
    text.resize(text.len().next_multiple_of(2), 0);
    let short = |values: &[u16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let mut body = short(&[5, 0, 0x020b, 0, 0, 5, 0, 0x020c, 70, 100]);
    body.extend(short(&[7, 0, 0x041b, 60, 90, 10, 10]));
    if !comment.is_empty() {
        let size = u16::try_from(5 + text.len() / 2).expect("small");
        body.extend(short(&[size, 0, 0x0626, 15, u16::try_from(text.len()).expect("small")]));
        body.extend(text);
    }
    body.extend(short(&[3, 0, 0]));
    let size = u16::try_from(9 + body.len() / 2).expect("small");
    let placeable = [0xcdd7, 0x9ac6, 0, 0, 0, 100, 70, 96, 0, 0];
    let check = placeable.iter().fold(0, |sum, value| sum ^ value);
    let mut out = short(&placeable);
    out.extend(short(&[check, 1, 9, 0x0300, size, 0, 0, 64, 0, 0]));
    out.extend(body);
    out
}

/// Returns where `needle` stands.
///
/// # Panics
/// When it is missing: a mistake of the maker.
#[must_use]
pub fn find(bytes: &[u8], needle: &[u8]) -> usize {
    let found = bytes.windows(needle.len()).position(|window| window == needle);
    found.expect("the maker names bytes that are there")
}

fn tiff_head() -> Vec<u8> {
    b"II\x2a\0\x08\0\0\0".to_vec()
}

fn entry(out: &mut Vec<u8>, tag: u16, kind: u16, count: usize, value: u32) {
    out.extend(tag.to_le_bytes());
    out.extend(kind.to_le_bytes());
    out.extend(u32::try_from(count).expect("small").to_le_bytes());
    out.extend(value.to_le_bytes());
}

/// North 35° 41′ 22″, east 139° 41′ 30″.
fn gps(out: &mut Vec<u8>, values_at: u32) {
    out.extend(4_u16.to_le_bytes());
    entry(out, 1, 2, 2, u32::from(b'N'));
    entry(out, 2, 5, 3, values_at);
    entry(out, 3, 2, 2, u32::from(b'E'));
    entry(out, 4, 5, 3, values_at + 24);
    out.extend([0; 4]);
    for value in [35_u32, 41, 22, 139, 41, 30] {
        out.extend(value.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
}

fn record(kind: u32, data: &[u8]) -> Vec<u8> {
    let size = u32::try_from(data.len() + 8).expect("small");
    [&kind.to_le_bytes()[..], &size.to_le_bytes(), data].concat()
}

fn words(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

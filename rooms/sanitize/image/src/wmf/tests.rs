//! Shows what a rebuilt WMF keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use crate::testing::{settled, survives_cuts, survives_flips};

/// A metafile of the given records, with both headers and an end.
fn metafile(objects: u16, records: &[(u16, &[u8])]) -> Vec<u8> {
    let (mut body, mut longest) = (Vec::new(), 3u32);
    for (function, data) in records.iter().chain([&(0, &[][..])]) {
        let words = 3 + data.len() as u32 / 2;
        longest = longest.max(words);
        body.extend(words.to_le_bytes());
        body.extend(function.to_le_bytes());
        body.extend(*data);
    }
    let mut out = b"\xD7\xCD\xC6\x9A\0\0\0\0\0\0\x64\0\x64\0\x60\0\0\0\0\0".to_vec();
    let sum = out.as_chunks::<2>().0.iter().fold(0, |sum, w| sum ^ u16::from_le_bytes(*w));
    out.extend(sum.to_le_bytes());
    out.extend([1, 0, 9, 0, 0, 3]);
    out.extend((9 + body.len() as u32 / 2).to_le_bytes());
    out.extend(objects.to_le_bytes());
    out.extend(longest.to_le_bytes());
    out.extend([0, 0]);
    out.extend(body);
    out
}

const LINE: (u16, &[u8]) = (0x0213, &[5, 0, 5, 0]);
const BRUSH: (u16, &[u8]) = (0x02FC, &[0, 0, 1, 2, 3, 0, 0, 0]);
const SELECT: (u16, &[u8]) = (0x012D, &[0, 0]);

#[test]
fn drawing_stays_and_text_is_read() {
    let text: (u16, &[u8]) = (0x0521, b"\x03\0abc\0\x01\0\x02\0");
    let source = metafile(1, &[BRUSH, SELECT, LINE, text]);
    let (out, removed) = settled(&source, Format::Wmf);
    assert_eq!(removed, [""; 0]);
    assert_eq!(out, source);
    assert_eq!(super::text(&out), "abc");
}

#[test]
fn escapes_go_by_name() {
    let cases: [(&[u8], &str); 3] = [
        // SETABORTPROC, which once ran code; a printer's own; a comment.
        (&[9, 0, 4, 0, 1, 2, 3, 4], "image-metafile-escape"),
        (&[0x26, 0, 0, 0], "image-metafile-escape"),
        (&[15, 0, 4, 0, 1, 2, 3, 4], "image-metafile-comment"),
    ];
    for (data, code) in cases {
        let (out, removed) = settled(&metafile(0, &[(0x0626, data), LINE]), Format::Wmf);
        assert_eq!(removed, [code]);
        assert_eq!(out, metafile(0, &[LINE]));
    }
}

#[test]
fn a_broken_object_leaves_its_place_taken() {
    let broken: (u16, &[u8]) = (0x02FA, &[0, 0]);
    let (out, removed) = settled(&metafile(2, &[broken, BRUSH, SELECT, LINE]), Format::Wmf);
    assert_eq!(removed, ["image-metafile-broken"]);
    let empty: (u16, &[u8]) = (0x02FC, &[1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(out, metafile(2, &[empty, BRUSH, SELECT, LINE]));
}

#[test]
fn data_behind_the_end_goes() {
    let mut bytes = metafile(0, &[LINE]);
    bytes.extend(b"MZ..");
    assert_eq!(settled(&bytes, Format::Wmf).1, ["image-trailing"]);
}

#[test]
fn damage_is_survived() {
    let source = metafile(1, &[BRUSH, SELECT, LINE, (0x0324, &[1, 0, 2, 0, 3, 0])]);
    survives_cuts(&source, Format::Wmf);
    survives_flips(&source, Format::Wmf);
}

//! Shows what a rebuilt EMF keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use super::put;
use crate::testing::{run, settled, survives_cuts, survives_flips};

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A metafile of the given records and an end.
fn metafile(records: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    records.iter().for_each(|(kind, data)| put(*kind, data, &mut body));
    put(14, &words(&[0, 16, 20]), &mut body);
    let mut out = words(&[1, 88, 0, 0, 10, 10, 0, 0, 100, 100]);
    out.extend(b" EMF");
    out.extend(words(&[0x1_0000, (88 + body.len()) as u32, records.len() as u32 + 2, 1]));
    out.extend(words(&[0, 0, 0, 1000, 800, 300, 200]));
    out.extend(body);
    out
}

fn line() -> (u32, Vec<u8>) {
    (54, words(&[5, 5]))
}

/// EMR_EXTTEXTOUTW of two letters.
fn letters() -> (u32, Vec<u8>) {
    let mut data = words(&[0, 0, 9, 9, 1, 0, 0, 3, 4, 2, 76, 0, 0, 0, 9, 9, 0]);
    data.extend([b'O', 0, b'K', 0]);
    (84, data)
}

#[test]
fn drawing_stays_and_text_is_read() {
    let source = metafile(&[line(), letters()]);
    let (out, removed) = settled(&source, Format::Emf);
    assert_eq!(removed, [""; 0]);
    assert_eq!(out, source);
    assert_eq!(super::text(&out), "OK");
}

#[test]
fn what_is_not_drawing_goes_by_name() {
    let comment = [words(&[6]), b"secret\0\0".to_vec()].concat();
    let cases = [
        ((70, comment), "image-metafile-comment"),
        ((105, words(&[1, 2, 3])), "image-metafile-escape"),
        ((106, words(&[1, 2, 3])), "image-metafile-escape"),
        ((110, words(&[1, 2, 3])), "image-metafile-escape"),
        ((112, words(&[1, 2, 3])), "image-icc-dropped"),
        ((102, words(&[1, 2, 3])), "image-metafile-unknown"),
        ((999, words(&[1, 2, 3])), "image-metafile-unknown"),
        // A point count beyond the record.
        ((4, words(&[0, 0, 9, 9, 99, 1, 1])), "image-metafile-broken"),
        // A bitmap that is not there.
        ((94, words(&[1, 0, 32, 40, 72, 16])), "image-metafile-broken"),
    ];
    for (record, code) in cases {
        let (out, removed) = settled(&metafile(&[line(), record]), Format::Emf);
        assert_eq!(removed, [code]);
        assert_eq!(out, metafile(&[line()]));
    }
}

#[test]
fn an_object_that_was_never_made_is_not_selected() {
    let (out, _) = settled(&metafile(&[(37, words(&[7])), line()]), Format::Emf);
    assert_eq!(out, metafile(&[line()]));
}

#[test]
fn plus_records_go_where_the_standard_ones_draw_the_same() {
    let plus = |flags: u8| {
        let body = [b"EMF+\x01\x40".as_slice(), &[flags, 0, 28, 0, 0, 0]].concat();
        (70, [words(&[body.len() as u32]), body].concat())
    };
    let (out, removed) = settled(&metafile(&[plus(1), line()]), Format::Emf);
    assert_eq!(removed, ["image-metafile-plus"]);
    assert_eq!(out, metafile(&[line()]));
    assert!(run(&metafile(&[plus(0)]), Format::Emf).0.is_err());
}

#[test]
fn damage_is_survived() {
    let source = metafile(&[line(), letters(), (38, words(&[1, 0, 1, 0, 0])), (37, words(&[1]))]);
    survives_cuts(&source, Format::Emf);
    survives_flips(&source, Format::Emf);
}

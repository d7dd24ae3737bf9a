//! Shows what a rebuilt JPEG keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use crate::exif;
use crate::testing::{run, settled, survives_cuts, survives_flips};

fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![0xFF, marker];
    out.extend((body.len() as u16 + 2).to_be_bytes());
    out.extend(body);
    out
}

/// Eight by eight grey pixels; `extra` comes right behind the start.
fn tiny(extra: &[u8]) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    out.extend(extra);
    out.extend(segment(0xDB, &[&[0][..], &[1; 64]].concat()));
    out.extend(segment(0xC0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]));
    let one_code = |class: u8, symbol: u8| {
        let mut body = vec![class << 4, 1];
        body.extend([0; 15]);
        body.push(symbol);
        segment(0xC4, &body)
    };
    out.extend(one_code(0, 3));
    out.extend(one_code(1, 0));
    out.extend(segment(0xDA, &[1, 1, 0, 0, 63, 0]));
    // DC of three bits: 101 is 5; then the end of the block, then ones.
    out.extend([0b0101_0111, 0xFF, 0xD9]);
    out
}

#[test]
fn a_plain_picture_reports_nothing() {
    let (out, removed) = settled(&tiny(&[]), Format::Jpeg);
    assert_eq!(removed, [""; 0]);
    assert!(out.starts_with(&[0xFF, 0xD8, 0xFF, 0xE0]));
}

#[test]
fn everything_beside_the_picture_goes_by_name() {
    let exif =
        [b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\0\0\0\0\0".as_slice()]
            .concat();
    let cases: [(u8, &[u8], &[&str]); 7] = [
        (0xFE, b"secret", &["image-comment"]),
        (0xE1, &exif, &["image-exif", "image-gps"]),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>", &["image-xmp"]),
        (0xED, b"Photoshop 3.0\08BIM", &["image-iptc"]),
        (0xE0, b"JFXX\0\x10secret", &["image-thumbnail"]),
        (0xE2, b"MPF\0secret", &["image-extra-picture"]),
        (0xE9, b"secret", &["image-app-data"]),
    ];
    for (marker, body, expected) in cases {
        let (out, removed) = settled(&tiny(&segment(marker, body)), Format::Jpeg);
        assert_eq!(removed, expected, "marker {marker:02X}");
        assert!(!out.windows(6).any(|window| window == b"secret"));
    }
}

#[test]
fn orientation_stays_and_density_comes_from_exif() {
    let mut body = b"Exif\0\0".to_vec();
    body.extend(exif::orientation_only(6));
    let (out, removed) = settled(&tiny(&segment(0xE1, &body)), Format::Jpeg);
    assert_eq!(removed, [""; 0]);
    assert!(out.windows(body.len()).any(|window| window == body));
}

#[test]
fn a_program_behind_the_end_goes() {
    let mut bytes = tiny(&[]);
    bytes.extend(b"PK\x03\x04 and more");
    let (out, removed) = settled(&bytes, Format::Jpeg);
    assert_eq!(removed, ["image-trailing"]);
    assert_eq!(out, settled(&tiny(&[]), Format::Jpeg).0);
}

#[test]
fn too_many_pixels_stop_before_decoding() {
    let mut bytes = tiny(&[]);
    let at = bytes.windows(4).position(|w| w == [0xFF, 0xC0, 0, 11]).unwrap();
    bytes[at + 5..at + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    let stop = run(&bytes, Format::Jpeg).0.unwrap_err();
    assert!(stop.is_limit());
}

#[test]
fn arithmetic_coding_is_refused() {
    let mut bytes = tiny(&[]);
    let at = bytes.windows(4).position(|w| w == [0xFF, 0xC0, 0, 11]).unwrap();
    bytes[at + 1] = 0xC9;
    assert!(run(&bytes, Format::Jpeg).0.is_err());
}

#[test]
fn damage_is_survived() {
    let bytes = tiny(&segment(0xFE, b"x"));
    survives_cuts(&bytes, Format::Jpeg);
    survives_flips(&bytes, Format::Jpeg);
}

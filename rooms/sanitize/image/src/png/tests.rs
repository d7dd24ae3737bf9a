//! Shows what a rebuilt PNG keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use super::{SIGNATURE, put};
use crate::testing::{run, settled, survives_cuts, survives_flips};
use crate::zlib;

/// A palette picture of four pixels by one, with `extra` chunks before its data.
fn indexed(extra: &[(&[u8; 4], &[u8])], pixels: [u8; 4]) -> Vec<u8> {
    let mut out = SIGNATURE.to_vec();
    put(&mut out, b"IHDR", &[0, 0, 0, 4, 0, 0, 0, 1, 8, 3, 0, 0, 0]);
    put(&mut out, b"PLTE", &[1, 2, 3, 4, 5, 6]);
    for (name, body) in extra {
        put(&mut out, name, body);
    }
    put(&mut out, b"IDAT", &zlib::deflate(&[&[0][..], &pixels].concat()));
    put(&mut out, b"IEND", &[]);
    out
}

#[test]
fn what_shapes_the_picture_stays() {
    let kept: [(&[u8; 4], &[u8]); 2] =
        [(b"tRNS", &[0, 9]), (b"pHYs", &[0, 0, 1, 0, 0, 0, 1, 0, 1])];
    let source = indexed(&kept, [0, 1, 0, 1]);
    let (out, removed) = settled(&source, Format::Png);
    assert_eq!(removed, [""; 0]);
    assert_eq!(out, source);
}

#[test]
fn everything_else_goes_by_name() {
    let cases: [(&[u8; 4], &[u8], &str); 6] = [
        (b"tEXt", b"Comment\0secret", "image-comment"),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0secret", "image-xmp"),
        (b"eXIf", b"MM\0*\0\0\0\x08\0\0\0\0\0\0secret", "image-exif"),
        (b"iCCP", b"x\0\0secret", "image-icc-dropped"),
        (b"acTL", b"\0\0\0\x02\0\0\0\0", "image-animation"),
        (b"juNK", b"secret", "image-app-data"),
    ];
    for (name, body, code) in cases {
        let (out, removed) = settled(&indexed(&[(name, body)], [0, 1, 1, 0]), Format::Png);
        assert_eq!(removed, [code]);
        assert!(!out.windows(6).any(|window| window == b"secret"));
    }
}

#[test]
fn an_index_past_the_palette_gets_a_colour() {
    let (out, _) = settled(&indexed(&[], [0, 1, 7, 1]), Format::Png);
    let at = out.windows(4).position(|window| window == b"PLTE").unwrap();
    assert_eq!(out[at - 1], 24);
}

#[test]
fn a_file_behind_the_end_goes() {
    let mut bytes = indexed(&[], [0; 4]);
    bytes.extend(b"<script>");
    assert_eq!(settled(&bytes, Format::Png).1, ["image-trailing"]);
}

#[test]
fn a_bomb_stops_before_unpacking() {
    let mut out = SIGNATURE.to_vec();
    put(&mut out, b"IHDR", &[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 8, 2, 0, 0, 0]);
    put(&mut out, b"IDAT", &zlib::deflate(&[0; 1000]));
    assert!(run(&out, Format::Png).0.unwrap_err().is_limit());
}

#[test]
fn damage_is_survived() {
    let bytes = indexed(&[(b"tRNS", &[0, 9])], [0, 1, 3, 2]);
    survives_cuts(&bytes, Format::Png);
    survives_flips(&bytes, Format::Png);
}

//! Shows what a rebuilt GIF keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use crate::lzw::{self, Dialect};
use crate::testing::{settled, survives_cuts, survives_flips};

/// Two by two pixels of two colours; `blocks` come before the picture.
fn tiny(blocks: &[u8], pixels: [u8; 4]) -> Vec<u8> {
    let mut out = b"GIF89a\x02\0\x02\0\xF0\0\0\x01\x02\x03\x04\x05\x06".to_vec();
    out.extend(blocks);
    out.extend([0x2C, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2]);
    let packed = lzw::pack(Dialect::Gif(2), &pixels);
    out.push(packed.len() as u8);
    out.extend(packed);
    out.extend([0, 0x3B]);
    out
}

#[test]
fn delay_and_loop_stay() {
    let blocks = b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\x05\0\0\x21\xF9\x04\x05\x0A\0\x01\0";
    let source = tiny(blocks, [0, 1, 1, 0]);
    let (out, removed) = settled(&source, Format::Gif);
    assert_eq!(removed, [""; 0]);
    assert_eq!(out, source);
}

#[test]
fn everything_else_goes_by_name() {
    let cases: [(&[u8], &str); 4] = [
        (b"\x21\xFE\x06secret\0", "image-comment"),
        (b"\x21\xFF\x0BXMP DataXMP\x06secret\0", "image-xmp"),
        (b"\x21\xFF\x0BMSOFFICE9.0\x06secret\0", "image-app-data"),
        (b"\x21\x01\x06secret\0", "image-app-data"),
    ];
    for (block, code) in cases {
        let (out, removed) = settled(&tiny(block, [0; 4]), Format::Gif);
        assert_eq!(removed, [code]);
        assert!(!out.windows(6).any(|window| window == b"secret"));
    }
}

#[test]
fn an_archive_behind_the_end_goes() {
    let mut bytes = tiny(&[], [0; 4]);
    bytes.extend(b"PK\x03\x04");
    assert_eq!(settled(&bytes, Format::Gif).1, ["image-trailing"]);
}

#[test]
fn an_index_past_the_palette_gets_a_colour() {
    let (out, _) = settled(&tiny(&[], [0, 3, 2, 1]), Format::Gif);
    assert!(out.len() > tiny(&[], [0; 4]).len());
}

#[test]
fn damage_is_survived() {
    let bytes = tiny(b"\x21\xFE\x01x\0", [0, 1, 1, 0]);
    survives_cuts(&bytes, Format::Gif);
    survives_flips(&bytes, Format::Gif);
}

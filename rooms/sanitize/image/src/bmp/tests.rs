//! Shows what a rebuilt BMP keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use crate::testing::{run, settled, survives_cuts, survives_flips};

/// Two by two pixels of 24 bits.
pub(crate) fn tiny() -> Vec<u8> {
    let mut out = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0".to_vec();
    out.extend([40u32, 2, 2].into_iter().flat_map(u32::to_le_bytes));
    out.extend([1, 0, 24, 0]);
    out.extend([0u32, 16, 2835, 2835, 0, 0].into_iter().flat_map(u32::to_le_bytes));
    out.extend([1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0]);
    out
}

#[test]
fn a_plain_bitmap_is_written_as_it_was() {
    let (out, removed) = settled(&tiny(), Format::Bmp);
    assert_eq!(removed, [""; 0]);
    assert_eq!(out, tiny());
}

#[test]
fn data_in_padding_goes_silently_and_behind_the_end_with_a_line() {
    let mut bytes = tiny();
    bytes[60..62].copy_from_slice(b"hi");
    bytes.extend(b"secret");
    let (out, removed) = settled(&bytes, Format::Bmp);
    assert_eq!(removed, ["image-trailing"]);
    assert_eq!(out, tiny());
}

#[test]
fn a_jpeg_inside_is_refused() {
    let mut bytes = tiny();
    bytes[30] = 4;
    assert!(run(&bytes, Format::Bmp).0.is_err());
}

#[test]
fn damage_is_survived() {
    survives_cuts(&tiny(), Format::Bmp);
    survives_flips(&tiny(), Format::Bmp);
}

//! Shows what a rebuilt TIFF keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use crate::testing::{run, settled, survives_cuts, survives_flips};

/// One page of eight by two bilevel pixels in each of `pages` pages, with extra
/// entries (tag, kind, count, value) in front.
fn pages(count: u32, extra: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut out = b"II*\0".to_vec();
    let mut link = 4;
    out.extend([0; 4]);
    for _ in 0..count {
        let strip = out.len() as u32;
        out.extend([0xAA, 0x55]);
        let here = (out.len() as u32).to_le_bytes();
        out[link..link + 4].copy_from_slice(&here);
        let mut entries = vec![
            (256u16, 4u16, 1u32, 8u32),
            (257, 4, 1, 2),
            (258, 3, 1, 1),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (273, 4, 1, strip),
            (278, 4, 1, 2),
            (279, 4, 1, 2),
        ];
        entries.extend(extra);
        entries.sort_unstable();
        out.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            out.extend(tag.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(count.to_le_bytes());
            out.extend(value.to_le_bytes());
        }
        link = out.len();
        out.extend([0; 4]);
    }
    out
}

#[test]
fn all_pages_stay_as_they_were() {
    let (out, removed) = settled(&pages(3, &[]), Format::Tiff);
    assert_eq!(removed, [""; 0]);
    assert_eq!(out, pages(3, &[]));
}

#[test]
fn tags_beside_the_picture_go_by_name() {
    let cases = [
        (270, "image-comment"),
        (700, "image-xmp"),
        (33723, "image-iptc"),
        (34675, "image-icc-dropped"),
        (34853, "image-gps"),
        (330, "image-extra-picture"),
        (65000, "image-app-data"),
    ];
    for (tag, code) in cases {
        let (out, removed) = settled(&pages(1, &[(tag, 4, 1, 0x7365_6372)]), Format::Tiff);
        assert_eq!(removed, [code]);
        assert_eq!(out, pages(1, &[]));
    }
}

#[test]
fn a_page_that_leads_back_ends_the_walk() {
    let mut bytes = pages(1, &[]);
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&10u32.to_le_bytes());
    assert_eq!(settled(&bytes, Format::Tiff).0, pages(1, &[]));
}

#[test]
fn packing_that_is_not_known_is_refused() {
    let mut bytes = pages(1, &[]);
    let at = bytes.windows(2).position(|window| window == [3, 1]).unwrap();
    bytes[at + 8] = 6;
    assert!(run(&bytes, Format::Tiff).0.is_err());
}

#[test]
fn damage_is_survived() {
    survives_cuts(&pages(2, &[]), Format::Tiff);
    survives_flips(&pages(2, &[]), Format::Tiff);
}

//! Shows what a rebuilt WEBP keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use super::{Pixels, chunk};
use crate::exif;
use crate::testing::{settled, survives_cuts, survives_flips};

fn tiny() -> Vec<u8> {
    let bytes = vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
    Pixels { width: 3, height: 2, has_alpha: false, bytes }.encode().unwrap()
}

/// The picture with one more chunk, in the extended form.
fn with(name: &[u8; 4], data: &[u8], flag: u8) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    chunk(b"VP8X", &[flag, 0, 0, 0, 2, 0, 0, 1, 0, 0], &mut body);
    body.extend(&tiny()[12..]);
    chunk(name, data, &mut body);
    let mut out = b"RIFF".to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    out
}

#[test]
fn a_plain_picture_is_written_as_it_was() {
    let (out, removed) = settled(&tiny(), Format::Webp);
    assert_eq!(removed, [""; 0]);
    assert_eq!(out, tiny());
}

#[test]
fn everything_beside_the_picture_goes_by_name() {
    let (out, removed) = settled(&with(b"XMP ", b"secret", 4), Format::Webp);
    assert_eq!((out, removed), (tiny(), vec!["image-xmp"]));
    let (out, removed) = settled(&with(b"junk", b"secret", 0), Format::Webp);
    assert_eq!((out, removed), (tiny(), vec!["image-app-data"]));
}

#[test]
fn orientation_is_applied() {
    let (out, _) = settled(&with(b"EXIF", &exif::orientation_only(6), 8), Format::Webp);
    // Turned to the right: the lower left pixel comes first.
    let turned = vec![10, 11, 12, 1, 2, 3, 13, 14, 15, 4, 5, 6, 16, 17, 18, 7, 8, 9];
    let expected = Pixels { width: 2, height: 3, has_alpha: false, bytes: turned };
    assert_eq!(out, expected.encode().unwrap());
}

#[test]
fn an_animation_keeps_its_ground() {
    let mut body = b"WEBP".to_vec();
    chunk(b"VP8X", &[2, 0, 0, 0, 2, 0, 0, 1, 0, 0], &mut body);
    chunk(b"ANIM", &[1, 2, 3, 4, 0, 0], &mut body);
    let place = [0, 0, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 100, 0, 0, 2];
    chunk(b"ANMF", &[&place[..], &tiny()[12..]].concat(), &mut body);
    let size = (body.len() as u32).to_le_bytes();
    let (out, _) = settled(&[&b"RIFF"[..], &size, &body].concat(), Format::Webp);
    let ground = out.windows(8).position(|eight| eight == b"ANIM\x06\0\0\0").unwrap() + 8;
    assert_eq!(out[ground..ground + 4], [1, 2, 3, 4]);
}

#[test]
fn damage_is_survived() {
    survives_cuts(&tiny(), Format::Webp);
    survives_flips(&tiny(), Format::Webp);
}

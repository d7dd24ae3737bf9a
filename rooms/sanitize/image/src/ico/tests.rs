//! Shows what a rebuilt ICO keeps and what it loses. Builds its pictures itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::Format;

use crate::testing::{run, settled, survives_cuts, survives_flips};

/// One bitmap of two by two pixels with its mask, and `pictures` of them told.
fn tiny(pictures: u8) -> Vec<u8> {
    let mut body: Vec<u8> = [40u32, 2, 4].into_iter().flat_map(u32::to_le_bytes).collect();
    body.extend([1, 0, 32, 0]);
    body.extend([0u32, 16, 0, 0, 0, 0].into_iter().flat_map(u32::to_le_bytes));
    body.extend([9; 16]);
    body.extend([0; 8]);
    let mut out = vec![0, 0, 1, 0, pictures, 0];
    for index in 0..pictures {
        out.extend([2, 2, 0, 0, 1, 0, 32, 0]);
        out.extend((body.len() as u32).to_le_bytes());
        let at = 6 + 16 * usize::from(pictures) + usize::from(index) * 10_000;
        out.extend((at as u32).to_le_bytes());
    }
    out.extend(body);
    out
}

#[test]
fn a_plain_icon_is_written_as_it_was() {
    let (out, removed) = settled(&tiny(1), Format::Ico);
    assert_eq!(removed, [""; 0]);
    assert_eq!(out, tiny(1));
}

#[test]
fn a_picture_that_is_not_there_goes() {
    assert_eq!(settled(&tiny(2), Format::Ico).1, ["image-extra-picture"]);
}

#[test]
fn an_icon_without_pictures_is_refused() {
    assert!(run(&[0, 0, 1, 0, 0, 0], Format::Ico).0.is_err());
}

#[test]
fn damage_is_survived() {
    survives_cuts(&tiny(1), Format::Ico);
    survives_flips(&tiny(1), Format::Ico);
}

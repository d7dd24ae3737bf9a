//! Tests of the CFF rebuild with fonts made here.
#![allow(clippy::unwrap_used)]

use super::*;

/// A font of two glyphs, the second of them named `name` and drawn by `program`.
fn font(program: &'static [u8]) -> Vec<u8> {
    let font = Font {
        top: vec![(
            1207,
            vec![
                Operand::Real(0.001),
                Operand::Int(0),
                Operand::Int(0),
                Operand::Real(0.001),
                Operand::Int(0),
                Operand::Int(0),
            ],
        )],
        private: Private {
            entries: vec![(20, vec![Operand::Int(500)])],
            subroutines: vec![&[11], &[139, 139, 21, 11]],
        },
        cid: None,
        charset: Charset::Names(vec![b"name".to_vec()]),
        encoding: Encoding::Own(vec![65], Vec::new()),
        glyphs: vec![&[14], program],
        global: Vec::new(),
    };
    write::write(&font).unwrap()
}

#[test]
fn a_second_rebuild_changes_nothing() {
    let once = font(&[33, 10, 14]);
    let twice = rebuild(&once).unwrap().bytes;
    assert_eq!(once, twice);
}

#[test]
fn a_bad_glyph_becomes_empty() {
    let bytes = font(&[2, 2, 2]);
    let parsed = read::parse(&bytes).unwrap();
    assert_eq!(parsed.glyphs[1], [14]);
}

#[test]
fn broken_structures_are_refused() {
    let bytes = font(&[14]);
    for cut in 0..bytes.len() {
        let _ = rebuild(&bytes[..cut]);
    }
    assert!(rebuild(&bytes[..20]).is_none());
}

//! Type 1 font programs (Adobe Type 1 font format): the few values that matter
//! are read out of the PostScript and a plain program is written around them.

mod read;
mod write;

use super::program::{Kind, Program};

/// Rebuilds a Type 1 program; `None` where its glyphs cannot be found.
#[must_use]
pub fn rebuild(data: &[u8]) -> Option<Program> {
    let font = read::parse(data)?;
    let odd_matrix = font.odd_matrix;
    let (bytes, lengths) = write::write(&font)?;
    Some(Program { kind: Kind::Type1, bytes, lengths: lengths.to_vec(), odd_matrix })
}

/// What is kept of a program.
#[derive(Default)]
struct Font {
    matrix: Option<[f64; 6]>,
    odd_matrix: bool,
    bbox: Option<[f64; 4]>,
    paint_type: i64,
    /// Codes with names; `None` is the standard encoding.
    encoding: Option<Vec<(u8, Vec<u8>)>>,
    /// Hint values by name.
    hints: Vec<(&'static str, Vec<f64>)>,
    force_bold: bool,
    subroutines: Vec<Vec<u8>>,
    glyphs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Arrays and numbers of the private dictionary that stay.
const HINTS: &[(&str, bool)] = &[
    ("BlueValues", true),
    ("OtherBlues", true),
    ("FamilyBlues", true),
    ("FamilyOtherBlues", true),
    ("BlueScale", false),
    ("BlueShift", false),
    ("BlueFuzz", false),
    ("StdHW", true),
    ("StdVW", true),
    ("StemSnapH", true),
    ("StemSnapV", true),
    ("LanguageGroup", false),
    ("ExpansionFactor", false),
];

/// Runs the cipher of chapter 7.
fn cipher(bytes: &[u8], key: u16, decrypt: bool) -> Vec<u8> {
    let mut state = key;
    bytes
        .iter()
        .map(|byte| {
            let out = byte ^ (state >> 8) as u8;
            let coded = if decrypt { *byte } else { out };
            state = u16::from(coded).wrapping_add(state).wrapping_mul(52_845).wrapping_add(22_719);
            out
        })
        .collect()
}

const KEY_PROGRAM: u16 = 55_665;
const KEY_GLYPH: u16 = 4330;

#[cfg(test)]
mod tests {
    use super::*;

    fn font() -> Font {
        Font {
            matrix: Some([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]),
            encoding: Some(vec![(65, b"A".to_vec())]),
            hints: vec![("BlueValues", vec![-20.0, 0.0])],
            subroutines: vec![vec![11]],
            glyphs: vec![
                (b".notdef".to_vec(), vec![139, 248, 136, 13, 14]),
                (b"A".to_vec(), vec![139, 239, 13, 14]),
            ],
            ..Font::default()
        }
    }

    #[test]
    fn a_second_rebuild_changes_nothing() {
        let (once, _) = write::write(&font()).expect("a small font");
        let twice = rebuild(&once).expect("readable").bytes;
        assert_eq!(once, twice);
    }

    #[test]
    fn what_follows_the_glyphs_is_none() {
        let (once, [first, second, _]) = write::write(&font()).expect("a small font");
        let mut private = cipher(&once[first..first + second], KEY_PROGRAM, true);
        private.extend_from_slice(b"/noise 8 RD 12345678 ND\n");
        let mut longer = once[..first].to_vec();
        longer.extend_from_slice(&cipher(&private, KEY_PROGRAM, false));
        longer.extend_from_slice(&once[first + second..]);
        assert_eq!(rebuild(&longer).expect("readable").bytes, once);
    }

    #[test]
    fn a_matrix_of_code_is_dropped() {
        let (bytes, _) = write::write(&font()).expect("a small font");
        let at = bytes.windows(11).position(|w| w == b"/FontMatrix").expect("it has one");
        let mut bad = bytes[..at].to_vec();
        bad.extend_from_slice(b"/FontMatrix [1 2 3 4 5 (0\\); alert\\('x'\\)] readonly def\n");
        let rest = &bytes[at..];
        let line = rest.iter().position(|b| *b == b'\n').expect("lines end");
        bad.extend_from_slice(&rest[line + 1..]);
        let program = rebuild(&bad).expect("the glyphs are good");
        assert!(program.odd_matrix);
        assert!(!program.bytes.windows(5).any(|w| w == b"alert"));
    }
}

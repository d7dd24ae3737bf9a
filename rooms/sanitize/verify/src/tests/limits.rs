//! Bombs end early and mangled files end at all.

use std::io::Write;

use sanitize_core::{Format, Limits, Policy};

use super::build::{docx, jpeg, pdf, png, xlsx, zip};
use crate::{inspect, verify};

#[test]
fn unpacked_bytes_are_limited() {
    let policy = Policy {
        limits: Limits { bytes_out_max: 1 << 16, ..Limits::default() },
        ..Policy::default()
    };
    let big = zip(&[("a.txt", &vec![b'a'; 1 << 17])]);
    assert_eq!(
        verify(&big, Format::Zip, &policy).map_err(|residue| residue.rule),
        Err("unreadable")
    );
    let two = zip(&[("a.txt", &vec![b'a'; 40_000]), ("b.txt", &vec![b'a'; 20_000])]);
    assert_eq!(verify(&two, Format::Zip, &policy).map_err(|residue| residue.rule), Err("too-much"));
}

#[test]
fn nesting_is_limited() {
    let mut bytes = zip(&[("a.txt", b"x")]);
    for _ in 0..40 {
        bytes = zip(&[("a.zip", &bytes)]);
    }
    assert_eq!(
        verify(&bytes, Format::Zip, &Policy::default()).map_err(|residue| residue.rule),
        Err("too-much")
    );
    let deep = docx(&"<w:p>".repeat(100_000)).bytes();
    assert!(verify(&deep, Format::Docx, &Policy::default()).is_err());
    let array = format!("<</Type/Catalog/Pages {}>>", "[".repeat(100_000));
    assert!(verify(&pdf(&[(1, &array, None)]), Format::Pdf, &Policy::default()).is_err());
}

#[test]
fn a_chain_of_references_ends() {
    let looped = pdf(&[
        (1, "<</Type/Catalog/Pages 2 0 R>>", None),
        (2, "<</Type/Pages/Kids[2 0 R]/Count 1>>", None),
    ]);
    assert_eq!(verify(&looped, Format::Pdf, &Policy::default()), Ok(()));
}

/// A small generator with a fixed start: the same bytes are mangled each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

#[test]
fn mangled_files_never_panic() {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend_from_slice(&[0x11, 1, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"hello").unwrap();
    let seeds: Vec<(Format, Vec<u8>)> = vec![
        (Format::Docx, docx("<w:p><w:fldSimple w:instr=\"PAGE\"/></w:p>").bytes()),
        (Format::Xlsx, xlsx("<row><c><f>SUM('a'!A1,T[[#x],[y]])</f></c></row>").bytes()),
        (Format::Pdf, pdf(&[(1, "<</Type/Catalog/Pages 2 0 R>>", None), (2, "<</Type/Pages/Kids[]/Count 0/Resources<</XObject<</A 3 0 R>>>>>>", None), (3, "/Subtype/Form/BBox[0 0 1 1]", Some(b"q BI/W 1/F/AHx ID 00> EI Q"))])),
        (Format::Png, png(&[(b"pHYs", &[0; 9])])),
        (Format::Jpeg, jpeg(b"\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0")),
        (Format::Gif, b"GIF89a\x01\0\x01\0\0\0\0\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3B".to_vec()),
        (Format::Tiff, tiff),
        (Format::Bmp, [b"BM".as_slice(), &[58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0], &[1; 40]].concat()),
        (Format::Ico, [[0, 0, 1, 0, 1, 0].as_slice(), &[9; 40]].concat()),
        (Format::Wmf, vec![1, 0, 9, 0, 0, 3, 12, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0]),
        (Format::Emf, [&[1, 0, 0, 0, 88, 0, 0, 0][..], &[0; 32], b" EMF", &[1; 60]].concat()),
        (Format::Svg, b"<svg xmlns='http://www.w3.org/2000/svg'><rect style='fill:url(#a)'/></svg>".to_vec()),
        (Format::Html, "<!DOCTYPE html><p title='あ'><a href=\"https://a.jp\">x</a>".as_bytes().to_vec()),
        (Format::Rtf, b"{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"https://a.jp\"}{\\fldrslt \\'82\\'a0}}{\\pict\\pngblip 00}}".to_vec()),
        (Format::Csv, "-1,=== x,＠あ,\"b\"\n".as_bytes().to_vec()),
        (Format::Eml, b"From: a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\na=20\r\n--b--\r\n".to_vec()),
        (Format::Gzip, gzip.finish().unwrap()),
        (Format::Doc, [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 18], &[3, 0, 0xFE, 0xFF, 9, 0, 6, 0], &[0; 1500]].concat()),
    ];
    let mut dice = Dice(7);
    for (format, seed) in seeds {
        for _ in 0..400 {
            let mut bytes = seed.clone();
            for _ in 0..=dice.below(4) {
                let at = dice.below(bytes.len());
                match dice.below(4) {
                    0 => bytes[at] = dice.below(256) as u8,
                    1 => bytes[at] = [0, 0xFF, b'<', b'(', 0x80, b'"'][dice.below(6)],
                    2 => bytes.truncate(at + 1),
                    _ => {
                        let copied: Vec<u8> = bytes[at..].iter().take(9).copied().collect();
                        bytes.splice(at..at, copied);
                    }
                }
            }
            let _first = verify(&bytes, format, &Policy::default());
            let _all = inspect(&bytes, format);
        }
    }
}

//! Writes Type 1: a fixed frame of PostScript around checked values.

use super::{Font, KEY_GLYPH, KEY_PROGRAM, cipher};
use crate::model::{Num, spell_name};

/// Writes the font and returns the lengths of its three parts.
pub fn write(font: &Font) -> Option<(Vec<u8>, [usize; 3])> {
    let mut out = clear(font);
    let first = out.len();
    let mut private = vec![0; 4];
    private.extend_from_slice(&body(font));
    out.extend_from_slice(&cipher(&private, KEY_PROGRAM, false));
    let second = out.len() - first;
    for _ in 0..8 {
        out.push(b'\n');
        out.extend_from_slice(&[b'0'; 64]);
    }
    out.extend_from_slice(b"\ncleartomark\n");
    let third = out.len() - first - second;
    Some((out, [first, second, third]))
}

fn clear(font: &Font) -> Vec<u8> {
    let mut out = b"%!PS-AdobeFont-1.0: Font\n9 dict begin\n/FontName /Font def\n".to_vec();
    line(&mut out, "/PaintType ", &[font.paint_type as f64], " def\n");
    out.extend_from_slice(b"/FontType 1 def\n");
    let matrix = font.matrix.unwrap_or([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]);
    line(&mut out, "/FontMatrix [", &matrix, "] readonly def\n");
    match &font.encoding {
        None => out.extend_from_slice(b"/Encoding StandardEncoding def\n"),
        Some(codes) => {
            out.extend_from_slice(
                b"/Encoding 256 array\n0 1 255 {1 index exch /.notdef put} for\n",
            );
            for (code, name) in codes {
                line(&mut out, "dup ", &[f64::from(*code)], " ");
                spell_name(name, &mut out);
                out.extend_from_slice(b" put\n");
            }
            out.extend_from_slice(b"readonly def\n");
        }
    }
    line(&mut out, "/FontBBox {", &font.bbox.unwrap_or_default(), "} readonly def\n");
    out.extend_from_slice(b"currentdict end\ncurrentfile eexec\n");
    out
}

fn line(out: &mut Vec<u8>, before: &str, values: &[f64], after: &str) {
    out.extend_from_slice(before.as_bytes());
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        Num::real(*value).spell(out);
    }
    out.extend_from_slice(after.as_bytes());
}

fn body(font: &Font) -> Vec<u8> {
    let mut out = b"dup /Private 20 dict dup begin\n\
        /RD {string currentfile exch readstring pop} executeonly def\n\
        /ND {noaccess def} executeonly def\n\
        /NP {noaccess put} executeonly def\n\
        /MinFeature {16 16} def\n/password 5839 def\n"
        .to_vec();
    for (key, values) in &font.hints {
        let array = super::HINTS.iter().any(|(known, is_array)| known == key && *is_array);
        let (open, close) = if array { ("[", "] def\n") } else { ("", " def\n") };
        line(&mut out, &format!("/{key} {open}"), values, close);
    }
    if font.force_bold {
        out.extend_from_slice(b"/ForceBold true def\n");
    }
    if !font.subroutines.is_empty() {
        line(&mut out, "/Subrs ", &[font.subroutines.len() as f64], " array\n");
        for (index, program) in font.subroutines.iter().enumerate() {
            let size = program.len() + 4;
            line(&mut out, "dup ", &[index as f64, size as f64], " RD ");
            coded(program, &mut out);
            out.extend_from_slice(b" NP\n");
        }
        out.extend_from_slice(b"ND\n");
    }
    line(&mut out, "2 index /CharStrings ", &[font.glyphs.len() as f64], " dict dup begin\n");
    for (name, program) in &font.glyphs {
        spell_name(name, &mut out);
        line(&mut out, " ", &[(program.len() + 4) as f64], " RD ");
        coded(program, &mut out);
        out.extend_from_slice(b" ND\n");
    }
    out.extend_from_slice(
        b"end\nend\nreadonly put\nnoaccess put\ndup /FontName get exch definefont pop\n\
          mark currentfile closefile\n",
    );
    out
}

fn coded(program: &[u8], out: &mut Vec<u8>) {
    let mut plain = vec![0; 4];
    plain.extend_from_slice(program);
    out.extend_from_slice(&cipher(&plain, KEY_GLYPH, false));
}

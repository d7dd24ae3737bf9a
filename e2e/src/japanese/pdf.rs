//! Japanese PDFs: an embedded subset font with Identity-H and V and a
//! `ToUnicode` map, and fonts that are only named, in the encodings that
//! Japanese producers use.

use super::Sample;
use crate::make::pdf::{Layout, Pdf};
use crate::make::picture::zlib;

/// Every document of this kind.
pub fn samples() -> Vec<Sample> {
    vec![
        Sample::new(
            "証明書(埋込フォント).pdf",
            embedded("Identity-H", "証明書は𠮷田髙﨑①様").write(Layout::ObjectStream),
            &["証明書は𠮷田髙﨑①様"],
        ),
        Sample::new(
            "縦書き(埋込フォント).pdf",
            embedded("Identity-V", "縦書きの通知").write(Layout::Plain),
            &["縦書きの通知"],
        ),
        Sample::new(
            "通知(90ms-RKSJ-H).pdf",
            named("90ms-RKSJ-H", &encoding_rs::SHIFT_JIS.encode("税務課からの通知①").0)
                .write(Layout::Plain),
            &["税務課からの通知①"],
        ),
        Sample::new(
            "通知(90ms-RKSJ-V).pdf",
            named("90ms-RKSJ-V", &encoding_rs::SHIFT_JIS.encode("縦の通知、終わり。").0)
                .write(Layout::Plain),
            &["縦の通知、終わり。"],
        ),
        Sample::new(
            "通知(UniJIS-UTF16-H).pdf",
            named("UniJIS-UTF16-H", &wide("福祉課の通知")).write(Layout::Plain),
            &["福祉課の通知"],
        ),
        Sample::new(
            "通知(EUC-H).pdf",
            named("EUC-H", &encoding_rs::EUC_JP.encode("水道課の通知").0).write(Layout::Plain),
            &["水道課の通知"],
        ),
    ]
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A page in a font that the reader must bring.
#[must_use]
pub fn named(encoding: &str, codes: &[u8]) -> Pdf {
    let mut pdf = Pdf::page();
    pdf.put(11, &format!("<</Type/Font/Subtype/Type0/BaseFont/MS-Mincho/Encoding/{encoding}/DescendantFonts[12 0 R]>>"));
    pdf.put(12, "<</Type/Font/Subtype/CIDFontType2/BaseFont/MS-Mincho/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>/DW 1000/FontDescriptor 13 0 R>>");
    pdf.put(13, "<</Type/FontDescriptor/FontName/MS-Mincho/Flags 6/FontBBox[0 -136 1000 859]/ItalicAngle 0/Ascent 859/Descent -140/CapHeight 769/StemV 78>>");
    show(&mut pdf, codes);
    pdf
}

/// A page in a font of our own making that holds just these letters.
fn embedded(encoding: &str, text: &str) -> Pdf {
    let letters: Vec<char> = text.chars().collect();
    let mut pdf = Pdf::page();
    pdf.put(11, &format!("<</Type/Font/Subtype/Type0/BaseFont/AAAAAA+Sekisho/Encoding/{encoding}/DescendantFonts[12 0 R]/ToUnicode 15 0 R>>"));
    pdf.put(12, "<</Type/Font/Subtype/CIDFontType2/BaseFont/AAAAAA+Sekisho/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000/CIDToGIDMap/Identity/FontDescriptor 13 0 R>>");
    pdf.put(13, "<</Type/FontDescriptor/FontName/AAAAAA+Sekisho/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 700/StemV 80/FontFile2 14 0 R>>");
    let font = true_type(letters.len());
    pdf.stream(14, &format!("/Filter/FlateDecode/Length1 {}", font.len()), &zlib(&font));
    let map: String = letters
        .iter()
        .enumerate()
        .map(|(index, letter)| {
            format!("<{:04X}> <{}>\n", index + 1, hex(&wide(&letter.to_string())))
        })
        .collect();
    pdf.stream(15, "", format!("/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange {} beginbfchar\n{map}endbfchar endcmap end end", letters.len()).as_bytes());
    let codes: Vec<u8> = (1..=letters.len())
        .flat_map(|index| u16::try_from(index).unwrap_or(0).to_be_bytes())
        .collect();
    show(&mut pdf, &codes);
    pdf
}

fn show(pdf: &mut Pdf, codes: &[u8]) {
    pdf.put(10, "<</F1 4 0 R/J1 11 0 R>>");
    pdf.put(3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font 10 0 R>>/Contents 5 0 R/*P*/>>");
    pdf.draw(format!("BT /J1 20 Tf 60 600 Td <{}> Tj ET\n", hex(codes)).as_bytes());
}

/// A TrueType font of `count` letters, each a frame with a bar at its own
/// height, so that two letters never look the same.
fn true_type(count: usize) -> Vec<u8> {
    let count = u16::try_from(count).unwrap_or(0) + 1;
    let mut glyphs = Vec::new();
    let mut places = vec![0_u32];
    for index in 0..count {
        glyphs.extend(glyph(i16::try_from(index % 12).unwrap_or(0)));
        places.push(u32::try_from(glyphs.len()).unwrap_or(0));
    }
    let be16 = |values: &[i32]| -> Vec<u8> {
        values.iter().flat_map(|value| value.to_be_bytes()[2..].to_vec()).collect()
    };
    let count = i32::from(count);
    let head = [
        &be16(&[1, 0, 1, 0])[..],
        &[0, 0, 0, 0, 0x5f, 0x0f, 0x3c, 0xf5],
        &be16(&[0, 1000]),
        &[0; 16],
        &be16(&[0, 0, 1000, 1000, 0, 8, 2, 1, 0]),
    ]
    .concat();
    let tables: Vec<(&[u8; 4], Vec<u8>)> = vec![
        (b"glyf", glyphs),
        (b"head", head),
        (b"hhea", be16(&[1, 0, 880, -120, 0, 1000, 0, 0, 1000, 1, 0, 0, 0, 0, 0, 0, 0, 1])),
        (
            b"hmtx",
            [be16(&[1000, 0]), be16(&vec![0; usize::try_from(count - 1).unwrap_or(0)])].concat(),
        ),
        (b"loca", places.iter().flat_map(|place| place.to_be_bytes()).collect()),
        (b"maxp", be16(&[1, 0, count, 8, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])),
    ];
    let mut out = be16(&[1, 0, 6, 64, 2, 32]);
    let mut at = 12 + 16 * tables.len();
    for (name, data) in &tables {
        out.extend(*name);
        out.extend(checksum(data).to_be_bytes());
        out.extend(u32::try_from(at).unwrap_or(0).to_be_bytes());
        out.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
        at += data.len().next_multiple_of(4);
    }
    for (_, mut data) in tables {
        data.resize(data.len().next_multiple_of(4), 0);
        out.extend(data);
    }
    out
}

fn checksum(data: &[u8]) -> u32 {
    data.chunks(4).fold(0, |sum: u32, chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

/// Two rectangles: a frame's left stroke and a bar.
fn glyph(step: i16) -> Vec<u8> {
    let height = 80 + step * 60;
    let corners: [[i16; 2]; 8] = [
        [80, 0],
        [80, 800],
        [160, 800],
        [160, 0],
        [200, height],
        [200, height + 60],
        [900, height + 60],
        [900, height],
    ];
    let mut out: Vec<u8> =
        [2, 80, 0, 900, 860, 3, 7, 0].iter().flat_map(|value: &i16| value.to_be_bytes()).collect();
    out.extend([1; 8]);
    for axis in [0, 1] {
        let mut last = 0;
        for corner in corners {
            out.extend((corner[axis] - last).to_be_bytes());
            last = corner[axis];
        }
    }
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

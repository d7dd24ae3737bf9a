//! Pages: text at its place, or a picture of it with an invisible text over it.

use super::super::content::{Block, Content};
use crate::make::pdf::{Layout, Pdf};

/// Size of letters, in points.
const SIZE: usize = 10;
/// Lines of a page.
const LINES: usize = 56;

/// Writes pages. A scan shows a grey picture, and its text is invisible.
pub(super) fn pdf(content: &Content, is_scan: bool) -> Vec<u8> {
    let lines = lines(content);
    let mut pdf = Pdf::page();
    pdf.put(11, "<</Type/Font/Subtype/Type0/BaseFont/MS-Mincho/Encoding/UniJIS-UTF16-H/DescendantFonts[12 0 R]>>");
    pdf.put(12, "<</Type/Font/Subtype/CIDFontType2/BaseFont/MS-Mincho/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 6>>/DW 1000/FontDescriptor 13 0 R>>");
    pdf.put(13, "<</Type/FontDescriptor/FontName/MS-Mincho/Flags 6/FontBBox[0 -136 1000 859]/ItalicAngle 0/Ascent 859/Descent -140/CapHeight 769/StemV 78>>");
    pdf.stream(
        14,
        "/Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8",
        &[250, 251, 252, 253],
    );
    let pages: Vec<_> = lines.chunks(LINES).collect();
    let mut kids = String::new();
    for (index, page) in (0_u32..).zip(&pages) {
        let (number, stream) = (100 + 2 * index, 101 + 2 * index);
        kids.push_str(&format!("{number} 0 R "));
        pdf.put(number, &format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 2400 842]/Resources<</Font<</J1 11 0 R>>/XObject<</I 14 0 R>>>>/Contents {stream} 0 R>>"));
        let mut drawn = String::new();
        if is_scan {
            drawn.push_str("q 2400 0 0 842 0 0 cm /I Do Q\n");
        }
        for (at, pieces) in page.iter().enumerate() {
            let y = 800 - at * 14;
            for (x, text) in pieces {
                let mode = if is_scan { "3 Tr " } else { "" };
                drawn.push_str(&format!(
                    "BT {mode}/J1 {SIZE} Tf {x} {y} Td <{}> Tj ET\n",
                    hex(text)
                ));
            }
        }
        pdf.stream(stream, "", drawn.as_bytes());
    }
    pdf.put(2, &format!("<</Type/Pages/Kids[{kids}]/Count {}>>", pages.len()));
    pdf.write(Layout::Plain)
}

/// Texts with their places from the left.
fn lines(content: &Content) -> Vec<Vec<(usize, String)>> {
    let mut lines = Vec::new();
    for block in &content.blocks {
        match block {
            Block::Line(text) => lines.push(vec![(40, text.clone())]),
            Block::Table(rows) => {
                let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
                let mut edges = vec![40];
                for column in 0..columns {
                    let cells = rows.iter().filter_map(|row| row.get(column));
                    let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
                    let last = edges.last().copied().unwrap_or(40);
                    edges.push(last + (widest + 3) * SIZE);
                }
                for row in rows {
                    let placed = edges.iter().copied().zip(row.iter().cloned());
                    lines.push(placed.filter(|(_, text)| !text.is_empty()).collect());
                }
            }
        }
    }
    lines
}

fn hex(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("{unit:04X}")).collect()
}

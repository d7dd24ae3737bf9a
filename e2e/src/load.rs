//! Big files for the benches: twins of files that others published figures
//! for, and bombs that must be stopped.

use crate::make::pdf::{Layout, Pdf};
use crate::make::picture::zlib;
use crate::make::xml::Wording;
use crate::make::zip::{Member, Zip};

/// Every big file with its name.
#[must_use]
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("1000-lines.docx", long_document(1000)),
        ("32768-links.pdf", many_links(32_768)),
        ("bomb-zeros.zip", zeros(400 << 20)),
        ("bomb-nested.zip", nested_bomb()),
        ("bomb-overlap.zip", overlapping_bomb(4000)),
        ("bomb-stream.pdf", stream_bomb(300 << 20)),
        ("bomb-picture.docx", picture_bomb()),
    ]
}

fn long_document(lines: u32) -> Vec<u8> {
    let mut package = crate::inject::document();
    let line = |number: u32| {
        format!(
            "<w:p><w:r><w:t>第{number}行 この文書は速さを測るためのものです。The quick brown fox jumps over the lazy dog.</w:t></w:r></w:p>"
        )
    };
    let body: String = (1..=lines).map(line).collect();
    package.before("word/document.xml", "<w:sectPr>", &body);
    package.write(Wording::Plain)
}

fn many_links(count: u32) -> Vec<u8> {
    let mut pdf = Pdf::page();
    let mut list = String::new();
    for number in 0..count {
        let (x, y) = (number % 64 * 9, number / 64 * 8 % 840);
        pdf.put(100 + number, &format!("<</Type/Annot/Subtype/Link/Rect[{x} {y} {} {}]/Border[0 0 0]/A<</S/URI/URI(https://www.example.jp/{number})>>>>", x + 8, y + 7));
        list.push_str(&format!("{} 0 R ", 100 + number));
    }
    pdf.on_page(&format!("/Annots[{list}]"));
    pdf.write(Layout::Plain)
}

fn zeros(size: usize) -> Vec<u8> {
    Zip::of(&[("zeros.txt", &vec![b'0'; size])]).write()
}

/// Sixteen times sixteen times four members of eight mebibytes.
fn nested_bomb() -> Vec<u8> {
    let mut data = vec![b'0'; 8 << 20];
    for (level, copies) in [16, 16, 16, 4].into_iter().enumerate() {
        let name = format!("level{level}.{}", if level == 0 { "txt" } else { "zip" });
        let members = (0..copies).map(|copy| Member::new(format!("{copy}-{name}"), data.clone()));
        data = Zip { members: members.collect(), ..Zip::default() }.write();
    }
    data
}

/// Many directory entries over one packed stream.
fn overlapping_bomb(entries: usize) -> Vec<u8> {
    let one = Zip::of(&[("a.txt", &vec![b'0'; 4 << 20])]).write();
    let directory = crate::make::picture::find(&one, b"PK\x01\x02");
    let end = crate::make::picture::find(&one, b"PK\x05\x06");
    let entry = &one[directory..end];
    let mut out = one[..directory].to_vec();
    for _ in 0..entries {
        out.extend(entry);
    }
    let count = u16::try_from(entries).unwrap_or(u16::MAX).to_le_bytes();
    let size = u32::try_from(entry.len() * entries).unwrap_or(u32::MAX).to_le_bytes();
    let start = u32::try_from(directory).unwrap_or(u32::MAX).to_le_bytes();
    out.extend(b"PK\x05\x06\0\0\0\0");
    for part in [&count[..], &count, &size, &start, &[0, 0]] {
        out.extend(part);
    }
    out
}

fn stream_bomb(size: usize) -> Vec<u8> {
    let mut pdf = Pdf::page();
    let data = zlib(&vec![b' '; size]);
    pdf.stream(5, "/Filter/FlateDecode", &data);
    pdf.write(Layout::Plain)
}

/// A picture that claims more pixels than anyone can hold.
fn picture_bomb() -> Vec<u8> {
    let mut png = crate::make::picture::seal();
    let at = crate::make::picture::find(&png, b"IHDR") + 4;
    png[at..at + 8].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let check = crc32fast::hash(&png[at - 4..at + 13]).to_be_bytes();
    png[at + 13..at + 17].copy_from_slice(&check);
    let mut package = crate::inject::document();
    package.part("word/media/image2.png", "", png);
    package.relate("word/document.xml", "rIdBomb", "image", "media/image2.png");
    let picture = "<w:p><w:r><w:pict><v:shape id=\"b\" style=\"width:90pt;height:90pt\"><v:imagedata r:id=\"rIdBomb\"/></v:shape></w:pict></w:r></w:p>";
    package.before("word/document.xml", "<w:sectPr>", picture);
    package.write(Wording::Plain)
}

//! The binary formats: Excel, Word and PowerPoint of 1997, binary workbooks,
//! Outlook messages.

use super::super::content::Content;
use crate::make::msg::Msg;
use crate::make::ole::compound;
use crate::make::ppt;
use crate::make::xlsb;

/// One record of a workbook ([MS-XLS] 2.1.4).
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let size = u16::try_from(data.len()).expect("made records are small");
    [&kind.to_le_bytes()[..], &size.to_le_bytes(), data].concat()
}

fn begin(kind: u8) -> Vec<u8> {
    record(0x0809, &[0, 6, kind, 0, 0xbb, 0x0d, 0xcc, 0x07, 0, 0, 0, 0, 6, 0, 0, 0])
}

/// A workbook of texts, each in its cell (2.4.148).
pub(super) fn xls(content: &Content) -> Vec<u8> {
    let end = record(0x000a, &[]);
    let font = record(
        0x0031,
        &[200, 0, 0, 0, 0xff, 0x7f, 0x90, 1, 0, 0, 0, 0, 0, 0, 5, 0, b'A', b'r', b'i', b'a', b'l'],
    );
    let format = |style: [u8; 2]| {
        record(
            0x00e0,
            &[0, 0, 0, 0, style[0], style[1], 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x20],
        )
    };
    let head = [
        begin(5),
        record(0x0042, &1200_u16.to_le_bytes()),
        record(0x003d, &[0, 0, 0, 0, 0, 0x40, 0, 0x20, 0x38, 0, 0, 0, 0, 0, 1, 0, 0x58, 2]),
        font.repeat(4),
        format([0xf5, 0xff]).repeat(15),
        format([1, 0]),
    ]
    .concat();
    let bound =
        |at: u32| record(0x0085, &[&at.to_le_bytes()[..], &[0, 0, 2, 0, b'S', b'1']].concat());
    let at = u32::try_from(head.len() + bound(0).len() + end.len()).expect("small");
    let mut cells = Vec::new();
    for (row, texts) in (0_u16..).zip(content.rows()) {
        for (column, text) in (0_u16..).zip(texts).filter(|(_, text)| !text.is_empty()) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let count = u16::try_from(units.len()).expect("short");
            let mut data = [row, column, 15, count].map(u16::to_le_bytes).concat();
            data.push(1);
            data.extend(units.into_iter().flat_map(u16::to_le_bytes));
            cells.extend(record(0x0204, &data));
        }
    }
    let view = record(0x023e, &[0xb6, 6, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let size = record(0x0200, &[0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0xff, 0, 0, 0]);
    let stream = [head, bound(at), end.clone(), begin(0x10), size, cells, view, end].concat();
    compound(Some("00020820-0000-0000-c000-000000000046"), &[("Workbook", &padded(stream))])
}

fn padded(mut stream: Vec<u8>) -> Vec<u8> {
    stream.resize(stream.len().max(4096), 0);
    stream
}

/// A document in one piece; cells and rows end with their mark ([MS-DOC] 2.4.1).
pub(super) fn doc(content: &Content) -> Vec<u8> {
    const TEXT_AT: u32 = 1024;
    let mut text = String::new();
    for row in content.rows() {
        match row.as_slice() {
            [line] => text.push_str(&format!("{line}\r")),
            cells => {
                for cell in cells {
                    text.push_str(cell);
                    text.push('\u{7}');
                }
                text.push('\u{7}');
            }
        }
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    let count = u32::try_from(units.len()).expect("small");
    let mut table = vec![2];
    for value in [16, 0, count] {
        table.extend(u32::to_le_bytes(value));
    }
    table.extend([0, 0]);
    table.extend(TEXT_AT.to_le_bytes());
    table.extend([0, 0]);
    let size = u32::try_from(table.len()).expect("small");
    let mut main = vec![0; 1024];
    for (at, value) in [
        (0, 0xa5ec_u16),
        (2, 0x00c1),
        (6, 0x0411),
        (10, 0x1200),
        (12, 0x00bf),
        (32, 14),
        (62, 22),
        (152, 93),
    ] {
        main[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    let end = TEXT_AT + 2 * count;
    for (at, value) in [(24, TEXT_AT), (28, end), (64, end), (76, count), (154 + 33 * 8 + 4, size)]
    {
        main[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    main.extend(units.into_iter().flat_map(u16::to_le_bytes));
    let streams = [("WordDocument", padded(main)), ("1Table", padded(table))];
    let streams: Vec<(&str, &[u8])> =
        streams.iter().map(|(path, data)| (*path, data.as_slice())).collect();
    compound(Some("00020906-0000-0000-c000-000000000046"), &streams)
}

/// A presentation with one line a paragraph of one text.
pub(super) fn ppt(content: &Content) -> Vec<u8> {
    let lines: Vec<String> = content.rows().iter().map(|row| row.join("　")).collect();
    let units: Vec<u8> = lines.join("\r").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = [ppt::numbers(0, 0, 0x0f9f, &[4]), ppt::record(0, 0, 0x0fa0, &units)].concat();
    ppt::Deck { text, ..ppt::Deck::default() }.write()
}

/// A binary workbook; texts stand in their cells ([MS-XLSB] 2.4.311).
pub(super) fn xlsb(content: &Content) -> Vec<u8> {
    let mut cells = Vec::new();
    for (number, texts) in (2_u32..).zip(content.rows()) {
        let mut body = number.to_le_bytes().to_vec();
        body.extend([0, 0, 0, 0, 0x2c, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0]);
        cells.extend(xlsb::record(0, &body));
        for (column, text) in (0_u32..).zip(texts).filter(|(_, text)| !text.is_empty()) {
            cells.extend(xlsb::record(6, &[xlsb::cell(column), xlsb::string(&text)].concat()));
        }
    }
    xlsb::Book { cells, ..xlsb::Book::default() }.write("台帳")
}

/// A message with a text.
pub(super) fn msg(text: &str) -> Vec<u8> {
    let mut msg = Msg::default();
    msg.text("", 0x001a, "IPM.Note").text("", 0x0037, "一覧の送付").text("", 0x1000, text);
    msg.write()
}

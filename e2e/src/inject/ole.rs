//! Vectors of the old binary formats, in the smallest workbook and document
//! that readers open.

use crate::case::Case;
use crate::make::ole::{compound, macro_project, packaged};

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::twin("xls-twin", "xls", workbook(&Book::default()), &["Line 0123"]),
        Case::twin("doc-twin", "doc", document(&Paper::default()), &["Line 0123"]),
    ];
    for (name, plant) in BOOKS {
        cases.push(Case::gone(&format!("xls-{name}"), "xls", |canary| {
            let mut book = Book::default();
            plant(&mut book, canary);
            workbook(&book)
        }));
    }
    for (name, plant) in PAPERS {
        cases.push(Case::gone(&format!("doc-{name}"), "doc", |canary| {
            let mut paper = Paper::default();
            plant(&mut paper, canary);
            document(&paper)
        }));
    }
    for (extension, make) in
        [("xls", workbook_of as fn(&[(&str, &[u8])]) -> Vec<u8>), ("doc", document_of)]
    {
        for (name, path, wrap) in STREAMS {
            cases.push(Case::gone(&format!("{extension}-stream-{name}"), extension, |canary| {
                make(&[(path, &wrap(canary))])
            }));
        }
    }
    cases
}

fn workbook_of(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let streams = streams.iter().map(|(path, data)| ((*path).to_owned(), data.to_vec())).collect();
    workbook(&Book { streams, ..Book::default() })
}

fn document_of(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let streams = streams.iter().map(|(path, data)| ((*path).to_owned(), data.to_vec())).collect();
    document(&Paper { streams, ..Paper::default() })
}

/// A stream's vector: its name, its path, what makes it.
pub type Stream = (&'static str, &'static str, fn(&str) -> Vec<u8>);

/// Streams and storages beside the main one.
pub const STREAMS: &[Stream] = &[
    ("macro-word", "Macros/VBA/Module1", |c| c.into()),
    ("macro-excel", "_VBA_PROJECT_CUR/VBA/Module1", |c| macro_project(c)),
    ("macro-renamed", "VBA/dir", |c| c.into()),
    ("object", "ObjectPool/_1000/\u{1}Ole10Native", |c| packaged("a.exe", c.as_bytes())),
    ("object-embedded", "MBD00010001/\u{1}Ole10Native", |c| packaged("a.exe", c.as_bytes())),
    ("link", "\u{1}Ole", |c| c.into()),
    ("class", "\u{1}CompObj", |c| c.into()),
    ("summary", "\u{5}SummaryInformation", |c| c.into()),
    ("document-summary", "\u{5}DocumentSummaryInformation", |c| c.into()),
    ("controls", "Ctls", |c| c.into()),
    ("unknown", "Unknown", |c| c.into()),
    ("custom-data", "MsoDataStore/x/Item", |c| c.into()),
    ("signatures", "_xmlsignatures/1", |c| c.into()),
    ("pivot", "_SX_DB_CUR/0001", |c| c.into()),
];

#[derive(Default)]
struct Book {
    globals: Vec<u8>,
    sheet: Vec<u8>,
    is_macro_sheet: bool,
    after: Vec<u8>,
    streams: Vec<(String, Vec<u8>)>,
}

/// One record ([MS-XLS] 2.1.4).
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let size = u16::try_from(data.len()).expect("made records are small");
    [&kind.to_le_bytes()[..], &size.to_le_bytes(), data].concat()
}

fn beginning(kind: u16) -> Vec<u8> {
    let [low, high] = kind.to_le_bytes();
    record(0x0809, &[0x00, 0x06, low, high, 0xbb, 0x0d, 0xcc, 0x07, 0, 0, 0, 0, 6, 0, 0, 0])
}

fn workbook(book: &Book) -> Vec<u8> {
    let end = record(0x000a, &[]);
    let font = record(
        0x0031,
        &[200, 0, 0, 0, 0xff, 0x7f, 0x90, 1, 0, 0, 0, 0, 0, 0, 5, 0, b'A', b'r', b'i', b'a', b'l'],
    );
    let style_format = record(
        0x00e0,
        &[0, 0, 0, 0, 0xf5, 0xff, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x20],
    );
    let cell_format =
        record(0x00e0, &[0, 0, 0, 0, 1, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x20]);
    let head = [
        beginning(5),
        record(0x0042, &1200_u16.to_le_bytes()),
        record(0x003d, &[0, 0, 0, 0, 0, 0x40, 0, 0x20, 0x38, 0, 0, 0, 0, 0, 1, 0, 0x58, 2]),
        font.repeat(4),
        style_format.repeat(15),
        cell_format,
        record(0x0293, &[0, 0x80, 0, 0xff]),
    ]
    .concat();
    let bound = |at: u32| {
        record(
            0x0085,
            &[&at.to_le_bytes()[..], &[0, u8::from(book.is_macro_sheet), 2, 0, b'S', b'1']]
                .concat(),
        )
    };
    let size = head.len() + bound(0).len() + book.globals.len() + end.len();
    let at = u32::try_from(size).expect("small");
    let label = [&[0, 0, 0, 0, 15, 0, 9, 0, 0][..], b"Line 0123"].concat();
    let kind = if book.is_macro_sheet { 0x40 } else { 0x10 };
    let sheet = [
        beginning(kind),
        record(0x0200, &[0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 9, 0, 0, 0]),
        record(0x0204, &label),
        book.sheet.clone(),
        record(0x023e, &[0xb6, 6, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        end.clone(),
    ]
    .concat();
    let stream = [head, bound(at), book.globals.clone(), end, sheet, book.after.clone()].concat();
    let mut streams = vec![("Workbook", padded(stream))];
    streams.extend(book.streams.iter().map(|(path, data)| (path.as_str(), data.clone())));
    let streams: Vec<(&str, &[u8])> =
        streams.iter().map(|(path, data)| (*path, data.as_slice())).collect();
    compound(Some("00020820-0000-0000-c000-000000000046"), &streams)
}

/// Readers expect the main stream outside the small-stream area.
fn padded(mut stream: Vec<u8>) -> Vec<u8> {
    stream.resize(stream.len().max(4096), 0);
    stream
}

/// EXEC("…") as tokens: a string, then a call of macro function 110.
fn call_formula(text: &str) -> Vec<u8> {
    let mut tokens = vec![0x17, 16, 0];
    tokens.extend(text.as_bytes());
    tokens.extend([0x42, 1, 110, 0x80]);
    let mut data = vec![1, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    data.extend(u16::try_from(tokens.len()).expect("small").to_le_bytes());
    data.extend(tokens);
    record(0x0006, &data)
}

type InBook = fn(&mut Book, &str);

const BOOKS: &[(&str, InBook)] = &[
    ("macro-sheet", |b, c| {
        b.is_macro_sheet = true;
        b.sheet = call_formula(c);
    }),
    ("formula-call", |b, c| b.sheet = call_formula(c)),
    ("formula-hyperlink", |b, c| {
        let mut tokens = vec![0x17, 16, 0];
        tokens.extend(c.as_bytes());
        tokens.extend([0x42, 1, 0x67, 0x01]);
        let mut data = vec![1, 0, 0, 0, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        data.extend(u16::try_from(tokens.len()).expect("small").to_le_bytes());
        data.extend(tokens);
        b.sheet = record(0x0006, &data);
    }),
    ("dde-link", |b, c| {
        let text = format!("cmd\u{3}/c {c}");
        let size = u8::try_from(text.len()).expect("short");
        b.globals = [
            record(0x01ae, &[&[0, 0, size, 0, 0][..], text.as_bytes()].concat()),
            record(0x0023, &[0xe0, 0x7f, 0, 0, 0, 0, 2, 0, b'A', b'1']),
        ]
        .concat();
    }),
    ("outside-book", |b, c| {
        let text = format!("\u{1}@{c}\u{3}x.xls");
        let size = u8::try_from(text.len()).expect("short");
        b.globals =
            record(0x01ae, &[&[1, 0, size, 0, 0][..], text.as_bytes(), &[1, 0, 0, b'S']].concat());
    }),
    ("name-auto-open", |b, c| {
        b.globals = record(
            0x0018,
            &[&[0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1][..], c.as_bytes()].concat(),
        );
    }),
    ("author", |b, c| {
        let mut data = vec![16, 0, 0];
        data.extend(c.as_bytes());
        data.resize(112, b' ');
        b.globals = record(0x005c, &data);
    }),
    ("query", |b, c| b.globals = record(0x00dc, &[&[0, 0, 16, 0, 0][..], c.as_bytes()].concat())),
    ("text-query", |b, c| b.sheet = record(0x0805, c.as_bytes())),
    ("consolidation", |b, c| {
        b.sheet = record(0x0051, &[&[0, 0, 0, 0, 0, 0, 17, 0, 0, 1][..], c.as_bytes()].concat())
    }),
    ("link-file", |b, c| {
        let path: Vec<u8> =
            format!("\\\\{c}.example\\x.exe\0").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut data = vec![0, 0, 0, 0, 0, 0, 0, 0];
        data.extend(
            b"\xd0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b\x02\0\0\0\x03\0\0\0",
        );
        data.extend(b"\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\x00\xaa\x00\x4b\xa9\x0b");
        data.extend(u32::try_from(path.len()).expect("small").to_le_bytes());
        data.extend(path);
        b.sheet = record(0x01b8, &data);
    }),
    ("printer", |b, c| b.sheet = record(0x004d, &[&[0, 0], c.as_bytes()].concat())),
    ("unknown-record", |b, c| b.globals = record(0x7fee, c.as_bytes())),
    ("after-end", |b, c| b.after = c.into()),
    ("code-name", |b, c| b.globals = record(0x01ba, &[&[16, 0, 0], c.as_bytes()].concat())),
];

#[derive(Default)]
struct Paper {
    text: String,
    associations: Vec<String>,
    after: Vec<u8>,
    streams: Vec<(String, Vec<u8>)>,
}

type InPaper = fn(&mut Paper, &str);

const PAPERS: &[(&str, InPaper)] = &[
    ("field-dde", |p, c| p.text = format!("\u{13} DDEAUTO cmd \"/k {c}\" \u{14}x\u{15}")),
    ("field-include", |p, c| {
        p.text = format!("\u{13} INCLUDEPICTURE \"http://{c}.example/x.png\" \u{14}x\u{15}")
    }),
    ("field-script", |p, c| p.text = format!("\u{13} HYPERLINK \"javascript:{c}\" \u{14}x\u{15}")),
    ("field-macro", |p, c| p.text = format!("\u{13} MACROBUTTON {c} press \u{15}")),
    ("template", |p, c| p.associations = vec![String::new(), format!("\\\\{c}.example\\x.dot")]),
    ("author", |p, c| {
        p.associations = vec![
            String::new(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
            c.to_owned(),
        ]
    }),
    ("leftover", |p, c| p.after = c.into()),
];

/// The smallest document: one piece of UTF-16 text ([MS-DOC] 2.4.1).
fn document(paper: &Paper) -> Vec<u8> {
    const TEXT_AT: u32 = 1024;
    let text: Vec<u16> = format!("Line 0123\r{}\r", paper.text).encode_utf16().collect();
    let count = u32::try_from(text.len()).expect("small");
    let mut table = vec![2];
    table.extend(16_u32.to_le_bytes());
    table.extend(0_u32.to_le_bytes());
    table.extend(count.to_le_bytes());
    table.extend(0_u16.to_le_bytes());
    table.extend(TEXT_AT.to_le_bytes());
    table.extend(0_u16.to_le_bytes());
    let piece_size = u32::try_from(table.len()).expect("small");
    let mut associations = Vec::new();
    if !paper.associations.is_empty() {
        associations.extend(0xffff_u16.to_le_bytes());
        associations.extend(18_u16.to_le_bytes());
        associations.extend(0_u16.to_le_bytes());
        for index in 0..18 {
            let text = paper.associations.get(index).map_or("", String::as_str);
            let wide: Vec<u16> = text.encode_utf16().collect();
            associations.extend(u16::try_from(wide.len()).expect("short").to_le_bytes());
            associations.extend(wide.iter().flat_map(|unit| unit.to_le_bytes()));
        }
    }
    let associations_size = u32::try_from(associations.len()).expect("small");
    table.extend(associations);
    let mut main = vec![0; 1024];
    let mut put16 = |at: usize, value: u16| main[at..at + 2].copy_from_slice(&value.to_le_bytes());
    put16(0, 0xa5ec);
    put16(2, 0x00c1);
    put16(6, 0x0411);
    put16(10, 0x1200);
    put16(12, 0x00bf);
    put16(32, 14);
    put16(62, 22);
    put16(152, 93);
    let mut put32 = |at: usize, value: u32| main[at..at + 4].copy_from_slice(&value.to_le_bytes());
    put32(24, TEXT_AT);
    put32(28, TEXT_AT + 2 * count);
    put32(64, TEXT_AT + 2 * count);
    put32(64 + 12, count);
    // The 32nd and 33rd pairs of the table of contents: associations, pieces.
    put32(154 + 32 * 8, piece_size);
    put32(154 + 32 * 8 + 4, associations_size);
    put32(154 + 33 * 8, 0);
    put32(154 + 33 * 8 + 4, piece_size);
    main.extend(text.iter().flat_map(|unit| unit.to_le_bytes()));
    main.extend(&paper.after);
    let (main, table) = (padded(main), padded(table));
    let mut streams = vec![("WordDocument", main), ("1Table", table)];
    streams.extend(paper.streams.iter().map(|(path, data)| (path.as_str(), data.clone())));
    let streams: Vec<(&str, &[u8])> =
        streams.iter().map(|(path, data)| (*path, data.as_slice())).collect();
    compound(Some("00020906-0000-0000-c000-000000000046"), &streams)
}

//! Writes the smallest binary workbook that readers open: its records
//! ([MS-XLSB] 2.1.4) in a package.

use super::package::Package;

/// The workbook part.
pub const BOOK: &str = "xl/workbook.bin";
/// The sheet part.
pub const SHEET: &str = "xl/worksheets/sheet1.bin";
/// Stem of the content types.
pub const TYPE: &str = "application/vnd.ms-excel.";

/// A binary workbook being made, with the places where records can be planted.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// Records of the workbook, in front of its sheets.
    pub head: Vec<u8>,
    /// More entries of the list of sheets.
    pub sheets: Vec<u8>,
    /// Records of the list of other workbooks.
    pub outside: Vec<u8>,
    /// Records of the workbook behind that, names first of all.
    pub names: Vec<u8>,
    /// Behind the workbook's last record.
    pub book_tail: Vec<u8>,
    /// Records in front of the sheet's cells.
    pub sheet_head: Vec<u8>,
    /// Records of the second row.
    pub cells: Vec<u8>,
    /// Records behind the sheet's cells.
    pub sheet: Vec<u8>,
    /// Behind the sheet's last record.
    pub sheet_tail: Vec<u8>,
    /// Records of the styles.
    pub styles: Vec<u8>,
    /// Behind the records of the strings.
    pub strings_tail: Vec<u8>,
    /// More parts and relationships.
    pub package: Package,
}

/// One record.
#[must_use]
pub fn record(kind: u32, body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).expect("made records are small");
    [packed(kind), packed(size), body.to_vec()].concat()
}

/// Seven bits a byte, the lowest first.
fn packed(mut value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let [low, ..] = (value & 0x7f).to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

/// A string: its length in units, the units (2.5.168).
#[must_use]
pub fn string(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let count = u32::try_from(units.len()).expect("made strings are short");
    let units = units.into_iter().flat_map(u16::to_le_bytes);
    count.to_le_bytes().into_iter().chain(units).collect()
}

/// A formula: its tokens, and nothing behind them (2.2.2.1).
#[must_use]
pub fn formula(tokens: &[u8]) -> Vec<u8> {
    let size = u32::try_from(tokens.len()).expect("made formulas are short");
    [&size.to_le_bytes()[..], tokens, &[0; 4]].concat()
}

/// A cell of the second row: its column, its style.
#[must_use]
pub fn cell(column: u32) -> Vec<u8> {
    [&column.to_le_bytes()[..], &[0; 4]].concat()
}

/// A name with its formula (2.4.718); `flags` say what it names.
#[must_use]
pub fn name(flags: u32, text: &str, tokens: &[u8], comment: &str) -> Vec<u8> {
    let mut body = flags.to_le_bytes().to_vec();
    body.push(0);
    body.extend(u32::MAX.to_le_bytes());
    body.extend(string(text));
    body.extend(formula(tokens));
    if comment.is_empty() {
        body.extend(u32::MAX.to_le_bytes());
    } else {
        body.extend(string(comment));
    }
    // Macros have four strings more.
    if flags & 0x08 != 0 {
        body.extend(u32::MAX.to_le_bytes().repeat(4));
    }
    record(39, &body)
}

/// An entry of the list of sheets.
#[must_use]
pub fn bundle(number: u32, relation: &str, name: &str) -> Vec<u8> {
    let head = [0_u32, number].map(u32::to_le_bytes).concat();
    record(156, &[head, string(relation), string(name)].concat())
}

impl Book {
    /// Writes the workbook. `sentence` is what its first cell shows.
    #[must_use]
    pub fn write(&self, sentence: &str) -> Vec<u8> {
        let mut package = self.package.clone();
        package
            .relate("", "rId1", "officeDocument", BOOK)
            .part(BOOK, &format!("{TYPE}sheet.binary.macroEnabled.main"), self.book())
            .part(SHEET, &format!("{TYPE}worksheet"), self.sheet())
            .part("xl/sharedStrings.bin", &format!("{TYPE}sharedStrings"), self.strings(sentence))
            .part("xl/styles.bin", &format!("{TYPE}styles"), self.styles())
            .relate(BOOK, "rId1", "worksheet", "worksheets/sheet1.bin")
            .relate(BOOK, "rIdSst", "sharedStrings", "sharedStrings.bin")
            .relate(BOOK, "rIdSty", "styles", "styles.bin")
            .relate_out(SHEET, "rIdWeb", "hyperlink", "https://www.example.jp/town");
        package.write(super::xml::Wording::Plain)
    }

    fn book(&self) -> Vec<u8> {
        let mut out = record(131, &[]);
        out.extend(record(153, &[&[0; 8][..], &string("")].concat()));
        out.extend(&self.head);
        out.extend(record(143, &[]));
        out.extend(bundle(1, "rId1", "申請"));
        out.extend(&self.sheets);
        out.extend(record(144, &[]));
        if !self.outside.is_empty() {
            out.extend(record(353, &[]));
            out.extend(&self.outside);
            out.extend(record(354, &[]));
        }
        out.extend(&self.names);
        out.extend(record(132, &[]));
        out.extend(&self.book_tail);
        out
    }

    fn sheet(&self) -> Vec<u8> {
        let mut out = record(129, &[]);
        out.extend(record(148, &[0, 2, 0, 9].map(u32::to_le_bytes).concat()));
        out.extend(&self.sheet_head);
        out.extend(record(145, &[]));
        out.extend(row(0));
        out.extend(record(7, &[cell(0), vec![0; 4]].concat()));
        out.extend(row(1));
        // SUM(1,2) with its value.
        out.extend(number_cell(0, &[0x1e, 1, 0, 0x1e, 2, 0, 0x42, 2, 4, 0], 3.0));
        out.extend(&self.cells);
        out.extend(record(146, &[]));
        out.extend(link("rIdWeb", "", ""));
        out.extend(&self.sheet);
        out.extend(record(130, &[]));
        out.extend(&self.sheet_tail);
        out
    }

    fn strings(&self, sentence: &str) -> Vec<u8> {
        let mut out = record(159, &[1, 0, 0, 0, 1, 0, 0, 0]);
        out.extend(record(19, &[&[0][..], &string(sentence)].concat()));
        out.extend(record(160, &[]));
        out.extend(&self.strings_tail);
        out
    }

    fn styles(&self) -> Vec<u8> {
        let one = 1_u32.to_le_bytes();
        let mut out = record(278, &[]);
        out.extend(record(611, &one));
        let look = [220, 0, 0, 0, 0x90, 1, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 0, 0, 0, 0xff, 2];
        out.extend(record(43, &[&look[..], &string("Arial")].concat()));
        out.extend(record(612, &[]));
        out.extend(&self.styles);
        out.extend(record(279, &[]));
        out
    }
}

/// The head of a row (2.4.736).
fn row(number: u32) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.extend([0, 0, 0, 0, 0x2c, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0]);
    record(0, &body)
}

/// A cell with a formula and a number (2.4.672).
#[must_use]
pub fn number_cell(column: u32, tokens: &[u8], value: f64) -> Vec<u8> {
    record(9, &[&cell(column)[..], &value.to_le_bytes(), &[0; 2], &formula(tokens)].concat())
}

/// A link on the first cell (2.4.707).
#[must_use]
pub fn link(relation: &str, place: &str, tip: &str) -> Vec<u8> {
    let texts = [relation, place, tip, ""].map(string).concat();
    record(494, &[vec![0; 16], texts].concat())
}

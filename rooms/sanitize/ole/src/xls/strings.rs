//! Strings of workbooks, [MS-XLS] 2.5.293 and on, also where they run over
//! several records. Knows the code page of old files, nothing of cells.

use encoding_rs::Encoding;

use super::record::{BODY_MAX, CONTINUE, Record};
use crate::bytes::{slice, u8_at, u16_at, u32_at, utf16};

/// Reads a string whose count of characters is 16 bits wide.
pub(super) fn long(body: &[u8]) -> Option<(String, usize)> {
    let count = usize::from(u16_at(slice(body, 0, 3)?, 0));
    let (text, len) = chars(body, 2, count)?;
    Some((text, len + 2))
}

/// Reads `count` characters behind their flag byte at `at`; returns the text
/// and the length with the flag byte.
pub(super) fn chars(body: &[u8], at: usize, count: usize) -> Option<(String, usize)> {
    let is_wide = u8_at(slice(body, at, 1)?, 0) & 1 != 0;
    if is_wide {
        return Some((utf16(slice(body, at + 1, 2 * count)?), 1 + 2 * count));
    }
    Some((latin(slice(body, at + 1, count)?), 1 + count))
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Decodes bytes of an old workbook by its CODEPAGE record.
pub(super) fn in_code_page(bytes: &[u8], code_page: u16) -> String {
    let label: &[u8] = match code_page {
        932 => b"shift_jis",
        936 => b"gbk",
        949 => b"euc-kr",
        950 => b"big5",
        874 => b"windows-874",
        1250 => b"windows-1250",
        1251 => b"windows-1251",
        1253 => b"windows-1253",
        1254 => b"windows-1254",
        1255 => b"windows-1255",
        1256 => b"windows-1256",
        1257 => b"windows-1257",
        1258 => b"windows-1258",
        10000 | 0x8000 => b"macintosh",
        _ => b"windows-1252",
    };
    let encoding = Encoding::for_label(label).unwrap_or(encoding_rs::WINDOWS_1252);
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Reads a string over a record and what continues it.
pub(super) fn over_records(records: &[Record<'_>]) -> String {
    let mut reader = Reader::new(records);
    let count = reader.u16().unwrap_or(0);
    let is_wide = reader.u8().unwrap_or(0) & 1 != 0;
    reader.text(usize::from(count), is_wide)
}

/// Reads every string of the shared table (2.4.265).
pub(super) fn shared_table(records: &[Record<'_>]) -> Vec<String> {
    let mut reader = Reader::new(records);
    let mut table = Vec::new();
    let _total = reader.u32();
    let unique = reader.u32().unwrap_or(0);
    for _ in 0..unique {
        let Some(text) = shared_string(&mut reader) else { break };
        table.push(text);
    }
    table
}

fn shared_string(reader: &mut Reader<'_, '_>) -> Option<String> {
    reader.next_if_spent();
    let count = reader.u16()?;
    let flags = reader.u8()?;
    let runs = if flags & 8 != 0 { usize::from(reader.u16()?) } else { 0 };
    let phonetic = if flags & 4 != 0 { usize::try_from(reader.u32()?).ok()? } else { 0 };
    let text = reader.text(usize::from(count), flags & 1 != 0);
    reader.skip(4 * runs);
    reader.skip(phonetic);
    Some(text)
}

struct Reader<'r, 'a> {
    records: &'r [Record<'a>],
    record: usize,
    at: usize,
}

impl<'r, 'a> Reader<'r, 'a> {
    fn new(records: &'r [Record<'a>]) -> Self {
        Self { records, record: 0, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.records.get(self.record).and_then(|r| r.body.get(self.at..)).unwrap_or_default()
    }

    fn next_if_spent(&mut self) {
        if self.rest().is_empty() && self.record + 1 < self.records.len() {
            self.record += 1;
            self.at = 0;
        }
    }

    fn u8(&mut self) -> Option<u8> {
        self.next_if_spent();
        let byte = *self.rest().first()?;
        self.at += 1;
        Some(byte)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    fn skip(&mut self, count: usize) {
        let mut left = count;
        while left > 0 {
            self.next_if_spent();
            let step = left.min(self.rest().len());
            if step == 0 {
                return;
            }
            self.at += step;
            left -= step;
        }
    }

    /// Reads characters; each further record begins with its own flag byte.
    fn text(&mut self, count: usize, is_wide: bool) -> String {
        let mut units: Vec<u16> = Vec::new();
        let mut is_wide = is_wide;
        while units.len() < count {
            if self.rest().is_empty() {
                if self.record + 1 >= self.records.len() {
                    break;
                }
                self.next_if_spent();
                is_wide = self.u8().unwrap_or(0) & 1 != 0;
            }
            let width = 1 + usize::from(is_wide);
            let wanted = (count - units.len()).min(self.rest().len() / width);
            let bytes = &self.rest()[..wanted * width];
            if is_wide {
                units.extend(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])));
            } else {
                units.extend(bytes.iter().map(|&byte| u16::from(byte)));
            }
            self.at += bytes.len();
            if wanted == 0 {
                // Half a character is left over.
                self.at += self.rest().len();
            }
        }
        String::from_utf16_lossy(&units)
    }
}

/// Strings that stood in formulas and move into the shared table.
pub(super) struct Added {
    /// Strings that the table held before.
    first: u32,
    texts: Vec<String>,
}

impl Added {
    /// Begins behind the `first` strings of a table.
    pub fn after(first: u32) -> Self {
        Self { first, texts: Vec::new() }
    }

    /// Takes one string and returns its index in the table.
    pub fn add(&mut self, text: String) -> u32 {
        let index = self.first.saturating_add(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(text);
        index
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Writes the table's counts into `table`, which begins with them.
    pub fn count_into(&self, table: &mut [u8]) {
        let added = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        for at in [0, 4] {
            let count = u32_at(table, at).saturating_add(added);
            crate::bytes::put(table, at, &count.to_le_bytes());
        }
    }

    /// Appends the strings as records that continue the table.
    pub fn push_to(&self, out: &mut Vec<u8>) {
        for text in &self.texts {
            let units: Vec<u16> = text.encode_utf16().take(usize::from(u16::MAX)).collect();
            let mut body = u16::try_from(units.len()).unwrap_or(u16::MAX).to_le_bytes().to_vec();
            for chunk in units.chunks((BODY_MAX - 4) / 2) {
                body.push(1);
                body.extend(chunk.iter().flat_map(|unit| unit.to_le_bytes()));
                super::record::push(out, CONTINUE, &body);
                body.clear();
            }
            if units.is_empty() {
                body.push(0);
                super::record::push(out, CONTINUE, &body);
            }
        }
    }
}

//! A document from text, with one page of character properties.

use super::{pack, wide};

const TEXT_AT: usize = 0x400;
const PAIRS_AT: usize = 154;

#[derive(Default)]
pub struct Doc {
    pub text: String,
    /// Properties of all characters.
    pub properties: Vec<u8>,
    /// Types of the fields, in the order of their begin marks.
    pub field_kinds: Vec<u8>,
    /// Other structures by their index.
    pub structures: Vec<(usize, Vec<u8>)>,
    pub data: Vec<u8>,
    /// Bytes behind everything that the document names.
    pub residue: Vec<u8>,
    pub more_streams: Vec<(&'static str, Vec<u8>)>,
}

impl Doc {
    pub fn bytes(&self) -> Vec<u8> {
        let units: Vec<u16> = self.text.encode_utf16().collect();
        let text_end = TEXT_AT + 2 * units.len();
        let mut stream = vec![0; TEXT_AT];
        stream.extend(wide(&self.text));
        stream.resize(stream.len().next_multiple_of(512), 0);
        let page = (stream.len() / 512) as u32;
        stream.extend(self.page(text_end));
        stream.extend_from_slice(&self.residue);
        put16(&mut stream, 0, 0xA5EC);
        put16(&mut stream, 2, 0xC1);
        put16(&mut stream, 10, 0x0200);
        put32(&mut stream, 24, TEXT_AT as u32);
        put32(&mut stream, 28, text_end as u32);
        put16(&mut stream, 32, 14);
        put16(&mut stream, 62, 22);
        put32(&mut stream, 64 + 12, units.len() as u32);
        put16(&mut stream, 152, 0x5D);
        let mut table = Vec::new();
        let mut structures = self.structures.clone();
        structures.push((12, list(&[TEXT_AT, text_end], &[page.to_le_bytes().to_vec()])));
        structures.push((33, self.pieces(units.len())));
        structures.push((16, self.fields(&units)));
        for (index, body) in &structures {
            put32(&mut stream, PAIRS_AT + 8 * index, table.len() as u32);
            put32(&mut stream, PAIRS_AT + 8 * index + 4, body.len() as u32);
            table.extend_from_slice(body);
        }
        let mut streams = vec![("WordDocument", stream), ("1Table", table)];
        if !self.data.is_empty() {
            streams.push(("Data", self.data.clone()));
        }
        streams.extend(self.more_streams.iter().cloned());
        pack(&streams)
    }

    fn page(&self, text_end: usize) -> Vec<u8> {
        let mut page = vec![0; 512];
        put32(&mut page, 0, TEXT_AT as u32);
        put32(&mut page, 4, text_end as u32);
        page[8] = 100;
        page[200] = self.properties.len() as u8;
        page[201..201 + self.properties.len()].copy_from_slice(&self.properties);
        page[511] = 1;
        page
    }

    fn pieces(&self, len: usize) -> Vec<u8> {
        let mut piece = vec![0; 8];
        put32(&mut piece, 2, TEXT_AT as u32);
        let table = list(&[0, len], &[piece]);
        let mut out = vec![2];
        out.extend_from_slice(&(table.len() as u32).to_le_bytes());
        out.extend(table);
        out
    }

    fn fields(&self, units: &[u16]) -> Vec<u8> {
        let mut kinds = self.field_kinds.iter();
        let mut places = Vec::new();
        let mut entries = Vec::new();
        for (cp, unit) in units.iter().enumerate() {
            let kind = match unit {
                0x13 => *kinds.next().unwrap(),
                0x14 => 0xFF,
                0x15 => 0x80,
                _ => continue,
            };
            places.push(cp);
            entries.push(vec![*unit as u8, kind]);
        }
        places.push(units.len());
        if entries.is_empty() { Vec::new() } else { list(&places, &entries) }
    }
}

fn list(places: &[usize], entries: &[Vec<u8>]) -> Vec<u8> {
    let mut out: Vec<u8> = places.iter().flat_map(|&p| (p as u32).to_le_bytes()).collect();
    out.extend(entries.concat());
    out
}

fn put16(bytes: &mut [u8], at: usize, value: u16) {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

fn put32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

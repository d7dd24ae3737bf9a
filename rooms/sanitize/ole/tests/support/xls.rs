//! A workbook from records.

use super::pack;

pub type Record = (u16, Vec<u8>);

#[derive(Default)]
pub struct Book {
    pub globals: Vec<Record>,
    /// Name, kind as BOUNDSHEET has it, records between BOF and EOF.
    pub sheets: Vec<(String, u8, Vec<Record>)>,
}

impl Book {
    pub fn with_cells(records: Vec<Record>) -> Self {
        Self { globals: Vec::new(), sheets: vec![("Sheet1".into(), 0, records)] }
    }

    pub fn stream(&self) -> Vec<u8> {
        let mut out = Vec::new();
        push(&mut out, 0x809, &bof(5));
        let mut places = Vec::new();
        for (name, kind, _) in &self.sheets {
            places.push(out.len() + 4);
            let mut body = vec![0, 0, 0, 0, 0, *kind, name.len() as u8, 0];
            body.extend_from_slice(name.as_bytes());
            push(&mut out, 0x85, &body);
        }
        for (id, body) in &self.globals {
            push(&mut out, *id, body);
        }
        push(&mut out, 0x0A, &[]);
        for ((_, kind, records), place) in self.sheets.iter().zip(places) {
            let at = (out.len() as u32).to_le_bytes();
            out[place..place + 4].copy_from_slice(&at);
            push(&mut out, 0x809, &bof(if *kind == 1 { 0x40 } else { 0x10 }));
            for (id, body) in records {
                push(&mut out, *id, body);
            }
            push(&mut out, 0x0A, &[]);
        }
        out
    }

    pub fn bytes(&self) -> Vec<u8> {
        pack(&[("Workbook", self.stream())])
    }
}

fn bof(kind: u8) -> [u8; 16] {
    [0, 6, kind, 0, 0xBB, 0x0D, 0xCC, 7, 0, 0, 0, 0, 6, 0, 0, 0]
}

fn push(out: &mut Vec<u8>, id: u16, body: &[u8]) {
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&(body.len() as u16).to_le_bytes());
    out.extend_from_slice(body);
}

/// A formula in A1 of the given row, with a number as its stored value.
pub fn formula(row: u16, tokens: &[u8], value: f64) -> Record {
    formula_with(row, tokens, value.to_le_bytes())
}

/// A formula whose stored value is text, and the text.
pub fn text_formula(row: u16, tokens: &[u8], text: &str) -> [Record; 2] {
    let mut body = (text.len() as u16).to_le_bytes().to_vec();
    body.push(0);
    body.extend_from_slice(text.as_bytes());
    [formula_with(row, tokens, [0, 0, 0, 0, 0, 0, 0xFF, 0xFF]), (0x207, body)]
}

fn formula_with(row: u16, tokens: &[u8], value: [u8; 8]) -> Record {
    let mut body = row.to_le_bytes().to_vec();
    body.extend_from_slice(&[0, 0, 15, 0]);
    body.extend_from_slice(&value);
    body.extend_from_slice(&[0; 6]);
    body.extend_from_slice(&(tokens.len() as u16).to_le_bytes());
    body.extend_from_slice(tokens);
    (0x06, body)
}

/// A defined name; `flags` as in [MS-XLS] 2.4.150.
pub fn name(flags: u16, name: &[u8], tokens: &[u8]) -> Record {
    let mut body = flags.to_le_bytes().to_vec();
    body.extend_from_slice(&[0, name.len() as u8]);
    body.extend_from_slice(&(tokens.len() as u16).to_le_bytes());
    body.extend_from_slice(&[0; 9]);
    body.extend_from_slice(name);
    body.extend_from_slice(tokens);
    (0x18, body)
}

/// Numbers of all records of a workbook stream with their bodies.
pub fn records(stream: &[u8]) -> Vec<Record> {
    let mut at = 0;
    let mut found = Vec::new();
    while at + 4 <= stream.len() {
        let id = u16::from_le_bytes([stream[at], stream[at + 1]]);
        let len = usize::from(u16::from_le_bytes([stream[at + 2], stream[at + 3]]));
        found.push((id, stream[at + 4..at + 4 + len].to_vec()));
        at += 4 + len;
    }
    found
}

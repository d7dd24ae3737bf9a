//! BIFF records, [MS-XLS] 2.1.4: reads them from the workbook stream and
//! writes them. Knows their frame only.

use sanitize_core::{Job, Stop};

use crate::bytes::{slice, u16_at};

/// Longest body of one record, in bytes (2.1.4).
pub(super) const BODY_MAX: usize = 8224;

pub(super) const BOF: u16 = 0x809;
pub(super) const EOF: u16 = 0x0A;
pub(super) const CONTINUE: u16 = 0x3C;

#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub id: u16,
    pub body: &'a [u8],
    /// Bytes of its header; none where one record too long was taken for more.
    head: usize,
}

/// Which of the two record dialects a workbook is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Biff {
    /// Excel 5 and 95.
    Five,
    /// Excel 97 and later.
    Eight,
}

/// Reads the substream that begins with a BOF at `at`, up to its own EOF.
/// Empty where there is no BOF.
pub(super) fn substream<'a>(
    stream: &'a [u8],
    at: usize,
    job: &mut Job<'_>,
) -> Result<Vec<Record<'a>>, Stop> {
    let mut records = Vec::new();
    let mut at = at;
    let mut depth = 0_u32;
    while let Some(header) = slice(stream, at, 4) {
        let (id, len) = (u16_at(header, 0), usize::from(u16_at(header, 2)));
        let end = (at + 4 + len).min(stream.len());
        // Formulas under their numbers of Excel 3 and 4 are met in Excel 8 files.
        let id = if matches!(id, 0x206 | 0x406) { 0x06 } else { id };
        if records.is_empty() && !is_bof(id) {
            break;
        }
        // It is read as it would be written: in pieces of the longest length.
        let (body, rest) = split(&stream[at + 4..end]);
        records.push(Record { id, body, head: 4 });
        let more = rest.chunks(BODY_MAX);
        records.extend(more.map(|body| Record { id: CONTINUE, body, head: 0 }));
        at = end;
        match id {
            id if is_bof(id) => depth += 1,
            EOF => depth = depth.saturating_sub(1),
            _ => {}
        }
        job.budget.check_nesting(depth)?;
        if depth == 0 {
            break;
        }
    }
    job.budget.take_objects(records.len() as u64)?;
    Ok(records)
}

/// Where records that begin at `at` end in their stream.
pub(super) fn end(at: usize, records: &[Record<'_>]) -> usize {
    records.iter().fold(at, |end, record| end.saturating_add(record.head + record.body.len()))
}

fn split(body: &[u8]) -> (&[u8], &[u8]) {
    body.split_at(body.len().min(BODY_MAX))
}

fn is_bof(id: u16) -> bool {
    id == BOF
}

/// Appends one record; a body that is too long goes on in CONTINUE records.
pub(super) fn push(out: &mut Vec<u8>, id: u16, body: &[u8]) {
    let mut chunks = body.chunks(BODY_MAX);
    push_one(out, id, chunks.next().unwrap_or_default());
    for chunk in chunks {
        push_one(out, CONTINUE, chunk);
    }
}

fn push_one(out: &mut Vec<u8>, id: u16, body: &[u8]) {
    let len = u16::try_from(body.len()).expect("chunks are shorter than 64 KiB");
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(body);
}

/// Returns the records after `at` that continue it.
pub(super) fn continues<'r, 'a>(records: &'r [Record<'a>], at: usize) -> &'r [Record<'a>] {
    let rest = records.get(at + 1..).unwrap_or_default();
    let count = rest.iter().take_while(|record| record.id == CONTINUE).count();
    &rest[..count]
}

/// Joins the record at `at` with what continues it.
pub(super) fn joined(records: &[Record<'_>], at: usize) -> Vec<u8> {
    let mut body = records[at].body.to_vec();
    for record in continues(records, at) {
        body.extend_from_slice(record.body);
    }
    body
}

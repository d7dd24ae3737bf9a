//! One sheet or chart: walks its records, rewrites those that can reach out and
//! keeps those on the allow-list. Knows nothing of the workbook's own records.

use std::collections::BTreeSet;

use sanitize_core::{Job, Stop};

use super::allow::{self, Fate};
use super::formula::Scope;
use super::object;
use super::record::{self, BOF, Biff, CONTINUE, EOF, Record};
use super::strings::{self, Added};
use crate::art::Rewriter;
use crate::art::blip::{Blips, Store};
use crate::bytes::{put, slice, u8_at, u16_at};
use crate::codes;
use crate::hlink;

const FORMULA: u16 = 0x06;
/// Where a formula record says how long its tokens are (2.4.127).
const FORMULA_LEN_AT: usize = 20;
const ARRAY: u16 = 0x221;
const SHARED_FORMULA: u16 = 0x4BC;
const TABLE: u16 = 0x236;
const STRING: u16 = 0x207;
const TEXT_OBJECT: u16 = 0x1B6;
const OBJECT: u16 = 0x5D;
const DRAWING: u16 = 0xEC;

/// What a sheet's records are rewritten with.
pub(super) struct Sheet<'s> {
    pub scope: &'s Scope,
    pub added: &'s mut Added,
    /// The sheet's name, for the report.
    pub place: &'s str,
    /// Whether formulas are commands of a macro sheet.
    pub is_macro: bool,
}

impl Sheet<'_> {
    /// Rewrites a substream from its BOF to its EOF.
    pub fn rewrite(
        &mut self,
        records: &[Record<'_>],
        depth: u32,
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        job.budget.check_nesting(depth)?;
        let mut drawing = self.drawing(records, job)?.into_iter();
        let unsafe_shared = self.unsafe_shared(records);
        let mut at = 0;
        while at < records.len() {
            let record = records[at];
            let next = match record.id {
                BOF if at > 0 => {
                    let len = nested_len(&records[at..]);
                    self.rewrite(&records[at..at + len], depth + 1, job, out)?;
                    at + len
                }
                BOF => {
                    self.push_bof(record, out);
                    at + 1
                }
                EOF => at + 1,
                DRAWING if self.scope.biff == Biff::Eight => {
                    record::push(out, DRAWING, &drawing.next().unwrap_or_default());
                    self.push_more_drawing(records, at, 0, &mut drawing, out)
                }
                OBJECT if self.scope.biff == Biff::Eight => {
                    let body = object::rebuild(record.body, self.scope, self.place, job);
                    record::push(out, OBJECT, &body);
                    self.push_more_drawing(records, at, 0, &mut drawing, out)
                }
                TEXT_OBJECT => {
                    let own = push_text_object(records, at, self.place, job, out);
                    self.push_more_drawing(records, at, own, &mut drawing, out)
                }
                FORMULA => self.formula(records, at, &unsafe_shared, job, out),
                _ => self.other(records, at, job, out)?,
            };
            at = next;
        }
        record::push(out, EOF, &[]);
        Ok(())
    }

    fn push_bof(&self, record: Record<'_>, out: &mut Vec<u8>) {
        let len = if self.scope.biff == Biff::Eight { 16 } else { 8 };
        let mut body = record.body.to_vec();
        body.resize(len, 0);
        if self.is_macro && u16_at(&body, 2) != 0x20 {
            put(&mut body, 2, &0x10_u16.to_le_bytes());
        }
        record::push(out, BOF, &body);
    }

    /// Rewrites the sheet's drawing, which lies in pieces between the objects,
    /// and returns the new pieces.
    fn drawing(&self, records: &[Record<'_>], job: &mut Job<'_>) -> Result<Vec<Vec<u8>>, Stop> {
        let mut whole = Vec::new();
        let mut cuts = Vec::new();
        for index in drawing_pieces(records) {
            whole.extend_from_slice(records[index].body);
            cuts.push(whole.len());
        }
        if cuts.is_empty() || self.scope.biff == Biff::Five {
            return Ok(Vec::new());
        }
        let mut blips = Blips::new(Store::Embedded);
        let mut rewriter = Rewriter {
            job,
            blips: &mut blips,
            client: &mut |_, _, _| Ok(Some(Vec::new())),
            place: self.place,
            cuts: &cuts,
            cuts_out: Vec::new(),
            out: Vec::new(),
        };
        rewriter.run(&whole)?;
        let mut start = 0;
        let mut pieces = Vec::new();
        for &end in &rewriter.cuts_out {
            pieces.push(rewriter.out[start..end].to_vec());
            start = end;
        }
        Ok(pieces)
    }

    /// Writes the pieces of drawing that continue the record at `at`, past its
    /// `own` ones, and returns where the next record stands.
    fn push_more_drawing(
        &self,
        records: &[Record<'_>],
        at: usize,
        own: usize,
        drawing: &mut impl Iterator<Item = Vec<u8>>,
        out: &mut Vec<u8>,
    ) -> usize {
        let count = record::continues(records, at).len();
        for _ in own..count {
            let piece = drawing.next().unwrap_or_default();
            if !piece.is_empty() {
                record::push(out, CONTINUE, &piece);
            }
        }
        at + 1 + count
    }

    /// Finds the shared and array formulas that must go, by their first cell.
    fn unsafe_shared(&self, records: &[Record<'_>]) -> BTreeSet<(u16, u16)> {
        let mut found = BTreeSet::new();
        for pair in records.windows(2) {
            let (cell, shared) = (pair[0], pair[1]);
            let is_safe = match shared.id {
                ARRAY => self.safe_tail(shared.body, 12).is_some(),
                SHARED_FORMULA => self.safe_tail(shared.body, 8).is_some(),
                _ => continue,
            };
            if cell.id == FORMULA && !is_safe {
                found.insert(shared_key(cell.body));
            }
        }
        found
    }

    /// Returns the body up to the end of its formula, whose length stands at
    /// `at`; nothing where the formula must go.
    fn safe_tail<'b>(&self, body: &'b [u8], at: usize) -> Option<&'b [u8]> {
        let tokens = slice(body, at + 2, usize::from(u16_at(body, at)))?;
        let start = at + 2 + tokens.len();
        let extra = self.scope.safe_len(tokens, &body[start..])?;
        body.get(..start + extra)
    }

    fn formula(
        &mut self,
        records: &[Record<'_>],
        at: usize,
        unsafe_shared: &BTreeSet<(u16, u16)>,
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> usize {
        let joined;
        let mut body = records[at].body;
        let mut next = at + 1 + record::continues(records, at).len();
        if next > at + 1 {
            joined = record::joined(records, at);
            body = &joined;
        }
        let tail = self.safe_tail(body, FORMULA_LEN_AT).filter(|_| !self.is_macro);
        let is_shared = matches!(u8_at(body, FORMULA_LEN_AT + 2), 1 | 2);
        let is_unsafe_shared = is_shared && unsafe_shared.contains(&shared_key(body));
        if let Some(tail) = tail.filter(|_| !is_unsafe_shared) {
            record::push(out, FORMULA, tail);
            // A shared formula and the value follow and are met as records.
            return next;
        }
        if !self.is_macro {
            job.removed(&codes::FORMULA, &format!("{} {}", self.place, cell_name(body)));
        }
        let mut text = String::new();
        while let Some(record) = records.get(next) {
            match record.id {
                ARRAY | SHARED_FORMULA | TABLE => {}
                STRING => {
                    let all = &records[next..=next + record::continues(records, next).len()];
                    text = match self.scope.biff {
                        Biff::Eight => strings::over_records(all),
                        Biff::Five => return self.push_old_text(body, all[0].body, next, out),
                    };
                }
                _ => break,
            }
            next += 1 + record::continues(records, next).len();
        }
        self.push_value(body, text, out);
        next
    }

    /// Writes a formula's stored text as a cell of Excel 5.
    fn push_old_text(&self, cell: &[u8], text: &[u8], next: usize, out: &mut Vec<u8>) -> usize {
        let mut body = slice(cell, 0, 6).unwrap_or(&[0; 6]).to_vec();
        body.extend_from_slice(text);
        record::push(out, 0x204, &body);
        next + 1
    }

    /// Writes a formula's stored value (2.5.133) as a plain cell.
    fn push_value(&mut self, cell: &[u8], text: String, out: &mut Vec<u8>) {
        let mut body = slice(cell, 0, 6).unwrap_or(&[0; 6]).to_vec();
        let value = slice(cell, 6, 8).unwrap_or(&[0; 8]);
        if u16_at(value, 6) != 0xFFFF {
            body.extend_from_slice(value);
            record::push(out, 0x203, &body);
            return;
        }
        match value[0] {
            0 if !text.is_empty() => {
                let index = self.added.add(text);
                body.extend_from_slice(&index.to_le_bytes());
                record::push(out, 0xFD, &body);
            }
            1 | 2 => {
                body.extend_from_slice(&[value[2], u8::from(value[0] == 2)]);
                record::push(out, 0x205, &body);
            }
            _ => record::push(out, 0x201, &body),
        }
    }

    /// Rewrites or keeps any other record; returns where the next one stands.
    fn other(
        &mut self,
        records: &[Record<'_>],
        at: usize,
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> Result<usize, Stop> {
        let record = records[at];
        let more = record::continues(records, at);
        let next = at + 1 + more.len();
        match record.id {
            ARRAY | SHARED_FORMULA => {
                let length_at = if record.id == ARRAY { 12 } else { 8 };
                let tail = self.safe_tail(record.body, length_at).filter(|_| !self.is_macro);
                match tail {
                    Some(tail) => record::push(out, record.id, tail),
                    None => job.removed(&codes::FORMULA, self.place),
                }
            }
            STRING => {
                record::push(out, STRING, record.body);
                for record in more {
                    record::push(out, CONTINUE, record.body);
                }
            }
            0x1B8 => return Ok(self.hyperlink(records, at, job, out)),
            0x800 => {}
            0x1BE => self.validation(&record::joined(records, at), job, out),
            0x1B1 => self.condition(record.body, job, out),
            0x1051 => self.chart_reference(record.body, job, out),
            0x1066 => {
                let body = rewrite_fill(&record::joined(records, at), self.place, job)?;
                record::push(out, record.id, &body);
            }
            // Names of sheets that old formulas refer to.
            0x16 | 0x17 if self.scope.biff == Biff::Five => {
                push_old_reference(record, self.place, job, out);
            }
            // A table of what-if values (2.4.313): ranges only.
            TABLE if record.body.len() >= 16 => record::push(out, TABLE, &record.body[..16]),
            _ => match allow::fate(record.id, record.body.len()) {
                Fate::Keep => {
                    record::push(out, record.id, record.body);
                    for record in more {
                        record::push(out, CONTINUE, record.body);
                    }
                }
                Fate::Forget => {}
                Fate::Drop(code) => job.removed(code, &format!("{} 0x{:X}", self.place, record.id)),
            },
        }
        Ok(next)
    }

    fn hyperlink(
        &self,
        records: &[Record<'_>],
        at: usize,
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> usize {
        let body = record::joined(records, at);
        let next = at + 1 + record::continues(records, at).len();
        let head = slice(&body, 0, 24);
        let link = body.get(24..).and_then(|object| hlink::rebuild(object, job));
        if let (Some(head), Some(link)) = (head, link) {
            let mut kept = head.to_vec();
            kept.extend_from_slice(&link);
            record::push(out, 0x1B8, &kept);
            if let Some(tip) = records.get(next).filter(|record| record.id == 0x800) {
                record::push(out, 0x800, tip.body);
            }
        } else {
            job.removed(&codes::HYPERLINK, self.place);
        }
        next
    }

    /// A validation rule (2.4.89): four texts, two formulas, ranges.
    fn validation(&self, body: &[u8], job: &mut Job<'_>, out: &mut Vec<u8>) {
        let mut at = 4;
        for _ in 0..4 {
            let Some((_, len)) = body.get(at..).and_then(strings::long) else {
                return job.removed(&codes::RECORD, self.place);
            };
            at += len;
        }
        let mut new = body[..at].to_vec();
        let mut is_safe = true;
        for _ in 0..2 {
            let tokens = slice(body, at + 4, usize::from(u16_at(body, at))).unwrap_or_default();
            is_safe &= self.scope.is_plain(tokens);
            at += 4 + tokens.len();
        }
        if is_safe {
            return record::push(out, 0x1BE, body);
        }
        job.removed(&codes::FORMULA, self.place);
        // Any value is allowed, and there is nothing to compare with.
        new[0] &= 0xF0;
        new.extend_from_slice(&[0; 8]);
        new.extend_from_slice(body.get(at..).unwrap_or_default());
        record::push(out, 0x1BE, &new);
    }

    /// A condition (2.4.42): its formulas are the last bytes.
    fn condition(&self, body: &[u8], job: &mut Job<'_>, out: &mut Vec<u8>) {
        let lengths = [usize::from(u16_at(body, 2)), usize::from(u16_at(body, 4))];
        let start = body.len().checked_sub(lengths[0] + lengths[1]).filter(|&start| start >= 6);
        let is_safe = start.is_some_and(|start| {
            let (first, second) = body[start..].split_at(lengths[0]);
            self.scope.is_plain(first) && self.scope.is_plain(second)
        });
        if is_safe {
            return record::push(out, 0x1B1, body);
        }
        job.removed(&codes::FORMULA, self.place);
        let format = start.map_or(&[][..], |start| &body[6..start]);
        // An expression that is never true, so that its neighbours keep rank.
        let mut new = vec![2, 0, 2, 0, 0, 0];
        new.extend_from_slice(format);
        new.extend_from_slice(&[0x1D, 0]);
        record::push(out, 0x1B1, &new);
    }

    /// Where a chart's series takes its values from (2.4.29).
    fn chart_reference(&self, body: &[u8], job: &mut Job<'_>, out: &mut Vec<u8>) {
        if let Some(tail) = self.safe_tail(body, 6) {
            return record::push(out, 0x1051, tail);
        }
        job.removed(&codes::FORMULA, self.place);
        let mut new = slice(body, 0, 6).unwrap_or(&[0; 6]).to_vec();
        // The values that stand in the chart itself.
        new[1] = 1;
        new.extend_from_slice(&[0, 0]);
        record::push(out, 0x1051, &new);
    }
}

/// Returns the first cell of the range that a formula's only token names.
fn shared_key(cell: &[u8]) -> (u16, u16) {
    (u16_at(cell, 23), u16_at(cell, 25))
}

/// Returns how many records the substream at the start of `records` has.
fn nested_len(records: &[Record<'_>]) -> usize {
    let mut depth = 0_usize;
    for (index, record) in records.iter().enumerate() {
        match record.id {
            BOF => depth += 1,
            EOF => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    records.len()
}

/// Finds the records of this level that hold pieces of its drawing.
fn drawing_pieces(records: &[Record<'_>]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 1;
    while at < records.len() {
        let record = records[at];
        if record.id == BOF {
            at += nested_len(&records[at..]);
            continue;
        }
        let count = record::continues(records, at).len();
        let own = match record.id {
            DRAWING => {
                found.push(at);
                0
            }
            OBJECT => 0,
            TEXT_OBJECT => text_pieces(record.body).min(count),
            _ => count,
        };
        found.extend(at + 1 + own..at + 1 + count);
        at += 1 + count;
    }
    found
}

/// How many records a text object needs for its text and its formatting.
fn text_pieces(body: &[u8]) -> usize {
    let chars = usize::from(u16_at(body, 10));
    if chars == 0 { 0 } else { 2 }
}

/// Writes a text object (2.4.329) without its formula; returns how many
/// records that continue it are its own.
fn push_text_object(
    records: &[Record<'_>],
    at: usize,
    place: &str,
    job: &mut Job<'_>,
    out: &mut Vec<u8>,
) -> usize {
    let body = records[at].body;
    let mut new = body.to_vec();
    new.resize(18, 0);
    if u16_at(&new, 16) != 0 {
        job.removed(&codes::FORMULA, place);
        put(&mut new, 16, &[0, 0]);
    }
    record::push(out, TEXT_OBJECT, &new);
    let more = record::continues(records, at);
    let own = text_pieces(body).min(more.len());
    for record in &more[..own] {
        record::push(out, CONTINUE, record.body);
    }
    own
}

/// A chart's fill is a bare table of shape properties (2.4.137).
fn rewrite_fill(body: &[u8], place: &str, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let mut blips = Blips::new(Store::Embedded);
    let mut rewriter = Rewriter {
        job,
        blips: &mut blips,
        client: &mut |_, _, _| Ok(None),
        place,
        cuts: &[],
        cuts_out: Vec::new(),
        out: Vec::new(),
    };
    rewriter.run(body)?;
    Ok(rewriter.out)
}

/// Keeps an old EXTERNSHEET that names a sheet of its own workbook.
pub(super) fn push_old_reference(
    record: Record<'_>,
    place: &str,
    job: &mut Job<'_>,
    out: &mut Vec<u8>,
) {
    let is_own = record.id == 0x16 || matches!(u8_at(record.body, 1), 2..=4);
    if is_own {
        return record::push(out, record.id, record.body);
    }
    job.removed(&codes::EXTERNAL_LINK, place);
    // The sheet that the reference stands on.
    record::push(out, record.id, &[1, 2]);
}

/// Names a cell as people do.
fn cell_name(body: &[u8]) -> String {
    let (row, column) = (u16_at(body, 0), u16_at(body, 2));
    let mut name = Vec::new();
    let mut left = u32::from(column) + 1;
    while left > 0 {
        let digit = (left - 1) % 26;
        name.push(b'A' + u8::try_from(digit).unwrap_or(0));
        left = (left - 1) / 26;
    }
    name.reverse();
    format!("{}{}", String::from_utf8_lossy(&name), u32::from(row) + 1)
}

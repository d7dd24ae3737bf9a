//! TrueType and OpenType programs: tables from an allow-list, each parsed and
//! written anew. Hinting programs are code and go; outlines look the same.

mod charmap;
mod glyf;
mod names;

use super::cff;
use super::program::{Kind, Program};

/// Rebuilds a font of tables; `None` where it cannot be followed.
#[must_use]
pub fn rebuild(data: &[u8]) -> Option<Program> {
    let source = Tables::read(data)?;
    if let Some(outlines) = source.table(b"CFF ") {
        return open_type(&source, outlines);
    }
    let glyphs = usize::from(word(source.table(b"maxp")?, 4)?);
    let head = head(source.table(b"head")?)?;
    let long = word(&head, 50)? != 0;
    let outlines = glyf::rebuild(source.table(b"glyf")?, source.table(b"loca")?, long, glyphs)?;
    let mut new: Vec<([u8; 4], Vec<u8>)> = Vec::new();
    common(&source, glyphs, &mut new);
    let mut head = head;
    head[50..52].copy_from_slice(&[0, 1]);
    new.push((*b"head", head));
    new.push((*b"maxp", true_type_maximums(source.table(b"maxp")?, glyphs, &outlines)));
    new.push((*b"glyf", outlines.glyf));
    new.push((*b"loca", outlines.loca));
    let bytes = write(0x0001_0000, new);
    Some(Program { kind: Kind::TrueType, lengths: vec![bytes.len()], bytes, odd_matrix: false })
}

fn open_type(source: &Tables<'_>, outlines: &[u8]) -> Option<Program> {
    let outlines = cff::rebuild(outlines)?;
    let count = source.table(b"maxp").and_then(|maxp| word(maxp, 4));
    let (Some(glyphs), Some(Some(head))) = (count, source.table(b"head").map(head)) else {
        // Tables around the outlines are missing: the outlines alone will do.
        let kind = Kind::Cff { cid: outlines.cid };
        return Some(Program {
            kind,
            bytes: outlines.bytes,
            lengths: Vec::new(),
            odd_matrix: false,
        });
    };
    let mut new: Vec<([u8; 4], Vec<u8>)> = Vec::new();
    common(source, usize::from(glyphs), &mut new);
    new.push((*b"head", head));
    let mut maximums = 0x0000_5000_u32.to_be_bytes().to_vec();
    maximums.extend_from_slice(&glyphs.to_be_bytes());
    new.push((*b"maxp", maximums));
    new.push((*b"CFF ", outlines.bytes));
    let bytes = write(0x4F54_544F, new);
    Some(Program { kind: Kind::OpenType, bytes, lengths: Vec::new(), odd_matrix: false })
}

/// Tables that both kinds have.
fn common(source: &Tables<'_>, glyphs: usize, new: &mut Vec<([u8; 4], Vec<u8>)>) {
    for (header, metrics) in [(b"hhea", b"hmtx"), (b"vhea", b"vmtx")] {
        let Some(head) = source.table(header).and_then(|table| table.get(..36)) else { continue };
        let Some(table) = source.table(metrics) else { continue };
        let count = usize::from(word(head, 34).unwrap_or(0)).min(glyphs).min(table.len() / 4);
        if count == 0 {
            continue;
        }
        let mut head = head.to_vec();
        head[34..36].copy_from_slice(&(count as u16).to_be_bytes());
        // Metric data format is the only one there is.
        head[32..34].copy_from_slice(&[0, 0]);
        let need = count * 4 + (glyphs - count) * 2;
        let mut table = table[..table.len().min(need)].to_vec();
        table.resize(need, 0);
        new.push((*header, head));
        new.push((*metrics, table));
    }
    if let Some(table) = source.table(b"cmap").and_then(|table| charmap::rebuild(table, glyphs)) {
        new.push((*b"cmap", table));
    }
    if let Some(table) = source.table(b"post").and_then(|table| names::rebuild(table, glyphs)) {
        new.push((*b"post", table));
    }
    if let Some(table) = source.table(b"OS/2").filter(|table| table.len() >= OS2_BYTES) {
        let mut table = table[..OS2_BYTES].to_vec();
        // Version 0 with its own fields only.
        table[..2].copy_from_slice(&[0, 0]);
        new.push((*b"OS/2", table));
    }
}

/// The font header without dates and check sum.
fn head(table: &[u8]) -> Option<Vec<u8>> {
    let mut head = table.get(..HEAD_BYTES.min(table.len()))?.to_vec();
    if head.len() < 52 {
        return None;
    }
    head.resize(HEAD_BYTES, 0);
    head[..4].copy_from_slice(&0x0001_0000_u32.to_be_bytes());
    head[8..12].fill(0);
    head[12..16].copy_from_slice(&0x5F0F_3CF5_u32.to_be_bytes());
    head[20..36].fill(0);
    head[52..54].fill(0);
    if !(16..=16_384).contains(&word(&head, 18)?) {
        head[18..20].copy_from_slice(&1000_u16.to_be_bytes());
    }
    Some(head)
}

/// Maximums that outlines without hinting programs need.
fn true_type_maximums(source: &[u8], glyphs: usize, outlines: &glyf::Outlines) -> Vec<u8> {
    let mut table = vec![0_u8; 32];
    table[..4].copy_from_slice(&0x0001_0000_u32.to_be_bytes());
    table[4..6].copy_from_slice(&(glyphs as u16).to_be_bytes());
    let known = source.get(6..14).unwrap_or(&[0; 8]);
    let measured = [
        outlines.points_max,
        outlines.contours_max,
        outlines.compound_points_max,
        outlines.compound_contours_max,
    ];
    for (index, measured) in measured.iter().enumerate() {
        let told = word(known, index * 2).unwrap_or(0);
        let value = if outlines.is_measured { *measured } else { told };
        table[6 + index * 2..8 + index * 2].copy_from_slice(&value.to_be_bytes());
    }
    table[14..16].copy_from_slice(&[0, 1]);
    table[28..30].copy_from_slice(&outlines.components_max.to_be_bytes());
    table[30..32].copy_from_slice(&outlines.depth_max.to_be_bytes());
    table
}

/// The table directory of the source.
struct Tables<'d> {
    data: &'d [u8],
    entries: Vec<([u8; 4], usize, usize)>,
}

impl<'d> Tables<'d> {
    fn read(data: &'d [u8]) -> Option<Self> {
        let start = if data.starts_with(b"ttcf") { long(data, 12)? as usize } else { 0 };
        let count = usize::from(word(data, start + 4)?).min(TABLES_MAX);
        let mut entries = Vec::with_capacity(count);
        for index in 0..count {
            let at = start + 12 + index * 16;
            let Some(record) = data.get(at..at + 16) else { break };
            let tag = [record[0], record[1], record[2], record[3]];
            entries.push((tag, long(record, 8)? as usize, long(record, 12)? as usize));
        }
        Some(Self { data, entries })
    }

    /// Returns a table; one that reaches past the end is cut there.
    fn table(&self, tag: &[u8; 4]) -> Option<&'d [u8]> {
        let (_, offset, length) = self.entries.iter().find(|(known, _, _)| known == tag)?;
        let end = offset.saturating_add(*length).min(self.data.len());
        self.data.get(*offset..end).filter(|table| !table.is_empty())
    }
}

fn write(version: u32, mut tables: Vec<([u8; 4], Vec<u8>)>) -> Vec<u8> {
    tables.sort_by_key(|(tag, _)| *tag);
    let count = tables.len() as u16;
    let power = count.checked_ilog2().unwrap_or(0) as u16;
    let mut out = version.to_be_bytes().to_vec();
    for value in [count, 16 << power, power, (count - (1 << power)) * 16] {
        out.extend_from_slice(&value.to_be_bytes());
    }
    let mut offset = 12 + tables.len() * 16;
    for (tag, table) in &tables {
        out.extend_from_slice(tag);
        out.extend_from_slice(&check_sum(table).to_be_bytes());
        out.extend_from_slice(&(offset as u32).to_be_bytes());
        out.extend_from_slice(&(table.len() as u32).to_be_bytes());
        offset += table.len().next_multiple_of(4);
    }
    for (_, table) in &tables {
        out.extend_from_slice(table);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

fn check_sum(table: &[u8]) -> u32 {
    table.chunks(4).fold(0_u32, |sum, four| {
        let mut word = [0; 4];
        word[..four.len()].copy_from_slice(four);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

fn word(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]))
}

fn long(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(word(data, at)?) << 16 | u32::from(word(data, at + 2)?))
}

const TABLES_MAX: usize = 64;
const HEAD_BYTES: usize = 54;
/// OS/2 version 0.
const OS2_BYTES: usize = 78;

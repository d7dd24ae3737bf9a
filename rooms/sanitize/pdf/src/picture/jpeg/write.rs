//! Writes quantised coefficients as one baseline scan (ITU-T T.81 annex F)
//! with the best Huffman tables for them.

use super::tables::Encoder;
use super::{Component, Frame};

/// Codes the frame; `None` where a table it names is missing.
pub fn encode(frame: &Frame) -> Option<Vec<u8>> {
    let mut statistics = [[[0_u64; 256]; 2]; 2];
    visit(frame, |kind, class, symbol, _, _| {
        statistics[kind][class][usize::from(symbol)] += 1;
    });
    let kinds = if frame.components.len() > 1 { 2 } else { 1 };
    let tables: Vec<[Encoder; 2]> = statistics
        .iter()
        .take(kinds)
        .map(|pair| [Encoder::best(&pair[0]), Encoder::best(&pair[1])])
        .collect();
    let mut out = head(frame, &tables)?;
    let mut bits = Bits { out: &mut out, held: 0, count: 0 };
    visit(frame, |kind, class, symbol, value, size| {
        let (code, length) = tables[kind][class].code(symbol);
        bits.push(u32::from(code), u32::from(length));
        bits.push(value, size);
    });
    bits.finish();
    out.extend_from_slice(&[0xFF, 0xD9]);
    Some(out)
}

fn head(frame: &Frame, tables: &[[Encoder; 2]]) -> Option<Vec<u8>> {
    let mut out = vec![0xFF, 0xD8];
    if frame.is_jfif {
        segment(&mut out, 0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    }
    if let Some(transform) = frame.adobe_transform {
        let mut body = b"Adobe".to_vec();
        body.extend_from_slice(&[0, 100, 0, 0, 0, 0, transform.min(2)]);
        segment(&mut out, 0xEE, &body);
    }
    let mut wide = false;
    for (index, table) in frame.quantization.iter().enumerate() {
        let Some(table) = table else { continue };
        if !frame.components.iter().any(|c| c.table == index) {
            continue;
        }
        let big = table.iter().any(|value| *value > 255);
        wide |= big;
        let mut body = vec![u8::from(big) << 4 | index as u8];
        for value in table {
            if big {
                body.push((value >> 8) as u8);
            }
            body.push(*value as u8);
        }
        segment(&mut out, 0xDB, &body);
    }
    let mut body = vec![8];
    body.extend_from_slice(&frame.height.to_be_bytes());
    body.extend_from_slice(&frame.width.to_be_bytes());
    body.push(frame.components.len() as u8);
    for component in &frame.components {
        let (h, v) = component.sampling;
        body.extend_from_slice(&[component.id, (h << 4 | v) as u8, component.table as u8]);
    }
    segment(&mut out, if wide { 0xC1 } else { 0xC0 }, &body);
    for (kind, pair) in tables.iter().enumerate() {
        for (class, table) in pair.iter().enumerate() {
            let mut body = vec![(class << 4 | kind) as u8];
            body.extend_from_slice(&table.counts);
            body.extend_from_slice(&table.symbols);
            segment(&mut out, 0xC4, &body);
        }
    }
    let mut body = vec![frame.components.len() as u8];
    for (index, component) in frame.components.iter().enumerate() {
        body.extend_from_slice(&[component.id, kind_of(index) as u8 * 0x11]);
    }
    body.extend_from_slice(&[0, 63, 0]);
    segment(&mut out, 0xDA, &body);
    Some(out)
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&(body.len() as u16 + 2).to_be_bytes());
    out.extend_from_slice(body);
}

/// The first component has its own tables, the others share theirs.
fn kind_of(index: usize) -> usize {
    usize::from(index > 0)
}

/// Calls `each` with (tables, class, symbol, extra bits, their count) for
/// every symbol of the scan.
fn visit(frame: &Frame, mut each: impl FnMut(usize, usize, u8, u32, u32)) {
    let mut last = [0_i32; 4];
    if let [only] = frame.components.as_slice() {
        for y in 0..only.blocks_used.1 {
            for x in 0..only.blocks_used.0 {
                block(only, y * only.blocks.0 + x, &mut last[0], 0, &mut each);
            }
        }
        return;
    }
    let Some(first) = frame.components.first() else { return };
    let units = (first.blocks.0 / first.sampling.0, first.blocks.1 / first.sampling.1);
    for unit in 0..units.0 * units.1 {
        let (x, y) = (unit % units.0, unit / units.0);
        for (index, component) in frame.components.iter().enumerate() {
            let (h, v) = component.sampling;
            for step in 0..h * v {
                let at = (y * v + step / h) * component.blocks.0 + x * h + step % h;
                block(component, at, &mut last[index & 3], kind_of(index), &mut each);
            }
        }
    }
}

fn block(
    component: &Component,
    at: usize,
    last: &mut i32,
    kind: usize,
    each: &mut impl FnMut(usize, usize, u8, u32, u32),
) {
    let Some(values) = component.coefficients.get(at * 64..at * 64 + 64) else { return };
    let value = i32::from(values[0]).clamp(-DC_MAX - 1, DC_MAX);
    let (bits, size) = coded(value - *last);
    *last = value;
    each(kind, 0, size as u8, bits, size);
    let end = values.iter().rposition(|v| *v != 0).unwrap_or(0);
    let mut run = 0_u8;
    for value in values.get(1..=end).unwrap_or_default() {
        if *value == 0 {
            run += 1;
            continue;
        }
        while run > 15 {
            each(kind, 1, 0xF0, 0, 0);
            run -= 16;
        }
        let (bits, size) = coded(i32::from(*value).clamp(-AC_MAX, AC_MAX));
        each(kind, 1, run << 4 | size as u8, bits, size);
        run = 0;
    }
    if end < 63 {
        each(kind, 1, 0, 0, 0);
    }
}

/// Annex F.1.2.1: magnitude bits and their count.
fn coded(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let bits = if value < 0 { value - 1 } else { value };
    (bits as u32 & ((1 << size) - 1), size)
}

struct Bits<'o> {
    out: &'o mut Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits<'_> {
    fn push(&mut self, value: u32, count: u32) {
        self.held = self.held << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.out.push(byte);
            if byte == 0xFF {
                self.out.push(0);
            }
        }
    }

    fn finish(&mut self) {
        let rest = (8 - self.count % 8) % 8;
        self.push((1 << rest) - 1, rest);
    }
}

/// Largest DC value of an eight-bit frame: differences take eleven bits.
const DC_MAX: i32 = 1023;
/// Largest AC value of an eight-bit frame.
const AC_MAX: i32 = 1023;

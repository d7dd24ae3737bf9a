//! Decodes baseline, extended and progressive JPEG (ITU-T T.81) to quantised
//! coefficients. Arithmetic coding, 12-bit and lossless frames are refused.

use super::tables::Decoder;
use super::{Component, Frame};

/// Finds the frame header and reads size and component count.
pub fn dimensions(data: &[u8]) -> Option<(u16, u16, u8)> {
    let mut markers = Markers { data, at: 0 };
    while let Some((marker, body)) = markers.next_segment() {
        if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
            return Some((word(body, 3)?, word(body, 1)?, *body.get(5)?));
        }
    }
    None
}

/// Decodes the frame; what comes after an error stays zero.
pub fn decode(data: &[u8], height: u16) -> Option<Frame> {
    let mut markers = Markers { data, at: 0 };
    let mut state = State::default();
    while let Some((marker, body)) = markers.next_segment() {
        match marker {
            0xC0..=0xC2 if state.frame.is_none() => state.frame(body, marker == 0xC2, height)?,
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return None,
            0xC4 => state.huffman(body),
            0xDB => state.quantization(body),
            0xDD => state.interval = usize::from(word(body, 0).unwrap_or(0)),
            0xEE if body.starts_with(b"Adobe") => state.adobe = body.get(11).copied(),
            0xE0 if body.starts_with(b"JFIF\0") => state.is_jfif = true,
            0xE1..=0xED | 0xEF | 0xFE => state.has_metadata = true,
            0xDA => {
                let used = state.scan(body, &data[markers.at..])?;
                markers.at += used;
                state.scans += 1;
                if state.scans > SCANS_MAX {
                    break;
                }
            }
            0xD9 => break,
            _ => {}
        }
    }
    if state.scans == 0 {
        return None;
    }
    let mut frame = state.frame?;
    frame.quantization = state.tables;
    frame.adobe_transform = state.adobe;
    frame.has_metadata = state.has_metadata;
    frame.is_jfif = state.is_jfif;
    frame.components.iter().all(|c| frame.quantization[c.table].is_some()).then_some(frame)
}

fn word(body: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?]))
}

struct Markers<'b> {
    data: &'b [u8],
    at: usize,
}

impl<'b> Markers<'b> {
    fn next_segment(&mut self) -> Option<(u8, &'b [u8])> {
        loop {
            let skip = self.data.get(self.at..)?.iter().position(|byte| *byte == 0xFF)?;
            self.at += skip;
            while self.data.get(self.at) == Some(&0xFF) {
                self.at += 1;
            }
            let marker = *self.data.get(self.at)?;
            self.at += 1;
            match marker {
                0 | 0x01 | 0xD0..=0xD8 => {}
                0xD9 => return Some((marker, &[])),
                _ => {
                    let length = usize::from(word(self.data, self.at)?);
                    let end = self.at.saturating_add(length).min(self.data.len());
                    let body = self.data.get(self.at + 2..end).unwrap_or_default();
                    self.at = end.max(self.at);
                    return Some((marker, body));
                }
            }
        }
    }
}

#[derive(Default)]
struct State {
    frame: Option<Frame>,
    progressive: bool,
    tables: [Option<[u16; 64]>; 4],
    dc: [Option<Decoder>; 4],
    ac: [Option<Decoder>; 4],
    interval: usize,
    adobe: Option<u8>,
    has_metadata: bool,
    is_jfif: bool,
    scans: usize,
}

impl State {
    fn quantization(&mut self, mut body: &[u8]) {
        while let Some((&head, rest)) = body.split_first() {
            let wide = usize::from(head >> 4 != 0) + 1;
            let Some(values) = rest.get(..64 * wide) else { return };
            let mut table = [0_u16; 64];
            for (slot, value) in table.iter_mut().zip(values.chunks(wide)) {
                *slot = value.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
                *slot = (*slot).max(1);
            }
            self.tables[usize::from(head & 3)] = Some(table);
            body = &rest[64 * wide..];
        }
    }

    fn huffman(&mut self, mut body: &[u8]) {
        while let Some((&head, rest)) = body.split_first() {
            let Some((counts, rest)) = rest.split_first_chunk::<16>() else { return };
            let total: usize = counts.iter().map(|c| usize::from(*c)).sum();
            let Some(symbols) = rest.get(..total) else { return };
            let slot = usize::from(head & 3);
            let table = Decoder::new(counts, symbols);
            if head >> 4 == 0 {
                self.dc[slot] = table;
            } else {
                self.ac[slot] = table;
            }
            body = &rest[total..];
        }
    }

    fn frame(&mut self, body: &[u8], progressive: bool, known_height: u16) -> Option<()> {
        self.progressive = progressive;
        if *body.first()? != 8 {
            return None;
        }
        let mut height = word(body, 1)?;
        if height == 0 {
            height = known_height;
        }
        let width = word(body, 3)?;
        let count = usize::from(*body.get(5)?);
        if width == 0 || height == 0 || !matches!(count, 1..=4) {
            return None;
        }
        let mut components = Vec::with_capacity(count);
        for entry in body.get(6..6 + count * 3)?.chunks_exact(3) {
            let sampling = (usize::from(entry[1] >> 4), usize::from(entry[1] & 15));
            if !(1..=4).contains(&sampling.0) || !(1..=4).contains(&sampling.1) {
                return None;
            }
            components.push(Component {
                id: entry[0],
                sampling,
                table: usize::from(entry[2] & 3),
                blocks: (0, 0),
                blocks_used: (0, 0),
                coefficients: Vec::new(),
            });
        }
        if let [only] = components.as_mut_slice() {
            // A single component is never interleaved, whatever its factors.
            only.sampling = (1, 1);
        }
        let h = components.iter().map(|c| c.sampling.0).max()?;
        let v = components.iter().map(|c| c.sampling.1).max()?;
        let units = (usize::from(width).div_ceil(8 * h), usize::from(height).div_ceil(8 * v));
        for component in &mut components {
            let (ch, cv) = component.sampling;
            component.blocks = (units.0 * ch, units.1 * cv);
            component.blocks_used = (
                (usize::from(width) * ch).div_ceil(h).div_ceil(8),
                (usize::from(height) * cv).div_ceil(v).div_ceil(8),
            );
            component.coefficients = vec![0; component.blocks.0 * component.blocks.1 * 64];
        }
        self.frame = Some(Frame {
            width,
            height,
            components,
            quantization: [None; 4],
            adobe_transform: None,
            has_metadata: false,
            is_jfif: false,
        });
        Some(())
    }

    /// Decodes a scan and returns how many bytes it took.
    fn scan(&mut self, body: &[u8], data: &[u8]) -> Option<usize> {
        let count = usize::from(*body.first()?);
        let frame = self.frame.as_mut()?;
        let mut members = Vec::with_capacity(count);
        for entry in body.get(1..1 + count * 2)?.chunks_exact(2) {
            let index = frame.components.iter().position(|c| c.id == entry[0])?;
            members.push(Member {
                index,
                dc: usize::from(entry[1] >> 4 & 3),
                ac: usize::from(entry[1] & 3),
                last: 0,
            });
        }
        let tail = body.get(1 + count * 2..4 + count * 2).unwrap_or(&[0, 63, 0]);
        let mut pass = Pass {
            progressive: self.progressive,
            start: usize::from(tail[0]).min(63),
            end: usize::from(tail[1]).min(63),
            high: tail[2] >> 4,
            low: (tail[2] & 15).min(13),
            end_of_band: 0,
        };
        if pass.start > pass.end || !(1..=4).contains(&count) {
            return None;
        }
        if !self.progressive {
            (pass.start, pass.end, pass.high, pass.low) = (0, 63, 0, 0);
        }
        let mut bits = Bits { data, at: 0, held: 0, count: 0, ended: false, invented: 0 };
        let single = members.len() == 1;
        let units = match members.as_slice() {
            [] => return None,
            [only] => frame.components[only.index].blocks_used,
            _ => {
                let first = &frame.components[members[0].index];
                (first.blocks.0 / first.sampling.0, first.blocks.1 / first.sampling.1)
            }
        };
        let mut broken = false;
        for unit in 0..units.0 * units.1 {
            if self.interval > 0 && unit > 0 && unit % self.interval == 0 {
                bits.restart();
                members.iter_mut().for_each(|member| member.last = 0);
                pass.end_of_band = 0;
                broken = false;
            }
            if broken {
                if self.interval == 0 {
                    break;
                }
                continue;
            }
            let (x, y) = (unit % units.0, unit / units.0);
            for member in &mut members {
                let component = &mut frame.components[member.index];
                let (h, v) = if single { (1, 1) } else { component.sampling };
                for step in 0..h * v {
                    let block = (y * v + step / h) * component.blocks.0 + x * h + step % h;
                    let Some(block) = component.coefficients.get_mut(block * 64..block * 64 + 64)
                    else {
                        continue;
                    };
                    let tables = (self.dc[member.dc].as_ref(), self.ac[member.ac].as_ref());
                    if !broken && pass.block(&mut bits, tables, member, block).is_none() {
                        broken = true;
                    }
                }
            }
        }
        Some(bits.used())
    }
}

struct Member {
    index: usize,
    dc: usize,
    ac: usize,
    last: i32,
}

struct Pass {
    progressive: bool,
    start: usize,
    end: usize,
    high: u8,
    low: u8,
    end_of_band: u32,
}

type Tables<'t> = (Option<&'t Decoder>, Option<&'t Decoder>);

impl Pass {
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        (dc, ac): Tables<'_>,
        member: &mut Member,
        block: &mut [i16],
    ) -> Option<()> {
        if !self.progressive {
            block[0] = difference(bits, dc?, &mut member.last)? as i16;
            return sequential(bits, ac?, block);
        }
        match (self.start, self.high) {
            (0, 0) => {
                let value = difference(bits, dc?, &mut member.last)?;
                block[0] = (value << self.low) as i16;
                Some(())
            }
            (0, _) => {
                if bits.take(1)? == 1 {
                    block[0] |= 1 << self.low;
                }
                Some(())
            }
            (_, 0) => self.first(bits, ac?, block),
            _ => self.refine(bits, ac?, block),
        }
    }

    /// G.1.2.2.
    fn first(&mut self, bits: &mut Bits<'_>, ac: &Decoder, block: &mut [i16]) -> Option<()> {
        if self.end_of_band > 0 {
            self.end_of_band -= 1;
            return Some(());
        }
        let mut k = self.start;
        while k <= self.end {
            let symbol = bits.symbol(ac)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    self.end_of_band = (1 << run) - 1 + bits.take(run as u32)?;
                    break;
                }
                k += 16;
                continue;
            }
            k += run;
            let value = bits.signed(size)?;
            *block.get_mut(k)? = (value << self.low) as i16;
            k += 1;
        }
        Some(())
    }

    /// G.1.2.3.
    fn refine(&mut self, bits: &mut Bits<'_>, ac: &Decoder, block: &mut [i16]) -> Option<()> {
        let bit = 1_i16 << self.low;
        let mut k = self.start;
        if self.end_of_band == 0 {
            while k <= self.end {
                let symbol = bits.symbol(ac)?;
                let (mut run, size) = (usize::from(symbol >> 4), symbol & 15);
                let mut value = 0;
                if size == 0 {
                    if run < 15 {
                        self.end_of_band = (1 << run) + bits.take(run as u32)?;
                        break;
                    }
                } else {
                    value = if bits.take(1)? == 1 { bit } else { -bit };
                }
                while k <= self.end {
                    if block[k] != 0 {
                        correct(bits, &mut block[k], bit)?;
                    } else if run == 0 {
                        block[k] = value;
                        k += 1;
                        break;
                    } else {
                        run -= 1;
                    }
                    k += 1;
                }
            }
        }
        if self.end_of_band > 0 {
            for value in &mut block[k..=self.end] {
                if *value != 0 {
                    correct(bits, value, bit)?;
                }
            }
            self.end_of_band -= 1;
        }
        Some(())
    }
}

fn correct(bits: &mut Bits<'_>, value: &mut i16, bit: i16) -> Option<()> {
    if bits.take(1)? == 1 && *value & bit == 0 {
        *value = value.saturating_add(if *value > 0 { bit } else { -bit });
    }
    Some(())
}

fn difference(bits: &mut Bits<'_>, table: &Decoder, last: &mut i32) -> Option<i32> {
    let size = u32::from(bits.symbol(table)?);
    if size > 15 {
        return None;
    }
    *last = last.wrapping_add(bits.signed(size)?).clamp(-32768, 32767);
    Some(*last)
}

fn sequential(bits: &mut Bits<'_>, ac: &Decoder, block: &mut [i16]) -> Option<()> {
    let mut k = 1;
    while k < 64 {
        let symbol = bits.symbol(ac)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                break;
            }
            k += 16;
            continue;
        }
        k += run;
        *block.get_mut(k)? = bits.signed(size)? as i16;
        k += 1;
    }
    Some(())
}

/// Entropy-coded bytes, with stuffed zeros left out.
struct Bits<'b> {
    data: &'b [u8],
    at: usize,
    held: u64,
    count: u32,
    /// A marker or the end was met; zeros follow.
    ended: bool,
    /// How many of the held bits are such zeros.
    invented: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = self.next_byte().unwrap_or_else(|| {
                self.ended = true;
                self.invented += 8;
                0
            });
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    fn next_byte(&mut self) -> Option<u8> {
        if self.ended {
            return None;
        }
        let byte = *self.data.get(self.at)?;
        if byte == 0xFF {
            let mut after = self.at + 1;
            while self.data.get(after) == Some(&0xFF) {
                after += 1;
            }
            if *self.data.get(after)? != 0 {
                return None;
            }
            self.at = after;
        }
        self.at += 1;
        Some(byte)
    }

    /// Fails once bits would be used that the data does not have.
    fn checked(&self) -> Option<()> {
        (self.count >= self.invented).then_some(())
    }

    fn symbol(&mut self, table: &Decoder) -> Option<u8> {
        if self.count < 16 {
            self.fill();
        }
        let bits = (self.held >> (self.count - 16)) as u32 & 0xFFFF;
        let (symbol, length) = table.find(bits)?;
        self.count -= length;
        self.checked()?;
        Some(symbol)
    }

    fn take(&mut self, count: u32) -> Option<u32> {
        if count == 0 {
            return Some(0);
        }
        if self.count < count {
            self.fill();
        }
        self.count = self.count.checked_sub(count)?;
        self.checked()?;
        Some((self.held >> self.count) as u32 & ((1 << count) - 1))
    }

    /// F.2.2.1.
    fn signed(&mut self, size: u32) -> Option<i32> {
        if size == 0 {
            return Some(0);
        }
        let value = self.take(size)? as i32;
        Some(if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
    }

    /// Goes to just after the next restart marker, if one is near.
    fn restart(&mut self) {
        self.held = 0;
        self.count = 0;
        self.ended = false;
        self.invented = 0;
        let mut at = self.at;
        while let Some(byte) = self.data.get(at) {
            if *byte == 0xFF {
                match self.data.get(at + 1) {
                    Some(0xD0..=0xD7) => {
                        self.at = at + 2;
                        return;
                    }
                    Some(0 | 0xFF) => {}
                    _ => {
                        self.ended = true;
                        return;
                    }
                }
            }
            at += 1;
        }
        self.ended = true;
    }

    /// Bytes up to the marker that ends the scan.
    fn used(&self) -> usize {
        let mut at = self.at.saturating_sub(1);
        while let Some(pair) = self.data.get(at..at + 2) {
            if pair[0] == 0xFF && !matches!(pair[1], 0 | 0xFF | 0xD0..=0xD7) {
                return at;
            }
            at += 1;
        }
        self.data.len()
    }
}

/// Scans of one progressive frame; the standard's own scripts use about ten.
const SCANS_MAX: usize = 200;

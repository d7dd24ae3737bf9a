//! Decodes the scans of a JPEG: a sequential scan of all components straight to
//! tokens, everything else into blocks of coefficients. Damaged data ends in
//! flat blocks, never in an error: viewers show such files too.

use super::bits::BitReader;
use super::frame::{Component, Frame, Process, Scan, ScanPart};
use super::huffman::Decoder;
use super::progressive;
use super::tokens::{END, Tokens, ZEROS, extend};

/// Huffman tables in force, by number.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) dc: [Option<Decoder>; 4],
    pub(super) ac: [Option<Decoder>; 4],
}

/// Coefficients of each component, padded blocks of 64 in zigzag order.
pub(super) type Blocks = Vec<Vec<i16>>;

/// Makes room for every coefficient of a frame.
pub(super) fn empty_blocks(frame: &Frame) -> Blocks {
    let size = |c: &Component| c.padded_wide as usize * c.padded_high as usize * 64;
    frame.components.iter().map(|c| vec![0; size(c)]).collect()
}

/// Counts restart intervals and finds the way back after damage, E.2.4.
struct Intervals {
    length: u32,
    left: u32,
    is_lost: bool,
}

impl Intervals {
    fn new(length: u32) -> Self {
        Self { length, left: length, is_lost: false }
    }

    /// Steps to the next unit; true when an interval begins and predictions reset.
    fn begins(&mut self, bits: &mut BitReader<'_>) -> bool {
        if self.length == 0 {
            return false;
        }
        if self.left > 0 {
            self.left -= 1;
            return false;
        }
        self.left = self.length - 1;
        self.is_lost = true;
        let marker = bits.next_marker().filter(|&at| bits.is_restart(at));
        if let Some(at) = marker {
            bits.restart_at(at + 2);
            self.is_lost = false;
        }
        true
    }
}

/// Decodes a sequential scan of all components.
pub(super) fn to_tokens(
    frame: &Frame,
    scan: &Scan,
    tables: &Tables,
    restart: u32,
    bits: &mut BitReader<'_>,
    capacity: usize,
) -> Option<Tokens> {
    let mut tokens = Tokens::new(capacity);
    let mut lanes = Vec::new();
    for part in &scan.parts {
        let component = &frame.components[part.component];
        lanes.push(Lane {
            dc: tables.dc[part.dc].as_ref()?,
            ac: tables.ac[part.ac].as_ref()?,
            pair: pair_of(frame, part.component),
            blocks: component.across * component.down,
            predicted: 0,
            written: 0,
        });
    }
    let legal = Legal::of(frame);
    let mut intervals = Intervals::new(restart);
    for _ in 0..frame.units_wide * frame.units_high {
        if intervals.begins(bits) {
            lanes.iter_mut().for_each(|lane| lane.predicted = 0);
        }
        for lane in &mut lanes {
            for _ in 0..lane.blocks {
                if intervals.is_lost {
                    lane.flat(&mut tokens);
                } else if lane.block(bits, &legal, &mut tokens).is_none() {
                    intervals.is_lost = true;
                }
            }
        }
    }
    Some(tokens)
}

/// The value ranges of a precision.
struct Legal {
    dc_bits: u32,
    ac_bits: u32,
    dc_max: i32,
}

impl Legal {
    fn of(frame: &Frame) -> Self {
        let dc_bits = frame.dc_bits_max();
        Self { dc_bits, ac_bits: frame.ac_bits_max(), dc_max: 1 << (dc_bits - 1) }
    }
}

/// One component on its way through a scan.
struct Lane<'t> {
    dc: &'t Decoder,
    ac: &'t Decoder,
    pair: usize,
    blocks: u32,
    /// DC prediction of the source, reset at each interval.
    predicted: i32,
    /// DC value written last.
    written: i32,
}

impl Lane<'_> {
    /// Writes a block like the one before, without detail.
    fn flat(&self, tokens: &mut Tokens) {
        tokens.dc(self.pair, 0);
        tokens.mark(self.pair, END);
    }

    /// Carries one block over; none when the data is damaged, and then the
    /// block is ended legally where it stood.
    fn block(&mut self, bits: &mut BitReader<'_>, legal: &Legal, out: &mut Tokens) -> Option<()> {
        bits.refill();
        let size = self.dc.decode(bits).map(u32::from).filter(|&size| size <= legal.dc_bits);
        let Some(size) = size else {
            self.flat(out);
            return None;
        };
        let difference = extend(bits.take(size), size);
        self.predicted = (self.predicted + difference).clamp(-legal.dc_max, legal.dc_max - 1);
        out.dc(self.pair, self.predicted - self.written);
        self.written = self.predicted;
        let (mut at, mut zeros, mut done, mut is_sound) = (1u32, 0u32, 1u32, true);
        while at < 64 {
            bits.refill();
            let Some(symbol) = self.ac.decode(bits) else {
                is_sound = false;
                break;
            };
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if symbol == ZEROS {
                    zeros += 1;
                    at += 16;
                    continue;
                }
                is_sound = symbol == END;
                break;
            }
            at += run;
            if at > 63 || size > legal.ac_bits {
                is_sound = false;
                break;
            }
            let value = bits.take(size);
            // Zeros before the end of a block mean nothing and are not carried.
            while zeros > 0 {
                out.mark(self.pair, ZEROS);
                zeros -= 1;
            }
            out.ac(self.pair, run, value, size);
            at += 1;
            done = at;
        }
        if done < 64 {
            out.mark(self.pair, END);
        }
        (is_sound && !bits.is_overrun()).then_some(())
    }
}

/// Returns the table pair a component is written with: chroma has its own.
pub(super) fn pair_of(frame: &Frame, component: usize) -> usize {
    let has_chroma = frame.components.len() > 1;
    usize::from(has_chroma && matches!(component, 1 | 2))
}

/// Decodes one scan of any kind into `blocks`; stops quietly at damage.
pub(super) fn to_blocks(
    frame: &Frame,
    scan: &Scan,
    tables: &Tables,
    restart: u32,
    bits: &mut BitReader<'_>,
    blocks: &mut Blocks,
) -> Option<()> {
    let mut run = Run { frame, scan, tables, predicted: [0; 4], end_run: 0 };
    let mut intervals = Intervals::new(restart);
    if let [part] = scan.parts.as_slice() {
        let component = &frame.components[part.component];
        for row in 0..component.blocks_high {
            for column in 0..component.blocks_wide {
                run.step(&mut intervals, bits);
                if !intervals.is_lost {
                    let block = block_at(blocks, frame, part, column, row)?;
                    intervals.is_lost = run.block(part, bits, block).is_none();
                }
            }
        }
        return Some(());
    }
    for unit in 0..frame.units_wide * frame.units_high {
        run.step(&mut intervals, bits);
        let (unit_column, unit_row) = (unit % frame.units_wide, unit / frame.units_wide);
        for part in &scan.parts {
            let component = &frame.components[part.component];
            for inner in 0..component.across * component.down {
                if intervals.is_lost {
                    continue;
                }
                let column = unit_column * component.across + inner % component.across;
                let row = unit_row * component.down + inner / component.across;
                let block = block_at(blocks, frame, part, column, row)?;
                intervals.is_lost = run.block(part, bits, block).is_none();
            }
        }
    }
    Some(())
}

fn block_at<'b>(
    blocks: &'b mut Blocks,
    frame: &Frame,
    part: &ScanPart,
    column: u32,
    row: u32,
) -> Option<&'b mut [i16; 64]> {
    let wide = frame.components[part.component].padded_wide as usize;
    let at = (row as usize * wide + column as usize) * 64;
    blocks.get_mut(part.component)?.get_mut(at..)?.first_chunk_mut()
}

/// What goes on from block to block within a scan.
struct Run<'s> {
    frame: &'s Frame,
    scan: &'s Scan,
    tables: &'s Tables,
    predicted: [i32; 4],
    end_run: u32,
}

impl Run<'_> {
    fn step(&mut self, intervals: &mut Intervals, bits: &mut BitReader<'_>) {
        if intervals.begins(bits) {
            self.predicted = [0; 4];
            self.end_run = 0;
        }
    }

    fn block(
        &mut self,
        part: &ScanPart,
        bits: &mut BitReader<'_>,
        block: &mut [i16; 64],
    ) -> Option<()> {
        let (dc, ac) = (self.tables.dc[part.dc].as_ref(), self.tables.ac[part.ac].as_ref());
        let predicted = &mut self.predicted[part.component];
        match (self.frame.process, self.scan.first, self.scan.high) {
            (Process::Sequential, ..) => {
                progressive::dc_first(bits, dc?, predicted, 0, block)?;
                self.end_run = 0;
                progressive::ac_first(bits, ac?, &mut self.end_run, WHOLE_BAND, block)?;
            }
            (Process::Progressive, 0, 0) => {
                progressive::dc_first(bits, dc?, predicted, self.scan.low, block)?;
            }
            (Process::Progressive, 0, _) => progressive::dc_refine(bits, self.scan.low, block),
            (Process::Progressive, _, 0) => {
                let band = (self.scan.first, self.scan.last, self.scan.low);
                progressive::ac_first(bits, ac?, &mut self.end_run, band, block)?;
            }
            (Process::Progressive, ..) => {
                let band = (self.scan.first, self.scan.last, self.scan.low);
                progressive::ac_refine(bits, ac?, &mut self.end_run, band, block)?;
            }
        }
        (!bits.is_overrun()).then_some(())
    }
}

/// Every AC coefficient at full precision.
const WHOLE_BAND: (usize, usize, u32) = (1, 63, 0);

/// Puts blocks into the order of one interleaved baseline scan.
pub(super) fn blocks_to_tokens(frame: &Frame, blocks: &Blocks) -> Tokens {
    let mut tokens = Tokens::new(0);
    let dc_max = 1 << (frame.dc_bits_max() - 1);
    let ac_max = (1 << frame.ac_bits_max()) - 1;
    let mut written = [0i32; 4];
    for unit in 0..frame.units_wide * frame.units_high {
        let (unit_column, unit_row) = (unit % frame.units_wide, unit / frame.units_wide);
        for (index, component) in frame.components.iter().enumerate() {
            let pair = pair_of(frame, index);
            for inner in 0..component.across * component.down {
                let column = unit_column * component.across + inner % component.across;
                let row = unit_row * component.down + inner / component.across;
                // Blocks that only fill the unit are not shown: they repeat the one before.
                if column >= component.blocks_wide || row >= component.blocks_high {
                    tokens.dc(pair, 0);
                    tokens.mark(pair, END);
                    continue;
                }
                let at = (row as usize * component.padded_wide as usize + column as usize) * 64;
                let block = &blocks[index][at..at + 64];
                let value = i32::from(block[0]).clamp(-dc_max, dc_max - 1);
                tokens.block(pair, value - written[index], block, ac_max);
                written[index] = value;
            }
        }
    }
    tokens
}

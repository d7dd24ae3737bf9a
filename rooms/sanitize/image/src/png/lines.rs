//! The scan lines of a PNG, ISO/IEC 15948 clauses 7 to 10: sizes, filters, the
//! palette's reach, and the passage from one deflate stream to another in
//! constant memory.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::bytes::Reader;
use crate::zlib::QUICK;

/// IHDR, 11.2.2, with only legal combinations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) depth: u8,
    /// 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha.
    pub(super) colour: u8,
    pub(super) is_interlaced: bool,
}

impl Header {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::big(body);
        let (width, height) = (reader.u32()?, reader.u32()?);
        let (depth, colour) = (reader.u8()?, reader.u8()?);
        let (packing, filter, interlace) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let is_legal = match colour {
            0 => matches!(depth, 1 | 2 | 4 | 8 | 16),
            3 => matches!(depth, 1 | 2 | 4 | 8),
            2 | 4 | 6 => matches!(depth, 8 | 16),
            _ => false,
        };
        let in_range = (1..=SIDE_MAX).contains(&width) && (1..=SIDE_MAX).contains(&height);
        let is_known = packing == 0 && filter == 0 && interlace <= 1;
        let is_interlaced = interlace == 1;
        (is_legal && in_range && is_known).then_some(Self {
            width,
            height,
            depth,
            colour,
            is_interlaced,
        })
    }

    pub(super) fn is_indexed(&self) -> bool {
        self.colour == 3
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.width.to_be_bytes().to_vec();
        bytes.extend(self.height.to_be_bytes());
        bytes.extend([self.depth, self.colour, 0, 0, u8::from(self.is_interlaced)]);
        bytes
    }

    fn bits_per_pixel(&self) -> u64 {
        let channels = match self.colour {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        channels * u64::from(self.depth)
    }

    /// Returns line length in bytes (without filter byte) and number of lines
    /// for each pass that has any, 8.2.
    fn passes(&self) -> Vec<(usize, u32)> {
        let line = |width: u32| (u64::from(width) * self.bits_per_pixel()).div_ceil(8) as usize;
        if !self.is_interlaced {
            return vec![(line(self.width), self.height)];
        }
        let mut passes = Vec::new();
        for (left, top, across, down) in ADAM7 {
            let width = self.width.saturating_sub(left).div_ceil(across);
            let height = self.height.saturating_sub(top).div_ceil(down);
            if width > 0 && height > 0 {
                passes.push((line(width), height));
            }
        }
        passes
    }
}

impl Header {
    fn bytes_of_lines(&self) -> u64 {
        self.passes().iter().map(|&(length, lines)| (length as u64 + 1) * u64::from(lines)).sum()
    }
}

const ADAM7: [(u32, u32, u32, u32); 7] = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
];

/// Sides above this no viewer opens; it also keeps line sizes in range.
const SIDE_MAX: u32 = 1 << 24;

/// PLTE, 11.2.3.
pub(super) struct Palette(Vec<[u8; 3]>);

impl Palette {
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let colours: Vec<[u8; 3]> = body.as_chunks::<3>().0.iter().take(256).copied().collect();
        (!colours.is_empty()).then_some(Self(colours))
    }

    /// Returns the colours, filled up with black where pixels point past the
    /// end: decoders differ there, and some read out of bounds.
    pub(super) fn bytes(&self, header: &Header, data: &[&[u8]]) -> Vec<u8> {
        let mut colours = self.0.clone();
        let room = 1usize << header.depth;
        colours.truncate(room);
        if colours.len() < room {
            let used = usize::from(highest_index(header, data)) + 1;
            colours.resize(colours.len().max(used), [0; 3]);
        }
        colours.concat()
    }
}

/// Joins IDAT bodies into one stream.
struct Joined<'a, 'b> {
    parts: std::slice::Iter<'b, &'a [u8]>,
    part: &'a [u8],
}

impl Read for Joined<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.part.is_empty() {
            let Some(&next) = self.parts.next() else { return Ok(0) };
            self.part = next;
        }
        self.part.read(out)
    }
}

/// Gives the lines one by one, filter byte first. Where the data ends early the
/// rest is zero, which viewers show as they show missing data.
fn each_line(header: &Header, data: &[&[u8]], mut use_line: impl FnMut(usize, &[u8])) {
    let mut source =
        ZlibDecoder::new_with_buf(Joined { parts: data.iter(), part: &[] }, vec![0; BUFFER_BYTES]);
    let mut is_over = false;
    for (pass, (length, lines)) in header.passes().into_iter().enumerate() {
        let mut line = vec![0; length + 1];
        for _ in 0..lines {
            let mut filled = 0;
            while !is_over && filled < line.len() {
                match source.read(&mut line[filled..]) {
                    Ok(0) | Err(_) => is_over = true,
                    Ok(count) => filled += count,
                }
            }
            line[filled..].fill(0);
            if line[0] > 4 {
                line[0] = 0;
            }
            use_line(pass, &line);
        }
    }
}

/// Packs the scan lines anew: quickly, and with more effort only where the
/// source shows that it pays. The second condition makes a second pass decide
/// the same.
pub(super) fn repack(header: &Header, data: &[&[u8]]) -> Vec<u8> {
    let before: usize = data.iter().map(|part| part.len()).sum();
    let quick = pack_at(QUICK, header, data, before);
    let is_larger = |than: usize| quick.len() > than + than / 10;
    if !is_larger(before) || header.bytes_of_lines() > THOROUGH_BYTES_MAX {
        return quick;
    }
    let thorough = pack_at(THOROUGH, header, data, before);
    if is_larger(thorough.len()) { thorough } else { quick }
}

fn pack_at(level: Compression, header: &Header, data: &[&[u8]], room: usize) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::with_capacity(room + room / 8), level);
    each_line(header, data, |_, line| {
        packer.write_all(line).expect("writing to a Vec cannot fail");
    });
    packer.finish().expect("writing to a Vec cannot fail")
}

/// Finds the highest palette index in use.
fn highest_index(header: &Header, data: &[&[u8]]) -> u8 {
    let (mut before, mut known_pass, mut highest) = (Vec::new(), usize::MAX, 0);
    let mut current = Vec::new();
    each_line(header, data, |pass, line| {
        if pass != known_pass {
            before = vec![0; line.len() - 1];
            known_pass = pass;
        }
        current.clear();
        current.extend_from_slice(&line[1..]);
        unfilter(line[0], &mut current, &before);
        for &byte in &current {
            highest = highest.max(highest_in(byte, header.depth));
        }
        std::mem::swap(&mut before, &mut current);
    });
    highest
}

fn highest_in(byte: u8, depth: u8) -> u8 {
    if depth == 8 {
        return byte;
    }
    let mask = (1 << depth) - 1;
    (0..8 / depth).map(|slot| byte >> (slot * depth) & mask).max().unwrap_or(0)
}

/// Undoes a filter for pixels of one byte or less, 9.2.
fn unfilter(filter: u8, line: &mut [u8], above: &[u8]) {
    let (mut left, mut corner) = (0u8, 0u8);
    for (value, &up) in line.iter_mut().zip(above) {
        let predicted = match filter {
            1 => left,
            2 => up,
            3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
            4 => paeth(left, up, corner),
            _ => 0,
        };
        *value = value.wrapping_add(predicted);
        (left, corner) = (*value, up);
    }
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let guess = a + b - c;
    let (to_a, to_b, to_c) = ((guess - a).abs(), (guess - b).abs(), (guess - c).abs());
    if to_a <= to_b && to_a <= to_c {
        left
    } else if to_b <= to_c {
        up
    } else {
        corner
    }
}

const BUFFER_BYTES: usize = 32 << 10;

const THOROUGH: Compression = Compression::new(9);
/// Lines above this are packed quickly whatever it costs in size.
const THOROUGH_BYTES_MAX: u64 = 64 << 20;

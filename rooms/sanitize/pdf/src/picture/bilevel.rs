//! Pictures of one bit a pixel: decoded from JBIG2 and fax, coded as Group 4.

use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use hayro_syntax::object::Dict;

use crate::source::{bool_of, int_of};

/// Packed rows, a set bit is white.
pub struct Bilevel {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Rows, each filled up to whole bytes.
    pub rows: Vec<u8>,
}

impl Bilevel {
    fn white(width: u32, height: u32) -> Self {
        let stride = (width as usize).div_ceil(8);
        Self { width, height, rows: vec![0xFF; stride * height as usize] }
    }

    fn stride(&self) -> usize {
        (self.width as usize).div_ceil(8)
    }

    fn blacken(&mut self, row: usize, from: usize, to: usize) {
        let stride = self.stride();
        let Some(line) = self.rows.get_mut(row * stride..(row + 1) * stride) else { return };
        for x in from..to.min(line.len() * 8) {
            if x % 8 == 0 && x + 8 <= to {
                line[x / 8] = 0;
            } else {
                line[x / 8] &= !(0x80 >> (x % 8));
            }
        }
    }
}

/// Decodes fax data (ISO 32000-2 §7.4.6); the number of rows must be known.
#[must_use]
pub fn from_fax(data: &[u8], params: &Dict<'_>, height: u32) -> Option<Bilevel> {
    let k = int_of(params, "K").unwrap_or(0);
    let columns = int_of(params, "Columns").unwrap_or(1728).clamp(1, 65_535) as u32;
    let settings = DecodeSettings {
        columns,
        rows: height,
        end_of_block: bool_of(params, "EndOfBlock").unwrap_or(true),
        end_of_line: bool_of(params, "EndOfLine").unwrap_or(false),
        rows_are_byte_aligned: bool_of(params, "EncodedByteAlign").unwrap_or(false),
        encoding: match k {
            ..0 => EncodingMode::Group4,
            0 => EncodingMode::Group3_1D,
            1.. => EncodingMode::Group3_2D,
        },
        strict: false,
    };
    let mut sink = FaxSink { picture: Bilevel::white(columns, height), row: 0 };
    let outcome = hayro_ccitt::decode(data, &mut sink, &mut DecoderContext::new(settings));
    if outcome.is_err() && sink.row == 0 {
        return None;
    }
    let mut picture = sink.picture;
    if bool_of(params, "BlackIs1").unwrap_or(false) {
        picture.rows.iter_mut().for_each(|byte| *byte = !*byte);
    }
    Some(picture)
}

struct FaxSink {
    picture: Bilevel,
    row: usize,
}

impl hayro_ccitt::Decoder for FaxSink {
    fn push_row(&mut self, changes: &[u32]) {
        for span in changes.chunks(2) {
            let to = span.get(1).copied().unwrap_or(self.picture.width);
            if let Some(from) = span.first() {
                self.picture.blacken(self.row, *from as usize, to as usize);
            }
        }
        self.row += 1;
    }
}

/// Reads the size of JBIG2 data before decoding it.
pub struct Jbig2<'d> {
    page: hayro_jbig2::Page<'d>,
}

/// Parses JBIG2 globals.
#[must_use]
pub fn jbig2_globals(data: &[u8]) -> Option<hayro_jbig2::Globals> {
    hayro_jbig2::Globals::new(data, &hayro_jbig2::DecodeSettings { strict: false }).ok()
}

impl<'d> Jbig2<'d> {
    /// Parses the segments.
    #[must_use]
    pub fn new(data: &'d [u8], globals: Option<&'d hayro_jbig2::Globals>) -> Option<Self> {
        let settings = hayro_jbig2::DecodeSettings { strict: false };
        let page = hayro_jbig2::Page::new_embedded(data, globals, &settings).ok()?;
        Some(Self { page })
    }

    /// Pixels across and down.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.page.width(), self.page.height())
    }

    /// Decodes the page.
    #[must_use]
    pub fn decode(&self) -> Option<Bilevel> {
        let (width, height) = self.size();
        let mut sink = Jbig2Sink { picture: Bilevel::white(width, height), x: 0, row: 0 };
        self.page.decode(&mut sink).ok()?;
        Some(sink.picture)
    }
}

struct Jbig2Sink {
    picture: Bilevel,
    x: usize,
    row: usize,
}

impl hayro_jbig2::Decoder for Jbig2Sink {
    fn push_pixel(&mut self, black: bool) {
        if black {
            self.picture.blacken(self.row, self.x, self.x + 1);
        }
        self.x += 1;
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        let count = chunk_count as usize * 8;
        if black {
            self.picture.blacken(self.row, self.x, self.x + count);
        }
        self.x += count;
    }

    fn next_line(&mut self) {
        self.x = 0;
        self.row += 1;
    }
}

/// Codes rows as Group 4 (ITU-T T.6); `None` where they are too wide for it.
#[must_use]
pub fn encode_group4(picture: &Bilevel) -> Option<Vec<u8>> {
    let width = u16::try_from(picture.width).ok().filter(|width| *width > 0)?;
    let mut encoder = Encoder::new(VecWriter::new());
    for line in picture.rows.chunks(picture.stride()) {
        let pixels = (0..usize::from(width)).map(|x| {
            let byte = line.get(x / 8).copied().unwrap_or(0xFF);
            if byte & (0x80 >> (x % 8)) == 0 { Color::Black } else { Color::White }
        });
        encoder.encode_line(pixels, width).ok()?;
    }
    encoder.finish().ok().map(VecWriter::finish)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group4_survives_its_own_decoder() {
        let mut picture = Bilevel::white(37, 20);
        for row in 0..20 {
            picture.blacken(row, row, 37 - row / 2);
            picture.blacken(row, 0, row % 3);
        }
        let coded = encode_group4(&picture).expect("37 pixels are narrow");
        let params =
            <Dict<'_> as hayro_syntax::object::FromBytes>::from_bytes(b"<</K -1/Columns 37>>")
                .expect("a dictionary");
        let again = from_fax(&coded, &params, 20).expect("decodes");
        // The filling bits at the end of a row do not count.
        let strip = |p: &Bilevel| {
            p.rows.chunks(5).map(|r| (r[..4].to_vec(), r[4] & 0xF8)).collect::<Vec<_>>()
        };
        assert_eq!(strip(&again), strip(&picture));
    }
}

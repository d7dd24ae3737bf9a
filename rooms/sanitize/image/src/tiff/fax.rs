//! Fax pages, ITU-T T.4 and T.6: decoded to runs and coded as group 4, which is
//! the smallest. Rows that cannot be read are white.

use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode};

/// The encoder counts columns in 16 bits.
const COLUMNS_MAX: u32 = 65_535;

/// Packs one strip anew; none when it is wider than fax can be.
pub(super) fn repack(
    source: &[u8],
    compression: u32,
    t4_options: u32,
    columns: u32,
    rows: u32,
) -> Option<Vec<u8>> {
    if columns > COLUMNS_MAX {
        return None;
    }
    let encoding = match compression {
        2 => EncodingMode::Group3_1D,
        // T4Options, TIFF 6.0 section 11: bit 0 says two-dimensional.
        3 if t4_options & 1 == 0 => EncodingMode::Group3_1D,
        3 => EncodingMode::Group3_2D,
        _ => EncodingMode::Group4,
    };
    let settings = DecodeSettings {
        columns,
        rows,
        end_of_block: compression != 2,
        end_of_line: compression == 3,
        rows_are_byte_aligned: compression == 2,
        encoding,
        strict: false,
    };
    let encoder = Encoder::new(VecWriter::new());
    let mut sink = Sink { encoder, columns: columns as u16, left: rows };
    // Damage ends the rows early; the rest is white.
    let _ = hayro_ccitt::decode(source, &mut sink, &mut DecoderContext::new(settings));
    while sink.left > 0 {
        sink.push_row(&[]);
    }
    sink.encoder.finish().ok().map(VecWriter::finish)
}

/// Takes decoded rows and codes them.
struct Sink {
    encoder: Encoder<VecWriter>,
    columns: u16,
    left: u32,
}

impl Decoder for Sink {
    fn push_row(&mut self, changes: &[u32]) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let ends = changes.iter().copied().chain([self.columns.into()]);
        let mut from = 0u32;
        let runs = ends.enumerate().flat_map(|(index, end)| {
            let colour = if index % 2 == 0 { Color::White } else { Color::Black };
            let count = end.saturating_sub(from);
            from = end;
            std::iter::repeat_n(colour, count as usize)
        });
        // Writing to memory cannot fail: the error type has no value.
        let _ = self.encoder.encode_line(runs, self.columns);
    }
}

//! LZW as GIF and TIFF use it, always between buffers of known size. Knows
//! nothing of either file's layout.

use weezl::{BitOrder, decode, encode};

/// Which of the two dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// GIF: least significant bit first; the code size of the data, 2 to 8.
    Gif(u8),
    /// TIFF: most significant bit first, codes grow one early.
    Tiff,
}

/// Unpacks into `out`; returns how much of it was filled.
pub(crate) fn unpack(dialect: Dialect, packed: &[u8], out: &mut [u8]) -> usize {
    let mut decoder = match dialect {
        Dialect::Gif(size) => decode::Decoder::new(BitOrder::Lsb, size),
        Dialect::Tiff => decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let (mut from, mut to) = (0, 0);
    loop {
        let step = decoder.decode_bytes(&packed[from..], &mut out[to..]);
        from += step.consumed_in;
        to += step.consumed_out;
        let is_stuck = step.consumed_in == 0 && step.consumed_out == 0;
        let is_over = !matches!(step.status, Ok(weezl::LzwStatus::Ok));
        if is_over || is_stuck || to == out.len() {
            return to;
        }
    }
}

/// Packs all of `plain`.
pub(crate) fn pack(dialect: Dialect, plain: &[u8]) -> Vec<u8> {
    let mut encoder = match dialect {
        Dialect::Gif(size) => encode::Encoder::new(BitOrder::Lsb, size),
        Dialect::Tiff => encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let mut out = Vec::new();
    // The only error is a symbol beyond the code size, which callers rule out.
    let _ = encoder.into_vec(&mut out).encode_all(plain).status;
    out
}

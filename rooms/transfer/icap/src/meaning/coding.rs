//! Content codings undone within limits: gzip (RFC 1952), deflate (RFC 1950),
//! br (RFC 7932). All of it is safe Rust, as these bytes are hostile and stand
//! outside a cage. Exactly one stream is read; anything behind it is a fault,
//! as another reader might begin there.

mod gzip;

use std::io::Write;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use self::gzip::Gzip;
use crate::protocol::Fields;

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Identity,
    /// `gzip`, `x-gzip`.
    Gzip,
    /// `deflate`: the zlib form.
    Deflate,
    /// `br`.
    Brotli,
}

impl Coding {
    /// Reads `Content-Encoding`; none for a coding that is not known here, and
    /// for more than one.
    #[must_use]
    pub fn of(fields: &Fields) -> Option<Self> {
        let words = fields.words("Content-Encoding");
        let mut words = words.iter().map(String::as_str).filter(|word| *word != "identity");
        let coding = match words.next() {
            None => Self::Identity,
            Some("gzip" | "x-gzip") => Self::Gzip,
            Some("deflate") => Self::Deflate,
            Some("br") => Self::Brotli,
            Some(_) => return None,
        };
        words.next().is_none().then_some(coding)
    }
}

/// Why a body cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodingError {
    /// Not one whole stream of its coding.
    #[error("the content coding is broken")]
    Broken,
    /// More comes out than the limits allow.
    #[error("the content coding unpacks to more than the limit")]
    TooLarge,
}

/// Undoes one coding, piece by piece.
pub struct Decoder {
    inner: Inner,
    bytes_out_max: u64,
    ratio_max: u64,
    bytes_in: u64,
    bytes_out: u64,
    is_over: bool,
    scratch: Vec<u8>,
}

enum Inner {
    Identity,
    Gzip(Box<Gzip>),
    Zlib(Box<InflateState>),
    Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>),
}

/// Bytes unpacked at once.
const SCRATCH_BYTES: usize = 64 << 10;
/// The ratio counts only beyond this many bytes: small texts pack very well.
const RATIO_FREE_BYTES: u64 = 32 << 20;

impl Decoder {
    /// Starts; `ratio_max` is bytes out for one byte in, past 32 MiB.
    #[must_use]
    pub fn new(coding: Coding, bytes_out_max: u64, ratio_max: u64) -> Self {
        let inner = match coding {
            Coding::Identity => Inner::Identity,
            Coding::Gzip => Inner::Gzip(Box::new(Gzip::new())),
            Coding::Deflate => Inner::Zlib(InflateState::new_boxed(DataFormat::Zlib)),
            Coding::Brotli => Inner::Brotli(Box::new(BrotliState::new_strict(
                StandardAlloc::default(),
                StandardAlloc::default(),
                StandardAlloc::default(),
            ))),
        };
        let (bytes_in, bytes_out, is_over) = (0, 0, false);
        let scratch = vec![0; SCRATCH_BYTES];
        Self { inner, bytes_out_max, ratio_max, bytes_in, bytes_out, is_over, scratch }
    }

    /// Unpacks a piece into `out`. What `out` says against it counts as
    /// broken; memory does not.
    ///
    /// # Errors
    /// At the first fault, or past the limits.
    pub fn push(&mut self, piece: &[u8], out: &mut dyn Write) -> Result<(), CodingError> {
        self.bytes_in = self.bytes_in.saturating_add(piece.len() as u64);
        let mut rest = piece;
        loop {
            if self.is_over {
                return if rest.is_empty() { Ok(()) } else { Err(CodingError::Broken) };
            }
            let (used, made, is_over) = step(&mut self.inner, rest, &mut self.scratch)?;
            rest = rest.get(used..).unwrap_or_default();
            self.is_over = is_over;
            let made = match self.inner {
                Inner::Identity => piece,
                _ => self.scratch.get(..made).unwrap_or_default(),
            };
            self.bytes_out = self.bytes_out.saturating_add(made.len() as u64);
            let by_ratio = self.bytes_in.saturating_mul(self.ratio_max).max(RATIO_FREE_BYTES);
            if self.bytes_out > self.bytes_out_max.min(by_ratio) {
                return Err(CodingError::TooLarge);
            }
            out.write_all(made).map_err(|_| CodingError::Broken)?;
            let is_stuck = used == 0 && made.is_empty() && !is_over;
            if matches!(self.inner, Inner::Identity) || is_stuck {
                return if rest.is_empty() { Ok(()) } else { Err(CodingError::Broken) };
            }
        }
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// Fails when it is not whole.
    pub fn finish(self) -> Result<(), CodingError> {
        let is_whole = self.is_over || matches!(self.inner, Inner::Identity);
        if is_whole { Ok(()) } else { Err(CodingError::Broken) }
    }
}

/// Bytes used, bytes made, and whether the stream is over.
pub(super) type Step = (usize, usize, bool);

fn step(inner: &mut Inner, piece: &[u8], out: &mut [u8]) -> Result<Step, CodingError> {
    match inner {
        Inner::Identity => Ok((piece.len(), 0, false)),
        Inner::Zlib(state) => inflate_step(state, piece, out),
        Inner::Gzip(gzip) => gzip.step(piece, out),
        Inner::Brotli(state) => {
            let (mut left, mut at) = (piece.len(), 0);
            let (mut space, mut made, mut total) = (out.len(), 0, 0);
            let result = BrotliDecompressStream(
                &mut left, &mut at, piece, &mut space, &mut made, out, &mut total, state,
            );
            match result {
                BrotliResult::ResultSuccess => Ok((at, made, true)),
                BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {
                    Ok((at, made, false))
                }
                BrotliResult::ResultFailure => Err(CodingError::Broken),
            }
        }
    }
}

pub(super) fn inflate_step(
    state: &mut InflateState,
    piece: &[u8],
    out: &mut [u8],
) -> Result<Step, CodingError> {
    let result = inflate(state, piece, out, MZFlush::None);
    let is_over = match result.status {
        Ok(MZStatus::StreamEnd) => true,
        // Buf: no room, or no bytes, for now.
        Ok(MZStatus::Ok) | Err(MZError::Buf) => false,
        Ok(MZStatus::NeedDict) | Err(_) => return Err(CodingError::Broken),
    };
    Ok((result.bytes_consumed, result.bytes_written, is_over))
}

#[cfg(test)]
mod tests;

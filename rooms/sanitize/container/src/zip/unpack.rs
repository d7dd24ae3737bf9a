//! Unpacks one member's data within a budget, by its method. Checks sizes;
//! checksums are the caller's.

use std::io::{self, Read};

use bzip2::read::BzDecoder;
use deflate64::Deflate64Decoder;
use flate2::{Decompress, FlushDecompress, Status};
use lzma_rust2::LzmaReader;
use sanitize_core::Budget;

use super::read::{Entry, Packing, ZipError};

/// Methods beside store and deflate (4.4.5).
const DEFLATE64: u16 = 9;
const BZIP2: u16 = 12;
const LZMA: u16 = 14;
/// Largest dictionary that an LZMA member may ask for, in bytes.
const DICTIONARY_BYTES_MAX: u32 = 64 << 20;

/// Room made for a member before its bytes are there.
const FIRST_ALLOCATION_MAX: usize = 16 << 20;

/// Unpacks `packed` to exactly the size that the entry claims.
pub(super) fn unpack(
    packed: &[u8],
    entry: &Entry,
    budget: &mut Budget,
) -> Result<Vec<u8>, ZipError> {
    let data = match entry.packing {
        Packing::Stored => {
            budget.take_bytes(packed.len() as u64)?;
            packed.to_vec()
        }
        Packing::Deflated => inflate(packed, entry.bytes, budget)?,
        Packing::Other(DEFLATE64) => read_all(Deflate64Decoder::new(packed), entry.bytes, budget)?,
        Packing::Other(BZIP2) => read_all(BzDecoder::new(packed), entry.bytes, budget)?,
        Packing::Other(LZMA) => read_all(lzma(packed, entry.bytes)?, entry.bytes, budget)?,
        Packing::Other(method) => return Err(ZipError::Method(method)),
    };
    if data.len() as u64 != entry.bytes {
        return Err(ZipError::Damaged);
    }
    Ok(data)
}

/// Inflates in one go into room of the claimed size, so that no window has to
/// be kept; a stream that goes on past it does not fit its claim. Room is made
/// in steps while bytes come, never for a bare claim.
fn inflate(packed: &[u8], claimed: u64, budget: &mut Budget) -> Result<Vec<u8>, ZipError> {
    let claimed = usize::try_from(claimed).unwrap_or(usize::MAX);
    let left = usize::try_from(budget.bytes_left()).unwrap_or(usize::MAX);
    // One byte more tells a stream that goes on.
    let ceiling = claimed.saturating_add(1).min(left);
    let mut data = Vec::with_capacity(ceiling.min(FIRST_ALLOCATION_MAX));
    let mut stream = Decompress::new(false);
    let outcome = loop {
        let taken = usize::try_from(stream.total_in()).unwrap_or(usize::MAX);
        let rest = packed.get(taken..).unwrap_or_default();
        let before = (stream.total_in(), data.len());
        match stream.decompress_vec(rest, &mut data, FlushDecompress::Finish) {
            Err(_) => break Err(ZipError::Damaged),
            Ok(Status::StreamEnd) => break Ok(()),
            Ok(Status::Ok | Status::BufError) if data.len() >= ceiling => break Ok(()),
            Ok(Status::Ok | Status::BufError) if data.len() == data.capacity() => {
                data.reserve_exact(data.len().max(1).min(ceiling - data.len()));
            }
            Ok(Status::Ok | Status::BufError) if before == (stream.total_in(), data.len()) => {
                break Err(ZipError::Damaged);
            }
            Ok(Status::Ok | Status::BufError) => {}
        }
    };
    budget.take_bytes(data.len() as u64)?;
    if data.len() >= ceiling && claimed > ceiling {
        // The stream goes on past what the budget allows.
        budget.take_bytes((claimed - ceiling) as u64)?;
    }
    outcome.map(|()| data)
}

/// Opens a LZMA member: version, size of properties, properties (5.8.8).
fn lzma(packed: &[u8], bytes: u64) -> Result<impl Read, ZipError> {
    let (head, rest) = packed.split_first_chunk::<9>().ok_or(ZipError::Damaged)?;
    let [_, _, 5, 0, properties, dictionary @ ..] = *head else { return Err(ZipError::Damaged) };
    // No match reaches back further than the data is long.
    let claimed = u32::try_from(bytes).unwrap_or(u32::MAX).max(4096);
    let dictionary = u32::from_le_bytes(dictionary).min(claimed);
    if dictionary > DICTIONARY_BYTES_MAX {
        return Err(ZipError::Method(LZMA));
    }
    LzmaReader::new_with_props(rest, bytes, properties, dictionary, None)
        .map_err(|_| ZipError::Damaged)
}

/// Reads at most what the budget allows; the claimed size only sizes the first
/// allocation, and only up to a bound.
fn read_all(reader: impl Read, claimed: u64, budget: &mut Budget) -> Result<Vec<u8>, ZipError> {
    let ceiling = budget.bytes_left().min(claimed.saturating_add(1));
    let first = usize::try_from(claimed).unwrap_or(usize::MAX).min(FIRST_ALLOCATION_MAX);
    let mut data = Vec::with_capacity(first);
    let read: io::Result<usize> = reader.take(ceiling).read_to_end(&mut data);
    budget.take_bytes(data.len() as u64)?;
    if data.len() as u64 == ceiling && claimed > ceiling {
        // The stream goes on past what the budget allows.
        budget.take_bytes(claimed.saturating_sub(ceiling))?;
    }
    read.map_err(|_| ZipError::Damaged)?;
    Ok(data)
}

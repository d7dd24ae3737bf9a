//! JPEG, ISO/IEC 10918-1: takes the coefficients out of the file and writes them
//! into a new baseline file with tables made here. No pixel changes and no byte
//! of the source is copied: every symbol is decoded, checked and coded anew.

mod bits;
mod frame;
mod huffman;
mod parse;
mod progressive;
mod scan;
mod tokens;
mod write;

use sanitize_core::{Job, Stop};

/// Writes a JPEG anew.
///
/// # Errors
/// Stops when no picture can be found or the process is one of the rare ones
/// (arithmetic, lossless, hierarchical), or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let picture = parse::read(bytes, job)?;
    Ok(write::write(&picture))
}

/// Writes a JPEG anew without any application segment, as TIFF holds it: what
/// the components mean stands in the TIFF.
///
/// # Errors
/// As [`rebuild`].
pub(crate) fn rebuild_bare(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let picture = parse::read(bytes, job)?;
    Ok(write::write_bare(&picture))
}

#[cfg(test)]
mod tests;

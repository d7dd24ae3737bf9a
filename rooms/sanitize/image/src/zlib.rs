//! zlib streams of known size, as PNG and TIFF hold them.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// Measured on pictures from office files: above this, time doubles for a few
/// per cent of size.
pub(crate) const QUICK: Compression = Compression::new(4);

/// Packs some bytes.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), QUICK);
    packer.write_all(bytes).expect("writing to a Vec cannot fail");
    packer.finish().expect("writing to a Vec cannot fail")
}

/// Unpacks at most `bytes_max` bytes; none when there are more or at damage.
pub(crate) fn inflate(packed: &[u8], bytes_max: u64) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    ZlibDecoder::new(packed).take(bytes_max + 1).read_to_end(&mut out).ok()?;
    (out.len() as u64 <= bytes_max).then_some(out)
}

//! Codings as real packers write them, and the ways in which they break.

use std::io::Write;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::GzBuilder::new()
        .filename("n")
        .comment("c")
        .extra(vec![1, 2, 3])
        .write(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn unpack(coding: Coding, bytes: &[u8], piece: usize) -> Result<Vec<u8>, CodingError> {
    let mut decoder = Decoder::new(coding, 64 << 20, 200);
    let mut out = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        decoder.push(piece, &mut out)?;
    }
    decoder.finish()?;
    Ok(out)
}

fn text() -> Vec<u8> {
    (0..200_000_u32).flat_map(|n| (n % 977).to_le_bytes()).collect()
}

#[test]
fn every_coding_comes_out_as_it_went_in_however_it_is_cut() {
    // `x` in br: one uncompressed metablock (RFC 7932 §9.2), written by hand.
    let brotli = [0x0b, 0x00, 0x80, b'x', 0x03];
    for piece in [1, 7, 4096, usize::MAX] {
        assert_eq!(unpack(Coding::Gzip, &gzip(&text()), piece).unwrap(), text());
        assert_eq!(unpack(Coding::Deflate, &zlib(&text()), piece).unwrap(), text());
        assert_eq!(unpack(Coding::Brotli, &brotli, piece).unwrap(), b"x");
        assert_eq!(unpack(Coding::Identity, &text(), piece).unwrap(), text());
        assert_eq!(unpack(Coding::Gzip, &gzip(b""), piece).unwrap(), b"");
    }
}

#[test]
fn what_stands_behind_a_stream_is_a_fault() {
    for (coding, mut bytes) in [
        (Coding::Gzip, gzip(b"first")),
        (Coding::Deflate, zlib(b"first")),
        (Coding::Brotli, vec![0x0b, 0x00, 0x80, b'x', 0x03]),
    ] {
        bytes.extend_from_slice(&gzip(b"second"));
        for piece in [1, usize::MAX] {
            assert_eq!(unpack(coding, &bytes, piece), Err(CodingError::Broken), "{coding:?}");
        }
    }
}

#[test]
fn a_stream_that_is_cut_or_bent_is_a_fault() {
    let good = gzip(&text());
    for end in [0, 5, 12, good.len() / 2, good.len() - 1] {
        assert_eq!(unpack(Coding::Gzip, &good[..end], usize::MAX), Err(CodingError::Broken));
    }
    let mut bent = good.clone();
    let last = bent.len() - 6;
    bent[last] ^= 1;
    assert_eq!(unpack(Coding::Gzip, &bent, usize::MAX), Err(CodingError::Broken), "wrong sum");
    assert_eq!(unpack(Coding::Brotli, b"no br at all", 3), Err(CodingError::Broken));
}

#[test]
fn a_bomb_is_stopped_at_its_limit() {
    let bomb = gzip(&vec![0; 80 << 20]);
    let mut decoder = Decoder::new(Coding::Gzip, 1 << 30, 20);
    let mut out = Vec::new();
    assert_eq!(decoder.push(&bomb, &mut out), Err(CodingError::TooLarge));
    assert!(out.len() as u64 <= RATIO_FREE_BYTES);
    let mut decoder = Decoder::new(Coding::Gzip, 1_000, 200);
    assert_eq!(decoder.push(&bomb, &mut std::io::sink()), Err(CodingError::TooLarge));
}

#[test]
fn only_one_known_coding_is_taken() {
    let coding = |value: &str| {
        let mut fields = Fields::default();
        fields.add("Content-Encoding", value);
        Coding::of(&fields)
    };
    assert_eq!(coding("GZIP"), Some(Coding::Gzip));
    assert_eq!(coding("identity"), Some(Coding::Identity));
    assert_eq!(coding("zstd"), None);
    assert_eq!(coding("gzip, gzip"), None);
    assert_eq!(Coding::of(&Fields::default()), Some(Coding::Identity));
}

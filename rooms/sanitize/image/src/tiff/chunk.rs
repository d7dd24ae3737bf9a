//! Strips and tiles of a TIFF page: unpacked to exactly the size they must have
//! (what is missing is zero) and packed anew.

use std::io::Read;

use flate2::read::ZlibDecoder;
use sanitize_core::{Job, Stop, reasons};

use super::page::Page;
use super::{File, fax};
use crate::jpeg;
use crate::lzw::{self, Dialect};
use crate::zlib;

/// How a page is packed, TIFF 6.0 sections 9 to 11, 13 and supplement 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Fax,
    Lzw,
    Jpeg,
    Deflate,
    PackBits,
}

impl Packing {
    pub(super) fn of(page: &Page<'_>) -> Option<Self> {
        Some(match page.compression {
            1 => Self::None,
            2..=4 => Self::Fax,
            5 => Self::Lzw,
            7 => Self::Jpeg,
            8 | 32946 => Self::Deflate,
            32773 => Self::PackBits,
            _ => return None,
        })
    }

    /// Returns the number that is written for it; fax is always group 4.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::None => 1,
            Self::Fax => 4,
            Self::Lzw => 5,
            Self::Jpeg => 7,
            Self::Deflate => 8,
            Self::PackBits => 32773,
        }
    }
}

/// Packs every chunk of a page anew.
pub(super) fn repack(
    file: &File<'_>,
    page: &Page<'_>,
    job: &mut Job<'_>,
) -> Result<Vec<Vec<u8>>, Stop> {
    let unsupported = || Stop::blocked(&reasons::UNSUPPORTED, "TIFF");
    let packing = Packing::of(page).ok_or_else(unsupported)?;
    let mut chunks = Vec::with_capacity(page.chunks.len());
    for (index, &(at, size)) in page.chunks.iter().enumerate() {
        let rest = file.bytes.get(at as usize..).unwrap_or_default();
        let source = &rest[..rest.len().min(size as usize)];
        file.own(at, source.len());
        let rows = page.chunk_rows(index);
        let plain_size = page.chunk_bytes(rows).ok_or_else(unsupported)?;
        if packing != Packing::None {
            job.budget.take_pixels(page.chunk.0.into(), rows.into())?;
        }
        chunks.push(match packing {
            Packing::Jpeg => jpeg::rebuild_bare(&joined(page.jpeg_tables, source), job)?,
            Packing::Fax => {
                let source = in_order(source, page.is_reversed);
                fax::repack(&source, page.compression, page.t4_options, page.chunk.0, rows)
                    .ok_or_else(unsupported)?
            }
            Packing::None | Packing::Lzw | Packing::Deflate | Packing::PackBits => {
                let source = in_order(source, page.is_reversed);
                plain(packing, &source, plain_size)
            }
        });
    }
    Ok(chunks)
}

fn plain(packing: Packing, source: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    match packing {
        Packing::Lzw => {
            out.resize(size, 0);
            lzw::unpack(Dialect::Tiff, source, &mut out);
            return lzw::pack(Dialect::Tiff, &out);
        }
        Packing::Deflate => {
            // Damage half-way leaves what came before it.
            let _ = ZlibDecoder::new(source).take(size as u64).read_to_end(&mut out);
            out.resize(size, 0);
            return zlib::deflate(&out);
        }
        Packing::PackBits => {
            unpack_bits(source, size, &mut out);
            out.resize(size, 0);
            return pack_bits(&out);
        }
        Packing::None | Packing::Fax | Packing::Jpeg => {}
    }
    out.extend(&source[..source.len().min(size)]);
    out.resize(size, 0);
    out
}

/// Puts bits in the usual order, FillOrder 1.
fn in_order(source: &[u8], is_reversed: bool) -> std::borrow::Cow<'_, [u8]> {
    if is_reversed {
        source.iter().map(|byte| byte.reverse_bits()).collect::<Vec<_>>().into()
    } else {
        source.into()
    }
}

/// Puts the tables that all strips share before a strip's own data.
fn joined(tables: Option<&[u8]>, strip: &[u8]) -> Vec<u8> {
    let tables = tables.unwrap_or_default();
    let tables = tables.strip_suffix(&[0xFF, 0xD9]).unwrap_or(tables);
    [tables, strip].concat()
}

/// Section 9.
fn unpack_bits(source: &[u8], size: usize, out: &mut Vec<u8>) {
    let mut rest = source;
    while let Some((&head, after)) = rest.split_first() {
        rest = after;
        if out.len() >= size {
            break;
        }
        match head.cast_signed() {
            -128 => {}
            count @ 0.. => {
                let count = (count as usize + 1).min(rest.len());
                out.extend(&rest[..count]);
                rest = &rest[count..];
            }
            count => {
                let Some((&value, after)) = rest.split_first() else { break };
                out.extend(std::iter::repeat_n(value, (1 - isize::from(count)) as usize));
                rest = after;
            }
        }
    }
    out.truncate(size);
}

fn pack_bits(plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = plain;
    let run_of = |rest: &[u8]| rest.iter().take(128).take_while(|&&b| b == rest[0]).count();
    while !rest.is_empty() {
        let run = run_of(rest);
        if run >= 3 {
            out.extend([(1 - run as i16) as u8, rest[0]]);
            rest = &rest[run..];
            continue;
        }
        let length = (1..rest.len().min(128)).find(|&at| run_of(&rest[at..]) >= 3);
        let length = length.unwrap_or(rest.len().min(128));
        out.push((length - 1) as u8);
        out.extend(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bits_come_back() {
        let plain: Vec<u8> =
            (0..1000u32).map(|i| if i % 300 < 200 { 9 } else { i as u8 }).collect();
        let mut out = Vec::new();
        unpack_bits(&pack_bits(&plain), plain.len(), &mut out);
        assert_eq!(out, plain);
    }
}

//! Writes pages as a new TIFF: chunks, then long values, then the directory, one
//! page behind the other, without gaps.

use super::chunk::Packing;
use super::page::{
    COMPRESSION, HEIGHT, Page, STRIP_BYTES, STRIP_ROWS, STRIPS, T6_OPTIONS, TILE_BYTES,
    TILE_HEIGHT, TILE_WIDTH, TILES, Values, WIDTH,
};

/// A TIFF being written.
pub(super) struct Writer {
    out: Vec<u8>,
    is_big: bool,
    /// Where the place of the next directory is to be written.
    link_at: usize,
    pages: u32,
}

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

impl Writer {
    pub(super) fn new(is_big: bool) -> Self {
        let mut out = if is_big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        out.extend([0; 4]);
        Self { out, is_big, link_at: 4, pages: 0 }
    }

    pub(super) fn pages(&self) -> u32 {
        self.pages
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Writes one page.
    pub(super) fn add(&mut self, page: &Page<'_>, chunks: &[Vec<u8>]) {
        let (mut starts, mut sizes) = (Vec::new(), Vec::new());
        for chunk in chunks {
            starts.push(self.out.len() as u32);
            sizes.push(chunk.len() as u32);
            self.out.extend(chunk);
            self.pad();
        }
        let mut tags = page.kept.clone();
        let mut put = |tag, values| tags.push((tag, Values::Numbers(values)));
        put(WIDTH, vec![page.width]);
        put(HEIGHT, vec![page.height]);
        let packing = Packing::of(page).unwrap_or(Packing::None);
        put(COMPRESSION, vec![packing.number()]);
        if packing == Packing::Fax {
            put(T6_OPTIONS, vec![0]);
        }
        if page.is_tiled {
            put(TILE_WIDTH, vec![page.chunk.0]);
            put(TILE_HEIGHT, vec![page.chunk.1]);
            put(TILES, starts);
            put(TILE_BYTES, sizes);
        } else {
            put(STRIP_ROWS, vec![page.chunk.1]);
            put(STRIPS, starts);
            put(STRIP_BYTES, sizes);
        }
        tags.sort_by_key(|(tag, _)| *tag);
        self.directory(&tags);
        self.pages += 1;
    }

    fn directory(&mut self, tags: &[(u16, Values)]) {
        let mut entries = Vec::new();
        for (tag, values) in tags {
            let (kind, count, mut bytes) = self.packed(*tag, values);
            if bytes.len() > 4 {
                let at = self.out.len() as u32;
                self.out.extend(&bytes);
                self.pad();
                bytes = self.long(at).to_vec();
            }
            bytes.resize(4, 0);
            entries.extend(self.short(*tag));
            entries.extend(self.short(kind));
            entries.extend(self.long(count));
            entries.extend(bytes);
        }
        let at = self.long(self.out.len() as u32);
        self.out[self.link_at..self.link_at + 4].copy_from_slice(&at);
        self.out.extend(self.short(tags.len() as u16));
        self.out.extend(entries);
        self.link_at = self.out.len();
        self.out.extend([0; 4]);
    }

    fn packed(&self, tag: u16, values: &Values) -> (u16, u32, Vec<u8>) {
        match values {
            Values::Ratios(ratios) => {
                let bytes = ratios.iter().flat_map(|&(a, b)| [self.long(a), self.long(b)]);
                (RATIONAL, ratios.len() as u32, bytes.flatten().collect())
            }
            Values::Numbers(numbers) => {
                let is_long = matches!(
                    tag,
                    254 | WIDTH
                        | HEIGHT
                        | STRIPS
                        | STRIP_ROWS
                        | STRIP_BYTES
                        | TILE_WIDTH
                        | TILE_HEIGHT
                        | TILES
                        | TILE_BYTES
                        | T6_OPTIONS
                );
                let count = numbers.len() as u32;
                if is_long {
                    (LONG, count, numbers.iter().flat_map(|&n| self.long(n)).collect())
                } else {
                    (SHORT, count, numbers.iter().flat_map(|&n| self.short(n as u16)).collect())
                }
            }
        }
    }

    /// Chunks, values and directories begin on even offsets, section 2.
    fn pad(&mut self) {
        self.out.resize(self.out.len().next_multiple_of(2), 0);
    }

    fn short(&self, value: u16) -> [u8; 2] {
        if self.is_big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn long(&self, value: u32) -> [u8; 4] {
        if self.is_big { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}

//! The file information block, [MS-DOC] 2.5: where each structure stands. Reads
//! the old one and writes a fresh one that names only what was kept.

use sanitize_core::Stop;

use crate::bytes::{index_at, put, slice, u16_at};
use crate::package::{broken, unsupported};

/// Oldest version whose structures stand in a table stream (Word 97).
const WORD_97: u16 = 0xC1;
/// Pairs of position and length that Word 97 knows.
const PAIRS_MIN: usize = 0x5D;
const PAIRS_MAX: usize = 0x100;
const WORDS_AT: usize = 34;

const IS_TEMPLATE: u16 = 0x0001;
const IS_GLOSSARY: u16 = 0x0002;
const QUICK_SAVES: u16 = 0x00F0;
const IS_ENCRYPTED: u16 = 0x0100;
const USES_TABLE_1: u16 = 0x0200;
const IS_OBFUSCATED: u16 = 0x8000;

/// The parts of a document's text, in the order in which they stand.
pub(super) const PARTS: [&str; 8] = [
    "text",
    "footnotes",
    "headers",
    "macros",
    "comments",
    "endnotes",
    "text boxes",
    "header text boxes",
];
/// Which of [`PARTS`] holds the comments.
pub(super) const COMMENTS: usize = 4;

/// What the block's first part, which is never encrypted, says (2.5.2).
#[derive(Clone, Copy)]
pub(crate) struct Lock {
    pub is_encrypted: bool,
    /// Whether the encryption is the old exclusive-or.
    pub is_obfuscated: bool,
    /// Size of the encryption header in the table stream, in bytes.
    pub header_len: usize,
    /// Name of the stream that holds the structures.
    pub table: &'static str,
}

impl Lock {
    /// Reads the first part of the WordDocument stream.
    pub fn read(stream: &[u8]) -> Result<Self, Stop> {
        if !matches!(u16_at(stream, 0), 0xA5EC | 0xA5DC | 0xA5DB) {
            return Err(broken("WordDocument"));
        }
        if u16_at(stream, 2) < WORD_97 {
            return Err(unsupported("Word 6/95"));
        }
        let flags = u16_at(stream, 10);
        Ok(Self {
            is_encrypted: flags & IS_ENCRYPTED != 0,
            is_obfuscated: flags & IS_OBFUSCATED != 0,
            header_len: index_at(stream, 14),
            table: if flags & USES_TABLE_1 != 0 { "1Table" } else { "0Table" },
        })
    }
}

/// The block as it was read.
pub(crate) struct Fib {
    raw: Vec<u8>,
    longs_at: usize,
    pairs_at: usize,
    pairs: usize,
}

impl Fib {
    /// Reads the block at the start of the WordDocument stream.
    pub fn read(stream: &[u8]) -> Result<Self, Stop> {
        let longs_at = WORDS_AT + 2 * usize::from(u16_at(stream, 32)) + 2;
        let longs = usize::from(u16_at(stream, longs_at - 2));
        let pairs_at = longs_at + 4 * longs + 2;
        let pairs = usize::from(u16_at(stream, pairs_at - 2));
        let new_at = pairs_at + 8 * pairs;
        let len = new_at + 2 + 2 * usize::from(u16_at(stream, new_at).min(16));
        let is_sound = longs >= 11 && (PAIRS_MIN..=PAIRS_MAX).contains(&pairs);
        let raw = slice(stream, 0, len).filter(|_| is_sound);
        let raw = raw.ok_or_else(|| broken("WordDocument"))?.to_vec();
        Ok(Self { raw, longs_at, pairs_at, pairs })
    }

    pub fn len(&self) -> usize {
        self.raw.len()
    }

    fn flags(&self) -> u16 {
        u16_at(&self.raw, 10)
    }

    /// Says whether a second document with AutoText follows.
    pub fn has_glossary(&self) -> bool {
        u16_at(&self.raw, 8) != 0
    }

    /// Number of characters of each of [`PARTS`].
    pub fn part_lens(&self) -> [usize; 8] {
        let mut lens = [0; 8];
        for (index, len) in lens.iter_mut().enumerate() {
            let count = index_at(&self.raw, self.longs_at + 4 * (3 + index));
            // A negative count is damage.
            *len = if count > i32::MAX as usize { 0 } else { count };
        }
        lens
    }

    pub fn pair_count(&self) -> usize {
        self.pairs
    }

    /// Position and length of a structure in the table stream.
    pub fn pair(&self, index: usize) -> (usize, usize) {
        if index >= self.pairs {
            return (0, 0);
        }
        let at = self.pairs_at + 8 * index;
        (index_at(&self.raw, at), index_at(&self.raw, at + 4))
    }

    /// Returns a structure's bytes, empty where there is none.
    pub fn structure<'t>(&self, table: &'t [u8], index: usize) -> &'t [u8] {
        let (at, len) = self.pair(index);
        slice(table, at, len).unwrap_or_default()
    }

    /// Writes the block anew: no pair, no history, no lock.
    pub fn fresh(&self) -> Self {
        let mut raw = vec![0; self.raw.len()];
        raw[..8].copy_from_slice(&self.raw[..8]);
        put(&mut raw, 4, &[0, 0]);
        let gone = IS_TEMPLATE | IS_GLOSSARY | QUICK_SAVES | IS_ENCRYPTED | IS_OBFUSCATED;
        let flags = (self.flags() & !gone) | USES_TABLE_1;
        put(&mut raw, 10, &flags.to_le_bytes());
        for (from, to) in [(12, 14), (18, 20), (24, 34)] {
            raw[from..to].copy_from_slice(&self.raw[from..to]);
        }
        // Of the words only the East Asian language stays, and the counts.
        let keep = [(self.longs_at - 4, self.longs_at), (self.pairs_at - 2, self.pairs_at)];
        let lengths = (self.longs_at + 12, self.longs_at + 44);
        let tail = (self.pairs_at + 8 * self.pairs, self.raw.len());
        for (from, to) in keep.into_iter().chain([lengths, tail]) {
            raw[from..to].copy_from_slice(&self.raw[from..to]);
        }
        Self { raw, longs_at: self.longs_at, pairs_at: self.pairs_at, pairs: self.pairs }
    }

    /// Names a structure's new place.
    pub fn set_pair(&mut self, index: usize, at: u32, len: u32) {
        put(&mut self.raw, self.pairs_at + 8 * index, &at.to_le_bytes());
        put(&mut self.raw, self.pairs_at + 8 * index + 4, &len.to_le_bytes());
    }

    /// Sets the end of the stream and returns the block's bytes.
    pub fn into_bytes(mut self, stream_len: u32) -> Vec<u8> {
        put(&mut self.raw, self.longs_at, &stream_len.to_le_bytes());
        self.raw
    }
}

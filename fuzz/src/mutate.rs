//! Makes a new input out of known ones. Knows just enough of ZIP to break what
//! is inside a package instead of only its packing.

use sanitize_container::zip::{Archive, Level, Writer};
use sanitize_core::{Budget, Limits};

/// A small generator (xorshift64*): the same seed gives the same run.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed; zero is replaced, as the generator would stay there.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Returns the next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Returns a number below `end`; zero when `end` is zero.
    pub fn below(&mut self, end: usize) -> usize {
        let end = end as u64;
        usize::try_from(self.number().checked_rem(end).unwrap_or(0)).unwrap_or(0)
    }
}

/// Values at which counts and sizes tend to break.
const EDGES: &[u64] = &[
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0xffff_fffe,
];

/// Words that steer parsers of text into rare branches.
const WORDS: &[&str] = &[
    "<",
    ">",
    "/>",
    "&#x3c;",
    "&amp;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "\"",
    "'",
    "={",
    "}",
    "(",
    ")",
    "<<",
    ">>",
    "endobj",
    "stream\n",
    "endstream",
    "/Kids",
    "/Parent",
    "1 0 R",
    "99999999999",
    "-1",
    "1e309",
    "NaN",
    "\u{0}",
    "\u{202e}",
    "\u{feff}",
    "𠮷",
    "r:id=\"rId1\"",
    "\\bin9999 ",
    "\\'",
    "{\\*\\",
    "\\u-1?",
    "=cmd|",
    "begin",
    "Content-Type: multipart/mixed; boundary=a\n",
    "--a\n",
    "=?ISO-2022-JP?B?",
    "/Filter/FlateDecode",
    "mc:AlternateContent",
    "xmlns:a=\"\"",
];

/// Returns a broken copy of `seed`, now and then crossed with `other`.
#[must_use]
pub fn mutate(seed: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let in_package = seed.starts_with(b"PK\x03\x04") && random.below(8) != 0;
    if in_package && let Some(package) = mutate_member(seed, random) {
        return package;
    }
    let mut bytes = seed.to_vec();
    let rounds = 1 + random.below(6);
    for _ in 0..rounds {
        mutate_once(&mut bytes, other, random);
    }
    bytes
}

fn mutate_once(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    const GROWTH_MAX: usize = 1 << 20;
    let at = random.below(bytes.len());
    let end = (at + 1 + random.below(64)).min(bytes.len());
    match random.below(9) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        1 if !bytes.is_empty() => bytes[at] = random.number() as u8,
        2 => put_edge(bytes, at, random),
        3 => drop(bytes.drain(at..end)),
        4 if bytes.len() < GROWTH_MAX => {
            let copy = bytes[at..end].to_vec();
            let times = 1 + random.below(32);
            bytes.splice(at..at, copy.repeat(times));
        }
        5 => {
            let word = WORDS[random.below(WORDS.len())];
            bytes.splice(at..at, word.bytes());
        }
        6 if !other.is_empty() => {
            let from = random.below(other.len());
            let to = (from + random.below(512)).min(other.len());
            bytes.splice(at..end, other[from..to].iter().copied());
        }
        7 => bytes.truncate(at),
        _ => {
            let word = WORDS[random.below(WORDS.len())].as_bytes();
            for (target, &byte) in bytes.iter_mut().skip(at).zip(word) {
                *target = byte;
            }
        }
    }
}

fn put_edge(bytes: &mut [u8], at: usize, random: &mut Random) {
    let value = EDGES[random.below(EDGES.len())];
    let width = [1, 2, 4, 8][random.below(4)];
    let is_big_endian = random.below(2) == 0;
    let little = value.to_le_bytes();
    let mut field = little[..width].to_vec();
    if is_big_endian {
        field.reverse();
    }
    for (target, byte) in bytes.iter_mut().skip(at).zip(field) {
        *target = byte;
    }
}

/// Breaks one member of a package and packs it again.
fn mutate_member(package: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut budget = Budget::open(Limits::default(), package.len() as u64).ok()?;
    let archive = Archive::read(package, &mut budget).ok()?;
    let chosen = random.below(archive.entries().len());
    let mut writer = Writer::new();
    for (index, entry) in archive.entries().iter().enumerate() {
        let mut data = archive.data(entry, &mut budget).ok()?;
        if index == chosen {
            let original = data.clone();
            for _ in 0..1 + random.below(4) {
                mutate_once(&mut data, &original, random);
            }
        }
        writer.add(&entry.name, &data, Level::Stored);
    }
    writer.finish()
}

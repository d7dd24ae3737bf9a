//! The writing half: members in the order given, UTF-8 names, one fixed date,
//! no comments, extra fields or attributes. The same members give the same
//! bytes.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// 1980-01-01, the earliest date that a ZIP can name (4.4.6).
const DATE: u16 = (1 << 5) | 1;
const VERSION: u16 = 20;
/// General purpose bit 11: the name is UTF-8 (4.4.4).
const UTF8: u16 = 1 << 11;

/// How hard a member is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Not at all: for what is packed already, such as PNG and JPEG.
    Stored,
    /// Deflate at the level that balances size and speed.
    Deflated,
}

struct Member {
    name: String,
    packing: u16,
    flags: u16,
    crc32: u32,
    packed_bytes: u32,
    bytes: u32,
    offset: u32,
}

/// Builds a ZIP archive in memory. Holds at most 4 GiB: no ZIP64.
#[derive(Default)]
pub struct Writer {
    out: Vec<u8>,
    members: Vec<Member>,
    overflowed: bool,
}

impl Writer {
    /// Starts an empty archive.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one member. The name is written as given.
    pub fn add(&mut self, name: &str, data: &[u8], level: Level) {
        let packed;
        let (packing, body) = match level {
            Level::Stored => (0, data),
            Level::Deflated => {
                packed = deflate(data);
                if packed.len() < data.len() { (8, packed.as_slice()) } else { (0, data) }
            }
        };
        self.add_raw(name, packing, crc32fast::hash(data), data.len(), body);
    }

    fn add_raw(&mut self, name: &str, packing: u16, crc32: u32, bytes: usize, body: &[u8]) {
        let sizes = (u32::try_from(self.out.len()), u32::try_from(body.len()), u32::try_from(bytes));
        let (Ok(offset), Ok(packed_bytes), Ok(bytes)) = sizes else {
            self.overflowed = true;
            return;
        };
        if u16::try_from(name.len()).is_err() || self.members.len() >= usize::from(u16::MAX) {
            self.overflowed = true;
            return;
        }
        let flags = if name.is_ascii() { 0 } else { UTF8 };
        let member = Member {
            name: name.to_owned(),
            packing,
            flags,
            crc32,
            packed_bytes,
            bytes,
            offset,
        };
        self.out.extend_from_slice(b"PK\x03\x04");
        put16(&mut self.out, VERSION);
        member.put_common(&mut self.out);
        put16(&mut self.out, 0);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(body);
        self.members.push(member);
    }

    /// Writes the directory and returns the archive; `None` when a size or
    /// count does not fit the format's 32 and 16 bits.
    #[must_use]
    pub fn finish(mut self) -> Option<Vec<u8>> {
        let start = u32::try_from(self.out.len()).ok()?;
        if self.overflowed {
            return None;
        }
        for member in &self.members {
            self.out.extend_from_slice(b"PK\x01\x02");
            put16(&mut self.out, VERSION);
            put16(&mut self.out, VERSION);
            member.put_common(&mut self.out);
            // No extra field, comment, volume or attributes.
            self.out.extend_from_slice(&[0; 2 + 2 + 2 + 2 + 4]);
            put32(&mut self.out, member.offset);
            self.out.extend_from_slice(member.name.as_bytes());
        }
        let size = u32::try_from(self.out.len()).ok()?.checked_sub(start)?;
        let count = u16::try_from(self.members.len()).ok()?;
        self.out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        put16(&mut self.out, count);
        put16(&mut self.out, count);
        put32(&mut self.out, size);
        put32(&mut self.out, start);
        put16(&mut self.out, 0);
        Some(self.out)
    }
}

impl Member {
    /// The fields from the flags to the name's length, which both headers share.
    fn put_common(&self, out: &mut Vec<u8>) {
        put16(out, self.flags);
        put16(out, self.packing);
        put16(out, 0);
        put16(out, DATE);
        put32(out, self.crc32);
        put32(out, self.packed_bytes);
        put32(out, self.bytes);
        // `add_raw` checked that the length fits.
        put16(out, u16::try_from(self.name.len()).unwrap_or(0));
    }
}

fn deflate(data: &[u8]) -> Vec<u8> {
    /// Beyond this level office parts shrink by 2 % and cost twice the time.
    const LEVEL: u32 = 3;
    let out = Vec::with_capacity(data.len() / 4 + 64);
    let mut encoder = DeflateEncoder::new(out, Compression::new(LEVEL));
    encoder.write_all(data).expect("writing to memory cannot fail");
    encoder.finish().expect("writing to memory cannot fail")
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use sanitize_core::{Budget, Limits};

    use super::*;
    use crate::zip::{Archive, Packing};

    #[test]
    fn what_is_written_is_read_back() {
        let mut writer = Writer::new();
        writer.add("申請/𠮷田.txt", &b"a".repeat(1000), Level::Deflated);
        writer.add("b.png", b"raw", Level::Stored);
        let bytes = writer.finish().expect("small");
        let mut budget = Budget::open(Limits::default(), bytes.len() as u64).expect("small");
        let archive = Archive::read(&bytes, &mut budget).expect("our own archive");
        assert_eq!(archive.findings(), &[]);
        let [first, second] = archive.entries() else { panic!("two members") };
        assert_eq!(first.name, "申請/𠮷田.txt");
        assert_eq!(archive.data(first, &mut budget), Ok(b"a".repeat(1000)));
        assert_eq!(second.packing, Packing::Stored);
    }
}

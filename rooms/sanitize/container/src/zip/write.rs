//! The writing half: members in the order given, UTF-8 names, one fixed date,
//! no comments, attributes or extra fields but the one that AES needs. The same members give the same
//! bytes.

use std::borrow::Cow;

use flate2::{Compress, Compression, FlushCompress, Status};

use super::crypt;

/// 1980-01-01, the earliest date that a ZIP can name (4.4.6).
const DATE: u16 = (1 << 5) | 1;
const VERSION: u16 = 20;
/// General purpose bit 11: the name is UTF-8 (4.4.4).
const UTF8: u16 = 1 << 11;
/// General purpose bit 0: the member is encrypted (4.4.4).
const LOCKED: u16 = 1;

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
    /// The method that the headers show: 99 hides the real one in `extra`.
    packing: u16,
    extra: Vec<u8>,
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
    /// Kept between members: its tables are larger than most of them.
    packer: Option<Compress>,
}

impl Writer {
    /// Starts an empty archive.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one member. The name is written as given.
    pub fn add(&mut self, name: &str, data: &[u8], level: Level) {
        let (packing, body) = self.pack(data, level);
        self.add_raw(
            name,
            Kind { packing, ..Kind::default() },
            crc32fast::hash(data),
            data.len(),
            &body,
        );
    }

    /// Adds one member locked with AES-256 (AE-2). The same name, data and
    /// password give the same bytes.
    pub fn add_locked(&mut self, name: &str, data: &[u8], level: Level, password: &[u8]) {
        let (packing, body) = self.pack(data, level);
        // Field 0x9901: size 7, version 2, vendor "AE", strength, real method.
        let mut extra = vec![0x01, 0x99, 7, 0, 2, 0, b'A', b'E', crypt::STRENGTH_256];
        put16(&mut extra, packing);
        let kind = Kind { packing: 99, flags: LOCKED, extra };
        self.add_raw(name, kind, 0, data.len(), &crypt::seal(name, &body, password));
    }

    fn pack<'d>(&mut self, data: &'d [u8], level: Level) -> (u16, Cow<'d, [u8]>) {
        match level {
            Level::Stored => (0, Cow::Borrowed(data)),
            Level::Deflated => {
                let packed = self.deflate(data);
                if packed.len() < data.len() {
                    (8, Cow::Owned(packed))
                } else {
                    (0, Cow::Borrowed(data))
                }
            }
        }
    }

    fn deflate(&mut self, data: &[u8]) -> Vec<u8> {
        /// Beyond this level office parts shrink by 2 % and cost twice the time.
        const LEVEL: u32 = 3;
        let packer =
            self.packer.get_or_insert_with(|| Compress::new(Compression::new(LEVEL), false));
        packer.reset();
        let mut out = Vec::with_capacity(data.len() / 4 + 64);
        loop {
            let taken = usize::try_from(packer.total_in()).unwrap_or(usize::MAX);
            let rest = data.get(taken..).unwrap_or_default();
            match packer.compress_vec(rest, &mut out, FlushCompress::Finish) {
                Ok(Status::StreamEnd) => return out,
                Ok(Status::Ok | Status::BufError) => out.reserve(out.len().max(64)),
                // Only misuse of the stream fails; stored bytes are as good.
                Err(_) => return data.to_vec(),
            }
        }
    }

    fn add_raw(&mut self, name: &str, kind: Kind, crc32: u32, bytes: usize, body: &[u8]) {
        let sizes =
            (u32::try_from(self.out.len()), u32::try_from(body.len()), u32::try_from(bytes));
        let (Ok(offset), Ok(packed_bytes), Ok(bytes)) = sizes else {
            self.overflowed = true;
            return;
        };
        if u16::try_from(name.len()).is_err() || self.members.len() >= usize::from(u16::MAX) {
            self.overflowed = true;
            return;
        }
        let flags = kind.flags | if name.is_ascii() { 0 } else { UTF8 };
        let member = Member {
            name: name.to_owned(),
            packing: kind.packing,
            extra: kind.extra,
            flags,
            crc32,
            packed_bytes,
            bytes,
            offset,
        };
        self.out.extend_from_slice(b"PK\x03\x04");
        put16(&mut self.out, VERSION);
        member.put_common(&mut self.out);
        put16(&mut self.out, member.extra_len());
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(&member.extra);
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
            put16(&mut self.out, member.extra_len());
            // No comment, volume or attributes.
            self.out.extend_from_slice(&[0; 2 + 2 + 2 + 4]);
            put32(&mut self.out, member.offset);
            self.out.extend_from_slice(member.name.as_bytes());
            self.out.extend_from_slice(&member.extra);
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
    fn extra_len(&self) -> u16 {
        // The only field that is ever written has 11 bytes.
        u16::try_from(self.extra.len()).unwrap_or(0)
    }

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

/// The parts of a member's headers that depend on how it is written.
#[derive(Default)]
struct Kind {
    packing: u16,
    flags: u16,
    extra: Vec<u8>,
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
    use crate::zip::{Archive, Packing, UnlockError};

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
    #[test]
    fn what_is_locked_opens_with_its_password_only() {
        let write = || {
            let mut writer = Writer::new();
            writer.add_locked(
                "秘.txt",
                &b"secret ".repeat(50),
                Level::Deflated,
                "合言葉".as_bytes(),
            );
            writer.finish().expect("small")
        };
        let bytes = write();
        assert_eq!(bytes, write(), "the same bytes again");
        let mut budget = Budget::open(Limits::default(), bytes.len() as u64).expect("small");
        let archive = Archive::read(&bytes, &mut budget).expect("our own archive");
        let [entry] = archive.entries() else { panic!("one member") };
        let wrong = archive.unlock(entry, &[b"wrong".to_vec()], &mut budget);
        assert_eq!(wrong, Err(UnlockError::Wrong));
        let passwords = [b"wrong".to_vec(), "合言葉".as_bytes().to_vec()];
        let opened = archive.unlock(entry, &passwords, &mut budget);
        assert_eq!(opened, Ok((b"secret ".repeat(50), Some(1))));
    }
}

//! Writes ZIP archives with every field in the caller's hand, so that headers
//! may disagree, names may climb and bytes may hide between members.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// One member, with its lies.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// Name in the directory, as raw bytes.
    pub name: Vec<u8>,
    /// Content, unpacked.
    pub data: Vec<u8>,
    /// General purpose flags beyond what the content needs.
    pub flags: u16,
    /// Stored rather than deflated.
    pub is_stored: bool,
    /// Another name for the local header.
    pub local_name: Option<Vec<u8>>,
    /// Extra field, in both headers.
    pub extra: Vec<u8>,
    /// Member comment.
    pub comment: Vec<u8>,
    /// External attributes; the Unix mode stands in the upper half.
    pub attributes: u32,
    /// Left out of the directory: only its local header and data exist.
    pub is_unlisted: bool,
    /// Locked with the traditional cipher.
    pub password: Option<Vec<u8>>,
}

impl Member {
    /// Makes an honest member.
    #[must_use]
    pub fn new(name: impl Into<Vec<u8>>, data: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), data: data.into(), ..Self::default() }
    }
}

/// An archive and what stands around its members.
#[derive(Debug, Clone, Default)]
pub struct Zip {
    /// The members in order.
    pub members: Vec<Member>,
    /// Bytes before the first member.
    pub before: Vec<u8>,
    /// Bytes between the last member and the directory.
    pub between: Vec<u8>,
    /// Bytes after the end record.
    pub after: Vec<u8>,
    /// Archive comment.
    pub comment: Vec<u8>,
}

impl Zip {
    /// Makes an archive of honest members.
    #[must_use]
    pub fn of(members: &[(&str, &[u8])]) -> Self {
        let members = members.iter().map(|(name, data)| {
            let flags = if name.is_ascii() { 0 } else { UTF8 };
            Member { flags, ..Member::new(*name, *data) }
        });
        Self { members: members.collect(), ..Self::default() }
    }

    /// Writes the archive.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = self.before.clone();
        let mut directory = Vec::new();
        let mut listed = 0_u16;
        for member in &self.members {
            let offset = out.len();
            let body = member.body();
            out.extend(b"PK\x03\x04");
            member.common(
                &mut out,
                &body,
                member.local_name.as_ref().unwrap_or(&member.name).len(),
            );
            out.extend(member.local_name.as_ref().unwrap_or(&member.name));
            out.extend(&member.extra);
            out.extend(&body);
            if member.is_unlisted {
                continue;
            }
            listed += 1;
            directory.extend(b"PK\x01\x02");
            // Made by Unix, so that the upper attributes are a mode.
            put16(&mut directory, 20 | (3 << 8));
            member.common(&mut directory, &body, member.name.len());
            put16(&mut directory, member.comment.len());
            put16(&mut directory, 0);
            put16(&mut directory, 0);
            directory.extend(member.attributes.to_le_bytes());
            put32(&mut directory, offset);
            directory.extend(&member.name);
            directory.extend(&member.extra);
            directory.extend(&member.comment);
        }
        out.extend(&self.between);
        let start = out.len();
        out.extend(&directory);
        out.extend(b"PK\x05\x06\0\0\0\0");
        put16(&mut out, listed.into());
        put16(&mut out, listed.into());
        put32(&mut out, directory.len());
        put32(&mut out, start);
        put16(&mut out, self.comment.len());
        out.extend(&self.comment);
        out.extend(&self.after);
        out
    }
}

/// General purpose bit 11: the name is UTF-8.
pub const UTF8: u16 = 1 << 11;

impl Member {
    fn body(&self) -> Vec<u8> {
        let packed = if self.is_stored { self.data.clone() } else { deflate(&self.data) };
        match &self.password {
            Some(password) => lock(password, crc32fast::hash(&self.data), &packed),
            None => packed,
        }
    }

    fn common(&self, out: &mut Vec<u8>, body: &[u8], name_length: usize) {
        put16(out, 20);
        put16(out, usize::from(self.flags | u16::from(self.password.is_some())));
        put16(out, if self.is_stored { 0 } else { 8 });
        out.extend([0, 0, 0x21, 0x5a]);
        out.extend(crc32fast::hash(&self.data).to_le_bytes());
        put32(out, body.len());
        put32(out, self.data.len());
        put16(out, name_length);
        put16(out, self.extra.len());
    }
}

/// Packs `data` as a raw deflate stream.
#[must_use]
pub fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(data).expect("writing to memory cannot fail");
    encoder.finish().expect("writing to memory cannot fail")
}

/// Locks with the traditional PKWARE cipher (APPNOTE 6.1).
fn lock(password: &[u8], crc: u32, packed: &[u8]) -> Vec<u8> {
    let mut keys = [0x1234_5678_u32, 0x2345_6789, 0x3456_7890];
    for &byte in password {
        update(&mut keys, byte);
    }
    let [.., check] = crc.to_le_bytes();
    let header = [7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, check];
    let encrypt = |byte: &u8| {
        let temporary = (keys[2] | 2) & 0xffff;
        let mask = (temporary.wrapping_mul(temporary ^ 1) >> 8).to_le_bytes()[0];
        update(&mut keys, *byte);
        byte ^ mask
    };
    header.iter().chain(packed).map(encrypt).collect()
}

fn update(keys: &mut [u32; 3], byte: u8) {
    keys[0] = crc_step(keys[0], byte);
    keys[1] = keys[1].wrapping_add(keys[0] & 0xff).wrapping_mul(134_775_813).wrapping_add(1);
    keys[2] = crc_step(keys[2], keys[1].to_be_bytes()[0]);
}

/// One byte of CRC-32 without the usual inversions.
fn crc_step(crc: u32, byte: u8) -> u32 {
    (0..8).fold(crc ^ u32::from(byte), |crc, _| {
        if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
    })
}

fn put16(out: &mut Vec<u8>, value: usize) {
    out.extend(u16::try_from(value).expect("made files are small").to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: usize) {
    out.extend(u32::try_from(value).expect("made files are small").to_le_bytes());
}

//! The records of a ZIP as typed values: end records, directory records and
//! local headers. Says what stands there, not whether it is to be believed.

use super::crypt::Lock;
use super::name::{self, Charset};
use super::read::{Entry, Packing, ZipError};

const END_SIGNATURE: u32 = 0x0605_4b50;
const END64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
const END64_SIGNATURE: u32 = 0x0606_4b50;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const ZIP64_FIELD: u16 = 0x0001;
/// WinZip's AES field: version, vendor, strength, real method.
const AES_FIELD: u16 = 0x9901;
const AES_METHOD: u16 = 99;
/// General purpose bit 11: the name is UTF-8 (4.4.4).
const UTF8_FLAG: u16 = 1 << 11;
/// General purpose bit 6: strong encryption, which nobody may implement freely.
const STRONG_FLAG: u16 = 1 << 6;
/// Hosts whose external attributes hold a Unix mode (4.4.2).
const UNIX_HOST: u16 = 3;
const MACOS_HOST: u16 = 19;
/// Bytes of an end record without its comment (4.3.16).
const END_SIZE: usize = 22;
/// A comment's length is 16 bits wide (4.4.12).
const COMMENT_MAX: usize = 0xFFFF;

/// What the end record says (4.3.16), with ZIP64 taken into account.
pub(super) struct End {
    pub(super) count: u64,
    pub(super) directory_start: usize,
    /// Added to every offset in the directory: the size of a stub before it.
    pub(super) shift: u64,
    pub(super) has_comment: bool,
    /// Where the directory must end.
    pub(super) directory_end: usize,
    pub(super) file_end: usize,
}

impl End {
    pub(super) fn find(bytes: &[u8]) -> Result<Self, ZipError> {
        let last = bytes.len().checked_sub(END_SIZE).ok_or(ZipError::NoEnd)?;
        let first = last.saturating_sub(COMMENT_MAX);
        let at = (first..=last)
            .rev()
            .find(|&at| u32_at(bytes, at) == Some(END_SIGNATURE) && directory_fits(bytes, at))
            .ok_or(ZipError::NoEnd)?;
        let broken = || ZipError::Broken { offset: at as u64 };
        let field16 = |offset: usize| u16_at(bytes, at + offset).ok_or_else(broken);
        let field32 = |offset: usize| u32_at(bytes, at + offset).ok_or_else(broken);
        let (disk, directory_disk) = (field16(4)?, field16(6)?);
        let mut count = u64::from(field16(10)?);
        let mut size = u64::from(field32(12)?);
        let mut offset = u64::from(field32(16)?);
        let mut directory_end = at;
        if let Some(wide) = End64::find(bytes, at) {
            (count, size, offset) = (wide.count, wide.size, wide.offset);
            directory_end = wide.start;
        } else if disk != 0 || directory_disk != 0 {
            return Err(ZipError::Volumes);
        }
        let comment = usize::from(field16(20)?);
        let size = usize::try_from(size).map_err(|_| broken())?;
        let directory_start = directory_end.checked_sub(size).ok_or_else(broken)?;
        let shift = (directory_start as u64).checked_sub(offset).ok_or_else(broken)?;
        let file_end = (at + END_SIZE).saturating_add(comment);
        let has_comment = comment > 0;
        Ok(Self { count, directory_start, shift, has_comment, directory_end, file_end })
    }
}

/// Tells an end record from its signature in a comment: the directory it
/// names must start with a directory record, or be empty.
fn directory_fits(bytes: &[u8], at: usize) -> bool {
    let end = End64::find(bytes, at).map_or(at, |wide| wide.start);
    let Some(size) = u32_at(bytes, at + 12) else { return false };
    let size = if size == u32::MAX {
        End64::find(bytes, at).map_or(u64::MAX, |wide| wide.size)
    } else {
        u64::from(size)
    };
    if size == 0 {
        return true;
    }
    let start = usize::try_from(size).ok().and_then(|size| end.checked_sub(size));
    start.is_some_and(|start| u32_at(bytes, start) == Some(CENTRAL_SIGNATURE))
}

/// The ZIP64 end record (4.3.14), found by its locator (4.3.15).
struct End64 {
    start: usize,
    count: u64,
    size: u64,
    offset: u64,
}

impl End64 {
    fn find(bytes: &[u8], end: usize) -> Option<Self> {
        let locator = end.checked_sub(20)?;
        if u32_at(bytes, locator)? != END64_LOCATOR_SIGNATURE {
            return None;
        }
        let start = usize::try_from(u64_at(bytes, locator + 8)?).ok()?;
        if u32_at(bytes, start)? != END64_SIGNATURE {
            return None;
        }
        Some(Self {
            start,
            count: u64_at(bytes, start.checked_add(32)?)?,
            size: u64_at(bytes, start.checked_add(40)?)?,
            offset: u64_at(bytes, start.checked_add(48)?)?,
        })
    }
}

/// One record of the central directory (4.3.12).
pub(super) struct Central<'a> {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u16,
    pub(super) crc32: u32,
    pub(super) packed_bytes: u64,
    pub(super) bytes: u64,
    pub(super) local_offset: u64,
    pub(super) attributes: u32,
    pub(super) made_on_unix: bool,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
    pub(super) has_comment: bool,
    pub(super) end: usize,
}

impl<'a> Central<'a> {
    pub(super) fn read(bytes: &'a [u8], at: usize) -> Result<Self, ZipError> {
        Self::parse(bytes, at).ok_or(ZipError::Broken { offset: at as u64 })
    }

    fn parse(bytes: &'a [u8], at: usize) -> Option<Self> {
        let record = bytes.get(at..)?;
        if u32_at(record, 0)? != CENTRAL_SIGNATURE {
            return None;
        }
        let name_len = usize::from(u16_at(record, 28)?);
        let extra_len = usize::from(u16_at(record, 30)?);
        let comment_len = usize::from(u16_at(record, 32)?);
        let name = record.get(46..46 + name_len)?;
        let extra = record.get(46 + name_len..46 + name_len + extra_len)?;
        let length = 46 + name_len + extra_len + comment_len;
        record.get(..length)?;
        let mut central = Self {
            flags: u16_at(record, 8)?,
            method: u16_at(record, 10)?,
            time: u16_at(record, 12)?,
            crc32: u32_at(record, 16)?,
            packed_bytes: u64::from(u32_at(record, 20)?),
            bytes: u64::from(u32_at(record, 24)?),
            local_offset: u64::from(u32_at(record, 42)?),
            attributes: u32_at(record, 38)?,
            made_on_unix: matches!(u16_at(record, 4)? >> 8, UNIX_HOST | MACOS_HOST),
            name,
            extra,
            has_comment: comment_len > 0,
            end: at + length,
        };
        central.widen()?;
        Some(central)
    }

    /// Reads 64-bit sizes where the 32-bit ones are all ones (4.5.3).
    fn widen(&mut self) -> Option<()> {
        const WIDE: u64 = u32::MAX as u64;
        let Some(field) = name::field(self.extra, ZIP64_FIELD) else { return Some(()) };
        let mut at = 0;
        for value in [&mut self.bytes, &mut self.packed_bytes, &mut self.local_offset] {
            if *value == WIDE {
                *value = u64_at(field, at)?;
                at += 8;
            }
        }
        Some(())
    }

    /// What the name's bytes say about how names are written here.
    pub(super) fn hint(&self) -> name::Hint {
        if self.flags & UTF8_FLAG != 0 {
            return name::Hint::Nothing;
        }
        name::hint(self.name, self.made_on_unix)
    }

    pub(super) fn entry(&self, data_start: usize, charset: Charset) -> Entry {
        const UNIX_TYPE: u32 = 0o170_000;
        const UNIX_FILE: u32 = 0o100_000;
        const UNIX_DIRECTORY: u32 = 0o040_000;
        let unix_type = (self.attributes >> 16) & UNIX_TYPE;
        let name = name::decode(self.name, self.flags & UTF8_FLAG != 0, self.extra, charset);
        let (lock, method) = self.lock();
        Entry {
            is_directory: name.ends_with('/') || name.ends_with('\\'),
            is_special: self.made_on_unix && !matches!(unix_type, 0 | UNIX_FILE | UNIX_DIRECTORY),
            name,
            name_raw: self.name.to_vec(),
            packing: match method {
                0 => Packing::Stored,
                8 => Packing::Deflated,
                other => Packing::Other(other),
            },
            is_encrypted: self.flags & 1 != 0,
            crc32: self.crc32,
            packed_bytes: self.packed_bytes,
            bytes: self.bytes,
            lock,
            data_start,
        }
    }

    /// How the member is encrypted, and the packing method under it.
    fn lock(&self) -> (Lock, u16) {
        if self.flags & 1 == 0 {
            return (Lock::None, self.method);
        }
        if self.flags & STRONG_FLAG != 0 {
            return (Lock::Unknown, self.method);
        }
        if self.method != AES_METHOD {
            let checks = [(self.crc32 >> 24) as u8, (self.time >> 8) as u8];
            return (Lock::Traditional { checks }, self.method);
        }
        let field = name::field(self.extra, AES_FIELD).unwrap_or_default();
        let parts = (u16_at(field, 0), field.get(4), u16_at(field, 5));
        let (Some(version @ 1..=2), Some(&strength @ 1..=3), Some(method)) = parts else {
            return (Lock::Unknown, self.method);
        };
        (Lock::Aes { strength, has_crc: version == 1 }, method)
    }
}

/// A local header (4.3.7).
pub(super) struct Local<'a> {
    pub(super) start: usize,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc32: u32,
    pub(super) packed_bytes: u32,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
    pub(super) data_start: usize,
}

impl<'a> Local<'a> {
    pub(super) fn read(bytes: &'a [u8], offset: u64) -> Result<Self, ZipError> {
        Self::parse(bytes, offset).ok_or(ZipError::Broken { offset })
    }

    fn parse(bytes: &'a [u8], offset: u64) -> Option<Self> {
        let start = usize::try_from(offset).ok()?;
        let record = bytes.get(start..)?;
        if u32_at(record, 0)? != LOCAL_SIGNATURE {
            return None;
        }
        let name_len = usize::from(u16_at(record, 26)?);
        let extra_len = usize::from(u16_at(record, 28)?);
        Some(Self {
            start,
            flags: u16_at(record, 6)?,
            method: u16_at(record, 8)?,
            crc32: u32_at(record, 14)?,
            packed_bytes: u32_at(record, 18)?,
            name: record.get(30..30 + name_len)?,
            extra: record.get(30 + name_len..30 + name_len + extra_len)?,
            data_start: start + 30 + name_len + extra_len,
        })
    }

    /// Length of the data descriptor (4.3.9) that `after`, the bytes behind the
    /// member's data, begins with: checksum and two sizes of 32 or 64 bits, with
    /// or without a signature.
    pub(super) fn descriptor_len(&self, central: &Central<'_>, after: &[u8]) -> usize {
        const SIGNATURE: &[u8] = b"PK\x07\x08";
        if self.flags & (1 << 3) == 0 {
            return 0;
        }
        let signature = if after.starts_with(SIGNATURE) { SIGNATURE.len() } else { 0 };
        let body = &after[signature..];
        let narrow = (u32_at(body, 4).map(u64::from), u32_at(body, 8).map(u64::from));
        let wide = (u64_at(body, 4), u64_at(body, 12));
        let sizes = (Some(central.packed_bytes), Some(central.bytes));
        if u32_at(body, 0) != Some(central.crc32) {
            return 0;
        }
        if wide == sizes {
            signature + 20
        } else if narrow == sizes {
            signature + 12
        } else {
            0
        }
    }

    /// Says whether both headers describe the same member. Sizes and checksum
    /// may be absent here when a data descriptor follows (bit 3, 4.4.4).
    pub(super) fn fits(&self, central: &Central<'_>) -> bool {
        let descriptor = self.flags & (1 << 3) != 0;
        let wide = self.packed_bytes == u32::MAX;
        let bit = |flag: u16| self.flags & flag == central.flags & flag;
        if !bit(1) || !bit(STRONG_FLAG) {
            return false;
        }
        let sizes = descriptor
            || (self.crc32 == central.crc32
                && (wide || u64::from(self.packed_bytes) == central.packed_bytes));
        self.name == central.name && self.method == central.method && sizes
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(field.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(field.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(field.try_into().ok()?))
}

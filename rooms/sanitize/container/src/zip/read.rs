//! The reading half: central directory, local headers, inflating within a
//! budget. Refuses what two readers could understand in two ways.

use std::io::Read;

use flate2::read::DeflateDecoder;
use sanitize_core::{Budget, Stop};

use super::name;

const END_SIGNATURE: u32 = 0x0605_4b50;
const END64_LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
const END64_SIGNATURE: u32 = 0x0606_4b50;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const ZIP64_FIELD: u16 = 0x0001;
/// Bytes of an end record without its comment (4.3.16).
const END_SIZE: usize = 22;
/// A comment's length is 16 bits wide (4.4.12).
const COMMENT_MAX: usize = 0xFFFF;

/// Why an archive or a member could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZipError {
    /// No end record: not a ZIP, or cut off.
    #[error("no end of central directory")]
    NoEnd,
    /// A record is outside the file or has the wrong signature.
    #[error("broken record at byte {offset}")]
    Broken {
        /// Where the record should be, in bytes from the start.
        offset: u64,
    },
    /// Two members share packed bytes, as in a "better zip bomb".
    #[error("members overlap")]
    Overlap,
    /// The archive continues on another volume.
    #[error("archive has several volumes")]
    Volumes,
    /// The member is encrypted.
    #[error("member is encrypted")]
    Encrypted,
    /// The packing method is not supported here.
    #[error("packing method {0} is not supported")]
    Method(u16),
    /// The packed data is damaged or does not fit its checksum or size.
    #[error("packed data is damaged")]
    Damaged,
    /// A limit was reached.
    #[error(transparent)]
    Stop(#[from] Stop),
}

/// How a member is packed (4.4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Method 0.
    Stored,
    /// Method 8.
    Deflated,
    /// Any other method, by number. 99 is AE-x (AES).
    Other(u16),
}

/// Something odd that a rewrite takes away; worth a line in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Bytes before the first member, as in self-extracting archives.
    DataBefore,
    /// Bytes between members or after the end record.
    DataBetween,
    /// An archive or member comment.
    Comment,
    /// A local header names, sizes or packs a member otherwise.
    LocalHeaderDiffers,
}

/// One member as the central directory describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Decoded name, as written: not yet safe as a path.
    pub name: String,
    /// The raw bytes of the name.
    pub name_raw: Vec<u8>,
    /// How it is packed.
    pub packing: Packing,
    /// Whether its data is encrypted (general purpose bit 0).
    pub is_encrypted: bool,
    /// Whether it stands for a directory.
    pub is_directory: bool,
    /// Whether Unix attributes call it a symbolic link or a device.
    pub is_special: bool,
    /// CRC-32 of the unpacked data; zero for AE-2.
    pub crc32: u32,
    /// Packed size, in bytes.
    pub packed_bytes: u64,
    /// Unpacked size as claimed, in bytes.
    pub bytes: u64,
    data_start: usize,
}

/// A ZIP archive in memory.
#[derive(Debug)]
pub struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
    findings: Vec<Finding>,
}

impl<'a> Archive<'a> {
    /// Reads the directory of `bytes` and checks it against the local headers.
    ///
    /// Offsets may be shifted by a stub before the archive, as in
    /// self-extracting files; the shift is found from the end record.
    ///
    /// # Errors
    /// Fails on a broken directory, on several volumes, on overlapping
    /// members, and at the entry limit.
    pub fn read(bytes: &'a [u8], budget: &mut Budget) -> Result<Self, ZipError> {
        let end = End::find(bytes)?;
        budget.take_entries(end.count)?;
        let mut findings = Vec::new();
        let mut entries = Vec::new();
        let mut spans = Vec::new();
        let mut cursor = end.directory_start;
        for _ in 0..end.count {
            let central = Central::read(bytes, cursor)?;
            cursor = central.end;
            let local = Local::read(bytes, central.local_offset.saturating_add(end.shift))?;
            if !local.fits(&central) {
                note(&mut findings, Finding::LocalHeaderDiffers);
            }
            if central.has_comment {
                note(&mut findings, Finding::Comment);
            }
            let packed = usize::try_from(central.packed_bytes).map_err(|_| ZipError::Damaged)?;
            let data_end = local.data_start.checked_add(packed).filter(|&end| end <= bytes.len());
            let data_end = data_end.ok_or(ZipError::Broken { offset: central.local_offset })?;
            spans.push((local.start, data_end));
            entries.push(central.entry(local.data_start));
        }
        check_spans(&mut spans, &end, bytes.len(), &mut findings)?;
        if end.has_comment {
            note(&mut findings, Finding::Comment);
        }
        Ok(Self { bytes, entries, findings })
    }

    /// The members, in directory order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What was odd about the archive; each at most once.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns a member's packed bytes.
    #[must_use]
    pub fn packed(&self, entry: &Entry) -> &'a [u8] {
        let packed = usize::try_from(entry.packed_bytes).unwrap_or(usize::MAX);
        let end = entry.data_start.saturating_add(packed);
        self.bytes.get(entry.data_start..end).unwrap_or_default()
    }

    /// Unpacks a member and checks its size and checksum.
    ///
    /// # Errors
    /// Fails on encrypted, unsupported or damaged members and at the limits.
    pub fn data(&self, entry: &Entry, budget: &mut Budget) -> Result<Vec<u8>, ZipError> {
        if entry.is_encrypted {
            return Err(ZipError::Encrypted);
        }
        let packed = self.packed(entry);
        let data = match entry.packing {
            Packing::Stored => {
                budget.take_bytes(packed.len() as u64)?;
                packed.to_vec()
            }
            Packing::Deflated => inflate(packed, entry.bytes, budget)?,
            Packing::Other(method) => return Err(ZipError::Method(method)),
        };
        if data.len() as u64 != entry.bytes || crc32fast::hash(&data) != entry.crc32 {
            return Err(ZipError::Damaged);
        }
        Ok(data)
    }
}

/// Inflates at most what the budget allows; the claimed size only sizes the
/// first allocation, and only up to a bound.
fn inflate(packed: &[u8], claimed: u64, budget: &mut Budget) -> Result<Vec<u8>, ZipError> {
    const FIRST_ALLOCATION_MAX: u64 = 16 << 20;
    let ceiling = budget.bytes_left().min(claimed.saturating_add(1));
    let first = usize::try_from(claimed.min(FIRST_ALLOCATION_MAX)).unwrap_or(0);
    let mut data = Vec::with_capacity(first);
    let mut reader = DeflateDecoder::new(packed).take(ceiling);
    let read = reader.read_to_end(&mut data);
    budget.take_bytes(data.len() as u64)?;
    if data.len() as u64 == ceiling && claimed > ceiling {
        // The stream goes on past what the budget allows.
        budget.take_bytes(claimed.saturating_sub(ceiling))?;
    }
    read.map_err(|_| ZipError::Damaged)?;
    Ok(data)
}

fn note(findings: &mut Vec<Finding>, finding: Finding) {
    if !findings.contains(&finding) {
        findings.push(finding);
    }
}

/// Checks that members do not share bytes, and notes bytes that belong to none.
fn check_spans(
    spans: &mut [(usize, usize)],
    end: &End,
    file_len: usize,
    findings: &mut Vec<Finding>,
) -> Result<(), ZipError> {
    // Data descriptors (4.3.9) stand between members: at most 24 bytes.
    const DESCRIPTOR_MAX: usize = 24;
    spans.sort_unstable();
    if spans.first().is_some_and(|&(start, _)| start > 0) {
        note(findings, Finding::DataBefore);
    }
    for pair in spans.windows(2) {
        let (previous, next) = (pair[0].1, pair[1].0);
        if next < previous {
            return Err(ZipError::Overlap);
        }
        if next - previous > DESCRIPTOR_MAX {
            note(findings, Finding::DataBetween);
        }
    }
    if let Some(&(_, last)) = spans.last() {
        if last > end.directory_start {
            return Err(ZipError::Overlap);
        }
        if end.directory_start - last > DESCRIPTOR_MAX {
            note(findings, Finding::DataBetween);
        }
    }
    if end.file_end < file_len {
        note(findings, Finding::DataBetween);
    }
    Ok(())
}

/// What the end record says (4.3.16), with ZIP64 taken into account.
struct End {
    count: u64,
    directory_start: usize,
    /// Added to every offset in the directory: the size of a stub before it.
    shift: u64,
    has_comment: bool,
    file_end: usize,
}

impl End {
    fn find(bytes: &[u8]) -> Result<Self, ZipError> {
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
        Ok(Self { count, directory_start, shift, has_comment: comment > 0, file_end })
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
struct Central<'a> {
    flags: u16,
    method: u16,
    crc32: u32,
    packed_bytes: u64,
    bytes: u64,
    local_offset: u64,
    attributes: u32,
    made_on_unix: bool,
    name: &'a [u8],
    extra: &'a [u8],
    has_comment: bool,
    end: usize,
}

impl<'a> Central<'a> {
    fn read(bytes: &'a [u8], at: usize) -> Result<Self, ZipError> {
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
            crc32: u32_at(record, 16)?,
            packed_bytes: u64::from(u32_at(record, 20)?),
            bytes: u64::from(u32_at(record, 24)?),
            local_offset: u64::from(u32_at(record, 42)?),
            attributes: u32_at(record, 38)?,
            made_on_unix: u16_at(record, 4)? >> 8 == 3,
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

    fn entry(&self, data_start: usize) -> Entry {
        const UNIX_TYPE: u32 = 0o170_000;
        const UNIX_FILE: u32 = 0o100_000;
        const UNIX_DIRECTORY: u32 = 0o040_000;
        let unix_type = (self.attributes >> 16) & UNIX_TYPE;
        let name = name::decode(self.name, self.flags & (1 << 11) != 0, self.extra);
        Entry {
            is_directory: name.ends_with('/') || name.ends_with('\\'),
            is_special: self.made_on_unix
                && !matches!(unix_type, 0 | UNIX_FILE | UNIX_DIRECTORY),
            name,
            name_raw: self.name.to_vec(),
            packing: match self.method {
                0 => Packing::Stored,
                8 => Packing::Deflated,
                other => Packing::Other(other),
            },
            is_encrypted: self.flags & 1 != 0,
            crc32: self.crc32,
            packed_bytes: self.packed_bytes,
            bytes: self.bytes,
            data_start,
        }
    }
}

/// A local header (4.3.7).
struct Local<'a> {
    start: usize,
    flags: u16,
    method: u16,
    crc32: u32,
    packed_bytes: u32,
    name: &'a [u8],
    data_start: usize,
}

impl<'a> Local<'a> {
    fn read(bytes: &'a [u8], offset: u64) -> Result<Self, ZipError> {
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
            data_start: start + 30 + name_len + extra_len,
        })
    }

    /// Says whether both headers describe the same member. Sizes and checksum
    /// may be absent here when a data descriptor follows (bit 3, 4.4.4).
    fn fits(&self, central: &Central<'_>) -> bool {
        let descriptor = self.flags & (1 << 3) != 0;
        let wide = self.packed_bytes == u32::MAX;
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

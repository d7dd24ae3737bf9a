//! The reading half: central directory, local headers, inflating within a
//! budget. Refuses what two readers could understand in two ways.

use sanitize_core::{Budget, Stop};

use super::crypt::{Lock, UnlockError};
use super::name::{Charset, Hint, has_odd_field};
use super::records::{Central, End, Local};
use super::unpack::unpack;

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
    /// An extra field (4.5) that no reader needs.
    ExtraField,
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
    pub(super) lock: Lock,
    pub(super) data_start: usize,
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
        let mut centrals = Vec::new();
        let mut spans = Vec::new();
        let mut cursor = end.directory_start;
        let mut hint = Hint::Nothing;
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
            if has_odd_field(central.extra) || has_odd_field(local.extra) {
                note(&mut findings, Finding::ExtraField);
            }
            let packed = usize::try_from(central.packed_bytes).map_err(|_| ZipError::Damaged)?;
            let data_end = local.data_start.checked_add(packed).filter(|&end| end <= bytes.len());
            let data_end = data_end.ok_or(ZipError::Broken { offset: central.local_offset })?;
            let descriptor = local.descriptor_len(&central, &bytes[data_end..]);
            spans.push((local.start, data_end + descriptor));
            hint = hint.max(central.hint());
            centrals.push((central, local.data_start));
        }
        if cursor != end.directory_end {
            // Other readers go by the directory's size and would see more members.
            note(&mut findings, Finding::DataBetween);
        }
        let charset = Charset::from(hint);
        let entries =
            centrals.iter().map(|(central, start)| central.entry(*start, charset)).collect();
        check_spans(&mut spans, &end, bytes, &mut findings)?;
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
        let data = unpack(self.packed(entry), entry, budget)?;
        if crc32fast::hash(&data) != entry.crc32 {
            return Err(ZipError::Damaged);
        }
        Ok(data)
    }

    /// Decrypts and unpacks a member with the first of `passwords` that opens
    /// it; returns the data and which one it was. A member that is not
    /// encrypted is unpacked, and the position is `None`.
    ///
    /// # Errors
    /// Fails when no password opens it or nobody here knows its encryption,
    /// and as [`Archive::data`].
    pub fn unlock(
        &self,
        entry: &Entry,
        passwords: &[Vec<u8>],
        budget: &mut Budget,
    ) -> Result<(Vec<u8>, Option<usize>), UnlockError> {
        if !entry.is_encrypted {
            return Ok((self.data(entry, budget)?, None));
        }
        if entry.lock == Lock::Unknown {
            return Err(UnlockError::Unknown);
        }
        for (position, password) in passwords.iter().enumerate() {
            let Some(packed) = entry.lock.open(self.packed(entry), password, budget)? else {
                continue;
            };
            match unpack(&packed, entry, budget) {
                Ok(data) if !entry.lock.has_crc() || crc32fast::hash(&data) == entry.crc32 => {
                    return Ok((data, Some(position)));
                }
                // The short check of traditional encryption fits by chance once
                // in 256 times; the data then makes no sense.
                Ok(_) | Err(ZipError::Damaged) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(UnlockError::Wrong)
    }
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
    bytes: &[u8],
    findings: &mut Vec<Finding>,
) -> Result<(), ZipError> {
    let is_used = |from, to| bytes.get(from..to).is_some_and(|gap| gap.iter().any(|&b| b != 0));
    spans.sort_unstable();
    if spans.first().map_or(end.directory_start, |&(start, _)| start) > 0 {
        note(findings, Finding::DataBefore);
    }
    for pair in spans.windows(2) {
        let (previous, next) = (pair[0].1, pair[1].0);
        if next < previous {
            return Err(ZipError::Overlap);
        }
        if is_used(previous, next) {
            note(findings, Finding::DataBetween);
        }
    }
    if let Some(&(_, last)) = spans.last() {
        if last > end.directory_start {
            return Err(ZipError::Overlap);
        }
        if is_used(last, end.directory_start) {
            note(findings, Finding::DataBetween);
        }
    }
    if end.file_end < bytes.len() {
        note(findings, Finding::DataBetween);
    }
    Ok(())
}

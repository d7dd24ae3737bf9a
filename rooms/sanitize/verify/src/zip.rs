//! ZIP: walks the bytes in file order with its own reader and unpacks members
//! where the `zip` crate finds them, so that two readings must agree. Writes
//! nothing.
//!
//! Source: APPNOTE.TXT 6.3.10 (section numbers in comments are its).

use std::collections::HashSet;
use std::io::{Cursor, Read};

use ::zip::read::Config;
use ::zip::{CompressionMethod, ZipArchive};
use flate2::{Decompress, FlushDecompress, Status};

use crate::check::{Check, Halt, Walk};
use crate::rules;

/// An archive whose layout was looked at.
pub(crate) struct Archive<'b> {
    inner: ZipArchive<Cursor<&'b [u8]>>,
    bytes: &'b [u8],
    names: Vec<String>,
}

impl<'b> Archive<'b> {
    /// Opens an archive and checks its layout and names. `None` when it could
    /// not be opened; that stands in the findings then.
    pub(crate) fn open(check: &mut Check<'_>, bytes: &'b [u8]) -> Result<Option<Self>, Halt> {
        let laid_out = layout(bytes);
        if let Err(complaint) = &laid_out {
            check.found(rules::ZIP_LAYOUT, complaint)?;
        }
        let inner = match ZipArchive::with_config(Config::default(), Cursor::new(bytes)) {
            Ok(inner) => inner,
            Err(error) => {
                check.unreadable(format!("zip: {error}"))?;
                return Ok(None);
            }
        };
        check.take_entries(inner.len() as u64)?;
        if inner.has_duplicate_names() {
            check.found(rules::ZIP_DUPLICATE, "two members of one name")?;
        }
        let mut archive = Self { inner, bytes, names: Vec::new() };
        archive.read_names(check, laid_out.ok())?;
        Ok(Some(archive))
    }

    fn read_names(&mut self, check: &mut Check<'_>, walked: Option<Vec<&[u8]>>) -> Walk {
        let mut seen = HashSet::with_capacity(self.inner.len());
        for index in 0..self.inner.len() {
            let name = match self.inner.name_for_index(index) {
                Some(Ok(name)) => name.into_owned(),
                Some(Err(_)) | None => {
                    check.found(rules::ZIP_NAME, "a name that is no text")?;
                    format!("member {index}")
                }
            };
            let as_walked = walked
                .as_ref()
                .is_none_or(|names| names.get(index).copied() == Some(name.as_bytes()));
            if !as_walked {
                check
                    .found(rules::ZIP_LAYOUT, format!("two readers see different names: {name}"))?;
            }
            if let Some(fault) = name_fault(&name) {
                check.found(rules::ZIP_NAME, format!("{fault}: {name}"))?;
            }
            if !seen.insert(name.to_lowercase()) {
                check.found(rules::ZIP_DUPLICATE, &name)?;
            }
            self.names.push(name);
        }
        if walked.is_some_and(|names| names.len() != self.inner.len()) {
            check.found(rules::ZIP_LAYOUT, "two readers see different numbers of members")?;
        }
        Ok(())
    }

    /// The members' names, in the order of the directory.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Unpacks one member. `None` when that failed; that stands in the
    /// findings then.
    pub(crate) fn data(
        &mut self,
        check: &mut Check<'_>,
        index: usize,
    ) -> Result<Option<Vec<u8>>, Halt> {
        let is_locked = self.inner.by_index_data(index).is_ok_and(|entry| entry.encrypted());
        if is_locked {
            return self.locked_data(check, index);
        }
        let (bytes, bytes_left) = (self.bytes, check.bytes_left());
        let deflated = match self.inner.by_index_raw(index) {
            Ok(member) if member.compression() == CompressionMethod::Deflated => {
                Some(inflate(bytes, &member, bytes_left))
            }
            Ok(_) | Err(_) => None,
        };
        let result = deflated.unwrap_or_else(|| match self.inner.by_index(index) {
            Ok(member) => unpack(member, bytes_left),
            Err(error) => Err(error.to_string()),
        });
        settle(check, result)
    }

    fn locked_data(
        &mut self,
        check: &mut Check<'_>,
        index: usize,
    ) -> Result<Option<Vec<u8>>, Halt> {
        let passwords = check.passwords;
        for password in passwords.iter() {
            let Ok(member) = self.inner.by_index_decrypt(index, password.as_bytes()) else {
                continue;
            };
            if let Ok(data) = unpack(member, check.bytes_left()) {
                check.take_bytes(data.len() as u64)?;
                return Ok(Some(data));
            }
        }
        check.found(rules::ZIP_LOCKED, "no given password opens the member")?;
        Ok(None)
    }
}

fn settle(check: &mut Check<'_>, result: Result<Vec<u8>, String>) -> Result<Option<Vec<u8>>, Halt> {
    match result {
        Ok(data) => {
            check.take_bytes(data.len() as u64)?;
            Ok(Some(data))
        }
        Err(error) => {
            check.unreadable(error)?;
            Ok(None)
        }
    }
}

fn unpack<R: Read>(
    member: ::zip::read::ZipFile<'_, R>,
    bytes_left: u64,
) -> Result<Vec<u8>, String> {
    let declared = member.size();
    if declared > bytes_left {
        return Err("unpacks to more than allowed".to_owned());
    }
    // The declared size is only a hint until the bytes are there.
    let mut data =
        Vec::with_capacity(usize::try_from(declared.min(READ_AHEAD_MAX)).unwrap_or(0) + 1);
    let read = member.take(declared.saturating_add(1)).read_to_end(&mut data);
    match read {
        Ok(count) if count as u64 == declared => Ok(data),
        Ok(_) => Err("unpacks to another size than declared".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Inflates a member in one go: through a reader each part would cost a window
/// that is larger than most parts.
fn inflate<R: Read>(
    bytes: &[u8],
    member: &::zip::read::ZipFile<'_, R>,
    bytes_left: u64,
) -> Result<Vec<u8>, String> {
    let declared = member.size();
    if declared > bytes_left {
        return Err("unpacks to more than allowed".to_owned());
    }
    let place = |at: u64| usize::try_from(at).ok();
    let start = member.data_start().and_then(place);
    let end = start.and_then(|start| start.checked_add(place(member.compressed_size())?));
    let packed = start.zip(end).and_then(|(start, end)| bytes.get(start..end));
    let packed = packed.ok_or("a member outside the file")?;
    let ceiling = place(declared).and_then(|size| size.checked_add(1)).ok_or("too large")?;
    let mut data = Vec::with_capacity(ceiling.min(usize::try_from(READ_AHEAD_MAX).unwrap_or(0)));
    let mut stream = Decompress::new(false);
    loop {
        let (taken, known) = (stream.total_in(), data.len());
        let rest = place(taken).and_then(|taken| packed.get(taken..)).unwrap_or_default();
        let status = stream.decompress_vec(rest, &mut data, FlushDecompress::Finish);
        match status.map_err(|error| error.to_string())? {
            Status::StreamEnd => break,
            Status::Ok | Status::BufError if data.len() >= ceiling => break,
            Status::Ok | Status::BufError if data.len() == data.capacity() => {
                data.reserve_exact(data.len().max(1).min(ceiling - data.len()));
            }
            Status::Ok | Status::BufError if (taken, known) == (stream.total_in(), data.len()) => {
                return Err("packed data that ends early".to_owned());
            }
            Status::Ok | Status::BufError => {}
        }
    }
    if data.len() as u64 != declared {
        return Err("unpacks to another size than declared".to_owned());
    }
    if crc32fast::hash(&data) != member.crc32() {
        return Err("a checksum that does not fit".to_owned());
    }
    Ok(data)
}

/// Says what is wrong with a member's name.
pub(crate) fn name_fault(name: &str) -> Option<&'static str> {
    let bare = name.strip_suffix('/').unwrap_or(name);
    let is_climbing = |part: &str| matches!(part, "" | "." | "..");
    if bare.is_empty() {
        Some("an empty name")
    } else if name.starts_with('/') {
        Some("an absolute name")
    } else if name.contains(['\\', ':']) {
        Some("a name with a drive or a backslash")
    } else if name
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
    {
        Some("a name with control characters")
    } else if bare.split('/').any(is_climbing) {
        Some("a name that climbs")
    } else {
        None
    }
}

/// Walks the file from its first byte to its last and returns the raw names,
/// or the first thing that is not as in a plain archive: local headers and
/// data without gaps, then a directory that repeats them, then one end record.
fn layout(bytes: &[u8]) -> Result<Vec<&[u8]>, &'static str> {
    let mut reader = Fields { bytes, at: 0 };
    let mut locals: Vec<Local<'_>> = Vec::new();
    loop {
        let start = reader.at;
        match reader.u32()? {
            LOCAL => locals.push(local(&mut reader, start)?),
            DIRECTORY => break,
            END if locals.is_empty() => break,
            _ => return Err("bytes that belong to no member"),
        }
    }
    reader.at -= 4;
    let directory_start = reader.at;
    for entry in &locals {
        directory_entry(&mut reader, entry)?;
    }
    let directory_size = reader.at - directory_start;
    end_record(&mut reader, locals.len(), directory_start, directory_size)?;
    Ok(locals.into_iter().map(|entry| entry.name).collect())
}

/// A local header (4.3.7); `head` is what the directory repeats.
struct Local<'b> {
    start: usize,
    head: &'b [u8],
    name: &'b [u8],
    extra: &'b [u8],
}

fn local<'b>(reader: &mut Fields<'b>, start: usize) -> Result<Local<'b>, &'static str> {
    // Version, flags, method, time, date, CRC, sizes.
    let head = reader.take(22)?;
    let flags = u16::from_le_bytes([head[2], head[3]]);
    let method = u16::from_le_bytes([head[4], head[5]]);
    let packed = u32::from_le_bytes([head[14], head[15], head[16], head[17]]);
    let name_len = reader.u16()?;
    let extra_len = reader.u16()?;
    let name = reader.take(usize::from(name_len))?;
    let extra = reader.take(usize::from(extra_len))?;
    let is_locked = flags & FLAG_LOCKED != 0;
    if flags & !(FLAG_UTF8 | FLAG_LOCKED) != 0 {
        return Err("flags of a streamed or patched archive");
    }
    let extra_is_right =
        if is_locked { is_aes_extra(extra) && method == METHOD_AES } else { extra.is_empty() };
    if !extra_is_right {
        return Err("an extra field");
    }
    if !is_locked && !matches!(method, METHOD_STORED | METHOD_DEFLATED) {
        return Err("a packing method other than stored and deflated");
    }
    if !name.is_ascii() && flags & FLAG_UTF8 == 0 {
        return Err("a name that is not marked as UTF-8");
    }
    reader.take(packed as usize)?;
    Ok(Local { start, head, name, extra })
}

/// AES as WinZip writes it: tag 0x9901, seven bytes.
fn is_aes_extra(extra: &[u8]) -> bool {
    extra.len() == 11 && extra.starts_with(&[0x01, 0x99, 7, 0])
}

fn directory_entry(reader: &mut Fields<'_>, local: &Local<'_>) -> Result<(), &'static str> {
    if reader.u32()? != DIRECTORY {
        return Err("fewer directory entries than members");
    }
    let _made_by = reader.u16()?;
    if reader.take(22)? != local.head {
        return Err("a local header that differs from the directory");
    }
    let name_len = usize::from(reader.u16()?);
    let extra_len = usize::from(reader.u16()?);
    // Comment, disk, internal attributes, external attributes.
    if reader.take(10)?.iter().any(|&byte| byte != 0) {
        return Err("a comment, a volume number or attributes");
    }
    let offset = reader.u32()?;
    if reader.take(name_len)? != local.name || reader.take(extra_len)? != local.extra {
        return Err("a local name that differs from the directory");
    }
    if offset as usize != local.start {
        return Err("a directory entry that leads elsewhere");
    }
    Ok(())
}

fn end_record(
    reader: &mut Fields<'_>,
    count: usize,
    start: usize,
    size: usize,
) -> Result<(), &'static str> {
    if reader.u32()? != END {
        return Err("more directory entries than members");
    }
    let disks = reader.u32()?;
    let counts = [reader.u16()?, reader.u16()?];
    let sizes = [reader.u32()?, reader.u32()?];
    let comment = reader.u16()?;
    let is_plain = disks == 0
        && counts.iter().all(|&found| usize::from(found) == count)
        && sizes[0] as usize == size
        && sizes[1] as usize == start
        && comment == 0;
    if !is_plain {
        return Err("an end record that does not fit");
    }
    if reader.at != reader.bytes.len() {
        return Err("bytes after the end record");
    }
    Ok(())
}

struct Fields<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Fields<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], &'static str> {
        let end = self.at.checked_add(count).ok_or("a size beyond the file")?;
        let taken = self.bytes.get(self.at..end).ok_or("a size beyond the file")?;
        self.at = end;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16, &'static str> {
        let taken = self.take(2)?;
        Ok(u16::from_le_bytes([taken[0], taken[1]]))
    }

    fn u32(&mut self) -> Result<u32, &'static str> {
        let taken = self.take(4)?;
        Ok(u32::from_le_bytes([taken[0], taken[1], taken[2], taken[3]]))
    }
}

const LOCAL: u32 = 0x0403_4B50;
const DIRECTORY: u32 = 0x0201_4B50;
const END: u32 = 0x0605_4B50;
const FLAG_LOCKED: u16 = 1;
const FLAG_UTF8: u16 = 1 << 11;
const METHOD_STORED: u16 = 0;
const METHOD_DEFLATED: u16 = 8;
const METHOD_AES: u16 = 99;
/// Room that is made for a member before its bytes were seen.
const READ_AHEAD_MAX: u64 = 16 << 20;

//! The readers, one a format. Each hands its members on in order and reports
//! what it found outside them; what becomes of a member is the sink's matter.

pub(crate) mod cab;
pub(crate) mod gzip;
pub(crate) mod lzh;
pub(crate) mod seven_zip;
pub(crate) mod tar;
pub(crate) mod zip;

use std::io::Read;

use encoding_rs::{EUC_JP, SHIFT_JIS};
use sanitize_core::{Format, Job, Stop, reasons};

/// What a member is.
pub(crate) enum Content {
    Directory,
    /// A file, and the password that opened it where it was locked.
    File {
        data: Vec<u8>,
        password: Option<Vec<u8>>,
    },
    /// A symbolic or hard link, a device or a pipe.
    Link,
    /// A file that cannot be read, and why.
    Unreadable(Stop),
}

/// One member, with its name as written.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) content: Content,
}

/// Takes members one by one, so that only one is in memory unpacked.
pub(crate) trait Sink {
    /// Takes the next member; an error ends the reading.
    fn take(&mut self, member: Member, job: &mut Job<'_>) -> Result<(), Stop>;
}

/// Reads an archive of any format but gzip, which holds one nameless file.
pub(crate) fn members(
    bytes: &[u8],
    format: Format,
    job: &mut Job<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    match format {
        Format::Zip => zip::members(bytes, job, sink),
        Format::Tar => tar::members(bytes, job, sink),
        Format::Lzh => lzh::members(bytes, job, sink),
        Format::SevenZip => seven_zip::members(bytes, job, sink),
        Format::Cab => cab::members(bytes, job, sink),
        other => Err(Stop::blocked(&reasons::UNSUPPORTED, other.name())),
    }
}

/// Reads a decoder to its end or to the budget's, whichever comes first.
///
/// `Ok(None)` means that the data is damaged.
pub(crate) fn unpack(reader: impl Read, job: &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop> {
    let left = job.budget.bytes_left();
    let mut data = Vec::new();
    let read = reader.take(left.saturating_add(1)).read_to_end(&mut data);
    job.budget.take_bytes(data.len() as u64)?;
    Ok(read.is_ok().then_some(data))
}

/// Decodes a name of which only the bytes are known: UTF-8 where it has
/// sequences that CP932 hardly ever forms by chance, then CP932, then EUC-JP.
pub(crate) fn decode_name(raw: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(raw)
        && (text.is_ascii() || text.chars().any(|c| c.len_utf8() > 2))
    {
        return text.to_owned();
    }
    let (name, _, has_errors) = SHIFT_JIS.decode(raw);
    if has_errors {
        let (unix_name, _, has_errors) = EUC_JP.decode(raw);
        if !has_errors {
            return unix_name.into_owned();
        }
    }
    name.into_owned()
}

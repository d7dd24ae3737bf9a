//! Members of a TAR: old, ustar, GNU and pax headers, read strictly.
//!
//! Source: POSIX.1-2017, pax; GNU tar manual, "Basic Tar Format".

use sanitize_core::{Job, Stop, reasons};

use super::{Content, Member, Sink, decode_name};
use crate::codes;
use crate::tar_write::BLOCK;

pub(crate) fn members(bytes: &[u8], job: &mut Job<'_>, sink: &mut dyn Sink) -> Result<(), Stop> {
    let mut reader = Reader { bytes, at: 0, next: Overrides::default() };
    while let Some(header) = reader.header()? {
        job.budget.take_entries(1)?;
        let data = reader.data(header.bytes)?;
        match header.kind {
            // Overrides for the next member, or for all that follow.
            b'x' => {
                if reader.next.read_pax(data) {
                    job.removed(&codes::COMMENT, "");
                }
            }
            b'L' => reader.next.path = Some(decode_name(until_nul(data))),
            b'K' => {}
            b'g' => job.removed(&codes::COMMENT, ""),
            kind => {
                let overrides = std::mem::take(&mut reader.next);
                let name = overrides.path.unwrap_or_else(|| decode_name(&header.name));
                let content = content(kind, &name, data, overrides.is_sparse, job)?;
                sink.take(Member { name, content }, job)?;
            }
        }
    }
    if bytes[reader.at..].iter().any(|&byte| byte != 0) {
        job.removed(&codes::HIDDEN_DATA, "");
    }
    Ok(())
}

fn content(
    kind: u8,
    name: &str,
    data: &[u8],
    is_sparse: bool,
    job: &mut Job<'_>,
) -> Result<Content, Stop> {
    Ok(match kind {
        // Before POSIX, a directory was a file with a slash behind its name.
        b'0' | 0 | b'7' if name.ends_with('/') && data.is_empty() => Content::Directory,
        b'5' => Content::Directory,
        b'0' | 0 | b'7' if !is_sparse => {
            job.budget.take_bytes(data.len() as u64)?;
            Content::File { data: data.to_vec(), password: None }
        }
        b'1'..=b'4' | b'6' => Content::Link,
        // Sparse and multi-volume members, and what vendors made up.
        _ => Content::Unreadable(Stop::blocked(&codes::METHOD_UNKNOWN, name)),
    })
}

/// What a pax or GNU record says about the next member.
#[derive(Default)]
struct Overrides {
    path: Option<String>,
    size: Option<u64>,
    is_sparse: bool,
}

impl Overrides {
    /// Reads `length key=value` records; stops at the first that is none.
    /// Says whether there is one that tells nothing about a file.
    fn read_pax(&mut self, mut data: &[u8]) -> bool {
        let mut has_more = false;
        while let Some((record, rest)) = pax_record(data) {
            data = rest;
            let mut halves = record.splitn(2, |&byte| byte == b'=');
            let (Some(key), Some(value)) = (halves.next(), halves.next()) else {
                return true;
            };
            match key {
                // Said to be UTF-8, which some packers do not keep to.
                b"path" => {
                    let path = std::str::from_utf8(value).map(ToOwned::to_owned);
                    self.path = Some(path.unwrap_or_else(|_| decode_name(value)));
                }
                b"size" => {
                    self.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                }
                key if key.starts_with(b"GNU.sparse.") => self.is_sparse = true,
                key => has_more |= !is_about_file(key),
            }
        }
        has_more || data.iter().any(|&byte| byte != 0)
    }
}

/// Keys of POSIX and of common packers: times, owners, attributes.
fn is_about_file(key: &[u8]) -> bool {
    const KEYS: &[&[u8]] = &[
        b"atime",
        b"charset",
        b"ctime",
        b"gid",
        b"gname",
        b"hdrcharset",
        b"linkpath",
        b"mtime",
        b"uid",
        b"uname",
    ];
    KEYS.contains(&key)
        || key.starts_with(b"SCHILY.")
        || key.starts_with(b"LIBARCHIVE.")
        || key.starts_with(b"MSWINDOWS.")
}

fn pax_record(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = data.iter().take(20).position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(&data[..space]).ok()?.parse().ok()?;
    let (record, rest) = data.split_at_checked(length)?;
    Some((record.get(space + 1..)?.strip_suffix(b"\n")?, rest))
}

struct Header {
    name: Vec<u8>,
    kind: u8,
    bytes: u64,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    next: Overrides,
}

impl<'a> Reader<'a> {
    /// Reads the next header; `None` at the closing block or at the end.
    fn header(&mut self) -> Result<Option<Header>, Stop> {
        let broken = || Stop::blocked(&reasons::BROKEN, "");
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        let (block, _) = rest.split_first_chunk::<BLOCK>().ok_or_else(broken)?;
        if block.iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        if number(&block[148..156]) != Some(checksum(block)) {
            return Err(broken());
        }
        let size = number(&block[124..136]).ok_or_else(broken)?;
        self.at += BLOCK;
        let kind = block[156];
        // A link's size says how large its target is; no data follows.
        let bytes = match kind {
            b'1'..=b'6' => 0,
            b'x' | b'g' | b'L' | b'K' => size,
            _ => self.next.size.unwrap_or(size),
        };
        Ok(Some(Header { name: name(block), kind, bytes }))
    }

    fn data(&mut self, bytes: u64) -> Result<&'a [u8], Stop> {
        let size = usize::try_from(bytes).ok();
        let end = size.and_then(|size| self.at.checked_add(size));
        let data = end.and_then(|end| self.bytes.get(self.at..end));
        let data = data.ok_or_else(|| Stop::blocked(&reasons::BROKEN, ""))?;
        // The last block may be cut short where nothing follows.
        self.at = (self.at + data.len()).next_multiple_of(BLOCK).min(self.bytes.len());
        Ok(data)
    }
}

fn name(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(&block[..100]);
    let prefix = until_nul(&block[345..500]);
    // GNU's own magic ends with spaces and puts times where the prefix stands.
    if &block[257..263] == b"ustar\0" && !prefix.is_empty() {
        [prefix, b"/", name].concat()
    } else {
        name.to_vec()
    }
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Sums the header with its own checksum field taken as spaces.
fn checksum(block: &[u8; BLOCK]) -> u64 {
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
    sum(&block[..148]) + sum(&block[156..]) + 8 * u64::from(b' ')
}

/// Reads octal digits, or a base-256 number where the first bit is set (GNU).
fn number(field: &[u8]) -> Option<u64> {
    let (&first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        let start = u64::from(first & 0x7F);
        return rest
            .iter()
            .try_fold(start, |value, &byte| value.checked_mul(256)?.checked_add(u64::from(byte)));
    }
    let digits = field.iter().skip_while(|&&byte| byte == b' ');
    digits.take_while(|&&byte| byte != b' ' && byte != 0).try_fold(0_u64, |value, &byte| match byte
    {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

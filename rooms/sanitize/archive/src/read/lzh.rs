//! Members of an LZH, unpacked by delharc. Names are put together from the raw
//! bytes here, since Japanese ones are CP932.

use delharc::LhaDecodeReader;
use delharc::header::{CompressionMethod, LhaHeader};
use sanitize_core::{Job, Stop, reasons};

use super::{Content, Member, Sink, decode_name, unpack};
use crate::codes;

/// Extended headers (level 1 and above): file name, directory, Unix mode.
const FILE_NAME: u8 = 0x01;
const DIRECTORY: u8 = 0x02;
const UNIX_MODE: u8 = 0x50;
/// Separates the components of a directory header.
const SEPARATOR: u8 = 0xFF;
/// File type bits of a Unix mode, and the two types that are delivered.
const TYPE_MASK: u16 = 0o170_000;
const TYPE_FILE: u16 = 0o100_000;
const TYPE_DIRECTORY: u16 = 0o040_000;

pub(crate) fn members(bytes: &[u8], job: &mut Job<'_>, sink: &mut dyn Sink) -> Result<(), Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let mut reader = LhaDecodeReader::new(bytes).map_err(|_| broken())?;
    if reader.is_absent() {
        return Err(broken());
    }
    loop {
        job.budget.take_entries(1)?;
        let header = reader.header().clone();
        let name = name(&header);
        let content = if is_link(&header, &name) {
            Content::Link
        } else if header.is_directory() {
            Content::Directory
        } else if !reader.is_decoder_supported() {
            let method = String::from_utf8_lossy(&header.compression).into_owned();
            Content::Unreadable(Stop::blocked(&codes::METHOD_UNKNOWN, format!("{name} ({method})")))
        } else {
            let data = unpack(&mut reader, job)?;
            match data {
                Some(data) if reader.crc_is_ok() => {
                    Content::File { data: data_fork(data, &header, &name, job), password: None }
                }
                Some(_) | None => {
                    Content::Unreadable(Stop::blocked(&reasons::BROKEN, name.as_str()))
                }
            }
        };
        let is_broken = matches!(content, Content::Unreadable(_));
        sink.take(Member { name, content }, job)?;
        match reader.next_file() {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            // What follows is no header: rubbish behind the archive, or the
            // archive is cut off there.
            Err(_) => {
                if !is_broken {
                    job.removed(&codes::HIDDEN_DATA, "");
                }
                return Ok(());
            }
        }
    }
}

/// Macintosh packers wrap each file in a header (MacBinary) and append what only
/// a Macintosh reads; returns the file itself.
fn data_fork(mut data: Vec<u8>, header: &LhaHeader, name: &str, job: &mut Job<'_>) -> Vec<u8> {
    const MACINTOSH: u8 = b'm';
    const WRAPPER: usize = 128;
    let field =
        |at: usize| Some(u32::from_be_bytes(data.get(at..at + 4)?.try_into().ok()?) as usize);
    // Offsets: name length 1, zeros 0, 74 and 82, data fork 83, resource fork 87.
    let (Some(length), Some(rest)) = (field(83), field(87)) else { return data };
    let is_marked =
        matches!(data.get(1), Some(1..=63)) && [0, 74, 82].iter().all(|&at| data[at] == 0);
    let whole = length.next_multiple_of(WRAPPER).saturating_add(rest.next_multiple_of(WRAPPER));
    let fits = data.len() - WRAPPER.min(data.len()) <= whole
        && length <= data.len().saturating_sub(WRAPPER);
    // Level 0 has no field for the system.
    let may_be = header.os_type == MACINTOSH || header.level == 0;
    if !may_be || !is_marked || !fits {
        return data;
    }
    job.removed(&codes::HELPER_FILE, name);
    data.truncate(WRAPPER + length);
    data.drain(..WRAPPER);
    data
}

/// Links are stored as directories whose name holds `from|to`, or by mode.
fn is_link(header: &LhaHeader, name: &str) -> bool {
    let is_meta = matches!(header.compression_method(), Ok(CompressionMethod::Lhd));
    let mode = header.iter_extra().find_map(|field| match *field {
        [UNIX_MODE, low, high, ..] => Some(u16::from_le_bytes([low, high]) & TYPE_MASK),
        _ => None,
    });
    let is_special = mode.is_some_and(|mode| !matches!(mode, 0 | TYPE_FILE | TYPE_DIRECTORY));
    is_special || (is_meta && name.contains('|'))
}

/// Puts the path together; a backslash separates here as well, after decoding,
/// because it also is the second byte of many CP932 characters.
fn name(header: &LhaHeader) -> String {
    let mut path = String::new();
    let mut file: &[u8] = &header.filename;
    for field in header.iter_extra() {
        match field {
            [FILE_NAME, rest @ ..] if !rest.is_empty() => file = rest,
            [DIRECTORY, rest @ ..] => {
                path.clear();
                for part in rest.split(|&byte| byte == SEPARATOR).filter(|part| !part.is_empty()) {
                    path.push_str(&decode_name(part));
                    path.push('/');
                }
            }
            _ => {}
        }
    }
    // Some packers put a comment behind a NUL.
    let file = file.split(|&byte| byte == 0).next().unwrap_or_default();
    for (index, part) in file.split(|&byte| byte == SEPARATOR).enumerate() {
        if index > 0 {
            path.push('/');
        }
        path.push_str(&decode_name(part));
    }
    path.replace('\\', "/")
}

//! Members of a 7z, unpacked by sevenz-rust2 on one thread and without files.

use std::io::{Cursor, Read};

use sanitize_core::{Job, Stop, limits, reasons};
use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, EncoderMethod, Error, Password};

use super::{Content, Member, Sink, unpack};
use crate::codes;

/// Unix attributes in the upper half, marked by this bit (as p7zip writes them).
const UNIX_EXTENSION: u32 = 0x8000;
const TYPE_MASK: u32 = 0o170_000;
const TYPE_FILE: u32 = 0o100_000;
const TYPE_DIRECTORY: u32 = 0o040_000;
/// A Windows reparse point: a link or a junction.
const REPARSE_POINT: u32 = 0x400;

pub(crate) fn members(bytes: &[u8], job: &mut Job<'_>, sink: &mut dyn Sink) -> Result<(), Stop> {
    let opened = open(bytes, job)?;
    job.budget.take_entries(opened.archive.files.len() as u64)?;
    for block in 0..opened.archive.blocks.len() {
        read_block(bytes, &opened, block, job, sink)?;
    }
    for (index, entry) in opened.archive.files.iter().enumerate() {
        if opened.archive.stream_map.file_block_index.get(index).is_some_and(Option::is_none) {
            take(entry, &mut std::io::empty(), None, job, sink)?;
        }
    }
    Ok(())
}

/// Reads the members of one block, which are packed as one stream: behind a
/// damaged one nothing can be read, and the decoder must not be asked again.
fn read_block(
    bytes: &[u8],
    opened: &Opened,
    block: usize,
    job: &mut Job<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    let mut source = Cursor::new(bytes);
    let password = Password::new(opened.password.as_deref().unwrap_or_default());
    let decoder = BlockDecoder::new(1, block, &opened.archive, &password, &mut source);
    let lock = opened.password.as_deref().filter(|_| is_locked(&opened.archive, block));
    let entries = decoder.entries().to_vec();
    let mut taken = 0;
    let mut stop = None;
    let result = decoder.for_each_entries(&mut |entry, reader| {
        taken += 1;
        Ok(match take(entry, reader, lock, job, sink) {
            Ok(is_sound) => is_sound,
            Err(reason) => {
                stop = Some(reason);
                false
            }
        })
    });
    if let Some(stop) = stop {
        return Err(stop);
    }
    let reason =
        result.err().map_or_else(|| Stop::blocked(&reasons::BROKEN, ""), |error| reason(&error));
    if reason.is_limit() || matches!(reason, Stop::Held(_)) {
        return Err(reason);
    }
    for entry in entries.into_iter().skip(taken) {
        sink.take(Member { name: entry.name, content: Content::Unreadable(reason.clone()) }, job)?;
    }
    Ok(())
}

/// Hands one member on; says whether what follows it can be read.
fn take(
    entry: &ArchiveEntry,
    reader: &mut dyn Read,
    lock: Option<&str>,
    job: &mut Job<'_>,
    sink: &mut dyn Sink,
) -> Result<bool, Stop> {
    let name = entry.name.clone();
    if entry.is_anti_item {
        job.removed(&codes::HIDDEN_DATA, &name);
        return Ok(true);
    }
    let mut is_sound = true;
    let content = if is_link(entry) {
        Content::Link
    } else if entry.is_directory {
        Content::Directory
    } else {
        match unpack(reader, job)? {
            Some(data) => {
                Content::File { data, password: lock.map(|password| password.as_bytes().to_vec()) }
            }
            None => {
                is_sound = false;
                Content::Unreadable(Stop::blocked(&reasons::BROKEN, name.as_str()))
            }
        }
    };
    sink.take(Member { name, content }, job)?;
    Ok(is_sound)
}

fn is_link(entry: &ArchiveEntry) -> bool {
    if !entry.has_windows_attributes {
        return false;
    }
    let attributes = entry.windows_attributes;
    let unix_type = (attributes >> 16) & TYPE_MASK;
    let is_special =
        attributes & UNIX_EXTENSION != 0 && !matches!(unix_type, 0 | TYPE_FILE | TYPE_DIRECTORY);
    is_special || attributes & REPARSE_POINT != 0
}

struct Opened {
    archive: Archive,
    password: Option<String>,
}

/// Opens the directory, and finds the password where one is needed.
fn open(bytes: &[u8], job: &mut Job<'_>) -> Result<Opened, Stop> {
    let plain = match Archive::read(&mut Cursor::new(bytes), &Password::empty()) {
        Ok(archive) => {
            let is_plain = (0..archive.blocks.len()).all(|block| !is_locked(&archive, block));
            if is_plain {
                return Ok(Opened { archive, password: None });
            }
            Some(archive)
        }
        Err(Error::PasswordRequired | Error::MaybeBadPassword(_)) => None,
        Err(error) => return Err(reason(&error)),
    };
    if job.passwords.is_empty() {
        return Err(Stop::held(&reasons::PASSWORD_NEEDED, ""));
    }
    for password in job.passwords.iter() {
        // Key derivation hashes half a million times; it counts as work.
        job.budget.take_objects(500_000)?;
        let key = Password::new(password);
        let archive = match &plain {
            Some(archive) => Ok(archive.clone()),
            None => Archive::read(&mut Cursor::new(bytes), &key),
        };
        if let Ok(archive) = archive
            && opens(bytes, &archive, &key, job)?
        {
            return Ok(Opened { archive, password: Some(password.to_owned()) });
        }
    }
    Err(Stop::held(&reasons::PASSWORD_WRONG, ""))
}

/// Says whether the first locked file comes out undamaged.
fn opens(bytes: &[u8], archive: &Archive, key: &Password, job: &mut Job<'_>) -> Result<bool, Stop> {
    let Some(block) = (0..archive.blocks.len()).find(|&block| is_locked(archive, block)) else {
        return Ok(true);
    };
    let mut source = Cursor::new(bytes);
    let mut is_sound = true;
    let mut stop = None;
    let decoder = BlockDecoder::new(1, block, archive, key, &mut source);
    let result = decoder.for_each_entries(&mut |entry, reader| {
        if !entry.has_stream || entry.size == 0 {
            return Ok(true);
        }
        match unpack(reader, job) {
            Ok(data) => is_sound = data.is_some(),
            Err(limit) => stop = Some(limit),
        }
        Ok(false)
    });
    match stop {
        Some(stop) => Err(stop),
        None => Ok(is_sound && result.is_ok()),
    }
}

fn is_locked(archive: &Archive, block: usize) -> bool {
    archive.blocks.get(block).is_some_and(|block| {
        block
            .coders
            .iter()
            .any(|coder| coder.encoder_method_id() == EncoderMethod::ID_AES256_SHA256)
    })
}

fn reason(error: &Error) -> Stop {
    match error {
        Error::PasswordRequired => Stop::held(&reasons::PASSWORD_NEEDED, ""),
        Error::MaybeBadPassword(_) => Stop::held(&reasons::PASSWORD_WRONG, ""),
        Error::MaxMemLimited { .. } => Stop::blocked(&limits::MEMORY, ""),
        Error::UnsupportedCompressionMethod(method) => {
            Stop::blocked(&codes::METHOD_UNKNOWN, method.as_str())
        }
        Error::Unsupported(_) | Error::ExternalUnsupported | Error::UnsupportedVersion { .. } => {
            Stop::blocked(&codes::METHOD_UNKNOWN, "")
        }
        _ => Stop::blocked(&reasons::BROKEN, ""),
    }
}

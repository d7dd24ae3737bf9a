//! Gzip: one file, made harmless by its own type and packed again. Its name in
//! the header is only a hint and is made safe; comments and extra fields go.
//!
//! Source: RFC 1952.

use std::io::Write;

use encoding_rs::SHIFT_JIS;
use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder, GzHeader};
use sanitize_core::filename::{safe_file_name, with_extension_of};
use sanitize_core::{Format, Job, Output, Stop, reasons};

use super::{decode_name, unpack};
use crate::codes;

/// What the file is called where the header gives no name.
const NAMELESS: &str = "content";

/// Members of one file: `gzip` writes one, and they are read as one file.
const MEMBERS_MAX: u64 = 10_000;

pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
    let file = read(bytes, job)?;
    let raw = file.name.as_deref();
    let name = raw.map(safe_file_name);
    if let (Some(raw), Some(safe)) = (raw, &name)
        && safe.is_changed
    {
        job.removed(&codes::NAME_CHANGED, &format!("{} ⇒ {}", raw.escape_debug(), safe.name));
    }
    let name = name.map(|safe| safe.name);
    let output = job.rebuild_nested(name.as_deref().unwrap_or(NAMELESS), &file.data)?;
    let right = name.as_deref().and_then(|name| with_extension_of(name, output.format));
    if let (Some(name), Some(right)) = (&name, &right) {
        job.removed(&codes::EXTENSION_CORRECTED, &format!("{name} ⇒ {right}"));
    }
    let name = right.or(name);
    let written = name.as_deref().and_then(encode_name);
    if let Some(name) = &name
        && written.as_deref().map(decode_name).as_ref() != Some(name)
    {
        job.removed(&codes::NAME_CHANGED, name);
    }
    Ok(Output { format: Format::Gzip, bytes: write(written, &output.bytes) })
}

pub(crate) fn text(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let file = read(bytes, job)?;
    let name = file.name.map_or_else(|| NAMELESS.to_owned(), |raw| safe_file_name(&raw).name);
    job.text_nested(&name, &file.data)
}

struct File {
    name: Option<String>,
    data: Vec<u8>,
}

fn read(bytes: &[u8], job: &mut Job<'_>) -> Result<File, Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let mut file = File { name: None, data: Vec::new() };
    let mut rest = bytes;
    let mut count = 0;
    while rest.starts_with(&[0x1F, 0x8B]) && count < MEMBERS_MAX {
        job.budget.take_entries(1)?;
        let mut decoder = GzDecoder::new(rest);
        let data = unpack(&mut decoder, job)?.ok_or_else(broken)?;
        let header = decoder.header().ok_or_else(broken)?;
        note(header, job);
        if count == 0 {
            file.name = header.filename().filter(|name| !name.is_empty()).map(decode_name);
        }
        file.data.extend_from_slice(&data);
        rest = decoder.into_inner();
        count += 1;
    }
    if count == 0 {
        return Err(broken());
    }
    // Tapes are filled up with zeros; anything else was put there.
    if rest.iter().any(|&byte| byte != 0) {
        job.removed(&codes::HIDDEN_DATA, "");
    }
    Ok(file)
}

fn note(header: &GzHeader, job: &mut Job<'_>) {
    if header.comment().is_some() {
        job.removed(&codes::COMMENT, "");
    }
    if header.extra().is_some() {
        job.removed(&codes::HIDDEN_DATA, "");
    }
}

/// Returns the bytes that are read as the name again, since no field says which
/// charset it is in. What CP932 lacks gives way to `_` where UTF-8 would be
/// taken for CP932; `None` where even that reads as another name.
fn encode_name(name: &str) -> Option<Vec<u8>> {
    if decode_name(name.as_bytes()) == name {
        return Some(name.as_bytes().to_vec());
    }
    let is_known = |c: char| !SHIFT_JIS.encode(c.encode_utf8(&mut [0; 4])).2;
    let known: String = name.chars().map(|c| if is_known(c) { c } else { '_' }).collect();
    let (raw, _, _) = SHIFT_JIS.encode(&known);
    (decode_name(&raw) == known).then(|| raw.into_owned())
}

fn write(name: Option<Vec<u8>>, data: &[u8]) -> Vec<u8> {
    const LEVEL: u32 = 6;
    // 255: no system is named, since none should show (RFC 1952 2.3.1).
    let mut builder = GzBuilder::new().mtime(0).operating_system(255);
    if let Some(name) = name {
        builder = builder.filename(name);
    }
    let mut encoder = builder.write(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(data).expect("writing to memory cannot fail");
    encoder.finish().expect("writing to memory cannot fail")
}

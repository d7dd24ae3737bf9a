//! Verifies an export file, one line in memory at a time.

use std::io::{self, BufRead, Read};

use base::{BodyId, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Break, BreakKind, Glimpse, Verified, Verifier, Verify};
use crate::canonical::{Hash, bytes_of};
use crate::entry::Sequence;
use crate::export::{FORMAT, Seal};

/// How many bytes one line takes at most.
const LINE_BYTES_MAX: u64 = 65_536;

/// Why a file was not verified.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file is not what was written.
    #[error(transparent)]
    Broken(#[from] Break),
    /// The file cannot be read; nothing is known.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
}

/// Verifies an export: needs nothing but the file and the public key.
///
/// # Errors
/// The first break, or why the file cannot be read.
pub fn verify_export(reader: impl BufRead, verify: &Verify) -> Result<Verified, FileError> {
    let mut lines = Lines { reader, buffer: Vec::with_capacity(4_096) };
    let header = Break { sequence: Sequence::FIRST, kind: BreakKind::Header };
    let line = lines.next()?.ok_or_else(|| header.clone())?;
    let (body, first, previous) = line.and_then(read_header).ok_or(header)?;
    let mut verifier = Verifier::new(body, first, previous, verify);
    let name = body.to_string();
    loop {
        let line = lines.next()?.ok_or_else(|| verifier.here(BreakKind::CutOff))?;
        let line = line.ok_or_else(|| verifier.here(BreakKind::Unreadable))?;
        if line.starts_with("{\"seal\":") {
            let sealed_at = seal(line, &verifier, &name)?;
            if lines.next()?.is_some() {
                return Err(verifier.here(BreakKind::AfterSeal).into());
            }
            let mut verified = verifier.finish();
            verified.sealed_at = Some(sealed_at);
            return Ok(verified);
        }
        entry(line, &mut verifier, &name)?;
    }
}

/// Reads lines of bounded length.
struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// The next line without its end: nothing at the end of the file, nothing
    /// inside if it is no line of text.
    fn next(&mut self) -> io::Result<Option<Option<&str>>> {
        self.buffer.clear();
        self.reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut self.buffer)?;
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let line = self.buffer.strip_suffix(b"\n");
        Ok(Some(line.and_then(|line| std::str::from_utf8(line).ok())))
    }
}

fn read_header(line: &str) -> Option<(BodyId, Sequence, Hash)> {
    let rest = line.strip_prefix("{\"body\":\"")?;
    let (body, rest) = rest.split_once("\",\"first\":")?;
    let (first, rest) = rest.split_once(",\"format\":\"")?;
    let rest = rest.strip_prefix(FORMAT)?.strip_prefix("\",\"previous\":\"")?;
    let previous = rest.strip_suffix("\"}")?;
    Some((BodyId::parse(body).ok()?, read_place(first)?, Hash::parse(previous)?))
}

/// Reads a place from 1 on, in its one spelling.
fn read_place(text: &str) -> Option<Sequence> {
    let number: i64 = text.parse().ok()?;
    (number >= 1 && number.to_string() == text).then(|| Sequence::new(number))
}

/// What of an entry the verifier looks at; the rest is only hashed.
#[derive(Deserialize)]
struct Line<'a> {
    action: &'a str,
    at: &'a str,
    body: &'a str,
    #[serde(borrow)]
    details: &'a RawValue,
    sequence: i64,
}

fn entry(line: &str, verifier: &mut Verifier<'_>, body: &str) -> Result<(), Break> {
    let Some((spelling, hash)) = split(line, "{\"entry\":", ",\"hash\":\"") else {
        return Err(verifier.here(BreakKind::Unreadable));
    };
    let fields = serde_json::from_str::<Line<'_>>(spelling).ok();
    let hash = Hash::parse(hash);
    let (Some(fields), Some(hash)) = (fields, hash) else {
        return Err(verifier.here(BreakKind::Unreadable));
    };
    if fields.body != body {
        return Err(verifier.here(BreakKind::ForeignBody));
    }
    let Some(at) = Timestamp::parse(fields.at) else {
        return Err(verifier.here(BreakKind::Unreadable));
    };
    verifier.entry(&Glimpse {
        sequence: Sequence::new(fields.sequence),
        at,
        action: fields.action,
        details: fields.details.get(),
        spelling,
        hash,
    })
}

/// Takes a line apart: `HEAD object TAIL digits "}`.
fn split<'a>(line: &'a str, head: &str, tail: &str) -> Option<(&'a str, &'a str)> {
    let inner = line.strip_prefix(head)?.strip_suffix("\"}")?;
    inner.rsplit_once(tail)
}

#[derive(Deserialize)]
struct SealFields<'a> {
    at: &'a str,
    first: i64,
    key: &'a str,
    last: i64,
}

/// Checks that a trusted key sealed exactly what was read.
fn seal(line: &str, verifier: &Verifier<'_>, body: &str) -> Result<Timestamp, Break> {
    let wrong = || verifier.here(BreakKind::Seal);
    let (message, signature) = split(line, "{\"seal\":", ",\"signature\":\"").ok_or_else(wrong)?;
    let fields: SealFields<'_> = serde_json::from_str(message).map_err(|_| wrong())?;
    let signature: [u8; 64] = bytes_of(signature).ok_or_else(wrong)?;
    let at = Timestamp::parse(fields.at).ok_or_else(wrong)?;
    let key = verifier.verify.keys.iter().find(|key| key.to_string() == fields.key);
    if !key.is_some_and(|key| key.has_signed(message, &signature)) {
        return Err(verifier.here(BreakKind::Signature));
    }
    let state = &verifier.state;
    if fields.last > state.end.sequence.number() {
        return Err(verifier.here(BreakKind::CutOff));
    }
    let sealed = Seal {
        at,
        body,
        first: Sequence::new(fields.first),
        hash: state.end.hash,
        key: fields.key,
        last: state.end.sequence,
        previous: state.previous,
    };
    if fields.first == state.first.number() && sealed.message() == message {
        Ok(at)
    } else {
        Err(wrong())
    }
}

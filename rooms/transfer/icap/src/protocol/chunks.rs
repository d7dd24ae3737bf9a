//! The chunking of bodies (RFC 9112 §7.1), with ICAP's `ieof` (RFC 3507 §4.5).

use super::lines::Scan;
use super::{Limits, Refusal};

/// Where in a body the reader stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunks {
    place: Place,
    /// Bytes of the body so far.
    total: u64,
    /// Bytes of chunk extensions so far.
    extensions: u64,
    /// Bytes that may still come ahead; none outside a preview.
    preview_left: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Line(Scan),
    Data(u64),
    DataEnd(Scan),
    Trailer { scan: Scan, end: Ended },
}

/// How a run of chunks ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The preview is over; there is more of the body.
    Preview,
    /// The body is over.
    Body,
}

/// A step through the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many bytes are used; take the next step.
    Used(usize),
    /// So many bytes from the front are the body's.
    Data(usize),
    /// The run ended after so many bytes.
    End(usize, Ended),
    /// More bytes are needed.
    More,
}

impl Chunks {
    pub(super) fn new(preview: Option<u64>) -> Self {
        let place = Place::Line(Scan::default());
        Self { place, total: 0, extensions: 0, preview_left: preview }
    }

    /// Goes on behind the preview.
    pub(super) fn resume(&mut self) {
        self.place = Place::Line(Scan::default());
        self.preview_left = None;
    }

    pub(super) fn step(&mut self, bytes: &[u8], limits: &Limits) -> Result<Step, Refusal> {
        match &mut self.place {
            Place::Line(scan) => {
                let too_long = Refusal::ExtensionsTooLong;
                let Some(end) = scan.line(bytes, limits.chunk_line_bytes_max, too_long)? else {
                    return Ok(Step::More);
                };
                let line = bytes.get(..end.saturating_sub(2)).unwrap_or_default();
                self.line(line, limits)?;
                Ok(Step::Used(end))
            }
            Place::Data(left) => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                if here == 0 {
                    return Ok(Step::More);
                }
                *left = left.saturating_sub(here as u64);
                if *left == 0 {
                    self.place = Place::DataEnd(Scan::default());
                }
                Ok(Step::Data(here))
            }
            Place::DataEnd(scan) => match scan.line(bytes, 2, Refusal::Chunk)? {
                None => Ok(Step::More),
                Some(2) => {
                    self.place = Place::Line(Scan::default());
                    Ok(Step::Used(2))
                }
                Some(_) => Err(Refusal::Chunk),
            },
            Place::Trailer { scan, end } => {
                let head = scan.head(bytes, limits.trailer_bytes_max);
                let head = head.map_err(|refusal| match refusal {
                    Refusal::HeadTooLong => Refusal::TrailerTooLong,
                    other => other,
                })?;
                let Some(length) = head else { return Ok(Step::More) };
                let fields = bytes.get(..length.saturating_sub(2)).unwrap_or_default();
                // Read for its form, then dropped: nothing of it is delivered.
                super::Fields::parse(fields, limits.fields_max)?;
                Ok(Step::End(length, *end))
            }
        }
    }

    fn line(&mut self, line: &[u8], limits: &Limits) -> Result<(), Refusal> {
        let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let (size, rest) = line.split_at(digits);
        let size = std::str::from_utf8(size).map_err(|_| Refusal::Chunk)?;
        // 15 digits cannot overflow; more would only be leading zeros.
        if !(1..=15).contains(&digits) {
            return Err(Refusal::Chunk);
        }
        let size = u64::from_str_radix(size, 16).map_err(|_| Refusal::Chunk)?;
        let is_early_end = has_ieof(rest)?;
        self.extensions = self.extensions.saturating_add(rest.len() as u64);
        if self.extensions > limits.extension_bytes_max {
            return Err(Refusal::ExtensionsTooLong);
        }
        if is_early_end && (size != 0 || self.preview_left.is_none()) {
            return Err(Refusal::EarlyEnd);
        }
        if size == 0 {
            let is_preview = self.preview_left.is_some() && !is_early_end;
            let end = if is_preview { Ended::Preview } else { Ended::Body };
            self.place = Place::Trailer { scan: Scan::default(), end };
            return Ok(());
        }
        if let Some(left) = &mut self.preview_left {
            *left = left.checked_sub(size).ok_or(Refusal::PreviewTooLong)?;
        }
        self.total = self.total.saturating_add(size);
        if self.total > limits.body_bytes_max {
            return Err(Refusal::BodyTooLong);
        }
        self.place = Place::Data(size);
        Ok(())
    }
}

/// Reads chunk extensions: `;name`, `;name=token`, `;name="text"`, with blanks
/// about. Says whether `ieof` is one of them.
fn has_ieof(extensions: &[u8]) -> Result<bool, Refusal> {
    let mut rest = extensions.trim_ascii();
    let mut is_found = false;
    while let Some(behind) = rest.strip_prefix(b";") {
        let behind = behind.trim_ascii_start();
        let (name, behind) = token(behind)?;
        let behind = behind.trim_ascii_start();
        is_found |= name.eq_ignore_ascii_case(b"ieof");
        rest = match behind.strip_prefix(b"=") {
            None => behind,
            Some(value) => skip_value(value.trim_ascii_start())?.trim_ascii_start(),
        };
    }
    if rest.is_empty() { Ok(is_found) } else { Err(Refusal::Chunk) }
}

fn token(bytes: &[u8]) -> Result<(&[u8], &[u8]), Refusal> {
    let end = bytes.iter().take_while(|&&byte| super::fields::is_token(byte)).count();
    if end == 0 { Err(Refusal::Chunk) } else { Ok(bytes.split_at(end)) }
}

fn skip_value(bytes: &[u8]) -> Result<&[u8], Refusal> {
    let Some(text) = bytes.strip_prefix(b"\"") else { return token(bytes).map(|(_, rest)| rest) };
    let mut is_escaped = false;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Ok(text.get(at + 1..).unwrap_or_default()),
            _ => {}
        }
    }
    Err(Refusal::Chunk)
}

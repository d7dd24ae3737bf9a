//! Pictures: walks each format's chunks to the last byte and lets only those
//! pass that change what is seen. Decodes no pixel.

mod bitmap;
mod gif;
mod icon;
mod jpeg;
mod metafile;
mod png;
mod profile;
mod svg;
mod tiff;
mod webp;

use sanitize_core::Format;

use crate::check::{Check, Walk};
pub(crate) use profile::{orientation_fault, profile_fault};

/// A picture's fault: the rule that it breaks, and how.
pub(crate) type Fault = (&'static str, String);

/// Checks one picture of `format`; other formats are the caller's mistake and
/// are reported as unreadable.
pub(crate) fn picture(check: &mut Check<'_>, bytes: &[u8], format: Format) -> Walk {
    check.take_nodes(1)?;
    let faults = match format {
        Format::Png => png::faults(bytes),
        Format::Jpeg => jpeg::faults(bytes),
        Format::Gif => gif::faults(bytes),
        Format::Bmp => bitmap::faults(bytes),
        Format::Tiff => tiff::faults(bytes),
        Format::Webp => webp::faults(bytes),
        Format::Ico => return icon::check(check, bytes),
        Format::Emf => metafile::enhanced(bytes),
        Format::Wmf => metafile::windows(bytes),
        Format::Svg => return svg::check(check, bytes),
        other => return check.unreadable(format!("{} is no picture", other.name())),
    };
    for (rule, what) in faults {
        check.found(rule, what)?;
    }
    Ok(())
}

/// Collects faults; the first that makes reading on pointless ends the walk.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, rule: &'static str, what: impl Into<String>) {
        if self.0.len() < FAULTS_MAX {
            self.0.push((rule, what.into()));
        }
    }

    fn with(mut self, rule: &'static str, what: impl Into<String>) -> Vec<Fault> {
        self.add(rule, what);
        self.0
    }
}

/// Reads whole numbers at offsets; out of range is `None`.
#[derive(Clone, Copy)]
struct Bytes<'b> {
    bytes: &'b [u8],
    is_big: bool,
}

impl<'b> Bytes<'b> {
    fn little(bytes: &'b [u8]) -> Self {
        Self { bytes, is_big: false }
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let pair: [u8; 2] = self.slice(at, 2)?.try_into().ok()?;
        Some(if self.is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let four: [u8; 4] = self.slice(at, 4)?.try_into().ok()?;
        Some(if self.is_big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn slice(&self, at: usize, count: usize) -> Option<&'b [u8]> {
        self.bytes.get(at..at.checked_add(count)?)
    }
}

/// Faults of one picture.
const FAULTS_MAX: usize = 50;

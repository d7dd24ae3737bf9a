//! What the tests of all formats share: a job to run in and the fix point.
#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::{Engines, Format, Job, Limits, Output, Passwords, Policy, Removal, Stop};

/// Hands nested pictures back to this crate by their first bytes.
struct Nested;

impl Engines for Nested {
    fn rebuild(&self, _: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
        let format = match bytes {
            [0x89, b'P', ..] => Format::Png,
            [0xFF, 0xD8, ..] => Format::Jpeg,
            [b'G', b'I', b'F', ..] => Format::Gif,
            [b'B', b'M', ..] => Format::Bmp,
            _ => Format::Webp,
        };
        crate::rebuild(bytes, format, job)
    }

    fn text(&self, _: &str, _: &[u8], _: &mut Job<'_>) -> Result<String, Stop> {
        Ok(String::new())
    }
}

/// Runs one rebuild and returns the output and the report.
pub(crate) fn run(bytes: &[u8], format: Format) -> (Result<Output, Stop>, Vec<Removal>) {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let limits = Limits::default();
    let mut job = Job::open(&policy, &passwords, &Nested, limits, bytes.len() as u64).unwrap();
    let output = crate::rebuild(bytes, format, &mut job);
    (output, job.removals().to_vec())
}

/// Rebuilds, demands that a second pass changes and removes nothing, and
/// returns the output and the names of what the first pass removed.
pub(crate) fn settled(bytes: &[u8], format: Format) -> (Vec<u8>, Vec<&'static str>) {
    let (first, removals) = run(bytes, format);
    let first = first.unwrap();
    let (second, again) = run(&first.bytes, first.format);
    assert_eq!(again, [], "the second pass removed something");
    assert!(second.unwrap() == first, "the second pass changed something");
    (first.bytes, removals.iter().map(|removal| removal.code.id).collect())
}

/// Extracts text.
pub(crate) fn text(bytes: &[u8], format: Format) -> String {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let limits = Limits::default();
    let mut job = Job::open(&policy, &passwords, &Nested, limits, bytes.len() as u64).unwrap();
    crate::text(bytes, format, &mut job).unwrap()
}

/// Every prefix of `bytes` (thinned out for long ones) must end in a result.
pub(crate) fn survives_cuts(bytes: &[u8], format: Format) {
    let step = (bytes.len() / 400).max(1);
    for end in (0..bytes.len()).step_by(step) {
        let _ = run(&bytes[..end], format).0.is_ok();
    }
}

/// Every byte (thinned out) set to some other values must end in a result.
pub(crate) fn survives_flips(bytes: &[u8], format: Format) {
    let step = (bytes.len() / 100).max(1);
    for at in (0..bytes.len()).step_by(step) {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut changed = bytes.to_vec();
            changed[at] = value;
            if let Ok(output) = run(&changed, format).0 {
                settled(&output.bytes, output.format);
            }
        }
    }
}

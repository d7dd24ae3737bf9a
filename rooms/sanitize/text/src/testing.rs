//! A job for tests: engines that take every PNG-like picture as it is and
//! refuse anything else.

use sanitize_core::{
    Engines, Format, Job, Limits, Output, Passwords, Policy, Removal, Stop, reasons,
};

pub(crate) struct Double;

impl Engines for Double {
    fn rebuild(&self, name: &str, bytes: &[u8], _: &mut Job<'_>) -> Result<Output, Stop> {
        let format = match bytes {
            [0x89, b'P', b'N', b'G', ..] => Format::Png,
            [0xFF, 0xD8, ..] => Format::Jpeg,
            [0xD7, 0xCD, 0xC6, 0x9A, ..] => Format::Wmf,
            _ => return Err(Stop::blocked(&reasons::BROKEN, name)),
        };
        Ok(Output { format, bytes: bytes.to_vec() })
    }

    fn text(&self, name: &str, _: &[u8], _: &mut Job<'_>) -> Result<String, Stop> {
        Err(Stop::blocked(&reasons::BROKEN, name))
    }
}

/// Rebuilds under a policy; returns the bytes and the report.
pub(crate) fn run(
    bytes: &[u8],
    format: Format,
    policy: &Policy,
) -> Result<(Vec<u8>, Vec<Removal>), Stop> {
    let passwords = Passwords::default();
    let mut job = Job::open(policy, &passwords, &Double, Limits::default(), bytes.len() as u64)?;
    let output = crate::rebuild(bytes, format, &mut job)?;
    Ok((output.bytes, job.removals().to_vec()))
}

/// Rebuilds twice, checks the fix point, returns the bytes and the codes.
pub(crate) fn codes_of(
    bytes: &[u8],
    format: Format,
    policy: &Policy,
) -> (Vec<u8>, Vec<&'static str>) {
    let (once, removals) = run(bytes, format, policy).expect("rebuilds");
    let (twice, again) = run(&once, format, policy).expect("rebuilds again");
    assert_eq!(String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice), "a fix point");
    assert_eq!(once, twice, "a fix point, byte for byte");
    assert_eq!(again, [], "the second pass finds nothing");
    (once, removals.iter().map(|removal| removal.code.id).collect())
}

/// Extracts the text under the office policy.
pub(crate) fn text_of(bytes: &[u8], format: Format) -> String {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let mut job = Job::open(&policy, &passwords, &Double, Limits::default(), bytes.len() as u64)
        .expect("small");
    crate::text(bytes, format, &mut job).expect("has text")
}

//! Builds small hostile files and runs the family on them.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

pub mod doc;
pub mod ppt;
pub mod xls;

use sanitize_container::cfb::{CompoundFile, Writer};
use sanitize_core::{
    Budget, Engines, Format, Job, Limits, Output, Passwords, Policy, Removal, Stop, reasons,
};

/// Stands for the image engine: takes PNG, JPEG and metafiles as they are.
pub struct Double;

impl Engines for Double {
    fn rebuild(&self, _: &str, bytes: &[u8], _: &mut Job<'_>) -> Result<Output, Stop> {
        let format = match bytes {
            [0x89, b'P', b'N', b'G', ..] => Format::Png,
            [0xFF, 0xD8, ..] => Format::Jpeg,
            [b'B', b'M', ..] => Format::Bmp,
            [0xD7, 0xCD, ..] | [1, 0, 9, 0, ..] => Format::Wmf,
            [1, 0, 0, 0, ..] => Format::Emf,
            _ => return Err(Stop::blocked(&reasons::BROKEN, "")),
        };
        Ok(Output { format, bytes: bytes.to_vec() })
    }

    fn text(&self, _: &str, _: &[u8], _: &mut Job<'_>) -> Result<String, Stop> {
        Ok(String::new())
    }
}

pub struct Rebuilt {
    pub bytes: Vec<u8>,
    pub removals: Vec<Removal>,
}

impl Rebuilt {
    pub fn ids(&self) -> Vec<&'static str> {
        self.removals.iter().map(|removal| removal.code.id).collect()
    }

    pub fn has(&self, id: &str) -> bool {
        self.ids().contains(&id)
    }

    /// Whether some bytes occur anywhere in the new file.
    pub fn contains(&self, needle: &[u8]) -> bool {
        self.bytes.windows(needle.len()).any(|window| window == needle)
    }

    pub fn stream(&self, name: &str) -> Vec<u8> {
        stream(&self.bytes, name)
    }
}

pub fn stream(bytes: &[u8], name: &str) -> Vec<u8> {
    let mut budget = Budget::open(Limits::default(), bytes.len() as u64).unwrap();
    let file = CompoundFile::read(bytes, &mut budget).unwrap();
    file.stream(&[name], &mut budget).unwrap().unwrap_or_default()
}

pub fn run(bytes: &[u8], format: Format, policy: &Policy) -> Result<Rebuilt, Stop> {
    run_with(bytes, format, policy, &[])
}

pub fn run_with(
    bytes: &[u8],
    format: Format,
    policy: &Policy,
    passwords: &[&str],
) -> Result<Rebuilt, Stop> {
    let passwords = given(passwords);
    let limits = Limits::default();
    let mut job = Job::open(policy, &passwords, &Double, limits, bytes.len() as u64)?;
    let output = sanitize_ole::rebuild(bytes, format, &mut job)?;
    assert_eq!(output.format, format);
    Ok(Rebuilt { bytes: output.bytes, removals: job.removals().to_vec() })
}

pub fn decrypt(bytes: &[u8], password: Option<&str>) -> Result<Vec<u8>, Stop> {
    let passwords = given(password.as_slice());
    let policy = Policy::default();
    let limits = Limits::default();
    let mut job = Job::open(&policy, &passwords, &Double, limits, bytes.len() as u64)?;
    sanitize_ole::decrypt_office(bytes, &mut job)
}

fn given(passwords: &[&str]) -> Passwords {
    Passwords::new(passwords.iter().map(|&password| password.to_owned()).collect())
}

/// Rebuilds, and checks that doing it again changes and reports nothing.
pub fn rebuild_with(bytes: &[u8], format: Format, policy: &Policy) -> Rebuilt {
    let first = run(bytes, format, policy).unwrap();
    let second = run(&first.bytes, format, policy).unwrap();
    assert_eq!(second.ids(), Vec::<&str>::new(), "the second pass removed something");
    assert!(first.bytes == second.bytes, "the second pass changed something");
    first
}

pub fn rebuild(bytes: &[u8], format: Format) -> Rebuilt {
    rebuild_with(bytes, format, &Policy::default())
}

pub fn text(bytes: &[u8], format: Format) -> String {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let limits = Limits::default();
    let mut job = Job::open(&policy, &passwords, &Double, limits, bytes.len() as u64).unwrap();
    sanitize_ole::text(bytes, format, &mut job).unwrap()
}

/// Packs streams; a slash in a name parts storages.
pub fn pack(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = Writer::new();
    for (path, data) in streams {
        let path: Vec<&str> = path.split('/').collect();
        writer.add_stream(&path, data.clone()).unwrap();
    }
    writer.finish().unwrap()
}

pub fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A hyperlink object with one address, [MS-OSHARED] 2.3.7.1.
pub fn link(url: &str) -> Vec<u8> {
    let mut out = vec![2, 0, 0, 0, 3, 0, 0, 0];
    out.extend_from_slice(&[
        0xE0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA, 0x00, 0x4B, 0xA9,
        0x0B,
    ]);
    let body = wide(&format!("{url}\0"));
    out.extend_from_slice(&(body.len() as u32).to_le_bytes());
    out.extend_from_slice(&body);
    out
}

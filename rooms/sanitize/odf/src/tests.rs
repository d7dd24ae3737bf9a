//! Vectors, fix points and hostile packages, made by code; and, where
//! `SEKISHO_ODF` names a folder of real files, those.
#![allow(clippy::unwrap_used, clippy::panic)]

mod encryption;
mod vectors;

use std::path::Path;

use sanitize_container::zip::{Archive, Level, Writer};
use sanitize_core::{
    Budget, Engines, Format, Job, Limits, Output, Passwords, Policy, Removal, Stop, reasons,
};

/// Takes common pictures as they are and refuses anything else.
struct Double;

impl Engines for Double {
    fn rebuild(&self, name: &str, bytes: &[u8], _: &mut Job<'_>) -> Result<Output, Stop> {
        let format = match bytes {
            [0x89, b'P', b'N', b'G', ..] => Format::Png,
            [0xFF, 0xD8, ..] => Format::Jpeg,
            [b'G', b'I', b'F', ..] => Format::Gif,
            [1, 0, 0, 0, ..] => Format::Emf,
            [0xD7, 0xCD, 0xC6, 0x9A, ..] | [1, 0, 9, 0, ..] => Format::Wmf,
            _ => return Err(Stop::blocked(&reasons::BROKEN, name)),
        };
        Ok(Output { format, bytes: bytes.to_vec() })
    }

    fn text(&self, name: &str, _: &[u8], _: &mut Job<'_>) -> Result<String, Stop> {
        Err(Stop::blocked(&reasons::BROKEN, name))
    }
}

fn run_with(
    bytes: &[u8],
    format: Format,
    policy: &Policy,
    passwords: &[&str],
) -> Result<(Vec<u8>, Vec<Removal>), Stop> {
    let passwords = Passwords::new(passwords.iter().map(|&password| password.to_owned()).collect());
    let mut job = Job::open(policy, &passwords, &Double, Limits::default(), bytes.len() as u64)?;
    let output = crate::rebuild(bytes, format, &mut job)?;
    Ok((output.bytes, job.removals().to_vec()))
}

fn run(bytes: &[u8], format: Format, policy: &Policy) -> Result<(Vec<u8>, Vec<Removal>), Stop> {
    run_with(bytes, format, policy, &[])
}

/// Rebuilds twice, checks the fix point, returns the package and the codes.
fn checked(bytes: &[u8], format: Format, policy: &Policy) -> (Vec<u8>, Vec<&'static str>) {
    let (once, removals) = run(bytes, format, policy).unwrap();
    let (twice, again) = run(&once, format, policy).unwrap();
    assert_eq!(again, [], "the second pass finds nothing");
    assert_eq!(once, twice, "a fix point");
    (once, removals.iter().map(|removal| removal.code.id).collect())
}

fn text_of(bytes: &[u8], format: Format) -> String {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let mut job =
        Job::open(&policy, &passwords, &Double, Limits::default(), bytes.len() as u64).unwrap();
    crate::text(bytes, format, &mut job).unwrap()
}

fn part(bytes: &[u8], name: &str) -> Option<String> {
    let mut budget = Budget::open(Limits::default(), bytes.len() as u64).unwrap();
    let archive = Archive::read(bytes, &mut budget).unwrap();
    let entry = archive.entries().iter().find(|entry| entry.name == name)?;
    Some(String::from_utf8_lossy(&archive.data(entry, &mut budget).unwrap()).into_owned())
}

fn names(bytes: &[u8]) -> Vec<String> {
    let mut budget = Budget::open(Limits::default(), bytes.len() as u64).unwrap();
    let archive = Archive::read(bytes, &mut budget).unwrap();
    archive.entries().iter().map(|entry| entry.name.clone()).collect()
}

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = Writer::new();
    for (name, data) in parts {
        writer.add(name, data.as_bytes(), Level::Deflated);
    }
    writer.finish().unwrap()
}

const SPACES: &str = "xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' \
    xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0' \
    xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' \
    xmlns:draw='urn:oasis:names:tc:opendocument:xmlns:drawing:1.0' \
    xmlns:form='urn:oasis:names:tc:opendocument:xmlns:form:1.0' \
    xmlns:script='urn:oasis:names:tc:opendocument:xmlns:script:1.0' \
    xmlns:presentation='urn:oasis:names:tc:opendocument:xmlns:presentation:1.0' \
    xmlns:anim='urn:oasis:names:tc:opendocument:xmlns:animation:1.0' \
    xmlns:style='urn:oasis:names:tc:opendocument:xmlns:style:1.0' \
    xmlns:svg='urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0' \
    xmlns:chart='urn:oasis:names:tc:opendocument:xmlns:chart:1.0' \
    xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xlink='http://www.w3.org/1999/xlink' \
    xmlns:xforms='http://www.w3.org/2002/xforms' xmlns:config='urn:oasis:names:tc:opendocument:xmlns:config:1.0' \
    xmlns:meta='urn:oasis:names:tc:opendocument:xmlns:meta:1.0' xmlns:evil='urn:evil'";

/// A document with `body` in its `office:text`.
fn content(body: &str) -> String {
    format!(
        "<office:document-content {SPACES} office:version='1.2'><office:body><office:text>{body}\
         </office:text></office:body></office:document-content>"
    )
}

fn document(body: &str, others: &[(&str, &str)]) -> Vec<u8> {
    let content = content(body);
    let mut parts = vec![
        ("mimetype", "application/vnd.oasis.opendocument.text"),
        ("content.xml", content.as_str()),
    ];
    parts.extend_from_slice(others);
    package(&parts)
}

#[test]
fn real_files_keep_their_text_and_are_fix_points() {
    let Some(folder) = std::env::var_os("SEKISHO_ODF") else {
        println!("SKIPPED: SEKISHO_ODF names no folder of OpenDocument files");
        return;
    };
    let out = std::env::var_os("SEKISHO_ODF_OUT");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut failed = Vec::new();
    for file in &files {
        let format = match file.extension().and_then(|extension| extension.to_str()) {
            Some("odt") => Format::Odt,
            Some("ods") => Format::Ods,
            Some("odp") => Format::Odp,
            _ => continue,
        };
        let bytes = std::fs::read(file).unwrap();
        let (once, removals) = match run(&bytes, format, &Policy::default()) {
            Ok(done) => done,
            Err(stop) => {
                failed.push(format!("{}: {stop}", file.display()));
                continue;
            }
        };
        let (twice, again) = run(&once, format, &Policy::default()).unwrap();
        if once != twice || !again.is_empty() {
            failed.push(format!("{}: no fix point {again:?}", file.display()));
        }
        if text_of(&bytes, format) != text_of(&once, format) {
            failed.push(format!("{}: text differs", file.display()));
        }
        if let Some(out) = &out {
            let name = file.file_name().unwrap();
            std::fs::write(Path::new(out).join(name), &once).unwrap();
            for removal in removals {
                println!(
                    "{}\t{}\t{}\t{}",
                    name.display(),
                    removal.code.id,
                    removal.place,
                    removal.count
                );
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

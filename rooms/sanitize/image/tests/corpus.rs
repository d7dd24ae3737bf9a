//! Rebuilds every picture inside the office files of the corpus: each must be
//! carried over, stay the same on a second pass and not grow out of measure.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use sanitize_container::zip::Archive;
use sanitize_core::{Engines, Format, Job, Limits, Output, Passwords, Policy, Stop, reasons};

/// Nothing in these pictures is nested.
struct NoneNested;

impl Engines for NoneNested {
    fn rebuild(&self, _: &str, _: &[u8], _: &mut Job<'_>) -> Result<Output, Stop> {
        Err(Stop::blocked(&reasons::UNSUPPORTED, ""))
    }

    fn text(&self, _: &str, _: &[u8], _: &mut Job<'_>) -> Result<String, Stop> {
        Err(Stop::blocked(&reasons::UNSUPPORTED, ""))
    }
}

#[test]
fn pictures_of_office_files_pass() {
    let Some(root) = corpus() else {
        println!("SKIPPED: no corpus at SEKISHO_CORPUS");
        return;
    };
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let (mut pictures, mut failures) = (0, Vec::new());
    for path in files(&root.join("office")) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let open = |size: usize| {
            Job::open(&policy, &passwords, &NoneNested, Limits::default(), size as u64).unwrap()
        };
        let mut job = open(bytes.len());
        let Ok(archive) = Archive::read(&bytes, &mut job.budget) else { continue };
        for entry in archive.entries() {
            let Ok(data) = archive.data(entry, &mut job.budget) else { continue };
            let Some(format) = format_of(&data) else { continue };
            pictures += 1;
            let name = format!("{} {}", path.display(), entry.name);
            match sanitize_image::rebuild(&data, format, &mut open(data.len())) {
                Ok(first) => {
                    let mut job = open(first.bytes.len());
                    let second = sanitize_image::rebuild(&first.bytes, format, &mut job);
                    if second.as_ref() != Ok(&first) || !job.removals().is_empty() {
                        failures.push(format!("{name}: the second pass differs"));
                    }
                    if first.bytes.len() > data.len() + data.len() / 5 + 400 {
                        failures.push(format!("{name}: grew to {}", first.bytes.len()));
                    }
                }
                Err(stop) => failures.push(format!("{name}: {stop}")),
            }
        }
    }
    println!("{pictures} pictures");
    assert!(pictures > 100, "the corpus has pictures");
    assert_eq!(failures, [""; 0]);
}

fn corpus() -> Option<PathBuf> {
    let near = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    let root = std::env::var_os("SEKISHO_CORPUS").map_or(near, PathBuf::from);
    root.is_dir().then_some(root)
}

fn files(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn format_of(bytes: &[u8]) -> Option<Format> {
    Some(match bytes {
        [0x89, b'P', b'N', b'G', ..] => Format::Png,
        [0xFF, 0xD8, 0xFF, ..] => Format::Jpeg,
        [b'G', b'I', b'F', b'8', ..] => Format::Gif,
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Format::Tiff,
        [0xD7, 0xCD, 0xC6, 0x9A, ..] | [1, 0, 9, 0, 0, 3, ..] => Format::Wmf,
        [1, 0, 0, 0, ..] if bytes.get(40..44) == Some(b" EMF") => Format::Emf,
        _ => return None,
    })
}

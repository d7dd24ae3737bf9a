//! A job for tests: engines that take what starts like a picture as it is
//! and refuse anything else.

use std::path::{Path, PathBuf};

use sanitize_core::{
    Engines, Format, Job, Limits, Output, Passwords, Policy, Removal, Stop, reasons,
};

pub(crate) struct Double;

impl Engines for Double {
    fn rebuild(&self, name: &str, bytes: &[u8], _: &mut Job<'_>) -> Result<Output, Stop> {
        let format = match bytes {
            [0x89, b'P', b'N', b'G', ..] => Format::Png,
            [0xFF, 0xD8, ..] => Format::Jpeg,
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

/// Runs the real files with `extension` of the corpus, and of the folder that
/// `variable` names, through a rebuild and back; writes the outputs where
/// `variable` + `_OUT` names a folder.
#[allow(clippy::panic, clippy::unwrap_used)]
pub(crate) fn check_real_files(variable: &str, extension: &str, format: Format) {
    let mut files = Vec::new();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let corpus = std::env::var_os("SEKISHO_CORPUS")
        .map_or_else(|| root.join("../shared/corpus"), PathBuf::from);
    if corpus.is_dir() {
        collect(&corpus, extension, &mut files);
    } else {
        println!("SKIPPED: no corpus at {}", corpus.display());
    }
    match std::env::var_os(variable) {
        Some(folder) => collect(Path::new(&folder), extension, &mut files),
        None => println!("SKIPPED: {variable} names no folder of real files"),
    }
    files.sort();
    let out = std::env::var_os(format!("{variable}_OUT"));
    let mut failed = Vec::new();
    for file in &files {
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
            failed.push(format!("{}: no fix point, {again:?}", file.display()));
        }
        if text_of(&bytes, format) != text_of(&once, format) {
            failed.push(format!("{}: text differs", file.display()));
        }
        let name = file.file_name().unwrap();
        for removal in removals {
            println!(
                "{}\t{}\t{}\t{}",
                name.display(),
                removal.code.id,
                removal.place,
                removal.count
            );
        }
        if let Some(out) = &out {
            std::fs::write(Path::new(out).join(name), &once).unwrap();
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[allow(clippy::unwrap_used)]
fn collect(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, extension, files);
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

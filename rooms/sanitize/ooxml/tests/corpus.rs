//! Real files: whatever can be rebuilt is a fix point and keeps its text, and
//! refusals are for files that are broken, locked or declare document types.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use sanitize_core::{Format, Job, Limits, Passwords, Policy, Preset};
use support::{Others, by_name, rebuild};

/// Larger files are left to the bench.
const BYTES_MAX: u64 = 300_000;

#[test]
fn real_files_are_rebuilt_to_a_fix_point_with_their_text() {
    let root = std::env::var("SEKISHO_CORPUS")
        .unwrap_or_else(|_| format!("{}/../../../../shared/corpus", env!("CARGO_MANIFEST_DIR")));
    let mut files = Vec::new();
    collect(&Path::new(&root).join("office"), &mut files);
    if files.is_empty() {
        eprintln!("SKIPPED: no corpus at {root}; set SEKISHO_CORPUS");
        return;
    }
    files.sort();
    let (mut rebuilt, mut refused) = (0, 0);
    for path in files.iter().step_by(3) {
        let bytes = std::fs::read(path).unwrap();
        let format = by_name(&path.to_string_lossy());
        for preset in [Preset::Office, Preset::Strict] {
            let policy = Policy::preset(preset);
            match rebuild(&bytes, format, &policy) {
                Ok(first) => {
                    rebuilt += 1;
                    let second = rebuild(&first.bytes, first.format, &policy)
                        .unwrap_or_else(|stop| panic!("{}: {stop}", path.display()));
                    assert_eq!(second.codes, Vec::<String>::new(), "{}", path.display());
                    assert!(second.bytes == first.bytes, "{} is no fix point", path.display());
                    if preset == Preset::Office {
                        assert_text(path, &bytes, &first.bytes, format);
                    }
                }
                Err(stop) => {
                    refused += 1;
                    let code = stop.reason().code.id;
                    assert!(
                        ["file-broken", "ooxml-doctype", "content-unsupported"].contains(&code),
                        "{}: {stop}",
                        path.display()
                    );
                }
            }
        }
    }
    println!("{rebuilt} rebuilt, {refused} refused");
    assert!(rebuilt > refused * 5);
}

/// Words may come to light (in smart tags), none may go.
fn assert_text(path: &Path, before: &[u8], after: &[u8], format: Format) {
    let words = |bytes: &[u8]| {
        let (policy, passwords) = (Policy::default(), Passwords::default());
        let mut job =
            Job::open(&policy, &passwords, &Others, Limits::default(), bytes.len() as u64).unwrap();
        sanitize_ooxml::text(bytes, format, &mut job).unwrap_or_default()
    };
    let (before, after) = (words(before), words(after));
    let is_macro_book = path.to_string_lossy().contains("macro");
    assert!(is_macro_book || before == after, "{} lost text", path.display());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    const KNOWN: [&str; 14] = [
        "docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xltx", "xltm", "pptx", "pptm", "potx",
        "potm", "ppsx", "ppsm",
    ];
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let extension =
            path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        if path.is_dir() {
            collect(&path, files);
        } else if extension.is_some_and(|extension| KNOWN.contains(&extension.as_str()))
            && entry.metadata().is_ok_and(|data| data.len() <= BYTES_MAX)
        {
            files.push(path);
        }
    }
}

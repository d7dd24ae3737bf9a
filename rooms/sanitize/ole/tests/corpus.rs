//! Real files by others: all valid ones are rebuilt, a second pass finds
//! nothing, and nothing ever panics.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};

use sanitize_core::{Choice, Format, Policy};
use support::{decrypt, run, run_with, text};

fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("SEKISHO_CORPUS").map(PathBuf::from);
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    let folder = named.unwrap_or(default).join("office");
    folder.is_dir().then_some(folder)
}

fn files(folder: &Path, found: &mut Vec<(PathBuf, Format)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
            continue;
        }
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "xls" => found.push((path, Format::Xls)),
            "doc" => found.push((path, Format::Doc)),
            "ppt" => found.push((path, Format::Ppt)),
            _ => {}
        }
    }
}

#[test]
fn real_files_are_rebuilt_to_a_fix_point() {
    let Some(folder) = corpus() else {
        eprintln!("SKIPPED: no corpus; set SEKISHO_CORPUS");
        return;
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let policy = Policy::default();
    let (mut rebuilt, mut refused, mut changed) = (0, Vec::new(), Vec::new());
    for (path, format) in &found {
        let bytes = std::fs::read(path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match run(&bytes, *format, &policy) {
            Ok(first) => {
                let second = run(&first.bytes, *format, &policy).unwrap();
                assert_eq!(second.ids(), Vec::<&str>::new(), "{name}");
                assert!(first.bytes == second.bytes, "{name} is no fix point");
                if text(&bytes, *format) != text(&first.bytes, *format) {
                    changed.push(name);
                }
                rebuilt += 1;
            }
            Err(stop) => refused.push(format!("{name}: {stop}")),
        }
    }
    eprintln!("{rebuilt} of {} rebuilt; refused: {refused:#?}", found.len());
    assert_eq!(changed, Vec::<String>::new(), "text changed");
    // Encrypted, broken on purpose, or older than 1997.
    assert!(refused.len() * 10 <= found.len(), "too many refusals");
}

#[test]
fn passwords_open_what_they_should() {
    let Some(folder) = corpus() else {
        eprintln!("SKIPPED: no corpus; set SEKISHO_CORPUS");
        return;
    };
    let cases = [
        ("poi/test-data/spreadsheet/xor-encryption-abc.xls", "abc", Format::Xls),
        ("poi/test-data/spreadsheet/password.xls", "password", Format::Xls),
        ("poi/test-data/document/password_tika_binaryrc4.doc", "tika", Format::Doc),
        ("poi/test-data/slideshow/Password_Protected-hello.ppt", "hello", Format::Ppt),
        ("oletools/tests/test-data/encrypted/encrypted.ppt", "encrypted", Format::Ppt),
    ];
    let policy = Policy::default();
    for (path, password, format) in cases {
        let bytes = std::fs::read(folder.join(path)).unwrap();
        assert!(run_with(&bytes, format, &policy, &[password]).unwrap().has("ole-encryption"));
        let reason = |given: &[&str]| match run_with(&bytes, format, &policy, given) {
            Ok(_) => panic!("{path} opened"),
            Err(stop) => stop.reason().code.id,
        };
        assert_eq!((reason(&["wrong"]), reason(&[])), ("password-wrong", "password-needed"));
    }
}

#[test]
fn encrypted_packages_are_opened() {
    let Some(folder) = corpus() else {
        eprintln!("SKIPPED: no corpus; set SEKISHO_CORPUS");
        return;
    };
    let folder = folder.join("oletools/tests/test-data/encrypted");
    for (name, password) in
        [("dde-test-encrypt-standardpassword.xlsx", None), ("encrypted.pptx", Some("encrypted"))]
    {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let package = decrypt(&bytes, password).unwrap();
        assert!(package.starts_with(b"PK\x03\x04"), "{name}");
        if password.is_some() {
            let stop = decrypt(&bytes, Some("wrong")).unwrap_err();
            assert_eq!(stop.reason().code.id, "password-wrong");
        }
    }
}

#[test]
fn kept_properties_are_a_fix_point_too() {
    let Some(folder) = corpus() else {
        eprintln!("SKIPPED: no corpus; set SEKISHO_CORPUS");
        return;
    };
    let mut found = Vec::new();
    files(&folder, &mut found);
    let mut policy = Policy::default();
    policy.office.metadata = Choice::Keep;
    let mut kept = 0;
    for (path, format) in found {
        let Ok(first) = run(&std::fs::read(&path).unwrap(), format, &policy) else { continue };
        kept += usize::from(!first.stream("\u{5}SummaryInformation").is_empty());
        let second = run(&first.bytes, format, &policy).unwrap();
        assert_eq!(second.ids(), Vec::<&str>::new(), "{}", path.display());
        assert!(first.bytes == second.bytes, "{} is no fix point", path.display());
    }
    assert!(kept > 100, "only {kept} files kept their properties");
}

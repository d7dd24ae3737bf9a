//! LZH archives by many packers, from the corpus.

use std::path::PathBuf;

use super::*;

fn files() -> Option<Vec<PathBuf>> {
    let root = std::env::var_os("SEKISHO_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/corpus")),
        PathBuf::from,
    );
    let mut files = Vec::new();
    let mut folders = vec![root.join("archive/lhasa")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Some(files)
}

#[test]
fn lzh_archives_open() {
    let Some(files) = files().filter(|files| !files.is_empty()) else {
        eprintln!("SKIPPED: the corpus is absent (SEKISHO_CORPUS)");
        return;
    };
    let (mut opened, mut incomplete, mut seen) = (0, Vec::new(), 0);
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        if !bytes.get(2..7).is_some_and(|mark| mark.starts_with(b"-") && mark.ends_with(b"-")) {
            continue;
        }
        seen += 1;
        let mut policy = Policy::default();
        // Some archives hold the same megabytes of zeros many times over.
        policy.limits.ratio_max = 20_000;
        let done = run_with(&bytes, Format::Lzh, &policy, &[]);
        let is_whole = !done.report.iter().any(|line| line.starts_with("archive-member-removed"));
        match &done.result {
            Ok(_) if is_whole => opened += 1,
            Ok(_) => incomplete.push(format!("{} {:?}", path.display(), done.report)),
            Err(stop) => incomplete.push(format!("{} {stop}", path.display())),
        }
    }
    for line in &incomplete {
        println!("{line}");
    }
    println!("{opened} of {seen} whole");
    assert!(opened * 100 >= seen * 90, "{opened} of {seen}");
}

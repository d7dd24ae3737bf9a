//! Real mail from the corpus: everything opens, and a second pass is silent.

use std::path::PathBuf;

use super::*;

pub(crate) fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let root = std::env::var_os("SEKISHO_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/corpus")),
        PathBuf::from,
    );
    let mut files = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|known| known == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn real_messages_open_and_stay() {
    let files = files("mail", "eml");
    if files.is_empty() {
        eprintln!("SKIPPED: the corpus is absent (SEKISHO_CORPUS)");
        return;
    }
    let mut opened = 0;
    for path in &files {
        let bytes = std::fs::read(path).unwrap();
        println!("{}", path.display());
        match run(&bytes, Format::Eml).result {
            Ok(_) => opened += 1,
            Err(stop) => println!("  {stop}"),
        }
    }
    println!("{opened} of {}", files.len());
    assert!(opened * 100 >= files.len() * 95, "{opened} of {}", files.len());
}

#[test]
fn real_outlook_messages_open_and_stay() {
    let files = files("office", "msg");
    if files.is_empty() {
        eprintln!("SKIPPED: the corpus is absent (SEKISHO_CORPUS)");
        return;
    }
    let mut opened = 0;
    for path in &files {
        let bytes = std::fs::read(path).unwrap();
        let done = run(&bytes, Format::Msg);
        match &done.result {
            Ok(_) => {
                opened += 1;
                let leaves = done.leaves();
                let shown: Vec<_> = leaves.iter().map(|l| (&l.0, &l.1, l.2.len())).collect();
                println!("{} {shown:?}", path.display());
            }
            Err(stop) => println!("{} {stop}", path.display()),
        }
    }
    println!("{opened} of {}", files.len());
    assert!(opened * 100 >= files.len() * 90, "{opened} of {}", files.len());
}

//! Mail by others, to be read without a panic and within limits: the corpus
//! folder (`SEKISHO_CORPUS`) and what mail-parser and mail-auth bring with their
//! sources. Never part of the project.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mail_engine::auth::{Answers, check};
use mail_engine::hints::{Setting, look};
use mail_engine::{Limits, Report, read};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|known| known == "eml" || known == "txt" || known == "msg")
        {
            found.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let corpus = std::env::var_os("SEKISHO_CORPUS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/corpus")),
        PathBuf::from,
    );
    let mut found = Vec::new();
    files(&corpus.join("mail"), &mut found);
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    for source in std::fs::read_dir(home.unwrap_or_default().join("registry/src"))
        .into_iter()
        .flatten()
        .flatten()
    {
        for name in ["mail-parser-0.11.9", "mail-auth-0.13.3"] {
            files(&source.path().join(name).join("resources"), &mut found);
        }
    }
    // Further folders of mail, by hand.
    if let Some(more) = std::env::var_os("SEKISHO_MAILS") {
        files(Path::new(&more), &mut found);
    }
    found.sort();
    found
}

#[test]
fn mail_of_others_is_read_without_a_panic() {
    let all = all();
    if all.is_empty() {
        eprintln!("SKIPPED: no mail by others (SEKISHO_CORPUS, SEKISHO_MAILS)");
        return;
    }
    let (mut opened, mut slowest) = (0, (Duration::ZERO, PathBuf::new()));
    let mut lost = 0;
    for path in &all {
        let bytes = std::fs::read(path).unwrap();
        let start = Instant::now();
        let _ = check(&bytes, None, &Answers::default(), 1_700_000_000);
        match read(&bytes, &Limits::default()) {
            Ok(message) => {
                opened += 1;
                let verdicts = Default::default();
                let hints = look(&message, &verdicts, &Setting::default());
                let report =
                    serde_json::to_string(&Report::new(&message, &verdicts, &hints)).unwrap();
                lost += usize::from(report.contains('\u{FFFD}'));
                // Nothing that leaves can be clicked.
                assert!(
                    !message.text.contains("http://") && !message.text.contains("https://"),
                    "{}",
                    path.display()
                );
            }
            Err(stop) => println!("{}: {stop}", path.display()),
        }
        let took = start.elapsed();
        if took > slowest.0 {
            slowest = (took, path.clone());
        }
    }
    println!(
        "{opened} of {} opened, {lost} with unreadable characters, slowest {slowest:?}",
        all.len()
    );
    assert!(opened * 100 >= all.len() * 90, "{opened} of {}", all.len());
}

//! Signed and forwarded messages of `mail-auth`'s own resources, each named with
//! what we say of it; and what must not pass once a byte is changed.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use mail_engine::auth::{Answer, Answers, Outcome, Question, RecordKind, Step, Verdicts, check};

/// When the vectors were made, so that none has expired: 2022-11-07.
const THEN: u64 = 1_667_843_664;

fn vectors(folder: &str) -> Vec<(String, String)> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let mut found = Vec::new();
    let sources = home.map(|home| home.join("registry/src")).unwrap_or_default();
    for source in std::fs::read_dir(sources).into_iter().flatten().flatten() {
        let folder = source.path().join("mail-auth-0.13.3/resources").join(folder);
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(file.path()).unwrap()));
        }
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        eprintln!("SKIPPED: the sources of mail-auth are not in cargo's registry");
    }
    found
}

fn run(zone: &str, message: &[u8]) -> Verdicts {
    let mut answers = Answers::default();
    loop {
        match check(message, None, &answers, THEN) {
            Step::Done(verdicts) => return *verdicts,
            Step::Ask(questions) => {
                for question in questions {
                    let lines = zone.lines().filter_map(|line| line.split_once(' '));
                    let texts: Vec<Vec<u8>> = lines
                        .filter(|(name, _)| Question::new(RecordKind::Txt, name) == question)
                        .map(|(_, text)| text.as_bytes().to_vec())
                        .collect();
                    let answer =
                        if texts.is_empty() { Answer::Nothing } else { Answer::Txt(texts) };
                    answers.put(question, answer);
                }
            }
        }
    }
}

fn parts(vector: &str) -> (&str, Vec<u8>) {
    let (zone, message) = vector.split_once("\n\n").unwrap();
    (zone, message.replace('\n', "\r\n").into_bytes())
}

/// Changes a letter of the body.
fn changed(message: &[u8]) -> Vec<u8> {
    let mut changed = message.to_vec();
    let body = message.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let at = message[body..].iter().position(u8::is_ascii_lowercase).unwrap() + body;
    changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
    changed
}

#[test]
fn signatures_pass_and_changed_bodies_do_not() {
    let mut wrong = Vec::new();
    for (name, vector) in vectors("dkim") {
        let (zone, message) = parts(&vector);
        let verdicts = run(zone, &message);
        for one in &verdicts.dkim {
            println!("dkim/{name}: {} {} ({})", one.domain, one.outcome.name(), one.reason);
        }
        if verdicts.dkim.last().map(|one| one.outcome) != Some(Outcome::Pass) {
            wrong.push(name.clone());
        }
        let forged = run(zone, &changed(&message));
        assert!(forged.dkim.iter().all(|one| one.outcome != Outcome::Pass), "{name} changed");
        let unknown = run("", &message);
        assert!(
            unknown.dkim.iter().all(|one| one.outcome != Outcome::Pass),
            "{name} without a key"
        );
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn chains_hold_and_changed_ones_do_not() {
    let mut wrong = Vec::new();
    for (name, vector) in vectors("arc") {
        let (zone, message) = parts(&vector);
        let verdicts = run(zone, &message);
        println!(
            "arc/{name}: {} {} ({})",
            verdicts.arc.domain,
            verdicts.arc.outcome.name(),
            verdicts.arc.reason
        );
        if verdicts.arc.outcome != Outcome::Pass {
            wrong.push(name.clone());
        }
        assert_eq!(run(zone, &changed(&message)).arc.outcome, Outcome::Fail, "{name} changed");
        let text = String::from_utf8(message).unwrap();
        let unsealed = text.replacen("cv=none", "cv=pass", 1);
        assert_eq!(run(zone, unsealed.as_bytes()).arc.outcome, Outcome::Fail, "{name} reordered");
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

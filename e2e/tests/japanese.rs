//! Runs the Japanese files through the sanitiser and holds every letter to
//! account: the known sentences, and the whole text before and after.

#![allow(clippy::unwrap_used, clippy::panic)]

use e2e::canary::Unpacked;
use e2e::japanese::{Sample, samples};
use sanitize_core::{Method, Passwords, Policy};
use sanitize_engine::{Outcome, Request, disarm};

#[test]
fn every_letter_is_kept() {
    let mut lost = Vec::new();
    let samples = samples();
    for sample in &samples {
        let outcome = run(&sample.file, &sample.bytes, Method::Rebuild);
        let Some(output) = outcome.output else {
            lost.push(format!("{}: not delivered: {:?}", sample.file, outcome.reasons));
            continue;
        };
        lost.extend(lost_letters(sample, &output.bytes, output.format.extension()));
    }
    assert!(lost.is_empty(), "{} of {} files:\n{}", lost.len(), samples.len(), lost.join("\n"));
}

#[test]
fn a_lost_letter_is_seen() {
    let samples = samples();
    for sample in samples.iter().filter(|sample| sample.file.ends_with(".docx")) {
        let outcome = run(&sample.file, &sample.bytes, Method::Rebuild);
        let other = Sample { sentences: vec!["吉野家".to_owned()], ..sample.clone() };
        let output = outcome.output.unwrap();
        assert_eq!(lost_letters(&other, &output.bytes, "docx").len(), 1, "{}", sample.file);
    }
}

fn lost_letters(sample: &Sample, output: &[u8], extension: &str) -> Vec<String> {
    let mut lost = Vec::new();
    let is_plain = ["csv", "tsv", "txt"].contains(&extension);
    if is_plain && sample.bytes != output {
        let (before, after) = (decoded(&sample.bytes), decoded(output));
        if before != after {
            lost.push(format!("{}: {before:?} became {after:?}", sample.file));
        }
    }
    let before = text(&sample.file, &sample.bytes);
    let after = text(&format!("x.{extension}"), output);
    if before.is_none() || before != after {
        lost.push(format!("{}: text {before:?} became {after:?}", sample.file));
    }
    // Said twice: as this product reads it, and as the file holds it.
    let held = Unpacked::of(output);
    for sentence in &sample.sentences {
        let is_read = after.as_ref().is_some_and(|after| after.contains(sentence.as_str()));
        if !is_read && !held.has_sentence(sentence) {
            lost.push(format!("{}: {sentence:?} is lost", sample.file));
        }
    }
    lost
}

/// The text method's answer; for archives, its members' names and texts.
fn text(name: &str, bytes: &[u8]) -> Option<String> {
    let output = run(name, bytes, Method::Text).output?;
    if output.bytes.starts_with(b"PK") {
        return Some(format!("{:?}", output.bytes));
    }
    Some(decoded(&output.bytes))
}

/// Decodes by byte order mark, then UTF-8, then the Japanese encodings.
fn decoded(bytes: &[u8]) -> String {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    if bytes.windows(2).any(|pair| pair == b"\x1b$") {
        return encoding_rs::ISO_2022_JP.decode(bytes).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let (text, _, is_wrong) = encoding_rs::SHIFT_JIS.decode(bytes);
            if is_wrong {
                encoding_rs::EUC_JP.decode(bytes).0.into_owned()
            } else {
                text.into_owned()
            }
        }
    }
}

fn run(name: &str, bytes: &[u8], method: Method) -> Outcome {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    disarm(&Request { name, bytes, method, policy: &policy, passwords: &passwords })
}

//! Runs every planted file through the sanitiser, in process, and looks for
//! the canary in what comes out. Benign twins must come out with their text.
//! `SEKISHO_INJECTOR=docx` runs only the ids that begin so; `SEKISHO_KEEP`
//! names a folder to keep the outputs in, for outside checkers.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::Path;

use e2e::canary::Unpacked;
use e2e::{Case, Expect, inject};
use sanitize_core::{Method, Passwords, Policy};
use sanitize_engine::{Outcome, Request, Verdict, disarm};

#[test]
fn no_canary_comes_through() {
    let wanted = std::env::var("SEKISHO_INJECTOR").unwrap_or_default();
    let keep = std::env::var_os("SEKISHO_KEEP");
    let cases: Vec<Case> =
        inject::all().into_iter().filter(|case| case.id.starts_with(&wanted)).collect();
    let mut table = BTreeMap::<String, [usize; 4]>::new();
    let mut failures = Vec::new();
    for case in &cases {
        let outcome = run(case);
        let group = case.id.split(['-', '+']).next().unwrap_or("").to_owned();
        let row = table.entry(group).or_default();
        row[0] += 1;
        match outcome.verdict {
            Verdict::Clean | Verdict::Disarmed => row[1] += 1,
            Verdict::Blocked => row[2] += 1,
            Verdict::Held => row[3] += 1,
        }
        if let (Some(folder), Some(output)) = (&keep, &outcome.output) {
            let name = format!("{}.{}", case.id, output.format.extension());
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(Path::new(folder).join(name), &output.bytes).unwrap();
        }
        if let Some(complaint) = complaint(case, &outcome) {
            failures.push(format!("{}: {complaint}", case.id));
        }
    }
    println!("family      files delivered blocked held");
    for (group, [files, delivered, blocked, held]) in &table {
        println!("{group:<10} {files:>6} {delivered:>9} {blocked:>7} {held:>4}");
    }
    println!("{} files, {} failures", cases.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn run(case: &Case) -> Outcome {
    let policy = Policy::default();
    let passwords = Passwords::default();
    disarm(&Request {
        name: &case.file,
        bytes: &case.bytes,
        method: Method::Rebuild,
        policy: &policy,
        passwords: &passwords,
    })
}

/// Says what is wrong with an outcome, if anything.
fn complaint(case: &Case, outcome: &Outcome) -> Option<String> {
    let output = outcome.output.as_ref();
    match &case.expect {
        Expect::Stopped => output.map(|_| "delivered".to_owned()),
        Expect::Gone => {
            let output = output?;
            if Unpacked::of(&output.bytes).has(&case.canary) {
                return Some("the canary is still there".to_owned());
            }
            let is_unsaid = outcome.verdict == Verdict::Clean && !is_known_unsaid(&case.id);
            is_unsaid.then(|| "taken out, but called clean".to_owned())
        }
        Expect::Inert(markers) => {
            let found = Unpacked::of(&output?.bytes);
            let left = markers.iter().find(|marker| found.has(marker))?;
            Some(format!("{left:?} is still there"))
        }
        Expect::Delivered(sentences) => {
            let Some(output) = output else { return Some(stopped(outcome)) };
            let found = Unpacked::of(&output.bytes);
            let lost = sentences.iter().find(|sentence| !found.has_sentence(sentence))?;
            Some(format!("{lost:?} is lost"))
        }
    }
}

/// Vectors that vanish today without a line in the report: what no reader ever
/// sees (slack, comments of a content stream, unreachable objects) and what a
/// rewrite drops as a default. The list may shrink, never grow.
const UNSAID: &[&str] =
    &["html-frameset", "pdf-content-comment", "pdf-font-matrix", "pdf-glyph-procedure"];

fn is_known_unsaid(id: &str) -> bool {
    let base = id.split('+').next().unwrap_or(id);
    UNSAID.contains(&base)
}

fn stopped(outcome: &Outcome) -> String {
    let reasons =
        outcome.reasons.iter().map(|reason| format!("{} {}", reason.code.id, reason.place));
    format!("not delivered: {}", reasons.collect::<Vec<_>>().join("; "))
}

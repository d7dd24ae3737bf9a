//! People in made documents: how many the scan finds, and how often it finds
//! people where there are none.
//!
//! The whole measurement is `cargo run --release -p bench -- pii`; this is a
//! share of it that every change must pass.

#![allow(clippy::unwrap_used, clippy::panic)]

use e2e::people::{Document, Planted, documents};
use sanitize_core::{Limits, Passwords};
use transfer_pii::{Kind, Report, Scanner};

/// Documents and twins together: every layout in every format once.
const DOCUMENTS: usize = 1_102;

#[test]
fn people_are_found_and_nobody_else() {
    let (mut planted, mut found, mut twins) = (0, 0, 0);
    let mut alarms = Vec::new();
    for document in documents(DOCUMENTS, 7) {
        let report = scan(&document);
        if document.planted == Planted::default() {
            twins += 1;
            alarms.extend(report.has_found().then_some(document.id));
            continue;
        }
        for (expected, counted) in pairs(&document.planted, &report) {
            assert!(counted <= expected, "{}: {counted} of {expected}", document.id);
            planted += expected;
            found += counted;
        }
    }
    let recall = found as f64 / planted as f64;
    assert!(recall >= 0.99, "{found} of {planted} found");
    assert!(alarms.len() * 100 <= twins, "{alarms:?} of {twins} twins");
}

#[test]
fn a_report_never_shows_what_it_found() {
    for document in documents(200, 8) {
        let said = format!("{:?}", scan(&document));
        let longest = said.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
        assert!(longest < 9, "{}", document.id);
    }
}

#[test]
fn the_same_seed_makes_the_same_documents() {
    let once: Vec<_> = documents(60, 9).map(|document| document.bytes).collect();
    let again: Vec<_> = documents(60, 9).map(|document| document.bytes).collect();
    assert!(once == again);
}

fn pairs(planted: &Planted, report: &Report) -> [(u64, u64); 4] {
    [
        (planted.numbers, report.found(Kind::PersonalNumber)),
        (planted.named, report.found(Kind::NamedPerson)),
        (planted.cards, report.found(Kind::CreditCard)),
        (planted.persons, report.persons),
    ]
}

fn scan(document: &Document) -> Report {
    let (limits, passwords) = (Limits::default(), Passwords::default());
    let reading = sanitize_engine::read(&document.file, &document.bytes, &limits, &passwords);
    let mut scanner = Scanner::new(transfer_pii::Limits::default());
    scanner.marked(&reading.text);
    scanner.finish()
}

//! People in made documents: how many the scan finds, and how often it finds
//! people where there are none.
//!
//! The whole measurement is `cargo run --release -p bench -- pii`; this is a
//! share of it that every change must pass.

#![allow(clippy::unwrap_used, clippy::panic)]

use e2e::people::{Document, Planted, documents};
use sanitize_core::{Limits, Passwords};
use transfer_pii::{Kind, Part, Report, Scanner};

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
fn places_are_where_the_numbers_stand() {
    /// Formats that keep columns, with the part and the file around it.
    const PLACES: [(&str, &str, &[&str]); 9] = [
        ("csv", "", &[]),
        ("tsv", "", &[]),
        ("xlsx", "台帳", &[]),
        ("xlsx-number", "台帳", &[]),
        ("xlsx-hidden", "台帳", &[]),
        ("ods", "台帳", &[]),
        ("xls", "S1", &[]),
        ("zip", "", &["一覧.csv"]),
        ("eml-attached", "台帳", &["名簿.xlsx"]),
    ];
    let mut seen = 0;
    for document in documents(DOCUMENTS, 7).filter(|document| document.layout == "number-column") {
        let Some(place) = PLACES.iter().find(|place| place.0 == document.format) else { continue };
        let report = scan(&document);
        let [found] = report.findings.as_slice() else { panic!("{}: {report:?}", document.id) };
        assert_eq!((found.count, found.place.column), (document.planted.numbers, Some(3)));
        let (first, last) = found.place.lines;
        assert_eq!(last - first + 1, document.planted.numbers, "{}", document.id);
        // A row is left out below the title of every made workbook.
        assert!(first >= if place.1 == "台帳" && place.0 != "ods" { 4 } else { 3 });
        let sheet = if place.1.is_empty() { Part::Body } else { Part::Sheet(place.1.to_owned()) };
        assert_eq!(
            (&found.place.part, found.place.files.as_slice()),
            (&sheet, &files(place.2)[..])
        );
        seen += 1;
    }
    assert_eq!(seen, PLACES.len());
}

fn files(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
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

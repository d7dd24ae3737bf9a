//! Shows what a rebuilt binary part keeps and what it loses. Builds its records itself.

#![allow(clippy::unwrap_used, clippy::panic)]

use sanitize_core::{Engines, Hyperlinks, Limits, Output, Passwords, Policy, reasons};

use super::super::record::put_string;
use super::*;

struct NoneNested;

impl Engines for NoneNested {
    fn rebuild(&self, _: &str, _: &[u8], _: &mut Job<'_>) -> Result<Output, Stop> {
        Err(Stop::blocked(&reasons::UNSUPPORTED, ""))
    }

    fn text(&self, _: &str, _: &[u8], _: &mut Job<'_>) -> Result<String, Stop> {
        Err(Stop::blocked(&reasons::UNSUPPORTED, ""))
    }
}

type Record = (u32, Vec<u8>);

fn bytes(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    records.iter().for_each(|(kind, body)| put(*kind, body, &mut out));
    out
}

fn run(data: &[u8], kind: Kind, book: &Book, kept: &[&str]) -> (Vec<u8>, Vec<&'static str>) {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let mut job =
        Job::open(&policy, &passwords, &NoneNested, Limits::default(), data.len() as u64).unwrap();
    let kept = kept.iter().map(|id| (*id).to_owned()).collect();
    let done = scrub(data, kind, book, &kept, "part", &mut job).unwrap();
    (done.bytes, job.removals().iter().map(|removal| removal.code.id).collect())
}

/// Demands an output and a report, and that a second pass changes nothing.
fn check(kind: Kind, book: &Book, source: &[Record], expected: &[Record], codes: &[&str]) {
    let (out, removed) = run(&bytes(source), kind, book, &["rId1"]);
    assert_eq!(out, bytes(expected));
    assert_eq!(removed, codes);
    assert_eq!(run(&out, kind, book, &["rId1"]), (out.clone(), vec![]));
}

/// A formula cell of a number.
fn number_cell(tokens: &[u8]) -> Record {
    let mut body = vec![0; 8];
    body.extend(1.5f64.to_le_bytes());
    body.extend([0, 0]);
    body.extend((tokens.len() as u32).to_le_bytes());
    body.extend(tokens);
    body.extend([0; 4]);
    (9, body)
}

const SUM: &[u8] = &[0x1E, 1, 0, 0x22, 1, 4, 0];
const EXEC: &[u8] = &[0x1E, 1, 0, 0x22, 1, 110, 0];

#[test]
fn a_harmless_formula_stays() {
    let cell = number_cell(SUM);
    check(
        Kind::Sheet,
        &Book::default(),
        std::slice::from_ref(&cell),
        std::slice::from_ref(&cell),
        &[],
    );
}

#[test]
fn a_harmful_formula_leaves_its_value() {
    let value = (5, number_cell(&[]).1[..16].to_vec());
    let book = Book::default();
    check(
        Kind::Sheet,
        &book,
        &[number_cell(EXEC)],
        std::slice::from_ref(&value),
        &["ooxml-formula"],
    );
    // A sheet of another workbook.
    let outside = number_cell(&[0x3A, 0, 0, 0, 0, 0, 0, 0, 0]);
    check(Kind::Sheet, &book, &[outside], &[value], &["ooxml-formula"]);
}

#[test]
fn cells_of_a_harmful_shared_formula_leave_their_values() {
    let mut shared = vec![0; 16];
    shared.extend((EXEC.len() as u32).to_le_bytes());
    shared.extend(EXEC);
    shared.extend([0; 4]);
    let cell = number_cell(&[0x01, 0, 0, 0, 0]);
    let value = (5, cell.1[..16].to_vec());
    let codes = ["ooxml-formula"];
    check(Kind::Sheet, &Book::default(), &[cell, (427, shared)], &[value], &codes);
}

#[test]
fn objects_and_unknown_records_go_by_name() {
    let cases = [
        (639, "ooxml-ole"),
        (644, "ooxml-activex"),
        (499, "ooxml-external-reference"),
        (556, "ooxml-setting"),
        (9999, "ooxml-unknown-markup"),
    ];
    for (number, code) in cases {
        check(Kind::Sheet, &Book::default(), &[(number, vec![1, 2, 3])], &[], &[code]);
    }
}

#[test]
fn only_links_whose_relationship_stays_are_kept() {
    let link = |id: &str| {
        let mut body = vec![0; 16];
        [id, "", "", ""].into_iter().for_each(|text| put_string(text, &mut body));
        (494, body)
    };
    let source = [link("rId1"), link("rId2"), link("")];
    check(Kind::Sheet, &Book::default(), &source, &[link("rId1"), link("")], &[]);
}

#[test]
fn the_hash_of_a_password_goes_and_the_lock_stays() {
    let codes = ["ooxml-protection-hash"];
    let (source, open) = ((535, vec![9, 9, 1, 0]), (535, vec![0, 0, 1, 0]));
    check(Kind::Sheet, &Book::default(), &[source], &[open], &codes);
}

#[test]
fn names_of_macros_keep_their_number_but_nothing_else() {
    let name = |flags: u32, text: &str| {
        let mut body = flags.to_le_bytes().to_vec();
        body.extend([0, 0xFF, 0xFF, 0xFF, 0xFF]);
        put_string(text, &mut body);
        body.extend([2, 0, 0, 0, 0x1C, 0x17, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        (book::NAME, body)
    };
    let source = [name(0, "area"), name(0, "Auto_Open"), name(0x0E, "run")];
    let book = Book::read(&bytes(&source), Hyperlinks::Keep);
    let (out, removed) = run(&bytes(&source), Kind::Workbook, &book, &[]);
    let expected =
        [name(0, "area"), (book::NAME, book::empty_name(2)), (book::NAME, book::empty_name(3))];
    assert_eq!(out, bytes(&expected));
    assert_eq!(removed, ["ooxml-defined-name"]);
    let again = Book::read(&out, Hyperlinks::Keep);
    assert_eq!(run(&out, Kind::Workbook, &again, &[]), (out, vec![]));
}

#[test]
fn other_workbooks_become_deleted_sheets_of_this_one() {
    let entry = |source: u32, sheet: u32| [source, sheet, sheet];
    let sheets = |entries: &[[u32; 3]]| {
        let values = [entries.len() as u32].into_iter().chain(entries.iter().flatten().copied());
        (book::EXTERN_SHEET, values.flat_map(u32::to_le_bytes).collect::<Vec<u8>>())
    };
    let source = [(355, vec![0; 4]), (357, vec![]), sheets(&[entry(0, 0), entry(1, 2)])];
    let book = Book::read(&bytes(&source), Hyperlinks::Keep);
    assert!(!book.is_inside(0) && book.is_inside(1));
    let (out, removed) = run(&bytes(&source), Kind::Workbook, &book, &[]);
    assert_eq!(out, bytes(&[(357, vec![]), sheets(&[entry(0, u32::MAX), entry(0, 2)])]));
    assert_eq!(removed, ["ooxml-external-link"]);
    let again = Book::read(&out, Hyperlinks::Keep);
    assert_eq!(run(&out, Kind::Workbook, &again, &[]), (out, vec![]));
}

#[test]
fn every_cut_is_survived() {
    let source =
        bytes(&[number_cell(EXEC), (463, vec![0; 60]), (64, vec![0; 40]), (471, vec![9; 30])]);
    for end in 0..source.len() {
        for kind in [Kind::Workbook, Kind::Sheet, Kind::Styles, Kind::Table] {
            let data = &source[..end];
            run(data, kind, &Book::read(data, Hyperlinks::Keep), &[]);
        }
    }
}

#[test]
fn what_stands_behind_a_records_last_field_goes() {
    let with = |mut body: Vec<u8>, tail: &[u8]| {
        body.extend(tail);
        body
    };
    let cell = number_cell(SUM);
    let cases: [Record; 4] = [(129, vec![]), (148, vec![0; 16]), (1, vec![0; 8]), cell];
    for (number, body) in cases {
        let source = [(number, with(body.clone(), b"hidden"))];
        check(Kind::Sheet, &Book::default(), &source, &[(number, body)], &["ooxml-hidden-text"]);
    }
}

#[test]
fn what_stands_behind_a_parts_end_goes() {
    let end = (130, vec![]);
    let source = [end.clone(), number_cell(SUM)];
    check(Kind::Sheet, &Book::default(), &source, &[end], &["ooxml-hidden-text"]);
    let (out, removed) = run(b"\x82\x01\x00hidden", Kind::Sheet, &Book::default(), &[]);
    assert_eq!(
        (out.as_slice(), removed.as_slice()),
        (&b"\x82\x01\x00"[..], &["ooxml-hidden-text"][..])
    );
}

#[test]
fn code_names_go_and_places_outside_too() {
    let mut named = vec![0; 8];
    put_string("ThisWorkbook", &mut named);
    let plain = (153, vec![0; 12]);
    check(Kind::Workbook, &Book::default(), &[(153, named)], &[plain], &["ooxml-unknown-markup"]);
    let mut link = vec![0; 16];
    ["", "\\\\host\\x.exe", "", ""].into_iter().for_each(|text| put_string(text, &mut link));
    check(Kind::Sheet, &Book::default(), &[(494, link)], &[], &["ooxml-hyperlink-scheme"]);
}

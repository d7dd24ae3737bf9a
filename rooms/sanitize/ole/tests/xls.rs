//! What workbooks lose and what they keep.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use sanitize_core::{Format, Policy, Preset};
use support::xls::{Book, formula, name, records, text_formula};
use support::{Rebuilt, link, pack, rebuild, rebuild_with, text};

/// `=SUM(1)`: an integer and a call with one argument.
const SUM: [u8; 7] = [0x1E, 1, 0, 0x22, 1, 4, 0];
/// `=CALL()`.
const CALL: [u8; 4] = [0x22, 0, 150, 0];

fn ids(rebuilt: &Rebuilt) -> Vec<u16> {
    records(&rebuilt.stream("Workbook")).iter().map(|record| record.0).collect()
}

#[test]
fn a_harmless_workbook_stays() {
    let book = Book::with_cells(vec![formula(0, &SUM, 1.0)]);
    let rebuilt = rebuild(&book.bytes(), Format::Xls);
    assert_eq!(rebuilt.ids(), Vec::<&str>::new());
    assert!(ids(&rebuilt).contains(&0x06), "the formula stays a formula");
    assert_eq!(text(&rebuilt.bytes, Format::Xls), "Sheet1\n1\n\n");
}

#[test]
fn a_record_longer_than_may_be_loses_what_is_too_much() {
    for id in [0x208, 0x7D, 0x85] {
        let book = Book::with_cells(vec![(id, vec![0; 9_000])]);
        let rebuilt = rebuild(&book.bytes(), Format::Xls);
        assert_eq!(rebuilt.ids(), ["ole-record"], "record {id:#x}");
        let longest = records(&rebuilt.stream("Workbook")).into_iter().map(|(_, body)| body.len());
        assert!(longest.max() <= Some(8_224));
    }
}

#[test]
fn a_call_becomes_its_stored_number() {
    let book = Book::with_cells(vec![formula(2, &CALL, 42.5)]);
    let rebuilt = rebuild(&book.bytes(), Format::Xls);
    assert_eq!(rebuilt.ids(), ["ole-formula"]);
    assert_eq!(rebuilt.removals[0].place, "Sheet1 A3");
    assert!(!ids(&rebuilt).contains(&0x06));
    assert_eq!(text(&rebuilt.bytes, Format::Xls), "Sheet1\n42.5\n\n");
}

#[test]
fn a_call_becomes_its_stored_text() {
    let book = Book::with_cells(text_formula(0, &CALL, "stored").to_vec());
    let rebuilt = rebuild(&book.bytes(), Format::Xls);
    assert_eq!(text(&rebuilt.bytes, Format::Xls), "Sheet1\nstored\n\n");
    assert_eq!(text(&book.bytes(), Format::Xls), text(&rebuilt.bytes, Format::Xls));
}

#[test]
fn every_function_that_reaches_out_goes() {
    // CALL, REGISTER, EXEC, REGISTER.ID, HYPERLINK, RTD, INITIATE, POKE, FOPEN,
    // EVALUATE, an add-in's function, a command.
    for number in [150_u16, 149, 110, 267, 359, 379, 175, 177, 132, 257, 255, 0x8035] {
        let [low, high] = number.to_le_bytes();
        let book = Book::with_cells(vec![formula(0, &[0x42, 0, low, high], 7.0)]);
        let rebuilt = rebuild(&book.bytes(), Format::Xls);
        assert_eq!(rebuilt.ids(), ["ole-formula"], "function {number}");
    }
}

#[test]
fn a_shared_formula_that_calls_takes_its_cells_along() {
    let reference = [0x01, 0, 0, 0, 0];
    let mut shared = vec![0, 0, 1, 0, 0, 0, 0, 2, 4, 0];
    shared.extend_from_slice(&CALL);
    let book = Book::with_cells(vec![
        formula(0, &reference, 1.0),
        (0x4BC, shared),
        formula(1, &reference, 2.0),
    ]);
    let rebuilt = rebuild(&book.bytes(), Format::Xls);
    assert!(!ids(&rebuilt).contains(&0x06) && !ids(&rebuilt).contains(&0x4BC));
    assert_eq!(text(&rebuilt.bytes, Format::Xls), "Sheet1\n1\n2\n\n");
}

#[test]
fn a_macro_sheet_becomes_a_sheet_of_values() {
    let exec = [0x42, 0, 110, 0];
    let sheets = vec![
        ("Sheet1".to_owned(), 0, vec![formula(0, &SUM, 1.0)]),
        ("Macro1".to_owned(), 1, vec![formula(0, &exec, 33.0), formula(1, &SUM, 5.0)]),
    ];
    let rebuilt = rebuild(&Book { globals: Vec::new(), sheets }.bytes(), Format::Xls);
    assert_eq!(rebuilt.ids(), ["ole-macro-sheet"]);
    let bounds: Vec<u8> = records(&rebuilt.stream("Workbook"))
        .iter()
        .filter(|record| record.0 == 0x85)
        .map(|record| record.1[5])
        .collect();
    assert_eq!(bounds, [0, 0], "both are worksheets");
    assert_eq!(text(&rebuilt.bytes, Format::Xls), "Sheet1\n1\n\nMacro1\n33\n5\n\n");
}

#[test]
fn names_that_run_by_themselves_are_disabled() {
    for hostile in [
        name(0x20, &[1], &[0x1E, 1, 0]),
        name(0x00, b"Auto_Open_x", &[0x1E, 1, 0]),
        name(0x0C, b"harmless_name_of_a_macro", &[0x1E, 1, 0]),
    ] {
        let mut book = Book::with_cells(Vec::new());
        book.globals = vec![hostile, name(0, b"Rate", &[0x1E, 1, 0])];
        let rebuilt = rebuild(&book.bytes(), Format::Xls);
        assert_eq!(rebuilt.ids(), ["ole-macro-name"]);
        assert!(rebuilt.contains(b"_Removed1") && rebuilt.contains(b"Rate"));
        assert!(!rebuilt.contains(b"Auto_Open"));
    }
}

#[test]
fn a_dde_link_goes_and_its_cell_keeps_the_value() {
    // SUPBOOK of DDE: no sheets, "cmd", the mark, "/c calc".
    let mut link = vec![0, 0, 11, 0, 0];
    link.extend_from_slice(b"cmd\x03/c calc");
    let extern_name = vec![0; 10];
    let sheets = vec![1, 0, 0, 0, 0xFE, 0xFF, 0xFE, 0xFF];
    let mut book = Book::with_cells(vec![formula(0, &[0x59, 0, 0, 1, 0, 0, 0], 3.0)]);
    book.globals = vec![(0x1AE, link), (0x23, extern_name), (0x17, sheets)];
    let rebuilt = rebuild(&book.bytes(), Format::Xls);
    assert!(rebuilt.has("ole-external-link") && rebuilt.has("ole-formula"));
    assert!(!rebuilt.contains(b"cmd"));
    assert_eq!(text(&rebuilt.bytes, Format::Xls), "Sheet1\n3\n\n");
}

#[test]
fn only_links_to_the_web_stay() {
    let hyperlink = |url: &str| {
        let mut body = vec![0; 24];
        body.extend(link(url));
        (0x1B8, body)
    };
    for (url, is_kept) in [
        ("https://www.example.jp/", true),
        ("mailto:a@example.jp", true),
        ("file://host/share/x.exe", false),
        ("javascript:alert(1)", false),
        ("\\\\host\\share", false),
        ("ms-msdt:/id", false),
    ] {
        let book = Book::with_cells(vec![hyperlink(url)]);
        let rebuilt = rebuild(&book.bytes(), Format::Xls);
        assert_eq!(ids(&rebuilt).contains(&0x1B8), is_kept, "{url}");
        assert_eq!(rebuilt.has("ole-hyperlink"), !is_kept, "{url}");
    }
    let book = Book::with_cells(vec![hyperlink("https://www.example.jp/")]);
    let strict = rebuild_with(&book.bytes(), Format::Xls, &Policy::preset(Preset::Strict));
    assert_eq!(strict.ids(), ["ole-hyperlink"]);
}

#[test]
fn a_button_loses_its_macro_and_an_object_its_content() {
    let mut button = vec![0x15, 0, 18, 0, 7, 0, 1, 0];
    button.resize(22, 0);
    let mut object = button.clone();
    object[4] = 8;
    button.extend_from_slice(&[4, 0, 8, 0, 5, 0, 0, 0, 0, 0, 0x23, 1, 0, 0, 0, 0]);
    object.extend_from_slice(&[9, 0, 4, 0, 1, 2, 3, 4, 0, 0, 0, 0]);
    let rebuilt = rebuild(&Book::with_cells(vec![(0x5D, button)]).bytes(), Format::Xls);
    assert_eq!(rebuilt.ids(), ["ole-macro-assigned"]);
    let rebuilt = rebuild(&Book::with_cells(vec![(0x5D, object)]).bytes(), Format::Xls);
    assert_eq!(rebuilt.ids(), ["ole-object"]);
    assert!(!rebuilt.contains(&[1, 2, 3, 4]));
}

#[test]
fn queries_and_unknown_records_go() {
    let book = Book::with_cells(vec![(0xDC, vec![1; 20]), (0x7777, b"unknown".to_vec())]);
    let rebuilt = rebuild(&book.bytes(), Format::Xls);
    assert_eq!(rebuilt.ids(), ["ole-data-source", "ole-record"]);
    assert!(!rebuilt.contains(b"unknown"));
}

#[test]
fn streams_beside_the_workbook_go() {
    let workbook = Book::with_cells(Vec::new()).stream();
    let bytes = pack(&[
        ("Workbook", workbook),
        ("_VBA_PROJECT_CUR/VBA/dir", b"macro".to_vec()),
        ("MBD00012345/\u{1}Ole10Native", b"calc.exe".to_vec()),
        ("\u{5}SummaryInformation", b"author".to_vec()),
        ("Extra", b"extra".to_vec()),
    ]);
    let rebuilt = rebuild(&bytes, Format::Xls);
    let mut found = rebuilt.ids();
    found.sort_unstable();
    assert_eq!(found, ["ole-macros", "ole-metadata", "ole-object", "ole-stream"]);
    for word in [&b"macro"[..], b"calc", b"author", b"extra"] {
        assert!(!rebuilt.contains(word));
    }
}

#[test]
fn a_condition_and_a_rule_that_call_are_disarmed() {
    let mut condition = vec![2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    condition.extend_from_slice(&CALL);
    let mut rule = vec![1, 0, 0, 0];
    rule.extend_from_slice(&[1, 0, 0, 0].repeat(4));
    rule.extend_from_slice(&[4, 0, 0, 0]);
    rule.extend_from_slice(&CALL);
    rule.extend_from_slice(&[0, 0, 0, 0, 0, 0]);
    let book = Book::with_cells(vec![(0x1B1, condition), (0x1BE, rule)]);
    let rebuilt = rebuild(&book.bytes(), Format::Xls);
    assert_eq!(rebuilt.ids(), ["ole-formula"]);
    assert_eq!(rebuilt.removals[0].count, 2);
    assert!(!rebuilt.contains(&CALL));
}

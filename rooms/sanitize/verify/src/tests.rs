//! Hostile samples, each made here and refused by the rule that it is for, and
//! plain ones that pass.

#![allow(clippy::unwrap_used, clippy::panic)]

mod build;
mod containers;
mod corpus;
mod limits;
mod office;
mod pdf;
mod pictures;
mod texts;

use sanitize_core::{Choice, Format, OfficePolicy, Passwords, Policy, Preset};

use crate::{RULES, Residue, inspect, verify, verify_locked};

/// One hostile file and the rule that must speak first.
struct Case {
    rule: &'static str,
    format: Format,
    bytes: Vec<u8>,
}

fn case(rule: &'static str, format: Format, bytes: impl Into<Vec<u8>>) -> Case {
    Case { rule, format, bytes: bytes.into() }
}

fn refuse(cases: Vec<Case>) {
    for (index, case) in cases.iter().enumerate() {
        let found = verify(&case.bytes, case.format, &Policy::default());
        let rule = found.as_ref().err().map(|residue| residue.rule);
        assert_eq!(rule, Some(case.rule), "case {index}: {found:?}");
        let all = inspect(&case.bytes, case.format);
        assert!(
            all.iter().any(|residue| residue.rule == case.rule),
            "case {index} is inspected: {all:?}"
        );
    }
}

fn pass(format: Format, bytes: &[u8]) {
    assert_eq!(verify(bytes, format, &Policy::default()), Ok(()));
}

#[test]
fn every_rule_has_a_hostile_sample() {
    // These need another policy or limit, or only speak of foreign files.
    let elsewhere = ["hyperlink", "policy", "too-much", "pdf-revisions"];
    let mut cases = office::cases();
    cases.extend(pdf::cases());
    cases.extend(pictures::cases());
    cases.extend(texts::cases());
    cases.extend(containers::cases());
    for (rule, ja, en) in RULES {
        assert!(!ja.is_empty() && !en.ends_with('.'), "{rule}");
        let has_case = elsewhere.contains(rule) || cases.iter().any(|case| case.rule == *rule);
        assert!(has_case, "no sample breaks {rule}");
    }
}

#[test]
fn policy_decides_about_links_comments_and_changes() {
    let strict = Policy::preset(Preset::Strict);
    let rule =
        |bytes: &[u8], format| verify(bytes, format, &strict).map_err(|residue| residue.rule);
    let linked =
        build::docx("<w:p/>").external("word/document.xml", "hyperlink", "https://a.jp").bytes();
    assert_eq!(rule(&linked, Format::Docx), Err("hyperlink"));
    pass(Format::Docx, &linked);
    let changed =
        build::docx("<w:p><w:ins w:id=\"1\"><w:r><w:t>a</w:t></w:r></w:ins></w:p>").bytes();
    assert_eq!(rule(&changed, Format::Docx), Err("policy"));
    pass(Format::Docx, &changed);
    assert_eq!(rule(&pdf::linked("https://a.jp"), Format::Pdf), Err("hyperlink"));
}

#[test]
fn properties_may_stay_where_policy_keeps_them() {
    let keep = Policy {
        office: OfficePolicy { metadata: Choice::Keep, ..OfficePolicy::default() },
        ..Policy::default()
    };
    let named = office::with_author();
    assert_eq!(verify(&named, Format::Docx, &keep), Ok(()));
    assert_eq!(
        verify(&named, Format::Docx, &Policy::default()).map_err(|residue| residue.rule),
        Err("metadata")
    );
}

#[test]
fn a_finding_names_its_place() {
    let inner = build::docx("<w:p><w:altChunk/></w:p>").bytes();
    let outer = build::zip(&[("a/b.docx", &inner)]);
    let expected = Residue {
        rule: "alt-chunk",
        place: "a/b.docx → word/document.xml".to_owned(),
        what: "w:altChunk".to_owned(),
    };
    assert_eq!(verify(&outer, Format::Zip, &Policy::default()), Err(expected));
}

#[test]
fn a_locked_member_opens_with_its_password() {
    let locked = build::locked_zip("a.txt", b"hello", "pass");
    let policy = Policy::default();
    assert_eq!(
        verify(&locked, Format::Zip, &policy).map_err(|residue| residue.rule),
        Err("zip-locked")
    );
    let passwords = Passwords::new(vec!["other".to_owned(), "pass".to_owned()]);
    assert_eq!(verify_locked(&locked, Format::Zip, &policy, &passwords), Ok(()));
}

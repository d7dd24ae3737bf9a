//! What documents lose and what they keep.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use sanitize_core::{Choice, Format, Policy};
use support::doc::Doc;
use support::{rebuild, rebuild_with, text, wide};

fn field(instruction: &str, kind: u8) -> Doc {
    Doc {
        text: format!("before \u{13}{instruction}\u{14}result\u{15} after\r"),
        field_kinds: vec![kind],
        ..Doc::default()
    }
}

#[test]
fn a_harmless_document_stays() {
    let doc = Doc { text: "Hello 関所\rsecond\r".into(), ..Doc::default() };
    let rebuilt = rebuild(&doc.bytes(), Format::Doc);
    assert_eq!(rebuilt.ids(), Vec::<&str>::new());
    assert_eq!(text(&rebuilt.bytes, Format::Doc), "Hello 関所\nsecond\n");
}

#[test]
fn fields_that_reach_out_are_blanked_and_keep_their_result() {
    for (instruction, kind) in [
        ("DDEAUTO c:\\\\windows\\\\cmd.exe \"/c calc\"", 0x2E),
        (" dde excel x", 0x2D),
        (" INCLUDETEXT \"\\\\\\\\host\\\\x\"", 0x44),
        (" INCLUDEPICTURE http://host/x.png", 0x43),
        (" LINK Excel.Sheet.8 c:\\\\x", 0x38),
        (" EMBED Package", 0x3A),
        (" MACROBUTTON Run click", 0x33),
        (" AUTOTEXT x", 0x4F),
        (" DATABASE \\c x", 0x02),
        (" IMPORT x", 0x37),
        // A harmless word with a type that says otherwise.
        (" PAGE", 0x2E),
        // A dangerous word with a harmless type.
        (" DDEAUTO x", 0x21),
    ] {
        let rebuilt = rebuild(&field(instruction, kind).bytes(), Format::Doc);
        assert_eq!(rebuilt.ids(), ["ole-field"], "{instruction}");
        assert!(!rebuilt.contains(&wide(instruction)), "{instruction}");
        assert_eq!(text(&rebuilt.bytes, Format::Doc), "before result after\n");
    }
}

#[test]
fn fields_that_compute_stay() {
    for (instruction, kind) in [
        (" PAGE ", 0x21),
        (" = 1 + 1", 0x22),
        (" TOC \\o \"1-3\"", 0x0D),
        (" HYPERLINK \"https://example.jp/\"", 0x58),
        (" HYPERLINK \\l \"place\"\u{1}", 0x58),
    ] {
        let rebuilt = rebuild(&field(instruction, kind).bytes(), Format::Doc);
        assert_eq!(rebuilt.ids(), Vec::<&str>::new(), "{instruction}");
        assert!(rebuilt.contains(&wide(instruction)), "{instruction}");
    }
}

#[test]
fn links_elsewhere_are_blanked() {
    for url in ["file:///c:/x.exe", "\\\\\\\\host\\\\x", "ms-word:ofe|u|http://x", "javascript:x"] {
        let doc = field(&format!(" HYPERLINK \"{url}\" \\o \"tip\""), 0x58);
        let rebuilt = rebuild(&doc.bytes(), Format::Doc);
        assert_eq!(rebuilt.ids(), ["ole-hyperlink"], "{url}");
        assert_eq!(text(&rebuilt.bytes, Format::Doc), "before result after\n");
    }
}

#[test]
fn a_field_without_an_entry_in_the_list_is_a_field_too() {
    let text = "\u{13}DDEAUTO x y\u{14}r\u{15}\r".to_owned();
    let doc = Doc { text, field_kinds: vec![0x2E], ..Doc::default() };
    let mut bytes = doc.bytes();
    // The list's length in the block becomes zero.
    let at = bytes.windows(2).position(|w| w == [0xEC, 0xA5]).unwrap() + 154 + 8 * 16 + 4;
    bytes[at..at + 4].fill(0);
    let rebuilt = rebuild(&bytes, Format::Doc);
    assert_eq!(rebuilt.ids(), ["ole-field"]);
    assert!(!rebuilt.contains(&wide("DDEAUTO")));
}

#[test]
fn nested_fields_are_decided_one_by_one() {
    let text = "\u{13} IF \u{13}DDE x\u{14}1\u{15} = 1 a b\u{14}a\u{15}\r".to_owned();
    let doc = Doc { text, field_kinds: vec![0x07, 0x2D], ..Doc::default() };
    let rebuilt = rebuild(&doc.bytes(), Format::Doc);
    assert_eq!(rebuilt.ids(), ["ole-field"]);
    assert!(!rebuilt.contains(&wide("DDE")) && rebuilt.contains(&wide(" IF ")));
}

#[test]
fn the_template_and_what_belongs_to_the_program_go() {
    let mut strings = vec![0xFF, 0xFF, 18, 0, 0, 0];
    for index in 0..18 {
        let value = if index == 1 { "\\\\host\\evil.dot" } else { "" };
        strings.extend_from_slice(&(value.len() as u16).to_le_bytes());
        strings.extend(wide(value));
    }
    let doc = Doc {
        text: "text\r".into(),
        structures: vec![
            (32, strings),
            (24, vec![0xFF; 60]),
            (44, b"mail merge source".to_vec()),
            (60, b"variables".to_vec()),
            (27, b"printer".to_vec()),
        ],
        ..Doc::default()
    };
    let rebuilt = rebuild(&doc.bytes(), Format::Doc);
    let mut found = rebuilt.ids();
    found.sort_unstable();
    assert_eq!(
        found,
        ["ole-commands", "ole-data-source", "ole-printer", "ole-template", "ole-variables"]
    );
    for word in [wide("evil"), b"merge".to_vec(), b"variables".to_vec(), b"printer".to_vec()] {
        assert!(!rebuilt.contains(&word));
    }
}

#[test]
fn storages_beside_the_document_go() {
    let doc = Doc {
        text: "text\r".into(),
        more_streams: vec![
            ("Macros/VBA/dir", b"macro".to_vec()),
            ("ObjectPool/_1/\u{1}Ole10Native", b"calc.exe".to_vec()),
        ],
        ..Doc::default()
    };
    let rebuilt = rebuild(&doc.bytes(), Format::Doc);
    assert!(rebuilt.has("ole-macros") && rebuilt.has("ole-object"));
    assert!(!rebuilt.contains(b"macro") && !rebuilt.contains(b"calc"));
}

#[test]
fn bytes_that_nothing_names_go() {
    let doc =
        Doc { text: "text\r".into(), residue: b"an earlier version".to_vec(), ..Doc::default() };
    assert!(!rebuild(&doc.bytes(), Format::Doc).contains(b"earlier"));
}

#[test]
fn an_object_in_the_text_is_disabled() {
    // Special character, object, location 7 in the object pool.
    let properties = vec![0x55, 0x08, 1, 0x0A, 0x08, 1, 0x03, 0x6A, 7, 0, 0, 0];
    let doc = Doc { text: "\u{1}\r".into(), properties, ..Doc::default() };
    let rebuilt = rebuild(&doc.bytes(), Format::Doc);
    assert_eq!(rebuilt.ids(), ["ole-object"]);
    assert!(!rebuilt.contains(&[0x0A, 0x08, 1]) && !rebuilt.contains(&[0x03, 0x6A, 7]));
}

#[test]
fn a_form_field_loses_its_macros() {
    let mut data = vec![0; 0x44];
    data[4] = 0x44;
    data.extend_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0]);
    for value in ["Name", "default", "", "help", "status", "EntryMacro", "ExitMacro"] {
        data.extend_from_slice(&(value.len() as u16).to_le_bytes());
        data.extend(wide(value));
        data.extend_from_slice(&[0, 0]);
    }
    let len = (data.len() as u32).to_le_bytes();
    data[..4].copy_from_slice(&len);
    let properties = vec![0x55, 0x08, 1, 0x06, 0x08, 1, 0x03, 0x6A, 0, 0, 0, 0];
    let doc = Doc { properties, data, ..field(" FORMTEXT \u{1}", 0x46) };
    let rebuilt = rebuild(&doc.bytes(), Format::Doc);
    assert_eq!(rebuilt.ids(), ["ole-macro-assigned"]);
    assert!(rebuilt.contains(&wide("default")) && !rebuilt.contains(&wide("Macro")));
}

#[test]
fn comments_are_blanked_by_policy() {
    let mut policy = Policy::default();
    policy.office.comments = Choice::Remove;
    let doc = Doc { text: "text\rremark\r".into(), ..Doc::default() };
    let mut bytes = doc.bytes();
    // The last seven characters belong to the comments.
    let at = bytes.windows(2).position(|w| w == [0xEC, 0xA5]).unwrap() + 64;
    bytes[at + 12] = 5;
    bytes[at + 28] = 7;
    let rebuilt = rebuild_with(&bytes, Format::Doc, &policy);
    assert_eq!(rebuilt.ids(), ["ole-comments"]);
    assert!(!rebuilt.contains(&wide("remark")) && rebuilt.contains(&wide("text")));
}

#[test]
fn tracked_deletions_are_blanked_by_policy() {
    let mut policy = Policy::default();
    policy.office.tracked_changes = Choice::Flatten;
    let properties = vec![0x00, 0x08, 1, 0x35, 0x08, 1];
    let doc = Doc { text: "secret\r".into(), properties, ..Doc::default() };
    let rebuilt = rebuild_with(&doc.bytes(), Format::Doc, &policy);
    assert_eq!(rebuilt.ids(), ["ole-changes"]);
    assert!(!rebuilt.contains(&wide("secret")) && rebuilt.contains(&[0x3C, 0x08, 1]));
    assert!(rebuild(&doc.bytes(), Format::Doc).contains(&wide("secret")), "kept by default");
}

//! What presentations lose and what they keep.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use sanitize_core::Format;
use support::ppt::{Deck, container, record};
use support::{rebuild, text, wide};

fn text_box(more: &[Vec<u8>]) -> Vec<u8> {
    let mut children = vec![record(0, 0x0F9F, &[0; 4]), record(0, 0x0FA0, &wide("Hello 関所"))];
    children.extend(more.iter().cloned());
    let shape = container(0xF004, &[record(0xF, 0xF00D, &children.concat())]);
    container(0x040C, &[container(0xF002, &[container(0xF003, &[shape])])])
}

fn action(kind: u8, link: u32) -> Vec<u8> {
    let mut atom = vec![0; 16];
    atom[4..8].copy_from_slice(&link.to_le_bytes());
    atom[8] = kind;
    let range = record(0, 0x0FDF, &[0, 0, 0, 0, 5, 0, 0, 0]);
    [container(0x0FF2, &[record(0, 0x0FF3, &atom), record(0, 0x0FBA, &wide("Macro1"))]), range]
        .concat()
}

fn links(url: &str) -> Vec<u8> {
    let link = [record(0, 0x0FD3, &[1, 0, 0, 0]), record(0x10, 0x0FBA, &wide(url))];
    container(0x0409, &[record(0, 0x040A, &[1, 0, 0, 0]), container(0x0FD7, &link)])
}

#[test]
fn a_harmless_deck_stays() {
    let deck = Deck { slide: vec![text_box(&[])], ..Deck::default() };
    let rebuilt = rebuild(&deck.bytes(), Format::Ppt);
    assert_eq!(rebuilt.ids(), Vec::<&str>::new());
    assert_eq!(text(&rebuilt.bytes, Format::Ppt), "Hello 関所\n\n");
}

#[test]
fn macro_program_and_object_actions_go() {
    for kind in [1, 2, 5, 6, 7] {
        let deck = Deck { slide: vec![text_box(&[action(kind, 0)])], ..Deck::default() };
        let rebuilt = rebuild(&deck.bytes(), Format::Ppt);
        assert_eq!(rebuilt.ids(), ["ole-action"], "action {kind}");
        assert!(!rebuilt.contains(&wide("Macro1")));
        assert!(!rebuilt.contains(&0x0FDF_u16.to_le_bytes()), "its range goes too");
    }
}

#[test]
fn a_link_to_the_web_stays_with_its_action() {
    for (url, is_kept) in [("https://example.jp/", true), ("file:///c:/x.exe", false)] {
        let deck = Deck {
            document: vec![links(url)],
            slide: vec![text_box(&[action(4, 1)])],
            ..Deck::default()
        };
        let rebuilt = rebuild(&deck.bytes(), Format::Ppt);
        assert_eq!(rebuilt.contains(&wide(url)), is_kept, "{url}");
        assert_eq!(rebuilt.contains(&0x0FF3_u16.to_le_bytes()), is_kept, "{url}");
        assert_eq!(rebuilt.has("ole-hyperlink"), !is_kept, "{url}");
    }
}

#[test]
fn objects_controls_sounds_and_macros_go() {
    let external = container(
        0x0409,
        &[
            record(0, 0x040A, &[1, 0, 0, 0]),
            container(0x0FCC, &[record(0, 0x0FC3, &[0; 24])]),
            container(0x0FEE, &[]),
            container(0x1006, &[]),
        ],
    );
    let deck = Deck {
        document: vec![
            external,
            container(0x07E4, &[record(0, 0x07E7, b"RIFF")]),
            container(0x07D0, &[container(0x03FF, &[record(2, 0x0400, &[0; 12])])]),
        ],
        more_objects: vec![record(0, 0x1011, b"storage of an object")],
        ..Deck::default()
    };
    let rebuilt = rebuild(&deck.bytes(), Format::Ppt);
    let mut found = rebuilt.ids();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, ["ole-control", "ole-macros", "ole-media", "ole-object"]);
    assert!(!rebuilt.contains(b"RIFF") && !rebuilt.contains(b"storage"));
}

#[test]
fn a_slide_that_nothing_shows_goes() {
    let deleted = container(0x03EE, &[record(0, 0x0FBA, &wide("deleted"))]);
    let deck = Deck { more_objects: vec![deleted], ..Deck::default() };
    let rebuilt = rebuild(&deck.bytes(), Format::Ppt);
    assert_eq!(rebuilt.ids(), ["ole-residue"]);
    assert!(!rebuilt.contains(&wide("deleted")));
}

#[test]
fn unknown_records_go() {
    let deck = Deck { slide: vec![record(0, 0x7ABC, b"unknown")], ..Deck::default() };
    let rebuilt = rebuild(&deck.bytes(), Format::Ppt);
    assert_eq!(rebuilt.ids(), ["ole-record"]);
    assert!(!rebuilt.contains(b"unknown"));
}

#[test]
fn a_picture_that_no_engine_takes_becomes_blank() {
    let mut blip = vec![0; 17];
    blip.extend_from_slice(b"no picture at all");
    let pictures = record(0x46A0, 0xF01D, &blip);
    let mut entry = vec![5, 5];
    entry.resize(36, 0);
    let store = container(0xF001, &[record(0x52, 0xF007, &entry)]);
    let group = container(0x040B, &[container(0xF000, &[store])]);
    let deck = Deck { document: vec![group], pictures, ..Deck::default() };
    let rebuilt = rebuild(&deck.bytes(), Format::Ppt);
    assert_eq!(rebuilt.ids(), ["ole-image"]);
    assert!(!rebuilt.contains(b"no picture") && rebuilt.contains(b"\x89PNG"));
}

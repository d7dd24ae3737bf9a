//! ZIP archives as Windows, macOS and mail gateways make them.

use super::{LETTERS, Sample, text};
use crate::make::zip::{Member, UTF8, Zip};

/// Names whose CP932 bytes hold a backslash, and kin.
const NAMES: [&str; 3] = ["申請書類/ソフト一覧表.txt", "図面①～③.txt", "㈱緑建設　見積.txt"];

/// Every document of this kind.
pub fn samples() -> Vec<Sample> {
    let body = |text: &str| format!("{text}\r\n").into_bytes();
    let encoded = |name: &str| encoding_rs::SHIFT_JIS.encode(name).0.into_owned();
    let of = |members: Vec<Member>| Zip { members, ..Zip::default() }.write();
    let windows =
        NAMES.iter().map(|name| Member::new(encoded(name), body(text::OLD_LETTERS))).collect();
    let flagged = NAMES
        .iter()
        .map(|name| Member { flags: UTF8, ..Member::new(*name, body(LETTERS)) })
        .collect();
    // macOS decomposes letters and sets no flag.
    let mac =
        vec![Member::new("か\u{3099}くせいふ\u{3099}/ハ\u{309a}ンフレット.txt", body(LETTERS))];
    let field = vec![Member {
        extra: unicode_path(&encoded("表紙.txt"), "𠮷田の表紙.txt"),
        ..Member::new(encoded("表紙.txt"), body(LETTERS))
    }];
    vec![
        Sample::new("提出書類(Windows).zip", of(windows), &[NAMES[0], NAMES[1], NAMES[2]]),
        Sample::new("提出書類(UTF-8).zip", of(flagged), &[NAMES[0], NAMES[1], NAMES[2], LETTERS]),
        Sample::new("提出書類(Mac).zip", of(mac), &["パンフレット.txt", LETTERS]),
        Sample::new("提出書類(両名).zip", of(field), &["𠮷田の表紙.txt", LETTERS]),
    ]
}

/// The Info-ZIP Unicode Path field.
fn unicode_path(raw: &[u8], name: &str) -> Vec<u8> {
    let mut field = vec![1];
    field.extend(crc32fast::hash(raw).to_le_bytes());
    field.extend(name.as_bytes());
    let size = u16::try_from(field.len()).expect("made names are short");
    [&0x7075_u16.to_le_bytes()[..], &size.to_le_bytes(), &field].concat()
}

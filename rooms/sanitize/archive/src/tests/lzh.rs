//! LZH made here: level 0 headers, stored members.

use super::*;

fn crc16(data: &[u8]) -> u16 {
    data.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xA001 } else { crc >> 1 }
        })
    })
}

fn member(method: &[u8; 5], name: &str, data: &[u8]) -> Vec<u8> {
    let (name, _, _) = encoding_rs::SHIFT_JIS.encode(name);
    let size = u32::try_from(data.len()).unwrap().to_le_bytes();
    let mut header = method.to_vec();
    header.extend_from_slice(&size);
    header.extend_from_slice(&size);
    header.extend_from_slice(&[0, 0, 0, 0, 0x20, 0, u8::try_from(name.len()).unwrap()]);
    header.extend_from_slice(&name);
    header.extend_from_slice(&crc16(data).to_le_bytes());
    let sum = header.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    [&[u8::try_from(header.len()).unwrap(), sum][..], &header, data].concat()
}

#[test]
fn japanese_names_with_a_backslash_byte_are_read() {
    // The second byte of 表 is a backslash.
    let members = [
        member(b"-lh0-", "資料\\表.txt", b"text"),
        member(b"-lh2-", "old.txt", b"packed"),
        member(b"-lhd-", "link|/etc/passwd", b""),
        member(b"-lhd-", "空\\", b""),
        vec![0],
    ];
    let done = run(&members.concat(), Format::Lzh);
    assert_eq!(done.names(), ["資料/表.txt", "空/"]);
    assert!(done.reports("archive-method-unknown old.txt (-lh2-)"));
    assert!(
        done.report.iter().any(|line| line.starts_with("archive-link-removed link")),
        "{:?}",
        done.report
    );
    assert!(done.reports("archive-repacked-as-zip lzh"));
}

#[test]
fn a_macintosh_wrapper_comes_off() {
    let mut wrapped = vec![0; 128];
    wrapped[1] = 5;
    wrapped[86] = 4;
    wrapped.extend_from_slice(b"text");
    wrapped.resize(256, 0);
    let done = run(&[member(b"-lh0-", "a.txt", &wrapped), vec![0]].concat(), Format::Lzh);
    assert_eq!(done.members(), [("a.txt".to_owned(), "text".to_owned())]);
    assert!(done.reports("archive-helper-file a.txt"));
}

#[test]
fn a_damaged_member_is_taken_out() {
    let mut bytes =
        [member(b"-lh0-", "a.txt", b"text"), member(b"-lh0-", "b.txt", b"text"), vec![0]].concat();
    let at = bytes.iter().rposition(|&byte| byte == b'x').unwrap();
    bytes[at] = b'y';
    let done = run(&bytes, Format::Lzh);
    assert_eq!(done.names(), ["a.txt"]);
    assert!(done.reports("file-broken b.txt"));
}

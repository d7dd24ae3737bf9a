//! Archives made to harm: names, links, overlaps, bombs, rubbish.

use super::*;

#[test]
fn names_cannot_climb_hide_or_meet() {
    let done = run(
        &zip(&[
            ("../../a.txt", b"1"),
            ("C:\\b.txt", b"2"),
            ("invoice\u{202E}fdp.txt", b"3"),
            ("A.txt", b"4"),
            ("con", b"5"),
            ("a.txt:stream", b"6"),
        ]),
        Format::Zip,
    );
    let names = ["a.txt", "b.txt", "invoicefdp.txt", "A (2).txt", "_con", "a.txt_stream.txt"];
    assert_eq!(done.names(), names);
    assert!(done.reports("archive-name-changed ../../a.txt ⇒ a.txt"));
    assert!(done.reports("archive-name-changed invoice\\u{202e}fdp.txt ⇒ invoicefdp.txt"));
}

#[test]
fn what_systems_leave_behind_goes() {
    let done = run(
        &zip(&[
            ("a.txt", b"a"),
            ("__MACOSX/._a.txt", b"\0\x05"),
            ("x/desktop.ini", b"[.ShellClassInfo]"),
        ]),
        Format::Zip,
    );
    assert_eq!(done.names(), ["a.txt"]);
    assert!(done.reports("archive-helper-file __MACOSX/._a.txt"));
    assert!(done.reports("archive-system-file x/desktop.ini"));
}

#[test]
fn links_in_zip_and_tar_go() {
    let mut bytes = zip(&[("a.txt", b"a"), ("link", b"/etc/passwd")]);
    // The second directory record: made on Unix, mode of a symbolic link.
    let at = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes[at + 5] = 3;
    bytes[at + 40..at + 42].copy_from_slice(&0o120_777_u16.to_le_bytes());
    let done = run(&bytes, Format::Zip);
    assert_eq!(done.names(), ["a.txt"]);
    assert!(done.reports("archive-link-removed link"));

    for kind in *b"12346" {
        let mut tar = crate::tar_write::TarWriter::default();
        tar.add("link", b"");
        let mut tar = tar.finish();
        tar[156] = kind;
        let sum: u64 = tar[..148].iter().chain(&tar[156..512]).map(|&b| u64::from(b)).sum();
        tar[148..156].copy_from_slice(format!("{:06o}\0 ", sum + 256).as_bytes());
        assert!(run(&tar, Format::Tar).reports("archive-link-removed link"));
    }
}

#[test]
fn data_beside_the_members_goes() {
    let mut bytes = b"stub".to_vec();
    bytes.extend_from_slice(&zip(&[("a.txt", b"a")]));
    bytes.extend_from_slice(b"tail");
    assert!(run(&bytes, Format::Zip).reports("archive-hidden-data "));
    let mut tar = crate::tar_write::TarWriter::default().finish();
    tar.extend_from_slice(b"tail");
    assert!(run(&tar, Format::Tar).reports("archive-hidden-data "));
}

#[test]
fn a_member_that_the_directory_does_not_count_is_noticed() {
    let mut bytes = zip(&[("a.txt", b"a"), ("b.txt", b"b")]);
    let end = bytes.len() - 22;
    bytes[end + 8] = 1;
    bytes[end + 10] = 1;
    let done = run(&bytes, Format::Zip);
    assert_eq!(done.names(), ["a.txt"]);
    assert!(done.reports("archive-hidden-data "));
}

#[test]
fn a_broken_member_does_not_take_the_others_along() {
    let mut bytes = zip(&[("a.txt", b"abc"), ("b.txt", b"def")]);
    bytes[35] ^= 1;
    let done = run(&bytes, Format::Zip);
    assert_eq!(done.names(), ["b.txt"]);
    assert!(done.reports("file-broken a.txt"));
}

#[test]
fn overlapping_members_are_refused() {
    let mut bytes = zip(&[("a.txt", b"abc"), ("a.txt", b"abc")]);
    let second = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes[second + 42..second + 46].fill(0);
    assert_eq!(run(&bytes, Format::Zip).stopped_by(), "archive-overlap");
}

#[test]
fn bombs_stop_at_the_limits() {
    let zeros = vec![0; 40 << 20];
    let mut bytes = zip(&[("zeros.txt", &zeros)]);
    assert_eq!(run(&bytes, Format::Zip).stopped_by(), "limit-ratio");
    bytes = zip(&[("a.txt", b"a")]);
    for _ in 0..10 {
        bytes = zip(&[("in.zip", &bytes)]);
    }
    assert_eq!(run(&bytes, Format::Zip).stopped_by(), "limit-depth");
    let many: Vec<(String, &[u8])> = (0..20_001).map(|n| (n.to_string(), b"".as_slice())).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, data)| (name.as_str(), *data)).collect();
    assert_eq!(run(&zip(&many), Format::Zip).stopped_by(), "limit-entries");
}

#[test]
fn many_equal_names_stay_cheap() {
    let many: Vec<(&str, &[u8])> = (0..5000).map(|_| ("a.txt", b"".as_slice())).collect();
    assert_eq!(run(&zip(&many), Format::Zip).names()[4999], "a (5000).txt");
}

#[test]
fn volumes_are_refused() {
    let mut bytes = zip(&[("a.txt", b"a")]);
    let end = bytes.len() - 22;
    bytes[end + 4] = 1;
    assert_eq!(run(&bytes, Format::Zip).stopped_by(), "archive-volumes");
}

/// A cabinet with one stored folder of two files.
fn cabinet(flags: u8) -> Vec<u8> {
    let mut bytes =
        b"MSCF\0\0\0\0\x80\0\0\0\0\0\0\0\x2c\0\0\0\0\0\0\0\x03\x01\x01\0\x02\0".to_vec();
    bytes.extend_from_slice(&[flags, 0, 0x34, 0x12, 0, 0]);
    bytes.extend_from_slice(b"\x5b\0\0\0\x01\0\0\0");
    bytes.extend_from_slice(b"\x0e\0\0\0\0\0\0\0\0\0\x6c\x22\xe7\x59\x01\0hi.txt\0");
    bytes.extend_from_slice(b"\x0f\0\0\0\x0e\0\0\0\0\0\x6c\x22\xe7\x59\x01\0bye.txt\0");
    bytes.extend_from_slice(b"\0\0\0\0\x1d\0\x1d\0Hello, world!\nSee you later!\n");
    bytes
}

#[test]
fn a_cabinet_becomes_a_zip() {
    let done = run(&cabinet(0), Format::Cab);
    let hello = ("hi.txt".to_owned(), "Hello, world!\n".to_owned());
    assert_eq!(done.members()[0], hello);
    assert_eq!(done.members()[1].1, "See you later!\n");
    assert_eq!(done.report, ["archive-repacked-as-zip cab"]);
    assert_eq!(run(&cabinet(2), Format::Cab).stopped_by(), "archive-volumes");
}

#[test]
fn rubbish_is_refused_and_never_panics() {
    let sources = [
        (Format::Zip, zip(&[("a.txt", b"abc"), ("d/b.txt", b"hello hello hello hello hello")])),
        (Format::Cab, cabinet(0)),
        (Format::Tar, run(&[0; 1024], Format::Tar).bytes().to_vec()),
        (Format::SevenZip, locked::base64("N3q8rycc")),
    ];
    for (format, bytes) in sources {
        for at in 0..bytes.len() {
            for value in [0, 0x7F, 0xFF] {
                let mut hostile = bytes.clone();
                hostile[at] = value;
                let _ = run_with(&hostile, format, &Policy::default(), &["x"]);
            }
            let _ = run_with(&bytes[..at], format, &Policy::default(), &["x"]);
        }
    }
}

//! Cases of plain text and tables: bytes kept, formulas and controls gone.

use encoding_rs::{EUC_JP, ISO_2022_JP, SHIFT_JIS};
use sanitize_core::{Choice, Format, Policy, TextPolicy};

use crate::testing::{check_real_files, codes_of, run, text_of};
use crate::{Charset, decode};

fn office(bytes: &[u8], format: Format) -> (Vec<u8>, Vec<&'static str>) {
    codes_of(bytes, format, &Policy::default())
}

fn with(formulas: Choice) -> Policy {
    Policy { text: TextPolicy { formulas, ..TextPolicy::default() }, ..Policy::default() }
}

const SHORT: [&str; 7] =
    ["氏名,住所\r\n𠮷,", "住民票", "ｱｲｳ", "髙﨑～①Ⅷ㈱", "はい", "、", "申請書,-1,234\r\n田中,03-1"];

#[test]
fn cp932_is_kept_byte_for_byte() {
    // 0xF040 is a user-defined character, 0x8160 the wave dash, 0x8740 NEC's ①,
    // 0xED40 NEC's copy of an IBM kanji, 0xFA40 IBM's own, 0x81CA a double.
    let bytes = b"\x8F\x5A\x96\xAF,\xF0\x40\x81\x60\x87\x40\xED\x40\xFA\x5C\x81\xCA,-1\r\n\xB1\xB2,x\r\n\x1A";
    let (out, codes) = office(bytes, Format::Csv);
    assert_eq!((out.as_slice(), codes.as_slice()), (bytes.as_slice(), [].as_slice()));
    let decoded = decode(bytes);
    assert_eq!(decoded.encoding, Charset::Cp932);
    assert!(decoded.text.starts_with("住民,\u{E000}\u{FF5E}①纊"), "{}", decoded.text);
}

#[test]
fn an_edit_keeps_every_other_byte() {
    let bytes = b"\xF0\x40\xED\x40,=1+1,\x81\xCA\r\n\xB1,-5\r\n";
    let (out, codes) = office(bytes, Format::Csv);
    assert_eq!(out, b"\xF0\x40\xED\x40,'=1+1,\x81\xCA\r\n\xB1,-5\r\n");
    assert_eq!(codes, ["csv-formula"]);
}

#[test]
fn japanese_charsets_are_told_apart_even_when_short() {
    for text in SHORT {
        let (sjis, _, bad) = SHIFT_JIS.encode(text);
        if !bad && !text.is_ascii() {
            assert_eq!(decode(&sjis).text, text, "CP932 {text}");
        }
        let (euc, _, bad) = EUC_JP.encode(text);
        if !bad && text != "ｱｲｳ" {
            assert_eq!(decode(&euc).text, text, "EUC-JP {text}");
        }
        let (jis, _, bad) = ISO_2022_JP.encode(text);
        if !bad && text != "ｱｲｳ" {
            assert_eq!(decode(&jis).encoding, Charset::Iso2022Jp, "JIS {text}");
        }
        for with_bom in [true, false] {
            let mut le: Vec<u8> = if with_bom { vec![0xFF, 0xFE] } else { Vec::new() };
            le.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            let mut be: Vec<u8> = if with_bom { vec![0xFE, 0xFF] } else { Vec::new() };
            be.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
            if with_bom || text.contains('\n') {
                assert_eq!((decode(&le).text.as_str(), decode(&be).text.as_str()), (text, text));
            }
        }
        assert_eq!(decode(text.as_bytes()).text, text, "UTF-8 {text}");
    }
    assert_eq!(decode("café".as_bytes()).text, "café");
    assert_eq!(decode("für Müller".as_bytes()).text, "für Müller");
    assert_eq!(decode(b"\xC3\xB1\xC3\xBD,1").text, "ﾃｱﾃｽ,1");
}

#[test]
fn edits_work_in_every_charset() {
    let text = "見出し,あ=1\r\n値,=1+1\r\n漢字,\"=x\"\r\n終,-3\r\n";
    let want = "見出し,あ=1\r\n値,'=1+1\r\n漢字,\"'=x\"\r\n終,-3\r\n";
    for encoding in [SHIFT_JIS, EUC_JP, ISO_2022_JP, encoding_rs::UTF_8] {
        let (bytes, ..) = encoding.encode(text);
        let (out, _) = office(&bytes, Format::Csv);
        assert_eq!(out, encoding.encode(want).0.as_ref(), "{}", encoding.name());
    }
    let wide = |text: &str| -> Vec<u8> {
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    };
    assert_eq!(office(&wide(text), Format::Csv).0, wide(want));
}

#[test]
fn jis_marks_come_in_ascii() {
    let (bytes, ..) = ISO_2022_JP.encode("あ\n＝１＋１\n");
    let (out, codes) = office(&bytes, Format::Csv);
    assert_eq!(codes, ["csv-formula"]);
    assert_eq!(decode(&out).text, "あ\n'＝１＋１\n");
}

#[test]
fn formulas_follow_policy() {
    let bytes = b"a,\"=1,2\"x,b\n=2,\"=\"\"3\"\"\"\n";
    assert_eq!(codes_of(bytes, Format::Csv, &with(Choice::Keep)).0, bytes);
    let (out, codes) = codes_of(bytes, Format::Csv, &with(Choice::Remove));
    assert_eq!(out, b"a,,b\n,\n");
    assert_eq!(codes, ["csv-formula-removed"; 3]);
    assert_eq!(office(bytes, Format::Csv).0, b"a,\"'=1,2\"x,b\n'=2,\"'=\"\"3\"\"\"\n");
}

#[test]
fn places_are_cells() {
    let (_, removals) = run(b"a,b\n1,=2\n", Format::Csv, &Policy::default()).expect("rebuilds");
    assert_eq!(removals[0].place, "B2");
}

#[test]
fn separators_cannot_hide_formulas() {
    let vectors: [(&[u8], &[u8]); 7] = [
        (b"sep=;\r\na;=1\r\n", b"sep=;\r\na;'=1\r\n"),
        (b"sep=x\r\nax=1\r\n", b"ax=1\r\n"),
        (b"a,b;=cmd|'/c'!A1\n", b"a,b;'=cmd|'/c'!A1\n"),
        (b"a;b;c\n1;2;=3\n", b"a;b;c\n1;2;'=3\n"),
        (b"a,\"x\n=cmd|'/c'!A1\"\n", b"a,\"x\n'=cmd|'/c'!A1\"\n"),
        (b"a,\"x\n=1+1,+A1\n", b"a,\"x\n'=1+1,'+A1\n"),
        (b"a\r=1\r", b"a\r'=1\r"),
    ];
    for (bytes, want) in vectors {
        let (out, codes) = office(bytes, Format::Csv);
        assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(want));
        assert!(!codes.is_empty());
    }
    assert_eq!(office(b"a\t=1,2\n", Format::Tsv).0, b"a\t'=1,2\n");
}

#[test]
fn controls_and_direction_marks_go_and_selectors_stay() {
    let text =
        "\u{1B}[31m葛\u{E0100}飾\u{202E}fdp\u{202C}\0 👨\u{200D}👩 が\u{3099}\u{9B}x\u{E0041}";
    let (out, codes) = office(text.as_bytes(), Format::Txt);
    assert_eq!(
        String::from_utf8(out).expect("UTF-8"),
        "[31m葛\u{E0100}飾fdp 👨\u{200D}👩 が\u{3099}x"
    );
    assert_eq!(codes, ["text-control", "text-bidi", "text-tag"]);
    let flag = "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}\n";
    assert_eq!(office(flag.as_bytes(), Format::Txt).0, flag.as_bytes());
}

#[test]
fn a_control_inside_a_name_does_not_hide_it() {
    let (out, _) = office(b"a;+HYPER\0LINK(\"http://x\"),1,2\n", Format::Csv);
    assert_eq!(out, b"a;'+HYPERLINK(\"http://x\"),1,2\n");
}

#[test]
fn undecodable_bytes_are_replaced_and_reported() {
    let (out, codes) = office("住民票の写し\u{1}".as_bytes(), Format::Txt);
    assert_eq!(
        (out.as_slice(), codes.as_slice()),
        ("住民票の写し".as_bytes(), ["text-control"].as_slice())
    );
    let (mut bytes, ..) =
        SHIFT_JIS.encode("これは長い文章です。読めないバイトが一つだけあります。");
    bytes.to_mut().extend_from_slice(b"\xFF\r\n");
    let (out, codes) = office(&bytes, Format::Txt);
    assert_eq!(codes, ["text-undecodable"]);
    assert!(out.ends_with(b"\x81\xAC\r\n"));
    let (_, codes) =
        office("日本語の文章です。\u{3042}".as_bytes().split_last().expect("long").1, Format::Txt);
    assert_eq!(codes, ["text-undecodable"]);
}

#[test]
fn binary_data_is_refused() {
    let bytes: Vec<u8> =
        (0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let stop = run(&bytes, Format::Txt, &Policy::default()).expect_err("binary");
    assert_eq!(stop.reason().code.id, "text-binary");
}

#[test]
fn text_is_one_line_a_row() {
    let bytes = "a,\"b\"\"c\nd\",\r\n1,2,3".as_bytes();
    assert_eq!(text_of(bytes, Format::Csv), "a\tb\"c d\t\n1\t2\t3\n");
    assert_eq!(text_of(b"a\r\nb\rc", Format::Txt), "a\nb\nc");
}

#[test]
fn no_input_panics() {
    let seeds: [&[u8]; 4] =
        [b"\x1B$B$\"\x1B(B,=1\n", b"\xFF\xFEa\0=\0", b"\"=\"\",;\xE3\x81\n", b"sep=\n\"\""];
    let mut state = 7_u32;
    for round in 0..4000_usize {
        let mut bytes = seeds[round % seeds.len()].repeat(1 + round % 3);
        for _ in 0..=round % 5 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (state >> 8) as usize % bytes.len();
            bytes[at] = state as u8;
        }
        if let Ok((once, _)) = run(&bytes, Format::Csv, &Policy::default()) {
            let (twice, again) = run(&once, Format::Csv, &Policy::default()).expect("again");
            assert_eq!((&once, again.len()), (&twice, 0), "{bytes:02X?} gave {once:02X?}");
        }
    }
}

#[test]
fn real_files_are_fix_points() {
    check_real_files("SEKISHO_CSV", "csv", Format::Csv);
    check_real_files("SEKISHO_TXT", "txt", Format::Txt);
}

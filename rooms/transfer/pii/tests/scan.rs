//! What is found in texts and tables, and what is not.
#![allow(clippy::unwrap_used, clippy::panic)]

use transfer_pii::{Certainty, Kind, Limits, Part, Report, Scanner};

/// Personal numbers that no person has: they were made for these tests.
const NUMBERS: [&str; 6] = [
    "123456789018",
    "987654321093",
    "314159265352",
    "271828182840",
    "161803398872",
    "141421356230",
];

fn scan(text: &str) -> Report {
    let mut scanner = Scanner::new(Limits::default());
    for line in text.lines() {
        scanner.line(line);
    }
    scanner.finish()
}

fn counts(text: &str, kind: Kind) -> [u64; 3] {
    let report = scan(text);
    [Certainty::Certain, Certainty::Likely, Certainty::Unlikely]
        .map(|sure| report.count(kind, sure))
}

#[test]
fn a_labelled_number_is_certain_wherever_its_label_stands() {
    for text in [
        "個人番号：123456789018",
        "個人番号\t123456789018",
        "個人番号\n123456789018",
        "マイナンバー　１２３４　５６７８　９０１８",
        "個 人 番 号 1234-5678-9018",
        "My Number: 1234 5678 9018",
        "123456789018（個人番号）",
        "番号\t氏名\t個人番号\n1\t蓮見陽葵\t123456789018",
        "個人番号\t1\t2\t3\t4\t5\t6\t7\t8\t9\t0\t1\t8",
        "個人番号\t\t1\t2\t3\t4\t\t5\t6\t7\t8\t\t9\t0\t1\t8",
        "個人番号\t1234\t5678\t9018",
        "個人番号 1 2 3 4 5 6 7 8 9 0 1 8",
        "個\n人\n番\n号\n1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n1\n8",
        "個人番号又は法人番号　123456789018",
        "申請者の個人番号「123456789018」",
        "mynumber: 123456789018",
        "No;個人番号;区\n1;123456789018;北",
        "個人番号 一二三四五六七八九〇一八",
        "個人番号は123456-789018です",
    ] {
        assert_eq!(counts(text, Kind::PersonalNumber), [1, 0, 0], "{text}");
        assert_eq!(scan(text).persons, 1, "{text}");
    }
}

#[test]
fn zeros_that_a_spreadsheet_ate_are_given_back() {
    for text in ["個人番号\t12345678903", "氏名\t個人番号\n蓮見\t1234567892"] {
        assert_eq!(counts(text, Kind::PersonalNumber), [1, 0, 0], "{text}");
    }
    assert_eq!(counts("番号 12345678903", Kind::PersonalNumber), [0, 0, 0]);
}

#[test]
fn other_numbers_of_that_length_are_not_counted() {
    for text in [
        "法人番号 8123456789018",
        "会社法人等番号 123456789018",
        "請求書番号：123456789018",
        "個人番号 123456789017",
        "個人番号：000000000000",
        "更新日時\t202611221530",
        "電話 090-1234-5678",
        "https://example.jp/items/123456789018",
        "商品コード\n123456789018",
        "2019 2020 2021",
        "残高 123,456,789,018 円",
    ] {
        let [certain, likely, _] = counts(text, Kind::PersonalNumber);
        assert_eq!((certain, likely), (0, 0), "{text}");
    }
}

#[test]
fn a_bare_number_is_judged_by_its_company() {
    let column: Vec<String> = NUMBERS.iter().map(|number| format!("a\t{number}\tb")).collect();
    assert_eq!(counts(&column.join("\n"), Kind::PersonalNumber), [6, 0, 0]);
    let noise: Vec<String> =
        (0..40).map(|at| format!("a\t{}\tb", 123_456_789_000_u64 + 7 * at)).collect();
    let [certain, likely, unlikely] = counts(&noise.join("\n"), Kind::PersonalNumber);
    assert_eq!((certain, likely), (0, 0));
    assert!(unlikely > 0, "one in ten passes by chance");
    assert_eq!(counts("伝達 123456789018", Kind::PersonalNumber), [0, 0, 1]);
    assert_eq!(counts("伝達 1234-5678-9018", Kind::PersonalNumber), [0, 1, 0]);
    let beside = "山田太郎 みどり市中央1-2-3 123456789018";
    assert_eq!(counts(beside, Kind::PersonalNumber), [0, 1, 0]);
}

#[test]
fn names_count_with_an_address_or_a_birth_date() {
    for (text, expected) in [
        ("氏名：山田太郎\n住所：みどり市中央1-2-3", [1, 0, 0]),
        ("氏名 蓮見 陽葵\n生年月日 昭和50年1月2日", [1, 0, 0]),
        ("氏名\n蓮見 陽葵\n生年月日\n平成元年五月十日", [1, 0, 0]),
        ("氏名\t住所\t生年月日\n蓮見陽葵\tみどり市中央1-2-3\tS50.1.2\n田中一\t\tH3.4.5", [2, 0, 0]),
        ("氏名\t蓮見陽葵\t性別\t女\n生年月日\t1975/1/2\t電話\t0270-11-2222", [1, 0, 0]),
        ("〒377-0001 みどり市中央1-2-3\n山田 太郎 様", [0, 1, 0]),
        ("1 山田 太郎 東京都千代田区霞が関1-2-3 昭和50年1月2日", [0, 1, 0]),
        (
            "番号 氏名 住所 生年月日\n1 蓮見 陽葵 みどり市中央一丁目2番 1980/3/4\n2 田中 実 みどり市中央一丁目3番 1981/3/4",
            [2, 0, 0],
        ),
        (
            "佐藤花子\tみどり市中央1-2-3\n田中実\tみどり市中央4-5-6\n蓮見陽葵\tみどり市北3-1",
            [0, 3, 0],
        ),
        (
            "住所 みどり市中央1-2-3\n世帯主 山田太郎 昭和50年1月2日生\n氏名 山田花子 生年月日 昭和52年3月4日",
            [1, 1, 0],
        ),
    ] {
        assert_eq!(counts(text, Kind::NamedPerson), expected, "{text}");
    }
}

#[test]
fn offices_and_businesses_are_not_people() {
    for text in [
        "みどり市長 様\nみどり市中央1-1 みどり市役所",
        "会社名\t代表者氏名\t所在地\n株式会社緑建設\t山田太郎\tみどり市中央1-2-3",
        "氏名：株式会社緑建設　代表取締役　髙﨑𠮷男\n住所：みどり市中央1-2-3",
        "氏名\t所属\n山田太郎\t総務課\n田中花子\t税務課",
        "施設名\t住所\n山田公民館\tみどり市中央1-2-3",
        "2026年3月2日 山田太郎",
        "氏名を記入してください。住所は別紙のとおり。",
        "日時\t会場\n2026年3月2日\tみどり市中央1-2-3",
        "山田太郎 様\n総務課\nみどり市中央1-1",
    ] {
        let [certain, likely, _] = counts(text, Kind::NamedPerson);
        assert_eq!((certain, likely), (0, 0), "{text}");
    }
}

#[test]
fn one_person_is_counted_once() {
    let text = "個人番号\t氏名\t生年月日\n123456789018\t山田太郎\tS50.1.2\n123456789018\t山田太郎\tS50.1.2\n987654321093\t田中花子\tS51.1.2";
    let report = scan(text);
    assert_eq!((report.persons, report.found(Kind::PersonalNumber)), (2, 3));
}

#[test]
fn cards_are_told_from_other_long_numbers() {
    for (text, expected) in [
        ("カード番号 4111111111111111", [1, 0, 0]),
        ("4111 1111 1111 1111", [0, 1, 0]),
        ("支払 5555-5555-5555-4444 で", [0, 1, 0]),
        ("VISA 378282246310005", [1, 0, 0]),
        ("JANコード 4111111111111111", [0, 0, 0]),
        ("4901234567894", [0, 0, 0]),
        ("口座番号 4111111111111111", [0, 0, 0]),
        ("クレジットカード番号 123456789018", [0, 0, 0]),
    ] {
        assert_eq!(counts(text, Kind::CreditCard), expected, "{text}");
    }
}

#[test]
fn places_are_named_and_numbers_never() {
    let mut scanner = Scanner::new(Limits::default());
    scanner.file("控え_123456789018.zip");
    scanner.part(Part::Sheet("1234-5678-9018".to_owned()));
    scanner.row(7);
    scanner.line("\t個人番号\t123456789018");
    scanner.file_end();
    let report = scanner.finish();
    let place = &report.findings.last().unwrap().place;
    assert_eq!((place.lines, place.column), ((7, 7), Some(3)));
    let said = format!("{report:?}");
    assert!(!said.contains("5678") && said.contains("Sheet(\"…\")"), "{said}");
}

#[test]
fn a_forged_place_shows_no_number() {
    let mut scanner = Scanner::new(Limits::default());
    scanner.row(123_456_789_018);
    scanner.line("個人番号 123456789018");
    scanner.part(Part::Page(1_234_567_890));
    scanner.row(u64::MAX);
    scanner.line("個人番号 123456789018");
    scanner.line("個人番号 123456789018");
    let said = format!("{:?}", scanner.finish());
    let longest = said.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    assert!(longest < Some(9), "{said}");
}

#[test]
fn headings_go_on_to_the_next_page() {
    for head in ["番号\t個人番号", "番号 個人番号 区分"] {
        let joint = if head.contains('\t') { "\t" } else { " " };
        let mut scanner = Scanner::new(Limits::default());
        scanner.part(Part::Page(1));
        scanner.line(head);
        scanner.line(&format!("1{joint}123456789018"));
        scanner.part(Part::Page(2));
        scanner.line(&format!("2{joint}987654321093"));
        scanner.part(Part::Page(7));
        scanner.line(&format!("3{joint}314159265352"));
        let report = scanner.finish();
        let sure = report.count(Kind::PersonalNumber, Certainty::Certain);
        assert_eq!((sure, report.persons), (2, 2), "{head}");
    }
}

#[test]
fn little_memory_still_counts_all() {
    let limits =
        Limits { findings_max: 2, persons_max: 1_000, waiting_max: 10, ..Limits::default() };
    let mut scanner = Scanner::new(limits);
    scanner.line("番号\t個人番号");
    for index in 0..5_000 {
        scanner.line(&format!("{index}\t{}", NUMBERS[index % NUMBERS.len()]));
    }
    let report = scanner.finish();
    assert_eq!((report.found(Kind::PersonalNumber), report.persons), (5_000, 6));
}

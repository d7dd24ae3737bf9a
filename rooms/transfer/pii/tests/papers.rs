//! Papers of offices as text, with people and without: what each must say.
#![allow(clippy::unwrap_used, clippy::panic)]

use transfer_pii::{Kind, Limits, Scanner};

/// Numbers that nobody has; they were made for these tests.
const A: &str = "123456789018";
const B: &str = "987654321093";

/// What stands in a paper, and how many numbers and named people are in it.
struct Paper {
    text: String,
    numbers: u64,
    named: u64,
}

fn check(papers: &[Paper]) {
    for paper in papers {
        let mut scanner = Scanner::new(Limits::default());
        for line in paper.text.lines() {
            scanner.line(line);
        }
        let report = scanner.finish();
        let counts = (report.found(Kind::PersonalNumber), report.found(Kind::NamedPerson));
        assert_eq!(counts, (paper.numbers, paper.named), "{}", paper.text);
    }
}

fn paper(numbers: u64, named: u64, text: impl Into<String>) -> Paper {
    Paper { text: text.into(), numbers, named }
}

#[test]
fn certificates_and_slips() {
    check(&[
        paper(
            2,
            0,
            format!(
                "令和8年分 給与所得の源泉徴収票\n支払を受ける者\t住所\tみどり市笠懸町鹿1番地\t(受給者番号)\t00123\n\t\t\t(個人番号)\t{A}\n\t氏名\t(フリガナ)\tシモツキ　レイ\n\t\t霜月　零\n控除対象配偶者\t(フリガナ)\tシモツキ アイ\t個人番号\t{B}\n\t氏名\t霜月 藍\n支払者\t個人番号又は法人番号\t8123456789012\n\t氏名又は名称\tみどり市"
            ),
        ),
        paper(
            1,
            1,
            "住　民　票\n住所　群馬県みどり市大間々町１番地\n世帯主　霜月　零\n氏　名　霜月　零\n生年月日　昭和６１年　４月　９日　　性別　男　　続柄　世帯主\n住民となった年月日　平成２０年４月１日\n個人番号　１２３４　５６７８　９０１８\n本籍　群馬県みどり市大間々町",
        ),
        paper(
            0,
            1,
            "国民健康保険被保険者証\n記号番号 みどり 1234567\n氏名　霜月 零 男\n生年月日　昭和61年4月9日\n住所　みどり市大間々町1\n保険者番号 00102129",
        ),
    ]);
}

#[test]
fn lists_and_exports() {
    check(&[
        paper(
            2,
            2,
            format!(
                "児童手当受給者名簿\n\t受給者\t\t\t児童\n番号\t氏名\t個人番号\t住所\t氏名\t生年月日\n1\t霜月 零\t{A}\tみどり市大間々町1-2\t霜月 凪\tH30.5.6\n2\t文月 葉\t{B}\tみどり市笠懸町鹿2-1\t文月 楓\tR2.7.8"
            ),
        ),
        paper(
            2,
            2,
            format!(
                "| No | 氏名 | 個人番号 | 生年月日 |\n|---|---|---|---|\n| 1 | 霜月零 | {A} | S61.4.9 |\n| 2 | 文月葉 | {B} | S62.1.9 |"
            ),
        ),
        paper(
            2,
            2,
            format!(
                "\"No\",\"氏名\",\"個人番号\",\"生年月日\"\n\"1\",\"霜月零\",\"{A}\",\"1986/4/9\"\n\"2\",\"文月葉\",\"{B}\",\"1987/1/9\""
            ),
        ),
        paper(
            1,
            1,
            format!("{{\"氏名\":\"霜月零\",\"個人番号\":\"{A}\",\"生年月日\":\"1986-04-09\"}}"),
        ),
    ]);
}

#[test]
fn letters_and_applications() {
    check(&[
        paper(
            1,
            0,
            "下記の方のマイナンバーをご連絡します。\n\n霜月 零（昭和61年4月9日生）\n1234 5678 9018\n\nよろしくお願いいたします。",
        ),
        paper(0, 1, "〒379-0001\n群馬県みどり市笠懸町鹿1番地\n\n佐藤　一郎 様\n\nみどり市総務課"),
        paper(
            0,
            1,
            "（申請者）　住　　所　みどり市大間々町１番地\n　　　　　　氏　　名　霜　月　　零\n　　　　　　生年月日　昭和６１年４月９日",
        ),
    ]);
}

#[test]
fn papers_about_something_else() {
    check(&[
        paper(
            0,
            0,
            "みどり市職員採用試験のお知らせ\n試験日 令和8年12月5日\n会場 みどり市役所笠懸庁舎 みどり市笠懸町鹿1番地\n申込先 総務部総務課 人事係 佐藤一郎",
        ),
        paper(
            0,
            0,
            "工事名\t施工場所\t受注者\t工期\n市道改良工事\tみどり市大間々町1-1地先\t株式会社緑建設\t令和8年4月1日\n舗装工事\tみどり市笠懸町鹿2-1地先\t有限会社青葉\t令和8年5月1日",
        ),
        paper(
            0,
            0,
            "資料番号\tISBN\t書名\t著者名\t出版年\n112233445566\t9784000000000\t町の歴史\t佐藤一郎\t1985年3月1日\n112233445574\t9784000000017\t昭和の暮らし\t田中花子\t1962年4月2日",
        ),
        paper(0, 0, "昭和50年1月2日 合併により現在の町となる。初代町長 佐藤一郎。"),
        paper(
            0,
            0,
            "講演会「町の防災」\n講師 佐藤一郎氏（みどり大学教授、1960年4月1日生まれ）\n会場 みどり市民会館（みどり市大間々町1-1）",
        ),
        paper(0, 0, "委託先\t担当者\t住所\n株式会社緑\t佐藤一郎\t東京都港区芝1-2-3"),
        paper(0, 0, format!("arn:aws:iam::{A}:role/x\naccount {A}")),
    ]);
}

//! Documents that miss people by a hair: other numbers of the same length,
//! names without more, addresses of offices, numbers that do not fit.

use super::content::{Content, row};
use super::person::{corporate_number, wrong_number};
use super::{Person, Random, clauses};

/// Makes a content without people.
type Twin = fn(&mut Random) -> Content;

/// Every twin by name.
pub(super) const TWINS: &[(&str, Twin)] = &[
    ("corporations", corporations),
    ("invoices", invoices),
    ("bare-ids", bare_ids),
    ("moments", moments),
    ("staff-phones", staff_phones),
    ("wrong-numbers", wrong_numbers),
    ("attendance", attendance),
    ("facilities", facilities),
    ("office-letter", office_letter),
    ("monthly-counts", monthly_counts),
    ("articles", articles),
    ("about-numbers", about_numbers),
    ("business-letter", business_letter),
    ("decimals", decimals),
    ("bare-id-in-prose", bare_id_in_prose),
    ("licences", licences),
    ("accounts", accounts),
    ("minutes", minutes),
    ("years", years),
];

fn start(random: &mut Random, title: &str) -> Content {
    let mut content = Content::default();
    content.line(title);
    clauses::around(&mut content, random);
    content
}

fn table(
    random: &mut Random,
    title: &str,
    heads: &[&str],
    mut make: impl FnMut(&mut Random, u64) -> Vec<String>,
) -> Content {
    let mut content = start(random, title);
    let mut rows = vec![row(heads)];
    for index in 0..3 + random.below(50) {
        rows.push(make(random, index));
    }
    content.table(rows);
    content
}

fn corporations(random: &mut Random) -> Content {
    table(
        random,
        "登録事業者一覧",
        &["法人番号", "商号又は名称", "代表者氏名", "所在地"],
        |random, _| {
            let person = Person::new(random);
            let name = *random.of(&[
                "株式会社緑建設",
                "有限会社山田商店",
                "合同会社青葉",
                "一般社団法人みどり",
            ]);
            vec![
                corporate_number(random),
                name.to_owned(),
                person.full_name(random),
                person.address,
            ]
        },
    )
}

fn invoices(random: &mut Random) -> Content {
    let head = *random.of(&["請求書番号", "伝票番号", "注文番号", "番号"]);
    table(random, "支払一覧", &["No", head, "件名", "金額"], |random, index| {
        vec![
            index.to_string(),
            random.digits(12),
            "消耗品".to_owned(),
            format!("{}", 10 * random.below(9999)),
        ]
    })
}

fn bare_ids(random: &mut Random) -> Content {
    let mut content = Content::default();
    let rows = (0..12 + random.below(80))
        .map(|index| vec![format!("{index}"), random.digits(12), random.digits(4)]);
    let rows = rows.collect();
    content.table(rows);
    content
}

fn moments(random: &mut Random) -> Content {
    table(random, "入退室記録", &["日時", "扉", "結果"], |random, _| {
        let moment = format!(
            "2026{:02}{:02}{:02}{:02}",
            1 + random.below(12),
            1 + random.below(28),
            random.below(24),
            random.below(60)
        );
        vec![moment, "正面玄関".to_owned(), "可".to_owned()]
    })
}

fn staff_phones(random: &mut Random) -> Content {
    table(
        random,
        "職員内線表",
        &["所属", "職名", "氏名", "内線", "携帯"],
        |random, _| {
            let person = Person::new(random);
            let role = *random.of(&["課長", "係長", "主任", "主事"]);
            let phone = format!("090-{}-{}", random.digits(4), random.digits(4));
            vec![
                "総務課".to_owned(),
                role.to_owned(),
                person.full_name(random),
                random.digits(4),
                phone,
            ]
        },
    )
}

fn wrong_numbers(random: &mut Random) -> Content {
    let mut content = start(random, "記入例");
    let number = wrong_number(random);
    content.line(format!("個人番号：{number}"));
    let grouped = wrong_number(random);
    content.line(format!("マイナンバー {} {} {}", &grouped[..4], &grouped[4..8], &grouped[8..]));
    content.line("個人番号　0000 0000 0000");
    content
}

fn attendance(random: &mut Random) -> Content {
    table(random, "出席者名簿", &["番号", "氏名", "所属", "備考"], |random, index| {
        let name = Person::any(random).full_name(random);
        vec![index.to_string(), name, "自治会".to_owned(), String::new()]
    })
}

fn facilities(random: &mut Random) -> Content {
    table(
        random,
        "避難所一覧",
        &["施設名", "住所", "電話番号", "収容人数"],
        |random, _| {
            let person = Person::new(random);
            let kind = *random.of(&["公民館", "小学校", "体育館", "集会所"]);
            let name = format!("{}{kind}", random.of(&["中央", "山田", "東", "佐藤", "緑ヶ丘"]));
            vec![name, person.address, "0270-11-2222".to_owned(), random.digits(3)]
        },
    )
}

fn office_letter(random: &mut Random) -> Content {
    let mut content = Content::default();
    content.line("令和8年11月22日").line(*random.of(&[
        "保護者 様",
        "各位",
        "みどり市長 様",
        "自治会長 様",
        "株式会社緑建設 御中",
    ]));
    content.line("みどり市長 田中一郎");
    clauses::around(&mut content, random);
    content.line("問い合わせ先 みどり市役所 総務課 担当 佐藤");
    content.line("住所 みどり市中央1-1-1 電話 0270-11-2222");
    content
}

fn monthly_counts(random: &mut Random) -> Content {
    let mut content = start(random, "月別件数");
    let mut rows = vec![
        std::iter::once("区分".to_owned())
            .chain((1..=12).map(|month| format!("{month}月")))
            .collect::<Vec<_>>(),
    ];
    for index in 0..5 + random.below(20) {
        let counts = (0..12).map(|_| random.below(10).to_string());
        rows.push(std::iter::once(format!("項目{index}")).chain(counts).collect());
    }
    content.table(rows);
    content
}

fn articles(random: &mut Random) -> Content {
    table(
        random,
        "備品台帳",
        &["JANコード", "品名", "管理番号", "注文ID"],
        |random, _| {
            let jan = format!("49{}", random.digits(11));
            vec![jan, "事務用椅子".to_owned(), random.digits(12), format!("9{}", random.digits(15))]
        },
    )
}

fn about_numbers(random: &mut Random) -> Content {
    let mut content = start(random, "マイナンバー制度について");
    content.line("個人番号は12桁の番号で、住民票を有するすべての方に1人1つ付番されます。");
    content.line("氏名、住所、生年月日及び個人番号を記入し、窓口へ提出してください。");
    content.line("マイナンバーカードのお問い合わせは 0120-95-0178 まで。");
    content.table(vec![
        row(&["氏名", ""]),
        row(&["住所", ""]),
        row(&["生年月日", ""]),
        row(&["個人番号", ""]),
    ]);
    content
}

fn business_letter(random: &mut Random) -> Content {
    let mut content = Content::default();
    let person = Person::new(random);
    content.line("見積書").line(format!("見積番号 {}", random.digits(12)));
    content.line("みどり市長 様");
    content.line(format!("所在地 {}", person.address));
    content.line("商号 株式会社緑建設");
    content.line(format!("代表者 代表取締役 {}", person.full_name(random)));
    content.line(format!("法人番号 {}", corporate_number(random)));
    content.line(format!("登録番号 T{}", corporate_number(random)));
    content
}

fn decimals(random: &mut Random) -> Content {
    table(random, "測定結果", &["測定点", "値", "緯度", "経度"], |random, index| {
        vec![
            format!("P{index}"),
            format!("0.{}", random.digits(12)),
            format!("36.{}", random.digits(10)),
            format!("139.{}", random.digits(12)),
        ]
    })
}

fn bare_id_in_prose(random: &mut Random) -> Content {
    let mut content = start(random, "作業報告");
    content.line(format!("機器(管理番号 {})を交換しました。", random.digits(12)));
    content.line(format!("受付 {} の件は処理済みです。", random.digits(12)));
    content
}

fn licences(random: &mut Random) -> Content {
    table(
        random,
        "公用車運転者一覧",
        &["職員番号", "職員名", "免許証番号", "有効期限"],
        |random, _| {
            let name = Person::new(random).full_name(random);
            vec![random.digits(6), name, random.digits(12), "令和10年3月2日".to_owned()]
        },
    )
}

fn accounts(random: &mut Random) -> Content {
    table(
        random,
        "振込先一覧",
        &["金融機関", "支店", "口座番号", "取引番号"],
        |random, _| {
            vec![
                "みどり信用金庫".to_owned(),
                "本店".to_owned(),
                random.digits(7),
                random.digits(16),
            ]
        },
    )
}

fn minutes(random: &mut Random) -> Content {
    let mut content = start(random, "会議録");
    content.line("日時 令和8年11月22日 午後2時から");
    content.line("場所 みどり市中央1-2-3 みどり市民会館");
    for _ in 0..2 + random.below(6) {
        let name = Person::new(random).full_name(random);
        content.line(format!("{name}委員　ただいまの説明について伺います。"));
    }
    content
}

fn years(random: &mut Random) -> Content {
    let mut content = start(random, "年度別推移");
    let mut rows = vec![row(&["区分", "2022", "2023", "2024", "2025"])];
    for index in 0..5 + random.below(20) {
        let counts = (0..4).map(|_| (1000 + random.below(9000)).to_string());
        rows.push(std::iter::once(format!("項目{index}")).chain(counts).collect());
    }
    content.table(rows);
    content
}

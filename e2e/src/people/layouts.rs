//! The ways in which people stand in documents.

use super::content::{Content, row};
use super::person::{card, ideographs, wide};
use super::{Person, Planted, Random, clauses};

/// Makes a content with people in it.
type Layout = fn(&mut Random) -> (Content, Planted);

/// Every layout by name.
pub(super) const LAYOUTS: &[(&str, Layout)] = &[
    ("number-line", number_line),
    ("register", register),
    ("number-column", number_column),
    ("squared-paper", squared_paper),
    ("form", form),
    ("name-table", name_table),
    ("number-prose", number_prose),
    ("name-form", name_form),
    ("bare-column", bare_column),
    ("letter", letter),
    ("card-line", card_line),
    ("number-vertical", number_vertical),
    ("bare-name-table", bare_name_table),
    ("number-below", number_below),
    ("card-table", card_table),
    ("number-cells", number_cells),
    ("household", household),
    ("number-ideographs", number_ideographs),
    ("name-birth-table", name_birth_table),
];

const NUMBER_LABELS: &[&str] = &[
    "個人番号",
    "マイナンバー",
    "個人番号（マイナンバー）",
    "個人番号(12桁)",
    "My Number",
    "個 人 番 号",
];
const NAME_LABELS: &[&str] = &["氏名", "氏　名", "申請者氏名", "お名前", "世帯主氏名"];

fn start(random: &mut Random, title: &str) -> Content {
    let mut content = Content::default();
    content.line(title);
    clauses::around(&mut content, random);
    content
}

fn of_numbers(count: u64) -> Planted {
    Planted { numbers: count, persons: count, ..Planted::default() }
}

fn of_named(count: u64) -> Planted {
    Planted { named: count, persons: count, ..Planted::default() }
}

fn people(random: &mut Random, least: u64, span: u64) -> Vec<Person> {
    (0..least + random.below(span)).map(|_| Person::any(random)).collect()
}

fn number_line(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "届出書");
    let person = Person::any(random);
    let label = *random.of(NUMBER_LABELS);
    let joint = *random.of(&["：", ": ", "　", " ", "＝"]);
    content.line(format!("{label}{joint}{}", person.written_number(random)));
    clauses::around(&mut content, random);
    (content, of_numbers(1))
}

fn register(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "住民基本台帳(抜粋)");
    let people = people(random, 2, 40);
    let mut rows = vec![row(&["番号", "個人番号", "氏名", "フリガナ", "住所", "生年月日", "性別"])];
    for (index, person) in people.iter().enumerate() {
        rows.push(vec![
            (index + 1).to_string(),
            person.written_number(random),
            person.full_name(random),
            format!("{} {}", person.kana.0, person.kana.1),
            person.address.clone(),
            person.birth_date(random),
            (*random.of(&["男", "女"])).to_owned(),
        ]);
    }
    content.table(rows);
    let count = people.len() as u64;
    (content, Planted { numbers: count, named: count, persons: count, cards: 0 })
}

fn number_column(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "給付対象者一覧");
    let people = people(random, 1, 60);
    let label = *random.of(NUMBER_LABELS);
    let mut rows = vec![row(&["No.", "整理区分", label, "支給額"])];
    for (index, person) in people.iter().enumerate() {
        let amount = format!("{}", 1000 * (1 + random.below(90)));
        let class = (*random.of(&["A", "B", "甲", "乙"])).to_owned();
        rows.push(vec![(index + 1).to_string(), class, person.number.clone(), amount]);
    }
    content.table(rows);
    (content, of_numbers(people.len() as u64))
}

fn squared_paper(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "扶養控除等申告書");
    let people = people(random, 1, 4);
    let rows = people.iter().map(|person| {
        let mut cells = vec![
            (*random.of(&["個人番号", "あなたの個人番号", "個人番号（マイナンバー）"])).to_owned(),
        ];
        let is_wide = random.once_in(2);
        let is_grouped = random.once_in(3);
        for (at, digit) in person.number.chars().enumerate() {
            if is_grouped && at > 0 && at % 4 == 0 {
                cells.push((*random.of(&["", "-", "－"])).to_owned());
            }
            cells.push(if is_wide { wide(&digit.to_string()) } else { digit.to_string() });
        }
        cells
    });
    let rows = rows.collect();
    content.table(rows);
    (content, of_numbers(people.len() as u64))
}

fn form(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "個人番号カード交付申請書");
    let person = Person::any(random);
    content.table(vec![
        vec![(*random.of(NAME_LABELS)).to_owned(), person.full_name(random)],
        vec!["住所".to_owned(), person.address.clone()],
        vec!["生年月日".to_owned(), person.birth_date(random)],
        vec![(*random.of(NUMBER_LABELS)).to_owned(), person.written_number(random)],
        row(&["電話番号", "090-1234-5678"]),
    ]);
    (content, Planted { numbers: 1, named: 1, persons: 1, cards: 0 })
}

fn name_table(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "参加者名簿");
    let people = people(random, 2, 50);
    let address = *random.of(&["住所", "現住所", "自宅住所"]);
    let mut rows = vec![row(&["番号", *random.of(NAME_LABELS), address, "電話番号"])];
    for (index, person) in people.iter().enumerate() {
        let phone = format!("0270-{}-{}", random.digits(2), random.digits(4));
        rows.push(vec![
            (index + 1).to_string(),
            person.full_name(random),
            person.address.clone(),
            phone,
        ]);
    }
    content.table(rows);
    (content, of_named(people.len() as u64))
}

fn name_birth_table(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "健診受診者一覧");
    let people = people(random, 2, 50);
    let mut rows = vec![row(&["氏名", "カナ氏名", "生年月日", "受診日"])];
    for person in &people {
        rows.push(vec![
            person.full_name(random),
            format!("{}　{}", person.kana.0, person.kana.1),
            person.birth_date(random),
            format!("2026/{}/{}", 1 + random.below(12), 1 + random.below(28)),
        ]);
    }
    content.table(rows);
    (content, of_named(people.len() as u64))
}

fn number_prose(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "照会回答書");
    let person = Person::any(random);
    let number = person.written_number(random);
    content.line(match random.below(3) {
        0 => format!("照会のあった者の個人番号は{number}であることを回答します。"),
        1 => format!("対象者のマイナンバー（{number}）について、次のとおり確認しました。"),
        _ => format!("なお、{number}（個人番号）は本件の処理にのみ使用します。"),
    });
    clauses::around(&mut content, random);
    (content, of_numbers(1))
}

fn name_form(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "利用申込書");
    let person = Person::any(random);
    let joint = *random.of(&["：", "　", ":", " "]);
    let name = format!("{}{joint}{}", random.of(NAME_LABELS), person.full_name(random));
    let address = format!("住所{joint}{}", person.address);
    let birth = format!("生年月日{joint}{}", person.birth_date(random));
    match random.below(4) {
        0 => content.line(address).line(name),
        1 => content.line(name).line(birth),
        2 => content.line(format!("{name}　{birth}")),
        _ => content.line(name).line(address).line(birth),
    };
    clauses::around(&mut content, random);
    (content, of_named(1))
}

fn bare_column(random: &mut Random) -> (Content, Planted) {
    let mut content = Content::default();
    let people = people(random, 6, 50);
    let rows = people.iter().enumerate().map(|(index, person)| {
        vec![format!("A{index}"), person.number.clone(), format!("{}", 100 * random.below(999))]
    });
    let rows = rows.collect();
    content.table(rows);
    (content, of_numbers(people.len() as u64))
}

fn letter(random: &mut Random) -> (Content, Planted) {
    let mut content = Content::default();
    let person = Person::new(random);
    content.line(format!("〒{}-{}", random.digits(3), random.digits(4)));
    content.line(person.address.clone());
    content.line(format!("{}　様", person.full_name(random)));
    content.line("みどり市総務課").line("令和8年11月22日");
    clauses::around(&mut content, random);
    (content, of_named(1))
}

fn card_line(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "お支払いについて");
    let number = card(random);
    let grouped = if number.len() == 15 {
        [&number[..4], &number[4..10], &number[10..]].join(" ")
    } else {
        let joint = *random.of(&[" ", "-"]);
        [&number[..4], &number[4..8], &number[8..12], &number[12..]].join(joint)
    };
    content.line(match random.below(3) {
        0 => format!("クレジットカード番号：{number}　有効期限 03/29"),
        1 => format!("カード番号 {grouped}"),
        _ => format!("VISA/JCB等: {grouped}"),
    });
    (content, Planted { cards: 1, ..Planted::default() })
}

fn card_table(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "収納一覧");
    let count = 2 + random.below(30);
    let mut rows = vec![row(&["No", "クレジットカード番号", "金額"])];
    for index in 0..count {
        rows.push(vec![
            (index + 1).to_string(),
            card(random),
            (100 * random.below(500)).to_string(),
        ]);
    }
    content.table(rows);
    (content, Planted { cards: count, ..Planted::default() })
}

fn number_vertical(random: &mut Random) -> (Content, Planted) {
    let mut content = Content::default();
    let person = Person::any(random);
    content.line("通知書").line("次のとおり通知する。");
    let label = *random.of(&["個人番号", "マイナンバー"]);
    for letter in label.chars().chain(wide(&person.number).chars()) {
        content.line(letter.to_string());
    }
    content.line("以上のとおりである。");
    (content, of_numbers(1))
}

fn bare_name_table(random: &mut Random) -> (Content, Planted) {
    let mut content = Content::default();
    let people: Vec<Person> = (0..5 + random.below(40)).map(|_| Person::any(random)).collect();
    let space = *random.of(&["", " ", "　"]);
    let rows = people.iter().map(|person| {
        let name = format!("{}{space}{}", person.name.0, person.name.1);
        vec![name, person.address.clone(), person.birth_by_era()]
    });
    content.table(rows.collect());
    (content, of_named(people.len() as u64))
}

fn number_below(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "本人確認書類");
    let person = Person::any(random);
    content.line(*random.of(NUMBER_LABELS)).line(person.written_number(random));
    clauses::around(&mut content, random);
    (content, of_numbers(1))
}

fn number_cells(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "源泉徴収票");
    let people = people(random, 1, 5);
    let rows = people.iter().map(|person| {
        let number = &person.number;
        row(&["個人番号", &number[..4], &number[4..8], &number[8..]])
    });
    content.table(rows.collect());
    (content, of_numbers(people.len() as u64))
}

fn household(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "世帯全員の住民票");
    let head = Person::new(random);
    content.line(format!("住所　{}", head.address));
    content.line(format!("世帯主　{}　生年月日　{}", head.full_name(random), head.birth_by_era()));
    let mut givens = vec![head.name.1.clone()];
    for _ in 0..random.below(4) {
        let other = Person::any(random);
        if givens.contains(&other.name.1) {
            continue;
        }
        let given = format!("{} {}", head.name.0, other.name.1);
        givens.push(other.name.1.clone());
        let kin = *random.of(&["妻", "長男", "長女", "母"]);
        content.line(format!("氏名　{given}　続柄　{kin}　生年月日　{}", other.birth_by_era()));
    }
    (content, of_named(givens.len() as u64))
}

fn number_ideographs(random: &mut Random) -> (Content, Planted) {
    let mut content = start(random, "決定通知");
    let person = Person::any(random);
    let digit = |c: char| match u64::from(u32::from(c) - u32::from('0')) {
        0 => "〇".to_owned(),
        value => ideographs(value),
    };
    let number: String = person.number.chars().map(digit).collect();
    content.line(format!("個人番号　{number}"));
    (content, of_numbers(1))
}

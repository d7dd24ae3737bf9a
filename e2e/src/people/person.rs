//! People that nobody is: names, addresses, birth dates, numbers and cards
//! from lists and sums of this crate's own.

/// A small generator (SplitMix64): the same seed, the same numbers.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Starts at a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound.max(1)
    }

    /// One of a list.
    pub fn of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        let index = usize::try_from(self.below(list.len() as u64)).unwrap_or(0);
        &list[index]
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Digits at random.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or(0))).collect()
    }
}

/// One person.
#[derive(Debug, Clone)]
pub struct Person {
    /// Family name and given name.
    pub name: (String, String),
    /// How it is read.
    pub kana: (String, String),
    /// Where they live.
    pub address: String,
    /// Year, month, day of birth.
    pub birth: (u64, u64, u64),
    /// Their number of twelve digits.
    pub number: String,
}

impl Person {
    /// Makes a person whose family name is common.
    pub fn new(random: &mut Random) -> Self {
        let family = *random.of(FAMILIES);
        Self::called(family, random)
    }

    /// Makes a person; one in four has a rare family name.
    pub fn any(random: &mut Random) -> Self {
        let family = if random.once_in(4) { *random.of(RARE) } else { *random.of(FAMILIES) };
        Self::called(family, random)
    }

    fn called(family: (&str, &str), random: &mut Random) -> Self {
        let given = *random.of(GIVEN);
        Self {
            name: (family.0.to_owned(), given.0.to_owned()),
            kana: (family.1.to_owned(), given.1.to_owned()),
            address: address(random),
            birth: (1935 + random.below(85), 1 + random.below(12), 1 + random.below(28)),
            number: number(random),
        }
    }

    /// The name, with or without a space.
    pub fn full_name(&self, random: &mut Random) -> String {
        let space = *random.of(&["", " ", "　"]);
        format!("{}{space}{}", self.name.0, self.name.1)
    }

    /// The birth date in one of the usual forms.
    pub fn birth_date(&self, random: &mut Random) -> String {
        let (year, month, day) = self.birth;
        let (era, letter, first) = match year {
            ..=1988 => ("昭和", "S", 1925),
            1989..=2018 => ("平成", "H", 1988),
            _ => ("令和", "R", 2018),
        };
        let of_era = year - first;
        match random.below(7) {
            0 => format!("{era}{of_era}年{month}月{day}日"),
            1 => wide(&format!("{era}{of_era}年{month}月{day}日")),
            2 => format!("{letter}{of_era}.{month}.{day}"),
            3 => format!("{year}年{month}月{day}日"),
            4 => format!("{year}/{month:02}/{day:02}"),
            5 => format!("{year}-{month:02}-{day:02}"),
            _ => {
                format!("{era}{}年{}月{}日", ideographs(of_era), ideographs(month), ideographs(day))
            }
        }
    }

    /// The birth date by its era, as registers of residents write it.
    pub fn birth_by_era(&self) -> String {
        let (year, month, day) = self.birth;
        let (era, first) = match year {
            ..=1988 => ("昭和", 1925),
            1989..=2018 => ("平成", 1988),
            _ => ("令和", 2018),
        };
        format!("{era}{}年{month}月{day}日", year - first)
    }

    /// The number in one of the ways in which people write it.
    pub fn written_number(&self, random: &mut Random) -> String {
        let grouped =
            |joint: &str| [&self.number[..4], &self.number[4..8], &self.number[8..]].join(joint);
        match random.below(6) {
            0 | 1 => self.number.clone(),
            2 => grouped(" "),
            3 => grouped("-"),
            4 => wide(&self.number),
            _ => wide(&grouped("　")),
        }
    }
}

/// A personal number: eleven digits, and the one that makes the weighted sum
/// of the ordinance fit. The check is looked for rather than worked out.
pub fn number(random: &mut Random) -> String {
    loop {
        let front = random.digits(11);
        if front.bytes().collect::<std::collections::BTreeSet<_>>().len() < 4 {
            continue;
        }
        let found = (0..10).find(|check| fits(&format!("{front}{check}")));
        if let Some(check) = found {
            return format!("{front}{check}");
        }
    }
}

/// A number of twelve digits that does not fit.
pub fn wrong_number(random: &mut Random) -> String {
    loop {
        let digits = random.digits(12);
        if !fits(&digits) {
            return digits;
        }
    }
}

/// Article 5 of the ordinance (平成26年総務省令第85号), read from the right: the
/// n-th digit counts n+1 up to the sixth, n−5 from the seventh.
fn fits(digits: &str) -> bool {
    let from_right: Vec<u64> = digits.bytes().rev().map(|byte| u64::from(byte - b'0')).collect();
    let mut sum = 0;
    for (n, digit) in from_right.iter().enumerate().skip(1) {
        let q = if n <= 6 { n + 1 } else { n - 5 };
        sum += digit * q as u64;
    }
    let rest = sum % 11;
    let check = if rest <= 1 { 0 } else { 11 - rest };
    from_right[0] == check
}

/// A corporate number (法人番号): thirteen digits, the check digit in front
/// (平成26年財務省令第70号 第2条).
pub fn corporate_number(random: &mut Random) -> String {
    let back = random.digits(12);
    let sum: u64 = back
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| u64::from(byte - b'0') * if at % 2 == 0 { 1 } else { 2 })
        .sum();
    format!("{}{back}", 9 - sum % 9)
}

/// A card number by issuers' published prefixes, with the check digit that
/// makes the doubled sum end in zero.
pub fn card(random: &mut Random) -> String {
    let (prefix, length) =
        *random.of(&[("4", 16), ("51", 16), ("54", 16), ("3528", 16), ("37", 15), ("3569", 16)]);
    let body = format!("{prefix}{}", random.digits(length - 1 - prefix.len()));
    let check = (0..10).find(|check| {
        let digits = format!("{body}{check}");
        let mut sum = 0;
        for (at, byte) in digits.bytes().rev().enumerate() {
            let digit = u32::from(byte - b'0');
            sum += match (at % 2, digit) {
                (0, digit) => digit,
                (_, digit @ 0..=4) => digit * 2,
                (_, digit) => digit * 2 - 9,
            };
        }
        sum % 10 == 0
    });
    format!("{body}{}", check.unwrap_or(0))
}

fn address(random: &mut Random) -> String {
    let place = *random.of(PLACES);
    let area = *random.of(AREAS);
    let (a, b, c) = (1 + random.below(9), 1 + random.below(30), 1 + random.below(20));
    let house = match random.below(6) {
        0 => format!("{a}-{b}-{c}"),
        1 => format!("{a}丁目{b}番{c}号"),
        2 => format!("{}番地", b * 37 + c),
        3 => wide(&format!("{a}-{b}-{c}")),
        4 => format!("{}丁目{b}番{c}号", ideographs(a)),
        _ => format!("{}番地の{c}", b * 11),
    };
    let flat = if random.once_in(4) {
        format!(" {}{}号室", random.of(FLATS), 100 + random.below(500))
    } else {
        String::new()
    };
    format!("{place}{area}{house}{flat}")
}

/// Full-width digits, letters and hyphens.
pub fn wide(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' | 'A'..='Z' | '-' | '.' => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
            other => other,
        })
        .collect()
}

/// A number up to ninety-nine in ideographs.
pub fn ideographs(value: u64) -> String {
    const ONES: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let one = |value: u64| ONES[usize::try_from(value % 10).unwrap_or(0)];
    match (value / 10, value % 10) {
        (0, _) => one(value).to_owned(),
        (1, ones) => format!("十{}", one(ones)),
        (tens, ones) => format!("{}十{}", one(tens), one(ones)),
    }
}

const FAMILIES: &[(&str, &str)] = &[
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("渡辺", "ワタナベ"),
    ("伊藤", "イトウ"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("山本", "ヤマモト"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("髙橋", "タカハシ"),
    ("斎藤", "サイトウ"),
    ("齋藤", "サイトウ"),
    ("松本", "マツモト"),
    ("山﨑", "ヤマザキ"),
    ("木村", "キムラ"),
    ("清水", "シミズ"),
    ("阿部", "アベ"),
    ("池田", "イケダ"),
    ("橋本", "ハシモト"),
    ("石川", "イシカワ"),
    ("長谷川", "ハセガワ"),
    ("佐々木", "ササキ"),
    ("小笠原", "オガサワラ"),
    ("五十嵐", "イガラシ"),
    ("渡邉", "ワタナベ"),
    ("岡田", "オカダ"),
    ("後藤", "ゴトウ"),
];

/// Names that few lists have.
const RARE: &[(&str, &str)] = &[
    ("蓮見", "ハスミ"),
    ("千種", "チグサ"),
    ("鬼頭", "キトウ"),
    ("雲井", "クモイ"),
    ("綾瀬", "アヤセ"),
    ("苅部", "カリベ"),
    ("四十万", "シジマ"),
    ("纐纈", "コウケツ"),
    ("生田目", "ナマタメ"),
    ("曽我部", "ソガベ"),
    ("物部", "モノノベ"),
    ("朝比奈", "アサヒナ"),
];

const GIVEN: &[(&str, &str)] = &[
    ("太郎", "タロウ"),
    ("花子", "ハナコ"),
    ("一郎", "イチロウ"),
    ("美咲", "ミサキ"),
    ("健", "ケン"),
    ("陽菜", "ヒナ"),
    ("大輔", "ダイスケ"),
    ("さくら", "サクラ"),
    ("翔太", "ショウタ"),
    ("恵子", "ケイコ"),
    ("誠", "マコト"),
    ("由美子", "ユミコ"),
    ("隆", "タカシ"),
    ("千尋", "チヒロ"),
    ("直樹", "ナオキ"),
    ("はるか", "ハルカ"),
    ("慎之介", "シンノスケ"),
    ("結衣", "ユイ"),
    ("浩二", "コウジ"),
    ("和夫", "カズオ"),
    ("洋子", "ヨウコ"),
    ("蓮", "レン"),
];

const PLACES: &[&str] = &[
    "東京都千代田区",
    "東京都八王子市",
    "群馬県みどり市",
    "みどり市",
    "大阪府大阪市北区",
    "北海道札幌市中央区",
    "福岡県糟屋郡新宮町",
    "長野県下伊那郡阿智村",
    "神奈川県横浜市鶴見区",
    "京都府京都市左京区",
    "愛知県名古屋市千種区",
    "沖縄県那覇市",
    "鹿児島県いちき串木野市",
    "茨城県つくばみらい市",
    "あさぎり町",
    "宮城県仙台市青葉区",
];

const AREAS: &[&str] = &[
    "中央",
    "本町",
    "大字青山",
    "緑ヶ丘",
    "東町",
    "西新井",
    "霞が関",
    "字下原",
    "旭",
    "桜台",
    "南",
    "富士見",
    "八幡町",
    "上之郷",
    "栄町",
];

const FLATS: &[&str] = &["みどりハイツ", "コーポ桜", "グリーンパレス", "第二青葉荘"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_fit_what_is_published() {
        assert!(fits("123456789018") && !fits("123456789019"));
        let mut random = Random::new(1);
        for _ in 0..100 {
            assert!(fits(&number(&mut random)) && !fits(&wrong_number(&mut random)));
            assert!(matches!(card(&mut random).len(), 15 | 16));
            assert_eq!(corporate_number(&mut random).len(), 13);
        }
    }
}

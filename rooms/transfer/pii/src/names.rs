//! Tells people's names from other words: by a list of surnames, by shape
//! where a label vouches for it, and never where a business is named.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::letters::{is_ideograph, is_kana};

/// Surnames, written down by us from everyday life; not complete, and need
/// not be: a column of names is known by those that are listed.
static SURNAMES: LazyLock<HashSet<Vec<char>>> = LazyLock::new(|| {
    include_str!("surnames.txt").split_whitespace().map(|name| name.chars().collect()).collect()
});

/// Letters of the longest listed surname.
const SURNAME_MAX: usize = 4;
/// Letters of a name with its spaces.
const NAME_MAX: usize = 12;

/// What a name is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// A listed surname and what may be a given name.
    Known,
    /// Letters and length of a name.
    Shape,
}

/// Words that name a business, an office or a role.
const BUSINESS: &[&str] = &[
    "株式会社",
    "有限会社",
    "合同会社",
    "合資会社",
    "(株)",
    "(有)",
    "㈱",
    "㈲",
    "法人",
    "組合",
    "協会",
    "協議会",
    "連合会",
    "学校",
    "大学",
    "病院",
    "医院",
    "銀行",
    "信用金庫",
    "市役所",
    "区役所",
    "役場",
    "県庁",
    "都庁",
    "消防",
    "警察",
    "委員会",
    "事務所",
    "営業所",
    "支店",
    "工場",
    "商店",
    "市長",
    "町長",
    "村長",
    "区長",
    "知事",
    "副市長",
    "議長",
    "部長",
    "課長",
    "係長",
    "局長",
    "室長",
    "次長",
    "主任",
    "主事",
    "取締役",
    "代表",
    "理事長",
    "会長",
    "校長",
    "園長",
    "所長",
    "館長",
    "支所",
    "課",
    "御中",
    "各位",
    "担当",
    "センター",
    "株主",
    "会社",
    "商事",
    "建設",
    "工業",
    "製作所",
];

/// Last letters that names of places and things have and given names do not.
const PLACE_ENDS: &[char] = &[
    '館', '園', '校', '所', '院', '店', '課', '係', '部', '局', '駅', '橋', '線', '会', '場', '号',
    '区', '町', '村', '市', '県', '府', '寺', '社', '室', '台', '堂', '荘', '棟', '団', '組', '番',
    '地', '州', '港', '署', '隊', '庁', '城', '宮', '道', '路', '街', '丘', '畑', '坂', '沢', '池',
    '島', '田', '料', '費', '額', '書', '票', '表', '図', '数', '率', '量', '日', '月', '年', '名',
    '様', '者', '用', '費', '金', '税', '証', '券', '件', '分', '上', '下', '中', '内', '外',
];

/// Words that are written where a name could stand.
const NOT_NAMES: &[&str] = &[
    "本人",
    "同上",
    "世帯主",
    "世帯員",
    "不明",
    "未記入",
    "記入例",
    "なし",
    "合計",
    "小計",
    "男性",
    "女性",
    "大字",
    "町内",
    "保護者",
    "代理人",
    "申請者",
    "届出人",
    "施設",
    "氏名",
    "名前",
    "住所",
    "電話",
    "平成",
    "令和",
    "昭和",
    "大正",
    "明治",
    "全員",
    "該当",
    "未定",
    "有無",
];

/// Words that a field begins with when it names nobody.
const NOT_STARTS: &[&str] = &["別紙", "別添", "下記", "上記", "記入"];

/// Says whether a text names a business, an office or a role.
pub(crate) fn is_business(letters: &[char]) -> bool {
    BUSINESS.iter().any(|word| contains(letters, word))
}

fn contains(letters: &[char], word: &str) -> bool {
    let Some(first) = word.chars().next() else { return false };
    letters.iter().enumerate().any(|(at, &c)| {
        c == first && {
            let mut rest = letters.iter().skip(at);
            word.chars().all(|wanted| rest.next() == Some(&wanted))
        }
    })
}

/// Reads the value of a field for names. Returns the letters of the name.
pub(crate) fn labelled(value: &[char]) -> Option<&[char]> {
    let value = trimmed(value);
    let end = value
        .iter()
        .position(|&c| {
            c.is_ascii_digit()
                || matches!(
                    c,
                    '(' | '、' | '。' | '印' | '㊞' | ',' | '/' | '|' | ':' | ';' | '〒' | '['
                )
        })
        .unwrap_or(value.len());
    let name = without_honorific(trimmed(&value[..end]));
    let is_letter = |c: &char| {
        is_ideograph(*c)
            || is_kana(*c)
            || matches!(c, ' ' | '・' | '·' | '\'' | '.')
            || c.is_alphabetic()
    };
    let count = name.iter().filter(|c| **c != ' ').count();
    let is_latin = name.iter().any(char::is_ascii_alphabetic);
    let length_max = if is_latin { 40 } else { NAME_MAX + 4 };
    let is_name = count >= 2
        && name.len() <= length_max
        && name.iter().all(is_letter)
        && !is_business(name)
        && !NOT_STARTS.iter().any(|word| word.chars().zip(name).all(|(a, b)| a == *b))
        && !NOT_NAMES
            .iter()
            .any(|word| word.chars().eq(name.iter().copied().filter(|c| *c != ' ')));
    // Ordinary words of a sentence hold hiragana that no name ends in.
    let is_sentence = name.len() > 6
        && name.iter().filter(|c| matches!(c, 'を' | 'は' | 'の' | 'に' | 'が' | 'で')).count() > 1;
    (is_name && !is_sentence).then_some(name)
}

/// Judges a text that may be a name with nothing else.
pub(crate) fn judge(letters: &[char]) -> Option<Strength> {
    let letters = without_honorific(trimmed(letters));
    let count = letters.iter().filter(|c| **c != ' ').count();
    let spaces = letters.len() - count;
    if !(2..=7).contains(&count) || spaces > 3 {
        return None;
    }
    let is_plain = |c: &char| is_ideograph(*c) || is_kana(*c) || *c == ' ';
    let last = letters.last()?;
    if !letters.iter().all(is_plain)
        || PLACE_ENDS.contains(last)
        || is_business(letters)
        || NOT_NAMES.iter().any(|word| contains(letters, word))
    {
        return None;
    }
    let split = letters.iter().position(|c| *c == ' ');
    let is_known = match split {
        Some(at) => SURNAMES.contains(&letters[..at]) && given_fits(&letters[at..]),
        None => (1..=SURNAME_MAX.min(letters.len() - 1)).any(|length| {
            // A surname of one letter takes a space to be told from a word.
            length > 1 && SURNAMES.contains(&letters[..length]) && given_fits(&letters[length..])
        }),
    };
    if is_known {
        return Some(Strength::Known);
    }
    letters.first().is_some_and(|&c| is_ideograph(c)).then_some(Strength::Shape)
}

/// Says whether letters behind a surname may be a given name.
fn given_fits(letters: &[char]) -> bool {
    let given = trimmed(letters);
    let ideographs = given.iter().filter(|c| is_ideograph(**c)).count();
    (1..=4).contains(&given.len())
        && !given.contains(&' ')
        && (ideographs <= 3)
        && !given.iter().any(|c| matches!(c, 'を' | 'の' | 'が'))
}

/// The name that ends just before a form of address (様 or 殿) at `end`.
pub(crate) fn addressed(cell: &[char], end: usize) -> Option<(usize, usize)> {
    let mut last = end;
    while last > 0 && cell[last - 1] == ' ' {
        last -= 1;
    }
    let mut start = last;
    let mut spaces = 0;
    while start > 0 && last - start < NAME_MAX {
        let c = cell[start - 1];
        if c == ' ' {
            spaces += 1;
            if spaces > 1 {
                break;
            }
        } else if !is_ideograph(c) && !is_kana(c) {
            break;
        }
        start -= 1;
    }
    // The longest stretch that reads as a known name.
    (start..last)
        .find(|&from| judge(&cell[from..last]) == Some(Strength::Known))
        .map(|from| (from, last))
}

fn without_honorific(name: &[char]) -> &[char] {
    let end = match name {
        [rest @ .., '様' | '殿'] => rest.len(),
        [rest @ .., 'さ', 'ん'] if rest.len() >= 2 => rest.len(),
        _ => name.len(),
    };
    trimmed(&name[..end])
}

pub(crate) fn trimmed(letters: &[char]) -> &[char] {
    let is_edge = |c: &char| {
        matches!(
            c,
            ' ' | ':' | ',' | '=' | '|' | '"' | '\'' | '→' | '・' | '-' | '■' | '□' | '●' | '○'
        )
    };
    let start = letters.iter().position(|c| !is_edge(c)).unwrap_or(letters.len());
    let end = letters.iter().rposition(|c| !is_edge(c)).map_or(start, |at| at + 1);
    letters.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Vec<char> {
        let mut cell = Vec::new();
        crate::letters::fold_into(text, &mut cell);
        cell
    }

    #[test]
    fn names_are_known_by_surname() {
        for text in ["山田太郎", "山田　花子", "髙橋 はるか", "佐々木健", "山田 太郎 様", "林 一郎"]
        {
            assert_eq!(judge(&letters(text)), Some(Strength::Known), "{text}");
        }
        assert_eq!(judge(&letters("蓮見 陽葵")), Some(Strength::Shape));
        for text in [
            "山田公民館",
            "山田町",
            "総務課",
            "みどり市長",
            "株式会社山田",
            "同上",
            "番号",
            "千葉県",
        ] {
            assert_ne!(judge(&letters(text)), Some(Strength::Known), "{text}");
        }
    }

    #[test]
    fn a_label_vouches_for_any_name_but_a_business() {
        for text in ["蓮見 陽葵", "グエン・ヴァン・アン", "Maria Santos", "山田太郎 印"]
        {
            assert!(labelled(&letters(text)).is_some(), "{text}");
        }
        for text in ["株式会社緑建設", "みどり市長", "本人", "氏名", "", "別紙のとおり。"]
        {
            assert!(labelled(&letters(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn addressees_are_people() {
        let cell = letters("東京都 山田 太郎 様");
        let end = cell.iter().position(|c| *c == '様').expect("there");
        let name: Option<String> = addressed(&cell, end).map(|(a, b)| cell[a..b].iter().collect());
        assert_eq!(name.as_deref(), Some("山田 太郎"));
        let cell = letters("みどり市長 様");
        assert_eq!(addressed(&cell, 6), None);
    }
}

//! Finds where somebody lives: a prefecture or a municipality, an area, and a
//! number of a block or house. Knows no list of municipalities: their names
//! end in one of four letters, and a number must follow.

use crate::letters::{digit, ideographic_digit, is_ideograph, is_kana};

/// Letters of an address, from its first to its last.
pub(crate) type Span = (usize, usize);

/// The prefectures (都道府県) that a municipality lies in.
const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

/// Letters of a municipality's name.
const MUNICIPALITY_MAX: usize = 8;
/// Letters from there to the number.
const AREA_MAX: usize = 24;

/// Finds the first address at or after `from`.
pub(crate) fn find(cell: &[char], from: usize) -> Option<Span> {
    for at in from..cell.len() {
        if !is_place_end(cell[at]) {
            continue;
        }
        if let Some(span) = address_around(cell, from, at) {
            return Some(span);
        }
    }
    None
}

/// Says whether a labelled value is an address: a label takes less to believe.
pub(crate) fn is_labelled(value: &[char]) -> bool {
    const LETTERS_MIN: usize = 4;
    let is_place =
        |c: &char| matches!(c, '市' | '区' | '町' | '村' | '都' | '道' | '府' | '県' | '郡' | '字');
    let has_number = value.iter().any(|&c| digit(c).is_some() || ideographic_digit(c).is_some());
    value.len() >= LETTERS_MIN
        && value.iter().any(|&c| is_ideograph(c))
        && (value.iter().any(is_place) || has_number)
        && !value.iter().any(|c| matches!(c, '。' | '「' | '※' | '@'))
}

fn address_around(cell: &[char], from: usize, at: usize) -> Option<Span> {
    let mut start = at;
    while start > from && at - start < MUNICIPALITY_MAX && is_name_letter(cell[start - 1]) {
        start -= 1;
    }
    if start == at {
        return None;
    }
    let number = number_behind(cell, at + 1)?;
    let prefecture = prefecture_before(cell, start, at);
    let is_bare_prefecture = matches!(cell[at], '都' | '道' | '府' | '県');
    if is_bare_prefecture && prefecture.is_none() {
        return None;
    }
    Some((prefecture.unwrap_or(start), number))
}

/// Where a prefecture's name starts that stands just before or around `at`.
fn prefecture_before(cell: &[char], start: usize, at: usize) -> Option<usize> {
    // The run before may have been cut in the middle of a long name.
    let first = start.saturating_sub(8);
    (first..=at).find(|&place| {
        PREFECTURES.iter().any(|name| {
            let mut letters = cell.iter().skip(place);
            name.chars().all(|wanted| letters.next() == Some(&wanted))
        })
    })
}

/// Last letters of municipalities and prefectures.
fn is_place_end(c: char) -> bool {
    matches!(c, '市' | '区' | '町' | '村' | '都' | '道' | '府' | '県')
}

fn is_name_letter(c: char) -> bool {
    is_ideograph(c) || is_kana(c)
}

/// Where the number of an address ends that follows within a few letters:
/// `1-2-3`, `1丁目2番3号`, `12番地`, `一丁目`.
fn number_behind(cell: &[char], from: usize) -> Option<usize> {
    let mut at = from;
    let mut has_space = false;
    while at < cell.len() && at - from <= AREA_MAX {
        let c = cell[at];
        has_space |= c == ' ';
        // A name before an address can end in such a letter, too.
        if has_space && is_place_end(c) {
            return None;
        }
        if c == '第' {
            return None;
        }
        if digit(c).is_some() || (ideographic_digit(c).is_some() || c == '十') {
            if let Some(end) = number_at(cell, at) {
                return Some(end);
            }
            // Names of areas hold ideographs that are digits, too.
            at += 1;
            continue;
        }
        if !is_name_letter(c) && c != ' ' {
            return None;
        }
        at += 1;
    }
    None
}

fn number_at(cell: &[char], start: usize) -> Option<usize> {
    let mut at = start;
    let mut parts = 0;
    let mut has_word = false;
    loop {
        let from = at;
        let is_number = |c: char| digit(c).is_some() || ideographic_digit(c).is_some() || c == '十';
        while cell.get(at).is_some_and(|&c| is_number(c)) && at - from < 6 {
            at += 1;
        }
        if at == from {
            break;
        }
        parts += 1;
        let (length, is_word) = joint_at(cell, at);
        has_word |= is_word;
        if length == 0 {
            break;
        }
        at += length;
    }
    let by_digits = cell.get(start).is_some_and(|&c| digit(c).is_some());
    // A unit that counts something else: years, people, yen.
    let is_amount = matches!(
        cell.get(at),
        Some('年' | '月' | '人' | '円' | '時' | '名' | '件' | '回' | '歳' | '%' | '階')
    );
    let is_address = has_word || (by_digits && parts >= 2);
    (is_address && !is_amount).then_some(at)
}

/// The length of what joins two parts of a house number, and whether it is a
/// word that only addresses use.
fn joint_at(cell: &[char], at: usize) -> (usize, bool) {
    let rest = cell.get(at..).unwrap_or_default();
    match rest {
        ['丁', '目', ..] => (2, true),
        ['番', '地', 'の', ..] => (3, true),
        ['番', '地', ..] => (2, true),
        ['番', '号', ..] => (0, false),
        ['番', next, ..] if digit(*next).is_some() || ideographic_digit(*next).is_some() => {
            (1, true)
        }
        ['番'] => (1, true),
        ['号', ..] => (1, true),
        ['-' | 'ー' | 'の' | 'ノ' | '‐', next, ..] if digit(*next).is_some() => (1, false),
        _ => (0, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        let mut cell = Vec::new();
        crate::letters::fold_into(text, &mut cell);
        find(&cell, 0).map(|(start, end)| cell[start..end].iter().collect())
    }

    #[test]
    fn addresses_are_found_in_their_forms() {
        for (text, expected) in [
            ("住所 東京都千代田区霞が関1-2-3 山田", "東京都千代田区霞が関1-2-3"),
            ("みどり市中央一丁目2番3号", "みどり市中央一丁目2番3号"),
            (
                "〒377-0001 群馬県吾妻郡中之条町大字青山１２番地の３",
                "群馬県吾妻郡中之条町大字青山12番地の3",
            ),
            ("木村美咲 みどり市南4-19-9", "みどり市南4-19-9"),
            ("北海道札幌市中央区北１条西２丁目", "北海道札幌市中央区北1条西2丁目"),
            (
                "京都府京都市中京区寺町通御池上る上本能寺前町488番地",
                "京都府京都市中京区寺町通御池上る上本能寺前町488番地",
            ),
        ] {
            assert_eq!(found(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn amounts_and_laws_are_no_addresses() {
        for text in [
            "市町村は3年以内に",
            "東京都は2026年に",
            "県内の市12件、区3件",
            "道路法第3条",
            "町内会費 1200円",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}

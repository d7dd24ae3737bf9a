//! Finds numbers of the length of a personal number or a card in folded
//! letters, however their digits are grouped. Judges no check digit.

use crate::letters::{digit, ideographic_digit};

/// How the digits of a number stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Shape {
    /// In one run.
    Plain,
    /// In the groups in which such numbers are printed.
    Grouped,
    /// One by one, as in boxes of a form.
    Single,
    /// As ideographs.
    Ideographs,
    /// In other groups, or between other numbers: only a label makes it one.
    Odd,
    /// Too short by up to three digits: a spreadsheet may have eaten zeros.
    Short,
}

/// Digits of the longest number.
pub(crate) const DIGITS_MAX: usize = 19;
/// Digits of a personal number.
pub(crate) const PERSONAL: usize = 12;

/// A number by its digits. Deliberately without `Debug`.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    pub(crate) shape: Shape,
    digits: [u8; DIGITS_MAX],
    length: usize,
    /// Where it stands in its cell.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether there is nothing else in its cell.
    pub(crate) is_whole: bool,
}

impl Number {
    /// Makes a number of digits that stand one by one.
    pub(crate) fn of_singles(digits: &[u8]) -> Option<Self> {
        let mut number = Self::empty(Shape::Single, 0, 0);
        digits.iter().all(|&digit| number.push(digit)).then_some(number)
    }

    fn empty(shape: Shape, start: usize, end: usize) -> Self {
        Self { shape, digits: [0; DIGITS_MAX], length: 0, start, end, is_whole: false }
    }

    fn push(&mut self, digit: u8) -> bool {
        match self.digits.get_mut(self.length) {
            Some(place) => {
                *place = digit;
                self.length += 1;
                true
            }
            None => false,
        }
    }

    /// Its digits.
    pub(crate) fn digits(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    /// Its digits with the zeros that a spreadsheet ate.
    pub(crate) fn padded(&self) -> Self {
        let mut padded = Self::empty(self.shape, self.start, self.end);
        padded.is_whole = self.is_whole;
        for _ in self.length..PERSONAL {
            padded.push(0);
        }
        for &digit in self.digits() {
            padded.push(digit);
        }
        padded
    }

    /// Its value, in memory only.
    pub(crate) fn value(&self) -> u64 {
        // At most 19 digits, which is below 2^64.
        self.digits()
            .iter()
            .fold(0_u64, |sum, &digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit)))
    }
}

/// Groups of digits joined by hyphens.
struct Unit {
    start: usize,
    end: usize,
    /// Lengths of the first groups; a longer chain is nobody's number.
    groups: [u8; GROUPS_MAX],
    count: usize,
    digits: usize,
    /// Whether only spaces, bars or a lonely hyphen stand before it, after
    /// another unit.
    is_joined: bool,
}

const GROUPS_MAX: usize = 6;
/// Spaces between two groups of one number.
const GAP_MAX: usize = 3;

impl Unit {
    fn groups(&self) -> &[u8] {
        self.groups.get(..self.count).unwrap_or_default()
    }

    fn is_one_of(&self, length: u8) -> bool {
        self.groups() == [length]
    }
}

/// Finds all numbers of a cell, in order; `visit` is called for each.
pub(crate) fn find(cell: &[char], visit: &mut dyn FnMut(Number)) {
    let units = units(cell);
    let mut at = 0;
    while at < units.len() {
        let singles = run(&units, at, 1);
        let fours = run(&units, at, 4);
        let taken = if singles >= PERSONAL {
            // One digit after another: only a run of exactly this length.
            emit(cell, &units[at..at + singles], Shape::Single, visit);
            singles
        } else if (3..=5).contains(&fours) && !is_years(cell, &units[at..at + fours]) {
            let is_crowded = is_joined_at(&units, at) || is_joined_at(&units, at + fours);
            let with_tail = fours == 4
                && units.get(at + 4).is_some_and(|unit| unit.is_joined && unit.is_one_of(3));
            let taken = if with_tail { 5 } else { fours };
            let shape = if is_crowded && !with_tail { Shape::Odd } else { Shape::Grouped };
            emit(cell, &units[at..at + taken], shape, visit);
            taken
        } else if is_465(&units, at) {
            emit(cell, &units[at..at + 3], Shape::Grouped, visit);
            3
        } else {
            one(cell, &units[at], visit);
            1
        };
        at += taken.max(1);
    }
    ideographs(cell, visit);
}

/// How many units of one group of `length` digits stand in a row.
fn run(units: &[Unit], at: usize, length: u8) -> usize {
    let mut count = 0;
    while let Some(unit) = units.get(at + count) {
        if !unit.is_one_of(length) || (count > 0 && !unit.is_joined) {
            break;
        }
        count += 1;
    }
    count
}

fn is_joined_at(units: &[Unit], at: usize) -> bool {
    units.get(at).is_some_and(|unit| unit.is_joined)
}

/// The groups of American Express and Diners Club, between spaces.
fn is_465(units: &[Unit], at: usize) -> bool {
    let Some([a, b, c]) = units.get(at..at + 3) else { return false };
    a.is_one_of(4)
        && b.is_one_of(6)
        && (c.is_one_of(5) || c.is_one_of(4))
        && b.is_joined
        && c.is_joined
        && !a.is_joined
        && !is_joined_at(units, at + 3)
}

/// Columns of years look like groups of four.
fn is_years(cell: &[char], units: &[Unit]) -> bool {
    units
        .iter()
        .all(|unit| matches!(cell.get(unit.start..unit.start + 2), Some(['1', '9'] | ['2', '0'])))
}

fn emit(cell: &[char], units: &[Unit], shape: Shape, visit: &mut dyn FnMut(Number)) {
    let (Some(first), Some(last)) = (units.first(), units.last()) else { return };
    collect(cell, first.start, last.end, shape, visit);
}

fn collect(cell: &[char], start: usize, end: usize, shape: Shape, visit: &mut dyn FnMut(Number)) {
    if is_part_of_more(cell, start, end) {
        return;
    }
    let mut number = Number::empty(shape, start, end);
    for &c in cell.get(start..end).unwrap_or_default() {
        if let Some(digit) = digit(c)
            && !number.push(digit)
        {
            return;
        }
    }
    number.is_whole = is_whole(cell, start, end);
    visit(number);
}

/// A unit on its own.
fn one(cell: &[char], unit: &Unit, visit: &mut dyn FnMut(Number)) {
    let shape = match (unit.digits, unit.groups()) {
        (PERSONAL | 13..=DIGITS_MAX, [_]) => Shape::Plain,
        (9..=11, [_]) if is_whole(cell, unit.start, unit.end) => Shape::Short,
        (_, [4, 4, 4] | [4, 4, 4, 4] | [4, 4, 4, 4, 3] | [4, 6, 5] | [4, 6, 4]) => Shape::Grouped,
        (PERSONAL, _) => Shape::Odd,
        _ => return,
    };
    collect(cell, unit.start, unit.end, shape, visit);
}

fn units(cell: &[char]) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut at = 0;
    while at < cell.len() {
        if digit(cell[at]).is_none() {
            at += 1;
            continue;
        }
        let before = units.last().map(|unit: &Unit| unit.end);
        let is_joined = before.is_some_and(|end| is_gap(cell.get(end..at).unwrap_or_default()));
        let unit = read_unit(cell, at, is_joined);
        at = unit.end;
        units.push(unit);
    }
    units
}

fn read_unit(cell: &[char], start: usize, is_joined: bool) -> Unit {
    let mut unit =
        Unit { start, end: start, groups: [0; GROUPS_MAX], count: 0, digits: 0, is_joined };
    let mut at = start;
    loop {
        let from = at;
        while cell.get(at).is_some_and(|&c| digit(c).is_some()) {
            at += 1;
        }
        unit.digits += at - from;
        if let Some(group) = unit.groups.get_mut(unit.count) {
            *group = u8::try_from(at - from).unwrap_or(u8::MAX);
        }
        // A chain with too many groups matches no pattern.
        unit.count = (unit.count + 1).min(GROUPS_MAX);
        unit.end = at;
        let is_hyphen = cell.get(at).is_some_and(|&c| is_hyphen(c));
        if !is_hyphen || cell.get(at + 1).is_none_or(|&c| digit(c).is_none()) {
            return unit;
        }
        at += 1;
    }
}

/// A hyphen; between digits the long vowel mark is typed for one.
fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | 'ー' | 'ｰ')
}

fn is_gap(between: &[char]) -> bool {
    let marks = between.iter().filter(|c| **c != ' ');
    !between.is_empty()
        && between.len() <= GAP_MAX + 2
        && marks.clone().count() <= 1
        && marks.clone().all(|&c| c == '|' || is_hyphen(c))
}

/// Says whether digits belong to something longer: an amount, a code with
/// letters, a decimal, an address on the web.
fn is_part_of_more(cell: &[char], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| cell.get(at)).copied();
    let before_that = start.checked_sub(2).and_then(|at| cell.get(at)).copied();
    let after = cell.get(end).copied();
    let after_that = cell.get(end + 1).copied();
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let is_bad_before = match before {
        Some('_' | '/' | '+' | '¥' | '$' | '€' | '#' | '%' | '&' | '@' | '\\') => true,
        // Separators of thousands leave three digits, never twelve.
        Some('.' | ':') => is_digit(before_that),
        Some('=') => is_in_address(cell, start),
        Some('-' | '?') => true,
        other => is_word(other),
    };
    let is_bad_after = match after {
        Some('_' | '/' | '%' | '@' | '\\' | '円' | '枚' | '個' | '件' | '人' | '年') => true,
        Some('.' | ':') => is_digit(after_that) && !is_zero_fraction(cell, end),
        Some('-') => is_word(after_that),
        other => is_word(other),
    };
    is_bad_before || is_bad_after
}

/// Says whether the word before a `=` is a field of an address on the web.
fn is_in_address(cell: &[char], start: usize) -> bool {
    const WORD_MAX: usize = 40;
    let word = cell.get(start.saturating_sub(WORD_MAX)..start).unwrap_or_default();
    word.iter()
        .rev()
        .skip(1)
        .find(|c| !c.is_ascii_alphanumeric() && **c != '_')
        .is_some_and(|c| matches!(c, '?' | '&' | '/' | ';'))
}

/// Programs that read numbers write `.0` behind them.
fn is_zero_fraction(cell: &[char], end: usize) -> bool {
    cell.get(end..).is_some_and(|rest| matches!(rest, ['.', '0'] | ['.', '0', ' ', ..]))
}

fn is_whole(cell: &[char], start: usize, end: usize) -> bool {
    let is_blank = |c: &char| matches!(c, ' ' | '\'' | '"' | '[' | ']' | '(' | ')');
    let rest = cell.get(end..).unwrap_or_default();
    cell.get(..start).unwrap_or_default().iter().all(is_blank)
        && (rest.iter().all(is_blank) || is_zero_fraction(cell, end))
}

fn ideographs(cell: &[char], visit: &mut dyn FnMut(Number)) {
    let mut at = 0;
    while at < cell.len() {
        let start = at;
        while cell.get(at).is_some_and(|&c| ideographic_digit(c).is_some()) {
            at += 1;
        }
        if at - start == PERSONAL {
            let mut number = Number::empty(Shape::Ideographs, start, at);
            for value in cell[start..at].iter().filter_map(|&c| ideographic_digit(c)) {
                number.push(value);
            }
            number.is_whole = is_whole(cell, start, at);
            visit(number);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Shape, String)> {
        let mut cell = Vec::new();
        crate::letters::fold_into(text, &mut cell);
        let mut found = Vec::new();
        find(&cell, &mut |number| {
            let digits = number.digits().iter().map(ToString::to_string).collect();
            found.push((number.shape, digits));
        });
        found
    }

    #[test]
    fn digits_are_found_in_every_grouping() {
        let plain = "123456789018".to_owned();
        for (text, shape) in [
            ("個人番号は123456789018です", Shape::Plain),
            ("１２３４５６７８９０１８", Shape::Plain),
            ("1234-5678-9018", Shape::Grouped),
            ("1234ー5678ー9018", Shape::Grouped),
            ("（1234　5678　9018）", Shape::Grouped),
            ("1 2 3 4 5 6 7 8 9 0 1 8", Shape::Single),
            ("1|2|3|4|5|6|7|8|9|0|1|8", Shape::Single),
            ("一二三四五六七八九〇一八", Shape::Ideographs),
            ("123456-789018", Shape::Odd),
            ("3 1234 5678 9018", Shape::Odd),
            ("123456789018.0", Shape::Plain),
            ("My Number=123456789018", Shape::Plain),
            ("12345\u{200B}6789018", Shape::Plain),
        ] {
            assert_eq!(found(text), [(shape, plain.clone())], "{text}");
        }
    }

    #[test]
    fn parts_of_more_are_no_numbers() {
        for text in [
            "0.123456789018",
            "T123456789018",
            "123456789018円",
            "https://a.example/123456789018",
            "https://a.example/?id=123456789018",
            "a_123456789018",
            "1,234,567,890,180",
            "2019 2020 2021",
            "1 2 3 4 5 6 7 8 9 0 1 8 2 2 2 2 2 2 2 2",
            "03-1234-5678",
            "12:123456789018",
            "20261122-123456789018-1",
        ] {
            let found = found(text);
            assert!(found.is_empty(), "{text}: {:?}", found.first().map(|first| first.0));
        }
    }

    #[test]
    fn cards_have_their_own_groups() {
        for text in ["4111 1111 1111 1111", "3782 822463 10005", "4111-1111-1111-1111"] {
            assert_eq!(found(text).first().map(|first| first.0), Some(Shape::Grouped), "{text}");
        }
    }
}

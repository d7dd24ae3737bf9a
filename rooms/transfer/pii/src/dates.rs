//! Finds dates in Japanese forms, by era and by the common calendar, in
//! digits and in ideographs.

use crate::letters::{digit, ideographic_digit};

/// A date and how it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    /// Year of the common calendar.
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
    /// By an era that has ended: most such dates of people are births.
    pub(crate) is_old_era: bool,
    /// Followed by a word for "born".
    pub(crate) is_born: bool,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Date {
    /// The date as one number, for comparison in memory.
    pub(crate) fn value(&self) -> u32 {
        u32::from(self.year) * 10_000 + u32::from(self.month) * 100 + u32::from(self.day)
    }
}

/// Eras with the year before their first (元号法; 明治 from 1868).
const ERAS: [(&str, char, u16, bool); 5] = [
    ("明治", 'M', 1867, true),
    ("大正", 'T', 1911, true),
    ("昭和", 'S', 1925, true),
    ("平成", 'H', 1988, false),
    ("令和", 'R', 2018, false),
];

/// Finds the dates of a cell, in order.
pub(crate) fn find(cell: &[char], found: &mut Vec<Date>) {
    found.clear();
    let mut at = 0;
    while at < cell.len() {
        match date_at(cell, at) {
            Some(date) => {
                at = date.end;
                found.push(date);
            }
            None => at += 1,
        }
    }
}

/// Reads a labelled birth date that is nothing but digits: `19500102`,
/// `3500102` (era codes 1 to 5), `S500102`.
pub(crate) fn packed(cell: &[char]) -> Option<u32> {
    let letters: Vec<char> = cell.iter().copied().filter(|c| *c != ' ').collect();
    let (head, rest) = match letters.split_first()? {
        (c, rest) if c.is_ascii_alphabetic() => (Some(c.to_ascii_uppercase()), rest),
        _ => (None, letters.as_slice()),
    };
    let digits: Vec<u16> = rest.iter().map(|&c| digit(c).map(u16::from)).collect::<Option<_>>()?;
    let number = |part: &[u16]| part.iter().fold(0, |sum, digit| sum * 10 + digit);
    let (year, month, day) = match (head, digits.as_slice()) {
        (None, [y @ .., m1, m2, d1, d2]) if y.len() == 4 => (number(y), m1 * 10 + m2, d1 * 10 + d2),
        (None, [era, y1, y2, m1, m2, d1, d2]) => {
            let (.., before, _) = ERAS.get(usize::from(*era).checked_sub(1)?)?;
            (before + y1 * 10 + y2, m1 * 10 + m2, d1 * 10 + d2)
        }
        (Some(letter), [y1, y2, m1, m2, d1, d2]) => {
            let (.., before, _) = ERAS.iter().find(|era| era.1 == letter)?;
            (before + y1 * 10 + y2, m1 * 10 + m2, d1 * 10 + d2)
        }
        _ => return None,
    };
    is_day(year, month, day).then(|| u32::from(year) * 10_000 + u32::from(month * 100 + day))
}

fn date_at(cell: &[char], start: usize) -> Option<Date> {
    let c = *cell.get(start)?;
    if !may_start(c) {
        return None;
    }
    let follows_digit = start > 0 && cell.get(start - 1).is_some_and(|&c| digit(c).is_some());
    let mut at = start;
    let mut is_old_era = false;
    let year = if let Some((era, length)) = era_at(cell, at) {
        at = skip_spaces(cell, at + length);
        is_old_era = era.3;
        let (year, end) = year_of_era(cell, at)?;
        at = end;
        era.2.checked_add(year)?
    } else {
        if follows_digit || (digit(c).is_none() && ideographic_digit(c).is_none()) {
            return None;
        }
        let (year, end) = four_digits(cell, at)?;
        at = end;
        year
    };
    at = skip_spaces(cell, at);
    at += usize::from(separator(cell, at, '年')?);
    let (month, end) = small_number(cell, skip_spaces(cell, at))?;
    at = skip_spaces(cell, end);
    at += usize::from(separator(cell, at, '月')?);
    let (day, end) = small_number(cell, skip_spaces(cell, at))?;
    at = end;
    if cell.get(at).is_some_and(|&c| digit(c).is_some()) || !is_day(year, month, day) {
        return None;
    }
    if cell.get(skip_spaces(cell, at)) == Some(&'日') {
        at = skip_spaces(cell, at) + 1;
    }
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    let is_born = is_born_behind(cell, at);
    Some(Date { year, month, day, is_old_era, is_born, start, end: at })
}

/// Says whether a date can start with a letter.
fn may_start(c: char) -> bool {
    match c {
        '0'..='9' | '明' | '大' | '昭' | '平' | '令' => true,
        'M' | 'T' | 'S' | 'H' | 'R' | 'm' | 't' | 's' | 'h' | 'r' => true,
        c => c > '\u{7F}' && ideographic_digit(c).is_some(),
    }
}

type Era = (&'static str, char, u16, bool);

/// The era that is named at a place, and the length of its name.
fn era_at(cell: &[char], at: usize) -> Option<(&'static Era, usize)> {
    let c = cell.get(at)?.to_ascii_uppercase();
    if digit(c).is_some() {
        return None;
    }
    let next = cell.get(at + 1);
    ERAS.iter().find_map(|era| {
        let mut name = era.0.chars();
        let (first, second) = (name.next()?, name.next()?);
        let is_letter = c == era.1
            && next.is_some_and(|&c| digit(c).is_some() || c == '.' || c == '元')
            && (at == 0 || !cell[at - 1].is_ascii_alphanumeric());
        if c == first && next == Some(&second) {
            Some((era, 2))
        } else if c == first && next.is_some_and(|&c| digit(c).is_some()) {
            Some((era, 1))
        } else if is_letter {
            Some((era, 1 + usize::from(next == Some(&'.'))))
        } else {
            None
        }
    })
}

fn year_of_era(cell: &[char], at: usize) -> Option<(u16, usize)> {
    if cell.get(at) == Some(&'元') {
        return Some((1, at + 1));
    }
    let (year, end) = small_number(cell, at)?;
    (1..=64).contains(&year).then_some((year, end))
}

fn four_digits(cell: &[char], at: usize) -> Option<(u16, usize)> {
    let part = cell.get(at..at + 4)?;
    let by = |value: fn(char) -> Option<u8>| {
        part.iter().try_fold(0_u16, |sum, &c| Some(sum * 10 + u16::from(value(c)?)))
    };
    let year = by(digit).or_else(|| by(ideographic_digit))?;
    (1868..=2099).contains(&year).then_some((year, at + 4))
}

/// One or two digits, or ideographs up to 九十九.
fn small_number(cell: &[char], at: usize) -> Option<(u16, usize)> {
    let mut value = 0;
    let mut end = at;
    while end < at + 2
        && let Some(next) = cell.get(end).and_then(|&c| digit(c))
    {
        value = value * 10 + u16::from(next);
        end += 1;
    }
    if end > at {
        return Some((value, end));
    }
    let ideograph = |at: usize| cell.get(at).and_then(|&c| ideographic_digit(c)).map(u16::from);
    let first = ideograph(at);
    let mut end = at + usize::from(first.is_some());
    if cell.get(end) == Some(&'十') {
        end += 1;
        let units = ideograph(end);
        return Some((
            first.unwrap_or(1) * 10 + units.unwrap_or(0),
            end + usize::from(units.is_some()),
        ));
    }
    let first = first?;
    match ideograph(end) {
        Some(second) => Some((first * 10 + second, end + 1)),
        None => Some((first, end)),
    }
}

/// Whether a separator stands there: the word itself or a mark.
fn separator(cell: &[char], at: usize, word: char) -> Option<bool> {
    let c = *cell.get(at)?;
    (c == word || matches!(c, '.' | '/' | '-' | '・')).then_some(true)
}

fn skip_spaces(cell: &[char], at: usize) -> usize {
    const SPACES_MAX: usize = 3;
    let spaces = cell.iter().skip(at).take(SPACES_MAX).take_while(|c| **c == ' ').count();
    at + spaces
}

fn is_born_behind(cell: &[char], at: usize) -> bool {
    let at = skip_spaces(cell, at);
    let at = if cell.get(at) == Some(&'(') {
        // The other calendar in brackets.
        let close = cell.iter().skip(at).take(16).position(|c| *c == ')');
        close.map_or(at, |close| at + close + 1)
    } else {
        at
    };
    cell.get(skip_spaces(cell, at)) == Some(&'生')
}

fn is_day(year: u16, month: u16, day: u16) -> bool {
    (1868..=2099).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
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
    fn one_day_in_every_form() {
        for text in [
            "昭和50年1月2日",
            "昭和５０年１月２日生",
            "昭和五十年一月二日",
            "昭和 50年 1月 2日",
            "S50.1.2",
            "Ｓ５０．０１．０２",
            "昭50.1.2",
            "1975年1月2日",
            "1975/01/02",
            "1975-01-02",
            "一九七五年一月二日",
        ] {
            let mut found = Vec::new();
            find(&letters(text), &mut found);
            assert_eq!(found.first().map(Date::value), Some(19_750_102), "{text}");
        }
        for text in ["19750102", "3500102", "S500102"] {
            assert_eq!(packed(&letters(text)), Some(19_750_102), "{text}");
        }
        let mut found = Vec::new();
        find(&letters("平成元年五月十日（1989年）生まれ"), &mut found);
        assert_eq!(
            found.first().map(|date| (date.value(), date.is_born)),
            Some((19_890_510, true))
        );
    }

    #[test]
    fn codes_are_no_dates() {
        for text in ["1.2.3", "2026/13/40", "123456-1-2", "AS50.1", "昭和町1-2"] {
            let mut found = Vec::new();
            find(&letters(text), &mut found);
            assert!(found.is_empty(), "{text}: {found:?}");
        }
    }
}

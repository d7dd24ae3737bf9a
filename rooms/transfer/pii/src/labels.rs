//! The words that say what a value is: headings of columns, fields of forms,
//! words before a number.

mod words;

use std::collections::HashMap;
use std::sync::LazyLock;

use words::WORDS;

/// What a label says about the value beside or below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    /// A personal number.
    PersonalNumber,
    /// A person's name.
    Name,
    /// How a name is read.
    Kana,
    /// Where a person lives.
    Address,
    /// When a person was born.
    Birth,
    /// A credit card.
    Card,
    /// A business, an office, or somebody who acts for one.
    Business,
    /// Another number: an account, an invoice, a telephone.
    OtherNumber,
    /// Anything else.
    Other,
}

/// A label and where it stands in its cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) label: Label,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Labels by their first letter, longest first.
static BY_FIRST: LazyLock<HashMap<char, Vec<(Label, Vec<char>)>>> = LazyLock::new(|| {
    let mut by_first = HashMap::<char, Vec<(Label, Vec<char>)>>::new();
    for (label, words) in WORDS {
        for word in *words {
            let word: Vec<char> = word.chars().map(|c| c.to_ascii_uppercase()).collect();
            by_first.entry(word[0]).or_default().push((*label, word));
        }
    }
    by_first
        .values_mut()
        .for_each(|list| list.sort_by_key(|(_, word)| std::cmp::Reverse(word.len())));
    by_first
});

/// First letters of labels, for a quick no.
static FIRST: LazyLock<Letters> = LazyLock::new(|| {
    let mut letters = Letters(Box::new([0; 1024]));
    for &first in BY_FIRST.keys() {
        letters.add(first);
        letters.add(first.to_ascii_lowercase());
    }
    letters
});

/// A set of letters; letters beyond the first plane are never in it.
struct Letters(Box<[u64; 1024]>);

impl Letters {
    fn add(&mut self, letter: char) {
        let code = u32::from(letter) as usize;
        if let Some(word) = self.0.get_mut(code / 64) {
            *word |= 1 << (code % 64);
        }
    }

    fn has(&self, letter: char) -> bool {
        let code = u32::from(letter) as usize;
        self.0.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == 1)
    }
}

/// Letters that may stand between the letters of a label: it is spread over
/// the width of its cell.
const SPREAD_MAX: usize = 8;

/// Finds all labels of a cell, in order, the longest at each place.
pub(crate) fn find(cell: &[char], found: &mut Vec<Found>) {
    found.clear();
    let mut at = 0;
    while let Some(&c) = cell.get(at) {
        match label_at(cell, at, c) {
            Some((label, end)) => {
                found.push(Found { label, start: at, end });
                at = end;
            }
            None => at += 1,
        }
    }
}

fn label_at(cell: &[char], at: usize, first: char) -> Option<(Label, usize)> {
    let is_inside = at > 0 && first.is_ascii_alphabetic() && cell[at - 1].is_ascii_alphabetic();
    if is_inside || !FIRST.has(first) {
        return None;
    }
    let list = BY_FIRST.get(&first.to_ascii_uppercase())?;
    list.iter().find_map(|(label, word)| Some((*label, ends_at(cell, at, word)?)))
}

/// Where a word that starts at `at` ends, spaces between its letters skipped.
fn ends_at(cell: &[char], at: usize, word: &[char]) -> Option<usize> {
    let mut at = at;
    for (index, wanted) in word.iter().enumerate() {
        let mut spread = 0;
        while index > 0 && cell.get(at) == Some(&' ') && spread < SPREAD_MAX {
            at += 1;
            spread += 1;
        }
        if cell.get(at)?.to_ascii_uppercase() != *wanted {
            return None;
        }
        at += 1;
    }
    let is_ascii = word.last().is_some_and(char::is_ascii_alphabetic);
    let goes_on = is_ascii && cell.get(at).is_some_and(char::is_ascii_alphabetic);
    (!goes_on).then_some(at)
}

/// Letters of the longest cell that is a label and no more.
const LABEL_CELL_MAX: usize = 28;
/// Letters before a label in its cell: whose name, a number of the form.
const BEFORE_MAX: usize = 10;
/// Letters behind it: notes in brackets.
const AFTER_MAX: usize = 14;

/// Says what a cell is a label of, when it is a label and holds no value.
pub(crate) fn of_cell(cell: &[char], found: &[Found]) -> Option<Label> {
    let (first, last) = (found.first()?, found.last()?);
    let is_short = cell.len() <= LABEL_CELL_MAX + 2 * SPREAD_MAX;
    let before = cell.get(..first.start)?;
    let after = cell.get(last.end..)?;
    if !is_short || before.len() > BEFORE_MAX || !is_note(after) || !is_lead(before) {
        return None;
    }
    let between_is_small = found.windows(2).all(|pair| match pair {
        [a, b] => b.start.saturating_sub(a.end) <= 4,
        _ => true,
    });
    if !between_is_small {
        return None;
    }
    // "Name (reading)" is a reading; other pairs are what stands first.
    let is = |label| found.iter().any(|found| found.label == label);
    let strongest = [Label::Business, Label::PersonalNumber, Label::Kana];
    Some(strongest.into_iter().find(|&label| is(label)).unwrap_or(first.label))
}

/// Says whether a line is headings over lines below it: several labels, and
/// little else but other headings.
pub(crate) fn is_heading_line(line: &[char], found: &[Found]) -> bool {
    const LINE_MAX: usize = 100;
    let is_field = |label| !matches!(label, Label::Kana | Label::Business | Label::Other);
    let fields = found.iter().filter(|found| is_field(found.label)).count();
    let in_labels: usize = found.iter().map(|found| found.end - found.start).sum();
    let is_sentence = line.iter().any(|c| matches!(c, '。' | '、' | ':' | '「'));
    let digits = line.iter().filter(|c| c.is_ascii_digit()).count();
    // "Head's name" is two labels and one heading.
    let parted = found.windows(2).filter(|pair| pair[0].end < pair[1].start).count();
    let mut dates = Vec::new();
    crate::dates::find(line, &mut dates);
    fields >= 1
        && dates.is_empty()
        && found.len() >= 2
        && line.len() <= LINE_MAX
        && !is_sentence
        && digits <= 3
        && in_labels * 3 >= line.len()
        && parted >= 1
}

/// What may stand before a label: an item number, or whose it is.
fn is_lead(before: &[char]) -> bool {
    !before.iter().any(|c| matches!(c, '。' | '、'))
        && before.iter().filter(|c| c.is_ascii_digit()).count() <= 2
}

/// What may stand behind a label: a colon, a note in brackets, a mark.
fn is_note(after: &[char]) -> bool {
    const NOTE_DIGITS_MAX: usize = 4;
    if after.len() > AFTER_MAX
        || after.iter().filter(|c| c.is_ascii_digit()).count() > NOTE_DIGITS_MAX
    {
        return false;
    }
    let mut depth = 0_u32;
    after.iter().all(|c| {
        match c {
            '(' | '[' | '【' | '〔' | '<' => depth += 1,
            ')' | ']' | '】' | '〕' | '>' => {
                depth = depth.saturating_sub(1);
                return true;
            }
            _ => {}
        }
        depth > 0
            || matches!(c, '"' | ':' | ' ' | '*' | '※' | '欄' | '等' | '・' | '/' | '|' | '-' | '.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Label> {
        let mut cell = Vec::new();
        crate::letters::fold_into(text, &mut cell);
        let mut found = Vec::new();
        find(&cell, &mut found);
        of_cell(&cell, &found)
    }

    #[test]
    fn cells_that_only_name_their_value_are_labels() {
        for (text, label) in [
            ("個人番号（マイナンバー）", Label::PersonalNumber),
            ("氏　　名", Label::Name),
            ("⽒名", Label::Name),
            ("被扶養者の個人番号 (12桁)", Label::PersonalNumber),
            ("My Number", Label::PersonalNumber),
            ("氏名（フリガナ）", Label::Kana),
            ("代表者氏名", Label::Business),
            ("法人番号", Label::OtherNumber),
            ("② 生年月日：", Label::Birth),
        ] {
            assert_eq!(of(text), Some(label), "{text}");
        }
        for text in
            ["氏名 山田太郎", "個人番号カードの交付について、次のとおりお知らせします", "山田太郎"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }
}

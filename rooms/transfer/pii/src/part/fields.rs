//! Reads the fields of a person out of a cell: by the label before a value,
//! or by what the value itself is.

use crate::addresses;
use crate::dates::{self, Date};
use crate::labels::{Found, Label};
use crate::letters::{is_kana, key};
use crate::names::{self, Strength};
use crate::people::{Field, What, mix};

use super::loose::Loose;

/// Keys of the three kinds of values, set apart.
const NAME: u64 = 1;
const ADDRESS: u64 = 2;
const BIRTH: u64 = 3;

/// Reads a cell. `outer` is the label over or beside it.
pub(super) fn read(letters: &[char], labels: &[Found], outer: Option<Label>, out: &mut Vec<Field>) {
    let first = labels.first().map_or(letters.len(), |found| found.start);
    segment(letters.get(..first).unwrap_or_default(), outer, false, out);
    for (at, found) in labels.iter().enumerate() {
        let end = labels.get(at + 1).map_or(letters.len(), |next| next.start);
        let value = letters.get(found.end..end).unwrap_or_default();
        segment(value, Some(found.label), true, out);
    }
}

/// Reads the value of one label.
fn segment(value: &[char], label: Option<Label>, is_inline: bool, out: &mut Vec<Field>) {
    if value.is_empty() {
        return;
    }
    let labelled = |what, key| Field { what, key, is_labelled: true };
    match label {
        Some(Label::Name) => {
            if let Some(name) = named_value(value, is_inline) {
                out.push(labelled(What::Name, key(NAME, name)));
            }
            // A form may go on without a label.
            bare(value, out);
        }
        Some(Label::Address) => {
            let value = names::trimmed(value);
            if let Some((start, end)) = addresses::find(value, 0) {
                out.push(labelled(What::Address, key(ADDRESS, &value[start..end])));
            } else if addresses::is_labelled(value) && !(is_inline && value.len() > ADDRESS_MAX) {
                out.push(labelled(What::Address, key(ADDRESS, value)));
            }
        }
        Some(Label::Birth) => {
            let value = names::trimmed(value);
            let mut found = Vec::new();
            dates::find(value, &mut found);
            let date = found.first().map(Date::value).or_else(|| dates::packed(value));
            if let Some(date) = date {
                out.push(labelled(What::Birth, mix(u64::from(date) ^ BIRTH)));
            }
        }
        Some(Label::Business) => {
            if !names::trimmed(value).is_empty() {
                out.push(labelled(What::Business, 1));
            }
        }
        None | Some(Label::PersonalNumber | Label::Other) => bare(value, out),
        Some(Label::Kana | Label::Card | Label::OtherNumber) => {}
    }
}

/// Letters of an address behind a label in a sentence.
const ADDRESS_MAX: usize = 60;

fn named_value(value: &[char], is_inline: bool) -> Option<&[char]> {
    let mut value = value;
    if is_inline {
        let is_parted =
            matches!(value.first(), Some(':' | ' ' | ',' | ')' | '=' | '|' | '】' | ']'));
        // Notes in brackets between a label and its value.
        if value.first() == Some(&'(') {
            let close = value.iter().position(|c| *c == ')')?;
            value = value.get(close + 1..)?;
        } else if value.first() == Some(&'は') {
            value = &value[1..];
        } else if !is_parted
            && value
                .first()
                .is_some_and(|&c| is_kana(c) || matches!(c, '、' | '。' | '等' | '欄' | '及'))
        {
            return None;
        }
    }
    names::labelled(value)
}

/// Finds fields that need no label: addresses, dates with a word for "born",
/// addressees, and known names beside them.
fn bare(value: &[char], out: &mut Vec<Field>) {
    let field = |what, key| Field { what, key, is_labelled: false };
    let before = out.len();
    let address = addresses::find(value, 0);
    if let Some((start, end)) = address {
        out.push(field(What::Address, key(ADDRESS, &value[start..end])));
    }
    let mut found = Vec::new();
    dates::find(value, &mut found);
    let speaks = |date: &&Date| date.is_born || (address.is_some() && date.year <= BIRTH_YEAR_MAX);
    let born = found.iter().find(speaks);
    if let Some(date) = born {
        out.push(field(What::Birth, mix(u64::from(date.value()) ^ BIRTH)));
    }
    for (at, _) in value.iter().enumerate().filter(|(_, c)| matches!(c, '様' | '殿')) {
        if let Some((start, end)) = names::addressed(value, at) {
            out.push(field(What::Addressee, key(NAME, &value[start..end])));
        }
    }
    if address.is_some() || born.is_some() {
        let name = known_name(value, address, Strength::Known);
        let is_row = address.is_some() && born.is_some() && value.len() <= BUSINESS_LINE_MAX;
        let name = name.or_else(|| known_name(value, address, Strength::Shape).filter(|_| is_row));
        out.extend(name.map(|key| field(What::Name, key)));
    }
    // An office's own address and its people are on every letter.
    if out.len() > before && value.len() <= BUSINESS_LINE_MAX && names::is_business(value) {
        out.truncate(before);
    }
}

/// A date beside an address is a birth rather than an event when it lies
/// before these years.
const BIRTH_YEAR_MAX: u16 = 2018;

/// Letters of a line that is about one business or office.
const BUSINESS_LINE_MAX: usize = 80;

/// The first name among the words of a line, outside its address.
pub(super) fn known_name(
    value: &[char],
    address: Option<(usize, usize)>,
    least: Strength,
) -> Option<u64> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    let mut start = 0;
    for at in 0..=value.len() {
        let is_edge = value.get(at).is_none_or(|c| {
            c.is_ascii_digit()
                || matches!(
                    c,
                    ' ' | '、' | '。' | ',' | '(' | ')' | ':' | '/' | '|' | '-' | '.' | '・'
                )
        });
        if is_edge {
            if at > start {
                words.push((start, at));
            }
            start = at + 1;
        }
    }
    let is_free = |from: usize, to: usize| address.is_none_or(|(a, b)| to <= a || from >= b);
    let fits = |from: usize, to: usize| {
        let strength = is_free(from, to).then(|| names::judge(&value[from..to])).flatten();
        strength == Some(Strength::Known) || (strength.is_some() && least == Strength::Shape)
    };
    for (at, &(from, to)) in words.iter().enumerate() {
        let next = words.get(at + 1).filter(|(start, _)| *start == to + 1);
        if let Some(&(_, end)) = next
            && value.get(to) == Some(&' ')
            && fits(from, end)
        {
            return Some(key(NAME, &value[from..end]));
        }
        if fits(from, to) {
            return Some(key(NAME, &value[from..to]));
        }
    }
    None
}

/// What a cell may be in a table without headings.
pub(super) fn loose(letters: &[char]) -> Option<Loose> {
    /// Letters that may stand beside an address in its cell.
    const BESIDE_MAX: usize = 24;
    if let Some((start, end)) = addresses::find(letters, 0) {
        let beside = letters.len() - (end - start);
        return (beside <= BESIDE_MAX).then(|| Loose::Address(key(ADDRESS, &letters[start..end])));
    }
    let mut found = Vec::new();
    dates::find(letters, &mut found);
    if let [date] = found.as_slice() {
        let beside = letters.len() - (date.end - date.start);
        let speaks = date.is_born || date.is_old_era;
        let key = mix(u64::from(date.value()) ^ BIRTH);
        return (beside <= 4).then_some(Loose::Date(key, date.year, speaks));
    }
    let strength = names::judge(letters)?;
    Some(Loose::Name(strength, key(NAME, names::trimmed(letters))))
}

/// Reads a line under headings that stood in one line themselves.
pub(super) fn under_headings(
    letters: &[char],
    has_name: bool,
    has_birth: bool,
    out: &mut Vec<Field>,
) {
    let field = |what, key| Field { what, key, is_labelled: true };
    let address = addresses::find(letters, 0);
    if let Some((start, end)) = address {
        out.push(field(What::Address, key(ADDRESS, &letters[start..end])));
    }
    let mut found = Vec::new();
    dates::find(letters, &mut found);
    if let Some(date) = found.first().filter(|_| has_birth) {
        out.push(field(What::Birth, mix(u64::from(date.value()) ^ BIRTH)));
    }
    if has_name {
        let name = known_name(letters, address, Strength::Known)
            .or_else(|| known_name(letters, address, Strength::Shape));
        out.extend(name.map(|key| field(What::Name, key)));
    }
}

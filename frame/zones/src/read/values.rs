//! Values of a site's file, each with a complaint where it is not what it should
//! be.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::{Complaint, Fault, LIST_MAX};
use crate::describe::{INTERFACE_BYTES_MAX, NAME_BYTES_MAX, Part, WORDS_CHARACTERS_MAX};
use crate::site::{Day, Prefix};

/// The longest name of a server, in bytes (RFC 1035 2.3.4).
const SERVER_BYTES_MAX: usize = 253;

/// After so many complaints nothing is guessed any more.
const GUESSES_MAX: usize = 100;

pub(super) type Table<'t> = DeTable<'t>;
pub(super) type Value<'t> = Spanned<DeValue<'t>>;
pub(super) type Names = BTreeMap<String, usize>;

/// A text under way, and what was wrong with it until here.
pub(super) struct Walk<'t> {
    text: &'t str,
    lines: Vec<usize>,
    pub(super) complaints: Vec<Complaint>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { lines: line_starts(text), text, complaints: Vec::new() }
    }

    pub(super) fn complain(&mut self, span: Range<usize>, fault: Fault) {
        let line = self.lines.partition_point(|start| *start <= span.start).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..span.start).unwrap_or_default();
        let column = before.chars().count() + 1;
        self.complaints.push(Complaint { line, column, fault });
    }

    fn unknown(&mut self, span: Range<usize>, word: String, names: &Names) {
        let nearest = self.guess(&word, names.keys().map(String::as_str));
        self.complain(span, Fault::Unknown { word, nearest });
    }

    /// The word that a wrong one may be meant for; a file that is wrong all over
    /// is not guessed at.
    fn guess<'w>(&self, word: &str, of: impl Iterator<Item = &'w str>) -> Option<String> {
        if self.complaints.len() < GUESSES_MAX { nearest(word, of) } else { None }
    }

    pub(super) fn prefixes(
        &mut self,
        table: &Table<'t>,
        span: &Range<usize>,
    ) -> Option<Vec<Prefix>> {
        let mut prefixes = Vec::new();
        for (key, is_four) in [("ipv4", true), ("ipv6", false)] {
            let Some(value) = table.get(key) else { continue };
            let text = self.text(value)?;
            match Prefix::parse(&text).filter(|prefix| prefix.address.is_ipv4() == is_four) {
                Some(prefix) => prefixes.push(prefix),
                None => self.complain(value.span(), Fault::Address(text)),
            }
        }
        if !table.contains_key("ipv4") && !table.contains_key("ipv6") {
            self.complain(span.clone(), Fault::Missing("ipv4"));
        }
        (!prefixes.is_empty()).then_some(prefixes)
    }

    pub(super) fn day(&mut self, value: &Value<'t>) -> Option<Day> {
        let text = match value.get_ref().as_datetime() {
            Some(day) => day.to_string(),
            None => self.text(value)?,
        };
        let day = day(&text);
        if day.is_none() {
            self.complain(value.span(), Fault::Day(text));
        }
        day
    }

    pub(super) fn only(&mut self, table: &Table<'t>, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let word = key.get_ref().to_string();
            let nearest = self.guess(&word, known.iter().copied());
            self.complain(key.span(), Fault::Key { word, nearest });
        }
    }

    pub(super) fn need<'v>(
        &mut self,
        table: &'v Table<'t>,
        key: &'static str,
        span: &Range<usize>,
    ) -> Option<&'v Value<'t>> {
        let value = table.get(key);
        if value.is_none() {
            self.complain(span.clone(), Fault::Missing(key));
        }
        value
    }

    pub(super) fn find(
        &mut self,
        table: &Table<'t>,
        key: &'static str,
        span: &Range<usize>,
        names: &Names,
    ) -> Option<usize> {
        let value = self.need(table, key, span)?;
        let name = self.text(value)?;
        match names.get(&name) {
            Some(place) => Some(*place).filter(|place| *place != usize::MAX),
            None => {
                self.unknown(value.span(), name, names);
                None
            }
        }
    }

    /// The places of a list of names: at least one, each once.
    pub(super) fn find_all(
        &mut self,
        table: &Table<'t>,
        key: &'static str,
        span: &Range<usize>,
        names: &Names,
    ) -> Option<Vec<usize>> {
        let value = self.need(table, key, span)?;
        let Some(list) = value.get_ref().as_array() else {
            self.complain(value.span(), Fault::Shape("list"));
            return None;
        };
        if list.is_empty() {
            self.complain(value.span(), Fault::NoOne);
            return None;
        }
        if list.len() > LIST_MAX {
            self.complain(value.span(), Fault::TooLong);
            return None;
        }
        let (mut places, mut seen) = (Vec::new(), BTreeSet::new());
        for one in list.iter() {
            let name = self.text(one)?;
            match names.get(&name) {
                Some(place) => places.push(*place),
                None => self.unknown(one.span(), name.clone(), names),
            }
            if !seen.insert(name.clone()) {
                self.complain(one.span(), Fault::Name(name));
            }
        }
        // One that names a host with a fault of its own is not told wrong too.
        let is_whole = places.len() == list.len() && !places.contains(&usize::MAX);
        is_whole.then_some(places)
    }

    pub(super) fn yes(&mut self, value: &Value<'t>) -> Option<bool> {
        let yes = value.get_ref().as_bool();
        if yes.is_none() {
            self.complain(value.span(), Fault::Shape("true or false"));
        }
        yes
    }

    pub(super) fn name(
        &mut self,
        table: &Table<'t>,
        span: &Range<usize>,
        names: &Names,
    ) -> Option<String> {
        let value = self.need(table, "name", span)?;
        let name = self.text(value)?;
        if plain_name(&name).is_none() || names.contains_key(&name) {
            self.complain(value.span(), Fault::Name(name));
            return None;
        }
        Some(name)
    }

    pub(super) fn words(
        &mut self,
        table: &Table<'t>,
        key: &'static str,
        span: &Range<usize>,
    ) -> Option<String> {
        let value = self.need(table, key, span)?;
        let words = self.text(value)?;
        let count = words.chars().count();
        let is_fine = (1..=WORDS_CHARACTERS_MAX).contains(&count)
            && !words.chars().any(char::is_control)
            && !words.trim().is_empty();
        if !is_fine {
            self.complain(value.span(), Fault::Word(words));
            return None;
        }
        Some(words)
    }

    pub(super) fn list(
        &mut self,
        table: &Table<'t>,
        key: &'static str,
        read: impl Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let values = self.values_of(table, key);
        values.into_iter().filter_map(|one| self.word(one, &read)).collect()
    }

    fn values_of<'v>(&mut self, table: &'v Table<'t>, key: &'static str) -> Vec<&'v Value<'t>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.complain(value.span(), Fault::Shape("list"));
            return Vec::new();
        };
        if list.len() > LIST_MAX {
            self.complain(value.span(), Fault::TooLong);
        }
        list.iter().take(LIST_MAX).collect()
    }

    /// One of the words that a key may have.
    pub(super) fn one_of<W>(
        &mut self,
        value: &Value<'t>,
        (part, key): (Part, &'static str),
        read: impl FnOnce(&str) -> Option<W>,
    ) -> Option<W> {
        let word = self.text(value)?;
        let found = read(&word);
        if found.is_none() {
            let allowed = part.choices(key);
            let nearest = self.guess(&word, allowed.iter().copied());
            self.complain(value.span(), Fault::Choice { key, word, allowed, nearest });
        }
        found
    }

    /// Some of the words that a key may have.
    pub(super) fn choices(
        &mut self,
        table: &Table<'t>,
        (part, key): (Part, &'static str),
    ) -> Vec<String> {
        let values = self.values_of(table, key);
        let known = |word: &str| part.choices(key).contains(&word).then(|| word.to_owned());
        values.into_iter().filter_map(|one| self.one_of(one, (part, key), known)).collect()
    }

    pub(super) fn word<W>(
        &mut self,
        value: &Value<'t>,
        read: impl FnOnce(&str) -> Option<W>,
    ) -> Option<W> {
        let text = self.text(value)?;
        let word = read(&text);
        if word.is_none() {
            self.complain(value.span(), Fault::Word(text));
        }
        word
    }

    pub(super) fn text(&mut self, value: &Value<'t>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.complain(value.span(), Fault::Shape("text"));
        }
        text
    }

    pub(super) fn table<'v>(&mut self, value: &'v Value<'t>) -> Option<&'v Table<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.complain(value.span(), Fault::Shape("table"));
        }
        table
    }

    pub(super) fn number(&mut self, value: &Value<'t>, (min, max): (i64, i64)) -> Option<i64> {
        let text = value.get_ref().as_integer();
        let number =
            text.and_then(|digits| i64::from_str_radix(digits.as_str(), digits.radix()).ok());
        match number {
            Some(number) if (min..=max).contains(&number) => Some(number),
            Some(_) => {
                self.complain(value.span(), Fault::Range { min, max });
                None
            }
            None => {
                self.complain(value.span(), Fault::Shape("whole number"));
                None
            }
        }
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).collect()
}

pub(super) fn plain_name(text: &str) -> Option<String> {
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let fits = (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_plain);
    fits.then(|| text.to_owned())
}

pub(super) fn server_name(text: &str) -> Option<String> {
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let fits = (1..=SERVER_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_plain);
    fits.then(|| text.to_owned())
}

pub(super) fn interface(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let fits = (1..=INTERFACE_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_plain);
    fits.then(|| text.to_owned())
}

fn day(text: &str) -> Option<Day> {
    let mut parts = text.splitn(3, '-');
    let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut part =
        |length: usize| parts.next().filter(|part| part.len() == length).filter(is_number);
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let day = Day { year: year.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
    let is_leap = day.year.is_multiple_of(4)
        && (!day.year.is_multiple_of(100) || day.year.is_multiple_of(400));
    let days = match day.month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&day.day).then_some(day)
}

//! Values of a site's file, each with a complaint where it is not what it should
//! be.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use written::{Slip, Table, Value, Walk};

use super::{Fault, LIST_MAX};
use crate::describe::{INTERFACE_BYTES_MAX, NAME_BYTES_MAX, Part, WORDS_CHARACTERS_MAX};
use crate::site::{Day, Prefix};

/// The longest name of a server, in bytes (RFC 1035 2.3.4).
const SERVER_BYTES_MAX: usize = 253;

pub(super) type Names = BTreeMap<String, usize>;

/// The file of a site under way.
pub(super) struct Reader<'w, 't> {
    pub(super) walk: &'w mut Walk<'t, Fault>,
}

impl<'t> Reader<'_, 't> {
    fn unknown(&mut self, span: Range<usize>, word: String, names: &Names) {
        let nearest = self.walk.guess(&word, names.keys().map(String::as_str));
        self.walk.complain(span, Fault::Unknown { word, nearest });
    }

    pub(super) fn prefixes(
        &mut self,
        table: &Table<'t>,
        span: &Range<usize>,
    ) -> Option<Vec<Prefix>> {
        let mut prefixes = Vec::new();
        for (key, is_four) in [("ipv4", true), ("ipv6", false)] {
            let Some(value) = table.get(key) else { continue };
            let text = self.walk.text(value)?;
            match Prefix::parse(&text).filter(|prefix| prefix.address.is_ipv4() == is_four) {
                Some(prefix) => prefixes.push(prefix),
                None => self.walk.complain(value.span(), Fault::Address(text)),
            }
        }
        if !table.contains_key("ipv4") && !table.contains_key("ipv6") {
            self.walk.complain(span.clone(), Slip::Missing("ipv4"));
        }
        (!prefixes.is_empty()).then_some(prefixes)
    }

    pub(super) fn day(&mut self, value: &Value<'t>) -> Option<Day> {
        let text = match value.get_ref().as_datetime() {
            Some(day) => day.to_string(),
            None => self.walk.text(value)?,
        };
        let day = day(&text);
        if day.is_none() {
            self.walk.complain(value.span(), Fault::Day(text));
        }
        day
    }

    pub(super) fn find(
        &mut self,
        table: &Table<'t>,
        key: &'static str,
        span: &Range<usize>,
        names: &Names,
    ) -> Option<usize> {
        let value = self.walk.need(table, key, span)?;
        let name = self.walk.text(value)?;
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
        let value = self.walk.need(table, key, span)?;
        let Some(list) = value.get_ref().as_array() else {
            self.walk.complain(value.span(), Slip::Shape("list"));
            return None;
        };
        if list.is_empty() {
            self.walk.complain(value.span(), Fault::NoOne);
            return None;
        }
        if list.len() > LIST_MAX {
            self.walk.complain(value.span(), Slip::TooLong);
            return None;
        }
        let (mut places, mut seen) = (Vec::new(), BTreeSet::new());
        for one in list.iter() {
            let name = self.walk.text(one)?;
            match names.get(&name) {
                Some(place) => places.push(*place),
                None => self.unknown(one.span(), name.clone(), names),
            }
            if !seen.insert(name.clone()) {
                self.walk.complain(one.span(), Slip::Name(name));
            }
        }
        // One that names a host with a fault of its own is not told wrong too.
        let is_whole = places.len() == list.len() && !places.contains(&usize::MAX);
        is_whole.then_some(places)
    }

    pub(super) fn name(
        &mut self,
        table: &Table<'t>,
        span: &Range<usize>,
        names: &Names,
    ) -> Option<String> {
        let is_free = |name: &str| plain_name(name).is_some() && !names.contains_key(name);
        self.walk.name(table, span, is_free)
    }

    pub(super) fn words(
        &mut self,
        table: &Table<'t>,
        key: &'static str,
        span: &Range<usize>,
    ) -> Option<String> {
        let value = self.walk.need(table, key, span)?;
        let words = self.walk.text(value)?;
        let count = words.chars().count();
        let is_fine = (1..=WORDS_CHARACTERS_MAX).contains(&count)
            && !words.chars().any(char::is_control)
            && !words.trim().is_empty();
        if !is_fine {
            self.walk.complain(value.span(), Slip::Word(words));
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
        let values = self.walk.list(table, key, LIST_MAX);
        values.into_iter().filter_map(|one| self.walk.word(one, &read)).collect()
    }

    /// One of the words that a key may have.
    pub(super) fn one_of<W>(
        &mut self,
        value: &Value<'t>,
        (part, key): (Part, &'static str),
        read: impl FnOnce(&str) -> Option<W>,
    ) -> Option<W> {
        self.walk.one_of(value, (key, part.choices(key)), read)
    }

    /// Some of the words that a key may have.
    pub(super) fn choices(
        &mut self,
        table: &Table<'t>,
        (part, key): (Part, &'static str),
    ) -> Vec<String> {
        let values = self.walk.list(table, key, LIST_MAX);
        let known = |word: &str| part.choices(key).contains(&word).then(|| word.to_owned());
        values.into_iter().filter_map(|one| self.one_of(one, (part, key), known)).collect()
    }
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

//! Walks through a text: each step gives a value or a complaint.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::nearest::nearest;
use crate::slip::{Complaint, Slip};

/// After so many complaints nothing is guessed any more.
const GUESSES_MAX: usize = 100;

/// A table of a text, its keys and values with their places.
pub type Table<'t> = DeTable<'t>;
/// A value with its place.
pub type Value<'t> = Spanned<DeValue<'t>>;

/// A text under way, and what was wrong with it until here. `F` is what can be
/// wrong with a text of this kind.
pub struct Walk<'t, F> {
    text: &'t str,
    lines: Vec<usize>,
    complaints: Vec<Complaint<F>>,
}

/// Reads a text of at most `bytes_max`.
///
/// # Errors
/// Every complaint, in the order of the text; with one, nothing is read.
pub fn read<F: From<Slip>, T>(
    text: &str,
    bytes_max: usize,
    of: impl for<'t> FnOnce(&mut Walk<'t, F>, &Table<'t>) -> Option<T>,
) -> Result<T, Vec<Complaint<F>>> {
    if text.len() > bytes_max {
        return Err(vec![Complaint { line: 1, column: 1, fault: Slip::TooLong.into() }]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk { lines: line_starts(text), text, complaints: Vec::new() };
    for error in errors {
        let what = Slip::Syntax(error.message().to_owned());
        walk.complain(error.span().unwrap_or_default(), what);
    }
    let found = of(&mut walk, table.get_ref());
    walk.complaints.sort_by_key(|complaint| (complaint.line, complaint.column));
    match found {
        Some(found) if walk.complaints.is_empty() => Ok(found),
        Some(_) | None => Err(walk.complaints),
    }
}

impl<'t, F: From<Slip>> Walk<'t, F> {
    /// Notes what is wrong, and where.
    pub fn complain(&mut self, span: Range<usize>, fault: impl Into<F>) {
        let line = self.lines.partition_point(|start| *start <= span.start).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..span.start).unwrap_or_default();
        let column = before.chars().count() + 1;
        self.complaints.push(Complaint { line, column, fault: fault.into() });
    }

    /// The word that a wrong one may be meant for; a text that is wrong all over
    /// is not guessed at.
    pub fn guess<'w>(&self, word: &str, of: impl Iterator<Item = &'w str>) -> Option<String> {
        if self.complaints.len() < GUESSES_MAX { nearest(word, of) } else { None }
    }

    /// No other keys than these.
    pub fn only(&mut self, table: &Table<'t>, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let word = key.get_ref().to_string();
            let nearest = self.guess(&word, known.iter().copied());
            self.complain(key.span(), Slip::Key { word, nearest });
        }
    }

    /// A key that must be there; `span` is where it is missed.
    pub fn need<'v>(
        &mut self,
        table: &'v Table<'t>,
        key: &'static str,
        span: &Range<usize>,
    ) -> Option<&'v Value<'t>> {
        let value = table.get(key);
        if value.is_none() {
            self.complain(span.clone(), Slip::Missing(key));
        }
        value
    }

    /// A text.
    pub fn text(&mut self, value: &Value<'t>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.complain(value.span(), Slip::Shape("text"));
        }
        text
    }

    /// What `parse` makes of a text.
    pub fn word<W>(
        &mut self,
        value: &Value<'t>,
        parse: impl FnOnce(&str) -> Option<W>,
    ) -> Option<W> {
        let text = self.text(value)?;
        let word = parse(&text);
        if word.is_none() {
            self.complain(value.span(), Slip::Word(text));
        }
        word
    }

    /// One of the words that a key may have.
    pub fn one_of<W>(
        &mut self,
        value: &Value<'t>,
        (key, allowed): (&'static str, &'static [&'static str]),
        parse: impl FnOnce(&str) -> Option<W>,
    ) -> Option<W> {
        let word = self.text(value)?;
        let found = parse(&word);
        if found.is_none() {
            let nearest = self.guess(&word, allowed.iter().copied());
            self.complain(value.span(), Slip::Choice { key, word, allowed, nearest });
        }
        found
    }

    /// The name of an entry, if `is_free`.
    pub fn name(
        &mut self,
        table: &Table<'t>,
        span: &Range<usize>,
        is_free: impl FnOnce(&str) -> bool,
    ) -> Option<String> {
        let value = self.need(table, "name", span)?;
        let name = self.text(value)?;
        if !is_free(&name) {
            self.complain(value.span(), Slip::Name(name));
            return None;
        }
        Some(name)
    }

    /// A whole number within bounds, both included.
    pub fn number(&mut self, value: &Value<'t>, (min, max): (i64, i64)) -> Option<i64> {
        let Some(digits) = value.get_ref().as_integer() else {
            self.complain(value.span(), Slip::Shape("whole number"));
            return None;
        };
        let number = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
        let number = number.filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.complain(value.span(), Slip::Range { min, max });
        }
        number
    }

    /// Yes or no.
    pub fn yes(&mut self, value: &Value<'t>) -> Option<bool> {
        let yes = value.get_ref().as_bool();
        if yes.is_none() {
            self.complain(value.span(), Slip::Shape("true or false"));
        }
        yes
    }

    /// A table.
    pub fn table<'v>(&mut self, value: &'v Value<'t>) -> Option<&'v Table<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.complain(value.span(), Slip::Shape("table"));
        }
        table
    }

    /// The tables of a list, each with its place; more than `most` are a fault.
    pub fn tables<'v>(
        &mut self,
        value: &'v Value<'t>,
        most: usize,
    ) -> Vec<(&'v Table<'t>, Range<usize>)> {
        let Some(list) = value.get_ref().as_array() else {
            self.complain(value.span(), Slip::Shape("list of tables"));
            return Vec::new();
        };
        if list.len() > most {
            self.complain(value.span(), Slip::TooLong);
        }
        let one = |one: &'v Value<'t>| Some((self.table(one)?, one.span()));
        list.iter().take(most).filter_map(one).collect()
    }

    /// The values of a list that may be left out or empty.
    pub fn list<'v>(&mut self, table: &'v Table<'t>, key: &str, most: usize) -> Vec<&'v Value<'t>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.complain(value.span(), Slip::Shape("list"));
            return Vec::new();
        };
        if list.len() > most {
            self.complain(value.span(), Slip::TooLong);
        }
        list.iter().take(most).collect()
    }

    /// The values of a condition: a list, or a single value as a list of one. An
    /// empty list would fit everything while it looks as if it fitted nothing:
    /// it is a fault.
    pub fn some_of<'v>(&mut self, table: &'v Table<'t>, key: &str) -> Vec<&'v Value<'t>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        match value.get_ref().as_array() {
            Some(list) if list.is_empty() => {
                self.complain(value.span(), Slip::Shape("list with something in it"));
                Vec::new()
            }
            Some(list) => list.iter().collect(),
            None => vec![value],
        }
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    /// Two keys, each of another shape.
    fn two(text: &str) -> Result<(String, i64), Vec<Complaint<Slip>>> {
        read(text, 200, |walk, table| {
            walk.only(table, &["colour", "size"]);
            let colour = walk.need(table, "colour", &(0..0));
            let colour = colour.and_then(|value| walk.text(value));
            let size = table.get("size").and_then(|value| walk.number(value, (1, 9)));
            colour.zip(size)
        })
    }

    #[test]
    fn what_is_well_written_is_read() {
        assert_eq!(two("colour = \"赤\"\nsize = 0x3\n"), Ok(("赤".to_owned(), 3)));
    }

    #[test]
    fn every_slip_is_told_at_once_with_its_place() {
        let told = two("colour = \"赤\"; \nsize = 12\n色 = 1\ncolours = 2").unwrap_err();
        let places: Vec<_> = told.iter().map(|one| (one.line, one.column)).collect();
        assert!(places.iter().any(|(line, _)| *line == 1), "{told:?}");
        assert!(told.contains(&Complaint {
            line: 2,
            column: 8,
            fault: Slip::Range { min: 1, max: 9 }
        }));
        let word = "colours".to_owned();
        let nearest = Some("colour".to_owned());
        assert!(told.contains(&Complaint {
            line: 4,
            column: 1,
            fault: Slip::Key { word, nearest }
        }));
        assert_eq!(two(&"#".repeat(201)).unwrap_err()[0].fault, Slip::TooLong);
        assert_eq!(two("size = 3").unwrap_err()[0].fault, Slip::Missing("colour"));
    }

    #[test]
    fn the_place_counts_characters_not_bytes() {
        let told = two("colour = \"赤\"\nsize = { 大きさ = 1 }").unwrap_err();
        assert_eq!((told[0].line, told[0].column), (2, 8));
        let told = two("\"色は\" = 1\ncolour = \"赤\"\nsize = 1").unwrap_err();
        assert_eq!((told[0].line, told[0].column), (1, 1));
    }
}

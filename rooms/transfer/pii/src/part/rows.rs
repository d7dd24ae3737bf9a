//! Reads one row: headings, labels beside values, digits spread over cells,
//! numbers with their context, fields of people.

use crate::cells::{Cell, Row};
use crate::checks;
use crate::labels::{self, Found, Label};
use crate::letters::digit;
use crate::numbers::{self, Number, PERSONAL, Shape};
use crate::people::{Field, Record, What};
use crate::report::Kind;
use crate::scan::Shared;
use crate::stats::{Context, Group, Met};

use super::loose::Loose;
use super::{FORM_REACH, HEADING_REACH, LABEL_REACH, PERSON_REACH, PartScan, fields};

/// Where the label of a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A heading over the column of a table.
    Column,
    /// A label beside the value, just above it, or none.
    Near,
}

/// Letters from a label to its number in one cell.
const LABEL_BEFORE_MAX: usize = 24;
/// Letters from a number to a label behind it.
const LABEL_BEHIND_MAX: usize = 6;
/// Digits of an article code (GS1 General Specifications, GTIN-13).
const ARTICLE: usize = 13;

impl PartScan {
    /// Reads a row that is not empty.
    pub(super) fn read_row(&mut self, row: &Row, shared: &mut Shared) {
        if self.read_headings(row) {
            return;
        }
        let first_waiting = self.numbers.waiting.len();
        let spread = self.spread_digits(row);
        self.stack_letters(row, spread, shared);
        let mut of_row = Record::default();
        let mut near: Vec<Field> = Vec::new();
        let mut loose: Vec<(u32, Loose)> = Vec::new();
        let mut beside: Option<Label> = None;
        let mut values = Vec::new();
        let is_table = row.cells.len() > 1;
        for cell in &row.cells {
            if cell.label.is_some() {
                beside = cell.label;
                continue;
            }
            let letters = row.letters(cell);
            let (label, source) = match beside.take() {
                Some(label) => (Some(label), Source::Near),
                None => self.label_over(cell.column),
            };
            self.read_numbers(row, cell, label, is_table);
            values.clear();
            let is_line = self.read_fields(row, cell, label, &mut values);
            let is_headed = is_line || (source == Source::Column && label.is_some());
            if is_table && !is_headed && label.is_none() && row.labels(cell).is_empty() {
                match fields::loose(letters) {
                    Some(found) => loose.push((cell.column, found)),
                    None => self.loose.count(cell.column),
                }
            }
            for &field in &values {
                if (is_headed || is_table && !field.is_labelled) && field.what != What::Addressee {
                    if !of_row.is_taken(field) {
                        of_row.add(field, self.line);
                    }
                } else {
                    near.push(field);
                }
            }
        }
        self.finish_row(of_row, &near, loose, first_waiting, is_table, shared);
    }

    /// Gives the row's fields to the people they belong to.
    fn finish_row(
        &mut self,
        mut of_row: Record,
        near: &[Field],
        loose: Vec<(u32, Loose)>,
        first_waiting: usize,
        is_table: bool,
        shared: &mut Shared,
    ) {
        let line = self.line;
        let last_waiting = self.numbers.waiting.len();
        let has_name = loose
            .iter()
            .any(|(_, loose)| matches!(loose, Loose::Name(crate::names::Strength::Known, _)));
        let near_person = near.iter().any(|field| field.what != What::Business);
        let has_form =
            self.form.has_person() && line.saturating_sub(self.form.lines.1) <= PERSON_REACH;
        if of_row.has_person() || has_name || near_person || has_form {
            for waiting in self.numbers.waiting.get_mut(first_waiting..).unwrap_or_default() {
                if waiting.context == Context::Bare {
                    waiting.context = Context::Person;
                }
            }
        }
        let is_row_person = of_row.named().is_some();
        if is_row_person {
            of_row.numbers.extend(first_waiting..last_waiting);
            self.close(&of_row, None, shared);
        } else if is_table && !loose.is_empty() {
            self.loose.add(line, loose, shared);
        }
        for &field in near {
            self.add_to_form(field, shared);
        }
        if !is_row_person && !self.form.is_empty() {
            for index in first_waiting..last_waiting {
                self.form.add_number(index, line);
            }
        }
    }

    fn add_to_form(&mut self, field: Field, shared: &mut Shared) {
        let is_far = self.line.saturating_sub(self.form.lines.1) > FORM_REACH;
        // A window envelope has the address over the name.
        let is_letter = field.what == What::Addressee && self.form.has_person();
        if !self.form.is_empty() && (is_far || is_letter || self.form.is_taken(field)) {
            self.close_form(shared);
        }
        self.form.add(field, self.line);
        if field.what == What::Addressee {
            // What follows in the letter is the sender's.
            self.close_form(shared);
        }
    }

    /// Reads headings; says whether the row holds nothing else.
    fn read_headings(&mut self, row: &Row) -> bool {
        if let [cell] = row.cells.as_slice()
            && labels::is_heading_line(row.letters(cell), row.labels(cell))
        {
            let labels = row.labels(cell).iter().map(|found| found.label);
            self.headings.labels = labels.collect();
            self.headings.line = self.line;
            return true;
        }
        let labels = row.cells.iter().filter(|cell| cell.label.is_some()).count();
        if labels == 0 {
            return false;
        }
        let all = row.cells.len();
        let is_all = labels == all;
        let has_pair =
            row.cells.windows(2).any(|pair| pair.iter().all(|cell| cell.label.is_some()));
        let has_value = !is_all && row.cells.iter().any(|cell| is_value(row, cell));
        let is_heading = is_all || (has_pair && !has_value);
        if !has_value {
            self.note_headings(row, labels, all);
        }
        if let Some(cell) = row.cells.last().filter(|cell| cell.label.is_some()) {
            self.last_label = cell.label.map(|label| (label, self.line));
        }
        is_heading
    }

    fn note_headings(&mut self, row: &Row, labels: usize, all: usize) {
        let is_new_table = labels >= 2 && self.header_line.is_none_or(|line| line + 1 < self.line);
        if is_new_table {
            self.columns.values_mut().for_each(|column| column.label = None);
        }
        if labels >= 2 {
            self.header_line = Some(self.line);
        }
        for cell in &row.cells {
            let Some(label) = cell.label else { continue };
            self.has_number_heading |= label == Label::PersonalNumber;
            let column = self.columns.entry(cell.column).or_default();
            (column.label, column.line, column.is_alone) = (Some(label), self.line, all == 1);
        }
    }

    /// The label over a column, as long as it reaches.
    pub(super) fn label_over(&self, column: u32) -> (Option<Label>, Source) {
        let Some(column) = self.columns.get(&column) else { return (None, Source::Column) };
        if !column.is_alone {
            return (column.label, Source::Column);
        }
        let reach = if column.label.is_some_and(is_of_numbers) { HEADING_REACH } else { 1 };
        let is_near = self.line.saturating_sub(column.line) <= reach;
        (column.label.filter(|_| is_near), Source::Near)
    }

    /// Reads a cell's fields. Says whether its line stands under headings that
    /// are a line themselves, and so is a person of its own.
    fn read_fields(
        &mut self,
        row: &Row,
        cell: &Cell,
        label: Option<Label>,
        out: &mut Vec<Field>,
    ) -> bool {
        let letters = row.letters(cell);
        let is_plain = row.cells.len() == 1 && label.is_none() && row.labels(cell).is_empty();
        let has = |label| self.headings.has(label, self.line);
        let (name, birth, address) = (has(Label::Name), has(Label::Birth), has(Label::Address));
        if is_plain && (name || (birth && address)) {
            fields::under_headings(letters, name, birth, out);
            if !out.is_empty() {
                self.headings.line = self.line;
            }
            return true;
        }
        fields::read(letters, row.labels(cell), label, out);
        false
    }

    pub(super) fn recent_label(&self) -> Option<Label> {
        self.last_label
            .filter(|(_, line)| self.line.saturating_sub(*line) <= LABEL_REACH)
            .map(|last| last.0)
    }

    fn read_numbers(&mut self, row: &Row, cell: &Cell, label: Option<Label>, is_table: bool) {
        let letters = row.letters(cell);
        if letters.len() < PERSONAL - 3 {
            return;
        }
        let column = is_table.then_some(cell.column);
        let mut found = Vec::new();
        numbers::find(letters, &mut |number| found.push(number));
        for number in &found {
            let near = near_label(row.labels(cell), number);
            let label = near.or_else(|| self.outer_label(number, label));
            let group = number.is_whole.then_some(cell.column);
            self.meet(number, label, group, column);
        }
        if row.labels(cell).last().is_some_and(|last| letters.len() - last.end <= 2) {
            self.last_label = row.labels(cell).last().map(|last| (last.label, self.line));
        }
    }

    /// What speaks for a number from outside its cell.
    fn outer_label(&self, number: &Number, label: Option<Label>) -> Option<Label> {
        if label.is_some_and(is_of_numbers) {
            return label;
        }
        let of_line = [Label::PersonalNumber, Label::Card, Label::OtherNumber];
        if let Some(label) = of_line.into_iter().find(|&label| self.headings.has(label, self.line))
        {
            return Some(label);
        }
        let is_first = number.is_whole || number.start == 0;
        self.recent_label().filter(|&label| is_first && is_of_numbers(label))
    }

    /// Counts a number in its group.
    pub(super) fn meet(
        &mut self,
        number: &Number,
        label: Option<Label>,
        group: Option<u32>,
        column: Option<u32>,
    ) {
        let is_labelled = label == Some(Label::PersonalNumber);
        // A short number in a table may belong to a column of personal ones.
        let needs_label = match number.shape {
            Shape::Odd => true,
            Shape::Short => column.is_none() || label.is_some(),
            Shape::Plain | Shape::Grouped | Shape::Single | Shape::Ideographs => false,
        };
        if needs_label && !is_labelled {
            return;
        }
        if label.is_some_and(|label| self.headings.has(label, self.line)) {
            self.headings.line = self.line;
        }
        let number = if number.shape == Shape::Short { &number.padded() } else { number };
        let digits = number.digits();
        let (kind, fits) = if digits.len() == PERSONAL {
            (Kind::PersonalNumber, checks::is_personal_number(digits))
        } else if checks::has_issuer(digits) && number.shape != Shape::Odd {
            (Kind::CreditCard, checks::is_card(digits))
        } else {
            return;
        };
        // Article codes have thirteen digits and Visa's first.
        if digits.len() == ARTICLE && label != Some(Label::Card) {
            return;
        }
        let context = context_of(label, kind, self.has_number_heading && number.is_whole);
        self.numbers.meet(&Met {
            group: Group { kind, shape: number.shape, column: group },
            fits,
            value: number.value(),
            context,
            line: self.line,
            column,
            is_moment: digits.len() == PERSONAL && checks::is_date_time(digits),
        });
        // A list below its heading goes on as long as it fits.
        if context == Context::Labelled
            && let Some(column) = group.and_then(|group| self.columns.get_mut(&group))
        {
            column.line = self.line;
        }
    }
}

/// Says whether a cell of a row with labels is a value rather than a heading
/// that is not known here.
fn is_value(row: &Row, cell: &Cell) -> bool {
    const DIGITS_MIN: usize = 4;
    let letters = row.letters(cell);
    let digits = letters.iter().filter(|&&c| digit(c).is_some()).count();
    cell.label.is_none() && (digits >= DIGITS_MIN || fields::loose(letters).is_some_and(is_telling))
}

fn is_telling(loose: Loose) -> bool {
    match loose {
        Loose::Name(crate::names::Strength::Known, _) | Loose::Address(_) | Loose::Date(..) => true,
        Loose::Name(crate::names::Strength::Shape, _) => false,
    }
}

/// The label that speaks for a number in the same cell.
pub(super) fn near_label(labels: &[Found], number: &Number) -> Option<Label> {
    let before = labels.iter().rev().find(|found| {
        found.end <= number.start
            && number.start - found.end <= LABEL_BEFORE_MAX
            && is_of_numbers(found.label)
    });
    let behind = labels.iter().find(|found| {
        found.start >= number.end
            && found.start - number.end <= LABEL_BEHIND_MAX
            && found.label == Label::PersonalNumber
    });
    before.or(behind).map(|found| found.label)
}

/// Says whether a label is about a number.
fn is_of_numbers(label: Label) -> bool {
    match label {
        Label::PersonalNumber | Label::Card | Label::OtherNumber => true,
        Label::Name
        | Label::Kana
        | Label::Address
        | Label::Birth
        | Label::Business
        | Label::Other => false,
    }
}

/// What a label says about a number of a kind; `is_headed` where its table has
/// a heading for personal numbers over another column, as happens to tables
/// that were printed.
fn context_of(label: Option<Label>, kind: Kind, is_headed: bool) -> Context {
    match (label, kind) {
        (Some(Label::PersonalNumber), Kind::PersonalNumber)
        | (Some(Label::Card), Kind::CreditCard) => Context::Labelled,
        (Some(label), _) if is_of_numbers(label) => Context::OtherNumber,
        (_, Kind::PersonalNumber) if is_headed => Context::Person,
        (_, Kind::PersonalNumber | Kind::CreditCard | Kind::NamedPerson) => Context::Bare,
    }
}

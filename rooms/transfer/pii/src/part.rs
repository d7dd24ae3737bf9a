//! One part of a file, row by row: which heading stands over a value, which
//! label beside it, which person around it. Judges numbers when it ends.

mod fields;
mod loose;
mod rows;
mod spread;

use std::collections::HashMap;

use crate::cells::Row;
use crate::labels::Label;
use crate::people::{Record, mix};
use crate::report::{Certainty, Kind};
use crate::scan::Shared;
use crate::stats::Numbers;

use loose::LooseRows;

/// What one part has shown so far.
#[derive(Default)]
pub(crate) struct PartScan {
    /// The line at hand, from 1; a caller may set the one before the next.
    pub(crate) line: u64,
    row: Row,
    columns: HashMap<u32, Column>,
    numbers: Numbers,
    /// The person whose fields come one after another.
    form: Record,
    /// Headings that stand in one line over values in lines.
    headings: Headings,
    /// The last label that had no value beside it, and its line.
    last_label: Option<(Label, u64)>,
    loose: LooseRows,
    /// The line of the last row of headings.
    header_line: Option<u64>,
    /// Whether a heading of this part says personal number.
    has_number_heading: bool,
}

/// What a column has shown so far.
#[derive(Default)]
struct Column {
    label: Option<Label>,
    /// The line of the label, or of the last value that it fitted.
    line: u64,
    /// Whether the label stood alone in its row.
    is_alone: bool,
    stack: Stack,
}

/// Letters one below another.
#[derive(Default)]
struct Stack {
    letters: Vec<char>,
    lines: (u64, u64),
}

/// Headings over lines that are no table: a page made from a table.
#[derive(Default)]
struct Headings {
    labels: Vec<Label>,
    /// The line of the headings, or of the last line that they fitted.
    line: u64,
}

impl Headings {
    fn has(&self, label: Label, line: u64) -> bool {
        line.saturating_sub(self.line) <= HEADING_REACH && self.labels.contains(&label)
    }
}

/// Lines between a heading that stands alone and its values.
const HEADING_REACH: u64 = 3;
/// Lines from a label to its number.
const LABEL_REACH: u64 = 2;
/// Lines from one field of a form to the next of the same person.
const FORM_REACH: u64 = 12;
/// Lines from a named person to a number that is theirs.
const PERSON_REACH: u64 = 3;
/// Lines from a stacked label to stacked digits.
const STACK_REACH: u64 = 24;
/// Letters of one stack.
const STACK_MAX: usize = 64;

impl PartScan {
    /// Looks at the next line.
    pub(crate) fn line(&mut self, text: &str, shared: &mut Shared) {
        self.line = self.line.saturating_add(1);
        if !can_matter(text) {
            return;
        }
        let mut row = std::mem::take(&mut self.row);
        let limits = &shared.limits;
        row.read(text, limits.columns_max, limits.cell_letters_max);
        self.read_row(&row, shared);
        self.row = row;
        if self.numbers.waiting.len() >= shared.limits.waiting_max {
            self.judge(shared);
        }
    }

    /// The headings that a table keeps on the next page.
    pub(crate) fn next_page(&self) -> Self {
        let of_table = |(&at, column): (&u32, &Column)| {
            let label = column.label.filter(|_| !column.is_alone)?;
            Some((at, Column { label: Some(label), ..Column::default() }))
        };
        Self {
            columns: self.columns.iter().filter_map(of_table).collect(),
            headings: Headings { labels: self.headings.labels.clone(), line: 0 },
            has_number_heading: self.has_number_heading,
            ..Self::default()
        }
    }

    /// Ends the part.
    pub(crate) fn finish(mut self, shared: &mut Shared) {
        let mut stacked: Vec<u32> = self
            .columns
            .iter()
            .filter(|(_, column)| column.stack.letters.len() >= crate::numbers::PERSONAL)
            .map(|(&column, _)| column)
            .collect();
        stacked.sort_unstable();
        for column in stacked {
            self.end_stack(column, shared);
        }
        self.close_form(shared);
        self.judge(shared);
    }

    /// Judges all numbers and rows that wait.
    fn judge(&mut self, shared: &mut Shared) {
        self.loose.judge(shared);
        let mut waiting = std::mem::take(&mut self.numbers.waiting);
        for number in &waiting {
            let Some(certainty) = self.numbers.judge(number) else { continue };
            let column = number.column;
            shared.found(number.kind, certainty, (number.line, number.line), column);
            if certainty > Certainty::Unlikely && number.kind == Kind::PersonalNumber {
                let [a, b] = number.person;
                shared.meet(&[mix(number.value ^ NUMBER_SALT), a, b]);
            }
        }
        waiting.clear();
        self.numbers.waiting = waiting;
        self.form.numbers.clear();
    }

    /// Ends the person whose fields came one after another.
    fn close_form(&mut self, shared: &mut Shared) {
        let form = std::mem::take(&mut self.form);
        self.close(&form, None, shared);
    }

    /// Notes a person, and says so to the numbers beside it.
    fn close(&mut self, record: &Record, column: Option<u32>, shared: &mut Shared) {
        let Some(named) = record.named() else { return };
        let certainty = match (named.is_business, named.is_labelled) {
            (true, _) => Certainty::Unlikely,
            (false, true) => Certainty::Certain,
            (false, false) => Certainty::Likely,
        };
        shared.found(Kind::NamedPerson, certainty, record.lines, column);
        if named.is_business {
            return;
        }
        shared.meet(&named.keys);
        for &index in &record.numbers {
            if let Some(waiting) = self.numbers.waiting.get_mut(index) {
                waiting.person = named.keys;
            }
        }
    }
}

/// Sets keys of numbers apart from those of names.
const NUMBER_SALT: u64 = 0x6B6F_6A69_6E62_616E;

/// Says whether a line can hold anything that is looked for: a long line of
/// ASCII without digits cannot.
fn can_matter(text: &str) -> bool {
    const ASCII_LABEL_MAX: usize = 64;
    const DIGITS_MIN: usize = 9;
    if text.len() <= ASCII_LABEL_MAX || !text.is_ascii() {
        return !text.trim().is_empty();
    }
    text.bytes().filter(u8::is_ascii_digit).count() >= DIGITS_MIN
}

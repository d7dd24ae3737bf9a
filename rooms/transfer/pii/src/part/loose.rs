//! Rows of tables without headings: what a column is, is told by what stands
//! in most of its cells.

use std::collections::HashMap;

use crate::names::Strength;
use crate::people::{Field, Record, What};
use crate::report::{Certainty, Kind};
use crate::scan::Shared;

/// A cell of such a row that may be part of a person.
#[derive(Clone, Copy)]
pub(crate) enum Loose {
    Name(Strength, u64),
    Address(u64),
    /// The date's key, its year, and whether it alone speaks for a birth.
    Date(u64, u16, bool),
}

/// Rows that wait for the end of their table.
#[derive(Default)]
pub(crate) struct LooseRows {
    rows: Vec<(u64, Vec<(u32, Loose)>)>,
    columns: HashMap<u32, Shown>,
}

/// What a column has shown.
#[derive(Default)]
struct Shown {
    cells: u64,
    known: u64,
    shapes: u64,
    dates: u64,
    years: Option<(u16, u16)>,
}

/// Rows that wait at once.
const ROWS_MAX: usize = 20_000;
/// Cells that make a column.
const COLUMN_MIN: u64 = 3;
/// Years between the oldest and the youngest of a column of birth dates.
const YEARS_MIN: u16 = 15;
/// Dates that make a column of birth dates.
const DATES_MIN: u64 = 4;

impl LooseRows {
    /// Counts a cell that is nothing.
    pub(crate) fn count(&mut self, column: u32) {
        self.columns.entry(column).or_default().cells += 1;
    }

    /// Adds a row; cells that are nothing were counted before.
    pub(crate) fn add(&mut self, line: u64, cells: Vec<(u32, Loose)>, shared: &mut Shared) {
        for (column, loose) in &cells {
            let shown = self.columns.entry(*column).or_default();
            shown.cells += 1;
            match loose {
                Loose::Name(Strength::Known, _) => shown.known += 1,
                Loose::Name(Strength::Shape, _) => shown.shapes += 1,
                Loose::Address(_) => {}
                Loose::Date(_, year, _) => {
                    shown.dates += 1;
                    let (first, last) = shown.years.unwrap_or((*year, *year));
                    shown.years = Some((first.min(*year), last.max(*year)));
                }
            }
        }
        let has_name = cells.iter().any(|(_, loose)| matches!(loose, Loose::Name(..)));
        let has_more = cells.iter().any(|(_, loose)| !matches!(loose, Loose::Name(..)));
        if has_name && has_more {
            self.rows.push((line, cells));
        }
        if self.rows.len() >= ROWS_MAX {
            self.judge(shared);
        }
    }

    /// Notes the people in the rows that wait.
    pub(crate) fn judge(&mut self, shared: &mut Shared) {
        for (line, cells) in std::mem::take(&mut self.rows) {
            let mut record = Record::default();
            for (column, loose) in cells {
                let shown = self.columns.get(&column);
                if let Some(field) = shown.and_then(|shown| shown.field(loose))
                    && !record.is_taken(field)
                {
                    record.add(field, line);
                }
            }
            if let Some(named) = record.named() {
                shared.found(Kind::NamedPerson, Certainty::Likely, (line, line), None);
                shared.meet(&named.keys);
            }
        }
    }
}

impl Shown {
    /// What a cell of this column is.
    fn field(&self, loose: Loose) -> Option<Field> {
        let field = |what, key| Some(Field { what, key, is_labelled: false });
        match loose {
            Loose::Name(strength, key) => {
                let names = self.known + self.shapes;
                // Ordinary columns of words hold few surnames.
                let is_column = self.cells >= COLUMN_MIN
                    && names * 100 >= self.cells * 60
                    && self.known * 100 >= names * 25;
                let is_few = self.cells < COLUMN_MIN && strength == Strength::Known;
                if is_column || is_few { field(What::Name, key) } else { None }
            }
            Loose::Address(key) => field(What::Address, key),
            Loose::Date(key, _, speaks) => {
                let span = self.years.map_or(0, |(first, last)| last - first);
                let is_column = self.dates >= DATES_MIN
                    && self.dates * 100 >= self.cells * 60
                    && span >= YEARS_MIN;
                if is_column || speaks { field(What::Birth, key) } else { None }
            }
        }
    }
}

//! Digits of one number that do not stand in one cell: spread over a row, as
//! on squared paper, or stacked one below another.

use crate::cells::Row;
use crate::labels::Label;
use crate::letters::digit;
use crate::numbers::{self, Number, PERSONAL, Shape};
use crate::scan::Shared;

use super::rows::near_label;
use super::{PartScan, STACK_MAX, STACK_REACH};

/// Cells without anything between two digits of one number.
const DIGIT_GAP_MAX: u32 = 4;

impl PartScan {
    /// Finds digits of one number in a row of cells, as on squared paper.
    /// Says whether there were any.
    pub(super) fn spread_digits(&mut self, row: &Row) -> bool {
        let mut run: Vec<(u32, &[char])> = Vec::new();
        let mut label: Option<Label> = None;
        let mut found = false;
        for cell in row.cells.iter().map(Some).chain(std::iter::once(None)) {
            let piece = cell.map(|cell| (cell.column, row.letters(cell)));
            let digits = piece.filter(|(_, letters)| {
                letters.len() <= 4 && letters.iter().all(|&c| digit(c).is_some())
            });
            let is_next =
                |column: u32| run.last().is_none_or(|(last, _)| column - last <= DIGIT_GAP_MAX);
            match digits {
                Some((column, letters)) if is_next(column) => run.push((column, letters)),
                other => {
                    let is_hyphen =
                        piece.is_some_and(|(_, letters)| matches!(letters, ['-' | 'ー']));
                    if is_hyphen && !run.is_empty() {
                        continue;
                    }
                    found |= self.end_spread(&run, label);
                    run.clear();
                    run.extend(other);
                    label = cell.and_then(|cell| cell.label).or(label.filter(|_| other.is_some()));
                }
            }
        }
        found
    }

    fn end_spread(&mut self, run: &[(u32, &[char])], label: Option<Label>) -> bool {
        let Some(&(column, _)) = run.first() else { return false };
        let is_single = run.iter().all(|(_, letters)| letters.len() == 1);
        let is_grouped = run.len() >= 3 && run.iter().all(|(_, letters)| letters.len() == 4);
        let label = label.or_else(|| self.label_over(column).0).or_else(|| self.recent_label());
        // Of three groups each may have lost the zeros in front of it.
        let is_eaten = run.len() == 3 && label == Some(Label::PersonalNumber);
        if !is_single && !is_grouped && !is_eaten {
            return false;
        }
        let is_padded = is_eaten || is_grouped;
        let mut digits: Vec<u8> = Vec::with_capacity(PERSONAL);
        for (_, letters) in run {
            let missing = if is_padded { 4_usize.saturating_sub(letters.len()) } else { 0 };
            digits.extend(std::iter::repeat_n(0, missing));
            digits.extend(letters.iter().filter_map(|&c| digit(c)));
        }
        let is_size =
            digits.len() == PERSONAL || (label == Some(Label::Card) && digits.len() > PERSONAL);
        let Some(mut number) = Number::of_singles(&digits).filter(|_| is_size) else {
            return false;
        };
        if is_padded {
            number.shape = Shape::Odd;
        }
        self.meet(&number, label, Some(column), Some(column));
        true
    }

    /// Puts single letters on the stacks of their columns.
    pub(super) fn stack_letters(&mut self, row: &Row, is_spread: bool, shared: &mut Shared) {
        for cell in &row.cells {
            let [letter] = row.letters(cell) else { continue };
            if is_spread && digit(*letter).is_some() {
                continue;
            }
            let line = self.line;
            let stack = &mut self.columns.entry(cell.column).or_default().stack;
            let goes_on = stack.lines.1 + 1 == line && stack.letters.len() < STACK_MAX;
            if !goes_on && !stack.letters.is_empty() {
                self.end_stack(cell.column, shared);
            }
            let stack = &mut self.columns.entry(cell.column).or_default().stack;
            if stack.letters.is_empty() {
                stack.lines.0 = line;
            }
            stack.letters.push(*letter);
            stack.lines.1 = line;
        }
    }

    /// Reads a stack of letters as one cell.
    pub(super) fn end_stack(&mut self, column: u32, _: &mut Shared) {
        let Some(held) = self.columns.get_mut(&column) else { return };
        let stack = std::mem::take(&mut held.stack);
        let mut row = Row::default();
        row.read_stack(column, &stack.letters);
        let Some(cell) = row.cells.first() else { return };
        if let Some(found) =
            row.labels(cell).iter().find(|found| found.label == Label::PersonalNumber)
        {
            self.last_label = Some((found.label, stack.lines.1));
        }
        let line = std::mem::replace(&mut self.line, stack.lines.0);
        let mut found = Vec::new();
        numbers::find(row.letters(cell), &mut |number| found.push(number));
        let beside = self.last_label.filter(|(_, at)| at.abs_diff(stack.lines.0) <= STACK_REACH);
        for number in &found {
            let label = near_label(row.labels(cell), number).or(beside.map(|beside| beside.0));
            if label == Some(Label::PersonalNumber) {
                self.meet(number, label, None, Some(column));
            }
        }
        self.line = line;
    }
}

//! Cuts a line into folded cells and finds the labels in them.

use crate::labels::{self, Found, Label};
use crate::letters;

/// One cell with something in it.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// The column, from 0.
    pub(crate) column: u32,
    from: usize,
    to: usize,
    labels_from: usize,
    labels_to: usize,
    /// What it is a label of, when it is one and no more.
    pub(crate) label: Option<Label>,
}

/// A line as cells; its buffers are used again for the next.
#[derive(Default)]
pub(crate) struct Row {
    letters: Vec<char>,
    labels: Vec<Found>,
    pub(crate) cells: Vec<Cell>,
    buffer: Vec<char>,
    found: Vec<Found>,
}

impl Row {
    /// Reads a line. Cells beyond the last column join it.
    pub(crate) fn read(&mut self, line: &str, columns_max: u32, cell_letters_max: usize) {
        self.letters.clear();
        self.labels.clear();
        self.cells.clear();
        for (column, text) in (0_u32..).zip(pieces(line)) {
            if text.trim().is_empty() {
                continue;
            }
            letters::fold_into(text, &mut self.buffer);
            let column = column.min(columns_max.saturating_sub(1));
            let buffer = std::mem::take(&mut self.buffer);
            let mut rest = trimmed(&buffer);
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(cut_at(rest, cell_letters_max));
                self.add(column, piece);
                rest = more;
            }
            self.buffer = buffer;
        }
    }

    /// Reads a stack of letters as one cell.
    pub(crate) fn read_stack(&mut self, column: u32, stack: &[char]) {
        self.letters.clear();
        self.labels.clear();
        self.cells.clear();
        self.add(column, stack);
    }

    fn add(&mut self, column: u32, piece: &[char]) {
        let from = self.letters.len();
        self.letters.extend_from_slice(piece);
        labels::find(piece, &mut self.found);
        let labels_from = self.labels.len();
        self.labels.extend_from_slice(&self.found);
        let label = labels::of_cell(piece, &self.found);
        let (to, labels_to) = (self.letters.len(), self.labels.len());
        self.cells.push(Cell { column, from, to, labels_from, labels_to, label });
    }

    /// The letters of a cell.
    pub(crate) fn letters(&self, cell: &Cell) -> &[char] {
        self.letters.get(cell.from..cell.to).unwrap_or_default()
    }

    /// The labels in a cell.
    pub(crate) fn labels(&self, cell: &Cell) -> &[Found] {
        self.labels.get(cell.labels_from..cell.labels_to).unwrap_or_default()
    }
}

/// Cuts a line where its cells are parted: by tabs, by commas, semicolons or
/// bars as in a table that was pasted into a text, or by wide gaps.
fn pieces(line: &str) -> Box<dyn Iterator<Item = &str> + '_> {
    if line.contains('\t') {
        Box::new(line.split('\t'))
    } else if has_commas(line) {
        Box::new(line.split(','))
    } else if line.matches(';').count() >= 2 {
        Box::new(line.split(';'))
    } else if line.starts_with('|') && line.matches('|').count() >= 3 {
        Box::new(line.split('|'))
    } else if has_gaps(line) {
        Box::new(
            line.split(GAPS[0])
                .flat_map(|part| part.split(GAPS[1]))
                .filter(|part| !part.trim().is_empty()),
        )
    } else {
        Box::new(std::iter::once(line))
    }
}

/// Two spaces of either width.
const GAPS: [&str; 2] = ["  ", "\u{3000}\u{3000}"];

/// Says whether commas part cells: two of them stand between more than the
/// thousands of an amount.
fn has_commas(line: &str) -> bool {
    let bytes = line.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_thousands = |at: usize| {
        let before = (1..=4).take_while(|step| at.checked_sub(*step).is_some_and(is_digit)).count();
        (1..=3).contains(&before) && (1..=3).all(|step| is_digit(at + step)) && !is_digit(at + 4)
    };
    let commas = bytes.iter().enumerate().filter(|(_, byte)| **byte == b',');
    commas.filter(|(at, _)| !is_thousands(*at)).take(2).count() == 2
}

/// Says whether wide gaps part cells. Titles and labels are spread with gaps
/// between single letters; those stay whole.
fn has_gaps(line: &str) -> bool {
    let gaps = GAPS.iter().map(|gap| line.matches(gap).count()).sum::<usize>();
    if gaps < 2 {
        return false;
    }
    let parts = line.split(GAPS[0]).flat_map(|part| part.split(GAPS[1])).map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    let is_single = |part: &&str| !part.is_ascii() && part.chars().nth(1).is_none();
    let (all, singles) = (parts.clone().count(), parts.filter(is_single).count());
    all >= 3 && singles * 3 <= all
}

fn trimmed(letters: &[char]) -> &[char] {
    let start = letters.iter().position(|c| !c.is_whitespace()).unwrap_or(letters.len());
    let end = letters.iter().rposition(|c| !c.is_whitespace()).map_or(start, |at| at + 1);
    letters.get(start..end).unwrap_or_default()
}

/// Where a long cell is cut: before a letter that is in no number.
fn cut_at(letters: &[char], letters_max: usize) -> usize {
    if letters.len() <= letters_max.max(1) {
        return letters.len();
    }
    let half = letters_max / 2;
    let is_free = |c: &char| !c.is_ascii_digit() && !matches!(c, ' ' | '-');
    let tail = letters.get(half..letters_max).unwrap_or_default();
    tail.iter().rposition(is_free).map_or(letters_max.max(1), |at| (half + at).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_cells_are_cut_where_no_number_stands() {
        let text: Vec<char> = "あああああ1234567890".chars().collect();
        assert_eq!(cut_at(&text, 8), 4);
        assert_eq!(cut_at(&text, 100), text.len());
        let digits = vec!['1'; 50];
        assert_eq!(cut_at(&digits, 8), 8);
    }

    #[test]
    fn pasted_tables_have_cells() {
        let count = |line: &str| pieces(line).count();
        assert_eq!(count("1,蓮見太郎,みどり市"), 3);
        assert_eq!(count("A9,123456789018,100"), 3);
        assert_eq!(count("予算額は1,234,567千円"), 1);
        assert_eq!(count("1  蓮見 太郎  みどり市"), 3);
        assert_eq!(count("氏　　名　　を書く"), 1);
    }

    #[test]
    fn empty_cells_keep_their_place() {
        let mut row = Row::default();
        row.read("\ta\t　\t氏名", 99, 99);
        let columns: Vec<_> = row.cells.iter().map(|cell| (cell.column, cell.label)).collect();
        assert_eq!(columns, [(1, None), (3, Some(Label::Name))]);
    }
}

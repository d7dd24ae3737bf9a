//! Reads the text of a document part in order. Knows nothing of looks.

use sanitize_core::{Job, Mark, Stop};

use crate::xml::{Element, Node, Source};

/// Most spaces that one element may stand for.
const SPACES_MAX: usize = 1000;

/// Extracts the text of a content part: a paragraph a line, cells of a row
/// with a tab between them.
pub(crate) fn extract(text: &str, part: &str, job: &mut Job<'_>) -> Result<String, Stop> {
    let mut source = Source::new(text, part);
    let mut out = String::new();
    let mut open: Vec<Role> = Vec::new();
    // How many cells are open: paragraphs in them do not end lines.
    let mut cells = 0_u32;
    let mut paragraphs = 0_u32;
    let mut places = Places::default();
    loop {
        match source.next()? {
            Node::Start(element) => {
                job.budget.take_objects(1)?;
                let mut role = Role::of(&element.name);
                if job.marks_places() {
                    places.start(&element, &mut out);
                    if element.name == "office:annotation" {
                        role = Role::Other;
                    }
                }
                match role {
                    Role::Skipped => {
                        source.skip(&element)?;
                        continue;
                    }
                    Role::Spaces => {
                        let count = element.value("text:c").and_then(|count| count.parse().ok());
                        let count = count.unwrap_or(1_usize).min(SPACES_MAX);
                        out.extend(std::iter::repeat_n(' ', count));
                    }
                    Role::Tab => out.push('\t'),
                    Role::LineBreak => out.push('\n'),
                    Role::Cell => cells += 1,
                    Role::Paragraph => {
                        if cells > 0
                            && !out.ends_with(['\t', '\n'])
                            && !out.is_empty()
                            && paragraphs == 0
                        {
                            out.push(' ');
                        }
                        paragraphs += 1;
                    }
                    Role::Row | Role::Other => {}
                }
                if element.is_empty {
                    leave(role, &mut cells, &mut paragraphs, &mut out);
                    places.end(role, &mut out, job);
                } else {
                    open.push(role);
                }
            }
            Node::End => {
                if let Some(role) = open.pop() {
                    leave(role, &mut cells, &mut paragraphs, &mut out);
                    places.end(role, &mut out, job);
                }
            }
            // White space is one space (part 3, 6.1.2).
            Node::Text(text) if paragraphs > 0 => {
                out.extend(
                    text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }),
                );
            }
            Node::Text(_) | Node::Odd => {}
            Node::Eof => return Ok(out),
        }
    }
}

/// Sheets, slides, and cells and rows that stand for many.
#[derive(Default)]
struct Places {
    slides: u32,
    /// How many rows the row at hand stands for, and those before it.
    row_repeats: u64,
    rows: u64,
    /// Columns that each open cell stands for beyond its own.
    cell_repeats: Vec<usize>,
}

impl Places {
    fn start(&mut self, element: &Element<'_>, out: &mut String) {
        let number = |name| element.value(name).and_then(|value| value.parse::<u64>().ok());
        match element.name.as_str() {
            "table:table" => {
                let name = element.value("table:name").unwrap_or_default();
                Mark::Sheet(name).write(out);
                self.rows = 0;
            }
            "draw:page" => {
                self.slides = self.slides.saturating_add(1);
                Mark::Slide(self.slides).write(out);
            }
            "table:table-row" => {
                self.row_repeats = number("table:number-rows-repeated").unwrap_or(1).max(1);
            }
            "table:table-cell" | "table:covered-table-cell" => {
                let count = number("table:number-columns-repeated").unwrap_or(1);
                let count = usize::try_from(count).unwrap_or(COLUMNS_MAX).min(COLUMNS_MAX);
                self.cell_repeats.push(count.saturating_sub(1));
            }
            _ => {}
        }
    }

    fn end(&mut self, role: Role, out: &mut String, job: &Job<'_>) {
        if !job.marks_places() {
            return;
        }
        match role {
            Role::Cell => {
                let more = self.cell_repeats.pop().unwrap_or(0);
                out.extend(std::iter::repeat_n('\t', more));
            }
            Role::Row => {
                let repeats = std::mem::replace(&mut self.row_repeats, 1);
                self.rows = self.rows.saturating_add(repeats);
                if repeats > 1 {
                    Mark::Row(self.rows.saturating_add(1)).write(out);
                }
            }
            Role::Paragraph
            | Role::Spaces
            | Role::Tab
            | Role::LineBreak
            | Role::Skipped
            | Role::Other => {}
        }
    }
}

/// Columns of a sheet; a cell never stands for more.
const COLUMNS_MAX: usize = 16_384;

fn leave(role: Role, cells: &mut u32, paragraphs: &mut u32, out: &mut String) {
    match role {
        Role::Cell => {
            *cells = cells.saturating_sub(1);
            out.push('\t');
        }
        Role::Row => {
            while out.ends_with('\t') {
                out.pop();
            }
            out.push('\n');
        }
        Role::Paragraph => {
            *paragraphs = paragraphs.saturating_sub(1);
            if *cells == 0 && *paragraphs == 0 {
                out.push('\n');
            }
        }
        Role::Skipped | Role::Spaces | Role::Tab | Role::LineBreak | Role::Other => {}
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Paragraph,
    Cell,
    Row,
    Spaces,
    Tab,
    LineBreak,
    /// Not seen on the page, or a comment's.
    Skipped,
    Other,
}

impl Role {
    fn of(name: &str) -> Self {
        match name {
            "text:p" | "text:h" => Self::Paragraph,
            "table:table-cell" | "table:covered-table-cell" => Self::Cell,
            "table:table-row" => Self::Row,
            "text:s" => Self::Spaces,
            "text:tab" => Self::Tab,
            "text:line-break" => Self::LineBreak,
            "text:tracked-changes"
            | "table:tracked-changes"
            | "office:annotation"
            | "office:scripts"
            | "office:forms"
            | "text:script" => Self::Skipped,
            _ => Self::Other,
        }
    }
}

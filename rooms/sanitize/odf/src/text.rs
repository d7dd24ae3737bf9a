//! Reads the text of a document part in order. Knows nothing of looks.

use sanitize_core::{Job, Stop};

use crate::xml::{Node, Source};

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
    loop {
        match source.next()? {
            Node::Start(element) => {
                job.budget.take_objects(1)?;
                let role = Role::of(&element.name);
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
                } else {
                    open.push(role);
                }
            }
            Node::End => {
                if let Some(role) = open.pop() {
                    leave(role, &mut cells, &mut paragraphs, &mut out);
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

//! Marks that say where a text stands: file, sheet, page, row. They travel in
//! the text itself, a line each, so that what nests also nests in the text; a
//! noncharacter opens them, which no document may exchange (Unicode 23.7).

/// What begins in a text that is read with its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark<'t> {
    /// A file inside the file at hand; [`Mark::FileEnd`] ends it.
    File(&'t str),
    /// The end of the innermost file.
    FileEnd,
    /// A sheet of a workbook.
    Sheet(&'t str),
    /// A page, from 1.
    Page(u32),
    /// A slide, from 1.
    Slide(u32),
    /// Another part, in the words of its format: comments, notes.
    Part(&'t str),
    /// The number of the next line, from 1, where rows were left out.
    Row(u64),
    /// A place that holds pictures and next to no text.
    Picture(&'t str),
}

/// A line of a text that was read with its places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marked<'t> {
    /// What begins here.
    Mark(Mark<'t>),
    /// A line without its end.
    Line(&'t str),
}

/// Opens a mark.
const OPENER: char = '\u{FDD0}';

impl Mark<'_> {
    /// Appends the mark on a line of its own.
    pub fn write(&self, out: &mut String) {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push(OPENER);
        let (letter, content) = match self {
            Self::File(name) => ('f', name.to_string()),
            Self::FileEnd => ('e', String::new()),
            Self::Sheet(name) => ('s', name.to_string()),
            Self::Page(number) => ('p', number.to_string()),
            Self::Slide(number) => ('l', number.to_string()),
            Self::Part(name) => ('o', name.to_string()),
            Self::Row(number) => ('r', number.to_string()),
            Self::Picture(name) => ('i', name.to_string()),
        };
        out.push(letter);
        out.extend(content.chars().map(|c| if c.is_control() { ' ' } else { c }));
        out.push('\n');
    }

    fn read(line: &str) -> Option<Mark<'_>> {
        let mut rest = line.strip_prefix(OPENER)?.chars();
        let letter = rest.next()?;
        let content = rest.as_str();
        Some(match letter {
            'f' => Mark::File(content),
            'e' => Mark::FileEnd,
            's' => Mark::Sheet(content),
            'p' => Mark::Page(content.parse().ok()?),
            'l' => Mark::Slide(content.parse().ok()?),
            'o' => Mark::Part(content),
            'r' => Mark::Row(content.parse().ok()?),
            'i' => Mark::Picture(content),
            _ => return None,
        })
    }
}

/// Reads a text with its marks, line by line. A document can forge a mark;
/// places are then wrong, and nothing else.
pub fn marked_lines(text: &str) -> impl Iterator<Item = Marked<'_>> {
    text.lines().map(|line| match Mark::read(line) {
        Some(mark) => Marked::Mark(mark),
        None => Marked::Line(line),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_in_their_places() {
        let mut text = "a".to_owned();
        Mark::Sheet("台\n帳").write(&mut text);
        text.push_str("b\tc\n");
        Mark::Row(7).write(&mut text);
        text.push_str("d\n\u{FDD0}x\n");
        let expected = [
            Marked::Line("a"),
            Marked::Mark(Mark::Sheet("台 帳")),
            Marked::Line("b\tc"),
            Marked::Mark(Mark::Row(7)),
            Marked::Line("d"),
            Marked::Line("\u{FDD0}x"),
        ];
        assert_eq!(marked_lines(&text).collect::<Vec<_>>(), expected);
    }
}

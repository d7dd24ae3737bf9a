//! Takes a text with the sanitiser's marks into the scanner: sheets, pages,
//! files in files.

use sanitize_core::{Mark, Marked, marked_lines};

use crate::report::Part;
use crate::scan::Scanner;

impl Scanner {
    /// Looks at a text with marks, as [`sanitize_core::marked_lines`] reads it.
    pub fn marked(&mut self, text: &str) {
        for line in marked_lines(text) {
            match line {
                Marked::Line(line) => self.line(line),
                Marked::Mark(Mark::File(name)) => self.file(name),
                Marked::Mark(Mark::FileEnd) => self.file_end(),
                Marked::Mark(Mark::Sheet(name)) => self.part(Part::Sheet(name.to_owned())),
                Marked::Mark(Mark::Page(number)) => self.part(Part::Page(number)),
                Marked::Mark(Mark::Slide(number)) => self.part(Part::Slide(number)),
                Marked::Mark(Mark::Part(name)) => self.part(Part::Other(name.to_owned())),
                Marked::Mark(Mark::Row(number)) => self.row(number),
                Marked::Mark(Mark::Picture(_)) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn findings_stand_in_the_innermost_file() {
        let mut text = String::new();
        Mark::File("a.zip").write(&mut text);
        Mark::File("b.xlsx").write(&mut text);
        Mark::Sheet("台帳").write(&mut text);
        Mark::Row(9).write(&mut text);
        text.push_str("個人番号\t123456789018\n");
        Mark::FileEnd.write(&mut text);
        Mark::FileEnd.write(&mut text);
        text.push_str("123456789018(個人番号)\n");
        let mut scanner = Scanner::new(Limits::default());
        scanner.marked(&text);
        let report = scanner.finish();
        let places: Vec<_> = report.findings.iter().map(|found| &found.place).collect();
        assert_eq!(places[0].files, ["a.zip", "b.xlsx"]);
        assert_eq!((&places[0].part, places[0].lines.0), (&Part::Sheet("台帳".to_owned()), 9));
        assert!(places[1].files.is_empty() && report.persons == 1);
    }
}

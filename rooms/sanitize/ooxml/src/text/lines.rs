//! Paragraphs and tables of Word and DrawingML as lines: a line for each
//! paragraph, a line with tabs for each table row.

use quick_xml::events::Event;

use crate::xml::escape::entity;
use crate::xml::{Malformed, split_name};

/// Elements whose content is not seen as text: properties, removed text,
/// instructions, and the second form of what was already said.
const UNSEEN: &[&str] = &[
    "pPr",
    "rPr",
    "sectPr",
    "tblPr",
    "trPr",
    "tcPr",
    "del",
    "moveFrom",
    "instrText",
    "delInstrText",
    "delText",
    "fldData",
    "Fallback",
    "sdtPr",
    "numCache",
    "numLit",
    "tblGrid",
    "ptLst",
];

/// Collects lines from one part.
#[derive(Default)]
pub(super) struct Lines {
    text: String,
    /// Depth of table cells.
    cells: usize,
    /// Whether the current cell already holds a paragraph.
    cell_has_text: bool,
    row_has_cell: bool,
    in_text: usize,
}

impl Lines {
    /// Reads a part.
    pub(super) fn read(text: &str, nesting_max: u32) -> Result<String, Malformed> {
        let mut reader = quick_xml::Reader::from_str(text);
        let mut lines = Self::default();
        let (mut unseen, mut depth) = (0_usize, 0_u32);
        loop {
            match reader.read_event()? {
                Event::Start(tag) => {
                    depth += 1;
                    let local = split_name(tag.name().0).1;
                    if depth > nesting_max {
                        return Err(Malformed);
                    }
                    if unseen > 0 || UNSEEN.contains(&local) {
                        unseen += 1;
                    } else {
                        lines.start(local);
                    }
                }
                Event::End(tag) => {
                    depth = depth.saturating_sub(1);
                    if unseen > 0 {
                        unseen -= 1;
                    } else {
                        lines.end(split_name(tag.name().0).1);
                    }
                }
                Event::Empty(tag) if unseen == 0 => {
                    let local = split_name(tag.name().0).1;
                    if !UNSEEN.contains(&local) {
                        lines.start(local);
                        lines.end(local);
                    }
                }
                Event::Text(text) if unseen == 0 => lines.add(&text),
                Event::CData(text) if unseen == 0 => lines.add(&text),
                Event::GeneralRef(name) if unseen == 0 => {
                    lines.add(entity(&name)?.encode_utf8(&mut [0; 4]))
                }
                Event::DocType(_) => return Err(Malformed),
                Event::Eof => return Ok(lines.text),
                Event::Empty(_)
                | Event::Text(_)
                | Event::CData(_)
                | Event::GeneralRef(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_) => {}
            }
        }
    }

    fn start(&mut self, local: &str) {
        match local {
            "t" | "v" => self.in_text += 1,
            "tab" | "ptab" => self.text.push('\t'),
            "br" | "cr" => self.text.push(if self.cells > 0 { ' ' } else { '\n' }),
            "noBreakHyphen" => self.text.push('-'),
            "tr" => self.row_has_cell = false,
            "tc" => {
                if self.row_has_cell && self.cells == 0 {
                    self.text.push('\t');
                }
                self.cells += 1;
                self.cell_has_text = false;
            }
            "p" if self.cells > 0 => {
                if self.cell_has_text {
                    self.text.push(' ');
                }
                self.cell_has_text = true;
            }
            _ => {}
        }
    }

    fn end(&mut self, local: &str) {
        match local {
            "t" | "v" => {
                self.in_text = self.in_text.saturating_sub(1);
                if local == "v" {
                    self.text.push('\n');
                }
            }
            // A comment of a sheet has text and no paragraphs.
            "comment" if !self.text.is_empty() && !self.text.ends_with('\n') => {
                self.text.push('\n');
            }
            "p" if self.cells == 0 => self.text.push('\n'),
            "tc" => {
                self.cells = self.cells.saturating_sub(1);
                self.row_has_cell = true;
            }
            "tr" if self.cells == 0 => self.text.push('\n'),
            _ => {}
        }
    }

    fn add(&mut self, text: &str) {
        if self.in_text > 0 {
            self.text.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_lines_and_rows_have_tabs() {
        let text = "<w:d><w:p><w:r><w:t>a &amp; b</w:t><w:tab/><w:t>c</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:t>1</w:t></w:p>\
            <w:p><w:t>2</w:t></w:p></w:tc><w:tc><w:p><w:t>3</w:t></w:p></w:tc></w:tr></w:tbl><w:del><w:t>x</w:t></w:del></w:d>";
        assert_eq!(Lines::read(text, 99).as_deref(), Ok("a & b\tc\n1 2\t3\n"));
    }
}

//! Worksheets as lines: a line for each row, cells at their columns between
//! tabs. Values are those that the file keeps; dates are written out.

use quick_xml::events::Event;
use sanitize_core::{Job, Mark, Stop, reasons};

use crate::xml::escape::entity;
use crate::xml::{Malformed, decode, split_name};

use super::{Document, append, value_or_empty};

/// Columns of a sheet (ECMA-376 Part 1, 18.3.1.4); more tabs are never made.
const COLUMNS_MAX: usize = 16_384;

/// Extracts all sheets, each under its name.
pub(super) fn extract(document: &Document<'_, '_>, job: &mut Job<'_>) -> Result<String, Stop> {
    let mut strings = Vec::new();
    for part in document.parts(&document.main, &document.relations, "sharedStrings") {
        strings = read(document, &part, job, shared_strings)?;
    }
    let mut dates = Vec::new();
    for part in document.parts(&document.main, &document.relations, "styles") {
        dates = read(document, &part, job, date_styles)?;
    }
    let main = document.main.clone();
    let sheets = read(document, &main, job, sheets)?;
    let mut text = String::new();
    for (name, id) in sheets {
        let Some(part) = document.part_by_id(&id) else { continue };
        if job.marks_places() {
            job.mark(&mut text, &Mark::Sheet(&name));
        } else {
            append(&mut text, &name);
            text.push('\n');
        }
        let left = job.budget.bytes_left();
        let mut rows =
            Rows { strings: &strings, dates: &dates, bytes_max: left, ..Rows::default() };
        rows.marks_places = job.marks_places();
        let lines = read(document, &part, job, |xml| rows.read(xml))?;
        job.budget.take_bytes(lines.len() as u64)?;
        append(&mut text, &lines);
        if job.marks_places() {
            add_beside(document, &part, &name, &mut text, job)?;
        }
    }
    Ok(text)
}

/// Comments and text boxes, which lie in parts beside the sheet.
fn add_beside(
    document: &Document<'_, '_>,
    sheet: &str,
    name: &str,
    text: &mut String,
    job: &mut Job<'_>,
) -> Result<(), Stop> {
    let relations = document.package.relations(sheet, job)?;
    for kind in ["comments", "drawing"] {
        for part in document.parts(sheet, &relations, kind) {
            let lines = document.lines(&part, job)?;
            if !lines.trim().is_empty() {
                job.mark(text, &Mark::Part(&format!("{name} {kind}")));
                append(text, &lines);
            }
        }
    }
    Ok(())
}

fn read<T>(
    document: &Document<'_, '_>,
    part: &str,
    job: &mut Job<'_>,
    read: impl FnOnce(&str) -> Result<T, Malformed>,
) -> Result<T, Stop> {
    let bytes = document.package.data(part, job)?;
    let broken = |_| Stop::blocked(&reasons::BROKEN, part);
    let text = decode(&bytes).map_err(broken)?;
    read(&text).map_err(broken)
}

/// Sheets in the order of their tabs: name and relationship id.
fn sheets(xml: &str) -> Result<Vec<(String, String)>, Malformed> {
    let mut sheets = Vec::new();
    crate::package::each_element(xml, |local, raw| {
        if local == "sheet" {
            sheets.push((value_or_empty(raw, "name")?, value_or_empty(raw, "id")?));
        }
        Ok(())
    })?;
    Ok(sheets)
}

/// The shared strings, phonetic readings left out (18.4.6).
fn shared_strings(xml: &str) -> Result<Vec<String>, Malformed> {
    let mut strings = Vec::new();
    let mut current = String::new();
    let (mut in_text, mut in_reading) = (false, false);
    walk(xml, |step| {
        match step {
            Step::Start("si", _) => current.clear(),
            Step::Start("t", _) => in_text = true,
            Step::End("t") => in_text = false,
            Step::Start("rPh", _) => in_reading = true,
            Step::End("rPh") => in_reading = false,
            Step::End("si") => strings.push(std::mem::take(&mut current)),
            Step::Text(text) if in_text && !in_reading => current.push_str(text),
            Step::Start(..) | Step::End(_) | Step::Text(_) => {}
        }
        Ok(())
    })?;
    Ok(strings)
}

/// For each cell format, whether it shows a date (18.8.30).
fn date_styles(xml: &str) -> Result<Vec<bool>, Malformed> {
    let mut custom = std::collections::HashMap::new();
    let mut dates = Vec::new();
    let mut in_cells = false;
    walk(xml, |step| {
        match step {
            Step::Start("numFmt", raw) => {
                custom.insert(
                    value_or_empty(raw, "numFmtId")?,
                    is_date_code(&value_or_empty(raw, "formatCode")?),
                );
            }
            Step::Start("cellXfs", _) => in_cells = true,
            Step::End("cellXfs") => in_cells = false,
            Step::Start("xf", raw) if in_cells => {
                let id = value_or_empty(raw, "numFmtId")?;
                let built_in = id
                    .parse()
                    .is_ok_and(|id: u32| matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=58));
                dates.push(custom.get(&id).copied().unwrap_or(built_in));
            }
            Step::Start(..) | Step::End(_) | Step::Text(_) => {}
        }
        Ok(())
    })?;
    Ok(dates)
}

/// Says whether a number format shows a day or year, outside its texts.
fn is_date_code(code: &str) -> bool {
    let mut is_text = false;
    let mut is_bracket = false;
    let mut is_escaped = false;
    code.chars().any(|letter| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match letter {
            _ if was_escaped => false,
            '\\' | '_' | '*' => {
                is_escaped = true;
                false
            }
            '"' => {
                is_text = !is_text;
                false
            }
            '[' | ']' if !is_text => {
                is_bracket = letter == '[';
                false
            }
            'y' | 'Y' | 'd' | 'D' | 'e' | 'g' => {
                !is_text && !is_bracket && !code.contains("General")
            }
            _ => false,
        }
    })
}

enum Step<'x> {
    Start(&'x str, &'x str),
    End(&'x str),
    Text(&'x str),
}

fn walk(
    xml: &str,
    mut visit: impl FnMut(Step<'_>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut reader = quick_xml::Reader::from_str(xml);
    loop {
        match reader.read_event()? {
            Event::Start(tag) => {
                visit(Step::Start(split_name(tag.name().0).1, tag.attributes_raw()))?
            }
            Event::Empty(tag) => {
                visit(Step::Start(split_name(tag.name().0).1, tag.attributes_raw()))?;
                visit(Step::End(split_name(tag.name().0).1))?;
            }
            Event::End(tag) => visit(Step::End(split_name(tag.name().0).1))?,
            Event::Text(text) => visit(Step::Text(&text))?,
            Event::CData(text) => visit(Step::Text(&text))?,
            Event::GeneralRef(name) => visit(Step::Text(entity(&name)?.encode_utf8(&mut [0; 4])))?,
            Event::DocType(_) => return Err(Malformed),
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

/// Reads one sheet's rows.
#[derive(Default)]
struct Rows<'s> {
    strings: &'s [String],
    dates: &'s [bool],
    bytes_max: u64,
    text: String,
    column: usize,
    kind: String,
    is_date: bool,
    value: String,
    in_value: bool,
    marks_places: bool,
    /// The number that the next line has unless a mark says otherwise.
    line: u64,
}

impl Rows<'_> {
    fn read(&mut self, xml: &str) -> Result<String, Malformed> {
        walk(xml, |step| self.step(step))?;
        Ok(std::mem::take(&mut self.text))
    }

    fn step(&mut self, step: Step<'_>) -> Result<(), Malformed> {
        match step {
            Step::Start("row", raw) => {
                self.column = 0;
                if self.marks_places {
                    self.mark_row(raw)?;
                }
            }
            Step::End("row") if self.column > 0 => {
                self.text.push('\n');
                self.line += 1;
            }
            Step::Start("c", raw) => {
                self.kind = value_or_empty(raw, "t")?;
                let style: Option<usize> = value_or_empty(raw, "s")?.parse().ok();
                self.is_date =
                    style.and_then(|style| self.dates.get(style)).copied().unwrap_or(false);
                let column = column_of(&value_or_empty(raw, "r")?).unwrap_or(self.column + 1);
                self.value.clear();
                self.move_to(column);
            }
            Step::Start("v" | "t", _) => self.in_value = true,
            Step::End("v" | "t") => self.in_value = false,
            Step::Text(text) if self.in_value => self.value.push_str(text),
            Step::End("c") => self.put_value(),
            Step::Start(..) | Step::End(_) | Step::Text(_) => {}
        }
        if self.text.len() as u64 > self.bytes_max { Err(Malformed) } else { Ok(()) }
    }

    /// Says which row comes, where rows were left out before it.
    fn mark_row(&mut self, raw: &str) -> Result<(), Malformed> {
        let next = self.line + 1;
        let number = value_or_empty(raw, "r")?.parse().unwrap_or(next);
        if number != next {
            Mark::Row(number).write(&mut self.text);
            self.line = number.saturating_sub(1);
        }
        Ok(())
    }

    /// Puts the tabs between the last cell and this one.
    fn move_to(&mut self, column: usize) {
        let column = column.min(COLUMNS_MAX);
        let from = self.column.max(1);
        for _ in from..column {
            self.text.push('\t');
        }
        self.column = column.max(self.column).max(1);
    }

    fn put_value(&mut self) {
        let value = std::mem::take(&mut self.value);
        match self.kind.as_str() {
            "s" => {
                let at: Option<usize> = value.trim().parse().ok();
                let text = at.and_then(|at| self.strings.get(at)).map_or("", String::as_str);
                put_cell(&mut self.text, text);
            }
            "b" => self.text.push_str(if value.trim() == "1" { "TRUE" } else { "FALSE" }),
            "" | "n" if self.is_date => match value.trim().parse().ok().and_then(date) {
                Some(date) => self.text.push_str(&date),
                None => put_cell(&mut self.text, &value),
            },
            _ => put_cell(&mut self.text, &value),
        }
    }
}

/// A cell's text on one line.
fn put_cell(out: &mut String, text: &str) {
    out.extend(
        text.chars().map(|letter| if matches!(letter, '\n' | '\r' | '\t') { ' ' } else { letter }),
    );
}

/// The column of a cell's address, from 1.
fn column_of(address: &str) -> Option<usize> {
    let mut letters = address.bytes().take_while(u8::is_ascii_alphabetic);
    let column = letters.try_fold(0_usize, |column, letter| {
        column.checked_mul(26)?.checked_add(usize::from(letter.to_ascii_uppercase() - b'A') + 1)
    })?;
    (1..=COLUMNS_MAX).contains(&column).then_some(column)
}

/// A serial number in the 1900 system as a date and, if it has one, a time.
fn date(serial: f64) -> Option<String> {
    const DAYS_MAX: f64 = 2_958_466.0;
    const SECONDS_PER_DAY: f64 = 86_400.0;
    if !(1.0..DAYS_MAX).contains(&serial) {
        return None;
    }
    let seconds = (serial * SECONDS_PER_DAY).round();
    // In range by the check above: at most 2.6e11.
    #[allow(clippy::cast_possible_truncation)]
    let seconds = seconds as i64;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // The system counts a 29 February 1900 that never was.
    let since_1970 = days - if days < 60 { 25_568 } else { 25_569 };
    let (year, month, day) = civil(since_1970);
    let mut text = format!("{year:04}-{month:02}-{day:02}");
    if second > 0 {
        text.push_str(&format!(" {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60));
    }
    Some(text)
}

/// Year, month and day of a day number from 1970-01-01, proleptic Gregorian,
/// by eras of 400 years that start in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_at_their_columns() {
        let xml = "<s><row><c r=\"B1\" t=\"s\"><v>0</v></c><c r=\"D1\"><v>1.5</v></c></row>\
            <row><c t=\"inlineStr\"><is><t>a\nb</t></is></c><c t=\"b\"><v>1</v></c></row></s>";
        let strings = ["x".to_owned()];
        let mut rows = Rows { strings: &strings, bytes_max: 99, ..Rows::default() };
        assert_eq!(rows.read(xml).as_deref(), Ok("\tx\t\t1.5\na b\tTRUE\n"));
    }

    #[test]
    fn serial_numbers_are_dates() {
        assert_eq!(date(45_000.0).as_deref(), Some("2023-03-15"));
        assert_eq!(date(1.0).as_deref(), Some("1900-01-01"));
        assert_eq!(date(45_000.5).as_deref(), Some("2023-03-15 12:00:00"));
        assert_eq!(date(-1.0), None);
        assert!(
            is_date_code("yyyy/mm/dd")
                && is_date_code("[$-411]ggge\"年\"")
                && !is_date_code("0.0\"day\"")
                && !is_date_code("General")
        );
    }
}

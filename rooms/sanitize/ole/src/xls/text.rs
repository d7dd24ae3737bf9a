//! A workbook's visible text: a line for each row, cells parted by tabs. Knows
//! cells and their stored values, computes nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use sanitize_core::{Job, Mark, Stop};

use super::record::{self, Biff, Record};
use super::{Workbook, code_page, strings};
use crate::bytes::{slice, u8_at, u16_at, u32_at};
use crate::package::Package;

/// Extracts the text of all sheets.
pub(crate) fn text(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let package = Package::open(bytes, job)?;
    let workbook = Workbook::open(&package, job)?;
    let globals = workbook.globals(job)?;
    let formats = Formats::read(&globals, workbook.biff);
    let code_page = code_page(&globals);
    let shared = match globals.iter().position(|record| record.id == 0xFC) {
        Some(at) => {
            strings::shared_table(&globals[at..=at + record::continues(&globals, at).len()])
        }
        None => Vec::new(),
    };
    let reader = Reader { biff: workbook.biff, code_page, formats: &formats, shared: &shared };
    let bounds = workbook.bounds(&globals);
    let mut out = String::new();
    if bounds.is_empty() {
        reader.sheet(&globals).write_to(&mut out, job);
    }
    for bound in bounds {
        let records = record::substream(&workbook.stream, bound.at, job)?;
        let table = reader.sheet(&records);
        if table.0.is_empty() {
            continue;
        }
        job.budget.take_objects(table.0.len() as u64)?;
        if job.marks_places() {
            job.mark(&mut out, &Mark::Sheet(&bound.name));
        } else {
            let _ = writeln!(out, "{}", bound.name);
        }
        table.write_to(&mut out, job);
        out.push('\n');
    }
    job.budget.take_bytes(out.len() as u64)?;
    Ok(out)
}

/// Cells by row and column.
struct Table(BTreeMap<(u16, u16), String>);

impl Table {
    fn write_to(&self, out: &mut String, job: &Job<'_>) {
        let mut place: Option<(u16, u16)> = None;
        for ((row, column), text) in &self.0 {
            let start = match place {
                Some((last_row, last_column)) if last_row == *row => last_column,
                Some(_) => {
                    out.push('\n');
                    0
                }
                None => 0,
            };
            let line = place.map_or(0, |(last, _)| last + 1);
            if place.is_none_or(|(last, _)| last != *row) && line != *row {
                job.mark(out, &Mark::Row(u64::from(*row) + 1));
            }
            for _ in start..*column {
                out.push('\t');
            }
            out.extend(text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }));
            place = Some((*row, *column));
        }
        if place.is_some() {
            out.push('\n');
        }
    }
}

/// Which cell formats show a number as a date.
struct Formats {
    is_date: Vec<bool>,
    is_1904: bool,
}

impl Formats {
    fn read(globals: &[Record<'_>], biff: Biff) -> Self {
        let mut codes = BTreeMap::new();
        let mut is_date = Vec::new();
        let mut is_1904 = false;
        for record in globals {
            match record.id {
                0x41E if biff == Biff::Eight => {
                    let code = record.body.get(2..).and_then(strings::long);
                    codes.insert(u16_at(record.body, 0), code.map_or(String::new(), |c| c.0));
                }
                0x41E => {
                    let code = record.body.get(3..).unwrap_or_default();
                    codes
                        .insert(u16_at(record.body, 0), String::from_utf8_lossy(code).into_owned());
                }
                0xE0 => {
                    let format = u16_at(record.body, 2);
                    let by_code = codes.get(&format).is_some_and(|code| is_date_code(code));
                    is_date
                        .push(by_code || matches!(format, 14..=22 | 27..=36 | 45..=47 | 50..=58));
                }
                0x22 => is_1904 = u16_at(record.body, 0) == 1,
                _ => {}
            }
        }
        Self { is_date, is_1904 }
    }

    fn number(&self, value: f64, format: u16) -> String {
        let is_date = self.is_date.get(usize::from(format)).copied().unwrap_or(false);
        if is_date && let Some(date) = date(value, self.is_1904) {
            return date;
        }
        general(value)
    }
}

/// Says whether a format code shows years, days or hours.
fn is_date_code(code: &str) -> bool {
    let mut is_quoted = false;
    let mut is_bracketed = false;
    let mut is_escaped = false;
    for letter in code.chars() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            '[' => is_bracketed = true,
            ']' => is_bracketed = false,
            'y' | 'd' | 'h' | 's' | 'Y' | 'D' | 'H' if !is_quoted && !is_bracketed => return true,
            _ => {}
        }
    }
    false
}

/// Day 0 of each date system, counted from 1970-01-01.
const DAYS_1900_TO_1970: i64 = -25_569;
const DAYS_1904_TO_1970: i64 = -24_107;

/// Writes a day number as a date, with the time where it has one.
fn date(value: f64, is_1904: bool) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&value) {
        return None;
    }
    let seconds = (value.fract() * 86_400.0).round() as i64;
    let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut days = value.trunc() as i64;
    if days == 0 && !is_1904 {
        return Some(time);
    }
    // Day 60 is 29 February 1900, which never was: earlier days count one more.
    days += match is_1904 {
        true => DAYS_1904_TO_1970,
        false => i64::from(days < 60) + DAYS_1900_TO_1970,
    };
    let (year, month, day) = civil(days);
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(if seconds == 0 { date } else { format!("{date} {time}") })
}

/// Turns days since 1970-01-01 into a date of the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Writes a number as Excel's General format does, to 15 digits.
fn general(value: f64) -> String {
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    format!("{rounded}")
}

struct Reader<'r> {
    biff: Biff,
    code_page: u16,
    formats: &'r Formats,
    shared: &'r [String],
}

impl Reader<'_> {
    fn sheet(&self, records: &[Record<'_>]) -> Table {
        let mut cells = BTreeMap::new();
        let mut last = None;
        for (at, record) in records.iter().enumerate() {
            let body = record.body;
            let place = (u16_at(body, 0), u16_at(body, 2));
            let value = match record.id {
                0xFD => self.shared.get(u32_at(body, 6) as usize).cloned(),
                0x204 | 0xD6 => self.label(body),
                0x203 => slice(body, 6, 8).map(|raw| self.number(raw, body)),
                0x27E => Some(self.formats.number(packed(u32_at(body, 6)), u16_at(body, 4))),
                0xBD => {
                    self.packed_row(body, &mut cells);
                    None
                }
                0x205 => Some(error_or_bool(u8_at(body, 6), u8_at(body, 7) == 1)),
                0x06 => {
                    last = Some(place);
                    self.formula(body)
                }
                0x207 => {
                    let all = &records[at..=at + record::continues(records, at).len()];
                    if let Some(place) = last {
                        cells.insert(place, self.formula_text(all));
                    }
                    None
                }
                _ => None,
            };
            if let Some(text) = value.filter(|text| !text.is_empty()) {
                cells.insert(place, text);
            }
        }
        Table(cells)
    }

    fn label(&self, body: &[u8]) -> Option<String> {
        if self.biff == Biff::Eight {
            return body.get(6..).and_then(strings::long).map(|(text, _)| text);
        }
        let raw = slice(body, 8, usize::from(u16_at(body, 6)))?;
        Some(strings::in_code_page(raw, self.code_page))
    }

    fn formula_text(&self, records: &[Record<'_>]) -> String {
        if self.biff == Biff::Eight {
            return strings::over_records(records);
        }
        strings::in_code_page(records[0].body.get(2..).unwrap_or_default(), self.code_page)
    }

    fn number(&self, raw: &[u8], body: &[u8]) -> String {
        let bytes: [u8; 8] = raw.try_into().unwrap_or_default();
        self.formats.number(f64::from_le_bytes(bytes), u16_at(body, 4))
    }

    fn formula(&self, body: &[u8]) -> Option<String> {
        let value = slice(body, 6, 8)?;
        if u16_at(value, 6) != 0xFFFF {
            return Some(self.number(value, body));
        }
        matches!(value[0], 1 | 2).then(|| error_or_bool(value[2], value[0] == 2))
    }

    fn packed_row(&self, body: &[u8], cells: &mut BTreeMap<(u16, u16), String>) {
        let (row, first) = (u16_at(body, 0), u16_at(body, 2));
        let cells_end = body.len().saturating_sub(2);
        let packed_cells = body.get(4..cells_end).unwrap_or_default().chunks_exact(6);
        for (index, cell) in packed_cells.enumerate() {
            let column = first.saturating_add(u16::try_from(index).unwrap_or(u16::MAX));
            let text = self.formats.number(packed(u32_at(cell, 2)), u16_at(cell, 0));
            cells.insert((row, column), text);
        }
    }
}

/// Unpacks an RkNumber (2.5.217).
fn packed(raw: u32) -> f64 {
    let value = if raw & 2 != 0 {
        f64::from((raw as i32) >> 2)
    } else {
        f64::from_bits(u64::from(raw & !3) << 32)
    };
    if raw & 1 != 0 { value / 100.0 } else { value }
}

fn error_or_bool(value: u8, is_error: bool) -> String {
    let text = match (is_error, value) {
        (false, 0) => "FALSE",
        (false, _) => "TRUE",
        (true, 0x00) => "#NULL!",
        (true, 0x07) => "#DIV/0!",
        (true, 0x0F) => "#VALUE!",
        (true, 0x17) => "#REF!",
        (true, 0x1D) => "#NAME?",
        (true, 0x24) => "#NUM!",
        (true, _) => "#N/A",
    };
    text.to_owned()
}

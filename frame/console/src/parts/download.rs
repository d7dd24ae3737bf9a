//! The same table as a file: CSV or an Excel workbook.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format as CellFormat, Workbook, XlsxError};

use super::Table;
use super::table::Cell;
use crate::failure::Failure;
use crate::form::Fields;

/// The name in the query that asks for a file.
pub(super) const FORMAT: &str = "format";

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 with a byte order mark, so that Excel reads it as UTF-8.
    Csv,
    /// A workbook.
    Xlsx,
}

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// As CSV.
    #[error("cannot write CSV")]
    Csv(#[from] csv::Error),
    /// As a workbook.
    #[error("cannot write a workbook")]
    Xlsx(#[from] XlsxError),
}

impl Format {
    /// The file that a request asks for.
    #[must_use]
    pub fn asked(query: &Fields) -> Option<Self> {
        Self::parse(query.value(FORMAT))
    }

    /// Reads the ending of a kind of file.
    #[must_use]
    pub fn parse(ending: &str) -> Option<Self> {
        [Self::Csv, Self::Xlsx].into_iter().find(|format| format.ending() == ending)
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// Rows that one file holds: what a list loads before it says so.
pub const ROWS_MAX: usize = 100_000;

impl Table<'_> {
    /// The table as a file, named after `stem` (letters, digits, dashes).
    ///
    /// # Errors
    /// If it cannot be written, which is our fault.
    pub fn file(&self, format: Format, stem: &str) -> Result<Response, Failure> {
        let bytes = match format {
            Format::Csv => self.csv().map_err(DownloadError::from),
            Format::Xlsx => self.xlsx().map_err(DownloadError::from),
        }
        .map_err(Failure::internal)?;
        let name = format!("attachment; filename=\"{stem}.{}\"", format.ending());
        let name = HeaderValue::from_str(&name).map_err(Failure::internal)?;
        let kind = HeaderValue::from_static(format.media_type());
        let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
        Ok((headers, bytes).into_response())
    }

    fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer("\u{feff}".as_bytes().to_vec());
        writer.write_record(self.columns.iter().map(|column| inert(&column.label)))?;
        for row in self.rows.iter().take(ROWS_MAX) {
            writer.write_record(row.iter().map(plain))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }

    fn xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let bold = CellFormat::new().set_bold();
        let sheet = book.add_worksheet();
        for (column, index) in self.columns.iter().zip(0_u16..) {
            sheet.write_string_with_format(0, index, &column.label, &bold)?;
        }
        for (row, line) in self.rows.iter().take(ROWS_MAX).zip(1_u32..) {
            for (cell, index) in row.iter().zip(0_u16..) {
                // Written as text, a formula stays text.
                match cell.number {
                    #[expect(clippy::cast_precision_loss, reason = "Excel has no other number")]
                    Some(number) => sheet.write_number(line, index, number as f64)?,
                    None => sheet.write_string(line, index, &cell.text)?,
                };
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.autofit();
        book.save_to_buffer()
    }
}

fn plain(cell: &Cell) -> String {
    match cell.number {
        Some(number) => number.to_string(),
        None => inert(&cell.text),
    }
}

/// Text that a spreadsheet would take for a formula gets an apostrophe, as
/// typed by hand (OWASP, CSV Injection).
fn inert(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        assert_eq!(inert("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(inert("－1"), "'－1");
        assert_eq!(inert("緑ヶ丘市"), "緑ヶ丘市");
        assert_eq!(plain(&Cell::number(-5)), "-5");
    }
}

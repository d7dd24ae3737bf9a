//! Excel 5 to 2003, [MS-XLS]: takes the workbook apart into records and writes
//! a fresh one. Knows which substream is which; sheets rewrite themselves.

mod allow;
mod formula;
mod globals;
mod object;
mod record;
mod sheet;
mod strings;
mod text;

use sanitize_core::{Format, Job, Output, Stop};

use crate::bytes::{index_at, u8_at, u16_at};
use crate::codes::{MACRO_SHEET, RECORD, RESIDUE};
use crate::crypt;
use crate::package::{self, Package};
use crate::summary;
use record::{BOF, Biff, EOF, Record};
use sheet::Sheet;
use strings::Added;

pub(crate) use text::text;

/// A sheet as BOUNDSHEET (2.4.28) announces it.
struct Bound {
    pub at: usize,
    pub kind: u8,
    pub name: String,
}

/// The decrypted workbook stream and its dialect.
struct Workbook {
    pub stream: Vec<u8>,
    pub biff: Biff,
    pub was_encrypted: bool,
}

impl Workbook {
    fn open(package: &Package<'_>, job: &mut Job<'_>) -> Result<Self, Stop> {
        let stream = package.first(&["Workbook", "Book"], job)?;
        let mut stream = stream.ok_or_else(|| package::broken("Workbook"))?;
        if u16_at(&stream, 0) != BOF {
            return Err(package::broken("Workbook"));
        }
        let biff = match u16_at(&stream, 4) {
            0x600 => Biff::Eight,
            0x500 => Biff::Five,
            // Some writers leave the version empty; the length tells.
            _ if u16_at(&stream, 2) >= 16 => Biff::Eight,
            _ => Biff::Five,
        };
        let was_encrypted = crypt::xls::decrypt(&mut stream, job)?;
        Ok(Self { stream, biff, was_encrypted })
    }

    fn globals(&self, job: &mut Job<'_>) -> Result<Vec<Record<'_>>, Stop> {
        let mut records = record::substream(&self.stream, 0, job)?;
        // Past a second BOF the workbook's own records are over, unless there
        // is but one sheet and no globals.
        let second = records.iter().skip(1).position(|record| record.id == BOF);
        let has_sheets = records.iter().any(|record| record.id == globals::BOUND_SHEET);
        if let Some(second) = second.filter(|_| has_sheets) {
            records.truncate(second + 1);
        }
        Ok(records)
    }

    fn bounds(&self, globals: &[Record<'_>]) -> Vec<Bound> {
        let code_page = code_page(globals);
        let sheets = globals.iter().filter(|record| record.id == globals::BOUND_SHEET);
        sheets.map(|record| bound(record.body, self.biff, code_page)).collect()
    }
}

fn bound(body: &[u8], biff: Biff, code_page: u16) -> Bound {
    let count = usize::from(u8_at(body, 6));
    let name = match biff {
        Biff::Eight => strings::chars(body, 7, count).map(|(name, _)| name),
        Biff::Five => body.get(7..7 + count).map(|raw| strings::in_code_page(raw, code_page)),
    };
    Bound { at: index_at(body, 0), kind: u8_at(body, 5), name: name.unwrap_or_default() }
}

fn code_page(globals: &[Record<'_>]) -> u16 {
    globals.iter().find(|record| record.id == 0x42).map_or(1252, |record| u16_at(record.body, 0))
}

/// A macro sheet or a module of Visual Basic (2.4.28).
fn is_macro_kind(kind: u8) -> bool {
    !matches!(kind, 0 | 2)
}

/// Rebuilds a workbook.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
    let package = Package::open(bytes, job)?;
    let workbook = Workbook::open(&package, job)?;
    package.report_dropped(&["Workbook", "Book"], job);
    if workbook.was_encrypted {
        job.removed(&crate::codes::ENCRYPTION, "");
    }
    let stream = rewrite(&workbook, job)?;
    let (name, class) = match workbook.biff {
        Biff::Eight => ("Workbook", 0x0002_0820),
        Biff::Five => ("Book", 0x0002_0810),
    };
    let mut streams = vec![(name, stream)];
    streams.extend(summary::kept(&package, job)?.map(|kept| (summary::STREAM, kept)));
    let bytes = package::pack(package::office_class(class), streams)?;
    Ok(Output { format: Format::Xls, bytes })
}

fn rewrite(workbook: &Workbook, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let records = workbook.globals(job)?;
    let bounds = workbook.bounds(&records);
    let links = globals::Links::read(&records, workbook.biff, job);
    let mut added = Added::after(globals::shared_strings(&records));
    let mut sheets = Vec::new();
    let mut end = record::end(0, &records);
    for bound in &bounds {
        let mut out = Vec::new();
        let sheet_end = rewrite_sheet(workbook, bound, &links, &mut added, job, &mut out)?;
        end = end.max(sheet_end);
        sheets.push(out);
    }
    let rest = workbook.stream.get(end..).unwrap_or_default();
    if rest.iter().any(|&byte| byte != 0) {
        job.removed(&RESIDUE, "");
    }
    let mut out = Vec::new();
    let places = if bounds.is_empty() {
        // Excel 5 charts and some exports are a single sheet.
        let mut sheet =
            Sheet { scope: &links.scope, added: &mut added, place: "", is_macro: false };
        sheet.rewrite(&records, 0, job, &mut out)?;
        Vec::new()
    } else {
        globals::rewrite(&records, workbook.biff, &links, &added, job, &mut out)?
    };
    for (sheet, place) in sheets.into_iter().zip(places) {
        let at = u32::try_from(out.len()).map_err(|_| package::unsupported(""))?;
        crate::bytes::put(&mut out, place, &at.to_le_bytes());
        out.extend_from_slice(&sheet);
    }
    Ok(out)
}

/// Writes one sheet; returns where the old one ends in its stream.
fn rewrite_sheet(
    workbook: &Workbook,
    bound: &Bound,
    links: &globals::Links,
    added: &mut Added,
    job: &mut Job<'_>,
    out: &mut Vec<u8>,
) -> Result<usize, Stop> {
    let records = record::substream(&workbook.stream, bound.at, job)?;
    let end = record::end(bound.at, &records);
    let is_macro = is_macro_kind(bound.kind)
        || matches!(records.first().map(|bof| u16_at(bof.body, 2)), Some(0x40 | 0x06 | 0x100));
    if is_macro {
        job.removed(&MACRO_SHEET, &bound.name);
    }
    // A module holds program text instead of cells.
    let is_module = bound.kind == 6 || records.len() < 2;
    if is_module {
        if !is_macro {
            job.removed(&RECORD, &bound.name);
        }
        push_empty(workbook.biff, out);
        return Ok(end);
    }
    let mut sheet = Sheet { scope: &links.scope, added, place: &bound.name, is_macro };
    sheet.rewrite(&records, 0, job, out)?;
    Ok(end)
}

/// An empty sheet keeps the numbers of the others right.
fn push_empty(biff: Biff, out: &mut Vec<u8>) {
    match biff {
        Biff::Eight => {
            let bof = [0, 6, 0x10, 0, 0xBB, 0x0D, 0xCC, 7, 0, 0, 0, 0, 6, 0, 0, 0];
            record::push(out, BOF, &bof);
            record::push(out, 0x200, &[0; 14]);
            let window = [0xB6, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            record::push(out, 0x23E, &window);
        }
        Biff::Five => {
            record::push(out, BOF, &[0, 5, 0x10, 0, 0x0B, 0x0D, 0xCB, 7]);
            record::push(out, 0x200, &[0; 10]);
            record::push(out, 0x23E, &[0xB6, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
    }
    record::push(out, EOF, &[]);
}

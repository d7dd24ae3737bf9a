//! The workbook's own records: sheets, names, links to other books, shared
//! strings, pictures. Knows nothing of cells.

use sanitize_core::{Choice, Job, Stop};

use super::allow::{self, Fate};
use super::formula::Scope;
use super::is_macro_kind;
use super::record::{self, BOF, Biff, CONTINUE, EOF, Record};
use super::sheet::push_old_reference;
use super::strings::{self, Added};
use crate::art::Rewriter;
use crate::art::blip::{Blips, Store};
use crate::bytes::{put, slice, u8_at, u16_at, u32_at};
use crate::codes;

pub(super) const BOUND_SHEET: u16 = 0x85;
const SUP_BOOK: u16 = 0x1AE;
const EXTERN_SHEET: u16 = 0x17;
const NAME: u16 = 0x18;
const SST: u16 = 0xFC;
const DRAWING_GROUP: u16 = 0xEB;
const FILE_PASS: u16 = 0x2F;
const WRITE_ACCESS: u16 = 0x5C;
const THEME: u16 = 0x896;

/// A formula that gives #REF!, for names that must go but keep their number.
const REF_ERROR: [u8; 2] = [0x1C, 0x17];

/// What the workbook's formulas may refer to.
pub(super) struct Links {
    pub scope: Scope,
    /// Which sheets each entry of EXTERNSHEET names, where it is our own book.
    sheets: Vec<Option<[u8; 4]>>,
}

impl Links {
    /// Reads SUPBOOK and EXTERNSHEET (2.4.271, 2.4.105) and reports the books
    /// that are somebody else's.
    pub fn read(records: &[Record<'_>], biff: Biff, job: &mut Job<'_>) -> Self {
        let mut books = Vec::new();
        let mut sheets = Vec::new();
        for (at, record) in records.iter().enumerate() {
            match record.id {
                SUP_BOOK if biff == Biff::Eight => {
                    let is_own = record.body.len() == 4 && u16_at(record.body, 2) == 0x0401;
                    if !is_own {
                        job.removed(&codes::EXTERNAL_LINK, "");
                    }
                    books.push(is_own);
                }
                EXTERN_SHEET if biff == Biff::Eight => {
                    let body = record::joined(records, at);
                    sheets.extend(body.get(2..).unwrap_or_default().chunks_exact(6).map(|entry| {
                        let book = usize::from(u16_at(entry, 0));
                        let is_own = books.get(book).copied().unwrap_or(false);
                        is_own.then(|| [entry[2], entry[3], entry[4], entry[5]])
                    }));
                }
                _ => {}
            }
        }
        let sheets_are_own = sheets.iter().map(Option::is_some).collect();
        Self { scope: Scope { biff, sheets_are_own }, sheets }
    }

    /// Writes one SUPBOOK for this workbook and an EXTERNSHEET with the old
    /// numbers; what named another book now names a sheet that is gone.
    fn push(&self, sheets: usize, out: &mut Vec<u8>) {
        let count = u16::try_from(sheets).unwrap_or(u16::MAX).to_le_bytes();
        record::push(out, SUP_BOOK, &[count[0], count[1], 1, 4]);
        let mut body = u16::try_from(self.sheets.len()).unwrap_or(0).to_le_bytes().to_vec();
        for sheets in &self.sheets {
            body.extend_from_slice(&[0, 0]);
            body.extend_from_slice(&sheets.unwrap_or([0xFF; 4]));
        }
        record::push(out, EXTERN_SHEET, &body);
    }
}

/// Returns how many strings the shared table holds.
pub(super) fn shared_strings(records: &[Record<'_>]) -> u32 {
    let table = records.iter().find(|record| record.id == SST);
    table.map_or(0, |record| u32_at(record.body, 4))
}

/// Rewrites the workbook's records; returns where in `out` each sheet's
/// position is to be written.
pub(super) fn rewrite(
    records: &[Record<'_>],
    biff: Biff,
    links: &Links,
    added: &Added,
    job: &mut Job<'_>,
    out: &mut Vec<u8>,
) -> Result<Vec<usize>, Stop> {
    let mut places = Vec::new();
    let mut names = 0_u32;
    let mut drawings_done = false;
    let mut links_done = false;
    let mut strings_done = false;
    let sheets = records.iter().filter(|record| record.id == BOUND_SHEET).count();
    for (at, record) in records.iter().enumerate() {
        let body = record.body;
        match record.id {
            CONTINUE | FILE_PASS => {}
            BOF => {
                let mut body = body.to_vec();
                body.resize(if biff == Biff::Eight { 16 } else { 8 }, 0);
                record::push(out, BOF, &body);
            }
            EOF => {
                if !strings_done && !added.is_empty() {
                    push_strings(&[], added, out);
                    strings_done = true;
                }
            }
            BOUND_SHEET => {
                places.push(out.len() + 4);
                let mut body = body.to_vec();
                if is_macro_kind(u8_at(&body, 5)) {
                    put(&mut body, 5, &[0]);
                }
                record::push(out, BOUND_SHEET, &body);
            }
            SUP_BOOK | EXTERN_SHEET if biff == Biff::Eight => {
                if !std::mem::replace(&mut links_done, true) {
                    links.push(sheets, out);
                }
            }
            EXTERN_SHEET => push_old_reference(*record, "", job, out),
            0x16 if biff == Biff::Five => record::push(out, record.id, body),
            NAME => {
                names += 1;
                push_name(&record::joined(records, at), names, links, job, out);
            }
            SST => {
                push_strings(&records[at..=at + record::continues(records, at).len()], added, out);
                strings_done = true;
            }
            DRAWING_GROUP if biff == Biff::Eight => {
                if !std::mem::replace(&mut drawings_done, true) {
                    push_drawing_group(records, job, out)?;
                }
            }
            WRITE_ACCESS => push_write_access(body, biff, job, out),
            // Menus that add-ins changed (2.4.166): none.
            0xC1 => record::push(out, record.id, &[0, 0]),
            // Reload everything from outside on opening (2.4.220): no.
            0x1B7 => record::push(out, record.id, &[0, 0]),
            THEME => push_theme(body, job, out),
            _ => match allow::fate(record.id, body.len()) {
                Fate::Keep => {
                    record::push(out, record.id, body);
                    for record in record::continues(records, at) {
                        record::push(out, CONTINUE, record.body);
                    }
                }
                Fate::Forget => {}
                Fate::Drop(code) => job.removed(code, &format!("0x{:X}", record.id)),
            },
        }
    }
    record::push(out, EOF, &[]);
    Ok(places)
}

fn push_strings(table: &[Record<'_>], added: &Added, out: &mut Vec<u8>) {
    let mut head = table.first().map_or_else(|| vec![0; 8], |record| record.body.to_vec());
    added.count_into(&mut head);
    record::push(out, SST, &head);
    for record in table.get(1..).unwrap_or_default() {
        record::push(out, CONTINUE, record.body);
    }
    added.push_to(out);
}

/// A defined name (2.4.150). One that must go keeps its number, as formulas
/// count names, but loses name, flags and formula.
fn push_name(body: &[u8], number: u32, links: &Links, job: &mut Job<'_>, out: &mut Vec<u8>) {
    let flags = u16_at(body, 0);
    let tokens_len = usize::from(u16_at(body, 4));
    let count = usize::from(u8_at(body, 3));
    let name = match links.scope.biff {
        Biff::Eight => strings::chars(body, 14, count),
        Biff::Five => body
            .get(14..14 + count)
            .map(|raw| (raw.iter().map(|&b| char::from(b)).collect(), count)),
    };
    let (name, name_len) = name.unwrap_or_default();
    let is_macro = flags & 0x0E != 0 || runs_by_itself(&name, flags);
    let tokens = slice(body, 14 + name_len, tokens_len).unwrap_or_default();
    let extra = body.get(14 + name_len + tokens_len..).unwrap_or_default();
    let safe_len = links.scope.safe_len(tokens, extra);
    let (tokens, extra) = match safe_len {
        Some(len) if !is_macro => (tokens, &extra[..len]),
        _ => (&REF_ERROR[..], &[][..]),
    };
    if is_macro {
        job.removed(&codes::MACRO_NAME, &name);
    } else if safe_len.is_none() {
        job.removed(&codes::FORMULA, &name);
    }
    let mut new = Vec::with_capacity(body.len());
    // Hidden and built-in are the flags that stay.
    let flags = if is_macro { 1 } else { flags & 0x21 };
    new.extend_from_slice(&flags.to_le_bytes());
    let name_bytes = match (is_macro, links.scope.biff) {
        (true, Biff::Eight) => [&[0], format!("_Removed{number}").as_bytes()].concat(),
        (true, Biff::Five) => format!("_Removed{number}").into_bytes(),
        (false, _) => body.get(14..14 + name_len).unwrap_or_default().to_vec(),
    };
    let flag_len = usize::from(links.scope.biff == Biff::Eight);
    let new_count = if is_macro { name_bytes.len() - flag_len } else { count };
    new.extend_from_slice(&[0, u8::try_from(new_count).unwrap_or(u8::MAX)]);
    new.extend_from_slice(&u16::try_from(tokens.len()).unwrap_or(0).to_le_bytes());
    new.extend_from_slice(body.get(6..10).unwrap_or(&[0; 4]));
    new.extend_from_slice(&[0; 4]);
    new.extend_from_slice(&name_bytes);
    new.extend_from_slice(tokens);
    new.extend_from_slice(extra);
    record::push(out, NAME, &new);
}

/// Says whether Excel runs what a name stands for when a book or a sheet
/// opens, closes or comes to the front.
fn runs_by_itself(name: &str, flags: u16) -> bool {
    const IS_BUILT_IN: u16 = 0x20;
    if flags & IS_BUILT_IN != 0 {
        return matches!(name.chars().next().map(u32::from), Some(1 | 2 | 8 | 10 | 11));
    }
    let lower = name.to_lowercase();
    ["auto_open", "auto_close", "auto_activate", "auto_deactivate"]
        .iter()
        .any(|start| lower.starts_with(start) || lower.starts_with(&format!("_xlnm.{start}")))
}

fn push_drawing_group(
    records: &[Record<'_>],
    job: &mut Job<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Stop> {
    let mut whole = Vec::new();
    for (at, record) in records.iter().enumerate() {
        if record.id == DRAWING_GROUP {
            whole.extend_from_slice(&record::joined(records, at));
        }
    }
    let mut blips = Blips::new(Store::Embedded);
    let mut rewriter = Rewriter {
        job,
        blips: &mut blips,
        client: &mut |_, _, _| Ok(None),
        place: "",
        cuts: &[],
        cuts_out: Vec::new(),
        out: Vec::new(),
    };
    rewriter.run(&whole)?;
    record::push(out, DRAWING_GROUP, &rewriter.out);
    Ok(())
}

/// The user who wrote the file last (2.4.349).
fn push_write_access(body: &[u8], biff: Biff, job: &mut Job<'_>, out: &mut Vec<u8>) {
    if job.policy.office.metadata == Choice::Keep && body.len() <= 112 {
        return record::push(out, WRITE_ACCESS, body);
    }
    let (head, len) = if biff == Biff::Eight { (3, 112) } else { (1, 32) };
    if body.iter().skip(head).any(|&byte| byte != b' ' && byte != 0) {
        job.removed(&codes::METADATA, "WRITEACCESS");
    }
    let mut new = vec![b' '; len];
    new[..head].fill(0);
    record::push(out, WRITE_ACCESS, &new);
}

/// The theme (2.4.326): the built-in one by number; one with content is a
/// package of its own and goes.
fn push_theme(body: &[u8], job: &mut Job<'_>, out: &mut Vec<u8>) {
    const BUILT_IN: u32 = 124_226;
    if body.len() > 16 {
        job.removed(&codes::THEME, "");
    }
    let mut new = [0; 16];
    new[..2].copy_from_slice(&THEME.to_le_bytes());
    new[12..].copy_from_slice(&BUILT_IN.to_le_bytes());
    record::push(out, THEME, &new);
}

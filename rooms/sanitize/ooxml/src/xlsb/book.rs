//! What formulas of a binary workbook lean on: which sheets they may reach and
//! which names are harmless, [MS-XLSB] 2.4.718 (BrtName) and 2.4.677.

use sanitize_core::Hyperlinks;

use super::formula;
use super::record::{Fields, Records, put_string};
use crate::formula as written;

pub(crate) const NAME: u32 = 39;
pub(crate) const SUP_SELF: u32 = 357;
pub(crate) const SUP_SAME: u32 = 358;
pub(crate) const EXTERN_SHEET: u32 = 362;
const SUP_SOURCE: u32 = 355;
const SUP_ADDIN: u32 = 667;
/// Another workbook by its old record, 2.4.
const BEGIN_SUP_BOOK: u32 = 360;

/// Entries of one list; sheets times sheets at the most.
const ENTRIES_MAX: u32 = 1 << 20;

/// What a workbook part says before its sheets are read.
#[derive(Debug)]
pub(crate) struct Book {
    /// Whether each entry of BrtExternSheet stays in this workbook.
    inside: Vec<bool>,
    names: Vec<bool>,
    /// Whether links made by formulas stay.
    pub(crate) links: Hyperlinks,
}

impl Default for Book {
    fn default() -> Self {
        Self { inside: Vec::new(), names: Vec::new(), links: Hyperlinks::Keep }
    }
}

impl Book {
    #[cfg(test)]
    pub(crate) fn of(inside: Vec<bool>, names: Vec<bool>) -> Self {
        Self { inside, names, links: Hyperlinks::Keep }
    }

    /// Reads the workbook part.
    pub(crate) fn read(workbook: &[u8], links: Hyperlinks) -> Self {
        let mut book = Self { links, ..Self::default() };
        let mut sources = Vec::new();
        for (kind, body) in Records::new(workbook) {
            match kind {
                SUP_SELF | SUP_SAME => sources.push(true),
                SUP_SOURCE | SUP_ADDIN | BEGIN_SUP_BOOK => sources.push(false),
                EXTERN_SHEET => {
                    for (source, ..) in extern_entries(body) {
                        let is_inside = sources.get(source as usize).copied().unwrap_or(false);
                        book.inside.push(is_inside);
                    }
                }
                _ => {}
            }
        }
        // A name may lean on names that come behind it: those count as harmful
        // until they are read, and a second look finds nothing new to allow.
        let names = || Records::new(workbook).filter(|(kind, _)| *kind == NAME);
        book.names =
            names().map(|(_, body)| Name::read(body).is_some_and(|n| n.is_plain())).collect();
        loop {
            let judged: Vec<bool> = names()
                .zip(&book.names)
                .map(|((_, body), &before)| {
                    before && Name::read(body).is_some_and(|name| name.is_harmless(&book))
                })
                .collect();
            if judged == book.names {
                return book;
            }
            book.names = judged;
        }
    }

    /// Says whether an entry of BrtExternSheet stays inside.
    pub(crate) fn is_inside(&self, entry: u16) -> bool {
        self.inside.get(usize::from(entry)).copied().unwrap_or(false)
    }

    /// Says whether the name of that number, from one on, may be leant on.
    pub(crate) fn is_harmless_name(&self, number: u32) -> bool {
        let index = (number as usize).checked_sub(1);
        index.and_then(|index| self.names.get(index)).copied().unwrap_or(false)
    }

    /// Writes BrtExternSheet anew: entries that lead out become deleted ones.
    pub(crate) fn extern_sheet(&self, body: &[u8]) -> Vec<u8> {
        const DELETED: u32 = u32::MAX;
        let entries = extern_entries(body);
        let mut out = (entries.len() as u32).to_le_bytes().to_vec();
        for ((_, first, last), &is_inside) in entries.into_iter().zip(&self.inside) {
            let (first, last) = if is_inside { (first, last) } else { (DELETED, DELETED) };
            [0, first, last].into_iter().for_each(|value| out.extend(value.to_le_bytes()));
        }
        out
    }
}

fn extern_entries(body: &[u8]) -> Vec<(u32, u32, u32)> {
    let mut fields = Fields(body);
    let count = fields.u32().unwrap_or(0).min(ENTRIES_MAX);
    (0..count).map_while(|_| Some((fields.u32()?, fields.u32()?, fields.u32()?))).collect()
}

/// BrtName.
pub(crate) struct Name<'a> {
    flags: u32,
    text: String,
    tokens: &'a [u8],
    extra: &'a [u8],
}

/// fFunc, fOB and fProc: macros and functions of macro sheets.
const MACRO_FLAGS: u32 = 0x0E;
const HIDDEN: u32 = 1;

impl<'a> Name<'a> {
    pub(crate) fn read(body: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(body);
        let flags = fields.u32()?;
        fields.take(5)?;
        let text = fields.string()??;
        let (tokens, extra) = fields.formula()?;
        Some(Self { flags, text, tokens, extra })
    }

    /// Says whether it names no macro and nothing that runs by itself. Newer
    /// functions stand as names with a prefix, and are judged as functions.
    fn is_plain(&self) -> bool {
        let upper = self.text.to_uppercase();
        if upper.starts_with("_XLFN.") || upper.starts_with("_XLWS.") {
            let call = format!("{}()", self.text);
            return written::is_harmless(&call, &written::Grounds::default(), Hyperlinks::Keep);
        }
        self.flags & MACRO_FLAGS == 0 && !written::is_automatic(&self.text)
    }

    fn is_harmless(&self, book: &Book) -> bool {
        let is_function = self.text.to_uppercase().starts_with("_XL");
        is_function || formula::is_harmless(self.tokens, self.extra, book)
    }
}

/// Returns a hidden name without meaning that keeps a number taken.
pub(crate) fn empty_name(number: usize) -> Vec<u8> {
    let mut out = HIDDEN.to_le_bytes().to_vec();
    out.push(0);
    out.extend(u32::MAX.to_le_bytes());
    put_string(&format!("_removed{number}"), &mut out);
    // #REF! as its formula, no data behind it, no comment.
    out.extend([2, 0, 0, 0, 0x1C, 0x17, 0, 0, 0, 0]);
    out.extend(u32::MAX.to_le_bytes());
    out
}

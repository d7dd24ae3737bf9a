//! Which records of a binary workbook's parts pass, [MS-XLSB] 2.3.2 and 2.4, and
//! those that are written otherwise: formulas, links, names, protection.

use std::collections::BTreeSet;

use sanitize_core::{Code, Job, Stop};

use super::book::{self, Book};
use super::formula;
use super::record::{Fields, Records, put};
use crate::codes;
use crate::target::is_harmless_place;

mod sizes;

/// The parts that are made of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Workbook,
    Sheet,
    Strings,
    Styles,
    Comments,
    Table,
}

impl Kind {
    /// The record behind which a part holds nothing more, 2.1.7.
    fn end(self) -> u32 {
        match self {
            Self::Workbook => 132,
            Self::Sheet => 130,
            Self::Strings => 160,
            Self::Styles => 279,
            Self::Comments => 629,
            Self::Table => 344,
        }
    }
}

/// A part written anew.
#[derive(Default)]
pub(crate) struct Scrubbed {
    pub(crate) bytes: Vec<u8>,
    /// Relationships that it names.
    pub(crate) used: BTreeSet<String>,
    /// Relationships that it named and that are gone, or never were.
    pub(crate) lost: BTreeSet<String>,
}

/// What becomes of a record.
enum Fate {
    Keep,
    Write(u32, Vec<u8>),
    Drop(Option<&'static Code>),
}

const FUTURE: (u32, u32) = (35, 36);
const ALTERNATE: (u32, u32) = (37, 38);
const ABSOLUTE_PATH: u32 = 2071;
const RULE: (u32, u32) = (463, 464);
const WORKBOOK_PROPERTIES: u32 = 153;
const SHEET_PROPERTIES: u32 = 147;

/// Writes a part anew. `kept` are the relationships that it may name.
pub(crate) fn scrub(
    data: &[u8],
    kind: Kind,
    book: &Book,
    kept: &BTreeSet<String>,
    place: &str,
    job: &mut Job<'_>,
) -> Result<Scrubbed, Stop> {
    let shares_harm = Records::new(data).any(|record| is_harmful_share(record, book));
    let mut part = Part { kind, book, kept, shares_harm, names: 0, done: Scrubbed::default() };
    // Depth of newer programs' blocks, and whether a rule is being dropped.
    let (mut inside, mut in_rule) = (0u32, false);
    let mut records = Records::new(data);
    for (number, body) in records.by_ref() {
        job.budget.take_objects(1)?;
        let body = sizes::trimmed(number, body).unwrap_or_else(|known| {
            job.removed(&codes::HIDDEN_TEXT, place);
            known
        });
        if number == FUTURE.0 || number == ALTERNATE.0 {
            let says = number == FUTURE.0 && kind == Kind::Sheet && inside == 0;
            job.removed_times(&codes::MARKUP, place, u64::from(says));
            inside += 1;
        } else if number == FUTURE.1 || number == ALTERNATE.1 {
            inside = inside.saturating_sub(1);
        } else if inside > 0 {
            job.removed_times(&codes::LOCAL_PATH, place, u64::from(number == ABSOLUTE_PATH));
        } else if in_rule {
            in_rule = number != RULE.1;
        } else {
            match part.fate(number, body) {
                Fate::Keep => put(number, body, &mut part.done.bytes),
                Fate::Write(number, body) => put(number, &body, &mut part.done.bytes),
                Fate::Drop(None) => {}
                Fate::Drop(Some(code)) => {
                    in_rule = number == RULE.0;
                    job.removed(code, place);
                }
            }
            let code = part.also(number, body);
            if let Some(code) = code {
                job.removed(code, place);
            }
            if number == kind.end() {
                break;
            }
        }
    }
    job.removed_times(&codes::HIDDEN_TEXT, place, u64::from(!records.rest().is_empty()));
    Ok(part.done)
}

/// A shared or array formula that may not stay.
fn is_harmful_share((number, body): (u32, &[u8]), book: &Book) -> bool {
    let tokens = match number {
        426 => body.get(17..),
        427 => body.get(16..),
        _ => return false,
    };
    let read = tokens.and_then(|tokens| Fields(tokens).formula());
    !read.is_some_and(|(tokens, extra)| formula::is_harmless(tokens, extra, book))
}

struct Part<'p> {
    kind: Kind,
    book: &'p Book,
    kept: &'p BTreeSet<String>,
    shares_harm: bool,
    names: usize,
    done: Scrubbed,
}

impl Part<'_> {
    fn fate(&mut self, number: u32, body: &[u8]) -> Fate {
        match (self.kind, number) {
            (Kind::Workbook, book::NAME) => {
                self.names += 1;
                if self.book.is_harmless_name(self.names as u32) {
                    return Fate::Keep;
                }
                Fate::Write(book::NAME, book::empty_name(self.names))
            }
            // One source is left: this workbook.
            (Kind::Workbook, 353 | 354) => Fate::Keep,
            (Kind::Workbook, book::EXTERN_SHEET) => {
                put(book::SUP_SELF, &[], &mut self.done.bytes);
                Fate::Write(book::EXTERN_SHEET, self.book.extern_sheet(body))
            }
            (Kind::Workbook, book::SUP_SELF | book::SUP_SAME) => Fate::Drop(None),
            (Kind::Workbook, 355 | 360 | 667) => Fate::Drop(Some(&codes::EXTERNAL_LINK)),
            (Kind::Workbook, 156) => self.related(body, 8),
            (Kind::Workbook, WORKBOOK_PROPERTIES) => nameless(number, body, 8),
            (Kind::Sheet, SHEET_PROPERTIES) => nameless(number, body, 19),
            (Kind::Sheet, 8..=11) => self.cell(number, body),
            (Kind::Sheet, 426 | 427) if self.shares_harm => Fate::Drop(Some(&codes::FORMULA)),
            (Kind::Sheet, 550..=552 | 562) => self.related(body, 0),
            (Kind::Sheet, 661) => self.related(body, 0),
            (Kind::Table, 343) => list(body),
            (Kind::Sheet, 494) => self.link(body),
            (Kind::Sheet, 535) => protection(body),
            (Kind::Sheet, 64) => self.whole(validation(body, self.book)),
            (Kind::Sheet, 463) => self.whole(rule(body, self.book)),
            (Kind::Sheet, 471) => self.whole(threshold(body, self.book)),
            _ if is_kept(self.kind, number) => Fate::Keep,
            _ => Fate::Drop(reason(number)),
        }
    }

    /// What is said beside a record's fate.
    fn also(&self, number: u32, body: &[u8]) -> Option<&'static Code> {
        let is_written = self.done.bytes.ends_with(body);
        match (self.kind, number) {
            (Kind::Workbook, book::NAME) if !self.book.is_harmless_name(self.names as u32) => {
                let is_own = body == book::empty_name(self.names);
                (!is_own).then_some(&codes::NAME)
            }
            (Kind::Sheet, 8..=11) if !is_written => Some(&codes::FORMULA),
            (Kind::Sheet, 535) if !is_written => Some(&codes::PROTECTION_HASH),
            (Kind::Workbook, WORKBOOK_PROPERTIES) | (Kind::Sheet, SHEET_PROPERTIES)
                if !is_written =>
            {
                Some(&codes::MARKUP)
            }
            (Kind::Table, 343) if !is_written => Some(&codes::CONNECTION),
            _ => None,
        }
    }

    fn whole(&self, is_harmless: Option<()>) -> Fate {
        if is_harmless.is_some() { Fate::Keep } else { Fate::Drop(Some(&codes::RULE)) }
    }

    /// A record that names a relationship at `at`.
    fn related(&mut self, body: &[u8], at: usize) -> Fate {
        let id = body.get(at..).and_then(|rest| Fields(rest).string()).flatten();
        match id {
            Some(id) if self.kept.contains(&id) => {
                self.done.used.insert(id);
                Fate::Keep
            }
            // Why the relationship went was said where it stood.
            Some(id) => {
                self.done.lost.insert(id);
                Fate::Drop(None)
            }
            None => Fate::Drop(Some(&codes::MARKUP)),
        }
    }

    /// BrtHLink, 2.4.707: range, relationship, place, tip, text.
    fn link(&mut self, body: &[u8]) -> Fate {
        let mut fields = Fields(body.get(16..).unwrap_or_default());
        match fields.string() {
            Some(Some(id)) if !id.is_empty() => self.related(body, 16),
            Some(_) => match fields.string() {
                Some(Some(place)) if !place.is_empty() && !is_harmless_place(&place) => {
                    Fate::Drop(Some(&codes::HYPERLINK))
                }
                Some(_) => Fate::Keep,
                None => Fate::Drop(Some(&codes::MARKUP)),
            },
            None => Fate::Drop(Some(&codes::MARKUP)),
        }
    }

    /// BrtFmlaString, BrtFmlaNum, BrtFmlaBool and BrtFmlaError: cell, value,
    /// options, formula. A formula that may not stay leaves its value.
    fn cell(&self, number: u32, body: &[u8]) -> Fate {
        const HEAD_BYTES: usize = 8;
        let mut fields = Fields(body);
        let value_end = fields.take(HEAD_BYTES).and_then(|_| {
            match number {
                8 => drop(fields.string()??),
                9 => drop(fields.f64()?),
                _ => drop(fields.u8()?),
            }
            Some(body.len() - fields.0.len())
        });
        let Some(value_end) = value_end else { return Fate::Drop(None) };
        let read = fields.u16().and_then(|_| fields.formula());
        let may_stay = read.is_some_and(|(tokens, extra)| {
            formula::is_harmless(tokens, extra, self.book)
                && !(self.shares_harm && formula::is_shared(tokens))
        });
        if may_stay {
            return Fate::Keep;
        }
        // BrtCellSt, BrtCellReal, BrtCellBool, BrtCellError.
        let plain = [6, 5, 4, 3][number as usize - 8];
        Fate::Write(plain, body[..value_end].to_vec())
    }
}

/// BrtWbProp and BrtWsProp end with the name that macros know them by.
fn nameless(number: u32, body: &[u8], name_at: usize) -> Fate {
    let Some(head) = body.get(..name_at) else { return Fate::Drop(Some(&codes::MARKUP)) };
    Fate::Write(number, [head, &[0; 4]].concat())
}

/// BrtSheetProtection, 2.4.828: the hash of the password goes, the locks stay.
fn protection(body: &[u8]) -> Fate {
    let mut open = body.to_vec();
    open.iter_mut().take(2).for_each(|byte| *byte = 0);
    Fate::Write(535, open)
}

/// BrtBeginList, 2.4.115: a table that a query fills becomes a plain one.
fn list(body: &[u8]) -> Fate {
    const SOURCE_AT: usize = 16;
    const CONNECTION_AT: usize = 60;
    let mut plain = body.to_vec();
    for at in [SOURCE_AT, CONNECTION_AT] {
        match plain.get_mut(at..at + 4) {
            Some(field) => field.fill(0),
            None => return Fate::Drop(None),
        }
    }
    Fate::Write(343, plain)
}

/// BrtDVal, 2.4.365: options, ranges, four strings, two formulas.
fn validation(body: &[u8], book: &Book) -> Option<()> {
    let mut fields = Fields(body);
    fields.u32()?;
    let ranges = fields.u32()? as usize;
    fields.take(ranges.checked_mul(16)?)?;
    for _ in 0..4 {
        fields.string()?;
    }
    for _ in 0..2 {
        let (tokens, extra) = fields.formula()?;
        formula::is_harmless(tokens, extra, book).then_some(())?;
    }
    fields.0.is_empty().then_some(())
}

/// BrtBeginCFRule, 2.4.24: numbers, three sizes, a string, up to three formulas.
fn rule(body: &[u8], book: &Book) -> Option<()> {
    let mut fields = Fields(body);
    fields.take(30)?;
    let sizes = [fields.u32()?, fields.u32()?, fields.u32()?];
    fields.string()?;
    for _ in sizes.iter().filter(|&&size| size > 0) {
        let (tokens, extra) = fields.formula()?;
        formula::is_harmless(tokens, extra, book).then_some(())?;
    }
    fields.0.is_empty().then_some(())
}

/// BrtCFVO, 2.4.335: kind, number, two choices, a formula's size, the formula.
fn threshold(body: &[u8], book: &Book) -> Option<()> {
    let mut fields = Fields(body);
    fields.take(20)?;
    if fields.u32()? > 0 {
        let (tokens, extra) = fields.formula()?;
        formula::is_harmless(tokens, extra, book).then_some(())?;
    }
    fields.0.is_empty().then_some(())
}

/// Records that pass as they are, 2.3.2.
fn is_kept(kind: Kind, number: u32) -> bool {
    match kind {
        Kind::Workbook => {
            matches!(number, 131 | 132 | 135 | 136 | 143 | 144 | 153 | 157 | 158)
        }
        Kind::Sheet => matches!(
            number,
            0..=7
                | 60
                | 62
                | 129
                | 130
                | 133
                | 134
                | 137..=142
                | 145..=148
                | 151
                | 152
                | 161..=178
                | 390..=396
                | 426..=428
                | 461..=470
                | 476..=480
                | 485
                | 530..=533
                | 537
                | 564
                | 573
                | 574
                | 648..=652
                | 660
                | 662
                | 663
        ),
        Kind::Strings => matches!(number, 19 | 159 | 160),
        Kind::Styles => matches!(
            number,
            43..=48
                | 278
                | 279
                | 473..=475
                | 505..=512
                | 564..=566
                | 603
                | 604
                | 611..=620
                | 626
                | 627
        ),
        Kind::Comments => matches!(number, 628..=637),
        Kind::Table => matches!(number, 161..=175 | 343..=348 | 513 | 530..=533),
    }
}

/// Says why a record goes; nothing for what only repeats or hints.
fn reason(number: u32) -> Option<&'static Code> {
    Some(match number {
        // Versions, recovery, indexes, recent colours, watches, function groups.
        40
        | 42
        | 128
        | 154
        | 155
        | 277
        | 549
        | 569..=572
        | 605..=610
        | 638
        | 640
        | 643
        | 645
        | 664..=666 => return None,
        49 | 50 => &codes::RICH_DATA,
        495..=499 => &codes::EXTERNAL,
        514..=527 => &codes::EXTERNAL_LINK,
        534 | 536 | 548 | 669 | 676..=680 => &codes::PROTECTION_HASH,
        553..=557 => &codes::SETTING,
        589..=598 => &codes::SMART_TAG,
        639 => &codes::OLE,
        644 => &codes::ACTIVEX,
        _ => &codes::MARKUP,
    })
}

/// Returns a worksheet without cells, in the place of one that may not stay.
pub(crate) fn empty_sheet() -> Vec<u8> {
    let mut out = Vec::new();
    put(129, &[], &mut out);
    put(148, &[0; 16], &mut out);
    put(145, &[], &mut out);
    put(146, &[], &mut out);
    put(130, &[], &mut out);
    out
}

#[cfg(test)]
mod tests;

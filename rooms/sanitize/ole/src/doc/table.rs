//! The table stream, [MS-DOC] 2.1.2: an allow-list of the structures that a
//! document needs. Each is copied into a fresh stream; the others are named in
//! the report or are caches that Word makes anew.

use std::collections::{BTreeMap, BTreeSet};

use sanitize_core::{Code, Job, Stop};

use super::body::{self, Parts};
use super::fib::Fib;
use super::fields::DISABLED;
use crate::bytes::{index_at, put, slice, u8_at, u16_at, u32_at};
use crate::codes;
use crate::package::{broken, unsupported};

const SECTIONS: usize = 6;
const CHARACTER_PAGES: usize = 12;
const PARAGRAPH_PAGES: usize = 13;
const ASSOCIATED: usize = 32;
pub(super) const CLX: usize = 33;
const DRAWINGS: usize = 50;
const LISTS: usize = 73;

/// Where the fields of each part of the text are listed.
pub(super) const FIELD_LISTS: [Option<usize>; 8] =
    [Some(16), Some(18), Some(17), None, Some(19), Some(48), Some(57), Some(59)];

/// Structures that are copied: styles, notes, comments, fonts, fields,
/// bookmarks, settings, revision authors, text boxes, lists.
const COPIED: &[usize] = &[
    1, 2, 3, 4, 5, 11, 15, 16, 17, 18, 19, 21, 22, 23, 31, 36, 37, 40, 41, 42, 43, 46, 47, 48, 51,
    56, 57, 58, 59, 74, 75, 76, 91, 112,
];

/// What the report says of a structure that is not copied; nothing for caches
/// and for what the program did last.
fn dropped_code(index: usize, len: usize) -> Option<&'static Code> {
    Some(match index {
        // Every document has a table of commands; a short one is empty.
        24 if len > 32 => &codes::COMMANDS,
        26 => &codes::MACROS,
        27..=29 => &codes::PRINTER,
        9 | 10 => &codes::RESIDUE,
        35 | 70 | 71 | 97 => &codes::METADATA,
        44 | 126 | 127 => &codes::DATA_SOURCE,
        54 | 72 => &codes::EXTERNAL_LINK,
        60 => &codes::VARIABLES,
        61 => &codes::FONTS,
        85 => &codes::CONTROL,
        114..=118 | 136..=147 => &codes::EXTENSION,
        _ => return None,
    })
}

/// The old stream, the new one and the block that names their structures.
pub(super) struct Table<'t> {
    fib: &'t Fib,
    old: &'t [u8],
    new: Vec<u8>,
    fresh: Fib,
    /// Lists of fields, some of which were changed.
    fields: BTreeMap<usize, Vec<u8>>,
}

impl<'t> Table<'t> {
    pub fn new(fib: &'t Fib, old: &'t [u8]) -> Self {
        let lists = FIELD_LISTS.iter().flatten();
        let fields = lists.map(|&list| (list, fib.structure(old, list).to_vec())).collect();
        Self { fib, old, new: Vec::new(), fresh: fib.fresh(), fields }
    }

    /// Reads the types of a part's fields by the number of their first
    /// character; the part begins at character `base`.
    pub fn field_kinds(&self, list: usize, base: usize) -> BTreeMap<usize, u8> {
        let mut kinds = BTreeMap::new();
        let Some(raw) = self.fields.get(&list) else { return kinds };
        let count = raw.len().saturating_sub(4) / 6;
        for index in 0..count {
            let at = 4 * (count + 1) + 2 * index;
            if u8_at(raw, at) & 0x1F == 0x13 {
                let cp = index_at(raw, 4 * index).saturating_add(base);
                kinds.insert(cp, u8_at(raw, at + 1));
            }
        }
        kinds
    }

    /// Takes the type from fields that may not act.
    pub fn disable_fields(&mut self, list: usize, base: usize, disabled: &BTreeSet<usize>) {
        let Some(raw) = self.fields.get_mut(&list) else { return };
        let count = raw.len().saturating_sub(4) / 6;
        for index in 0..count {
            let at = 4 * (count + 1) + 2 * index;
            let cp = index_at(raw, 4 * index).saturating_add(base);
            if u8_at(raw, at) & 0x1F == 0x13 && disabled.contains(&cp) {
                put(raw, at + 1, &[DISABLED]);
            }
        }
    }

    /// Writes all structures; what stands in the document's own stream goes
    /// behind the text there.
    pub fn rewrite(&mut self, parts: &mut Parts<'_, '_>, job: &mut Job<'_>) -> Result<(), Stop> {
        let characters = self.fib.structure(self.old, CHARACTER_PAGES);
        let characters = parts.pages(characters, body::Pages::Characters, job)?;
        let paragraphs = self.fib.structure(self.old, PARAGRAPH_PAGES);
        let paragraphs = parts.pages(paragraphs, body::Pages::Paragraphs, job)?;
        let sections = parts.sections(self.fib.structure(self.old, SECTIONS), job)?;
        let clx = parts.piece_table(self.fib.structure(self.old, CLX), job)?;
        let drawings = parts.drawings(self.fib.structure(self.old, DRAWINGS), job)?;
        for index in 0..self.fib.pair_count() {
            let old = self.fib.structure(self.old, index);
            match index {
                CHARACTER_PAGES => self.push(index, &characters)?,
                PARAGRAPH_PAGES => self.push(index, &paragraphs)?,
                SECTIONS => self.push(index, &sections)?,
                CLX => self.push(index, &clx)?,
                DRAWINGS => self.push(index, &drawings)?,
                LISTS => self.push_lists(old)?,
                ASSOCIATED => self.push_associated(old, job)?,
                _ if self.fields.contains_key(&index) => {
                    let list = self.fields.remove(&index).unwrap_or_default();
                    self.push(index, &list)?;
                }
                _ if COPIED.contains(&index) => self.push(index, old)?,
                _ => {
                    if let Some(code) = dropped_code(index, old.len()).filter(|_| !old.is_empty()) {
                        job.removed(code, "");
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the new stream and the block that names its structures.
    pub fn finish(self) -> Result<(Vec<u8>, Fib), Stop> {
        Ok((self.new, self.fresh))
    }

    fn push(&mut self, index: usize, body: &[u8]) -> Result<(), Stop> {
        let number = |count: usize| u32::try_from(count).map_err(|_| unsupported("size"));
        let (at, len) = (number(self.new.len())?, number(body.len())?);
        self.fresh.set_pair(index, at, len);
        self.new.extend_from_slice(body);
        Ok(())
    }

    /// List formats (2.9.149): their levels stand behind what the block names.
    fn push_lists(&mut self, old: &[u8]) -> Result<(), Stop> {
        let heads_len = 2 + 28 * usize::from(u16_at(old, 0));
        // Some writers count the levels in, which stand behind in any case.
        let Some(heads) = slice(old, 0, heads_len) else { return self.push(LISTS, &[]) };
        self.push(LISTS, heads)?;
        let (at, _) = self.fib.pair(LISTS);
        let levels = self.old.get(at + heads_len..).unwrap_or_default();
        let mut end = 0;
        for index in 0..usize::from(u16_at(old, 0)) {
            let Some(list) = slice(old, 2 + 28 * index, 28) else { break };
            let count = if u8_at(list, 26) & 1 != 0 { 1 } else { 9 };
            for _ in 0..count {
                end = level_end(levels, end).ok_or_else(|| broken("lists"))?;
            }
        }
        self.new.extend_from_slice(&levels[..end]);
        Ok(())
    }

    /// Strings that go with the document (2.9.320): template, authors, title.
    fn push_associated(&mut self, old: &[u8], job: &mut Job<'_>) -> Result<(), Stop> {
        if old.is_empty() {
            return Ok(());
        }
        let strings = strings(old);
        let is_given = |index: usize| strings.get(index).is_some_and(|text| !text.is_empty());
        if is_given(1) {
            job.removed(&codes::TEMPLATE, "");
        }
        if (0..strings.len()).any(|index| index != 1 && is_given(index)) {
            job.removed(&codes::METADATA, "document strings");
        }
        let mut new = vec![0xFF, 0xFF];
        new.extend_from_slice(&u16::try_from(ASSOCIATED_COUNT).unwrap_or(0).to_le_bytes());
        new.resize(6 + 2 * ASSOCIATED_COUNT, 0);
        self.push(ASSOCIATED, &new)
    }
}

const ASSOCIATED_COUNT: usize = 18;

/// Reads a table of wide strings without extra data (2.2.4).
fn strings(raw: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut at = 6;
    for _ in 0..u16_at(raw, 2) {
        let len = 2 * usize::from(u16_at(raw, at));
        let Some(text) = slice(raw, at + 2, len) else { break };
        found.push(text);
        at += 2 + len;
    }
    found
}

/// Returns where the level (2.9.150) that begins at `at` ends.
fn level_end(levels: &[u8], at: usize) -> Option<usize> {
    let head = slice(levels, at, 28)?;
    let lists = usize::from(u8_at(head, 24)) + usize::from(u8_at(head, 25));
    let text_at = at + 28 + lists;
    let end = text_at + 2 + 2 * usize::from(u16_at(slice(levels, text_at, 2)?, 0));
    (end <= levels.len()).then_some(end)
}

/// Reads positions and entries of a list with entries of `size` bytes (2.2.2).
pub(super) fn entries(list: &[u8], size: usize) -> impl Iterator<Item = (u32, &[u8])> {
    let count = list.len().saturating_sub(4) / (4 + size);
    (0..count).filter_map(move |index| {
        let entry = slice(list, 4 * (count + 1) + size * index, size)?;
        Some((u32_at(list, 4 * index), entry))
    })
}

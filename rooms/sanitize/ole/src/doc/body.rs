//! What stands behind the text in the document's own stream: pages of character
//! and paragraph properties, section properties, pictures of drawings.

use std::collections::BTreeMap;

use sanitize_core::{Choice, Job, Stop};

use super::data::Data;
use super::pieces;
use super::sprm;
use super::table::entries;
use crate::art::blip::{Blips, Store};
use crate::art::{HEADER, Header, Rewriter};
use crate::bytes::{index_at, put, slice, u8_at, u16_at, u32_at};
use crate::codes::{CHANGES, RECORD};
use crate::package::unsupported;

/// Size of a page of properties, in bytes (2.9.33).
const PAGE: usize = 512;
/// The part of a page's number that counts (2.9.202).
const PAGE_NUMBER: u32 = 0x3F_FFFF;
/// The two kinds of records at the top of a document's drawings (2.9.172).
const DRAWING_GROUP: u16 = 0xF000;
const DRAWING: u16 = 0xF002;
const NO_PROPERTIES: u32 = u32::MAX;

/// Which pages are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    Characters,
    Paragraphs,
}

/// The old stream, the new one and the Data stream that both point into.
pub(super) struct Parts<'p, 'd> {
    pub old: &'p [u8],
    pub new: &'p mut Vec<u8>,
    pub data: &'p mut Data<'d>,
    /// Where text stands that a tracked change deleted, as bytes of the stream.
    pub deleted: Vec<(usize, usize)>,
    /// What of the old stream has a use, as bytes of it.
    pub owned: Vec<(usize, usize)>,
}

impl Parts<'_, '_> {
    /// Moves the pages that `list` names; returns the new list.
    pub fn pages(&mut self, list: &[u8], kind: Pages, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
        let mut list = list.to_vec();
        let count = list.len().saturating_sub(4) / 8;
        job.budget.take_bytes((count * PAGE) as u64)?;
        self.align(PAGE);
        for index in 0..count {
            let at = 4 * (count + 1) + 4 * index;
            let number = (u32_at(&list, at) & PAGE_NUMBER) as usize;
            let old = slice(self.old, number * PAGE, PAGE).unwrap_or(&[0; PAGE]);
            self.owned.push((number * PAGE, (number + 1) * PAGE));
            let page = self.page(old, kind, job)?;
            let new_number = u32::try_from(self.new.len() / PAGE).ok();
            let new_number = new_number.filter(|&n| n <= PAGE_NUMBER);
            let new_number = new_number.ok_or_else(|| unsupported("size"))?;
            self.new.extend_from_slice(&page);
            put(&mut list, at, &new_number.to_le_bytes());
        }
        Ok(list)
    }

    /// Packs what a page's runs name into a fresh page, from its end upwards.
    fn page(&mut self, old: &[u8], kind: Pages, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
        let mut new = vec![0; PAGE];
        let size = if kind == Pages::Characters { 1 } else { 13 };
        let runs = usize::from(old[PAGE - 1]).min((PAGE - 5) / (4 + size));
        let entries_at = 4 * (runs + 1);
        let floor = entries_at + size * runs;
        new[..entries_at].copy_from_slice(&old[..entries_at]);
        new[PAGE - 1] = u8::try_from(runs).unwrap_or(0);
        let mut done = BTreeMap::new();
        let mut top = PAGE - 1;
        for index in 0..runs {
            let at = entries_at + size * index;
            // Zero means: no properties of its own.
            let from = old[at];
            if from == 0 {
                continue;
            }
            let run = (index_at(old, 4 * index), index_at(old, 4 * index + 4));
            if let Some(&(place, is_deleted)) = done.get(&from) {
                new[at] = place;
                if is_deleted {
                    self.deleted.push(run);
                }
                continue;
            }
            let (mut list, skip) = match kind {
                Pages::Characters => character_list(old, 2 * usize::from(from)),
                Pages::Paragraphs => paragraph_list(old, 2 * usize::from(from)),
            };
            let start = top.saturating_sub(list.len()) & !1;
            // Runs that overlap in a damaged page may not all have room. They
            // are left out before they can bring in what they point at.
            let fits = !list.is_empty() && start >= floor;
            let mut is_deleted = false;
            if fits {
                if let Some(properties) = list.get_mut(skip..) {
                    sprm::check(properties, 0, self.data, job)?;
                    if kind == Pages::Characters {
                        is_deleted = accept_changes(properties, job);
                    }
                }
                new[start..start + list.len()].copy_from_slice(&list);
                top = start;
                new[at] = u8::try_from(start / 2).unwrap_or(0);
            }
            if is_deleted {
                self.deleted.push(run);
            }
            done.insert(from, (new[at], is_deleted));
        }
        Ok(new)
    }

    /// Moves section properties; returns the new list of sections.
    pub fn sections(&mut self, list: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
        const ENTRY: usize = 12;
        let mut new = list.to_vec();
        let count = list.len().saturating_sub(4) / (4 + ENTRY);
        for (index, (_, entry)) in entries(list, ENTRY).enumerate() {
            let at = 4 * (count + 1) + ENTRY * index;
            let from = index_at(entry, 2);
            let mut place = NO_PROPERTIES;
            let len = usize::from(u16_at(self.old, from));
            if u32_at(entry, 2) != NO_PROPERTIES
                && let Some(block) = slice(self.old, from, len + 2)
            {
                job.budget.take_bytes(block.len() as u64)?;
                self.owned.push((from, from + block.len()));
                let mut block = block.to_vec();
                sprm::check(&mut block[2..], 0, self.data, job)?;
                self.align(2);
                place = u32::try_from(self.new.len()).map_err(|_| unsupported("size"))?;
                self.new.extend_from_slice(&block);
            }
            put(&mut new, at, &[0; ENTRY]);
            put(&mut new, at, entry.get(..2).unwrap_or_default());
            put(&mut new, at + 2, &place.to_le_bytes());
            // Where a Macintosh kept its print record: nowhere.
            put(&mut new, at + 8, &NO_PROPERTIES.to_le_bytes());
        }
        Ok(new)
    }

    /// Checks the property lists that stand before the piece table.
    pub fn piece_table(&mut self, clx: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
        let mut new = clx.to_vec();
        let data = &mut *self.data;
        pieces::property_lists(&mut new, |list| sprm::check(list, 0, data, job))?;
        Ok(new)
    }

    /// Rewrites the floating drawings (2.9.172) and appends their pictures.
    pub fn drawings(&mut self, old: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
        if old.is_empty() {
            return Ok(Vec::new());
        }
        let base = self.new.len().next_multiple_of(PAGE);
        let store = Store::Delayed { source: self.old, out: Vec::new(), base };
        let mut blips = Blips::new(store);
        let mut new = Vec::new();
        let mut at = 0;
        while at < old.len() {
            // Before each drawing stands which part of the text it belongs to.
            if at > 0 {
                new.push(u8_at(old, at) & 1);
                at += 1;
            }
            let wanted = if at == 0 { DRAWING_GROUP } else { DRAWING };
            let header = Header::read(old, at).filter(|header| header.kind == wanted);
            let Some(header) = header else {
                new.truncate(new.len().saturating_sub(1));
                job.removed(&RECORD, "drawing");
                break;
            };
            let end = at + HEADER + header.len;
            let mut client =
                |_: Header, body: &[u8], _: &mut Job<'_>| Ok(body.get(..4).map(<[u8]>::to_vec));
            let mut rewriter = Rewriter {
                job,
                blips: &mut blips,
                client: &mut client,
                place: "drawing",
                cuts: &[],
                cuts_out: Vec::new(),
                out: Vec::new(),
            };
            rewriter.run(&old[at..end])?;
            new.extend_from_slice(&rewriter.out);
            at = end;
        }
        self.owned.extend(blips.spans());
        let pictures = blips.into_delayed();
        if !pictures.is_empty() {
            self.new.resize(base, 0);
            self.new.extend_from_slice(&pictures);
        }
        Ok(new)
    }

    fn align(&mut self, size: usize) {
        self.new.resize(self.new.len().next_multiple_of(size), 0);
    }
}

/// Accepts tracked changes where policy does not keep them; returns whether the
/// run was deleted.
fn accept_changes(properties: &mut [u8], job: &mut Job<'_>) -> bool {
    if job.policy.office.tracked_changes == Choice::Keep {
        return false;
    }
    let (is_deleted, is_changed) = sprm::accept_changes(properties);
    if is_changed {
        job.removed(&CHANGES, "");
    }
    is_deleted
}

/// Returns a run's properties (2.9.32) with their length byte, and how many
/// bytes stand before the properties themselves.
fn character_list(page: &[u8], from: usize) -> (Vec<u8>, usize) {
    let end = from + 1 + usize::from(u8_at(page, from));
    let mut list = page.get(from..end.min(PAGE - 1)).unwrap_or_default().to_vec();
    let len = list.len().saturating_sub(1);
    if let Some(head) = list.first_mut() {
        *head = u8::try_from(len).unwrap_or(0);
    }
    (list, 1)
}

/// Returns a paragraph's style and properties (2.9.174) with their length, and
/// how many bytes stand before the properties themselves.
fn paragraph_list(page: &[u8], from: usize) -> (Vec<u8>, usize) {
    let (start, end) = paragraph_bounds(page, from);
    let body = page.get(start..end.min(PAGE - 1)).unwrap_or_default();
    if body.len() < 2 {
        return (Vec::new(), 0);
    }
    let mut list = Vec::with_capacity(body.len() + 3);
    if body.len() % 2 == 0 {
        list.push(0);
    }
    list.push(u8::try_from(body.len().div_ceil(2)).unwrap_or(0));
    list.extend_from_slice(body);
    let skip = list.len() - body.len() + 2;
    (list, skip)
}

/// Where a paragraph's properties begin and end in their page (2.9.174).
fn paragraph_bounds(page: &[u8], from: usize) -> (usize, usize) {
    match usize::from(u8_at(page, from)) {
        0 => (from + 2, from + 2 + 2 * usize::from(u8_at(page, from + 1))),
        half => (from + 1, from + 2 * half),
    }
}

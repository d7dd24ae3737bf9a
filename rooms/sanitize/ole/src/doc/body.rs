//! What stands behind the text in the document's own stream: pages of character
//! and paragraph properties, section properties, pictures of drawings.

use sanitize_core::{Job, Stop};

use super::data::Data;
use super::pieces;
use super::sprm;
use super::table::entries;
use crate::art::blip::{Blips, Store};
use crate::art::{HEADER, Header, Rewriter};
use crate::bytes::{index_at, put, slice, u8_at, u16_at, u32_at};
use crate::package::unsupported;

/// Size of a page of properties, in bytes (2.9.33).
const PAGE: usize = 512;
/// The part of a page's number that counts (2.9.202).
const PAGE_NUMBER: u32 = 0x3F_FFFF;
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
            let page = self.page(old, kind, job)?;
            let new_number = u32::try_from(self.new.len() / PAGE).ok();
            let new_number = new_number.filter(|&n| n <= PAGE_NUMBER);
            let new_number = new_number.ok_or_else(|| unsupported("size"))?;
            self.new.extend_from_slice(&page);
            put(&mut list, at, &new_number.to_le_bytes());
        }
        Ok(list)
    }

    /// Copies of a page only what its runs name.
    fn page(&mut self, old: &[u8], kind: Pages, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
        let mut new = vec![0; PAGE];
        let size = if kind == Pages::Characters { 1 } else { 13 };
        let runs = usize::from(old[PAGE - 1]).min((PAGE - 5) / (4 + size));
        let entries_at = 4 * (runs + 1);
        new[..entries_at].copy_from_slice(&old[..entries_at]);
        new[PAGE - 1] = u8::try_from(runs).unwrap_or(0);
        for index in 0..runs {
            let at = entries_at + size * index;
            new[at] = old[at];
            let from = 2 * usize::from(old[at]);
            if from < entries_at + size * runs {
                // Zero means: no properties of its own.
                new[at] = 0;
                continue;
            }
            let (start, end) = match kind {
                Pages::Characters => (from + 1, from + 1 + usize::from(old[from])),
                Pages::Paragraphs => paragraph_bounds(old, from),
            };
            let end = end.min(PAGE - 1);
            if start >= end {
                new[at] = 0;
                continue;
            }
            let skip = if kind == Pages::Characters { 0 } else { 2 };
            let mut list = old[start..end].to_vec();
            if list.len() > skip {
                sprm::check(&mut list[skip..], 0, self.data, job)?;
            }
            new[from..start].copy_from_slice(&old[from..start]);
            new[start..end].copy_from_slice(&list);
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
        self.align(PAGE);
        let store = Store::Delayed { source: self.old, out: Vec::new(), base: self.new.len() };
        let mut blips = Blips::new(store);
        let mut new = Vec::new();
        let mut at = 0;
        while at < old.len() {
            // Before each drawing stands which part of the text it belongs to.
            if at > 0 {
                new.push(u8_at(old, at) & 1);
                at += 1;
            }
            let Some(header) = Header::read(old, at) else {
                new.truncate(new.len().saturating_sub(1));
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
        let pictures = blips.into_delayed();
        self.new.extend_from_slice(&pictures);
        Ok(new)
    }

    fn align(&mut self, size: usize) {
        self.new.resize(self.new.len().next_multiple_of(size), 0);
    }
}

/// Where a paragraph's properties begin and end in their page (2.9.174).
fn paragraph_bounds(page: &[u8], from: usize) -> (usize, usize) {
    match usize::from(u8_at(page, from)) {
        0 => (from + 2, from + 2 + 2 * usize::from(u8_at(page, from + 1))),
        half => (from + 1, from + 2 * half),
    }
}

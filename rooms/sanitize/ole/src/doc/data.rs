//! The Data stream, [MS-DOC] 2.1.3: pictures in the text, form fields, links
//! and long property lists. Writes a fresh stream with only what is pointed at.

use std::collections::BTreeMap;

use sanitize_core::{Format, Job, Stop};

use super::sprm;
use crate::art::Rewriter;
use crate::art::blip::{Blips, Store};
use crate::bytes::{index_at, put, slice, u8_at, u16_at, u32_at};
use crate::codes::{HYPERLINK, IMAGE, LINKED_IMAGE, MACRO_ASSIGNED, VARIABLES};
use crate::hlink;

/// Length of the picture header (2.9.191).
const HEADER: usize = 0x44;
/// A drawing in the text, and one with the name of a file before it.
const SHAPE: u16 = 0x64;
const SHAPE_FILE: u16 = 0x66;
/// Old pictures: a metafile behind the header.
const METAFILE: u16 = 8;

/// {79EAC9D0-BAF9-11CE-8C82-00AA004BA90B}
const LINK_CLASS: [u8; 16] = [
    0xD0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA, 0x00, 0x4B, 0xA9, 0x0B,
];

/// The old stream and the new one.
pub(super) struct Data<'d> {
    old: &'d [u8],
    pub new: Vec<u8>,
    places: BTreeMap<(u32, bool), Option<u32>>,
    lists: BTreeMap<u32, Option<u32>>,
    pictures: u32,
}

impl<'d> Data<'d> {
    pub fn new(old: &'d [u8]) -> Self {
        Self { old, new: Vec::new(), places: BTreeMap::new(), lists: BTreeMap::new(), pictures: 0 }
    }

    /// Moves the picture, or with `is_data` the field's data, that stands at
    /// `old`; returns its new place or nothing where it must go.
    pub fn picture(
        &mut self,
        old: u32,
        is_data: bool,
        job: &mut Job<'_>,
    ) -> Result<Option<u32>, Stop> {
        if let Some(done) = self.places.get(&(old, is_data)) {
            return Ok(*done);
        }
        let block = self.block(old);
        let body = match block {
            Some(block) if is_data => field_data(block, job),
            Some(block) => {
                self.pictures += 1;
                picture(block, self.pictures, job)?
            }
            None => None,
        };
        let place = body.and_then(|body| self.push(&body));
        self.places.insert((old, is_data), place);
        Ok(place)
    }

    /// Moves a long property list (2.9.208).
    pub fn properties(
        &mut self,
        old: u32,
        depth: u32,
        job: &mut Job<'_>,
    ) -> Result<Option<u32>, Stop> {
        if let Some(done) = self.lists.get(&old) {
            return Ok(*done);
        }
        // A list that points at itself ends here.
        self.lists.insert(old, None);
        job.budget.check_nesting(depth)?;
        let at = usize::try_from(old).unwrap_or(usize::MAX);
        let len = usize::from(u16_at(self.old, at));
        let Some(block) = slice(self.old, at, len.saturating_add(2)) else { return Ok(None) };
        job.budget.take_bytes(block.len() as u64)?;
        let mut list = block.to_vec();
        sprm::check(&mut list[2..], depth + 1, self, job)?;
        let place = self.push(&list);
        self.lists.insert(old, place);
        Ok(place)
    }

    fn block(&self, at: u32) -> Option<&'d [u8]> {
        let at = usize::try_from(at).ok()?;
        let len = index_at(self.old, at);
        let block = slice(self.old, at, len.min(self.old.len().checked_sub(at)?))?;
        (block.len() >= HEADER && usize::from(u16_at(block, 4)) == HEADER).then_some(block)
    }

    fn push(&mut self, body: &[u8]) -> Option<u32> {
        let place = u32::try_from(self.new.len()).ok()?;
        self.new.extend_from_slice(body);
        // Structures begin at even places.
        self.new.resize(self.new.len().next_multiple_of(4), 0);
        Some(place)
    }
}

fn finish(mut header: Vec<u8>, body: &[u8]) -> Vec<u8> {
    header.extend_from_slice(body);
    let len = u32::try_from(header.len()).unwrap_or(0);
    put(&mut header, 0, &len.to_le_bytes());
    header
}

/// Rebuilds a picture: header, drawing, blips.
fn picture(block: &[u8], number: u32, job: &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop> {
    let mut header = block[..HEADER].to_vec();
    let mut body = &block[HEADER..];
    let place = format!("picture {number}");
    match u16_at(block, 6) {
        SHAPE => {}
        SHAPE_FILE => {
            job.removed(&LINKED_IMAGE, &place);
            body = body.get(1 + usize::from(u8_at(body, 0))..).unwrap_or_default();
            put(&mut header, 6, &SHAPE.to_le_bytes());
        }
        METAFILE => return old_metafile(header, body, &place, job),
        _ => {
            job.removed(&IMAGE, &place);
            return Ok(None);
        }
    }
    // Handles of the running program mean nothing in a file.
    put(&mut header, 12, &[0; 2]);
    let mut blips = Blips::new(Store::Embedded);
    let mut rewriter = Rewriter {
        job,
        blips: &mut blips,
        client: &mut |_, body, _| {
            Ok(Some(body.get(..body.len().min(8)).unwrap_or_default().to_vec()))
        },
        place: &place,
        cuts: &[],
        cuts_out: Vec::new(),
        out: Vec::new(),
    };
    rewriter.run(body)?;
    Ok(Some(finish(header, &rewriter.out)))
}

fn old_metafile(
    header: Vec<u8>,
    body: &[u8],
    place: &str,
    job: &mut Job<'_>,
) -> Result<Option<Vec<u8>>, Stop> {
    match job.rebuild_nested(place, body) {
        Ok(output) if output.format == Format::Wmf => Ok(Some(finish(header, &output.bytes))),
        Err(stop) if stop.is_limit() => Err(stop),
        Ok(_) | Err(_) => {
            job.removed(&IMAGE, place);
            Ok(None)
        }
    }
}

/// Data behind a field (2.9.157): of a form field or a link; others go.
fn field_data(block: &[u8], job: &mut Job<'_>) -> Option<Vec<u8>> {
    let body = &block[HEADER..];
    let mut header = vec![0; HEADER];
    header[4] = 0x44;
    if u32_at(body, 0) == u32::MAX {
        return form_field(body, job).map(|body| finish(header, &body));
    }
    if slice(body, 1, 16) == Some(&LINK_CLASS[..]) {
        let link = hlink::rebuild(&body[17..], job);
        if link.is_none() {
            job.removed(&HYPERLINK, "text");
        }
        let mut new = body[..17].to_vec();
        new.extend_from_slice(&link?);
        return Some(finish(header, &new));
    }
    if !body.is_empty() {
        job.removed(&VARIABLES, "field");
    }
    None
}

/// A form field (2.9.78) without its macros.
fn form_field(body: &[u8], job: &mut Job<'_>) -> Option<Vec<u8>> {
    let mut new = slice(body, 0, 10)?.to_vec();
    let mut at = 10;
    let kind = u8_at(body, 4) & 3;
    let take = |at: &mut usize| -> Option<&[u8]> {
        let len = 4 + 2 * usize::from(u16_at(body, *at));
        let found = slice(body, *at, len)?;
        *at += len;
        Some(found)
    };
    new.extend_from_slice(take(&mut at)?);
    if kind == 0 {
        new.extend_from_slice(take(&mut at)?);
    } else {
        new.extend_from_slice(slice(body, at, 2)?);
        at += 2;
    }
    for _ in 0..3 {
        new.extend_from_slice(take(&mut at)?);
    }
    for _ in 0..2 {
        if take(&mut at)?.len() > 4 {
            job.removed(&MACRO_ASSIGNED, "form field");
        }
        new.extend_from_slice(&[0; 4]);
    }
    if kind == 2 {
        new.extend_from_slice(body.get(at..)?);
    }
    Some(new)
}

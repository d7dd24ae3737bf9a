//! Edits and the directory of objects, [MS-PPT] 2.3: finds where the newest
//! version of each object stands, and writes a directory of one edit.

use std::collections::{BTreeMap, BTreeSet};

use sanitize_core::{Job, Stop};

use crate::art::{self, HEADER, Header};
use crate::bytes::{index_at, u16_at, u32_at};
use crate::package::{broken, unsupported};

const USER_EDIT: u16 = 0x0FF5;
const CURRENT_USER: u16 = 0x0FF6;
const PERSIST_DIRECTORY: u16 = 0x1772;

/// An object that the directory names.
#[derive(Clone, Copy)]
pub(crate) struct Object<'s> {
    pub kind: u16,
    pub version_instance: u16,
    pub body: &'s [u8],
}

/// The newest state of a presentation.
pub(crate) struct Edit {
    /// Where each object stands in the stream, by its number.
    pub offsets: BTreeMap<u32, usize>,
    /// The number of the document object.
    pub document: u32,
    /// The number of the encryption header, where there is one.
    pub encryption: Option<u32>,
    pub was_encrypted: bool,
    /// Whether older versions stand in the file.
    pub has_history: bool,
    /// Where the edits and their directories stand.
    frames: Vec<(usize, usize)>,
    /// The slide shown last and the version that wrote it (2.3.3).
    head: [u8; 8],
    last_view: u16,
}

impl Edit {
    /// Follows the chain of edits from the newest to the oldest.
    pub fn read(stream: &[u8], user: &[u8], job: &mut Job<'_>) -> Result<Self, Stop> {
        let named = index_at(user, HEADER + 8);
        let is_edit = |at: usize| Header::read(stream, at).is_some_and(|h| h.kind == USER_EDIT);
        let newest =
            if user.len() >= 20 && is_edit(named) { Some(named) } else { last_edit(stream) };
        let newest = newest.ok_or_else(|| broken("Current User"))?;
        let body = |at: usize| stream.get(at + HEADER..).unwrap_or_default();
        let mut edit = Self {
            offsets: BTreeMap::new(),
            document: u32_at(body(newest), 16),
            encryption: None,
            was_encrypted: false,
            has_history: false,
            frames: Vec::new(),
            head: body(newest).get(..8).and_then(|b| b.try_into().ok()).unwrap_or_default(),
            last_view: u16_at(body(newest), 24),
        };
        let len = Header::read(stream, newest).map_or(0, |header| header.len);
        if len >= 32 && u32_at(body(newest), 28) != 0 {
            edit.encryption = Some(u32_at(body(newest), 28));
        }
        let mut seen = BTreeSet::new();
        let mut at = newest;
        while is_edit(at) && seen.insert(at) {
            let directory_at = index_at(body(at), 12);
            edit.directory(stream, directory_at, job)?;
            edit.frames.extend([at, directory_at].map(|at| (at, end_of(stream, at))));
            at = index_at(body(at), 8);
            if at == 0 {
                break;
            }
        }
        edit.has_history = seen.len() > 1;
        Ok(edit)
    }

    /// Reads one directory (2.3.4); what a newer one named stays.
    fn directory(&mut self, stream: &[u8], at: usize, job: &mut Job<'_>) -> Result<(), Stop> {
        let Some(header) = Header::read(stream, at).filter(|h| h.kind == PERSIST_DIRECTORY) else {
            return Err(broken("persist directory"));
        };
        job.budget.take_objects(header.len as u64 / 4)?;
        let body = &stream[at + HEADER..at + HEADER + header.len];
        let mut at = 0;
        while at + 4 <= body.len() {
            let head = u32_at(body, at);
            let (first, count) = (head & 0xF_FFFF, head >> 20);
            at += 4;
            for id in first..first.saturating_add(count) {
                if at + 4 > body.len() {
                    break;
                }
                self.offsets.entry(id).or_insert_with(|| index_at(body, at));
                at += 4;
            }
        }
        Ok(())
    }

    /// Says whether bytes stand in the stream that no object, directory or edit
    /// owns; zeros fill a stream up and count as nothing.
    pub fn has_leftovers(&self, stream: &[u8]) -> bool {
        let objects = self.offsets.values().map(|&at| (at, end_of(stream, at)));
        let spans = objects.chain(self.frames.iter().copied()).collect();
        crate::bytes::has_gap(stream, spans)
    }

    /// Returns an object by its number.
    pub fn object<'s>(&self, stream: &'s [u8], id: u32) -> Option<Object<'s>> {
        let at = *self.offsets.get(&id)?;
        let header = Header::read(stream, at)?;
        let start = at + HEADER;
        Some(Object {
            kind: header.kind,
            version_instance: header.version_instance,
            body: &stream[start..start + header.len],
        })
    }
}

/// Where the record at `at` ends.
fn end_of(stream: &[u8], at: usize) -> usize {
    Header::read(stream, at).map_or(at, |header| at + HEADER + header.len)
}

/// Finds the last edit where the Current User stream names none.
fn last_edit(stream: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut found = None;
    while let Some(header) = Header::read(stream, at) {
        if header.kind == USER_EDIT {
            found = Some(at);
        }
        at += HEADER + header.len;
    }
    found
}

/// Appends directory and edit to `out`; returns the Current User stream.
pub(crate) fn write(
    offsets: &[(u32, usize)],
    edit: &Edit,
    out: &mut Vec<u8>,
) -> Result<Vec<u8>, Stop> {
    let number = |at: usize| u32::try_from(at).map_err(|_| unsupported("size"));
    let directory_at = number(out.len())?;
    let mut body = Vec::new();
    let mut at = 0;
    while at < offsets.len() {
        let first = offsets[at].0;
        let run = (0_u32..0xFFF)
            .zip(&offsets[at..])
            .take_while(|(index, entry)| first.checked_add(*index) == Some(entry.0))
            .count();
        let head = (first & 0xF_FFFF) | (number(run)? << 20);
        body.extend_from_slice(&head.to_le_bytes());
        for (_, offset) in &offsets[at..at + run] {
            body.extend_from_slice(&number(*offset)?.to_le_bytes());
        }
        at += run;
    }
    art::push(out, 0, PERSIST_DIRECTORY, &body);
    let edit_at = number(out.len())?;
    let seed = offsets.last().map_or(0, |(id, _)| *id).saturating_add(1);
    let mut body = edit.head.to_vec();
    body.extend_from_slice(&0_u32.to_le_bytes());
    body.extend_from_slice(&directory_at.to_le_bytes());
    body.extend_from_slice(&edit.document.to_le_bytes());
    body.extend_from_slice(&seed.to_le_bytes());
    body.extend_from_slice(&edit.last_view.to_le_bytes());
    body.extend_from_slice(&[0, 0]);
    art::push(out, 0, USER_EDIT, &body);
    // CurrentUserAtom (2.3.2), without a name.
    let mut body = 20_u32.to_le_bytes().to_vec();
    body.extend_from_slice(&0xE391_C05F_u32.to_le_bytes());
    body.extend_from_slice(&edit_at.to_le_bytes());
    body.extend_from_slice(&[0, 0, 0xF4, 0x03, 3, 0, 0, 0]);
    body.extend_from_slice(&8_u32.to_le_bytes());
    let mut user = Vec::new();
    art::push(&mut user, 0, CURRENT_USER, &body);
    Ok(user)
}

//! The record tree of slides and the document: walks it and writes what is on
//! the allow-list, with links, actions and drawings rewritten.

use std::collections::BTreeSet;

use sanitize_core::{Choice, Hyperlinks, Job, Stop};

use super::allow::{self, Fate};
use super::persist::Object;
use crate::art::blip::Blips;
use crate::art::{self, CLIENT_TEXTBOX, HEADER, Header, Rewriter};
use crate::bytes::{put, u8_at, u16_at, u32_at, utf16};
use crate::codes;
use crate::hlink;

const DOCUMENT_ATOM: u16 = 0x03E9;
const SLIDE_PERSIST: u16 = 0x03F3;
const SLIDE_LIST: u16 = 0x0FF0;
const EXTERNAL_OBJECTS: u16 = 0x0409;
const EXTERNAL_OBJECTS_ATOM: u16 = 0x040A;
const DRAWING_GROUP: u16 = 0x040B;
const DRAWING: u16 = 0x040C;
const TRANSITION: u16 = 0x03F9;
const BULLET_PICTURE: u16 = 0x07F9;
const HYPERLINK: u16 = 0x0FD7;
const HYPERLINK_ATOM: u16 = 0x0FD3;
const TEXT: u16 = 0x0FBA;
const ACTION: u16 = 0x0FF2;
const ACTION_ATOM: u16 = 0x0FF3;
const ACTION_RANGE: u16 = 0x0FDF;
const ANIMATION_ATOM: u16 = 0x0FF1;
const TAGS: u16 = 0x1388;
const BINARY_TAG: u16 = 0x138A;
const TAG_DATA: u16 = 0x138B;
const COMMENT: u16 = 0x2EE0;
const RULER: u16 = 0x0FA6;
/// Sizes of an action and of an animation, in bytes.
const ACTION_LEN: usize = 16;
const ANIMATION_LEN: usize = 28;
/// What a name inside a file does without and a path does not.
const OUTWARD: [char; 4] = ['\\', '/', ':', '|'];

/// What the document says of its slides.
pub(super) struct Deck {
    used: BTreeSet<u32>,
    /// Links that stay, by their number.
    links: BTreeSet<u32>,
}

impl Deck {
    /// Reads which links of the document may stay.
    pub fn read(document: &[u8], job: &mut Job<'_>) -> Result<Self, Stop> {
        let mut deck = Self { used: BTreeSet::new(), links: BTreeSet::new() };
        for (header, list) in records(document) {
            if header.kind != EXTERNAL_OBJECTS {
                continue;
            }
            for (header, body) in records(list) {
                job.budget.take_objects(1)?;
                if header.kind == HYPERLINK
                    && let Some(id) = kept_link(body, job)
                {
                    deck.links.insert(id);
                }
            }
        }
        Ok(deck)
    }

    /// Reads which objects the new document refers to.
    pub fn find_used(&mut self, document: &[u8], job: &mut Job<'_>) -> Result<(), Stop> {
        for (header, body) in records(document.get(HEADER..).unwrap_or_default()) {
            match header.kind {
                // Masters of notes and of handouts (2.4.2).
                DOCUMENT_ATOM => self.used.extend([u32_at(body, 24), u32_at(body, 28)]),
                SLIDE_LIST => {
                    for (header, body) in records(body) {
                        job.budget.take_objects(1)?;
                        if header.kind == SLIDE_PERSIST {
                            self.used.insert(u32_at(body, 0));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Says whether the document refers to the object.
    pub fn uses(&self, id: u32) -> bool {
        self.used.contains(&id)
    }

    /// Writes one object of the directory.
    pub fn object(
        &mut self,
        object: Object<'_>,
        blips: &mut Blips<'_>,
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        let start = art::open(out, object.version_instance, object.kind);
        let mut tree = Tree { deck: self, blips: Some(blips), place: place_of(object.kind) };
        tree.records(object.body, 1, job, out)?;
        art::close(out, start);
        Ok(())
    }
}

fn place_of(kind: u16) -> &'static str {
    match kind {
        super::SLIDE => "slide",
        super::NOTES => "notes",
        super::MAIN_MASTER => "master",
        super::HANDOUT => "handout",
        _ => "document",
    }
}

/// Iterates over the records of one level.
fn records(input: &[u8]) -> impl Iterator<Item = (Header, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let header = Header::read(input, at)?;
        let start = at + HEADER;
        at = start + header.len;
        Some((header, &input[start..at]))
    })
}

/// One pass over a part of the tree.
struct Tree<'t, 'b, 's> {
    deck: &'t Deck,
    /// Missing inside of shapes, where no picture has its place.
    blips: Option<&'b mut Blips<'s>>,
    place: &'static str,
}

impl Tree<'_, '_, '_> {
    fn records(
        &mut self,
        input: &[u8],
        depth: u32,
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        job.budget.check_nesting(depth)?;
        let mut action_went = false;
        for (header, body) in records(input) {
            job.budget.take_objects(1)?;
            if header.kind == ACTION_RANGE {
                if !action_went && header.len == 8 {
                    art::push(out, header.version_instance, header.kind, body);
                }
                continue;
            }
            if header.kind == ACTION {
                action_went = !self.action(header, body, job, out);
                continue;
            }
            self.record(header, body, depth, job, out)?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        header: Header,
        body: &[u8],
        depth: u32,
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        match header.kind {
            DRAWING | DRAWING_GROUP => self.drawing(header, body, job, out)?,
            EXTERNAL_OBJECTS => self.external_objects(header, body, job, out),
            TRANSITION => self.transition(header, body, job, out),
            ANIMATION_ATOM => {
                let mut new = body.to_vec();
                let has_more = new.len() > ANIMATION_LEN;
                job.removed_times(&codes::RECORD, self.place, u64::from(has_more));
                new.resize(ANIMATION_LEN, 0);
                // Sound, stop sound, play media (2.8.2).
                let flags = u16_at(&new, 4);
                if flags & 0x0150 != 0 {
                    job.removed(&codes::MEDIA, self.place);
                }
                put(&mut new, 4, &(flags & !0x0150).to_le_bytes());
                put(&mut new, 8, &[0; 4]);
                art::push(out, header.version_instance, header.kind, &new);
            }
            COMMENT if job.policy.office.comments != Choice::Keep => {
                job.removed(&codes::COMMENTS, self.place);
            }
            BINARY_TAG if !is_known_tag(body) => job.removed(&codes::EXTENSION, self.place),
            RULER if ruler_len(body) < body.len() => {
                job.removed(&codes::RECORD, self.place);
                let body = &body[..ruler_len(body)];
                art::push(out, header.version_instance, header.kind, body);
            }
            TAG_DATA => self.tag_data(header, body, depth, job, out)?,
            BULLET_PICTURE => self.bullet_picture(header, body, job, out)?,
            _ => match allow::fate(header.kind, header.len) {
                Fate::Enter => {
                    let start = art::open(out, header.version_instance, header.kind);
                    self.records(body, depth + 1, job, out)?;
                    art::close(out, start);
                    if is_empty_tag(header.kind, &out[start + HEADER..]) {
                        out.truncate(start);
                    }
                }
                Fate::Keep => art::push(out, header.version_instance, header.kind, body),
                Fate::Forget => {}
                Fate::Drop(code) => job.removed(code, self.place),
            },
        }
        Ok(())
    }

    fn drawing(
        &mut self,
        header: Header,
        body: &[u8],
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        let (deck, place) = (self.deck, self.place);
        let Some(blips) = self.blips.as_deref_mut() else { return Ok(()) };
        let mut client = |header: Header, body: &[u8], job: &mut Job<'_>| {
            let mut new = Vec::new();
            Tree { deck, blips: None, place }.records(body, 1, job, &mut new)?;
            let is_kept = header.kind == CLIENT_TEXTBOX || !new.is_empty();
            Ok(is_kept.then_some(new))
        };
        let mut rewriter = Rewriter {
            job,
            blips,
            client: &mut client,
            place,
            cuts: &[],
            cuts_out: Vec::new(),
            out: Vec::new(),
        };
        rewriter.run(body)?;
        art::push(out, header.version_instance, header.kind, &rewriter.out);
        Ok(())
    }

    /// Links, objects, sounds and films (2.10.1): only links may stay.
    fn external_objects(&self, header: Header, body: &[u8], job: &mut Job<'_>, out: &mut Vec<u8>) {
        let mut new = Vec::new();
        let mut links = 0;
        for (inner, body) in records(body) {
            match inner.kind {
                EXTERNAL_OBJECTS_ATOM if inner.len == 4 => {
                    art::push(&mut new, inner.version_instance, inner.kind, body);
                }
                HYPERLINK if kept_link(body, job).is_some() => {
                    links += 1;
                    let start = art::open(&mut new, inner.version_instance, inner.kind);
                    self.link_parts(body, job, &mut new);
                    art::close(&mut new, start);
                }
                HYPERLINK => job.removed(&codes::HYPERLINK, self.place),
                kind => {
                    let code = match allow::fate(kind, inner.len) {
                        Fate::Drop(code) => code,
                        Fate::Enter | Fate::Keep | Fate::Forget => &codes::OBJECT,
                    };
                    job.removed(code, self.place);
                }
            }
        }
        if links > 0 {
            art::push(out, header.version_instance, header.kind, &new);
        }
    }

    /// A link's number, its name, its address and a place there (2.10.16).
    fn link_parts(&self, link: &[u8], job: &mut Job<'_>, out: &mut Vec<u8>) {
        for (part, body) in records(link) {
            let stays = match (part.kind, part.instance()) {
                (HYPERLINK_ATOM, _) | (TEXT, 0 | 1) => true,
                (TEXT, 3) => is_own_slide(&utf16(body)) || !utf16(body).contains(OUTWARD),
                _ => false,
            };
            if stays {
                art::push(out, part.version_instance, part.kind, body);
            } else {
                job.removed(&codes::HYPERLINK, self.place);
            }
        }
    }

    /// What a click does (2.8.6). Returns whether the action stays.
    fn action(&self, header: Header, body: &[u8], job: &mut Job<'_>, out: &mut Vec<u8>) -> bool {
        let Some((inner, atom)) = records(body).find(|(inner, _)| inner.kind == ACTION_ATOM) else {
            job.removed(&codes::ACTION, self.place);
            return false;
        };
        // The name of a program or a macro, and what no field of the atom holds.
        let has_more = body.len() > HEADER + inner.len || inner.len > ACTION_LEN;
        let mut atom = atom.to_vec();
        atom.resize(ACTION_LEN, 0);
        let link = u32_at(&atom, 4);
        let kept = match u8_at(&atom, 8) {
            // Nothing happens, or another slide comes.
            0 | 3 => link == 0 || self.deck.links.contains(&link),
            4 => self.deck.links.contains(&link),
            _ => false,
        };
        if !kept {
            // A link is reported where its address stands.
            if u8_at(&atom, 8) != 4 || has_more {
                job.removed(&codes::ACTION, self.place);
            }
            return false;
        }
        if u32_at(&atom, 0) != 0 {
            job.removed(&codes::MEDIA, self.place);
        }
        job.removed_times(&codes::RECORD, self.place, u64::from(has_more));
        put(&mut atom, 0, &[0; 4]);
        atom[9] = 0;
        put(&mut atom, 13, &[0; 3]);
        let start = art::open(out, header.version_instance, header.kind);
        art::push(out, inner.version_instance, inner.kind, &atom);
        art::close(out, start);
        true
    }

    /// How a slide comes on (2.6.6): without its sound.
    fn transition(&self, header: Header, body: &[u8], job: &mut Job<'_>, out: &mut Vec<u8>) {
        const SOUND_FLAGS: u16 = 0x0010 | 0x0040 | 0x0100;
        const LEN: usize = 16;
        let mut new = body.to_vec();
        job.removed_times(&codes::RECORD, self.place, u64::from(new.len() > LEN));
        new.resize(LEN, 0);
        let flags = u16_at(&new, 10);
        if flags & SOUND_FLAGS != 0 {
            job.removed(&codes::MEDIA, self.place);
        }
        put(&mut new, 4, &[0; 4]);
        put(&mut new, 10, &(flags & !SOUND_FLAGS).to_le_bytes());
        art::push(out, header.version_instance, header.kind, &new);
    }

    /// Data of PowerPoint 2000 and later, which is records again.
    fn tag_data(
        &mut self,
        header: Header,
        body: &[u8],
        depth: u32,
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        let start = art::open(out, header.version_instance, header.kind);
        self.records(body, depth + 1, job, out)?;
        art::close(out, start);
        Ok(())
    }

    fn bullet_picture(
        &mut self,
        header: Header,
        body: &[u8],
        job: &mut Job<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        let inner = Header::read(body, 2);
        let (Some(blips), Some(inner)) = (self.blips.as_deref_mut(), inner) else {
            job.removed(&codes::RECORD, self.place);
            return Ok(());
        };
        let image = blips.blip(inner, &body[2 + HEADER..2 + HEADER + inner.len], job)?;
        let mut new = vec![image.kind(), 0];
        new.extend_from_slice(&image.record);
        art::push(out, header.version_instance, header.kind, &new);
        Ok(())
    }
}

/// Says whether a tag is one of those that the program's versions write
/// (2.11.23 to 2.11.29).
fn is_known_tag(tag: &[u8]) -> bool {
    const NAMES: [&str; 5] = ["___PPT9", "___PPT10", "___PPT11", "___PPT12", "___PPTMac11"];
    let name = records(tag).find(|(header, _)| header.kind == TEXT);
    name.is_some_and(|(_, name)| NAMES.contains(&utf16(name).trim_end_matches('\0')))
}

/// Returns how long a ruler is by its own flags, at most what is there
/// (2.9.30): counts, tabs, margins and indents.
fn ruler_len(body: &[u8]) -> usize {
    let flags = u32_at(body, 0);
    let mut len = 4;
    // The default tab, the number of levels.
    len += 2 * (flags & 0x3).count_ones() as usize;
    if flags & 0x4 != 0 {
        len += 2 + 4 * usize::from(u16_at(body, len));
    }
    len += 2 * (flags & 0x1FF8).count_ones() as usize;
    len.min(body.len())
}

/// Says whether all that a tag held is gone, so that it goes too.
fn is_empty_tag(kind: u16, body: &[u8]) -> bool {
    match kind {
        TAGS => body.is_empty(),
        BINARY_TAG => !records(body).any(|(header, _)| header.kind == TAG_DATA && header.len > 0),
        _ => false,
    }
}

/// Returns a link's number where it may stay: its address is of a kept kind,
/// or it leads to a place in this file.
fn kept_link(link: &[u8], job: &Job<'_>) -> Option<u32> {
    if job.policy.office.hyperlinks == Hyperlinks::Remove {
        return None;
    }
    let mut id = None;
    for (part, body) in records(link) {
        match (part.kind, part.instance()) {
            (HYPERLINK_ATOM, _) => id = Some(u32_at(body, 0)),
            // A place in this file has a number and a slide's name.
            (TEXT, 1) if !hlink::is_safe_url(&utf16(body)) && !is_own_slide(&utf16(body)) => {
                return None;
            }
            _ => {}
        }
    }
    id
}

/// Says whether a target is `number,number,title`: a slide of this file.
fn is_own_slide(target: &str) -> bool {
    let mut parts = target.splitn(3, ',');
    let mut is_number = || {
        parts.next().is_some_and(|part| {
            !part.is_empty() && part.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit())
        })
    };
    is_number() && is_number() && parts.next().is_none_or(|title| !title.contains('\\'))
}

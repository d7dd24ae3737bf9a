//! PowerPoint 97 to 2003, [MS-PPT]: finds the newest version of each slide and
//! writes one edit without history. Records themselves are rewritten in `tree`.

mod allow;
mod persist;
mod text;
mod tree;

use sanitize_core::{Format, Job, Output, Stop};

use crate::art::HEADER;
use crate::art::blip::{Blips, Store};
use crate::bytes::u16_at;
use crate::codes::{ENCRYPTION, METADATA, OBJECT, RECORD, RESIDUE};
use crate::package::{self, Package};
use crate::summary;
pub(crate) use persist::Edit;
use tree::Deck;

pub(crate) use text::text;

const DOCUMENT: u16 = 0x03E8;
const SLIDE: u16 = 0x03EE;
const NOTES: u16 = 0x03F0;
const MAIN_MASTER: u16 = 0x03F8;
const HANDOUT: u16 = 0x0FC9;
const OLE_STORAGE: u16 = 0x1011;

/// {64818D10-4F9B-11CF-86EA-00AA00B929E8}
const CLASS: [u8; 16] = [
    0x10, 0x8D, 0x81, 0x64, 0x9B, 0x4F, 0xCF, 0x11, 0x86, 0xEA, 0x00, 0xAA, 0x00, 0xB9, 0x29, 0xE8,
];

const STREAM: &str = "PowerPoint Document";

/// Rebuilds a presentation.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
    let package = Package::open(bytes, job)?;
    let (stream, pictures, edit) = open(&package, job)?;
    package.report_dropped(&[STREAM, "Current User", "Pictures"], job);
    if edit.was_encrypted {
        job.removed(&ENCRYPTION, "");
    }
    if edit.has_history || (!edit.was_encrypted && edit.has_leftovers(&stream)) {
        job.removed(&RESIDUE, STREAM);
    }
    let document = edit.object(&stream, edit.document).ok_or_else(|| package::broken(STREAM))?;
    if document.kind != DOCUMENT {
        return Err(package::broken(STREAM));
    }
    let mut blips = Blips::new(Store::Delayed { source: &pictures, out: Vec::new(), base: 0 });
    let mut deck = Deck::read(document.body, job)?;
    let mut new_document = Vec::new();
    deck.object(document, &mut blips, job, &mut new_document)?;
    deck.find_used(&new_document, job)?;
    let mut out = Vec::new();
    let mut offsets = Vec::new();
    for &id in edit.offsets.keys() {
        let Some(object) = edit.object(&stream, id) else { continue };
        let is_known = matches!(object.kind, DOCUMENT | SLIDE | NOTES | MAIN_MASTER | HANDOUT);
        let is_used = id == edit.document || deck.uses(id);
        match (is_known, is_used) {
            (true, true) => {}
            (true, false) => {
                job.removed(&RESIDUE, STREAM);
                continue;
            }
            (false, _) => {
                let code = if object.kind == OLE_STORAGE { &OBJECT } else { &RECORD };
                job.removed(code, STREAM);
                continue;
            }
        }
        offsets.push((id, out.len()));
        if id == edit.document {
            out.append(&mut new_document);
        } else {
            deck.object(object, &mut blips, job, &mut out)?;
        }
    }
    let user = persist::write(&offsets, &edit, &mut out)?;
    let mut streams = vec![("Current User", user), (STREAM, out)];
    job.removed_times(&RESIDUE, "Pictures", u64::from(blips.has_leftovers()));
    let pictures = blips.into_delayed();
    if !pictures.is_empty() {
        streams.push(("Pictures", pictures));
    }
    streams.extend(summary::kept(&package, job)?.map(|kept| (summary::STREAM, kept)));
    Ok(Output { format: Format::Ppt, bytes: package::pack(CLASS, streams)? })
}

fn open(package: &Package<'_>, job: &mut Job<'_>) -> Result<(Vec<u8>, Vec<u8>, Edit), Stop> {
    let stream = package.stream(STREAM, job)?;
    // PowerPoint 4 has a stream of its own; 95 begins with a record of type 0.
    let is_old = stream.as_deref().is_some_and(|s| u16_at(s, 2) == 0 && s.len() >= 8);
    if is_old || package.has("PP40") {
        return Err(package::unsupported("PowerPoint 95"));
    }
    let stream = stream.ok_or_else(|| package::broken(STREAM))?;
    let user = package.stream("Current User", job)?.unwrap_or_default();
    let pictures = package.stream("Pictures", job)?.unwrap_or_default();
    // Who wrote last (2.3.2); the count of letters stands behind the edit.
    job.removed_times(&METADATA, "Current User", u64::from(u16_at(&user, HEADER + 12) > 0));
    let (mut stream, mut pictures) = (stream, pictures);
    let mut edit = Edit::read(&stream, &user, job)?;
    edit.was_encrypted = crate::crypt::ppt::decrypt(&mut stream, &mut pictures, &mut edit, job)?;
    Ok((stream, pictures, edit))
}

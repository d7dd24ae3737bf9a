//! Word 97 to 2003, [MS-DOC]: the text stays where it stands, everything that
//! points at it is written anew, and all bytes that nothing names are gone.

mod body;
mod data;
mod fib;
mod fields;
mod pieces;
mod sprm;
mod table;
mod text;

use sanitize_core::{Choice, Format, Job, Output, Stop};

use crate::bytes::has_gap;
use crate::codes::{COMMENTS, ENCRYPTION, RESIDUE};
use crate::crypt;
use crate::package::{self, Package};
use crate::summary;
use data::Data;
use fib::Fib;
pub(crate) use fib::Lock;
use pieces::Text;

pub(crate) use text::text;

const STREAM: &str = "WordDocument";

/// The streams of a document, decrypted.
pub(crate) struct Streams {
    pub document: Vec<u8>,
    pub table: Vec<u8>,
    pub data: Vec<u8>,
}

fn open(package: &Package<'_>, job: &mut Job<'_>) -> Result<(Streams, Fib, bool), Stop> {
    let document = package.stream(STREAM, job)?.ok_or_else(|| package::broken(STREAM))?;
    let lock = Lock::read(&document)?;
    let other = if lock.table == "1Table" { "0Table" } else { "1Table" };
    let table = package.first(&[lock.table, other], job)?;
    let table = table.ok_or_else(|| package::broken(lock.table))?;
    let data = package.stream("Data", job)?.unwrap_or_default();
    let mut streams = Streams { document, table, data };
    if lock.is_encrypted {
        crypt::doc::decrypt(&mut streams, lock, job)?;
    }
    let fib = Fib::read(&streams.document)?;
    Ok((streams, fib, lock.is_encrypted))
}

/// Rebuilds a document.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
    let package = Package::open(bytes, job)?;
    let (streams, fib, was_encrypted) = open(&package, job)?;
    package.report_dropped(&[STREAM, "0Table", "1Table", "Data"], job);
    if was_encrypted {
        job.removed(&ENCRYPTION, "");
    }
    if fib.has_glossary() {
        job.removed(&RESIDUE, "AutoText");
    }
    let mut streams = streams;
    let lens = fib.part_lens();
    let total = lens.iter().fold(0_usize, |sum, &len| sum.saturating_add(len));
    let clx = fib.structure(&streams.table, table::CLX);
    let mut text = Text::read(&streams.document, clx, total, job)?;
    let (start, end) = text.bounds();
    if start < fib.len() || text.units.len() < lens[0] {
        return Err(package::broken("text"));
    }
    let mut table = table::Table::new(&fib, &streams.table);
    check_fields(&mut table, &mut text, &mut streams.document, &lens, job)?;
    if job.policy.office.comments != Choice::Keep {
        blank_comments(&mut text, &mut streams.document, &lens, job);
    }
    let mut data = Data::new(&streams.data);
    let mut document = vec![0; end];
    for (from, to) in text.ranges() {
        document[from..to].copy_from_slice(&streams.document[from..to]);
    }
    let mut parts = body::Parts {
        old: &streams.document,
        new: &mut document,
        data: &mut data,
        deleted: Vec::new(),
        owned: text.ranges().chain([(0, fib.len())]).collect(),
    };
    table.rewrite(&mut parts, job)?;
    // What fills up a locked document is no zeros once it is opened.
    let has_leftovers = !was_encrypted && has_gap(parts.old, std::mem::take(&mut parts.owned));
    job.removed_times(&RESIDUE, STREAM, u64::from(has_leftovers));
    let deleted = parts.deleted;
    text.blank(&mut document, &deleted);
    let (table, fib) = table.finish()?;
    let len = u32::try_from(document.len()).map_err(|_| package::unsupported("size"))?;
    let head = fib.into_bytes(len);
    document[..head.len()].copy_from_slice(&head);
    let mut out = vec![(STREAM, pad(document)), ("1Table", pad(table))];
    if !data.new.is_empty() {
        out.push(("Data", pad(data.new)));
    }
    out.extend(summary::kept(&package, job)?.map(|kept| (summary::STREAM, kept)));
    let bytes = package::pack(package::office_class(0x0002_0906), out)?;
    Ok(Output { format: Format::Doc, bytes })
}

/// Word reads its streams by whole sectors.
fn pad(mut stream: Vec<u8>) -> Vec<u8> {
    stream.resize(stream.len().max(4096), 0);
    stream
}

fn check_fields(
    table: &mut table::Table<'_>,
    text: &mut Text,
    document: &mut [u8],
    lens: &[usize; 8],
    job: &mut Job<'_>,
) -> Result<(), Stop> {
    let mut from = 0_usize;
    for (part, &len) in lens.iter().enumerate() {
        let to = from.saturating_add(len);
        let list = table::FIELD_LISTS[part];
        let kinds = list.map(|list| table.field_kinds(list, from)).unwrap_or_default();
        let mut disabled = std::collections::BTreeSet::new();
        let kind_of = |cp: usize| kinds.get(&cp).copied();
        let place = fib::PARTS[part];
        fields::check(text, document, (from, to), &kind_of, place, &mut disabled, job)?;
        if let Some(list) = list {
            table.disable_fields(list, from, &disabled);
        }
        from = to;
    }
    Ok(())
}

fn blank_comments(text: &mut Text, document: &mut [u8], lens: &[usize; 8], job: &mut Job<'_>) {
    let from: usize = lens[..fib::COMMENTS].iter().sum();
    let to = (from + lens[fib::COMMENTS]).min(text.units.len());
    let mut blanked = false;
    for cp in from..to {
        let unit = text.units[cp];
        if unit > 0x20 {
            text.put(document, cp, b' ');
            blanked = true;
        }
    }
    if blanked {
        job.removed(&COMMENTS, "");
    }
}

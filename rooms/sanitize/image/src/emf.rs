//! Enhanced metafiles, [MS-EMF]: walks the records, writes anew those that draw
//! or prepare drawing, and computes the header from what was written.

mod bitmap;
mod fields;
mod record;
mod text;

use sanitize_core::{Job, Stop, reasons};

use crate::bytes::Reader;
use crate::codes;
use crate::metafile::{Fault, Objects, Outcome};

pub(crate) use text::text;

/// 2.3.4.2: the header is the first record.
const HEADER: u32 = 1;
const EOF: u32 = 14;
/// Header bytes: original, with extension 1, with extension 2.
const HEADER_SIZES: [usize; 3] = [88, 100, 108];
const RECORD_BYTES_MIN: usize = 8;

/// Writes an EMF anew.
///
/// # Errors
/// Stops when there is no header, when the picture exists only in a form that
/// cannot be rebuilt (EMF+ without EMF records), or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let header = Header::read(bytes, job).ok_or_else(broken)?;
    let mut body = Vec::new();
    let mut state = State::default();
    let mut records = 2u32;
    for (kind, data) in Records::new(bytes) {
        job.budget.take_objects(1)?;
        if kind == EOF {
            break;
        }
        match record::rewrite(kind, data, &mut state, job) {
            Ok(Outcome::Keep(data)) => {
                put(kind, &data, &mut body);
                records += 1;
            }
            Ok(Outcome::Drop(code)) => job.removed(code, &format!("record {kind}")),
            Ok(Outcome::Skip) => {}
            Err(Fault::Broken) => job.removed(&codes::METAFILE_BROKEN, &format!("record {kind}")),
            Err(Fault::Stop(stop)) => return Err(stop),
        }
    }
    job.removed_times(&codes::METAFILE_PLUS, "", u64::from(state.has_plus));
    if state.is_plus_only && !state.has_drawn {
        return Err(Stop::blocked(&reasons::UNSUPPORTED, "EMF+"));
    }
    // 2.3.4.1: no palette, its place, and the record's own size once more.
    let end: Vec<u8> = [0u32, 16, 20].into_iter().flat_map(u32::to_le_bytes).collect();
    put(EOF, &end, &mut body);
    Ok(header.write(&body, records, state.objects.places()))
}

/// What goes on from record to record.
#[derive(Default)]
struct State {
    objects: Objects,
    has_plus: bool,
    /// EMF+ states that the EMF records alone are not the picture, 2.3.3 of [MS-EMFPLUS].
    is_plus_only: bool,
    has_drawn: bool,
}

fn put(kind: u32, data: &[u8], out: &mut Vec<u8>) {
    let size = RECORD_BYTES_MIN + data.len().next_multiple_of(4);
    out.extend(kind.to_le_bytes());
    out.extend((size as u32).to_le_bytes());
    out.extend(data);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// The records of a file behind its header, up to the first that does not fit.
struct Records<'a> {
    reader: Reader<'a>,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut records = Self { reader: Reader::little(bytes) };
        records.next();
        records
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8]);

    /// Gives a record's number and its data behind number and size.
    fn next(&mut self) -> Option<Self::Item> {
        let (kind, size) = (self.reader.u32()?, self.reader.u32()? as usize);
        Some((kind, self.reader.take(size.checked_sub(RECORD_BYTES_MIN)?)?))
    }
}

/// 2.3.4.2.1: what the header says of the picture.
struct Header {
    /// Bounds and frame, as eight numbers.
    place: Vec<u8>,
    /// Device size in pixels and millimetres, as four numbers.
    device: Vec<u8>,
    /// Device size in micrometres, extension 2.
    micrometres: Option<Vec<u8>>,
}

impl Header {
    fn read(bytes: &[u8], job: &mut Job<'_>) -> Option<Self> {
        let mut reader = Reader::little(bytes);
        let (kind, size) = (reader.u32()?, reader.u32()? as usize);
        let place = reader.take(32)?.to_vec();
        if kind != HEADER || reader.take(4)? != b" EMF" || size < HEADER_SIZES[0] {
            return None;
        }
        reader.skip(4)?;
        let stated_bytes = reader.u32()? as usize;
        reader.skip(8)?;
        let (description, _at, _palette) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let device = reader.take(16)?.to_vec();
        let micrometres = (size >= HEADER_SIZES[2])
            .then(|| reader.skip(12).and_then(|()| reader.take(8)).map(<[u8]>::to_vec))
            .flatten();
        job.removed_times(&codes::COMMENT, "", u64::from(description > 0));
        let tail = bytes.get(stated_bytes..).filter(|_| stated_bytes > size);
        let has_more = tail.is_some_and(|tail| tail.iter().any(|&byte| byte != 0));
        job.removed_times(&codes::TRAILING, "", u64::from(has_more));
        Some(Self { place, device, micrometres })
    }

    fn write(&self, body: &[u8], records: u32, places: usize) -> Vec<u8> {
        let size = HEADER_SIZES[if self.micrometres.is_some() { 2 } else { 0 }];
        let mut out = HEADER.to_le_bytes().to_vec();
        out.extend((size as u32).to_le_bytes());
        out.extend(&self.place);
        out.extend(b" EMF");
        out.extend(0x1_0000u32.to_le_bytes());
        out.extend(((size + body.len()) as u32).to_le_bytes());
        out.extend(records.to_le_bytes());
        // The table's first place is the metafile itself.
        out.extend((places.max(1) as u16).to_le_bytes());
        out.extend([0; 14]);
        out.extend(&self.device);
        if let Some(micrometres) = &self.micrometres {
            out.extend([0; 12]);
            out.extend(micrometres);
        }
        out.extend(body);
        out
    }
}

#[cfg(test)]
mod tests;

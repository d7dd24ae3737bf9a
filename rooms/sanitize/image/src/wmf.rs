//! Windows metafiles, [MS-WMF]: walks the records, writes anew those that draw or
//! prepare drawing, and computes both headers from what was written.

mod record;
mod text;

use sanitize_core::{Job, Stop, reasons};

use crate::bytes::Reader;
use crate::codes;
use crate::metafile::{Fault, Objects, Outcome};

pub(crate) use text::text;

/// 2.3.2.3: the key of the header for placeable metafiles.
const PLACEABLE: u32 = 0x9AC6_CDD7;
const HEADER_WORDS: usize = 9;
/// Size and function of a record.
const RECORD_WORDS_MIN: usize = 3;

/// Writes a WMF anew.
///
/// # Errors
/// Stops when there is no header, or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let header = Header::read(bytes).ok_or_else(|| Stop::blocked(&reasons::BROKEN, ""))?;
    let mut file = File { body: Vec::new(), objects: Objects::default(), longest: 0 };
    let mut records = Records::new(bytes, &header);
    for (function, data) in records.by_ref() {
        job.budget.take_objects(1)?;
        file.add(function, data, job)?;
    }
    let has_more = records.reader.rest().iter().any(|&byte| byte != 0);
    job.removed_times(&codes::TRAILING, "", u64::from(has_more));
    file.put(END, &[]);
    Ok(header.write(&file))
}

/// META_EOF, 2.3.2.1.
const END: u16 = 0;

/// What has been written so far.
struct File {
    body: Vec<u8>,
    objects: Objects,
    /// Words of the longest record.
    longest: usize,
}

impl File {
    fn add(&mut self, function: u16, data: &[u8], job: &mut Job<'_>) -> Result<(), Stop> {
        let place = || format!("record {function:04X}");
        match record::rewrite(function, data, &mut self.objects, job) {
            Ok(Outcome::Keep(data)) => {
                self.put(function, &data);
                return Ok(());
            }
            Ok(Outcome::Drop(code)) => job.removed(code, &place()),
            Ok(Outcome::Skip) => {}
            Err(Fault::Broken) => job.removed(&codes::METAFILE_BROKEN, &place()),
            Err(Fault::Stop(stop)) => return Err(stop),
        }
        if record::makes_object(function) {
            // Places are handed out in order: an empty brush holds this one.
            let index = self.objects.first_free();
            self.objects.create(index);
            self.put(record::CREATE_BRUSH, &[1, 0, 0, 0, 0, 0, 0, 0]);
        }
        Ok(())
    }

    fn put(&mut self, function: u16, data: &[u8]) {
        let words = RECORD_WORDS_MIN + data.len().div_ceil(2);
        self.longest = self.longest.max(words);
        self.body.extend((words as u32).to_le_bytes());
        self.body.extend(function.to_le_bytes());
        self.body.extend(data);
        self.body.resize(self.body.len().next_multiple_of(2), 0);
    }
}

/// The records of a file behind its headers, up to its end.
struct Records<'a> {
    reader: Reader<'a>,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8], header: &Header) -> Self {
        let mut reader = Reader::little(bytes);
        // The headers were read before, so that this place exists.
        let _ = reader.seek(header.end);
        Self { reader }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut ahead = self.reader.clone();
        let words = (ahead.u32()? as usize).checked_sub(RECORD_WORDS_MIN)?;
        let function = ahead.u16()?;
        let data = ahead.take(words.checked_mul(2)?)?;
        self.reader = ahead;
        (function != END).then_some((function, data))
    }
}

/// What the headers say.
struct Header {
    /// Bounding box and units an inch of a placeable metafile.
    placeable: Option<Vec<u8>>,
    /// 0x0100 or 0x0300; whether bitmaps are device-independent.
    version: u16,
    end: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::little(bytes);
        let mut placeable = None;
        if reader.clone().u32()? == PLACEABLE {
            reader.skip(6)?;
            placeable = Some(reader.take(10)?.to_vec());
            reader.skip(6)?;
        }
        let (kind, words, version) = (reader.u16()?, reader.u16()?, reader.u16()?);
        reader.skip(12)?;
        let is_header = matches!(kind, 1 | 2) && usize::from(words) == HEADER_WORDS;
        let version = if version == 0x0100 { 0x0100 } else { 0x0300 };
        is_header.then_some(Self { placeable, version, end: reader.at() })
    }

    fn write(&self, file: &File) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(place) = &self.placeable {
            out.extend(PLACEABLE.to_le_bytes());
            out.extend([0, 0]);
            out.extend(place);
            out.extend([0; 4]);
            let words = out.as_chunks::<2>().0;
            let sum = words.iter().fold(0, |sum, word| sum ^ u16::from_le_bytes(*word));
            out.extend(sum.to_le_bytes());
        }
        let words = HEADER_WORDS + file.body.len() / 2;
        out.extend(1u16.to_le_bytes());
        out.extend((HEADER_WORDS as u16).to_le_bytes());
        out.extend(self.version.to_le_bytes());
        out.extend((words as u32).to_le_bytes());
        out.extend((file.objects.places().min(0xFFFF) as u16).to_le_bytes());
        out.extend((file.longest as u32).to_le_bytes());
        out.extend([0, 0]);
        out.extend(&file.body);
        out
    }
}

#[cfg(test)]
mod tests;

//! Opens `winmail.dat`, in which Outlook wraps bodies and attachments.
//!
//! Source: [MS-OXTNEF].

use sanitize_core::{Job, Stop};

use crate::codes;
use crate::letter::{File, Letter};
use crate::mapi::{self, Properties, Raw, Storing};

const SIGNATURE: [u8; 4] = 0x223E_9F78_u32.to_le_bytes();
/// Attributes ([MS-OXTNEF] 2.1.3.1).
const BODY: u32 = 0x0002_800C;
const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
const OEM_CODEPAGE: u32 = 0x0006_9007;
const ATTACHMENT_START: u32 = 0x0006_9002;
const ATTACHMENT_TITLE: u32 = 0x0001_8010;
const ATTACHMENT_DATA: u32 = 0x0006_800F;
const ATTACHMENT_PROPERTIES: u32 = 0x0006_9005;
/// The interface that marks an object as a message, before its own TNEF.
const OBJECT_HEADER: usize = 16;
/// Messages inside messages; the job's own depth counts from outside.
const DEPTH_MAX: u32 = 8;

/// Returns what is in it; `None` where these bytes are something else.
///
/// # Errors
/// Stops at the limits.
pub(crate) fn read(bytes: &[u8], job: &mut Job<'_>) -> Result<Option<Letter>, Stop> {
    read_at(bytes, 0, job)
}

fn read_at(bytes: &[u8], depth: u32, job: &mut Job<'_>) -> Result<Option<Letter>, Stop> {
    if !bytes.starts_with(&SIGNATURE) || depth > DEPTH_MAX {
        return Ok(None);
    }
    let mut raw = Raw::default();
    let mut attachment: Option<Attachment> = None;
    let mut rest = bytes.get(6..).unwrap_or_default();
    let mut codepage = 0;
    while let Some((attribute, data, after)) = next(rest) {
        job.budget.take_objects(1)?;
        rest = after;
        match attribute {
            OEM_CODEPAGE => codepage = long(data).unwrap_or(0),
            BODY => raw.message.insert(0x1000, mapi::STRING8, data.to_vec()),
            MESSAGE_PROPERTIES => properties(data, &mut raw.message, job)?,
            ATTACHMENT_START => {
                if let Some(done) = attachment.replace(Attachment::default()) {
                    raw.files.extend(done.file(depth, codepage, job)?);
                }
            }
            ATTACHMENT_TITLE => with(&mut attachment, |one| {
                one.properties.insert(0x3704, mapi::STRING8, data.to_vec())
            }),
            ATTACHMENT_DATA => with(&mut attachment, |one| one.data = data.to_vec()),
            ATTACHMENT_PROPERTIES => {
                if let Some(one) = &mut attachment {
                    properties(data, &mut one.properties, job)?;
                }
            }
            _ => {}
        }
    }
    if let Some(done) = attachment {
        raw.files.extend(done.file(depth, codepage, job)?);
    }
    let codepage = if codepage == 0 { raw.message.own_codepage() } else { codepage };
    raw.message.set_codepage(codepage);
    raw.letter(job).map(Some)
}

fn with(attachment: &mut Option<Attachment>, change: impl FnOnce(&mut Attachment)) {
    if let Some(one) = attachment {
        change(one);
    }
}

/// Reads an attribute: level, identifier, length, data, checksum.
fn next(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let attribute = long(bytes.get(1..)?)?;
    let length = usize::try_from(long(bytes.get(5..)?)?).ok()?;
    let (data, rest) = bytes.get(9..)?.split_at_checked(length)?;
    Some((attribute, data, rest.get(2..).unwrap_or_default()))
}

fn long(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk::<4>().map(|four| u32::from_le_bytes(*four))
}

#[derive(Default)]
struct Attachment {
    properties: Properties,
    data: Vec<u8>,
}

impl Attachment {
    fn file(mut self, depth: u32, codepage: u32, job: &mut Job<'_>) -> Result<Option<File>, Stop> {
        self.properties.set_codepage(codepage);
        let name = mapi::file_name(&self.properties);
        let object = self.properties.binary(mapi::ATTACH_DATA).map(<[u8]>::to_vec);
        match mapi::storing(&self.properties) {
            Storing::Value if self.data.is_empty() => {
                Ok(Some(mapi::file(&self.properties, object.unwrap_or_default())))
            }
            Storing::Value => Ok(Some(mapi::file(&self.properties, self.data))),
            Storing::Message => {
                let inner = object.unwrap_or_default();
                let inner = inner.get(OBJECT_HEADER..).unwrap_or_default();
                let letter = read_at(inner, depth + 1, job)?;
                if letter.is_none() {
                    job.removed(&codes::OLE_ATTACHMENT, &name);
                }
                Ok(letter.map(|letter| mapi::message_file(&letter)))
            }
            Storing::Elsewhere => {
                job.removed(&codes::LINKED_ATTACHMENT, &name);
                Ok(None)
            }
            Storing::Ole => {
                job.removed(&codes::OLE_ATTACHMENT, &name);
                Ok(None)
            }
        }
    }
}

/// Reads a property list ([MS-OXTNEF] 2.1.3.4); stops at what makes no sense.
fn properties(data: &[u8], into: &mut Properties, job: &mut Job<'_>) -> Result<(), Stop> {
    let mut reader = Reader(data);
    let count = reader.long().unwrap_or(0);
    for _ in 0..count {
        job.budget.take_objects(1)?;
        let Some((id, kind, value)) = reader.property() else { break };
        into.insert(id, kind, value);
    }
    Ok(())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn long(&mut self) -> Option<u32> {
        self.take(4).and_then(long)
    }

    /// Takes data filled up to a multiple of four bytes; the last may be short.
    fn padded(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.take(count)?;
        let padding = (count.next_multiple_of(4) - count).min(self.0.len());
        self.take(padding)?;
        Some(taken)
    }

    fn property(&mut self) -> Option<(u16, u16, Vec<u8>)> {
        let tag = self.long()?;
        let (id, kind) = ((tag >> 16) as u16, tag as u16);
        if id >= 0x8000 {
            self.take(16)?;
            if self.long()? == 0 {
                self.take(4)?;
            } else {
                let length = usize::try_from(self.long()?).ok()?;
                self.padded(length)?;
            }
        }
        let is_many = kind & 0x1000 != 0;
        let base = kind & !0x1000;
        let is_variable =
            matches!(base, mapi::STRING8 | mapi::UNICODE | mapi::BINARY | mapi::OBJECT);
        let count = if is_many || is_variable { self.long()? } else { 1 };
        let mut first = None;
        for _ in 0..count {
            let size = match base {
                0x0002..=0x0004 | 0x000A | 0x000B => 4,
                0x0005..=0x0007 | 0x0014 | mapi::TIME => 8,
                0x0048 => 16,
                _ if is_variable => usize::try_from(self.long()?).ok()?,
                _ => return None,
            };
            let value = self.padded(size)?;
            if first.is_none() {
                first = Some(value.to_vec());
            }
        }
        Some((id, kind, first.unwrap_or_default()))
    }
}

//! Reads an Outlook message file into a letter. Named properties are not read,
//! save to say that one of them could have called out.
//!
//! Source: [MS-OXMSG].

use std::collections::BTreeMap;

use sanitize_container::cfb::{CfbError, CompoundFile, Entry, Kind};
use sanitize_core::{Job, Stop, reasons};

use crate::codes;
use crate::letter::{File, Letter};
use crate::mapi::{self, Properties, Raw, Storing};

const PROPERTIES: &str = "__properties_version1.0";
const VALUE: &str = "__substg1.0_";
const RECIPIENT: &str = "__recip_version1.0_";
const ATTACHMENT: &str = "__attach_version1.0_";
/// The entry stream of the named property mapping ([MS-OXMSG] 2.2.3.1.2).
const NAMES: [&str; 2] = ["__nameid_version1.0", "__substg1.0_00030102"];
/// A message inside an attachment.
const INNER_MESSAGE: &str = "__substg1.0_3701000d";
/// PidLidReminderFileParameter and PidLidReminderOverride (CVE-2023-23397).
const REMINDER_NAMES: [u32; 2] = [0x851F, 0x851C];
/// Messages inside messages; the job's own depth counts from outside.
const DEPTH_MAX: u32 = 8;

pub(crate) fn read(bytes: &[u8], job: &mut Job<'_>) -> Result<Letter, Stop> {
    let file = CompoundFile::read(bytes, &mut job.budget).map_err(stop)?;
    job.budget.take_entries(file.entries().len() as u64)?;
    let message = Tree::new(&file);
    let reminders = reminder_ids(&message, job)?;
    let letter = message.message(&[], 32, &reminders, job)?;
    job.removed(&codes::OUTLOOK, "");
    Ok(letter)
}

fn stop(error: CfbError) -> Stop {
    match error {
        CfbError::Stop(stop) => stop,
        CfbError::NotCompound | CfbError::Damaged(_) => Stop::blocked(&reasons::BROKEN, ""),
    }
}

/// The file's entries by their parents, names in lower case.
struct Tree<'a> {
    file: &'a CompoundFile<'a>,
    children: BTreeMap<Vec<String>, Vec<&'a Entry>>,
}

impl<'a> Tree<'a> {
    fn new(file: &'a CompoundFile<'a>) -> Self {
        let mut children: BTreeMap<Vec<String>, Vec<&Entry>> = BTreeMap::new();
        for entry in file.entries() {
            let mut path: Vec<String> =
                entry.path.iter().map(|name| name.to_ascii_lowercase()).collect();
            if path.pop().is_some() {
                children.entry(path).or_default().push(entry);
            }
        }
        Self { file, children }
    }

    fn children(&self, path: &[String]) -> &[&'a Entry] {
        self.children.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// Reads the properties of one storage: fixed ones from the property stream
    /// behind its header, others from streams of their own.
    fn properties(
        &self,
        path: &[String],
        header: usize,
        job: &mut Job<'_>,
    ) -> Result<Properties, Stop> {
        let mut properties = Properties::default();
        for entry in self.children(path) {
            let name = entry.name().to_ascii_lowercase();
            if entry.kind != Kind::Stream {
                continue;
            }
            if name == PROPERTIES {
                let data = self.file.data(entry, &mut job.budget).map_err(stop)?;
                for record in data.get(header..).unwrap_or_default().chunks_exact(16) {
                    let tag = u32::from_le_bytes([record[0], record[1], record[2], record[3]]);
                    let (id, kind) = ((tag >> 16) as u16, tag as u16);
                    let is_fixed = !matches!(
                        kind,
                        mapi::STRING8 | mapi::UNICODE | mapi::BINARY | mapi::OBJECT
                    ) && kind & 0x1000 == 0;
                    if is_fixed {
                        properties.insert(id, kind, record[8..16].to_vec());
                    }
                }
            } else if let Some((id, kind)) = name.strip_prefix(VALUE).and_then(tag) {
                let data = self.file.data(entry, &mut job.budget).map_err(stop)?;
                properties.insert(id, kind, data);
            }
        }
        Ok(properties)
    }

    fn message(
        &self,
        path: &[String],
        header: usize,
        reminders: &[u16],
        job: &mut Job<'_>,
    ) -> Result<Letter, Stop> {
        let mut message = self.properties(path, header, job)?;
        let codepage = message.own_codepage();
        message.set_codepage(codepage);
        if reminders.iter().any(|&id| message.has(id)) {
            job.removed(&codes::REMINDER, "");
        }
        job.removed_times(&codes::OUTLOOK_PROPERTIES, "", message.len() as u64);
        let mut raw = Raw { message, ..Raw::default() };
        for entry in self.children(path).iter().filter(|entry| entry.kind == Kind::Storage) {
            let name = entry.name().to_ascii_lowercase();
            let below = [path, std::slice::from_ref(&name)].concat();
            if name.starts_with(RECIPIENT) {
                let mut recipient = self.properties(&below, 8, job)?;
                recipient.set_codepage(codepage);
                raw.recipients.push(recipient);
            } else if name.starts_with(ATTACHMENT) {
                let mut attachment = self.properties(&below, 8, job)?;
                attachment.set_codepage(codepage);
                raw.files.extend(self.attachment(&below, &attachment, reminders, job)?);
            }
        }
        raw.letter(job)
    }

    fn attachment(
        &self,
        path: &[String],
        attachment: &Properties,
        reminders: &[u16],
        job: &mut Job<'_>,
    ) -> Result<Option<File>, Stop> {
        let name = mapi::file_name(attachment);
        match mapi::storing(attachment) {
            Storing::Value => {
                let data = attachment.binary(mapi::ATTACH_DATA).unwrap_or_default().to_vec();
                Ok(Some(mapi::file(attachment, data)))
            }
            Storing::Message => {
                let inner = [path, &[INNER_MESSAGE.to_owned()]].concat();
                // Each level has two names more.
                let depth = u32::try_from(inner.len() / 2).unwrap_or(u32::MAX);
                if depth > DEPTH_MAX {
                    return Err(Stop::blocked(&sanitize_core::limits::DEPTH, name));
                }
                let letter = self.message(&inner, 24, reminders, job)?;
                Ok(Some(mapi::message_file(&letter)))
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

/// Reads identifier and type from a stream's name.
fn tag(digits: &str) -> Option<(u16, u16)> {
    // Values of a list have a number behind the tag.
    if digits.len() != 8 || !digits.is_ascii() {
        return None;
    }
    let (id, kind) = digits.split_at(4);
    Some((u16::from_str_radix(id, 16).ok()?, u16::from_str_radix(kind, 16).ok()?))
}

/// Finds the identifiers under which this file stores a reminder's sound.
fn reminder_ids(tree: &Tree<'_>, job: &mut Job<'_>) -> Result<Vec<u16>, Stop> {
    let data = tree.file.stream(&NAMES, &mut job.budget).map_err(stop)?.unwrap_or_default();
    let records = data.chunks_exact(8).enumerate();
    Ok(records
        .filter_map(|(index, record)| {
            let name = u32::from_le_bytes([record[0], record[1], record[2], record[3]]);
            let is_number = record[4] & 1 == 0;
            let id = u16::try_from(index).ok()?.checked_add(0x8000)?;
            (is_number && REMINDER_NAMES.contains(&name)).then_some(id)
        })
        .collect())
}

//! Writes Outlook message files: storages of properties ([MS-OXMSG] 2).

use std::collections::BTreeMap;

use super::ole::compound;

/// The first attachment's storage.
pub const ATTACHMENT: &str = "__attach_version1.0_#00000000";
/// The storage of a message or an object in the first attachment.
pub const INNER: &str = "__attach_version1.0_#00000000/__substg1.0_3701000D";
/// The first recipient's storage.
pub const RECIPIENT: &str = "__recip_version1.0_#00000000";

const STRING: u32 = 0x001f;
const LONG: u32 = 0x0003;

/// A message being made. Storages are named by their paths, the message itself
/// by an empty one.
#[derive(Debug, Clone, Default)]
pub struct Msg {
    storages: BTreeMap<String, Storage>,
    /// Streams written as they are.
    pub streams: Vec<(String, Vec<u8>)>,
    /// Behind the compound file.
    pub after: Vec<u8>,
}

#[derive(Debug, Clone, Default)]
struct Storage {
    fixed: Vec<(u32, u32)>,
    values: Vec<(u32, Vec<u8>)>,
}

impl Msg {
    /// Adds a property of variable size; the lower half of `tag` is its type.
    pub fn value(&mut self, storage: &str, tag: u32, value: impl Into<Vec<u8>>) -> &mut Self {
        self.storage(storage).values.push((tag, value.into()));
        self
    }

    /// Adds a string property, in UTF-16.
    pub fn text(&mut self, storage: &str, id: u32, text: &str) -> &mut Self {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.value(storage, (id << 16) | STRING, units)
    }

    /// Adds a number property.
    pub fn number(&mut self, storage: &str, id: u32, value: u32) -> &mut Self {
        self.storage(storage).fixed.push(((id << 16) | LONG, value));
        self
    }

    fn storage(&mut self, path: &str) -> &mut Storage {
        self.storages.entry(path.to_owned()).or_default()
    }

    /// Writes the file.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut streams = Vec::new();
        for (path, storage) in &self.storages {
            let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
            for (tag, value) in &storage.values {
                streams.push((format!("{prefix}__substg1.0_{tag:08X}"), value.clone()));
            }
            let head = header_bytes(path);
            streams.push((format!("{prefix}__properties_version1.0"), storage.properties(head)));
        }
        streams.extend(self.streams.iter().cloned());
        let streams: Vec<(&str, &[u8])> =
            streams.iter().map(|(path, data)| (path.as_str(), data.as_slice())).collect();
        let file = compound(Some("00020d0b-0000-0000-c000-000000000046"), &streams);
        [file, self.after.clone()].concat()
    }
}

/// 2.4.1: the message itself, a message inside, everything else.
fn header_bytes(path: &str) -> usize {
    match path.rsplit('/').next() {
        Some("") => 32,
        Some(name) if name.ends_with("3701000D") => 24,
        _ => 8,
    }
}

impl Storage {
    fn properties(&self, head: usize) -> Vec<u8> {
        let mut out = vec![0; head];
        for (tag, value) in &self.fixed {
            out.extend(tag.to_le_bytes());
            out.extend([6, 0, 0, 0]);
            out.extend(u64::from(*value).to_le_bytes());
        }
        for (tag, value) in &self.values {
            out.extend(tag.to_le_bytes());
            out.extend([6, 0, 0, 0]);
            let end = if tag & 0xffff == STRING { 2 } else { 0 };
            let size = u32::try_from(value.len() + end).expect("made values are small");
            out.extend(u64::from(size).to_le_bytes());
        }
        out
    }
}

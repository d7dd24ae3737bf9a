//! The manifest: says which parts are encrypted and how, and is written anew.
//! Tries only the passwords that were given.

use std::collections::BTreeMap;

use sanitize_container::zip::{Archive, Entry};
use sanitize_core::{Job, Stop, reasons};

use super::crypt::{self, Lock, StartKey};
use super::stop;
use crate::xml::{self, Element, Node, Source};

/// How the encrypted parts open; empty for a plain package.
#[derive(Default)]
pub(crate) struct Keys {
    locks: BTreeMap<String, Lock>,
    key: Option<StartKey>,
}

impl Keys {
    /// Reads the manifest and finds the password that opens the parts.
    pub(super) fn read(
        archive: &Archive<'_>,
        entries: &BTreeMap<&str, &Entry>,
        job: &mut Job<'_>,
    ) -> Result<Self, Stop> {
        const NAME: &str = "META-INF/manifest.xml";
        let Some(entry) = entries.get(NAME) else { return Ok(Self::default()) };
        let data = archive.data(entry, &mut job.budget).map_err(|error| stop(error, NAME))?;
        let text = xml::decode(&data, NAME)?;
        let mut keys = Self { locks: locks(&text, NAME, job)?, key: None };
        if keys.locks.is_empty() {
            return Ok(keys);
        }
        // One part is enough to tell a password; the smallest is the cheapest.
        let locked = keys.locks.iter().filter_map(|(name, lock)| {
            entries.get(name.as_str()).map(|entry| (entry.packed_bytes, lock, *entry))
        });
        let Some((_, lock, entry)) = locked.min_by_key(|(size, ..)| *size) else { return Ok(keys) };
        if keys.locks.values().any(|lock| !lock.schemes.are_known()) {
            return Err(Stop::held(&reasons::PROTECTION_UNKNOWN, ""));
        }
        if job.passwords.is_empty() {
            return Err(Stop::held(&reasons::PASSWORD_NEEDED, ""));
        }
        let data =
            archive.data(entry, &mut job.budget).map_err(|error| stop(error, &entry.name))?;
        let passwords = job.passwords;
        for password in passwords.iter() {
            let key = StartKey::new(password);
            if lock.open(&data, &key, job)?.is_some() {
                keys.key = Some(key);
                return Ok(keys);
            }
        }
        Err(Stop::held(&reasons::PASSWORD_WRONG, ""))
    }

    /// Says whether some part was encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.key.is_some()
    }

    /// Unpacks a part, and decrypts it where it is locked.
    pub(super) fn data(
        &self,
        archive: &Archive<'_>,
        entry: &Entry,
        job: &mut Job<'_>,
    ) -> Result<Vec<u8>, Stop> {
        let data =
            archive.data(entry, &mut job.budget).map_err(|error| stop(error, &entry.name))?;
        let (Some(lock), Some(key)) = (self.locks.get(&entry.name), &self.key) else {
            return Ok(data);
        };
        match lock.open(&data, key, job)? {
            Some(packed) => lock.inflate(&packed, &entry.name, job),
            None => Err(Stop::blocked(&reasons::BROKEN, entry.name.as_str())),
        }
    }
}

/// Reads how each encrypted part is locked.
fn locks(text: &str, part: &str, job: &mut Job<'_>) -> Result<BTreeMap<String, Lock>, Stop> {
    let mut locks: BTreeMap<String, Lock> = BTreeMap::new();
    let mut source = Source::new(text, part);
    let mut current: Option<(String, u64)> = None;
    loop {
        match source.next()? {
            Node::Start(element) => {
                job.budget.take_objects(1)?;
                if element.name == "manifest:file-entry" {
                    let path = element.value("manifest:full-path").unwrap_or_default().to_owned();
                    let size = element.value("manifest:size").and_then(|size| size.parse().ok());
                    current = Some((path, size.unwrap_or(0)));
                } else if let Some((path, size)) = &current {
                    if element.name == "manifest:encryption-data" {
                        let lock = Lock { size: *size, ..Lock::default() };
                        locks.insert(path.clone(), lock);
                    }
                    if let Some(lock) = locks.get_mut(path) {
                        describe(&element, lock);
                    }
                }
            }
            Node::End | Node::Text(_) | Node::Odd => {}
            Node::Eof => return Ok(locks),
        }
    }
}

/// Notes what an element says about a lock.
fn describe(element: &Element<'_>, lock: &mut Lock) {
    let value = |name: &str| element.value(name).unwrap_or_default();
    match element.name.as_str() {
        "manifest:encryption-data" => {
            lock.schemes.checksum = value("manifest:checksum-type").ends_with("#sha256-1k");
            lock.checksum = crypt::base64(value("manifest:checksum"));
        }
        "manifest:algorithm" => {
            lock.schemes.cipher = value("manifest:algorithm-name").ends_with("#aes256-cbc");
            lock.vector = crypt::base64(value("manifest:initialisation-vector"));
        }
        "manifest:start-key-generation" => {
            let name = value("manifest:start-key-generation-name");
            lock.schemes.start_key = name.ends_with("#sha256");
        }
        "manifest:key-derivation" => {
            let is_full = value("manifest:key-size") == "32";
            lock.schemes.derivation =
                is_full && value("manifest:key-derivation-name").ends_with("PBKDF2");
            lock.salt = crypt::base64(value("manifest:salt"));
            lock.rounds = value("manifest:iteration-count").parse().unwrap_or(0);
        }
        _ => {}
    }
}

/// Writes a manifest of the given paths and media types (part 2, 4.2). Before
/// ODF 1.2 a manifest had no version.
pub(super) fn write(files: &[(String, &str)], version: Option<&str>) -> String {
    let version = version.filter(|version| !matches!(*version, "1.0" | "1.1"));
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest \
         xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"",
    );
    if let Some(version) = version {
        xml::attribute("manifest:version", version, &mut out);
    }
    out.push_str(">\n");
    for (path, media_type) in files {
        out.push_str(" <manifest:file-entry");
        xml::attribute("manifest:full-path", path, &mut out);
        if let Some(version) = version.filter(|_| path == "/") {
            xml::attribute("manifest:version", version, &mut out);
        }
        xml::attribute("manifest:media-type", media_type, &mut out);
        out.push_str("/>\n");
    }
    out.push_str("</manifest:manifest>\n");
    out
}

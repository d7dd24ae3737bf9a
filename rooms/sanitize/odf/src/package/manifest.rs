//! The manifest: says which parts are encrypted and how, and is written anew.
//! Derives keys only from the passwords that were given.

use std::collections::BTreeMap;

use sanitize_container::zip::{Archive, Entry};
use sanitize_core::{Job, Stop, reasons};

use super::stop;
use crate::xml::{self, Node, Source};

/// How the encrypted parts open; empty for a plain package.
pub(crate) struct Keys {
    is_encrypted: bool,
}

impl Keys {
    /// Reads the manifest and finds the password that opens the parts.
    pub(super) fn read(
        archive: &Archive<'_>,
        entries: &BTreeMap<&str, &Entry>,
        job: &mut Job<'_>,
    ) -> Result<Self, Stop> {
        const NAME: &str = "META-INF/manifest.xml";
        let Some(entry) = entries.get(NAME) else { return Ok(Self { is_encrypted: false }) };
        let data = archive.data(entry, &mut job.budget).map_err(|error| stop(error, NAME))?;
        let text = xml::decode(&data, NAME)?;
        let mut source = Source::new(&text, NAME);
        loop {
            match source.next()? {
                Node::Start(element) => {
                    job.budget.take_objects(1)?;
                    if element.name == "manifest:encryption-data" {
                        return Err(Stop::held(&reasons::PROTECTION_UNKNOWN, ""));
                    }
                }
                Node::End | Node::Text(_) | Node::Odd => {}
                Node::Eof => return Ok(Self { is_encrypted: false }),
            }
        }
    }

    /// Says whether some part was encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Unpacks a part.
    pub(super) fn data(
        &self,
        archive: &Archive<'_>,
        entry: &Entry,
        job: &mut Job<'_>,
    ) -> Result<Vec<u8>, Stop> {
        archive.data(entry, &mut job.budget).map_err(|error| stop(error, &entry.name))
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

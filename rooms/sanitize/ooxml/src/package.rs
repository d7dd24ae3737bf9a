//! The package layer (ECMA-376 Part 2): members by part name, content types,
//! relationships. Knows no kind of part.

use std::collections::HashMap;

use quick_xml::events::Event;
use sanitize_container::zip::{Archive, Entry, Finding, ZipError};
use sanitize_core::{Job, Stop, reasons};

use crate::codes;
use crate::target;
use crate::xml::attributes::resolve;
use crate::xml::{Attributes, Malformed, decode, split_name};

/// Relationships of one part; more are a flood.
const RELATIONS_MAX: usize = 200_000;

/// A package in memory. Part names are without a leading slash.
pub(crate) struct Package<'a> {
    archive: Archive<'a>,
    /// Members by part name as it is written.
    members: HashMap<String, usize>,
    /// Members by part name in lower case; part names are the same whatever
    /// their case (Part 2, 6.2.2), but a name as written is believed first.
    folded: HashMap<String, usize>,
    defaults: HashMap<String, String>,
    overrides: HashMap<String, String>,
}

impl<'a> Package<'a> {
    /// Opens a package and reads its content types.
    ///
    /// # Errors
    /// Stops on a broken ZIP, on encrypted members, without content types, and
    /// at the limits.
    pub(crate) fn open(bytes: &'a [u8], job: &mut Job<'_>) -> Result<Self, Stop> {
        let archive = Archive::read(bytes, &mut job.budget).map_err(|error| stop(error, ""))?;
        for finding in archive.findings() {
            match finding {
                Finding::DataBefore
                | Finding::DataBetween
                | Finding::ExtraField
                | Finding::LocalHeaderDiffers
                | Finding::Comment => {
                    job.removed(&codes::CONTAINER, "");
                }
            }
        }
        let mut package = Self {
            members: HashMap::with_capacity(archive.entries().len()),
            folded: HashMap::with_capacity(archive.entries().len()),
            archive,
            defaults: HashMap::new(),
            overrides: HashMap::new(),
        };
        package.index(job);
        package.read_types(job)?;
        Ok(package)
    }

    fn index(&mut self, job: &mut Job<'_>) {
        for (at, entry) in self.archive.entries().iter().enumerate() {
            if entry.is_directory {
                continue;
            }
            if entry.is_special {
                job.removed(&codes::CONTAINER, &entry.name);
                continue;
            }
            let name = part_name(entry);
            let is_again = self.folded.insert(name.to_lowercase(), at).is_some();
            self.members.insert(name, at);
            if is_again {
                job.removed(&codes::DUPLICATE, &entry.name);
            }
        }
    }

    fn find(&self, part: &str) -> Option<usize> {
        let exact = self.members.get(part);
        exact.or_else(|| self.folded.get(&plain(part).to_lowercase())).copied()
    }

    /// Says whether a part exists.
    pub(crate) fn has(&self, part: &str) -> bool {
        self.find(part).is_some()
    }

    /// Returns a part's name as the package writes it, if it exists.
    pub(crate) fn name_of(&self, part: &str) -> Option<String> {
        let entry = self.archive.entries().get(self.find(part)?)?;
        Some(part_name(entry))
    }

    /// Names of all parts, in directory order.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        let is_used = |(at, name): &(usize, String)| self.members.get(name) == Some(at);
        let names = self.archive.entries().iter().map(part_name);
        names.enumerate().filter(is_used).map(|(_, name)| name)
    }

    /// Unpacks a part.
    ///
    /// # Errors
    /// Stops when it is missing or damaged and at the limits.
    pub(crate) fn data(&self, part: &str, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
        let entry = self.find(part).and_then(|at| self.archive.entries().get(at));
        let entry = entry.ok_or_else(|| Stop::blocked(&reasons::BROKEN, part))?;
        self.archive.data(entry, &mut job.budget).map_err(|error| stop(error, part))
    }

    /// Returns a part's content type, without parameters.
    pub(crate) fn content_type(&self, part: &str) -> Option<&str> {
        let key = key(part);
        let by_name = self.overrides.get(&key);
        let found = by_name.or_else(|| self.defaults.get(key.rsplit_once('.')?.1))?;
        Some(found.split(';').next().unwrap_or("").trim())
    }

    /// Reads the relationships of a part; an empty name stands for the package.
    /// A part without any has none.
    ///
    /// # Errors
    /// Stops on broken XML and at the limits.
    pub(crate) fn relations(&self, part: &str, job: &mut Job<'_>) -> Result<Vec<Relation>, Stop> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let path = if folder.is_empty() {
            format!("_rels/{name}.rels")
        } else {
            format!("{folder}/_rels/{name}.rels")
        };
        if !self.has(&path) {
            return Ok(Vec::new());
        }
        let bytes = self.data(&path, job)?;
        let relations =
            read_relations(&bytes).map_err(|_| Stop::blocked(&reasons::BROKEN, &path))?;
        job.budget.take_objects(relations.len() as u64)?;
        Ok(relations)
    }

    fn read_types(&mut self, job: &mut Job<'_>) -> Result<(), Stop> {
        const PART: &str = "[Content_Types].xml";
        let bytes = self.data(PART, job)?;
        let broken = |_: Malformed| Stop::blocked(&reasons::BROKEN, PART);
        let text = decode(&bytes).map_err(broken)?;
        each_element(&text, |local, raw| {
            let mut named = [None, None, None];
            for attribute in Attributes::new(raw) {
                let (name, value) = attribute?;
                match name {
                    "Extension" => named[0] = Some(resolve(value)?),
                    "PartName" => named[1] = Some(resolve(value)?),
                    "ContentType" => named[2] = Some(resolve(value)?),
                    _ => {}
                }
            }
            match (local, named) {
                ("Default", [Some(extension), _, Some(kind)]) => {
                    self.defaults.insert(extension.to_lowercase(), kind.into_owned());
                }
                ("Override", [_, Some(part), Some(kind)]) => {
                    self.overrides.insert(key(&part), kind.into_owned());
                }
                _ => {}
            }
            Ok(())
        })
        .map_err(broken)
    }
}

/// One relationship as the source has it.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) id: String,
    /// The type's address.
    pub(crate) kind: String,
    pub(crate) target: String,
    pub(crate) is_external: bool,
}

impl Relation {
    /// Returns the part that it leads to, if it stays inside the package.
    pub(crate) fn part(&self, source: &str) -> Option<String> {
        if self.is_external { None } else { target::resolve(source, &self.target) }
    }
}

/// A member's name as a part name. Part names are ASCII (Part 2, 6.2.2), and
/// readers of packages pass over the Unicode Path field (APPNOTE 4.6.9): what
/// the header itself says is the name, whatever that field claims.
fn part_name(entry: &Entry) -> String {
    match std::str::from_utf8(&entry.name_raw) {
        Ok(raw) if raw.is_ascii() => plain(raw),
        Ok(_) | Err(_) => plain(&entry.name),
    }
}

/// A member's name as a part name: forward slashes, none in front.
fn plain(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_owned()
}

fn key(name: &str) -> String {
    plain(name).to_lowercase()
}

fn stop(error: ZipError, place: &str) -> Stop {
    match error {
        ZipError::Stop(stop) => stop,
        ZipError::Encrypted => Stop::held(&reasons::PROTECTION_UNKNOWN, place),
        ZipError::NoEnd
        | ZipError::Broken { .. }
        | ZipError::Overlap
        | ZipError::Volumes
        | ZipError::Method(_)
        | ZipError::Damaged => Stop::blocked(&reasons::BROKEN, place),
    }
}

fn read_relations(bytes: &[u8]) -> Result<Vec<Relation>, Malformed> {
    let text = decode(bytes)?;
    let mut relations: Vec<Relation> = Vec::new();
    each_element(&text, |local, raw| {
        if local != "Relationship" {
            return Ok(());
        }
        if relations.len() >= RELATIONS_MAX {
            return Err(Malformed);
        }
        let mut relation = Relation {
            id: String::new(),
            kind: String::new(),
            target: String::new(),
            is_external: false,
        };
        for attribute in Attributes::new(raw) {
            let (name, value) = attribute?;
            let value = resolve(value)?;
            match name {
                "Id" => relation.id = value.into_owned(),
                "Type" => relation.kind = value.trim().to_owned(),
                "Target" => relation.target = value.into_owned(),
                "TargetMode" => {
                    relation.is_external = value.trim().eq_ignore_ascii_case("external")
                }
                _ => {}
            }
        }
        relations.push(relation);
        Ok(())
    })?;
    Ok(relations)
}

/// Calls `visit` for each element of a flat list.
pub(crate) fn each_element(
    text: &str,
    mut visit: impl FnMut(&str, &str) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event()? {
            Event::Start(tag) | Event::Empty(tag) => {
                visit(split_name(tag.name().0).1, tag.attributes_raw())?
            }
            Event::DocType(_) => return Err(Malformed),
            Event::Eof => return Ok(()),
            Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

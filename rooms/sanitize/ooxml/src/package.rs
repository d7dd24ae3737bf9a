//! The package layer (ECMA-376 Part 2): members by part name, content types,
//! relationships. Knows no kind of part.

use std::collections::HashMap;

use quick_xml::events::Event;
use sanitize_container::zip::{Archive, Finding, ZipError};
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
    /// Members by part name in lower case.
    members: HashMap<String, usize>,
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
                | Finding::LocalHeaderDiffers
                | Finding::Comment => {
                    job.removed(&codes::CONTAINER, "");
                }
            }
        }
        let mut members = HashMap::with_capacity(archive.entries().len());
        for (at, entry) in archive.entries().iter().enumerate() {
            if entry.is_directory {
                continue;
            }
            if entry.is_special {
                job.removed(&codes::CONTAINER, &entry.name);
                continue;
            }
            if members.insert(key(&entry.name), at).is_some() {
                job.removed(&codes::DUPLICATE, &entry.name);
            }
        }
        let mut package =
            Self { archive, members, defaults: HashMap::new(), overrides: HashMap::new() };
        package.read_types(job)?;
        Ok(package)
    }

    /// Says whether a part exists.
    pub(crate) fn has(&self, part: &str) -> bool {
        self.members.contains_key(&key(part))
    }

    /// Names of all members, in directory order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let is_used = |(at, name): &(usize, &str)| self.members.get(&key(name)) == Some(at);
        let names = self.archive.entries().iter().map(|entry| entry.name.as_str());
        names.enumerate().filter(is_used).map(|(_, name)| name)
    }

    /// Unpacks a part.
    ///
    /// # Errors
    /// Stops when it is missing or damaged and at the limits.
    pub(crate) fn data(&self, part: &str, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
        let entry = self.members.get(&key(part)).and_then(|at| self.archive.entries().get(*at));
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

/// Part names are the same whatever their case (Part 2, 6.2.2).
fn key(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
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

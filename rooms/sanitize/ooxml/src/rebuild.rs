//! Walks a package from its main part and writes a new one: only parts that
//! are reached through known relationships, under names and content types of
//! our own tables.

pub(crate) mod binary;
mod links;
mod pictures;
mod previews;
mod properties;
mod workbook;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use sanitize_container::zip::{Level, Writer};
use sanitize_core::{Job, Output, Stop, reasons};

use crate::codes;
use crate::package::{Package, Relation};
use crate::parts::{self, Family, PartKind, RelationAct, RelationKind};
use crate::scrub::{self, Part, Scrubbed, Shared};
use crate::target;
use crate::xml::decode;
use crate::xml::escape::put_value;

use links::{Link, Links};
use pictures::Pictures;

/// Rebuilds a package.
///
/// # Errors
/// Stops on packages without a main part of the three applications, on broken
/// parts and at the limits.
pub(crate) fn rebuild(package: &Package<'_>, job: &mut Job<'_>) -> Result<Output, Stop> {
    let root = package.relations("", job)?;
    let main = root
        .iter()
        .filter(|relation| {
            RelationKind::of(&relation.kind).is_some_and(|kind| kind.is_office("officeDocument"))
        })
        .find_map(|relation| package.name_of(&relation.part("")?).map(|part| (relation, part)));
    let Some((main, part)) = main else {
        return Err(Stop::blocked(&reasons::UNSUPPORTED, "_rels/.rels"));
    };
    let family = family_of(package, &part)?;
    let mut builder = Builder {
        package,
        family,
        shared: Shared::default(),
        writer: Writer::new(),
        types: Types::default(),
        queue: VecDeque::new(),
        planned: HashMap::new(),
        numbers: HashMap::new(),
        pictures: Pictures::default(),
        reached: HashSet::new(),
        explained: Vec::new(),
        safe_caches: HashMap::new(),
        bodies: Vec::new(),
    };
    let name = builder.plan(&part, family.main());
    let mut relations = RelationsXml::new();
    relations.add(&main.id, &main.kind, &name, false);
    builder.properties(&root, &mut relations, job)?;
    while let Some(next) = builder.queue.pop_front() {
        builder.write_part(&next, job)?;
    }
    builder.report_unreached(job)?;
    let bytes = builder
        .finish(relations.finish())
        .ok_or_else(|| Stop::blocked(&sanitize_core::limits::BYTES_OUT, ""))?;
    Ok(Output { format: family.format(), bytes })
}

/// Reads the application from the main part's content type.
pub(crate) fn family_of(package: &Package<'_>, part: &str) -> Result<Family, Stop> {
    let kind = package.content_type(part).unwrap_or("");
    Family::of(kind).ok_or_else(|| Stop::blocked(&reasons::UNSUPPORTED, part))
}

/// A part that is to be written.
struct Planned {
    source: String,
    kind: &'static PartKind,
    name: String,
}

struct Builder<'p, 'a> {
    package: &'p Package<'a>,
    family: Family,
    shared: Shared,
    writer: Writer,
    types: Types,
    queue: VecDeque<Planned>,
    /// New names, by source part and kind.
    planned: HashMap<(String, &'static str), String>,
    /// The last number given, by path pattern.
    numbers: HashMap<String, u32>,
    pictures: Pictures,
    /// Source parts that were used or whose going was reported.
    reached: HashSet<String>,
    /// Parts that removed relationships led to.
    explained: Vec<String>,
    /// Pivot caches that were looked into.
    safe_caches: HashMap<String, bool>,
    /// What is written, in order.
    bodies: Vec<(String, Vec<u8>, Level)>,
}

impl Builder<'_, '_> {
    /// Returns the part that a relationship leads to, under the name that the
    /// package has for it.
    fn part_of(&self, relation: &Relation, source: &str) -> Option<String> {
        let part = relation.part(source)?;
        Some(self.package.name_of(&part).unwrap_or(part))
    }

    /// Gives a part its new name and queues it, once for each kind.
    fn plan(&mut self, source: &str, kind: &'static PartKind) -> String {
        let key = (source.to_owned(), kind.path);
        if let Some(name) = self.planned.get(&key) {
            return name.clone();
        }
        let path = kind.path.replace('~', self.family.folder());
        let number = self.numbers.entry(path.clone()).or_insert(0);
        *number += 1;
        let name = match (path.split_once('#'), *number) {
            (Some((before, after)), number) => format!("{before}{number}{after}"),
            (None, 1) => path,
            (None, number) => {
                let (stem, extension) = path.rsplit_once('.').unwrap_or((&path, "xml"));
                format!("{stem}{number}.{extension}")
            }
        };
        self.reached.insert(key.0.clone());
        self.planned.insert(key, name.clone());
        self.queue.push_back(Planned { source: source.to_owned(), kind, name: name.clone() });
        name
    }

    fn write_part(&mut self, planned: &Planned, job: &mut Job<'_>) -> Result<(), Stop> {
        let relations = self.package.relations(&planned.source, job)?;
        let bytes = self.package.data(&planned.source, job)?;
        let mut links = self.links(planned, &relations, job)?;
        let scrubbed = self.scrub(planned, &bytes, &mut links, job)?;
        drop(bytes);
        for (code, count) in &scrubbed.removed {
            job.removed_times(code, &planned.source, *count);
        }
        self.types.add(&planned.name, planned.kind.types.first().copied().unwrap_or(""));
        self.bodies.push((planned.name.clone(), scrubbed.bytes, Level::Deflated));
        let mut xml = RelationsXml::new();
        for (number, link) in links.all().iter().enumerate() {
            let is_used = u32::try_from(number)
                .is_ok_and(|number| scrubbed.used.binary_search(&number).is_ok());
            if link.is_kept() && (is_used || !link.is_explicit()) {
                self.write_link(planned, link, &mut xml, job)?;
                continue;
            }
            // What named it may have gone, and then that was said.
            let was_never_used = link.is_kept() && scrubbed.removed.is_empty();
            job.removed_times(&codes::PART, &planned.source, u64::from(was_never_used));
            self.explained.extend(link.part.clone());
        }
        if let Some(body) = xml.finish_if_any() {
            let (folder, file) = planned.name.rsplit_once('/').unwrap_or(("", &planned.name));
            self.bodies.push((format!("{folder}/_rels/{file}.rels"), body, Level::Deflated));
        }
        self.flush();
        Ok(())
    }

    fn flush(&mut self) {
        for (name, body, level) in self.bodies.drain(..) {
            self.writer.add(&name, &body, level);
        }
    }

    fn scrub(
        &mut self,
        planned: &Planned,
        bytes: &[u8],
        links: &mut Links,
        job: &mut Job<'_>,
    ) -> Result<Scrubbed, Stop> {
        let broken = || Stop::blocked(&reasons::BROKEN, &planned.source);
        let is_drawing = std::ptr::eq(planned.kind, &parts::VML);
        let text = match decode(bytes) {
            Ok(text) => text,
            Err(_) if is_drawing => return Ok(empty_drawing()),
            Err(_) => return Err(broken()),
        };
        if std::ptr::eq(planned.kind, &parts::WORKBOOK) {
            self.prepare_workbook(planned, &text, links, job)?;
        }
        let previews = self.previews(&text, links, job)?;
        let policy = job.policy;
        let part = Part {
            place: &planned.source,
            root: planned.kind.root,
            relations: links,
            policy: &policy.office,
            shared: &self.shared,
            previews: &previews,
        };
        match scrub::scrub(&text, &part, &mut job.budget) {
            Ok(written) if std::ptr::eq(planned.kind, &parts::WORKBOOK) => {
                workbook::check_sheets(&text, &written, &part).map(|()| written)
            }
            // Old producers write HTML into VML that no XML reader takes.
            Err(stop) if is_drawing && stop.reason().code.id == reasons::BROKEN.id => {
                Ok(empty_drawing())
            }
            other => other,
        }
    }

    fn write_link(
        &mut self,
        planned: &Planned,
        link: &Link,
        xml: &mut RelationsXml,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        let kind = link.kind.uri();
        let source = match (&link.part, link.kind.act) {
            (Some(part), RelationAct::Part(found)) => {
                self.plan(part, links::for_family(found, self.family))
            }
            (Some(part), RelationAct::Picture) => self.picture(part, job)?,
            (Some(part), RelationAct::Package) => match self.embedding(part) {
                Some(name) => name,
                None => return Ok(()),
            },
            (_, RelationAct::Hyperlink) => {
                xml.add(&link.id, &kind, &link.address, true);
                return Ok(());
            }
            _ => return Ok(()),
        };
        xml.add(&link.id, &kind, &target::relative(&planned.name, &source), false);
        Ok(())
    }

    /// Reports members that nothing led to. What hangs on a removed part went
    /// with it.
    fn report_unreached(&mut self, job: &mut Job<'_>) -> Result<(), Stop> {
        while let Some(part) = self.explained.pop() {
            if !self.reached.insert(part.clone()) || !self.package.has(&part) {
                continue;
            }
            // A broken list of a part that went anyway explains nothing more.
            let relations = match self.package.relations(&part, job) {
                Ok(relations) => relations,
                Err(stop) if stop.is_limit() => return Err(stop),
                Err(_) => Vec::new(),
            };
            let parts: Vec<String> =
                relations.iter().filter_map(|relation| self.part_of(relation, &part)).collect();
            self.explained.extend(parts);
        }
        for name in self.package.names() {
            let folded = name.to_lowercase();
            let is_frame = folded == "[content_types].xml" || folded.ends_with(".rels");
            if !is_frame && !self.reached.contains(&name) {
                job.removed(&codes::PART, &name);
            }
        }
        Ok(())
    }

    fn finish(mut self, root: Vec<u8>) -> Option<Vec<u8>> {
        self.flush();
        self.writer.add("_rels/.rels", &root, Level::Deflated);
        self.writer.add("[Content_Types].xml", &self.types.finish(), Level::Deflated);
        self.writer.finish()
    }
}

fn empty_drawing() -> Scrubbed {
    const EMPTY: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<xml/>";
    Scrubbed {
        bytes: EMPTY.to_vec(),
        removed: vec![(&codes::BROKEN_PART, 1)],
        ..Scrubbed::default()
    }
}

/// The new content types.
#[derive(Default)]
struct Types {
    defaults: BTreeMap<&'static str, &'static str>,
    overrides: Vec<(String, &'static str)>,
}

impl Types {
    fn add(&mut self, part: &str, kind: &'static str) {
        self.overrides.push((part.to_owned(), kind));
    }

    fn finish(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(HEAD);
        out.extend_from_slice(
            b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">",
        );
        out.extend_from_slice(b"<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>");
        out.extend_from_slice(b"<Default Extension=\"xml\" ContentType=\"application/xml\"/>");
        for (extension, kind) in &self.defaults {
            out.extend_from_slice(
                format!("<Default Extension=\"{extension}\" ContentType=\"{kind}\"/>").as_bytes(),
            );
        }
        for (part, kind) in &self.overrides {
            out.extend_from_slice(
                format!("<Override PartName=\"/{part}\" ContentType=\"{kind}\"/>").as_bytes(),
            );
        }
        out.extend_from_slice(b"</Types>");
        out
    }
}

const HEAD: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// A new relationships part.
struct RelationsXml {
    out: Vec<u8>,
    is_empty: bool,
}

impl RelationsXml {
    fn new() -> Self {
        let mut out = HEAD.to_vec();
        out.extend_from_slice(b"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
        Self { out, is_empty: true }
    }

    fn add(&mut self, id: &str, kind: &str, target: &str, is_external: bool) {
        self.is_empty = false;
        for (name, value) in
            [("<Relationship Id=\"", id), ("\" Type=\"", kind), ("\" Target=\"", target)]
        {
            self.out.extend_from_slice(name.as_bytes());
            put_value(&mut self.out, value);
        }
        self.out.extend_from_slice(if is_external {
            b"\" TargetMode=\"External\"/>"
        } else {
            b"\"/>"
        });
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(b"</Relationships>");
        self.out
    }

    fn finish_if_any(self) -> Option<Vec<u8>> {
        if self.is_empty { None } else { Some(self.finish()) }
    }
}

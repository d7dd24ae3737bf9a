//! The package: reads its parts, follows what the document refers to, and
//! writes a new package with a new manifest. Parts that nothing kept refers to
//! are left out.

mod crypt;
mod manifest;
mod parts;

pub(crate) use parts::version;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sanitize_container::zip::{Archive, Entry, Finding, Level, Writer, ZipError};
use sanitize_core::{Choice, Embedded, Format, Job, Mark, Stop, reasons};

use crate::codes;
use crate::filter;
use crate::settings;
use crate::text::extract;
use crate::xml::{self, Node, Source};

/// Which document a package is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Spreadsheet,
    Presentation,
}

impl Kind {
    fn media_type(self) -> &'static str {
        match self {
            Self::Text => "application/vnd.oasis.opendocument.text",
            Self::Spreadsheet => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Presentation => "application/vnd.oasis.opendocument.presentation",
        }
    }
}

/// A rebuilt picture.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// Its path in the new package.
    pub(crate) path: String,
    pub(crate) media_type: &'static str,
}

struct Part {
    name: String,
    media_type: &'static str,
    bytes: Vec<u8>,
    level: Level,
}

/// What the package holds and what has been rebuilt so far.
pub(crate) struct Assets<'a> {
    archive: &'a Archive<'a>,
    entries: BTreeMap<&'a str, &'a Entry>,
    keys: &'a manifest::Keys,
    /// Parts that something kept refers to.
    used: BTreeSet<String>,
    /// Parts and folders whose referrer was reported: no line of their own.
    explained: BTreeSet<String>,
    pictures: BTreeMap<String, Option<Picture>>,
    names: BTreeSet<String>,
    objects: BTreeMap<String, Option<&'static str>>,
    queue: VecDeque<String>,
    /// The version of ODF that the main content names.
    version: Option<&'static str>,
    parts: Vec<Part>,
}

/// Rebuilds a package.
pub(crate) fn rebuild(bytes: &[u8], kind: Kind, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let archive = Archive::read(bytes, &mut job.budget).map_err(|error| stop(error, ""))?;
    if archive.findings().contains(&Finding::LocalHeaderDiffers) {
        return Err(Stop::blocked(&reasons::BROKEN, ""));
    }
    for finding in archive.findings() {
        match finding {
            Finding::DataBefore | Finding::DataBetween | Finding::ExtraField | Finding::Comment => {
                job.removed(&codes::PART, "ZIP")
            }
            // Refused above.
            Finding::LocalHeaderDiffers => {}
        }
    }
    let mut entries = BTreeMap::new();
    for entry in archive.entries() {
        if entries.insert(entry.name.as_str(), entry).is_some() {
            // Two readers could take two different ones.
            return Err(Stop::blocked(&reasons::BROKEN, entry.name.as_str()));
        }
    }
    let keys = manifest::Keys::read(&archive, &entries, job)?;
    let mut assets = Assets {
        archive: &archive,
        entries,
        keys: &keys,
        used: BTreeSet::new(),
        explained: BTreeSet::new(),
        pictures: BTreeMap::new(),
        names: BTreeSet::new(),
        objects: BTreeMap::new(),
        queue: VecDeque::new(),
        version: None,
        parts: Vec::new(),
    };
    if keys.is_encrypted() {
        job.removed(&codes::ENCRYPTION, "");
    }
    if !assets.document("", job)? {
        return Err(Stop::blocked(&reasons::BROKEN, "content.xml"));
    }
    while let Some(folder) = assets.queue.pop_front() {
        assets.document(&folder, job)?;
    }
    assets.report_unused(job);
    assets.write(kind).ok_or_else(|| Stop::blocked(&reasons::UNSUPPORTED, ""))
}

/// Extracts the text of a package.
pub(crate) fn text(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let archive = Archive::read(bytes, &mut job.budget).map_err(|error| stop(error, ""))?;
    let entries: BTreeMap<&str, &Entry> =
        archive.entries().iter().map(|entry| (entry.name.as_str(), entry)).collect();
    let keys = manifest::Keys::read(&archive, &entries, job)?;
    let entry =
        entries.get("content.xml").ok_or_else(|| Stop::blocked(&reasons::BROKEN, "content.xml"))?;
    let data = keys.data(&archive, entry, job)?;
    let content = xml::decode(&data, "content.xml")?;
    let mut text = extract(&content, "content.xml", job)?;
    if job.marks_places() {
        // Headers and footers stand in the styles, other documents in folders.
        let is_more = |name: &&str| *name == "styles.xml" || name.ends_with("/content.xml");
        let more: Vec<&str> = entries.keys().copied().filter(is_more).collect();
        for name in more {
            let data = keys.data(&archive, entries[name], job)?;
            let part = extract(&xml::decode(&data, name)?, name, job)?;
            if !part.trim().is_empty() {
                job.mark(&mut text, &Mark::Part(name));
                text.push_str(&part);
            }
        }
    }
    Ok(text)
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

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

impl Assets<'_> {
    /// Reads a part; `None` where there is none.
    fn read(&mut self, name: &str, job: &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop> {
        let Some(entry) = self.entries.get(name).copied() else { return Ok(None) };
        self.used.insert(name.to_owned());
        self.keys.data(self.archive, entry, job).map(Some)
    }

    /// Rewrites a document in a folder; the main one stands in `""`. Says
    /// whether it has content.
    fn document(&mut self, folder: &str, job: &mut Job<'_>) -> Result<bool, Stop> {
        let styles = join(folder, "styles.xml");
        if let Some(data) = self.read(&styles, job)? {
            let text = xml::decode(&data, &styles)?;
            match filter::rewrite(&text, &styles, &["office:document-styles"], self, job)? {
                Some(out) => self.add_xml(styles, out),
                None => job.removed(&codes::PART, &styles),
            }
        }
        let content = join(folder, "content.xml");
        let roots = ["office:document-content", "math:math"];
        let Some(data) = self.read(&content, job)? else { return Ok(false) };
        let text = xml::decode(&data, &content)?;
        let Some(out) = filter::rewrite(&text, &content, &roots, self, job)? else {
            return Ok(false);
        };
        self.add_xml(content, out);
        self.metadata(&join(folder, "meta.xml"), job)?;
        let settings = join(folder, "settings.xml");
        if let Some(data) = self.read(&settings, job)? {
            let text = xml::decode(&data, &settings)?;
            match settings::rewrite(&text, &settings, job)? {
                Some(out) => self.add_xml(settings, out),
                None => job.removed(&codes::PART, &settings),
            }
        }
        Ok(true)
    }

    fn metadata(&mut self, name: &str, job: &mut Job<'_>) -> Result<(), Stop> {
        let Some(data) = self.read(name, job)? else { return Ok(()) };
        let text = xml::decode(&data, name)?;
        let is_kept = job.policy.office.metadata == Choice::Keep;
        let out = parts::metadata(&text, name, is_kept, job)?;
        self.add_xml(name.to_owned(), out);
        Ok(())
    }

    fn add_xml(&mut self, name: String, text: String) {
        let part =
            Part { name, media_type: "text/xml", bytes: text.into_bytes(), level: Level::Deflated };
        self.parts.push(part);
    }

    /// Rebuilds the picture at `path`, once; `None` where it cannot be.
    pub(crate) fn picture(
        &mut self,
        path: &str,
        job: &mut Job<'_>,
    ) -> Result<Option<Picture>, Stop> {
        if let Some(known) = self.pictures.get(path) {
            return Ok(known.clone());
        }
        let Some(data) = self.read(path, job)? else {
            self.pictures.insert(path.to_owned(), None);
            return Ok(None);
        };
        let picture = match job.rebuild_nested(path, &data) {
            Ok(output) => self.add_picture(path, output.format, output.bytes),
            Err(stop) if stop.is_limit() => return Err(stop),
            Err(_) => None,
        };
        self.pictures.insert(path.to_owned(), picture.clone());
        Ok(picture)
    }

    /// Returns a picture that shows nothing, for what could not be rebuilt.
    pub(crate) fn empty_picture(&mut self, job: &mut Job<'_>) -> Result<Option<Picture>, Stop> {
        const NAME: &str = "Pictures/empty.png";
        if let Some(known) = self.pictures.get("") {
            return Ok(known.clone());
        }
        let picture = match job.rebuild_nested(NAME, parts::EMPTY_PNG) {
            Ok(output) => self.add_picture(NAME, output.format, output.bytes),
            Err(stop) if stop.is_limit() => return Err(stop),
            Err(_) => None,
        };
        self.pictures.insert(String::new(), picture.clone());
        Ok(picture)
    }

    fn add_picture(&mut self, path: &str, format: Format, bytes: Vec<u8>) -> Option<Picture> {
        let media_type = parts::picture_type(format)?;
        let path = self.free_name(path, format);
        self.names.insert(path.clone());
        let level = match format {
            Format::Png | Format::Jpeg | Format::Gif | Format::Webp => Level::Stored,
            _ => Level::Deflated,
        };
        self.parts.push(Part { name: path.clone(), media_type, bytes, level });
        Some(Picture { path, media_type })
    }

    /// A plain name with the format's extension that no other part has. Names
    /// that are so already stay.
    fn free_name(&self, path: &str, format: Format) -> String {
        let (folder, leaf) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = if parts::is_picture_folder(folder) { folder } else { "Pictures" };
        let is_preview = folder == "ObjectReplacements";
        let leaf = if parts::is_plain_leaf(leaf) { leaf } else { "image" };
        let wanted = if is_preview || parts::has_extension(leaf, format) {
            format!("{folder}/{leaf}")
        } else {
            let stem = leaf.rsplit_once('.').map_or(leaf, |(stem, _)| stem);
            format!("{folder}/{stem}.{}", format.extension())
        };
        // Names of pictures yet to come are left to them.
        let is_free = |name: &str| {
            !self.names.contains(name) && (name == path || !self.entries.contains_key(name))
        };
        if is_free(&wanted) {
            return wanted;
        }
        let mut number = 1_u64;
        loop {
            let name = format!("{folder}/image{number}.{}", format.extension());
            if is_free(&name) {
                return name;
            }
            number += 1;
        }
    }

    /// Decides about an embedded document and queues it where it stays: charts
    /// and formulas always, others by policy.
    pub(crate) fn object(&mut self, folder: &str, job: &mut Job<'_>) -> Result<bool, Stop> {
        if let Some(known) = self.objects.get(folder) {
            return Ok(known.is_some());
        }
        let content = join(folder, "content.xml");
        let media_type = match self.read(&content, job)? {
            Some(data) => kind_of(&data, &content)?,
            None => None,
        };
        let is_wanted = |media_type: &str| {
            let is_drawn = media_type.ends_with(".chart") || media_type.ends_with(".formula");
            is_drawn || job.policy.office.embedded_files == Embedded::Sanitize
        };
        let kept =
            media_type.filter(|media_type| is_wanted(media_type) && parts::is_plain_leaf(folder));
        self.objects.insert(folder.to_owned(), kept);
        if kept.is_some() {
            self.queue.push_back(folder.to_owned());
        }
        Ok(kept.is_some())
    }

    /// Notes the version that the main content names: readers refuse a package
    /// whose manifest names another one.
    pub(crate) fn note_version(&mut self, part: &str, version: Option<&str>) {
        if part == "content.xml" {
            self.version = version.and_then(parts::version);
        }
    }

    /// Notes that what refers to `target` was removed and reported.
    pub(crate) fn explain(&mut self, target: String) {
        self.explained.insert(target);
    }

    fn report_unused(&self, job: &mut Job<'_>) {
        for name in self.entries.keys() {
            let object = name.split('/').next().unwrap_or_default();
            let is_explained = self.explained.contains(*name) || self.explained.contains(object);
            if self.used.contains(*name) || is_explained || name.ends_with('/') {
                continue;
            }
            if let Some(code) = parts::finding(name) {
                job.removed(code, name);
            }
        }
    }

    fn write(self, kind: Kind) -> Option<Vec<u8>> {
        let mut writer = Writer::new();
        writer.add("mimetype", kind.media_type().as_bytes(), Level::Stored);
        let objects =
            self.objects.iter().filter_map(|(folder, kind)| kind.map(|kind| (folder, kind)));
        let mut files: Vec<(String, &str)> = vec![("/".to_owned(), kind.media_type())];
        files.extend(objects.map(|(folder, kind)| (format!("{folder}/"), kind)));
        files.extend(self.parts.iter().map(|part| (part.name.clone(), part.media_type)));
        let manifest = manifest::write(&files, self.version);
        for part in &self.parts {
            writer.add(&part.name, &part.bytes, part.level);
        }
        writer.add("META-INF/manifest.xml", manifest.as_bytes(), Level::Deflated);
        writer.finish()
    }
}

/// Reads what kind of document a content part holds: the element in its body.
fn kind_of(data: &[u8], name: &str) -> Result<Option<&'static str>, Stop> {
    let text = xml::decode(data, name)?;
    let mut source = Source::new(&text, name);
    let mut in_body = false;
    loop {
        match source.next()? {
            Node::Start(element) => match element.name.as_str() {
                "math:math" => return Ok(Some("application/vnd.oasis.opendocument.formula")),
                "office:body" => in_body = true,
                "office:chart" if in_body => {
                    return Ok(Some("application/vnd.oasis.opendocument.chart"));
                }
                "office:text" if in_body => return Ok(Some(Kind::Text.media_type())),
                "office:spreadsheet" if in_body => return Ok(Some(Kind::Spreadsheet.media_type())),
                "office:presentation" if in_body => {
                    return Ok(Some(Kind::Presentation.media_type()));
                }
                "office:drawing" if in_body => {
                    return Ok(Some("application/vnd.oasis.opendocument.graphics"));
                }
                _ => {}
            },
            Node::End | Node::Text(_) | Node::Odd => {}
            Node::Eof => return Ok(None),
        }
    }
}

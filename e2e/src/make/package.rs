//! An OPC package being made: parts, content types, relationships. Writes what
//! it is told, dangling or duplicate.

use super::xml::{self, Wording};
use super::zip::{Member, Zip};

/// Stem of the usual relationship types.
pub const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";

/// One relationship.
#[derive(Debug, Clone)]
pub struct Relation {
    source: String,
    id: String,
    kind: String,
    target: String,
    is_external: bool,
}

#[derive(Debug, Clone)]
struct Part {
    name: String,
    content_type: String,
    bytes: Vec<u8>,
}

/// A package being made.
#[derive(Debug, Clone, Default)]
pub struct Package {
    parts: Vec<Part>,
    relations: Vec<Relation>,
    /// Members written as they are, after the parts.
    pub loose: Vec<Member>,
    /// What stands around the members.
    pub around: Zip,
}

impl Package {
    /// Adds a part; an empty content type leaves it to the extension default.
    pub fn part(&mut self, name: &str, content_type: &str, bytes: impl AsRef<[u8]>) -> &mut Self {
        let bytes = bytes.as_ref().to_vec();
        self.parts.push(Part {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            bytes,
        });
        self
    }

    /// Adds a relationship of `source` (empty for the package) inside the
    /// package. A bare `kind` is one of the usual types.
    pub fn relate(&mut self, source: &str, id: &str, kind: &str, target: &str) -> &mut Self {
        self.relation(source, id, kind, target, false)
    }

    /// Adds a relationship that leads out of the package.
    pub fn relate_out(&mut self, source: &str, id: &str, kind: &str, target: &str) -> &mut Self {
        self.relation(source, id, kind, target, true)
    }

    fn relation(
        &mut self,
        source: &str,
        id: &str,
        kind: &str,
        target: &str,
        out: bool,
    ) -> &mut Self {
        let kind = if kind.contains("://") { kind.to_owned() } else { format!("{REL}{kind}") };
        self.relations.push(Relation {
            source: source.to_owned(),
            id: id.to_owned(),
            kind,
            target: target.to_owned(),
            is_external: out,
        });
        self
    }

    /// Inserts `text` before the last `needle` of a part.
    ///
    /// # Panics
    /// When the part or the needle is missing: a mistake of the maker.
    pub fn before(&mut self, part: &str, needle: &str, text: &str) -> &mut Self {
        self.replace(part, needle, &format!("{text}{needle}"))
    }

    /// Replaces the last `needle` of a part.
    ///
    /// # Panics
    /// When the part or the needle is missing: a mistake of the maker.
    pub fn replace(&mut self, part: &str, needle: &str, text: &str) -> &mut Self {
        let found = self.parts.iter_mut().find(|candidate| candidate.name == part);
        let part = found.expect("the maker names a part it has added");
        let old = String::from_utf8(part.bytes.clone()).expect("parts are made as UTF-8");
        let (head, tail) = old.rsplit_once(needle).expect("the maker names text that is there");
        part.bytes = format!("{head}{text}{tail}").into_bytes();
        self
    }

    /// Changes the content type of a part.
    pub fn retype(&mut self, part: &str, content_type: &str) -> &mut Self {
        for known in self.parts.iter_mut().filter(|known| known.name == part) {
            known.content_type = content_type.to_owned();
        }
        self
    }

    /// Rewrites every relationship target.
    pub fn targets(&mut self, change: impl Fn(&str, bool) -> String) -> &mut Self {
        for relation in &mut self.relations {
            relation.target = change(&relation.target, relation.is_external);
        }
        self
    }

    /// Writes the package.
    #[must_use]
    pub fn write(&self, wording: Wording) -> Vec<u8> {
        let mut zip = self.around.clone();
        let said = |text: &str| xml::reword(text, wording);
        zip.members.push(Member::new("[Content_Types].xml", said(&self.content_types())));
        let mut sources: Vec<&str> = self.relations.iter().map(|r| r.source.as_str()).collect();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            zip.members.push(Member::new(rels_name(source), said(&self.relationships(source))));
        }
        for part in &self.parts {
            let is_xml = [".xml", ".rels", ".vml"].iter().any(|end| part.name.ends_with(end));
            let text = std::str::from_utf8(&part.bytes).ok().filter(|_| is_xml);
            let bytes = text.map_or_else(|| part.bytes.clone(), said);
            zip.members.push(Member::new(part.name.as_str(), bytes));
        }
        zip.members.extend(self.loose.iter().cloned());
        zip.write()
    }

    fn content_types(&self) -> String {
        let mut out = format!(
            "{XML}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
        );
        for (extension, kind) in DEFAULTS {
            out.push_str(&format!("<Default Extension=\"{extension}\" ContentType=\"{kind}\"/>"));
        }
        for part in self.parts.iter().filter(|part| !part.content_type.is_empty()) {
            let (name, kind) = (&part.name, &part.content_type);
            out.push_str(&format!("<Override PartName=\"/{name}\" ContentType=\"{kind}\"/>"));
        }
        out + "</Types>"
    }

    fn relationships(&self, source: &str) -> String {
        let mut out = format!(
            "{XML}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
        );
        for relation in self.relations.iter().filter(|relation| relation.source == source) {
            let mode = if relation.is_external { " TargetMode=\"External\"" } else { "" };
            let target = xml::escape(&relation.target);
            out.push_str(&format!(
                "<Relationship Id=\"{}\" Type=\"{}\" Target=\"{target}\"{mode}/>",
                relation.id, relation.kind
            ));
        }
        out + "</Relationships>"
    }
}

/// The XML declaration that parts begin with.
pub const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

const DEFAULTS: [(&str, &str); 12] = [
    ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
    ("xml", "application/xml"),
    ("bin", "application/octet-stream"),
    ("png", "image/png"),
    ("jpeg", "image/jpeg"),
    ("emf", "image/x-emf"),
    ("wmf", "image/x-wmf"),
    ("svg", "image/svg+xml"),
    ("vml", "application/vnd.openxmlformats-officedocument.vmlDrawing"),
    ("odttf", "application/vnd.openxmlformats-officedocument.obfuscatedFont"),
    ("fntdata", "application/x-fontdata"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

fn rels_name(source: &str) -> String {
    match source.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/_rels/{file}.rels"),
        None => format!("_rels/{source}.rels"),
    }
}

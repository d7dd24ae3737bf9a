//! OOXML packages: walks every part, whether something leads to it or not, and
//! checks its type, its relationships and its content. Repairs nothing.
//!
//! Source: ECMA-376 Part 2 (OPC) for packages, Part 1 for the markup.

mod binary;
mod fields;
pub(crate) mod formula;
mod markup;

mod relations;
mod types;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use sanitize_core::{Embedded, Format};

use crate::check::{Check, Halt, Walk};
use crate::detect;
use crate::nested;
use crate::rules;
use crate::xml::{Event, Ns, Scanner};
use crate::zip::Archive;
pub(crate) use fields::{Fields, judge as judge_field};
pub(crate) use markup::{is_automatic, odd_event};
use types::Kind;

/// Checks a whole package of `format`.
pub(crate) fn package(check: &mut Check<'_>, bytes: &[u8], format: Format) -> Walk {
    let Some(mut archive) = Archive::open(check, bytes)? else { return Ok(()) };
    let names: Vec<String> = archive.names().to_vec();
    let mut package = Package::new(format, &names);
    let Some(index) = names.iter().position(|name| name == CONTENT_TYPES) else {
        return check.unreadable("no [Content_Types].xml");
    };
    if let Some(data) = archive.data(check, index)? {
        check.inside(CONTENT_TYPES, |check| package.read_types(check, &data))?;
    }
    for (index, name) in names.iter().enumerate() {
        if name == CONTENT_TYPES {
            continue;
        }
        let Some(data) = archive.data(check, index)? else { continue };
        check.inside(name, |check| package.part(check, name, data))?;
    }
    package.finish(check)
}

struct Package<'n> {
    format: Format,
    names: &'n [String],
    known: HashSet<&'n str>,
    defaults: HashMap<String, String>,
    overrides: HashMap<String, String>,
    reached: HashSet<String>,
}

impl<'n> Package<'n> {
    fn new(format: Format, names: &'n [String]) -> Self {
        Self {
            format,
            names,
            known: names.iter().map(String::as_str).collect(),
            defaults: HashMap::new(),
            overrides: HashMap::new(),
            reached: HashSet::new(),
        }
    }

    fn read_types(&mut self, check: &mut Check<'_>, data: &[u8]) -> Walk {
        let Some(text) = utf8(check, data)? else { return Ok(()) };
        let mut scanner = Scanner::new(&text);
        loop {
            match scanner.next() {
                Ok(Event::Start) => self.read_type(check, &scanner)?,
                Ok(Event::End | Event::Text(_)) => {}
                Ok(Event::Eof) => return Ok(()),
                Ok(event) => markup::odd_event(check, event)?,
                Err(fault) => return check.unreadable(fault),
            }
        }
    }

    fn read_type(&mut self, check: &mut Check<'_>, scanner: &Scanner<'_>) -> Walk {
        let value = |name: &str| {
            let found = scanner.attributes.iter().find(|attribute| attribute.local == name);
            found.map(|attribute| attribute.value().into_owned())
        };
        match (scanner.ns, scanner.local) {
            (Ns("ct"), "Types") => {}
            (Ns("ct"), "Default") => {
                let (Some(extension), Some(kind)) = (value("Extension"), value("ContentType"))
                else {
                    return check.unreadable("a Default without type");
                };
                if self.defaults.insert(extension.to_lowercase(), kind).is_some() {
                    check.found(rules::OPC_TYPE, format!("two Defaults for {extension}"))?;
                }
            }
            (Ns("ct"), "Override") => {
                let (Some(name), Some(kind)) = (value("PartName"), value("ContentType")) else {
                    return check.unreadable("an Override without type");
                };
                let bare = name.trim_start_matches('/').to_owned();
                if !self.known.contains(bare.as_str()) && !check.is_tolerant {
                    check.found(
                        rules::OPC_TYPE,
                        format!("an Override for a part that is not there: {name}"),
                    )?;
                }
                if self.overrides.insert(bare, kind).is_some() {
                    check.found(rules::OPC_TYPE, format!("two Overrides for {name}"))?;
                }
            }
            _ => check.found(rules::OPC_TYPE, format!("an element {}", scanner.local))?,
        }
        Ok(())
    }

    fn type_of(&self, name: &str) -> Option<&str> {
        if let Some(kind) = self.overrides.get(name) {
            return Some(kind);
        }
        let file = name.rsplit('/').next().unwrap_or(name);
        let (_, extension) = file.rsplit_once('.')?;
        self.defaults.get(&extension.to_lowercase()).map(String::as_str)
    }

    fn part(&mut self, check: &mut Check<'_>, name: &str, data: Vec<u8>) -> Walk {
        if name.ends_with('/') {
            return check.found(rules::ZIP_NAME, "a folder in a package");
        }
        if let Some(rule) = types::named_danger(name) {
            check.found(rule, name)?;
        }
        let kind = self.kind_of(check, name)?;
        match kind {
            Kind::Relations => self.relations(check, name, &data),
            Kind::Word | Kind::Sheet | Kind::Slide | Kind::Drawing | Kind::Vml | Kind::Other => {
                self.markup(check, kind, name, &data)
            }
            Kind::Image(format) => image(check, &data, format),
            Kind::Font => font(check),
            Kind::Package => embedded(check, name, &data),
            Kind::Binary => binary::part(check, &data),
            Kind::Unknown => unknown(check, name, &data),
        }
    }

    fn kind_of(&self, check: &mut Check<'_>, name: &str) -> Result<Kind, Halt> {
        let Some(content_type) = self.type_of(name) else {
            check.found(rules::OPC_TYPE, "a part without content type")?;
            return Ok(Kind::Unknown);
        };
        if let Some(rule) = types::typed_danger(content_type) {
            check.found(rule, content_type)?;
        }
        let kind = types::kind(content_type, self.format);
        if kind == Kind::Unknown {
            check.found(rules::OPC_TYPE, content_type)?;
        }
        let is_named_relations = name.ends_with(".rels");
        if is_named_relations != (kind == Kind::Relations) {
            check.found(rules::OPC_TYPE, "a relationship part that is typed otherwise")?;
        }
        Ok(kind)
    }

    fn relations(&mut self, check: &mut Check<'_>, name: &str, data: &[u8]) -> Walk {
        let Some(text) = utf8(check, data)? else { return Ok(()) };
        let Some(source) = relations::source_of(name) else {
            return check.found(rules::OPC_RELATION, "a relationship part in an odd place");
        };
        if !source.is_empty() && !self.known.contains(source.as_str()) {
            check.found(rules::OPC_RELATION, "relationships of a part that is not there")?;
        }
        let targets = relations::read(check, &text)?;
        for target in targets {
            let Some(part) = relations::resolve(&source, &target) else {
                check.found(rules::OPC_RELATION, format!("a target that climbs: {target}"))?;
                continue;
            };
            if part.is_empty() {
                continue;
            }
            if !self.known.contains(part.as_str()) {
                check.found(rules::OPC_DANGLING, &target)?;
            }
            self.reached.insert(part);
        }
        Ok(())
    }

    fn markup(&self, check: &mut Check<'_>, kind: Kind, name: &str, data: &[u8]) -> Walk {
        let Some(text) = utf8(check, data)? else { return Ok(()) };
        markup::part(check, kind, name, &text)
    }

    /// A part that nothing leads to is content that no viewer shows.
    fn finish(self, check: &mut Check<'_>) -> Walk {
        for name in self.names {
            let is_root = name == CONTENT_TYPES || name.ends_with(".rels");
            if !is_root && !self.reached.contains(name.as_str()) {
                check.found(rules::OPC_ORPHAN, name)?;
            }
        }
        Ok(())
    }
}

fn image(check: &mut Check<'_>, data: &[u8], declared: Format) -> Walk {
    let real = detect::detect(data);
    if real != declared {
        check.found(
            rules::TYPE_MISMATCH,
            format!("{} inside, declared as {}", real.name(), declared.name()),
        )?;
    }
    nested::file(check, data, real)
}

fn font(check: &mut Check<'_>) -> Walk {
    check.found(rules::OPC_FONT, "an embedded font")
}

fn embedded(check: &mut Check<'_>, name: &str, data: &[u8]) -> Walk {
    match check.policy.office.embedded_files {
        Embedded::Remove => check.found(rules::OPC_EMBEDDED, name),
        Embedded::Sanitize => nested::member(check, name, data),
    }
}

/// A part of no allowed kind has been reported; what it is says how bad it is.
fn unknown(check: &mut Check<'_>, name: &str, data: &[u8]) -> Walk {
    let real = detect::detect(data);
    if real.admission() == sanitize_core::Admission::Refused && real != Format::Unknown {
        check.found(rules::REFUSED_TYPE, format!("{} in {name}", real.name()))?;
    }
    Ok(())
}

/// Returns the text of an XML part. Only UTF-8 is delivered; other encodings
/// are read when inspecting.
pub(crate) fn utf8<'d>(
    check: &mut Check<'_>,
    data: &'d [u8],
) -> Result<Option<Cow<'d, str>>, Halt> {
    if let Ok(text) = std::str::from_utf8(data) {
        return Ok(Some(Cow::Borrowed(text)));
    }
    check.found(rules::XML_ENCODING, "not UTF-8")?;
    let encoding = match data {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => encoding_rs::UTF_16LE,
        [0xFE, 0xFF, ..] | [0, b'<', ..] => encoding_rs::UTF_16BE,
        _ => encoding_rs::UTF_8,
    };
    let (text, _, _) = encoding.decode(data);
    Ok(Some(Cow::Owned(text.into_owned())))
}

const CONTENT_TYPES: &str = "[Content_Types].xml";

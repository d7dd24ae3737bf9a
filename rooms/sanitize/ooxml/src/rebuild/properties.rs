//! Document properties: what hangs on the package itself. Of the extended
//! properties only the program's name stays, because readers decide by it
//! whether kept values may be trusted or are calculated anew.

use quick_xml::events::Event;
use sanitize_container::zip::Level;
use sanitize_core::{Choice, Job, Stop, reasons};

use crate::codes;
use crate::package::Relation;
use crate::parts::{EXTENDED, PartKind, RelationAct, RelationKind};
use crate::xml::escape::{entity, put_text};
use crate::xml::{Malformed, decode, split_name};

use super::{Builder, HEAD, RelationsXml};

/// Programs that may be named; others are not needed by any reader.
const PROGRAMS: &[&str] = &[
    "Microsoft Excel",
    "Microsoft Office Word",
    "Microsoft Office PowerPoint",
    "Microsoft Macintosh Excel",
    "Microsoft Macintosh Word",
    "Microsoft Macintosh PowerPoint",
    "LibreOffice",
];
const PLACE: &str = "_rels/.rels";

impl Builder<'_, '_> {
    /// Decides about everything but the main part that hangs on the package.
    pub(super) fn properties(
        &mut self,
        root: &[Relation],
        xml: &mut RelationsXml,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        for relation in root {
            let kind = RelationKind::of(&relation.kind);
            if kind.is_some_and(|kind| kind.is_office("officeDocument")) {
                continue;
            }
            let part = self.part_of(relation, "");
            match kind.map(|kind| kind.act) {
                Some(RelationAct::Part(_)) if relation.is_external => {
                    job.removed(&codes::EXTERNAL, PLACE);
                }
                Some(RelationAct::Part(kind)) if kind.path.starts_with("docProps/") => {
                    let Some(part) = part.filter(|part| self.package.has(part)) else { continue };
                    self.property(&part, kind, relation, xml, job)?;
                    continue;
                }
                Some(RelationAct::Drop(code)) => job.removed(code, PLACE),
                Some(RelationAct::CustomXml) => {
                    let code = self.custom_xml_code(part.as_deref(), job)?;
                    job.removed(code, PLACE);
                }
                Some(RelationAct::DropQuietly) => {}
                Some(
                    RelationAct::Part(_)
                    | RelationAct::Picture
                    | RelationAct::Hyperlink
                    | RelationAct::Package,
                )
                | None => job.removed(&codes::PART, PLACE),
            }
            self.explained.extend(part);
        }
        Ok(())
    }

    fn property(
        &mut self,
        part: &str,
        kind: &'static PartKind,
        relation: &Relation,
        xml: &mut RelationsXml,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        if job.policy.office.metadata == Choice::Keep {
            let name = self.plan(part, kind);
            xml.add(&relation.id, &relation.kind, &name, false);
            return Ok(());
        }
        self.reached.insert(part.to_owned());
        let is_extended = std::ptr::eq(kind, &EXTENDED)
            && !self.planned.contains_key(&(String::new(), kind.path));
        let program = if is_extended { self.program(part, job)? } else { Program::default() };
        if program.is_more || program.name.is_none() {
            job.removed(&codes::METADATA, part);
        }
        let Some(name) = program.name else { return Ok(()) };
        self.planned.insert((String::new(), kind.path), kind.path.to_owned());
        xml.add(&relation.id, &relation.kind, kind.path, false);
        self.types.add(kind.path, kind.types.first().copied().unwrap_or(""));
        let is_strict = relation.kind.contains("purl.oclc.org");
        self.bodies.push((
            kind.path.to_owned(),
            written(name, &program.version, is_strict),
            Level::Deflated,
        ));
        Ok(())
    }

    fn program(&self, part: &str, job: &mut Job<'_>) -> Result<Program, Stop> {
        let bytes = self.package.data(part, job)?;
        let text = decode(&bytes).map_err(|_| Stop::blocked(&reasons::BROKEN, part))?;
        // Properties that cannot be read are not worth a refusal: they go.
        Ok(Program::read(&text).unwrap_or_default())
    }
}

/// The program that wrote the document.
#[derive(Debug, Default, PartialEq, Eq)]
struct Program {
    name: Option<&'static str>,
    version: String,
    /// Whether the properties say anything else.
    is_more: bool,
}

impl Program {
    fn read(text: &str) -> Result<Self, Malformed> {
        let mut reader = quick_xml::Reader::from_str(text);
        let mut program = Self::default();
        let (mut path, mut value) = (Vec::new(), String::new());
        loop {
            match reader.read_event()? {
                Event::Start(tag) => {
                    path.push(split_name(tag.name().0).1.to_owned());
                    program.is_more |= path.len() > 2 || tag.attributes_raw().contains("Ignorable");
                    value.clear();
                }
                Event::End(_) => {
                    program.take(&path, value.trim());
                    value.clear();
                    path.pop();
                }
                Event::Empty(_) => program.is_more |= !path.is_empty(),
                Event::Text(text) => value.push_str(&text),
                Event::CData(text) => value.push_str(&text),
                Event::GeneralRef(name) => value.push(entity(&name)?),
                Event::DocType(_) => return Err(Malformed),
                Event::Comment(_) | Event::PI(_) => program.is_more = true,
                Event::Decl(_) => {}
                Event::Eof => return Ok(program),
            }
        }
    }

    fn take(&mut self, path: &[String], value: &str) {
        match path {
            [_, name] if name == "Application" => {
                self.name = PROGRAMS.iter().find(|program| value.starts_with(**program)).copied();
                self.is_more |= self.name != Some(value);
            }
            [_, name] if name == "AppVersion" && is_version(value) => {
                value.clone_into(&mut self.version)
            }
            [_, _] => self.is_more = true,
            _ => self.is_more |= !value.is_empty(),
        }
    }
}

/// ECMA-376 Part 1, 22.2.2.3: two, a dot, and four digits.
fn is_version(value: &str) -> bool {
    value.len() <= 8 && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn written(name: &str, version: &str, is_strict: bool) -> Vec<u8> {
    let space: &str = if is_strict {
        "http://purl.oclc.org/ooxml/officeDocument/extendedProperties"
    } else {
        "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
    };
    let mut out = HEAD.to_vec();
    out.extend_from_slice(format!("<Properties xmlns=\"{space}\"><Application>").as_bytes());
    put_text(&mut out, name);
    out.extend_from_slice(b"</Application>");
    if !version.is_empty() {
        out.extend_from_slice(format!("<AppVersion>{version}</AppVersion>").as_bytes());
    }
    out.extend_from_slice(b"</Properties>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_program_stays() {
        let text = "<Properties><Application>Microsoft Excel</Application><Company>c</Company><AppVersion>16.0300</AppVersion></Properties>";
        let program = Program::read(text).expect("well-formed");
        assert_eq!(
            program,
            Program { name: Some("Microsoft Excel"), version: "16.0300".into(), is_more: true }
        );
        let again = written("Microsoft Excel", "16.0300", false);
        let again = Program::read(&String::from_utf8_lossy(&again)).expect("our own");
        assert!(!again.is_more);
    }

    #[test]
    fn unknown_programs_are_not_named() {
        let text = "<Properties><Application>Somebody's tool</Application></Properties>";
        assert!(Program::read(text).is_ok_and(|program| program.name.is_none() && program.is_more));
    }
}

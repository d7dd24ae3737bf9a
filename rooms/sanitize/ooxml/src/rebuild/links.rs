//! Decides about each relationship of a part: whether it stays, and what is
//! said when it goes.

use std::collections::HashMap;

use sanitize_core::{Choice, Code, Hyperlinks, Job, Stop};

use crate::codes;
use crate::package::Relation;
use crate::parts::{self, Family, PartKind, RelationAct, RelationKind};
use crate::scrub::{Fate, Relations};
use crate::target::is_harmless_address;

use super::{Builder, Planned};

/// A relationship of a known type, and what becomes of it.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) id: String,
    pub(super) kind: RelationKind,
    /// The source part that it leads to.
    pub(super) part: Option<String>,
    /// Where a hyperlink leads to.
    pub(super) address: String,
    fate: Fate,
}

impl Link {
    pub(super) fn is_kept(&self) -> bool {
        self.fate != Fate::Gone
    }

    pub(super) fn is_explicit(&self) -> bool {
        self.kind.is_explicit
    }

    pub(super) fn leads_to(&self, kind: &'static PartKind) -> bool {
        matches!(self.kind.act, RelationAct::Part(found) if std::ptr::eq(found, kind))
    }

    pub(super) fn drop(&mut self) {
        self.fate = Fate::Gone;
    }
}

/// The relationships of one part, found by id.
#[derive(Debug, Default)]
pub(super) struct Links {
    all: Vec<Link>,
    by_id: HashMap<String, Option<usize>>,
}

impl Links {
    pub(super) fn all(&self) -> &[Link] {
        &self.all
    }

    /// Adds a relationship to a picture and returns its id.
    pub(super) fn add_picture(&mut self, kind: RelationKind, part: String) -> Option<String> {
        let id = (1..=u32::from(u16::MAX))
            .map(|number| format!("preview{number}"))
            .find(|id| !self.by_id.contains_key(id))?;
        self.by_id.insert(id.clone(), Some(self.all.len()));
        self.all.push(Link {
            id: id.clone(),
            kind,
            part: Some(part),
            address: String::new(),
            fate: Fate::Part,
        });
        Some(id)
    }

    pub(super) fn all_mut(&mut self) -> &mut [Link] {
        &mut self.all
    }
}

impl Relations for Links {
    fn fate(&self, id: &str) -> Option<(u32, Fate)> {
        match *self.by_id.get(id)? {
            Some(at) => Some((u32::try_from(at).ok()?, self.all.get(at)?.fate)),
            None => Some((u32::MAX, Fate::Gone)),
        }
    }
}

/// Of one type's names some mean another kind in each application.
pub(super) fn for_family(kind: &'static PartKind, family: Family) -> &'static PartKind {
    let is = |other: &'static PartKind| std::ptr::eq(kind, other);
    match family {
        Family::Word => kind,
        Family::Sheet if is(&parts::COMMENTS) => &parts::SHEET_COMMENTS,
        Family::Sheet if is(&parts::STYLES) => &parts::SHEET_STYLES,
        Family::Slides if is(&parts::COMMENTS) => &parts::SLIDE_COMMENTS,
        Family::Sheet | Family::Slides => kind,
    }
}

impl Builder<'_, '_> {
    /// Decides about all relationships of a part and reports those that go.
    pub(super) fn links(
        &mut self,
        planned: &Planned,
        relations: &[Relation],
        job: &mut Job<'_>,
    ) -> Result<Links, Stop> {
        let mut links = Links::default();
        for relation in relations {
            if links.by_id.contains_key(&relation.id) {
                job.removed(&codes::DUPLICATE, &planned.source);
                continue;
            }
            let Some(kind) = RelationKind::of(&relation.kind) else {
                job.removed(&codes::PART, &planned.source);
                self.explained.extend(self.part_of(relation, &planned.source));
                links.by_id.insert(relation.id.clone(), None);
                continue;
            };
            let part = self.part_of(relation, &planned.source);
            let (fate, code) = self.decide(relation, kind, part.as_deref(), job)?;
            if let Some(code) = code {
                job.removed(code, &planned.source);
            }
            links.by_id.insert(relation.id.clone(), Some(links.all.len()));
            links.all.push(Link {
                id: relation.id.clone(),
                kind,
                part,
                address: relation.target.clone(),
                fate,
            });
        }
        Ok(links)
    }

    pub(super) fn decide(
        &mut self,
        relation: &Relation,
        kind: RelationKind,
        part: Option<&str>,
        job: &mut Job<'_>,
    ) -> Result<(Fate, Option<&'static Code>), Stop> {
        let gone = |code| Ok((Fate::Gone, Some(code)));
        let present = part.filter(|part| self.package.has(part));
        match kind.act {
            RelationAct::Drop(code) => gone(code),
            RelationAct::DropQuietly if relation.is_external => gone(&codes::EXTERNAL),
            RelationAct::DropQuietly => Ok((Fate::Gone, None)),
            RelationAct::CustomXml => gone(self.custom_xml_code(part, job)?),
            RelationAct::Package => self.decide_package(present, job),
            RelationAct::Hyperlink => Ok(decide_link(relation, job.policy.office.hyperlinks)),
            RelationAct::Picture if relation.is_external => gone(&codes::EXTERNAL_IMAGE),
            RelationAct::Picture if present.is_some() => Ok((Fate::Part, None)),
            RelationAct::Part(_) if relation.is_external => gone(&codes::EXTERNAL),
            RelationAct::Part(found) => match present {
                Some(part) => self.decide_part(for_family(found, self.family), part, job),
                None => gone(&codes::DANGLING),
            },
            RelationAct::Picture => gone(&codes::DANGLING),
        }
    }

    fn decide_part(
        &mut self,
        kind: &'static PartKind,
        part: &str,
        job: &mut Job<'_>,
    ) -> Result<(Fate, Option<&'static Code>), Stop> {
        let gone = |code| Ok((Fate::Gone, Some(code)));
        let content_type = self.package.content_type(part).unwrap_or("");
        let is_plain = matches!(content_type, "" | "application/xml" | "text/xml");
        let is_known = kind.types.iter().any(|known| known.eq_ignore_ascii_case(content_type));
        let is_hanging_on_root = kind.path.starts_with("docProps/");
        if !(is_plain || is_known) || is_hanging_on_root {
            return gone(&codes::PART);
        }
        let is_comment = parts::COMMENT_KINDS.iter().any(|comment| std::ptr::eq(*comment, kind));
        if is_comment && job.policy.office.comments != Choice::Keep {
            return gone(&codes::COMMENT);
        }
        if std::ptr::eq(kind, &parts::VML) && self.family == Family::Slides {
            // It pictures objects and controls, which go.
            return Ok((Fate::Gone, None));
        }
        let is_pivot =
            std::ptr::eq(kind, &parts::PIVOT_TABLE) || std::ptr::eq(kind, &parts::PIVOT_CACHE);
        if is_pivot && !self.is_safe_pivot(kind, part, job)? {
            return gone(&codes::PIVOT);
        }
        let is_slide = std::ptr::eq(kind, &parts::SLIDE);
        Ok((if is_slide { Fate::Slide } else { Fate::Part }, None))
    }

    /// Tells data queries from other custom XML.
    pub(super) fn custom_xml_code(
        &self,
        part: Option<&str>,
        job: &mut Job<'_>,
    ) -> Result<&'static Code, Stop> {
        let Some(part) = part.filter(|part| self.package.has(part)) else {
            return Ok(&codes::CUSTOM_XML);
        };
        let data = match self.package.data(part, job) {
            Ok(data) => data,
            Err(stop) if stop.is_limit() => return Err(stop),
            Err(_) => return Ok(&codes::CUSTOM_XML),
        };
        let holds = |word: &str| {
            let narrow = data.windows(word.len()).any(|window| window == word.as_bytes());
            let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
            narrow || data.windows(wide.len()).any(|window| window == wide)
        };
        Ok(if holds("DataMashup") { &codes::DATA_MASHUP } else { &codes::CUSTOM_XML })
    }
}

fn decide_link(relation: &Relation, links: Hyperlinks) -> (Fate, Option<&'static Code>) {
    let is_inside = relation.target.starts_with('#');
    if !relation.is_external && !is_inside {
        return (Fate::Gone, Some(&codes::HYPERLINK));
    }
    match links {
        _ if !is_harmless_address(&relation.target) => (Fate::Gone, Some(&codes::HYPERLINK)),
        Hyperlinks::Remove if !is_inside => (Fate::Gone, Some(&codes::HYPERLINK_POLICY)),
        Hyperlinks::Remove | Hyperlinks::Keep => (Fate::Address, None),
    }
}

//! Word's own elements: fields, objects and tracked changes.

use quick_xml::events::BytesStart;
use sanitize_core::Embedded;

use crate::codes;
use crate::names::{Element, Space};
use crate::rules::{Act, Special};
use crate::xml::attributes::value_by_local;
use crate::xml::{Attributes, split_name};

use super::{Failure, Fate, Frame, Opening, Scrubber};

/// Says whether an element stays inside the instruction of a removed field:
/// paragraphs and runs do, what they show or say does not.
pub(super) fn may_stand_in_instruction(element: &Element) -> bool {
    !matches!(
        element.act,
        Act::Special(
            Special::RunContent | Special::Object | Special::FieldChar | Special::FieldSimple
        )
    )
}

impl Scrubber<'_> {
    /// Follows fields inside dropped elements, so that their count stays true.
    pub(super) fn follow_hidden_field(&mut self, tag: &BytesStart<'_>) -> Result<(), Failure> {
        if split_name(tag.name().0).1 == "fldChar" {
            let kind = value_by_local(tag.attributes_raw(), "fldCharType")?;
            self.fields.follow(kind.as_deref().unwrap_or(""), &self.plan);
        }
        Ok(())
    }

    pub(super) fn follow_if_field(&mut self, element: &Element, raw: &str) -> Result<(), Failure> {
        if element.local == "fldChar" {
            self.follow_field(element, raw)?;
        }
        Ok(())
    }

    pub(super) fn follow_field(&mut self, element: &Element, raw: &str) -> Result<bool, Failure> {
        let kind = self.own_value(element, raw, "fldCharType")?;
        let kind = kind.as_deref().unwrap_or("");
        let stays = self.fields.follow(kind, &self.plan);
        if kind == "begin" && !stays {
            self.note(&codes::FIELD);
        }
        Ok(stays)
    }

    /// An object becomes the picture that stood for it.
    pub(super) fn open_object(
        &mut self,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let (prefix, _) = split_name(name);
        let Some(element) =
            frame.element.and_then(|object| self.names.element(object.space, "pict"))
        else {
            return Ok(Opening::Dropped);
        };
        let renamed = if prefix.is_empty() { "pict".to_owned() } else { format!("{prefix}:pict") };
        let size = ["dxaOrig", "dyaOrig"];
        let mut rest = String::new();
        for attribute in Attributes::new(raw) {
            let (attribute, value) = attribute?;
            if !size.contains(&split_name(attribute).1) && !value.contains('"') {
                rest.push_str(&format!(" {attribute}=\"{value}\""));
            }
        }
        self.write(element, &renamed, &rest, Frame { element: Some(element), ..frame })
    }

    pub(super) fn puts_packages_back(&self) -> bool {
        self.part.policy.embedded_files == Embedded::Sanitize
    }

    /// An embedded object stays when its package was rebuilt and its class is
    /// the one that opens such packages.
    pub(super) fn open_embedding(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        const CLASSES: [&str; 3] = ["Word.Document.12", "Excel.Sheet.12", "PowerPoint.Show.12"];
        let class = self.value(raw, Space::NONE, "ProgID")?.unwrap_or_default();
        let is_embedded = self.value(raw, Space::NONE, "Type")?.as_deref() == Some("Embed");
        let id = self.value(raw, self.names.relations, "id")?.unwrap_or_default();
        let is_whole = matches!(self.part.relations.fate(&id), Some((_, Fate::Part)));
        if self.puts_packages_back() && is_embedded && is_whole && CLASSES.contains(&&*class) {
            return self.write(element, name, raw, frame);
        }
        self.note(&codes::OLE);
        Ok(Opening::Dropped)
    }

    pub(super) fn flatten_change(&mut self, special: Special, frame: Frame) -> Opening {
        self.note(&codes::CHANGES);
        let parent = self.frames.last().map_or("", Frame::local);
        match special {
            Special::Inserted if !matches!(parent, "rPr" | "trPr" | "numPr" | "ctrlPr") => {
                self.unwrap(frame)
            }
            Special::Deleted if parent == "trPr" => {
                self.poison("tr", &codes::CHANGES);
                Opening::Dropped
            }
            _ => Opening::Dropped,
        }
    }
}

//! Elements with code of their own: alternates, fields, changes, controls,
//! formulas, names, links and objects.

use std::borrow::Cow;
use std::collections::HashSet;

use quick_xml::events::BytesStart;
use sanitize_core::{Code, Embedded};

use crate::codes;
use crate::fields;
use crate::formula;
use crate::names::Element;
use crate::rules::{Act, Special};
use crate::target::is_harmless_place;
use crate::xml::escape::plain;
use crate::xml::{Attributes, split_name, value_of};

use super::{Failure, Fate, Frame, Mode, Opening, Scrubber};

/// Shared formulas of one sheet: a master and the cells that follow it.
#[derive(Debug, Default)]
pub(super) struct SharedFormulas {
    lost: HashSet<u32>,
    masters: HashSet<u32>,
    followers: HashSet<u32>,
    current: Option<(u32, bool)>,
}

impl SharedFormulas {
    pub(super) fn new(lost: Vec<u32>) -> Self {
        Self { lost: lost.into_iter().collect(), ..Self::default() }
    }

    /// Returns all lost masters when a follower was kept without its master.
    pub(super) fn orphans(&self) -> Option<Vec<u32>> {
        let mut orphans: Vec<u32> = self.followers.difference(&self.masters).copied().collect();
        if orphans.is_empty() {
            return None;
        }
        orphans.extend(&self.lost);
        orphans.sort_unstable();
        orphans.dedup();
        Some(orphans)
    }
}

/// An object on a slide, whose picture takes its frame's place.
#[derive(Debug, Default)]
pub(super) struct SlideObject {
    scope_mark: usize,
    is_object: bool,
    in_picture: bool,
    /// `id` and `name` of the frame, as written in the source.
    identity: Option<(String, String)>,
    picture: Option<(Vec<u8>, Vec<(usize, u32)>)>,
}

/// What closing a special element comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// Its end tag is written.
    Keep,
    /// It is taken back.
    TakeBack,
    /// Its place has been filled with something else.
    Replaced,
}

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
            self.follow_field(tag.attributes_raw())?;
        }
        Ok(())
    }

    pub(super) fn follow_if_field(&mut self, element: &Element, raw: &str) -> Result<(), Failure> {
        if element.local == "fldChar" {
            self.follow_field(raw)?;
        }
        Ok(())
    }

    fn follow_field(&mut self, raw: &str) -> Result<bool, Failure> {
        let kind = value_of(raw, "fldCharType")?;
        let kind = kind.as_deref().unwrap_or("");
        let stays = self.fields.follow(kind, &self.plan);
        if kind == "begin" && !stays {
            self.note(&codes::FIELD);
        }
        Ok(stays)
    }

    pub(super) fn open_special(
        &mut self,
        special: Special,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        match special {
            Special::Alternate => {
                self.write(element, name, raw, Frame { is_elided_when_empty: true, ..frame })
            }
            Special::Choice => self.open_choice(element, name, raw, frame),
            Special::Fallback => self.open_fallback(element, name, raw, frame),
            Special::FieldSimple => {
                let instruction = value_of(raw, "instr")?.unwrap_or(Cow::Borrowed(""));
                if fields::is_harmless(&instruction, self.allowed_fields()) {
                    return self.write(element, name, raw, frame);
                }
                self.note(&codes::FIELD);
                Ok(self.unwrap(frame))
            }
            Special::FieldChar => {
                if self.follow_field(raw)? {
                    self.write(element, name, raw, frame)
                } else {
                    Ok(Opening::Dropped)
                }
            }
            Special::RunContent => self.write(element, name, raw, frame),
            Special::Object if self.puts_packages_back() => self.write(element, name, raw, frame),
            Special::Object => self.open_object(name, raw, frame),
            Special::Embedding => self.open_embedding(element, name, raw, frame),
            Special::Inserted | Special::Deleted | Special::Former if !self.flattens_changes => {
                self.write(element, name, raw, frame)
            }
            Special::Inserted | Special::Deleted | Special::Former => {
                Ok(self.flatten_change(special, frame))
            }
            Special::Control | Special::ControlContent | Special::ControlProperties
                if !self.flattens_forms =>
            {
                self.write(element, name, raw, frame)
            }
            Special::Control => Ok(self.noted(&codes::FORM, |scrubber| scrubber.unwrap(frame))),
            Special::ControlContent => Ok(self.unwrap(frame)),
            Special::ControlProperties => Ok(Opening::Dropped),
            Special::CommentAnchor if !self.drops_comments => self.write(element, name, raw, frame),
            Special::CommentAnchor => Ok(Opening::Dropped),
            Special::Click => self.open_click(element, name, raw, frame),
            Special::CellFormula => self.open_formula(element, name, raw, frame),
            Special::RuleFormula | Special::ChartFormula => self.write(element, name, raw, frame),
            Special::DefinedName => self.open_name(element, name, raw, frame),
            Special::SheetHyperlink => self.open_sheet_link(element, name, raw, frame),
            Special::Frame => {
                self.objects
                    .push(SlideObject { scope_mark: frame.scope_mark, ..SlideObject::default() });
                let opening = self.write(element, name, raw, frame)?;
                if !matches!(opening, Opening::Written) {
                    self.objects.pop();
                }
                Ok(opening)
            }
            Special::SlideObject => match self.objects.last_mut() {
                Some(object) => {
                    object.is_object = true;
                    Ok(self.unwrap(frame))
                }
                None => Ok(self.noted(&codes::OLE, |_| Opening::Dropped)),
            },
            Special::SlidePicture => self.open_picture(element, name, raw, frame),
            Special::SlideProperties => self.open_properties(element, name, raw, frame),
        }
    }

    pub(super) fn close_special(
        &mut self,
        special: Special,
        frame: &Frame,
    ) -> Result<Closing, Failure> {
        let links = self.part.policy.hyperlinks;
        let grounds = &self.part.shared.grounds;
        let is_harmless = |out: &[u8]| {
            let text = out.get(frame.body..).unwrap_or_default();
            formula::is_harmless(&plain(text), grounds, links)
        };
        Ok(match special {
            Special::CellFormula => {
                if is_harmless(&self.out) {
                    self.keep_formula();
                    Closing::Keep
                } else {
                    self.lose_formula();
                    Closing::TakeBack
                }
            }
            Special::RuleFormula if !is_harmless(&self.out) => {
                let holder = |found: &&Frame| {
                    matches!(found.local(), "cfRule" | "dataValidation" | "sparkline")
                };
                let holder = self.frames.iter().rfind(holder).map(Frame::local);
                self.poison(holder.unwrap_or(""), &codes::RULE);
                Closing::TakeBack
            }
            Special::ChartFormula if !is_harmless(&self.out) => {
                self.note(&codes::FORMULA);
                self.out.truncate(frame.body);
                self.out.extend_from_slice(b"#REF!");
                Closing::Keep
            }
            Special::DefinedName if !is_harmless(&self.out) => {
                self.note(&codes::NAME);
                Closing::TakeBack
            }
            Special::DefinedName => {
                self.removed_names.pop();
                Closing::Keep
            }
            Special::Frame => self.close_frame(frame),
            Special::SlidePicture => {
                self.close_picture(frame);
                Closing::Keep
            }
            _ => Closing::Keep,
        })
    }

    /// The fields that may stay under this policy.
    pub(super) fn allowed_fields(&self) -> fields::Allowed {
        fields::Allowed { links: self.part.policy.hyperlinks, forms: !self.flattens_forms }
    }

    fn unwrap(&mut self, frame: Frame) -> Opening {
        self.push(Frame { mode: Mode::Unwrapped, ..frame })
    }

    fn noted(&mut self, code: &'static Code, then: impl FnOnce(&mut Self) -> Opening) -> Opening {
        self.note(code);
        then(self)
    }

    /// A choice stays when every namespace it requires is known.
    fn open_choice(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let required = value_of(raw, "Requires")?.unwrap_or(Cow::Borrowed(""));
        let is_known = |prefix: &str| {
            let binding = self.scope.find(prefix).and_then(|at| self.scope.get(at));
            binding.is_some_and(|binding| binding.space.is_some())
        };
        if required.is_empty() || !required.split_ascii_whitespace().all(is_known) {
            self.note(&codes::MARKUP);
            return Ok(Opening::Dropped);
        }
        self.write(element, name, raw, Frame { is_elided_when_empty: true, ..frame })
    }

    /// Without any choice left, what stands in the fallback takes the place of
    /// the whole.
    fn open_fallback(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let parent = self
            .frames
            .last()
            .filter(|parent| parent.is(Special::Alternate) && parent.mode == Mode::Written);
        let Some(parent) = parent else { return Ok(self.unwrap(frame)) };
        if self.out.len() > parent.body {
            return self.write(element, name, raw, Frame { is_elided_when_empty: true, ..frame });
        }
        let (start, mark) = (parent.start, parent.scope_mark);
        self.roll_back(start);
        for binding in self.scope.since(mark) {
            binding.is_written = false;
        }
        if let Some(parent) = self.frames.last_mut() {
            parent.mode = Mode::Unwrapped;
        }
        let start = self.out.len();
        Ok(self.unwrap(Frame { start, ..frame }))
    }

    /// An object becomes the picture that stood for it.
    fn open_object(&mut self, name: &str, raw: &str, frame: Frame) -> Result<Opening, Failure> {
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

    fn puts_packages_back(&self) -> bool {
        self.part.policy.embedded_files == Embedded::Sanitize
    }

    /// An embedded object stays when its package was rebuilt and its class is
    /// the one that opens such packages.
    fn open_embedding(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        const CLASSES: [&str; 3] = ["Word.Document.12", "Excel.Sheet.12", "PowerPoint.Show.12"];
        let class = value_of(raw, "ProgID")?.unwrap_or_default();
        let is_embedded = value_of(raw, "Type")?.as_deref() == Some("Embed");
        let id = value_of(raw, "id")?.unwrap_or_default();
        let is_whole = matches!(self.part.relations.fate(&id), Some((_, Fate::Part)));
        if self.puts_packages_back() && is_embedded && is_whole && CLASSES.contains(&&*class) {
            return self.write(element, name, raw, frame);
        }
        self.note(&codes::OLE);
        Ok(Opening::Dropped)
    }

    fn flatten_change(&mut self, special: Special, frame: Frame) -> Opening {
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

    fn open_click(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let action = value_of(raw, "action")?.unwrap_or(Cow::Borrowed("")).to_ascii_lowercase();
        let id = value_of(raw, "id")?.unwrap_or(Cow::Borrowed(""));
        let fate = self.part.relations.fate(&id).map(|(_, fate)| fate);
        let verb = action.strip_prefix("ppaction://").unwrap_or(&action);
        let verb = verb.split(['?', '/']).next().unwrap_or("");
        let stays = match verb {
            "" => true,
            "hlinksldjump" => fate == Some(Fate::Slide),
            "hlinkshowjump" | "customshow" | "noaction" => id.is_empty() || fate.is_some(),
            _ => false,
        };
        if !stays {
            self.note(&codes::ACTION);
            return Ok(Opening::Dropped);
        }
        self.write(element, name, raw, frame)
    }

    fn open_formula(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        self.shared_formulas.current = None;
        if raw.contains("shared") && value_of(raw, "t")?.as_deref() == Some("shared") {
            let number = value_of(raw, "si")?.and_then(|number| number.parse().ok());
            let Some(number) = number else {
                return Ok(self.noted(&codes::FORMULA, |_| Opening::Dropped));
            };
            let is_master = value_of(raw, "ref")?.is_some();
            if self.shared_formulas.lost.contains(&number) {
                return Ok(self.noted(&codes::FORMULA, |_| Opening::Dropped));
            }
            self.shared_formulas.current = Some((number, is_master));
        }
        self.write(element, name, raw, frame)
    }

    fn keep_formula(&mut self) {
        let shared = &mut self.shared_formulas;
        match shared.current.take() {
            Some((number, true)) => {
                shared.masters.insert(number);
            }
            Some((number, false)) => {
                shared.followers.insert(number);
            }
            None => {}
        }
    }

    fn lose_formula(&mut self) {
        self.note(&codes::FORMULA);
        if let Some((number, true)) = self.shared_formulas.current.take() {
            self.shared_formulas.lost.insert(number);
        }
    }

    /// Notes the name as removed until its formula has proved harmless.
    fn open_name(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let defined = value_of(raw, "name")?.unwrap_or(Cow::Borrowed("")).to_uppercase();
        let is_automatic = formula::is_automatic(&defined);
        self.removed_names.push(defined);
        let mut is_macro = is_automatic;
        for flag in ["function", "vbProcedure", "xlm"] {
            is_macro |=
                value_of(raw, flag)?.is_some_and(|value| matches!(&*value, "1" | "true" | "on"));
        }
        if is_macro {
            self.note(&codes::MACRO_NAME);
            return Ok(Opening::Dropped);
        }
        let opening = self.write(element, name, raw, frame)?;
        if matches!(opening, Opening::Dropped) {
            // It belonged to a removed sheet.
            self.removed_names.pop();
        }
        Ok(opening)
    }

    /// A cell's link stays when it still leads somewhere.
    fn open_sheet_link(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let id = value_of(raw, "id")?.unwrap_or(Cow::Borrowed(""));
        let has_address = matches!(self.part.relations.fate(&id), Some((_, Fate::Address)));
        let place = value_of(raw, "location")?;
        let has_place = place.is_some_and(|place| is_harmless_place(&place));
        if has_address || has_place {
            return self.write(element, name, raw, frame);
        }
        if id.is_empty() {
            self.note(&codes::HYPERLINK);
        }
        Ok(Opening::Dropped)
    }

    /// The picture inside an object is cut out; it declares its own prefixes.
    fn open_picture(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        if let Some(object) = self.objects.last_mut()
            && object.is_object
            && object.picture.is_none()
            && !object.in_picture
        {
            object.in_picture = true;
            let mark = object.scope_mark;
            for binding in self.scope.since(mark) {
                binding.is_written = false;
            }
        }
        self.write(element, name, raw, frame)
    }

    fn close_picture(&mut self, frame: &Frame) {
        let start = frame.start;
        let Some(object) = self.objects.last_mut() else { return };
        if !object.in_picture || object.picture.is_some() {
            return;
        }
        let mut picture = self.out.get(start..).unwrap_or_default().to_vec();
        picture.extend_from_slice(b"</");
        picture.extend_from_slice(
            self.out.get(start + 1..start + 1 + frame.name_bytes).unwrap_or_default(),
        );
        picture.push(b'>');
        let uses = self
            .uses
            .iter()
            .filter(|(at, _)| *at >= start)
            .map(|(at, number)| (at - start, *number));
        object.picture = Some((picture, uses.collect()));
        object.in_picture = false;
    }

    fn close_frame(&mut self, frame: &Frame) -> Closing {
        let Some(object) = self.objects.pop() else { return Closing::Keep };
        if !object.is_object {
            return Closing::Keep;
        }
        self.note(&codes::OLE);
        let Some((picture, uses)) = object.picture else { return Closing::TakeBack };
        self.roll_back(frame.start);
        self.out.extend_from_slice(&picture);
        self.uses.extend(uses.into_iter().map(|(at, number)| (at + frame.start, number)));
        Closing::Replaced
    }

    /// The picture takes over the number and name of the frame it stands for.
    fn open_properties(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let Some(object) = self.objects.last_mut() else {
            return self.write(element, name, raw, frame);
        };
        if object.in_picture
            && let Some((id, title)) = &object.identity
        {
            let raw = format!(" id=\"{id}\" name=\"{title}\"");
            return self.write(element, name, &raw, frame);
        }
        if object.identity.is_none() && !object.is_object {
            let (mut id, mut title) = (String::new(), String::new());
            for attribute in Attributes::new(raw) {
                match attribute? {
                    ("id", value) => id = value.to_owned(),
                    ("name", value) => title = value.replace('"', "&quot;"),
                    _ => {}
                }
            }
            object.identity = Some((id, title));
        }
        self.write(element, name, raw, frame)
    }
}

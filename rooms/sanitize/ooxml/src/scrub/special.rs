//! Elements with code of their own: sends each to its application, and
//! resolves the alternates that all applications share.

use std::borrow::Cow;

use sanitize_core::Code;

use crate::codes;
use crate::fields;
use crate::formula;
use crate::names::{Element, Space};
use crate::rules::Special;
use crate::xml::escape::plain;

use super::slide::SlideObject;
use super::{Failure, Frame, Mode, Opening, Scrubber};

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

impl Scrubber<'_> {
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
                let instruction =
                    self.own_value(element, raw, "instr")?.unwrap_or(Cow::Borrowed(""));
                if fields::is_harmless(&instruction, super::allowed_fields(self.part.policy)) {
                    return self.write(element, name, raw, frame);
                }
                self.note(&codes::FIELD);
                Ok(self.unwrap(frame))
            }
            Special::FieldChar => {
                if self.follow_field(element, raw)? {
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
                self.objects.push(SlideObject::new(frame.scope_mark));
                let opening = self.write(element, name, raw, frame)?;
                if !matches!(opening, Opening::Written) {
                    self.objects.pop();
                }
                Ok(opening)
            }
            Special::SlideObject => self.open_slide_object(raw, frame),
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

    pub(super) fn unwrap(&mut self, frame: Frame) -> Opening {
        self.push(Frame { mode: Mode::Unwrapped, ..frame })
    }

    pub(super) fn noted(
        &mut self,
        code: &'static Code,
        then: impl FnOnce(&mut Self) -> Opening,
    ) -> Opening {
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
        let required = self.value(raw, Space::NONE, "Requires")?.unwrap_or(Cow::Borrowed(""));
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
}

//! Start and end tags of elements that stay, and taking back what turns out
//! not to.

use sanitize_core::Code;

use crate::names::Element;
use crate::rules::{Act, HOLDER};
use crate::xml::escape::put_value;
use crate::xml::split_name;

use super::{Failure, Frame, Mode, Opening, Scrubber, attributes, special};

impl Scrubber<'_> {
    pub(super) fn push(&mut self, mut frame: Frame) -> Opening {
        frame.body = self.out.len();
        let mode = frame.mode;
        self.frames.push(frame);
        match mode {
            Mode::Written => Opening::Written,
            Mode::Unwrapped => Opening::Unwrapped,
        }
    }

    /// Writes a start tag with those attributes that stay, unless a removed
    /// relationship takes the element along.
    pub(super) fn write(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        mut frame: Frame,
    ) -> Result<Opening, Failure> {
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        frame.name_bytes = name.len();
        self.write_declarations(frame.scope_mark);
        self.declarations_end = self.out.len();
        self.write_prefix_of(name);
        match self.write_attributes(element, raw)? {
            attributes::Verdict::Keep => {
                self.out.push(b'>');
                Ok(self.push(frame))
            }
            attributes::Verdict::Drop => {
                self.roll_back(frame.start);
                Ok(Opening::Dropped)
            }
            attributes::Verdict::Unwrap => {
                self.roll_back(frame.start);
                for binding in self.scope.since(frame.scope_mark) {
                    binding.is_written = false;
                }
                Ok(self.push(Frame { mode: Mode::Unwrapped, ..frame }))
            }
            attributes::Verdict::Poison(ancestor, code) => {
                self.roll_back(frame.start);
                self.poison(ancestor, code);
                Ok(Opening::Dropped)
            }
        }
    }

    /// Writes the known namespaces that the current start tag declares. Of two
    /// declarations of a prefix the document was not well-formed.
    pub(super) fn write_declarations(&mut self, mark: usize) {
        let Self { scope, out, .. } = self;
        for binding in scope.since(mark) {
            if binding.space.is_some() && !binding.is_written {
                binding.is_written = true;
                put_declaration(out, binding.prefix(), &binding.uri);
            }
        }
    }

    /// Declares the prefix of a name here if no written element around does.
    pub(super) fn write_prefix_of(&mut self, name: &str) {
        let (prefix, _) = split_name(name);
        self.need_prefix(prefix);
    }

    /// Declares a prefix in the start tag at hand, before its attributes: there
    /// it would stand if the source declared it.
    pub(super) fn need_prefix(&mut self, prefix: &str) {
        let Some(at) = self.scope.find(prefix) else { return };
        let is_missing = self
            .scope
            .get(at)
            .is_some_and(|binding| binding.space.is_some() && !binding.is_written);
        if is_missing
            && let Some(binding) = self.scope.repeat(at).and_then(|copy| self.scope.get(copy))
        {
            let mut declaration = Vec::new();
            put_declaration(&mut declaration, binding.prefix(), &binding.uri);
            let at = self.declarations_end;
            self.declarations_end += declaration.len();
            self.out.splice(at..at, declaration);
        }
    }

    /// Closes the innermost element.
    pub(super) fn close(&mut self) -> Result<(), Failure> {
        let Some(frame) = self.frames.pop() else { return Err(Failure::Malformed) };
        self.scope.close(frame.scope_mark);
        if let Some(code) = frame.poison {
            self.roll_back(frame.start);
            self.note(code);
        } else if frame.mode == Mode::Written {
            self.close_written(&frame)?;
        }
        self.after_root();
        Ok(())
    }

    pub(super) fn close_written(&mut self, frame: &Frame) -> Result<(), Failure> {
        if let Some(Element { act: Act::Special(special), .. }) = frame.element {
            match self.close_special(*special, frame)? {
                special::Closing::Keep => {}
                special::Closing::TakeBack => {
                    self.roll_back(frame.start);
                    return Ok(());
                }
                special::Closing::Replaced => return Ok(()),
            }
        }
        let is_empty = self.out.len() == frame.body;
        if is_empty && frame.is_elided_when_empty && !self.frames.is_empty() {
            self.roll_back(frame.start);
        } else if is_empty {
            self.out.pop();
            self.out.extend_from_slice(b"/>");
        } else {
            self.out.extend_from_slice(b"</");
            let name = frame.start + 1..frame.start + 1 + frame.name_bytes;
            self.out.extend_from_within(name);
            self.out.push(b'>');
        }
        Ok(())
    }

    /// Takes back everything written from `start` on.
    pub(super) fn roll_back(&mut self, start: usize) {
        self.out.truncate(start);
        while self.uses.last().is_some_and(|(at, _)| *at >= start) {
            self.uses.pop();
        }
    }

    /// Marks the nearest element around of that name to be taken back.
    pub(super) fn poison(&mut self, ancestor: &str, code: &'static Code) {
        let is_holder = |frame: &Frame| {
            matches!(
                frame.local(),
                "twoCellAnchor"
                    | "oneCellAnchor"
                    | "absoluteAnchor"
                    | "drawing"
                    | "relSizeAnchor"
                    | "absSizeAnchor"
            )
        };
        let found = if ancestor == HOLDER {
            let outermost = self.frames.iter().position(is_holder);
            outermost
                .or_else(|| self.frames.iter().rposition(|frame| frame.local() == "graphicFrame"))
        } else {
            self.frames.iter().rposition(|frame| frame.local() == ancestor)
        };
        match found.and_then(|at| self.frames.get_mut(at)) {
            Some(frame) => frame.poison = Some(code),
            None => self.note(code),
        }
    }
}

fn put_declaration(out: &mut Vec<u8>, prefix: &str, uri: &str) {
    out.extend_from_slice(b" xmlns");
    if !prefix.is_empty() {
        out.push(b':');
        out.extend_from_slice(prefix.as_bytes());
    }
    out.extend_from_slice(b"=\"");
    put_value(out, uri);
    out.push(b'"');
}

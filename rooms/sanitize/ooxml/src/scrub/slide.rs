//! PowerPoint's own elements: clicks, objects and their pictures.

use std::borrow::Cow;

use crate::codes;
use crate::names::{Element, Space};
use crate::xml::Attributes;

use super::special::Closing;
use super::{Failure, Fate, Frame, Opening, Scrubber};

/// A picture that was cut out: its markup, and the relationships that it
/// uses by place in the markup.
type Picture = (Vec<u8>, Vec<(usize, u32)>);

/// An object on a slide, whose picture takes its frame's place.
#[derive(Debug, Default)]
pub(super) struct SlideObject {
    scope_mark: usize,
    pub(super) is_object: bool,
    in_picture: bool,
    /// `id` and `name` of the frame, as written in the source.
    identity: Option<(String, String)>,
    picture: Option<Picture>,
}

impl SlideObject {
    /// Opens a frame that may turn out to hold an object.
    pub(super) fn new(scope_mark: usize) -> Self {
        Self { scope_mark, ..Self::default() }
    }
}

impl Scrubber<'_> {
    pub(super) fn open_click(
        &mut self,
        element: &'static Element,
        name: &str,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let action = self
            .value(raw, Space::NONE, "action")?
            .unwrap_or(Cow::Borrowed(""))
            .to_ascii_lowercase();
        let id = self.value(raw, self.names.relations, "id")?.unwrap_or(Cow::Borrowed(""));
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

    /// The picture inside an object is cut out; it declares its own prefixes.
    pub(super) fn open_picture(
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

    pub(super) fn close_picture(&mut self, frame: &Frame) {
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

    pub(super) fn close_frame(&mut self, frame: &Frame) -> Closing {
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
    pub(super) fn open_properties(
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

//! PowerPoint's own elements: clicks, objects and their pictures.

use std::borrow::Cow;

use crate::codes;
use crate::names::{Element, Space};
use crate::xml::{Attributes, value_of};

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
    /// The object's shape in the old drawing, which may hold its picture.
    shape: Option<String>,
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
        let drawn = object.picture.is_none().then(|| self.preview(&object, frame)).flatten();
        let Some((picture, uses)) = object.picture.or(drawn) else { return Closing::TakeBack };
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

    /// Notes the object; its own elements go, a picture in it stays.
    pub(super) fn open_slide_object(
        &mut self,
        raw: &str,
        frame: Frame,
    ) -> Result<Opening, Failure> {
        let shape = self.value(raw, Space::NONE, "spid")?.map(Cow::into_owned);
        let Some(object) = self.objects.last_mut() else {
            self.note(&codes::OLE);
            return Ok(Opening::Dropped);
        };
        object.is_object = true;
        object.shape = object.shape.take().or(shape);
        Ok(self.unwrap(frame))
    }

    /// Makes a picture of the one that the old drawing has for the object, at
    /// the place of its frame.
    fn preview(&self, object: &SlideObject, frame: &Frame) -> Option<Picture> {
        let shape = object.shape.as_deref()?;
        let (_, id) = self.part.previews.iter().find(|(known, _)| known == shape)?;
        let (number, _) = self.part.relations.fate(id)?;
        let [x, y, width, height] = self.place(frame)?;
        let (own, title) = object.identity.as_ref()?;
        let uri =
            |prefix: &str| self.names.by_prefix(prefix).and_then(|space| self.scope.uri_of(space));
        let (slides, drawing, relations) = (uri("p")?, uri("a")?, uri("r")?);
        let head = format!(
            "<p:pic xmlns:p=\"{slides}\" xmlns:a=\"{drawing}\" xmlns:r=\"{relations}\"><p:nvPicPr><p:cNvPr id=\"{own}\" name=\"{title}\"/>\
             <p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip"
        );
        let tail = format!(
            " r:embed=\"{id}\"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x=\"{x}\" y=\"{y}\"/>\
             <a:ext cx=\"{width}\" cy=\"{height}\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr></p:pic>"
        );
        let at = head.len();
        Some(((head + &tail).into_bytes(), vec![(at, number)]))
    }

    /// The frame's place and size, from what was written of it.
    fn place(&self, frame: &Frame) -> Option<[i64; 4]> {
        let written = std::str::from_utf8(self.out.get(frame.start..)?).ok()?;
        let (_, inside) = written.split_once("xfrm")?;
        let (inside, _) = inside.split_once("xfrm")?;
        let mut place = [None; 4];
        for tag in inside.split('<') {
            let raw = tag.trim_end_matches(['/', '>']);
            let raw = raw.find(' ').map_or("", |at| &raw[at..]);
            for (slot, name) in ["x", "y", "cx", "cy"].into_iter().enumerate() {
                if let Some(value) = value_of(raw, name).ok().flatten() {
                    place[slot] = value.parse().ok();
                }
            }
        }
        let [Some(x), Some(y), Some(width), Some(height)] = place else { return None };
        Some([x, y, width, height])
    }
}

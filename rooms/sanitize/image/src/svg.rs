//! SVG 1.1 and 2: reads the elements and writes those of an allow-list anew, text
//! as text. Scripts, events, links, animations, foreign content and everything
//! that leads outside of the picture go.

mod attributes;
mod entities;
mod names;
mod reuse;
mod style;

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use sanitize_core::{Job, Stop, reasons};

use crate::codes;
use attributes::Attributes;
use entities::Entities;
use reuse::Reuse;

const SVG: &str = "http://www.w3.org/2000/svg";

/// Writes an SVG anew, as UTF-8.
///
/// # Errors
/// Stops when it is not well-formed, when copies of copies would make it
/// endless, or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let text = decode(bytes);
    let mut writer = Writer::default();
    writer.walk(&text, job)?;
    if !writer.has_root {
        return Err(broken());
    }
    if !writer.reuse.is_finite() {
        return Err(Stop::blocked(&reasons::UNSUPPORTED, "use"));
    }
    Ok(writer.out.into_bytes())
}

/// Returns what a reader sees as text, a line for each text element.
///
/// # Errors
/// Stops when it is not well-formed, or at a limit.
pub(crate) fn text(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let text = decode(bytes);
    let mut writer = Writer::default();
    writer.walk(&text, job)?;
    Ok(writer.lines)
}

fn broken() -> Stop {
    Stop::blocked(&reasons::BROKEN, "SVG")
}

fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let head = &bytes[..bytes.len().min(200)];
    let label = encoding_label(head).unwrap_or(b"utf-8");
    // The decoder's own look at the byte order mark comes first.
    let encoding = encoding_rs::Encoding::for_label(label).unwrap_or(encoding_rs::UTF_8);
    encoding.decode(bytes).0
}

fn encoding_label(head: &[u8]) -> Option<&[u8]> {
    let at = head.windows(9).position(|window| window == b"encoding=")?;
    let (quote, rest) = head.get(at + 9..)?.split_first()?;
    let end = rest.iter().position(|byte| byte == quote)?;
    Some(&rest[..end])
}

/// What an open element is to its content.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Written; its end is too.
    Written(&'static str),
    /// Not written, but what it holds is.
    Unwrapped,
}

#[derive(Default)]
struct Writer {
    out: String,
    lines: String,
    open: Vec<Open>,
    has_root: bool,
    entities: Entities,
    reuse: Reuse,
    /// What a style element holds so far.
    style: String,
}

impl Writer {
    fn walk(&mut self, text: &str, job: &mut Job<'_>) -> Result<(), Stop> {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().allow_dangling_amp = true;
        // How deep inside an element that goes as a whole.
        let mut skipped = 0u32;
        loop {
            let (namespace, event) = reader.read_resolved_event().map_err(|_| broken())?;
            let is_svg = match namespace {
                ResolveResult::Bound(Namespace(name)) => name == SVG,
                ResolveResult::Unbound => true,
                ResolveResult::Unknown(_) => false,
            };
            match event {
                Event::Eof => break,
                Event::Start(_) if skipped > 0 => skipped += 1,
                Event::End(_) if skipped > 0 => skipped -= 1,
                _ if skipped > 0 => {}
                Event::Start(start) => {
                    if !self.start(&start, is_svg, false, job)? {
                        skipped = 1;
                    }
                    job.budget.check_nesting(self.open.len() as u32)?;
                }
                Event::Empty(start) => {
                    if self.start(&start, is_svg, true, job)? {
                        self.close(true, job);
                    }
                }
                Event::End(_) => self.close(false, job),
                Event::Text(text) => self.text(&text.xml10_content()),
                Event::CData(text) => self.text(&text.xml10_content()),
                Event::GeneralRef(name) => {
                    let value = self.entities.resolve(&name);
                    self.text(&value);
                }
                Event::DocType(body) => {
                    let has_active = self.entities.read(&body);
                    job.removed_times(&codes::SVG_ENTITY, "", u64::from(has_active));
                }
                Event::Comment(_) => job.removed(&codes::COMMENT, ""),
                Event::PI(_) => job.removed(&codes::SVG_EXTERNAL, "processing instruction"),
                Event::Decl(_) => {}
            }
        }
        if self.open.is_empty() { Ok(()) } else { Err(broken()) }
    }

    /// Writes a start tag; false when the element goes with all it holds.
    fn start(
        &mut self,
        start: &BytesStart<'_>,
        is_svg: bool,
        is_empty: bool,
        job: &mut Job<'_>,
    ) -> Result<bool, Stop> {
        job.budget.take_objects(1)?;
        let full = start.name();
        let local = full.local_name();
        let local: &str = local.as_ref();
        if self.open.is_empty() && (self.has_root || local != "svg" || !is_svg) {
            return Err(broken());
        }
        if local == "a" && is_svg {
            job.removed(&codes::SVG_LINK, "");
            self.open.push(Open::Unwrapped);
            return Ok(true);
        }
        let Some(name) = names::element(local).filter(|_| is_svg) else {
            job.removed(names::why_not(local, is_svg), local);
            return Ok(false);
        };
        let attributes = Attributes::read(name, start, &self.entities, job)?;
        if name == "image" && attributes.reference.is_none() {
            // Why it has none was reported with the attribute.
            return Ok(false);
        }
        self.reuse.enter(name, attributes.id.as_deref(), attributes.reference.as_deref());
        self.out.push('<');
        self.out.push_str(name);
        if !self.has_root {
            self.out.push_str(" xmlns=\"http://www.w3.org/2000/svg\"");
            self.out.push_str(" xmlns:xlink=\"http://www.w3.org/1999/xlink\"");
            self.has_root = true;
        }
        attributes.write(&mut self.out);
        self.out.push_str(if is_empty { "/>" } else { ">" });
        self.open.push(Open::Written(name));
        Ok(true)
    }

    fn close(&mut self, is_empty: bool, job: &mut Job<'_>) {
        let Some(Open::Written(name)) = self.open.pop() else { return };
        self.reuse.leave();
        if name == "style" {
            let sheet = style::sheet(&std::mem::take(&mut self.style), job);
            entities::escape(&sheet, &mut self.out);
        }
        if name == "text" && !self.lines.is_empty() && !self.lines.ends_with('\n') {
            self.lines.push('\n');
        }
        if !is_empty {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    fn text(&mut self, text: &str) {
        let inside = self.open.iter().rev().find_map(|open| match open {
            Open::Written(name) => Some(*name),
            Open::Unwrapped => None,
        });
        match inside {
            Some("style") => self.style.push_str(text),
            Some("text" | "tspan" | "textPath") => {
                entities::escape(text, &mut self.out);
                self.lines.push_str(text);
            }
            Some("title" | "desc") => entities::escape(text, &mut self.out),
            // White space between drawing elements means nothing.
            Some(_) | None => {}
        }
    }
}

#[cfg(test)]
mod tests;

//! Writes a parsed page anew. Every text and value is escaped here, so that
//! the output parses back to the tree that was written.

use html5ever::Attribute;
use sanitize_core::{Code, Format, Hyperlinks, Job, Stop};

use super::css;
use super::dom::{Document, Id, Kind, ROOT};
use super::rules::{self, AttributeFate, Fate};
use crate::base64;
use crate::codes;
use crate::plain;

const HTML: &str = "http://www.w3.org/1999/xhtml";

/// Where the report says things were: pages have no better word.
const PLACE: &str = "HTML";

/// Writes the whole page.
pub(super) fn document(document: &Document, job: &mut Job<'_>) -> Result<String, Stop> {
    let mut writer = Writer { document, out: String::new(), job };
    if !document.is_quirky {
        writer.out.push_str("<!DOCTYPE html>\n");
    }
    writer.run()?;
    Ok(writer.out)
}

struct Writer<'w, 'j> {
    document: &'w Document,
    out: String,
    job: &'w mut Job<'j>,
}

enum Step {
    Node(Id),
    Close(&'static str),
}

impl Writer<'_, '_> {
    fn run(&mut self) -> Result<(), Stop> {
        let mut steps: Vec<Step> = self.children(ROOT);
        while let Some(step) = steps.pop() {
            match step {
                Step::Close(name) => {
                    self.out.push_str("</");
                    self.out.push_str(name);
                    self.out.push('>');
                }
                Step::Node(id) => self.node(id, &mut steps)?,
            }
        }
        Ok(())
    }

    fn children(&self, id: Id) -> Vec<Step> {
        self.document.nodes[id].children.iter().rev().map(|&child| Step::Node(child)).collect()
    }

    fn removed(&mut self, code: &'static Code) {
        self.job.removed(code, PLACE);
    }

    fn node(&mut self, id: Id, steps: &mut Vec<Step>) -> Result<(), Stop> {
        let document = self.document;
        match &document.nodes[id].kind {
            Kind::Document => {}
            Kind::Comment => self.removed(&codes::HTML_COMMENT),
            Kind::Text(text) => {
                let text = plain::clean_text(text, PLACE, self.job);
                escape(&text, &mut self.out);
            }
            Kind::Element { name, attributes } => {
                let local = &*name.local;
                if local == "meta" {
                    self.meta(attributes);
                    return Ok(());
                }
                let fate = if &*name.ns == HTML {
                    rules::element(local)
                } else {
                    Fate::Drop(&codes::HTML_FOREIGN)
                };
                match fate {
                    Fate::Keep("style") => self.style(id),
                    Fate::Keep(kept) => {
                        if self.start(kept, attributes)? {
                            self.inside(kept, id, steps);
                        }
                    }
                    Fate::Unwrap(code) => {
                        if let Some(code) = code {
                            self.removed(code);
                        }
                        steps.extend(self.children(id));
                    }
                    Fate::Drop(code) => self.removed(code),
                }
            }
        }
        Ok(())
    }

    /// Queues what is in an element whose start was written.
    fn inside(&mut self, name: &'static str, id: Id, steps: &mut Vec<Step>) {
        if rules::is_void(name) {
            return;
        }
        let document = self.document;
        if matches!(name, "pre" | "textarea")
            && let Some(&first) = document.nodes[id].children.first()
            && let Kind::Text(text) = &document.nodes[first].kind
            && text.starts_with('\n')
        {
            // Parsers drop the first line end of these.
            self.out.push('\n');
        }
        if name == "head" {
            self.out.push_str("<meta charset=\"UTF-8\">");
        }
        steps.push(Step::Close(name));
        steps.extend(self.children(id));
    }

    /// Reports what is worth a line; the charset is written anew in any case.
    fn meta(&mut self, attributes: &[Attribute]) {
        let value = |name: &str| {
            let found = attributes.iter().find(|attribute| &*attribute.name.local == name);
            found.map(|attribute| attribute.value.trim().to_ascii_lowercase())
        };
        match (value("http-equiv").as_deref(), value("name"), value("charset")) {
            (Some("refresh"), ..) => self.removed(&codes::HTML_REFRESH),
            (Some("content-type"), ..) | (None, None, Some(_)) => {}
            _ => self.removed(&codes::HTML_META),
        }
    }

    fn style(&mut self, id: Id) {
        let document = self.document;
        let mut text = String::new();
        for &child in &document.nodes[id].children {
            if let Kind::Text(part) = &document.nodes[child].kind {
                text.push_str(part);
            }
        }
        let clean = css::sheet(&plain::clean_text(&text, PLACE, self.job));
        for code in clean.findings {
            self.removed(code);
        }
        if !clean.text.is_empty() {
            self.out.push_str("<style>");
            // The rules let no `<` pass: the element cannot end early.
            self.out.push_str(&clean.text);
            self.out.push_str("</style>");
        }
    }

    /// Writes a start tag; says whether the element stays.
    fn start(&mut self, name: &'static str, attributes: &[Attribute]) -> Result<bool, Stop> {
        let is_hidden = attributes.iter().any(|attribute| {
            &*attribute.name.local == "type" && attribute.value.eq_ignore_ascii_case("hidden")
        });
        if name == "input" && is_hidden {
            // It only ever served to be sent.
            self.removed(&codes::HTML_FORM);
            return Ok(false);
        }
        let mut tag = String::new();
        let mut has_source = false;
        let mut has_words = false;
        for attribute in attributes {
            let local = &*attribute.name.local;
            let value = plain::clean_text(&attribute.value, PLACE, self.job);
            let fate = if attribute.name.ns.is_empty() {
                rules::attribute(name, local)
            } else {
                AttributeFate::Drop(&codes::HTML_ATTRIBUTE)
            };
            match fate {
                AttributeFate::Keep => {
                    has_words |= local == "alt" && !value.is_empty();
                    self.keep(name, local, &value, &mut tag);
                }
                AttributeFate::Link => self.link(&value, &mut tag),
                AttributeFate::Picture => has_source |= self.picture(&value, &mut tag)?,
                AttributeFate::Style => {
                    let clean = css::declarations(&value);
                    for code in clean.findings {
                        self.removed(code);
                    }
                    if !clean.text.is_empty() {
                        put(local, &clean.text, &mut tag);
                    }
                }
                AttributeFate::Drop(code) => self.removed(code),
                AttributeFate::Silent => {}
            }
        }
        if name == "img" && !has_source && !has_words {
            return Ok(false);
        }
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str(&tag);
        self.out.push('>');
        Ok(true)
    }

    fn keep(&mut self, element: &str, name: &str, value: &str, tag: &mut String) {
        if element == "input" && name == "type" {
            const HARMLESS: &[&str] = &[
                "button", "checkbox", "color", "date", "email", "month", "number", "radio",
                "range", "search", "tel", "text", "time", "url", "week",
            ];
            let lower = value.to_ascii_lowercase();
            if !HARMLESS.contains(&lower.as_str()) {
                self.removed(&codes::HTML_FORM);
                put(name, "button", tag);
                return;
            }
        }
        if element == "button" && name == "type" {
            put(name, "button", tag);
            return;
        }
        put(name, value, tag);
    }

    fn link(&mut self, value: &str, tag: &mut String) {
        let target = value.trim();
        let is_web =
            self.job.policy.text.hyperlinks == Hyperlinks::Keep && rules::is_link_allowed(target);
        if target.starts_with('#') || is_web {
            put("href", target, tag);
        } else {
            self.removed(&codes::HTML_LINK);
        }
    }

    /// Writes a picture that stands in the page itself; all others go.
    fn picture(&mut self, value: &str, tag: &mut String) -> Result<bool, Stop> {
        let Some(data) = data_of(value) else {
            self.removed(&codes::HTML_EXTERNAL);
            return Ok(false);
        };
        self.job.budget.take_bytes(data.len() as u64)?;
        match self.job.rebuild_nested("img", &data) {
            Ok(output) => {
                let media_type = match output.format {
                    Format::Png => "image/png",
                    Format::Jpeg => "image/jpeg",
                    Format::Gif => "image/gif",
                    Format::Bmp => "image/bmp",
                    Format::Webp => "image/webp",
                    _ => {
                        self.removed(&codes::HTML_PICTURE);
                        return Ok(false);
                    }
                };
                put(
                    "src",
                    &format!("data:{media_type};base64,{}", base64::encode(&output.bytes)),
                    tag,
                );
                Ok(true)
            }
            Err(stop) if stop.is_limit() => Err(stop),
            Err(_) => {
                self.removed(&codes::HTML_PICTURE);
                Ok(false)
            }
        }
    }
}

/// Returns the bytes of a `data:image/…;base64,` address.
fn data_of(value: &str) -> Option<Vec<u8>> {
    let (head, data) = value.trim().split_once(',')?;
    let head = head.to_ascii_lowercase();
    let is_picture = head.starts_with("data:image/") && head.ends_with(";base64");
    if is_picture { base64::decode(data) } else { None }
}

fn put(name: &str, value: &str, tag: &mut String) {
    tag.push(' ');
    tag.push_str(name);
    tag.push_str("=\"");
    escape(value, tag);
    tag.push('"');
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{A0}' => out.push_str("&nbsp;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}

//! Reading and writing XML: events with resolved names, texts without
//! entities, a writer that escapes everything. Knows no schema.

use std::borrow::Cow;
use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use sanitize_core::{Stop, reasons};

use crate::namespaces;

/// What a reader meets. Names are `prefix:local` under our own prefixes;
/// those of unknown namespaces are empty.
pub(crate) enum Node<'x> {
    Start(Element<'x>),
    End,
    Text(Cow<'x, str>),
    /// A comment, processing instruction, document type or unknown entity.
    Odd,
    Eof,
}

/// An element's start.
pub(crate) struct Element<'x> {
    pub(crate) name: String,
    pub(crate) attributes: Vec<Attribute<'x>>,
    pub(crate) is_empty: bool,
}

impl Element<'_> {
    /// Returns an attribute's value.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.name == name).map(|found| &*found.value)
    }
}

/// One attribute, its value without entities.
pub(crate) struct Attribute<'x> {
    pub(crate) name: String,
    pub(crate) value: Cow<'x, str>,
}

/// Most attributes of one element; writers stay far below.
const ATTRIBUTES_MAX: usize = 1024;

/// Reads one part.
pub(crate) struct Source<'x> {
    reader: Reader<&'x [u8]>,
    part: String,
    /// Declarations in force: depth, prefix, our prefix for its namespace.
    scopes: Vec<(usize, String, Option<&'static str>)>,
    depth: usize,
    /// Resolved names, valid until a declaration comes or goes.
    known: HashMap<String, String>,
}

/// Decodes a part: UTF-8, or UTF-16 with a mark.
pub(crate) fn decode<'x>(bytes: &'x [u8], part: &str) -> Result<Cow<'x, str>, Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, part);
    let wide = |bytes: &[u8], join: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| join([pair[0], pair[1]]));
        char::decode_utf16(units).collect::<Result<String, _>>()
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            std::str::from_utf8(rest).map(Cow::Borrowed).map_err(|_| broken())
        }
        [0xFF, 0xFE, rest @ ..] => {
            wide(rest, u16::from_le_bytes).map(Cow::Owned).map_err(|_| broken())
        }
        [0xFE, 0xFF, rest @ ..] => {
            wide(rest, u16::from_be_bytes).map(Cow::Owned).map_err(|_| broken())
        }
        _ => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| broken()),
    }
}

impl<'x> Source<'x> {
    pub(crate) fn new(text: &'x str, part: &str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = true;
        Self { reader, part: part.to_owned(), scopes: Vec::new(), depth: 0, known: HashMap::new() }
    }

    fn broken(&self) -> Stop {
        Stop::blocked(&reasons::BROKEN, self.part.as_str())
    }

    /// Reads what comes next.
    pub(crate) fn next(&mut self) -> Result<Node<'x>, Stop> {
        let event = self.reader.read_event().map_err(|_| self.broken())?;
        Ok(match event {
            Event::Start(start) => {
                self.depth += 1;
                Node::Start(self.element(&start, false)?)
            }
            Event::Empty(start) => {
                self.depth += 1;
                let element = self.element(&start, true)?;
                self.leave();
                Node::Start(element)
            }
            Event::End(_) => {
                self.leave();
                Node::End
            }
            Event::Text(text) => match text.xml10_content() {
                Cow::Borrowed(_) => Node::Text(text.into_inner()),
                Cow::Owned(changed) => Node::Text(Cow::Owned(changed)),
            },
            Event::CData(data) => Node::Text(Cow::Owned(data.xml10_content().into_owned())),
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref() {
                    Ok(Some(c)) => Some(c),
                    Ok(None) => named(&reference),
                    Err(_) => None,
                };
                character.map_or(Node::Odd, |c| Node::Text(Cow::Owned(c.to_string())))
            }
            Event::Decl(_) => Node::Text(Cow::Borrowed("")),
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) => Node::Odd,
            Event::Eof if self.depth > 0 => return Err(self.broken()),
            Event::Eof => Node::Eof,
        })
    }

    /// Skips the rest of an element that was just entered.
    pub(crate) fn skip(&mut self, element: &Element<'_>) -> Result<(), Stop> {
        let mut open = u64::from(!element.is_empty);
        while open > 0 {
            match self.next()? {
                Node::Start(inner) => open += u64::from(!inner.is_empty),
                Node::End => open -= 1,
                Node::Text(_) | Node::Odd => {}
                Node::Eof => return Err(self.broken()),
            }
        }
        Ok(())
    }

    fn element(&mut self, start: &BytesStart<'x>, is_empty: bool) -> Result<Element<'x>, Stop> {
        let mut raw = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| self.broken())?;
            if raw.len() >= ATTRIBUTES_MAX {
                return Err(self.broken());
            }
            // An unknown entity makes the value unreadable; the value goes.
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
            let value = value.map_or(String::new(), Cow::into_owned);
            raw.push((attribute.key.as_ref().to_owned(), value));
        }
        for (key, value) in &raw {
            let prefix = key.strip_prefix("xmlns:").or_else(|| (key == "xmlns").then_some(""));
            if let Some(prefix) = prefix {
                self.scopes.push((self.depth, prefix.to_owned(), namespaces::prefix_of(value)));
                self.known.clear();
            }
        }
        let name = self.resolve(start.name().as_ref(), true);
        let attributes = raw
            .into_iter()
            .filter(|(key, _)| key != "xmlns" && !key.starts_with("xmlns:"))
            .map(|(key, value)| Attribute {
                name: self.resolve(&key, false),
                value: Cow::Owned(value),
            })
            .collect();
        Ok(Element { name, attributes, is_empty })
    }

    fn leave(&mut self) {
        while self.scopes.last().is_some_and(|(depth, ..)| *depth >= self.depth) {
            self.scopes.pop();
            self.known.clear();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// Resolves a name. Attributes without a prefix have no namespace and keep
    /// their bare name.
    fn resolve(&mut self, raw: &str, is_element: bool) -> String {
        if !is_element && !raw.contains(':') {
            return raw.to_owned();
        }
        if let Some(known) = self.known.get(raw) {
            return known.clone();
        }
        let (prefix, local) = raw.split_once(':').unwrap_or(("", raw));
        let scope = self.scopes.iter().rev().find(|(_, declared, _)| declared == prefix);
        let ours = match scope {
            Some((_, _, ours)) => *ours,
            None if prefix == "xml" => Some("xml"),
            None => None,
        };
        let name = ours.map_or(String::new(), |ours| format!("{ours}:{local}"));
        self.known.insert(raw.to_owned(), name.clone());
        name
    }
}

fn named(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// Writes `text` so that it is text wherever it stands.
pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            // XML 1.0 §2.2 knows no other control characters.
            '\t' | '\n' => out.push(c),
            '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            c => out.push(c),
        }
    }
}

/// Writes one attribute. Line ends and tabs must not become spaces (§3.3.3).
pub(crate) fn attribute(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    if value.contains(['\n', '\t']) {
        let mut escaped = String::new();
        escape(value, &mut escaped);
        out.push_str(&escaped.replace('\n', "&#10;").replace('\t', "&#9;"));
    } else {
        escape(value, out);
    }
    out.push('"');
}

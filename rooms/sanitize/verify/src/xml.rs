//! XML: a strict pull scanner over a namespace-aware subset of XML 1.0. Builds
//! no tree, loads nothing and knows no entity but the five predefined ones.

mod namespaces;

use std::borrow::Cow;

use memchr::{memchr, memmem};

pub(crate) use namespaces::Ns;
use namespaces::is_same;

/// What the scanner met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// A start tag; its name and attributes stand in the scanner.
    Start,
    /// An end tag, also after an empty-element tag.
    End,
    /// Character data with its references unresolved.
    Text(&'a str),
    /// A CDATA section.
    Cdata(&'a str),
    /// A comment.
    Comment(&'a str),
    /// A processing instruction other than the declaration at the start.
    Instruction(&'a str),
    /// A document type declaration.
    Doctype(&'a str),
    /// The end of a well-formed document.
    Eof,
}

/// One attribute; namespace declarations are not among them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    /// The short name of its namespace, empty for none.
    pub ns: Ns,
    /// Its name without prefix.
    pub local: &'a str,
    /// Its value with references unresolved.
    pub raw: &'a str,
}

impl<'a> Attribute<'a> {
    /// Returns the value with its references resolved.
    pub(crate) fn value(&self) -> Cow<'a, str> {
        resolved(self.raw)
    }
}

/// Reads one document.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Short name of the element's namespace.
    pub ns: Ns,
    /// The element's name without prefix; set by start and end tags.
    pub local: &'a str,
    /// The attributes of the last start tag.
    pub attributes: Vec<Attribute<'a>>,
    /// Prefixes of namespaces that the last start tag declared and nobody
    /// knows.
    pub unknown: Vec<&'a str>,
    open: Vec<Open<'a>>,
    bindings: Vec<Binding<'a>>,
    recent: Vec<(&'a str, Ns)>,
    raw_attributes: Vec<(&'a str, &'a str)>,
    end_pending: bool,
    is_rooted: bool,
    has_doctype: bool,
}

#[derive(Clone, Copy)]
struct Open<'a> {
    name: &'a str,
    ns: Ns,
    local: &'a str,
    bindings: usize,
}

#[derive(Clone, Copy)]
struct Binding<'a> {
    prefix: &'a str,
    ns: Ns,
}

/// Why a document cannot be read.
pub(crate) type Fault = &'static str;

impl<'a> Scanner<'a> {
    /// Starts at the beginning of a document.
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 },
            ns: Ns::NONE,
            local: "",
            attributes: Vec::with_capacity(16),
            unknown: Vec::new(),
            open: Vec::with_capacity(32),
            bindings: Vec::with_capacity(32),
            recent: Vec::with_capacity(8),
            raw_attributes: Vec::with_capacity(16),
            end_pending: false,
            is_rooted: false,
            has_doctype: false,
        }
    }

    /// Says how many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// Returns a prefix's namespace, if it is declared here.
    pub(crate) fn namespace_of(&self, prefix: &str) -> Option<Ns> {
        self.bindings.iter().rev().find(|bound| bound.prefix == prefix).map(|bound| bound.ns)
    }

    /// Reads on to the next event.
    ///
    /// # Errors
    /// Says what is not well-formed.
    pub(crate) fn next(&mut self) -> Result<Event<'a>, Fault> {
        if self.end_pending {
            self.end_pending = false;
            return self.close();
        }
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        match rest {
            [] if !self.open.is_empty() => Err("elements are left open"),
            [] if !self.is_rooted => Err("no root element"),
            [] => Ok(Event::Eof),
            [b'<', b'/', ..] => self.end_tag(),
            [b'<', b'!', ..] => self.declaration(),
            [b'<', b'?', ..] => self.instruction(),
            [b'<', ..] => self.start_tag(),
            _ => self.characters(),
        }
    }

    fn characters(&mut self) -> Result<Event<'a>, Fault> {
        let rest = &self.text[self.at..];
        let end = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        let text = &rest[..end];
        self.at += end;
        if self.open.is_empty() && !text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            return Err("text outside the root element");
        }
        self.check_references(text)?;
        Ok(Event::Text(text))
    }

    fn check_references(&self, text: &str) -> Result<(), Fault> {
        let mut rest = text;
        while let Some(start) = memchr(b'&', rest.as_bytes()) {
            rest = &rest[start + 1..];
            let end = rest.find(';').ok_or("an ampersand that starts no reference")?;
            let name = &rest[..end];
            // With a document type the names could mean anything; the caller
            // has been told of it.
            if reference(name).is_none() && !self.has_doctype {
                return Err("a reference to an unknown entity");
            }
            rest = &rest[end + 1..];
        }
        Ok(())
    }

    fn until(&mut self, start: usize, mark: &str) -> Result<&'a str, Fault> {
        let from = self.at + start;
        let rest = self.text.as_bytes().get(from..).ok_or("an open end")?;
        let length = memmem::find(rest, mark.as_bytes()).ok_or("an open end")?;
        self.at = from + length + mark.len();
        self.text.get(from..from + length).ok_or("an open end")
    }

    fn declaration(&mut self) -> Result<Event<'a>, Fault> {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            return self.until(4, "-->").map(Event::Comment);
        }
        if rest.starts_with("<![CDATA[") && !self.open.is_empty() {
            return self.until(9, "]]>").map(Event::Cdata);
        }
        if rest.starts_with("<!DOCTYPE") && !self.is_rooted {
            self.has_doctype = true;
            return self.doctype();
        }
        Err("an unknown declaration")
    }

    fn doctype(&mut self) -> Result<Event<'a>, Fault> {
        let rest = &self.text[self.at..];
        let (mut brackets, mut quote) = (0u32, None);
        for (index, byte) in rest.bytes().enumerate() {
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'[') => brackets += 1,
                (None, b']') => brackets = brackets.saturating_sub(1),
                (None, b'>') if brackets == 0 => {
                    self.at += index + 1;
                    return Ok(Event::Doctype(&rest[..index]));
                }
                (None, _) => {}
            }
        }
        Err("an open document type")
    }

    fn instruction(&mut self) -> Result<Event<'a>, Fault> {
        let is_first = self.text[..self.at].trim_start_matches('\u{FEFF}').is_empty();
        let body = self.until(2, "?>")?;
        let target = body.split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
        if target == "xml" && is_first {
            return match is_plain_declaration(body) {
                true => self.next(),
                false => Err("an odd XML declaration"),
            };
        }
        Ok(Event::Instruction(body))
    }

    fn start_tag(&mut self) -> Result<Event<'a>, Fault> {
        if self.open.is_empty() && self.is_rooted {
            return Err("a second root element");
        }
        if self.open.len() >= DEPTH_MAX {
            return Err("elements nested too deep");
        }
        self.at += 1;
        let name = self.name()?;
        self.raw_attributes.clear();
        let bound_before = self.bindings.len();
        self.unknown.clear();
        let is_empty = self.tag_rest()?;
        self.resolve_attributes()?;
        let (ns, local) = self.element_name(name)?;
        self.open.push(Open { name, ns, local, bindings: bound_before });
        (self.ns, self.local) = (ns, local);
        self.end_pending = is_empty;
        self.is_rooted = true;
        Ok(Event::Start)
    }

    /// Reads attributes up to and with the tag's end; says whether the element
    /// is empty.
    fn tag_rest(&mut self) -> Result<bool, Fault> {
        let bytes = self.text.as_bytes();
        loop {
            let had_space = self.skip_space();
            match bytes.get(self.at) {
                Some(b'>') => {
                    self.at += 1;
                    return Ok(false);
                }
                Some(b'/') if bytes.get(self.at + 1) == Some(&b'>') => {
                    self.at += 2;
                    return Ok(true);
                }
                Some(_) if had_space => self.attribute()?,
                Some(_) => return Err("an odd character in a tag"),
                None => return Err("an open tag"),
            }
        }
    }

    fn attribute(&mut self) -> Result<(), Fault> {
        if self.raw_attributes.len() >= ATTRIBUTES_MAX {
            return Err("too many attributes");
        }
        let name = self.name()?;
        self.skip_space();
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) != Some(&b'=') {
            return Err("an attribute without value");
        }
        self.at += 1;
        self.skip_space();
        let quote = match bytes.get(self.at) {
            Some(&quote @ (b'"' | b'\'')) => quote,
            Some(_) | None => return Err("an attribute without quotes"),
        };
        let start = self.at + 1;
        let length = memchr(quote, &bytes[start..]).ok_or("an open attribute")?;
        let value = &self.text[start..start + length];
        if memchr(b'<', value.as_bytes()).is_some() {
            return Err("a bracket in an attribute");
        }
        self.check_references(value)?;
        self.at = start + length + 1;
        self.bind_or_keep(name, value)
    }

    fn bind_or_keep(&mut self, name: &'a str, value: &'a str) -> Result<(), Fault> {
        let prefix = match name {
            "xmlns" => "",
            _ => match name.strip_prefix("xmlns:") {
                Some(prefix) => prefix,
                None => {
                    self.raw_attributes.push((name, value));
                    return Ok(());
                }
            },
        };
        let uri = resolved(value);
        let ns = Ns::of(&uri);
        if ns == Ns::UNKNOWN {
            self.unknown.push(value);
        }
        self.recent.clear();
        self.bindings.push(Binding { prefix, ns });
        Ok(())
    }

    fn resolve_attributes(&mut self) -> Result<(), Fault> {
        self.attributes.clear();
        for index in 0..self.raw_attributes.len() {
            let (name, raw) = self.raw_attributes[index];
            let (prefix, local) = split(name)?;
            let ns = if prefix.is_empty() { Ns::NONE } else { self.lookup(prefix)? };
            if self.raw_attributes[..index].iter().any(|&(other, _)| is_same(other, name)) {
                return Err("an attribute that stands twice");
            }
            self.attributes.push(Attribute { ns, local, raw });
        }
        Ok(())
    }

    fn element_name(&mut self, name: &'a str) -> Result<(Ns, &'a str), Fault> {
        let (prefix, local) = split(name)?;
        Ok((self.lookup(prefix)?, local))
    }

    fn lookup(&mut self, prefix: &'a str) -> Result<Ns, Fault> {
        if let Some(&(_, ns)) = self.recent.iter().find(|(known, _)| is_same(known, prefix)) {
            return Ok(ns);
        }
        let ns = match self.namespace_of(prefix) {
            Some(ns) => ns,
            None if prefix.is_empty() => Ns::NONE,
            None if prefix == "xml" => Ns::XML,
            None => return Err("a prefix that is not declared"),
        };
        self.recent.push((prefix, ns));
        Ok(ns)
    }

    fn end_tag(&mut self) -> Result<Event<'a>, Fault> {
        self.at += 2;
        let name = self.name()?;
        self.skip_space();
        if self.text.as_bytes().get(self.at) != Some(&b'>') {
            return Err("an odd end tag");
        }
        self.at += 1;
        if self.open.last().is_none_or(|open| !is_same(open.name, name)) {
            return Err("an end tag that closes nothing");
        }
        self.close()
    }

    fn close(&mut self) -> Result<Event<'a>, Fault> {
        let open = self.open.pop().ok_or("an end tag that closes nothing")?;
        (self.ns, self.local) = (open.ns, open.local);
        if self.bindings.len() > open.bindings {
            self.bindings.truncate(open.bindings);
            self.recent.clear();
        }
        Ok(Event::End)
    }

    fn name(&mut self) -> Result<&'a str, Fault> {
        let bytes = &self.text.as_bytes()[self.at..];
        let length =
            bytes.iter().position(|&byte| NAME_ENDS[usize::from(byte)]).unwrap_or(bytes.len());
        let name = self.text.get(self.at..self.at + length).ok_or("an odd name")?;
        match name.as_bytes().first() {
            None | Some(b'0'..=b'9' | b'-' | b'.' | b':') => Err("an odd name"),
            Some(_) => {
                self.at += length;
                Ok(name)
            }
        }
    }

    fn skip_space(&mut self) -> bool {
        let start = self.at;
        while matches!(self.text.as_bytes().get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.at > start
    }
}

fn split(name: &str) -> Result<(&str, &str), Fault> {
    match memchr(b':', name.as_bytes()) {
        None => Ok(("", name)),
        Some(colon) => {
            let (prefix, local) = (&name[..colon], &name[colon + 1..]);
            let is_odd = prefix.is_empty() || local.is_empty() || local.contains(':');
            if is_odd { Err("an odd name") } else { Ok((prefix, local)) }
        }
    }
}

/// Version 1.0, UTF-8 or no encoding, nothing else.
fn is_plain_declaration(body: &str) -> bool {
    let lower = body.to_ascii_lowercase().replace('\'', "\"");
    let encoding = lower.split("encoding").nth(1).and_then(|rest| rest.split('"').nth(1));
    lower.contains("version=\"1.0\"")
        && matches!(encoding, None | Some("utf-8" | "us-ascii" | "utf-16"))
}

/// Returns the character that a reference without `&` and `;` stands for.
fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

/// Returns text with its references resolved; unknown ones stay as they are.
pub(crate) fn resolved(raw: &str) -> Cow<'_, str> {
    if memchr(b'&', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(start) = memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let found = rest.find(';').and_then(|end| Some((reference(&rest[1..end])?, end + 1)));
        let (char, used) = found.unwrap_or(('&', 1));
        out.push(char);
        rest = &rest[used..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Bytes that end a name.
const NAME_ENDS: [bool; 256] = {
    let mut table = [false; 256];
    let marks = b" \t\r\n>/=<\"'&!?;()[]{}@#$%^*+,|`~\\";
    let mut index = 0;
    while index < marks.len() {
        table[marks[index] as usize] = true;
        index += 1;
    }
    table[0] = true;
    table
};

/// How deep elements may be nested: far above what Office writes.
const DEPTH_MAX: usize = 1_024;
/// Attributes of one element.
const ATTRIBUTES_MAX: usize = 512;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    fn locals(text: &str) -> Result<Vec<String>, Fault> {
        let mut scanner = Scanner::new(text);
        let mut out = Vec::new();
        loop {
            match scanner.next()? {
                Event::Start => out.push(scanner.local.to_owned()),
                Event::Eof => return Ok(out),
                _ => {}
            }
        }
    }

    #[test]
    fn a_document_is_read() {
        let text =
            "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?><a><b x='1'/><c>t&amp;</c></a>\n";
        assert_eq!(locals(text).unwrap(), ["a", "b", "c"]);
    }

    #[test]
    fn what_is_not_well_formed_is_an_error() {
        for text in [
            "",
            "<a>",
            "<a></b>",
            "<a x=1/>",
            "<a x='1' x='2'/>",
            "<a>&x;</a>",
            "<a/><b/>",
            "<p:a/>",
            "x<a/>",
            "<a x='<'/>",
        ] {
            assert!(locals(text).is_err(), "{text}");
        }
    }

    #[test]
    fn namespaces_follow_their_scope() {
        let text = "<x:a xmlns:x='http://www.w3.org/2000/svg'><x:b xmlns:x='urn:odd'/><x:c/></x:a>";
        let mut scanner = Scanner::new(text);
        let mut seen = Vec::new();
        while let Ok(event) = scanner.next() {
            match event {
                Event::Start => seen.push((scanner.local, scanner.ns == Ns::UNKNOWN)),
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(seen, [("a", false), ("b", true), ("c", false)]);
    }
}

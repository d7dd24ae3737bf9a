//! Entities of an SVG: the five of XML, numbers, and plain ones that the file
//! declares itself (drawing programs do that for namespaces). Nothing is ever
//! fetched, and an entity within an entity is left out.

use std::borrow::Cow;

/// Entities a file declares.
#[derive(Default)]
pub(super) struct Entities(Vec<(String, String)>);

const ENTITIES_MAX: usize = 64;
const VALUE_BYTES_MAX: usize = 256;

impl Entities {
    /// Reads a document type; true when it declares more than plain entities.
    pub(super) fn read(&mut self, body: &str) -> bool {
        let Some((_, subset)) = body.split_once('[') else { return false };
        let mut has_active = false;
        for declaration in subset.split("<!").skip(1) {
            let plain = declaration.strip_prefix("ENTITY").and_then(plain_entity);
            match plain {
                Some(pair) if self.0.len() < ENTITIES_MAX => self.0.push(pair),
                _ => has_active = true,
            }
        }
        has_active
    }

    /// Returns what a reference stands for; nothing for unknown ones.
    pub(super) fn resolve(&self, name: &str) -> String {
        let known = match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            _ => {
                if let Some(number) = name.strip_prefix('#') {
                    return number_reference(number).map(String::from).unwrap_or_default();
                }
                let found = self.0.iter().find(|(known, _)| known == name);
                found.map_or("", |(_, value)| value.as_str())
            }
        };
        known.to_owned()
    }

    /// Resolves the references of an attribute's value.
    pub(super) fn resolve_all<'v>(&self, value: &'v str) -> Cow<'v, str> {
        if !value.contains('&') {
            return value.into();
        }
        let mut out = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('&') {
            out.push_str(before);
            match after.split_once(';') {
                Some((name, after)) if name.len() < 64 => {
                    out.push_str(&self.resolve(name));
                    rest = after;
                }
                _ => {
                    out.push('&');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out.into()
    }
}

/// Reads ` name "value">` where the value holds neither mark-up nor references.
fn plain_entity(declaration: &str) -> Option<(String, String)> {
    let (name, rest) = declaration.trim_start().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, _) = rest[1..].split_once(quote)?;
    let is_plain = !value.contains(['<', '&', '%']) && value.len() <= VALUE_BYTES_MAX;
    (is_plain && name != "%").then(|| (name.to_owned(), value.to_owned()))
}

fn number_reference(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|&c| is_xml(c))
}

/// Char, XML 1.0 production 2.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

/// Leaves out what XML cannot hold.
pub(super) fn printable(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.chars().all(is_xml) { text } else { text.chars().filter(|&c| is_xml(c)).collect() }
}

/// Appends text for content or a quoted attribute.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            _ if is_xml(c) => out.push(c),
            _ => {}
        }
    }
}

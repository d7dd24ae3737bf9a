//! Attributes of one SVG element: known names with values that stay inside the
//! picture; references lead to places of the same picture or to a picture that
//! stands in the value and is rebuilt.

use quick_xml::events::BytesStart;
use sanitize_core::{Format, Job, Stop};

use super::entities::{self, Entities};
use super::{names, style};
use crate::codes;

/// What is written for one element.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) id: Option<String>,
    /// `#name` or a data URI of a rebuilt picture.
    pub(super) reference: Option<String>,
    /// Whether the reference was `xlink:href`; some viewers know only that.
    is_xlink: bool,
    kept: Vec<(&'static str, String)>,
}

const ATTRIBUTES_MAX: usize = 256;

impl Attributes {
    pub(super) fn read(
        element: &str,
        start: &BytesStart<'_>,
        entities: &Entities,
        job: &mut Job<'_>,
    ) -> Result<Self, Stop> {
        let mut read = Self::default();
        let mut source = start.attributes();
        for attribute in source.with_checks(false).take(ATTRIBUTES_MAX) {
            let Ok(attribute) = attribute else {
                job.removed(&codes::SVG_UNKNOWN, element);
                continue;
            };
            let key: &str = attribute.key.as_ref();
            let value = entities::printable(entities.resolve_all(&attribute.value));
            let value = value.trim();
            match key {
                _ if key == "xmlns" || key.starts_with("xmlns:") => {}
                "href" | "xlink:href" => {
                    read.is_xlink |= key == "xlink:href";
                    let reference = reference(element, value, job)?;
                    read.reference = read.reference.or(reference);
                }
                "xml:space" if matches!(value, "preserve" | "default") => {
                    read.keep("xml:space", value);
                }
                "style" => {
                    let declarations = style::declarations(value, job);
                    if !declarations.is_empty() {
                        read.keep("style", &declarations);
                    }
                }
                _ => read.plain(key, value, job),
            }
        }
        Ok(read)
    }

    fn keep(&mut self, name: &'static str, value: &str) {
        if !self.kept.iter().any(|(known, _)| *known == name) {
            self.kept.push((name, value.to_owned()));
        }
    }

    fn plain(&mut self, key: &str, value: &str, job: &mut Job<'_>) {
        let Some(name) = names::attribute(key) else {
            let is_event = key.len() > 2 && key.as_bytes()[..2].eq_ignore_ascii_case(b"on");
            if is_event {
                job.removed(&codes::SVG_EVENT, key);
            } else if key.contains(':') {
                job.removed(&codes::SVG_METADATA, key);
            } else if !names::is_ignored_attribute(key) {
                job.removed(&codes::SVG_UNKNOWN, key);
            }
            return;
        };
        if !style::is_safe(value) {
            job.removed(&codes::SVG_EXTERNAL, name);
            return;
        }
        if name == "id" {
            self.id = Some(value.to_owned());
        }
        self.keep(name, value);
    }

    pub(super) fn write(&self, out: &mut String) {
        for (name, value) in &self.kept {
            write_one(name, value, out);
        }
        if let Some(reference) = &self.reference {
            write_one(if self.is_xlink { "xlink:href" } else { "href" }, reference, out);
        }
    }
}

fn write_one(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for c in value.chars() {
        match c {
            // Line ends in attributes come back as spaces, XML 1.0 3.3.3.
            '\n' | '\t' | '\r' => out.push(' '),
            _ => entities::escape(c.encode_utf8(&mut [0; 4]), out),
        }
    }
    out.push('"');
}

fn reference(element: &str, value: &str, job: &mut Job<'_>) -> Result<Option<String>, Stop> {
    if let Some(id) = value.strip_prefix('#') {
        let is_name = !id.is_empty() && style::is_safe(id);
        return Ok(is_name.then(|| value.to_owned()));
    }
    let packed = value.strip_prefix("data:").and_then(|data| data.split_once(";base64,"));
    let Some((_, packed)) = packed.filter(|_| element == "image") else {
        job.removed(&codes::SVG_EXTERNAL, element);
        return Ok(None);
    };
    let Some(bytes) = base64::decode(packed) else {
        job.removed(&codes::SVG_IMAGE, element);
        return Ok(None);
    };
    job.budget.take_bytes(bytes.len() as u64)?;
    match job.rebuild_nested("image", &bytes) {
        Ok(output) => {
            let kind = match output.format {
                Format::Png => "png",
                Format::Jpeg => "jpeg",
                _ => {
                    job.removed(&codes::SVG_IMAGE, element);
                    return Ok(None);
                }
            };
            Ok(Some(format!("data:image/{kind};base64,{}", base64::encode(&output.bytes))))
        }
        Err(stop) if stop.is_limit() => Err(stop),
        Err(_) => {
            job.removed(&codes::SVG_IMAGE, element);
            Ok(None)
        }
    }
}

/// Base 64, RFC 4648 section 4.
mod base64 {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    /// Unpacks, passing over white space; none at any other letter.
    pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(text.len() / 4 * 3);
        let (mut hold, mut bits) = (0u32, 0u32);
        for byte in text.bytes() {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' | b' ' | b'\n' | b'\r' | b'\t' => continue,
                _ => return None,
            };
            hold = (hold << 6 | u32::from(value)) & 0xFF_FFFF;
            bits += 6;
            if bits >= 8 {
                bits -= 8;
                out.push((hold >> bits) as u8);
            }
        }
        Some(out)
    }

    /// Packs with padding and without line breaks.
    pub(super) fn encode(bytes: &[u8]) -> String {
        let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
        for part in bytes.chunks(3) {
            let mut word = [0u8; 4];
            word[1..=part.len()].copy_from_slice(part);
            let word = u32::from_be_bytes(word);
            for place in 0..4usize {
                let index = (word >> (18 - 6 * place)) as usize & 63;
                let letter = if place <= part.len() { LETTERS[index] } else { b'=' };
                out.push(char::from(letter));
            }
        }
        out
    }
}

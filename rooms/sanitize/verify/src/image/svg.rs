//! SVG: drawing elements and plain attributes only; links lead to a place in
//! the same picture or to a PNG or JPEG that stands in it.

use sanitize_core::Format;

use crate::check::{Check, Walk};
use crate::detect;
use crate::nested;
use crate::opc;
use crate::rules;
use crate::url::{self, Address};
use crate::xml::{Attribute, Event, Ns, Scanner, resolved};

/// Checks one picture.
pub(super) fn check(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    let Some(text) = opc::utf8(check, bytes)? else { return Ok(()) };
    check.take_nodes((text.len() / 4) as u64)?;
    let mut scanner = Scanner::new(&text);
    let mut style_text = String::new();
    loop {
        match scanner.next() {
            Ok(Event::Start) => element(check, &scanner)?,
            Ok(Event::End) => {
                if scanner.local == "style" {
                    css(check, &std::mem::take(&mut style_text))?;
                }
            }
            Ok(Event::Text(raw)) if style_text.len() < STYLE_BYTES_MAX => {
                style_text.push_str(&resolved(raw))
            }
            Ok(Event::Text(_)) => {}
            Ok(Event::Eof) => return Ok(()),
            Ok(event) => {
                opc::odd_event(check, event)?;
                if let Event::Cdata(raw) = event {
                    style_text.push_str(raw);
                }
            }
            Err(fault) => return check.unreadable(fault),
        }
        if scanner.local != "style" {
            style_text.clear();
        }
    }
}

fn element(check: &mut Check<'_>, scanner: &Scanner<'_>) -> Walk {
    let local = scanner.local;
    if scanner.depth() == 1 && local != "svg" {
        check.unreadable("not an SVG")?;
    }
    if scanner.ns != Ns("svg") {
        check.found(rules::SVG_ELEMENT, format!("{local} of another namespace"))?;
    } else if matches!(local, "script" | "foreignObject" | "handler" | "listener" | "iframe") {
        check.found(rules::SCRIPT, local)?;
    } else if !ELEMENTS.contains(&local) {
        check.found(rules::SVG_ELEMENT, local)?;
    }
    for attribute in &scanner.attributes {
        self::attribute(check, local, attribute)?;
    }
    Ok(())
}

fn attribute(check: &mut Check<'_>, element: &str, attribute: &Attribute<'_>) -> Walk {
    let name = attribute.local;
    let value = attribute.value();
    let is_plain_ns = [Ns::NONE, Ns::XML, Ns("xlink")].contains(&attribute.ns);
    if !is_plain_ns || (attribute.ns == Ns::XML && !matches!(name, "space" | "lang" | "id")) {
        return check.found(rules::SVG_ELEMENT, format!("attribute {name} of another namespace"));
    }
    if name.len() > 2 && name.is_char_boundary(2) && name[..2].eq_ignore_ascii_case("on") {
        return check.found(rules::SCRIPT, name);
    }
    if matches!(name, "href" | "src") {
        return link(check, element, &value);
    }
    if attribute.ns == Ns("xlink") {
        return check.found(rules::SVG_ELEMENT, format!("xlink:{name}"));
    }
    css(check, &value)?;
    if url::looks_active(&value) {
        check.found(rules::URL, format!("{name}={value}"))
    } else {
        Ok(())
    }
}

/// A value or style sheet: `url()` only for places in the same picture.
fn css(check: &mut Check<'_>, value: &str) -> Walk {
    if !value.contains(['(', '@', '\\']) {
        return Ok(());
    }
    let lower = value.to_ascii_lowercase();
    if lower.contains("@import")
        || lower.contains("expression")
        || lower.contains("javascript:")
        || lower.contains("behavior")
    {
        return check.found(rules::SCRIPT, value);
    }
    if lower.contains('\\') && lower.contains("(") {
        return check.found(rules::SVG_ELEMENT, "an escape in a style");
    }
    for part in lower.split("url(").skip(1) {
        let target = part.trim_start_matches([' ', '\'', '"', '\t']);
        if !target.starts_with('#') {
            return check.found(rules::URL, value);
        }
    }
    Ok(())
}

fn link(check: &mut Check<'_>, element: &str, value: &str) -> Walk {
    let trimmed = value.trim();
    if url::judge(trimmed) == Address::Local {
        return Ok(());
    }
    let Some((kind, data)) =
        trimmed.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"))
    else {
        return check.found(rules::URL, value);
    };
    let format = match kind {
        "image/png" => Format::Png,
        "image/jpeg" | "image/jpg" => Format::Jpeg,
        _ => return check.found(rules::URL, format!("data of type {kind}")),
    };
    let Some(bytes) = detect::base64(data) else { return check.unreadable("odd base64") };
    check.take_bytes(bytes.len() as u64)?;
    if detect::detect(&bytes) != format {
        check.found(rules::TYPE_MISMATCH, format!("data that is no {kind}"))?;
    }
    check.inside(element, |check| nested::file(check, &bytes, format))
}

const ELEMENTS: &[&str] = &[
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "textPath",
    "image",
    "clipPath",
    "mask",
    "pattern",
    "marker",
    "linearGradient",
    "radialGradient",
    "stop",
    "filter",
    "style",
    "title",
    "desc",
    "switch",
    "view",
    "feBlend",
    "feColorMatrix",
    "feComponentTransfer",
    "feComposite",
    "feConvolveMatrix",
    "feDiffuseLighting",
    "feDisplacementMap",
    "feDistantLight",
    "feDropShadow",
    "feFlood",
    "feFuncA",
    "feFuncB",
    "feFuncG",
    "feFuncR",
    "feGaussianBlur",
    "feImage",
    "feMerge",
    "feMergeNode",
    "feMorphology",
    "feOffset",
    "fePointLight",
    "feSpecularLighting",
    "feSpotLight",
    "feTile",
    "feTurbulence",
];
const STYLE_BYTES_MAX: usize = 1 << 20;

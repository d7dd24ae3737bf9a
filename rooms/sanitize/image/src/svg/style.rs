//! CSS of an SVG: declarations of known properties with values that stay inside
//! the picture, and plain rules around them. At-rules go.

use sanitize_core::Job;

use super::names;
use crate::codes;

/// Rules and declarations are looked at up to this size.
const SHEET_BYTES_MAX: usize = 4 << 20;

/// Says whether a value can lead nowhere outside and run nothing.
pub(super) fn is_safe(value: &str) -> bool {
    if !value.contains(['(', '@', '\\', ':', '<']) {
        return true;
    }
    let lower = value.to_ascii_lowercase();
    let words = ["expression", "javascript:", "vbscript:", "behavior", "data:", "-moz-binding"];
    let leads_out = lower.split("url(").skip(1).any(|target| {
        !target.trim_start_matches([' ', '\t', '\n', '\r', '"', '\'']).starts_with('#')
    });
    let is_odd = lower.contains(['\\', '@', '<'])
        || ["image(", "image-set(", "src(", "attr(", "://"].iter().any(|word| lower.contains(word));
    !leads_out && !is_odd && !words.iter().any(|word| lower.contains(word))
}

/// Writes the declarations of a style attribute or of one rule anew.
pub(super) fn declarations(text: &str, job: &mut Job<'_>) -> String {
    let mut kept = String::new();
    for declaration in text.split(';') {
        let Some((name, value)) = declaration.split_once(':') else { continue };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let is_private = name.starts_with("-inkscape-") || name.starts_with('-');
        if is_private || names::is_ignored_property(&name) {
            continue;
        }
        if !names::is_property(&name) || !is_safe(value) || value.contains(['{', '}']) {
            let code = if is_safe(value) { &codes::SVG_STYLE } else { &codes::SVG_EXTERNAL };
            job.removed(code, &name);
            continue;
        }
        if !kept.is_empty() {
            kept.push(';');
        }
        kept.push_str(&name);
        kept.push(':');
        kept.push_str(value);
    }
    kept
}

/// Writes a style sheet anew.
pub(super) fn sheet(text: &str, job: &mut Job<'_>) -> String {
    let mut kept = String::new();
    if text.len() > SHEET_BYTES_MAX {
        job.removed(&codes::SVG_STYLE, "style");
        return kept;
    }
    let plain = without_comments(text);
    let mut rest = plain.as_str();
    loop {
        rest = rest.trim_start();
        if rest.starts_with('@') {
            let is_import = rest.to_ascii_lowercase().starts_with("@import");
            let code = if is_import { &codes::SVG_EXTERNAL } else { &codes::SVG_STYLE };
            job.removed(code, "style");
            rest = after_at_rule(rest);
            continue;
        }
        let Some((selector, after)) = rest.split_once('{') else { break };
        let Some((body, after)) = after.split_once('}') else { break };
        rest = after;
        let selector = selector.trim();
        if !is_selector(selector) {
            job.removed(&codes::SVG_STYLE, "style");
            continue;
        }
        kept.push_str(selector);
        kept.push('{');
        kept.push_str(&declarations(body, job));
        kept.push_str("}\n");
    }
    kept
}

fn is_selector(selector: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "-_#.,:*>+~[]=\"' ()\n\t\r".contains(c);
    !selector.is_empty() && selector.chars().all(is_plain)
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    // Old pages hid style sheets from browsers without them.
    out.replace("<!--", "").replace("-->", "")
}

/// Steps over an at-rule: to its semicolon, or over its block.
fn after_at_rule(rest: &str) -> &str {
    let mut depth = 0u32;
    for (at, c) in rest.char_indices() {
        match c {
            ';' if depth == 0 => return &rest[at + 1..],
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return &rest[at + 1..];
                }
            }
            _ => {}
        }
    }
    ""
}

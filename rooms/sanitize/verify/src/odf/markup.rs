//! The markup of OpenDocument parts: elements and attributes that act or lead
//! outside. Checks no schema.

use std::collections::HashSet;

use sanitize_core::{Choice, Hyperlinks};

use super::{formula, resolve};
use crate::check::{Check, Walk};
use crate::opc;
use crate::rules;
use crate::url::{self, Address};
use crate::xml::{Attribute, Event, Ns, Scanner};

/// Checks one part that stands in `folder`.
pub(super) fn part(check: &mut Check<'_>, text: &str, folder: &str, known: &HashSet<&str>) -> Walk {
    check.take_nodes((text.len() / BYTES_A_NODE) as u64)?;
    let mut scanner = Scanner::new(text);
    loop {
        match scanner.next() {
            Ok(Event::Start) => {
                element(check, &scanner)?;
                for attribute in &scanner.attributes {
                    self::attribute(check, &scanner, attribute, folder, known)?;
                }
            }
            Ok(Event::End | Event::Text(_)) => {}
            Ok(Event::Eof) => return Ok(()),
            Ok(event) => opc::odd_event(check, event)?,
            Err(fault) => return check.unreadable(fault),
        }
    }
}

fn element(check: &mut Check<'_>, scanner: &Scanner<'_>) -> Walk {
    let (Ns(ns), local) = (scanner.ns, scanner.local);
    if scanner.ns == Ns::UNKNOWN {
        check.found(rules::XML_NAMESPACE, format!("element {local}"))?;
    }
    let rule = match (ns, local) {
        ("script", _)
        | ("office", "scripts" | "event-listeners")
        | ("text", "script" | "execute-macro")
        | ("presentation", "event-listener")
        | ("anim", "command")
        | ("table", "error-macro") => rules::ODF_SCRIPT,
        ("draw", "object-ole") => rules::ODF_OBJECT,
        ("draw", "plugin" | "applet" | "floating-frame")
        | ("presentation", "sound" | "play")
        | ("anim", "audio") => rules::MEDIA,
        (
            "text",
            "dde-connection"
            | "dde-connection-decl"
            | "dde-connection-decls"
            | "section-source"
            | "alphabetical-index-auto-mark-file",
        )
        | ("office", "dde-source")
        | ("table", "dde-link" | "dde-links" | "table-source" | "cell-range-source")
        | ("osvg", "font-face-src" | "font-face-uri" | "definition-src") => rules::ODF_EXTERNAL,
        (
            "text",
            "database-display"
            | "database-next"
            | "database-name"
            | "database-row-select"
            | "database-row-number",
        )
        | (
            "table",
            "source-service"
            | "database-source-query"
            | "database-source-sql"
            | "database-source-table",
        )
        | ("calcext", "data-mappings" | "data-mapping")
        | ("db", _) => rules::DATA_SOURCE,
        ("form", "connection-resource" | "generic-control" | "image-frame") | ("xforms", _) => {
            rules::ODF_FORM
        }
        ("office", "annotation") if check.policy.office.comments != Choice::Keep => rules::POLICY,
        ("text" | "table", "tracked-changes")
            if check.policy.office.tracked_changes != Choice::Keep =>
        {
            rules::POLICY
        }
        ("office", "forms") if check.policy.office.form_fields != Choice::Keep => rules::POLICY,
        ("office", "binary-data") => rules::ODF_PART,
        _ => return Ok(()),
    };
    check.found(rule, format!("{ns}:{local}"))
}

fn attribute(
    check: &mut Check<'_>,
    scanner: &Scanner<'_>,
    attribute: &Attribute<'_>,
    folder: &str,
    known: &HashSet<&str>,
) -> Walk {
    let (Ns(ns), local) = (attribute.ns, attribute.local);
    match (ns, local) {
        ("?", _) => check.found(rules::XML_NAMESPACE, format!("attribute {local}")),
        ("script", _) | ("presentation", "action") => {
            check.found(rules::ODF_SCRIPT, format!("{ns}:{local}"))
        }
        ("xlink", "href") => reference(check, scanner, &attribute.value(), folder, known),
        (
            "form",
            "href" | "command" | "command-type" | "datasource" | "method" | "target-location"
            | "image-data" | "connection-name" | "list-source" | "data-field",
        )
        | ("xforms", _) => check.found(rules::ODF_FORM, format!("form:{local}")),
        ("form", "button-type") if !matches!(attribute.raw, "push" | "reset") => {
            check.found(rules::ODF_FORM, attribute.raw)
        }
        ("form", "control-implementation")
            if !attribute.raw.starts_with("ooo:com.sun.star.form.component.") =>
        {
            check.found(rules::ODF_FORM, attribute.raw)
        }
        ("table" | "text", "formula")
        | ("table" | "text" | "style", "condition")
        | ("calcext", "value")
        | ("table", "expression") => {
            match formula::judge(&attribute.value(), check.policy.office.hyperlinks) {
                Some((rule, what)) => check.found(rule, what),
                None => Ok(()),
            }
        }
        ("draw", "class-id") => check.found(rules::ODF_OBJECT, "draw:class-id"),
        ("xml", "base") => check.found(rules::XML_BASE, attribute.raw),
        _ if url::looks_active(attribute.raw) && !is_prose(local) => {
            check.found(rules::URL, format!("{ns}:{local}={}", attribute.raw))
        }
        _ => Ok(()),
    }
}

/// Attributes that hold what a person wrote.
fn is_prose(local: &str) -> bool {
    matches!(
        local,
        "name"
            | "title"
            | "string-value"
            | "description"
            | "label"
            | "display-name"
            | "value"
            | "num-prefix"
            | "num-suffix"
    )
}

fn reference(
    check: &mut Check<'_>,
    scanner: &Scanner<'_>,
    href: &str,
    folder: &str,
    known: &HashSet<&str>,
) -> Walk {
    let is_link =
        scanner.local == "a" || (scanner.ns == Ns("text") && scanner.local.ends_with("link"));
    if href.is_empty() || href.starts_with('#') {
        return Ok(());
    }
    if is_link {
        return match url::judge(href) {
            Address::Plain if check.policy.office.hyperlinks == Hyperlinks::Keep => Ok(()),
            Address::Plain => check.found(rules::HYPERLINK, href),
            Address::Local => Ok(()),
            Address::Relative | Address::Harmful => check.found(rules::URL, href),
        };
    }
    // A chart's data stand in the document around it.
    if href == ".." && scanner.ns == Ns("chart") && !folder.is_empty() {
        return Ok(());
    }
    let plain = href.trim_end_matches('/');
    let path = if url::judge(plain) == Address::Relative {
        resolve(folder, &percent_decoded(plain))
    } else {
        None
    };
    let is_inside = path.is_some_and(|path| {
        known.contains(path.as_str()) || known.contains(format!("{path}/content.xml").as_str())
    });
    if is_inside {
        Ok(())
    } else {
        check.found(rules::ODF_EXTERNAL, format!("{} → {href}", scanner.local))
    }
}

fn percent_decoded(path: &str) -> String {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let pair = match (byte, after) {
            (b'%', [high, low, ..]) => url::hex(*high).zip(url::hex(*low)),
            _ => None,
        };
        match pair {
            Some((high, low)) => {
                out.push(high << 4 | low);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

const BYTES_A_NODE: usize = 4;

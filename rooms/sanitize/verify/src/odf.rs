//! OpenDocument packages: the manifest lists exactly the parts, every part is
//! markup or a picture, and the markup neither acts nor leads outside.
//!
//! Source: OpenDocument 1.3, parts 2 (packages) and 3 (schema).

mod formula;
mod markup;

use std::collections::{HashMap, HashSet};

use sanitize_core::{Choice, Format};

use crate::check::{Check, Walk};
use crate::detect;
use crate::nested;
use crate::opc;
use crate::rules;
use crate::xml::{Event, Ns, Scanner};
use crate::zip::Archive;

/// Checks a whole package of `format`.
pub(crate) fn package(check: &mut Check<'_>, bytes: &[u8], format: Format) -> Walk {
    let Some(mut archive) = Archive::open(check, bytes)? else { return Ok(()) };
    let names: Vec<String> = archive.names().to_vec();
    // Part 2, 3.3: the type comes first and is not packed.
    let mark = media_type(format);
    let is_marked = names.first().is_some_and(|name| name == MIMETYPE)
        && bytes.get(38..38 + mark.len()) == Some(mark.as_bytes());
    if !is_marked {
        check.found(rules::ODF_MANIFEST, "no type at the start of the package")?;
    }
    let Some(index) = names.iter().position(|name| name == MANIFEST) else {
        return check.unreadable("no manifest");
    };
    let Some(data) = archive.data(check, index)? else { return Ok(()) };
    let mut listed = HashMap::new();
    check.enter(MANIFEST)?;
    manifest(check, &data, &mut listed)?;
    check.leave();
    compare(check, &names, &listed, format)?;
    let known: HashSet<&str> = names.iter().map(String::as_str).collect();
    for (index, name) in names.iter().enumerate() {
        if name == MANIFEST {
            continue;
        }
        let Some(data) = archive.data(check, index)? else { continue };
        check.inside(name, |check| part(check, name, &data, &known))?;
    }
    Ok(())
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Ods => "application/vnd.oasis.opendocument.spreadsheet",
        Format::Odp => "application/vnd.oasis.opendocument.presentation",
        _ => "application/vnd.oasis.opendocument.text",
    }
}

fn manifest(check: &mut Check<'_>, data: &[u8], listed: &mut HashMap<String, String>) -> Walk {
    let Some(text) = opc::utf8(check, data)? else { return Ok(()) };
    let mut scanner = Scanner::new(&text);
    loop {
        match scanner.next() {
            Ok(Event::Start) if scanner.ns == Ns("manifest") && scanner.local == "file-entry" => {
                let value = |name: &str| {
                    let found = scanner.attributes.iter().find(|attribute| attribute.local == name);
                    found.map_or_else(String::new, |attribute| attribute.value().into_owned())
                };
                let path = value("full-path");
                if listed.insert(path.clone(), value("media-type")).is_some() {
                    check.found(rules::ODF_MANIFEST, format!("{path} stands twice"))?;
                }
            }
            Ok(Event::Start) if scanner.ns == Ns("manifest") && scanner.local == "manifest" => {}
            Ok(Event::Start) if scanner.local.contains("encr") => {
                check.found(rules::ZIP_LOCKED, "encrypted parts")?
            }
            Ok(Event::Start) => {
                check.found(rules::ODF_MANIFEST, format!("an element {}", scanner.local))?
            }
            Ok(Event::End | Event::Text(_)) => {}
            Ok(Event::Eof) => return Ok(()),
            Ok(event) => opc::odd_event(check, event)?,
            Err(fault) => return check.unreadable(fault),
        }
    }
}

fn compare(
    check: &mut Check<'_>,
    names: &[String],
    listed: &HashMap<String, String>,
    format: Format,
) -> Walk {
    if listed.get("/").is_none_or(|kind| kind != media_type(format)) {
        check.found(rules::ODF_MANIFEST, "the package is listed with another type")?;
    }
    for name in names {
        let is_unlisted = !listed.contains_key(name) && name != MIMETYPE && name != MANIFEST;
        if is_unlisted {
            check.found(rules::ODF_MANIFEST, format!("{name} is not listed"))?;
        }
    }
    for path in listed.keys() {
        let is_there = path.ends_with('/') || names.iter().any(|name| name == path);
        if !is_there {
            check.found(rules::ODF_MANIFEST, format!("{path} is listed and not there"))?;
        }
    }
    Ok(())
}

fn part(check: &mut Check<'_>, name: &str, data: &[u8], known: &HashSet<&str>) -> Walk {
    if name == MIMETYPE {
        return Ok(());
    }
    let top = name.split('/').next().unwrap_or_default();
    if matches!(top, "Basic" | "Scripts" | "Dialogs" | "VBA") {
        return check.found(rules::ODF_SCRIPT, name);
    }
    if matches!(top, "Configurations" | "Configurations2" | "META-INF" | "Thumbnails" | "Fonts")
        || name.ends_with(".rdf")
    {
        return check.found(rules::ODF_PART, name);
    }
    let leaf = name.rsplit('/').next().unwrap_or(name);
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    match leaf {
        "content.xml" | "styles.xml" | "settings.xml" => {
            let Some(text) = opc::utf8(check, data)? else { return Ok(()) };
            markup::part(check, &text, folder, known)
        }
        "meta.xml" => metadata(check, data),
        _ => picture(check, name, data),
    }
}

fn picture(check: &mut Check<'_>, name: &str, data: &[u8]) -> Walk {
    let real = detect::detect(data);
    if real.is_image() {
        return nested::file(check, data, real);
    }
    let rule = match real {
        Format::UnknownOle => rules::ODF_OBJECT,
        _ => rules::ODF_PART,
    };
    check.found(rule, format!("{} in {name}", real.name()))
}

fn metadata(check: &mut Check<'_>, data: &[u8]) -> Walk {
    let Some(text) = opc::utf8(check, data)? else { return Ok(()) };
    let is_kept = check.policy.office.metadata == Choice::Keep;
    let mut scanner = Scanner::new(&text);
    loop {
        match scanner.next() {
            Ok(Event::Start) => {
                let is_frame = matches!(
                    scanner.local,
                    "document-meta" | "meta" | "generator" | "document-statistic"
                );
                let acts = matches!(
                    scanner.local,
                    "template" | "auto-reload" | "hyperlink-behaviour" | "script"
                );
                if acts {
                    check.found(rules::ODF_EXTERNAL, scanner.local)?;
                } else if !is_frame && !is_kept {
                    check.found(rules::METADATA, scanner.local)?;
                }
            }
            Ok(Event::End | Event::Text(_)) => {}
            Ok(Event::Eof) => return Ok(()),
            Ok(event) => opc::odd_event(check, event)?,
            Err(fault) => return check.unreadable(fault),
        }
    }
}

/// Resolves a reference against a folder; `None` where it climbs out.
fn resolve(folder: &str, href: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in href.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

const MIMETYPE: &str = "mimetype";
const MANIFEST: &str = "META-INF/manifest.xml";

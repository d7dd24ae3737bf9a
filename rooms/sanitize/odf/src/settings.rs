//! Settings: numbers and switches that shape the view and the layout stay,
//! texts only under known names. Printers, databases and links go.

use sanitize_core::{Code, Job, Stop};

use crate::codes;
use crate::namespaces;
use crate::xml::{self, Element, Node, Source};

/// Rewrites a settings part; `None` where it is something else.
pub(crate) fn rewrite(text: &str, part: &str, job: &mut Job<'_>) -> Result<Option<String>, Stop> {
    let mut source = Source::new(text, part);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let mut open: Vec<&'static str> = Vec::new();
    loop {
        match source.next()? {
            Node::Start(element) => {
                job.budget.take_objects(1)?;
                job.budget.check_nesting(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
                match fate(&element, &open) {
                    Fate::Keep(name) => {
                        write_start(name, &element, open.is_empty(), &mut out);
                        if element.is_empty {
                            write_end(name, &mut out);
                        } else {
                            open.push(name);
                        }
                    }
                    Fate::Item => item(&element, &mut source, part, job, &mut out)?,
                    Fate::Drop(code) => {
                        job.removed(code, part);
                        source.skip(&element)?;
                    }
                    Fate::Alien => return Ok(None),
                }
            }
            Node::End => {
                if let Some(name) = open.pop() {
                    write_end(name, &mut out);
                }
            }
            // Only items have text.
            Node::Text(_) => {}
            Node::Odd => job.removed(&codes::ENTITY, part),
            Node::Eof => return Ok(Some(out)),
        }
    }
}

enum Fate {
    Keep(&'static str),
    /// A single setting: its value is read first.
    Item,
    Drop(&'static Code),
    /// The part is no settings part.
    Alien,
}

fn fate(element: &Element<'_>, open: &[&str]) -> Fate {
    match (element.name.as_str(), open.is_empty()) {
        ("office:document-settings", true) => Fate::Keep("office:document-settings"),
        (_, true) => Fate::Alien,
        ("office:settings", false) => Fate::Keep("office:settings"),
        ("config:config-item-set", false) => {
            // What scripts and add-ins remember stands in sets of their own.
            let name = element.value("config:name").unwrap_or_default();
            if matches!(
                name,
                "ooo:view-settings"
                    | "ooo:configuration-settings"
                    | "view-settings"
                    | "configuration-settings"
            ) {
                Fate::Keep("config:config-item-set")
            } else {
                Fate::Drop(&codes::SETTING)
            }
        }
        ("config:config-item-map-indexed", false) => Fate::Keep("config:config-item-map-indexed"),
        ("config:config-item-map-named", false) => Fate::Keep("config:config-item-map-named"),
        ("config:config-item-map-entry", false) => Fate::Keep("config:config-item-map-entry"),
        ("config:config-item", false) => Fate::Item,
        (_, false) => Fate::Drop(&codes::SETTING),
    }
}

fn write_start(name: &str, element: &Element<'_>, is_root: bool, out: &mut String) {
    out.push('<');
    out.push_str(name);
    if is_root {
        namespaces::declare(out);
    }
    for attribute in ["config:name", "config:type", "office:version"] {
        if let Some(value) = element.value(attribute) {
            xml::attribute(attribute, value, out);
        }
    }
    out.push('>');
}

fn write_end(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Reads one setting and writes it where it may stay.
fn item(
    element: &Element<'_>,
    source: &mut Source<'_>,
    part: &str,
    job: &mut Job<'_>,
    out: &mut String,
) -> Result<(), Stop> {
    let mut value = String::new();
    let mut open = u32::from(!element.is_empty);
    while open > 0 {
        match source.next()? {
            Node::Start(inner) => open += u32::from(!inner.is_empty),
            Node::End => open -= 1,
            Node::Text(text) => value.push_str(&text),
            Node::Odd => {}
            Node::Eof => break,
        }
    }
    let name = element.value("config:name").unwrap_or_default();
    let kind = element.value("config:type").unwrap_or_default();
    match finding(name, kind, &value) {
        None => {
            write_start("config:config-item", element, false, out);
            xml::escape(&value, out);
            write_end("config:config-item", out);
        }
        // An empty setting says nothing.
        Some(_) if value.trim().is_empty() => {}
        Some(Some(code)) => job.removed(code, part),
        Some(None) => {}
    }
    Ok(())
}

/// Says why a setting goes; `Some(None)` where that is worth no line.
fn finding(name: &str, kind: &str, value: &str) -> Option<Option<&'static Code>> {
    match name {
        "PrinterName" | "PrinterSetup" | "PrintFaxName" => return Some(Some(&codes::PRINTER)),
        "CurrentDatabaseDataSource" | "CurrentDatabaseCommand" | "EmbeddedDatabaseName" => {
            return Some(Some(&codes::QUERY));
        }
        // Switches of what is gone or would ask: links, templates, databases.
        "LinkUpdateMode"
        | "UpdateFromTemplate"
        | "CurrentDatabaseCommandType"
        | "SaveGlobalDocumentLinks"
        | "LoadReadonly"
        | "ApplyUserData"
        | "VBACompatibilityMode"
        | "FieldAutoUpdate"
        | "ChartAutoUpdate"
        | "Rsid"
        | "RsidRoot"
        | "EmbedFonts"
        | "EmbedOnlyUsedFonts"
        | "EmbedSystemFonts"
        | "EmbedAsianScriptFonts"
        | "EmbedComplexScriptFonts"
        | "EmbedLatinScriptFonts"
        | "ColorTableURL"
        | "DashTableURL"
        | "LineEndTableURL"
        | "HatchTableURL"
        | "GradientTableURL"
        | "BitmapTableURL"
        | "AllowPrintJobCancel" => {
            return Some(None);
        }
        _ => {}
    }
    let is_number = |value: &str| {
        value
            .trim()
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'E' | b'e'))
    };
    let is_fine = match kind {
        "boolean" => matches!(value.trim(), "true" | "false"),
        "int" | "short" | "long" | "double" => is_number(value),
        "string" => {
            TEXTS.contains(&name) && value.len() <= TEXT_BYTES_MAX && !value.contains("://")
        }
        "base64Binary" => LAYERS.contains(&name) && value.len() <= TEXT_BYTES_MAX,
        _ => false,
    };
    (!is_fine).then_some(Some(&codes::SETTING))
}

/// Longest text of a setting, in bytes.
const TEXT_BYTES_MAX: usize = 4096;

/// Settings that are texts and harmless.
const TEXTS: &[&str] = &[
    "ActiveTable",
    "ViewId",
    "ViewType",
    "ZoomType",
    "BeginLine",
    "EndLine",
    "Language",
    "Country",
    "Variant",
    "PrinterIndependentLayout",
    "SelectedSheets",
    "CodeName",
    "SnapLinesDrawing",
    "SnapLinesNotes",
    "SnapLinesHandout",
    "ForbiddenCharacters",
    "TabColor",
    "AnchoredTextOverflowLegacy",
];

/// Bit sets of layers that are shown, printed or locked.
const LAYERS: &[&str] = &["VisibleLayers", "PrintableLayers", "LockedLayers"];

//! Small decisions about parts: which pictures a document may hold, which
//! names are plain, what an unused part means, and metadata.

use sanitize_core::{Code, Format, Job, Stop};

use crate::codes;
use crate::namespaces;
use crate::xml::{self, Node, Source};

/// One transparent pixel.
pub(super) const EMPTY_PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1F, 0x15, 0xC4, 0x89, 0, 0, 0, 11, b'I', b'D', b'A', b'T',
    0x78, 0xDA, 0x63, 0x60, 0, 2, 0, 0, 5, 0, 1, 0xE9, 0xFA, 0xDC, 0xD8, 0, 0, 0, 0, b'I', b'E',
    b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

/// Returns the media type of a picture that a document may hold.
pub(super) fn picture_type(format: Format) -> Option<&'static str> {
    match format {
        Format::Png => Some("image/png"),
        Format::Jpeg => Some("image/jpeg"),
        Format::Gif => Some("image/gif"),
        Format::Bmp => Some("image/bmp"),
        Format::Tiff => Some("image/tiff"),
        Format::Webp => Some("image/webp"),
        Format::Svg => Some("image/svg+xml"),
        Format::Emf => Some("image/x-emf"),
        Format::Wmf => Some("image/x-wmf"),
        _ => None,
    }
}

pub(super) fn has_extension(leaf: &str, format: Format) -> bool {
    let extension = leaf.rsplit_once('.').map_or("", |(_, extension)| extension);
    let usual = format.extension();
    extension == usual
        || (format == Format::Jpeg && extension == "jpeg")
        || (format == Format::Tiff && extension == "tif")
}

/// Folders in which writers put pictures.
pub(super) fn is_picture_folder(folder: &str) -> bool {
    let last = folder.rsplit('/').next().unwrap_or_default();
    let above = folder.strip_suffix(last).unwrap_or_default().trim_end_matches('/');
    folder == "ObjectReplacements"
        || (last == "Pictures" && (above.is_empty() || is_plain_leaf(above)))
}

/// A name without slashes, of letters, digits, spaces and `.-_`.
pub(super) fn is_plain_leaf(leaf: &str) -> bool {
    !leaf.is_empty()
        && leaf.len() <= 128
        && !leaf.starts_with('.')
        && leaf.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_'))
}

/// Says what it means that a part was left out; `None` for those that are
/// always written anew.
pub(super) fn finding(name: &str) -> Option<&'static Code> {
    let first = name.split('/').next().unwrap_or_default();
    match first {
        "mimetype" => None,
        "META-INF" if name == "META-INF/manifest.xml" => None,
        "META-INF" if name.contains("signatures") => Some(&codes::SIGNATURE),
        "Basic" | "Scripts" | "Dialogs" | "VBA" => Some(&codes::MACRO),
        "Configurations" | "Configurations2" => Some(&codes::CUSTOMISATION),
        "Thumbnails" | "ObjectReplacements" => Some(&codes::PREVIEW),
        "manifest.rdf" => Some(&codes::RDF),
        "Fonts" => Some(&codes::FONT),
        // A cache of line breaks that LibreOffice makes again.
        "layout-cache" => None,
        _ => Some(&codes::PART),
    }
}

/// Returns a version of ODF, where it is one.
pub(crate) fn version(given: &str) -> Option<&'static str> {
    ["1.0", "1.1", "1.2", "1.3", "1.4"].into_iter().find(|known| *known == given)
}

/// Document properties that may stay where policy keeps them.
const PROPERTIES: &[&str] = &[
    "dc:title",
    "dc:subject",
    "dc:description",
    "dc:creator",
    "dc:date",
    "dc:language",
    "meta:keyword",
    "meta:initial-creator",
    "meta:creation-date",
    "meta:editing-cycles",
    "meta:editing-duration",
    "meta:print-date",
    "meta:printed-by",
    "meta:user-defined",
];

/// Properties that every writer puts there and that say nothing.
const SILENT: &[&str] = &["office:meta", "meta:document-statistic", "meta:generator"];

/// Writes the metadata part anew: empty, or with plain properties.
pub(super) fn metadata(
    text: &str,
    part: &str,
    is_kept: bool,
    job: &mut Job<'_>,
) -> Result<String, Stop> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-meta");
    namespaces::declare(&mut out);
    let mut body = String::new();
    let mut named_version = None;
    let mut source = Source::new(text, part);
    let mut is_root = true;
    loop {
        match source.next()? {
            Node::Start(element) if is_root => {
                is_root = false;
                named_version = element.value("office:version").and_then(version);
            }
            Node::Start(element) => {
                job.budget.take_objects(1)?;
                let name = element.name.as_str();
                if SILENT.contains(&name) {
                    continue;
                }
                let known = PROPERTIES.iter().find(|known| **known == name).filter(|_| is_kept);
                let (Some(known), false) = (known, element.is_empty) else {
                    job.removed(&codes::METADATA, part);
                    source.skip(&element)?;
                    continue;
                };
                let named = element.value("meta:name").map(str::to_owned);
                property(known, named.as_deref(), &mut source, &mut body)?;
            }
            Node::End | Node::Text(_) => {}
            Node::Odd => job.removed(&codes::ENTITY, part),
            Node::Eof => break,
        }
    }
    if let Some(version) = named_version {
        xml::attribute("office:version", version, &mut out);
    }
    out.push_str("><office:meta>");
    out.push_str(&body);
    out.push_str("</office:meta></office:document-meta>");
    Ok(out)
}

fn property(
    name: &str,
    named: Option<&str>,
    source: &mut Source<'_>,
    body: &mut String,
) -> Result<(), Stop> {
    body.push('<');
    body.push_str(name);
    if let Some(named) = named {
        xml::attribute("meta:name", named, body);
    }
    body.push('>');
    let mut open = 1_u32;
    while open > 0 {
        match source.next()? {
            Node::Start(inner) => open += u32::from(!inner.is_empty),
            Node::End => open -= 1,
            Node::Text(text) => xml::escape(&text, body),
            Node::Odd => {}
            Node::Eof => break,
        }
    }
    body.push_str("</");
    body.push_str(name);
    body.push('>');
    Ok(())
}

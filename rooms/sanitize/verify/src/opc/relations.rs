//! Relationship parts: which types may stand in a delivered package, and where
//! a target leads. Opens no target.

use sanitize_core::Hyperlinks;

use crate::check::{Check, Halt, Walk};
use crate::opc::markup;
use crate::rules;
use crate::url::{self, Address};
use crate::xml::{Event, Ns, Scanner};

/// Returns the part that a relationship part speaks for: empty for the
/// package, `None` where a relationship part may not stand (OPC 9.3.3).
pub(super) fn source_of(name: &str) -> Option<String> {
    if name == "_rels/.rels" {
        return Some(String::new());
    }
    let (folder, file) = name.rsplit_once('/')?;
    let base = file.strip_suffix(".rels")?;
    let parent = folder.strip_suffix("_rels")?;
    (!base.is_empty()).then(|| format!("{parent}{base}"))
}

/// Reads a relationship part and returns its internal targets.
pub(super) fn read(check: &mut Check<'_>, text: &str) -> Result<Vec<String>, Halt> {
    let mut scanner = Scanner::new(text);
    let mut targets = Vec::new();
    let mut ids = Vec::new();
    loop {
        match scanner.next() {
            Ok(Event::Start) if scanner.ns == Ns("rel") && scanner.local == "Relationships" => {}
            Ok(Event::Start) if scanner.ns == Ns("rel") && scanner.local == "Relationship" => {
                let relation = Relation::read(&scanner);
                if ids.contains(&relation.id) {
                    check.found(
                        rules::OPC_RELATION,
                        format!("two relationships of one id: {}", relation.id),
                    )?;
                }
                if ids.len() < IDS_CHECKED_MAX {
                    ids.push(relation.id.clone());
                }
                relation.judge(check)?;
                if !relation.is_external {
                    targets.push(relation.target);
                }
            }
            Ok(Event::Start) => {
                check.found(rules::OPC_RELATION, format!("an element {}", scanner.local))?
            }
            Ok(Event::End | Event::Text(_)) => {}
            Ok(Event::Eof) => return Ok(targets),
            Ok(event) => markup::odd_event(check, event)?,
            Err(fault) => {
                check.unreadable(fault)?;
                return Ok(targets);
            }
        }
    }
}

struct Relation {
    id: String,
    kind: String,
    target: String,
    is_external: bool,
}

impl Relation {
    fn read(scanner: &Scanner<'_>) -> Self {
        let mut relation = Self {
            id: String::new(),
            kind: String::new(),
            target: String::new(),
            is_external: false,
        };
        for attribute in &scanner.attributes {
            match attribute.local {
                "Id" => relation.id = attribute.value().into_owned(),
                "Type" => relation.kind = attribute.value().into_owned(),
                "Target" => relation.target = attribute.value().into_owned(),
                // Readers treat every value but "Internal" with care, so do we.
                "TargetMode" => relation.is_external = attribute.raw != "Internal",
                _ => {}
            }
        }
        relation
    }

    fn judge(&self, check: &mut Check<'_>) -> Walk {
        let name = short_kind(&self.kind);
        if let Some(rule) = danger(name) {
            check.found(rule, format!("{} → {}", self.kind, self.target))?;
        } else if !is_known(&self.kind, name) {
            check.found(rules::OPC_RELATION_TYPE, &self.kind)?;
        }
        if self.is_external { self.judge_external(check, name) } else { self.judge_internal(check) }
    }

    fn judge_external(&self, check: &mut Check<'_>, name: &str) -> Walk {
        if name != "hyperlink" {
            return check.found(rules::OPC_EXTERNAL, format!("{name} → {}", self.target));
        }
        if check.policy.office.hyperlinks == Hyperlinks::Remove {
            return check.found(rules::HYPERLINK, &self.target);
        }
        match url::judge(&self.target) {
            Address::Plain => Ok(()),
            // A place in the same document, told as an external address.
            Address::Local if self.target.starts_with('#') => Ok(()),
            Address::Local | Address::Relative | Address::Harmful => {
                check.found(rules::URL, &self.target)
            }
        }
    }

    fn judge_internal(&self, check: &mut Check<'_>) -> Walk {
        let target = self.target.as_str();
        let is_odd =
            target.is_empty() || target.contains(['\\', ':', '?', '%']) || target.starts_with("//");
        if is_odd && !target.starts_with('#') {
            return check.found(rules::OPC_RELATION, format!("an odd target: {target}"));
        }
        Ok(())
    }
}

/// Resolves a target against its source part; `None` when it climbs out.
pub(super) fn resolve(source: &str, target: &str) -> Option<String> {
    let path = target.split('#').next().unwrap_or_default();
    if path.is_empty() {
        return Some(String::new());
    }
    let mut parts: Vec<&str> = Vec::new();
    if !path.starts_with('/') {
        let folder = source.rsplit_once('/').map_or("", |(folder, _)| folder);
        parts.extend(folder.split('/').filter(|part| !part.is_empty()));
    }
    for part in path.trim_start_matches('/').split('/') {
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

/// Returns the last part of a relationship type.
fn short_kind(kind: &str) -> &str {
    kind.trim_end_matches('/').rsplit('/').next().unwrap_or(kind)
}

fn danger(name: &str) -> Option<&'static str> {
    let rule = match name {
        "vbaProject"
        | "vbaProjectSignature"
        | "vbaProjectSignatureAgile"
        | "wordVbaData"
        | "xlMacrosheet"
        | "xlIntlMacrosheet"
        | "dialogsheet"
        | "attachedToolbars"
        | "keyMapCustomizations"
        | "mcOriginalRef" => rules::MACRO,
        "control" | "activeXControlBinary" | "ctrlProp" => rules::CONTROL,
        "oleObject" | "package" | "embeddedObject" => rules::OPC_EMBEDDED,
        "ui" | "extensibility" | "userCustomization" | "customUI" => rules::CUSTOM_UI,
        "webextension" | "webextensiontaskpanes" | "taskpanes" => rules::WEB_EXTENSION,
        "aFChunk" | "subDocument" => rules::ALT_CHUNK,
        "attachedTemplate"
        | "frame"
        | "mailMergeSource"
        | "mailMergeHeaderSource"
        | "mailMergeRecipientData"
        | "recipientData" => rules::OPC_EXTERNAL,
        "externalLink"
        | "externalLinkPath"
        | "xlPathMissing"
        | "externalLinkLongPath"
        | "xlStartup"
        | "xlLibrary"
        | "xlAlternateStartup"
        | "connections"
        | "queryTable"
        | "volatileDependencies"
        | "powerPivotData"
        | "model"
        | "xmlMaps"
        | "modelData" => rules::DATA_SOURCE,
        "customXml" | "customXmlProps" => rules::CUSTOM_XML,
        "printerSettings" | "customProperty" | "digital-signature" | "origin" | "signature"
        | "tags" | "htmlPubSaveAs" | "slideUpdateInfo" | "slideUpdateUrl" | "inkXml" | "ink" => {
            rules::OPC_HIDDEN
        }
        "audio" | "video" | "media" | "model3d" | "am3d" => rules::MEDIA,
        _ => return None,
    };
    Some(rule)
}

fn is_known(kind: &str, name: &str) -> bool {
    let has_known_start = KNOWN_STARTS.iter().any(|start| kind.starts_with(start));
    has_known_start && KNOWN_KINDS.contains(&name)
}

const KNOWN_STARTS: &[&str] = &[
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/",
    "http://schemas.microsoft.com/office/20",
];

const KNOWN_KINDS: &[&str] = &[
    "officeDocument",
    "core-properties",
    "extended-properties",
    "extendedProperties",
    "thumbnail",
    "hyperlink",
    "image",
    "hdphoto",
    "theme",
    "themeOverride",
    "styles",
    "stylesWithEffects",
    "settings",
    "webSettings",
    "fontTable",
    "font",
    "numbering",
    "footnotes",
    "endnotes",
    "header",
    "footer",
    "comments",
    "commentsExtended",
    "commentsIds",
    "commentsExtensible",
    "people",
    "glossaryDocument",
    "chart",
    "chartEx",
    "chartStyle",
    "chartColorStyle",
    "chartUserShapes",
    "diagramData",
    "diagramLayout",
    "diagramQuickStyle",
    "diagramColors",
    "diagramDrawing",
    "drawing",
    "vmlDrawing",
    "legacyDiagramText",
    "legacyDocTextInfo",
    "worksheet",
    "chartsheet",
    "sharedStrings",
    "calcChain",
    "table",
    "tableSingleCells",
    "pivotTable",
    "pivotCacheDefinition",
    "pivotCacheRecords",
    "sheetMetadata",
    "slicer",
    "slicerCache",
    "timeline",
    "timelineCache",
    "threadedComment",
    "person",
    "binaryIndex",
    "xlBinaryIndex",
    "slide",
    "slideLayout",
    "slideMaster",
    "notesMaster",
    "notesSlide",
    "handoutMaster",
    "presProps",
    "viewProps",
    "tableStyles",
    "commentAuthors",
    "authors",
    "documenttasks",
    "featurePropertyBag",
    "namedSheetView",
    "rdRichValue",
    "rdRichValueStructure",
    "rdRichValueTypes",
];

/// Ids of one part that are compared with one another.
const IDS_CHECKED_MAX: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_resolve_against_their_source() {
        assert_eq!(
            resolve("word/document.xml", "media/a.png").as_deref(),
            Some("word/media/a.png")
        );
        assert_eq!(
            resolve("xl/worksheets/sheet1.xml", "../media/a.png").as_deref(),
            Some("xl/media/a.png")
        );
        assert_eq!(resolve("", "/word/document.xml").as_deref(), Some("word/document.xml"));
        assert_eq!(resolve("word/document.xml", "../../a"), None);
        assert_eq!(source_of("word/_rels/document.xml.rels").as_deref(), Some("word/document.xml"));
    }
}

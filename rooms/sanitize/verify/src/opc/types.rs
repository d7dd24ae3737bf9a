//! Content types: which a delivered package may hold and how each part is
//! read. Looks at no bytes.

use sanitize_core::Format;

use crate::rules;

/// How a part is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A relationship part.
    Relations,
    /// WordprocessingML: fields are followed.
    Word,
    /// SpreadsheetML: formulas are read.
    Sheet,
    /// PresentationML.
    Slide,
    /// DrawingML: charts, diagrams, themes.
    Drawing,
    /// VML.
    Vml,
    /// Properties and other small parts.
    Other,
    /// A picture of this type.
    Image(Format),
    /// An embedded font.
    Font,
    /// A file in the file.
    Package,
    /// A part of an xlsb workbook.
    Binary,
    /// Nothing that may stay.
    Unknown,
}

/// Returns how a part of this content type is checked.
pub(super) fn kind(content_type: &str, format: Format) -> Kind {
    // Parameters such as a charset play no role in a package (OPC 8.2.3).
    let lower = content_type.trim().to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix("application/vnd.openxmlformats-officedocument.") {
        return office(rest, format);
    }
    match lower.as_str() {
        "application/vnd.openxmlformats-package.relationships+xml" => Kind::Relations,
        "application/vnd.openxmlformats-package.core-properties+xml" => Kind::Other,
        "application/vnd.ms-word.styleswitheffects+xml" => Kind::Word,
        "application/vnd.ms-office.drawingml.diagramdrawing+xml"
        | "application/vnd.ms-office.chartex+xml"
        | "application/vnd.ms-office.chartstyle+xml"
        | "application/vnd.ms-office.chartcolorstyle+xml" => Kind::Drawing,
        "application/vnd.ms-excel.threadedcomments+xml"
        | "application/vnd.ms-excel.person+xml"
        | "application/vnd.ms-excel.slicer+xml"
        | "application/vnd.ms-excel.slicercache+xml"
        | "application/vnd.ms-excel.timeline+xml"
        | "application/vnd.ms-excel.timelinecache+xml"
        | "application/vnd.ms-excel.namedsheetview+xml"
        | "application/vnd.ms-excel.rdrichvalue+xml"
        | "application/vnd.ms-excel.rdrichvaluestructure+xml"
        | "application/vnd.ms-excel.rdrichvaluetypes+xml" => Kind::Sheet,
        "application/vnd.ms-powerpoint.comments+xml"
        | "application/vnd.ms-powerpoint.authors+xml" => Kind::Slide,
        "application/x-fontdata" | "application/x-font-ttf" | "application/vnd.ms-opentype" => {
            Kind::Font
        }
        "image/png" => Kind::Image(Format::Png),
        "image/jpeg" | "image/jpg" | "image/pjpeg" => Kind::Image(Format::Jpeg),
        "image/gif" => Kind::Image(Format::Gif),
        "image/bmp" | "image/x-ms-bmp" => Kind::Image(Format::Bmp),
        "image/tiff" | "image/tif" => Kind::Image(Format::Tiff),
        "image/webp" => Kind::Image(Format::Webp),
        "image/x-icon" | "image/vnd.microsoft.icon" => Kind::Image(Format::Ico),
        "image/x-emf" | "image/emf" => Kind::Image(Format::Emf),
        "image/x-wmf" | "image/wmf" => Kind::Image(Format::Wmf),
        "image/svg+xml" => Kind::Image(Format::Svg),
        "application/vnd.ms-excel.sheet.binary.macroenabled.main"
        | "application/vnd.ms-excel.worksheet"
        | "application/vnd.ms-excel.chartsheet"
        | "application/vnd.ms-excel.sharedstrings"
        | "application/vnd.ms-excel.styles"
        | "application/vnd.ms-excel.calcchain"
        | "application/vnd.ms-excel.comments"
        | "application/vnd.ms-excel.tables"
        | "application/vnd.ms-excel.table"
        | "application/vnd.ms-excel.pivottable"
        | "application/vnd.ms-excel.pivotcachedefinition"
        | "application/vnd.ms-excel.pivotcacherecords"
        | "application/vnd.ms-excel.sheetmetadata"
        | "application/vnd.ms-excel.binindexws"
        | "application/vnd.ms-excel.binindexms"
            if format == Format::Xlsb =>
        {
            Kind::Binary
        }
        _ => Kind::Unknown,
    }
}

fn office(rest: &str, format: Format) -> Kind {
    match rest {
        "wordprocessingml.document.main+xml" if format == Format::Docx => Kind::Word,
        "spreadsheetml.sheet.main+xml" if format == Format::Xlsx => Kind::Sheet,
        "presentationml.presentation.main+xml" if format == Format::Pptx => Kind::Slide,
        "wordprocessingml.styles+xml"
        | "wordprocessingml.settings+xml"
        | "wordprocessingml.websettings+xml"
        | "wordprocessingml.fonttable+xml"
        | "wordprocessingml.numbering+xml"
        | "wordprocessingml.footnotes+xml"
        | "wordprocessingml.endnotes+xml"
        | "wordprocessingml.comments+xml"
        | "wordprocessingml.commentsextended+xml"
        | "wordprocessingml.commentsids+xml"
        | "wordprocessingml.commentsextensible+xml"
        | "wordprocessingml.people+xml"
        | "wordprocessingml.header+xml"
        | "wordprocessingml.footer+xml"
        | "wordprocessingml.document.glossary+xml" => Kind::Word,
        "spreadsheetml.worksheet+xml"
        | "spreadsheetml.chartsheet+xml"
        | "spreadsheetml.styles+xml"
        | "spreadsheetml.sharedstrings+xml"
        | "spreadsheetml.comments+xml"
        | "spreadsheetml.table+xml"
        | "spreadsheetml.calcchain+xml"
        | "spreadsheetml.pivottable+xml"
        | "spreadsheetml.pivotcachedefinition+xml"
        | "spreadsheetml.pivotcacherecords+xml"
        | "spreadsheetml.sheetmetadata+xml" => Kind::Sheet,
        "presentationml.slide+xml"
        | "presentationml.slidelayout+xml"
        | "presentationml.slidemaster+xml"
        | "presentationml.notesmaster+xml"
        | "presentationml.notesslide+xml"
        | "presentationml.handoutmaster+xml"
        | "presentationml.presprops+xml"
        | "presentationml.viewprops+xml"
        | "presentationml.tablestyles+xml"
        | "presentationml.comments+xml"
        | "presentationml.commentauthors+xml" => Kind::Slide,
        "drawing+xml"
        | "theme+xml"
        | "themeoverride+xml"
        | "drawingml.chart+xml"
        | "drawingml.chartshapes+xml"
        | "drawingml.diagramdata+xml"
        | "drawingml.diagramlayout+xml"
        | "drawingml.diagramstyle+xml"
        | "drawingml.diagramcolors+xml" => Kind::Drawing,
        "vmldrawing" => Kind::Vml,
        "extended-properties+xml" => Kind::Other,
        "obfuscatedfont" => Kind::Font,
        "wordprocessingml.document" | "spreadsheetml.sheet" | "presentationml.presentation" => {
            Kind::Package
        }
        _ => Kind::Unknown,
    }
}

/// Returns the rule that a content type breaks by its name alone.
pub(super) fn typed_danger(content_type: &str) -> Option<&'static str> {
    let lower = content_type.to_ascii_lowercase();
    let is_xlsb = lower == "application/vnd.ms-excel.sheet.binary.macroenabled.main";
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if is_xlsb {
        None
    } else if has(&[
        "macro",
        "vbaproject",
        "vbadata",
        "dialogsheet",
        "intlmacro",
        "keymapcustomizations",
        "attachedtoolbars",
    ]) {
        Some(rules::MACRO)
    } else if has(&["activex", "controlproperties"]) {
        Some(rules::CONTROL)
    } else if has(&["oleobject"]) {
        Some(rules::OPC_EMBEDDED)
    } else if has(&["customui", "usercustomization"]) {
        Some(rules::CUSTOM_UI)
    } else if has(&["webextension", "taskpane"]) {
        Some(rules::WEB_EXTENSION)
    } else if has(&[
        "externallink",
        "connections",
        "querytable",
        "volatiledependencies",
        "xmlmap",
        ".model+",
        "mailmerge",
    ]) {
        Some(rules::DATA_SOURCE)
    } else if has(&["customxml", "mashup"]) {
        Some(rules::CUSTOM_XML)
    } else if has(&["printersettings", "digital-signature", "customproperty", "revision"]) {
        Some(rules::OPC_HIDDEN)
    } else if lower.starts_with("audio/")
        || lower.starts_with("video/")
        || lower.starts_with("model/")
    {
        Some(rules::MEDIA)
    } else {
        None
    }
}

/// Returns the rule that a part breaks by its name alone, whatever its type.
pub(super) fn named_danger(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&[
        "vbaproject",
        "vbadata",
        "macrosheets/",
        "dialogsheets/",
        "attachedtoolbars",
        "customizations.xml",
    ]) {
        Some(rules::MACRO)
    } else if has(&["activex/", "ctrlprops/"]) {
        Some(rules::CONTROL)
    } else if has(&["customui", "usercustomization/"]) {
        Some(rules::CUSTOM_UI)
    } else if has(&["webextensions/"]) {
        Some(rules::WEB_EXTENSION)
    } else if has(&[
        "externallinks/",
        "querytables/",
        "xl/connections",
        "xl/model/",
        "volatiledependencies",
    ]) {
        Some(rules::DATA_SOURCE)
    } else if lower.starts_with("customxml/") || has(&["mashup"]) {
        Some(rules::CUSTOM_XML)
    } else if has(&["printersettings", "_xmlsignatures"]) {
        Some(rules::OPC_HIDDEN)
    } else {
        None
    }
}

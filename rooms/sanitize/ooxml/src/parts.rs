//! The kinds of parts and relationships that a rebuilt package may have, and
//! what is said of those that it may not. Tables only.

use sanitize_core::{Code, Format};

use crate::codes;

/// The three applications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Word,
    Sheet,
    Slides,
}

impl Family {
    /// The folder that its parts stand in.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::Sheet => "xl",
            Self::Slides => "ppt",
        }
    }

    /// The format that it leaves as.
    pub(crate) fn format(self) -> Format {
        match self {
            Self::Word => Format::Docx,
            Self::Sheet => Format::Xlsx,
            Self::Slides => Format::Pptx,
        }
    }

    /// The kind of its main part.
    pub(crate) fn main(self) -> &'static PartKind {
        match self {
            Self::Word => &DOCUMENT,
            Self::Sheet => &WORKBOOK,
            Self::Slides => &PRESENTATION,
        }
    }

    /// Reads the family from a main part's content type.
    pub(crate) fn of(content_type: &str) -> Option<Self> {
        [Self::Word, Self::Sheet, Self::Slides].into_iter().find(|family| {
            family.main().types.iter().any(|known| known.eq_ignore_ascii_case(content_type))
        })
    }
}

/// One kind of XML part.
#[derive(Debug)]
pub(crate) struct PartKind {
    /// Where it is written; `~` stands for the family's folder, `#` for a
    /// number.
    pub(crate) path: &'static str,
    /// Content types that it may have; the first is written.
    pub(crate) types: &'static [&'static str],
    /// Its root element, by table prefix and local name.
    pub(crate) root: (&'static str, &'static str),
}

/// What becomes of a relationship of some type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RelationAct {
    /// Leads to an XML part of this kind.
    Part(&'static PartKind),
    /// Leads to a picture.
    Picture,
    /// Leads to an address.
    Hyperlink,
    /// Leads to another Office package.
    Package,
    /// Custom XML: looked into for data queries before it goes.
    CustomXml,
    /// Goes with a line in the report.
    Drop(&'static Code),
    /// Goes as a matter of normal form.
    DropQuietly,
}

/// Which vocabulary a relationship's type belongs to.
const TRANSITIONAL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/";
const STRICT: &str = "http://purl.oclc.org/ooxml/officeDocument/relationships/";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships/";
/// How drafts of the standard wrote the properties' relationships.
const EARLY: &str = "http://schemas.openxmlformats.org/officedocument/2006/relationships/";
const MICROSOFT: &str = "http://schemas.microsoft.com/office/";

/// A relationship type that the tables know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RelationKind {
    base: &'static str,
    tail: &'static str,
    pub(crate) act: RelationAct,
    /// Whether the XML names the relationship; others are meant by their type.
    pub(crate) is_explicit: bool,
}

impl RelationKind {
    /// Finds a type by its address.
    pub(crate) fn of(uri: &str) -> Option<Self> {
        let (base, tail, table) = if let Some(tail) = uri.strip_prefix(TRANSITIONAL) {
            (TRANSITIONAL, tail, OFFICE)
        } else if let Some(tail) = uri.strip_prefix(STRICT) {
            (STRICT, tail, OFFICE)
        } else if let Some(tail) = uri.strip_prefix(PACKAGE) {
            (PACKAGE, tail, PACKAGES)
        } else if let Some(tail) = uri.strip_prefix(EARLY) {
            (EARLY, tail, PACKAGES)
        } else if let Some(tail) = uri.strip_prefix(MICROSOFT) {
            (MICROSOFT, tail, EXTENSIONS)
        } else {
            return None;
        };
        let (tail, act) = table.iter().find(|(known, _)| *known == tail)?;
        let is_explicit = match act {
            RelationAct::Part(kind) => EXPLICIT.iter().any(|known| std::ptr::eq(*known, *kind)),
            RelationAct::Picture | RelationAct::Hyperlink | RelationAct::Package => true,
            RelationAct::CustomXml | RelationAct::Drop(_) | RelationAct::DropQuietly => false,
        };
        Some(Self { base, tail, act: *act, is_explicit })
    }

    /// The picture type of the same vocabulary, transitional or strict.
    pub(crate) fn picture_beside(&self) -> Option<Self> {
        Self::of(&format!("{}image", self.base))
    }

    /// The type's address.
    pub(crate) fn uri(&self) -> String {
        format!("{}{}", self.base, self.tail)
    }

    /// Says whether it is of that type, transitional or strict.
    pub(crate) fn is_office(&self, tail: &str) -> bool {
        self.tail == tail && matches!(self.base, TRANSITIONAL | STRICT)
    }
}

macro_rules! part_kinds {
    ($($name:ident = $path:literal, $prefix:literal : $root:literal, [$($kind:literal),* $(,)?];)*) => {
        $(#[doc = $path] pub(crate) static $name: PartKind = PartKind {
            path: $path, types: &[$($kind),*], root: ($prefix, $root),
        };)*
    };
}

part_kinds! {
    DOCUMENT = "word/document.xml", "w":"document", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml"];
    WORKBOOK = "xl/workbook.xml", "x":"workbook", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
        "application/vnd.ms-excel.template.macroEnabled.main+xml"];
    PRESENTATION = "ppt/presentation.xml", "p":"presentation", [
        "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
        "application/vnd.ms-powerpoint.template.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml"];
    // Shared by all.
    THEME = "~/theme/theme#.xml", "a":"theme", ["application/vnd.openxmlformats-officedocument.theme+xml"];
    THEME_OVERRIDE = "~/theme/themeOverride#.xml", "a":"themeOverride", [
        "application/vnd.openxmlformats-officedocument.themeOverride+xml"];
    CHART = "~/charts/chart#.xml", "c":"chartSpace", ["application/vnd.openxmlformats-officedocument.drawingml.chart+xml"];
    CHART_EX = "~/charts/chartEx#.xml", "cx":"chartSpace", ["application/vnd.ms-office.chartex+xml"];
    CHART_STYLE = "~/charts/style#.xml", "cs":"chartStyle", ["application/vnd.ms-office.chartstyle+xml"];
    CHART_COLORS = "~/charts/colors#.xml", "cs":"colorStyle", ["application/vnd.ms-office.chartcolorstyle+xml"];
    CHART_SHAPES = "~/drawings/userShapes#.xml", "c":"userShapes", [
        "application/vnd.openxmlformats-officedocument.drawingml.chartshapes+xml"];
    DIAGRAM_DATA = "~/diagrams/data#.xml", "dgm":"dataModel", [
        "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"];
    DIAGRAM_LAYOUT = "~/diagrams/layout#.xml", "dgm":"layoutDef", [
        "application/vnd.openxmlformats-officedocument.drawingml.diagramLayout+xml"];
    DIAGRAM_STYLE = "~/diagrams/quickStyle#.xml", "dgm":"styleDef", [
        "application/vnd.openxmlformats-officedocument.drawingml.diagramStyle+xml"];
    DIAGRAM_COLORS = "~/diagrams/colors#.xml", "dgm":"colorsDef", [
        "application/vnd.openxmlformats-officedocument.drawingml.diagramColors+xml"];
    DIAGRAM_DRAWING = "~/diagrams/drawing#.xml", "dsp":"drawing", ["application/vnd.ms-office.drawingml.diagramDrawing+xml"];
    VML = "~/drawings/vmlDrawing#.vml", "":"xml", ["application/vnd.openxmlformats-officedocument.vmlDrawing"];
    // Word.
    STYLES = "word/styles.xml", "w":"styles", ["application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"];
    SETTINGS = "word/settings.xml", "w":"settings", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"];
    WEB_SETTINGS = "word/webSettings.xml", "w":"webSettings", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.webSettings+xml"];
    FONT_TABLE = "word/fontTable.xml", "w":"fonts", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"];
    NUMBERING = "word/numbering.xml", "w":"numbering", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"];
    FOOTNOTES = "word/footnotes.xml", "w":"footnotes", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"];
    ENDNOTES = "word/endnotes.xml", "w":"endnotes", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.endnotes+xml"];
    HEADER = "word/header#.xml", "w":"hdr", ["application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"];
    FOOTER = "word/footer#.xml", "w":"ftr", ["application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"];
    COMMENTS = "word/comments.xml", "w":"comments", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"];
    COMMENTS_EXTENDED = "word/commentsExtended.xml", "w15":"commentsEx", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.commentsExtended+xml"];
    COMMENTS_IDS = "word/commentsIds.xml", "w16cid":"commentsIds", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.commentsIds+xml"];
    COMMENTS_EXTENSIBLE = "word/commentsExtensible.xml", "w16cex":"commentsExtensible", [
        "application/vnd.openxmlformats-officedocument.wordprocessingml.commentsExtensible+xml"];
    // Excel.
    WORKSHEET = "xl/worksheets/sheet#.xml", "x":"worksheet", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"];
    CHARTSHEET = "xl/chartsheets/sheet#.xml", "x":"chartsheet", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.chartsheet+xml"];
    STRINGS = "xl/sharedStrings.xml", "x":"sst", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"];
    SHEET_STYLES = "xl/styles.xml", "x":"styleSheet", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"];
    SHEET_METADATA = "xl/metadata.xml", "x":"metadata", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheetMetadata+xml"];
    TABLE = "xl/tables/table#.xml", "x":"table", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"];
    PIVOT_TABLE = "xl/pivotTables/pivotTable#.xml", "x":"pivotTableDefinition", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotTable+xml"];
    PIVOT_CACHE = "xl/pivotCache/pivotCacheDefinition#.xml", "x":"pivotCacheDefinition", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml"];
    PIVOT_RECORDS = "xl/pivotCache/pivotCacheRecords#.xml", "x":"pivotCacheRecords", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheRecords+xml"];
    SHEET_DRAWING = "xl/drawings/drawing#.xml", "xdr":"wsDr", [
        "application/vnd.openxmlformats-officedocument.drawing+xml"];
    SHEET_COMMENTS = "xl/comments#.xml", "x":"comments", [
        "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"];
    THREADED_COMMENTS = "xl/threadedComments/threadedComment#.xml", "xltc":"ThreadedComments", [
        "application/vnd.ms-excel.threadedcomments+xml"];
    PERSONS = "xl/persons/person#.xml", "xltc":"personList", ["application/vnd.ms-excel.person+xml"];
    // PowerPoint.
    SLIDE = "ppt/slides/slide#.xml", "p":"sld", [
        "application/vnd.openxmlformats-officedocument.presentationml.slide+xml"];
    SLIDE_LAYOUT = "ppt/slideLayouts/slideLayout#.xml", "p":"sldLayout", [
        "application/vnd.openxmlformats-officedocument.presentationml.slideLayout+xml"];
    SLIDE_MASTER = "ppt/slideMasters/slideMaster#.xml", "p":"sldMaster", [
        "application/vnd.openxmlformats-officedocument.presentationml.slideMaster+xml"];
    NOTES_MASTER = "ppt/notesMasters/notesMaster#.xml", "p":"notesMaster", [
        "application/vnd.openxmlformats-officedocument.presentationml.notesMaster+xml"];
    NOTES = "ppt/notesSlides/notesSlide#.xml", "p":"notes", [
        "application/vnd.openxmlformats-officedocument.presentationml.notesSlide+xml"];
    HANDOUT_MASTER = "ppt/handoutMasters/handoutMaster#.xml", "p":"handoutMaster", [
        "application/vnd.openxmlformats-officedocument.presentationml.handoutMaster+xml"];
    SLIDE_PROPERTIES = "ppt/presProps.xml", "p":"presentationPr", [
        "application/vnd.openxmlformats-officedocument.presentationml.presProps+xml"];
    VIEW_PROPERTIES = "ppt/viewProps.xml", "p":"viewPr", [
        "application/vnd.openxmlformats-officedocument.presentationml.viewProps+xml"];
    TABLE_STYLES = "ppt/tableStyles.xml", "a":"tblStyleLst", [
        "application/vnd.openxmlformats-officedocument.presentationml.tableStyles+xml"];
    COMMENT_AUTHORS = "ppt/commentAuthors.xml", "p":"cmAuthorLst", [
        "application/vnd.openxmlformats-officedocument.presentationml.commentAuthors+xml"];
    SLIDE_COMMENTS = "ppt/comments/comment#.xml", "p":"cmLst", [
        "application/vnd.openxmlformats-officedocument.presentationml.comments+xml"];
    MODERN_AUTHORS = "ppt/authors.xml", "p188":"authorLst", ["application/vnd.ms-powerpoint.authors+xml"];
    MODERN_COMMENTS = "ppt/comments/modernComment#.xml", "p188":"cmLst", ["application/vnd.ms-powerpoint.comments+xml"];
    // Document properties, where policy keeps them.
    CORE = "docProps/core.xml", "cp":"coreProperties", ["application/vnd.openxmlformats-package.core-properties+xml"];
    EXTENDED = "docProps/app.xml", "ap":"Properties", [
        "application/vnd.openxmlformats-officedocument.extended-properties+xml"];
    CUSTOM = "docProps/custom.xml", "op":"Properties", [
        "application/vnd.openxmlformats-officedocument.custom-properties+xml"];
}

/// Parts that the XML names by relationship; all others are meant by the mere
/// type of theirs.
static EXPLICIT: &[&PartKind] = &[
    &CHART,
    &CHART_EX,
    &CHART_SHAPES,
    &DIAGRAM_DATA,
    &DIAGRAM_LAYOUT,
    &DIAGRAM_STYLE,
    &DIAGRAM_COLORS,
    &VML,
    &HEADER,
    &FOOTER,
    &WORKSHEET,
    &CHARTSHEET,
    &TABLE,
    &SHEET_DRAWING,
    &HANDOUT_MASTER,
];

/// Kinds that hold comments.
pub(crate) static COMMENT_KINDS: &[&PartKind] = &[
    &COMMENTS,
    &COMMENTS_EXTENDED,
    &COMMENTS_IDS,
    &COMMENTS_EXTENSIBLE,
    &SHEET_COMMENTS,
    &THREADED_COMMENTS,
    &PERSONS,
    &COMMENT_AUTHORS,
    &SLIDE_COMMENTS,
    &MODERN_AUTHORS,
    &MODERN_COMMENTS,
];

use RelationAct::{CustomXml, Drop, DropQuietly, Hyperlink, Package, Part, Picture};

const OFFICE: &[(&str, RelationAct)] = &[
    ("image", Picture),
    ("hyperlink", Hyperlink),
    ("theme", Part(&THEME)),
    ("themeOverride", Part(&THEME_OVERRIDE)),
    ("chart", Part(&CHART)),
    ("chartUserShapes", Part(&CHART_SHAPES)),
    ("diagramData", Part(&DIAGRAM_DATA)),
    ("diagramLayout", Part(&DIAGRAM_LAYOUT)),
    ("diagramQuickStyle", Part(&DIAGRAM_STYLE)),
    ("diagramColors", Part(&DIAGRAM_COLORS)),
    ("vmlDrawing", Part(&VML)),
    ("styles", Part(&STYLES)),
    ("settings", Part(&SETTINGS)),
    ("webSettings", Part(&WEB_SETTINGS)),
    ("fontTable", Part(&FONT_TABLE)),
    ("numbering", Part(&NUMBERING)),
    ("footnotes", Part(&FOOTNOTES)),
    ("endnotes", Part(&ENDNOTES)),
    ("header", Part(&HEADER)),
    ("footer", Part(&FOOTER)),
    ("comments", Part(&COMMENTS)),
    ("worksheet", Part(&WORKSHEET)),
    ("chartsheet", Part(&CHARTSHEET)),
    ("sharedStrings", Part(&STRINGS)),
    ("sheetMetadata", Part(&SHEET_METADATA)),
    ("table", Part(&TABLE)),
    ("pivotTable", Part(&PIVOT_TABLE)),
    ("pivotCacheDefinition", Part(&PIVOT_CACHE)),
    ("pivotCacheRecords", Part(&PIVOT_RECORDS)),
    ("drawing", Part(&SHEET_DRAWING)),
    ("slide", Part(&SLIDE)),
    ("slideLayout", Part(&SLIDE_LAYOUT)),
    ("slideMaster", Part(&SLIDE_MASTER)),
    ("notesMaster", Part(&NOTES_MASTER)),
    ("notesSlide", Part(&NOTES)),
    ("handoutMaster", Part(&HANDOUT_MASTER)),
    ("presProps", Part(&SLIDE_PROPERTIES)),
    ("viewProps", Part(&VIEW_PROPERTIES)),
    ("tableStyles", Part(&TABLE_STYLES)),
    ("commentAuthors", Part(&COMMENT_AUTHORS)),
    ("extended-properties", Part(&EXTENDED)),
    ("extendedProperties", Part(&EXTENDED)),
    ("custom-properties", Part(&CUSTOM)),
    ("customProperties", Part(&CUSTOM)),
    ("package", Package),
    ("customXml", CustomXml),
    ("customXmlProps", DropQuietly),
    ("calcChain", DropQuietly),
    ("aFChunk", Drop(&codes::ALT_CHUNK)),
    ("subDocument", Drop(&codes::SUB_DOCUMENT)),
    ("frame", Drop(&codes::SUB_DOCUMENT)),
    ("attachedTemplate", Drop(&codes::TEMPLATE)),
    ("mailMergeSource", Drop(&codes::MAIL_MERGE)),
    ("mailMergeHeaderSource", Drop(&codes::MAIL_MERGE)),
    ("mailMergeRecipientData", Drop(&codes::MAIL_MERGE)),
    ("recipientData", Drop(&codes::MAIL_MERGE)),
    ("transform", Drop(&codes::SCHEMA)),
    ("glossaryDocument", Drop(&codes::GLOSSARY)),
    ("oleObject", Drop(&codes::OLE)),
    ("control", Drop(&codes::ACTIVEX)),
    ("ctrlProp", Drop(&codes::ACTIVEX)),
    ("font", Drop(&codes::FONT)),
    ("audio", Drop(&codes::MEDIA)),
    ("video", Drop(&codes::MEDIA)),
    ("media", Drop(&codes::MEDIA)),
    ("sound", Drop(&codes::MEDIA)),
    ("printerSettings", Drop(&codes::PRINTER)),
    ("dialogsheet", Drop(&codes::MACRO_SHEET)),
    ("externalLink", Drop(&codes::EXTERNAL_LINK)),
    ("externalLinkPath", Drop(&codes::EXTERNAL_LINK)),
    ("xlExternalLinkPath", Drop(&codes::EXTERNAL_LINK)),
    ("connections", Drop(&codes::CONNECTION)),
    ("queryTable", Drop(&codes::CONNECTION)),
    ("volatileDependencies", Drop(&codes::EXTERNAL_LINK)),
    ("xmlMaps", Drop(&codes::CUSTOM_XML)),
    ("tableSingleCells", Drop(&codes::CUSTOM_XML)),
    ("customProperty", Drop(&codes::TAGS)),
    ("tags", Drop(&codes::TAGS)),
    ("revisionHeaders", Drop(&codes::REVISIONS)),
    ("revisionLog", Drop(&codes::REVISIONS)),
    ("usernames", Drop(&codes::REVISIONS)),
    ("slideUpdateInfo", Drop(&codes::EXTERNAL)),
    ("slideUpdateUrl", Drop(&codes::EXTERNAL)),
    ("htmlPubSaveAs", Drop(&codes::SETTING)),
    ("powerPivotData", Drop(&codes::DATA_MODEL)),
    ("officeDocument", Drop(&codes::PART)),
];

const PACKAGES: &[(&str, RelationAct)] = &[
    ("metadata/core-properties", Part(&CORE)),
    ("metadata/thumbnail", Drop(&codes::THUMBNAIL)),
    ("digital-signature/origin", Drop(&codes::SIGNATURE)),
    ("digital-signature/signature", Drop(&codes::SIGNATURE)),
    ("digital-signature/certificate", Drop(&codes::SIGNATURE)),
];

const EXTENSIONS: &[(&str, RelationAct)] = &[
    ("2006/relationships/vbaProject", Drop(&codes::MACRO)),
    ("2006/relationships/wordVbaData", Drop(&codes::MACRO)),
    ("2006/relationships/vbaProjectSignature", Drop(&codes::MACRO)),
    ("2006/relationships/xlMacrosheet", Drop(&codes::MACRO_SHEET)),
    ("2006/relationships/xlIntlMacrosheet", Drop(&codes::MACRO_SHEET)),
    ("2006/relationships/attachedToolbars", Drop(&codes::CUSTOM_UI)),
    ("2006/relationships/keyMapCustomizations", Drop(&codes::CUSTOM_UI)),
    ("2006/relationships/ui/extensibility", Drop(&codes::CUSTOM_UI)),
    ("2007/relationships/ui/extensibility", Drop(&codes::CUSTOM_UI)),
    ("2006/relationships/ui/customization", Drop(&codes::CUSTOM_UI)),
    ("2006/relationships/ui/userCustomization", Drop(&codes::CUSTOM_UI)),
    ("2006/relationships/activeXControlBinary", Drop(&codes::ACTIVEX)),
    ("2006/relationships/recipientData", Drop(&codes::MAIL_MERGE)),
    ("2006/relationships/legacyDiagramText", DropQuietly),
    ("2006/relationships/legacyDocTextInfo", DropQuietly),
    ("2006/relationships/xlExternalLinkPath/xlPathMissing", Drop(&codes::EXTERNAL_LINK)),
    ("2006/relationships/xlExternalLinkPath/xlStartup", Drop(&codes::EXTERNAL_LINK)),
    ("2006/relationships/xlExternalLinkPath/xlAlternateStartup", Drop(&codes::EXTERNAL_LINK)),
    ("2006/relationships/xlExternalLinkPath/xlLibrary", Drop(&codes::EXTERNAL_LINK)),
    ("2006/relationships/txt", DropQuietly),
    ("2007/relationships/stylesWithEffects", DropQuietly),
    ("2007/relationships/diagramDrawing", Part(&DIAGRAM_DRAWING)),
    ("2007/relationships/hdphoto", Drop(&codes::EFFECT)),
    ("2007/relationships/media", Drop(&codes::MEDIA)),
    ("2007/relationships/slicer", Drop(&codes::SLICER)),
    ("2007/relationships/slicerCache", Drop(&codes::SLICER)),
    ("2011/relationships/timeline", Drop(&codes::SLICER)),
    ("2011/relationships/timelineCache", Drop(&codes::SLICER)),
    ("2011/relationships/webextension", Drop(&codes::ADD_IN)),
    ("2011/relationships/webextensiontaskpanes", Drop(&codes::ADD_IN)),
    ("2011/relationships/chartStyle", Part(&CHART_STYLE)),
    ("2011/relationships/chartColorStyle", Part(&CHART_COLORS)),
    ("2011/relationships/commentsExtended", Part(&COMMENTS_EXTENDED)),
    ("2011/relationships/people", Drop(&codes::METADATA)),
    ("2014/relationships/chartEx", Part(&CHART_EX)),
    ("2015/10/relationships/revisionInfo", Drop(&codes::REVISIONS)),
    ("2016/09/relationships/commentsIds", Part(&COMMENTS_IDS)),
    ("2016/11/relationships/changesInfo", Drop(&codes::REVISIONS)),
    ("2017/06/relationships/model3d", Drop(&codes::MODEL)),
    ("2017/06/relationships/rdRichValue", Drop(&codes::RICH_DATA)),
    ("2017/06/relationships/rdRichValueStructure", Drop(&codes::RICH_DATA)),
    ("2017/06/relationships/rdRichValueTypes", Drop(&codes::RICH_DATA)),
    ("2017/06/relationships/rdArray", Drop(&codes::RICH_DATA)),
    ("2017/06/relationships/rdSupportingPropertyBag", Drop(&codes::RICH_DATA)),
    ("2017/06/relationships/rdSupportingPropertyBagStructure", Drop(&codes::RICH_DATA)),
    ("2017/06/relationships/richStyles", Drop(&codes::RICH_DATA)),
    ("2020/07/relationships/rdRichValueWebImage", Drop(&codes::RICH_DATA)),
    ("2022/10/relationships/richValueRel", Drop(&codes::RICH_DATA)),
    ("2022/11/relationships/FeaturePropertyBag", Drop(&codes::RICH_DATA)),
    ("2017/10/relationships/threadedComment", Part(&THREADED_COMMENTS)),
    ("2017/10/relationships/person", Part(&PERSONS)),
    ("2018/08/relationships/commentsExtensible", Part(&COMMENTS_EXTENSIBLE)),
    ("2018/10/relationships/comments", Part(&MODERN_COMMENTS)),
    ("2018/10/relationships/authors", Part(&MODERN_AUTHORS)),
    ("2019/04/relationships/namedSheetView", DropQuietly),
    ("2019/05/relationships/documenttasks", Drop(&codes::TAGS)),
    ("2020/02/relationships/classificationlabels", Drop(&codes::METADATA)),
    ("2020/relationships/classificationlabels", Drop(&codes::METADATA)),
    ("2012/relationships/microsoft.office.webextension", Drop(&codes::ADD_IN)),
];

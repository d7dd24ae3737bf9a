//! What a known name means: which elements act, refer or must be checked, and
//! what becomes of them. Names only; the work is done in `scrub`.

use sanitize_core::Code;

use crate::codes;

/// Stands for the outermost element that holds a drawing object.
pub(crate) const HOLDER: &str = "*";

/// What happens to an element.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// It is written.
    Keep,
    /// It goes with all that it holds.
    Drop(&'static Code),
    /// It goes with all that it holds, as a matter of normal form.
    DropQuietly,
    /// It goes; what it holds stays.
    Unwrap(&'static Code),
    /// It goes, and so does the nearest element around it of that name.
    Poison(&'static str, &'static Code),
    /// It is written only if something stays in it.
    Elide,
    /// It has code of its own.
    Special(Special),
}

/// Elements with code of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Special {
    /// `mc:AlternateContent`
    Alternate,
    /// `mc:Choice`
    Choice,
    /// `mc:Fallback`
    Fallback,
    /// `w:fldSimple`
    FieldSimple,
    /// `w:fldChar`
    FieldChar,
    /// What a run may show or say: goes inside a removed field's instruction.
    RunContent,
    /// `w:object`: written as `w:pict`.
    Object,
    /// `o:OLEObject`: stays where policy puts rebuilt packages back.
    Embedding,
    /// `w:ins` and its kin: unwrapped when changes are flattened.
    Inserted,
    /// `w:del` and its kin: dropped when changes are flattened.
    Deleted,
    /// A record of former properties: dropped when changes are flattened.
    Former,
    /// `w:sdt`: unwrapped when form fields are flattened.
    Control,
    /// `w:sdtContent`
    ControlContent,
    /// `w:sdtPr`, `w:sdtEndPr`
    ControlProperties,
    /// Anchors of comments.
    CommentAnchor,
    /// `a:hlinkClick` and its kin.
    Click,
    /// A formula that a cell can do without.
    CellFormula,
    /// A formula without which its parent makes no sense.
    RuleFormula,
    /// A formula that is replaced by an error value.
    ChartFormula,
    /// `x:definedName`
    DefinedName,
    /// `x:hyperlink`
    SheetHyperlink,
    /// `p:graphicFrame` (and `p:pic` inside an object).
    Frame,
    /// `p:oleObj`
    SlideObject,
    /// `p:pic`
    SlidePicture,
    /// `p:cNvPr`
    SlideProperties,
}

/// What happens to an attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AttributeAct {
    /// It is written.
    Keep,
    /// It names a relationship.
    Relation,
    /// It goes unless it is empty.
    Drop(&'static Code),
    /// It goes, as a matter of normal form.
    DropQuietly,
    /// A style in CSS: it goes when it holds an address.
    Style,
    /// An address that a click opens.
    Address,
    /// A formula: it goes when it is not allowed.
    Formula,
    /// A field's instruction, read by `Special::FieldSimple`.
    Instruction,
    /// A sheet's index, which removed sheets shift.
    SheetIndex,
    /// A place in this workbook.
    Location,
    /// An index into the workbook's rich values.
    Metadata,
    /// A list of prefixes that must be declared around.
    Prefixes,
}

/// What happens to an element whose part is gone.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Missing {
    /// It goes with all that it holds.
    Drop,
    /// Only the attribute goes.
    Attribute,
    /// It goes; what it holds stays. An anchor keeps it.
    Unwrap,
    /// It goes with the nearest element around it of that name.
    Poison(&'static str),
}

/// Decides about an element.
pub(crate) fn element(prefix: &str, local: &str) -> Act {
    let known = ELEMENTS.iter().find(|(space, name, _)| *space == prefix && *name == local);
    if let Some((_, _, act)) = known {
        return *act;
    }
    match local {
        "ext" | "extLst" => Act::Elide,
        _ => Act::Keep,
    }
}

/// Decides about an element that refers to a part that is gone.
pub(crate) fn missing(prefix: &str, local: &str) -> Missing {
    let known = MISSING.iter().find(|(space, name, _)| *space == prefix && *name == local);
    known.map_or(Missing::Drop, |(_, _, missing)| *missing)
}

/// Decides about an attribute of an element.
pub(crate) fn attribute(
    prefix: &str,
    local: &str,
    attribute_prefix: &str,
    attribute: &str,
) -> AttributeAct {
    if attribute_prefix == "r" {
        return AttributeAct::Relation;
    }
    let known = ATTRIBUTES.iter().find(|(space, name, attribute_name, _)| {
        *space == prefix && (*name == "*" || *name == local) && *attribute_name == attribute
    });
    known.map_or(AttributeAct::Keep, |(_, _, _, act)| *act)
}

use Act::{Drop, DropQuietly, Elide, Poison, Unwrap};

const fn special(special: Special) -> Act {
    Act::Special(special)
}

/// Elements that are not simply kept.
pub(crate) const ELEMENTS: &[(&str, &str, Act)] = &[
    ("mc", "AlternateContent", special(Special::Alternate)),
    ("mc", "Choice", special(Special::Choice)),
    ("mc", "Fallback", special(Special::Fallback)),
    // Word: what acts or refers.
    ("w", "altChunk", Drop(&codes::ALT_CHUNK)),
    ("w", "subDoc", Drop(&codes::SUB_DOCUMENT)),
    ("w", "frameset", Drop(&codes::SUB_DOCUMENT)),
    ("w", "control", Drop(&codes::ACTIVEX)),
    ("w", "objectEmbed", Drop(&codes::OLE)),
    ("w", "objectLink", Drop(&codes::OLE)),
    ("w", "movie", Drop(&codes::MEDIA)),
    ("w", "contentPart", Drop(&codes::INK)),
    ("w14", "contentPart", Drop(&codes::INK)),
    ("w", "mailMerge", Drop(&codes::MAIL_MERGE)),
    ("w", "attachedTemplate", Drop(&codes::TEMPLATE)),
    ("w", "attachedSchema", Drop(&codes::SCHEMA)),
    ("w", "saveThroughXslt", Drop(&codes::SCHEMA)),
    ("w", "useXSLTWhenSaving", Drop(&codes::SCHEMA)),
    ("w", "linkStyles", Drop(&codes::SETTING)),
    ("w", "updateFields", Drop(&codes::SETTING)),
    ("w", "docVars", Drop(&codes::TAGS)),
    ("w", "dataBinding", Drop(&codes::DATA_BINDING)),
    ("w15", "dataBinding", Drop(&codes::DATA_BINDING)),
    ("w15", "webExtensionLinked", Drop(&codes::ADD_IN)),
    ("w15", "webExtensionCreated", Drop(&codes::ADD_IN)),
    ("w", "entryMacro", Drop(&codes::MACRO_CALL)),
    ("w", "exitMacro", Drop(&codes::MACRO_CALL)),
    ("w", "fldData", Drop(&codes::FIELD_DATA)),
    ("w", "embedRegular", DropQuietly),
    ("w", "embedBold", DropQuietly),
    ("w", "embedItalic", DropQuietly),
    ("w", "embedBoldItalic", DropQuietly),
    ("w", "smartTag", Unwrap(&codes::SMART_TAG)),
    ("w", "smartTagPr", DropQuietly),
    ("w", "smartTagType", DropQuietly),
    ("w", "customXml", Unwrap(&codes::CUSTOM_XML)),
    ("w", "customXmlPr", DropQuietly),
    ("w", "customXmlInsRangeStart", DropQuietly),
    ("w", "customXmlInsRangeEnd", DropQuietly),
    ("w", "customXmlDelRangeStart", DropQuietly),
    ("w", "customXmlDelRangeEnd", DropQuietly),
    ("w", "customXmlMoveFromRangeStart", DropQuietly),
    ("w", "customXmlMoveFromRangeEnd", DropQuietly),
    ("w", "customXmlMoveToRangeStart", DropQuietly),
    ("w", "customXmlMoveToRangeEnd", DropQuietly),
    // Word: fields and what runs hold.
    ("w", "fldSimple", special(Special::FieldSimple)),
    ("w", "fldChar", special(Special::FieldChar)),
    ("w", "instrText", special(Special::RunContent)),
    ("w", "delInstrText", special(Special::RunContent)),
    ("w", "t", special(Special::RunContent)),
    ("w", "delText", special(Special::RunContent)),
    ("w", "tab", special(Special::RunContent)),
    ("w", "br", special(Special::RunContent)),
    ("w", "sym", special(Special::RunContent)),
    ("w", "drawing", special(Special::RunContent)),
    ("w", "pict", special(Special::RunContent)),
    ("w", "object", special(Special::Object)),
    // Word: changes, comments, controls.
    ("w", "ins", special(Special::Inserted)),
    ("w", "moveTo", special(Special::Inserted)),
    ("w", "del", special(Special::Deleted)),
    ("w", "moveFrom", special(Special::Deleted)),
    ("w", "moveFromRangeStart", special(Special::Former)),
    ("w", "moveFromRangeEnd", special(Special::Former)),
    ("w", "moveToRangeStart", special(Special::Former)),
    ("w", "moveToRangeEnd", special(Special::Former)),
    ("w", "cellIns", special(Special::Former)),
    ("w", "cellDel", special(Special::Former)),
    ("w", "cellMerge", special(Special::Former)),
    ("w", "rPrChange", special(Special::Former)),
    ("w", "pPrChange", special(Special::Former)),
    ("w", "sectPrChange", special(Special::Former)),
    ("w", "tblPrChange", special(Special::Former)),
    ("w", "tblGridChange", special(Special::Former)),
    ("w", "tblPrExChange", special(Special::Former)),
    ("w", "trPrChange", special(Special::Former)),
    ("w", "tcPrChange", special(Special::Former)),
    ("w", "numberingChange", special(Special::Former)),
    ("w", "sdt", special(Special::Control)),
    ("w", "sdtContent", special(Special::ControlContent)),
    ("w", "sdtPr", special(Special::ControlProperties)),
    ("w", "sdtEndPr", special(Special::ControlProperties)),
    ("w", "commentRangeStart", special(Special::CommentAnchor)),
    ("w", "commentRangeEnd", special(Special::CommentAnchor)),
    ("w", "commentReference", special(Special::CommentAnchor)),
    ("w", "annotationRef", special(Special::CommentAnchor)),
    // VML.
    ("o", "OLEObject", special(Special::Embedding)),
    ("o", "signatureline", Drop(&codes::SIGNATURE)),
    ("o", "ink", Drop(&codes::INK)),
    ("xvml", "FmlaMacro", Drop(&codes::MACRO_CALL)),
    ("xvml", "FmlaPict", DropQuietly),
    ("xvml", "CF", DropQuietly),
    ("xvml", "Camera", DropQuietly),
    ("xvml", "MapOCX", DropQuietly),
    ("xvml", "ScriptText", Drop(&codes::MACRO_CALL)),
    ("xvml", "ScriptExtended", Drop(&codes::MACRO_CALL)),
    ("xvml", "ScriptLanguage", Drop(&codes::MACRO_CALL)),
    ("xvml", "ScriptLocation", Drop(&codes::MACRO_CALL)),
    ("xvml", "DDE", Drop(&codes::EXTERNAL_LINK)),
    ("xvml", "FmlaLink", special(Special::CellFormula)),
    ("xvml", "FmlaRange", special(Special::CellFormula)),
    ("xvml", "FmlaGroup", special(Special::CellFormula)),
    ("xvml", "FmlaTxbx", special(Special::CellFormula)),
    // Excel: what acts or refers.
    ("x", "oleObjects", Drop(&codes::OLE)),
    ("x", "controls", Drop(&codes::ACTIVEX)),
    ("x", "externalReferences", Drop(&codes::EXTERNAL_LINK)),
    ("x", "functionGroups", DropQuietly),
    ("x", "webPublishing", Drop(&codes::SETTING)),
    ("x", "webPublishObjects", Drop(&codes::SETTING)),
    ("x", "webPublishItems", Drop(&codes::SETTING)),
    ("x", "smartTags", Drop(&codes::SMART_TAG)),
    ("x", "smartTagTypes", Drop(&codes::SMART_TAG)),
    ("x", "smartTagPr", Drop(&codes::SMART_TAG)),
    ("x", "fileSharing", Drop(&codes::PROTECTION_HASH)),
    ("x", "customProperties", Drop(&codes::TAGS)),
    ("x", "xmlColumnPr", Drop(&codes::CUSTOM_XML)),
    ("x15ac", "absPath", Drop(&codes::LOCAL_PATH)),
    // Excel: formulas.
    ("x", "f", special(Special::CellFormula)),
    ("x", "calculatedColumnFormula", special(Special::CellFormula)),
    ("x", "totalsRowFormula", special(Special::CellFormula)),
    ("x", "formula", special(Special::RuleFormula)),
    ("x", "formula1", special(Special::RuleFormula)),
    ("x", "formula2", special(Special::RuleFormula)),
    ("xne", "f", special(Special::RuleFormula)),
    ("c", "f", special(Special::ChartFormula)),
    ("cx", "f", special(Special::ChartFormula)),
    ("cx", "nf", special(Special::ChartFormula)),
    ("c15", "f", special(Special::ChartFormula)),
    ("c15", "sqref", special(Special::ChartFormula)),
    ("c15", "formulaRef", special(Special::ChartFormula)),
    ("x", "definedName", special(Special::DefinedName)),
    ("x", "hyperlink", special(Special::SheetHyperlink)),
    ("x", "hyperlinks", Elide),
    ("x", "definedNames", Elide),
    ("x", "conditionalFormatting", Elide),
    ("x14", "conditionalFormatting", Elide),
    ("x14", "conditionalFormattings", Elide),
    ("x", "dataValidations", Elide),
    ("x14", "dataValidations", Elide),
    ("x", "tableParts", Elide),
    ("x", "pivotCaches", Elide),
    ("x14", "slicerList", DropQuietly),
    ("x14", "slicerCaches", DropQuietly),
    ("x15", "slicerCaches", DropQuietly),
    ("x15", "timelineRefs", DropQuietly),
    ("x15", "timelineCacheRefs", DropQuietly),
    ("x15", "timelineCachePivotCaches", DropQuietly),
    ("x15", "dataModel", Drop(&codes::DATA_MODEL)),
    ("x15", "connection", Drop(&codes::CONNECTION)),
    // DrawingML.
    ("a", "audioCd", Drop(&codes::MEDIA)),
    ("a", "audioFile", Drop(&codes::MEDIA)),
    ("a", "videoFile", Drop(&codes::MEDIA)),
    ("a", "quickTimeFile", Drop(&codes::MEDIA)),
    ("a", "wavAudioFile", Drop(&codes::MEDIA)),
    ("a", "snd", Drop(&codes::MEDIA)),
    ("a", "hlinkClick", special(Special::Click)),
    ("a", "hlinkHover", special(Special::Click)),
    ("a", "hlinkMouseOver", special(Special::Click)),
    ("a14", "hlinkClick", special(Special::Click)),
    ("a14", "imgProps", Drop(&codes::EFFECT)),
    ("a14", "contentPart", Drop(&codes::INK)),
    ("cdr14", "contentPart", Drop(&codes::INK)),
    ("xdr14", "contentPart", Drop(&codes::INK)),
    ("xdr", "contentPart", Drop(&codes::INK)),
    ("sle", "slicer", Poison(HOLDER, &codes::SLICER)),
    ("tsle", "timeslicer", Poison(HOLDER, &codes::SLICER)),
    ("c", "autoUpdate", DropQuietly),
    // PowerPoint.
    ("p", "graphicFrame", special(Special::Frame)),
    ("p", "oleObj", special(Special::SlideObject)),
    ("p", "pic", special(Special::SlidePicture)),
    ("p", "cNvPr", special(Special::SlideProperties)),
    ("p", "embed", DropQuietly),
    ("p", "link", DropQuietly),
    ("p", "controls", Drop(&codes::ACTIVEX)),
    ("p", "control", Drop(&codes::ACTIVEX)),
    ("p", "contentPart", Drop(&codes::INK)),
    ("p", "custDataLst", Drop(&codes::TAGS)),
    ("p", "smartTags", Drop(&codes::SMART_TAG)),
    ("p", "htmlPubPr", Drop(&codes::SETTING)),
    ("p", "webPr", Drop(&codes::SETTING)),
    ("p", "modifyVerifier", Drop(&codes::PROTECTION_HASH)),
    ("p", "embeddedFontLst", DropQuietly),
    ("p", "sndAc", Drop(&codes::MEDIA)),
    ("p", "cmd", Poison("timing", &codes::TIMING)),
    ("p", "audio", Poison("timing", &codes::TIMING)),
    ("p", "video", Poison("timing", &codes::TIMING)),
    ("p", "sndTgt", Poison("timing", &codes::TIMING)),
    ("p", "inkTgt", Poison("timing", &codes::TIMING)),
    ("p14", "bmkTgt", Poison("timing", &codes::TIMING)),
    ("p14", "media", Drop(&codes::MEDIA)),
    ("p", "custShowLst", Elide),
];

/// Elements that refer to parts and do not simply go with them.
const MISSING: &[(&str, &str, Missing)] = &[
    ("w", "hyperlink", Missing::Unwrap),
    ("a", "blip", Missing::Attribute),
    ("v", "fill", Missing::Attribute),
    ("v", "stroke", Missing::Attribute),
    ("x", "pageSetup", Missing::Attribute),
    ("x", "hyperlink", Missing::Attribute),
    ("c", "pageSetup", Missing::Attribute),
    ("dgm", "shape", Missing::Attribute),
    ("asvg", "svgBlip", Missing::Poison("ext")),
    ("x", "header", Missing::Attribute),
    ("c", "chart", Missing::Poison("*")),
    ("cx", "chart", Missing::Poison("*")),
    ("dgm", "relIds", Missing::Poison("*")),
];

/// Attributes that are not simply kept.
const ATTRIBUTES: &[(&str, &str, &str, AttributeAct)] = &[
    ("mc", "Choice", "Requires", AttributeAct::Prefixes),
    ("cx", "externalData", "autoUpdate", AttributeAct::DropQuietly),
    ("v", "*", "style", AttributeAct::Style),
    ("", "*", "style", AttributeAct::Style),
    ("v", "*", "href", AttributeAct::Address),
    ("o", "*", "href", AttributeAct::Address),
    ("v", "*", "relid", AttributeAct::Relation),
    ("v", "*", "target", AttributeAct::DropQuietly),
    ("v", "*", "button", AttributeAct::Keep),
    ("w", "fldSimple", "instr", AttributeAct::Instruction),
    ("w", "hyperlink", "tgtFrame", AttributeAct::DropQuietly),
    ("w", "hyperlink", "docLocation", AttributeAct::DropQuietly),
    ("w", "object", "dxaOrig", AttributeAct::DropQuietly),
    ("w", "object", "dyaOrig", AttributeAct::DropQuietly),
    ("x", "definedName", "localSheetId", AttributeAct::SheetIndex),
    ("x", "workbookView", "activeTab", AttributeAct::SheetIndex),
    ("x", "workbookView", "firstSheet", AttributeAct::SheetIndex),
    ("x", "hyperlink", "location", AttributeAct::Location),
    ("x", "c", "cm", AttributeAct::Metadata),
    ("x", "c", "vm", AttributeAct::Metadata),
    ("x", "dataValidations", "count", AttributeAct::DropQuietly),
    ("x14", "dataValidations", "count", AttributeAct::DropQuietly),
    ("x", "tableParts", "count", AttributeAct::DropQuietly),
    ("x", "table", "tableType", AttributeAct::DropQuietly),
    ("x", "pivotCacheDefinition", "refreshOnLoad", AttributeAct::DropQuietly),
    ("xdr", "*", "macro", AttributeAct::Drop(&codes::MACRO_CALL)),
    ("cdr", "*", "macro", AttributeAct::Drop(&codes::MACRO_CALL)),
    ("x", "*", "macro", AttributeAct::Drop(&codes::MACRO_CALL)),
    ("xltc", "person", "userId", AttributeAct::Drop(&codes::METADATA)),
    ("x", "cfvo", "val", AttributeAct::Formula),
    ("x", "cacheField", "formula", AttributeAct::Formula),
    ("x", "calculatedItem", "formula", AttributeAct::Formula),
    ("xdr", "*", "textlink", AttributeAct::Formula),
    ("cdr", "*", "textlink", AttributeAct::Formula),
];

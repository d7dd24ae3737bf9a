//! The namespaces that a delivered file may use, each with the short name that
//! the rules call it by. Transitional and strict forms share one short name.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A namespace by its short name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ns(pub &'static str);

impl PartialEq for Ns {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.0, other.0)
    }
}

impl Eq for Ns {}

/// Compares short names in place: a call for each would cost more than the
/// comparison, and there are several for every element.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).all(|(left, right)| left == right)
}

impl Ns {
    /// No namespace.
    pub(crate) const NONE: Self = Self("");
    /// The reserved prefix `xml`.
    pub(crate) const XML: Self = Self("xml");
    /// A namespace that no rule knows.
    pub(crate) const UNKNOWN: Self = Self("?");

    /// Returns a namespace by its full name.
    pub(crate) fn of(uri: &str) -> Self {
        if uri.is_empty() {
            return Self::NONE;
        }
        BY_URI.get(uri).copied().map_or(Self::UNKNOWN, Self)
    }
}

static BY_URI: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| KNOWN.iter().copied().collect());

const KNOWN: &[(&str, &str)] = &[
    ("http://www.w3.org/XML/1998/namespace", "xml"),
    ("http://www.w3.org/2001/XMLSchema-instance", "xsi"),
    ("http://www.w3.org/2000/svg", "svg"),
    ("http://www.w3.org/1999/xlink", "xlink"),
    // OPC.
    ("http://schemas.openxmlformats.org/package/2006/content-types", "ct"),
    ("http://schemas.openxmlformats.org/package/2006/relationships", "rel"),
    ("http://schemas.openxmlformats.org/package/2006/metadata/core-properties", "cp"),
    ("http://purl.org/dc/elements/1.1/", "dc"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://purl.org/dc/dcmitype/", "dcmitype"),
    ("http://schemas.openxmlformats.org/officeDocument/2006/extended-properties", "ep"),
    ("http://purl.oclc.org/ooxml/officeDocument/extendedProperties", "ep"),
    ("http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes", "vt"),
    ("http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes", "vt"),
    ("http://schemas.openxmlformats.org/officeDocument/2006/relationships", "r"),
    ("http://purl.oclc.org/ooxml/officeDocument/relationships", "r"),
    ("http://schemas.openxmlformats.org/markup-compatibility/2006", "mc"),
    ("http://schemas.openxmlformats.org/officeDocument/2006/math", "m"),
    ("http://purl.oclc.org/ooxml/officeDocument/math", "m"),
    ("http://schemas.openxmlformats.org/officeDocument/2006/sharedTypes", "s"),
    ("http://schemas.openxmlformats.org/officeDocument/2006/bibliography", "b"),
    // WordprocessingML.
    ("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "w"),
    ("http://purl.oclc.org/ooxml/wordprocessingml/main", "w"),
    ("http://schemas.microsoft.com/office/word/2003/wordml", "w"),
    ("http://schemas.microsoft.com/office/word/2006/wordml", "wne"),
    ("http://schemas.microsoft.com/office/word/2010/wordml", "w14"),
    ("http://schemas.microsoft.com/office/word/2012/wordml", "w15"),
    ("http://schemas.microsoft.com/office/word/2015/wordml/symex", "w16se"),
    ("http://schemas.microsoft.com/office/word/2016/wordml/cid", "w16cid"),
    ("http://schemas.microsoft.com/office/word/2018/wordml", "w16"),
    ("http://schemas.microsoft.com/office/word/2018/wordml/cex", "w16cex"),
    ("http://schemas.microsoft.com/office/word/2020/wordml/sdtdatahash", "w16sdtdh"),
    ("http://schemas.microsoft.com/office/word/2024/wordml/sdtformatlock", "w16sdtfl"),
    ("http://schemas.microsoft.com/office/word/2023/wordml/word16du", "w16du"),
    ("http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing", "wp14"),
    ("http://schemas.microsoft.com/office/word/2012/wordprocessingDrawing", "wp15"),
    ("http://schemas.microsoft.com/office/word/2010/wordprocessingGroup", "wpg"),
    ("http://schemas.microsoft.com/office/word/2010/wordprocessingShape", "wps"),
    ("http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas", "wpc"),
    ("http://schemas.microsoft.com/office/word/2010/wordprocessingInk", "wpi"),
    // VML.
    ("urn:schemas-microsoft-com:vml", "v"),
    ("urn:schemas-microsoft-com:office:office", "o"),
    ("urn:schemas-microsoft-com:office:word", "w10"),
    ("urn:schemas-microsoft-com:office:excel", "xvml"),
    ("urn:schemas-microsoft-com:office:powerpoint", "pvml"),
    // DrawingML.
    ("http://schemas.openxmlformats.org/drawingml/2006/main", "a"),
    ("http://purl.oclc.org/ooxml/drawingml/main", "a"),
    ("http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing", "wp"),
    ("http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing", "wp"),
    ("http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing", "xdr"),
    ("http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing", "xdr"),
    ("http://schemas.openxmlformats.org/drawingml/2006/picture", "pic"),
    ("http://purl.oclc.org/ooxml/drawingml/picture", "pic"),
    ("http://schemas.openxmlformats.org/drawingml/2006/chart", "c"),
    ("http://purl.oclc.org/ooxml/drawingml/chart", "c"),
    ("http://schemas.openxmlformats.org/drawingml/2006/chartDrawing", "cdr"),
    ("http://purl.oclc.org/ooxml/drawingml/chartDrawing", "cdr"),
    ("http://schemas.openxmlformats.org/drawingml/2006/diagram", "dgm"),
    ("http://purl.oclc.org/ooxml/drawingml/diagram", "dgm"),
    ("http://schemas.openxmlformats.org/drawingml/2006/lockedCanvas", "lc"),
    ("http://purl.oclc.org/ooxml/drawingml/lockedCanvas", "lc"),
    ("http://schemas.openxmlformats.org/drawingml/2006/compatibility", "comp"),
    ("http://schemas.microsoft.com/office/drawing/2008/diagram", "dsp"),
    ("http://schemas.microsoft.com/office/drawing/2010/diagram", "dgm14"),
    ("http://schemas.microsoft.com/office/drawing/2010/compatibility", "comp"),
    ("http://schemas.microsoft.com/office/drawing/2016/11/diagram", "dgm1611"),
    ("http://schemas.microsoft.com/office/drawing/2016/12/diagram", "dgm1612"),
    ("http://schemas.microsoft.com/office/drawing/2007/8/2/chart", "c14"),
    ("http://schemas.microsoft.com/office/drawing/2012/chart", "c15"),
    ("http://schemas.microsoft.com/office/drawing/2014/chart", "c16"),
    ("http://schemas.microsoft.com/office/drawing/2014/chart/ac", "c16ac"),
    ("http://schemas.microsoft.com/office/drawing/2015/06/chart", "c16"),
    ("http://schemas.microsoft.com/office/drawing/2017/03/chart", "c16r3"),
    ("http://schemas.microsoft.com/office/drawing/2014/chartex", "cx"),
    ("http://schemas.microsoft.com/office/drawing/2015/9/8/chartex", "cx1"),
    ("http://schemas.microsoft.com/office/drawing/2015/10/21/chartex", "cx2"),
    ("http://schemas.microsoft.com/office/drawing/2016/5/9/chartex", "cx3"),
    ("http://schemas.microsoft.com/office/drawing/2016/5/10/chartex", "cx4"),
    ("http://schemas.microsoft.com/office/drawing/2016/5/11/chartex", "cx5"),
    ("http://schemas.microsoft.com/office/drawing/2016/5/12/chartex", "cx6"),
    ("http://schemas.microsoft.com/office/drawing/2016/5/13/chartex", "cx7"),
    ("http://schemas.microsoft.com/office/drawing/2016/5/14/chartex", "cx8"),
    ("http://schemas.microsoft.com/office/drawing/2012/chartStyle", "cs"),
    ("http://schemas.microsoft.com/office/drawing/2010/main", "a14"),
    ("http://schemas.microsoft.com/office/drawing/2012/main", "a15"),
    ("http://schemas.microsoft.com/office/drawing/2014/main", "a16"),
    ("http://schemas.microsoft.com/office/drawing/2013/main/command", "oac"),
    ("http://schemas.microsoft.com/office/drawing/2016/ink", "aink"),
    ("http://schemas.microsoft.com/office/drawing/2016/SVG/main", "asvg"),
    ("http://schemas.microsoft.com/office/drawing/2017/decorative", "adec"),
    ("http://schemas.microsoft.com/office/drawing/2018/hyperlinkcolor", "ahyp"),
    ("http://schemas.microsoft.com/office/drawing/2018/sketchyshapes", "ask"),
    ("http://schemas.microsoft.com/office/drawing/2010/slicer", "sle"),
    ("http://schemas.microsoft.com/office/drawing/2012/slicer", "sle15"),
    ("http://schemas.microsoft.com/office/drawing/2012/timeslicer", "tsle"),
    ("http://schemas.microsoft.com/office/drawing/2010/chartDrawing", "cdr14"),
    ("http://schemas.microsoft.com/office/drawing/2010/picture", "pic14"),
    ("http://schemas.microsoft.com/office/thememl/2012/main", "thm15"),
    // SpreadsheetML.
    ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "x"),
    ("http://purl.oclc.org/ooxml/spreadsheetml/main", "x"),
    ("http://schemas.microsoft.com/office/excel/2006/main", "xm"),
    ("http://schemas.microsoft.com/office/excel/2006/2", "x12"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2009/9/main", "x14"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac", "x14ac"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2010/11/main", "x15"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac", "x15ac"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2014/revision", "xr"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2014/11/main", "x16"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2015/revision2", "xr2"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2016/revision3", "xr3"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2016/revision5", "xr5"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2016/revision6", "xr6"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2016/revision10", "xr10"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2016/revision9", "xr9"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2017/dynamicarray", "xda"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2017/richdata", "xlrd"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2018/calcfeatures", "xcalcf"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments", "xltc"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2018/08/main", "x18"),
    ("http://schemas.microsoft.com/office/spreadsheetml/2019/extlinksprops", "xxl21"),
    ("http://schemas.microsoft.com/office/mac/excel/2008/main", "mx"),
    ("http://schemas.microsoft.com/office/mac/office/2008/main", "mo"),
    ("http://schemas.microsoft.com/office/mac/drawingml/2011/main", "ma14"),
    // PresentationML.
    ("http://schemas.openxmlformats.org/presentationml/2006/main", "p"),
    ("http://purl.oclc.org/ooxml/presentationml/main", "p"),
    ("http://schemas.microsoft.com/office/powerpoint/2010/main", "p14"),
    ("http://schemas.microsoft.com/office/powerpoint/2012/main", "p15"),
    ("http://schemas.microsoft.com/office/powerpoint/2015/main", "p16"),
    ("http://schemas.microsoft.com/office/powerpoint/2015/09/main", "p159"),
    ("http://schemas.microsoft.com/office/powerpoint/2015/10/main", "p1510"),
    ("http://schemas.microsoft.com/office/powerpoint/2018/8/main", "p188"),
    ("http://schemas.microsoft.com/office/powerpoint/2019/12/main", "p1912"),
    ("http://schemas.microsoft.com/office/powerpoint/2022/03/main", "p223"),
    ("http://schemas.microsoft.com/office/powerpoint/2012/roamingSettings", "pRoam"),
    ("http://schemas.microsoft.com/office/powerpoint/2013/main/command", "pc"),
    // OpenDocument.
    ("urn:oasis:names:tc:opendocument:xmlns:office:1.0", "office"),
    ("urn:oasis:names:tc:opendocument:xmlns:style:1.0", "style"),
    ("urn:oasis:names:tc:opendocument:xmlns:text:1.0", "text"),
    ("urn:oasis:names:tc:opendocument:xmlns:table:1.0", "table"),
    ("urn:oasis:names:tc:opendocument:xmlns:drawing:1.0", "draw"),
    ("urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0", "fo"),
    ("urn:oasis:names:tc:opendocument:xmlns:meta:1.0", "meta"),
    ("urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0", "number"),
    ("urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0", "osvg"),
    ("urn:oasis:names:tc:opendocument:xmlns:chart:1.0", "chart"),
    ("urn:oasis:names:tc:opendocument:xmlns:dr3d:1.0", "dr3d"),
    ("urn:oasis:names:tc:opendocument:xmlns:form:1.0", "form"),
    ("urn:oasis:names:tc:opendocument:xmlns:script:1.0", "script"),
    ("urn:oasis:names:tc:opendocument:xmlns:config:1.0", "config"),
    ("urn:oasis:names:tc:opendocument:xmlns:presentation:1.0", "presentation"),
    ("urn:oasis:names:tc:opendocument:xmlns:smil-compatible:1.0", "smil"),
    ("urn:oasis:names:tc:opendocument:xmlns:animation:1.0", "anim"),
    ("urn:oasis:names:tc:opendocument:xmlns:manifest:1.0", "manifest"),
    ("urn:oasis:names:tc:opendocument:xmlns:database:1.0", "db"),
    ("urn:oasis:names:tc:opendocument:xmlns:of:1.2", "of"),
    ("http://www.w3.org/1998/Math/MathML", "math"),
    ("http://www.w3.org/1999/xhtml", "xhtml"),
    ("http://www.w3.org/2003/g/data-view#", "grddl"),
    ("http://www.w3.org/2001/xml-events", "dom"),
    ("http://www.w3.org/2001/XMLSchema", "xsd"),
    ("http://www.w3.org/2002/xforms", "xforms"),
    ("urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0", "loext"),
    ("urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0", "calcext"),
    ("urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0", "field"),
    ("urn:openoffice:names:experimental:ooxml-odf-interop:xmlns:form:1.0", "formx"),
    ("http://openoffice.org/2004/office", "ooo"),
    ("http://openoffice.org/2004/writer", "ooow"),
    ("http://openoffice.org/2004/calc", "oooc"),
    ("http://openoffice.org/2005/report", "rpt"),
    ("http://openoffice.org/2009/table", "tableooo"),
    ("http://openoffice.org/2009/office", "officeooo"),
    ("http://openoffice.org/2010/draw", "drawooo"),
    ("http://openoffice.org/2010/chart", "chartooo"),
    ("http://openoffice.org/2011/presentation", "presentationooo"),
    ("http://openoffice.org/2010/textual", "textooo"),
    ("http://www.w3.org/TR/css3-text/", "css3t"),
];

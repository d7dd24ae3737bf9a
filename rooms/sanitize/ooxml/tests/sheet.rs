//! Excel: formulas, names, links, macro sheets and outside data are planted
//! and must be gone, with the values still there.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use sanitize_core::{Choice, Hyperlinks, Policy};
use support::{MICROSOFT, Made, sheet_root};

const BOOK: &str = "xl/workbook.xml";
const SHEET: &str = "xl/worksheets/sheet1.xml";
const SOURCE: &str = "xl/worksheets/s1.xml";

fn cell(formula: &str) -> Made {
    Made::sheet(&format!("<row r=\"1\"><c r=\"A1\"><f>{formula}</f><v>42</v></c></row>"), "")
}

#[test]
fn a_plain_sheet_is_clean() {
    let made = cell("SUM(B1:B2)&amp;&quot;|&quot;");
    made.rebuilt().is_clean().holds(SHEET, "<f>SUM(B1:B2)&amp;\"|\"</f><v>42</v>");
}

#[test]
fn acting_formulas_leave_their_value() {
    for formula in [
        "cmd|'/c calc'!A0",
        "[1]S!A1",
        "WEBSERVICE(\"http://x\")",
        "_xlfn.PY(1)",
        "CALL(\"a\")",
        "HYPERLINK(\"file://x\")",
        "unknownMacro(1)",
    ] {
        cell(formula)
            .rebuilt()
            .reports("ooxml-formula")
            .lacks("<f>")
            .holds(SHEET, "<c r=\"A1\"><v>42</v></c>");
    }
}

#[test]
fn formula_links_follow_policy() {
    let made = cell("HYPERLINK(\"http://example.jp\",\"x\")");
    made.rebuilt().is_clean().holds(SHEET, "example.jp");
    let mut policy = Policy::default();
    policy.office.hyperlinks = Hyperlinks::Remove;
    made.rebuilt_under(&policy).reports("ooxml-formula").lacks("example.jp");
}

#[test]
fn followers_of_a_lost_shared_formula_go_too_wherever_they_stand() {
    let rows = "<row><c r=\"A1\"><f t=\"shared\" si=\"0\"/><v>1</v></c><c r=\"B1\"><f t=\"shared\" ref=\"B1:B9\" si=\"0\">CALL(\"a\")</f><v>2</v></c>\
        <c r=\"C1\"><f t=\"shared\" si=\"0\"/><v>3</v></c><c r=\"D1\"><f t=\"shared\" ref=\"D1:D2\" si=\"1\">A1+1</f><v>4</v></c><c r=\"E1\"><f t=\"shared\" si=\"1\"/><v>5</v></c></row>";
    let rebuilt = Made::sheet(rows, "").rebuilt();
    rebuilt
        .reports("ooxml-formula")
        .lacks("CALL")
        .lacks("si=\"0\"")
        .holds(SHEET, "<f t=\"shared\" si=\"1\"/><v>5</v>")
        .holds(SHEET, "<v>3</v>");
}

#[test]
fn names_that_act_go_with_the_formulas_that_use_them() {
    let book = "<sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"s1\"/></sheets><definedNames>\
        <definedName name=\"_xlnm.Auto_Open\">A!$A$1</definedName><definedName name=\"fn\" function=\"1\" vbProcedure=\"1\">A!$A$1</definedName>\
        <definedName name=\"dde\">cmd|'/c x'!A1</definedName><definedName name=\"chain\">dde+1</definedName><definedName name=\"fine\">A!$A$1</definedName></definedNames>";
    let rows =
        "<row><c r=\"A1\"><f>chain*2</f><v>1</v></c><c r=\"B1\"><f>fine*2</f><v>2</v></c></row>";
    let rebuilt = Made::workbook(book).worksheet("s1", rows, "").rebuilt();
    rebuilt.reports("ooxml-macro-name").reports("ooxml-defined-name").reports("ooxml-formula");
    rebuilt
        .lacks("Auto_Open")
        .lacks("cmd")
        .lacks("chain")
        .lacks("vbProcedure")
        .holds(BOOK, "fine")
        .holds(SHEET, "<f>fine*2</f>");
}

#[test]
fn macro_sheets_go_and_indices_shift() {
    let book = "<bookViews><workbookView activeTab=\"2\"/></bookViews><sheets><sheet name=\"M\" sheetId=\"1\" state=\"veryHidden\" r:id=\"m\"/><sheet name=\"A\" sheetId=\"2\" r:id=\"s1\"/>\
        <sheet name=\"B\" sheetId=\"3\" state=\"hidden\" r:id=\"s2\"/></sheets><definedNames><definedName name=\"x\" localSheetId=\"0\">M!$A$1</definedName>\
        <definedName name=\"y\" localSheetId=\"2\">B!$A$1</definedName></definedNames>";
    let macros =
        "<xm:macrosheet xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\"/>";
    let made = Made::workbook(book)
        .worksheet("s1", "", "")
        .worksheet("s2", "", "")
        .part("xl/macrosheets/sheet1.xml", macros)
        .related(
            BOOK,
            "m",
            &format!("{MICROSOFT}2006/relationships/xlMacrosheet"),
            "macrosheets/sheet1.xml",
            false,
        );
    let rebuilt = made.rebuilt();
    rebuilt.reports("ooxml-macro-sheet").lacks("macrosheet").lacks("\"M\"").lacks("\"x\"");
    rebuilt
        .holds(BOOK, "activeTab=\"1\"")
        .holds(BOOK, "name=\"y\" localSheetId=\"1\"")
        .holds(BOOK, "state=\"hidden\"");
}

#[test]
fn a_book_whose_sheets_lead_nowhere_is_refused() {
    let book = "<sheets xmlns:r=\"urn:x\"><sheet name=\"A\" sheetId=\"1\" r:id=\"s1\"/></sheets>";
    assert_eq!(Made::workbook(book).worksheet("s1", "", "").stop(), "file-broken");
}

#[test]
fn a_book_with_a_sheet_that_names_no_part_is_refused() {
    let book = "<bookViews><workbookView activeTab=\"1\"/></bookViews>\
        <sheets><sheet name=\"A\" sheetId=\"1\"/><sheet name=\"B\" sheetId=\"2\" r:id=\"s1\"/></sheets>";
    assert_eq!(Made::workbook(book).worksheet("s1", "", "").stop(), "file-broken");
}

#[test]
fn a_pivot_goes_with_the_only_way_to_its_cache() {
    let cache = sheet_root(
        "pivotCacheDefinition",
        "<cacheSource type=\"worksheet\"><worksheetSource ref=\"A1:B2\" sheet=\"A\"/></cacheSource><cacheFields/>",
    );
    let table = "xl/pivotTables/t.xml";
    let made = |kind: &str| {
        Made::sheet("", "")
            .part("xl/pivotCache/c.xml", &cache)
            .part(table, &sheet_root("pivotTableDefinition", ""))
            .office(SOURCE, "t", "pivotTable", "../pivotTables/t.xml")
            .related(table, "c", kind, "../pivotCache/c.xml", false)
    };
    let good = format!("{}pivotCacheDefinition", support::OFFICE);
    made(&good).rebuilt().is_clean().holds("xl/pivotTables/pivotTable1.xml", "pivotTable");
    let odd = "http://schemas.openxmlformats.example/pivotCacheDefinition";
    made(odd).rebuilt().reports("ooxml-pivot-source").lacks("pivotTable");
    let second =
        made("urn:other").office(table, "c", "pivotCacheDefinition", "../pivotCache/c.xml");
    second.rebuilt().reports("ooxml-pivot-source").lacks("pivotTable");
}

#[test]
fn a_book_of_macro_sheets_only_is_refused() {
    let made = Made::workbook("<sheets><sheet name=\"M\" sheetId=\"1\" r:id=\"m\"/></sheets>")
        .part("xl/macrosheets/sheet1.xml", "<x/>")
        .related(
            BOOK,
            "m",
            &format!("{MICROSOFT}2006/relationships/xlMacrosheet"),
            "macrosheets/sheet1.xml",
            false,
        );
    assert_eq!(made.stop(), "content-unsupported");
}

#[test]
fn rules_with_outside_formulas_go_whole() {
    let after = "<conditionalFormatting sqref=\"A1\"><cfRule type=\"expression\" priority=\"1\"><formula>[1]S!A1&gt;1</formula></cfRule></conditionalFormatting>\
        <conditionalFormatting sqref=\"B1\"><cfRule type=\"expression\" priority=\"2\"><formula>B1&gt;1</formula></cfRule></conditionalFormatting>\
        <dataValidations count=\"2\"><dataValidation type=\"list\" sqref=\"A1\"><formula1>cmd|'x'!A</formula1></dataValidation>\
        <dataValidation type=\"list\" sqref=\"B1\"><formula1>$C$1:$C$3</formula1></dataValidation></dataValidations>\
        <extLst><ext uri=\"{1}\"><x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule type=\"expression\"><xm:f>[2]S!A1</xm:f></x14:cfRule><xm:sqref>A1</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>";
    let rebuilt = Made::sheet("", after).rebuilt();
    rebuilt
        .reports("ooxml-rule-formula")
        .lacks("[1]")
        .lacks("[2]")
        .lacks("cmd")
        .holds(SHEET, "<formula>B1&gt;1</formula>")
        .holds(SHEET, "$C$1:$C$3");
    assert_eq!(rebuilt.part(SHEET).matches("<conditionalFormatting ").count(), 1);
}

#[test]
fn links_in_cells_go_by_scheme_and_place() {
    let after = "<hyperlinks><hyperlink ref=\"A1\" r:id=\"good\"/><hyperlink ref=\"A2\" r:id=\"bad\"/><hyperlink ref=\"A3\" location=\"B!A1\"/>\
        <hyperlink ref=\"A4\" location=\"[x.xls]S!A1\"/></hyperlinks>";
    let made = Made::sheet("", after)
        .external(SOURCE, "good", "hyperlink", "mailto:a@example.jp")
        .external(SOURCE, "bad", "hyperlink", "\\\\host\\share\\x.exe");
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-hyperlink-scheme")
        .lacks("host")
        .lacks("A2")
        .lacks("A4")
        .holds(SHEET, "ref=\"A1\"")
        .holds(SHEET, "location=\"B!A1\"");
}

#[test]
fn outside_data_goes() {
    let link = sheet_root("externalLink", "<ddeLink ddeService=\"cmd\" ddeTopic=\"/c calc\"/>");
    let cache = |kind: &str| {
        sheet_root("pivotCacheDefinition", &format!("<cacheSource type=\"{kind}\"><worksheetSource ref=\"A1:B2\" sheet=\"A\"/></cacheSource><cacheFields/>")).replace("<pivotCacheDefinition", "<pivotCacheDefinition refreshOnLoad=\"1\"")
    };
    let book = "<sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"s1\"/></sheets><externalReferences><externalReference r:id=\"l\"/></externalReferences>\
        <pivotCaches><pivotCache cacheId=\"1\" r:id=\"good\"/><pivotCache cacheId=\"2\" r:id=\"bad\"/></pivotCaches>";
    let made = Made::workbook(book)
        .worksheet("s1", "<row><c r=\"A1\"><v>5</v></c></row>", "")
        .part("xl/externalLinks/l.xml", &link)
        .part(
            "xl/connections.xml",
            &sheet_root("connections", "<connection id=\"1\" refreshOnLoad=\"1\"/>"),
        )
        .part("xl/pivotCache/good.xml", &cache("worksheet"))
        .part("xl/pivotCache/bad.xml", &cache("external"))
        .part("xl/pivotTables/bad.xml", &sheet_root("pivotTableDefinition", ""))
        .bytes("xl/printerSettings/p.bin", b"\\\\printer")
        .office(BOOK, "l", "externalLink", "externalLinks/l.xml")
        .office(BOOK, "c", "connections", "connections.xml")
        .office(BOOK, "good", "pivotCacheDefinition", "pivotCache/good.xml")
        .office(BOOK, "bad", "pivotCacheDefinition", "pivotCache/bad.xml")
        .office(SOURCE, "t", "pivotTable", "../pivotTables/bad.xml")
        .office("xl/pivotTables/bad.xml", "c", "pivotCacheDefinition", "../pivotCache/bad.xml")
        .office(SOURCE, "p", "printerSettings", "../printerSettings/p.bin");
    let rebuilt = made.rebuilt();
    for code in
        ["ooxml-external-link", "ooxml-connection", "ooxml-pivot-source", "ooxml-printer-settings"]
    {
        rebuilt.reports(code);
    }
    rebuilt
        .lacks("dde")
        .lacks("connection")
        .lacks("external")
        .lacks("printer")
        .lacks("refreshOnLoad")
        .lacks("pivotTables");
    rebuilt
        .holds(BOOK, "cacheId=\"1\"")
        .holds("xl/pivotCache/pivotCacheDefinition1.xml", "worksheetSource")
        .holds(SHEET, "<v>5</v>");
}

#[test]
fn objects_controls_and_their_macros_go() {
    let vml = "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><v:shape id=\"b\"><v:textbox><div style='text-align:center'>\
        <font face=\"f\">Press me</font></div></v:textbox><x:ClientData ObjectType=\"Button\"><x:FmlaMacro>evil</x:FmlaMacro><x:FmlaLink>[1]S!A1</x:FmlaLink></x:ClientData></v:shape></xml>";
    let after = "<legacyDrawing r:id=\"v\"/><oleObjects><oleObject progId=\"Package\" r:id=\"o\"/></oleObjects><controls><control shapeId=\"1\" r:id=\"c\"/></controls>";
    let made = Made::sheet("", after)
        .typed(
            "xl/drawings/vml1.vml",
            "application/vnd.openxmlformats-officedocument.vmlDrawing",
            vml,
        )
        .bytes("xl/embeddings/o.bin", b"MZ")
        .part("xl/ctrlProps/c.xml", "<formControlPr/>")
        .office(SOURCE, "v", "vmlDrawing", "../drawings/vml1.vml")
        .office(SOURCE, "o", "oleObject", "../embeddings/o.bin")
        .office(SOURCE, "c", "ctrlProp", "../ctrlProps/c.xml");
    let rebuilt = made.rebuilt();
    for code in ["ooxml-ole", "ooxml-activex", "ooxml-macro-call", "ooxml-formula"] {
        rebuilt.reports(code);
    }
    rebuilt
        .lacks("evil")
        .lacks("[1]")
        .lacks("oleObject")
        .lacks("ctrlProp")
        .holds("xl/drawings/vmlDrawing1.vml", "Press me");
}

#[test]
fn html_in_drawings_that_no_reader_takes_costs_the_drawing_only() {
    let made = Made::sheet("<row><c r=\"A1\"><v>1</v></c></row>", "<legacyDrawing r:id=\"v\"/>")
        .typed(
            "xl/drawings/v.vml",
            "application/vnd.openxmlformats-officedocument.vmlDrawing",
            "<xml><div><br></div></xml>",
        )
        .office(SOURCE, "v", "vmlDrawing", "../drawings/v.vml");
    made.rebuilt().reports("ooxml-broken-part").holds(SHEET, "<v>1</v>");
}

#[test]
fn rich_values_go_and_cells_lose_their_indices() {
    let made = Made::workbook("<sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"s1\"/></sheets>")
        .worksheet("s1", "<row><c r=\"A1\" t=\"e\" vm=\"1\" cm=\"1\"><v>#VALUE!</v></c></row>", "")
        .part("xl/metadata.xml", &sheet_root("metadata", ""))
        .part("xl/richData/rd.xml", "<rvData/>")
        .office(BOOK, "m", "sheetMetadata", "metadata.xml")
        .related(
            BOOK,
            "r",
            &format!("{MICROSOFT}2017/06/relationships/rdRichValue"),
            "richData/rd.xml",
            false,
        );
    made.rebuilt()
        .reports("ooxml-rich-data")
        .lacks("vm=")
        .lacks("metadata")
        .lacks("richData")
        .holds(SHEET, "#VALUE!");
}

#[test]
fn protection_stays_without_its_hash() {
    let after =
        "<sheetProtection password=\"CC1A\" hashValue=\"SECRET\" sheet=\"1\" objects=\"1\"/>";
    Made::sheet("", after)
        .rebuilt()
        .reports("ooxml-protection-hash")
        .lacks("CC1A")
        .lacks("SECRET")
        .holds(SHEET, "sheet=\"1\"");
}

#[test]
fn comments_follow_policy() {
    let comments = sheet_root(
        "comments",
        "<authors><author>a</author></authors><commentList><comment ref=\"A1\" authorId=\"0\"><text><t>remark</t></text></comment></commentList>",
    );
    let made = Made::sheet("", "").part("xl/comments1.xml", &comments).office(
        SOURCE,
        "c",
        "comments",
        "../comments1.xml",
    );
    made.rebuilt().is_clean().holds("xl/comments1.xml", "remark");
    let mut policy = Policy::default();
    policy.office.comments = Choice::Remove;
    made.rebuilt_under(&policy).reports("ooxml-comment").lacks("remark");
}

#[test]
fn chart_references_outside_become_errors() {
    let chart = "<c:chartSpace xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart><c:plotArea><c:barChart><c:ser><c:val><c:numRef><c:f>[1]S!A1</c:f>\
        <c:numCache><c:ptCount val=\"1\"/><c:pt idx=\"0\"><c:v>9</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>";
    let drawing = "<xdr:wsDr xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
        xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><xdr:twoCellAnchor><xdr:sp macro=\"[0]!evil\" textlink=\"\"/></xdr:twoCellAnchor><xdr:twoCellAnchor><xdr:graphicFrame macro=\"\"><a:graphic>\
        <a:graphicData uri=\"u\"><c:chart xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" r:id=\"c\"/></a:graphicData></a:graphic></xdr:graphicFrame></xdr:twoCellAnchor></xdr:wsDr>";
    let made = Made::sheet("", "<drawing r:id=\"d\"/>")
        .part("xl/drawings/d.xml", drawing)
        .part("xl/charts/c.xml", chart)
        .office(SOURCE, "d", "drawing", "../drawings/d.xml")
        .office("xl/drawings/d.xml", "c", "chart", "../charts/c.xml");
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-formula")
        .reports("ooxml-macro-call")
        .lacks("[1]")
        .lacks("evil")
        .holds("xl/charts/chart1.xml", "<c:f>#REF!</c:f>")
        .holds("xl/charts/chart1.xml", "<c:v>9</c:v>");
}

#[test]
fn slicers_take_their_anchor_along() {
    let drawing = "<xdr:wsDr xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
        xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"><xdr:twoCellAnchor><mc:AlternateContent><mc:Choice xmlns:a14=\"http://schemas.microsoft.com/office/drawing/2010/main\" Requires=\"a14\"><xdr:graphicFrame>\
        <a:graphic><a:graphicData uri=\"u\"><sle:slicer xmlns:sle=\"http://schemas.microsoft.com/office/drawing/2010/slicer\" name=\"s\"/></a:graphicData></a:graphic></xdr:graphicFrame></mc:Choice></mc:AlternateContent></xdr:twoCellAnchor></xdr:wsDr>";
    let made = Made::sheet("", "<drawing r:id=\"d\"/>")
        .part("xl/drawings/d.xml", drawing)
        .part("xl/slicers/s.xml", "<slicers/>")
        .office(SOURCE, "d", "drawing", "../drawings/d.xml")
        .related(
            SOURCE,
            "s",
            &format!("{MICROSOFT}2007/relationships/slicer"),
            "../slicers/s.xml",
            false,
        );
    made.rebuilt().reports("ooxml-slicer").lacks("slicer").lacks("twoCellAnchor");
}

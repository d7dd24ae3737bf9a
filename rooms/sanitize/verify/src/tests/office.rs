//! OOXML packages.

use sanitize_core::Format;

use super::build::{NAMES, SHEET, WORD, docx, png, pptx, workbook, xlsx, zip};
use super::{Case, case, pass, refuse};

const DOCUMENT: &str = "word/document.xml";

fn body(rule: &'static str, body: &str) -> Case {
    case(rule, Format::Docx, docx(body).bytes())
}

fn sheet(rule: &'static str, formula: &str) -> Case {
    case(rule, Format::Xlsx, xlsx(&format!("<row><c><f>{formula}</f><v>1</v></c></row>")).bytes())
}

fn relation(rule: &'static str, kind: &str, target: &str) -> Case {
    case(rule, Format::Docx, docx("<w:p/>").external(DOCUMENT, kind, target).bytes())
}

fn split_field(code: &str) -> String {
    let (one, two) = code.split_at(code.len() / 2);
    let char = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    let runs = format!(
        "<w:r><w:instrText>{one}</w:instrText></w:r><w:r><w:instrText>{two}</w:instrText></w:r>"
    );
    format!(
        "<w:p>{}{runs}{}<w:r><w:t>x</w:t></w:r>{}</w:p>",
        char("begin"),
        char("separate"),
        char("end")
    )
}

/// A document whose properties name an author.
pub(super) fn with_author() -> Vec<u8> {
    let text = "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:creator>山田</dc:creator></cp:coreProperties>";
    let kind =
        "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
    docx("<w:p/>")
        .part(
            "",
            kind,
            "docProps/core.xml",
            "application/vnd.openxmlformats-package.core-properties+xml",
            text,
        )
        .bytes()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = elements();
    cases.extend(parts());
    cases.extend(relations());
    cases.extend(sheets());
    cases.extend(layouts());
    cases
}

fn elements() -> Vec<Case> {
    vec![
        body("alt-chunk", "<w:altChunk r:id=\"rId1\"/>"),
        body("opc-embedded", "<w:p><w:r><w:object><o:OLEObject/></w:object></w:r></w:p>"),
        body("control", "<w:control r:id=\"rId1\"/>"),
        body("macro", "<w:ffData><w:entryMacro w:val=\"Run\"/></w:ffData>"),
        body("data-source", "<w:mailMerge/>"),
        body("opc-external", "<w:attachedTemplate r:id=\"rId1\"/>"),
        body(
            "opc-external",
            "<w:pict><v:shape><v:imagedata src=\"http://a.jp/x.png\"/></v:shape></w:pict>",
        ),
        body("opc-external", "<a:blip r:link=\"rId9\"/>"),
        body("custom-xml", "<w:sdtPr><w:dataBinding w:xpath=\"/x\"/></w:sdtPr>"),
        body("field", &split_field(" DDEAUTO c:\\\\x \"cmd\" ")),
        body(
            "field",
            "<w:p><w:fldSimple w:instr=\" INCLUDETEXT &quot;http://a.jp/x&quot; \"/></w:p>",
        ),
        body("field", &split_field("&#68;DE   cmd  x")),
        body("url", &split_field(" HYPERLINK \"file:///c:/x.exe\" ")),
        body("url", "<w:pict><v:shape href=\"java&#10;script:alert(1)\"/></w:pict>"),
        body("script", "<w:pict><v:shape style=\"behavior:url(x)\"/></w:pict>"),
        body("xml-namespace", "<x:y xmlns:x=\"urn:nobody\"/>"),
        body("xml-base", "<w:p xml:base=\"http://a.jp/\"/>"),
        body("xml-comment", "<!-- hidden -->"),
        body("xml-cdata", "<w:p><w:r><w:t><![CDATA[x]]></w:t></w:r></w:p>"),
        body("xml-instruction", "<?mso-application x?>"),
        body("unreadable", "<w:p>"),
        body("unreadable", "<w:p>&xxe;</w:p>"),
        case("action", Format::Pptx, pptx("<a:hlinkClick action=\"ppaction://program\"/>").bytes()),
        case(
            "action",
            Format::Pptx,
            pptx("<a:hlinkClick action=\"ppaction://hlinkfile\"/>").bytes(),
        ),
        case("media", Format::Pptx, pptx("<a:videoFile r:link=\"rId1\"/>").bytes()),
        case("macro", Format::Pptx, pptx("<p:cmd type=\"verb\" cmd=\"0\"/>").bytes()),
    ]
}

fn parts() -> Vec<Case> {
    let with = |rule, kind: &str, name: &str, content_type: &str, data: &[u8]| {
        case(
            rule,
            Format::Docx,
            docx("<w:p/>").part(DOCUMENT, kind, name, content_type, data).bytes(),
        )
    };
    let whole = |text: String| {
        super::build::docx("").loose("word/styles.xml", &format!("{WORD}styles+xml"), text)
    };
    vec![
        with("macro", "image", "word/vbaProject.bin", "application/vnd.ms-office.vbaProject", b"x"),
        with(
            "control",
            "image",
            "word/activeX/activeX1.xml",
            "application/vnd.ms-office.activeX+xml",
            b"<a/>",
        ),
        with(
            "opc-embedded",
            "image",
            "word/embeddings/oleObject1.bin",
            "application/vnd.openxmlformats-officedocument.oleObject",
            b"x",
        ),
        with("custom-ui", "image", "customUI/customUI14.xml", "application/xml", b"<a/>"),
        with(
            "web-extension",
            "image",
            "word/webextensions/taskpanes.xml",
            "application/vnd.ms-office.webextensiontaskpanes+xml",
            b"<a/>",
        ),
        with("custom-xml", "image", "customXml/item1.xml", "application/xml", b"<a/>"),
        with(
            "opc-hidden",
            "image",
            "word/printerSettings1.bin",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.printerSettings",
            b"x",
        ),
        with("media", "image", "word/media/a.mp4", "video/mp4", b"x"),
        with("opc-content-type", "image", "word/odd.xml", "application/odd+xml", b"<a/>"),
        with(
            "opc-font",
            "font",
            "word/fonts/font1.odttf",
            "application/vnd.openxmlformats-officedocument.obfuscatedFont",
            b"x",
        ),
        with("type-mismatch", "image", "word/media/a.png", "image/png", b"\xFF\xD8\xFF\xE0"),
        with("type-mismatch", "image", "word/media/a.png", "image/png", b"MZ\x90\0\x03\0\0\0"),
        case(
            "opc-orphan",
            Format::Docx,
            docx("<w:p/>").loose("word/media/a.png", "image/png", png(&[])).bytes(),
        ),
        case(
            "xml-doctype",
            Format::Docx,
            whole(format!(
                "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><w:styles {NAMES}/>"
            ))
            .bytes(),
        ),
        case("xml-encoding", Format::Docx, {
            let text: Vec<u8> = "\u{FEFF}<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
            docx("").loose("word/styles.xml", &format!("{WORD}styles+xml"), text).bytes()
        }),
        case("metadata", Format::Docx, with_author()),
        case("opc-content-type", Format::Xlsx, docx("<w:p/>").bytes()),
    ]
}

fn relations() -> Vec<Case> {
    let internal = |rule, kind: &str, target: &str| {
        case(rule, Format::Docx, docx("<w:p/>").relate(DOCUMENT, kind, target, "").bytes())
    };
    vec![
        relation("opc-external", "attachedTemplate", "http://a.jp/x.dotm"),
        relation("opc-embedded", "oleObject", "file:///c:/x.xls"),
        relation("alt-chunk", "subDocument", "x.docx"),
        relation("opc-external", "image", "http://a.jp/track.png"),
        relation("media", "video", "http://a.jp/x.mp4"),
        relation("opc-external", "settings", "http://a.jp/x.xml"),
        relation("url", "hyperlink", "file://host/share/x"),
        relation("url", "hyperlink", "\\\\host\\share"),
        relation("url", "hyperlink", "ms-msdt:/id%20PCWDiagnostic"),
        relation("url", "hyperlink", "%6aavascript:alert(1)"),
        relation("url", "hyperlink", "other.docx"),
        relation("opc-relationship-type", "somethingElse", "http://a.jp"),
        internal("opc-relationship", "image", "../../../x.png"),
        internal("opc-relationship", "image", "\\\\host\\x.png"),
        internal("opc-dangling", "image", "media/none.png"),
        // The strict form of a type is the same type.
        relation(
            "opc-embedded",
            "http://purl.oclc.org/ooxml/officeDocument/relationships/oleObject",
            "x",
        ),
    ]
}

fn sheets() -> Vec<Case> {
    let cell = |rule, inner: &str| case(rule, Format::Xlsx, workbook(inner).bytes());
    vec![
        sheet("formula", "WEBSERVICE(\"http://a.jp\")"),
        sheet("formula-dde", "cmd|'/c calc'!A0"),
        sheet("formula-external", "[1]Sheet1!A1"),
        cell("macro", "<definedNames><definedName name=\"_xlnm.Auto_Open\">S!A1</definedName></definedNames>"),
        cell("macro", "<definedNames><definedName name=\"f\" xlm=\"1\">S!A1</definedName></definedNames>"),
        cell("formula", "<definedNames><definedName name=\"f\">CALL(\"a\",\"b\")</definedName></definedNames>"),
        cell("data-source", "<externalReferences><externalReference/></externalReferences>"),
        case("data-source", Format::Xlsx, workbook("").part("xl/workbook.xml", "table", "xl/tables/table1.xml", &format!("{SHEET}table+xml"), "<table xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" tableType=\"queryTable\"/>").bytes()),
        case("macro", Format::Xlsx, workbook("").part("xl/workbook.xml", "worksheet", "xl/macrosheets/sheet1.xml", &format!("{SHEET}worksheet+xml"), "<a/>").bytes()),
    ]
}

fn layouts() -> Vec<Case> {
    let plain = docx("<w:p/>").bytes();
    let after = [plain.as_slice(), b"tail"].concat();
    let before = [b"head".as_slice(), &plain].concat();
    let mut differing = plain.clone();
    // A local header that tells another time than the directory.
    differing[10] = 1;
    vec![
        case("zip-layout", Format::Docx, after),
        case("zip-layout", Format::Docx, before),
        case("zip-layout", Format::Docx, differing),
        case("zip-name", Format::Zip, zip(&[("../a.txt", b"x")])),
        case("zip-name", Format::Zip, zip(&[("C:\\a.txt", b"x")])),
        case("zip-name", Format::Zip, zip(&[("a\u{202E}txt.b", b"x")])),
        case("zip-duplicate", Format::Zip, zip(&[("a.txt", b"x"), ("A.TXT", b"y")])),
    ]
}

#[test]
fn hostile_packages_are_refused() {
    refuse(cases());
}

#[test]
fn plain_packages_pass() {
    let link = " HYPERLINK \"https://a.jp/\" \\o \"tip\" ";
    let document =
        docx(&format!("{}<w:p><w:fldSimple w:instr=\" PAGE \"/></w:p>", split_field(link)))
            .part(DOCUMENT, "image", "word/media/a.png", "image/png", png(&[]))
            .external(DOCUMENT, "hyperlink", "mailto:a@b.jp");
    pass(Format::Docx, &document.bytes());
    pass(Format::Xlsx, &xlsx("<row><c><f>SUM(A1:A2)&amp;\"|\"</f></c></row>").bytes());
    pass(Format::Pptx, &pptx("<a:hlinkClick action=\"ppaction://hlinksldjump\"/>").bytes());
}

#[test]
fn a_field_whose_name_is_computed_is_refused() {
    let char = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    let inner = format!(
        "{}<w:r><w:instrText>QUOTE 68 68 69</w:instrText></w:r>{}",
        char("begin"),
        char("end")
    );
    let outer = format!(
        "<w:p>{}{inner}<w:r><w:instrText> cmd</w:instrText></w:r>{}</w:p>",
        char("begin"),
        char("end")
    );
    refuse(vec![body("field", &outer)]);
}

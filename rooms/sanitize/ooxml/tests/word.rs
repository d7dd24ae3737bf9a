//! Word: each thing that can act is planted in a small document and must be
//! gone afterwards, with the text still there.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use sanitize_core::{Choice, Embedded, Format, Hyperlinks, OfficePolicy, Policy};
use support::{MICROSOFT, Made, PICTURE, word_root};

const DOCUMENT: &str = "word/document.xml";

fn char(kind: &str) -> String {
    format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>")
}

fn field(instruction: &str, result: &str) -> String {
    let instruction =
        format!("<w:r><w:instrText xml:space=\"preserve\">{instruction}</w:instrText></w:r>");
    format!(
        "<w:p>{}{instruction}{}<w:r><w:t>{result}</w:t></w:r>{}</w:p>",
        char("begin"),
        char("separate"),
        char("end")
    )
}

fn office(change: impl FnOnce(&mut OfficePolicy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy.office);
    policy
}

#[test]
fn a_plain_document_is_clean() {
    let rebuilt = Made::word("<w:p w:rsidR=\"00A\"><w:r><w:rPr><w:b/></w:rPr><w:t xml:space=\"preserve\"> 𠮷田 &amp; &lt; </w:t></w:r></w:p>").rebuilt();
    rebuilt.is_clean().holds(DOCUMENT, "<w:t xml:space=\"preserve\"> 𠮷田 &amp; &lt; </w:t>");
}

#[test]
fn acting_fields_leave_their_result() {
    for instruction in [
        "DDEAUTO c:\\\\x cmd",
        "INCLUDETEXT \"http://x\"",
        "LINK Excel.Sheet x",
        "MACROBUTTON m t",
        "HYPERLINK \"file://x\"",
    ] {
        let rebuilt = Made::word(&field(instruction, "result")).rebuilt();
        rebuilt
            .reports("ooxml-field")
            .lacks("instrText")
            .lacks("fldChar")
            .holds(DOCUMENT, "<w:t>result</w:t>");
    }
}

#[test]
fn harmless_fields_stay() {
    for instruction in
        [" PAGE ", "TOC \\o &quot;1-3&quot; \\h", "HYPERLINK &quot;https://example.jp&quot;"]
    {
        Made::word(&field(instruction, "result")).rebuilt().is_clean().holds(DOCUMENT, "instrText");
    }
}

#[test]
fn a_field_name_split_over_runs_is_read_whole() {
    let split = field("DD</w:instrText></w:r><w:r><w:instrText>EAUTO x", "r");
    Made::word(&split).rebuilt().reports("ooxml-field").lacks("EAUTO");
}

#[test]
fn a_field_built_from_another_falls_with_it() {
    let nested = format!(
        "{}<w:r><w:instrText>QUOTE 68</w:instrText></w:r>{}<w:r><w:t>D</w:t></w:r>{}",
        char("begin"),
        char("separate"),
        char("end")
    );
    let body = format!(
        "<w:p>{}{nested}{}<w:r><w:t>shown</w:t></w:r>{}</w:p>",
        char("begin"),
        char("separate"),
        char("end")
    );
    Made::word(&body)
        .rebuilt()
        .reports("ooxml-field")
        .lacks("QUOTE")
        .lacks(">D<")
        .holds(DOCUMENT, "shown");
}

#[test]
fn fields_after_a_dropped_element_keep_their_verdict() {
    let hidden = format!("<w:altChunk r:id=\"x\">{}</w:altChunk>", field("DDE x", "no"));
    let rebuilt = Made::word(&format!("{hidden}{}", field("PAGE", "1"))).rebuilt();
    rebuilt.lacks("DDE").holds(DOCUMENT, "PAGE");
}

#[test]
fn simple_fields_are_judged_alike() {
    let body = "<w:p><w:fldSimple w:instr=\"DDE a b\"><w:r><w:t>one</w:t></w:r></w:fldSimple>\
        <w:fldSimple w:instr=\"NUMPAGES\"><w:r><w:t>two</w:t></w:r></w:fldSimple></w:p>";
    Made::word(body)
        .rebuilt()
        .reports("ooxml-field")
        .lacks("DDE")
        .holds(DOCUMENT, "one")
        .holds(DOCUMENT, "NUMPAGES");
}

#[test]
fn form_fields_lose_macros_and_data() {
    let body = "<w:p><w:r><w:fldChar w:fldCharType=\"begin\"><w:fldData>AAAA</w:fldData><w:ffData><w:name w:val=\"n\"/><w:entryMacro w:val=\"evil\"/>\
        <w:exitMacro w:val=\"evil\"/></w:ffData></w:fldChar></w:r><w:r><w:instrText>FORMTEXT</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>";
    Made::word(body)
        .rebuilt()
        .reports("ooxml-macro-call")
        .reports("ooxml-field-data")
        .lacks("evil")
        .lacks("AAAA");
}

#[test]
fn links_go_by_their_scheme() {
    let link = |id: &str| {
        format!(
            "<w:p><w:hyperlink r:id=\"{id}\"><w:r><w:t>text-{id}</w:t></w:r></w:hyperlink></w:p>"
        )
    };
    let made = Made::word(&format!("{}{}", link("good"), link("bad")))
        .external(DOCUMENT, "good", "hyperlink", "https://example.jp/?a=1&amp;b=2")
        .external(DOCUMENT, "bad", "hyperlink", "java&#x09;script:alert(1)");
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-hyperlink-scheme")
        .lacks("script")
        .holds(DOCUMENT, "text-bad")
        .holds(DOCUMENT, "r:id=\"good\"");
    rebuilt.holds("word/_rels/document.xml.rels", "https://example.jp/?a=1&amp;b=2");
    let strict = made.rebuilt_under(&office(|office| office.hyperlinks = Hyperlinks::Remove));
    strict.reports("ooxml-hyperlink").lacks("example.jp").holds(DOCUMENT, "text-good");
}

#[test]
fn merged_documents_go() {
    let made = Made::word("<w:altChunk r:id=\"c\"/><w:p><w:subDoc r:id=\"s\"/></w:p>")
        .bytes("word/chunk.htm", b"<script>")
        .office(DOCUMENT, "c", "aFChunk", "chunk.htm")
        .external(DOCUMENT, "s", "subDocument", "file:///c:/x.docx");
    made.rebuilt()
        .reports("ooxml-alt-chunk")
        .reports("ooxml-sub-document")
        .lacks("chunk")
        .lacks("subDoc")
        .lacks("x.docx");
}

#[test]
fn objects_become_their_picture() {
    let body = "<w:p><w:r><w:object w:dxaOrig=\"1\"><v:shape id=\"a\" style=\"width:10pt\" o:ole=\"\"><v:imagedata r:id=\"pic\"/></v:shape>\
        <o:OLEObject Type=\"Embed\" ProgID=\"Package\" r:id=\"ole\"/></w:object></w:r></w:p>";
    let made = Made::word(body)
        .bytes("word/media/a.png", PICTURE)
        .bytes("word/embeddings/a.bin", b"MZ")
        .office(DOCUMENT, "pic", "image", "media/a.png")
        .office(DOCUMENT, "ole", "oleObject", "embeddings/a.bin");
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-ole")
        .lacks("OLEObject")
        .lacks("embeddings")
        .holds(DOCUMENT, "<w:pict>")
        .holds("word/media/image1.png", "picture");
}

#[test]
fn controls_and_macros_go_and_the_type_becomes_plain() {
    let made = Made::word(
        "<w:p><w:r><w:object><w:control r:id=\"c\" w:name=\"x\"/></w:object></w:r></w:p>",
    )
    .main_type("application/vnd.ms-word.document.macroEnabled.main+xml")
    .bytes("word/vbaProject.bin", b"vba")
    .part("word/activeX/activeX1.xml", "<ax/>")
    .related(
        DOCUMENT,
        "v",
        &format!("{MICROSOFT}2006/relationships/vbaProject"),
        "vbaProject.bin",
        false,
    )
    .office(DOCUMENT, "c", "control", "activeX/activeX1.xml");
    let rebuilt = made.rebuilt();
    assert_eq!(rebuilt.format, Format::Docx);
    rebuilt
        .reports("ooxml-macro")
        .reports("ooxml-activex")
        .lacks("vba")
        .lacks("activeX")
        .lacks("macroEnabled");
}

#[test]
fn settings_that_act_go() {
    let settings = word_root(
        "settings",
        "<w:zoom w:percent=\"100\"/><w:mailMerge><w:dataSource r:id=\"m\"/></w:mailMerge><w:attachedTemplate r:id=\"t\"/><w:linkStyles/>\
         <w:updateFields w:val=\"true\"/><w:docVars><w:docVar w:name=\"a\" w:val=\"evil\"/></w:docVars><w:attachedSchema w:val=\"x\"/>\
         <w:documentProtection w:edit=\"readOnly\" w:enforcement=\"1\" w:hash=\"SECRET\" w:salt=\"S\"/>",
    );
    let made = Made::word("<w:p/>")
        .part("word/settings.xml", &settings)
        .office(DOCUMENT, "s", "settings", "settings.xml")
        .external("word/settings.xml", "t", "attachedTemplate", "\\\\host\\t.dotm")
        .external("word/settings.xml", "m", "mailMergeSource", "file:///c:/a.mdb");
    let rebuilt = made.rebuilt();
    for code in [
        "ooxml-mail-merge",
        "ooxml-attached-template",
        "ooxml-setting",
        "ooxml-tags",
        "ooxml-attached-schema",
        "ooxml-protection-hash",
    ] {
        rebuilt.reports(code);
    }
    rebuilt
        .lacks("host")
        .lacks("mdb")
        .lacks("evil")
        .lacks("SECRET")
        .holds("word/settings.xml", "w:edit=\"readOnly\"")
        .holds("word/settings.xml", "zoom");
}

#[test]
fn controls_keep_their_text_without_a_binding() {
    let body = "<w:sdt><w:sdtPr><w:dataBinding w:xpath=\"/x\" w:storeItemID=\"{1}\"/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>kept</w:t></w:r></w:p></w:sdtContent></w:sdt>";
    let made = Made::word(body);
    made.rebuilt()
        .reports("ooxml-data-binding")
        .lacks("xpath")
        .holds(DOCUMENT, "w:sdtContent")
        .holds(DOCUMENT, "kept");
    let flat = made.rebuilt_under(&office(|office| office.form_fields = Choice::Flatten));
    flat.reports("ooxml-form-field").lacks("w:sdt").holds(DOCUMENT, "kept");
}

#[test]
fn wrappers_are_unwrapped_and_their_text_stays() {
    let body = "<w:p><w:smartTag w:uri=\"u\" w:element=\"e\"><w:smartTagPr/><w:r><w:t>one</w:t></w:r></w:smartTag>\
        <w:unheardOf xmlns:q=\"urn:q\" q:x=\"1\"><w:r><w:t>two</w:t></w:r></w:unheardOf><q:wrap xmlns:q=\"urn:q\"><w:r><w:t>three</w:t></w:r></q:wrap></w:p>";
    let rebuilt = Made::word(body).rebuilt();
    rebuilt
        .reports("ooxml-smart-tag")
        .reports("ooxml-unknown-markup")
        .lacks("smartTag")
        .lacks("unheardOf")
        .lacks("urn:q");
    assert_eq!(
        rebuilt.body(),
        "<w:p><w:r><w:t>one</w:t></w:r><w:r><w:t>two</w:t></w:r><w:r><w:t>three</w:t></w:r></w:p>"
    );
}

#[test]
fn ignorable_markup_goes_with_its_content() {
    let xml = word_root(
        "document",
        "<w:body><w:p><q:x><w:r><w:t>hidden</w:t></w:r></q:x></w:p></w:body>",
    )
    .replace("<w:document", "<w:document xmlns:q=\"urn:q\" mc:Ignorable=\"q\"");
    let made = Made::word("").part("word/other.xml", "").part("word/document.xml", &xml);
    made.rebuilt().reports("ooxml-unknown-markup").lacks("hidden").lacks("Ignorable");
}

#[test]
fn alternates_are_resolved() {
    let known = "<mc:AlternateContent><mc:Choice Requires=\"wp\"><w:r><w:t>new</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>old</w:t></w:r></mc:Fallback></mc:AlternateContent>";
    Made::word(&format!("<w:p>{known}</w:p>"))
        .rebuilt()
        .is_clean()
        .holds(DOCUMENT, "new")
        .holds(DOCUMENT, "old");
    let unknown = known.replace("Requires=\"wp\"", "Requires=\"q\" xmlns:q=\"urn:q\"");
    let rebuilt = Made::word(&format!("<w:p>{unknown}</w:p>")).rebuilt();
    rebuilt.reports("ooxml-unknown-markup");
    assert_eq!(rebuilt.body(), "<w:p><w:r><w:t>old</w:t></w:r></w:p>");
}

#[test]
fn a_prefix_declared_on_a_removed_element_is_declared_again() {
    let body = format!(
        "<w:p><w:smartTag xmlns:k=\"{}\"><k:r><k:t>text</k:t></k:r></w:smartTag></w:p>",
        support::W
    );
    let rebuilt = Made::word(&body).rebuilt();
    assert_eq!(
        rebuilt.body(),
        format!("<w:p><k:r xmlns:k=\"{}\"><k:t>text</k:t></k:r></w:p>", support::W)
    );
}

#[test]
fn tracked_changes_follow_policy() {
    let body = "<w:p><w:pPr><w:rPr><w:ins w:id=\"1\" w:author=\"a\"/></w:rPr></w:pPr><w:ins w:id=\"2\" w:author=\"a\"><w:r><w:t>new</w:t></w:r></w:ins>\
        <w:del w:id=\"3\" w:author=\"a\"><w:r><w:delText>old</w:delText></w:r></w:del></w:p>\
        <w:tbl><w:tr><w:trPr><w:del w:id=\"4\"/></w:trPr><w:tc><w:p/></w:tc></w:tr><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>";
    let made = Made::word(body);
    made.rebuilt().is_clean().holds(DOCUMENT, "delText");
    let flat = made.rebuilt_under(&office(|office| office.tracked_changes = Choice::Flatten));
    flat.reports("ooxml-tracked-change")
        .lacks("w:ins")
        .lacks("w:del")
        .lacks("old")
        .holds(DOCUMENT, "<w:t>new</w:t>");
    assert_eq!(flat.body().matches("<w:tr>").count(), 1);
}

#[test]
fn comments_follow_policy() {
    let comments = word_root(
        "comments",
        "<w:comment w:id=\"0\" w:author=\"a\"><w:p><w:r><w:t>remark</w:t></w:r></w:p></w:comment>",
    );
    let made = Made::word(
        "<w:p><w:commentRangeStart w:id=\"0\"/><w:r><w:commentReference w:id=\"0\"/></w:r></w:p>",
    )
    .part("word/comments.xml", &comments)
    .office(DOCUMENT, "c", "comments", "comments.xml");
    made.rebuilt().is_clean().holds("word/comments.xml", "remark");
    let bare = made.rebuilt_under(&office(|office| office.comments = Choice::Remove));
    bare.reports("ooxml-comment").lacks("remark").lacks("comment");
}

#[test]
fn pictures_from_outside_go_and_refused_ones_are_replaced() {
    let blip = |id: &str| {
        format!(
            "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData uri=\"p\"><a:blip r:embed=\"{id}\"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
        )
    };
    let made = Made::word(&format!(
        "{}{}{}",
        blip("out").replace("embed", "link"),
        blip("evil"),
        blip("jpeg")
    ))
    .bytes("word/media/evil.png", b"evil bytes")
    .bytes("word/media/lies.png", b"\xFF\xD8 jpeg")
    .external(DOCUMENT, "out", "image", "http://example.jp/track.png")
    .office(DOCUMENT, "evil", "image", "media/evil.png")
    .office(DOCUMENT, "jpeg", "image", "media/lies.png");
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-external-image")
        .reports("ooxml-picture-replaced")
        .lacks("track")
        .lacks("evil bytes");
    rebuilt
        .holds("word/media/image1.png", "PNG")
        .holds("word/media/image2.jpeg", "jpeg")
        .holds("[Content_Types].xml", "image/jpeg");
}

#[test]
fn a_limit_inside_a_picture_stops_the_whole() {
    let body =
        "<w:p><w:r><w:pict><v:shape><v:imagedata r:id=\"p\"/></v:shape></w:pict></w:r></w:p>";
    let made = Made::word(body).bytes("word/media/a.png", b"limit").office(
        DOCUMENT,
        "p",
        "image",
        "media/a.png",
    );
    assert_eq!(made.stop(), "limit-pixels");
}

#[test]
fn shapes_lose_addresses_and_hidden_data() {
    let body = "<w:p><w:r><w:pict><v:shape href=\"javascript:x\" style=\"background:url(http://x)\" o:gfxdata=\"AAAA\" equationxml=\"BBBB\">\
        <v:fill src=\"http://x/y.png\" o:href=\"http://x\"/></v:shape></w:pict></w:r></w:p>";
    let rebuilt = Made::word(body).rebuilt();
    rebuilt
        .reports("ooxml-hyperlink-scheme")
        .reports("ooxml-style-address")
        .reports("ooxml-shape-data");
    rebuilt.lacks("javascript").lacks("http://x").lacks("AAAA").lacks("BBBB");
}

#[test]
fn hidden_documents_fonts_and_data_go() {
    let mashup: Vec<u8> = "<DataMashup/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let made = Made::word("<w:p/>")
        .part("word/glossary/document.xml", &word_root("glossaryDocument", ""))
        .part("customXml/item1.xml", "<a/>")
        .bytes("customXml/item2.xml", &mashup)
        .bytes("word/fonts/font1.odttf", b"font")
        .part(
            "word/fontTable.xml",
            &word_root("fonts", "<w:font w:name=\"f\"><w:embedRegular r:id=\"f\"/></w:font>"),
        )
        .office(DOCUMENT, "g", "glossaryDocument", "glossary/document.xml")
        .office(DOCUMENT, "x", "customXml", "../customXml/item1.xml")
        .office(DOCUMENT, "y", "customXml", "../customXml/item2.xml")
        .office(DOCUMENT, "t", "fontTable", "fontTable.xml")
        .office("word/fontTable.xml", "f", "font", "fonts/font1.odttf");
    let rebuilt = made.rebuilt();
    for code in ["ooxml-glossary", "ooxml-custom-xml", "ooxml-data-mashup", "ooxml-font"] {
        rebuilt.reports(code);
    }
    rebuilt.lacks("glossary").lacks("customXml").lacks("odttf").lacks("embedRegular");
}

#[test]
fn properties_thumbnails_signatures_and_ribbons_go() {
    let core = "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
        xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:creator>somebody</dc:creator></cp:coreProperties>";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships/";
    let made = Made::word("<w:p/>")
        .part("docProps/core.xml", core)
        .bytes("docProps/thumbnail.emf", b"emf")
        .bytes("_xmlsignatures/origin.sigs", b"")
        .part("customUI/customUI.xml", "<customUI onLoad=\"x\"/>")
        .related("", "p", &format!("{package}metadata/core-properties"), "docProps/core.xml", false)
        .related("", "t", &format!("{package}metadata/thumbnail"), "docProps/thumbnail.emf", false)
        .related(
            "",
            "s",
            &format!("{package}digital-signature/origin"),
            "_xmlsignatures/origin.sigs",
            false,
        )
        .related(
            "",
            "u",
            &format!("{MICROSOFT}2006/relationships/ui/extensibility"),
            "customUI/customUI.xml",
            false,
        );
    let rebuilt = made.rebuilt();
    for code in ["ooxml-metadata", "ooxml-thumbnail", "ooxml-signature", "ooxml-custom-ui"] {
        rebuilt.reports(code);
    }
    rebuilt.lacks("somebody").lacks("customUI").lacks("docProps");
    let kept = made.rebuilt_under(&office(|office| office.metadata = Choice::Keep));
    kept.holds("docProps/core.xml", "<dc:creator>somebody</dc:creator>").lacks("thumbnail");
}

#[test]
fn embedded_packages_are_rebuilt_only_by_policy() {
    let inner = Made::sheet("<row><c r=\"A1\"><v>7</v></c></row>", "").zip();
    let chart = "<c:chartSpace xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" \
        xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><c:externalData r:id=\"w\"/></c:chartSpace>";
    let body = "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData uri=\"u\"><c:chart xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" r:id=\"c\"/>\
        </a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>";
    let made = Made::word(body)
        .part("word/charts/chart1.xml", chart)
        .bytes("word/embeddings/book.xlsx", &inner)
        .office(DOCUMENT, "c", "chart", "charts/chart1.xml")
        .office("word/charts/chart1.xml", "w", "package", "../embeddings/book.xlsx");
    made.rebuilt().reports("ooxml-embedded-file").lacks("embeddings").lacks("externalData");
    let kept = made.rebuilt_under(&office(|office| office.embedded_files = Embedded::Sanitize));
    kept.is_clean()
        .holds("word/charts/chart1.xml", "externalData")
        .holds("word/charts/_rels/chart1.xml.rels", "embeddings/package1.xlsx");
}

/// Each case would read as a harmless field to one reader and as an acting one
/// to another.
#[test]
fn instructions_that_read_in_two_ways_go() {
    let run = |name: &str, text: &str| {
        format!("<w:r><w:{name} xml:space=\"preserve\">{text}</w:{name}></w:r>")
    };
    let (page, dde) = (run("instrText", "PAGE "), run("instrText", "DDE x"));
    let choice = |requires: &str, inner: &str, other: &str| {
        format!(
            "<mc:AlternateContent><mc:Choice xmlns:q=\"urn:q\" Requires=\"{requires}\">{inner}</mc:Choice><mc:Fallback>{other}</mc:Fallback></mc:AlternateContent>"
        )
    };
    let cases = [
        format!("<q:instrText xmlns:q=\"urn:q\">PAGE </q:instrText>{dde}"),
        format!("<q:r xmlns:q=\"urn:q\"><q:instrText>PAGE </q:instrText></q:r>{dde}"),
        format!("<w:altChunk>{page}</w:altChunk>{dde}"),
        format!("{}{dde}", choice("q", &page, "")),
        choice("wp", &page, &dde),
        format!("<w:del w:id=\"1\"><w:r><w:delInstrText>PAGE </w:delInstrText></w:r></w:del>{dde}"),
        format!("<w:ins w:id=\"1\">{page}</w:ins>{dde}"),
        format!(
            "<w:r><w:pict><v:shape><v:textbox><w:txbxContent><w:p>{page}</w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>{dde}"
        ),
    ];
    for case in cases {
        let body = format!(
            "<w:p>{}{case}{}<w:r><w:t>shown</w:t></w:r>{}</w:p>",
            char("begin"),
            char("separate"),
            char("end")
        );
        let rebuilt = Made::word(&body).rebuilt();
        rebuilt.lacks("DDE").holds(DOCUMENT, "shown");
    }
}

#[test]
fn attributes_of_other_namespaces_deceive_nobody() {
    let body = "<w:p><w:fldSimple r:instr=\"PAGE\" w:instr=\"DDE x\"><w:r><w:t>a</w:t></w:r></w:fldSimple></w:p>";
    Made::word(body).rebuilt().reports("ooxml-field").lacks("DDE");
}

#[test]
fn a_prefix_declared_twice_is_refused() {
    let body = "<w:p xmlns:k=\"urn:a\" xmlns:k=\"urn:b\"/>";
    assert_eq!(Made::word(body).stop(), "file-broken");
}

#[test]
fn a_picture_cannot_borrow_a_link_s_address() {
    let body = "<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData uri=\"p\"><a:blip r:link=\"h\"/></a:graphicData></a:graphic></wp:inline></w:drawing>\
        <w:pict><v:shape><v:imagedata r:id=\"h\"/></v:shape></w:pict></w:r></w:p>";
    let made = Made::word(body).external(DOCUMENT, "h", "hyperlink", "http://example.jp/track");
    made.rebuilt()
        .reports("ooxml-external-reference")
        .lacks("track")
        .lacks("r:link")
        .lacks("imagedata");
}

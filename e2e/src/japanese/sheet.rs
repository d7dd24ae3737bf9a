//! Excel as graph paper: narrow columns, merged cells, era dates, phonetic
//! readings, lists to choose from, a seal.

use super::{LETTERS, Sample};
use crate::make::package::{Package, XML};
use crate::make::picture;
use crate::make::xml::{Wording, escape};

const S: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.";

/// Every document of this kind.
pub fn samples() -> Vec<Sample> {
    vec![Sample::new(
        "【様式①】補助金交付申請書(方眼).xlsx",
        grid(&[]).write(Wording::Plain),
        &[
            "補助金交付申請書",
            "みどり市長　様",
            "株式会社　緑建設",
            LETTERS,
            "交付申請額",
            "□新規　☑継続",
        ],
    )]
}

/// What stands where: column, row, columns wide, text.
const CELLS: &[(u32, u32, u32, &str)] = &[
    (12, 2, 20, "補助金交付申請書"),
    (2, 4, 12, "みどり市長　様"),
    (24, 5, 6, "申請者"),
    (30, 5, 16, "株式会社　緑建設"),
    (30, 6, 16, "代表取締役　髙﨑　𠮷男"),
    (2, 9, 8, "交付申請額"),
    (2, 11, 8, "区分"),
    (10, 11, 14, "□新規　☑継続"),
    (2, 13, 44, LETTERS),
];

/// The grid sheet; `extra` are cells for the examples to plant, as XML rows.
#[must_use]
pub fn grid(extra: &[&str]) -> Package {
    let mut texts = String::new();
    let mut rows = std::collections::BTreeMap::<u32, String>::new();
    let mut merges = String::new();
    for (index, (column, row, wide, text)) in CELLS.iter().enumerate() {
        let reading = if *text == "補助金交付申請書" {
            "<rPh sb=\"0\" eb=\"3\"><t>ホジョキン</t></rPh><phoneticPr fontId=\"0\"/>"
        } else {
            ""
        };
        texts.push_str(&format!("<si><t>{}</t>{reading}</si>", escape(text)));
        let name = format!("{}{row}", letters(*column));
        rows.entry(*row)
            .or_default()
            .push_str(&format!("<c r=\"{name}\" s=\"1\" t=\"s\"><v>{index}</v></c>"));
        merges
            .push_str(&format!("<mergeCell ref=\"{name}:{}{row}\"/>", letters(column + wide - 1)));
    }
    rows.entry(3)
        .or_default()
        .push_str(&format!("<c r=\"{}3\" s=\"2\"><v>46083</v></c>", letters(34)));
    rows.entry(9)
        .or_default()
        .push_str(&format!("<c r=\"{}9\" s=\"3\"><v>1234567</v></c>", letters(10)));
    rows.entry(10)
        .or_default()
        .push_str(&format!("<c r=\"{0}10\" s=\"3\"><f>{0}9*2</f><v>2469134</v></c>", letters(10)));
    for (row, first, last) in [(3, 34, 46), (9, 10, 22), (10, 10, 22)] {
        merges.push_str(&format!(
            "<mergeCell ref=\"{}{row}:{}{row}\"/>",
            letters(first),
            letters(last)
        ));
    }
    let mut body: String = rows
        .iter()
        .map(|(row, cells)| format!("<row r=\"{row}\" ht=\"15\" customHeight=\"1\">{cells}</row>"))
        .collect();
    body.push_str(&extra.concat());
    let sheet = format!(
        "{XML}<worksheet {S}><sheetViews><sheetView showGridLines=\"0\" workbookViewId=\"0\"/></sheetViews><cols><col min=\"1\" max=\"60\" width=\"2.25\" customWidth=\"1\"/></cols><sheetData>{body}</sheetData>\
         <mergeCells>{merges}</mergeCells><dataValidations count=\"1\"><dataValidation type=\"list\" allowBlank=\"1\" sqref=\"J12\"><formula1>\"はい,いいえ\"</formula1></dataValidation></dataValidations>\
         <pageSetup paperSize=\"9\" orientation=\"portrait\"/><headerFooter><oddHeader>&amp;R様式第1号(第3条関係)</oddHeader></headerFooter><drawing r:id=\"rIdDraw\"/></worksheet>"
    );
    let mut package = Package::default();
    package
        .relate("", "rId1", "officeDocument", "xl/workbook.xml")
        .part("xl/workbook.xml", &format!("{KIND}sheet.main+xml"), format!("{XML}<workbook {S}><bookViews><workbookView/></bookViews><sheets><sheet name=\"様式①\" sheetId=\"1\" r:id=\"rId1\"/></sheets><definedNames><definedName name=\"_xlnm.Print_Area\" localSheetId=\"0\">様式①!$A$1:$AT$40</definedName></definedNames></workbook>"))
        .part("xl/worksheets/sheet1.xml", &format!("{KIND}worksheet+xml"), sheet)
        .part("xl/sharedStrings.xml", &format!("{KIND}sharedStrings+xml"), format!("{XML}<sst {S}>{texts}</sst>"))
        .part("xl/styles.xml", &format!("{KIND}styles+xml"), styles())
        .part("xl/drawings/drawing1.xml", "application/vnd.openxmlformats-officedocument.drawing+xml", drawing())
        .part("xl/media/seal.png", "", picture::seal())
        .relate("xl/workbook.xml", "rId1", "worksheet", "worksheets/sheet1.xml")
        .relate("xl/workbook.xml", "rIdSst", "sharedStrings", "sharedStrings.xml")
        .relate("xl/workbook.xml", "rIdSty", "styles", "styles.xml")
        .relate("xl/worksheets/sheet1.xml", "rIdDraw", "drawing", "../drawings/drawing1.xml")
        .relate("xl/drawings/drawing1.xml", "rId1", "image", "../media/seal.png");
    package
}

fn styles() -> String {
    let thin = "style=\"thin\"><color auto=\"1\"/>";
    format!(
        "{XML}<styleSheet {S}><numFmts count=\"2\"><numFmt numFmtId=\"164\" formatCode=\"[$-ja-JP-x-gannen]ggge&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@\"/><numFmt numFmtId=\"165\" formatCode=\"&quot;金&quot;#,##0&quot;円也&quot;\"/></numFmts>\
         <fonts count=\"1\"><font><sz val=\"11\"/><name val=\"ＭＳ 明朝\"/><family val=\"1\"/><charset val=\"128\"/></font></fonts>\
         <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
         <borders count=\"2\"><border><left/><right/><top/><bottom/><diagonal/></border><border><left {thin}</left><right {thin}</right><top {thin}</top><bottom {thin}</bottom><diagonal/></border></borders>\
         <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs><cellXfs count=\"4\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
         <xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"1\" xfId=\"0\" applyBorder=\"1\"><alignment vertical=\"center\" shrinkToFit=\"1\"/></xf>\
         <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/><xf numFmtId=\"165\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
    )
}

fn drawing() -> String {
    format!(
        "{XML}<xdr:wsDr xmlns:xdr=\"http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing\" xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><xdr:twoCellAnchor><xdr:from><xdr:col>42</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>4</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>46</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>7</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:pic><xdr:nvPicPr><xdr:cNvPr id=\"2\" name=\"社印\"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill><a:blip r:embed=\"rId1\"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
    )
}

/// Column letters of a number from one.
fn letters(column: u32) -> String {
    let mut rest = column;
    let mut out = String::new();
    while rest > 0 {
        rest -= 1;
        let [low, ..] = (rest % 26).to_le_bytes();
        out.insert(0, char::from(b'A' + low));
        rest /= 26;
    }
    out
}

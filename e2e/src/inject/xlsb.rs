//! Vectors of binary workbooks: formula tokens, names, macro sheets, links,
//! objects, connections, and bytes beside the records.

use super::{SENTENCE, docx};
use crate::case::Case;
use crate::make::ole::{compound, macro_project, packaged, program};
use crate::make::package::XML;
use crate::make::xlsb::{
    BOOK, Book, SHEET, TYPE, bundle, cell, formula, link, name, number_cell, record, string,
};

const MS: &str = "http://schemas.microsoft.com/office/2006/relationships/";

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let named = Book {
        outside: [record(357, &[]), sheets_of(0)].concat(),
        names: name(0, "範囲", &[0x3b, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0], ""),
        cells: number_cell(1, &[0x23, 1, 0, 0, 0], 7.0),
        ..Book::default()
    };
    let mut cases = vec![
        Case::twin("xlsb-twin", "xlsb", Book::default().write(SENTENCE), &["Line 0123"]),
        Case::twin("xlsb-twin+name", "xlsb", named.write(SENTENCE), &["Line 0123"]),
    ];
    for (name, plant) in PARTS.iter().chain(RECORDS).chain(HIDDEN) {
        cases.push(gone(name, *plant));
    }
    for (function, tokens) in FORMULAS {
        for (place, plant) in PLACES {
            cases.push(gone(&format!("formula-{function}-{place}"), |book, c| {
                let tokens = tokens(book, c);
                plant(book, &tokens);
            }));
        }
    }
    for (index, target) in docx::SCHEMES.iter().enumerate() {
        cases.push(gone(&format!("link-scheme{index:02}"), |book, c| {
            let target = target.replace("{}", c);
            book.package.relate_out(SHEET, "rIdX", "hyperlink", &target);
            book.sheet.extend(link("rIdX", "", ""));
        }));
    }
    cases
}

fn gone(name: &str, plant: impl FnOnce(&mut Book, &str)) -> Case {
    Case::gone(&format!("xlsb-{name}"), "xlsb", |canary| {
        let mut book = Book::default();
        plant(&mut book, canary);
        book.write(SENTENCE)
    })
}

/// BrtExternSheet of one entry: the first sheet of source `source`.
fn sheets_of(source: u32) -> Vec<u8> {
    record(362, &[1, source, 0, 0].map(u32::to_le_bytes).concat())
}

/// A string token (2.5.97.80).
fn text(value: &str) -> Vec<u8> {
    let units: Vec<u16> = value.encode_utf16().collect();
    let count = u16::try_from(units.len()).expect("made strings are short");
    let units = units.into_iter().flat_map(u16::to_le_bytes);
    [0x17].into_iter().chain(count.to_le_bytes()).chain(units).collect()
}

/// A call of a function of the table with one string.
fn call(function: u16, argument: &str) -> Vec<u8> {
    let [low, high] = function.to_le_bytes();
    [text(argument), vec![0x42, 1, low, high]].concat()
}

/// A call by the first name of the workbook.
fn call_name(book: &mut Book, function: &str, argument: &str) -> Vec<u8> {
    book.names.extend(name(0x02, function, &[0x1c, 0x1d], ""));
    [vec![0x23, 1, 0, 0, 0], text(argument), vec![0x42, 2, 255, 0]].concat()
}

/// A call of something in another source.
fn call_outside(book: &mut Book, source: Vec<u8>, canary: &str) -> Vec<u8> {
    book.outside = [source, sheets_of(0)].concat();
    [text(canary), vec![0x59, 0, 0, 1, 0, 0, 0]].concat()
}

type Tokens = (&'static str, fn(&mut Book, &str) -> Vec<u8>);

const FORMULAS: &[Tokens] = &[
    ("call", |_, c| call(150, c)),
    ("register", |_, c| call(149, c)),
    ("register-id", |_, c| call(267, c)),
    ("exec", |_, c| call(110, c)),
    ("exec-command", |_, c| call(110 | 0x8000, c)),
    ("evaluate", |_, c| call(257, c)),
    ("run", |_, c| call(17 | 0x8000, c)),
    ("rtd", |_, c| call(379, c)),
    ("sql-request", |_, c| call(304, c)),
    ("cube", |_, c| call(380, c)),
    ("hyperlink-file", |_, c| call(359, &format!("file://{c}.example/x.exe"))),
    ("hyperlink-share", |_, c| call(359, &format!("\\\\{c}.example\\x.exe"))),
    ("hyperlink-script", |_, c| call(359, &format!("javascript:{c}"))),
    ("indirect-share", |_, c| call(148, &format!("'\\\\{c}.example\\[x.xlsx]S'!A1"))),
    ("function-unknown", |_, c| call(900, c)),
    ("webservice", |book, c| call_name(book, "_xlfn.WEBSERVICE", &format!("http://{c}.example/"))),
    ("image", |book, c| call_name(book, "_xlfn.IMAGE", &format!("http://{c}.example/x.png"))),
    ("python", |book, c| call_name(book, "_xlfn._xlws.PY", c)),
    ("stockhistory", |book, c| call_name(book, "_xlfn.STOCKHISTORY", c)),
    ("macro-name", |book, c| {
        book.names.extend(name(0x0e, "RunIt", &[0x1c, 0x1d], ""));
        [vec![0x23, 1, 0, 0, 0], text(c), vec![0x42, 2, 255, 0]].concat()
    }),
    ("dde", |book, c| {
        let dde = [string("cmd"), string(&format!("/c {c}")), string("")].concat();
        let begin = record(360, &[&[1, 0][..], &dde].concat());
        call_outside(book, [record(355, &string("rIdX")), begin].concat(), c)
    }),
    ("outside-book", |book, c| {
        book.package.part(
            "xl/externalLinks/externalLink1.bin",
            &format!("{TYPE}externalLink"),
            record(360, &[&[0, 0][..], &string("rId1"), &string("S"), &string("")].concat()),
        );
        book.package.relate(BOOK, "rIdX", "externalLink", "externalLinks/externalLink1.bin");
        let target = format!("http://{c}.example/x.xlsx");
        let source = "xl/externalLinks/externalLink1.bin";
        book.package.relate_out(source, "rId1", "externalLinkPath", &target);
        book.outside = [record(355, &string("rIdX")), sheets_of(0)].concat();
        [vec![0x5a, 0, 0, 0, 0, 0, 0, 0, 0], text(c), vec![0x08]].concat()
    }),
    ("add-in", |book, c| call_outside(book, record(667, &[]), c)),
    ("token-unknown", |_, c| [text(c), vec![0x3f, 0x15]].concat()),
    ("token-cut", |_, c| [text(c), vec![0x3a, 0]].concat()),
    ("token-extended", |_, c| [text(c), vec![0x18, 0x7e, 0, 0, 0, 0]].concat()),
];

type InBook = fn(&mut Book, &str);
type Named = (&'static str, InBook);

const PLACES: &[(&str, fn(&mut Book, &[u8]))] = &[
    ("cell", |book, tokens| book.cells.extend(number_cell(1, tokens, 7.0))),
    ("string", |book, tokens| {
        let body = [&cell(1)[..], &string("x"), &[0; 2], &formula(tokens)].concat();
        book.cells.extend(record(8, &body));
    }),
    ("array", |book, tokens| {
        book.cells.extend(number_cell(1, &[0x01, 1, 0, 0, 0], 7.0));
        book.cells.extend(record(426, &[&area()[..], &[0], &formula(tokens)].concat()));
    }),
    ("shared", |book, tokens| {
        book.cells.extend(number_cell(1, &[0x01, 1, 0, 0, 0], 7.0));
        book.cells.extend(record(427, &[&area()[..], &formula(tokens)].concat()));
    }),
    ("name", |book, tokens| book.names.extend(name(0, "n", tokens, ""))),
    ("validation", |book, tokens| {
        let head = [7_u32, 1].map(u32::to_le_bytes).concat();
        let texts = u32::MAX.to_le_bytes().repeat(4);
        let body = [head, area(), texts, formula(tokens), formula(&[])].concat();
        let list = [record(573, &[0; 18]), record(64, &body), record(574, &[])].concat();
        book.sheet.extend(list);
    }),
    ("condition", |book, tokens| {
        let size = u32::try_from(tokens.len()).expect("short").to_le_bytes();
        let mut body = [2_u32, 0, 0, 1, 0, 0, 0].map(u32::to_le_bytes).concat();
        body.extend([0; 2]);
        body.extend(size);
        body.extend([0; 8]);
        body.extend(u32::MAX.to_le_bytes());
        body.extend(formula(tokens));
        let ranges = [1_u32, 0, 1].map(u32::to_le_bytes).concat();
        book.sheet.extend(record(461, &[ranges, area()].concat()));
        book.sheet.extend(record(463, &body));
        book.sheet.extend([record(464, &[]), record(462, &[])].concat());
    }),
];

/// The second cell of the second row.
fn area() -> Vec<u8> {
    [1_u32, 1, 1, 1].map(u32::to_le_bytes).concat()
}

fn part(book: &mut Book, source: &str, path: &str, kind: &str, relation: &str, body: &[u8]) {
    book.package.part(path, kind, body);
    book.package.relate(source, "rIdX", relation, &format!("/{path}"));
}

fn macro_sheet(book: &mut Book, folder: &str, kind: &str, relation: &str, canary: &str) {
    let sheet = [
        record(129, &[]),
        record(145, &[]),
        number_cell(0, &call(110 | 0x8000, canary), 0.0),
        record(146, &[]),
        record(130, &[]),
    ]
    .concat();
    book.sheets = bundle(2, "rIdX", "M");
    let path = format!("xl/{folder}/sheet2.bin");
    let relation =
        if folder == "dialogsheets" { relation.to_owned() } else { format!("{MS}{relation}") };
    part(book, BOOK, &path, &format!("{TYPE}{kind}"), &relation, &sheet);
    book.names = name(0x2a, "_xlnm.Auto_Open", &[0x1c, 0x1d], "");
}

/// Parts beside the sheets.
const PARTS: &[Named] = &[
    ("macro-project", |book, c| {
        let project = macro_project(&format!("Sub Auto_Open()\r\nShell \"{c}\"\r\nEnd Sub"));
        let kind = "application/vnd.ms-office.vbaProject";
        part(book, BOOK, "xl/vbaProject.bin", kind, &format!("{MS}vbaProject"), &project);
    }),
    ("macro-project-unrelated", |book, c| {
        let project = macro_project(&format!("Sub Auto_Open()\r\nShell \"{c}\"\r\nEnd Sub"));
        let kind = "application/vnd.ms-office.vbaProject";
        book.package.part("xl/vbaProject.bin", kind, project);
    }),
    ("macro-sheet", |book, c| macro_sheet(book, "macrosheets", "macrosheet", "xlMacrosheet", c)),
    ("macro-international", |book, c| {
        macro_sheet(book, "macrosheets", "intlmacrosheet", "xlIntlMacrosheet", c);
    }),
    ("macro-dialog", |book, c| {
        macro_sheet(book, "dialogsheets", "dialogsheet", "dialogsheet", c);
    }),
    ("macro-sheet-called-a-sheet", |book, c| {
        let sheet = [record(129, &[]), record(145, &[]), number_cell(0, &call(110, c), 0.0)];
        book.sheets = bundle(2, "rIdX", "M");
        let path = "xl/macrosheets/sheet2.bin";
        part(book, BOOK, path, &format!("{TYPE}worksheet"), "worksheet", &sheet.concat());
    }),
    ("connections", |book, c| {
        let body = [record(429, &[]), record(201, &string(&format!("DSN={c}"))), record(430, &[])];
        let kind = format!("{TYPE}connections");
        part(book, BOOK, "xl/connections.bin", &kind, "connections", &body.concat());
    }),
    ("query-table", |book, c| {
        let body = [record(447, &string(c)), record(448, &[])].concat();
        let path = "xl/queryTables/queryTable1.bin";
        part(book, SHEET, path, &format!("{TYPE}queryTable"), "queryTable", &body);
    }),
    ("link-ole", |book, c| {
        let path = "xl/externalLinks/externalLink1.bin";
        let begin = [&[2, 0][..], &string("rId1"), &string("Package"), &string("")].concat();
        let body = record(360, &begin);
        part(book, BOOK, path, &format!("{TYPE}externalLink"), "externalLink", &body);
        let target = format!("file://{c}.example/x.exe");
        book.package.relate_out(path, "rId1", "oleObject", &target);
        book.outside = [record(355, &string("rIdX")), sheets_of(0)].concat();
    }),
    ("link-dde", |book, c| {
        let path = "xl/externalLinks/externalLink1.bin";
        let begin = [&[1, 0][..], &string("cmd"), &string(&format!("/c {c}")), &string("")];
        let body = record(360, &begin.concat());
        part(book, BOOK, path, &format!("{TYPE}externalLink"), "externalLink", &body);
        book.outside = [record(355, &string("rIdX")), sheets_of(0)].concat();
    }),
    ("control", |book, c| {
        let control = format!(
            "{XML}<ax:ocx xmlns:ax=\"http://schemas.microsoft.com/office/2006/activeX\" ax:classid=\"{{8856F961-340A-11D0-A96B-00C04FD705A2}}\" ax:persistence=\"persistPropertyBag\"><ax:ocxPr ax:name=\"u\" ax:value=\"{c}\"/></ax:ocx>"
        );
        let path = "xl/activeX/activeX1.xml";
        let kind = "application/vnd.ms-office.activeX+xml";
        part(book, SHEET, path, kind, "control", control.as_bytes());
        let body = [&[0; 4][..], &string("rIdX"), &string("C")].concat();
        let list = [record(643, &[]), record(645, &body), record(644, &[])].concat();
        book.sheet.extend(list);
    }),
    ("control-data", |book, c| {
        let path = "xl/activeX/activeX1.bin";
        let kind = "application/vnd.ms-office.activeX";
        let data = compound(None, &[("contents", c.as_bytes())]);
        part(book, SHEET, path, kind, &format!("{MS}activeXControlBinary"), &data);
    }),
    ("object", |book, c| {
        let path = "xl/embeddings/oleObject1.bin";
        let kind = "application/vnd.openxmlformats-officedocument.oleObject";
        part(book, SHEET, path, kind, "oleObject", &packaged("a.exe", c.as_bytes()));
        let body = [&[1; 12][..], &string("Package"), &string("rIdX")].concat();
        let list = [record(638, &[]), record(639, &body), record(640, &[])].concat();
        book.sheet.extend(list);
    }),
    ("object-linked", |book, c| {
        let target = format!("file://{c}.example/x.xlsx");
        book.package.relate_out(SHEET, "rIdX", "oleObject", &target);
        let body = [&[1; 12][..], &string("Excel.Sheet"), &string("rIdX")].concat();
        book.sheet.extend([record(638, &[]), record(639, &body), record(640, &[])].concat());
    }),
    ("package", |book, c| {
        let path = "xl/embeddings/a.docm";
        let kind = "application/vnd.ms-word.document.macroEnabled.12";
        part(book, SHEET, path, kind, "package", &super::packed::macro_document(c));
    }),
    ("program-part", |book, c| {
        let kind = "application/octet-stream";
        part(book, SHEET, "xl/embeddings/a.bin", kind, "oleObject", &program(c));
    }),
    ("custom-ui", |book, c| {
        let body = format!(
            "{XML}<customUI xmlns=\"http://schemas.microsoft.com/office/2006/01/customui\" onLoad=\"{c}\"/>"
        );
        let relation = "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility";
        part(book, "", "customUI/customUI.xml", "application/xml", relation, body.as_bytes());
    }),
    ("custom-ui-14", |book, c| {
        let body = format!(
            "{XML}<customUI xmlns=\"http://schemas.microsoft.com/office/2009/07/customui\" onLoad=\"{c}\"/>"
        );
        let relation = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility";
        part(book, "", "customUI/customUI14.xml", "application/xml", relation, body.as_bytes());
    }),
    ("toolbars", |book, c| {
        let kind = "application/vnd.ms-excel.attachedToolbars";
        let relation = format!("{MS}attachedToolbars");
        part(book, BOOK, "xl/attachedToolbars.bin", kind, &relation, c.as_bytes());
    }),
    ("custom-data", |book, c| {
        let body = format!(
            "{XML}<DataMashup xmlns=\"http://schemas.microsoft.com/DataMashup\">{c}</DataMashup>"
        );
        part(book, BOOK, "customXml/item1.xml", "application/xml", "customXml", body.as_bytes());
    }),
    ("printer", |book, c| {
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.printerSettings";
        let path = "xl/printerSettings/printerSettings1.bin";
        part(book, SHEET, path, kind, "printerSettings", c.as_bytes());
    }),
    ("pivot-outside", |book, c| {
        let path = "xl/pivotCache/pivotCacheDefinition1.bin";
        let kind = format!("{TYPE}pivotCacheDefinition");
        let body = [record(179, &[0; 8]), record(187, &string(c)), record(180, &[])].concat();
        part(book, BOOK, path, &kind, "pivotCacheDefinition", &body);
        let target = format!("http://{c}.example/x.xlsx");
        book.package.relate_out(path, "rId1", "externalLinkPath", &target);
    }),
    ("web-extension", |book, c| {
        let body = format!(
            "{XML}<wetp:taskpanes xmlns:wetp=\"http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11\">{c}</wetp:taskpanes>"
        );
        let kind = "application/vnd.ms-office.webextensiontaskpanes+xml";
        let relation =
            "http://schemas.microsoft.com/office/2011/relationships/webextensiontaskpanes";
        part(book, "", "xl/webextensions/taskpanes.xml", kind, relation, body.as_bytes());
    }),
    ("relation-unknown", |book, c| {
        let relation = format!("http://schemas.example.com/{c}");
        part(book, BOOK, "xl/other.bin", "application/octet-stream", &relation, c.as_bytes());
    }),
    ("picture-linked", |book, c| {
        let target = format!("http://{c}.example/x.png");
        book.package.relate_out(SHEET, "rIdX", "image", &target);
        book.sheet.extend(record(562, &string("rIdX")));
    }),
];

/// Records of the workbook and the sheet.
const RECORDS: &[Named] = &[
    ("name-auto-open", |book, c| {
        let tokens = call(110 | 0x8000, c);
        book.names.extend(name(0x2a, "_xlnm.Auto_Open", &tokens, ""));
    }),
    ("name-auto-open-plain", |book, c| {
        book.names.extend(name(0, &format!("Auto_Open{c}"), &[0x1c, 0x1d], ""));
    }),
    ("name-auto-close", |book, c| {
        book.names.extend(name(0x01, "_xlnm.Auto_Close", &text(c), ""));
    }),
    ("name-macro", |book, c| book.names.extend(name(0x0a, c, &[0x1c, 0x1d], ""))),
    ("table-connection", |book, c| {
        let path = "xl/tables/table1.bin";
        let mut body = [area(), vec![3, 0, 0, 0], vec![0; 40], vec![9, 0, 0, 0]].concat();
        body.extend([string("T"), string("T"), string("")].concat());
        let list = [record(343, &body), record(344, &[])].concat();
        book.package.part(path, &format!("{TYPE}table"), list);
        book.package.relate(SHEET, "rIdX", "table", "../tables/table1.bin");
        let target = format!("/xl/queryTables/{c}.bin");
        book.package.relate(path, "rId1", "queryTable", &target);
        book.sheet.extend([record(660, &[1, 0, 0, 0]), record(661, &string("rIdX"))].concat());
        book.sheet.extend(record(662, &[]));
    }),
    ("link-place-share", |book, c| {
        book.sheet.extend(link("", &format!("\\\\{c}.example\\x.exe"), ""));
    }),
    ("link-place-script", |book, c| book.sheet.extend(link("", &format!("javascript:{c}"), ""))),
    ("link-place-book", |book, c| {
        book.sheet.extend(link("", &format!("'[\\\\{c}.example\\x.xls]S'!A1"), ""));
    }),
    ("link-dangling", |book, c| book.sheet.extend(link(c, "", ""))),
    ("code-name", |book, c| {
        book.head.extend(record(153, &[&[0; 8][..], &string(c)].concat()));
    }),
    ("code-name-sheet", |book, c| {
        let mut body = vec![0; 3 + 8];
        body.extend([0xff; 8]);
        body.extend(string(c));
        book.sheet_head.extend(record(147, &body));
    }),
    ("file-sharing", |book, c| {
        let body = [&[0; 4][..], &string(c)].concat();
        book.head.extend(record(548, &body));
    }),
    ("absolute-path", |book, c| {
        let path = record(2071, &string(&format!("C:\\Users\\{c}\\")));
        book.head.extend([record(37, &[1, 0, 0, 0x0f]), path, record(38, &[])].concat());
    }),
    ("newer-block", |book, c| {
        let inside = record(1025, &string(c));
        book.sheet.extend([record(35, &[0; 4]), inside, record(36, &[])].concat());
    }),
    ("unknown-record", |book, c| book.head.extend(record(9000, c.as_bytes()))),
    ("unknown-sheet-record", |book, c| book.sheet.extend(record(9000, c.as_bytes()))),
    ("web-publish", |book, c| {
        book.head.extend(record(553, &string(&format!("\\\\{c}.example\\x.htm"))));
    }),
    ("smart-tag", |book, c| book.sheet.extend(record(592, &string(c)))),
];

/// Bytes beside the records and inside of fixed ones.
const HIDDEN: &[Named] = &[
    ("book-tail", |book, c| book.book_tail = c.into()),
    ("sheet-tail", |book, c| book.sheet_tail = c.into()),
    ("sheet-tail-record", |book, c| book.sheet_tail = record(0, c.as_bytes())),
    ("strings-tail", |book, c| book.strings_tail = c.into()),
    ("slack-empty-record", |book, c| book.sheet.extend(record(130, c.as_bytes()))),
    ("slack-size", |book, c| {
        book.sheet_head.extend(record(148, &[&[0; 16][..], c.as_bytes()].concat()));
    }),
    ("slack-cell", |book, c| {
        book.cells.extend(record(1, &[&cell(5)[..], c.as_bytes()].concat()));
    }),
    ("slack-formula", |book, c| {
        let body = [&cell(5)[..], &[0; 10], &formula(&[0x1e, 1, 0]), c.as_bytes()].concat();
        book.cells.extend(record(9, &body));
    }),
    ("slack-formula-data", |book, c| {
        let size = u32::try_from(c.len()).expect("short").to_le_bytes();
        let tokens = [&[3, 0, 0, 0, 0x1e, 1, 0][..], &size, c.as_bytes()].concat();
        book.cells.extend(record(9, &[&cell(5)[..], &[0; 10], &tokens].concat()));
    }),
    ("slack-link", |book, c| {
        let texts = ["rIdWeb", "", "", ""].map(string).concat();
        book.sheet.extend(record(494, &[&[0; 16][..], &texts, c.as_bytes()].concat()));
    }),
    ("slack-name", |book, c| {
        let mut body = [&[0; 5][..], &[0xff; 4], &string("n"), &formula(&[0x1e, 1, 0])].concat();
        body.extend(u32::MAX.to_le_bytes());
        body.extend(c.as_bytes());
        book.names.extend(record(39, &body));
    }),
    ("slack-sheet-entry", |book, c| {
        let head = [0_u32, 2].map(u32::to_le_bytes).concat();
        let body = [head, string("rId1"), string("S2"), c.into()].concat();
        book.sheets.extend(record(156, &body));
    }),
    ("slack-style", |book, c| {
        let styles = [record(615, &[&1_u32.to_le_bytes()[..], c.as_bytes()].concat())];
        book.styles.extend(styles.concat());
    }),
    ("slack-merge", |book, c| {
        let range = [1_u32, 1, 2, 3].map(u32::to_le_bytes).concat();
        let list = [
            record(177, &1_u32.to_le_bytes()),
            record(176, &[range, c.into()].concat()),
            record(178, &[]),
        ];
        book.sheet.extend(list.concat());
    }),
];

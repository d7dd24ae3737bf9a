//! Vectors of plain text and tables: formulas a spreadsheet would run, and
//! characters that hide or command.

use crate::case::{Case, Expect, canary};

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (extension, separator) in [("csv", ','), ("tsv", '\t')] {
        for (encoding, encode) in ENCODINGS {
            let sample = rows(
                separator,
                "金額",
                &["-1234", "+81-3-1234-5678", "-1,234.50", "③番", "03-1234-5678", "＋１", "-"],
            );
            let id = format!("{extension}-twin{encoding}");
            let wanted = ["1234", "+81-3-1234-5678", "03-1234-5678"];
            let wanted: &[&str] = if encoding.contains("utf16") { &wanted[..1] } else { &wanted };
            cases.push(Case::twin(&id, extension, encode(&sample), wanted));
            for (name, cell) in CELLS {
                cases.push(formula_case(extension, separator, name, cell, encoding, *encode));
            }
        }
    }
    for (name, text) in CONTROLS {
        let id = format!("txt-{name}");
        let canary = canary(&id);
        let planted = text.replace("{}", &canary);
        let marker = planted.clone();
        let case = Case::gone(&id, "txt", |_| format!("お知らせ\r\n{planted}\r\n").into_bytes());
        cases.push(Case { expect: Expect::Inert(vec![marker]), ..case });
    }
    for (encoding, encode) in ENCODINGS {
        let text = "お知らせ\r\n関所の検査用文書です。髙﨑①㈱～\r\n".to_owned();
        cases.push(Case::twin(&format!("txt-twin{encoding}"), "txt", encode(&text), &[]));
    }
    cases
}

type Encode = fn(&str) -> Vec<u8>;

const ENCODINGS: &[(&str, Encode)] = &[
    ("", |text| text.as_bytes().to_vec()),
    ("+bom", |text| ["\u{feff}".as_bytes(), text.as_bytes()].concat()),
    ("+cp932", |text| encoding_rs::SHIFT_JIS.encode(text).0.into_owned()),
    ("+eucjp", |text| encoding_rs::EUC_JP.encode(text).0.into_owned()),
    ("+utf16le", |text| {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }),
    ("+utf16be", |text| {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
    }),
];

/// Cells that a spreadsheet would calculate; `{}` is the canary.
const CELLS: &[(&str, &str)] = &[
    ("dde", "=cmd|'/c {}'!A1"),
    ("plus", "+cmd|'/c {}'!A1"),
    ("minus", "-2+3+cmd|'/c {}'!A1"),
    ("at", "@SUM(1+1)*cmd|'/c {}'!A1"),
    ("wide-equals", "＝cmd|'/c {}'!A1"),
    ("wide-plus", "＋cmd|'/c {}'!A1"),
    ("wide-at", "＠SUM({})"),
    ("space", " =cmd|'/c {}'!A1"),
    ("wide-space", "　=cmd|'/c {}'!A1"),
    ("nbsp", "\u{a0}=cmd|'/c {}'!A1"),
    ("webservice", "=WEBSERVICE(A1&{})"),
    ("hyperlink", "=HYPERLINK({};A1)"),
    ("importxml", "=IMPORTXML({};A1)"),
    ("negative-formula", "-1+WEBSERVICE({})"),
    ("percent", "=1%+{}"),
];

fn rows(separator: char, head: &str, cells: &[&str]) -> String {
    let mut out = format!("氏名{separator}{head}\r\n");
    for cell in cells {
        let quoted = cell.contains(separator) || cell.contains('"');
        let cell = if quoted { format!("\"{cell}\"") } else { (*cell).to_owned() };
        out.push_str(&format!("ZZ{separator}{cell}\r\n"));
    }
    out
}

fn formula_case(
    extension: &str,
    separator: char,
    name: &str,
    cell: &str,
    encoding: &str,
    encode: Encode,
) -> Case {
    let id = format!("{extension}-{name}");
    let canary = canary(&id);
    let cell = cell.replace("{}", &canary);
    let bytes = encode(&rows(separator, "備考", &[&cell]));
    // What must not stand right after the separator, quoted or not.
    let bare = cell.trim_start_matches([' ', '　', '\u{a0}']);
    let head: String = bare.chars().take(6).collect();
    let mut markers = Vec::new();
    for lead in ["", " ", "\"", "\" ", "　", "\u{a0}", "\"　", "\t", "\"\""] {
        markers.push(format!("ZZ{separator}{lead}{head}"));
        markers.push(format!("\"ZZ\"{separator}{lead}{head}"));
    }
    let case = Case::gone(&format!("{id}{encoding}"), extension, |_| bytes);
    Case { canary, expect: Expect::Inert(markers), ..case }
}

/// Characters that act or hide in plain text.
const CONTROLS: &[(&str, &str)] = &[
    ("escape", "\u{1b}]0;{}\u{7}"),
    ("escape-colour", "\u{1b}[31m{}"),
    ("nul", "x\0{}"),
    ("backspace", "x\u{8}\u{8}{}"),
    ("bidi-override", "\u{202e}{}\u{202c}"),
    ("bidi-isolate", "\u{2066}{}\u{2069}"),
    ("tags", "\u{e0041}{}\u{e007f}"),
];

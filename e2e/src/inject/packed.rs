//! Vectors of 7z, LZH and Cabinet archives: hostile members, hostile names,
//! archives in archives, and bytes beside the members.

use super::{docx, mail};
use crate::case::Case;
use crate::make::ole::{compound, program};
use crate::make::package::Package;
use crate::make::packed::{Item, Packed};
use crate::make::pdf::{Layout, PAGE_TEXT, Pdf};
use crate::make::xml::Wording;
use crate::make::zip::Zip;

/// A kind of archive: its extension, how it is written, how it stores a name.
struct Kind {
    extension: &'static str,
    write: fn(&Packed) -> Vec<u8>,
    stored: fn(&str) -> Vec<u8>,
    /// Attributes of a symbolic link and of a device.
    special: Option<[u32; 2]>,
}

const KINDS: [Kind; 3] = [
    Kind {
        extension: "7z",
        write: Packed::seven_zip,
        stored: |name| name.into(),
        special: Some([0xa1ff_8000, 0x21ff_8000]),
    },
    Kind {
        extension: "lzh",
        write: Packed::lzh,
        stored: cp932,
        special: Some([0o120_777, 0o020_666]),
    },
    Kind { extension: "cab", write: Packed::cabinet, stored: cp932, special: None },
];

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in &KINDS {
        cases.extend(twins(kind));
        cases.extend(members(kind));
        cases.extend(names(kind));
        cases.extend(hidden(kind));
        cases.extend(nested(kind));
    }
    cases.push(Case::twin("cab-twin+deflated", "cab", deflated(&[("memo.txt", LINE)]), &[TEXT]));
    cases.push(Case::gone("cab-program+deflated", "cab", |c| {
        deflated(&[("memo.txt", LINE), ("a.exe", &program(c))])
    }));
    cases
}

const TEXT: &str = "Line 0123";
const LINE: &[u8] = TEXT.as_bytes();

fn twins(kind: &Kind) -> Vec<Case> {
    let extension = kind.extension;
    let document = docx::base().write(Wording::Plain);
    let pdf = Pdf::page().write(Layout::Plain);
    let full =
        packed(kind, &[("申請書.docx", &document), ("図面/図.pdf", &pdf), ("memo.txt", LINE)]);
    let bare = packed(kind, &[("memo.txt", LINE)]);
    vec![
        Case::twin(&format!("{extension}-twin"), extension, full, &[super::SENTENCE, TEXT]),
        Case::twin(&format!("{extension}-twin+bare"), extension, bare, &[TEXT]),
        Case::twin(
            &format!("{extension}-twin+nested"),
            extension,
            packed(kind, &[("a.zip", &Zip::of(&[("図.pdf", &pdf)]).write())]),
            &[PAGE_TEXT],
        ),
    ]
}

/// Members that are hostile by what they are, alone and beside a text.
fn members(kind: &Kind) -> Vec<Case> {
    let extension = kind.extension;
    let mut cases = Vec::new();
    for (name, file, make) in MEMBERS {
        cases.push(Case::gone(&format!("{extension}-{name}"), extension, |c| {
            packed(kind, &[("memo.txt", LINE), (file, &make(c))])
        }));
        cases.push(Case::gone(&format!("{extension}-{name}+alone"), extension, |c| {
            packed(kind, &[(file, &make(c))])
        }));
    }
    if let Some(modes) = kind.special {
        for (name, mode) in ["symlink", "device"].into_iter().zip(modes) {
            cases.push(Case::gone(&format!("{extension}-{name}"), extension, |c| {
                let mut packed = Packed::of(&[("memo.txt", LINE)]);
                let link = Item { attributes: mode, ..Item::new("link", format!("/etc/{c}")) };
                packed.items.push(link);
                (kind.write)(&packed)
            }));
        }
    }
    cases
}

/// Names that lead out of the folder, or that hide what the member is.
fn names(kind: &Kind) -> Vec<Case> {
    let extension = kind.extension;
    let mut cases = Vec::new();
    for (name, file) in PATHS {
        // The name itself may stay as text, its way out may not.
        cases.push(Case::inert(
            &format!("{extension}-{name}"),
            extension,
            &["../", "..\\", "C:\\", "\\\\{}"],
            |c| packed(kind, &[("memo.txt", LINE), (&file.replace("{}", c), LINE)]),
        ));
        cases.push(Case::gone(&format!("{extension}-{name}-program"), extension, |c| {
            packed(kind, &[("memo.txt", LINE), (&file.replace("{}", c), &program(c))])
        }));
    }
    // CP932 has no such character; a Cabinet may say that a name is UTF-8.
    match extension {
        "cab" => cases.push(Case::inert("cab-bidi-name", extension, &["\u{202e}"], |c| {
            let mut packed = Packed::of(&[("memo.txt", LINE)]);
            let name = format!("{c}\u{202e}txt.exe");
            packed.items.push(Item { attributes: 0x80, ..Item::new(name, LINE) });
            packed.cabinet()
        })),
        "7z" => cases.push(Case::gone("7z-bidi-program", extension, |c| {
            packed(kind, &[("memo.txt", LINE), (&format!("{c}\u{202e}txt.exe"), &program(c))])
        })),
        _ => {}
    }
    for (name, file) in [("configuration", "desktop.ini"), ("autorun", "AutoRun.inf")] {
        cases.push(Case::gone(&format!("{extension}-{name}"), extension, |c| {
            packed(kind, &[("memo.txt", LINE), (file, format!("open={c}.exe\r\n").as_bytes())])
        }));
    }
    cases
}

/// Bytes beside the members.
fn hidden(kind: &Kind) -> Vec<Case> {
    let extension = kind.extension;
    let mut cases = Vec::new();
    for (name, plant) in HIDDEN.iter().filter(|(name, _)| extension != "lzh" || *name != "unowned")
    {
        cases.push(Case::gone(&format!("{extension}-{name}"), extension, |c| {
            let mut packed = Packed::of(&[("memo.txt", LINE)]);
            plant(&mut packed, c);
            (kind.write)(&packed)
        }));
    }
    cases
}

/// Archives of each kind in archives of each kind, and in a ZIP.
fn nested(kind: &Kind) -> Vec<Case> {
    let extension = kind.extension;
    let mut cases = Vec::new();
    for inner in &KINDS {
        let file = format!("inner.{}", inner.extension);
        let id = format!("{extension}-with-{}-macro", inner.extension);
        cases.push(Case::gone(&id, extension, |c| {
            packed(kind, &[(&file, &packed(inner, &[("a.docm", &macro_document(c))]))])
        }));
        let id = format!("{extension}-with-{}-program", inner.extension);
        cases.push(Case::gone(&id, extension, |c| {
            let inside = packed(inner, &[("memo.txt", LINE), ("a.exe", &program(c))]);
            packed(kind, &[(&file, &inside)])
        }));
    }
    let file = format!("inner.{extension}");
    cases.push(Case::gone(&format!("zip-with-{extension}-shortcut"), "zip", |c| {
        Zip::of(&[(&file, &packed(kind, &[("memo.txt", LINE), ("a.lnk", &shortcut(c))]))]).write()
    }));
    cases
}

fn packed(kind: &Kind, items: &[(&str, &[u8])]) -> Vec<u8> {
    let items = items.iter().map(|(name, data)| Item::new((kind.stored)(name), *data)).collect();
    (kind.write)(&Packed { items, ..Packed::default() })
}

fn deflated(items: &[(&str, &[u8])]) -> Vec<u8> {
    Packed { is_deflated: true, ..Packed::of(items) }.cabinet()
}

fn cp932(name: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(name).0.into_owned()
}

type Member = (&'static str, &'static str, fn(&str) -> Vec<u8>);

const MEMBERS: &[Member] = &[
    ("program", "a.exe", program),
    ("program-as-docx", "申請書.docx", program),
    ("program-as-text", "a.txt", program),
    ("shortcut", "a.lnk", shortcut),
    ("script", "a.vbs", |c| format!("CreateObject(\"x\").Run \"{c}\"\r\n").into_bytes()),
    ("command", "a.bat", |c| format!("@echo off\r\nstart {c}\r\n").into_bytes()),
    ("macro-document", "a.docm", macro_document),
    ("macro-as-docx", "a.docx", macro_document),
    ("active-pdf", "a.pdf", |c| {
        let mut pdf = Pdf::page();
        pdf.catalog(&format!("/OpenAction<</S/JavaScript/JS({c})>>"));
        pdf.write(Layout::Plain)
    }),
    ("active-html", "a.html", |c| {
        format!("<html><script>{c}</script><p>x</p></html>").into_bytes()
    }),
    ("mail", "a.eml", |c| {
        format!(
            "From: a@example.jp\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=a.exe\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            mail::base64(&program(c))
        )
        .into_bytes()
    }),
    ("installer", "a.msi", |c| {
        compound(Some("000c1084-0000-0000-c000-000000000046"), &[("x", c.as_bytes())])
    }),
];

/// A macro document, as far as a package tells.
pub fn macro_document(canary: &str) -> Vec<u8> {
    let mut package: Package = docx::base();
    package.part("word/vbaProject.bin", "application/vnd.ms-office.vbaProject", canary);
    package.relate(
        "word/document.xml",
        "rIdX",
        "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
        "vbaProject.bin",
    );
    package.write(Wording::Plain)
}

/// A Windows shortcut, as far as its first bytes tell.
pub fn shortcut(canary: &str) -> Vec<u8> {
    let head = b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x81\0\0\0";
    [head, &[0; 52][..], canary.as_bytes()].concat()
}

const PATHS: &[(&str, &str)] = &[
    ("climb", "../../{}.txt"),
    ("climb-back", "..\\..\\{}.txt"),
    ("climb-inside", "a/../../{}.txt"),
    ("rooted", "/etc/../{}.txt"),
    ("drive", "C:\\Windows\\{}.txt"),
    ("share", "\\\\{}.example\\share\\x.txt"),
];

const HIDDEN: &[(&str, fn(&mut Packed, &str))] = &[
    ("after", |p, c| p.after = c.into()),
    ("after-program", |p, c| p.after = program(c)),
    ("after-zip", |p, c| p.after = Zip::of(&[("a.exe", &program(c))]).write()),
    ("between", |p, c| p.between = c.into()),
    ("reserve", |p, c| p.reserve = c.into()),
    ("unowned", |p, c| p.unowned = c.into()),
    ("duplicate-program", |p, c| p.items.push(Item::new("memo.txt", program(c)))),
];

//! RTF vectors: objects, fields, templates, pictures, hidden destinations, and
//! the spellings that readers accept.

use super::SENTENCE;
use crate::case::{Case, Make};
use crate::make::ole::packaged;
use crate::make::picture;

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::twin("rtf-twin", "rtf", document(""), &["Line 0123"]),
        Case::twin("rtf-twin+doc", "doc", document(""), &["Line 0123"]),
    ];
    for (name, make) in VECTORS {
        for (suffix, extension) in [("", "rtf"), ("+doc", "doc")] {
            let mut case = Case::gone(&format!("rtf-{name}{suffix}"), extension, |canary| {
                document(&make(canary))
            });
            // A group in the middle of the digits: only an RTF reader joins them.
            case.is_veiled = *name == "object-split";
            cases.push(case);
        }
    }
    for (name, make) in RAW {
        cases.push(Case::gone(&format!("rtf-{name}"), "rtf", make));
    }
    cases
}

/// A document of two paragraphs with `extra` between them.
fn document(extra: &str) -> Vec<u8> {
    format!(
        "{{\\rtf1\\ansi\\ansicpg932\\deff0{{\\fonttbl{{\\f0\\fnil\\fcharset128 MS Gothic;}}}}\\pard\\f0 {}\\par\n{extra}\\pard end\\par\n}}",
        unicode(SENTENCE)
    )
    .into_bytes()
}

fn unicode(text: &str) -> String {
    let unit = |unit: u16| match char::from_u32(unit.into()) {
        Some(letter) if letter.is_ascii() => letter.to_string(),
        _ => format!("\\u{}?", unit.cast_signed()),
    };
    text.encode_utf16().map(unit).collect()
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn object(kind: &str, class: &str, data: &[u8]) -> String {
    format!(
        "{{\\object{kind}{{\\*\\objclass {class}}}{{\\*\\objdata {}}}{{\\result{{\\pard x}}}}}}",
        hex(data)
    )
}

type Named = (&'static str, fn(&str) -> String);

const VECTORS: &[Named] = &[
    ("object-embedded", |c| {
        object("\\objemb\\objw100\\objh100", "Package", &packaged("a.exe", c.as_bytes()))
    }),
    ("object-link", |c| {
        object("\\objautlink\\objupdate\\rsltpict", "Word.Document.8", c.as_bytes())
    }),
    ("object-control", |c| object("\\objocx", "Forms.HTML:Hidden.1", c.as_bytes())),
    ("object-html", |c| object("\\objhtml", "htmlfile", c.as_bytes())),
    ("object-equation", |c| object("\\objemb", "Equation.3", c.as_bytes())),
    ("object-class", |c| {
        format!("{{\\object\\objemb{{\\*\\objclass {c}}}{{\\*\\objname {c}}}{{\\*\\objdata 00}}}}")
    }),
    ("object-spaced", |c| {
        let spaced: String =
            c.bytes().map(|byte| format!("{:x}\n{:x} ", byte >> 4, byte & 15)).collect();
        format!("{{\\object\\objemb{{\\*\\objdata {spaced}}}}}")
    }),
    ("object-split", |c| {
        let data = hex(c.as_bytes());
        let (head, tail) = data.split_at(10);
        format!("{{\\object\\objemb{{\\*\\objdata {head}{{\\*\\junk}}{tail}}}}}")
    }),
    ("object-binary", |c| format!("{{\\object\\objemb{{\\*\\objdata \\bin{} {c}}}}}", c.len())),
    ("object-unclosed", |c| {
        format!("{{\\object\\objemb\\objupdate{{\\*\\objdata {}", hex(c.as_bytes()))
    }),
    ("object-starless", |c| format!("{{\\object\\objemb{{\\objdata {}}}}}", hex(c.as_bytes()))),
    ("field-dde", |c| field(&format!("DDEAUTO cmd \"/k {c}\""))),
    ("field-include", |c| field(&format!("INCLUDEPICTURE \"http://{c}.example/x.png\" \\\\d"))),
    ("field-link", |c| {
        field(&format!("LINK Word.Document.8 \"http://{c}.example/x\" \"\" \\\\a \\\\f 0"))
    }),
    ("field-script", |c| field(&format!("HYPERLINK \"javascript:{c}\""))),
    ("field-file", |c| field(&format!("HYPERLINK \"file://{c}.example/x.exe\""))),
    ("field-split", |c| {
        format!("{{\\field{{\\*\\fldinst {{DDE}}{{AUTO }}{{cmd {c}}}}}{{\\fldrslt x}}}}")
    }),
    ("field-hex", |c| {
        let escaped: String =
            format!("DDEAUTO cmd {c}").bytes().map(|byte| format!("\\'{byte:02x}")).collect();
        format!("{{\\field{{\\*\\fldinst {escaped}}}{{\\fldrslt x}}}}")
    }),
    ("template", |c| format!("{{\\*\\template http://{c}.example/x.dotm}}")),
    ("template-unicode", |c| {
        format!(
            "{{\\*\\template {}}}",
            c.bytes()
                .map(|b| format!("\\u-{}?", 65536 - 0xf000 - u32::from(b)))
                .collect::<String>()
                + c
        )
    }),
    ("mail-merge", |c| {
        format!(
            "{{\\*\\mailmerge\\mmlinktoquery{{\\*\\mmconnectstr {c}}}{{\\*\\mmquery {c}}}{{\\*\\mmdatasource {c}}}}}"
        )
    }),
    ("info", |c| {
        format!("{{\\info{{\\author {c}}}{{\\operator {c}}}{{\\company {c}}}{{\\doccomm {c}}}}}")
    }),
    ("user-properties", |c| {
        format!("{{\\*\\userprops{{\\propname x}}\\proptype30{{\\staticval {c}}}}}")
    }),
    ("datastore", |c| format!("{{\\*\\datastore {}}}", hex(c.as_bytes()))),
    ("theme", |c| format!("{{\\*\\themedata {}}}", hex(c.as_bytes()))),
    ("unknown-destination", |c| format!("{{\\*\\skunknown {c}}}")),
    ("font-embedded", |c| {
        format!("{{\\*\\fontemb\\fttruetype {{\\*\\fontfile {c}}}{}}}", hex(c.as_bytes()))
    }),
    ("picture-wmf", |c| {
        format!("{{\\pict\\wmetafile8\\picw100\\pich100 {}}}", hex(&picture::wmf(c)[22..]))
    }),
    ("picture-emf", |c| format!("{{\\pict\\emfblip\\picw100\\pich100 {}}}", hex(&picture::emf(c)))),
    ("picture-png", |c| {
        format!(
            "{{\\pict\\pngblip\\picw64\\pich48 {}}}",
            hex(&picture::png_with(b"tEXt", format!("Comment\0{c}").as_bytes(), b"IDAT"))
        )
    }),
    ("picture-jpeg", |c| {
        format!(
            "{{\\pict\\jpegblip\\picw64\\pich48 {}}}",
            hex(&picture::jpeg_with(0xe1, &picture::exif(c)))
        )
    }),
    ("picture-mac", |c| format!("{{\\pict\\macpict\\picw64\\pich48 {}}}", hex(c.as_bytes()))),
    ("picture-lie", |c| format!("{{\\pict\\pngblip {}}}", hex(c.as_bytes()))),
    ("shape-link", |c| {
        format!(
            "{{\\shp{{\\*\\shpinst{{\\sp{{\\sn pib}}{{\\sv {{\\pict}}}}}}{{\\sp{{\\sn pibName}}{{\\sv http://{c}.example/x.png}}}}{{\\sp{{\\sn pibFlags}}{{\\sv 10}}}}{{\\sp{{\\sn hlink}}{{\\sv {{\\hl{{\\hlsrc file://{c}.example}}}}}}}}}}}}"
        )
    }),
    ("html-inside", |c| format!("{{\\*\\htmltag84 <script>{c}</script>}}")),
    ("protected-user", |c| format!("{{\\*\\protusertbl{{{c}}}}}")),
    ("xml-namespace", |c| format!("{{\\*\\xmlnstbl{{\\xmlns1 http://{c}.example/}}}}")),
    ("file-table", |c| format!("{{\\*\\filetbl{{\\file\\fid0 \\\\\\\\{c}.example\\\\x}}}}")),
    ("next-file", |c| format!("{{\\*\\nextfile {c}}}")),
    ("generator", |c| format!("{{\\*\\generator {c};}}")),
    ("form-macro", |c| {
        format!(
            "{{\\field{{\\*\\fldinst FORMTEXT{{\\*\\formfield{{\\fftype0{{\\*\\ffname x}}{{\\*\\ffentrymcr {c}}}{{\\*\\ffexitmcr {c}}}}}}}}}{{\\fldrslt x}}}}"
        )
    }),
    ("docvar", |c| format!("{{\\*\\docvar {{x}}{{{c}}}}}")),
    ("password-hash", |c| format!("{{\\*\\passwordhash {}}}", hex(c.as_bytes()))),
];

fn field(code: &str) -> String {
    format!("{{\\field\\flddirty{{\\*\\fldinst {code}}}{{\\fldrslt x}}}}")
}

const RAW: &[(&str, Make)] = &[
    ("header-short", |c| format!("{{\\rt{{\\*\\skunknown {c}}} Line 0123\\par}}").into_bytes()),
    ("header-space", |c| format!("  {{\\rtf1{{\\*\\skunknown {c}}} Line 0123\\par}}").into_bytes()),
    ("after-end", |c| [&document("")[..], c.as_bytes()].concat()),
    ("after-end-object", |c| {
        [&document("")[..], object("\\objemb", "Package", c.as_bytes()).as_bytes()].concat()
    }),
];

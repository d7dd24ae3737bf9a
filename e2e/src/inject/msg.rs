//! Outlook message vectors: attachments of every way of storing, active bodies
//! in HTML and RTF, properties that call out, and what stands beside them.

use super::packed::{macro_document, shortcut};
use super::{docx, mail};
use crate::case::Case;
use crate::make::msg::{ATTACHMENT, INNER, Msg, RECIPIENT};
use crate::make::ole::{compound, packaged, program};
use crate::make::packed::Packed;
use crate::make::pdf::{Layout, Pdf};
use crate::make::xml::Wording;
use crate::make::zip::Zip;

const SUBJECT: u32 = 0x0037;
const BODY: u32 = 0x1000;
const HTML: u32 = 0x1013_0102;
const RTF: u32 = 0x1009_0102;
const DATA: u32 = 0x3701_0102;
const METHOD: u32 = 0x3705;
const FILE_NAME: u32 = 0x3707;

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let mut cases = twins();
    for (name, file, make) in FILES {
        cases.push(gone(name, |msg, c| attach(msg, file, &make(c))));
    }
    for (name, file, make) in FILES {
        // The same, in a message inside the message.
        let id = format!("inner-{name}");
        cases.push(gone(&id, |msg, c| {
            inner(msg);
            let storage = format!("{INNER}/{ATTACHMENT}");
            msg.number(&storage, METHOD, 1).text(&storage, FILE_NAME, file);
            msg.value(&storage, DATA, make(c));
        }));
    }
    for (name, markup) in mail::HTML.iter().chain(MARKUP) {
        cases.push(gone(&format!("html-{name}"), |msg, c| html(msg, &markup.replace("{}", c))));
        cases.push(gone(&format!("rtf-html-{name}"), |msg, c| {
            wrapped_html(msg, &markup.replace("{}", c));
        }));
    }
    for (index, scheme) in docx::SCHEMES.iter().enumerate() {
        cases.push(gone(&format!("link-scheme{index:02}"), |msg, c| {
            let target = scheme.replace("{}", c).replace('"', "&quot;");
            html(msg, &format!("<a href=\"{target}\">押す</a>"));
        }));
    }
    for (name, rtf) in RICH {
        cases.push(gone(&format!("rtf-{name}"), |msg, c| {
            let body = rtf.replace("{hex}", &hex(c)).replace("{}", c);
            rich(msg, &format!("{{\\rtf1\\ansi Line 0123\\par {body}}}"));
        }));
    }
    for (name, plant) in PROPERTIES {
        cases.push(gone(name, *plant));
    }
    cases
}

fn twins() -> Vec<Case> {
    let document = docx::base().write(Wording::Plain);
    let twin = |name: &str, plant: fn(&mut Msg, &[u8]), sentences: &[&str]| {
        let mut msg = base();
        plant(&mut msg, &document);
        Case::twin(&format!("msg-twin{name}"), "msg", msg.write(), sentences)
    };
    vec![
        twin("", |_, _| {}, &["Line 0123"]),
        twin("+attachment", |msg, data| attach(msg, "申請書.docx", data), &["Line 0123"]),
        twin("+html", |msg, _| html(msg, "<p>Line 4567</p>"), &["Line 4567"]),
        twin("+rtf-html", |msg, _| wrapped_html(msg, "<p>Line 4567</p>"), &["Line 4567"]),
        twin(
            "+rtf",
            |msg, _| {
                *msg = bare();
                rich(msg, "{\\rtf1\\ansi Line 4567\\par}");
            },
            &["Line 4567"],
        ),
        twin("+inner", |msg, _| inner(msg), &["Line 0123", "Line 8901"]),
    ]
}

fn gone(name: &str, plant: impl FnOnce(&mut Msg, &str)) -> Case {
    Case::gone(&format!("msg-{name}"), "msg", |canary| {
        let mut msg = base();
        plant(&mut msg, canary);
        msg.write()
    })
}

/// A message without a body.
fn bare() -> Msg {
    let mut msg = Msg::default();
    msg.text("", 0x001a, "IPM.Note").text("", SUBJECT, "会議の件");
    msg.text("", 0x0c1a, "山田").text("", 0x5d01, "yamada@a.example.jp");
    msg.number(RECIPIENT, 0x0c15, 1);
    msg.text(RECIPIENT, 0x3001, "佐藤").text(RECIPIENT, 0x39fe, "sato@b.example.jp");
    msg
}

fn base() -> Msg {
    let mut msg = bare();
    msg.text("", BODY, "Line 0123\r\n");
    msg
}

fn attach(msg: &mut Msg, file: &str, data: &[u8]) {
    msg.number(ATTACHMENT, METHOD, 1).text(ATTACHMENT, FILE_NAME, file);
    msg.value(ATTACHMENT, DATA, data);
}

fn inner(msg: &mut Msg) {
    msg.number(ATTACHMENT, METHOD, 5).text(ATTACHMENT, 0x3001, "内側");
    msg.text(INNER, SUBJECT, "内側").text(INNER, BODY, "Line 8901\r\n");
}

fn html(msg: &mut Msg, body: &str) {
    msg.number("", 0x3fde, 65001);
    msg.value("", HTML, format!("<html><body>{body}</body></html>"));
}

/// Stored rather than packed ([MS-OXRTFCP] 2.1.3.1.1), so that it is seen.
fn rich(msg: &mut Msg, rtf: &str) {
    let size = u32::try_from(rtf.len()).expect("made bodies are small");
    let mut value = (size + 12).to_le_bytes().to_vec();
    value.extend(size.to_le_bytes());
    value.extend(b"MELA\0\0\0\0");
    value.extend(rtf.as_bytes());
    msg.value("", RTF, value);
}

/// HTML in RTF, as Outlook keeps it ([MS-OXRTFEX] 2.1.3).
fn wrapped_html(msg: &mut Msg, body: &str) {
    let body = body.replace('\\', "\\\\").replace('{', "\\{").replace('}', "\\}");
    rich(
        msg,
        &format!(
            "{{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{{\\fonttbl{{\\f0 Arial;}}}}\
             {{\\*\\htmltag19 <html>}}{{\\*\\htmltag50 <body>}}{{\\*\\htmltag64 {body}}}\
             \\htmlrtf \\par \\htmlrtf0 {{\\*\\htmltag58 </body>}}{{\\*\\htmltag27 </html>}}}}"
        ),
    );
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

type Attached = (&'static str, &'static str, fn(&str) -> Vec<u8>);

const FILES: &[Attached] = &[
    ("program", "invoice.exe", program),
    ("program-as-docx", "申請書.docx", program),
    ("program-spaces", "invoice.pdf                    .exe", program),
    ("shortcut", "a.lnk", shortcut),
    ("script", "a.js", |c| format!("WScript.Echo('{c}')").into_bytes()),
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
    ("zip-program", "a.zip", |c| Zip::of(&[("a.exe", &program(c))]).write()),
    ("seven-zip-program", "a.7z", |c| Packed::of(&[("a.exe", &program(c))]).seven_zip()),
    ("file-object", "a.doc", |c| packaged("a.exe", c.as_bytes())),
    ("file-message", "a.msg", |c| {
        let mut msg = base();
        attach(&mut msg, "a.exe", &program(c));
        msg.write()
    }),
    ("file-mail", "a.eml", |c| {
        format!(
            "From: a@example.jp\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=a.exe\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            mail::base64(&program(c))
        )
        .into_bytes()
    }),
    ("file-tnef", "winmail.dat", |c| [b"\x78\x9f\x3e\x22\x01\0", c.as_bytes()].concat()),
    ("file-installer", "a.msi", |c| {
        compound(Some("000c1084-0000-0000-c000-000000000046"), &[("x", c.as_bytes())])
    }),
];

/// HTML beyond what the other mail has.
const MARKUP: &[(&str, &str)] = &[
    ("object", "<object data=\"http://{}.example/x\"></object>"),
    ("frame", "<iframe src=\"http://{}.example/\"></iframe>"),
    ("share-image", "<img src=\"\\\\{}.example\\share\\x.png\">"),
    ("share-image-file", "<img src=\"file://{}.example/share/x.png\">"),
    ("vector-image", "<v:imagedata src=\"http://{}.example/x.png\"></v:imagedata>"),
    ("background", "<table background=\"http://{}.example/x.png\"><tr><td>x</td></tr></table>"),
    ("style-url", "<p style=\"background:url(http://{}.example/x)\">x</p>"),
    ("link-style", "<link rel=stylesheet href=\"http://{}.example/x.css\">"),
    ("conditional", "<!--[if gte mso 9]><xml><o:OLEObject>{}</o:OLEObject></xml><![endif]-->"),
    ("base", "<base href=\"http://{}.example/\">"),
    ("svg", "<svg onload=\"{}\"></svg>"),
    ("data-link", "<a href=\"data:text/html,{}\">x</a>"),
];

/// RTF bodies; `{hex}` is the canary in hexadecimal.
const RICH: &[(&str, &str)] = &[
    ("object", "{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata 0105000002000000{hex}}}"),
    ("object-link", "{\\object\\objautlink{\\*\\objclass {}}{\\*\\objdata {hex}}}"),
    ("object-update", "{\\object\\objemb\\objupdate{\\*\\objclass {}}{\\*\\objdata 01{hex}}}"),
    (
        "field-picture",
        "{\\field{\\*\\fldinst INCLUDEPICTURE \"http://{}.example/x\"}{\\fldrslt x}}",
    ),
    ("field-dde", "{\\field{\\*\\fldinst DDEAUTO cmd \"/c {}\"}{\\fldrslt x}}"),
    (
        "field-share",
        "{\\field{\\*\\fldinst HYPERLINK \"\\\\\\\\{}.example\\\\x.exe\"}{\\fldrslt x}}",
    ),
    ("template", "{\\*\\template \\\\\\\\{}.example\\\\x.dotm}"),
    ("unknown", "{\\*\\unknowngroup {}}"),
];

type InMessage = fn(&mut Msg, &str);

const PROPERTIES: &[(&str, InMessage)] = &[
    ("attach-object", |msg, c| {
        msg.number(ATTACHMENT, METHOD, 6).text(ATTACHMENT, FILE_NAME, "object.ole");
        msg.streams.push((format!("{INNER}/\u{1}Ole10Native"), packaged("a.exe", c.as_bytes())));
    }),
    ("attach-object-contents", |msg, c| {
        msg.number(ATTACHMENT, METHOD, 6);
        msg.streams.push((format!("{INNER}/CONTENTS"), c.into()));
    }),
    ("attach-reference", |msg, c| {
        msg.number(ATTACHMENT, METHOD, 2).text(ATTACHMENT, FILE_NAME, "a.docx");
        msg.text(ATTACHMENT, 0x370d, &format!("\\\\{c}.example\\share\\a.docx"));
    }),
    ("attach-reference-resolve", |msg, c| {
        msg.number(ATTACHMENT, METHOD, 3);
        msg.text(ATTACHMENT, 0x3708, &format!("\\\\{c}.example\\a.docx"));
    }),
    ("attach-web", |msg, c| {
        msg.number(ATTACHMENT, METHOD, 7).text(ATTACHMENT, FILE_NAME, "a.docx");
        msg.text(ATTACHMENT, 0x370d, &format!("https://{c}.example/a.docx"));
    }),
    ("attach-method-unknown", |msg, c| {
        msg.number(ATTACHMENT, METHOD, 99).text(ATTACHMENT, FILE_NAME, "a.exe");
        msg.value(ATTACHMENT, DATA, program(c));
    }),
    ("attach-method-none", |msg, c| {
        msg.text(ATTACHMENT, FILE_NAME, "a.exe").value(ATTACHMENT, DATA, program(c));
    }),
    ("attach-two-ways", |msg, c| {
        // A value and a storage under one property.
        msg.number(ATTACHMENT, METHOD, 1).text(ATTACHMENT, FILE_NAME, "a.txt");
        msg.value(ATTACHMENT, DATA, *b"Line 4567");
        msg.streams.push((format!("{INNER}/\u{1}Ole10Native"), packaged("a.exe", c.as_bytes())));
    }),
    ("attach-rendering", |msg, c| {
        attach(msg, "a.txt", b"Line 4567");
        msg.value(ATTACHMENT, 0x3709_0102, c);
    }),
    ("attach-extension", |msg, c| {
        attach(msg, "a.txt", b"Line 4567");
        msg.text(ATTACHMENT, 0x3703, &format!(".{c}.exe"));
    }),
    ("attach-names-differ", |msg, c| {
        msg.number(ATTACHMENT, METHOD, 1).text(ATTACHMENT, FILE_NAME, "a.txt");
        msg.text(ATTACHMENT, 0x3704, "A.EXE").value(ATTACHMENT, DATA, program(c));
    }),
    ("attach-location", |msg, c| {
        attach(msg, "a.txt", b"Line 4567");
        msg.text(ATTACHMENT, 0x3713, &format!("file://{c}.example/x.hta"));
    }),
    ("attach-payload-class", |msg, c| {
        attach(msg, "a.txt", b"Line 4567");
        msg.text(ATTACHMENT, 0x371a, c);
    }),
    ("inner-html", |msg, c| {
        inner(msg);
        let page = format!("<html><script>{c}</script><p>x</p></html>");
        msg.value(INNER, HTML, page);
    }),
    ("inner-inner-program", |msg, c| {
        inner(msg);
        let deeper = format!("{INNER}/{INNER}");
        let outer = format!("{INNER}/{ATTACHMENT}");
        msg.number(&outer, METHOD, 5).text(&deeper, BODY, "Line 4567\r\n");
        let file = format!("{deeper}/{ATTACHMENT}");
        msg.number(&file, METHOD, 1).text(&file, FILE_NAME, "a.exe");
        msg.value(&file, DATA, program(c));
    }),
    ("reminder-sound", |msg, c| {
        // CVE-2023-23397: a reminder whose sound lies on a share.
        let names = "__nameid_version1.0/__substg1.0_00030102".to_owned();
        msg.streams.push((names, vec![0x1f, 0x85, 0, 0, 6, 0, 0, 0]));
        msg.text("", 0x8000, &format!("\\\\{c}.example\\share\\x.wav"));
    }),
    ("form", |msg, c| {
        msg.text("", 0x001a, &format!("IPM.Note.{c}"));
    }),
    ("form-definition", |msg, c| {
        let stream = "__nameid_version1.0/__substg1.0_00040102".to_owned();
        msg.streams.push((stream, format!("_oneoff{c}").into_bytes()));
        msg.value("", 0x8001_0102, c);
    }),
    ("folder-page", |msg, c| {
        msg.value("", 0x36df_0102, format!("http://{c}.example/page.htm"));
    }),
    ("headers", |msg, c| {
        msg.text("", 0x007d, &format!("Received: from {c}.example by x\r\nX-{c}: {c}\r\n"));
    }),
    ("receipt", |msg, c| {
        msg.text("", 0x0c06, c).text("", 0x4022, &format!("{c}@example.jp"));
    }),
    ("reply-to", |msg, c| {
        msg.text("", 0x0050, &format!("{c}@example.jp"));
    }),
    ("hidden-copy", |msg, c| {
        let storage = "__recip_version1.0_#00000001";
        msg.number(storage, 0x0c15, 3).text(storage, 0x39fe, &format!("{c}@example.jp"));
    }),
    ("verbs", |msg, c| {
        msg.value("", 0x8520_0102, c);
    }),
    ("native-body", |msg, c| {
        msg.value("", 0x1016_0102, c);
    }),
    ("body-location", |msg, c| {
        html(msg, "<p>Line 4567</p>");
        msg.text("", 0x1014, &format!("http://{c}.example/"));
    }),
    ("search-key", |msg, c| {
        msg.value("", 0x300b_0102, c);
    }),
    ("unknown-stream", |msg, c| msg.streams.push(("Unknown".to_owned(), c.into()))),
    ("unknown-storage", |msg, c| msg.streams.push(("Macros/VBA/Module1".to_owned(), c.into()))),
    ("class-stream", |msg, c| msg.streams.push(("\u{1}CompObj".to_owned(), c.into()))),
    ("after", |msg, c| msg.after = c.into()),
    ("after-program", |msg, c| msg.after = program(c)),
];

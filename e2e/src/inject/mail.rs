//! Mail vectors: attachments by kind and by disguise, active HTML bodies,
//! parts that lead elsewhere.

use crate::case::{Case, Make};
use crate::inject::docx;
use crate::make::ole::program;
use crate::make::pdf::{Layout, Pdf};
use crate::make::xml::Wording;
use crate::make::zip::Zip;

/// Every case of this file.
pub fn cases() -> Vec<Case> {
    let clean = docx::base().write(Wording::Plain);
    let mut cases = vec![
        Case::twin("eml-twin", "eml", plain(), &["Line 0123"]),
        Case::twin("eml-twin+iso2022jp", "eml", iso_2022_jp(), &[]),
        Case::twin(
            "eml-twin+attachment",
            "eml",
            with_part(
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "a.docx",
                &clean,
            ),
            &["Line 0123"],
        ),
        Case::twin("eml-twin+html", "eml", html("<p>Line 0123</p>"), &["Line 0123"]),
    ];
    for (name, kind, file, make) in PARTS {
        cases.push(Case::gone(&format!("eml-{name}"), "eml", |c| with_part(kind, file, &make(c))));
    }
    for (name, markup) in HTML {
        cases.push(Case::gone(&format!("eml-html-{name}"), "eml", |c| {
            html(&markup.replace("{}", c))
        }));
    }
    for (name, make) in RAW {
        cases.push(Case::gone(&format!("eml-{name}"), "eml", make));
    }
    cases
}

const HEAD: &str = "From: sender@example.jp\r\nTo: clerk@example.jp\r\nSubject: =?ISO-2022-JP?B?GyRCPzdALhsoQg==?=\r\nDate: Mon, 2 Mar 2026 10:00:00 +0900\r\nMessage-ID: <1@example.jp>\r\nMIME-Version: 1.0\r\n";

fn plain() -> Vec<u8> {
    format!("{HEAD}Content-Type: text/plain; charset=us-ascii\r\n\r\nLine 0123\r\n").into_bytes()
}

fn iso_2022_jp() -> Vec<u8> {
    let body = encoding_rs::ISO_2022_JP.encode("関所の検査用文書です。\r\n").0.into_owned();
    [format!("{HEAD}Content-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n").as_bytes(), &body].concat()
}

fn html(body: &str) -> Vec<u8> {
    format!(
        "{HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>{body}</body></html>\r\n"
    )
    .into_bytes()
}

fn with_part(kind: &str, file: &str, data: &[u8]) -> Vec<u8> {
    format!(
        "{HEAD}Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nLine 0123\r\n--b\r\n\
         Content-Type: {kind}; name=\"{file}\"\r\nContent-Disposition: attachment; filename=\"{file}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        base64(data)
    )
    .into_bytes()
}

/// Base64 in lines of 76 letters.
#[must_use]
pub fn base64(data: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (index, group) in data.chunks(3).enumerate() {
        if index > 0 && index % 19 == 0 {
            out.push_str("\r\n");
        }
        let mut padded = [0; 4];
        padded[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(padded);
        for place in 0..4 {
            let letter = LETTERS[usize::try_from((bits >> (18 - 6 * place)) & 63).unwrap_or(0)];
            out.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

type Part = (&'static str, &'static str, &'static str, fn(&str) -> Vec<u8>);

const PARTS: &[Part] = &[
    ("program", "application/octet-stream", "invoice.exe", program),
    ("program-as-pdf", "application/pdf", "invoice.pdf", program),
    ("program-spaces", "application/pdf", "invoice.pdf                    .exe", program),
    ("script", "text/javascript", "a.js", |c| format!("WScript.Echo('{c}')").into_bytes()),
    ("macro-document", "application/vnd.ms-word.document.macroEnabled.12", "a.docm", |c| {
        let mut package = docx::base();
        package.part("word/vbaProject.bin", "application/vnd.ms-office.vbaProject", c);
        package.relate(
            "word/document.xml",
            "rIdX",
            "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
            "vbaProject.bin",
        );
        package.write(Wording::Plain)
    }),
    ("active-pdf", "application/pdf", "a.pdf", |c| {
        let mut pdf = Pdf::page();
        pdf.catalog(&format!("/OpenAction<</S/JavaScript/JS({c})>>"));
        pdf.write(Layout::Plain)
    }),
    ("zip-program", "application/zip", "a.zip", |c| Zip::of(&[("a.exe", &program(c))]).write()),
    ("html-attachment", "text/html", "a.html", |c| {
        format!("<html><script>{c}</script><p>x</p></html>").into_bytes()
    }),
    ("nested-mail", "message/rfc822", "a.eml", |c| {
        with_part("application/octet-stream", "b.exe", &program(c))
    }),
    ("shortcut", "application/octet-stream", "a.lnk", |c| {
        [
            b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46\x81\0\0\0",
            &[0; 52][..],
            c.as_bytes(),
        ]
        .concat()
    }),
    ("tnef", "application/ms-tnef", "winmail.dat", |c| {
        [b"\x78\x9f\x3e\x22\x01\0", c.as_bytes()].concat()
    }),
];

/// Active HTML bodies; `{}` is the canary.
pub const HTML: &[(&str, &str)] = &[
    ("script", "<script>{}</script>"),
    ("handler", "<img src=x onerror=\"{}\">"),
    ("remote-image", "<img src=\"http://{}.example/x.png\">"),
    ("form", "<form action=\"http://{}.example/\"><input></form>"),
    ("link-script", "<a href=\"javascript:{}\">x</a>"),
    ("refresh", "<meta http-equiv=refresh content=\"0;url=http://{}.example/\">"),
    ("style", "<style>@import 'http://{}.example/'</style>"),
];

const RAW: &[(&str, Make)] = &[
    ("external-body", |c| {
        format!("{HEAD}Content-Type: message/external-body; access-type=URL; URL=\"http://{c}.example/\"\r\n\r\nContent-Type: text/plain\r\n\r\n").into_bytes()
    }),
    ("partial", |c| {
        format!("{HEAD}Content-Type: message/partial; id=\"{c}\"; number=1; total=2\r\n\r\n{c}\r\n")
            .into_bytes()
    }),
    ("calendar", |c| {
        format!("{HEAD}Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTACH:http://{c}.example/x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n").into_bytes()
    }),
    ("amp", |c| {
        format!("{HEAD}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nLine 0123\r\n--b\r\nContent-Type: text/x-amp-html\r\n\r\n<html amp4email><script>{c}</script></html>\r\n--b--\r\n").into_bytes()
    }),
    ("preamble", |c| {
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{c}\r\n--b\r\nContent-Type: text/plain\r\n\r\nLine 0123\r\n--b--\r\n{c}\r\n").into_bytes()
    }),
    ("header-unknown", |c| {
        format!("X-Sekisho-Unknown: {c}\r\n{HEAD}Content-Type: text/plain\r\n\r\nLine 0123\r\n")
            .into_bytes()
    }),
    ("received", |c| {
        format!("Received: from {c}.example by x; Mon, 2 Mar 2026 10:00:00 +0900\r\n{HEAD}Content-Type: text/plain\r\n\r\nLine 0123\r\n").into_bytes()
    }),
    ("name-continuation", |c| {
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nLine 0123\r\n--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename*0=\"a.\"; filename*1=\"exe\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n", base64(&program(c))).into_bytes()
    }),
    ("uuencode", |c| {
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nLine 0123\r\n--b\r\nContent-Type: application/octet-stream; name=a.exe\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 {c}.exe\r\n#0V%T\r\nend\r\n--b--\r\n").into_bytes()
    }),
];

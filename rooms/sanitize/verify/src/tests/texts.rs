//! Text, tables, HTML, RTF and mail.

use sanitize_core::Format;

use super::build::png;
use super::{Case, case, pass, refuse};

fn page(rule: &'static str, body: &str) -> Case {
    case(rule, Format::Html, format!("<!DOCTYPE html><html><body>{body}</body></html>"))
}

fn rich(rule: &'static str, body: &str) -> Case {
    case(rule, Format::Rtf, format!("{{\\rtf1\\ansi {body}}}"))
}

fn mail(rule: &'static str, headers: &str, body: &str) -> Case {
    case(rule, Format::Eml, format!("From: a@b.jp\r\n{headers}\r\n{body}"))
}

fn attached(rule: &'static str, name: &str, data: &str) -> Case {
    let headers = format!(
        "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n"
    );
    mail(rule, &headers, data)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = tables();
    cases.extend(pages());
    cases.extend(documents());
    cases.extend(mails());
    cases
}

fn tables() -> Vec<Case> {
    let table = |rule, text: &str| case(rule, Format::Csv, text);
    vec![
        table("text-cell", "a,=1+1\r\n"),
        table("text-cell", "=cmd|'/c calc'!A0"),
        table("text-cell", "a\n\"=HYPERLINK(\"\"http://a.jp\"\")\"\n"),
        table("text-cell", "a,\u{3000}＝ＷＥＢＳＥＲＶＩＣＥ（1）\n"),
        table("text-cell", "a;+cmd|x\n"),
        table("text-cell", "\"a\n=cmd|x\"\n"),
        case("text-cell", Format::Tsv, "a\t@DDE(1)\n"),
        case("text-control", Format::Txt, "a\u{1B}[31m"),
        case("text-control", Format::Txt, "a\u{202E}b"),
        case("text-control", Format::Txt, "a\0b"),
    ]
}

fn pages() -> Vec<Case> {
    vec![
        page("script", "<script>x</script>"),
        page("script", "<img src=\"cid:a\" onerror=\"x\">"),
        page("script", "<iframe></iframe>"),
        page("script", "<svg></svg>"),
        page("script", "<p style=\"background:url(http://a.jp)\">"),
        page("script", "<p style=\"wid\\74h:1\">"),
        page("action", "<form>"),
        page("action", "<base href=\"http://a.jp\">"),
        page("action", "<meta http-equiv=\"refresh\" content=\"0\">"),
        page("url", "<a href=\"javascript:x\">a</a>"),
        page("url", "<a href=\"jav&#x09;ascript:x\">a</a>"),
        page("url", "<a href=\"file://host/x\">a</a>"),
        page("opc-external", "<img src=\"http://a.jp/x.png\">"),
        page("html-element", "<!-- x -->"),
        page("html-element", "<custom-element>"),
        page("html-element", "<p title=unquoted>"),
        page("html-element", "<p x=\"1\">"),
        page("media", "<video>"),
    ]
}

fn documents() -> Vec<Case> {
    vec![
        rich("rtf-object", "{\\object\\objdata 0105}"),
        rich("rtf-object", "{\\*\\template http://a.jp/x.dotm}"),
        rich("rtf-object", "{\\*\\datastore 00}"),
        rich("rtf-object", "\\bin4 abcd"),
        rich("rtf-word", "{\\*\\unheard x}"),
        rich("field", "{\\field{\\*\\fldinst DDEAUTO cmd x}{\\fldrslt a}}"),
        rich("field", "{\\field{\\*\\fldinst {D}{DE x y}}{\\fldrslt a}}"),
        rich("url", "{\\field{\\*\\fldinst HYPERLINK \"file:///c:/x\"}{\\fldrslt a}}"),
        rich("type-mismatch", "{\\pict\\pngblip 4D5A9000}"),
        rich("text-control", "a\u{1}b"),
        case("rtf-word", Format::Rtf, "{\\rtf1 a}tail"),
        case("unreadable", Format::Rtf, "{\\rtf1 {a}"),
    ]
}

fn mails() -> Vec<Case> {
    let mixed = "Content-Type: multipart/mixed; boundary=\"b\"\r\n";
    vec![
        attached("refused-type", "a.dat", "TVqQAAMAAAA="),
        attached("refused-name", "a.pdf.js", "YQ=="),
        attached("refused-name", "a.scr ", "YQ=="),
        mail("mail-part", "Content-Type: message/external-body\r\n", "x"),
        mail("mail-structure", mixed, "--b\r\n\r\nhello\r\n"),
        mail("mail-structure", mixed, "preamble\r\n--b\r\n\r\nhello\r\n--b--\r\n"),
        mail("mail-header", "X-Unheard: 1\r\n", "hello"),
        mail("script", "Content-Type: text/html\r\n", "<script>x</script>"),
        mail(
            "script",
            &format!("{mixed}X-Priority: 1\r\n"),
            "--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<scr=\r\nipt>x\r\n--b--\r\n",
        ),
    ]
}

#[test]
fn hostile_texts_are_refused() {
    refuse(cases());
}

#[test]
fn plain_tables_pass() {
    let lines = [
        "-1,234.5",
        "+81-3-1234-5678",
        "-該当なし",
        "=== 明細 ===",
        "\"a, b\",'=1+1",
        "a=b",
        "-",
        "@example",
        "田中＠総務",
        "-至急！本日中",
        "2024-01-01,△5",
    ];
    pass(Format::Csv, lines.join("\r\n").as_bytes());
    let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode("氏名,住所\r\n髙橋,－５\r\n");
    pass(Format::Csv, &cp932);
}

#[test]
fn plain_documents_pass() {
    let hex: String = png(&[]).iter().map(|byte| format!("{byte:02x}")).collect();
    pass(Format::Rtf, format!("{{\\rtf1\\ansi\\deff0{{\\fonttbl{{\\f0\\fnil A;}}}}\\pard\\b a\\b0 \\u12354?{{\\field{{\\*\\fldinst HYPERLINK \"https://a.jp\"}}{{\\fldrslt b}}}}{{\\pict\\pngblip\\picw1 {hex}}}\\par}}").as_bytes());
    pass(Format::Html, "<!DOCTYPE html><html lang=\"ja\"><head><meta charset=\"utf-8\"><title>あ</title></head><body><p style=\"color:red\">a <a href=\"https://a.jp/?x=1&amp;y\">b</a><br></p></body></html>".as_bytes());
}

#[test]
fn plain_mails_pass() {
    let body = "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n44GC\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment;\r\n filename*=UTF-8''%E5%90%8D%E7%B0%BF.csv\r\n\r\na,b\r\n--b--\r\n";
    let text = format!(
        "From: a@b.jp\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"b\"\r\n\r\n{body}"
    );
    pass(Format::Eml, text.as_bytes());
}

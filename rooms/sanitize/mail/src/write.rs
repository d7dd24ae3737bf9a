//! Writes a plain new message. The same letter gives the same bytes: boundaries
//! are made from what they separate.
//!
//! Source: RFC 5322, 2045 to 2047, 2231, 2387.

use std::fmt::Write;

use sanitize_core::{Format, Output};
use sha2::{Digest, Sha256};

use crate::letter::{self, Head, Letter, Piece, Recipient};
use crate::transfer::{base64, base64_lines};

/// The harmless body: one of them, or both saying the same.
pub(crate) struct Body {
    pub(crate) text: Option<String>,
    pub(crate) html: Option<Vec<u8>>,
}

/// A harmless file.
pub(crate) struct Ready {
    pub(crate) name: String,
    pub(crate) output: Output,
    pub(crate) content_id: Option<String>,
    /// Whether the HTML body shows it in its place.
    pub(crate) is_shown: bool,
}

/// Writes headers, body and files.
pub(crate) fn message(head: &Head, body: &Body, files: &[Ready]) -> Vec<u8> {
    let mut out = headers(head);
    out.push_str("MIME-Version: 1.0\r\n");
    let mut bytes = out.into_bytes();
    tree(body, files).write(&mut bytes);
    bytes
}

/// Writes a letter whose content nobody has made harmless yet, so that it can be
/// handed on as a file.
pub(crate) fn unchecked(letter: &Letter) -> Vec<u8> {
    let texts: Vec<&str> = letter.body.iter().filter_map(Piece::text).collect();
    let has_html = letter.body.iter().any(|piece| !matches!(piece, Piece::Text(_)));
    let body = Body {
        text: (!texts.is_empty()).then(|| texts.join("\n")),
        html: has_html.then(|| letter::html(&letter.body).into_bytes()),
    };
    let files = letter.files.iter().map(|file| Ready {
        name: file.name.clone(),
        output: Output { format: Format::Unknown, bytes: file.bytes.clone() },
        content_id: file.content_id.clone(),
        is_shown: file.content_id.is_some(),
    });
    message(&letter.head, &body, &files.collect::<Vec<_>>())
}

/// A part to write.
enum Node {
    Leaf { headers: String, content: Vec<u8> },
    Branch { kind: &'static str, children: Vec<Node> },
}

fn tree(body: &Body, files: &[Ready]) -> Node {
    let mut bodies = Vec::new();
    if let Some(text) = &body.text {
        bodies.push(text_node(text));
    }
    if let Some(html) = &body.html {
        let headers =
            "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n";
        bodies.push(Node::Leaf { headers: headers.to_owned(), content: base64_lines(html) });
    }
    let (shown, attached): (Vec<&Ready>, Vec<&Ready>) =
        files.iter().partition(|file| file.is_shown);
    let mut node = branch("alternative", bodies).unwrap_or_else(|| text_node(""));
    for (kind, files) in [("related", shown), ("mixed", attached)] {
        let children = std::iter::once(node).chain(files.into_iter().map(file_node)).collect();
        // There is at least the node that went in.
        node = branch(kind, children).unwrap_or_else(|| text_node(""));
    }
    node
}

/// Joins parts; a single one stays alone.
fn branch(kind: &'static str, mut children: Vec<Node>) -> Option<Node> {
    match children.len() {
        0 | 1 => children.pop(),
        _ => Some(Node::Branch { kind, children }),
    }
}

fn text_node(text: &str) -> Node {
    let mut content = text.trim_end_matches('\n').replace('\n', "\r\n");
    if !content.is_empty() {
        content.push_str("\r\n");
    }
    if fits_seven_bits(content.as_bytes()) {
        let headers = "Content-Type: text/plain; charset=us-ascii\r\n";
        return Node::Leaf { headers: headers.to_owned(), content: content.into_bytes() };
    }
    let headers =
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n";
    Node::Leaf { headers: headers.to_owned(), content: base64_lines(content.as_bytes()) }
}

/// RFC 5322 2.1.1: ASCII in lines of at most 998 characters.
fn fits_seven_bits(content: &[u8]) -> bool {
    const LINE_BYTES_MAX: usize = 990;
    content.is_ascii()
        && !content.contains(&0)
        && content.split(|&byte| byte == b'\n').all(|line| line.len() <= LINE_BYTES_MAX)
}

fn file_node(file: &Ready) -> Node {
    let is_message = file.output.format == Format::Eml && fits_seven_bits(&file.output.bytes);
    let media = if file.output.format == Format::Eml && !is_message {
        OCTETS
    } else {
        media_type(file.output.format)
    };
    let is_text = matches!(file.output.format, Format::Txt | Format::Csv | Format::Tsv);
    let is_utf8 =
        is_text && !file.output.bytes.is_ascii() && std::str::from_utf8(&file.output.bytes).is_ok();
    let charset = if is_utf8 { "; charset=utf-8" } else { "" };
    let disposition = if file.is_shown { "inline" } else { "attachment" };
    let mut headers =
        format!("Content-Type: {media}{charset}\r\nContent-Disposition: {disposition}");
    headers.push_str(&file_name(&file.name));
    headers.push_str("\r\n");
    if let Some(id) = file.content_id.as_ref().filter(|_| file.is_shown) {
        let _ = write!(headers, "Content-ID: <{id}>\r\n");
    }
    if is_message {
        return Node::Leaf { headers, content: file.output.bytes.clone() };
    }
    headers.push_str("Content-Transfer-Encoding: base64\r\n");
    Node::Leaf { headers, content: base64_lines(&file.output.bytes) }
}

impl Node {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Leaf { headers, content } => {
                out.extend_from_slice(headers.as_bytes());
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(content);
            }
            Self::Branch { kind, children } => {
                let parts: Vec<Vec<u8>> = children
                    .iter()
                    .map(|child| {
                        let mut part = Vec::new();
                        child.write(&mut part);
                        part
                    })
                    .collect();
                let boundary = boundary(kind, &parts);
                let head =
                    format!("Content-Type: multipart/{kind};\r\n boundary=\"{boundary}\"\r\n\r\n");
                out.extend_from_slice(head.as_bytes());
                for part in parts {
                    out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
                    out.extend_from_slice(&part);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
            }
        }
    }
}

/// A boundary that cannot stand in the parts, since it is their hash.
fn boundary(kind: &str, parts: &[Vec<u8>]) -> String {
    let mut hash = Sha256::new();
    hash.update(kind);
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let hex = digest.iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    // "=_" occurs in no base64 and no quoted-printable (RFC 2045 6.7).
    format!("=_{hex}")
}

fn headers(head: &Head) -> String {
    let mut out = String::new();
    let lists = [
        ("From", &head.from),
        ("Sender", &head.sender),
        ("Reply-To", &head.reply_to),
        ("To", &head.to),
        ("Cc", &head.cc),
    ];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let entries: Vec<String> = list.iter().map(recipient).collect();
        let _ = write!(out, "{name}: {}\r\n", entries.join(",\r\n "));
    }
    if let Some(subject) = &head.subject {
        let _ = write!(out, "Subject: {}\r\n", unstructured(subject));
    }
    if let Some(date) = &head.date {
        let _ = write!(out, "Date: {date}\r\n");
    }
    if let Some(id) = &head.message_id {
        let _ = write!(out, "Message-ID: <{id}>\r\n");
    }
    for (name, ids) in [("In-Reply-To", &head.in_reply_to), ("References", &head.references)] {
        if !ids.is_empty() {
            let ids: Vec<String> = ids.iter().map(|id| format!("<{id}>")).collect();
            let _ = write!(out, "{name}: {}\r\n", ids.join("\r\n "));
        }
    }
    out
}

fn recipient(recipient: &Recipient) -> String {
    match recipient {
        Recipient::One { name, address } => mailbox(name, address),
        Recipient::Group { name, members } => {
            let members: Vec<String> =
                members.iter().map(|(name, address)| mailbox(name, address)).collect();
            format!("{}:{};", phrase(name), members.join(",\r\n "))
        }
    }
}

fn mailbox(name: &str, address: &str) -> String {
    if name.is_empty() { address.to_owned() } else { format!("{} <{address}>", phrase(name)) }
}

/// A display name: as it is, in quotes, or in encoded words.
fn phrase(name: &str) -> String {
    const PLAIN_BYTES_MAX: usize = 60;
    let is_printable = name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if !is_printable || name.len() > PLAIN_BYTES_MAX || name.contains("=?") || name.contains("  ") {
        return encoded_words(name);
    }
    let is_atoms = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b" !#$%&'*+-/=?^_`{|}~".contains(&byte));
    if is_atoms {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Free text: as it is where it fits on lines as it is, else encoded words.
fn unstructured(text: &str) -> String {
    const PLAIN_BYTES_MAX: usize = 900;
    let is_printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if is_printable && text.len() <= PLAIN_BYTES_MAX && !text.contains("=?") && !text.contains("  ")
    {
        return text.to_owned();
    }
    encoded_words(text)
}

/// Encoded words of whole characters, one a line (RFC 2047 2: at most 75).
fn encoded_words(text: &str) -> String {
    const BYTES_MAX: usize = 39;
    let mut words = Vec::new();
    let mut chunk = String::new();
    for c in text.chars() {
        if chunk.len() + c.len_utf8() > BYTES_MAX {
            words.push(std::mem::take(&mut chunk));
        }
        chunk.push(c);
    }
    words.push(chunk);
    let words: Vec<String> =
        words.iter().map(|word| format!("=?UTF-8?B?{}?=", base64(word.as_bytes()))).collect();
    words.join("\r\n ")
}

/// The file name parameter, continued over lines where it is long (RFC 2231 3).
fn file_name(name: &str) -> String {
    const PLAIN_BYTES_MAX: usize = 60;
    const SECTION_CHARS_MAX: usize = 54;
    let is_plain = |byte: u8| byte == b' ' || (byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    if name.len() <= PLAIN_BYTES_MAX && name.bytes().all(is_plain) && !name.contains("=?") {
        return format!(";\r\n filename=\"{name}\"");
    }
    let mut sections = vec![String::from("UTF-8''")];
    for byte in name.bytes() {
        if sections.last().is_some_and(|section| section.len() >= SECTION_CHARS_MAX) {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
                section.push(char::from(byte));
            } else {
                let _ = write!(section, "%{byte:02X}");
            }
        }
    }
    if let [only] = sections.as_slice() {
        return format!(";\r\n filename*={only}");
    }
    let numbered = sections.iter().enumerate();
    numbered.map(|(number, section)| format!(";\r\n filename*{number}*={section}")).collect()
}

const OCTETS: &str = "application/octet-stream";

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        Format::Odt => "application/vnd.oasis.opendocument.text",
        Format::Ods => "application/vnd.oasis.opendocument.spreadsheet",
        Format::Odp => "application/vnd.oasis.opendocument.presentation",
        Format::Pdf => "application/pdf",
        Format::Doc => "application/msword",
        Format::Xls => "application/vnd.ms-excel",
        Format::Ppt => "application/vnd.ms-powerpoint",
        Format::Rtf => "application/rtf",
        Format::Html => "text/html",
        Format::Svg => "image/svg+xml",
        Format::Png => "image/png",
        Format::Jpeg => "image/jpeg",
        Format::Gif => "image/gif",
        Format::Bmp => "image/bmp",
        Format::Tiff => "image/tiff",
        Format::Webp => "image/webp",
        Format::Csv => "text/csv",
        Format::Tsv => "text/tab-separated-values",
        Format::Txt => "text/plain",
        Format::Eml => "message/rfc822",
        Format::Zip => "application/zip",
        Format::Tar => "application/x-tar",
        Format::Gzip => "application/gzip",
        _ => OCTETS,
    }
}

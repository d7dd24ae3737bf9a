//! Messages: headers by name, the tree of parts, and every part by its bytes.
//!
//! Source: RFC 5322, RFC 2045 to 2047, RFC 2231.

use std::collections::HashMap;

use sanitize_core::Format;

use crate::check::{Check, Walk};
use crate::detect;
use crate::html;
use crate::nested;
use crate::rules;
use crate::text;

/// Checks a whole message.
pub(crate) fn message(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    let Some((headers, body)) = split(bytes) else { return check.unreadable("no headers") };
    for (name, value) in &headers {
        if !HEADERS.contains(&name.as_str()) {
            check.found(rules::MAIL_HEADER, format!("{name}: {value}"))?;
        }
    }
    part(check, &headers, body, 0)
}

type Headers = Vec<(String, String)>;

fn value<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Splits headers from the body; folded lines are joined (RFC 5322 2.2.3).
fn split(bytes: &[u8]) -> Option<(Headers, &[u8])> {
    let mut headers: Headers = Vec::new();
    let mut rest = bytes;
    loop {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at(end);
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\r', '\n']);
        rest = after;
        if line.is_empty() {
            return (!headers.is_empty() || !rest.is_empty()).then_some((headers, rest));
        }
        if line.starts_with([' ', '\t']) {
            let (_, value) = headers.last_mut()?;
            value.push(' ');
            value.push_str(line.trim_start());
        } else {
            let (name, value) = line.split_once(':')?;
            headers.push((name.trim_end().to_ascii_lowercase(), value.trim().to_owned()));
        }
        if headers.len() > HEADERS_MAX {
            return None;
        }
    }
}

fn part(check: &mut Check<'_>, headers: &Headers, body: &[u8], depth: u32) -> Walk {
    check.take_entries(1)?;
    if depth > DEPTH_MAX {
        return check.over("parts nested too deep");
    }
    for name in ["content-type", "content-transfer-encoding", "content-disposition"] {
        if headers.iter().filter(|(known, _)| known == name).count() > 1 {
            check.found(rules::MAIL_HEADER, format!("{name} stands twice"))?;
        }
    }
    let kind = Parameters::read(value(headers, "content-type").unwrap_or("text/plain"));
    if kind.main.starts_with("multipart/") {
        return multipart(check, &kind, body, depth);
    }
    let disposition = Parameters::read(value(headers, "content-disposition").unwrap_or(""));
    let name = disposition.text("filename").or_else(|| kind.text("name")).unwrap_or_default();
    let Some(bytes) = transfer_decoded(headers, body) else {
        return check.unreadable("an odd transfer encoding");
    };
    check.take_bytes(bytes.len() as u64)?;
    leaf(check, &kind.main, disposition.main == "attachment", &name, &bytes)
}

fn multipart(check: &mut Check<'_>, kind: &Parameters, body: &[u8], depth: u32) -> Walk {
    if !matches!(
        kind.main.as_str(),
        "multipart/mixed" | "multipart/alternative" | "multipart/related"
    ) {
        check.found(rules::MAIL_PART, &kind.main)?;
    }
    let Some(boundary) = kind.text("boundary").filter(|boundary| !boundary.is_empty()) else {
        return check.unreadable("parts without a boundary");
    };
    let parts = parts(body, boundary.as_bytes());
    if parts.is_closed && parts.has_outside {
        check.found(rules::MAIL_STRUCTURE, "text outside the parts")?;
    }
    if !parts.is_closed {
        check.found(rules::MAIL_STRUCTURE, "parts without an end")?;
    }
    for (index, bytes) in parts.inner.into_iter().enumerate() {
        let Some((headers, body)) = split(bytes).or_else(|| Some((Vec::new(), bytes))) else {
            continue;
        };
        for (name, value) in &headers {
            if !name.starts_with("content-") {
                check.found(rules::MAIL_HEADER, format!("{name}: {value} in a part"))?;
            }
        }
        check.inside(&format!("part {}", index + 1), |check| {
            part(check, &headers, body, depth + 1)
        })?;
    }
    Ok(())
}

struct Parts<'b> {
    inner: Vec<&'b [u8]>,
    is_closed: bool,
    has_outside: bool,
}

/// RFC 2046 5.1.1: a delimiter is a line of its own.
fn parts<'b>(body: &'b [u8], boundary: &[u8]) -> Parts<'b> {
    let delimiter = [b"--", boundary].concat();
    let mut found = Parts { inner: Vec::new(), is_closed: false, has_outside: false };
    let (mut start, mut at) = (None, 0usize);
    while at <= body.len() {
        let end = memchr::memchr(b'\n', &body[at..]).map_or(body.len(), |length| at + length + 1);
        let line = &body[at..end];
        let is_blank = line.iter().all(u8::is_ascii_whitespace);
        match line.strip_prefix(delimiter.as_slice()) {
            Some(rest) if !found.is_closed => {
                if let Some(start) = start {
                    found.inner.push(trimmed_end(&body[start..at]));
                }
                start = Some(end);
                found.is_closed = rest.starts_with(b"--");
            }
            _ if start.is_none() || found.is_closed => found.has_outside |= !is_blank,
            _ => {}
        }
        if end == body.len() || found.inner.len() > PARTS_MAX {
            break;
        }
        at = end;
    }
    found
}

fn trimmed_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

fn leaf(check: &mut Check<'_>, kind: &str, is_attachment: bool, name: &str, bytes: &[u8]) -> Walk {
    if matches!(
        kind,
        "message/partial"
            | "message/external-body"
            | "application/ms-tnef"
            | "text/x-amp-html"
            | "application/pkcs7-mime"
            | "application/x-pkcs7-mime"
    ) {
        check.found(rules::MAIL_PART, kind)?;
    }
    match kind {
        "text/html" if !is_attachment => html::document(check, bytes),
        "text/plain" if !is_attachment => text::plain(check, bytes, Format::Txt),
        "message/rfc822" => message(check, bytes),
        _ => {
            let is_unnamed_text = name.is_empty() && kind.starts_with("text/");
            if is_unnamed_text && !matches!(kind, "text/plain" | "text/html" | "text/csv") {
                check.found(rules::MAIL_PART, kind)?;
            }
            if detect::detect(bytes) == Format::Html || kind == "text/html" {
                html::document(check, bytes)?;
            }
            check.inside(name, |check| nested::member(check, name, bytes))
        }
    }
}

fn transfer_decoded(headers: &Headers, body: &[u8]) -> Option<Vec<u8>> {
    let encoding =
        value(headers, "content-transfer-encoding").unwrap_or("7bit").to_ascii_lowercase();
    match encoding.as_str() {
        "base64" => detect::base64(std::str::from_utf8(body).ok()?),
        "quoted-printable" => Some(quoted_printable(body)),
        "7bit" | "8bit" | "binary" | "" => Some(body.to_vec()),
        _ => None,
    }
}

fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        at += 1;
        if byte != b'=' {
            out.push(byte);
            continue;
        }
        let pair =
            body.get(at..at + 2).and_then(detect::hexadecimal).filter(|pair| pair.len() == 1);
        match pair {
            Some(decoded) => {
                out.extend(decoded);
                at += 2;
            }
            None => {
                let end = memchr::memchr(b'\n', body.get(at..).unwrap_or_default());
                at += end.map_or(0, |length| length + 1);
            }
        }
    }
    out
}

/// A header's main value and its parameters, with RFC 2231 pieces joined.
struct Parameters {
    main: String,
    values: HashMap<String, String>,
}

impl Parameters {
    fn read(header: &str) -> Self {
        let mut pieces = fields(header).into_iter();
        let main = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut values: HashMap<String, String> = HashMap::new();
        for piece in pieces.take(PARAMETERS_MAX) {
            let Some((name, value)) = piece.split_once('=') else { continue };
            let name = name.trim().to_ascii_lowercase();
            let base = name.split('*').next().unwrap_or_default().to_owned();
            let is_encoded = name.ends_with('*');
            let value = unquoted(value.trim());
            let value = if is_encoded {
                percent_decoded(value.rsplit('\'').next().unwrap_or_default())
            } else {
                value
            };
            values.entry(base).or_default().push_str(&value);
        }
        Self { main, values }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }
}

/// Splits at semicolons outside quotes.
fn fields(header: &str) -> Vec<String> {
    let (mut out, mut current, mut is_quoted, mut is_escaped) =
        (Vec::new(), String::new(), false, false);
    for c in header.chars() {
        match c {
            _ if is_escaped => {
                current.push(c);
                is_escaped = false;
                continue;
            }
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ';' if !is_quoted => {
                out.push(std::mem::take(&mut current));
                continue;
            }
            _ => {}
        }
        current.push(c);
    }
    out.push(current);
    out
}

fn unquoted(value: &str) -> String {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value).to_owned()
}

fn percent_decoded(value: &str) -> String {
    let mut out = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(detect::hexadecimal).filter(|_| byte == b'%');
        match pair {
            Some(decoded) => {
                out.extend(decoded);
                rest = &after[2..];
            }
            None => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

const HEADERS: &[&str] = &[
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "content-id",
    "importance",
    "x-priority",
    "priority",
    "thread-topic",
    "thread-index",
    "received",
    "return-path",
    "delivered-to",
    "list-id",
];
const HEADERS_MAX: usize = 1_000;
const PARAMETERS_MAX: usize = 200;
const PARTS_MAX: usize = 10_000;
const DEPTH_MAX: u32 = 20;

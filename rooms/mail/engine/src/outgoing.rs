//! Puts a mail together that leaves: our own headers, the body as the sanitiser
//! wrote it anew, harmless files, a word about links. Nothing of the inside stands
//! in it: no servers on its way, no programs, no addresses of machines.

use sanitize_mail::mime::{Part, split};

use crate::compose::{self, Draft};

/// The body of a message that the sanitiser wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// The part with its own fields.
    pub part: Vec<u8>,
    /// Names of files that are shown inside it.
    pub shown: Vec<String>,
}

/// Fields of a part that the sanitiser writes.
const PART_FIELDS: [&[u8]; 4] =
    [b"content-type:", b"content-transfer-encoding:", b"content-disposition:", b"content-id:"];

/// Finds the body in a message that the sanitiser wrote: text and page, with the
/// pictures that the page shows. Nothing where it has another form.
#[must_use]
pub fn body_of(rebuilt: &[u8]) -> Option<Body> {
    let whole = Part::read(rebuilt);
    let kind = whole.media_type("text/plain");
    if kind.value == "multipart/mixed" {
        let parts = split(whole.body, kind.parameter("boundary")?).parts;
        let first = *parts.first()?;
        return Some(Body { part: first.to_vec(), shown: shown(first) });
    }
    let part = own_fields(rebuilt)?;
    let shown = shown(&part);
    Some(Body { part, shown })
}

/// The message as a part: its fields about itself, and its body.
fn own_fields(message: &[u8]) -> Option<Vec<u8>> {
    let at = message.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, rest) = message.split_at_checked(at + 2)?;
    let mut part = Vec::with_capacity(message.len());
    let mut is_kept = false;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        if !line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            let lower = line.to_ascii_lowercase();
            is_kept = PART_FIELDS.iter().any(|field| lower.starts_with(field));
        }
        if is_kept {
            part.extend_from_slice(line);
        }
    }
    part.extend_from_slice(rest);
    Some(part)
}

/// Names of the pictures of a page.
fn shown(part: &[u8]) -> Vec<String> {
    let part = Part::read(part);
    let kind = part.media_type("text/plain");
    if kind.value != "multipart/related" {
        return Vec::new();
    }
    let Some(boundary) = kind.parameter("boundary") else { return Vec::new() };
    let parts = split(part.body, boundary).parts;
    let names = parts
        .iter()
        .skip(1)
        .filter_map(|part| Some(Part::read(part).disposition().parameter("filename")?.to_owned()));
    names.collect()
}

/// Writes it: the headers of the draft, the body, the words where there are some,
/// and the draft's files. The draft's own text is not used.
#[must_use]
pub fn write(draft: &Draft<'_>, body: &Body, words: Option<&str>) -> Vec<u8> {
    let mut out = compose::head(draft).into_bytes();
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    let mut more: Vec<Vec<u8>> = Vec::new();
    more.extend(words.map(|words| compose::text_part(words, draft.letters)));
    more.extend(draft.files.iter().map(compose::file_part));
    if more.is_empty() {
        out.extend_from_slice(&body.part);
        return out;
    }
    // "=_" occurs in no base64; texts that are not coded do not know the id.
    let boundary = format!("=_{}", compose::token(draft.id));
    let head = format!("Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n\r\n");
    out.extend_from_slice(head.as_bytes());
    for part in std::iter::once(&body.part).chain(&more) {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

/// The same mail without the list of whom it is for (RFC 5322 3.6.3: a group may
/// be empty). Only for what [`write`] wrote.
#[must_use]
pub fn undisclosed(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len());
    out.extend_from_slice(b"To: undisclosed-recipients:;\r\n");
    let (mut rest, mut is_kept) = (mail, true);
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        if line == b"\r\n" {
            break;
        }
        if !line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            let lower = line.to_ascii_lowercase();
            is_kept = !(lower.starts_with(b"to:") || lower.starts_with(b"cc:"));
        }
        if is_kept {
            out.extend_from_slice(line);
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::Enclosure;
    use crate::message::Mailbox;
    use crate::{Limits, read};

    const REBUILT: &[u8] = b"From: a@town.example\r\nTo: b@world.example\r\nSubject: s\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n boundary=\"=_o\"\r\n\r\n\
        --=_o\r\nContent-Type: multipart/related;\r\n boundary=\"=_r\"\r\n\r\n\
        --=_r\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        PHA+aGVsbG88L3A+\r\n\r\n--=_r\r\nContent-Type: image/png\r\nContent-Disposition: inline;\r\n \
        filename=\"logo.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n\r\n--=_r--\r\n\r\n\
        --=_o\r\nContent-Type: text/plain\r\nContent-Disposition: attachment;\r\n filename=\"a.txt\"\r\n\r\nx\r\n\
        --=_o--\r\n";

    fn mailboxes(address: &str) -> Vec<Mailbox> {
        vec![Mailbox { display: String::new(), address: address.to_owned() }]
    }

    #[test]
    fn the_body_is_taken_with_what_it_shows_and_nothing_else() {
        let body = body_of(REBUILT).unwrap();
        assert_eq!(body.shown, ["logo.png"]);
        let (from, to) = (mailboxes("a@town.example"), mailboxes("b@world.example"));
        let files = [Enclosure { name: "見積.txt", bytes: b"y" }];
        let date = "Mon, 20 Apr 2026 10:00:00 +0900";
        let draft = Draft {
            id: "01X",
            from: &from,
            to: &to,
            subject: "件名",
            date,
            files: &files,
            ..Draft::default()
        };
        let mail = write(&draft, &body, Some("リンク: https://a.example/x"));
        let message = read(&mail, &Limits::default()).unwrap();
        assert_eq!(message.subject, "件名");
        assert!(message.text.contains("hello") && message.text.contains("リンク"));
        let names: Vec<&str> = message.attachments.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["logo.png", "見積.txt"]);
        let hidden = undisclosed(&mail);
        let message = read(&hidden, &Limits::default()).unwrap();
        assert!(!String::from_utf8_lossy(&hidden).contains("b@world.example"));
        assert!(message.to.iter().all(|one| one.address.is_empty()) && message.subject == "件名");
        assert!(message.text.contains("hello"));
    }

    #[test]
    fn a_message_of_one_part_is_its_own_body() {
        let plain =
            b"From: a@town.example\r\nX-Odd: 1\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nSEk=\r\n";
        let body = body_of(plain).unwrap();
        let text = String::from_utf8(body.part).unwrap();
        assert_eq!(
            text,
            "Content-Type: text/plain;\r\n charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nSEk=\r\n"
        );
        assert_eq!(body_of(b"no end of the head\r\n"), None);
        assert_eq!(body_of(b"Content-Type: multipart/mixed\r\n\r\nx"), None);
    }
}

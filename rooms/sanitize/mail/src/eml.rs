//! Reads an Internet message into a letter: which headers count, what is body,
//! what is a file. Makes nothing harmless.

use mail_parser::DateTime;
use sanitize_core::{Job, Stop, reasons};

use crate::address;
use crate::field::{self, Parametrised};
use crate::letter::{File, Head, Letter, Piece, Recipient};
use crate::mime::{Part, split};
use crate::{calendar, charset, codes, smime, tnef};

pub(crate) fn read(bytes: &[u8], job: &mut Job<'_>) -> Result<Letter, Stop> {
    let part = Part::read(bytes);
    if part.headers.is_empty() {
        return Err(Stop::blocked(&reasons::BROKEN, ""));
    }
    let head = head(&part, job);
    let mut reader = Reader { files: Vec::new() };
    let body = reader.walk(&part, "text/plain", 0, job)?;
    Ok(Letter { head, body, files: reader.files })
}

fn head(part: &Part<'_>, job: &mut Job<'_>) -> Head {
    let mut head = Head::default();
    let mut dropped = 0;
    for (name, value) in &part.headers {
        match name.as_str() {
            "from" => once(&mut head.from, || address::list(value), name, job),
            "sender" => once(&mut head.sender, || address::list(value), name, job),
            "reply-to" => once(&mut head.reply_to, || address::list(value), name, job),
            // Several of these add up in every mail program.
            "to" => head.to.extend(address::list(value)),
            "cc" => head.cc.extend(address::list(value)),
            "subject" => single(&mut head.subject, Some(field::text(value)), name, job),
            "date" => single(&mut head.date, date(value), name, job),
            "message-id" => single(&mut head.message_id, ids(value).pop(), name, job),
            "in-reply-to" => head.in_reply_to.extend(ids(value)),
            "references" => head.references.extend(ids(value)),
            "bcc" => job.removed(&codes::BCC, ""),
            "disposition-notification-to"
            | "return-receipt-to"
            | "x-confirm-reading-to"
            | "generate-delivery-report" => job.removed(&codes::RECEIPT, ""),
            name if name == "mime-version" || name.starts_with("content-") => {}
            _ => dropped += 1,
        }
    }
    job.removed_times(&codes::HEADERS, "", dropped);
    head
}

/// Takes the first header of a kind; programs differ in which of two they show.
fn once(
    slot: &mut Vec<Recipient>,
    read: impl Fn() -> Vec<Recipient>,
    name: &str,
    job: &mut Job<'_>,
) {
    if slot.is_empty() {
        *slot = read();
    } else {
        job.removed(&codes::HEADER_DUPLICATE, name);
    }
}

fn single(slot: &mut Option<String>, value: Option<String>, name: &str, job: &mut Job<'_>) {
    if slot.is_some() {
        job.removed(&codes::HEADER_DUPLICATE, name);
    } else if value.is_some() {
        *slot = value;
    } else {
        job.removed(&codes::HEADER_BROKEN, name);
    }
}

fn date(raw: &[u8]) -> Option<String> {
    let date = DateTime::parse_rfc822(&field::text(raw)).filter(DateTime::is_valid)?;
    Some(date.to_rfc822())
}

/// Reads message identifiers (RFC 5322 3.6.4): what stands in angle brackets.
#[must_use]
pub fn ids(raw: &[u8]) -> Vec<String> {
    const IDS_MAX: usize = 200;
    const ID_BYTES_MAX: usize = 250;
    let text = String::from_utf8_lossy(raw);
    let candidates = text.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    let candidates = candidates.map(|(id, _)| id.trim());
    let is_id = |id: &&str| {
        !id.is_empty() && id.len() <= ID_BYTES_MAX && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let ids: Vec<String> = candidates.filter(is_id).take(IDS_MAX).map(str::to_owned).collect();
    // Some programs leave the brackets out.
    let bare = text.trim();
    if ids.is_empty() && bare.contains('@') && !bare.contains(['<', '>']) && is_id(&bare) {
        return vec![bare.to_owned()];
    }
    ids
}

struct Reader {
    files: Vec<File>,
}

impl Reader {
    /// Walks through a part; what belongs to the body is returned, files are
    /// put aside.
    fn walk(
        &mut self,
        part: &Part<'_>,
        default: &str,
        depth: u32,
        job: &mut Job<'_>,
    ) -> Result<Vec<Piece>, Stop> {
        job.budget.check_nesting(depth)?;
        job.budget.take_entries(1)?;
        let media = part.media_type(default);
        if media.value.starts_with("multipart/") {
            return self.multipart(part, &media, depth, job);
        }
        let disposition = part.disposition();
        let name = name(&media, &disposition);
        let is_body = name.is_empty() && disposition.value != "attachment";
        match media.value.as_str() {
            "message/partial" => return Err(Stop::blocked(&codes::PARTIAL, name)),
            "message/external-body" => {
                job.removed(&codes::EXTERNAL_BODY, &name);
                return Ok(Vec::new());
            }
            "application/pgp-encrypted" => {
                return Err(Stop::held(&reasons::PROTECTION_UNKNOWN, "PGP"));
            }
            "application/pgp-signature"
            | "application/pkcs7-signature"
            | "application/x-pkcs7-signature" => {
                job.removed(&codes::SIGNATURE, &name);
                return Ok(Vec::new());
            }
            "text/x-amp-html" => {
                job.removed(&codes::ALTERNATIVE, &media.value);
                return Ok(Vec::new());
            }
            _ => {}
        }
        let content = part.content();
        job.budget.take_bytes(content.len() as u64)?;
        match media.value.as_str() {
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                return self.opaque(&content, depth, job);
            }
            "text/plain" | "text" if is_body => {
                return Ok(vec![Piece::Text(decode(&content, &media))]);
            }
            "text/html" | "application/xhtml+xml" if is_body => {
                return Ok(vec![Piece::Html(decode(&content, &media))]);
            }
            _ => {}
        }
        if let Some(letter) = tnef::read(&content, job)? {
            job.removed(&codes::TNEF, &name);
            self.files.extend(letter.files);
            return Ok(letter.body);
        }
        let file = file(part, &media, name, content, job);
        self.files.push(file);
        Ok(Vec::new())
    }

    fn multipart(
        &mut self,
        part: &Part<'_>,
        media: &Parametrised,
        depth: u32,
        job: &mut Job<'_>,
    ) -> Result<Vec<Piece>, Stop> {
        if media.value == "multipart/encrypted" {
            return Err(Stop::held(&reasons::PROTECTION_UNKNOWN, "PGP"));
        }
        let boundary = media.parameter("boundary").map(str::to_owned);
        let parts =
            boundary.or_else(|| first_boundary(part.body)).map(|one| split(part.body, &one));
        let Some(parts) = parts.filter(|parts| !parts.parts.is_empty()) else {
            job.budget.take_bytes(part.body.len() as u64)?;
            return Ok(vec![Piece::Text(tidy(&charset::decode(part.body, None)))]);
        };
        if parts.has_more {
            job.removed(&codes::HIDDEN_TEXT, "");
        }
        let default =
            if media.value == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let mut choices = Vec::new();
        for bytes in parts.parts {
            choices.push(self.walk(&Part::read(bytes), default, depth + 1, job)?);
        }
        if media.value == "multipart/alternative" {
            return Ok(one_of(choices, job));
        }
        Ok(choices.into_iter().flatten().collect())
    }

    /// Opens a signed message that hides in a binary (RFC 8551 3.5.2).
    fn opaque(
        &mut self,
        content: &[u8],
        depth: u32,
        job: &mut Job<'_>,
    ) -> Result<Vec<Piece>, Stop> {
        let Some(inner) = smime::signed_content(content) else {
            return Err(Stop::held(&reasons::PROTECTION_UNKNOWN, "S/MIME"));
        };
        job.budget.take_bytes(inner.len() as u64)?;
        job.removed(&codes::SIGNATURE, "S/MIME");
        self.walk(&Part::read(&inner), "text/plain", depth + 1, job)
    }
}

/// Chooses the first text and the last HTML, as mail programs do.
fn one_of(choices: Vec<Vec<Piece>>, job: &mut Job<'_>) -> Vec<Piece> {
    let is_text = |pieces: &[Piece]| pieces.iter().all(|piece| matches!(piece, Piece::Text(_)));
    let (mut text, mut html): (Option<Vec<Piece>>, Option<Vec<Piece>>) = (None, None);
    for pieces in choices.into_iter().filter(|pieces| !pieces.is_empty()) {
        if !is_text(&pieces) {
            if html.replace(pieces).is_some() {
                job.removed(&codes::ALTERNATIVE, "text/html");
            }
        } else if text.is_none() {
            text = Some(pieces);
        } else {
            job.removed(&codes::ALTERNATIVE, "text/plain");
        }
    }
    match (text, html) {
        (Some(text), Some(html)) => {
            let text = text.iter().filter_map(Piece::text).collect::<Vec<_>>().join("\n");
            vec![Piece::Both { text, html: crate::letter::html(&html) }]
        }
        (text, html) => text.or(html).unwrap_or_default(),
    }
}

/// The name from either header, in the order that mail programs use.
fn name(media: &Parametrised, disposition: &Parametrised) -> String {
    let name = disposition.parameter("filename").or_else(|| media.parameter("name"));
    name.unwrap_or_default().to_owned()
}

fn file(
    part: &Part<'_>,
    media: &Parametrised,
    name: String,
    content: Vec<u8>,
    job: &mut Job<'_>,
) -> File {
    let content_id = part.header("content-id").and_then(|raw| content_id(&field::text(raw)));
    let declared = media.value.clone();
    match media.value.as_str() {
        "text/calendar" => {
            job.removed(&codes::CALENDAR, &name);
            let text = calendar::text(&charset::decode(&content, media.parameter("charset")));
            let stem = name.strip_suffix(".ics").unwrap_or(&name);
            let stem = if stem.is_empty() { "calendar" } else { stem };
            File {
                name: format!("{stem}.txt"),
                bytes: text.into_bytes(),
                content_id: None,
                declared,
            }
        }
        "message/rfc822" | "message/global" => {
            let name = if name.is_empty() { subject_name(&content) } else { name };
            File { name, bytes: content, content_id: None, declared }
        }
        "message/delivery-status" | "message/disposition-notification" | "text/rfc822-headers" => {
            let name = if name.is_empty() {
                format!("{}.txt", &media.value[media.value.find('/').map_or(0, |at| at + 1)..])
            } else {
                name
            };
            File { name, bytes: content, content_id: None, declared }
        }
        "text/html" if name.is_empty() => {
            File { name: "attachment.html".to_owned(), bytes: content, content_id: None, declared }
        }
        "text/plain" if name.is_empty() => {
            File { name: "attachment.txt".to_owned(), bytes: content, content_id: None, declared }
        }
        _ => File { name, bytes: content, content_id, declared },
    }
}

/// Accepts a content identifier of harmless characters.
pub(crate) fn content_id(id: &str) -> Option<String> {
    const ID_BYTES_MAX: usize = 200;
    let id = id.trim_start_matches('<').trim_end_matches('>').trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._@+$%-".contains(&byte);
    (!id.is_empty() && id.len() <= ID_BYTES_MAX && id.bytes().all(is_plain)).then(|| id.to_owned())
}

fn subject_name(message: &[u8]) -> String {
    message_name(&Part::read(message).header("subject").map(field::text).unwrap_or_default())
}

/// Names an attached message by its subject.
pub(crate) fn message_name(subject: &str) -> String {
    const CHARS_MAX: usize = 60;
    let short = subject.chars().take(CHARS_MAX);
    let short: String = short.map(|c| if "/\\:*?\"<>|".contains(c) { '_' } else { c }).collect();
    let short = short.trim().trim_matches('.').trim();
    format!("{}.eml", if short.is_empty() { "message" } else { short })
}

/// Reads the headers that a server wrote, without remark: they are a copy.
pub(crate) fn transport_head(bytes: &[u8]) -> Head {
    let part = Part::read(bytes);
    Head {
        from: part.header("from").map(address::list).unwrap_or_default(),
        subject: part.header("subject").map(field::text),
        date: part.header("date").and_then(date),
        message_id: part.header("message-id").and_then(|raw| ids(raw).pop()),
        ..Head::default()
    }
}

/// Finds the boundary of a multipart that does not name it.
fn first_boundary(body: &[u8]) -> Option<String> {
    let line = body.split(|&byte| byte == b'\n').find(|line| line.starts_with(b"--"))?;
    let boundary = line[2..].trim_ascii();
    let is_plain =
        !boundary.is_empty() && boundary.len() <= 200 && boundary.iter().all(u8::is_ascii_graphic);
    String::from_utf8(boundary.to_vec()).ok().filter(|_| is_plain)
}

fn decode(content: &[u8], media: &Parametrised) -> String {
    tidy(&charset::decode(content, media.parameter("charset")))
}

/// Makes line ends one.
pub(crate) fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

//! Writes a delivered mail anew: headers that hold a thread together, what was
//! checked, the text, harmless files. Copies not one byte of a raw part, and
//! nothing in it ends a header where it should not. The same draft gives the
//! same bytes.
//!
//! Source: RFC 5322, 2045 to 2047, 2231, 8601.

mod words;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::auth::Verdicts;
use crate::deliver::iso_2022_jp;
use crate::message::Mailbox;
use words::{file_name, mailbox, message_id, unstructured};

/// In which letters the mail is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Letters {
    /// UTF-8.
    #[default]
    Utf8,
    /// ISO-2022-JP, for programs that know nothing else.
    Iso2022Jp,
}

/// A harmless file.
#[derive(Debug, Clone, Copy)]
pub struct Enclosure<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its content, made harmless.
    pub bytes: &'a [u8],
}

/// What a mail is written of. Lines and signs that headers cannot hold are
/// taken out of every field.
#[derive(Debug, Clone, Default)]
pub struct Draft<'a> {
    /// Names the mail; the boundary is made of it.
    pub id: &'a str,
    /// Our own `Received`, without the name of the field.
    pub received_here: &'a str,
    /// Those that came with the mail, newest first.
    pub received: &'a [String],
    /// `Authentication-Results`; nothing where nothing was checked.
    pub authentication: Option<String>,
    /// Values of `X-Sekisho-Check`.
    pub checks: &'a [String],
    /// Who wrote it.
    pub from: &'a [Mailbox],
    /// Who sent it for them.
    pub sender: &'a [Mailbox],
    /// Where answers go.
    pub reply_to: &'a [Mailbox],
    /// Whom it is for.
    pub to: &'a [Mailbox],
    /// Who gets a copy.
    pub cc: &'a [Mailbox],
    /// One line.
    pub subject: &'a str,
    /// In the form of RFC 5322 3.3.
    pub date: &'a str,
    /// Without angle brackets, as the two that follow.
    pub message_id: Option<&'a str>,
    /// What it answers.
    pub in_reply_to: &'a [String],
    /// What it belongs to.
    pub references: &'a [String],
    /// True for what a program wrote: nobody's absence answers it (RFC 3834 5).
    pub is_automatic: bool,
    /// The body.
    pub text: &'a str,
    /// What comes beside it.
    pub files: &'a [Enclosure<'a>],
    /// In which letters.
    pub letters: Letters,
}

/// Fields of one kind that are kept.
const RECEIVED_MAX: usize = 50;
const CHECKS_MAX: usize = 100;
const REFERENCES_MAX: usize = 50;
const MAILBOXES_MAX: usize = 500;

/// Writes it.
#[must_use]
pub fn write(draft: &Draft<'_>) -> Vec<u8> {
    let mut out = head(draft);
    out.push_str("MIME-Version: 1.0\r\n");
    let text = body(draft);
    if draft.files.is_empty() {
        out.push_str(&text);
        return out.into_bytes();
    }
    // "=_" occurs in no base64 (RFC 2045 6.7), and everything here is base64.
    let boundary = format!("=_{}", words::token(draft.id));
    out.push_str(&format!("Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n\r\n"));
    out.push_str(&format!("--{boundary}\r\n{text}"));
    for file in draft.files {
        out.push_str(&format!("\r\n--{boundary}\r\n"));
        enclosed(file, &mut out);
    }
    out.push_str(&format!("\r\n--{boundary}--\r\n"));
    out.into_bytes()
}

/// A file as a part of its own.
pub(crate) fn file_part(file: &Enclosure<'_>) -> Vec<u8> {
    let mut out = String::new();
    enclosed(file, &mut out);
    out.into_bytes()
}

fn enclosed(file: &Enclosure<'_>, out: &mut String) {
    out.push_str("Content-Type: application/octet-stream\r\n");
    out.push_str("Content-Disposition: attachment");
    out.push_str(&file_name(file.name));
    out.push_str("\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    lines(file.bytes, out);
}

/// Words as a part of their own, shown below the text.
pub(crate) fn text_part(text: &str, letters: Letters) -> Vec<u8> {
    body(&Draft { text, letters, ..Draft::default() }).into_bytes()
}

/// A boundary's letters.
pub(crate) fn token(text: &str) -> String {
    words::token(text)
}

pub(crate) fn head(draft: &Draft<'_>) -> String {
    let mut out = String::new();
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
    };
    field("Received", &words::folded(draft.received_here));
    for received in draft.received.iter().take(RECEIVED_MAX) {
        field("Received", &words::folded(received));
    }
    if let Some(results) = &draft.authentication {
        field("Authentication-Results", &words::folded(results));
    }
    for check in draft.checks.iter().take(CHECKS_MAX) {
        field("X-Sekisho-Check", &words::folded(check));
    }
    let lists = [
        ("From", draft.from),
        ("Sender", draft.sender),
        ("Reply-To", draft.reply_to),
        ("To", draft.to),
        ("Cc", draft.cc),
    ];
    for (name, list) in lists {
        let entries: Vec<String> = list
            .iter()
            .take(MAILBOXES_MAX)
            .filter_map(|entry| mailbox(entry, draft.letters))
            .collect();
        field(name, &entries.join(",\r\n "));
    }
    field("Subject", &unstructured(draft.subject, draft.letters));
    field("Date", &words::folded(draft.date));
    field("Message-ID", &draft.message_id.and_then(message_id).unwrap_or_default());
    for (name, ids) in [("In-Reply-To", draft.in_reply_to), ("References", draft.references)] {
        // The first of a thread and the last ones hold it together.
        let from = ids.len().saturating_sub(REFERENCES_MAX);
        let kept = ids.iter().enumerate().filter(|(at, _)| *at == 0 || *at >= from);
        let ids: Vec<String> = kept.filter_map(|(_, id)| message_id(id)).collect();
        field(name, &ids.join("\r\n "));
    }
    if draft.is_automatic {
        field("Auto-Submitted", "auto-generated");
    }
    out
}

/// The text with its own fields, in base64: no line is too long, none begins
/// with a dot, none is a boundary.
fn body(draft: &Draft<'_>) -> String {
    let mut text = draft.text.trim_end_matches('\n').replace('\n', "\r\n");
    text.push_str("\r\n");
    let (bytes, charset) = match draft.letters {
        Letters::Utf8 => (text.into_bytes(), "utf-8"),
        Letters::Iso2022Jp => (iso_2022_jp(&text).0, "iso-2022-jp"),
    };
    let mut out = format!(
        "Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    lines(&bytes, &mut out);
    out
}

/// Base64 in lines of 76 characters (RFC 2045 6.8).
fn lines(bytes: &[u8], out: &mut String) {
    const BYTES: usize = 57;
    out.reserve(bytes.len() / 3 * 4 + bytes.len() / BYTES * 2 + 8);
    for piece in bytes.chunks(BYTES) {
        STANDARD.encode_string(piece, out);
        out.push_str("\r\n");
    }
}

/// What was checked, as a header says it (RFC 8601 2.2). `server` is the name
/// under which we say it.
#[must_use]
pub fn authentication_results(server: &str, verdicts: &Verdicts) -> String {
    let mut out = words::token(server);
    let mut result = |method: &str, outcome: &str, property: &str, domain: &str| {
        out.push_str(&format!("; {method}={outcome}"));
        let domain = words::token(domain);
        if !domain.is_empty() {
            out.push_str(&format!(" {property}={domain}"));
        }
    };
    let spf = &verdicts.spf;
    result("spf", name(spf.outcome), "smtp.mailfrom", &spf.domain);
    for dkim in verdicts.dkim.iter().take(10) {
        result("dkim", name(dkim.outcome), "header.d", &dkim.domain);
    }
    result("dmarc", name(verdicts.dmarc.outcome), "header.from", &verdicts.dmarc.domain);
    result("arc", name(verdicts.arc.outcome), "header.d", &verdicts.arc.domain);
    out
}

/// RFC 8601 has no word for what was not asked.
fn name(outcome: crate::auth::Outcome) -> &'static str {
    match outcome {
        crate::auth::Outcome::Unchecked => "none",
        crate::auth::Outcome::Pass
        | crate::auth::Outcome::Fail
        | crate::auth::Outcome::SoftFail
        | crate::auth::Outcome::Neutral
        | crate::auth::Outcome::None
        | crate::auth::Outcome::TempError
        | crate::auth::Outcome::PermError => outcome.name(),
    }
}

#[cfg(test)]
mod tests;

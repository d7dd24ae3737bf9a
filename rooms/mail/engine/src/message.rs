//! Reads a message: who, what, and everything that came with it. The parts are
//! those that the sanitiser sees, by the same reader.

use std::collections::BTreeMap;

use sanitize_core::{Code, Engines, Format, Job, Output, Passwords, Policy, Stop, reasons};
use sanitize_mail::letter::{File, Letter, Piece, Recipient};
use sanitize_mail::mime::Part;
use sanitize_mail::{address, field};

use crate::attachment::Attachment;
use crate::body::Body;
use crate::limits::Limits;
use crate::links::Link;
use crate::{codes, links, picture};

/// A name as it is shown, and the address behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mailbox {
    /// May be empty; says nothing about who sent the mail.
    pub display: String,
    /// `local@domain`, or empty for what is only a name.
    pub address: String,
}

impl Mailbox {
    /// Returns the domain in lower case, empty where there is none.
    #[must_use]
    pub fn domain(&self) -> String {
        let domain = self.address.rsplit_once('@').map_or("", |(_, domain)| domain);
        domain.trim_end_matches('.').to_lowercase()
    }
}

/// One thing that was taken out, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Its name and sentences.
    pub code: &'static Code,
    /// Where it was; may be empty.
    pub place: String,
    /// How often.
    pub count: u64,
}

/// A mail as it can be shown.
#[derive(Debug, Default)]
pub struct Message {
    /// One line; empty where the mail has none.
    pub subject: String,
    /// All that the mail names as its authors; honest mails have one.
    pub from: Vec<Mailbox>,
    /// Who sent it for them.
    pub sender: Vec<Mailbox>,
    /// Where answers go.
    pub reply_to: Vec<Mailbox>,
    /// Whom it says it is for.
    pub to: Vec<Mailbox>,
    /// Who gets a copy.
    pub cc: Vec<Mailbox>,
    /// Where failures are reported, as the last server wrote it.
    pub return_path: Option<String>,
    /// What the servers on its way wrote, the last one first; a line each.
    pub received: Vec<String>,
    /// In the form of RFC 5322 3.3.
    pub date: Option<String>,
    /// Without angle brackets, as the two that follow: a thread holds together.
    pub message_id: Option<String>,
    /// What it answers.
    pub in_reply_to: Vec<String>,
    /// What it belongs to.
    pub references: Vec<String>,
    /// The body: no link in it can be clicked, nothing in it is hidden.
    pub text: String,
    /// What came beside the body.
    pub attachments: Vec<Attachment>,
    /// Where its links lead, in the order of reading.
    pub links: Vec<Link>,
    /// What was taken out.
    pub removed: Vec<Removed>,
    /// Names of fonts that its pages ask for, in lower case.
    pub fonts: Vec<String>,
    /// Headers of which honest mails have one at most, and how often they stand.
    pub repeated: BTreeMap<String, usize>,
    /// What the pictures' QR codes say.
    pub codes_in_pictures: Vec<String>,
}

impl Message {
    /// Says whether something of that name was taken out.
    #[must_use]
    pub fn has_removed(&self, id: &str) -> bool {
        self.removed.iter().any(|removed| removed.code.id == id)
    }
}

/// Reads a message of one of the formats of mail.
///
/// # Errors
/// Stops at a limit, at what is no message, and at encrypted messages.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Message, Stop> {
    let format =
        if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) { Format::Msg } else { Format::Eml };
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let mut job = Job::open(&policy, &passwords, &NoEngines, limits.of_job(), bytes.len() as u64)?;
    let letter = sanitize_mail::read(bytes, format, &mut job)?;
    let mut body = Body::new(limits);
    body.read(&letter.body, &mut job);
    let mut message = head(&letter, bytes, format);
    look_at_pictures(&letter, &mut body, limits);
    for file in &letter.files {
        if file.declared == "text/calendar" {
            body.section("予定表 / calendar", &String::from_utf8_lossy(&file.bytes));
        }
    }
    message.codes_in_pictures = body.take_codes();
    let done = body.finish();
    message.text = done.text;
    message.links = done.links;
    message.fonts = done.fonts;
    message.attachments = letter.files.into_iter().enumerate().map(attachment).collect();
    let of_parts = job.removals().iter();
    message.removed = of_parts
        .filter(|removal| removal.code.id != "mail-headers")
        .map(|one| Removed { code: one.code, place: one.place.clone(), count: one.count })
        .chain(done.removed)
        .collect();
    Ok(message)
}

fn head(letter: &Letter, bytes: &[u8], format: Format) -> Message {
    let head = &letter.head;
    let mut message = Message {
        subject: head.subject.clone().unwrap_or_default(),
        from: mailboxes(&head.from),
        sender: mailboxes(&head.sender),
        reply_to: mailboxes(&head.reply_to),
        to: mailboxes(&head.to),
        cc: mailboxes(&head.cc),
        date: head.date.clone(),
        message_id: head.message_id.clone(),
        in_reply_to: head.in_reply_to.clone(),
        references: head.references.clone(),
        ..Message::default()
    };
    if format == Format::Eml {
        let part = Part::read(bytes);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (name, value) in &part.headers {
            if SINGLE.contains(&name.as_str()) {
                *counts.entry(name.clone()).or_default() += 1;
            }
            if name == "received" && message.received.len() < RECEIVED_MAX {
                message.received.push(String::from_utf8_lossy(value).into_owned());
            }
            // Every author counts when the mail is judged, not only the first.
            if name == "from" && counts.get(name).copied().unwrap_or_default() > 1 {
                message.from.extend(mailboxes(&address::list(value)));
            }
        }
        message.repeated = counts.into_iter().filter(|(_, count)| *count > 1).collect();
        message.return_path = part
            .header("return-path")
            .map(|raw| field::text(raw).trim_matches(['<', '>', ' ']).to_owned());
    }
    message
}

/// RFC 5321 6.3: a hundred are a loop.
const RECEIVED_MAX: usize = 100;

/// RFC 5322 3.6: at most once in a message.
const SINGLE: &[&str] = &[
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "content-type",
    "content-transfer-encoding",
    "mime-version",
];

fn mailboxes(recipients: &[Recipient]) -> Vec<Mailbox> {
    let mut out = Vec::new();
    for recipient in recipients {
        match recipient {
            Recipient::One { name, address } => {
                out.push(Mailbox { display: name.clone(), address: address.clone() });
            }
            Recipient::Group { name, members } if members.is_empty() => {
                out.push(Mailbox { display: name.clone(), address: String::new() });
            }
            Recipient::Group { members, .. } => {
                out.extend(members.iter().map(|(name, address)| Mailbox {
                    display: name.clone(),
                    address: address.clone(),
                }));
            }
        }
    }
    out
}

fn attachment((index, file): (usize, File)) -> Attachment {
    Attachment::new(index, file.name, file.declared, file.bytes)
}

fn look_at_pictures(letter: &Letter, body: &mut Body<'_>, limits: &Limits) {
    let embedded = letter.body.iter().filter_map(|piece| match piece {
        Piece::Html(html) | Piece::Both { html, .. } => Some(links::data_pictures(html)),
        Piece::Text(_) => None,
    });
    let embedded: Vec<Vec<u8>> = embedded.flatten().collect();
    let attached = letter.files.iter().map(|file| file.bytes.as_slice());
    let all = attached.chain(embedded.iter().map(Vec::as_slice)).filter(|one| picture::is_one(one));
    for (count, bytes) in all.enumerate() {
        if count >= limits.pictures_max {
            body.note(&codes::PICTURE_SKIPPED, "");
            return;
        }
        match picture::codes(bytes, limits) {
            Some(found) => found.iter().for_each(|text| body.code_in_picture(text)),
            None => body.note(&codes::PICTURE_SKIPPED, ""),
        }
    }
}

/// Reading asks no family for anything; this stands where one would.
struct NoEngines;

impl Engines for NoEngines {
    fn rebuild(&self, name: &str, _: &[u8], _: &mut Job<'_>) -> Result<Output, Stop> {
        Err(Stop::blocked(&reasons::UNSUPPORTED, name))
    }

    fn text(&self, name: &str, _: &[u8], _: &mut Job<'_>) -> Result<String, Stop> {
        Err(Stop::blocked(&reasons::UNSUPPORTED, name))
    }
}

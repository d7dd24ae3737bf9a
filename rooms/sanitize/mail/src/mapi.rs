//! What Outlook's properties say, as a letter. Where they are stored is the
//! matter of the two readers that use this.
//!
//! Source: [MS-OXPROPS], [MS-OXCMSG], [MS-OXOMSG].

use std::collections::BTreeMap;

use mail_parser::DateTime;
use sanitize_core::{Job, Stop};

use crate::address;
use crate::charset;
use crate::codes;
use crate::eml::{self, tidy};
use crate::field::one_line;
use crate::letter::{File, Head, Letter, Piece, Recipient};
use crate::rtf::{self, Encapsulated};
use crate::write;

/// Property types ([MS-OXCDATA] 2.11.1).
pub(crate) const LONG: u16 = 0x0003;
pub(crate) const OBJECT: u16 = 0x000D;
pub(crate) const STRING8: u16 = 0x001E;
pub(crate) const UNICODE: u16 = 0x001F;
pub(crate) const TIME: u16 = 0x0040;
pub(crate) const BINARY: u16 = 0x0102;

/// Property identifiers ([MS-OXPROPS] 2).
const SUBJECT: u16 = 0x0037;
const CLIENT_SUBMIT_TIME: u16 = 0x0039;
const SENT_REPRESENTING_NAME: u16 = 0x0042;
const SENT_REPRESENTING_EMAIL: u16 = 0x0065;
const TRANSPORT_HEADERS: u16 = 0x007D;
const RECIPIENT_TYPE: u16 = 0x0C15;
const SENDER_NAME: u16 = 0x0C1A;
const SENDER_EMAIL: u16 = 0x0C1F;
const DELIVERY_TIME: u16 = 0x0E06;
const BODY: u16 = 0x1000;
const RTF_COMPRESSED: u16 = 0x1009;
const HTML: u16 = 0x1013;
const MESSAGE_ID: u16 = 0x1035;
const REFERENCES: u16 = 0x1039;
const IN_REPLY_TO: u16 = 0x1042;
const DISPLAY_NAME: u16 = 0x3001;
const EMAIL_ADDRESS: u16 = 0x3003;
pub(crate) const ATTACH_DATA: u16 = 0x3701;
const ATTACH_FILENAME: u16 = 0x3704;
const ATTACH_METHOD: u16 = 0x3705;
const ATTACH_LONG_FILENAME: u16 = 0x3707;
const ATTACH_CONTENT_ID: u16 = 0x3712;
const SMTP_ADDRESS: u16 = 0x39FE;
const INTERNET_CODEPAGE: u16 = 0x3FDE;
const MESSAGE_CODEPAGE: u16 = 0x3FFD;
const SENDER_SMTP: u16 = 0x5D01;
const SENT_REPRESENTING_SMTP: u16 = 0x5D02;

/// The properties of one object, by identifier.
#[derive(Debug, Default)]
pub(crate) struct Properties {
    values: BTreeMap<u16, (u16, Vec<u8>)>,
    /// Code page of narrow strings; zero where it is not said.
    codepage: u32,
}

impl Properties {
    pub(crate) fn insert(&mut self, id: u16, kind: u16, value: Vec<u8>) {
        self.values.entry(id).or_insert((kind, value));
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn has(&self, id: u16) -> bool {
        self.values.contains_key(&id)
    }

    pub(crate) fn set_codepage(&mut self, codepage: u32) {
        self.codepage = codepage;
    }

    /// The code page that the message names, for it and all that is in it.
    pub(crate) fn own_codepage(&self) -> u32 {
        self.number(MESSAGE_CODEPAGE).unwrap_or(self.codepage)
    }

    fn text(&self, id: u16) -> Option<String> {
        let (kind, value) = self.values.get(&id)?;
        let text = match *kind {
            UNICODE => utf16(value),
            STRING8 => charset::decode(value, label(self.codepage).as_deref()),
            _ => return None,
        };
        let text = text.trim_end_matches('\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn line(&self, id: u16) -> Option<String> {
        self.text(id).map(|text| one_line(&text)).filter(|line| !line.is_empty())
    }

    pub(crate) fn binary(&self, id: u16) -> Option<&[u8]> {
        let (kind, value) = self.values.get(&id)?;
        matches!(*kind, BINARY | OBJECT).then_some(value.as_slice())
    }

    fn number(&self, id: u16) -> Option<u32> {
        let (kind, value) = self.values.get(&id)?;
        let bytes = value.first_chunk::<4>().filter(|_| *kind == LONG)?;
        Some(u32::from_le_bytes(*bytes))
    }

    /// A time in 100 nanoseconds since 1601 ([MS-OXCDATA] 2.11.1).
    fn time(&self, id: u16) -> Option<String> {
        const TICKS: u64 = 10_000_000;
        const SECONDS_TO_1970: i64 = 11_644_473_600;
        let (kind, value) = self.values.get(&id)?;
        let bytes = value.first_chunk::<8>().filter(|_| *kind == TIME)?;
        let seconds = i64::try_from(u64::from_le_bytes(*bytes) / TICKS).ok()? - SECONDS_TO_1970;
        // Outside of these years it is a mark, not a time.
        let is_plausible = (0..4_102_444_800).contains(&seconds);
        is_plausible.then(|| DateTime::from_timestamp(seconds).to_rfc822())
    }
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Returns the charset label of a Windows code page.
pub(crate) fn label(codepage: u32) -> Option<String> {
    match codepage {
        0 => None,
        932 => Some("shift_jis".to_owned()),
        936 => Some("gbk".to_owned()),
        949 => Some("euc-kr".to_owned()),
        950 => Some("big5".to_owned()),
        20127 => Some("us-ascii".to_owned()),
        20932 | 51932 => Some("euc-jp".to_owned()),
        28591..=28605 => Some(format!("iso-8859-{}", codepage - 28590)),
        50220..=50222 => Some("iso-2022-jp".to_owned()),
        65001 => Some("utf-8".to_owned()),
        other => Some(format!("windows-{other}")),
    }
}

/// What the readers found, before it becomes a letter.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) message: Properties,
    pub(crate) recipients: Vec<Properties>,
    pub(crate) files: Vec<File>,
}

impl Raw {
    /// Makes a letter of what is shown.
    ///
    /// # Errors
    /// Stops at a limit.
    pub(crate) fn letter(self, job: &mut Job<'_>) -> Result<Letter, Stop> {
        let head = self.head(job);
        let body = body(&self.message, job)?;
        Ok(Letter { head, body, files: self.files })
    }

    fn head(&self, job: &mut Job<'_>) -> Head {
        let message = &self.message;
        // What the sender's server wrote fills the gaps that Outlook leaves.
        let transport = message.text(TRANSPORT_HEADERS).unwrap_or_default() + "\r\n\r\n";
        let transport = eml::transport_head(transport.as_bytes());
        let id = |property| message.line(property).map(|line| eml::ids(line.as_bytes()));
        let mut head = Head {
            subject: message.line(SUBJECT).or(transport.subject),
            date: message
                .time(CLIENT_SUBMIT_TIME)
                .or(message.time(DELIVERY_TIME))
                .or(transport.date),
            message_id: id(MESSAGE_ID).and_then(|mut ids| ids.pop()).or(transport.message_id),
            in_reply_to: id(IN_REPLY_TO).unwrap_or_default(),
            references: id(REFERENCES).unwrap_or_default(),
            ..Head::default()
        };
        let represented = (SENT_REPRESENTING_NAME, SENT_REPRESENTING_SMTP, SENT_REPRESENTING_EMAIL);
        let sender = (SENDER_NAME, SENDER_SMTP, SENDER_EMAIL);
        head.from
            .extend(self.person(message, represented).or_else(|| self.person(message, sender)));
        let has_address = head.from.iter().any(|one| matches!(one, Recipient::One { .. }));
        if !has_address && !transport.from.is_empty() {
            head.from = transport.from;
        }
        for recipient in &self.recipients {
            let person = self.person(recipient, (DISPLAY_NAME, SMTP_ADDRESS, EMAIL_ADDRESS));
            match recipient.number(RECIPIENT_TYPE).unwrap_or(1) & 0xF {
                1 => head.to.extend(person),
                2 => head.cc.extend(person),
                _ => job.removed(&codes::BCC, ""),
            }
        }
        head
    }

    /// Takes the Internet address where there is one; Exchange's own says
    /// nothing to anyone else.
    fn person(&self, of: &Properties, (name, smtp, email): (u16, u16, u16)) -> Option<Recipient> {
        let address =
            of.line(smtp).or_else(|| of.line(email)).filter(|address| address.contains('@'));
        let name = of.line(name).map(|name| name.trim_matches(['\'', '"']).to_owned());
        let name = name.filter(|name| Some(name) != address.as_ref());
        address::recipient(name.as_deref(), address.as_deref())
    }
}

fn body(message: &Properties, job: &mut Job<'_>) -> Result<Vec<Piece>, Stop> {
    let text = message.text(BODY).map(|text| tidy(&text));
    let html = match message.binary(HTML) {
        Some(bytes) => {
            let codepage = message.number(INTERNET_CODEPAGE).unwrap_or(message.codepage);
            Some(charset::decode(bytes, label(codepage).as_deref()))
        }
        None => message.text(HTML),
    };
    let html = html.filter(|html| !html.trim().is_empty());
    if let Some(html) = html {
        return Ok(vec![both(text, tidy(&html))]);
    }
    let rtf = match message.binary(RTF_COMPRESSED) {
        Some(packed) => rtf::decompress(packed, job)?,
        None => None,
    };
    let Some(rtf) = rtf else { return Ok(text.map(Piece::Text).into_iter().collect()) };
    Ok(match (rtf::encapsulated(&rtf), text) {
        (Some(Encapsulated::Html(html)), text) => vec![both(text, tidy(&html))],
        (_, Some(text)) => vec![Piece::Text(text)],
        (Some(Encapsulated::Text(text)), None) => vec![Piece::Text(tidy(&text))],
        // Outlook's own formatting, and nothing else says what stands in it.
        (None, None) => match job.text_nested("body.rtf", &rtf) {
            Ok(text) => vec![Piece::Text(tidy(&text))],
            Err(stop) => return Err(stop),
        },
    })
}

fn both(text: Option<String>, html: String) -> Piece {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => Piece::Both { text, html },
        None => Piece::Html(html),
    }
}

/// How an attachment is stored ([MS-OXCMSG] 2.2.2.9).
pub(crate) enum Storing {
    Value,
    Message,
    Elsewhere,
    Ole,
}

/// Says how an attachment is stored.
pub(crate) fn storing(attachment: &Properties) -> Storing {
    match attachment.number(ATTACH_METHOD).unwrap_or(1) {
        2 | 3 | 4 | 7 => Storing::Elsewhere,
        5 => Storing::Message,
        6 => Storing::Ole,
        _ => Storing::Value,
    }
}

/// Returns an attachment's name, empty where it has none.
pub(crate) fn file_name(attachment: &Properties) -> String {
    let name = attachment.line(ATTACH_LONG_FILENAME).or_else(|| attachment.line(ATTACH_FILENAME));
    name.or_else(|| attachment.line(DISPLAY_NAME)).unwrap_or_default()
}

/// Makes a file of an attachment's data.
pub(crate) fn file(attachment: &Properties, bytes: Vec<u8>) -> File {
    let content_id = attachment.line(ATTACH_CONTENT_ID).and_then(|id| eml::content_id(&id));
    File { name: file_name(attachment), bytes, content_id, declared: String::new() }
}

/// Makes a file of a message inside a message. It is written as it is: it comes
/// back to this family as a file like any other.
pub(crate) fn message_file(letter: &Letter) -> File {
    let name = eml::message_name(letter.head.subject.as_deref().unwrap_or_default());
    File {
        name,
        bytes: write::unchecked(letter),
        content_id: None,
        declared: "message/rfc822".to_owned(),
    }
}

//! Writes a mail: Japanese first, then English; UTF-8, encoded so that every
//! relay carries it. Whatever goes into a header is of our own making or was
//! parsed into a type that holds no line end.

use std::time::{Duration, SystemTime};

use base::Timestamp;
use i18n::{Key, Language, Message as Sentence, Messages, key};
use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};

use crate::address::Address;
use crate::error::RelayError;

/// A mail as it is handed to a relay.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Who hands it over and for whom.
    pub(crate) envelope: Envelope,
    /// Its bytes, lines ended by CR and LF.
    pub(crate) bytes: Vec<u8>,
}

impl Mail {
    /// The mail as the relay gets it; nothing in it is beyond ASCII.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or_default()
    }
}

/// What a mail is made of.
pub(crate) struct Draft<'a> {
    pub(crate) from: &'a Address,
    pub(crate) to: &'a Address,
    /// The part of the Message-ID before the `@`: the job's id, so that the same
    /// notice sent again after a kill is recognisably the same.
    pub(crate) id: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) content: Content<'a>,
}

/// What it says.
pub(crate) enum Content<'a> {
    /// Something waits, at an address of this system.
    Notice { what: &'a Key, link: &'a str },
    /// The code that proves the reader's address.
    Code { code: &'a str, link: &'a str },
}

/// What readers see beside the sender's address.
const SENDER: &str = "関所 Sekisho";
const RULE: &str = "\n\n----------------------------------------\n\n";

/// Writes the mail.
///
/// # Errors
/// [`RelayError::Unwritable`] where an address or a path is none of ours.
pub(crate) fn compose(words: &Messages, draft: &Draft<'_>) -> Result<Mail, RelayError> {
    let (subject, text) = say(words, &draft.content);
    let id = format!("<{}@{}>", draft.id, draft.from.domain());
    if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unwritable("the id is none"));
    }
    // RFC 3834 §5: nobody's absence is to answer it.
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    let message = Message::builder()
        .from(mailbox(Some(SENDER), draft.from)?)
        .to(mailbox(None, draft.to)?)
        .subject(subject)
        .date(moment(draft.at))
        .message_id(Some(id))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .singlepart(SinglePart::plain(text))
        .map_err(unwritable)?;
    Ok(Mail { envelope: message.envelope().clone(), bytes: message.formatted() })
}

/// Subject and text.
fn say(words: &Messages, content: &Content<'_>) -> (String, String) {
    let both = |say: &dyn Fn(Language) -> String, between: &str| {
        format!("{}{between}{}", say(Language::Japanese), say(Language::English))
    };
    let (subject, text, link) = match content {
        Content::Notice { link, .. } => (key!("notices-subject"), key!("notices-mail"), *link),
        Content::Code { link, .. } => (key!("notices-code-subject"), key!("notices-code"), *link),
    };
    let inner = |language| match content {
        Content::Notice { what, .. } => {
            words.say(language, Sentence::new((*what).clone())).to_string()
        }
        Content::Code { code, .. } => (*code).to_owned(),
    };
    let of = |key: &Key, language| {
        let sentence = words.say(language, Sentence::new(key.clone()));
        sentence.with("what", inner(language)).with("link", link.to_owned()).to_string()
    };
    let subject = both(&|language| of(&subject, language), " / ");
    let text = both(&|language| of(&text, language), RULE);
    // A header is one line, whatever a catalogue says.
    (subject.replace(['\r', '\n'], " "), format!("{text}\n"))
}

fn mailbox(name: Option<&str>, address: &Address) -> Result<Mailbox, RelayError> {
    let inner = lettre::Address::new(address.local(), address.domain()).map_err(unwritable)?;
    Ok(Mailbox::new(name.map(str::to_owned), inner))
}

fn moment(at: Timestamp) -> SystemTime {
    let millis = u64::try_from(at.millis()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

fn unwritable(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RelayError {
    RelayError::Unwritable(why.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn write(to: &str, id: &str, content: Content<'_>) -> Result<String, RelayError> {
        let words = Messages::load(&[crate::CATALOGUE]).unwrap();
        let from = Address::parse("gate@city.example.lg.jp").unwrap();
        let to = Address::parse(to).unwrap();
        let at = Timestamp::parse("2026-04-01T00:00:00Z").unwrap();
        let mail = compose(&words, &Draft { from: &from, to: &to, id, at, content })?;
        assert_eq!(mail.envelope.to().len(), 1, "one receiver");
        Ok(String::from_utf8(mail.bytes).unwrap())
    }

    static WHAT: Key = key!("notice-permit-ends");

    fn notice(link: &str) -> Content<'_> {
        Content::Notice { what: &WHAT, link }
    }

    fn headers(mail: &str) -> Vec<&str> {
        let head = mail.split("\r\n\r\n").next().unwrap();
        head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).collect()
    }

    const NAMES: [&str; 8] = [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
    ];

    #[test]
    fn a_mail_has_these_headers_and_no_more_and_seven_bits() {
        let mail = write("a@city.example.lg.jp", "01J", notice("https://x/permits")).unwrap();
        for line in headers(&mail) {
            let name = line.split(':').next().unwrap();
            assert!(NAMES.contains(&name) || name == "MIME-Version", "{line}");
        }
        for wanted in [
            "Auto-Submitted: auto-generated",
            "Message-ID: <01J@city.example.lg.jp>",
            "To: a@city.example.lg.jp",
            "Date: Wed, 01 Apr 2026 00:00:00 +0000",
            "Content-Type: text/plain; charset=utf-8",
        ] {
            assert!(mail.contains(wanted), "{wanted} is not in\n{mail}");
        }
        assert!(mail.is_ascii() && mail.split("\r\n").all(|line| line.len() <= 78), "{mail}");
        assert!(!mail.replace("\r\n", "").contains(['\r', '\n']), "no bare line end");
    }

    #[test]
    fn a_line_end_in_any_field_begins_no_header() {
        for hostile in ["x\r\nBcc: b@evil.jp", "x\nBcc: b@evil.jp", "x\r\n\r\nBcc: b@evil.jp"] {
            let link = format!("https://x/{hostile}");
            let mail = write("a@city.example.lg.jp", "01J", notice(&link)).unwrap();
            let code = Content::Code { code: hostile, link: &link };
            let coded = write("a@city.example.lg.jp", "01J", code).unwrap();
            for mail in [mail, coded] {
                assert!(headers(&mail).iter().all(|line| !line.starts_with("Bcc")), "{mail}");
            }
            assert!(write("a@city.example.lg.jp", hostile, notice("https://x/")).is_err());
            assert!(Address::parse(&format!("{hostile}@city.example.lg.jp")).is_err());
            let what = Key::read(hostile.to_owned());
            let content = Content::Notice { what: &what, link: "https://x/" };
            let odd = write("a@city.example.lg.jp", "01J", content).unwrap();
            assert!(headers(&odd).iter().all(|line| !line.starts_with("Bcc")), "{odd}");
        }
    }
}

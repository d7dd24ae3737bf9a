//! Questions and answers as text.

use std::collections::BTreeMap;

/// Bytes of one question, with its empty line.
pub const REQUEST_BYTES_MAX: usize = 32 << 10;
/// Attributes of one question; Postfix 3.7 sends some 30.
const ATTRIBUTES_MAX: usize = 100;
/// Bytes of an answer's text.
const ANSWER_BYTES_MAX: usize = 300;

/// When in a session the question is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// A receiver was named.
    Receiver,
    /// The whole message is there.
    EndOfMessage,
    /// Any other moment.
    Other(String),
}

/// What Postfix knows when it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// When.
    pub stage: Stage,
    /// The client's address as Postfix writes it.
    pub client: String,
    /// Its name where two questions to the DNS agreed, else `unknown`.
    pub client_name: String,
    /// What it called itself.
    pub helo: String,
    /// Empty for reports of failure.
    pub sender: String,
    /// The receiver; empty at the end of a message to several.
    pub receiver: String,
    /// Bytes as announced, at the end of a message as counted; 0 if unknown.
    pub bytes: u64,
    /// The same for all questions about one mail.
    pub instance: String,
    /// The queue's name, once there is one.
    pub queue_id: String,
    /// Whether the connection was covered.
    pub is_encrypted: bool,
    /// Everything that Postfix said.
    pub attributes: BTreeMap<String, String>,
}

/// What is no question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A line without `=`, or with a name that is none.
    #[error("a line is no attribute")]
    Line,
    /// More than [`REQUEST_BYTES_MAX`] or too many lines.
    #[error("the question is too long")]
    TooLong,
    /// It does not say `request=smtpd_access_policy`.
    #[error("not a question about access")]
    Kind,
}

/// What Postfix is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing against it; other rules decide (`DUNNO`).
    Pass,
    /// Come again later, with what the client is told.
    Later(String),
    /// Not ever, with what the client is told.
    Never(String),
}

impl Answer {
    /// The answer as it is sent.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Pass => "action=DUNNO\n\n".to_owned(),
            Self::Later(why) => format!("action=451 4.7.1 {}\n\n", one_line(why)),
            Self::Never(why) => format!("action=550 5.7.1 {}\n\n", one_line(why)),
        }
    }
}

/// Replies are ASCII, and a line's end in them would be an attribute of its own.
fn one_line(text: &str) -> String {
    text.chars()
        .take(ANSWER_BYTES_MAX)
        .map(|c| if matches!(c, ' '..='~') { c } else { '?' })
        .collect()
}

/// Takes one whole question from the front of what came: how many bytes it was,
/// and what it says. Nothing while its empty line has not come.
///
/// # Errors
/// What is no question; the connection is of no use any more.
pub fn parse(bytes: &[u8]) -> Result<Option<(usize, Request)>, RequestError> {
    let mut attributes = BTreeMap::new();
    let mut taken = 0;
    loop {
        let rest = bytes.get(taken..).unwrap_or_default();
        let Some(end) = memchr::memchr(b'\n', rest) else {
            let is_long = bytes.len() >= REQUEST_BYTES_MAX;
            return if is_long { Err(RequestError::TooLong) } else { Ok(None) };
        };
        taken += end + 1;
        if taken > REQUEST_BYTES_MAX || attributes.len() > ATTRIBUTES_MAX {
            return Err(RequestError::TooLong);
        }
        let line = rest.get(..end).unwrap_or_default();
        if line.is_empty() {
            return request(attributes).map(|request| Some((taken, request)));
        }
        let line = String::from_utf8_lossy(line);
        let (name, value) = line.split_once('=').ok_or(RequestError::Line)?;
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(RequestError::Line);
        }
        attributes.insert(name.to_owned(), value.to_owned());
    }
}

fn request(attributes: BTreeMap<String, String>) -> Result<Request, RequestError> {
    if attributes.get("request").is_none_or(|kind| kind != "smtpd_access_policy") {
        return Err(RequestError::Kind);
    }
    let value = |name: &str| attributes.get(name).cloned().unwrap_or_default();
    Ok(Request {
        stage: match value("protocol_state").as_str() {
            "RCPT" => Stage::Receiver,
            "END-OF-MESSAGE" => Stage::EndOfMessage,
            other => Stage::Other(other.to_owned()),
        },
        client: value("client_address"),
        client_name: value("client_name"),
        helo: value("helo_name"),
        sender: value("sender"),
        receiver: value("recipient"),
        bytes: value("size").parse().unwrap_or(0),
        instance: value("instance"),
        queue_id: value("queue_id"),
        is_encrypted: !value("encryption_protocol").is_empty(),
        attributes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &[u8] = b"request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.7\nsender=a=b@c.example\nrecipient=d@town.example\nsize=1234\ninstance=1.2.3\nencryption_protocol=\n\n";

    #[test]
    fn a_question_is_read_however_it_comes() {
        for cut in 0..QUESTION.len() {
            assert_eq!(parse(&QUESTION[..cut]), Ok(None), "{cut}");
        }
        let two = QUESTION.repeat(2);
        let (taken, request) = parse(&two).unwrap().unwrap();
        assert_eq!(taken, QUESTION.len());
        assert_eq!((request.sender.as_str(), request.bytes), ("a=b@c.example", 1_234));
        assert_eq!((request.stage, request.is_encrypted), (Stage::Receiver, false));
    }

    #[test]
    fn what_is_no_question_is_refused() {
        let long = [b"request=".as_slice(), &b"x".repeat(REQUEST_BYTES_MAX)].concat();
        let many = b"a=b\n".repeat(9_000);
        let cases: &[(&[u8], RequestError)] = &[
            (b"hello\n\n", RequestError::Line),
            (b"=x\n\n", RequestError::Line),
            (b"A B=x\n\n", RequestError::Line),
            (b"\n", RequestError::Kind),
            (b"request=other\n\n", RequestError::Kind),
            (&long, RequestError::TooLong),
            (&many, RequestError::TooLong),
        ];
        for (bytes, wanted) in cases {
            assert_eq!(parse(bytes).as_ref(), Err(wanted));
        }
    }

    #[test]
    fn an_answer_is_one_line() {
        let answer = Answer::Never("no\naction=OK\n\n役".to_owned()).to_text();
        assert_eq!(answer, "action=550 5.7.1 no?action=OK???\n\n");
    }
}

//! A letter: what a message says, whatever format it came in. Holds nothing
//! that a reader would not see or open.

/// A message taken apart.
#[derive(Debug, Default)]
pub(crate) struct Letter {
    pub(crate) head: Head,
    pub(crate) body: Vec<Piece>,
    pub(crate) files: Vec<File>,
}

/// The headers that are kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) from: Vec<Recipient>,
    pub(crate) sender: Vec<Recipient>,
    pub(crate) reply_to: Vec<Recipient>,
    pub(crate) to: Vec<Recipient>,
    pub(crate) cc: Vec<Recipient>,
    pub(crate) subject: Option<String>,
    /// In the form of RFC 5322 3.3.
    pub(crate) date: Option<String>,
    /// Without angle brackets, as the two that follow.
    pub(crate) message_id: Option<String>,
    pub(crate) in_reply_to: Vec<String>,
    pub(crate) references: Vec<String>,
}

/// One entry of an address list (RFC 5322 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// A mailbox; the name may be empty.
    One { name: String, address: String },
    /// A named group, possibly without members.
    Group { name: String, members: Vec<(String, String)> },
}

/// A stretch of the body, in the order of reading.
#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Html(String),
    /// The same said twice.
    Both {
        text: String,
        html: String,
    },
}

/// A file that came with the letter.
#[derive(Debug)]
pub(crate) struct File {
    /// As written; empty where there was none.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// By which the HTML body may show it.
    pub(crate) content_id: Option<String>,
}

impl Piece {
    /// The plain text of a stretch, where it has any.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Both { text, .. } => Some(text),
            Self::Html(_) => None,
        }
    }
}

/// Joins stretches to one HTML text; plain ones stand in it as they are.
pub(crate) fn html(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Html(html) | Piece::Both { html, .. } => out.push_str(html),
            Piece::Text(text) if text.trim().is_empty() => {}
            Piece::Text(text) => {
                let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                out.push_str("<pre>");
                out.push_str(&escaped);
                out.push_str("</pre>");
            }
        }
    }
    out
}

//! A letter: what a message says, whatever format it came in. Holds nothing
//! that a reader would not see or open.

/// A message taken apart.
#[derive(Debug, Default)]
pub struct Letter {
    /// The headers that are kept.
    pub head: Head,
    /// In the order of reading.
    pub body: Vec<Piece>,
    /// What came beside the body.
    pub files: Vec<File>,
}

/// The headers that are kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Who wrote it.
    pub from: Vec<Recipient>,
    /// Who sent it for them.
    pub sender: Vec<Recipient>,
    /// Where answers go.
    pub reply_to: Vec<Recipient>,
    /// Whom it is for.
    pub to: Vec<Recipient>,
    /// Who gets a copy.
    pub cc: Vec<Recipient>,
    /// One line of text.
    pub subject: Option<String>,
    /// In the form of RFC 5322 3.3.
    pub date: Option<String>,
    /// Without angle brackets, as the two that follow.
    pub message_id: Option<String>,
    /// What it answers.
    pub in_reply_to: Vec<String>,
    /// What it belongs to.
    pub references: Vec<String>,
}

/// One entry of an address list (RFC 5322 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A mailbox; the name may be empty.
    One {
        /// As shown.
        name: String,
        /// `local@domain`.
        address: String,
    },
    /// A named group, possibly without members.
    Group {
        /// As shown.
        name: String,
        /// Names and addresses.
        members: Vec<(String, String)>,
    },
}

/// A stretch of the body, in the order of reading.
#[derive(Debug)]
pub enum Piece {
    /// Plain text.
    Text(String),
    /// A page.
    Html(String),
    /// The same said twice.
    Both {
        /// As plain text.
        text: String,
        /// As a page.
        html: String,
    },
}

/// A file that came with the letter.
#[derive(Debug)]
pub struct File {
    /// As written; empty where there was none.
    pub name: String,
    /// Without transfer encoding.
    pub bytes: Vec<u8>,
    /// By which the HTML body may show it.
    pub content_id: Option<String>,
    /// What the message said it was: a media type in lower case, or empty.
    pub declared: String,
}

impl Piece {
    /// The plain text of a stretch, where it has any.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
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

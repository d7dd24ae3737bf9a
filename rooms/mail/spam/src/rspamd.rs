//! The words of rspamd: what its `POST /checkv2` is told beside the mail, and
//! what it answers. The call itself is made elsewhere. An answer is as little
//! believed as any other input.

use serde::Deserialize;

/// Bytes of one answer.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Symbols of one answer that are kept, the heaviest.
pub const SYMBOLS_MAX: usize = 50;
/// Characters of one symbol's name or sentence.
const TEXT_CHARS_MAX: usize = 200;
/// Characters of one header of the request.
const HEADER_CHARS_MAX: usize = 1_000;
/// Receivers that are told.
const RECEIVERS_MAX: usize = 100;
/// The path that is asked.
pub const PATH: &str = "/checkv2";

/// What the server that took a mail knows about it.
#[derive(Debug, Clone, Default)]
pub struct Delivery<'a> {
    /// The address that delivered it.
    pub ip: &'a str,
    /// What it called itself.
    pub helo: &'a str,
    /// The sender of the envelope; empty for failure reports.
    pub mail_from: &'a str,
    /// The receivers of the envelope.
    pub receivers: &'a [String],
    /// The queue's name of the mail.
    pub queue_id: &'a str,
}

impl Delivery<'_> {
    /// The headers of the request: what is not known is left out, and what would
    /// end a header is, too.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let from = if self.mail_from.is_empty() { "<>" } else { self.mail_from };
        let one =
            [("IP", self.ip), ("Helo", self.helo), ("From", from), ("Queue-Id", self.queue_id)];
        let many = self.receivers.iter().take(RECEIVERS_MAX).map(|one| ("Rcpt", one.as_str()));
        let all = one.into_iter().chain(many).map(|(name, value)| (name, clean(value)));
        all.filter(|(_, value)| !value.is_empty()).collect()
    }
}

fn clean(value: &str) -> String {
    value.chars().filter(|c| c.is_ascii_graphic()).take(HEADER_CHARS_MAX).collect()
}

/// What rspamd would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Let it pass.
    Pass,
    /// Ask the sender to come again; says nothing of a mail that was taken.
    Greylist,
    /// The same, because of a limit.
    SoftReject,
    /// Let it pass with a mark.
    AddHeader,
    /// Let it pass with a mark in its subject.
    RewriteSubject,
    /// Keep it back.
    Quarantine,
    /// Refuse it.
    Reject,
    /// Take it and throw it away, which is never done here.
    Discard,
}

impl Action {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "no action" => Self::Pass,
            "greylist" => Self::Greylist,
            "soft reject" => Self::SoftReject,
            "add header" => Self::AddHeader,
            "rewrite subject" => Self::RewriteSubject,
            "quarantine" => Self::Quarantine,
            "reject" => Self::Reject,
            "discard" => Self::Discard,
            _ => return None,
        })
    }
}

/// One rule of rspamd that matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Above 0 for spam.
    pub score: f64,
    /// What it means, in English; may be empty.
    pub meaning: String,
}

/// What rspamd said.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The sum of its symbols.
    pub score: f64,
    /// From which sum on it rejects.
    pub required: f64,
    /// What it would do.
    pub action: Action,
    /// Whether it passed the mail over, because it is told to or because the
    /// mail comes from itself.
    pub is_skipped: bool,
    /// What matched, heaviest first.
    pub symbols: Vec<Symbol>,
}

/// Why an answer is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Larger than any honest one.
    #[error("the answer is larger than {max} bytes")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// rspamd could not look at the mail.
    #[error("rspamd could not look at the mail: {reason}")]
    Failed {
        /// In its words.
        reason: String,
    },
    /// Not the form that `/checkv2` answers in.
    #[error("the answer cannot be read")]
    Form,
    /// An action that is not known here.
    #[error("the answer names an unknown action: {name}")]
    Action {
        /// Its name.
        name: String,
    },
}

#[derive(Deserialize)]
struct Raw {
    score: Option<f64>,
    required_score: Option<f64>,
    action: Option<String>,
    #[serde(default)]
    is_skipped: bool,
    #[serde(default)]
    symbols: std::collections::BTreeMap<String, RawSymbol>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct RawSymbol {
    #[serde(default)]
    score: f64,
    #[serde(default)]
    description: Option<String>,
}

/// Reads an answer.
///
/// # Errors
/// Too large, a failure that rspamd names, or not an answer.
pub fn read(bytes: &[u8]) -> Result<Answer, AnswerError> {
    if bytes.len() > ANSWER_BYTES_MAX {
        return Err(AnswerError::TooLarge { max: ANSWER_BYTES_MAX });
    }
    let raw: Raw = serde_json::from_slice(bytes).map_err(|_| AnswerError::Form)?;
    if let Some(reason) = raw.error {
        return Err(AnswerError::Failed { reason: short(&reason) });
    }
    let name = raw.action.ok_or(AnswerError::Form)?;
    let action = Action::read(&name).ok_or_else(|| AnswerError::Action { name: short(&name) })?;
    let (Some(score), Some(required)) = (raw.score, raw.required_score) else {
        return Err(AnswerError::Form);
    };
    let mut symbols: Vec<Symbol> = raw
        .symbols
        .into_iter()
        .map(|(name, raw)| Symbol {
            name: short(&name),
            score: raw.score,
            meaning: short(&raw.description.unwrap_or_default()),
        })
        .collect();
    symbols.sort_by(|a, b| b.score.abs().total_cmp(&a.score.abs()).then(a.name.cmp(&b.name)));
    symbols.truncate(SYMBOLS_MAX);
    Ok(Answer { score, required, action, is_skipped: raw.is_skipped, symbols })
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect()
}

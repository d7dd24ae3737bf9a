//! What to look at before trusting a mail: hints, each with its reason in both
//! languages. Decides nothing; a person does, or the policy of a body.

mod codes;
mod files;
mod sender;
mod wording;

pub use codes::{HINTS, HintCode, Level};

use serde::{Deserialize, Serialize};

use crate::auth::Verdicts;
use crate::links::{Flag, Link, Origin};
use crate::message::Message;

/// What the body and its history know about the sender. `None` means unknown,
/// and gives no hint.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct History {
    /// Nobody of the body ever had mail from this address.
    pub is_first_for_body: Option<bool>,
    /// The receiver never had.
    pub is_first_for_receiver: Option<bool>,
    /// Nobody ever wrote to this address.
    pub was_never_written_to: Option<bool>,
    /// In which language mail from there was written so far.
    pub usual_language: Option<Language>,
}

/// The language of a text, told by its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// Kana stand in it.
    Japanese,
    /// Kanji without kana.
    Chinese,
    /// Hangul.
    Korean,
    /// Cyrillic letters.
    Cyrillic,
    /// Latin letters.
    Latin,
}

/// What a mail is judged by.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Setting {
    /// The body's own mail domains, in lower case.
    pub own_domains: Vec<String>,
    /// Domains of neighbours and partners that others may imitate.
    pub known_domains: Vec<String>,
    /// More domains of free mail than we know.
    pub free_mail: Vec<String>,
    /// Whether the mail came in from outside the body.
    pub is_from_outside: bool,
    /// What is known of the sender.
    pub history: History,
}

/// One hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Its name, weight and sentences.
    pub code: &'static HintCode,
    /// What it is about: an address, a file, a word; may be empty.
    pub detail: String,
}

impl Hint {
    /// The reason in Japanese, with what it is about.
    #[must_use]
    pub fn message_ja(&self) -> String {
        with_detail(self.code.ja, &self.detail, '（', '）')
    }

    /// The reason in English.
    #[must_use]
    pub fn message_en(&self) -> String {
        let detail =
            if self.detail.is_empty() { String::new() } else { format!(" ({})", self.detail) };
        format!("{}{detail}", self.code.en)
    }

    /// The value of a header `X-Sekisho-Check`: for machines, in ASCII.
    #[must_use]
    pub fn header_value(&self) -> String {
        format!("{}; level={}", self.code.id, self.code.level.name())
    }
}

fn with_detail(sentence: &str, detail: &str, open: char, close: char) -> String {
    if detail.is_empty() { sentence.to_owned() } else { format!("{sentence}{open}{detail}{close}") }
}

/// Hints of one mail.
const HINTS_MAX: usize = 100;
/// Characters of one detail.
const DETAIL_CHARS_MAX: usize = 160;

/// Gathers hints; the same one about the same thing is given once.
pub(crate) struct Hints {
    all: Vec<Hint>,
}

impl Hints {
    pub(crate) fn add(&mut self, code: &'static HintCode, detail: &str) {
        let clean = detail.chars().filter(|c| !c.is_control() && !crate::names::is_unseen(*c));
        let hint = Hint { code, detail: clean.take(DETAIL_CHARS_MAX).collect() };
        if self.all.len() < HINTS_MAX && !self.all.contains(&hint) {
            self.all.push(hint);
        }
    }
}

/// Looks at a mail; the heaviest hints come first.
#[must_use]
pub fn look(message: &Message, verdicts: &Verdicts, setting: &Setting) -> Vec<Hint> {
    let mut hints = Hints { all: Vec::new() };
    sender::look(message, verdicts, setting, &mut hints);
    wording::look(message, setting, &mut hints);
    files::look(message, &mut hints);
    for link in &message.links {
        links(link, setting, &mut hints);
    }
    page(message, &mut hints);
    hints.all.sort_by_key(|hint| std::cmp::Reverse(hint.code.level));
    hints.all
}

fn links(link: &Link, setting: &Setting, hints: &mut Hints) {
    if link.origin == Origin::Picture {
        hints.add(&codes::LINK_IN_PICTURE, &link.defanged);
    }
    for flag in &link.flags {
        let code = match flag {
            Flag::Mismatch => &codes::LINK_MISMATCH,
            Flag::LookAlike => &codes::LINK_LOOK_ALIKE,
            Flag::Homograph => &codes::LINK_HOMOGRAPH,
            Flag::Shortener => &codes::LINK_SHORTENER,
            Flag::Number => &codes::LINK_NUMBER,
            Flag::UserInfo => &codes::LINK_USER_INFO,
            Flag::Port => &codes::LINK_PORT,
            Flag::Redirect => &codes::LINK_REDIRECT,
            Flag::Program => &codes::LINK_PROGRAM,
            Flag::Scheme => &codes::LINK_SCHEME,
        };
        let detail = match flag {
            Flag::Mismatch => {
                format!("{} ⇒ {}", crate::links::defang(&link.displayed), link.defanged)
            }
            Flag::Homograph => {
                format!("{} = {}", link.defanged, crate::names::to_unicode(&link.host))
            }
            _ => link.defanged.clone(),
        };
        hints.add(code, &detail);
    }
    let more: Vec<String> =
        setting.own_domains.iter().chain(&setting.known_domains).cloned().collect();
    if !link.flags.contains(&Flag::LookAlike)
        && let Some(known) = crate::names::look_alike(&link.host, &more)
    {
        hints.add(&codes::LINK_LOOK_ALIKE, &format!("{} ≈ {known}", link.defanged));
    }
}

fn page(message: &Message, hints: &mut Hints) {
    for (id, code) in [
        ("body-form", &codes::FORM),
        ("body-script", &codes::SCRIPT),
        ("body-handler", &codes::SCRIPT),
        ("body-refresh", &codes::REFRESH),
        ("body-beacon", &codes::BEACON),
        ("body-hidden-text", &codes::HIDDEN_TEXT),
        ("body-direction", &codes::DIRECTION),
    ] {
        if message.has_removed(id) {
            hints.add(code, "");
        }
    }
    for (name, count) in &message.repeated {
        hints.add(&codes::REPEATED_HEADER, &format!("{name} × {count}"));
    }
}

#[cfg(test)]
mod tests;

//! A body's rules about mail: two lists, each read from the top; the first
//! rule that fits speaks, and its name goes with the verdict. Pure.

mod outward;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use outward::{Attachments, Outward};
pub(crate) use read::CLASSES;
pub use read::{Complaint, Fault, RULES_BYTES_MAX, parse};

/// The rules of a body that has not written its own, with their explanations.
pub const DEFAULT: &str = include_str!("rules/default.toml");

/// What a body wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// How long what is kept.
    pub keep: Keep,
    /// How mails are written.
    pub write: Write,
    /// About mail that leaves.
    pub outward: Outward,
    /// About attachments.
    pub attachments: Vec<AttachmentRule>,
    /// About mails.
    pub mails: Vec<MailRule>,
}

/// How long what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Originals, and the decoded text, in days.
    pub original_days: u32,
    /// What waits for people, in days.
    pub held_days: u32,
    /// What waits for a password, in days.
    pub locked_days: u32,
    /// A list of what waits is sent so often; never for 0.
    pub digest_hours: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self { original_days: 30, held_days: 14, locked_days: 7, digest_hours: 24 }
    }
}

/// How mails are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Write {
    /// In ISO-2022-JP, for programs that know nothing else.
    pub is_iso_2022_jp: bool,
}

/// A rule about one attachment. An empty condition fits everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentRule {
    /// Its name.
    pub name: String,
    /// What its first bytes say it is.
    pub kinds: BTreeSet<String>,
    /// What the sanitiser says it is.
    pub formats: BTreeSet<String>,
    /// Something of this kind was taken out.
    pub removed: Vec<String>,
    /// How the mailbox is classed.
    pub classes: BTreeSet<String>,
    /// What is done.
    pub order: Fate,
}

/// What is done with an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its harmless form goes with the mail.
    Deliver,
    /// The mail goes without it, and says why.
    LeaveOut(String),
    /// The mail waits for its receiver's look.
    Hold,
    /// The mail waits for another person's approval.
    Approve,
}

/// A rule about a mail. An empty condition fits everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRule {
    /// Its name.
    pub name: String,
    /// A hint weighs at least so much.
    pub level: Option<Level>,
    /// A hint has one of these names.
    pub hints: Vec<String>,
    /// How the check of the sender's domain ended.
    pub dmarc: BTreeSet<String>,
    /// What the sender's domain asks for.
    pub asks: BTreeSet<String>,
    /// So much of spam, of 100.
    pub spam: Option<u8>,
    /// How the mailbox is classed.
    pub classes: BTreeSet<String>,
    /// What is done.
    pub order: Order,
}

/// What is done with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// It goes to its receiver.
    Deliver,
    /// It waits for its receiver's look.
    Hold,
    /// It waits for another person's approval.
    Approve,
    /// It goes to nobody, and its receiver is told why.
    Refuse(String),
}

/// How much a hint weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Worth a second look.
    Caution,
    /// Hardly ever in honest mail.
    Warning,
}

impl Level {
    /// Reads a level's name, the engine's.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "note" => Some(Self::Note),
            "caution" => Some(Self::Caution),
            "warning" => Some(Self::Warning),
            _ => None,
        }
    }
}

/// What is known of an attachment.
#[derive(Clone, Debug, Default)]
pub struct AttachmentFacts<'a> {
    /// What its first bytes say it is.
    pub kind: &'a str,
    /// What the sanitiser says it is.
    pub format: &'a str,
    /// What the sanitiser took out.
    pub removed: &'a [String],
    /// How the mailbox is classed.
    pub class: &'a str,
}

/// What is known of a mail.
#[derive(Clone, Debug, Default)]
pub struct MailFacts<'a> {
    /// Names and levels of its hints.
    pub hints: Vec<(&'a str, Option<Level>)>,
    /// How the check of the sender's domain ended.
    pub dmarc: &'a str,
    /// What the sender's domain asks for.
    pub asks: &'a str,
    /// How much of spam it is, of 100; nothing if nobody has an opinion.
    pub spam: Option<u8>,
    /// How the mailbox is classed.
    pub class: &'a str,
}

/// A decision with the rule that spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided<T> {
    /// The rule; [`NO_RULE`] where none spoke.
    pub rule: String,
    /// What it says.
    pub order: T,
}

/// The name that stands where no rule spoke.
pub const NO_RULE: &str = "no-rule";

impl Rules {
    /// Decides on an attachment. Where no rule speaks, it is left out.
    #[must_use]
    pub fn attachment(&self, facts: &AttachmentFacts<'_>) -> Decided<Fate> {
        let fits = |rule: &&AttachmentRule| {
            has(&rule.kinds, facts.kind)
                && has(&rule.formats, facts.format)
                && has(&rule.classes, facts.class)
                && (rule.removed.is_empty()
                    || facts.removed.iter().any(|code| any_fits(&rule.removed, code)))
        };
        match self.attachments.iter().find(fits) {
            Some(rule) => Decided { rule: rule.name.clone(), order: rule.order.clone() },
            None => Decided {
                rule: NO_RULE.to_owned(),
                order: Fate::LeaveOut("どの規則にも当てはまりません".to_owned()),
            },
        }
    }

    /// True for a rule about mails that asks how much of spam they are.
    #[must_use]
    pub fn is_about_spam(&self, name: &str) -> bool {
        self.mails.iter().any(|rule| rule.name == name && rule.spam.is_some())
    }

    /// Decides on a mail. Where no rule speaks, it waits for its receiver.
    #[must_use]
    pub fn mail(&self, facts: &MailFacts<'_>) -> Decided<Order> {
        let fits = |rule: &&MailRule| {
            let weighs = |level: Level| facts.hints.iter().any(|(_, own)| *own >= Some(level));
            has(&rule.dmarc, facts.dmarc)
                && has(&rule.asks, facts.asks)
                && has(&rule.classes, facts.class)
                && rule.level.is_none_or(weighs)
                && rule.spam.is_none_or(|least| facts.spam.is_some_and(|spam| spam >= least))
                && (rule.hints.is_empty()
                    || facts.hints.iter().any(|(name, _)| any_fits(&rule.hints, name)))
        };
        match self.mails.iter().find(fits) {
            Some(rule) => Decided { rule: rule.name.clone(), order: rule.order.clone() },
            None => Decided { rule: NO_RULE.to_owned(), order: Order::Hold },
        }
    }
}

fn has(wanted: &BTreeSet<String>, word: &str) -> bool {
    wanted.is_empty() || wanted.contains(word)
}

fn any_fits(patterns: &[String], word: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, word))
}

/// A name, or a part of one with `*` before or behind it.
fn fits(pattern: &str, word: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), _) => match rest.strip_suffix('*') {
            Some(middle) => word.contains(middle),
            None => word.ends_with(rest),
        },
        (None, Some(start)) => word.starts_with(start),
        (None, None) => pattern == word,
    }
}

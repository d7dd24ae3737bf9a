//! Reads a body's rules from their text (TOML 1.0). Every fault is told at
//! once, each with its line; a text with one fault is no rules.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use written::{Slip, Table, Value, Walk};

use super::{
    AttachmentRule, Attachments, Fate, Keep, Level, MailRule, Order, Outward, Rules, Write,
};

/// The longest text of rules.
pub const RULES_BYTES_MAX: usize = 256 * 1024;
/// The most rules of one list.
const RULES_MAX: usize = 500;
/// The longest name of a rule.
const NAME_BYTES_MAX: usize = 60;
/// The longest reason, in characters.
const WHY_CHARACTERS_MAX: usize = 200;
/// The most days anything is kept: ten years.
const DAYS_MAX: i64 = 3_660;
/// The most hours between two lists: a month.
const HOURS_MAX: i64 = 31 * 24;

/// One fault of a text, and where.
pub type Complaint = written::Complaint<Fault>;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// What can be wrong with any text.
    #[error(transparent)]
    Slip(#[from] Slip),
    /// A rule that leaves out or refuses gives no reason, or another gives one.
    #[error(
        "why は、外す・受け取らない規則にだけ、200字までで書きます / why belongs to rules that leave out or refuse, in 200 characters"
    )]
    Why,
}

/// Reads rules.
///
/// # Errors
/// Every fault that was found, in the order of the text.
pub fn parse(text: &str) -> Result<Rules, Vec<Complaint>> {
    written::read(text, RULES_BYTES_MAX, |walk, table| {
        Some(Reader { walk, names: BTreeSet::new() }.rules(table))
    })
}

/// Whether another person is asked, or the one other word.
fn approves(word: &str, other: &str) -> Option<bool> {
    match word {
        "approve" => Some(true),
        _ if word == other => Some(false),
        _ => None,
    }
}

/// The rules of a text under way, and the names that are taken.
struct Reader<'w, 't> {
    walk: &'w mut Walk<'t, Fault>,
    names: BTreeSet<String>,
}

impl<'t> Reader<'_, 't> {
    fn rules(&mut self, table: &Table<'t>) -> Rules {
        self.walk.only(table, &["keep", "write", "outward", "attachment", "mail"]);
        Rules {
            keep: self.part(table, "keep").map(|table| self.keep(table)).unwrap_or_default(),
            write: self.part(table, "write").map(|table| self.write(table)).unwrap_or_default(),
            outward: self
                .part(table, "outward")
                .map(|table| self.outward(table))
                .unwrap_or_default(),
            attachments: self.list_of(table, "attachment", Self::attachment),
            mails: self.list_of(table, "mail", Self::mail),
        }
    }

    fn part<'v>(&mut self, table: &'v Table<'t>, key: &str) -> Option<&'v Table<'t>> {
        table.get(key).and_then(|value| self.walk.table(value))
    }

    fn keep(&mut self, table: &Table<'t>) -> Keep {
        let mut keep = Keep::default();
        self.walk.only(table, &["original-days", "held-days", "locked-days", "digest-hours"]);
        let fields = [
            ("original-days", &mut keep.original_days, 1, DAYS_MAX),
            ("held-days", &mut keep.held_days, 1, DAYS_MAX),
            ("locked-days", &mut keep.locked_days, 1, DAYS_MAX),
            ("digest-hours", &mut keep.digest_hours, 0, HOURS_MAX),
        ];
        for (key, place, least, most) in fields {
            let number = table.get(key).and_then(|value| self.walk.number(value, (least, most)));
            if let Some(number) = number.and_then(|number| u32::try_from(number).ok()) {
                *place = number;
            }
        }
        keep
    }

    fn write(&mut self, table: &Table<'t>) -> Write {
        self.walk.only(table, &["iso-2022-jp"]);
        let wanted = table.get("iso-2022-jp").and_then(|value| self.walk.yes(value));
        Write { is_iso_2022_jp: wanted.unwrap_or(false) }
    }

    fn outward(&mut self, table: &Table<'t>) -> Outward {
        let mut outward = Outward::default();
        self.walk.only(table, &Outward::KEYS);
        for (key, bounds) in Outward::NUMBERS {
            let number = table.get(key).and_then(|value| self.walk.number(value, bounds));
            if let Some(number) = number.and_then(|number| u32::try_from(number).ok()) {
                outward.set(key, number);
            }
        }
        if let Some(value) = table.get("attachments") {
            outward.attachments =
                self.walk.word(value, Attachments::parse).unwrap_or(outward.attachments);
        }
        if let Some(value) = table.get("unreadable") {
            let approves = self.walk.word(value, |word| approves(word, "send"));
            outward.is_unread_approved = approves.unwrap_or(true);
        }
        if let Some(value) = table.get("other-sender") {
            let approves = self.walk.word(value, |word| approves(word, "refuse"));
            outward.is_other_sender_approved = approves.unwrap_or(false);
        }
        outward
    }

    fn list_of<R>(
        &mut self,
        table: &Table<'t>,
        key: &'static str,
        mut read: impl FnMut(&mut Self, &Table<'t>, Range<usize>) -> Option<R>,
    ) -> Vec<R> {
        let Some(value) = self.walk.need(table, key, &(0..0)) else { return Vec::new() };
        let tables = self.walk.tables(value, RULES_MAX);
        tables.into_iter().filter_map(|(table, span)| read(self, table, span)).collect()
    }

    fn attachment(&mut self, table: &Table<'t>, span: Range<usize>) -> Option<AttachmentRule> {
        self.walk.only(table, &["name", "kinds", "formats", "removed", "classes", "do", "why"]);
        let name = self.name(table, &span);
        let (kinds, formats) = (self.words(table, "kinds"), self.words(table, "formats"));
        let removed = self.patterns(table, "removed");
        let classes = self.classes(table);
        let (word, why) = self.order(table, &span)?;
        let order = match (word.as_str(), why) {
            ("deliver", None) => Fate::Deliver,
            ("hold", None) => Fate::Hold,
            ("approve", None) => Fate::Approve,
            ("leave-out", Some(why)) => Fate::LeaveOut(why),
            ("deliver" | "hold" | "approve" | "leave-out", _) => {
                self.walk.complain(span, Fault::Why);
                return None;
            }
            _ => {
                self.walk.complain(span, Slip::Word(word));
                return None;
            }
        };
        Some(AttachmentRule { name: name?, kinds, formats, removed, classes, order })
    }

    fn mail(&mut self, table: &Table<'t>, span: Range<usize>) -> Option<MailRule> {
        self.walk.only(
            table,
            &["name", "level", "hints", "dmarc", "asks", "spam", "classes", "do", "why"],
        );
        let name = self.name(table, &span);
        let level = table.get("level").and_then(|value| self.walk.word(value, Level::parse));
        let hints = self.patterns(table, "hints");
        let (dmarc, asks) = (self.words(table, "dmarc"), self.words(table, "asks"));
        let spam = table.get("spam").and_then(|value| self.walk.number(value, (0, 100)));
        let spam = spam.and_then(|number| u8::try_from(number).ok());
        let classes = self.classes(table);
        let (word, why) = self.order(table, &span)?;
        let order = match (word.as_str(), why) {
            ("deliver", None) => Order::Deliver,
            ("hold", None) => Order::Hold,
            ("approve", None) => Order::Approve,
            ("refuse", Some(why)) => Order::Refuse(why),
            ("deliver" | "hold" | "approve" | "refuse", _) => {
                self.walk.complain(span, Fault::Why);
                return None;
            }
            _ => {
                self.walk.complain(span, Slip::Word(word));
                return None;
            }
        };
        Some(MailRule { name: name?, level, hints, dmarc, asks, spam, classes, order })
    }

    fn order(
        &mut self,
        table: &Table<'t>,
        span: &Range<usize>,
    ) -> Option<(String, Option<String>)> {
        let word = self.walk.need(table, "do", span);
        let word = word.and_then(|value| self.walk.text(value))?;
        let Some(value) = table.get("why") else { return Some((word, None)) };
        let why = self.walk.text(value)?;
        let characters = why.trim().chars().count();
        if !(1..=WHY_CHARACTERS_MAX).contains(&characters) || why.contains(char::is_control) {
            self.walk.complain(value.span(), Fault::Why);
        }
        Some((word, Some(why.trim().to_owned())))
    }

    fn name(&mut self, table: &Table<'t>, span: &Range<usize>) -> Option<String> {
        let is_letter =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        self.walk.name(table, span, |name| {
            (1..=NAME_BYTES_MAX).contains(&name.len())
                && name.bytes().all(is_letter)
                && name != super::NO_RULE
                && self.names.insert(name.to_owned())
        })
    }

    fn classes(&mut self, table: &Table<'t>) -> BTreeSet<String> {
        let found = self.words(table, "classes");
        if let Some(wrong) = found.iter().find(|word| !CLASSES.contains(&word.as_str())) {
            let span = table.get("classes").map(Spanned::span).unwrap_or_default();
            self.walk.complain(span, Slip::Word(wrong.clone()));
        }
        found
    }

    fn words(&mut self, table: &Table<'t>, key: &str) -> BTreeSet<String> {
        self.patterns(table, key).into_iter().collect()
    }

    fn patterns(&mut self, table: &Table<'t>, key: &str) -> Vec<String> {
        let is_letter = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'*'
        };
        let is_pattern = |word: &str| !word.is_empty() && word.bytes().all(is_letter);
        let pattern = |word: &str| is_pattern(word).then(|| word.to_owned());
        let values: Vec<&Value<'t>> = self.walk.some_of(table, key);
        values.into_iter().filter_map(|value| self.walk.word(value, pattern)).collect()
    }
}

/// 自治体機密性 of what may come by mail; `3a` never does.
pub(crate) const CLASSES: [&str; 4] = ["1", "2", "3c", "3b"];

//! Reads a body's rules from their text (TOML 1.0). Every fault is told at
//! once, each with its line; a text with one fault is no rules.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{AttachmentRule, Fate, Keep, Level, MailRule, Order, Rules, Write};

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

/// One fault of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// More than the limits of a text.
    #[error("長すぎます / too long")]
    TooLong,
    /// Not TOML: the reader's own words.
    #[error("TOMLとして読めません / not TOML: {0}")]
    Syntax(String),
    /// A key that there is not.
    #[error("知らないキーです / unknown key: {0}")]
    Key(String),
    /// A key that must be there is not.
    #[error("{0} が要ります / {0} is missing")]
    Missing(&'static str),
    /// Another kind of value is needed: which.
    #[error("{0} を書いてください / write {0}")]
    Shape(&'static str),
    /// A word that there is not.
    #[error("知らない語です / unknown word: {0}")]
    Word(String),
    /// A number beyond its bounds.
    #[error("{min} から {max} までの数を書いてください / write a number from {min} to {max}")]
    Bounds {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A rule's name is used twice, or is not `a-z`, `0-9` and `-`.
    #[error(
        "規則の名前は英小文字・数字・ハイフンで、一度だけ使います / a rule's name has a-z, 0-9, -, and is used once: {0}"
    )]
    Name(String),
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
    if text.len() > RULES_BYTES_MAX {
        return Err(vec![Complaint { line: 1, fault: Fault::TooLong }]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk { text, complaints: Vec::new(), names: BTreeSet::new() };
    for error in errors {
        walk.complain(error.span().unwrap_or_default(), Fault::Syntax(error.message().to_owned()));
    }
    let rules = walk.rules(table.get_ref());
    walk.complaints.sort_by_key(|complaint| complaint.line);
    if walk.complaints.is_empty() { Ok(rules) } else { Err(walk.complaints) }
}

type Table<'t> = DeTable<'t>;
type Value<'t> = Spanned<DeValue<'t>>;

struct Walk<'t> {
    text: &'t str,
    complaints: Vec<Complaint>,
    names: BTreeSet<String>,
}

impl<'t> Walk<'t> {
    fn complain(&mut self, span: Range<usize>, fault: Fault) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        self.complaints.push(Complaint { line: before.matches('\n').count() + 1, fault });
    }

    fn only(&mut self, table: &Table<'t>, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            self.complain(key.span(), Fault::Key(key.get_ref().to_string()));
        }
    }

    fn rules(&mut self, table: &Table<'t>) -> Rules {
        self.only(table, &["keep", "write", "attachment", "mail"]);
        Rules {
            keep: self.part(table, "keep").map(|table| self.keep(&table)).unwrap_or_default(),
            write: self.part(table, "write").map(|table| self.write(&table)).unwrap_or_default(),
            attachments: self.list_of(table, "attachment", Self::attachment),
            mails: self.list_of(table, "mail", Self::mail),
        }
    }

    fn part(&mut self, table: &Table<'t>, key: &str) -> Option<Table<'t>> {
        let value = table.get(key)?;
        let found = value.get_ref().as_table().cloned();
        if found.is_none() {
            self.complain(value.span(), Fault::Shape("[…]"));
        }
        found
    }

    fn keep(&mut self, table: &Table<'t>) -> Keep {
        let mut keep = Keep::default();
        self.only(table, &["original-days", "held-days", "locked-days", "digest-hours"]);
        let fields = [
            ("original-days", &mut keep.original_days, 1, DAYS_MAX),
            ("held-days", &mut keep.held_days, 1, DAYS_MAX),
            ("locked-days", &mut keep.locked_days, 1, DAYS_MAX),
            ("digest-hours", &mut keep.digest_hours, 0, HOURS_MAX),
        ];
        for (key, place, least, most) in fields {
            let number = table.get(key).and_then(|value| self.number(value, least, most));
            if let Some(number) = number.and_then(|number| u32::try_from(number).ok()) {
                *place = number;
            }
        }
        keep
    }

    fn write(&mut self, table: &Table<'t>) -> Write {
        self.only(table, &["iso-2022-jp"]);
        let Some(value) = table.get("iso-2022-jp") else { return Write::default() };
        let wanted = value.get_ref().as_bool();
        if wanted.is_none() {
            self.complain(value.span(), Fault::Shape("true / false"));
        }
        Write { is_iso_2022_jp: wanted.unwrap_or(false) }
    }

    fn list_of<R>(
        &mut self,
        table: &Table<'t>,
        key: &'static str,
        mut read: impl FnMut(&mut Self, &Table<'t>, Range<usize>) -> Option<R>,
    ) -> Vec<R> {
        let Some(value) = table.get(key) else {
            self.complain(0..0, Fault::Missing(key));
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.complain(value.span(), Fault::Shape("[[…]]"));
            return Vec::new();
        };
        if array.len() > RULES_MAX {
            self.complain(value.span(), Fault::TooLong);
        }
        let mut rules = Vec::new();
        for one in array.iter().take(RULES_MAX) {
            match one.get_ref().as_table() {
                Some(table) => rules.extend(read(self, table, one.span())),
                None => self.complain(one.span(), Fault::Shape("[[…]]")),
            }
        }
        rules
    }

    fn attachment(&mut self, table: &Table<'t>, span: Range<usize>) -> Option<AttachmentRule> {
        self.only(table, &["name", "kinds", "formats", "removed", "classes", "do", "why"]);
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
                self.complain(span, Fault::Why);
                return None;
            }
            _ => {
                self.complain(span, Fault::Word(word));
                return None;
            }
        };
        Some(AttachmentRule { name: name?, kinds, formats, removed, classes, order })
    }

    fn mail(&mut self, table: &Table<'t>, span: Range<usize>) -> Option<MailRule> {
        self.only(
            table,
            &["name", "level", "hints", "dmarc", "asks", "spam", "classes", "do", "why"],
        );
        let name = self.name(table, &span);
        let level = self.text_of(table, "level").and_then(|(word, span)| {
            let level = Level::parse(&word);
            if level.is_none() {
                self.complain(span, Fault::Word(word));
            }
            level
        });
        let hints = self.patterns(table, "hints");
        let (dmarc, asks) = (self.words(table, "dmarc"), self.words(table, "asks"));
        let spam = table.get("spam").and_then(|value| self.number(value, 0, 100));
        let spam = spam.and_then(|number| u8::try_from(number).ok());
        let classes = self.classes(table);
        let (word, why) = self.order(table, &span)?;
        let order = match (word.as_str(), why) {
            ("deliver", None) => Order::Deliver,
            ("hold", None) => Order::Hold,
            ("approve", None) => Order::Approve,
            ("refuse", Some(why)) => Order::Refuse(why),
            ("deliver" | "hold" | "approve" | "refuse", _) => {
                self.complain(span, Fault::Why);
                return None;
            }
            _ => {
                self.complain(span, Fault::Word(word));
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
        let Some((word, _)) = self.text_of(table, "do") else {
            self.complain(span.clone(), Fault::Missing("do"));
            return None;
        };
        let why = self.text_of(table, "why");
        if let Some((text, span)) = &why {
            let characters = text.trim().chars().count();
            if !(1..=WHY_CHARACTERS_MAX).contains(&characters) || text.contains(char::is_control) {
                self.complain(span.clone(), Fault::Why);
            }
        }
        Some((word, why.map(|(text, _)| text.trim().to_owned())))
    }

    fn name(&mut self, table: &Table<'t>, span: &Range<usize>) -> Option<String> {
        let Some((name, place)) = self.text_of(table, "name") else {
            self.complain(span.clone(), Fault::Missing("name"));
            return None;
        };
        let is_letter =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_word = (1..=NAME_BYTES_MAX).contains(&name.len())
            && name.bytes().all(is_letter)
            && name != super::NO_RULE;
        if !is_word || !self.names.insert(name.clone()) {
            self.complain(place, Fault::Name(name));
            return None;
        }
        Some(name)
    }

    fn classes(&mut self, table: &Table<'t>) -> BTreeSet<String> {
        let found = self.words(table, "classes");
        if let Some(wrong) = found.iter().find(|word| !CLASSES.contains(&word.as_str())) {
            let span = table.get("classes").map(Spanned::span).unwrap_or_default();
            self.complain(span, Fault::Word(wrong.clone()));
        }
        found
    }

    fn words(&mut self, table: &Table<'t>, key: &str) -> BTreeSet<String> {
        self.patterns(table, key).into_iter().collect()
    }

    /// A list, or a single word as a list of one. An empty list would fit
    /// everything while it looks as if it fitted nothing: it is a fault.
    fn patterns(&mut self, table: &Table<'t>, key: &str) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let values: Vec<Value<'t>> = match value.get_ref().as_array() {
            Some(array) if array.is_empty() => {
                self.complain(value.span(), Fault::Shape("一つ以上 / at least one"));
                return Vec::new();
            }
            Some(array) => array.iter().cloned().collect(),
            None => vec![value.clone()],
        };
        let is_letter = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'*'
        };
        let mut found = Vec::new();
        for value in values {
            match value.get_ref().as_str() {
                Some(word) if !word.is_empty() && word.bytes().all(is_letter) => {
                    found.push(word.to_owned());
                }
                Some(word) => self.complain(value.span(), Fault::Word(word.to_owned())),
                None => self.complain(value.span(), Fault::Shape("\"…\"")),
            }
        }
        found
    }

    fn text_of(&mut self, table: &Table<'t>, key: &str) -> Option<(String, Range<usize>)> {
        let value = table.get(key)?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.complain(value.span(), Fault::Shape("\"…\""));
        }
        text.map(|text| (text, value.span()))
    }

    fn number(&mut self, value: &Value<'t>, min: i64, max: i64) -> Option<i64> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|integer| i64::from_str_radix(integer.as_str(), integer.radix()).ok());
        let number = number.filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.complain(value.span(), Fault::Bounds { min, max });
        }
        number
    }
}

/// 自治体機密性 of what may come by mail; `3a` never does.
pub(crate) const CLASSES: [&str; 4] = ["1", "2", "3c", "3b"];

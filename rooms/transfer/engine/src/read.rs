//! Reads a policy from its text (TOML 1.0). Every fault is told at once, each
//! with its line and column; a policy with one fault is no policy.

use std::collections::BTreeSet;
use std::ops::Range;

use sanitize_core::Format;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use zones::{Crossing, Zone};

use crate::decide::allowed;
use crate::facts::{Class, Treatment, Way};
use crate::policy::{Conditions, Container, Keep, Needs, Policy, ReleaseRule, TreatRule, Types};

/// The longest text of a policy.
pub const POLICY_BYTES_MAX: usize = 256 * 1024;
/// The most rules of one list.
pub const RULES_MAX: usize = 500;
/// The longest name of a rule.
const NAME_BYTES_MAX: usize = 60;
/// The longest reason of a refusal, in characters.
const WHY_CHARACTERS_MAX: usize = 200;
/// The most days anything is kept: ten years.
const DAYS_MAX: u32 = 3_660;

/// The policy of a body that has not written its own, with its explanations.
pub const DEFAULT: &str = include_str!("default.toml");

/// One fault of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// More than [`POLICY_BYTES_MAX`] bytes, or [`RULES_MAX`] rules.
    TooLong,
    /// Not TOML: the reader's own words.
    Syntax(String),
    /// A key that there is not.
    Key(String),
    /// A key that must be there is not.
    Missing(&'static str),
    /// Another kind of value is needed: which.
    Shape(&'static str),
    /// A word that there is not.
    Word(String),
    /// A number beyond its bounds.
    Range {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A rule's name is used twice, or is not `a-z`, `0-9` and `-`.
    Name(String),
    /// There is no boundary between the two zones.
    NoBoundary(String),
    /// The treatment lets raw files toward the protected side, or has no
    /// meaning at a boundary that the rule fits.
    NotAllowed(&'static str),
    /// A rule that refuses asks for something, or gives no reason.
    Refusal,
}

/// Reads a policy.
///
/// # Errors
/// Every fault that was found, in the order of the text.
pub fn parse(text: &str) -> Result<Policy, Vec<Complaint>> {
    if text.len() > POLICY_BYTES_MAX {
        return Err(vec![Complaint { line: 1, column: 1, fault: Fault::TooLong }]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk { text, complaints: Vec::new(), names: BTreeSet::new() };
    for error in errors {
        walk.complain(error.span().unwrap_or_default(), Fault::Syntax(error.message().to_owned()));
    }
    let policy = walk.policy(table.get_ref());
    walk.complaints.sort_by_key(|complaint| (complaint.line, complaint.column));
    if walk.complaints.is_empty() { Ok(policy) } else { Err(walk.complaints) }
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
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.complaints.push(Complaint { line, column, fault });
    }

    fn only(&mut self, table: &Table<'t>, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            self.complain(key.span(), Fault::Key(key.get_ref().to_string()));
        }
    }

    fn policy(&mut self, table: &Table<'t>) -> Policy {
        self.only(table, &["keep", "treat", "release"]);
        let keep = table.get("keep").map(|value| self.keep(value)).unwrap_or_default();
        let treat = self.rules(table, "treat", Self::treat_rule);
        let release = self.rules(table, "release", Self::release_rule);
        Policy { treat, release, keep }
    }

    fn keep(&mut self, value: &Value<'t>) -> Keep {
        let mut keep = Keep::default();
        let Some(table) = value.get_ref().as_table() else {
            self.complain(value.span(), Fault::Shape("table"));
            return keep;
        };
        self.only(table, &["original-days", "inbox-days", "held-days"]);
        let fields = [
            ("original-days", &mut keep.original_days, 0),
            ("inbox-days", &mut keep.inbox_days, 1),
            ("held-days", &mut keep.held_days, 1),
        ];
        for (key, place, least) in fields {
            let most = i64::from(DAYS_MAX);
            let days = table.get(key).and_then(|value| self.number(value, least, most));
            if let Some(days) = days.and_then(|days| u32::try_from(days).ok()) {
                *place = days;
            }
        }
        keep
    }

    fn rules<R>(
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
            self.complain(value.span(), Fault::Shape("list of tables"));
            return Vec::new();
        };
        if array.len() > RULES_MAX {
            self.complain(value.span(), Fault::TooLong);
        }
        let mut rules = Vec::new();
        for one in array.iter().take(RULES_MAX) {
            match one.get_ref().as_table() {
                Some(table) => rules.extend(read(self, table, one.span())),
                None => self.complain(one.span(), Fault::Shape("table")),
            }
        }
        rules
    }

    fn treat_rule(&mut self, table: &Table<'t>, span: Range<usize>) -> Option<TreatRule> {
        self.only(
            table,
            &["name", "crossings", "ways", "classes", "types", "bytes-max", "do", "why"],
        );
        let name = self.name(table, &span);
        let when = self.conditions(table);
        let order = self.order(table, &span, Treatment::parse)?;
        if let Ok(treatment) = order {
            let crossings = if when.crossings.is_empty() {
                Crossing::ALL.into_iter().collect()
            } else {
                when.crossings.clone()
            };
            if !crossings.into_iter().all(|crossing| allowed(treatment, crossing)) {
                self.complain(span, Fault::NotAllowed(treatment.name()));
            }
        }
        Some(TreatRule { name: name?, when, order })
    }

    fn release_rule(&mut self, table: &Table<'t>, span: Range<usize>) -> Option<ReleaseRule> {
        const NEEDS: [&str; 4] = ["visual-check", "approvals", "container", "bulk"];
        self.only(
            table,
            &[
                "name",
                "crossings",
                "ways",
                "classes",
                "types",
                "bytes-max",
                "treatments",
                "removed",
                "persons-min",
                NEEDS[0],
                NEEDS[1],
                NEEDS[2],
                NEEDS[3],
                "do",
                "why",
            ],
        );
        let name = self.name(table, &span);
        let when = self.conditions(table);
        let treatments = self.words(table, "treatments", Treatment::parse);
        let removed = self.removed(table);
        let persons_min = table
            .get("persons-min")
            .and_then(|value| self.number(value, 1, i64::MAX))
            .and_then(|number| u64::try_from(number).ok());
        let needs = self.needs(table);
        let deliver = |word: &str| (word == "deliver").then_some(needs);
        let order = self.order(table, &span, deliver)?;
        if order.is_err() && NEEDS.iter().any(|key| table.contains_key(*key)) {
            self.complain(span, Fault::Refusal);
        }
        Some(ReleaseRule { name: name?, when, treatments, removed, persons_min, order })
    }

    fn needs(&mut self, table: &Table<'t>) -> Needs {
        let mut needs = Needs {
            visual_check: self.is_set(table, "visual-check"),
            bulk: self.is_set(table, "bulk"),
            ..Needs::default()
        };
        let approvals = table.get("approvals").and_then(|value| self.number(value, 0, 2));
        needs.approvals = approvals.and_then(|count| u8::try_from(count).ok()).unwrap_or(0);
        if let Some(value) = table.get("container") {
            needs.container = self.word(value, Container::parse);
        }
        if needs.bulk && (needs.approvals == 0 || needs.visual_check) {
            // Nothing to approve, or something that somebody must look at.
            let span = table.get("bulk").map(Spanned::span).unwrap_or_default();
            self.complain(span, Fault::NotAllowed("bulk"));
        }
        needs
    }

    fn is_set(&mut self, table: &Table<'t>, key: &str) -> bool {
        let Some(value) = table.get(key) else { return false };
        let wanted = value.get_ref().as_bool();
        if wanted.is_none() {
            self.complain(value.span(), Fault::Shape("true or false"));
        }
        wanted.unwrap_or(false)
    }

    /// What a rule orders: the word of `do`, or `refuse` with its reason.
    fn order<T>(
        &mut self,
        table: &Table<'t>,
        span: &Range<usize>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Result<T, String>> {
        let Some(value) = table.get("do") else {
            self.complain(span.clone(), Fault::Missing("do"));
            return None;
        };
        let why = table.get("why");
        if value.get_ref().as_str() != Some("refuse") {
            if why.is_some() {
                self.complain(span.clone(), Fault::Refusal);
            }
            return self.word(value, read).map(Ok);
        }
        match why.and_then(|why| why.get_ref().as_str()) {
            Some(why) if is_reason(why) => Some(Err(why.trim().to_owned())),
            Some(_) | None => {
                self.complain(value.span(), Fault::Refusal);
                None
            }
        }
    }

    fn name(&mut self, table: &Table<'t>, span: &Range<usize>) -> Option<String> {
        let Some(value) = table.get("name") else {
            self.complain(span.clone(), Fault::Missing("name"));
            return None;
        };
        let name = self.text(value)?.to_owned();
        let is_word = (1..=NAME_BYTES_MAX).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !is_word || !self.names.insert(name.clone()) {
            self.complain(value.span(), Fault::Name(name));
            return None;
        }
        Some(name)
    }

    fn conditions(&mut self, table: &Table<'t>) -> Conditions {
        let mut types = Vec::new();
        for value in self.list(table, "types") {
            if let Some(found) = self.word(&value, Types::named) {
                types.extend(found);
            }
        }
        types.sort_unstable_by_key(|format: &Format| format.name());
        types.dedup();
        let most = table.get("bytes-max").and_then(|value| self.number(value, 1, i64::MAX));
        Conditions {
            crossings: self.crossings(table),
            ways: self.words(table, "ways", Way::parse),
            classes: self.words(table, "classes", Class::parse),
            types: Types(types),
            bytes_max: most.and_then(|number| u64::try_from(number).ok()),
        }
    }

    /// `"internet > lgwan"`.
    fn crossings(&mut self, table: &Table<'t>) -> BTreeSet<Crossing> {
        let mut crossings = BTreeSet::new();
        for value in self.list(table, "crossings") {
            let Some(text) = self.text(&value).map(str::to_owned) else { continue };
            let zones = text.split_once('>').map(|(from, to)| (from.trim(), to.trim()));
            let zones = zones.and_then(|(from, to)| Some((Zone::parse(from)?, Zone::parse(to)?)));
            let Some((from, to)) = zones else {
                self.complain(value.span(), Fault::Word(text));
                continue;
            };
            match Crossing::between(from, to) {
                Some(crossing) => drop(crossings.insert(crossing)),
                None => self.complain(value.span(), Fault::NoBoundary(text)),
            }
        }
        crossings
    }

    fn removed(&mut self, table: &Table<'t>) -> Vec<String> {
        let mut wanted = Vec::new();
        for value in self.list(table, "removed") {
            let Some(text) = self.text(&value).map(str::to_owned) else { continue };
            let stem = text.strip_prefix('*').unwrap_or(&text);
            let stem = stem.strip_suffix('*').unwrap_or(stem);
            let is_name = !stem.is_empty()
                && stem
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if is_name {
                wanted.push(text);
            } else {
                self.complain(value.span(), Fault::Word(text));
            }
        }
        wanted
    }

    fn words<T: Ord>(
        &mut self,
        table: &Table<'t>,
        key: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> BTreeSet<T> {
        let values = self.list(table, key);
        values.iter().filter_map(|value| self.word(value, &parse)).collect()
    }

    /// A list, or a single value as a list of one. An empty list would fit
    /// everything while it looks as if it fitted nothing: it is a fault.
    fn list(&mut self, table: &Table<'t>, key: &str) -> Vec<Value<'t>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        match value.get_ref().as_array() {
            Some(array) if array.is_empty() => {
                self.complain(value.span(), Fault::Shape("list with something in it"));
                Vec::new()
            }
            Some(array) => array.iter().cloned().collect(),
            None => vec![value.clone()],
        }
    }

    fn word<T>(&mut self, value: &Value<'t>, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text(value)?.to_owned();
        let found = parse(&text);
        if found.is_none() {
            self.complain(value.span(), Fault::Word(text));
        }
        found
    }

    fn text<'v>(&mut self, value: &'v Value<'t>) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.complain(value.span(), Fault::Shape("text"));
        }
        text
    }

    fn number(&mut self, value: &Value<'t>, min: i64, max: i64) -> Option<i64> {
        let Some(integer) = value.get_ref().as_integer() else {
            self.complain(value.span(), Fault::Shape("whole number"));
            return None;
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.complain(value.span(), Fault::Range { min, max });
        }
        number
    }
}

fn is_reason(why: &str) -> bool {
    let characters = why.trim().chars().count();
    (1..=WHY_CHARACTERS_MAX).contains(&characters) && !why.contains(char::is_control)
}

//! Reads a policy from its text (TOML 1.0). Every fault is told at once, each
//! with its line and column; a policy with one fault is no policy.

use std::collections::BTreeSet;
use std::ops::Range;

use sanitize_core::Format;
use toml::Spanned;
use written::{Slip, Table, Walk};
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

/// One fault of a text, and where.
pub type Complaint = written::Complaint<Fault>;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What can be wrong with any text; too long is more than
    /// [`POLICY_BYTES_MAX`] bytes or [`RULES_MAX`] rules.
    Slip(Slip),
    /// There is no boundary between the two zones.
    NoBoundary(String),
    /// The treatment lets raw files toward the protected side, or has no
    /// meaning at a boundary that the rule fits.
    NotAllowed(&'static str),
    /// A rule that refuses asks for something, or gives no reason.
    Refusal,
}

impl From<Slip> for Fault {
    fn from(slip: Slip) -> Self {
        Self::Slip(slip)
    }
}

/// Reads a policy.
///
/// # Errors
/// Every fault that was found, in the order of the text.
pub fn parse(text: &str) -> Result<Policy, Vec<Complaint>> {
    written::read(text, POLICY_BYTES_MAX, |walk, table| {
        Some(Reader { walk, names: BTreeSet::new() }.policy(table))
    })
}

/// The text of a policy under way, and the names that are taken.
struct Reader<'w, 't> {
    walk: &'w mut Walk<'t, Fault>,
    names: BTreeSet<String>,
}

impl<'t> Reader<'_, 't> {
    fn policy(&mut self, table: &Table<'t>) -> Policy {
        self.walk.only(table, &["keep", "treat", "release"]);
        let keep = table.get("keep").and_then(|value| self.walk.table(value));
        let keep = keep.map(|table| self.keep(table)).unwrap_or_default();
        let treat = self.rules(table, "treat", Self::treat_rule);
        let release = self.rules(table, "release", Self::release_rule);
        Policy { treat, release, keep }
    }

    fn keep(&mut self, table: &Table<'t>) -> Keep {
        let mut keep = Keep::default();
        self.walk.only(table, &["original-days", "inbox-days", "held-days"]);
        let fields = [
            ("original-days", &mut keep.original_days, 0),
            ("inbox-days", &mut keep.inbox_days, 1),
            ("held-days", &mut keep.held_days, 1),
        ];
        for (key, place, least) in fields {
            let most = i64::from(DAYS_MAX);
            let days = table.get(key).and_then(|value| self.walk.number(value, (least, most)));
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
        let Some(value) = self.walk.need(table, key, &(0..0)) else { return Vec::new() };
        let tables = self.walk.tables(value, RULES_MAX);
        tables.into_iter().filter_map(|(table, span)| read(self, table, span)).collect()
    }

    fn treat_rule(&mut self, table: &Table<'t>, span: Range<usize>) -> Option<TreatRule> {
        self.walk.only(
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
                self.walk.complain(span, Fault::NotAllowed(treatment.name()));
            }
        }
        Some(TreatRule { name: name?, when, order })
    }

    fn release_rule(&mut self, table: &Table<'t>, span: Range<usize>) -> Option<ReleaseRule> {
        const NEEDS: [&str; 4] = ["visual-check", "approvals", "container", "bulk"];
        self.walk.only(
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
            .and_then(|value| self.walk.number(value, (1, i64::MAX)))
            .and_then(|number| u64::try_from(number).ok());
        let needs = self.needs(table);
        let deliver = |word: &str| (word == "deliver").then_some(needs);
        let order = self.order(table, &span, deliver)?;
        if order.is_err() && NEEDS.iter().any(|key| table.contains_key(*key)) {
            self.walk.complain(span, Fault::Refusal);
        }
        Some(ReleaseRule { name: name?, when, treatments, removed, persons_min, order })
    }

    fn needs(&mut self, table: &Table<'t>) -> Needs {
        let mut needs = Needs {
            visual_check: self.is_set(table, "visual-check"),
            bulk: self.is_set(table, "bulk"),
            ..Needs::default()
        };
        let approvals = table.get("approvals").and_then(|value| self.walk.number(value, (0, 2)));
        needs.approvals = approvals.and_then(|count| u8::try_from(count).ok()).unwrap_or(0);
        if let Some(value) = table.get("container") {
            needs.container = self.walk.word(value, Container::parse);
        }
        if needs.bulk && (needs.approvals == 0 || needs.visual_check) {
            // Nothing to approve, or something that somebody must look at.
            let span = table.get("bulk").map(Spanned::span).unwrap_or_default();
            self.walk.complain(span, Fault::NotAllowed("bulk"));
        }
        needs
    }

    fn is_set(&mut self, table: &Table<'t>, key: &str) -> bool {
        table.get(key).and_then(|value| self.walk.yes(value)).unwrap_or(false)
    }

    /// What a rule orders: the word of `do`, or `refuse` with its reason.
    fn order<T>(
        &mut self,
        table: &Table<'t>,
        span: &Range<usize>,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<Result<T, String>> {
        let value = self.walk.need(table, "do", span)?;
        let why = table.get("why");
        if value.get_ref().as_str() != Some("refuse") {
            if why.is_some() {
                self.walk.complain(span.clone(), Fault::Refusal);
            }
            return self.walk.word(value, read).map(Ok);
        }
        match why.and_then(|why| why.get_ref().as_str()) {
            Some(why) if is_reason(why) => Some(Err(why.trim().to_owned())),
            Some(_) | None => {
                self.walk.complain(value.span(), Fault::Refusal);
                None
            }
        }
    }

    fn name(&mut self, table: &Table<'t>, span: &Range<usize>) -> Option<String> {
        let is_letter =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        self.walk.name(table, span, |name| {
            (1..=NAME_BYTES_MAX).contains(&name.len())
                && name.bytes().all(is_letter)
                && self.names.insert(name.to_owned())
        })
    }

    fn conditions(&mut self, table: &Table<'t>) -> Conditions {
        let mut types = Vec::new();
        for value in self.walk.some_of(table, "types") {
            if let Some(found) = self.walk.word(value, Types::named) {
                types.extend(found);
            }
        }
        types.sort_unstable_by_key(|format: &Format| format.name());
        types.dedup();
        let most = table.get("bytes-max").and_then(|value| self.walk.number(value, (1, i64::MAX)));
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
        for value in self.walk.some_of(table, "crossings") {
            let Some(text) = self.walk.text(value) else { continue };
            let zones = text.split_once('>').map(|(from, to)| (from.trim(), to.trim()));
            let zones = zones.and_then(|(from, to)| Some((Zone::parse(from)?, Zone::parse(to)?)));
            let Some((from, to)) = zones else {
                self.walk.complain(value.span(), Slip::Word(text));
                continue;
            };
            match Crossing::between(from, to) {
                Some(crossing) => drop(crossings.insert(crossing)),
                None => self.walk.complain(value.span(), Fault::NoBoundary(text)),
            }
        }
        crossings
    }

    fn removed(&mut self, table: &Table<'t>) -> Vec<String> {
        let is_letter =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let pattern = |text: &str| {
            let stem = text.strip_prefix('*').unwrap_or(text);
            let stem = stem.strip_suffix('*').unwrap_or(stem);
            (!stem.is_empty() && stem.bytes().all(is_letter)).then(|| text.to_owned())
        };
        let values = self.walk.some_of(table, "removed");
        values.into_iter().filter_map(|value| self.walk.word(value, pattern)).collect()
    }

    fn words<T: Ord>(
        &mut self,
        table: &Table<'t>,
        key: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> BTreeSet<T> {
        let values = self.walk.some_of(table, key);
        values.into_iter().filter_map(|value| self.walk.word(value, &parse)).collect()
    }
}

fn is_reason(why: &str) -> bool {
    let characters = why.trim().chars().count();
    (1..=WHY_CHARACTERS_MAX).contains(&characters) && !why.contains(char::is_control)
}

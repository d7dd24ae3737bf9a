//! A packet filter as it can be compared: each thing under its name, without
//! handles, counts and what runs down.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::shown::{element_key, rule, thing, verdict};
use crate::ruleset::{RULESET_BYTES_MAX, RuleAt, RulesetError};

/// Everything that a packet filter holds, ready to be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    pub(super) things: BTreeMap<Key, Thing>,
}

/// Where a thing stands: tables before what is in them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    family: String,
    table: String,
    name: String,
    pub(super) kind: String,
}

/// A table, a chain, a set, a map, or something else that has a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Thing {
    pub(super) text: String,
    pub(super) elements: BTreeMap<String, Element>,
    pub(super) rules: Vec<Line>,
}

/// An element of a set or map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) text: String,
    pub(super) comment: Option<String>,
    /// Seconds until it is forgotten; none if it is not.
    pub(super) seconds: Option<u64>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) handle: Option<u64>,
    pub(super) comment: Option<String>,
}

impl Element {
    pub(super) fn with_end(&self) -> String {
        match self.seconds {
            Some(seconds) => format!("{} ({seconds}s)", self.text),
            None => self.text.clone(),
        }
    }
}

impl Key {
    pub(super) fn at(&self) -> RuleAt {
        RuleAt {
            family: self.family.clone(),
            table: self.table.clone(),
            chain: self.name.clone(),
            handle: None,
            comment: None,
        }
    }
}

impl Picture {
    /// Reads the JSON of `nft -j list ruleset`.
    ///
    /// # Errors
    /// If it is none.
    pub fn read(json: &str) -> Result<Self, RulesetError> {
        if json.len() > RULESET_BYTES_MAX {
            return Err(RulesetError::TooLong);
        }
        let value: Value = serde_json::from_str(json)?;
        let list = value.get("nftables").and_then(Value::as_array).ok_or(RulesetError::Shape)?;
        let mut picture = Self::default();
        for object in list {
            for (kind, body) in object.as_object().into_iter().flatten() {
                picture.take(kind, body);
            }
        }
        Ok(picture)
    }

    /// Only what stands in one table, whatever its family.
    #[must_use]
    pub fn of_table(&self, table: &str) -> Self {
        let things = self.things.iter().filter(|(key, _)| key.table == table);
        Self { things: things.map(|(key, thing)| (key.clone(), thing.clone())).collect() }
    }

    /// The whole as text: the same for filters that do the same with the same
    /// names, whatever they have counted.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        for (key, thing) in &self.things {
            let (family, table) = (&key.family, &key.table);
            let _ = writeln!(text, "{} {family} {table} {}: {}", key.kind, key.name, thing.text);
            for element in thing.elements.values() {
                let _ = writeln!(text, "  {}", element.text);
            }
            for line in &thing.rules {
                let _ = writeln!(text, "  {}", line.text);
            }
        }
        text
    }

    fn take(&mut self, kind: &str, body: &Value) {
        let word = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = |kind: &str, name: String| Key {
            family: word("family"),
            table: word("table"),
            name,
            kind: kind.to_owned(),
        };
        match kind {
            "metainfo" => {}
            "table" => {
                let key = Key { table: word("name"), ..key(kind, String::new()) };
                self.things.entry(key).or_default().text = thing(body);
            }
            "rule" => {
                let comment = body.get("comment").and_then(Value::as_str).map(str::to_owned);
                let mut text = rule(body.get("expr"));
                if let Some(comment) = &comment {
                    let _ = write!(text, " comment \"{comment}\"");
                }
                let line =
                    Line { text, handle: body.get("handle").and_then(Value::as_u64), comment };
                self.things.entry(key("chain", word("chain"))).or_default().rules.push(line);
            }
            "set" | "map" => {
                let own = self.things.entry(key(kind, word("name"))).or_default();
                own.text = thing(body);
                let elements = body.get("elem").and_then(Value::as_array);
                for value in elements.into_iter().flatten() {
                    let (key, element) = element(value);
                    own.elements.insert(key, element);
                }
            }
            other => {
                self.things.entry(key(other, word("name"))).or_default().text = thing(body);
            }
        }
    }
}

/// An element and its key: bare, with what is beside it, or with a verdict.
fn element(value: &Value) -> (String, Element) {
    // An entry of a map is a pair; so could a bare element be that is a list.
    let pair = value.as_array().filter(|pair| pair.len() == 2);
    let (left, right) = match pair.map(Vec::as_slice) {
        Some([left, right]) => (left, Some(right)),
        Some(_) | None => (value, None),
    };
    let dressed = left.get("elem");
    let key = element_key(dressed.and_then(|elem| elem.get("val")).unwrap_or(left));
    let comment = dressed.and_then(|elem| elem.get("comment")).and_then(Value::as_str);
    let seconds = |name: &str| dressed.and_then(|elem| elem.get(name)).and_then(Value::as_u64);
    let mut text = key.clone();
    if let Some(comment) = comment {
        let _ = write!(text, " comment \"{comment}\"");
    }
    if let Some(right) = right {
        let _ = write!(text, " : {}", verdict(right));
    }
    let element = Element {
        text,
        comment: comment.map(str::to_owned),
        seconds: seconds("expires").or_else(|| seconds("timeout")),
    };
    (key, element)
}

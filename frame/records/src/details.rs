//! What else an entry says: a small sorted map of text and whole numbers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base::{Id, Timestamp};

use crate::canonical;

/// A bounded map from short names to text or whole numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(BTreeMap<Cow<'static, str>, Detail>);

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// A whole number between ±(2^53 − 1), as RFC 8785 can write it.
    Number(i64),
    /// Text, at most [`Details::TEXT_MAX`] characters.
    Text(String),
}

/// RFC 8785 (by RFC 7493) has whole numbers up to this on either side of 0.
const NUMBER_MAX: i64 = (1 << 53) - 1;

impl Details {
    /// How many details one entry holds.
    pub const COUNT_MAX: usize = 32;
    /// How many characters one text holds. What is longer is cut and ends in `…`.
    pub const TEXT_MAX: usize = 1_000;
    /// How many bytes all details of an entry take as JSON.
    pub const BYTES_MAX: usize = 16_384;

    /// Sets one detail. A text that is too long is cut; a number that is too
    /// large becomes text.
    pub fn set(&mut self, key: &'static str, value: impl Into<Detail>) {
        self.0.insert(Cow::Borrowed(key), value.into().bounded());
    }

    /// The value under a name.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Detail> {
        self.0.get(key)
    }

    /// The text under a name.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key)? {
            Detail::Text(text) => Some(text),
            Detail::Number(_) => None,
        }
    }

    /// The number under a name.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<i64> {
        match self.0.get(key)? {
            Detail::Number(number) => Some(*number),
            Detail::Text(_) => None,
        }
    }

    /// All details, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Detail)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The details as canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(2 + self.len() * 32);
        out.push('{');
        for (index, (key, value)) in self.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            canonical::text(&mut out, key);
            out.push(':');
            match value {
                Detail::Number(number) => canonical::number(&mut out, *number),
                Detail::Text(text) => canonical::text(&mut out, text),
            }
        }
        out.push('}');
        out
    }

    /// Reads canonical JSON; any other spelling of the same map is refused.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        if json == "{}" {
            return Some(Self::default());
        }
        let map: BTreeMap<String, Detail> = serde_json::from_str(json).ok()?;
        let details = Self(map.into_iter().map(|(key, value)| (Cow::Owned(key), value)).collect());
        (details.to_json() == json).then_some(details)
    }
}

impl Detail {
    fn bounded(self) -> Self {
        match self {
            Self::Number(number) if !(-NUMBER_MAX..=NUMBER_MAX).contains(&number) => {
                Self::Text(number.to_string())
            }
            Self::Number(number) => Self::Number(number),
            Self::Text(text) => match text.char_indices().nth(Details::TEXT_MAX) {
                Some(_) => {
                    Self::Text(text.chars().take(Details::TEXT_MAX - 1).chain(['…']).collect())
                }
                None => Self::Text(text),
            },
        }
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Detail {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i64> for Detail {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Detail {
    fn from(number: u32) -> Self {
        Self::Number(i64::from(number))
    }
}

impl From<usize> for Detail {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Detail {
    fn from(truth: bool) -> Self {
        Self::Text(if truth { "yes" } else { "no" }.to_owned())
    }
}

impl From<Timestamp> for Detail {
    fn from(moment: Timestamp) -> Self {
        Self::Text(moment.to_string())
    }
}

impl<T> From<Id<T>> for Detail {
    fn from(id: Id<T>) -> Self {
        Self::Text(id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_sorted_and_read_back() {
        let mut details = Details::default();
        details.set("to", "総務課\n\u{7}\"");
        details.set("bytes", 12_usize);
        let json = details.to_json();
        assert_eq!(json, "{\"bytes\":12,\"to\":\"総務課\\n\\u0007\\\"\"}");
        assert_eq!(Details::parse(&json), Some(details));
    }

    #[test]
    fn another_spelling_is_refused() {
        for json in ["{\"b\":1,\"a\":2}", "{ }", "{\"a\":1.0}", "{\"a\":\"\\u0041\"}", "{\"a\":01}"]
        {
            assert_eq!(Details::parse(json), None, "{json}");
        }
    }

    #[test]
    fn what_is_too_large_is_cut_visibly() {
        let mut details = Details::default();
        details.set("long", "緑".repeat(2_000));
        details.set("large", i64::MAX);
        let long = details.text("long").unwrap();
        assert_eq!((long.chars().count(), long.chars().last()), (1_000, Some('…')));
        assert_eq!(details.text("large"), Some("9223372036854775807"));
    }
}

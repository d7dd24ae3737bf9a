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
    /// large becomes text. Names are plain words.
    pub fn set(&mut self, key: &'static str, value: impl Into<Detail>) {
        debug_assert!(is_name(key), "names need no escape");
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
        let is_named = details.iter().all(|(key, _)| is_name(key));
        (is_named && details.to_json() == json).then_some(details)
    }
}

/// A name needs no escape.
fn is_name(key: &str) -> bool {
    !key.bytes().any(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'))
}

/// True if [`Details::parse`] would read this, at a tenth of its cost.
pub(crate) fn is_canonical(json: &str) -> bool {
    let Some(inner) = json.strip_prefix('{').and_then(|json| json.strip_suffix('}')) else {
        return false;
    };
    let (mut rest, mut before): (_, Option<&[u8]>) = (inner.as_bytes(), None);
    if rest.is_empty() {
        return true;
    }
    loop {
        let Some((key, after)) = string(rest) else { return false };
        let is_plain = !key.contains(&b'\\');
        if !is_plain || before.is_some_and(|before| before >= key) {
            return false;
        }
        before = Some(key);
        let [b':', after @ ..] = after else { return false };
        let value = if after.first() == Some(&b'"') { string(after) } else { whole_number(after) };
        match value {
            Some((_, [])) => return true,
            Some((_, [b',', after @ ..])) => rest = after,
            Some(_) | None => return false,
        }
    }
}

/// Takes a canonical string off the front; returns what is between its quotes,
/// and what follows.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let [b'"', inner @ ..] = bytes else { return None };
    let mut index = 0;
    loop {
        match inner.get(index)? {
            b'"' => return Some((inner.get(..index)?, inner.get(index + 1..)?)),
            b'\\' => index += escape(inner.get(index + 1..)?)?,
            0..0x20 => return None,
            _ => index += 1,
        }
    }
}

/// The length of a canonical escape, its back-slash included.
fn escape(after: &[u8]) -> Option<usize> {
    match after {
        [b'"' | b'\\' | b'b' | b't' | b'n' | b'f' | b'r', ..] => Some(2),
        // The short ones, U+0008 to U+000D but U+000B, have no long spelling.
        [b'u', b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f', ..] => Some(6),
        [b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', ..] => Some(6),
        _ => None,
    }
}

/// Takes a canonical whole number off the front.
fn whole_number(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = bytes.split_at_checked(bytes.len() - digits.len() + count)?;
    let is_one_spelling = number == b"0" || digits.first().is_some_and(|digit| *digit != b'0');
    let is_whole = std::str::from_utf8(number).ok()?.parse::<i64>().is_ok();
    (is_one_spelling && is_whole).then_some((number, rest))
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
    fn the_quick_look_says_what_reading_says() {
        let mut details = Details::default();
        details.set("a", "緑\n\u{b}\u{1f}\"\\/\u{7f}");
        details.set("ab", -12_i64);
        details.set("b", 0_i64);
        details.set("c", "");
        let json = details.to_json();
        assert!(is_canonical(&json) && is_canonical("{}"));
        let mut agreed = 0;
        let insertions =
            (0..=json.len()).flat_map(|at| (0x20..0x7f_u8).map(move |byte| (at, byte)));
        let inserted = insertions.map(|(at, byte)| {
            let mut bytes = json.clone().into_bytes();
            bytes.insert(at, byte);
            bytes
        });
        let flipped = (0..json.len() * 8).map(|bit| {
            let mut bytes = json.clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        });
        let cut = (0..json.len()).map(|end| json.as_bytes()[..end].to_vec());
        for bytes in inserted.chain(flipped).chain(cut) {
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert_eq!(is_canonical(&text), Details::parse(&text).is_some(), "{text}");
            agreed += 1;
        }
        assert!(agreed > 5_000, "{agreed}");
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

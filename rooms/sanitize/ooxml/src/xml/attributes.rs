//! Reads the attributes of a start tag, and their values with entities
//! resolved. Strict: what XML 1.0 does not allow is an error.

use std::borrow::Cow;

use super::Malformed;
use super::escape::entity;

/// Attributes of one element; more are a flood.
pub(crate) const ATTRIBUTES_MAX: usize = 512;

/// Iterates over `name="value"` pairs; values are as written.
pub(crate) struct Attributes<'a> {
    rest: &'a str,
    count: usize,
}

impl<'a> Attributes<'a> {
    /// Starts after the element's name.
    pub(crate) fn new(raw: &'a str) -> Self {
        Self { rest: raw, count: 0 }
    }

    fn read(&mut self) -> Result<Option<(&'a str, &'a str)>, Malformed> {
        let rest = self.rest.trim_start_matches(is_space);
        if rest.is_empty() {
            return Ok(None);
        }
        self.count += 1;
        if rest.len() == self.rest.len() || self.count > ATTRIBUTES_MAX {
            return Err(Malformed);
        }
        let bytes = rest.as_bytes();
        let end = bytes.iter().position(|byte| *byte == b'=').ok_or(Malformed)?;
        let name = rest[..end].trim_end_matches(is_space);
        let after = rest[end + 1..].trim_start_matches(is_space);
        let quote = *after.as_bytes().first().ok_or(Malformed)?;
        if !matches!(quote, b'"' | b'\'') || !is_name(name) {
            return Err(Malformed);
        }
        let body = &after[1..];
        let end = body.as_bytes().iter().position(|byte| *byte == quote).ok_or(Malformed)?;
        self.rest = &body[end + 1..];
        Ok(Some((name, &body[..end])))
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<(&'a str, &'a str), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

/// Says whether a name may be written into markup as it is.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':') || *byte >= 0x80
    };
    let first_fits =
        name.as_bytes().first().is_some_and(|byte| !matches!(byte, b'-' | b'.' | b'0'..=b'9'));
    first_fits && name.as_bytes().iter().all(plain)
}

/// Splits a qualified name into prefix and local part.
pub(crate) fn split_name(name: &str) -> (&str, &str) {
    match name.as_bytes().iter().position(|byte| *byte == b':') {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => ("", name),
    }
}

/// Returns the resolved value of the attribute of that name without a prefix.
pub(crate) fn value_of<'a>(raw: &'a str, local: &str) -> Result<Option<Cow<'a, str>>, Malformed> {
    for attribute in Attributes::new(raw) {
        let (name, value) = attribute?;
        if name == local {
            return resolve(value).map(Some);
        }
    }
    Ok(None)
}

/// Returns the resolved value of the first attribute of that local name and
/// any prefix; for looking ahead, where no decision rests on it alone.
pub(crate) fn value_by_local<'a>(
    raw: &'a str,
    local: &str,
) -> Result<Option<Cow<'a, str>>, Malformed> {
    for attribute in Attributes::new(raw) {
        let (name, value) = attribute?;
        if split_name(name).1 == local && !name.starts_with("xmlns:") {
            return resolve(value).map(Some);
        }
    }
    Ok(None)
}

/// Resolves entities in a value.
pub(crate) fn resolve(value: &str) -> Result<Cow<'_, str>, Malformed> {
    if !value.as_bytes().contains(&b'&') {
        return Ok(Cow::Borrowed(value));
    }
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        let body = &rest[at + 1..];
        let end = body.find(';').ok_or(Malformed)?;
        text.push(entity(&body[..end])?);
        rest = &body[end + 1..];
    }
    text.push_str(rest);
    Ok(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_in_both_quotes() {
        let pairs: Result<Vec<_>, _> = Attributes::new(" a='1' b:c = \"x'y\"").collect();
        assert_eq!(pairs, Ok(vec![("a", "1"), ("b:c", "x'y")]));
    }

    #[test]
    fn what_is_no_attribute_fails() {
        for raw in [" a", " a=1", " a='1", " a='1'b='2'", " \"='1'"] {
            assert!(Attributes::new(raw).any(|pair| pair.is_err()), "{raw}");
        }
    }

    #[test]
    fn entities_are_resolved() {
        assert_eq!(resolve("a&amp;&#x62;&#99;").as_deref(), Ok("a&bc"));
        assert_eq!(resolve("&xxe;"), Err(Malformed));
    }
}

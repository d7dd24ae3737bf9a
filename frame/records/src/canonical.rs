//! The one spelling of an entry that is hashed: JSON by RFC 8785. Only text,
//! whole numbers below 2^53 and names in ASCII occur, so that the scheme stays
//! small.

use std::fmt::{self, Write};

use base::{BodyId, Timestamp};
use sha2::{Digest, Sha256};

use crate::entry::Sequence;

/// A SHA-256 of the chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What stands before the first entry.
    pub const ZERO: Self = Self([0; 32]);

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        bytes_of(text).map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The columns of one entry, as they are hashed.
pub(crate) struct Columns<'a> {
    pub(crate) acting_for: Option<&'a str>,
    pub(crate) action: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) actor_kind: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) body: BodyId,
    /// Canonical JSON already.
    pub(crate) details: &'a str,
    pub(crate) origin: &'a str,
    pub(crate) permit: Option<&'a str>,
    pub(crate) sequence: Sequence,
    pub(crate) subject: &'a str,
    pub(crate) subject_kind: &'a str,
}

impl Columns<'_> {
    /// Writes the entry; names in the order that RFC 8785 §3.2.3 asks for.
    pub(crate) fn write(&self, out: &mut String) {
        let mut object = Object::open(out);
        object.optional("acting_for", self.acting_for);
        object.text("action", self.action);
        object.text("actor", self.actor);
        object.text("actor_kind", self.actor_kind);
        object.plain("at", self.at);
        object.plain("body", self.body);
        object.raw("details", self.details);
        object.text("origin", self.origin);
        object.optional("permit", self.permit);
        object.number("sequence", self.sequence.number());
        object.text("subject", self.subject);
        object.text("subject_kind", self.subject_kind);
        object.close();
    }
}

/// The hash of an entry: SHA-256 over the hash before it and its own spelling.
pub(crate) fn chain(previous: Hash, spelling: &str) -> Hash {
    let mut digest = Sha256::new();
    digest.update(previous.0);
    digest.update(spelling.as_bytes());
    Hash(digest.finalize().into())
}

/// Writes one object; the caller gives the names in order.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    is_first: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, is_first: true }
    }

    fn name(&mut self, name: &str) {
        if !self.is_first {
            self.out.push(',');
        }
        self.is_first = false;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        text(self.out, value);
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Writes what needs no escape: ids, times, hashes.
    pub(crate) fn plain(&mut self, name: &str, value: impl fmt::Display) {
        self.name(name);
        let _ = write!(self.out, "\"{value}\"");
    }

    pub(crate) fn number(&mut self, name: &str, value: i64) {
        self.name(name);
        number(self.out, value);
    }

    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.out.push_str(json);
    }

    pub(crate) fn close(self) {
        self.out.push('}');
    }
}

pub(crate) fn number(out: &mut String, value: i64) {
    let _ = write!(out, "{value}");
}

/// Writes a string as RFC 8785 §3.2.2.2 does: seven short escapes, `\u00xx` for
/// the other control characters, everything else as it is.
pub(crate) fn text(out: &mut String, value: &str) {
    out.push('"');
    let mut rest = value;
    while let Some(index) =
        rest.bytes().position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'))
    {
        let (plain, tail) = rest.split_at(index);
        out.push_str(plain);
        let mut characters = tail.chars();
        match characters.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\u{c}') => out.push_str("\\f"),
            Some('\r') => out.push_str("\\r"),
            Some(other) => {
                let _ = write!(out, "\\u{:04x}", u32::from(other));
            }
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect()
}

/// Reads lower-case hexadecimal digits of exactly this many bytes.
pub(crate) fn bytes_of<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    let digits = text.as_bytes();
    if digits.len() != LENGTH * 2 {
        return None;
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_spelled_as_serde_json_spells_them() {
        let every: String =
            (0..0x300).filter_map(char::from_u32).chain("𠮷\u{2028}\u{feff}".chars()).collect();
        let mut ours = String::new();
        text(&mut ours, &every);
        assert_eq!(ours, serde_json::to_string(&every).unwrap());
    }

    #[test]
    fn hexadecimal_has_one_spelling() {
        assert_eq!(hex(&[0, 0xab]), "00ab");
        assert_eq!(bytes_of::<2>("00ab"), Some([0, 0xab]));
        assert_eq!(bytes_of::<2>("00AB"), None);
        assert_eq!(bytes_of::<2>("00a"), None);
    }
}

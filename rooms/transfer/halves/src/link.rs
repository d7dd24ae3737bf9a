//! What both ends call the same: links by the hash of their code, items by an
//! id that the outer half gave them.

use std::fmt;

use base::{Random, Timestamp, random};

/// The hash of a link's code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkHash(pub [u8; 32]);

/// The id of one file in the outer half. Sorts by the moment it came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub [u8; 16]);

/// A link that stands open, with what its page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLink {
    /// Of its code.
    pub hash: LinkHash,
    /// Seconds from now until its end: told as a span, so that two clocks need
    /// not agree.
    pub ends_in_seconds: u64,
    /// Its end as the page shows it, in milliseconds since 1970.
    pub ends_at_ms: i64,
    /// Bytes that it still takes.
    pub bytes_left: u64,
    /// Files that it still takes.
    pub files_left: u32,
    /// The largest single file, in bytes.
    pub file_bytes_max: u64,
    /// Whose link it is.
    pub body: String,
    /// To whom.
    pub receiver: String,
    /// What for.
    pub purpose: String,
}

impl ItemId {
    /// A new id: 48 bits of time, 80 random bits.
    #[must_use]
    pub fn new(now: Timestamp, source: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        let millis = u64::try_from(now.millis()).unwrap_or(0).to_be_bytes();
        bytes[..6].copy_from_slice(&millis[2..]);
        bytes[6..].copy_from_slice(&random::bytes::<10>(source));
        Self(bytes)
    }

    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read_hex(text).map(Self)
    }
}

impl LinkHash {
    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read_hex(text).map(Self)
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for LinkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LinkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes in hexadecimal digits of small letters.
pub(crate) fn read_hex<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    if text.len() != LENGTH * 2 {
        return None;
    }
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = pair.iter().try_fold(0, |sum, &digit| Some(sum << 4 | nibble(digit)?))?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base::SeededRandom;

    use super::*;

    #[test]
    fn ids_sort_by_time_and_read_back() {
        let source = SeededRandom::new(1);
        let early = ItemId::new(Timestamp::from_millis(1), &source);
        let late = ItemId::new(Timestamp::from_millis(2), &source);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(ItemId::parse(&early.to_string()), Some(early));
        assert_eq!(ItemId::parse("../../../../etc/passwd__________"), None);
        assert_eq!(ItemId::parse(&early.to_string().to_uppercase()), None);
    }
}

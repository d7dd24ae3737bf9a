//! Ids: ULIDs that remember in their type what they name.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use ulid::Ulid;

use crate::{Random, Timestamp, random};

/// The id of one `T`. Sorts by the moment it was made.
pub struct Id<T> {
    ulid: Ulid,
    of: PhantomData<fn() -> T>,
}

/// What a [`BodyId`] names: a municipality or a prefecture, the owner of rows.
#[derive(Clone, Copy, Debug)]
pub enum Body {}

/// The body (地方公共団体) that a row belongs to.
pub type BodyId = Id<Body>;

/// A text that is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 26 characters of Crockford's base 32 are needed")]
pub struct IdError;

impl<T> Id<T> {
    /// Makes a new id from the time and 80 random bits.
    #[must_use]
    pub fn new(now: Timestamp, source: &dyn Random) -> Self {
        let tail: [u8; 10] = random::bytes(source);
        let random = tail.iter().fold(0_u128, |sum, &byte| (sum << 8) | u128::from(byte));
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        Self::from_ulid(Ulid::from_parts(millis, random))
    }

    /// Reads the 26 characters of a ULID, upper case only, so that every id has
    /// one spelling.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let ulid = Ulid::from_string(text).map_err(|_| IdError)?;
        if ulid.to_string() == text { Ok(Self::from_ulid(ulid)) } else { Err(IdError) }
    }

    /// Sorts before every id that is made at this moment or later: where a list
    /// by id begins at a time.
    #[must_use]
    pub fn least_at(at: Timestamp) -> Self {
        Self::from_ulid(Ulid::from_parts(u64::try_from(at.millis()).unwrap_or(0), 0))
    }

    const fn from_ulid(ulid: Ulid) -> Self {
        Self { ulid, of: PhantomData }
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.ulid == other.ulid
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ulid.cmp(&other.ulid)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ulid.hash(state);
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ulid.fmt(f)
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ulid.fmt(f)
    }
}

impl<T> std::str::FromStr for Id<T> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl<T> serde::Serialize for Id<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T> serde::Deserialize<'de> for Id<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    #[test]
    fn ids_sort_by_time_and_read_back() {
        let random = SeededRandom::new(1);
        let early = BodyId::new(Timestamp::from_millis(1), &random);
        let late = BodyId::new(Timestamp::from_millis(2), &random);
        assert!(early < late);
        assert_eq!(BodyId::parse(&early.to_string()), Ok(early));
    }

    #[test]
    fn the_least_id_of_a_moment_sorts_before_its_ids_and_after_those_before() {
        let (at, random) = (Timestamp::from_millis(1_000), SeededRandom::new(1));
        let id = |millis| Id::<u8>::new(Timestamp::from_millis(millis), &random);
        let least = Id::least_at(at);
        assert!(least <= id(1_000) && id(999) < least);
        assert!(least.to_string() <= id(1_000).to_string());
    }

    #[test]
    fn only_one_spelling_is_an_id() {
        let id = BodyId::new(Timestamp::from_millis(9), &SeededRandom::new(2)).to_string();
        assert_eq!(BodyId::parse(&id.to_lowercase()), Err(IdError));
        assert_eq!(BodyId::parse("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"), Err(IdError));
        assert_eq!(BodyId::parse("' OR 1=1 --"), Err(IdError));
    }
}

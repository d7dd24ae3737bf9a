//! Whole numbers as JSON may spell them: `3` and `3.0` are the same number (JSON
//! Schema, draft 2020-12, section 6.1.1). Anything else is refused.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Reads a whole number.
pub(super) fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(from: D) -> Result<T, D::Error> {
    Ok(Whole::deserialize(from)?.0)
}

/// Reads a whole number that may be left out or null.
pub(super) fn whole_if_any<'de, D: Deserializer<'de>, T: TryFrom<i64>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let whole = <Option<Whole<T>>>::deserialize(from)?;
    Ok(whole.map(|whole| whole.0))
}

struct Whole<T>(T);

impl<'de, T: TryFrom<i64>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

/// The largest number up to which every whole one has a double of its own.
const EXACT_MAX: f64 = 9_007_199_254_740_991.0;

impl<T: TryFrom<i64>> Visitor<'_> for Reader<T> {
    type Value = Whole<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number within its limits")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        let wrong = |_| E::invalid_value(serde::de::Unexpected::Signed(number), &self);
        T::try_from(number).map(Whole).map_err(wrong)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let wrong = |_| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self);
        i64::try_from(number).map_err(wrong).and_then(|number| self.visit_i64(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        if number.fract() != 0.0 || number.abs() > EXACT_MAX {
            return Err(E::invalid_value(serde::de::Unexpected::Float(number), &self));
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        let number = number as i64;
        self.visit_i64(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Asked {
        #[serde(default, deserialize_with = "whole_if_any")]
        version: Option<u32>,
    }

    fn read(number: &str) -> Result<Option<u32>, serde_json::Error> {
        serde_json::from_str::<Asked>(&format!("{{\"version\":{number}}}"))
            .map(|asked| asked.version)
    }

    #[test]
    fn a_number_has_two_spellings() {
        assert_eq!(read("3").ok(), Some(Some(3)));
        assert_eq!(read("3.0").ok(), Some(Some(3)));
        assert_eq!(read("4294967295").ok(), Some(Some(u32::MAX)));
        assert_eq!(read("null").ok(), Some(None));
        assert_eq!(serde_json::from_str::<Asked>("{}").ok(), Some(Asked { version: None }));
    }

    #[test]
    fn nothing_else_is_a_whole_number() {
        for wrong in ["3.5", "-1", "4294967296", "1e300", "\"3\"", "true", "[3]"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

//! Points in time. Stored in UTC; a screen shows them in Japan's time.

use std::fmt;
use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z, not before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Japan keeps UTC+9 the whole year.
const JST_OFFSET_MS: i64 = 9 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// The last moment that is taken: two days before the end of the year 9999, so
/// that every moment has a date at every offset.
const LAST_MS: i64 = 253_402_127_999_999;

impl Timestamp {
    /// From milliseconds since the epoch; what lies outside 1970–9999 is moved
    /// to the nearer end.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis < 0 {
            Self(0)
        } else if millis > LAST_MS {
            Self(LAST_MS)
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0 / 1_000
    }

    /// The moment this much later, at most the last that is taken.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_millis()).unwrap_or(LAST_MS);
        Self::from_millis(self.0.saturating_add(span))
    }

    /// The moment this much earlier, at least the epoch.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let span = i64::try_from(span.as_millis()).unwrap_or(LAST_MS);
        Self::from_millis(self.0.saturating_sub(span))
    }

    /// How long after `earlier` this is; nothing if it is not after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// The start of this moment's day in Japan.
    #[must_use]
    pub const fn day_start_jst(self) -> Self {
        Self::from_millis((self.0 + JST_OFFSET_MS).div_euclid(DAY_MS) * DAY_MS - JST_OFFSET_MS)
    }

    /// This moment on Japan's clocks.
    #[must_use]
    pub fn jst(self) -> jiff::civil::DateTime {
        self.civil(JST_OFFSET_MS)
    }

    fn civil(self, offset_ms: i64) -> jiff::civil::DateTime {
        jiff::Timestamp::from_millisecond((self.0 + offset_ms).min(LAST_MS))
            .map(|moment| jiff::tz::Offset::UTC.to_datetime(moment))
            .unwrap_or_default()
    }

    /// Reads RFC 3339, with any offset.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let moment: jiff::Timestamp = text.parse().ok()?;
        (0..=LAST_MS).contains(&moment.as_millisecond()).then(|| Self(moment.as_millisecond()))
    }

    /// Reads RFC 3339, with any offset; what lies outside 1970–9999 is moved to
    /// the nearer end, as the bound of a search may be.
    #[must_use]
    pub fn parse_nearest(text: &str) -> Option<Self> {
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(Self::from_millis(moment.as_millisecond()))
    }

    /// Reads a day, as 2026-04-01: its first moment in Japan, or the nearer end
    /// for a day outside 1970–9999.
    #[must_use]
    pub fn day_nearest_jst(text: &str) -> Option<Self> {
        let is_day = text.len() == "2026-04-01".len();
        let day: jiff::civil::Date = is_day.then(|| text.parse().ok()).flatten()?;
        let moment = jiff::tz::Offset::constant(9).to_timestamp(day.at(0, 0, 0, 0)).ok()?;
        Some(Self::from_millis(moment.as_millisecond()))
    }

    /// Reads what a form's `datetime-local` field sends, as Japan's time.
    #[must_use]
    pub fn parse_jst(text: &str) -> Option<Self> {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        let moment = jiff::tz::Offset::constant(9).to_timestamp(local).ok()?;
        (0..=LAST_MS).contains(&moment.as_millisecond()).then(|| Self(moment.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil(0);
        let (date, time) = (civil.date(), civil.time());
        write!(
            f,
            "{date}T{:02}:{:02}:{:02}.{:03}Z",
            time.hour(),
            time.minute(),
            time.second(),
            time.millisecond()
        )
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_rfc_3339_and_reads_back() {
        let moment = Timestamp::from_millis(1_795_321_927_045);
        assert_eq!(moment.to_string(), "2026-11-22T04:32:07.045Z");
        assert_eq!(Timestamp::parse("2026-11-22T13:32:07.045+09:00"), Some(moment));
    }

    #[test]
    fn a_day_in_japan_starts_at_fifteen_utc() {
        let moment = Timestamp::parse("2026-11-22T14:59:59Z").unwrap();
        assert_eq!(moment.day_start_jst(), Timestamp::parse("2026-11-21T15:00:00Z").unwrap());
        assert_eq!(Timestamp::parse_jst("2026-11-22T00:00").unwrap(), moment.day_start_jst());
    }

    #[test]
    fn the_ends_of_time_hold() {
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-29T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(i64::MIN), Timestamp::default());
        assert_eq!(Timestamp::default().minus(Duration::from_secs(1)), Timestamp::default());
    }
}

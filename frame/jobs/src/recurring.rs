//! Work that comes again. Each occurrence is a job whose key is its moment, so
//! that several processes make one of it.

use std::time::Duration;

use base::Timestamp;

use crate::job::{Kind, NewJob};

/// When work comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// At this time after midnight in Japan, each day.
    Day {
        /// Less than 24 h.
        after_midnight: Duration,
    },
    /// At whole multiples of this span since 1970, at least a second.
    Span(Duration),
}

/// Work of the whole store that comes again; its handler sees no body and goes
/// through the bodies itself, or schedules a job for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recurring {
    /// Which handler does it.
    pub kind: Kind,
    /// When.
    pub every: Every,
}

impl Recurring {
    /// The next occurrence after a moment.
    #[must_use]
    pub fn after(&self, now: Timestamp) -> Timestamp {
        match self.every {
            Every::Day { after_midnight } => {
                let today = now.day_start_jst().plus(after_midnight);
                let day = Duration::from_secs(24 * 3_600);
                if today > now { today } else { today.plus(day) }
            }
            Every::Span(span) => {
                let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX).max(1_000);
                let count = now.millis() / span + 1;
                Timestamp::from_millis(count.saturating_mul(span))
            }
        }
    }

    /// The job of the next occurrence.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> NewJob {
        let due = self.after(now);
        NewJob::new(self.kind, due.to_string(), due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daily_job_comes_at_its_time_in_japan() {
        let every = Every::Day { after_midnight: Duration::from_secs(2 * 3_600) };
        let nightly = Recurring { kind: "test.nightly", every };
        let moment = |text| Timestamp::parse(text).unwrap();
        let before = moment("2026-11-21T16:59:59Z");
        assert_eq!(nightly.after(before), moment("2026-11-21T17:00:00Z"));
        assert_eq!(nightly.after(moment("2026-11-21T17:00:00Z")), moment("2026-11-22T17:00:00Z"));
        assert_eq!(nightly.next(before).key, "2026-11-21T17:00:00.000Z");
    }

    #[test]
    fn a_span_comes_at_its_multiples() {
        let often = Recurring { kind: "test.often", every: Every::Span(Duration::from_secs(60)) };
        assert_eq!(often.after(Timestamp::from_millis(60_000)).millis(), 120_000);
        assert_eq!(often.after(Timestamp::from_millis(59_999)).millis(), 60_000);
    }
}

//! Notices when the wall clock jumps, and says how long a worker may sleep.
//! Sleeping follows the clock that never jumps; being due follows the wall.

use std::time::Duration;

use base::{Clock, Timestamp};

/// The wall clock and the steady clock went apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    /// The wall clock was set forward by this much.
    Forward(Duration),
    /// The wall clock was set back by this much.
    Back(Duration),
}

/// Compares the two clocks from look to look.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    wall: Timestamp,
    steady: Duration,
}

/// A time server moves a clock by less than this between two looks.
const DRIFT_MAX: Duration = Duration::from_secs(2);

impl Watch {
    /// Begins at the present.
    #[must_use]
    pub fn start(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), steady: clock.elapsed() }
    }

    /// Looks again: did the wall clock jump since the last look?
    pub fn look(&mut self, clock: &dyn Clock) -> Option<Jump> {
        let (wall, steady) = (clock.now(), clock.elapsed());
        let expected = self.wall.plus(steady.saturating_sub(self.steady));
        *self = Self { wall, steady };
        let (ahead, behind) = (wall.since(expected), expected.since(wall));
        if ahead > DRIFT_MAX {
            Some(Jump::Forward(ahead))
        } else if behind > DRIFT_MAX {
            Some(Jump::Back(behind))
        } else {
            None
        }
    }
}

/// How long to sleep until the next job is due, never longer than `longest`, so
/// that a jump of the wall clock is noticed within it.
pub(crate) fn sleep(now: Timestamp, next_due: Option<Timestamp>, longest: Duration) -> Duration {
    next_due.map_or(longest, |due| due.since(now).min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::ManualClock;

    #[test]
    fn jumps_both_ways_are_noticed_once() {
        let clock = ManualClock::at(Timestamp::from_millis(1_000_000_000));
        let mut watch = Watch::start(&clock);
        clock.advance(Duration::from_secs(3_600));
        assert_eq!(watch.look(&clock), None);
        clock.jump(clock.now().minus(Duration::from_secs(600)));
        assert_eq!(watch.look(&clock), Some(Jump::Back(Duration::from_secs(600))));
        clock.jump(clock.now().plus(Duration::from_secs(60)));
        clock.advance(Duration::from_secs(1));
        assert_eq!(watch.look(&clock), Some(Jump::Forward(Duration::from_secs(60))));
        assert_eq!(watch.look(&clock), None);
    }

    #[test]
    fn sleep_ends_when_the_next_job_is_due_or_earlier() {
        let now = Timestamp::from_millis(10_000);
        let longest = Duration::from_secs(5);
        assert_eq!(sleep(now, None, longest), longest);
        assert_eq!(sleep(now, Some(Timestamp::from_millis(11_500)), longest).as_millis(), 1_500);
        assert_eq!(sleep(now, Some(Timestamp::from_millis(9_000)), longest), Duration::ZERO);
        assert_eq!(sleep(now, Some(Timestamp::from_millis(99_000)), longest), longest);
    }
}

//! What time it is for permits: never earlier than it was before. A clock that
//! is set back neither revives a permit nor lengthens one while the program
//! runs; a clock that is set forward ends what it ends, for good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::{BodyId, Clock, Timestamp};

/// Knows for each body the latest moment, and how much time has gone by since.
pub(crate) struct Watch {
    clock: Arc<dyn Clock>,
    anchors: Mutex<HashMap<BodyId, Anchor>>,
}

#[derive(Clone, Copy)]
struct Anchor {
    at: Timestamp,
    elapsed: Duration,
}

impl Watch {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, anchors: Mutex::default() }
    }

    /// The moment that counts: the latest of the wall clock, what the store has
    /// seen, and what was counted on here since.
    pub(crate) fn look(&self, body: BodyId, wall: Timestamp, seen: Timestamp) -> Timestamp {
        let elapsed = self.clock.elapsed();
        let mut anchors = self.anchors.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = anchors
            .get(&body)
            .map_or(wall, |anchor| anchor.at.plus(elapsed.saturating_sub(anchor.elapsed)));
        let now = wall.max(seen).max(counted);
        if now > counted || !anchors.contains_key(&body) {
            anchors.insert(body, Anchor { at: now, elapsed });
        }
        now
    }

    /// Counts from the wall clock again, after a person accepted it.
    pub(crate) fn accept(&self, body: BodyId, wall: Timestamp) {
        let elapsed = self.clock.elapsed();
        let mut anchors = self.anchors.lock().unwrap_or_else(PoisonError::into_inner);
        anchors.insert(body, Anchor { at: wall, elapsed });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{ManualClock, SeededRandom};

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn time_never_goes_back_and_never_slows() {
        let noon = Timestamp::parse("2026-04-01T03:00:00Z").unwrap();
        let clock = Arc::new(ManualClock::at(noon));
        let watch = Watch::new(clock.clone());
        let body = BodyId::new(noon, &SeededRandom::new(1));
        let look = || watch.look(body, clock.now(), Timestamp::default());
        assert_eq!(look(), noon);
        clock.jump(noon.minus(HOUR * 24));
        assert_eq!(look(), noon);
        clock.advance(HOUR);
        assert_eq!(look(), noon.plus(HOUR), "time goes on at its own pace");
        clock.jump(noon.plus(HOUR * 5));
        assert_eq!(look(), noon.plus(HOUR * 5));
        watch.accept(body, noon);
        assert_eq!(watch.look(body, noon, noon.plus(HOUR * 9)), noon.plus(HOUR * 9), "the store's");
    }
}

//! How much each flow was used, and when last: the kernel's counters, added up
//! over every change of its rules. A flow that is open and that nobody uses is
//! one that a review may close.
//!
//! The counters are looked at with each proof and before each change: what passes
//! between a look and a crash or a change is not counted, so that everything here
//! is at least so much.

pub(crate) mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use wall_engine::Used;

use crate::flows::{Stand, Standing};

/// An open flow that nobody has used for so long is shown as unused.
pub const UNUSED_AFTER: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How often what was counted is written down, where nothing is changed.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// How much a flow was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// In all.
    pub used: Used,
    /// When it began to be counted.
    pub since: Timestamp,
    /// When its counters were last seen to have grown; nothing if never.
    pub used_at: Option<Timestamp>,
    /// Since when it has been in the kernel without a break; nothing if it is
    /// not there.
    pub open_since: Option<Timestamp>,
    /// What the kernel said at the last look.
    pub(crate) seen: Used,
}

impl Use {
    /// Since when nobody has used it although it is open, where that is at least
    /// [`UNUSED_AFTER`].
    #[must_use]
    pub fn unused_since(&self, stand: &Stand, now: Timestamp) -> Option<Timestamp> {
        let open_since = self.open_since.filter(|_| stand.standing == Standing::Open)?;
        let since = self.used_at.unwrap_or(self.since).max(open_since);
        (now.since(since) >= UNUSED_AFTER).then_some(since)
    }
}

/// The flows that were ever counted, by name.
pub type Uses = BTreeMap<String, Use>;

/// What was counted and is not all written down.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) uses: Arc<Uses>,
    is_read: bool,
    new: BTreeSet<String>,
    written_at: Option<Duration>,
}

impl Counted {
    /// True once what is in the store is known.
    pub(crate) const fn is_read(&self) -> bool {
        self.is_read
    }

    /// Begins with what is in the store.
    pub(crate) fn begin(&mut self, uses: Uses) {
        self.uses = Arc::new(uses);
        self.is_read = true;
    }

    /// Takes the kernel's counters as they stand at a moment.
    pub(crate) fn take(&mut self, counters: &BTreeMap<String, Used>, now: Timestamp) {
        let gone = self.uses.keys().filter(|flow| !counters.contains_key(*flow));
        let gone: Vec<String> = gone.cloned().collect();
        for flow in gone {
            self.change(&flow, now, |one| {
                one.open_since = None;
                one.seen = Used::default();
            });
        }
        for (flow, seen) in counters {
            self.change(flow, now, |one| {
                let more = seen.since(one.seen);
                if !more.is_none() {
                    one.used = one.used.and(more);
                    one.used_at = Some(now);
                }
                one.open_since = one.open_since.or(Some(now));
                one.seen = *seen;
            });
        }
    }

    /// The kernel took our table anew: its counters begin at nothing.
    pub(crate) fn restart(&mut self) {
        let flows: Vec<String> = self.uses.keys().cloned().collect();
        for flow in flows {
            self.change(&flow, Timestamp::default(), |one| one.seen = Used::default());
        }
    }

    /// Changes one, and remembers that it is to be written down if that made a
    /// difference.
    fn change(&mut self, flow: &str, now: Timestamp, make: impl FnOnce(&mut Use)) {
        let known = self.uses.get(flow).copied();
        let mut one = known.unwrap_or(Use { since: now, ..Use::default() });
        make(&mut one);
        if known == Some(one) {
            return;
        }
        Arc::make_mut(&mut self.uses).insert(flow.to_owned(), one);
        self.new.insert(flow.to_owned());
    }

    /// What is to be written down.
    pub(crate) fn unwritten(&self) -> impl Iterator<Item = (&String, &Use)> {
        self.uses.iter().filter(|(flow, _)| self.new.contains(*flow))
    }

    /// True where it is time to write down what was counted.
    pub(crate) fn is_due(&self, elapsed: Duration) -> bool {
        let is_over = |at: Duration| elapsed.saturating_sub(at) >= WRITE_EVERY;
        !self.new.is_empty() && self.written_at.is_none_or(is_over)
    }

    /// It is written down.
    pub(crate) fn written(&mut self, elapsed: Duration) {
        self.new.clear();
        self.written_at = Some(elapsed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u64) -> Timestamp {
        Timestamp::from_millis(0).plus(Duration::from_secs(day * 24 * 3_600))
    }

    fn counters(begun: u64) -> BTreeMap<String, Used> {
        let used = Used { begun, packets_out: begun * 2, ..Used::default() };
        BTreeMap::from([("a".to_owned(), used)])
    }

    fn stand(standing: Standing) -> Stand {
        Stand {
            place: 0,
            standing,
            permit: None,
            others: Vec::new(),
            asked: None,
            until: None,
            needs_checks: false,
            checks: Vec::new(),
            missing: Vec::new(),
        }
    }

    #[test]
    fn counts_are_added_up_over_changes_of_the_rules() {
        let mut counted = Counted::default();
        counted.take(&counters(3), at(1));
        counted.take(&counters(5), at(2));
        counted.restart();
        counted.take(&counters(1), at(3));
        let one = counted.uses["a"];
        assert_eq!((one.used.begun, one.used.packets_out), (6, 12));
        assert_eq!((one.since, one.used_at), (at(1), Some(at(3))));
        assert!(counted.is_due(Duration::ZERO));
        counted.written(Duration::ZERO);
        counted.take(&counters(1), at(4));
        assert!(!counted.is_due(Duration::MAX), "nothing new");
        assert_eq!(counted.uses["a"].used_at, Some(at(3)));
    }

    #[test]
    fn a_flow_is_unused_only_while_it_is_open_and_counted() {
        let mut counted = Counted::default();
        counted.take(&counters(0), at(1));
        let unused = |counted: &Counted, standing, day| {
            counted.uses["a"].unused_since(&stand(standing), at(day))
        };
        assert_eq!(counted.uses["a"].used_at, None);
        assert_eq!(unused(&counted, Standing::Open, 30), None);
        assert_eq!(unused(&counted, Standing::Open, 31), Some(at(1)));
        assert_eq!(unused(&counted, Standing::Cut, 31), None);
        counted.take(&counters(1), at(20));
        assert_eq!(unused(&counted, Standing::Open, 31), None);
        assert_eq!(unused(&counted, Standing::Open, 50), Some(at(20)));
        // Closed for a while: it is not unused because it was not there.
        counted.take(&BTreeMap::new(), at(60));
        assert_eq!(unused(&counted, Standing::Open, 61), None);
        counted.take(&counters(0), at(90));
        assert_eq!(unused(&counted, Standing::Open, 100), None);
        assert_eq!(unused(&counted, Standing::Open, 120), Some(at(90)));
    }
}

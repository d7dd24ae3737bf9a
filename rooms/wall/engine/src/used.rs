//! What passed of each flow since the kernel took our table: its counters, by
//! the names of flows. Knows no flow that is not there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compile::TABLE;
use crate::ruleset::Ruleset;

/// What was counted of one flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Packets that began something: connections, and what was tried again.
    pub begun: u64,
    /// Packets from the one who begins, in all.
    pub packets_out: u64,
    /// Their bytes, with the heads of IP.
    pub bytes_out: u64,
    /// Packets back.
    pub packets_back: u64,
    /// Their bytes.
    pub bytes_back: u64,
}

impl Used {
    /// True where nothing was counted.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Two counts together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    /// What was counted since an earlier look at the same counters; where they
    /// began anew meanwhile, what they say now.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        let is_anew = self.begun < before.begun
            || self.packets_out < before.packets_out
            || self.packets_back < before.packets_back;
        if is_anew { self } else { self.with(before, u64::saturating_sub) }
    }

    fn with(self, other: Self, both: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            begun: both(self.begun, other.begun),
            packets_out: both(self.packets_out, other.packets_out),
            bytes_out: both(self.bytes_out, other.bytes_out),
            packets_back: both(self.packets_back, other.packets_back),
            bytes_back: both(self.bytes_back, other.bytes_back),
        }
    }
}

/// Reads our table's counters. A flow that is open and was not used is there
/// with nothing; one whose elements have run out may be there in part.
#[must_use]
pub fn used(ruleset: &Ruleset) -> BTreeMap<String, Used> {
    let mut all: BTreeMap<String, Used> = BTreeMap::new();
    let own = |family: &str, table: &str| family == "inet" && table == TABLE;
    for ((family, table, name), elements) in &ruleset.sets {
        let Some(way) = Way::of(name).filter(|_| own(family, table)) else { continue };
        for element in elements.iter().filter_map(|one| one.get("elem")) {
            let Some(flow) = element.get("comment").and_then(Value::as_str) else { continue };
            let (packets, bytes) = counted(element.get("counter"));
            let used = all.entry(flow.to_owned()).or_default();
            match way {
                Way::Out => add(&mut used.packets_out, &mut used.bytes_out, packets, bytes),
                Way::Back => add(&mut used.packets_back, &mut used.bytes_back, packets, bytes),
            }
        }
    }
    let guarded = guarded(ruleset);
    for ((family, table, name), chain) in &ruleset.chains {
        let Some(flow) = name.strip_prefix("flow_").filter(|_| own(family, table)) else {
            continue;
        };
        let mut statements = chain.rules.iter().flat_map(|rule| &rule.statements);
        let counter = statements.find_map(|one| one.get("counter"));
        let (packets, bytes) = counted(counter);
        let used = all.entry(flow.to_owned()).or_default();
        used.begun = packets;
        // What the guard sends on is counted where it leaves, its beginning too.
        if !guarded.contains(flow) {
            add(&mut used.packets_out, &mut used.bytes_out, packets, bytes);
        }
    }
    all
}

/// In which direction the packets of a set go.
#[derive(Clone, Copy)]
enum Way {
    Out,
    Back,
}

impl Way {
    fn of(set: &str) -> Option<Self> {
        let is = |kinds: [&str; 2]| kinds.iter().any(|kind| set.starts_with(kind));
        match (is(["begun_", "asks_"]), is(["back_", "answers_"])) {
            (true, _) => Some(Self::Out),
            (false, true) => Some(Self::Back),
            (false, false) => None,
        }
    }
}

/// The flows that the guard carries.
fn guarded(ruleset: &Ruleset) -> BTreeSet<&str> {
    let sets = ruleset.sets.iter();
    let of_guard = sets.filter(|((_, table, name), _)| table == TABLE && name.starts_with("asks_"));
    let elements = of_guard.flat_map(|(_, elements)| elements);
    elements.filter_map(|one| one.get("elem")?.get("comment")?.as_str()).collect()
}

fn counted(counter: Option<&Value>) -> (u64, u64) {
    let number = |name| counter.and_then(|it| it.get(name)).and_then(Value::as_u64).unwrap_or(0);
    (number("packets"), number("bytes"))
}

fn add(packets: &mut u64, bytes: &mut u64, more: u64, more_bytes: u64) {
    *packets = packets.saturating_add(more);
    *bytes = bytes.saturating_add(more_bytes);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(begun: u64, packets_out: u64, packets_back: u64) -> Used {
        Used { begun, packets_out, packets_back, ..Used::default() }
    }

    #[test]
    fn counters_that_began_anew_are_counted_from_nothing() {
        assert_eq!(of(3, 20, 10).since(of(1, 5, 4)), of(2, 15, 6));
        assert_eq!(of(1, 20, 10).since(of(2, 5, 4)), of(1, 20, 10));
        assert_eq!(of(0, 0, 0).since(of(2, 5, 4)), of(0, 0, 0));
        assert_eq!(of(1, 2, 3).and(of(1, 1, 1)), of(2, 3, 4));
    }

    #[test]
    fn what_is_not_ours_counts_for_nothing() {
        let element = r#"{"elem":{"val":1,"comment":"a","counter":{"packets":7,"bytes":70}}}"#;
        let text = format!(
            r#"{{"nftables":[
            {{"set":{{"family":"inet","table":"other","name":"begun_0_1_ip4","elem":[{element}]}}}},
            {{"set":{{"family":"inet","table":"sekisho","name":"door_0_ip4","elem":[{element}]}}}},
            {{"set":{{"family":"inet","table":"sekisho","name":"back_1_0_ip4","elem":[{element}, 3]}}}}]}}"#
        );
        let used = used(&Ruleset::read(&text).unwrap());
        let back = Used { packets_back: 7, bytes_back: 70, ..Used::default() };
        assert_eq!(used.into_iter().collect::<Vec<_>>(), [("a".to_owned(), back)]);
    }
}

//! What a wrong address of a link costs: whoever tries some is soon not looked
//! at for a while. Knows no rows; the time comes in.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Wrong addresses that one network may open, before it waits.
const WRONG_MAX: u32 = 10;
/// How long until one of them is forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(60);
/// Networks that are remembered; past it, those that owe nothing are
/// forgotten, then all.
const NETWORKS_MAX: usize = 20_000;

/// Counts wrong addresses of links by the network they were asked from.
#[derive(Default)]
pub struct Guesses(Mutex<BTreeMap<[u8; 8], Owed>>);

#[derive(Clone, Copy)]
struct Owed {
    wrong: u32,
    since: Duration,
}

impl Guesses {
    /// How long this network has to wait before it is looked at again; nothing
    /// if it is welcome. `now` is time that never goes back.
    #[must_use]
    pub fn wait(&self, address: IpAddr, now: Duration) -> Option<Duration> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let owed = all.get(&network(address))?.at(now);
        (owed.wrong >= WRONG_MAX)
            .then(|| FORGIVEN_AFTER.saturating_sub(now.saturating_sub(owed.since)))
    }

    /// Counts a wrong one.
    pub fn count(&self, address: IpAddr, now: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= NETWORKS_MAX {
            all.retain(|_, owed| owed.at(now).wrong > 0);
            if all.len() >= NETWORKS_MAX {
                all.clear();
            }
        }
        let owed = all.entry(network(address)).or_insert(Owed { wrong: 0, since: now });
        *owed = owed.at(now);
        owed.wrong = owed.wrong.saturating_add(1).min(WRONG_MAX);
    }
}

impl Owed {
    /// What is still owed then.
    fn at(self, now: Duration) -> Self {
        let passed = now.saturating_sub(self.since).as_secs() / FORGIVEN_AFTER.as_secs();
        let forgiven = u32::try_from(passed).unwrap_or(u32::MAX);
        if forgiven == 0 {
            return self;
        }
        let wrong = self.wrong.saturating_sub(forgiven);
        Self { wrong, since: if wrong == 0 { now } else { self.since + FORGIVEN_AFTER * forgiven } }
    }
}

/// One IPv4 address, or the /64 that one IPv6 host has to itself.
fn network(address: IpAddr) -> [u8; 8] {
    let mut key = [0; 8];
    match address.to_canonical() {
        IpAddr::V4(short) => key[4..].copy_from_slice(&short.octets()),
        IpAddr::V6(long) => key.copy_from_slice(&long.octets()[..8]),
    }
    key
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ten_wrong_ones_are_free_and_then_each_minute_brings_one() {
        let (guesses, at) = (Guesses::default(), Duration::from_secs);
        let here = "192.0.2.1".parse().unwrap();
        for _ in 0..WRONG_MAX {
            assert_eq!(guesses.wait(here, at(0)), None);
            guesses.count(here, at(0));
        }
        assert_eq!(guesses.wait(here, at(15)), Some(at(45)));
        assert_eq!(guesses.wait("192.0.2.2".parse().unwrap(), at(15)), None, "others may");
        assert_eq!(guesses.wait(here, at(60)), None);
        guesses.count(here, at(60));
        assert_eq!(guesses.wait(here, at(61)), Some(at(59)));
    }

    #[test]
    fn a_whole_ipv6_network_is_one() {
        let guesses = Guesses::default();
        for last in 0..WRONG_MAX {
            guesses.count(format!("2001:db8::{last}").parse().unwrap(), Duration::ZERO);
        }
        assert!(guesses.wait("2001:db8::ffff".parse().unwrap(), Duration::ZERO).is_some());
        assert!(guesses.wait("2001:db8:0:1::1".parse().unwrap(), Duration::ZERO).is_none());
    }
}

//! How long to wait after wrong tries. Pure: counts in, waits out.
//!
//! A try is counted before it is looked at, so that many at once are not
//! cheaper than one after the other. Tries are counted where they come from:
//! a device that signed in before has a count of its own, so that nobody
//! elsewhere can make its owner wait.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use base::Timestamp;
use sha2::{Digest, Sha256};

/// The tries of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tries {
    pub(crate) count: u32,
    pub(crate) since: Timestamp,
    pub(crate) wait_until: Timestamp,
}

/// How a bucket is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Tries without a wait.
    pub(crate) free: u32,
    /// The first wait; it doubles with every further try.
    pub(crate) wait_first: Duration,
    /// The longest wait.
    pub(crate) wait_max: Duration,
    /// Tries older than this are forgotten.
    pub(crate) window: Duration,
}

/// One login from one place.
pub(crate) const PER_LOGIN_AND_PLACE: Policy = Policy {
    free: 5,
    wait_first: Duration::from_secs(30),
    wait_max: Duration::from_secs(3_600),
    window: Duration::from_secs(86_400),
};
/// All logins from one place: somebody goes through a list.
pub(crate) const PER_PLACE: Policy = Policy {
    free: 50,
    wait_first: Duration::from_secs(30),
    wait_max: Duration::from_secs(900),
    window: Duration::from_secs(900),
};
/// One person on a device that they signed in with before.
pub(crate) const PER_DEVICE: Policy = Policy {
    free: 10,
    wait_first: Duration::from_secs(15),
    wait_max: Duration::from_secs(900),
    window: Duration::from_secs(3_600),
};
/// The second factor of one person on all unknown devices together: whoever
/// tries here knows the password.
pub(crate) const PER_PERSON_UNKNOWN: Policy = Policy {
    free: 20,
    wait_first: Duration::from_secs(60),
    wait_max: Duration::from_secs(3_600),
    window: Duration::from_secs(86_400),
};
/// One-time codes of enrolment and set-up from one place.
pub(crate) const PER_CODE_PLACE: Policy = Policy {
    free: 10,
    wait_first: Duration::from_secs(30),
    wait_max: Duration::from_secs(900),
    window: Duration::from_secs(3_600),
};

/// Counts and never makes anybody wait: one login from wherever.
pub(crate) const COUNT_ONLY: Policy = Policy {
    free: u32::MAX,
    wait_first: Duration::ZERO,
    wait_max: Duration::ZERO,
    window: Duration::from_secs(3_600),
};

/// Tells once, and then not again for a while: that somebody had to wait.
pub(crate) const TOLD: Policy = Policy {
    free: 1,
    wait_first: Duration::from_secs(900),
    wait_max: Duration::from_secs(900),
    window: Duration::from_secs(900),
};

/// Wrong passwords for one login, from wherever, at which its body is told.
pub(crate) const GUESSES_TOLD: u32 = 30;

impl Tries {
    pub(crate) const fn none(now: Timestamp) -> Self {
        Self { count: 0, since: now, wait_until: Timestamp::from_millis(0) }
    }

    /// Counts one more try, or says how many seconds to wait.
    pub(crate) fn charge(self, now: Timestamp, policy: &Policy) -> Result<Self, u64> {
        // A clock that went back must not make a wait longer than the longest.
        let wait = self.wait_until.since(now).min(policy.wait_max);
        if !wait.is_zero() {
            return Err(wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX));
        }
        let is_old = now.since(self.since) > policy.window || now < self.since;
        let before = if is_old { Self::none(now) } else { self };
        let count = before.count.saturating_add(1);
        let wait_until = match count.checked_sub(policy.free) {
            None => before.wait_until,
            Some(over) => {
                let factor = 2_u32.saturating_pow(over.min(20));
                now.plus(policy.wait_first.saturating_mul(factor).min(policy.wait_max))
            }
        };
        Ok(Self { count, since: before.since, wait_until })
    }
}

/// The place that an address stands for: IPv6 by its network of 64 bits, since
/// one machine changes the rest at will; the machine itself has one place.
pub(crate) fn place(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        address if address.is_loopback() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
    }
}

/// The name of a bucket; what it was made of cannot be read from it.
pub(crate) fn bucket(kind: &str, parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}:{hex}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).plus(Duration::from_secs(seconds))
    }

    #[test]
    fn waits_begin_after_the_free_tries_and_double() {
        let policy = &PER_LOGIN_AND_PLACE;
        let mut tries = Tries::none(at(0));
        for _ in 0..5 {
            tries = tries.charge(at(0), policy).unwrap();
        }
        assert_eq!(tries.charge(at(0), policy), Err(30));
        assert_eq!(tries.charge(at(29), policy), Err(1));
        tries = tries.charge(at(30), policy).unwrap();
        assert_eq!(tries.charge(at(30), policy), Err(60));
    }

    #[test]
    fn a_day_of_guessing_at_full_speed_is_few_tries() {
        let policy = &PER_LOGIN_AND_PLACE;
        let (mut tries, mut made) = (Tries::none(at(0)), 0);
        for second in 0..86_400 {
            if let Ok(next) = tries.charge(at(second), policy) {
                (tries, made) = (next, made + 1);
            }
        }
        assert!(made < 60, "{made}");
    }

    #[test]
    fn a_clock_that_goes_back_makes_nobody_wait_for_ever() {
        let policy = &PER_LOGIN_AND_PLACE;
        let mut tries = Tries::none(at(1_000_000));
        for _ in 0..5 {
            tries = tries.charge(at(1_000_000), policy).unwrap();
        }
        assert!(tries.charge(at(0), policy).unwrap_err() <= 3_600);
    }

    #[test]
    fn one_network_is_one_place() {
        let place = |text: &str| place(text.parse().unwrap());
        assert_eq!(place("2001:db8:1:2::3"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::3"), place("2001:db8:1:3::3"));
        assert_eq!(place("::ffff:10.0.0.1"), place("10.0.0.1"));
        assert_eq!(place("::1"), place("127.0.0.1"));
        assert_ne!(place("10.0.0.1"), place("10.0.0.2"));
    }
}

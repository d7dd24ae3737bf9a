//! How often one address may ask: a bucket that fills with time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

/// What is counted separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Request,
    SignIn,
}

struct Bucket {
    tokens_milli: u64,
    filled: Duration,
}

/// Buckets of all addresses.
#[derive(Default)]
pub(crate) struct Limiter {
    buckets: Mutex<BTreeMap<(Kind, [u8; 8]), Bucket>>,
}

/// Buckets that are kept; past it, full ones are forgotten, then all.
const BUCKETS_MAX: usize = 20_000;

impl Limiter {
    /// Takes one request of an address; says how long to wait if there is none
    /// left. `now` is time that never goes back.
    pub(crate) fn take(
        &self,
        kind: Kind,
        address: IpAddr,
        a_minute_max: u32,
        now: Duration,
    ) -> Result<(), Duration> {
        let full_milli = u64::from(a_minute_max.max(1)) * 1_000;
        let mut buckets = self.buckets.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, bucket| !bucket.is_full(full_milli, now));
            if buckets.len() >= BUCKETS_MAX {
                buckets.clear();
            }
        }
        let bucket = buckets
            .entry((kind, network(address)))
            .or_insert(Bucket { tokens_milli: full_milli, filled: now });
        bucket.tokens_milli = bucket.level(full_milli, now);
        bucket.filled = now;
        match bucket.tokens_milli.checked_sub(1_000) {
            Some(left) => {
                bucket.tokens_milli = left;
                Ok(())
            }
            None => {
                let missing = 1_000 - bucket.tokens_milli;
                Err(Duration::from_millis((missing * 60_000 / full_milli).max(1_000)))
            }
        }
    }
}

impl Bucket {
    fn level(&self, full_milli: u64, now: Duration) -> u64 {
        let passed_ms = u64::try_from(now.saturating_sub(self.filled).as_millis());
        let gained = passed_ms.unwrap_or(u64::MAX).saturating_mul(full_milli) / 60_000;
        self.tokens_milli.saturating_add(gained).min(full_milli)
    }

    fn is_full(&self, full_milli: u64, now: Duration) -> bool {
        self.level(full_milli, now) == full_milli
    }
}

/// One IPv4 address, or the /64 that one IPv6 host has to itself.
fn network(address: IpAddr) -> [u8; 8] {
    let wide = match address.to_canonical() {
        IpAddr::V4(short) => short.to_ipv6_mapped().octets()[8..].to_vec(),
        IpAddr::V6(long) => long.octets()[..8].to_vec(),
    };
    wide.try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(limiter: &Limiter, address: &str, seconds: u64) -> Result<(), Duration> {
        let now = Duration::from_secs(seconds);
        limiter.take(Kind::SignIn, address.parse().unwrap(), 6, now)
    }

    #[test]
    fn an_address_gets_its_share_and_more_with_time() {
        let limiter = Limiter::default();
        for _ in 0..6 {
            assert_eq!(take(&limiter, "10.0.0.1", 0), Ok(()));
        }
        assert_eq!(take(&limiter, "10.0.0.1", 0), Err(Duration::from_secs(10)));
        assert_eq!(take(&limiter, "10.0.0.2", 0), Ok(()), "another address is not held up");
        assert_eq!(take(&limiter, "10.0.0.1", 10), Ok(()));
        assert!(take(&limiter, "10.0.0.1", 10).is_err());
    }

    #[test]
    fn a_whole_ipv6_network_is_one() {
        let limiter = Limiter::default();
        for last in 0..6 {
            assert_eq!(take(&limiter, &format!("2001:db8::{last}"), 0), Ok(()));
        }
        assert!(take(&limiter, "2001:db8::ffff", 0).is_err());
        assert!(take(&limiter, "2001:db8:0:1::1", 0).is_ok());
    }
}

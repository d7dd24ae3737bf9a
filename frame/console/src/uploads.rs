//! How much may be under way in large bodies: for all together, so that memory
//! is bounded, and for each person or program.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::failure::Failure;

/// Bodies up to this size are let pass: forms and JSON.
const LARGE_BYTES: u64 = 1024 * 1024;
/// Bytes of large bodies that are in memory at once.
pub(crate) const TOTAL_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Large bodies of one person or program at once.
pub(crate) const AT_ONCE_MAX: u32 = 4;
/// Bytes of one person or program within an hour.
pub(crate) const HOUR_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
const HOUR: Duration = Duration::from_secs(3_600);
/// Bytes of memory that a body costs which its handler reads as it comes: a
/// piece, the same piece sealed, and what waits on the connection.
pub(crate) const STREAM_BYTES: u64 = 4 * 1024 * 1024;
/// When to try again where others are in the way.
const WAIT: Duration = Duration::from_secs(10);

/// What is under way.
#[derive(Clone, Default)]
pub(crate) struct Uploads(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    total: u64,
    holders: BTreeMap<String, Holder>,
}

#[derive(Default)]
struct Holder {
    count: u32,
    hour_bytes: u64,
    hour_began: Duration,
}

/// A large body's place; given back when dropped.
pub(crate) struct Admission {
    uploads: Uploads,
    who: String,
    bytes: u64,
}

impl Uploads {
    /// Lets a body in, or says when to try again. `now` is time that never goes
    /// back.
    pub(crate) fn admit(
        &self,
        who: &str,
        bytes: u64,
        now: Duration,
    ) -> Result<Option<Admission>, Failure> {
        if bytes <= LARGE_BYTES {
            return Ok(None);
        }
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.holders.retain(|_, one| one.count > 0 || now.saturating_sub(one.hour_began) < HOUR);
        if inner.total.saturating_add(bytes) > TOTAL_BYTES_MAX {
            return Err(Failure::TooMany { wait: WAIT });
        }
        let holder = inner.holders.entry(who.to_owned()).or_default();
        if now.saturating_sub(holder.hour_began) >= HOUR {
            (holder.hour_began, holder.hour_bytes) = (now, 0);
        }
        if holder.count >= AT_ONCE_MAX {
            return Err(Failure::TooMany { wait: WAIT });
        }
        if holder.hour_bytes.saturating_add(bytes) > HOUR_BYTES_MAX {
            let wait = HOUR.saturating_sub(now.saturating_sub(holder.hour_began));
            return Err(Failure::TooMany { wait });
        }
        holder.count += 1;
        holder.hour_bytes += bytes;
        inner.total += bytes;
        Ok(Some(Admission { uploads: self.clone(), who: who.to_owned(), bytes }))
    }

    /// Lets a body in that is read as it comes. It counts as one of its
    /// sender's large bodies; how much may lie kept is its room's to say.
    pub(crate) fn admit_stream(&self, who: &str) -> Result<Admission, Failure> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.total.saturating_add(STREAM_BYTES) > TOTAL_BYTES_MAX {
            return Err(Failure::TooMany { wait: WAIT });
        }
        let holder = inner.holders.entry(who.to_owned()).or_default();
        if holder.count >= AT_ONCE_MAX {
            return Err(Failure::TooMany { wait: WAIT });
        }
        holder.count += 1;
        inner.total += STREAM_BYTES;
        Ok(Admission { uploads: self.clone(), who: who.to_owned(), bytes: STREAM_BYTES })
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut inner = self.uploads.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.total = inner.total.saturating_sub(self.bytes);
        if let Some(holder) = inner.holders.get_mut(&self.who) {
            holder.count = holder.count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn wait(found: Result<Option<Admission>, Failure>) -> Duration {
        match found {
            Err(Failure::TooMany { wait }) => wait,
            Ok(_) => Duration::ZERO,
            Err(other) => unreachable!("{other}"),
        }
    }

    #[test]
    fn one_person_sends_so_many_at_once() {
        let (uploads, now) = (Uploads::default(), Duration::ZERO);
        let mut held: Vec<_> =
            (0..AT_ONCE_MAX).map(|_| uploads.admit("a", 2 * MIB, now).unwrap()).collect();
        assert_eq!(wait(uploads.admit("a", 2 * MIB, now)), WAIT);
        assert!(uploads.admit("a", MIB, now).unwrap().is_none(), "forms pass");
        assert!(uploads.admit("b", 2 * MIB, now).unwrap().is_some(), "others pass");
        held.pop();
        assert!(uploads.admit("a", 2 * MIB, now).unwrap().is_some());
    }

    #[test]
    fn all_together_hold_so_much_memory() {
        let (uploads, now) = (Uploads::default(), Duration::ZERO);
        let each = 100 * MIB;
        let held: Vec<_> =
            (0..5).map(|who| uploads.admit(&who.to_string(), each, now).unwrap()).collect();
        assert_eq!(wait(uploads.admit("f", each, now)), WAIT);
        drop(held);
        assert!(uploads.admit("f", each, now).unwrap().is_some());
    }

    #[test]
    fn a_stream_costs_the_same_however_long_it_is() {
        let uploads = Uploads::default();
        let held: Vec<_> = (0..AT_ONCE_MAX).map(|_| uploads.admit_stream("a").unwrap()).collect();
        assert!(matches!(uploads.admit_stream("a"), Err(Failure::TooMany { .. })));
        drop(held);
        let places = TOTAL_BYTES_MAX / STREAM_BYTES;
        let held: Vec<_> =
            (0..places).map(|place| uploads.admit_stream(&place.to_string()).unwrap()).collect();
        assert!(matches!(uploads.admit_stream("late"), Err(Failure::TooMany { .. })));
        drop(held);
        assert!(uploads.admit_stream("late").is_ok());
    }

    #[test]
    fn an_hour_holds_so_many_bytes_of_one_person() {
        let uploads = Uploads::default();
        let each = 256 * MIB;
        for _ in 0..HOUR_BYTES_MAX / each {
            assert_eq!(wait(uploads.admit("a", each, Duration::from_secs(1))), Duration::ZERO);
        }
        let now = Duration::from_secs(601);
        assert_eq!(wait(uploads.admit("a", each, now)), HOUR - Duration::from_secs(601));
        assert_eq!(wait(uploads.admit("b", each, now)), Duration::ZERO);
        assert_eq!(wait(uploads.admit("a", each, HOUR + now)), Duration::ZERO);
    }
}

//! Says which files have lain unchanged for long enough. Knows no disk: names,
//! facts and the time come in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use super::disk::Facts;

/// What was seen of a folder's files, and since when they have been so.
#[derive(Debug, Default)]
pub(super) struct Settling(BTreeMap<OsString, (Facts, Duration)>);

impl Settling {
    /// Takes what is seen now, at a time that never goes back; the names that
    /// have been as they are for `least`. What is gone is forgotten.
    pub(super) fn see(
        &mut self,
        seen: Vec<(OsString, Facts)>,
        now: Duration,
        least: Duration,
    ) -> Vec<OsString> {
        let mut next = BTreeMap::new();
        let mut settled = Vec::new();
        for (name, facts) in seen {
            let before = self.0.remove(&name).filter(|(before, _)| *before == facts);
            let since = before.map_or(now, |(_, since)| since);
            if now.saturating_sub(since) >= least {
                settled.push(name.clone());
            }
            next.insert(name, (facts, since));
        }
        self.0 = next;
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders::disk::Kind;

    fn file(bytes: u64, changed: i64) -> Facts {
        Facts { kind: Kind::File, bytes, changed: (changed, 0), number: 7, links: 1 }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_file_that_still_grows_is_not_settled() {
        let mut settling = Settling::default();
        let mut see = |now, facts| settling.see(vec![("a".into(), facts)], at(now), at(5)).len();
        assert_eq!(see(0, file(1, 1)), 0);
        assert_eq!(see(4, file(1, 1)), 0);
        assert_eq!(see(6, file(2, 1)), 0, "it grew");
        assert_eq!(see(10, file(2, 2)), 0, "it was written again");
        assert_eq!(see(14, file(2, 2)), 0);
        assert_eq!(see(15, file(2, 2)), 1);
    }

    #[test]
    fn another_file_of_the_same_name_begins_anew() {
        let mut settling = Settling::default();
        assert!(settling.see(vec![("a".into(), file(1, 1))], at(0), at(5)).is_empty());
        assert!(settling.see(Vec::new(), at(3), at(5)).is_empty());
        assert!(settling.see(vec![("a".into(), file(1, 1))], at(6), at(5)).is_empty());
        let other = Facts { number: 8, ..file(1, 1) };
        assert!(settling.see(vec![("a".into(), other)], at(12), at(5)).is_empty());
    }
}

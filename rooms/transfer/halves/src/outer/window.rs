//! The open links as the inner end told them, and how much of each is used by
//! what is on its way: nothing is taken that the inner end would not take.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::Clock;
use tokio::sync::watch;

use crate::frame::Verdict;
use crate::limits::{CLOSING_MARGIN, HEARD_MAX};
use crate::link::{LinkHash, OpenLink};

/// The open links; clones share them.
#[derive(Clone)]
pub struct Window {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
    changed: Arc<watch::Sender<u64>>,
}

#[derive(Default)]
struct State {
    /// With the moment at which each door shuts, by the steady clock.
    links: BTreeMap<LinkHash, (OpenLink, Duration)>,
    /// What is on its way to the inner end, or was answered since the set came.
    used: BTreeMap<LinkHash, Used>,
    /// The part of `used` that the next set knows of.
    answered: BTreeMap<LinkHash, Used>,
    /// When the inner end was heard last.
    heard: Option<Duration>,
    /// True once a set has come: before, no link is known to be none.
    has_set: bool,
}

#[derive(Clone, Copy, Default)]
struct Used {
    bytes: u64,
    files: u32,
}

/// What somebody with a link's address may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The link.
    pub link: OpenLink,
    /// Bytes that it takes now.
    pub bytes_left: u64,
    /// Files that it takes now.
    pub files_left: u32,
}

/// Why nothing is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The link is not open: unknown, ended or revoked.
    Shut,
    /// It takes no more.
    Full,
    /// The inner end was not heard for long.
    Away,
}

/// The place of one file that is on its way; given back when dropped.
pub struct Reservation {
    window: Window,
    link: LinkHash,
    used: Used,
    is_kept: bool,
}

impl Window {
    /// No links, and the inner end was never heard. `waiting` is what lies on
    /// the shelf: link, bytes, files.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, waiting: Vec<(LinkHash, u64, u32)>) -> Self {
        let used = waiting.into_iter().map(|(link, bytes, files)| (link, Used { bytes, files }));
        let state = State { used: used.collect(), ..State::default() };
        Self { clock, state: Arc::new(Mutex::new(state)), changed: Arc::new(watch::channel(0).0) }
    }

    /// The inner end was heard.
    pub fn heard(&self) {
        self.lock().heard = Some(self.clock.elapsed());
    }

    /// Takes the whole set anew.
    pub fn replace(&self, links: Vec<OpenLink>) {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        let with_end = |link: OpenLink| {
            let span = Duration::from_secs(link.ends_in_seconds).saturating_sub(CLOSING_MARGIN);
            (link.hash, (link, now.saturating_add(span)))
        };
        state.has_set = true;
        state.links = links.into_iter().map(with_end).collect();
        for (link, answered) in std::mem::take(&mut state.answered) {
            state.give_back(link, answered);
        }
        drop(state);
        self.changed.send_modify(|count| *count += 1);
    }

    /// True where the inner end was heard lately.
    #[must_use]
    pub fn is_present(&self) -> bool {
        let now = self.clock.elapsed();
        self.lock().is_present(now)
    }

    /// What a link's page shows.
    ///
    /// # Errors
    /// [`Closed::Shut`], [`Closed::Away`].
    pub fn look(&self, link: LinkHash) -> Result<Seen, Closed> {
        let now = self.clock.elapsed();
        let state = self.lock();
        let (bytes_left, files_left) = state.left(link, now)?;
        let (link, _) = state.links.get(&link).ok_or(Closed::Shut)?;
        Ok(Seen { link: link.clone(), bytes_left, files_left })
    }

    /// Makes place for one file.
    ///
    /// # Errors
    /// Why there is none.
    pub fn reserve(&self, link: LinkHash) -> Result<Reservation, Closed> {
        let now = self.clock.elapsed();
        let mut state = self.lock();
        let (_, files_left) = state.left(link, now)?;
        if files_left == 0 {
            return Err(Closed::Full);
        }
        state.used.entry(link).or_default().files += 1;
        let used = Used { bytes: 0, files: 1 };
        Ok(Reservation { window: self.clone(), link, used, is_kept: false })
    }

    /// An item was answered. What was taken stays used until the inner end's
    /// next set, which knows of it.
    pub fn answered(&self, link: LinkHash, bytes: u64, verdict: Verdict) {
        let used = Used { bytes, files: 1 };
        let mut state = self.lock();
        match verdict {
            Verdict::Taken => {
                let sum = state.answered.entry(link).or_default();
                sum.bytes = sum.bytes.saturating_add(bytes);
                sum.files = sum.files.saturating_add(1);
            }
            Verdict::Refused | Verdict::Broken => state.give_back(link, used),
        }
    }

    /// Waits until a link is not open any more.
    pub async fn shut(&self, link: LinkHash) {
        let mut changed = self.changed.subscribe();
        loop {
            let now = self.clock.elapsed();
            let until = {
                let state = self.lock();
                match (state.is_present(now), state.links.get(&link)) {
                    (true, Some((_, until))) if *until > now => *until - now,
                    _ => return,
                }
            };
            tokio::select! {
                _ = changed.changed() => {}
                () = tokio::time::sleep(until.min(HEARD_MAX / 10)) => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_present(&self, now: Duration) -> bool {
        let is_near = self.heard.is_some_and(|heard| now.saturating_sub(heard) < HEARD_MAX);
        self.has_set && is_near
    }

    /// Bytes and files that a link takes now.
    fn left(&self, link: LinkHash, now: Duration) -> Result<(u64, u32), Closed> {
        if !self.is_present(now) {
            return Err(Closed::Away);
        }
        let (open, until) = self.links.get(&link).ok_or(Closed::Shut)?;
        if *until <= now {
            return Err(Closed::Shut);
        }
        let used = self.used.get(&link).copied().unwrap_or_default();
        Ok((open.bytes_left.saturating_sub(used.bytes), open.files_left.saturating_sub(used.files)))
    }

    fn give_back(&mut self, link: LinkHash, back: Used) {
        let Some(used) = self.used.get_mut(&link) else { return };
        used.bytes = used.bytes.saturating_sub(back.bytes);
        used.files = used.files.saturating_sub(back.files);
        if used.bytes == 0 && used.files == 0 {
            self.used.remove(&link);
        }
    }
}

impl Reservation {
    /// Makes place for more bytes of the file.
    ///
    /// # Errors
    /// Why there is none.
    pub fn grow(&mut self, bytes: u64) -> Result<(), Closed> {
        let now = self.window.clock.elapsed();
        let mut state = self.window.lock();
        let (bytes_left, _) = state.left(self.link, now)?;
        let file_max = state.links.get(&self.link).map_or(0, |(link, _)| link.file_bytes_max);
        if bytes > bytes_left || self.used.bytes.saturating_add(bytes) > file_max {
            return Err(Closed::Full);
        }
        self.used.bytes += bytes;
        let used = state.used.entry(self.link).or_default();
        used.bytes = used.bytes.saturating_add(bytes);
        Ok(())
    }

    /// The file is on the shelf: its place is given back when it is answered.
    pub fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.is_kept {
            self.window.lock().give_back(self.link, self.used);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base::{ManualClock, Timestamp};

    use super::*;

    const LINK: LinkHash = LinkHash([1; 32]);

    fn link(bytes_left: u64, files_left: u32) -> OpenLink {
        OpenLink {
            hash: LINK,
            ends_in_seconds: 3_600,
            ends_at_ms: 0,
            bytes_left,
            files_left,
            file_bytes_max: 60,
            body: String::new(),
            receiver: String::new(),
            purpose: String::new(),
        }
    }

    fn window() -> (Arc<ManualClock>, Window) {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let window = Window::new(clock.clone(), Vec::new());
        window.heard();
        window.replace(vec![link(100, 3)]);
        (clock, window)
    }

    #[test]
    fn no_more_is_on_its_way_than_the_inner_end_takes() {
        let (_, window) = window();
        let mut one = window.reserve(LINK).unwrap();
        one.grow(60).unwrap();
        assert_eq!(one.grow(1), Err(Closed::Full), "one file's own limit");
        let mut two = window.reserve(LINK).unwrap();
        assert_eq!(two.grow(41), Err(Closed::Full), "the link's limit");
        two.grow(40).unwrap();
        drop(two);
        one.keep();
        assert_eq!(window.look(LINK).unwrap().bytes_left, 40, "what was dropped is free again");
        // Taken, and the inner end has not told the new set: still used.
        window.answered(LINK, 60, Verdict::Taken);
        assert_eq!(window.look(LINK).unwrap().bytes_left, 40);
        window.replace(vec![link(40, 2)]);
        let seen = window.look(LINK).unwrap();
        assert_eq!((seen.bytes_left, seen.files_left), (40, 2), "counted once");
    }

    #[test]
    fn before_the_first_set_no_code_is_called_wrong() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let window = Window::new(clock, Vec::new());
        assert_eq!(window.look(LINK), Err(Closed::Away));
        window.heard();
        assert_eq!(window.look(LINK), Err(Closed::Away), "heard, and told nothing yet");
        window.replace(Vec::new());
        assert_eq!(window.look(LINK), Err(Closed::Shut));
    }

    #[test]
    fn a_door_is_shut_by_its_end_by_a_new_set_and_by_silence() {
        let (clock, window) = window();
        let mut one = window.reserve(LINK).unwrap();
        window.replace(Vec::new());
        assert_eq!(one.grow(1), Err(Closed::Shut), "revoked while it came");
        window.replace(vec![link(100, 3)]);
        for _ in 0..59 {
            clock.advance(Duration::from_secs(60));
            window.heard();
        }
        assert_eq!(window.look(LINK), Err(Closed::Shut), "a minute before its end");
        window.replace(vec![link(100, 3)]);
        clock.advance(HEARD_MAX);
        assert_eq!(window.look(LINK), Err(Closed::Away));
    }
}

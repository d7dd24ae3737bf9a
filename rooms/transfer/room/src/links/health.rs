//! How the outer half is, as the inner one saw it last: for the screen. Written
//! by whoever talks to it.

use std::sync::{Arc, Mutex, PoisonError};

use base::Timestamp;

/// The outer half's state, shared between who talks to it and the screens.
#[derive(Clone, Debug, Default)]
pub struct Outer(Arc<Mutex<OuterState>>);

/// What is known of the outer half.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OuterState {
    /// Where it is, `ADDRESS:PORT`.
    pub address: String,
    /// Since when the connection stands; nothing while there is none.
    pub connected_since: Option<Timestamp>,
    /// When it was last heard.
    pub heard_at: Option<Timestamp>,
    /// Files that wait there.
    pub waiting: u32,
    /// Bytes that wait there.
    pub waiting_bytes: u64,
    /// Bytes that are free there.
    pub free_bytes: u64,
    /// How far its clock is ahead of ours, in seconds; behind if negative.
    pub clock_ahead_seconds: i64,
    /// Files that it gave since the start.
    pub taken: u64,
    /// Files that it gave and that were not taken, since the start.
    pub refused: u64,
    /// Why the last connection broke: the end of a key
    /// `transfer-outer-trouble-…`.
    pub trouble: Option<&'static str>,
    /// When its certificate, or ours toward it, ends: whichever is sooner.
    pub certificate_ends_at: Option<Timestamp>,
}

impl Outer {
    /// An outer half that nobody has talked to.
    #[must_use]
    pub fn at(address: String) -> Self {
        Self(Arc::new(Mutex::new(OuterState { address, ..OuterState::default() })))
    }

    /// Changes what is known.
    pub fn note(&self, change: impl FnOnce(&mut OuterState)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What is known.
    #[must_use]
    pub fn state(&self) -> OuterState {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

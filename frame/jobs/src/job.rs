//! What a job is.

use std::time::Duration;

use base::{BodyId, Id, Timestamp};
use serde::Serialize;

use crate::error::JobError;

/// What a job's id names.
#[derive(Clone, Copy, Debug)]
pub enum JobTag {}

/// The id of a job.
pub type JobId = Id<JobTag>;

/// A kind of job: a dotted name, its handler's.
pub type Kind = &'static str;

/// A job to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// Which handler does it.
    pub kind: Kind,
    /// Names this piece of work within its kind and body: scheduled twice, it is
    /// done once. At most [`NewJob::KEY_BYTES_MAX`] bytes.
    pub key: String,
    /// Not before this moment, by the wall clock.
    pub due: Timestamp,
    /// What the handler reads, JSON; at most [`NewJob::PAYLOAD_BYTES_MAX`] bytes,
    /// never secrets.
    pub payload: String,
}

impl NewJob {
    /// Bytes a key takes.
    pub const KEY_BYTES_MAX: usize = 200;
    /// Bytes a payload takes.
    pub const PAYLOAD_BYTES_MAX: usize = 16_384;

    /// A job without a payload.
    #[must_use]
    pub fn new(kind: Kind, key: impl Into<String>, due: Timestamp) -> Self {
        Self { kind, key: key.into(), due, payload: "null".to_owned() }
    }

    /// Gives the job something to read.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn with(mut self, payload: &impl Serialize) -> Result<Self, JobError> {
        self.payload = serde_json::to_string(payload).map_err(JobError::Payload)?;
        Ok(self)
    }

    pub(crate) const fn check(&self) -> Result<(), JobError> {
        if self.key.len() > Self::KEY_BYTES_MAX {
            return Err(JobError::TooLarge { field: "key", max: Self::KEY_BYTES_MAX });
        }
        if self.payload.len() > Self::PAYLOAD_BYTES_MAX {
            return Err(JobError::TooLarge { field: "payload", max: Self::PAYLOAD_BYTES_MAX });
        }
        Ok(())
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Until it is due, or due again after a failure.
    Waiting,
    /// A worker holds its lease.
    Running,
    /// Its effect is kept.
    Done,
    /// It failed as often as it may; a person must look.
    Failed,
}

impl State {
    /// The word in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Reads the word in the store.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// How a kind of job is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How often it is tried before it counts as failed.
    pub attempts_max: u32,
    /// How long a worker holds it without a sign of life.
    pub lease: Duration,
    /// The pause after the first failure; each further one doubles it.
    pub pause: Duration,
    /// The longest pause.
    pub pause_max: Duration,
    /// How many one runner does at the same time, so that slow work leaves hands
    /// for quick.
    pub at_once: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attempts_max: 8,
            lease: Duration::from_secs(60),
            pause: Duration::from_secs(5),
            pause_max: Duration::from_secs(3_600),
            at_once: usize::MAX,
        }
    }
}

impl Policy {
    /// The pause after so many failures, counted from 1.
    #[must_use]
    pub fn pause_after(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        self.pause.saturating_mul(1 << doublings).min(self.pause_max)
    }
}

/// A job as a screen lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: JobId,
    /// Its body; nothing for the whole store's.
    pub body: Option<BodyId>,
    /// Its kind.
    pub kind: String,
    /// Its key.
    pub key: String,
    /// Where it stands.
    pub state: State,
    /// When it is due.
    pub due: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it failed last.
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let policy = Policy::default();
        let seconds = |failures| policy.pause_after(failures).as_secs();
        assert_eq!([seconds(1), seconds(2), seconds(4), seconds(99)], [5, 10, 40, 3_600]);
    }
}

//! What can go wrong, by what a person can do about it.

use store::StoreError;

/// Why a job was not scheduled, held or done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The store did not answer.
    #[error("the job store did not answer")]
    Store(#[from] StoreError),
    /// The lease ran out and another took the job: nothing may be written.
    #[error("the job was taken over by another worker")]
    Lost,
    /// A key or payload holds too much.
    #[error("a job's {field} holds more than {max} bytes")]
    TooLarge {
        /// Which.
        field: &'static str,
        /// Bytes.
        max: usize,
    },
    /// The payload is not what the kind's handler reads.
    #[error("the job's payload cannot be read")]
    Payload(#[source] serde_json::Error),
    /// The work itself failed; it is tried again until the limit.
    #[error("{0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl JobError {
    /// Wraps another crate's error.
    #[must_use]
    pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }

    /// The error and its causes in one line, cut to what a row takes.
    pub(crate) fn line(&self) -> String {
        const CHARACTERS_MAX: usize = 500;
        let mut line = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            line.push_str(": ");
            line.push_str(&cause.to_string());
            source = cause.source();
        }
        line.chars()
            .map(|character| if character.is_control() { ' ' } else { character })
            .take(CHARACTERS_MAX)
            .collect()
    }
}

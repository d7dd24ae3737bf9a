//! What can go wrong, by what a person can do about it.

use jobs::JobError;
use records::RecordError;
use store::StoreError;

/// Why a notice or an address was not written down.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The store did not answer.
    #[error("the store of notices did not answer")]
    Store(#[from] StoreError),
    /// The job was not scheduled.
    #[error("a notice was not scheduled")]
    Job(#[from] JobError),
    /// The ledger did not take its entry.
    #[error("the ledger did not take a notice")]
    Record(#[from] RecordError),
    /// A code was asked for a moment ago, or too often today.
    #[error("codes were asked for too often")]
    TooOften,
}

/// Why a mail was not handed over. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The settings make no connection: a certificate or a name is wrong.
    #[error("the mail relay's settings cannot be used")]
    Settings(#[source] lettre::transport::smtp::Error),
    /// The relay did not take it.
    #[error("the mail relay did not take it")]
    Refused(#[source] lettre::transport::smtp::Error),
    /// The relay took too long.
    #[error("the mail relay did not answer within {0} s")]
    Late(u64),
    /// No mail can be made of it.
    #[error("no mail can be made of it")]
    Unwritable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

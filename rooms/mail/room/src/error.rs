//! What can go wrong, by what a person can do about it.

use console::Failure;
use i18n::key;
use jobs::JobError;
use passages::PassageError;
use permits::PermitError;
use sanitize_room::WorkError;
use store::BlobError;

use crate::cage::ReadError;
use passages::VaultError;

/// Why something was not done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A step of a passage.
    #[error(transparent)]
    Passage(#[from] PassageError),
    /// A permit.
    #[error(transparent)]
    Permit(#[from] PermitError),
    /// A sealed mail.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The sanitiser.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// The caged reader.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store.
    #[error("the store did not do it")]
    Store(#[from] store::StoreError),
    /// The ledger.
    #[error(transparent)]
    Record(#[from] records::RecordError),
    /// Who somebody is.
    #[error(transparent)]
    Identity(#[from] identity::IdentityError),
    /// The queue of jobs.
    #[error(transparent)]
    Job(#[from] JobError),
    /// A notice.
    #[error(transparent)]
    Notice(#[from] notices::NoticeError),
    /// A scanner cannot be asked: what waits for it waits on.
    #[error("a scanner cannot be asked")]
    Scanner(#[source] std::io::Error),
    /// A queue of Postfix cannot be asked.
    #[error("a queue of Postfix cannot be asked")]
    Queue(#[source] std::io::Error),
    /// A report cannot be written or read.
    #[error("a report cannot be written or read")]
    Report(#[from] serde_json::Error),
    /// The body's rules cannot be read any more.
    #[error("the body's rules cannot be read any more")]
    Rules,
    /// A row says what the program never writes.
    #[error("a row holds what the program never writes: {0}")]
    Row(&'static str),
    /// There is no such mail in this body, or the caller may not see it.
    #[error("there is no such mail")]
    NotThere,
    /// The address is none, or is under a domain of somebody else.
    #[error("not an address of this body")]
    Address,
    /// Too many passwords were wrong.
    #[error("too many wrong passwords: wait {} seconds", .wait.as_secs())]
    TooManyTries {
        /// Until then nothing is tried.
        wait: std::time::Duration,
    },
    /// The list of standing passwords is full.
    #[error("the list of standing passwords is full")]
    TooManyPasswords,
}

impl From<factors::SealError> for MailError {
    fn from(error: factors::SealError) -> Self {
        Self::Vault(error.into())
    }
}

impl From<MailError> for Failure {
    fn from(error: MailError) -> Self {
        match error {
            MailError::Store(error) | MailError::Passage(PassageError::Store(error)) => {
                error.into()
            }
            MailError::NotThere | MailError::Passage(PassageError::NotThere) => Self::NotFound,
            MailError::Passage(PassageError::Own) => Self::conflict(key!("mail-own")),
            MailError::Passage(
                PassageError::NotNow { .. } | PassageError::Stale | PassageError::SameApprover,
            ) => Self::conflict(key!("mail-not-now")),
            MailError::Identity(error) | MailError::Passage(PassageError::Identity(error)) => {
                error.into()
            }
            MailError::Permit(error) => error.into(),
            MailError::Notice(error) => error.into(),
            MailError::Queue(why) => {
                tracing::warn!(%why, "a queue of Postfix cannot be asked");
                Self::conflict(key!("mail-queue-fails"))
            }
            MailError::Address => Self::conflict(key!("mail-wrong-address")),
            MailError::TooManyPasswords => Self::conflict(key!("mail-too-many-passwords")),
            MailError::TooManyTries { wait } => Self::TooMany { wait },
            MailError::Work(WorkError::Full) | MailError::Read(ReadError::Busy) => {
                Self::TooMany { wait: std::time::Duration::from_secs(10) }
            }
            MailError::Vault(VaultError::Blob(BlobError::Full(_))) => Self::Full(error.into()),
            MailError::Vault(VaultError::Blob(_))
            | MailError::Work(_)
            | MailError::Scanner(_)
            | MailError::Read(_) => Self::Unavailable(error.into()),
            MailError::Passage(PassageError::Record(_))
            | MailError::Vault(VaultError::Seal(_) | VaultError::Name)
            | MailError::Record(_)
            | MailError::Job(_)
            | MailError::Report(_)
            | MailError::Rules
            | MailError::Row(_) => Self::internal(error),
        }
    }
}

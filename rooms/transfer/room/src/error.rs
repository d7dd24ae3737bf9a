//! What can go wrong, by what a person can do about it.

use console::Failure;
use i18n::key;
use jobs::JobError;
use passages::PassageError;
use permits::PermitError;
use sanitize_room::WorkError;
use store::BlobError;

use crate::container::ContainerError;
use crate::scanners::ScannerAway;
use crate::uploads::UploadError;
use passages::VaultError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransferError {
    #[error(transparent)]
    Passage(#[from] PassageError),
    #[error(transparent)]
    Permit(#[from] PermitError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error("the store did not do it")]
    Store(#[from] store::StoreError),
    #[error(transparent)]
    Record(#[from] records::RecordError),
    #[error(transparent)]
    Identity(#[from] identity::IdentityError),
    #[error(transparent)]
    Job(#[from] JobError),
    #[error(transparent)]
    Notice(#[from] notices::NoticeError),
    #[error(transparent)]
    Scanner(#[from] ScannerAway),
    #[error(transparent)]
    Container(#[from] ContainerError),
    #[error("the passphrase was shown before, or is kept no more")]
    AlreadyShown,
    #[error("there is nobody to ask about this passage")]
    NobodyToAsk,
    #[error("the passage has as many questions as it can")]
    TooManyQuestions,
    #[error("there is no such question, or it was answered")]
    NoQuestion,
    #[error("a task in the background did not end well")]
    Ended,
    #[error("a report cannot be written")]
    Report(#[from] serde_json::Error),
    #[error("a row of passages holds a word that the program never writes: {0}")]
    Word(&'static str),
    #[error("the body's policy cannot be read any more")]
    Policy,
}

impl From<factors::SealError> for TransferError {
    fn from(error: factors::SealError) -> Self {
        Self::Vault(error.into())
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Store(error) => error.into(),
            TransferError::Passage(PassageError::Store(error)) => error.into(),
            TransferError::Passage(PassageError::NotThere) => Self::NotFound,
            TransferError::Passage(PassageError::Own) => Self::conflict(key!("transfer-own")),
            TransferError::Passage(
                PassageError::NotNow { .. } | PassageError::Stale | PassageError::SameApprover,
            ) => Self::conflict(key!("transfer-not-now")),
            TransferError::Identity(error) => error.into(),
            TransferError::Notice(error) => error.into(),
            TransferError::Upload(error) => error.into(),
            TransferError::Vault(VaultError::Blob(BlobError::Full(_))) => Self::Full(error.into()),
            TransferError::Passage(PassageError::Identity(error)) => error.into(),
            TransferError::Permit(error) => error.into(),
            TransferError::Work(WorkError::Full) => {
                Self::TooMany { wait: std::time::Duration::from_secs(10) }
            }
            TransferError::Work(_) | TransferError::Vault(VaultError::Blob(_)) => {
                Self::Unavailable(error.into())
            }
            TransferError::Scanner(_) => Self::Unavailable(error.into()),
            TransferError::AlreadyShown => Self::conflict(key!("transfer-passphrase-gone")),
            TransferError::NobodyToAsk => Self::conflict(key!("transfer-nobody-to-ask")),
            TransferError::TooManyQuestions => Self::conflict(key!("transfer-too-many-questions")),
            TransferError::NoQuestion => Self::conflict(key!("transfer-no-question")),
            TransferError::Passage(PassageError::Record(_))
            | TransferError::Container(_)
            | TransferError::Ended
            | TransferError::Vault(VaultError::Seal(_) | VaultError::Name)
            | TransferError::Record(_)
            | TransferError::Job(_)
            | TransferError::Report(_)
            | TransferError::Word(_)
            | TransferError::Policy => Self::internal(error),
        }
    }
}

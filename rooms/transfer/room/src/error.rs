//! What can go wrong, by what a person can do about it.

use console::Failure;
use i18n::key;
use jobs::JobError;
use passages::PassageError;
use permits::PermitError;
use sanitize_room::WorkError;

use crate::vault::VaultError;

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
    Work(#[from] WorkError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error(transparent)]
    Record(#[from] records::RecordError),
    #[error(transparent)]
    Identity(#[from] identity::IdentityError),
    #[error(transparent)]
    Job(#[from] JobError),
    #[error("a report cannot be written")]
    Report(#[from] serde_json::Error),
    #[error("a row of passages holds a word that the program never writes: {0}")]
    Word(&'static str),
    #[error("the body's policy cannot be read any more")]
    Policy,
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
            TransferError::Passage(PassageError::Identity(error)) => error.into(),
            TransferError::Permit(error) => error.into(),
            TransferError::Work(WorkError::Full) => {
                Self::TooMany { wait: std::time::Duration::from_secs(10) }
            }
            TransferError::Work(_) | TransferError::Vault(VaultError::Blob(_)) => {
                Self::Unavailable(error.into())
            }
            TransferError::Passage(PassageError::Record(_))
            | TransferError::Vault(VaultError::Seal(_) | VaultError::Name)
            | TransferError::Record(_)
            | TransferError::Job(_)
            | TransferError::Report(_)
            | TransferError::Word(_)
            | TransferError::Policy => Self::Internal(error.into()),
        }
    }
}

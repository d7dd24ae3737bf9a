//! What can go wrong with an upload, by what its sender can do about it.

use console::Failure;
use i18n::{Message, key};
use records::RecordError;
use store::{BlobError, StoreError};

use super::{OPEN_BYTES_MAX, OPEN_MAX, UPLOAD_BYTES_MAX};
use passages::VaultError;

/// Why an upload did not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("the store did not do it")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error("no such upload of this person")]
    NotThere,
    #[error("one upload has at most {UPLOAD_BYTES_MAX} bytes")]
    TooLarge,
    #[error("one person's open uploads are at most {OPEN_MAX}, {OPEN_BYTES_MAX} bytes together")]
    Quota,
    #[error("{here} bytes are here, and others were sent")]
    Offset { here: u64 },
    #[error("more bytes came than were declared")]
    Excess,
    #[error("cut off too often")]
    Runs,
    #[error("the connection broke")]
    Cut,
    #[error("not all of it is here")]
    Unfinished,
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        let wrong = |field: &str, why: Message| Self::Unprocessable(vec![(field.to_owned(), why)]);
        match error {
            UploadError::Store(error) => error.into(),
            UploadError::Record(error) => error.into(),
            UploadError::Vault(VaultError::Blob(BlobError::Full(_))) => Self::Full(error.into()),
            UploadError::Vault(VaultError::Blob(_)) => Self::Unavailable(error.into()),
            UploadError::Vault(VaultError::Seal(_) | VaultError::Name) => Self::internal(error),
            UploadError::NotThere => Self::NotFound,
            UploadError::TooLarge => Self::TooLarge { max_bytes: UPLOAD_BYTES_MAX },
            UploadError::Quota => {
                let message = Message::new("transfer-upload-quota")
                    .with("count", OPEN_MAX)
                    .with("max", i18n::bytes(OPEN_BYTES_MAX));
                wrong("Upload-Length", message)
            }
            UploadError::Offset { here } => {
                let here = i64::try_from(here).unwrap_or(i64::MAX);
                Self::conflict(Message::new("transfer-upload-offset").with("here", here))
            }
            UploadError::Excess => wrong("body", key!("transfer-upload-excess").into()),
            UploadError::Runs => Self::conflict(key!("transfer-upload-runs")),
            UploadError::Cut => Self::bad_request(key!("transfer-upload-cut")),
            UploadError::Unfinished => Self::conflict(key!("transfer-upload-unfinished")),
        }
    }
}

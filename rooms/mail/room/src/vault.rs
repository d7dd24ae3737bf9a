//! Keeps mails sealed among the blobs: each under a key of its own, which is
//! sealed under the data key and bound to body and batch. Knows no passage.

use base::{BodyId, Random};
use factors::{Binding, FileKey, SealError, Sealer};
use passages::{BatchId, Sealed};
use sha2::{Digest, Sha256};
use store::{BlobError, BlobHash, Blobs};

/// What a key is for: a mail's does not open a file of another room.
const PURPOSE: &str = "mail";
/// What a standing password is sealed for.
const PASSWORD: &str = "mail-password";

/// The sealed mails of one program.
#[derive(Clone)]
pub(crate) struct Vault {
    pub(crate) blobs: Blobs,
    pub(crate) sealer: Sealer,
}

/// Why a mail was not kept or not given.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The place of the blobs.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// It does not open.
    #[error("a kept mail does not open")]
    Seal(#[from] SealError),
    /// A row names no blob.
    #[error("a row names a blob that has no possible name")]
    Name,
}

/// What was kept.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) sealed: Sealed,
    pub(crate) bytes: u64,
    /// Of the bytes as they came, in hexadecimal digits.
    pub(crate) sha256: String,
}

impl Vault {
    /// Keeps a mail.
    pub(crate) async fn keep(
        &self,
        body: BodyId,
        batch: BatchId,
        plain: &[u8],
        random: &dyn Random,
    ) -> Result<Whole, VaultError> {
        let key = FileKey::new(random);
        let (owner, body_word) = (batch.to_string(), body.to_string());
        let binding = Binding { body: &body_word, owner: &owner, purpose: PURPOSE };
        let sealed_key = key.seal(&self.sealer, binding, random)?;
        let sealed = key.seal_all(plain)?;
        let mut writer = self.blobs.begin(body, sealed.len() as u64);
        writer.add(&sealed).await?;
        let blob = writer.end().await?.hash.to_string();
        Ok(Whole {
            sealed: Sealed { blob, key: sealed_key },
            bytes: plain.len() as u64,
            sha256: sha256(plain),
        })
    }

    /// Gives a kept mail back, if it has at most `bytes_max`.
    pub(crate) async fn give(
        &self,
        body: BodyId,
        batch: BatchId,
        sealed: &Sealed,
        bytes_max: usize,
    ) -> Result<Vec<u8>, VaultError> {
        let (owner, body_word) = (batch.to_string(), body.to_string());
        let binding = Binding { body: &body_word, owner: &owner, purpose: PURPOSE };
        let key = FileKey::open(&self.sealer, binding, &sealed.key)?;
        let hash = BlobHash::parse(&sealed.blob).ok_or(VaultError::Name)?;
        // Frames and tags are a two-thousandth at most, and a piece's.
        let sealed_max = (bytes_max as u64).saturating_add(bytes_max as u64 / 1_024 + 4_096);
        let bytes = self.blobs.get(body, hash).await?.all(sealed_max).await?;
        Ok(key.open_all(&bytes, bytes_max)?)
    }

    /// Destroys blobs that no row names any more.
    pub(crate) async fn destroy(&self, body: BodyId, blobs: &[String]) -> Result<(), VaultError> {
        for blob in blobs {
            let hash = BlobHash::parse(blob).ok_or(VaultError::Name)?;
            self.blobs.delete(body, hash).await?;
        }
        Ok(())
    }

    /// Seals a standing password for its row.
    pub(crate) fn seal_password(
        &self,
        body: BodyId,
        owner: &str,
        word: &str,
        random: &dyn Random,
    ) -> Result<Vec<u8>, VaultError> {
        let body = body.to_string();
        let binding = Binding { body: &body, owner, purpose: PASSWORD };
        Ok(self.sealer.seal(binding, word.as_bytes(), random)?)
    }

    /// Opens a standing password.
    pub(crate) fn open_password(
        &self,
        body: BodyId,
        owner: &str,
        sealed: &[u8],
    ) -> Result<String, VaultError> {
        let body = body.to_string();
        let binding = Binding { body: &body, owner, purpose: PASSWORD };
        let plain = self.sealer.open(binding, sealed)?;
        Ok(String::from_utf8_lossy(plain.reveal()).into_owned())
    }
}

/// A hash in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Keeps files sealed among the blobs: each under a key of its own, which is
//! sealed under the data key and bound to body and batch. Knows no passage.

use base::{BodyId, Random};
use factors::{Binding, FileKey, SealError, Sealer};
use passages::{BatchId, Sealed};
use store::{BlobError, BlobHash, Blobs};

/// The sealed files of one program.
#[derive(Clone)]
pub(crate) struct Vault {
    pub(crate) blobs: Blobs,
    pub(crate) sealer: Sealer,
}

/// Why a file was not kept or not given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("a kept file does not open")]
    Seal(#[from] SealError),
    #[error("a row names a blob that has no possible name")]
    Name,
}

const PURPOSE: &str = "passage-file";

impl Vault {
    /// Keeps a file.
    pub(crate) async fn keep(
        &self,
        body: BodyId,
        batch: BatchId,
        plain: &[u8],
        random: &dyn Random,
    ) -> Result<Sealed, VaultError> {
        let key = FileKey::new(random);
        let (owner, place) = (batch.to_string(), body.to_string());
        let sealed_key = key.seal(&self.sealer, binding(&place, &owner), random)?;
        let sealed = key.seal_all(plain)?;
        let mut source = sealed.as_slice();
        let blob = self.blobs.put(body, &mut source, sealed.len() as u64).await?;
        Ok(Sealed { blob: blob.hash.to_string(), key: sealed_key })
    }

    /// Gives a kept file back, if it has at most `bytes_max`.
    pub(crate) async fn give(
        &self,
        body: BodyId,
        batch: BatchId,
        sealed: &Sealed,
        bytes_max: u64,
    ) -> Result<Vec<u8>, VaultError> {
        let (owner, place) = (batch.to_string(), body.to_string());
        let key = FileKey::open(&self.sealer, binding(&place, &owner), &sealed.key)?;
        let hash = BlobHash::parse(&sealed.blob).ok_or(VaultError::Name)?;
        // Frames and tags are a two-thousandth at most, and a piece's.
        let sealed_max = bytes_max.saturating_add(bytes_max / 1_024).saturating_add(4_096);
        let bytes = self.blobs.get(body, hash).await?.all(sealed_max).await?;
        Ok(key.open_all(&bytes, usize::try_from(bytes_max).unwrap_or(usize::MAX))?)
    }

    /// Destroys blobs that no row names any more. Their keys went with the
    /// rows; what is left is only space.
    pub(crate) async fn destroy(&self, body: BodyId, blobs: &[String]) -> Result<(), VaultError> {
        for blob in blobs {
            let hash = BlobHash::parse(blob).ok_or(VaultError::Name)?;
            self.blobs.delete(body, hash).await?;
        }
        Ok(())
    }
}

fn binding<'a>(body: &'a str, owner: &'a str) -> Binding<'a> {
    Binding { body, owner, purpose: PURPOSE }
}

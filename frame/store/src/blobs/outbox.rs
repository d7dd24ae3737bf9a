//! Copies for somebody else's safekeeping: files sent to a bucket under names
//! of their own. Nothing is read back.

use std::io;
use std::path::Path;
use std::sync::Arc;

use base::Clock;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use crate::blobs::s3::S3;
use crate::blobs::{BlobError, PIECE_BYTES, S3Settings};

/// A bucket that takes files.
pub struct Outbox(S3);

impl Outbox {
    /// Prepares the way; the service is first asked when something is sent.
    ///
    /// # Errors
    /// If the address or the trusted certificates cannot be read.
    pub fn new(settings: S3Settings, clock: Arc<dyn Clock>) -> Result<Self, BlobError> {
        Ok(Self(S3::new(settings, clock)?))
    }

    /// Sends a file under a name of letters, digits and `-._/`. The service
    /// checks the bytes against their hash before it keeps them.
    ///
    /// # Errors
    /// If the file cannot be read, or the service does not keep it.
    pub async fn send(&self, name: &str, file: &Path) -> Result<(), BlobError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_plain) || name.split('/').any(str::is_empty) {
            return Err(BlobError::Address(format!("{name}: not a name")));
        }
        let (hash, bytes) = hash(file).await?;
        self.0.send(name, &hash, bytes, file).await
    }
}

async fn hash(file: &Path) -> io::Result<(String, u64)> {
    let mut file = tokio::fs::File::open(file).await?;
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = file.read(&mut piece).await?;
        if read == 0 {
            return Ok((crate::hex::write(&hasher.finalize()), bytes));
        }
        hasher.update(&piece[..read]);
        bytes += read as u64;
    }
}

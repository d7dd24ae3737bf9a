//! Takes bytes in: hashes and counts them on the way to a file that is
//! removed unless a shelf takes it over.

use std::io;
use std::path::{Path, PathBuf};

use base::{Random, random};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use crate::blobs::{BlobError, PIECE_BYTES};

/// A file that holds all bytes and is on the disk.
pub(crate) struct Spooled {
    pub(crate) path: PathBuf,
    pub(crate) hash: [u8; 32],
    pub(crate) bytes: u64,
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // The shelf has moved it away where all went well.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A file that bytes are being added to; dropped, it is gone.
pub(crate) struct Spooling {
    file: tokio::fs::File,
    spooled: Spooled,
    hash: Sha256,
    bytes_max: u64,
}

impl Spooling {
    /// Begins a new file that takes at most `bytes_max`.
    pub(crate) async fn begin(
        folder: &Path,
        random: &dyn Random,
        bytes_max: u64,
    ) -> Result<Self, BlobError> {
        let name = crate::hex::write(&random::bytes::<16>(random));
        let path = folder.join(name);
        let mut options = tokio::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path).await?;
        let spooled = Spooled { path, hash: [0; 32], bytes: 0 };
        Ok(Self { file, spooled, hash: Sha256::new(), bytes_max })
    }

    /// Adds bytes.
    pub(crate) async fn add(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.spooled.bytes = self.spooled.bytes.saturating_add(bytes.len() as u64);
        if self.spooled.bytes > self.bytes_max {
            return Err(BlobError::TooLarge { max: self.bytes_max });
        }
        self.hash.update(bytes);
        Ok(self.file.write_all(bytes).await?)
    }

    /// Writes it to the disk itself.
    pub(crate) async fn end(mut self) -> Result<Spooled, BlobError> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        self.spooled.hash = self.hash.finalize().into();
        Ok(self.spooled)
    }
}

impl Spooled {
    /// Writes a source to a new file, to the disk itself.
    pub(crate) async fn write(
        folder: &Path,
        random: &dyn Random,
        source: &mut (dyn AsyncRead + Send + Unpin),
        bytes_max: u64,
    ) -> Result<Self, BlobError> {
        let mut spooling = Spooling::begin(folder, random, bytes_max).await?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = source.read(&mut piece).await?;
            if read == 0 {
                return spooling.end().await;
            }
            spooling.add(&piece[..read]).await?;
        }
    }
}

/// Makes the folder, and empties it of what a stopped program left.
pub(crate) async fn clear(folder: &Path) -> io::Result<()> {
    make_private(folder).await?;
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        tokio::fs::remove_file(entry.path()).await?;
    }
    Ok(())
}

/// Makes a folder that only its owner can look into.
pub(crate) async fn make_private(folder: &Path) -> io::Result<()> {
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await
}

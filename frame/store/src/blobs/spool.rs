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

impl Spooled {
    /// Writes a source to a new file, to the disk itself.
    pub(crate) async fn write(
        folder: &Path,
        random: &dyn Random,
        source: &mut (dyn AsyncRead + Send + Unpin),
        bytes_max: u64,
    ) -> Result<Self, BlobError> {
        let name = crate::hex::write(&random::bytes::<16>(random));
        let path = folder.join(name);
        let mut options = tokio::fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&path).await?;
        let mut spooled = Self { path, hash: [0; 32], bytes: 0 };
        let mut hash = Sha256::new();
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = source.read(&mut piece).await?;
            if read == 0 {
                break;
            }
            spooled.bytes = spooled.bytes.saturating_add(read as u64);
            if spooled.bytes > bytes_max {
                return Err(BlobError::TooLarge { max: bytes_max });
            }
            hash.update(&piece[..read]);
            file.write_all(&piece[..read]).await?;
        }
        file.flush().await?;
        file.sync_all().await?;
        spooled.hash = hash.finalize().into();
        Ok(spooled)
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

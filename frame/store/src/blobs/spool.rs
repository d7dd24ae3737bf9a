//! Takes bytes in: hashes and counts them on the way to a file that is
//! removed unless a shelf takes it over.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{Random, random};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::blobs::{BlobError, PIECE_BYTES};

/// A file that holds all bytes and is on the disk.
pub(crate) struct Spooled {
    place: Arc<Temporary>,
    pub(crate) hash: [u8; 32],
    pub(crate) bytes: u64,
}

impl Spooled {
    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.place.0
    }
}

/// A path at which nothing stays: the last who writes there removes it.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // The shelf has moved it away where all went well.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A file that bytes are being added to; dropped, it is gone.
pub(crate) struct Spooling {
    /// None until there is more than waits in memory.
    file: Option<File>,
    waiting: Vec<u8>,
    spooled: Spooled,
    hash: Sha256,
    bytes_max: u64,
}

/// Bytes that wait in memory for one write: most files are smaller and are
/// opened, written and synced in one go.
const WAITING_MAX: usize = 256 * 1024;

impl Spooling {
    /// Begins a new file that takes at most `bytes_max`.
    pub(crate) fn begin(folder: &Path, random: &dyn Random, bytes_max: u64) -> Self {
        let name = crate::hex::write(&random::bytes::<16>(random));
        let place = Arc::new(Temporary(folder.join(name)));
        let spooled = Spooled { place, hash: [0; 32], bytes: 0 };
        Self { file: None, waiting: Vec::new(), spooled, hash: Sha256::new(), bytes_max }
    }

    /// Adds bytes.
    pub(crate) async fn add(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.spooled.bytes = self.spooled.bytes.saturating_add(bytes.len() as u64);
        if self.spooled.bytes > self.bytes_max {
            return Err(BlobError::TooLarge { max: self.bytes_max });
        }
        self.hash.update(bytes);
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() > WAITING_MAX {
            self.write(false).await?;
        }
        Ok(())
    }

    /// Writes it to the disk itself.
    pub(crate) async fn end(mut self) -> Result<Spooled, BlobError> {
        self.write(true).await?;
        self.spooled.hash = self.hash.finalize().into();
        Ok(self.spooled)
    }

    /// Writes what waits, on a thread that may wait for the disk.
    async fn write(&mut self, is_last: bool) -> io::Result<()> {
        // Whoever waits here may leave: the thread then removes what it made.
        let (file, place) = (self.file.take(), self.spooled.place.clone());
        let mut bytes = std::mem::take(&mut self.waiting);
        let written = tokio::task::spawn_blocking(move || {
            let mut file = match file {
                Some(file) => file,
                None => {
                    let mut options = OpenOptions::new();
                    options.write(true).create_new(true).mode(0o600).open(&place.0)?
                }
            };
            file.write_all(&bytes)?;
            if is_last {
                file.sync_all()?;
            }
            bytes.clear();
            Ok::<_, io::Error>((file, bytes))
        });
        let (file, bytes) =
            written.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))?;
        (self.file, self.waiting) = (Some(file), bytes);
        Ok(())
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
        let mut spooling = Spooling::begin(folder, random, bytes_max);
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

/// As [`make_private`], on a thread that may wait.
pub(crate) fn make_private_now(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a folder that only its owner can look into.
pub(crate) async fn make_private(folder: &Path) -> io::Result<()> {
    tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await
}

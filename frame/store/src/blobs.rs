//! Blobs: bytes kept beside the rows, named by their SHA-256 and owned by a
//! body. Knows where they lie; not what they are.
//!
//! What is put is first written to a file of its own and hashed on the way, so
//! that neither a cut connection nor a full disk leaves half a blob. What is
//! read is hashed again: a damaged blob is an error, never other bytes.

mod disk;
mod http;
mod list;
mod outbox;
mod s3;
mod sign;
mod spool;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{BodyId, Clock, Random, Task};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt};

pub use outbox::Outbox;
pub use s3::{S3Settings, Trust};

use crate::blobs::disk::Disk;
use crate::blobs::s3::S3;
pub(crate) use crate::blobs::spool::make_private;
use crate::blobs::spool::{Spooled, Spooling};

/// The SHA-256 of a blob's bytes: its name within its body.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash([u8; 32]);

/// A blob that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blob {
    /// Who owns it.
    pub body: BodyId,
    /// Its name.
    pub hash: BlobHash,
    /// How many bytes it has.
    pub bytes: u64,
}

/// Why a blob was not kept or not given.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// It has more bytes than the caller takes.
    #[error("more than {max} bytes")]
    TooLarge {
        /// How many are taken.
        max: u64,
    },
    /// No such blob of this body.
    #[error("blob {0} is not there")]
    Missing(BlobHash),
    /// The bytes are not those that were put: bring them back from a backup.
    #[error("blob {0} is damaged")]
    Damaged(BlobHash),
    /// No space is left.
    #[error("no space is left for blobs")]
    Full(#[source] std::io::Error),
    /// The folder or the service cannot be used: see the source.
    #[error("the place of the blobs cannot be reached")]
    Unreachable(#[source] std::io::Error),
    /// The service answered with a refusal: check key, bucket and rights.
    #[error("the blob service refused: {status} {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's word for the reason.
        code: String,
    },
    /// The address of the service cannot be used.
    #[error("cannot use the blob service's address: {0}")]
    Address(String),
}

/// A place where blobs lie.
pub trait Shelf: Send + Sync {
    /// Keeps a file of which name and size are known; true if it consumed it.
    fn keep<'a>(&'a self, blob: Blob, file: &'a Path) -> Task<'a, Result<(), BlobError>>;
    /// Opens a blob for reading, with its size.
    fn open(&self, body: BodyId, hash: BlobHash) -> Task<'_, Result<(Bytes, u64), BlobError>>;
    /// The size of a blob, if it is there.
    fn size(&self, body: BodyId, hash: BlobHash) -> Task<'_, Result<Option<u64>, BlobError>>;
    /// Removes a blob; false if it was not there.
    fn delete(&self, body: BodyId, hash: BlobHash) -> Task<'_, Result<bool, BlobError>>;
    /// The bodies that own blobs, sorted.
    fn bodies(&self) -> Task<'_, Result<Vec<BodyId>, BlobError>>;
    /// One body's blobs whose hash begins with a byte, sorted.
    fn list(&self, body: BodyId, first: u8) -> Task<'_, Result<Vec<Blob>, BlobError>>;
}

/// Bytes as they come from a shelf.
pub type Bytes = Box<dyn AsyncRead + Send + Unpin>;

/// The open place of the blobs; clones share it.
#[derive(Clone)]
pub struct Blobs {
    shelf: Arc<dyn Shelf>,
    spool: PathBuf,
    random: Arc<dyn Random>,
}

impl Blobs {
    /// Opens a folder, and makes it where it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn disk(folder: &Path, random: Arc<dyn Random>) -> Result<Self, BlobError> {
        let shelf = Arc::new(Disk::open(folder).await?);
        Self::new(shelf, folder, random).await
    }

    /// Opens a bucket of an S3-compatible service. `folder` takes what is on
    /// its way there.
    ///
    /// # Errors
    /// If the address or the trusted certificates cannot be read; the service
    /// itself is first asked when it is used.
    pub async fn s3(
        settings: S3Settings,
        folder: &Path,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, BlobError> {
        let shelf = Arc::new(S3::new(settings, clock)?);
        Self::new(shelf, folder, random).await
    }

    async fn new(
        shelf: Arc<dyn Shelf>,
        folder: &Path,
        random: Arc<dyn Random>,
    ) -> Result<Self, BlobError> {
        let spool = folder.join("incoming");
        spool::make_private(&spool).await?;
        Ok(Self { shelf, spool, random })
    }

    /// Removes what a stopped program left half put. Only for the one program
    /// that owns the folder.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub async fn sweep(&self) -> Result<(), BlobError> {
        Ok(spool::clear(&self.spool).await?)
    }

    /// Keeps the bytes of a source, at most `bytes_max`. The same bytes put
    /// twice are one blob.
    ///
    /// # Errors
    /// Nothing was kept.
    pub async fn put(
        &self,
        body: BodyId,
        source: &mut (dyn AsyncRead + Send + Unpin),
        bytes_max: u64,
    ) -> Result<Blob, BlobError> {
        let spooled = Spooled::write(&self.spool, &*self.random, source, bytes_max).await?;
        self.keep(body, &spooled).await
    }

    /// Begins a blob whose bytes come one after the other, at most `bytes_max`.
    #[must_use]
    pub fn begin(&self, body: BodyId, bytes_max: u64) -> BlobWriter {
        let spooling = Spooling::begin(&self.spool, &*self.random, bytes_max);
        BlobWriter { blobs: self.clone(), body, spooling }
    }

    async fn keep(&self, body: BodyId, spooled: &Spooled) -> Result<Blob, BlobError> {
        let blob = Blob { body, hash: BlobHash(spooled.hash), bytes: spooled.bytes };
        self.shelf.keep(blob, spooled.path()).await?;
        Ok(blob)
    }

    /// Opens a blob for reading.
    ///
    /// # Errors
    /// [`BlobError::Missing`], also where only another body has it.
    pub async fn get(&self, body: BodyId, hash: BlobHash) -> Result<BlobReader, BlobError> {
        let (bytes, size) = self.shelf.open(body, hash).await?;
        Ok(BlobReader { bytes, size, left: size, hash, seen: Some(Sha256::new()) })
    }

    /// The size of a blob, if this body has it.
    ///
    /// # Errors
    /// If the place cannot be asked.
    pub async fn size(&self, body: BodyId, hash: BlobHash) -> Result<Option<u64>, BlobError> {
        self.shelf.size(body, hash).await
    }

    /// Removes a blob; false if it was not there.
    ///
    /// # Errors
    /// If the place cannot be asked.
    pub async fn delete(&self, body: BodyId, hash: BlobHash) -> Result<bool, BlobError> {
        self.shelf.delete(body, hash).await
    }

    /// The bodies that own blobs, sorted.
    ///
    /// # Errors
    /// If the place cannot be asked.
    pub async fn bodies(&self) -> Result<Vec<BodyId>, BlobError> {
        self.shelf.bodies().await
    }

    /// One body's blobs whose hash begins with `first`, sorted: 256 calls see
    /// all.
    ///
    /// # Errors
    /// If the place cannot be asked.
    pub async fn list(&self, body: BodyId, first: u8) -> Result<Vec<Blob>, BlobError> {
        self.shelf.list(body, first).await
    }
}

/// A blob being written. Dropped before [`BlobWriter::end`], it leaves nothing.
pub struct BlobWriter {
    blobs: Blobs,
    body: BodyId,
    spooling: Spooling,
}

impl BlobWriter {
    /// Adds bytes.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`], or if they cannot be written.
    pub async fn add(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.spooling.add(bytes).await
    }

    /// Keeps what was added.
    ///
    /// # Errors
    /// Nothing was kept.
    pub async fn end(self) -> Result<Blob, BlobError> {
        let spooled = self.spooling.end().await?;
        self.blobs.keep(self.body, &spooled).await
    }
}

/// A blob being read. Only after [`BlobReader::next`] answered `None` are the
/// bytes proved to be those that were put.
pub struct BlobReader {
    bytes: Bytes,
    size: u64,
    left: u64,
    hash: BlobHash,
    seen: Option<Sha256>,
}

/// Bytes handed on at once.
const PIECE_BYTES: usize = 64 * 1024;

impl BlobReader {
    /// How many bytes the blob has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The next piece, or nothing after the last, when the whole is verified.
    ///
    /// # Errors
    /// [`BlobError::Damaged`] where the bytes are not those that were put.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, BlobError> {
        let mut piece = vec![0; PIECE_BYTES];
        let read = self.bytes.read(&mut piece).await.map_err(BlobError::from)?;
        piece.truncate(read);
        if read == 0 {
            return self.end();
        }
        self.left = self.left.checked_sub(read as u64).ok_or(BlobError::Damaged(self.hash))?;
        if let Some(seen) = &mut self.seen {
            seen.update(&piece);
        }
        Ok(Some(piece))
    }

    fn end(&mut self) -> Result<Option<Vec<u8>>, BlobError> {
        let Some(seen) = self.seen.take() else { return Ok(None) };
        let is_whole = self.left == 0 && seen.finalize().as_slice() == self.hash.0;
        if is_whole { Ok(None) } else { Err(BlobError::Damaged(self.hash)) }
    }

    /// All bytes, verified, if there are at most `bytes_max`.
    ///
    /// # Errors
    /// As [`BlobReader::next`], or [`BlobError::TooLarge`].
    pub async fn all(mut self, bytes_max: u64) -> Result<Vec<u8>, BlobError> {
        if self.size > bytes_max {
            return Err(BlobError::TooLarge { max: bytes_max });
        }
        let mut all = Vec::new();
        while let Some(piece) = self.next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all)
    }
}

impl BlobHash {
    /// The hash of bytes at hand.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = crate::hex::read(text)?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::hex::write(&self.0))
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<std::io::Error> for BlobError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded => Self::Full(error),
            _ => Self::Unreachable(error),
        }
    }
}

/// Where a blob lies below the folder or in the bucket.
fn key(body: BodyId, hash: BlobHash) -> String {
    let hash = hash.to_string();
    format!("{body}/{}/{hash}", &hash[..2])
}

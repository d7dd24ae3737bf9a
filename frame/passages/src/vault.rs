//! Keeps files sealed among the blobs: each under a key of its own, which is
//! sealed under the data key and bound to body, owner and purpose. Files come
//! and go piece by piece, so that their size costs no memory.

use base::{BodyId, Random};
use factors::pieces::{Opening, PIECE_BYTES_MAX};
use factors::{Binding, FileKey, Pieces, SealError, Sealer};
use sha2::{Digest, Sha256};
use store::{BlobError, BlobHash, BlobReader, BlobWriter, Blobs};

use crate::passage::{BatchId, Sealed};

/// The sealed files of one room.
#[derive(Clone)]
pub struct Vault {
    blobs: Blobs,
    sealer: Sealer,
    /// What the files of a batch are kept for: a key of one room does not open a
    /// file of another.
    purpose: &'static str,
}

/// Whom a sealed file belongs to: moved to another row, it does not open.
#[derive(Clone, Debug)]
pub struct Owner {
    id: String,
    purpose: &'static str,
}

/// Why a file was not kept or not given.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The place of the blobs.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// It does not open.
    #[error("a kept file does not open")]
    Seal(#[from] SealError),
    /// A row names no blob.
    #[error("a row names a blob that has no possible name")]
    Name,
}

/// What was kept.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Where it lies, and its key.
    pub sealed: Sealed,
    /// Its length as it came.
    pub bytes: u64,
    /// Of the bytes as they came, in hexadecimal digits.
    pub sha256: String,
}

impl Vault {
    /// The files of one room: what belongs to a batch is kept for `purpose`.
    #[must_use]
    pub const fn new(blobs: Blobs, sealer: Sealer, purpose: &'static str) -> Self {
        Self { blobs, sealer, purpose }
    }

    /// What was sent together.
    #[must_use]
    pub fn of(&self, batch: BatchId) -> Owner {
        Owner::new(self.purpose, &batch)
    }

    /// What seals the short secrets of rows.
    #[must_use]
    pub const fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// Keeps a file that is at hand. Its hash is taken on the way.
    ///
    /// # Errors
    /// If the blobs take nothing; then nothing is left of it.
    pub async fn keep(
        &self,
        body: BodyId,
        batch: BatchId,
        plain: &[u8],
        random: &dyn Random,
    ) -> Result<Whole, VaultError> {
        let bytes_max = plain.len() as u64;
        let mut sealing = self.begin(body, &self.of(batch), bytes_max, random)?;
        sealing.add(plain).await?;
        sealing.end().await
    }

    /// Begins a file that comes piece by piece, under a key that nothing else
    /// is sealed with.
    ///
    /// # Errors
    /// As the sealer says.
    pub fn begin(
        &self,
        body: BodyId,
        owner: &Owner,
        bytes_max: u64,
        random: &dyn Random,
    ) -> Result<Sealing, VaultError> {
        let key = FileKey::new(random);
        let body_word = body.to_string();
        let sealed_key = key.seal(&self.sealer, owner.binding(&body_word), random)?;
        Ok(Sealing {
            writer: self.blobs.begin(body, sealed_max(bytes_max)),
            pieces: Pieces::new(&key),
            sealed_key,
            waiting: Vec::new(),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// Gives a kept file back, if it has at most `bytes_max`.
    ///
    /// # Errors
    /// If it is longer, does not open, or is not there.
    pub async fn give(
        &self,
        body: BodyId,
        batch: BatchId,
        sealed: &Sealed,
        bytes_max: u64,
    ) -> Result<Vec<u8>, VaultError> {
        let too_large = || VaultError::Blob(BlobError::TooLarge { max: bytes_max });
        let mut opened = self.open(body, &self.of(batch), sealed).await?;
        if opened.reader.size() > sealed_max(bytes_max) {
            return Err(too_large());
        }
        let mut plain = Vec::new();
        while let Some(piece) = opened.next().await? {
            plain.extend_from_slice(&piece);
            if plain.len() as u64 > bytes_max {
                return Err(too_large());
            }
        }
        Ok(plain)
    }

    /// Opens a kept file to be read piece by piece.
    ///
    /// # Errors
    /// If its key is not this owner's, or it is not there.
    pub async fn open(
        &self,
        body: BodyId,
        owner: &Owner,
        sealed: &Sealed,
    ) -> Result<Opened, VaultError> {
        let body_word = body.to_string();
        let key = FileKey::open(&self.sealer, owner.binding(&body_word), &sealed.key)?;
        let hash = BlobHash::parse(&sealed.blob).ok_or(VaultError::Name)?;
        let reader = self.blobs.get(body, hash).await?;
        Ok(Opened { reader, opening: Opening::new(&key) })
    }

    /// Makes a kept file somebody else's: its key is sealed anew, its bytes
    /// stay where they lie.
    ///
    /// # Errors
    /// If its key is not the first owner's.
    pub fn hand_over(
        &self,
        body: BodyId,
        sealed: &Sealed,
        (from, to): (&Owner, &Owner),
        random: &dyn Random,
    ) -> Result<Sealed, VaultError> {
        let body = body.to_string();
        let key = FileKey::open(&self.sealer, from.binding(&body), &sealed.key)?;
        let key = key.seal(&self.sealer, to.binding(&body), random)?;
        Ok(Sealed { blob: sealed.blob.clone(), key })
    }

    /// Destroys blobs that no row names any more. Their keys went with the
    /// rows; what is left is only space.
    ///
    /// # Errors
    /// If the blobs cannot be changed; what was destroyed until then stays so.
    pub async fn destroy(&self, body: BodyId, blobs: &[String]) -> Result<(), VaultError> {
        for blob in blobs {
            let hash = BlobHash::parse(blob).ok_or(VaultError::Name)?;
            self.blobs.delete(body, hash).await?;
        }
        Ok(())
    }
}

/// A file being kept. Dropped before its end, it leaves nothing.
pub struct Sealing {
    writer: BlobWriter,
    pieces: Pieces,
    sealed_key: Vec<u8>,
    /// What no piece was made of yet, at most one piece.
    waiting: Vec<u8>,
    hash: Sha256,
    bytes: u64,
}

impl Sealing {
    /// How many bytes came so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes more bytes.
    ///
    /// # Errors
    /// If no space is left, or more came than was said.
    pub async fn add(&mut self, plain: &[u8]) -> Result<(), VaultError> {
        self.hash.update(plain);
        self.bytes = self.bytes.saturating_add(plain.len() as u64);
        let mut rest = plain;
        while !rest.is_empty() {
            // A full piece waits until it is known not to be the last.
            if self.waiting.len() == PIECE_BYTES_MAX {
                let sealed = self.pieces.seal(&self.waiting, false)?;
                self.writer.add(&sealed).await?;
                self.waiting.clear();
            }
            let room = PIECE_BYTES_MAX.saturating_sub(self.waiting.len()).min(rest.len());
            let (now, after) = rest.split_at(room);
            self.waiting.extend_from_slice(now);
            rest = after;
        }
        Ok(())
    }

    /// Keeps it.
    ///
    /// # Errors
    /// As [`Sealing::add`].
    pub async fn end(mut self) -> Result<Whole, VaultError> {
        let sealed = self.pieces.seal(&self.waiting, true)?;
        self.writer.add(&sealed).await?;
        let blob = self.writer.end().await?.hash.to_string();
        let sealed = Sealed { blob, key: self.sealed_key };
        Ok(Whole { sealed, bytes: self.bytes, sha256: hexadecimal(&self.hash.finalize()) })
    }
}

/// A kept file being read.
pub struct Opened {
    reader: BlobReader,
    opening: Opening,
}

impl Opened {
    /// The next piece; nothing after the last, when the file is proved to be
    /// whole.
    ///
    /// # Errors
    /// If a byte of it is not what was kept.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, VaultError> {
        loop {
            if let Some(piece) = self.opening.next()? {
                return Ok(Some(piece));
            }
            match self.reader.next().await? {
                Some(sealed) => self.opening.add(&sealed),
                None => {
                    self.opening.end()?;
                    return Ok(None);
                }
            }
        }
    }
}

impl Owner {
    /// A row, and what its file is kept for.
    #[must_use]
    pub fn new(purpose: &'static str, id: &dyn std::fmt::Display) -> Self {
        Self { id: id.to_string(), purpose }
    }

    const fn binding<'a>(&'a self, body: &'a str) -> Binding<'a> {
        Binding { body, owner: self.id.as_str(), purpose: self.purpose }
    }
}

/// Frames and tags are a two-thousandth at most, and a piece's.
const fn sealed_max(bytes_max: u64) -> u64 {
    bytes_max.saturating_add(bytes_max / 1_024).saturating_add(4_096)
}

/// The SHA-256 (FIPS 180-4) of bytes in hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Hexadecimal digits in lower case.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::{Clock, SeededRandom, SystemClock};

    use super::*;

    fn vault(blobs: Blobs) -> Vault {
        let line = Sealer::new_key_line(&SeededRandom::new(1));
        Vault::new(blobs, Sealer::parse(line.reveal()).unwrap(), "a-test")
    }

    #[tokio::test]
    async fn what_comes_in_parts_goes_out_in_pieces_and_opens_for_its_owner_only() {
        let folder = testbed::folder();
        let blobs = Blobs::disk(folder.path(), Arc::new(SeededRandom::new(2))).await.unwrap();
        let vault = vault(blobs);
        let random = SeededRandom::new(3);
        let now = SystemClock::default().now();
        let body = BodyId::new(now, &random);
        let owner = Owner::new("upload", &BatchId::new(now, &random));
        let plain: Vec<u8> = (0..5 * PIECE_BYTES_MAX / 2).map(|at| (at % 251) as u8).collect();
        for length in [0, 1, PIECE_BYTES_MAX, PIECE_BYTES_MAX + 1, plain.len()] {
            let plain = &plain[..length];
            let mut sealing = vault.begin(body, &owner, length as u64, &random).unwrap();
            for part in plain.chunks(70_001) {
                sealing.add(part).await.unwrap();
            }
            let whole = sealing.end().await.unwrap();
            assert_eq!(whole.bytes, length as u64);
            assert_eq!(whole.sha256, hexadecimal(&Sha256::digest(plain)));
            let batch = BatchId::new(now, &random);
            assert!(vault.give(body, batch, &whole.sealed, 1 << 30).await.is_err(), "no owner");
            let moved =
                vault.hand_over(body, &whole.sealed, (&owner, &vault.of(batch)), &random).unwrap();
            assert_eq!(moved.blob, whole.sealed.blob);
            assert_eq!(vault.give(body, batch, &moved, length as u64).await.unwrap(), plain);
            if let Some(less) = (length as u64).checked_sub(1) {
                assert!(vault.give(body, batch, &moved, less).await.is_err());
            }
        }
    }
}

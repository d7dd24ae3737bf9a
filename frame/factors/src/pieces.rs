//! Seals files piece by piece under a key of their own, so that a large file
//! is sealed as it comes and read as it goes, and forgetting its key destroys
//! it. Pieces cannot be swapped, dropped, repeated or cut off at the end: the
//! STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over
//! XChaCha20-Poly1305. Knows neither files nor rows.

use base::{Random, Secret, random};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::seal::{Binding, SealError, Sealer};

/// The most bytes of one piece before it is sealed.
pub const PIECE_BYTES_MAX: usize = 1 << 20;
/// What sealing adds to a piece: its length, a mark, the tag.
const FRAME_LENGTH: usize = 4 + 1;
const TAG_LENGTH: usize = 16;
const KEY_LENGTH: usize = 32;
/// Distinguishes this use of a key from every other.
const ASSOCIATED: &[u8] = b"sekisho pieces 1";

/// The key of one file.
#[derive(Clone, Debug)]
pub struct FileKey(Secret<[u8; KEY_LENGTH]>);

impl FileKey {
    /// A key that nothing was sealed with yet. Use it for one file only.
    #[must_use]
    pub fn new(source: &dyn Random) -> Self {
        Self(Secret::new(random::bytes(source)))
    }

    /// Seals the key for a row.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    pub fn seal(
        &self,
        sealer: &Sealer,
        binding: Binding<'_>,
        source: &dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        sealer.seal(binding, self.0.reveal(), source)
    }

    /// Opens a key that [`FileKey::seal`] sealed.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub fn open(sealer: &Sealer, binding: Binding<'_>, sealed: &[u8]) -> Result<Self, SealError> {
        let plain = sealer.open(binding, sealed)?;
        let key = <[u8; KEY_LENGTH]>::try_from(plain.reveal().as_slice());
        key.map(|key| Self(Secret::new(key))).map_err(|_| SealError::Malformed)
    }

    /// Seals a whole file.
    ///
    /// # Errors
    /// [`SealError::TooLong`] beyond 2^32 pieces.
    pub fn seal_all(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut writer = Pieces::new(self);
        let mut sealed = Vec::with_capacity(plain.len() + plain.len() / 4_096 + 64);
        let mut rest = plain;
        while let Some((piece, after)) = rest.split_at_checked(PIECE_BYTES_MAX) {
            if after.is_empty() {
                break;
            }
            sealed.extend(writer.seal(piece, false)?);
            rest = after;
        }
        sealed.extend(writer.seal(rest, true)?);
        Ok(sealed)
    }

    /// Opens a whole file of at most `bytes_max`.
    ///
    /// # Errors
    /// [`SealError::Forged`] for anything but the very bytes that were sealed;
    /// [`SealError::TooLong`].
    pub fn open_all(&self, sealed: &[u8], bytes_max: usize) -> Result<Vec<u8>, SealError> {
        let mut opening = Opening::new(self);
        opening.add(sealed);
        let mut plain = Vec::with_capacity(sealed.len().min(bytes_max));
        while let Some(piece) = opening.next()? {
            plain.extend(piece);
            if plain.len() > bytes_max {
                return Err(SealError::TooLong);
            }
        }
        opening.end()?;
        Ok(plain)
    }
}

/// A sealed file that is opened while it comes. Each piece it gives is proved
/// to stand where it stood; that none is missing at the end, only
/// [`Opening::end`] proves.
pub struct Opening {
    pieces: Pieces,
    held: Vec<u8>,
    at: usize,
}

impl Opening {
    /// Begins at the first piece.
    #[must_use]
    pub fn new(key: &FileKey) -> Self {
        Self { pieces: Pieces::new(key), held: Vec::new(), at: 0 }
    }

    /// Takes more sealed bytes. Ask for pieces until none is whole before
    /// adding more, and no more than a piece is held.
    pub fn add(&mut self, sealed: &[u8]) {
        self.held.drain(..self.at);
        self.at = 0;
        self.held.extend_from_slice(sealed);
    }

    /// The next piece, if all of it is here.
    ///
    /// # Errors
    /// [`SealError::Forged`].
    #[expect(clippy::should_implement_trait, reason = "no iterator: none now may be some later")]
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, SealError> {
        let rest = self.held.get(self.at..).unwrap_or_default();
        if rest.len() < FRAME_LENGTH || self.pieces.is_over {
            return Ok(None);
        }
        let (length, after) = frame(rest)?;
        let Some(sealed) = after.get(..length) else { return Ok(None) };
        let is_last = match rest.get(4) {
            Some(0) => false,
            Some(1) => true,
            Some(_) | None => return Err(SealError::Forged),
        };
        let plain = self.pieces.open(is_last, sealed)?;
        self.at = self.at.saturating_add(FRAME_LENGTH + length);
        Ok(Some(plain))
    }

    /// Says that nothing more comes.
    ///
    /// # Errors
    /// [`SealError::Forged`] where the last piece was not seen, or something
    /// follows it.
    pub fn end(&self) -> Result<(), SealError> {
        let is_whole = self.pieces.is_over && self.at == self.held.len();
        if is_whole { Ok(()) } else { Err(SealError::Forged) }
    }
}

/// Pieces of one file, one after the other, in one direction.
pub struct Pieces {
    cipher: XChaCha20Poly1305,
    next: u32,
    is_over: bool,
}

impl Pieces {
    /// Begins at the first piece.
    #[must_use]
    pub fn new(key: &FileKey) -> Self {
        Self::after(key, 0)
    }

    /// Goes on after so many pieces: an upload that was cut off.
    #[must_use]
    pub fn after(key: &FileKey, count: u32) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.0.reveal().into()), next: count, is_over: false }
    }

    /// How many pieces there were.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.next
    }

    /// Seals the next piece, framed by its length and whether it is the last.
    ///
    /// # Errors
    /// [`SealError::TooLong`] for a piece over [`PIECE_BYTES_MAX`], after the
    /// last one, and beyond 2^32 pieces.
    pub fn seal(&mut self, plain: &[u8], is_last: bool) -> Result<Vec<u8>, SealError> {
        if self.is_over || plain.len() > PIECE_BYTES_MAX {
            return Err(SealError::TooLong);
        }
        let nonce = self.step(is_last)?;
        let payload = Payload { msg: plain, aad: ASSOCIATED };
        let sealed = self.cipher.encrypt(&nonce, payload).map_err(|_| SealError::TooLong)?;
        let length = u32::try_from(sealed.len()).map_err(|_| SealError::TooLong)?;
        let mut framed = Vec::with_capacity(sealed.len() + FRAME_LENGTH);
        framed.extend(length.to_be_bytes());
        framed.push(u8::from(is_last));
        framed.extend(sealed);
        Ok(framed)
    }

    /// Opens the next piece, without its frame.
    ///
    /// # Errors
    /// [`SealError::Forged`].
    pub fn open(&mut self, is_last: bool, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        if self.is_over {
            return Err(SealError::Forged);
        }
        let nonce = self.step(is_last)?;
        let payload = Payload { msg: sealed, aad: ASSOCIATED };
        self.cipher.decrypt(&nonce, payload).map_err(|_| SealError::Forged)
    }

    fn step(&mut self, is_last: bool) -> Result<XNonce, SealError> {
        let mut nonce = [0; 24];
        nonce[19..23].copy_from_slice(&self.next.to_be_bytes());
        nonce[23] = u8::from(is_last);
        self.next = self.next.checked_add(1).ok_or(SealError::TooLong)?;
        self.is_over = is_last;
        Ok(XNonce::from(nonce))
    }
}

/// Reads a frame: how long the sealed piece is, and what follows the frame.
fn frame(bytes: &[u8]) -> Result<(usize, &[u8]), SealError> {
    let (head, rest) = bytes.split_at_checked(FRAME_LENGTH).ok_or(SealError::Forged)?;
    let length = head.first_chunk::<4>().map(|length| u32::from_be_bytes(*length));
    let length = length.and_then(|length| usize::try_from(length).ok()).ok_or(SealError::Forged)?;
    let is_possible = (TAG_LENGTH..=PIECE_BYTES_MAX + TAG_LENGTH).contains(&length);
    if is_possible { Ok((length, rest)) } else { Err(SealError::Forged) }
}

#[cfg(test)]
mod tests {
    use base::SeededRandom;

    use super::*;

    fn key() -> FileKey {
        FileKey::new(&SeededRandom::new(3))
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|index| (index % 251) as u8).collect()
    }

    #[test]
    fn files_of_every_size_come_back() {
        for length in [0, 1, PIECE_BYTES_MAX - 1, PIECE_BYTES_MAX, PIECE_BYTES_MAX + 1, 3 << 20] {
            let plain = content(length);
            let sealed = key().seal_all(&plain).unwrap();
            assert_eq!(key().open_all(&sealed, length).unwrap(), plain, "{length}");
            assert!(length == 0 || key().open_all(&sealed, length - 1).is_err());
        }
    }

    #[test]
    fn a_changed_cut_or_rearranged_file_is_refused() {
        let mut writer = Pieces::new(&key());
        let pieces: Vec<Vec<u8>> =
            (0..4_u8).map(|index| writer.seal(&[index; 40], index == 3).unwrap()).collect();
        let joined = |order: &[usize]| -> Vec<u8> {
            order.iter().flat_map(|index| pieces[*index].clone()).collect()
        };
        assert_eq!(key().open_all(&joined(&[0, 1, 2, 3]), 1_000).unwrap().len(), 160);
        for order in [
            &[0, 1, 2][..],
            &[0, 1, 3],
            &[1, 0, 2, 3],
            &[0, 1, 1, 2, 3],
            &[0, 1, 2, 3, 3],
            &[3],
            &[],
        ] {
            assert_eq!(key().open_all(&joined(order), 1_000), Err(SealError::Forged), "{order:?}");
        }
        let whole = joined(&[0, 1, 2, 3]);
        for index in 0..whole.len() {
            let mut changed = whole.clone();
            changed[index] ^= 1;
            assert!(key().open_all(&changed, 1_000).is_err(), "byte {index}");
            assert!(key().open_all(&whole[..index], 1_000).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn a_file_is_opened_while_it_comes() {
        let plain = content(3 * PIECE_BYTES_MAX + 77);
        let sealed = key().seal_all(&plain).unwrap();
        for step in [1_000, 65_536, sealed.len()] {
            let mut opening = Opening::new(&key());
            let mut opened = Vec::new();
            for part in sealed.chunks(step) {
                opening.add(part);
                while let Some(piece) = opening.next().unwrap() {
                    opened.extend(piece);
                }
                assert!(opening.held.len() <= PIECE_BYTES_MAX + 64 + step);
            }
            assert_eq!(opening.end(), Ok(()), "{step}");
            assert_eq!(opened, plain, "{step}");
        }
        let mut cut = Opening::new(&key());
        cut.add(&sealed[..sealed.len() - 1]);
        while cut.next().unwrap().is_some() {}
        assert_eq!(cut.end(), Err(SealError::Forged));
    }

    #[test]
    fn an_upload_goes_on_where_it_was_cut() {
        let mut first = Pieces::new(&key());
        let mut sealed = first.seal(b"one", false).unwrap();
        let mut second = Pieces::after(&key(), first.count());
        sealed.extend(second.seal(b"two", true).unwrap());
        assert_eq!(key().open_all(&sealed, 100).unwrap(), b"onetwo");
        assert!(second.seal(b"more", true).is_err());
    }

    #[test]
    fn a_key_opens_only_where_it_was_sealed() {
        let source = SeededRandom::new(5);
        let sealer = Sealer::parse(Sealer::new_key_line(&source).reveal()).unwrap();
        let here = Binding { body: "a", owner: "one", purpose: "original" };
        let sealed = key().seal(&sealer, here, &source).unwrap();
        assert!(FileKey::open(&sealer, here, &sealed).is_ok());
        let there = Binding { owner: "two", ..here };
        assert!(matches!(FileKey::open(&sealer, there, &sealed), Err(SealError::Forged)));
    }
}

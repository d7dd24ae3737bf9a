//! Seals a file piece by piece to the inner half's public key as it comes: HPKE
//! (RFC 9180) with X25519, HKDF-SHA256 and ChaCha20-Poly1305. Each file has a
//! key of its own whose secret is gone with the [`Sealing`]: whoever sealed it
//! cannot read it afterwards. Pieces cannot be swapped, dropped or cut off.

use std::convert::Infallible;
use std::fmt;

use base::{Random, Secret, random};
use hpke::aead::{AeadCtxR, AeadCtxS, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};

use crate::frame::cut;
use crate::limits::{NAME_BYTES_MAX, PIECE_BYTES, TAG_BYTES};
use crate::link::{ItemId, LinkHash, read_hex};

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// The key that opens what the outer half sealed. It lies with the inner half
/// only.
pub struct InnerKey(PrivateKey);

/// What files are sealed to.
#[derive(Clone)]
pub struct InnerPublic(PublicKey);

/// A file that is being sealed.
pub struct Sealing(AeadCtxS<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>);

/// A file that is being opened.
pub struct Opening(AeadCtxR<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>);

/// Why something was not sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A text or bytes that are no key.
    #[error("not a key: 64 hexadecimal digits are needed")]
    Key,
    /// A piece that is too large, or too many of them.
    #[error("a piece has at most {PIECE_BYTES} bytes")]
    TooLong,
    /// Not the bytes that were sealed, or for another link or item.
    #[error("what came was not sealed for us, or was changed")]
    Forged,
}

/// Tells this use of the key from every other.
const PURPOSE: &[u8] = b"sekisho halves 1";
/// What a message is: each has its own associated data.
const NAME: &[u8] = b"name";
const PIECE: &[u8] = b"piece";
const LAST: &[u8] = b"last";

impl InnerKey {
    /// Makes a new key.
    #[must_use]
    pub fn new(source: &dyn Random) -> Self {
        let secret = Secret::new(random::bytes::<32>(source));
        Self(X25519HkdfSha256::derive_keypair(secret.reveal()).0)
    }

    /// Reads a key's line.
    ///
    /// # Errors
    /// [`SealError::Key`].
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let bytes = Secret::new(read_hex::<32>(text.trim()).ok_or(SealError::Key)?);
        PrivateKey::from_bytes(bytes.reveal()).map(Self).map_err(|_| SealError::Key)
    }

    /// The key's line, for a file that only we read.
    #[must_use]
    pub fn line(&self) -> Secret<String> {
        let bytes = Secret::new(<[u8; 32]>::from(self.0.to_bytes()));
        Secret::new(hex(bytes.reveal()) + "\n")
    }

    /// What the outer half seals to.
    #[must_use]
    pub fn public(&self) -> InnerPublic {
        InnerPublic(X25519HkdfSha256::sk_to_pk(&self.0))
    }
}

impl InnerPublic {
    /// Reads the public key's text.
    ///
    /// # Errors
    /// [`SealError::Key`].
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let bytes = read_hex::<32>(text.trim()).ok_or(SealError::Key)?;
        PublicKey::from_bytes(&bytes).map(Self).map_err(|_| SealError::Key)
    }
}

impl fmt::Display for InnerPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0.to_bytes()))
    }
}

impl fmt::Debug for InnerPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for InnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InnerKey")
    }
}

impl Sealing {
    /// Begins a file: the encapsulated key goes before it.
    ///
    /// # Errors
    /// [`SealError::Key`] for a public key that no file can be sealed to.
    pub fn new(
        to: &InnerPublic,
        item: ItemId,
        link: LinkHash,
        source: &dyn Random,
    ) -> Result<([u8; 32], Self), SealError> {
        let mut source = Source(source);
        let made = hpke::setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &to.0,
            &info(item, link),
            &mut source,
        );
        let (key, context) = made.map_err(|_| SealError::Key)?;
        Ok((<[u8; 32]>::from(key.to_bytes()), Self(context)))
    }

    /// Seals the name, before the first piece; a long one is cut.
    ///
    /// # Errors
    /// [`SealError::TooLong`] beyond the cipher's own limit.
    pub fn name(&mut self, name: &str) -> Result<Vec<u8>, SealError> {
        let name = cut(name, NAME_BYTES_MAX);
        self.0.seal(name.as_bytes(), NAME).map_err(|_| SealError::TooLong)
    }

    /// Seals the next piece.
    ///
    /// # Errors
    /// [`SealError::TooLong`].
    pub fn piece(&mut self, plain: &[u8], is_last: bool) -> Result<Vec<u8>, SealError> {
        if plain.len() > PIECE_BYTES {
            return Err(SealError::TooLong);
        }
        self.0.seal(plain, label(is_last)).map_err(|_| SealError::TooLong)
    }
}

impl Opening {
    /// Begins a file of this very item and link.
    ///
    /// # Errors
    /// [`SealError::Forged`] for what is no key.
    pub fn new(
        with: &InnerKey,
        key: &[u8; 32],
        item: ItemId,
        link: LinkHash,
    ) -> Result<Self, SealError> {
        let key = EncappedKey::from_bytes(key).map_err(|_| SealError::Forged)?;
        let made = hpke::setup_receiver(&OpModeR::Base, &with.0, &key, &info(item, link));
        made.map(Self).map_err(|_| SealError::Forged)
    }

    /// Opens the name.
    ///
    /// # Errors
    /// [`SealError::Forged`].
    pub fn name(&mut self, sealed: &[u8]) -> Result<String, SealError> {
        let plain = self.0.open(sealed, NAME).map_err(|_| SealError::Forged)?;
        String::from_utf8(plain).map_err(|_| SealError::Forged)
    }

    /// Opens the next piece.
    ///
    /// # Errors
    /// [`SealError::Forged`].
    pub fn piece(&mut self, sealed: &[u8], is_last: bool) -> Result<Vec<u8>, SealError> {
        if sealed.len() > PIECE_BYTES + TAG_BYTES {
            return Err(SealError::Forged);
        }
        self.0.open(sealed, label(is_last)).map_err(|_| SealError::Forged)
    }
}

const fn label(is_last: bool) -> &'static [u8] {
    if is_last { LAST } else { PIECE }
}

fn info(item: ItemId, link: LinkHash) -> Vec<u8> {
    [PURPOSE, &item.0, &link.0].concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Randomness as the library wants it.
struct Source<'a>(&'a dyn Random);

impl TryRng for Source<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(random::bytes(self.0)))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(random::bytes(self.0)))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(buffer);
        Ok(())
    }
}

impl TryCryptoRng for Source<'_> {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base::SeededRandom;

    use super::*;

    const ITEM: ItemId = ItemId([1; 16]);
    const LINK: LinkHash = LinkHash([2; 32]);

    fn sealed() -> (InnerKey, [u8; 32], Vec<u8>, Vec<Vec<u8>>) {
        let source = SeededRandom::new(4);
        let key = InnerKey::new(&source);
        let (encapsulated, mut sealing) = Sealing::new(&key.public(), ITEM, LINK, &source).unwrap();
        let name = sealing.name("申請書.docx").unwrap();
        let pieces = vec![
            sealing.piece(&[1; PIECE_BYTES], false).unwrap(),
            sealing.piece(&[2; PIECE_BYTES], false).unwrap(),
            sealing.piece(b"end", true).unwrap(),
        ];
        (key, encapsulated, name, pieces)
    }

    fn open(key: &InnerKey, head: &[u8; 32], item: ItemId, link: LinkHash) -> Opening {
        Opening::new(key, head, item, link).unwrap()
    }

    #[test]
    fn a_file_comes_back_whole() {
        let (key, head, name, pieces) = sealed();
        let mut opening = open(&key, &head, ITEM, LINK);
        assert_eq!(opening.name(&name).unwrap(), "申請書.docx");
        assert_eq!(opening.piece(&pieces[0], false).unwrap(), [1; PIECE_BYTES]);
        assert_eq!(opening.piece(&pieces[1], false).unwrap(), [2; PIECE_BYTES]);
        assert_eq!(opening.piece(&pieces[2], true).unwrap(), b"end");
    }

    #[test]
    fn swapped_cut_repeated_and_moved_pieces_do_not_open() {
        let (key, head, name, pieces) = sealed();
        let begun = || {
            let mut opening = open(&key, &head, ITEM, LINK);
            opening.name(&name).unwrap();
            opening
        };
        assert!(begun().piece(&pieces[1], false).is_err(), "swapped");
        assert!(begun().piece(&pieces[0], true).is_err(), "cut");
        let mut opening = begun();
        opening.piece(&pieces[0], false).unwrap();
        assert!(opening.piece(&pieces[0], false).is_err(), "repeated");
        assert!(open(&key, &head, ItemId([9; 16]), LINK).name(&name).is_err(), "another item");
        assert!(open(&key, &head, ITEM, LinkHash([9; 32])).name(&name).is_err(), "another link");
        let other = InnerKey::new(&SeededRandom::new(5));
        assert!(open(&other, &head, ITEM, LINK).name(&name).is_err(), "another key");
        assert!(Opening::new(&key, &[0; 32], ITEM, LINK).is_err(), "no key at all");
    }

    #[test]
    fn a_key_reads_back_and_shows_nothing() {
        let key = InnerKey::new(&SeededRandom::new(6));
        let again = InnerKey::parse(key.line().reveal()).unwrap();
        assert_eq!(again.public().to_string(), key.public().to_string());
        assert_eq!(format!("{key:?}"), "InnerKey");
        assert!(InnerPublic::parse("00").is_err() && InnerKey::parse("x").is_err());
    }
}

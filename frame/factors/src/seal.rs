//! Seals secrets that must be stored: XChaCha20-Poly1305 under the key file,
//! bound to the body, the person and the purpose, so that a row that was moved
//! to another place opens nowhere. Knows neither files nor rows.

use base::{Random, Secret, random};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

/// The keys of a key file: the first seals, all of them open.
#[derive(Clone, Debug)]
pub struct Sealer {
    keys: Vec<Key>,
}

/// What a sealed value belongs to. It opens only under the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding<'a> {
    /// The id of the body that owns the row.
    pub body: &'a str,
    /// The id of the person, or of whatever else owns the secret.
    pub owner: &'a str,
    /// What the secret is for, like `totp`.
    pub purpose: &'static str,
}

/// Why a value did not open, or a key file was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A line of the key file is no key; lines count from 1.
    #[error("line {line} of the key file is no key")]
    KeyFile {
        /// Which line.
        line: usize,
    },
    /// The key file holds no key.
    #[error("the key file holds no key")]
    NoKey,
    /// More keys than a file takes.
    #[error("the key file holds more than {KEYS_MAX} keys")]
    TooManyKeys,
    /// A value longer than is sealed.
    #[error("only {PLAIN_MAX} bytes can be sealed")]
    TooLong,
    /// Not a sealed value.
    #[error("not a sealed value")]
    Malformed,
    /// Sealed under a key that the key file does not hold.
    #[error("sealed under a key that is not in the key file")]
    UnknownKey,
    /// Changed, or moved from another body, person or purpose.
    #[error("sealed value was changed or belongs elsewhere")]
    Forged,
}

#[derive(Clone, Debug)]
struct Key {
    /// The first bytes of the key's hash: says which key sealed a value.
    name: [u8; NAME_LENGTH],
    key: Secret<[u8; KEY_LENGTH]>,
}

const KEY_LENGTH: usize = 32;
const NAME_LENGTH: usize = 8;
const NONCE_LENGTH: usize = 24;
const VERSION: u8 = 1;
const HEAD_LENGTH: usize = 1 + NAME_LENGTH + NONCE_LENGTH;

/// Bytes of one sealed secret, at most.
const PLAIN_MAX: usize = 64 * 1024;

/// Bytes of a key file, at most.
pub const KEY_FILE_BYTES_MAX: usize = 16 * 1024;

const KEYS_MAX: usize = 32;

/// What each line of a key file starts with.
const LINE_MARK: &str = "sekisho-seal-1:";

impl Sealer {
    /// Makes one line of a key file, with its line end. Put first, the key
    /// seals; the lines below it still open what they sealed.
    #[must_use]
    pub fn new_key_line(source: &dyn Random) -> Secret<String> {
        let key = Secret::new(random::bytes::<KEY_LENGTH>(source));
        Secret::new(format!("{LINE_MARK}{}\n", STANDARD_NO_PAD.encode(key.reveal())))
    }

    /// Reads a key file: a key a line, empty lines and lines with # left out.
    ///
    /// # Errors
    /// Names the first line that is no key.
    pub fn parse(file: &str) -> Result<Self, SealError> {
        if file.len() > KEY_FILE_BYTES_MAX {
            return Err(SealError::TooManyKeys);
        }
        let mut keys = Vec::new();
        for (line, text) in (1..).zip(file.lines().map(str::trim)) {
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if keys.len() == KEYS_MAX {
                return Err(SealError::TooManyKeys);
            }
            keys.push(Key::parse(text).ok_or(SealError::KeyFile { line })?);
        }
        if keys.is_empty() { Err(SealError::NoKey) } else { Ok(Self { keys }) }
    }

    /// Seals a secret under the first key.
    ///
    /// # Errors
    /// When it is longer than 64 KiB.
    pub fn seal(
        &self,
        binding: Binding<'_>,
        plain: &[u8],
        source: &dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        let key = self.keys.first().ok_or(SealError::NoKey)?;
        if plain.len() > PLAIN_MAX {
            return Err(SealError::TooLong);
        }
        let nonce: [u8; NONCE_LENGTH] = random::bytes(source);
        let head = [&[VERSION], key.name.as_slice(), &nonce].concat();
        let payload = Payload { msg: plain, aad: &binding.associated(&head) };
        let cipher = key.cipher();
        let body =
            cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| SealError::TooLong)?;
        Ok([head, body].concat())
    }

    /// Opens a sealed value.
    ///
    /// # Errors
    /// When it was changed, belongs elsewhere or its key is gone.
    pub fn open(&self, binding: Binding<'_>, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        let (head, body) = sealed.split_at_checked(HEAD_LENGTH).ok_or(SealError::Malformed)?;
        let key = self.key_of(head)?;
        let nonce = head.get(1 + NAME_LENGTH..).ok_or(SealError::Malformed)?;
        let payload = Payload { msg: body, aad: &binding.associated(head) };
        let plain = key.cipher().decrypt(XNonce::from_slice(nonce), payload);
        plain.map(Secret::new).map_err(|_| SealError::Forged)
    }

    /// Says whether the first key sealed this value; if not, it is to be sealed
    /// again before the old key leaves the file.
    #[must_use]
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        let name = sealed.get(1..=NAME_LENGTH);
        self.keys.first().is_some_and(|key| name == Some(key.name.as_slice()))
    }

    fn key_of(&self, head: &[u8]) -> Result<&Key, SealError> {
        if head.first() != Some(&VERSION) {
            return Err(SealError::Malformed);
        }
        let name = head.get(1..=NAME_LENGTH);
        self.keys.iter().find(|key| name == Some(key.name.as_slice())).ok_or(SealError::UnknownKey)
    }
}

impl Key {
    fn parse(line: &str) -> Option<Self> {
        let bytes = Secret::new(STANDARD_NO_PAD.decode(line.strip_prefix(LINE_MARK)?).ok()?);
        let key = Secret::new(<[u8; KEY_LENGTH]>::try_from(bytes.reveal().as_slice()).ok()?);
        let mut hasher = Sha256::new();
        hasher.update(b"sekisho seal key name 1\0");
        hasher.update(key.reveal());
        let mut name = [0; NAME_LENGTH];
        name.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
        Some(Self { name, key })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.key.reveal().into())
    }
}

impl Binding<'_> {
    /// Each word after its length, so that no two bindings read the same.
    fn associated(&self, head: &[u8]) -> Vec<u8> {
        let mut bytes = b"sekisho sealed 1\0".to_vec();
        bytes.extend_from_slice(head);
        for word in [self.purpose, self.body, self.owner] {
            bytes.extend_from_slice(&u64::try_from(word.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(word.as_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base::SeededRandom;

    const HERE: Binding<'_> = Binding { body: "midori", owner: "sato", purpose: "totp" };

    fn sealer(seed: u64) -> Sealer {
        Sealer::parse(Sealer::new_key_line(&SeededRandom::new(seed)).reveal()).unwrap()
    }

    #[test]
    fn a_sealed_secret_opens_where_it_belongs_only() {
        let random = SeededRandom::new(9);
        let sealed = sealer(1).seal(HERE, b"himitsu", &random).unwrap();
        assert_eq!(sealer(1).open(HERE, &sealed).unwrap().reveal(), b"himitsu");
        let elsewhere = [
            Binding { body: "aoba", ..HERE },
            Binding { owner: "suzuki", ..HERE },
            Binding { purpose: "key", ..HERE },
            Binding { body: "midoris", owner: "ato", ..HERE },
        ];
        for binding in elsewhere {
            assert_eq!(
                sealer(1).open(binding, &sealed).err(),
                Some(SealError::Forged),
                "{binding:?}"
            );
        }
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_found() {
        let sealed = sealer(1).seal(HERE, b"himitsu", &SeededRandom::new(9)).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(sealer(1).open(HERE, &changed).is_err(), "{bit}");
        }
        for length in 0..sealed.len() {
            assert!(sealer(1).open(HERE, &sealed[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_new_key_in_front_seals_and_the_old_one_still_opens() {
        let random = SeededRandom::new(3);
        let (old, new) = (Sealer::new_key_line(&random), Sealer::new_key_line(&random));
        let before = Sealer::parse(old.reveal()).unwrap();
        let sealed = before.seal(HERE, b"x", &random).unwrap();
        let after =
            Sealer::parse(&format!("# since today\n{}\n{}", new.reveal(), old.reveal())).unwrap();
        assert!(after.open(HERE, &sealed).is_ok() && !after.is_current(&sealed));
        let again = after.seal(HERE, b"x", &random).unwrap();
        assert!(after.is_current(&again));
        assert_eq!(before.open(HERE, &again).err(), Some(SealError::UnknownKey));
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let random = SeededRandom::new(3);
        let one = sealer(1).seal(HERE, b"x", &random).unwrap();
        assert_ne!(one, sealer(1).seal(HERE, b"x", &random).unwrap());
    }

    #[test]
    fn a_bad_key_file_names_its_line() {
        assert_eq!(Sealer::parse("# none\n").err(), Some(SealError::NoKey));
        assert_eq!(Sealer::parse("\nkey").err(), Some(SealError::KeyFile { line: 2 }));
        assert_eq!(
            Sealer::parse("sekisho-seal-1:AAAA").err(),
            Some(SealError::KeyFile { line: 1 })
        );
        let many = Sealer::new_key_line(&SeededRandom::new(1)).reveal().repeat(KEYS_MAX + 1);
        assert_eq!(Sealer::parse(&many).err(), Some(SealError::TooManyKeys));
    }

    #[test]
    fn too_long_a_secret_is_refused() {
        let long = vec![0; PLAIN_MAX + 1];
        assert_eq!(
            sealer(1).seal(HERE, &long, &SeededRandom::new(1)).err(),
            Some(SealError::TooLong)
        );
    }
}

//! Encryption of members: traditional (6.1) and WinZip AES (AE-1, AE-2, field
//! 0x9901). Knows no passwords of its own and draws no random numbers.

use aes::cipher::{BlockEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256, Block};
use hmac::{Hmac, Mac};
use sanitize_core::{Budget, Stop};
use sha1::Sha1;

use super::read::ZipError;

/// Bytes before traditionally encrypted data (6.1.3).
const TRADITIONAL_HEAD: usize = 12;
/// Bytes of the short check of a password (AE-x).
const VERIFIER: usize = 2;
/// Bytes of the authentication code behind the data (AE-x).
const CODE: usize = 10;
/// Rounds of key derivation (AE-x); counted as objects, so that many members
/// with many passwords stop at a limit.
const ROUNDS: u32 = 1000;
/// Strength of AES-256, the only one written.
pub(super) const STRENGTH_256: u8 = 3;

/// Why an encrypted member did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// None of the passwords fits.
    #[error("no password opens the member")]
    Wrong,
    /// Encrypted in a way that is not known here.
    #[error("encryption is not supported")]
    Unknown,
    /// The member cannot be read for another reason.
    #[error(transparent)]
    Zip(#[from] ZipError),
}

impl From<Stop> for UnlockError {
    fn from(stop: Stop) -> Self {
        Self::Zip(stop.into())
    }
}

/// How a member is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    None,
    /// Either byte may stand last in the head: writers differ.
    Traditional {
        checks: [u8; 2],
    },
    /// AE-1 has a checksum of the data beside the code, AE-2 has none.
    Aes {
        strength: u8,
        has_crc: bool,
    },
    Unknown,
}

impl Lock {
    /// Says whether the entry's checksum means anything.
    pub(super) fn has_crc(self) -> bool {
        !matches!(self, Self::Aes { has_crc: false, .. })
    }

    /// Returns the packed data, or `None` where the password does not fit.
    pub(super) fn open(
        self,
        data: &[u8],
        password: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Vec<u8>>, ZipError> {
        match self {
            Self::None | Self::Unknown => Err(ZipError::Encrypted),
            Self::Traditional { checks } => Ok(open_traditional(data, password, checks)),
            Self::Aes { strength, .. } => {
                budget.take_objects(u64::from(ROUNDS))?;
                let parts = AesParts::split(data, strength).ok_or(ZipError::Damaged)?;
                Ok(parts.open(password, strength))
            }
        }
    }
}

/// The three keys of traditional encryption (6.1.5).
struct Keys(u32, u32, u32);

impl Keys {
    fn new(password: &[u8]) -> Self {
        let mut keys = Self(0x1234_5678, 0x2345_6789, 0x3456_7890);
        for &byte in password {
            keys.update(byte);
        }
        keys
    }

    fn update(&mut self, plain: u8) {
        self.0 = crc_step(self.0, plain);
        self.1 = self.1.wrapping_add(self.0 & 0xFF).wrapping_mul(134_775_813).wrapping_add(1);
        self.2 = crc_step(self.2, (self.1 >> 24) as u8);
    }

    fn decrypt(&mut self, byte: u8) -> u8 {
        let word = (self.2 | 2) & 0xFFFF;
        let plain = byte ^ (word.wrapping_mul(word ^ 1) >> 8) as u8;
        self.update(plain);
        plain
    }
}

/// One step of CRC-32 without the inversions at both ends.
fn crc_step(crc: u32, byte: u8) -> u32 {
    (crc >> 8) ^ CRC_TABLE[usize::from((crc as u8) ^ byte)]
}

const CRC_TABLE: [u32; 256] = crc_table();

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0xEDB8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
}

fn open_traditional(data: &[u8], password: &[u8], checks: [u8; 2]) -> Option<Vec<u8>> {
    let (head, body) = data.split_at_checked(TRADITIONAL_HEAD)?;
    let mut keys = Keys::new(password);
    let mut last = 0;
    for &byte in head {
        last = keys.decrypt(byte);
    }
    checks.contains(&last).then(|| body.iter().map(|&byte| keys.decrypt(byte)).collect())
}

/// The parts of an AES member: salt, verifier, data, code.
struct AesParts<'a> {
    salt: &'a [u8],
    verifier: &'a [u8],
    body: &'a [u8],
    code: &'a [u8],
}

impl<'a> AesParts<'a> {
    fn split(data: &'a [u8], strength: u8) -> Option<Self> {
        let (salt, rest) = data.split_at_checked(key_bytes(strength) / 2)?;
        let (verifier, rest) = rest.split_at_checked(VERIFIER)?;
        let (body, code) = rest.split_at_checked(rest.len().checked_sub(CODE)?)?;
        Some(Self { salt, verifier, body, code })
    }

    fn open(&self, password: &[u8], strength: u8) -> Option<Vec<u8>> {
        let keys = AesKeys::derive(password, self.salt, strength);
        if keys.verifier() != self.verifier || keys.code(self.body) != self.code {
            return None;
        }
        Some(keys.apply(self.body))
    }
}

/// Bytes of the key: 16, 24 or 32 for strengths 1 to 3.
fn key_bytes(strength: u8) -> usize {
    8 + 8 * usize::from(strength)
}

/// What PBKDF2-HMAC-SHA1 makes of a password: cipher key, code key, verifier.
struct AesKeys {
    bytes: Vec<u8>,
    key: usize,
}

impl AesKeys {
    fn derive(password: &[u8], salt: &[u8], strength: u8) -> Self {
        let key = key_bytes(strength);
        let mut bytes = vec![0; 2 * key + VERIFIER];
        pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, ROUNDS, &mut bytes);
        Self { bytes, key }
    }

    fn verifier(&self) -> &[u8] {
        &self.bytes[2 * self.key..]
    }

    fn code(&self, encrypted: &[u8]) -> Vec<u8> {
        hmac(&self.bytes[self.key..2 * self.key], &[encrypted])[..CODE].to_vec()
    }

    /// Encrypts or decrypts: counter mode with a little-endian counter from 1.
    fn apply(&self, data: &[u8]) -> Vec<u8> {
        let key = &self.bytes[..self.key];
        match self.key {
            16 => counter(&Aes128::new_from_slice(key).expect("16 bytes are its size"), data),
            24 => counter(&Aes192::new_from_slice(key).expect("24 bytes are its size"), data),
            _ => counter(&Aes256::new_from_slice(key).expect("32 bytes are its size"), data),
        }
    }
}

fn counter(
    cipher: &impl BlockEncrypt<BlockSize = aes::cipher::consts::U16>,
    data: &[u8],
) -> Vec<u8> {
    let mut out = data.to_vec();
    for (chunk, number) in out.chunks_mut(16).zip(1_u128..) {
        let mut block = Block::from(number.to_le_bytes());
        cipher.encrypt_block(&mut block);
        for (byte, mask) in chunk.iter_mut().zip(block) {
            *byte ^= mask;
        }
    }
    out
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    let mut mac = <Hmac<Sha1> as Mac>::new_from_slice(key).expect("HMAC takes keys of any size");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Encrypts packed data with AES-256.
///
/// The salt is made from password, name and data, so that the same member gives
/// the same bytes. That shows to an observer when the same file is sent twice
/// under the same name and password, and nothing else: two different members
/// never share a salt, so that no key stream is used twice. The password enters
/// through the same key derivation as the keys, so that guessing it from the
/// salt of a known file is not cheaper than from the verifier.
pub(super) fn seal(name: &str, packed: &[u8], password: &[u8]) -> Vec<u8> {
    let length = (name.len() as u64).to_le_bytes();
    let member = hmac(b"sekisho zip salt", &[&length, name.as_bytes(), packed]);
    let mut salt = [0; 16];
    pbkdf2::pbkdf2_hmac::<Sha1>(password, &member, ROUNDS, &mut salt);
    let keys = AesKeys::derive(password, &salt, STRENGTH_256);
    let body = keys.apply(packed);
    [&salt, keys.verifier(), &body, &keys.code(&body)].concat()
}

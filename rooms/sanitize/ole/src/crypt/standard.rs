//! Standard encryption of packages, [MS-OFFCRYPTO] 2.3.4.5 and on: AES in the
//! code book mode, keys from SHA-1.

use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use sanitize_core::{Job, Stop};
use sha1::{Digest, Sha1};

use super::{unknown, unlock};
use crate::bytes::{slice, u32_at, utf16_bytes};

/// How often a password is hashed (2.3.4.7).
const SPINS: u32 = 50_000;
/// Size of an AES block, in bytes.
pub(super) const BLOCK: usize = 16;

/// AES with any of its key lengths.
pub(super) enum Aes {
    Short(Box<Aes128>),
    Middle(Box<Aes192>),
    Long(Box<Aes256>),
}

impl Aes {
    /// Makes a cipher; nothing for a key of another length.
    pub fn new(key: &[u8]) -> Option<Self> {
        Some(match key.len() {
            16 => Self::Short(Box::new(Aes128::new_from_slice(key).ok()?)),
            24 => Self::Middle(Box::new(Aes192::new_from_slice(key).ok()?)),
            32 => Self::Long(Box::new(Aes256::new_from_slice(key).ok()?)),
            _ => return None,
        })
    }

    /// Decrypts whole blocks on their own; a rest stays as it is.
    pub fn decrypt(&self, data: &mut [u8]) {
        for block in data.chunks_exact_mut(BLOCK) {
            let block = GenericArray::from_mut_slice(block);
            match self {
                Self::Short(cipher) => cipher.decrypt_block(block),
                Self::Middle(cipher) => cipher.decrypt_block(block),
                Self::Long(cipher) => cipher.decrypt_block(block),
            }
        }
    }

    /// Decrypts whole blocks that are chained, beginning with `start`.
    pub fn decrypt_chained(&self, data: &mut [u8], start: &[u8; BLOCK]) {
        let mut last = *start;
        for block in data.chunks_exact_mut(BLOCK) {
            let mut now = [0; BLOCK];
            now.copy_from_slice(block);
            self.decrypt(block);
            for (byte, mask) in block.iter_mut().zip(last) {
                *byte ^= mask;
            }
            last = now;
        }
    }
}

/// Finds the password and decrypts the package, whose size is already off.
pub(super) fn decrypt(info: &[u8], package: &mut [u8], job: &Job<'_>) -> Result<(), Stop> {
    let parts = Parts::read(info).ok_or_else(unknown)?;
    let cipher = unlock(job, |password| Ok(parts.key(password)))?;
    cipher.decrypt(package);
    Ok(())
}

struct Parts<'i> {
    key_len: usize,
    salt: &'i [u8],
    verifier: &'i [u8],
    expected: &'i [u8],
}

impl<'i> Parts<'i> {
    fn read(info: &'i [u8]) -> Option<Self> {
        let size = usize::try_from(u32_at(info, 8)).ok()?;
        let header = slice(info, 12, size)?;
        let key_len = match u32_at(header, 8) {
            0x660E => 16,
            0x660F => 24,
            0x6610 => 32,
            _ => return None,
        };
        let verifier = info.get(12 + size..)?;
        Some(Self {
            key_len,
            salt: slice(verifier, 4, 16)?,
            verifier: slice(verifier, 20, 16)?,
            expected: slice(verifier, 40, 32)?,
        })
    }

    fn key(&self, password: &str) -> Option<Aes> {
        let start = Sha1::new().chain_update(self.salt).chain_update(utf16_bytes(password));
        let mut hash: [u8; 20] = start.finalize().into();
        for spin in 0..SPINS {
            hash =
                Sha1::new().chain_update(spin.to_le_bytes()).chain_update(hash).finalize().into();
        }
        let hash = Sha1::new().chain_update(hash).chain_update([0; 4]).finalize();
        let mut key = Vec::new();
        for pad in [0x36_u8, 0x5C] {
            let mut block = [pad; 64];
            for (byte, mask) in block.iter_mut().zip(&hash) {
                *byte ^= mask;
            }
            key.extend_from_slice(&Sha1::digest(block));
        }
        let cipher = Aes::new(key.get(..self.key_len)?)?;
        let (mut verifier, mut expected) = (self.verifier.to_vec(), self.expected.to_vec());
        cipher.decrypt(&mut verifier);
        cipher.decrypt(&mut expected);
        (Sha1::digest(&verifier)[..] == expected[..20]).then_some(cipher)
    }
}

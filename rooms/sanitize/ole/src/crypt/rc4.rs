//! RC4 as Office uses it, [MS-OFFCRYPTO] 2.3.5 and 2.3.6: the cipher, the keys
//! of each block and the check of a password.

use md5::{Digest, Md5};
use sanitize_core::{Job, Stop};
use sha1::Sha1;

use super::{unknown, unlock};
use crate::bytes::{slice, u16_at, u32_at, utf16_bytes};

/// A state of the cipher.
pub(super) struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    pub fn new(key: &[u8]) -> Self {
        let mut state = [0; 256];
        for (index, byte) in (0..=u8::MAX).zip(state.iter_mut()) {
            *byte = index;
        }
        let mut j = 0_u8;
        for i in 0..256 {
            j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
            state.swap(i, usize::from(j));
        }
        Self { state, i: 0, j: 0 }
    }

    pub fn apply(&mut self, data: &mut [u8]) {
        for byte in data {
            *byte ^= self.next();
        }
    }

    fn next(&mut self) -> u8 {
        self.i = self.i.wrapping_add(1);
        self.j = self.j.wrapping_add(self.state[usize::from(self.i)]);
        self.state.swap(usize::from(self.i), usize::from(self.j));
        let sum = self.state[usize::from(self.i)].wrapping_add(self.state[usize::from(self.j)]);
        self.state[usize::from(sum)]
    }
}

/// What the keys of a file's blocks are made from.
pub(super) enum Key {
    /// 40 bits, hashed with MD5 (2.3.6).
    Basic([u8; 5]),
    /// As many bytes as the header says, hashed with SHA-1 (2.3.5).
    CryptoApi { hash: [u8; 20], len: usize },
}

impl Key {
    /// Reads an encryption header and finds the password that fits it.
    pub fn open(header: &[u8], job: &Job<'_>) -> Result<Self, Stop> {
        match (u16_at(header, 0), u16_at(header, 2)) {
            (1, 1) => unlock(job, |password| Ok(basic(header, password))),
            (2..=4, 2) => {
                let parts = CryptoApi::read(header).ok_or_else(unknown)?;
                unlock(job, |password| Ok(parts.key(password)))
            }
            _ => Err(unknown()),
        }
    }

    /// Returns the cipher of a block.
    pub fn block(&self, number: u32) -> Rc4 {
        match self {
            Self::Basic(key) => {
                let hash = Md5::new().chain_update(key).chain_update(number.to_le_bytes());
                Rc4::new(&hash.finalize())
            }
            Self::CryptoApi { hash, len } => {
                let hash = Sha1::new().chain_update(hash).chain_update(number.to_le_bytes());
                let mut key = hash.finalize()[..*len].to_vec();
                if *len == 5 {
                    // 2.3.5.2: a key of 40 bits is filled up with zeros.
                    key.resize(16, 0);
                }
                Rc4::new(&key)
            }
        }
    }

    /// Decrypts a stream in blocks of `size` bytes, the first byte of `data`
    /// being byte 0 of the stream.
    pub fn decrypt(&self, data: &mut [u8], size: usize) {
        for (number, block) in (0_u32..).zip(data.chunks_mut(size)) {
            self.block(number).apply(block);
        }
    }
}

fn basic(header: &[u8], password: &str) -> Option<Key> {
    let salt = slice(header, 4, 16)?;
    let hash = Md5::digest(utf16_bytes(password));
    let mut long = Md5::new();
    for _ in 0..16 {
        long.update(&hash[..5]);
        long.update(salt);
    }
    let mut key = [0; 5];
    key.copy_from_slice(&long.finalize()[..5]);
    let key = Key::Basic(key);
    let mut cipher = key.block(0);
    let mut verifier = slice(header, 20, 16)?.to_vec();
    let mut expected = slice(header, 36, 16)?.to_vec();
    cipher.apply(&mut verifier);
    cipher.apply(&mut expected);
    (Md5::digest(&verifier)[..] == expected[..]).then_some(key)
}

struct CryptoApi<'h> {
    len: usize,
    salt: &'h [u8],
    verifier: &'h [u8],
    expected: &'h [u8],
}

impl<'h> CryptoApi<'h> {
    fn read(header: &'h [u8]) -> Option<Self> {
        const RC4: u32 = 0x6801;
        let size = usize::try_from(u32_at(header, 8)).ok()?;
        let inner = slice(header, 12, size)?;
        let bits = match u32_at(inner, 16) {
            0 => 40,
            bits => bits,
        };
        let is_known = u32_at(inner, 8) == RC4 && (40..=128).contains(&bits);
        let verifier = is_known.then(|| header.get(12 + size..)).flatten()?;
        Some(Self {
            len: usize::try_from(bits / 8).ok()?,
            salt: slice(verifier, 4, 16)?,
            verifier: slice(verifier, 20, 16)?,
            expected: slice(verifier, 40, 20)?,
        })
    }

    fn key(&self, password: &str) -> Option<Key> {
        let hash = Sha1::new().chain_update(self.salt).chain_update(utf16_bytes(password));
        let key = Key::CryptoApi { hash: hash.finalize().into(), len: self.len };
        let mut cipher = key.block(0);
        let (mut verifier, mut expected) = (self.verifier.to_vec(), self.expected.to_vec());
        cipher.apply(&mut verifier);
        cipher.apply(&mut expected);
        (Sha1::digest(&verifier)[..] == expected[..]).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::Rc4;

    #[test]
    fn the_cipher_is_rc4() {
        let mut data = *b"Plaintext";
        Rc4::new(b"Key").apply(&mut data);
        assert_eq!(data, [0xBB, 0xF3, 0x16, 0xE8, 0xD9, 0x40, 0xAF, 0x0A, 0xD3]);
    }
}

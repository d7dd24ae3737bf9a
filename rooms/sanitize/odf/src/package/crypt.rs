//! Opens parts that ODF 1.2 encryption locked: AES-256 in CBC mode, keys from
//! PBKDF2 (part 2, 3.8 and 4.8). Knows no other scheme and no passwords.

use std::io::Read;

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockDecryptMut, KeyIvInit};
use flate2::read::DeflateDecoder;
use sanitize_core::{Job, Stop, reasons};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// How one part is locked.
#[derive(Debug, Default)]
pub(super) struct Lock {
    pub(super) size: u64,
    pub(super) checksum: Vec<u8>,
    pub(super) vector: Vec<u8>,
    pub(super) salt: Vec<u8>,
    pub(super) rounds: u32,
    /// What the manifest names: all four must be what is known here.
    pub(super) schemes: Schemes,
}

/// Whether each scheme that the manifest names is a known one.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schemes {
    pub(super) cipher: bool,
    pub(super) start_key: bool,
    pub(super) derivation: bool,
    pub(super) checksum: bool,
}

impl Schemes {
    /// Says whether the part can be opened with the right password.
    pub(super) fn are_known(self) -> bool {
        self.cipher && self.start_key && self.derivation && self.checksum
    }
}

/// A document's password after its first hash.
#[derive(Clone)]
pub(super) struct StartKey([u8; 32]);

impl StartKey {
    pub(super) fn new(password: &str) -> Self {
        Self(Sha256::digest(password.as_bytes()).into())
    }
}

/// Most rounds that a document may ask for; LibreOffice asks for 100 000.
const ROUNDS_MAX: u32 = 2_000_000;
/// Bytes of packed data that the checksum covers (`sha256-1k`).
const CHECKSUM_BYTES: usize = 1024;

impl Lock {
    /// Decrypts the packed data; `None` where the key does not fit.
    pub(super) fn open(
        &self,
        locked: &[u8],
        key: &StartKey,
        job: &mut Job<'_>,
    ) -> Result<Option<Vec<u8>>, Stop> {
        let unknown = || Stop::held(&reasons::PROTECTION_UNKNOWN, "");
        if self.rounds == 0 || self.rounds > ROUNDS_MAX {
            return Err(unknown());
        }
        // A round is two hashes: about what one element costs.
        job.budget.take_objects(u64::from(self.rounds) / 4)?;
        job.budget.take_bytes(locked.len() as u64)?;
        let mut derived = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha1>(&key.0, &self.salt, self.rounds, &mut derived);
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&derived, &self.vector);
        let cipher = cipher.map_err(|_| unknown())?;
        let Ok(mut plain) = cipher.decrypt_padded_vec_mut::<NoPadding>(locked) else {
            return Ok(None);
        };
        // The last byte says how many were added (XML Encryption, 5.2).
        let added = plain.last().map_or(0, |&count| usize::from(count));
        if !(1..=16).contains(&added) || added > plain.len() {
            return Ok(None);
        }
        plain.truncate(plain.len() - added);
        let covered = &plain[..plain.len().min(CHECKSUM_BYTES)];
        let fits = Sha256::digest(covered).as_slice() == self.checksum;
        Ok(fits.then_some(plain))
    }

    /// Unpacks decrypted data within the budget.
    pub(super) fn inflate(
        &self,
        packed: &[u8],
        name: &str,
        job: &mut Job<'_>,
    ) -> Result<Vec<u8>, Stop> {
        let ceiling = job.budget.bytes_left().min(self.size.saturating_add(1));
        let mut data = Vec::new();
        let read = DeflateDecoder::new(packed).take(ceiling).read_to_end(&mut data);
        job.budget.take_bytes(data.len() as u64)?;
        if data.len() as u64 == ceiling && self.size > ceiling {
            job.budget.take_bytes(self.size.saturating_sub(ceiling))?;
        }
        if read.is_err() || data.len() as u64 != self.size {
            return Err(Stop::blocked(&reasons::BROKEN, name));
        }
        Ok(data)
    }
}

/// Decodes Base64 (RFC 4648 §4); anything else gives nothing.
pub(super) fn base64(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut number, mut bits) = (0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Vec::new(),
        };
        number = (number << 6 | u32::from(value)) & 0x00FF_FFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((number >> bits) as u8);
        }
    }
    out
}

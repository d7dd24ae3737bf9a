//! Encrypted workbooks, [MS-XLS] 2.2.10: bodies of records are encrypted, their
//! headers are not.

use sanitize_core::{Job, Stop};

use super::rc4::{Key, Rc4};
use super::{unknown, unlock, xor};
use crate::bytes::{slice, u16_at};

const FILE_PASS: u16 = 0x2F;
const BOUND_SHEET: u16 = 0x85;
/// Size of a block with one key, in bytes.
const BLOCK: usize = 1024;

/// Records whose bodies are never encrypted.
fn is_plain(id: u16) -> bool {
    matches!(id, 0x809 | FILE_PASS | 0x194 | 0x195 | 0xE1 | 0x196 | 0x138)
}

enum Cipher {
    Xor([u8; 16]),
    Rc4(Key),
}

/// Decrypts the workbook stream in place; `false` where it is not encrypted.
pub(crate) fn decrypt(stream: &mut [u8], job: &mut Job<'_>) -> Result<bool, Stop> {
    let Some((at, len)) = find(stream) else { return Ok(false) };
    let body = slice(stream, at, len).unwrap_or_default();
    // Excel 5 has no type: key and verifier stand alone.
    let is_xor = len == 4 || u16_at(body, 0) == 0;
    let cipher = if is_xor {
        let from = if len == 4 { 0 } else { 2 };
        let (key, verifier) = (u16_at(body, from), u16_at(body, from + 2));
        Cipher::Xor(unlock(job, |password| Ok(xor::array(password, key, verifier)))?)
    } else if u16_at(body, 0) == 1 {
        Cipher::Rc4(Key::open(body.get(2..).unwrap_or_default(), job)?)
    } else {
        return Err(unknown());
    };
    apply(stream, &cipher);
    Ok(true)
}

/// Finds the body of FILEPASS, which follows the first BOF closely.
fn find(stream: &[u8]) -> Option<(usize, usize)> {
    const RECORDS_MAX: usize = 16;
    let mut at = 0;
    for _ in 0..RECORDS_MAX {
        let header = slice(stream, at, 4)?;
        let len = usize::from(u16_at(header, 2));
        match u16_at(header, 0) {
            FILE_PASS => return Some((at + 4, len)),
            0x0A => return None,
            _ => at += 4 + len,
        }
    }
    None
}

fn apply(stream: &mut [u8], cipher: &Cipher) {
    let mut blocks = Blocks { number: usize::MAX, used: 0, cipher: None };
    let mut at = 0;
    while let Some(header) = slice(stream, at, 4) {
        let (id, len) = (u16_at(header, 0), usize::from(u16_at(header, 2)));
        let end = (at + 4 + len).min(stream.len());
        let skip = match id {
            id if is_plain(id) => len,
            BOUND_SHEET => 4,
            _ => 0,
        };
        let start = (at + 4 + skip).min(end);
        match cipher {
            Cipher::Rc4(key) => blocks.apply(&mut stream[start..end], start, key),
            Cipher::Xor(array) => xor::decrypt(&mut stream[start..end], at + 4 + len + skip, array),
        }
        at = end;
    }
}

/// The key stream, which runs on through headers and plain bodies.
struct Blocks {
    number: usize,
    used: usize,
    cipher: Option<Rc4>,
}

impl Blocks {
    fn apply(&mut self, data: &mut [u8], offset: usize, key: &Key) {
        let mut at = offset;
        let mut rest = data;
        while !rest.is_empty() {
            let (number, within) = (at / BLOCK, at % BLOCK);
            if self.number != number {
                self.cipher = Some(key.block(u32::try_from(number).unwrap_or(u32::MAX)));
                self.number = number;
                self.used = 0;
            }
            let len = rest.len().min(BLOCK - within);
            let (now, later) = rest.split_at_mut(len);
            if let Some(cipher) = &mut self.cipher {
                let mut skipped = vec![0; within.saturating_sub(self.used)];
                cipher.apply(&mut skipped);
                cipher.apply(now);
            }
            self.used = within + len;
            at += len;
            rest = later;
        }
    }
}

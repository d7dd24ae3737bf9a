//! The exclusive-or of Excel 5 and later, [MS-OFFCRYPTO] 2.3.7, method 1.

/// 2.3.7.2: what a password is filled up with.
const PAD: [u8; 15] =
    [0xBB, 0xFF, 0xFF, 0xBA, 0xFF, 0xFF, 0xB9, 0x80, 0x00, 0xBE, 0x0F, 0x00, 0xBF, 0x0F, 0x00];
/// 2.3.7.2: where the key begins, by the password's length.
const INITIAL: [u16; 15] = [
    0xE1F0, 0x1D0F, 0xCC9C, 0x84C0, 0x110C, 0x0E10, 0xF1CE, 0x313E, 0x1872, 0xE139, 0xD40F, 0x84F9,
    0x280C, 0xA96A, 0x4EC3,
];
/// 2.3.7.2: what each bit of a password changes.
const MATRIX: [u16; 105] = [
    0xAEFC, 0x4DD9, 0x9BB2, 0x2745, 0x4E8A, 0x9D14, 0x2A09, 0x7B61, 0xF6C2, 0xFDA5, 0xEB6B, 0xC6F7,
    0x9DCF, 0x2BBF, 0x4563, 0x8AC6, 0x05AD, 0x0B5A, 0x16B4, 0x2D68, 0x5AD0, 0x0375, 0x06EA, 0x0DD4,
    0x1BA8, 0x3750, 0x6EA0, 0xDD40, 0xD849, 0xA0B3, 0x5147, 0xA28E, 0x553D, 0xAA7A, 0x44D5, 0x6F45,
    0xDE8A, 0xAD35, 0x4A4B, 0x9496, 0x390D, 0x721A, 0xEB23, 0xC667, 0x9CEF, 0x29FF, 0x53FE, 0xA7FC,
    0x5FD9, 0x47D3, 0x8FA6, 0x0F6D, 0x1EDA, 0x3DB4, 0x7B68, 0xF6D0, 0xB861, 0x60E3, 0xC1C6, 0x93AD,
    0x377B, 0x6EF6, 0xDDEC, 0x45A0, 0x8B40, 0x06A1, 0x0D42, 0x1A84, 0x3508, 0x6A10, 0xAA51, 0x4483,
    0x8906, 0x022D, 0x045A, 0x08B4, 0x1168, 0x76B4, 0xED68, 0xCAF1, 0x85C3, 0x1BA7, 0x374E, 0x6E9C,
    0x3730, 0x6E60, 0xDCC0, 0xA9A1, 0x4363, 0x86C6, 0x1DAD, 0x3331, 0x6662, 0xCCC4, 0x89A9, 0x0373,
    0x06E6, 0x0DCC, 0x1021, 0x2042, 0x4084, 0x8108, 0x1231, 0x2462, 0x48C4,
];
const PASSWORD_MAX: usize = 15;

/// Returns the sixteen bytes that repeat, where key and verifier fit the
/// password.
pub(super) fn array(password: &str, key: u16, verifier: u16) -> Option<[u8; 16]> {
    let bytes: Vec<u8> = encoding_rs::WINDOWS_1252.encode(password).0.into_owned();
    if bytes.is_empty() || bytes.len() > PASSWORD_MAX {
        return None;
    }
    (hash(&bytes) == verifier && self::key(&bytes) == key).then(|| fill(&bytes, key))
}

fn key(password: &[u8]) -> u16 {
    let mut key = INITIAL[password.len() - 1];
    let mut element = MATRIX_LEN;
    for &letter in password.iter().rev() {
        let mut bits = letter;
        for _ in 0..7 {
            element -= 1;
            if bits & 0x40 != 0 {
                key ^= MATRIX[element];
            }
            bits <<= 1;
        }
    }
    key
}

/// Seven bits for each of fifteen letters.
const MATRIX_LEN: usize = 105;

fn hash(password: &[u8]) -> u16 {
    let len = u8::try_from(password.len()).unwrap_or(u8::MAX);
    let mut hash = 0_u16;
    for &byte in password.iter().rev().chain([&len]) {
        let carry = u16::from(hash & 0x4000 != 0);
        hash = (((hash << 1) & 0x7FFF) | carry) ^ u16::from(byte);
    }
    hash ^ 0xCE4B
}

fn fill(password: &[u8], key: u16) -> [u8; 16] {
    let [low, high] = key.to_le_bytes();
    let mut array = [0; 16];
    let padded = password.iter().chain(&PAD).take(16);
    for (index, (slot, &byte)) in array.iter_mut().zip(padded).enumerate() {
        let half = if index % 2 == 0 { low } else { high };
        *slot = (byte ^ half).rotate_right(1);
    }
    array
}

/// Decrypts a record's body. `start` is where the body would end in its stream,
/// and more by what is left plain at its beginning.
pub(super) fn decrypt(body: &mut [u8], start: usize, array: &[u8; 16]) {
    for (index, byte) in body.iter_mut().enumerate() {
        let mask = array[start.wrapping_add(index) % 16];
        *byte = (*byte ^ mask).rotate_right(5);
    }
}

#[cfg(test)]
mod tests {
    use super::{array, hash, key};

    #[test]
    fn key_and_verifier_are_those_of_excel() {
        assert_eq!((key(b"abc"), hash(b"abc")), (20810, 52250));
        assert!(array("abc", 20810, 52250).is_some());
        assert!(array("abd", 20810, 52250).is_none());
        assert!(array("", 0, 0).is_none());
    }
}

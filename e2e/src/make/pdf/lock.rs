//! The standard security handler with an empty user password, revisions 3 and
//! 4 (ISO 32000-1 §7.6.3). Only writes.

use aes::cipher::{BlockEncryptMut, KeyIvInit, block_padding::Pkcs7};
use md5::{Digest, Md5};

/// The file identifier of every locked file.
pub const ID: &[u8] = b"sekisho-made-id!";

const PAD: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08,
    0x2e, 0x2e, 0x00, 0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];
const PERMISSIONS: i32 = -1340;

/// A key and how it is used.
pub struct Lock {
    key: Vec<u8>,
    owner: Vec<u8>,
    is_aes: bool,
}

impl Lock {
    /// RC4 with 128 bits.
    pub fn rc4() -> Self {
        Self::new(false)
    }

    /// AES with 128 bits.
    pub fn aes() -> Self {
        Self::new(true)
    }

    fn new(is_aes: bool) -> Self {
        let owner_key = stretch(Md5::digest([&b"owner"[..], &PAD[..27]].concat()).to_vec());
        let owner = passes(&owner_key, &PAD);
        let seed = [&PAD[..], &owner, &PERMISSIONS.to_le_bytes(), ID].concat();
        Self { key: stretch(Md5::digest(seed).to_vec()), owner, is_aes }
    }

    /// The encryption dictionary.
    pub fn dictionary(&self) -> String {
        let check = Md5::digest([&PAD[..], ID].concat());
        let user = [&passes(&self.key, &check)[..], &[0; 16]].concat();
        let version = if self.is_aes {
            "/V 4/R 4/Length 128/CF<</StdCF<</CFM/AESV2/AuthEvent/DocOpen/Length 16>>>>/StmF/StdCF/StrF/StdCF"
        } else {
            "/V 2/R 3/Length 128"
        };
        let (owner, user) = (super::hex(&self.owner), super::hex(&user));
        format!("<</Filter/Standard{version}/O{owner}/U{user}/P {PERMISSIONS}>>")
    }

    /// Locks a string or stream of object `number`.
    pub fn seal(&self, number: u32, data: &[u8]) -> Vec<u8> {
        let [a, b, c, _] = number.to_le_bytes();
        let salt: &[u8] = if self.is_aes { b"sAlT" } else { b"" };
        let key = Md5::digest([&self.key[..], &[a, b, c, 0, 0], salt].concat());
        if !self.is_aes {
            return rc4(&key, data);
        }
        let vector = [0x5e; 16];
        let cipher = cbc::Encryptor::<aes::Aes128>::new(&key, &vector.into());
        [&vector[..], &cipher.encrypt_padded_vec_mut::<Pkcs7>(data)].concat()
    }
}

fn stretch(mut digest: Vec<u8>) -> Vec<u8> {
    for _ in 0..50 {
        digest = Md5::digest(&digest).to_vec();
    }
    digest
}

/// Twenty passes of RC4, each with the key changed by its number.
fn passes(key: &[u8], data: &[u8]) -> Vec<u8> {
    (0..20).fold(data.to_vec(), |data, pass: u8| {
        let key: Vec<u8> = key.iter().map(|byte| byte ^ pass).collect();
        rc4(&key, &data)
    })
}

fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: Vec<u8> = (0..=255).collect();
    let mut j = 0_u8;
    for i in 0..256 {
        j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
        state.swap(i, usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    let mut next = || {
        i = i.wrapping_add(1);
        j = j.wrapping_add(state[usize::from(i)]);
        state.swap(usize::from(i), usize::from(j));
        state[usize::from(state[usize::from(i)].wrapping_add(state[usize::from(j)]))]
    };
    data.iter().map(|byte| byte ^ next()).collect()
}

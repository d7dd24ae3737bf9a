//! Packs a key and its certificates into one file that browsers and operating
//! systems import: PKCS#12 (RFC 7292), with AES-256 and SHA-256 throughout
//! (PBES2, RFC 8018). Read by Windows 10 1709 and later, macOS, NSS, OpenSSL.

use aes::Aes256;
use base::{Random, Secret, random};
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockEncryptMut, KeyIvInit};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::der::{
    BMP_STRING, EXPLICIT_0, IMPLICIT_0, Oid, null, number, object, octets, sequence, set, value,
};

/// What goes into the file.
pub(super) struct Content<'a> {
    /// The private key, PKCS#8.
    pub(super) key: &'a [u8],
    /// The certificate of that key, DER.
    pub(super) certificate: &'a [u8],
    /// The authority's certificate, DER.
    pub(super) authority: &'a [u8],
    /// What a list of certificates shows.
    pub(super) name: &'a str,
}

const DATA: Oid = &[1, 2, 840, 113_549, 1, 7, 1];
const ENCRYPTED_DATA: Oid = &[1, 2, 840, 113_549, 1, 7, 6];
const PBES2: Oid = &[1, 2, 840, 113_549, 1, 5, 13];
const PBKDF2: Oid = &[1, 2, 840, 113_549, 1, 5, 12];
const HMAC_SHA256: Oid = &[1, 2, 840, 113_549, 2, 9];
const AES256_CBC: Oid = &[2, 16, 840, 1, 101, 3, 4, 1, 42];
const SHA256: Oid = &[2, 16, 840, 1, 101, 3, 4, 2, 1];
const KEY_BAG: Oid = &[1, 2, 840, 113_549, 1, 12, 10, 1, 2];
const CERTIFICATE_BAG: Oid = &[1, 2, 840, 113_549, 1, 12, 10, 1, 3];
const X509_CERTIFICATE: Oid = &[1, 2, 840, 113_549, 1, 9, 22, 1];
const FRIENDLY_NAME: Oid = &[1, 2, 840, 113_549, 1, 9, 20];
const LOCAL_KEY_ID: Oid = &[1, 2, 840, 113_549, 1, 9, 21];

/// Rounds of each of the three derivations. Readers refuse files with too many
/// (Windows: 600,000 in all), and the password is random.
const ROUNDS: u32 = 50_000;

const SALT_LENGTH: usize = 16;

/// Writes the file. The password is printable ASCII: readers disagree about
/// the encoding of anything else.
pub(super) fn write(content: &Content<'_>, password: &str, source: &dyn Random) -> Secret<Vec<u8>> {
    let key_id = Sha256::digest(content.certificate);
    let attributes = set(vec![
        attribute(FRIENDLY_NAME, &value(BMP_STRING, &[&bmp(content.name)])),
        attribute(LOCAL_KEY_ID, &octets(&key_id)),
    ]);
    let certificates = sequence(&[
        &bag(CERTIFICATE_BAG, &certificate_bag(content.certificate), &attributes),
        &bag(CERTIFICATE_BAG, &certificate_bag(content.authority), &[]),
    ]);
    let (algorithm, encrypted) = encrypt(&certificates, password, source);
    let encrypted = sequence(&[
        &number(0),
        &sequence(&[&object(DATA), &algorithm, &value(IMPLICIT_0, &[&encrypted])]),
    ]);
    let (algorithm, key) = encrypt(content.key, password, source);
    let key = sequence(&[&bag(KEY_BAG, &sequence(&[&algorithm, &octets(&key)]), &attributes)]);
    let safe = sequence(&[
        &sequence(&[&object(ENCRYPTED_DATA), &value(EXPLICIT_0, &[&encrypted])]),
        &sequence(&[&object(DATA), &value(EXPLICIT_0, &[&octets(&key)])]),
    ]);
    let salt: [u8; SALT_LENGTH] = random::bytes(source);
    Secret::new(sequence(&[
        &number(3),
        &sequence(&[&object(DATA), &value(EXPLICIT_0, &[&octets(&safe)])]),
        &seal(&safe, password, &salt),
    ]))
}

/// `SafeBag` (RFC 7292 §4.2).
fn bag(kind: Oid, content: &[u8], attributes: &[u8]) -> Vec<u8> {
    sequence(&[&object(kind), &value(EXPLICIT_0, &[content]), attributes])
}

/// `CertBag` (RFC 7292 §4.2.3).
fn certificate_bag(certificate: &[u8]) -> Vec<u8> {
    sequence(&[&object(X509_CERTIFICATE), &value(EXPLICIT_0, &[&octets(certificate)])])
}

fn attribute(kind: Oid, content: &[u8]) -> Vec<u8> {
    sequence(&[&object(kind), &set(vec![content.to_vec()])])
}

/// `BMPString` content: two bytes a character, big-endian. What lies beyond the
/// basic plane becomes 〓, as printers set what they have no type for: OpenSSL
/// drops a name with surrogates.
fn bmp(text: &str) -> Vec<u8> {
    let units = text.chars().map(|character| u16::try_from(u32::from(character)).unwrap_or(0x3013));
    units.flat_map(u16::to_be_bytes).collect()
}

/// PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018 §6.2): the
/// algorithm identifier and the encrypted bytes.
fn encrypt(plain: &[u8], password: &str, source: &dyn Random) -> (Vec<u8>, Vec<u8>) {
    let salt: [u8; SALT_LENGTH] = random::bytes(source);
    let vector: [u8; 16] = random::bytes(source);
    let mut key = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt, ROUNDS, &mut key);
    let key = Secret::new(key);
    let cipher = Encryptor::<Aes256>::new(key.reveal().into(), &vector.into());
    let derivation = sequence(&[
        &octets(&salt),
        &number(ROUNDS),
        &number(32),
        &sequence(&[&object(HMAC_SHA256), &null()]),
    ]);
    let algorithm = sequence(&[
        &object(PBES2),
        &sequence(&[
            &sequence(&[&object(PBKDF2), &derivation]),
            &sequence(&[&object(AES256_CBC), &octets(&vector)]),
        ]),
    ]);
    (algorithm, cipher.encrypt_padded_vec_mut::<Pkcs7>(plain))
}

/// `MacData` (RFC 7292 §4): proves the password and that nothing was changed.
fn seal(safe: &[u8], password: &str, salt: &[u8]) -> Vec<u8> {
    let key = derive_mac_key(password, salt, ROUNDS);
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.reveal())
        .expect("HMAC takes a key of any length");
    mac.update(safe);
    let digest = mac.finalize().into_bytes();
    let algorithm = sequence(&[&object(SHA256), &null()]);
    sequence(&[&sequence(&[&algorithm, &octets(&digest)]), &octets(salt), &number(ROUNDS)])
}

/// The derivation of RFC 7292 appendix B.2 for a MAC key (ID 3), where one
/// hash is as long as the key.
fn derive_mac_key(password: &str, salt: &[u8], rounds: u32) -> Secret<[u8; 32]> {
    const BLOCK: usize = 64;
    let filled = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().copied().cycle().take(bytes.len().div_ceil(BLOCK) * BLOCK).collect()
    };
    // The password ends in a null character there.
    let password = Secret::new([bmp(password), vec![0, 0]].concat());
    let input = Secret::new([vec![3; BLOCK], filled(salt), filled(password.reveal())].concat());
    let mut key: [u8; 32] = Sha256::digest(input.reveal()).into();
    for _ in 1..rounds {
        key = Sha256::digest(key).into();
    }
    Secret::new(key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base::SeededRandom;

    #[test]
    fn the_mac_key_is_what_openssl_derives() {
        // openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt id:3 -kdfopt iter:2048
        //   -kdfopt hexpass:<UTF-16BE of "関所 smeg" and a null> -kdfopt hexsalt:0a58cf64530d823f PKCS12KDF
        let salt = [0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f];
        let key = derive_mac_key("関所 smeg", &salt, 2_048);
        let hex: String = key.reveal().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "d5b7e9771f5fab45f5ebc6513c1315e83ebc835069bad003be8bfe2b3f27dfc9");
    }

    #[test]
    fn the_file_is_the_one_that_others_have_read() {
        // See tests/data/README.md for who read it and how it is made anew.
        let content = Content {
            key: include_bytes!("../../tests/data/key-file/key.p8"),
            certificate: include_bytes!("../../tests/data/key-file/certificate.der"),
            authority: include_bytes!("../../tests/data/key-file/authority.der"),
            name: "佐藤 花子 𠮷",
        };
        let file = write(&content, "7KQM-ZT4X-W4V9-PABC", &SeededRandom::new(1));
        if let Some(path) = option_env!("FACTORS_KEY_FILE") {
            std::fs::write(path, file.reveal()).unwrap();
        }
        let read = include_bytes!("../../tests/data/key-file/file.p12");
        assert!(file.reveal() == read, "the file changed: let others read it again");
    }
}

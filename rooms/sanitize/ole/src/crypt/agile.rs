//! Agile encryption of packages, [MS-OFFCRYPTO] 2.3.4.10 and on: an XML
//! description, AES in chained blocks, keys from a hash that is spun.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use sanitize_core::{Job, Stop};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::standard::{Aes, BLOCK};
use super::{unknown, unlock};
use crate::bytes::utf16_bytes;

/// Most spins that are done for one password: Office writes 100 000, and a
/// file could ask for hours of work.
const SPINS_MAX: u32 = 1_000_000;
/// Bytes of the package under one initial vector (2.3.4.15).
const SEGMENT: usize = 4096;

/// What each derived key is for (2.3.4.13).
const FOR_INPUT: [u8; 8] = [0xFE, 0xA7, 0xD2, 0x76, 0x3B, 0x4B, 0x9E, 0x79];
const FOR_VALUE: [u8; 8] = [0xD7, 0xAA, 0x0F, 0x6D, 0x30, 0x61, 0x34, 0x4E];
const FOR_KEY: [u8; 8] = [0x14, 0x6E, 0x0B, 0xE7, 0xAB, 0xAC, 0xD0, 0xD6];

/// Finds the password and decrypts the package, whose size is already off.
pub(super) fn decrypt(xml: &[u8], package: &mut [u8], job: &Job<'_>) -> Result<(), Stop> {
    let info = Info::read(xml).ok_or_else(unknown)?;
    let key = unlock(job, |password| Ok(info.key(password)))?;
    let cipher = Aes::new(&key).ok_or_else(unknown)?;
    for (number, segment) in (0_u32..).zip(package.chunks_mut(SEGMENT)) {
        let vector = info.data.hash.of(&[&info.data.salt, &number.to_le_bytes()]);
        cipher.decrypt_chained(segment, &vector_from(&vector));
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "SHA1" | "SHA-1" => Self::Sha1,
            "SHA256" | "SHA-256" => Self::Sha256,
            "SHA384" | "SHA-384" => Self::Sha384,
            "SHA512" | "SHA-512" => Self::Sha512,
            _ => return None,
        })
    }

    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn run<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut digest = D::new();
            for part in parts {
                digest.update(part);
            }
            digest.finalize().to_vec()
        }
        match self {
            Self::Sha1 => run::<Sha1>(parts),
            Self::Sha256 => run::<Sha256>(parts),
            Self::Sha384 => run::<Sha384>(parts),
            Self::Sha512 => run::<Sha512>(parts),
        }
    }
}

/// How something is encrypted (2.3.4.10).
struct Method {
    hash: Hash,
    key_len: usize,
    salt: Vec<u8>,
}

struct Info {
    /// How the package is encrypted.
    data: Method,
    /// How its key is.
    key: Method,
    spins: u32,
    input: Vec<u8>,
    value: Vec<u8>,
    package_key: Vec<u8>,
}

impl Info {
    fn read(xml: &[u8]) -> Option<Self> {
        let mut reader = Reader::from_reader(xml);
        let mut data = None;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let element = match reader.read_event_into(&mut buffer).ok()? {
                Event::Start(element) | Event::Empty(element) => element,
                Event::Eof | Event::DocType(_) => return None,
                _ => continue,
            };
            match element.local_name().as_ref() {
                "keyData" => data = method(&element),
                "encryptedKey" => {
                    let spins = attribute(&element, "spinCount")?.parse().ok()?;
                    let binary = |name: &str| base64(&attribute(&element, name)?);
                    return (spins <= SPINS_MAX).then_some(Self {
                        data: data?,
                        key: method(&element)?,
                        spins,
                        input: binary("encryptedVerifierHashInput")?,
                        value: binary("encryptedVerifierHashValue")?,
                        package_key: binary("encryptedKeyValue")?,
                    });
                }
                _ => {}
            }
        }
    }

    /// Returns the package's key where the password is right.
    fn key(&self, password: &str) -> Option<Vec<u8>> {
        let hash = self.key.hash;
        let mut spun = hash.of(&[&self.key.salt, &utf16_bytes(password)]);
        for spin in 0..self.spins {
            spun = hash.of(&[&spin.to_le_bytes(), &spun]);
        }
        let open = |data: &[u8], purpose: &[u8]| {
            let mut key = hash.of(&[&spun, purpose]);
            key.resize(self.key.key_len, 0x36);
            let mut data = data.to_vec();
            Aes::new(&key)?.decrypt_chained(&mut data, &vector_from(&self.key.salt));
            Some(data)
        };
        let input = open(&self.input, &FOR_INPUT)?;
        let value = open(&self.value, &FOR_VALUE)?;
        let expected = hash.of(&[&input]);
        if value.get(..expected.len()) != Some(&expected[..]) {
            return None;
        }
        let mut key = open(&self.package_key, &FOR_KEY)?;
        key.truncate(self.data.key_len);
        Some(key)
    }
}

fn method(element: &BytesStart<'_>) -> Option<Method> {
    let is_aes = attribute(element, "cipherAlgorithm")?.eq_ignore_ascii_case("AES");
    let is_chained = attribute(element, "cipherChaining")? == "ChainingModeCBC";
    let bits: usize = attribute(element, "keyBits")?.parse().ok()?;
    (is_aes && is_chained && matches!(bits, 128 | 192 | 256)).then_some(Method {
        hash: Hash::named(&attribute(element, "hashAlgorithm")?)?,
        key_len: bits / 8,
        salt: base64(&attribute(element, "saltValue")?)?,
    })
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}

/// Cuts a vector to the block's size or fills it up (2.3.4.12).
fn vector_from(bytes: &[u8]) -> [u8; BLOCK] {
    let mut vector = [0x36; BLOCK];
    for (slot, byte) in vector.iter_mut().zip(bytes) {
        *slot = *byte;
    }
    vector
}

/// Decodes base64 (RFC 4648 §4).
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xFF).unwrap_or(0));
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{Info, base64};

    fn info(spins: &str) -> String {
        format!(
            "<encryption><keyData cipherAlgorithm=\"AES\" cipherChaining=\"ChainingModeCBC\" \
             keyBits=\"256\" hashAlgorithm=\"SHA512\" saltValue=\"AAAA\"/><keyEncryptors>\
             <p:encryptedKey spinCount=\"{spins}\" cipherAlgorithm=\"AES\" \
             cipherChaining=\"ChainingModeCBC\" keyBits=\"256\" hashAlgorithm=\"SHA512\" \
             saltValue=\"AAAA\" encryptedVerifierHashInput=\"AAAA\" \
             encryptedVerifierHashValue=\"AAAA\" encryptedKeyValue=\"AAAA\"/>\
             </keyEncryptors></encryption>"
        )
    }

    #[test]
    fn endless_spinning_is_refused() {
        assert!(Info::read(info("100000").as_bytes()).is_some());
        assert!(Info::read(info("1000001").as_bytes()).is_none());
        assert!(Info::read(info("-1").as_bytes()).is_none());
    }

    #[test]
    fn entities_are_not_read() {
        let hostile = format!("<!DOCTYPE x [<!ENTITY a \"b\">]>{}", info("1"));
        assert!(Info::read(hostile.as_bytes()).is_none());
    }

    #[test]
    fn base64_is_decoded() {
        assert_eq!(base64("Zm9vYmE=").as_deref(), Some(&b"fooba"[..]));
        assert_eq!(base64("Zm9v\r\nYmFy").as_deref(), Some(&b"foobar"[..]));
        assert_eq!(base64("Zm9v*"), None);
    }
}

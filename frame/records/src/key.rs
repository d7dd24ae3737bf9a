//! The key that signs checkpoints and exports (Ed25519, RFC 8032), and its
//! public half.

use std::fmt;

use base::{Random, Secret};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::canonical::{bytes_of, hex};
use crate::error::KeyError;

/// Signs checkpoints and exports. Keep it where the database is not.
#[derive(Clone)]
pub struct Key(SigningKey);

/// Checks what [`Key`] signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl Key {
    /// Makes a new key.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self(SigningKey::from_bytes(&base::random::bytes(random)))
    }

    /// Reads a PKCS #8 key in PEM.
    ///
    /// # Errors
    /// For anything else.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        SigningKey::from_pkcs8_pem(text).map(Self).map_err(|_| KeyError::Unreadable)
    }

    /// The key as PKCS #8 in PEM, to be written to a file that only this
    /// program reads.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn to_pem(&self) -> Result<Secret<String>, KeyError> {
        let text = self.0.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Unreadable)?;
        Ok(Secret::new(text.as_str().to_owned()))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &str) -> [u8; 64] {
        self.0.sign(message.as_bytes()).to_bytes()
    }
}

impl PublicKey {
    /// Reads a public key in PEM, or its 64 hexadecimal digits.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let key = match bytes_of::<32>(text) {
            Some(bytes) => VerifyingKey::from_bytes(&bytes).ok(),
            None => VerifyingKey::from_public_key_pem(text).ok(),
        };
        key.map(Self).ok_or(KeyError::Unreadable)
    }

    /// The key in PEM.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.0.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Unreadable)
    }

    pub(crate) fn has_signed(&self, message: &str, signature: &[u8; 64]) -> bool {
        // Strict: one signature has one spelling, and no key of small order passes.
        self.0.verify_strict(message.as_bytes(), &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for PublicKey {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key of {}", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::SeededRandom;

    #[test]
    fn keys_go_through_their_text() {
        let key = Key::generate(&SeededRandom::new(3));
        let again = Key::from_pem(key.to_pem().unwrap().reveal()).unwrap();
        assert_eq!(again.public(), key.public());
        let public = key.public();
        assert_eq!(PublicKey::parse(&public.to_pem().unwrap()).unwrap(), public);
        assert_eq!(PublicKey::parse(&public.to_string()).unwrap(), public);
        assert!(Key::from_pem("x").is_err() && PublicKey::parse("x").is_err());
    }

    #[test]
    fn one_signature_fits_one_message_and_one_key() {
        let (ours, other) =
            (Key::generate(&SeededRandom::new(3)), Key::generate(&SeededRandom::new(4)));
        let signature = ours.sign("a");
        assert!(ours.public().has_signed("a", &signature));
        assert!(!ours.public().has_signed("b", &signature));
        assert!(!other.public().has_signed("a", &signature));
    }
}

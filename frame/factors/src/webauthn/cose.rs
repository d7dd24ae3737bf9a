//! Public keys as authenticators write them (RFC 9052 §7, RFC 9053 §7), and
//! the check of their signatures.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

use super::WebauthnError;
use super::cbor::Value;

/// A credential's public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    cose: Box<[u8]>,
    key: Key,
}

#[derive(Clone, PartialEq, Eq)]
enum Key {
    /// An uncompressed point of P-256.
    Es256([u8; POINT_LENGTH]),
    /// A point of Ed25519.
    EdDsa([u8; COORDINATE_LENGTH]),
    /// Modulus and exponent, big-endian.
    Rs256 { modulus: Box<[u8]>, exponent: Box<[u8]> },
}

const COORDINATE_LENGTH: usize = 32;
const POINT_LENGTH: usize = 1 + 2 * COORDINATE_LENGTH;

/// What is offered, the best first (IANA's COSE algorithms).
pub(super) const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// RSA moduli: 2,048 to 8,192 bits.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;
const EXPONENT_BYTES_MAX: usize = 4;

impl PublicKey {
    /// Reads a stored COSE key.
    ///
    /// # Errors
    /// [`WebauthnError::Key`] for anything but the three kinds that are taken.
    pub fn parse(cose: &[u8]) -> Result<Self, WebauthnError> {
        let value = Value::read_whole(cose).map_err(|_| WebauthnError::Key)?;
        let key = Key::from_cose(&value).ok_or(WebauthnError::Key)?;
        Ok(Self { cose: cose.into(), key })
    }

    /// The COSE key, to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.cose
    }

    /// The COSE number of its algorithm.
    pub(super) const fn algorithm(&self) -> i64 {
        match self.key {
            Key::Es256(_) => ES256,
            Key::EdDsa(_) => EDDSA,
            Key::Rs256 { .. } => RS256,
        }
    }

    /// Says whether the key signed the message.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verdict = match &self.key {
            Key::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Key::EdDsa(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature),
            Key::Rs256 { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        };
        verdict.is_ok()
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({})", self.algorithm())
    }
}

impl Key {
    /// Labels 1 (kty), 3 (alg), then those of the key type.
    fn from_cose(value: &Value<'_>) -> Option<Self> {
        let (Value::Number(kind), Value::Number(algorithm)) =
            (value.numbered(1)?, value.numbered(3)?)
        else {
            return None;
        };
        let bytes = |label: i64| value.numbered(label)?.bytes();
        match (*kind, *algorithm) {
            // EC2 on P-256 with both coordinates (WebAuthn §5.8.5).
            (2, ES256) if value.numbered(-1) == Some(&Value::Number(1)) => {
                point(bytes(-2)?, bytes(-3)?).map(Self::Es256)
            }
            // OKP on Ed25519.
            (1, EDDSA) if value.numbered(-1) == Some(&Value::Number(6)) => {
                bytes(-2)?.try_into().ok().map(Self::EdDsa)
            }
            (3, RS256) => rsa(bytes(-1)?, bytes(-2)?),
            _ => None,
        }
    }
}

fn point(x: &[u8], y: &[u8]) -> Option<[u8; POINT_LENGTH]> {
    if x.len() != COORDINATE_LENGTH || y.len() != COORDINATE_LENGTH {
        return None;
    }
    [&[4], x, y].concat().try_into().ok()
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Key> {
    let is_allowed = MODULUS_BYTES.contains(&modulus.len())
        && modulus.first() != Some(&0)
        && (1..=EXPONENT_BYTES_MAX).contains(&exponent.len())
        && exponent.first() != Some(&0);
    is_allowed.then(|| Key::Rs256 { modulus: modulus.into(), exponent: exponent.into() })
}

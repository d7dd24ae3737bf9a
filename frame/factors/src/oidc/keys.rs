//! A provider's public keys (RFC 7517, RFC 7518 §6, RFC 8037): those of the
//! three kinds that we take. What we do not understand is left out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

use super::id_token::TokenFault;

/// The signatures that we take, by their name in a token's head. There is no
/// `none`, and nothing with a secret that both sides know.
pub(super) const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

/// Keys that one set may have.
pub const KEYS_MAX: usize = 64;
/// RSA moduli: 2,048 to 8,192 bits.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;
const EXPONENT_BYTES_MAX: usize = 4;
const NAME_BYTES_MAX: usize = 1_024;

/// A provider's public keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet(Vec<Key>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    name: Option<String>,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rs256 { modulus: Vec<u8>, exponent: Vec<u8> },
    Es256(Vec<u8>),
    EdDsa(Vec<u8>),
}

#[derive(Deserialize)]
struct WrittenSet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Written {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a set of keys; nothing where it is none, or has more than
    /// [`KEYS_MAX`].
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let set: WrittenSet = serde_json::from_slice(text).ok()?;
        if set.keys.len() > KEYS_MAX {
            return None;
        }
        Some(Self(set.keys.into_iter().filter_map(Key::read).collect()))
    }

    /// Checks a signature by the key that the token's head names, or by the only
    /// one of its kind where it names none (Core §10.1).
    pub(super) fn check(
        &self,
        algorithm: &str,
        name: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenFault> {
        let fits = |key: &&Key| {
            key.material.algorithm() == algorithm && (name.is_none() || key.name.as_deref() == name)
        };
        let fitting: Vec<&Key> = self.0.iter().filter(fits).collect();
        if fitting.is_empty() || (name.is_none() && fitting.len() > 1) {
            return Err(TokenFault::Key);
        }
        let has_signed = fitting.iter().any(|key| key.material.has_signed(message, signature));
        if has_signed { Ok(()) } else { Err(TokenFault::Signature) }
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let written: Written = serde_json::from_value(value).ok()?;
        let is_for_signatures = written.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && written.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        let is_short = written.kid.as_ref().is_none_or(|name| name.len() <= NAME_BYTES_MAX);
        if !is_for_signatures || !is_short {
            return None;
        }
        let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        let material = match (written.kty.as_str(), written.crv.as_deref()) {
            ("RSA", None) => rsa(bytes(&written.n)?, bytes(&written.e)?)?,
            ("EC", Some("P-256")) => point(&bytes(&written.x)?, &bytes(&written.y)?)?,
            ("OKP", Some("Ed25519")) => {
                Material::EdDsa(bytes(&written.x).filter(|x| x.len() == 32)?)
            }
            _ => return None,
        };
        let is_its_own = written.alg.is_none_or(|algorithm| algorithm == material.algorithm());
        is_its_own.then_some(Self { name: written.kid, material })
    }
}

fn rsa(modulus: Vec<u8>, exponent: Vec<u8>) -> Option<Material> {
    let is_allowed = MODULUS_BYTES.contains(&modulus.len())
        && modulus.first() != Some(&0)
        && (1..=EXPONENT_BYTES_MAX).contains(&exponent.len())
        && exponent.first() != Some(&0);
    is_allowed.then_some(Material::Rs256 { modulus, exponent })
}

fn point(x: &[u8], y: &[u8]) -> Option<Material> {
    (x.len() == 32 && y.len() == 32).then(|| Material::Es256([&[4], x, y].concat()))
}

impl Material {
    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256 { .. } => "RS256",
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verdict = match self {
            Self::Rs256 { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            // r and s side by side (RFC 7518 §3.4).
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Self::EdDsa(point) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature)
            }
        };
        verdict.is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn count(keys: Value) -> Option<usize> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).map(|set| set.0.len())
    }

    fn ed(change: impl FnOnce(&mut Value)) -> Value {
        let x = URL_SAFE_NO_PAD.encode([7; 32]);
        let mut key = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "a" });
        change(&mut key);
        key
    }

    #[test]
    fn keys_for_other_ends_are_left_out() {
        assert_eq!(count(json!([ed(|_| {})])), Some(1));
        for (field, value) in [
            ("use", json!("enc")),
            ("key_ops", json!(["encrypt"])),
            ("alg", json!("HS256")),
            ("alg", json!("none")),
            ("crv", json!("X25519")),
            ("kty", json!("oct")),
            ("x", json!("AAAA")),
            ("x", json!("not base64!")),
            ("kid", json!("k".repeat(NAME_BYTES_MAX + 1))),
        ] {
            assert_eq!(count(json!([ed(|key| key[field] = value.clone())])), Some(0), "{value}");
        }
        let small = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([9; 128]), "e": "AQAB" });
        assert_eq!(count(json!([small, 1, null, "x", {}])), Some(0));
    }

    #[test]
    fn a_set_has_an_end() {
        assert_eq!(count(json!(vec![ed(|_| {}); KEYS_MAX])), Some(KEYS_MAX));
        assert_eq!(count(json!(vec![ed(|_| {}); KEYS_MAX + 1])), None);
        assert_eq!(KeySet::parse(b"{}"), None);
        assert_eq!(KeySet::parse(b""), None);
    }
}

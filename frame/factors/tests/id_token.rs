//! ID tokens of a provider that tells the truth, and of one that lies in one
//! place at a time. They are signed with crates that the verifier does not use.
#![allow(clippy::unwrap_used, clippy::panic)]

use base::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer;
use factors::oidc::{Claims, Expected, KeySet, TokenFault, verify};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example";
const CLIENT: &str = "sekisho";
const NONCE: &str = "n-0S6_WzA2Mj";
const NOW: i64 = 1_790_000_000;

enum Key {
    Rs256(Box<ring::rsa::KeyPair>),
    Es256(p256::ecdsa::SigningKey),
    EdDsa(ed25519_dalek::SigningKey),
}

impl Key {
    fn all() -> [Self; 3] {
        let rsa = ring::rsa::KeyPair::from_pkcs8(include_bytes!("data/rsa-2048.p8")).unwrap();
        [
            Self::Rs256(Box::new(rsa)),
            Self::Es256(p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap()),
            Self::EdDsa(ed25519_dalek::SigningKey::from_bytes(&[7; 32])),
        ]
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256(_) => "RS256",
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    fn public(&self, name: &str) -> Value {
        let coded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rs256(key) => {
                let parts: ring::rsa::PublicKeyComponents<Vec<u8>> = key.public().into();
                json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": name,
                        "n": coded(&parts.n), "e": coded(&parts.e) })
            }
            Self::Es256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                json!({ "kty": "EC", "crv": "P-256", "kid": name,
                        "x": coded(point.x().unwrap()), "y": coded(point.y().unwrap()) })
            }
            Self::EdDsa(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": name,
                        "x": coded(key.verifying_key().as_bytes()) })
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let random = ring::rand::SystemRandom::new();
                key.sign(&ring::signature::RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Self::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Self::EdDsa(key) => key.sign(message).to_bytes().to_vec(),
        }
    }

    fn token(&self, head: &Value, body: &Value) -> String {
        let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", coded(head), coded(body));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn head(&self) -> Value {
        json!({ "alg": self.algorithm(), "kid": "a", "typ": "JWT" })
    }
}

fn body() -> Value {
    json!({
        "iss": ISSUER, "sub": "00u1", "aud": CLIENT, "exp": NOW + 300, "iat": NOW, "nonce": NONCE,
        "preferred_username": "yamada", "acr": "urn:mfa", "amr": ["pwd", "otp"],
    })
}

fn keys(all: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": all }).to_string().as_bytes()).unwrap()
}

fn check(token: &str, keys: &KeySet) -> Result<Claims, TokenFault> {
    let now = Timestamp::from_millis(NOW * 1_000);
    verify(token, keys, &Expected { issuer: ISSUER, client: CLIENT, nonce: NONCE, now })
}

#[test]
fn a_true_token_of_each_kind_names_its_person() {
    for key in Key::all() {
        let set = keys(&[key.public("a")]);
        let claims = check(&key.token(&key.head(), &body()), &set).unwrap();
        assert_eq!(claims.subject, "00u1");
        assert_eq!(claims.shown.as_deref(), Some("yamada"));
        // A set with one key of the kind needs no name.
        let nameless = json!({ "alg": key.algorithm() });
        check(&key.token(&nameless, &body()), &set).unwrap();
    }
}

#[test]
fn every_changed_bit_of_a_signature_and_of_what_it_signs_is_found() {
    for key in Key::all() {
        let set = keys(&[key.public("a")]);
        let token = key.token(&key.head(), &body());
        let parts: Vec<Vec<u8>> =
            token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        for (place, part) in parts.iter().enumerate().skip(1) {
            for bit in 0..part.len() * 8 {
                let mut changed = parts.clone();
                changed[place][bit / 8] ^= 1 << (bit % 8);
                let changed: Vec<String> =
                    changed.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
                let done = check(&changed.join("."), &set);
                assert_eq!(done, Err(TokenFault::Signature), "{} {bit}", key.algorithm());
            }
        }
    }
}

#[test]
fn no_token_stands_without_a_signature_of_the_right_kind() {
    for key in Key::all() {
        let public = key.public("a");
        let set = keys(std::slice::from_ref(&public));
        let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        for none in ["none", "None", "NONE", "nOnE", ""] {
            let message =
                format!("{}.{}.", coded(&json!({ "alg": none, "kid": "a" })), coded(&body()));
            assert_eq!(check(&message, &set), Err(TokenFault::Algorithm), "{none}");
        }
        // The public key taken for a shared secret, in every spelling an attacker knows.
        let secrets = [public.to_string(), public["n"].to_string(), public["x"].to_string()];
        for (name, secret) in ["HS256", "HS384", "HS512"].iter().zip(secrets) {
            let message =
                format!("{}.{}", coded(&json!({ "alg": name, "kid": "a" })), coded(&body()));
            let mut mac = <Hmac<sha2::Sha256> as Mac>::new_from_slice(secret.as_bytes()).unwrap();
            mac.update(message.as_bytes());
            let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
            let done = check(&format!("{message}.{signature}"), &set);
            assert_eq!(done, Err(TokenFault::Algorithm), "{name}");
        }
        // A key of one kind never checks a signature of another.
        for other in Key::all() {
            if other.algorithm() == key.algorithm() {
                continue;
            }
            let token = other.token(&other.head(), &body());
            assert_eq!(check(&token, &set), Err(TokenFault::Key));
            let posing = json!({ "alg": key.algorithm(), "kid": "a" });
            assert_eq!(check(&other.token(&posing, &body()), &set), Err(TokenFault::Signature));
        }
        let lone = key.token(&key.head(), &body());
        let (message, _) = lone.rsplit_once('.').unwrap();
        assert_eq!(check(&format!("{message}."), &set), Err(TokenFault::Signature));
    }
}

#[test]
fn each_claim_that_does_not_fit_is_refused() {
    let [_, key, _] = Key::all();
    let set = keys(&[key.public("a")]);
    for (field, value, fault) in [
        ("iss", json!("https://id.example/"), TokenFault::Issuer),
        ("iss", json!("https://evil.example"), TokenFault::Issuer),
        ("aud", json!("another"), TokenFault::Audience),
        ("aud", json!([]), TokenFault::Audience),
        ("aud", json!([CLIENT, "another"]), TokenFault::Audience),
        ("azp", json!("another"), TokenFault::Audience),
        ("nonce", json!("n-of-another-sign-in"), TokenFault::Nonce),
        ("nonce", json!(""), TokenFault::Nonce),
        ("nonce", Value::Null, TokenFault::Nonce),
        ("exp", json!(NOW - 61), TokenFault::Time),
        ("exp", json!(NOW - 3_600), TokenFault::Time),
        ("exp", json!(-1), TokenFault::Time),
        ("exp", json!(1e300), TokenFault::Time),
        ("iat", json!(NOW + 61), TokenFault::Time),
        ("iat", json!(NOW - 661), TokenFault::Time),
        ("nbf", json!(NOW + 61), TokenFault::Time),
        ("exp", json!("soon"), TokenFault::Shape),
        ("exp", Value::Null, TokenFault::Shape),
        ("sub", json!(""), TokenFault::Subject),
        ("sub", json!("x".repeat(256)), TokenFault::Subject),
        ("sub", json!("a\u{0}b"), TokenFault::Subject),
        ("sub", json!(7), TokenFault::Shape),
    ] {
        let mut body = body();
        body[field] = value.clone();
        assert_eq!(check(&key.token(&key.head(), &body), &set), Err(fault), "{field} {value}");
    }
    for (field, value) in [
        ("exp", json!(NOW - 30)),
        ("iat", json!(NOW + 30)),
        ("exp", json!(NOW as f64 + 0.5)),
        ("aud", json!([CLIENT])),
        ("azp", json!(CLIENT)),
    ] {
        let mut body = body();
        if field == "exp" {
            body["iat"] = json!(NOW - 100);
        }
        body[field] = value.clone();
        let done = check(&key.token(&key.head(), &body), &set);
        assert!(done.is_ok(), "{field} {value}: {done:?}");
    }
}

#[test]
fn a_head_that_asks_for_more_is_refused() {
    let [_, key, _] = Key::all();
    let set = keys(&[key.public("a")]);
    for (field, value, fault) in [
        ("crit", json!(["exp"]), TokenFault::Shape),
        ("typ", json!("at+jwt"), TokenFault::Shape),
        ("typ", json!("logout+jwt"), TokenFault::Shape),
        ("kid", json!("b"), TokenFault::Key),
    ] {
        let mut head = key.head();
        head[field] = value.clone();
        assert_eq!(check(&key.token(&head, &body()), &set), Err(fault), "{field} {value}");
    }
    // A key or an address of keys in the head is not even looked at.
    let stranger = Key::Es256(p256::ecdsa::SigningKey::from_slice(&[8; 32]).unwrap());
    let mut head = key.head();
    head["jwk"] = stranger.public("a");
    head["jku"] = json!("https://evil.example/jwks");
    assert_eq!(check(&stranger.token(&head, &body()), &set), Err(TokenFault::Signature));
}

#[test]
fn keys_are_told_apart_by_name() {
    let [_, old, _] = Key::all();
    let new = Key::Es256(p256::ecdsa::SigningKey::from_slice(&[8; 32]).unwrap());
    let both = keys(&[old.public("old"), new.public("new")]);
    let head = |name: &str| json!({ "alg": "ES256", "kid": name });
    check(&new.token(&head("new"), &body()), &both).unwrap();
    assert_eq!(check(&new.token(&head("old"), &body()), &both), Err(TokenFault::Signature));
    // Without a name, several fit: none is tried.
    let nameless = new.token(&json!({ "alg": "ES256" }), &body());
    assert_eq!(check(&nameless, &both), Err(TokenFault::Key));
}

#[test]
fn what_is_no_token_is_refused() {
    let [_, key, _] = Key::all();
    let set = keys(&[key.public("a")]);
    let good = key.token(&key.head(), &body());
    let long = format!("{good}{}", "A".repeat(16 * 1_024));
    let encrypted = format!("{good}.AAAA.AAAA");
    let padded = format!("{good}=");
    for bad in ["", ".", "..", "a.b.c", "{}", &long, &encrypted, &padded] {
        assert_eq!(check(bad, &set), Err(TokenFault::Shape), "{bad:.40}");
    }
    let twice = body().to_string().replace("{\"", "{\"sub\":\"root\",\"");
    let coded = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", coded(&key.head().to_string()), coded(&twice));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
    assert_eq!(check(&format!("{message}.{signature}"), &set), Err(TokenFault::Shape));
}

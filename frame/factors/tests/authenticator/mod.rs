//! An authenticator and a browser in one, for tests: it signs with crates that
//! the verifier does not use, and can be told to lie in one place at a time.
#![allow(clippy::unwrap_used, clippy::panic, dead_code)]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const UP: u8 = 1;
pub const UV: u8 = 4;
pub const BE: u8 = 8;
pub const BS: u8 = 16;
pub const AT: u8 = 64;
pub const ED: u8 = 128;

/// A key on a device.
pub enum Device {
    Es256(p256::ecdsa::SigningKey),
    EdDsa(ed25519_dalek::SigningKey),
    Rs256(ring::rsa::KeyPair),
}

impl Device {
    pub fn es256(seed: u8) -> Self {
        Self::Es256(p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    pub fn eddsa(seed: u8) -> Self {
        Self::EdDsa(ed25519_dalek::SigningKey::from_bytes(&[seed; 32]))
    }

    pub fn rs256() -> Self {
        let key = ring::rsa::KeyPair::from_pkcs8(include_bytes!("../data/rsa-2048.p8"));
        Self::Rs256(key.unwrap())
    }

    pub fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => -7,
            Self::EdDsa(_) => -8,
            Self::Rs256(_) => -257,
        }
    }

    pub fn cose(&self) -> Vec<u8> {
        match self {
            Self::Es256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                map(&[
                    (number(1), number(2)),
                    (number(3), number(-7)),
                    (number(-1), number(1)),
                    (number(-2), bytes(point.x().unwrap())),
                    (number(-3), bytes(point.y().unwrap())),
                ])
            }
            Self::EdDsa(key) => map(&[
                (number(1), number(1)),
                (number(3), number(-8)),
                (number(-1), number(6)),
                (number(-2), bytes(key.verifying_key().as_bytes())),
            ]),
            Self::Rs256(key) => {
                let parts: ring::rsa::PublicKeyComponents<Vec<u8>> = key.public().into();
                map(&[
                    (number(1), number(3)),
                    (number(3), number(-257)),
                    (number(-1), bytes(&parts.n)),
                    (number(-2), bytes(&parts.e)),
                ])
            }
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Self::EdDsa(key) => key.sign(message).to_bytes().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                let random = ring::rand::SystemRandom::new();
                key.sign(&ring::signature::RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }
}

/// What the browser and the authenticator say; each field can lie.
#[derive(Clone)]
pub struct Story {
    pub kind: &'static str,
    pub challenge: String,
    pub origin: &'static str,
    pub extra: &'static str,
    pub party: &'static str,
    pub flags: u8,
    pub counter: u32,
    pub id: Vec<u8>,
    pub handle: Option<&'static str>,
    pub tail: Vec<u8>,
}

impl Story {
    pub fn create(challenge: &str) -> Self {
        Self {
            kind: "webauthn.create",
            challenge: challenge.to_owned(),
            origin: "https://sekisho.midori.lg.jp:8443",
            extra: r#","crossOrigin":false"#,
            party: "sekisho.midori.lg.jp",
            flags: UP | UV | AT,
            counter: 0,
            id: vec![7; 32],
            handle: None,
            tail: Vec::new(),
        }
    }

    pub fn get(challenge: &str) -> Self {
        Self {
            kind: "webauthn.get",
            flags: UP | UV,
            handle: Some("sato"),
            ..Self::create(challenge)
        }
    }

    fn client_data(&self) -> String {
        let Self { kind, challenge, origin, extra, .. } = self;
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"{extra}}}"#)
    }

    fn data(&self, device: &Device) -> Vec<u8> {
        let mut data = Sha256::digest(self.party).to_vec();
        data.push(self.flags);
        data.extend(self.counter.to_be_bytes());
        if self.flags & AT != 0 {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            data.extend(&self.id);
            data.extend(device.cose());
        }
        data.extend(&self.tail);
        data
    }

    fn signature(&self, device: &Device) -> Vec<u8> {
        let hash = Sha256::digest(self.client_data());
        device.sign(&[self.data(device), hash.to_vec()].concat())
    }

    /// An answer to `navigator.credentials.create`, as `toJSON` writes it.
    pub fn registration(&self, device: &Device) -> Value {
        self.registration_with(device, "none", &map(&[]))
    }

    /// The same with an attestation by the credential itself.
    pub fn self_attested(&self, device: &Device) -> Value {
        let statement = [
            (text("alg"), number(device.algorithm())),
            (text("sig"), bytes(&self.signature(device))),
        ];
        self.registration_with(device, "packed", &map(&statement))
    }

    pub fn registration_with(&self, device: &Device, format: &str, statement: &[u8]) -> Value {
        let object = map(&[
            (text("fmt"), text(format)),
            (text("attStmt"), statement.to_vec()),
            (text("authData"), bytes(&self.data(device))),
        ]);
        json!({
            "id": b64(&self.id),
            "rawId": b64(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": { "credProps": { "rk": true } },
            "response": {
                "clientDataJSON": b64(self.client_data().as_bytes()),
                "attestationObject": b64(&object),
                "authenticatorData": b64(&self.data(device)),
                "publicKeyAlgorithm": device.algorithm(),
                "transports": ["internal"],
            },
        })
    }

    /// An answer to `navigator.credentials.get`, as `toJSON` writes it.
    pub fn authentication(&self, device: &Device) -> Value {
        json!({
            "id": b64(&self.id),
            "rawId": b64(&self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64(self.client_data().as_bytes()),
                "authenticatorData": b64(&self.data(device)),
                "signature": b64(&self.signature(device)),
                "userHandle": self.handle.map(|handle| b64(handle.as_bytes())),
            },
        })
    }
}

pub fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn head(major: u8, argument: u64) -> Vec<u8> {
    let major = major << 5;
    match argument {
        0..=23 => vec![major | argument as u8],
        24..=0xff => vec![major | 24, argument as u8],
        _ => [vec![major | 25], (argument as u16).to_be_bytes().to_vec()].concat(),
    }
}

pub fn number(value: i64) -> Vec<u8> {
    if value < 0 { head(1, (-1 - value) as u64) } else { head(0, value as u64) }
}

pub fn bytes(value: &[u8]) -> Vec<u8> {
    [head(2, value.len() as u64), value.to_vec()].concat()
}

pub fn text(value: &str) -> Vec<u8> {
    [head(3, value.len() as u64), value.as_bytes().to_vec()].concat()
}

pub fn map(members: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut written = head(5, members.len() as u64);
    for (key, value) in members {
        written.extend(key);
        written.extend(value);
    }
    written
}

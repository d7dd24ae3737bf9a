//! A security key in software (Ed25519), as far as these tests need one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::{Signer, SigningKey};
use identity::enrol::NewPasskey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::town::{HOST, text};

pub struct Authenticator {
    key: SigningKey,
    id: Vec<u8>,
    pub counter: u32,
}

const PRESENT_AND_VERIFIED: u8 = 0b0000_0101;
const WITH_CREDENTIAL: u8 = 0b0100_0000;

impl Authenticator {
    pub fn new(seed: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[seed; 32]), id: vec![seed; 16], counter: 0 }
    }

    /// Answers creation options.
    pub fn make(&mut self, options: &str) -> NewPasskey {
        let options: Value = serde_json::from_str(options).unwrap();
        let mut data = self.data(PRESENT_AND_VERIFIED | WITH_CREDENTIAL);
        data.extend([0; 16]);
        data.extend((self.id.len() as u16).to_be_bytes());
        data.extend(&self.id);
        // {1: 1 (OKP), 3: -8 (EdDSA), -1: 6 (Ed25519), -2: x}, RFC 9053 §7.2.
        data.extend([0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20]);
        data.extend(self.key.verifying_key().as_bytes());
        let mut object = vec![0xa3];
        object.extend(b"\x63fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(&data);
        let answer = json!({
            "id": BASE64.encode(&self.id),
            "rawId": BASE64.encode(&self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client_data("webauthn.create", &options)),
                "attestationObject": BASE64.encode(object),
            },
        });
        NewPasskey { label: text("鍵"), answer: answer.to_string() }
    }

    /// Answers request options.
    pub fn show(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        let client_data = client_data("webauthn.get", &options);
        let data = self.data(PRESENT_AND_VERIFIED);
        let message = [data.as_slice(), Sha256::digest(&client_data).as_slice()].concat();
        json!({
            "id": BASE64.encode(&self.id),
            "rawId": BASE64.encode(&self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client_data),
                "authenticatorData": BASE64.encode(data),
                "signature": BASE64.encode(self.key.sign(&message).to_bytes()),
            },
        })
        .to_string()
    }

    fn data(&mut self, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let mut data = Sha256::digest(HOST).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }
}

fn client_data(kind: &str, options: &Value) -> Vec<u8> {
    json!({
        "type": kind,
        "challenge": options["challenge"],
        "origin": format!("https://{HOST}:8443"),
        "crossOrigin": false,
    })
    .to_string()
    .into_bytes()
}

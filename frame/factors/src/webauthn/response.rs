//! What a browser sends: the JSON that `PublicKeyCredential.toJSON()` makes
//! (WebAuthn §5.1.8), with a limit on each field. Reads form only; whether it
//! is true is decided elsewhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{CredentialId, WebauthnError};

/// Bytes of one answer's JSON, at most.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Bytes of the client data: a type, a challenge, an origin and what browsers
/// may add.
const CLIENT_DATA_BYTES_MAX: usize = 4 * 1024;

/// Bytes of an attestation object: a key of 8,192 bits, a credential id of
/// 1,023 bytes and extensions fit well.
const ATTESTATION_BYTES_MAX: usize = 16 * 1024;
const AUTHENTICATOR_DATA_BYTES_MAX: usize = 4 * 1024;

/// Bytes of a signature: RSA with 8,192 bits.
const SIGNATURE_BYTES_MAX: usize = 1_024;

/// WebAuthn §4, User Handle.
const HANDLE_BYTES_MAX: usize = 64;

/// What `navigator.credentials.create` gave.
#[derive(Clone, Debug)]
pub struct RegistrationResponse {
    pub(super) id: CredentialId,
    pub(super) client_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
}

/// What `navigator.credentials.get` gave.
#[derive(Clone, Debug)]
pub struct AuthenticationResponse {
    pub(super) id: CredentialId,
    pub(super) client_data: Vec<u8>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) handle: Option<String>,
}

impl RegistrationResponse {
    /// Reads a `RegistrationResponseJSON`.
    ///
    /// # Errors
    /// [`WebauthnError::Answer`] when a field is missing, malformed or too long.
    pub fn parse(json: &[u8]) -> Result<Self, WebauthnError> {
        let envelope: Envelope<Attestation> = read(json)?;
        Ok(Self {
            id: envelope.id()?,
            client_data: bytes(&envelope.response.client_data, CLIENT_DATA_BYTES_MAX)?,
            attestation_object: bytes(
                &envelope.response.attestation_object,
                ATTESTATION_BYTES_MAX,
            )?,
        })
    }

    /// The new credential's id, not yet verified.
    #[must_use]
    pub const fn credential_id(&self) -> &CredentialId {
        &self.id
    }
}

impl AuthenticationResponse {
    /// Reads an `AuthenticationResponseJSON`.
    ///
    /// # Errors
    /// [`WebauthnError::Answer`] when a field is missing, malformed or too long.
    pub fn parse(json: &[u8]) -> Result<Self, WebauthnError> {
        let envelope: Envelope<Assertion> = read(json)?;
        let response = &envelope.response;
        let handle = response.user_handle.as_deref().filter(|handle| !handle.is_empty());
        let handle = handle.map(|handle| bytes(handle, HANDLE_BYTES_MAX)).transpose()?;
        let handle =
            handle.map(String::from_utf8).transpose().map_err(|_| WebauthnError::Answer)?;
        Ok(Self {
            id: envelope.id()?,
            client_data: bytes(&response.client_data, CLIENT_DATA_BYTES_MAX)?,
            authenticator_data: bytes(&response.authenticator_data, AUTHENTICATOR_DATA_BYTES_MAX)?,
            signature: bytes(&response.signature, SIGNATURE_BYTES_MAX)?,
            handle,
        })
    }

    /// Which stored credential to look up, not yet verified.
    #[must_use]
    pub const fn credential_id(&self) -> &CredentialId {
        &self.id
    }

    /// The person's id that a passkey remembered, not yet verified.
    #[must_use]
    pub fn handle(&self) -> Option<&str> {
        self.handle.as_deref()
    }
}

#[derive(Deserialize)]
struct Envelope<R> {
    id: String,
    #[serde(rename = "rawId")]
    raw_id: String,
    #[serde(rename = "type")]
    kind: String,
    response: R,
}

#[derive(Deserialize)]
struct Attestation {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "attestationObject")]
    attestation_object: String,
}

#[derive(Deserialize)]
struct Assertion {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    signature: String,
    #[serde(rename = "userHandle", default)]
    user_handle: Option<String>,
}

impl<R> Envelope<R> {
    fn id(&self) -> Result<CredentialId, WebauthnError> {
        if self.kind != "public-key" || self.id != self.raw_id {
            return Err(WebauthnError::Answer);
        }
        CredentialId::parse(&self.id).map_err(|_| WebauthnError::Answer)
    }
}

fn read<'de, R: Deserialize<'de>>(json: &'de [u8]) -> Result<Envelope<R>, WebauthnError> {
    if json.len() > ANSWER_BYTES_MAX {
        return Err(WebauthnError::Answer);
    }
    serde_json::from_slice(json).map_err(|_| WebauthnError::Answer)
}

fn bytes(text: &str, bytes_max: usize) -> Result<Vec<u8>, WebauthnError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| WebauthnError::Answer)?;
    if bytes.len() > bytes_max { Err(WebauthnError::Answer) } else { Ok(bytes) }
}

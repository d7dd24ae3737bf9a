//! What a browser is asked for: the JSON that
//! `PublicKeyCredential.parseCreationOptionsFromJSON` and
//! `parseRequestOptionsFromJSON` read (WebAuthn §5.1.8 and §5.1.9).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::cose::ALGORITHMS;
use super::{Challenge, CredentialId, RelyingParty, UserVerification};

/// For whom a credential is made.
#[derive(Clone, Copy, Debug)]
pub struct User<'a> {
    /// The person's id, at most 64 bytes; a passkey gives it back when it signs
    /// its person in. No name: it may be shown to whoever holds the device.
    pub handle: &'a str,
    /// The login.
    pub login: &'a str,
    /// The name.
    pub name: &'a str,
}

/// Whether the authenticator remembers the person by itself, so that the
/// person need not type a login (a passkey).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discoverable {
    /// It must.
    Required,
    /// It may.
    Preferred,
    /// It need not: a second factor beside a password.
    Discouraged,
}

/// What is wanted of a new credential.
#[derive(Clone, Copy, Debug)]
pub struct CreationWish<'a> {
    /// Must the authenticator make sure of its user?
    pub verification: UserVerification,
    /// Must it remember the person?
    pub discoverable: Discoverable,
    /// Credentials that the person has already: their authenticators decline.
    pub exclude: &'a [CredentialId],
    /// How long the browser waits.
    pub timeout: Duration,
}

impl UserVerification {
    const fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
        }
    }
}

impl Discoverable {
    const fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
            Self::Discouraged => "discouraged",
        }
    }
}

/// Asks for a new credential: a `PublicKeyCredentialCreationOptionsJSON`.
#[must_use]
pub fn creation_options(
    party: &RelyingParty,
    user: User<'_>,
    challenge: &Challenge,
    wish: &CreationWish<'_>,
) -> String {
    let kinds: Vec<Value> =
        ALGORITHMS.iter().map(|kind| json!({ "type": "public-key", "alg": kind })).collect();
    json!({
        "rp": { "id": party.id(), "name": party.name() },
        "user": {
            "id": URL_SAFE_NO_PAD.encode(user.handle),
            "name": user.login,
            "displayName": user.name,
        },
        "challenge": challenge.to_string(),
        "pubKeyCredParams": kinds,
        "timeout": millis(wish.timeout),
        "excludeCredentials": descriptors(wish.exclude),
        "authenticatorSelection": {
            "residentKey": wish.discoverable.word(),
            // Read by browsers of Level 1 only.
            "requireResidentKey": wish.discoverable == Discoverable::Required,
            "userVerification": wish.verification.word(),
        },
        "attestation": "none",
    })
    .to_string()
}

/// Asks a credential to sign: a `PublicKeyCredentialRequestOptionsJSON`. An
/// empty `allow` lets any passkey of ours answer.
#[must_use]
pub fn request_options(
    party: &RelyingParty,
    challenge: &Challenge,
    verification: UserVerification,
    allow: &[CredentialId],
    timeout: Duration,
) -> String {
    json!({
        "rpId": party.id(),
        "challenge": challenge.to_string(),
        "timeout": millis(timeout),
        "allowCredentials": descriptors(allow),
        "userVerification": verification.word(),
    })
    .to_string()
}

fn millis(timeout: Duration) -> u32 {
    u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX)
}

fn descriptors(credentials: &[CredentialId]) -> Vec<Value> {
    let descriptor = |id: &CredentialId| json!({ "type": "public-key", "id": id.to_string() });
    credentials.iter().map(descriptor).collect()
}

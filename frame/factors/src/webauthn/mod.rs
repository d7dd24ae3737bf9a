//! Web Authentication (W3C, Level 3): what we ask of a browser, and whether
//! what it answers is true. Knows neither sessions nor rows: the challenge and
//! the stored credential come in, a credential or an assertion goes out.
//!
//! Taken: ES256, EdDSA (Ed25519) and RS256 keys; attestation `none`, and
//! `packed` signed by the credential itself, which a browser may leave in.

mod cbor;
mod client;
mod cose;
mod data;
mod options;
mod party;
mod response;
mod verify;

pub use cose::PublicKey;
pub use options::{CreationWish, Discoverable, User, creation_options, request_options};
pub use party::{PartyError, RelyingParty};
pub use response::{AuthenticationResponse, RegistrationResponse};
pub use verify::{authenticate, register};

use std::fmt;

use base::{Random, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Why a browser's answer was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebauthnError {
    /// The answer's JSON is too long, or lacks a field.
    #[error("browser's answer cannot be read")]
    Answer,
    /// The client data say another type than was asked for.
    #[error("browser's answer is of the wrong type")]
    Type,
    /// Another challenge than the one we gave: an old answer, or one for
    /// somebody else.
    #[error("answer belongs to another challenge")]
    Challenge,
    /// Another origin than ours: a page that pretends to be us.
    #[error("answer was made for another origin")]
    Origin,
    /// Made inside another site's frame.
    #[error("answer was made inside another site's page")]
    CrossOrigin,
    /// The authenticator signed for another relying party.
    #[error("answer was made for another relying party")]
    Party,
    /// Nobody touched the authenticator.
    #[error("nobody was present at the authenticator")]
    NotPresent,
    /// The authenticator did not ask for a PIN or a finger, and we demand it.
    #[error("authenticator did not verify its user")]
    NotVerified,
    /// Authenticator data that break their form.
    #[error("authenticator data cannot be read")]
    Data,
    /// A public key of a kind we did not offer, or one that is no key.
    #[error("public key is of a kind that is not taken")]
    Key,
    /// An attestation that we did not ask for.
    #[error("attestation is of a kind that was not asked for")]
    Attestation,
    /// The answer names another credential than the stored one.
    #[error("answer names another credential")]
    Credential,
    /// The answer names another person than the credential's.
    #[error("answer names another person")]
    Person,
    /// The signature does not fit.
    #[error("signature is wrong")]
    Signature,
    /// The counter did not go up: two devices hold the same key.
    #[error("authenticator's counter went from {stored} to {seen}: it may be cloned")]
    Cloned {
        /// What was stored.
        stored: u32,
        /// What came.
        seen: u32,
    },
    /// The credential changed whether it may be copied between devices.
    #[error("credential changed its backup eligibility")]
    Backup,
}

/// Whether the authenticator must make sure of its user (PIN, finger, face),
/// so that the credential counts as possession and knowledge at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserVerification {
    /// It must.
    Required,
    /// It may; the answer says whether it did.
    Preferred,
}

/// 256 random bits that an answer repeats. Good for one answer; the caller
/// stores it, ends it after minutes and forgets it on first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge([u8; CHALLENGE_LENGTH]);

const CHALLENGE_LENGTH: usize = 32;

/// A text that is no challenge or no credential id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url of the expected length")]
pub struct TextFormError;

impl Challenge {
    /// Makes a new challenge.
    #[must_use]
    pub fn new(source: &dyn Random) -> Self {
        Self(random::bytes(source))
    }

    /// Reads the stored form that [`fmt::Display`] writes.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, TextFormError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TextFormError)?;
        Ok(Self(bytes.try_into().map_err(|_| TextFormError)?))
    }
}

impl fmt::Display for Challenge {
    /// Base64url without padding.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// What an authenticator calls a credential: 1 to 1,023 bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialId(Box<[u8]>);

/// WebAuthn §4, Credential ID: at most 1,023 bytes.
const CREDENTIAL_ID_BYTES_MAX: usize = 1_023;

impl CredentialId {
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let is_allowed = (1..=CREDENTIAL_ID_BYTES_MAX).contains(&bytes.len());
        is_allowed.then(|| Self(bytes.into()))
    }

    /// Reads base64url without padding; each id has one spelling.
    ///
    /// # Errors
    /// For anything else.
    pub fn parse(text: &str) -> Result<Self, TextFormError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TextFormError)?;
        Self::from_bytes(&bytes).ok_or(TextFormError)
    }
}

impl fmt::Display for CredentialId {
    /// Base64url without padding, for a column of text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl fmt::Debug for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What registration found, to be stored with the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its name; unique over all persons and bodies.
    pub id: CredentialId,
    /// Its key.
    pub public_key: PublicKey,
    /// Its signature counter; 0 if it keeps none.
    pub counter: u32,
    /// The authenticator's model; zeroes if it does not say.
    pub model: [u8; 16],
    /// Its user was verified at registration.
    pub is_user_verified: bool,
    /// It may be copied between devices.
    pub is_backup_eligible: bool,
    /// It was copied already.
    pub is_backed_up: bool,
}

/// What the store knows of a credential that answers.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Its name.
    pub id: &'a CredentialId,
    /// Its key.
    pub public_key: &'a PublicKey,
    /// Its counter when it last answered.
    pub counter: u32,
    /// It may be copied between devices.
    pub is_backup_eligible: bool,
    /// The id of the person whose it is, as given in [`User::handle`].
    pub handle: &'a str,
}

/// A true answer. The caller stores the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Assertion {
    /// The counter to be stored.
    pub counter: u32,
    /// The user was verified this time.
    pub is_user_verified: bool,
    /// The credential is copied to another device.
    pub is_backed_up: bool,
}

//! Authenticator data: whom the authenticator signed for, what it did, and a
//! new credential's key (WebAuthn §6.1).

use sha2::{Digest, Sha256};

use super::cbor::Value;
use super::{CredentialId, PublicKey, RelyingParty, UserVerification, WebauthnError};

/// Read authenticator data.
#[derive(Clone, Debug)]
pub(super) struct AuthenticatorData {
    party_hash: [u8; HASH_LENGTH],
    flags: u8,
    /// The signature counter.
    pub(super) counter: u32,
    /// The new credential, at registration.
    pub(super) attested: Option<Attested>,
}

/// Attested credential data (§6.5.2).
#[derive(Clone, Debug)]
pub(super) struct Attested {
    pub(super) model: [u8; 16],
    pub(super) id: CredentialId,
    pub(super) public_key: PublicKey,
}

const HASH_LENGTH: usize = 32;

// §6.1, flags.
const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENSIONS: u8 = 1 << 7;

impl AuthenticatorData {
    /// Reads authenticator data to the last byte.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, WebauthnError> {
        let (&party_hash, rest) = bytes.split_first_chunk().ok_or(WebauthnError::Data)?;
        let (&[flags], rest) = rest.split_first_chunk().ok_or(WebauthnError::Data)?;
        let (&counter, mut rest) = rest.split_first_chunk().ok_or(WebauthnError::Data)?;
        let mut attested = None;
        if flags & ATTESTED != 0 {
            let (credential, after) = Attested::read(rest)?;
            attested = Some(credential);
            rest = after;
        }
        if flags & EXTENSIONS != 0 {
            let (value, after) = Value::read(rest).map_err(|_| WebauthnError::Data)?;
            if !matches!(value, Value::Map(_)) {
                return Err(WebauthnError::Data);
            }
            rest = after;
        }
        // §6.1.3: what is backed up is eligible for backup.
        let is_impossible = flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0;
        if !rest.is_empty() || is_impossible {
            return Err(WebauthnError::Data);
        }
        Ok(Self { party_hash, flags, counter: u32::from_be_bytes(counter), attested })
    }

    /// Checks whom it was made for and what the user did (§7.1 steps 14–16,
    /// §7.2 steps 16–18).
    pub(super) fn check(
        &self,
        party: &RelyingParty,
        verification: UserVerification,
    ) -> Result<(), WebauthnError> {
        if self.party_hash != <[u8; HASH_LENGTH]>::from(Sha256::digest(party.id())) {
            return Err(WebauthnError::Party);
        }
        if self.flags & USER_PRESENT == 0 {
            return Err(WebauthnError::NotPresent);
        }
        match verification {
            UserVerification::Required if !self.is_user_verified() => {
                Err(WebauthnError::NotVerified)
            }
            UserVerification::Required | UserVerification::Preferred => Ok(()),
        }
    }

    pub(super) const fn is_user_verified(&self) -> bool {
        self.flags & USER_VERIFIED != 0
    }

    pub(super) const fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    pub(super) const fn is_backed_up(&self) -> bool {
        self.flags & BACKED_UP != 0
    }
}

impl Attested {
    fn read(bytes: &[u8]) -> Result<(Self, &[u8]), WebauthnError> {
        let (&model, rest) = bytes.split_first_chunk().ok_or(WebauthnError::Data)?;
        let (&length, rest) = rest.split_first_chunk().ok_or(WebauthnError::Data)?;
        let length = usize::from(u16::from_be_bytes(length));
        let (id, rest) = rest.split_at_checked(length).ok_or(WebauthnError::Data)?;
        let id = CredentialId::from_bytes(id).ok_or(WebauthnError::Data)?;
        let (_, after) = Value::read(rest).map_err(|_| WebauthnError::Data)?;
        let key = rest.strip_suffix(after).ok_or(WebauthnError::Data)?;
        Ok((Self { model, id, public_key: PublicKey::parse(key)? }, after))
    }
}

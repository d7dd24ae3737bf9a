//! Credentials as they are stored: sealed under the key file, bound to body,
//! person and kind; and the checks over them. Knows no row.

use std::time::Duration;

use base::{BodyId, Random, Secret};
use factors::webauthn::{
    AuthenticationResponse, Challenge, CreationWish, Credential, CredentialId, Discoverable, Known,
    PublicKey, RegistrationResponse, RelyingParty, User, UserVerification, WebauthnError,
    authenticate, creation_options, register, request_options,
};
use factors::{Attempt, Binding, Password, PasswordHash, TotpSecret, password};
use sha2::{Digest, Sha256};
use tokio::sync::SemaphorePermit;

use crate::error::IdentityError;
use crate::gate::{FactorKind, Gate};
use crate::person::{Person, PersonId};
use crate::tables::factors::FactorRow;

/// Whose secrets are sealed or opened.
pub(crate) struct Owner {
    body: String,
    person: String,
}

/// A passkey as it is stored.
#[derive(serde::Serialize, serde::Deserialize)]
struct StoredPasskey {
    id: String,
    key: Vec<u8>,
    counter: u32,
    is_backup_eligible: bool,
}

/// How long a browser waits for a passkey.
const PASSKEY_WAIT: Duration = Duration::from_secs(300);

impl Owner {
    pub(crate) fn new(body: BodyId, person: PersonId) -> Self {
        Self { body: body.to_string(), person: person.to_string() }
    }

    fn binding(&self, kind: FactorKind) -> Binding<'_> {
        Binding { body: &self.body, owner: &self.person, purpose: kind.name() }
    }

    pub(crate) fn seal(
        &self,
        gate: &Gate,
        kind: FactorKind,
        plain: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, IdentityError> {
        Ok(gate.0.settings.sealer.seal(self.binding(kind), plain, random)?)
    }

    pub(crate) fn open(
        &self,
        gate: &Gate,
        kind: FactorKind,
        sealed: &[u8],
    ) -> Result<Secret<Vec<u8>>, IdentityError> {
        Ok(gate.0.settings.sealer.open(self.binding(kind), sealed)?)
    }

    pub(crate) fn open_totp(
        &self,
        gate: &Gate,
        sealed: &[u8],
    ) -> Result<TotpSecret, IdentityError> {
        let plain = self.open(gate, FactorKind::Totp, sealed)?;
        TotpSecret::from_bytes(plain.reveal()).map_err(|_| IdentityError::Unreadable("factors"))
    }

    fn open_passkey(&self, gate: &Gate, sealed: &[u8]) -> Result<StoredPasskey, IdentityError> {
        let plain = self.open(gate, FactorKind::Passkey, sealed)?;
        serde_json::from_slice(plain.reveal()).map_err(|_| IdentityError::Unreadable("factors"))
    }

    fn seal_passkey(
        &self,
        gate: &Gate,
        passkey: &StoredPasskey,
        random: &dyn Random,
    ) -> Result<Vec<u8>, IdentityError> {
        let json = serde_json::to_vec(passkey).map_err(|_| IdentityError::Unreadable("factors"))?;
        self.seal(gate, FactorKind::Passkey, &json, random)
    }
}

/// The name of an app's secret over all people: two of the same are refused.
pub(crate) fn totp_handle(secret: &TotpSecret) -> String {
    hashed(&[b"totp", secret.reveal()])
}

/// The name of a person at another identity provider.
pub(crate) fn provider_handle(issuer: &str, subject: &str) -> String {
    hashed(&[b"provider", issuer.as_bytes(), subject.as_bytes()])
}

fn hashed(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// True for the SHA-256 of a certificate in small hexadecimal digits.
pub(crate) fn is_fingerprint(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Checks a password, or takes as long where there is none, on a thread that
/// may wait.
pub(crate) async fn check_password(
    gate: &Gate,
    owner: Option<(Owner, Vec<u8>)>,
    typed: &Secret<String>,
) -> Result<Attempt, IdentityError> {
    let _place = place_to_hash(gate).await?;
    let (gate, typed) = (gate.clone(), typed.clone());
    let checked = tokio::task::spawn_blocking(move || {
        let cost = gate.0.settings.cost;
        let Some((owner, sealed)) = owner else {
            return Ok(password::check_nobody(typed.reveal(), cost));
        };
        let plain = owner.open(&gate, FactorKind::Password, &sealed)?;
        let stored = std::str::from_utf8(plain.reveal()).ok();
        let stored = stored.and_then(|text| PasswordHash::parse(text).ok());
        let stored = stored.ok_or(IdentityError::Unreadable("factors"))?;
        Ok(stored.check(typed.reveal(), cost))
    });
    checked.await.map_err(|_| IdentityError::Busy)?
}

/// Hashes and seals a password on a thread that may wait.
pub(crate) async fn seal_password(
    gate: &Gate,
    owner: Owner,
    password: Password,
    random: std::sync::Arc<dyn Random>,
) -> Result<Vec<u8>, IdentityError> {
    let _place = place_to_hash(gate).await?;
    let gate = gate.clone();
    let sealed = tokio::task::spawn_blocking(move || {
        let hash = password.hash(gate.0.settings.cost, &*random);
        owner.seal(&gate, FactorKind::Password, hash.as_str().as_bytes(), &*random)
    });
    sealed.await.map_err(|_| IdentityError::Busy)?
}

async fn place_to_hash(
    gate: &Gate,
) -> Result<(SemaphorePermit<'_>, SemaphorePermit<'_>), IdentityError> {
    let queue = gate.0.waiting.try_acquire().map_err(|_| IdentityError::Busy)?;
    let place = gate.0.hashing.acquire().await.map_err(|_| IdentityError::Busy)?;
    Ok((queue, place))
}

pub(crate) fn party(gate: &Gate) -> Result<&RelyingParty, IdentityError> {
    gate.0.settings.party.as_ref().ok_or(IdentityError::NoHostName)
}

/// Makes a challenge, as it is stored.
pub(crate) fn challenge(random: &dyn Random) -> String {
    Challenge::new(random).to_string()
}

fn read_challenge(stored: &[u8]) -> Result<Challenge, IdentityError> {
    let text = std::str::from_utf8(stored).ok();
    let challenge = text.and_then(|text| Challenge::parse(text).ok());
    challenge.ok_or(IdentityError::Unreadable("challenges"))
}

/// Options to make a passkey that remembers its person.
pub(crate) fn options_to_make(
    gate: &Gate,
    person: &Person,
    challenge: &str,
    has: &[FactorRow],
) -> Result<String, IdentityError> {
    let wish = CreationWish {
        verification: UserVerification::Required,
        discoverable: Discoverable::Preferred,
        exclude: &credential_ids(has),
        timeout: PASSKEY_WAIT,
    };
    let handle = person.id.to_string();
    let user = User { handle: &handle, login: person.login.as_str(), name: person.name.as_str() };
    Ok(creation_options(party(gate)?, user, &read_challenge(challenge.as_bytes())?, &wish))
}

/// Options to show a passkey: one of these, or any where none is named.
pub(crate) fn options_to_show(
    gate: &Gate,
    challenge: &str,
    has: &[FactorRow],
    verification: UserVerification,
) -> Result<String, IdentityError> {
    let challenge = read_challenge(challenge.as_bytes())?;
    let allow = credential_ids(has);
    Ok(request_options(party(gate)?, &challenge, verification, &allow, PASSKEY_WAIT))
}

fn credential_ids(has: &[FactorRow]) -> Vec<CredentialId> {
    let passkeys = has.iter().filter(|row| row.factor.kind == FactorKind::Passkey);
    passkeys.filter_map(|row| CredentialId::parse(&row.handle).ok()).collect()
}

/// Reads a new passkey: its handle and what is sealed of it.
pub(crate) fn read_new_passkey(
    gate: &Gate,
    owner: &Owner,
    challenge: &[u8],
    answer: &str,
    random: &dyn Random,
) -> Result<(String, Vec<u8>), IdentityError> {
    let challenge = read_challenge(challenge)?;
    let answer = RegistrationResponse::parse(answer.as_bytes());
    let made = answer.and_then(|answer| {
        let party = party(gate).map_err(|_| WebauthnError::Party)?;
        register(party, &challenge, UserVerification::Required, &answer)
    });
    let Credential { id, public_key, counter, is_backup_eligible, .. } =
        made.map_err(|_| IdentityError::WrongProof)?;
    let stored = StoredPasskey {
        id: id.to_string(),
        key: public_key.as_bytes().to_vec(),
        counter,
        is_backup_eligible,
    };
    Ok((id.to_string(), owner.seal_passkey(gate, &stored, random)?))
}

/// What a shown passkey came to.
pub(crate) enum Shown {
    /// It is true; the row's new content.
    Right(Vec<u8>),
    /// It is not.
    Wrong,
    /// Two devices hold the key.
    Cloned,
}

/// Checks a shown passkey against its row.
pub(crate) fn check_passkey(
    gate: &Gate,
    owner: &Owner,
    row: &FactorRow,
    challenge: &[u8],
    verification: UserVerification,
    answer: &AuthenticationResponse,
    random: &dyn Random,
) -> Result<Shown, IdentityError> {
    let challenge = read_challenge(challenge)?;
    let mut stored = owner.open_passkey(gate, &row.sealed)?;
    let unreadable = || IdentityError::Unreadable("factors");
    let id = CredentialId::parse(&stored.id).map_err(|_| unreadable())?;
    let public_key = PublicKey::parse(&stored.key).map_err(|_| unreadable())?;
    let known = Known {
        id: &id,
        public_key: &public_key,
        counter: stored.counter,
        is_backup_eligible: stored.is_backup_eligible,
        handle: &owner.person,
    };
    match authenticate(party(gate)?, &challenge, verification, known, answer) {
        Ok(assertion) => {
            stored.counter = assertion.counter;
            Ok(Shown::Right(owner.seal_passkey(gate, &stored, random)?))
        }
        Err(WebauthnError::Cloned { .. }) => Ok(Shown::Cloned),
        Err(_) => Ok(Shown::Wrong),
    }
}

//! The two ceremonies, step by step (WebAuthn §7.1 and §7.2).

use sha2::{Digest, Sha256};

use super::cbor::Value;
use super::client::{self, Ceremony};
use super::data::AuthenticatorData;
use super::{
    Assertion, AuthenticationResponse, Challenge, Credential, Known, PublicKey,
    RegistrationResponse, RelyingParty, UserVerification, WebauthnError,
};

/// Verifies a new credential. The caller has yet to see that nobody has a
/// credential of this id (§7.1 step 26).
///
/// # Errors
/// Names the first check that failed.
pub fn register(
    party: &RelyingParty,
    challenge: &Challenge,
    verification: UserVerification,
    response: &RegistrationResponse,
) -> Result<Credential, WebauthnError> {
    client::check(&response.client_data, Ceremony::Create, party, challenge)?;
    let object =
        Value::read_whole(&response.attestation_object).map_err(|_| WebauthnError::Data)?;
    let bytes = object.named("authData").and_then(Value::bytes).ok_or(WebauthnError::Data)?;
    let data = AuthenticatorData::read(bytes)?;
    data.check(party, verification)?;
    let attested = data.attested.as_ref().ok_or(WebauthnError::Data)?;
    if attested.id != response.id {
        return Err(WebauthnError::Credential);
    }
    check_attestation(
        &object,
        &signed_message(bytes, &response.client_data),
        &attested.public_key,
    )?;
    Ok(Credential {
        id: attested.id.clone(),
        public_key: attested.public_key.clone(),
        counter: data.counter,
        model: attested.model,
        is_user_verified: data.is_user_verified(),
        is_backup_eligible: data.is_backup_eligible(),
        is_backed_up: data.is_backed_up(),
    })
}

/// Verifies a signature by a stored credential.
///
/// # Errors
/// Names the first check that failed. After [`WebauthnError::Cloned`] the
/// credential is to be withdrawn: its signature was right.
pub fn authenticate(
    party: &RelyingParty,
    challenge: &Challenge,
    verification: UserVerification,
    known: Known<'_>,
    response: &AuthenticationResponse,
) -> Result<Assertion, WebauthnError> {
    if response.id != *known.id {
        return Err(WebauthnError::Credential);
    }
    if response.handle().is_some_and(|handle| handle != known.handle) {
        return Err(WebauthnError::Person);
    }
    client::check(&response.client_data, Ceremony::Get, party, challenge)?;
    let data = AuthenticatorData::read(&response.authenticator_data)?;
    data.check(party, verification)?;
    let message = signed_message(&response.authenticator_data, &response.client_data);
    if !known.public_key.has_signed(&message, &response.signature) {
        return Err(WebauthnError::Signature);
    }
    // §7.2 step 19: whether it may be copied was settled when it was made.
    if data.is_backup_eligible() != known.is_backup_eligible {
        return Err(WebauthnError::Backup);
    }
    // §7.2 step 22: a counter that is kept goes up.
    let is_kept = data.counter != 0 || known.counter != 0;
    if is_kept && data.counter <= known.counter {
        return Err(WebauthnError::Cloned { stored: known.counter, seen: data.counter });
    }
    Ok(Assertion {
        counter: data.counter,
        is_user_verified: data.is_user_verified(),
        is_backed_up: data.is_backed_up(),
    })
}

/// Authenticator data, then the hash of the client data (§6.3.3 step 11).
fn signed_message(data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [data, Sha256::digest(client_data).as_slice()].concat()
}

/// `none` says nothing (§8.7); `packed` without certificates is signed by the
/// credential itself (§8.2.1), and browsers leave it in.
fn check_attestation(
    object: &Value<'_>,
    message: &[u8],
    key: &PublicKey,
) -> Result<(), WebauthnError> {
    let (Some(Value::Text(format)), Some(Value::Map(members))) =
        (object.named("fmt"), object.named("attStmt"))
    else {
        return Err(WebauthnError::Data);
    };
    let statement = object.named("attStmt").ok_or(WebauthnError::Data)?;
    match *format {
        "none" if members.is_empty() => Ok(()),
        "packed" if members.len() == 2 => {
            let is_key_s = statement.named("alg") == Some(&Value::Number(key.algorithm()));
            let signature = statement.named("sig").and_then(Value::bytes);
            let signature = signature.filter(|_| is_key_s).ok_or(WebauthnError::Attestation)?;
            if key.has_signed(message, signature) { Ok(()) } else { Err(WebauthnError::Signature) }
        }
        _ => Err(WebauthnError::Attestation),
    }
}

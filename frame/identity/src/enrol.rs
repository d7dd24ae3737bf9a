//! Enrolment: a person who was handed a one-time code by somebody else chooses
//! two factors. All or nothing: nobody is active with one.

use base::{Secret, Text, Timestamp};
use factors::{Code, Token, TotpSecret};
use store::{Store, Work};

use crate::caller::Caller;
use crate::error::IdentityError;
use crate::gate::{Gate, Visitor};
use crate::person::{Login, PersonId};
use crate::roles::REASON_MAX;

/// An enrolment that the code has opened; it lasts 30 minutes.
#[derive(Debug)]
pub struct Opened {
    /// Goes on with the enrolment; for a cookie or a hidden field.
    pub token: Token,
    /// Who enrols.
    pub login: Login,
    /// Their name.
    pub name: String,
    /// Their body's name.
    pub body: String,
    /// The secret for a one-time password app, if they want one.
    pub totp: TotpOffer,
    /// When the enrolment ends.
    pub until: Timestamp,
}

/// A secret that an app may take over.
#[derive(Clone, Debug)]
pub struct TotpOffer {
    /// To be typed.
    pub base32: Secret<String>,
    /// To be opened on the same device.
    pub uri: Secret<String>,
    /// To be photographed: an SVG element.
    pub picture: Secret<String>,
}

/// The two factors that a person chose. At least one of `password` and
/// `passkey` first, and a second of another kind; or two passkeys.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// A password.
    pub password: Option<Secret<String>>,
    /// The six digits that prove the app took over the secret.
    pub totp: Option<Secret<String>>,
    /// The browser's answers (JSON) to [`passkey_offer`], one a key.
    pub passkeys: Vec<NewPasskey>,
    /// Binds the client certificate that the visitor's connection proves.
    pub certificate: bool,
}

/// A passkey as the browser made it.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// What the person calls it.
    pub label: Text<LABEL_MAX>,
    /// `RegistrationResponseJSON` of WebAuthn level 3.
    pub answer: String,
}

/// Longest name of a factor, in characters.
pub const LABEL_MAX: usize = 40;

/// Makes a new code for a person who has not enrolled yet; the old one ends.
///
/// # Errors
/// [`IdentityError::PersonState`] if they are active or gone.
pub async fn issue(
    work: &mut Work,
    caller: &Caller,
    person: PersonId,
) -> Result<(Code, Timestamp), IdentityError> {
    let _ = (work, caller, person);
    Err(IdentityError::Code)
}

/// Takes all factors and sessions of an active person away, who enrols anew:
/// after a loss of both, or a theft.
///
/// # Errors
/// [`IdentityError::Oneself`].
pub async fn reissue(
    work: &mut Work,
    caller: &Caller,
    person: PersonId,
    reason: &Text<REASON_MAX>,
) -> Result<(Code, Timestamp), IdentityError> {
    let _ = (work, caller, person, reason);
    Err(IdentityError::Code)
}

/// Opens an enrolment with the code. The code stays good until it is finished.
///
/// # Errors
/// [`IdentityError::Code`]; [`IdentityError::Wait`] after too many tries.
pub async fn open(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    code: &str,
) -> Result<Opened, IdentityError> {
    let _ = (store, gate, visitor, code);
    Err(IdentityError::Code)
}

/// Shows an enrolment again, after a form was sent back with an error.
///
/// # Errors
/// [`IdentityError::Code`] when it is over.
pub async fn reopen(store: &Store, gate: &Gate, token: &str) -> Result<Opened, IdentityError> {
    let _ = (store, gate, token);
    Err(IdentityError::Code)
}

/// What the browser needs to make a passkey:
/// `PublicKeyCredentialCreationOptionsJSON` of WebAuthn level 3.
///
/// # Errors
/// [`IdentityError::Code`] when the enrolment is over.
pub async fn passkey_offer(
    store: &Store,
    gate: &Gate,
    token: &str,
) -> Result<String, IdentityError> {
    let _ = (store, gate, token);
    Err(IdentityError::Code)
}

/// Finishes the enrolment: the person is active with two factors.
///
/// # Errors
/// Says what does not fit; nothing is kept then, and it can be tried again.
pub async fn finish(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    token: &str,
    chosen: &Chosen,
) -> Result<PersonId, IdentityError> {
    let _ = (store, gate, visitor, token, chosen);
    Err(IdentityError::Code)
}

/// Opens and finishes with a password and a one-time password app in one go,
/// for scripts; returns the secret, whose code of this moment is still unused.
///
/// # Errors
/// As [`open`] and [`finish`].
pub async fn at_once(
    store: &Store,
    gate: &Gate,
    visitor: &Visitor,
    code: &str,
    password: &Secret<String>,
) -> Result<(PersonId, TotpSecret), IdentityError> {
    let _ = (store, gate, visitor, code, password);
    Err(IdentityError::Code)
}

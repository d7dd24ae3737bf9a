//! Sign-in in two steps. The first opens nothing but the second; an unknown
//! login takes as long as a known one; guessing is slowed where it comes from,
//! never where the person sits.

mod arrive;
mod first;
mod second;

use std::time::Duration;

use base::{BodyId, Secret, Timestamp};
use factors::Token;

pub(crate) use first::record_refusal;
pub use first::{first, passkey_challenge};
pub use second::second;
pub(crate) use second::{Judged, judge};

use crate::gate::FactorKind;
use crate::person::PersonId;
use crate::provider::Vouched;
use crate::sessions::SessionId;

/// What a person shows first.
#[derive(Clone, Debug)]
pub enum First {
    /// Login and password, as typed.
    Password {
        /// The login.
        login: String,
        /// The password.
        password: Secret<String>,
    },
    /// The browser's answer to [`passkey_challenge`].
    Passkey {
        /// The challenge's token.
        challenge: String,
        /// `AuthenticationResponseJSON` of WebAuthn level 3.
        answer: String,
    },
    /// What an identity provider vouches for, verified.
    Provider(Vouched),
}

/// What a person shows second.
#[derive(Clone, Debug)]
pub enum Second {
    /// Six digits of an app.
    Totp(Secret<String>),
    /// `AuthenticationResponseJSON`, for the options in [`Halfway`].
    Passkey(String),
    /// The client certificate that the visitor's connection proves.
    Certificate,
    /// A lost-factor code.
    Code(Secret<String>),
}

/// Between the two steps: five minutes, five tries, and nothing is open.
#[derive(Debug)]
pub struct Halfway {
    /// Goes on with the sign-in; for a cookie of its own.
    pub token: Token,
    /// What the person may show now.
    pub choices: Vec<FactorKind>,
    /// Options for the browser if a passkey is among them:
    /// `PublicKeyCredentialRequestOptionsJSON`.
    pub passkey: Option<String>,
    /// When it ends.
    pub until: Timestamp,
}

/// Somebody is in.
#[derive(Debug)]
pub struct SignedIn {
    /// For the session cookie.
    pub token: Token,
    /// For the device cookie, which lasts 180 days.
    pub device: Token,
    /// The session.
    pub session: SessionId,
    /// Who.
    pub person: PersonId,
    /// Of which body.
    pub body: BodyId,
    /// When the session ends at the latest.
    pub until: Timestamp,
}

/// Longest time between the two steps: five minutes.
pub const HALFWAY_MAX: Duration = Duration::from_secs(300);
/// Tries of the second step after one first step.
const TRIES_MAX: u32 = 5;

//! What sign-in and enrolment need beside the store: keys, costs, names, and
//! how many passwords may be hashed at once.

use std::net::IpAddr;
use std::sync::Arc;

use base::Secret;
use factors::webauthn::RelyingParty;
use factors::{Cost, Sealer, Token};
use tokio::sync::Semaphore;

use crate::role::named;

named! {
    /// A kind of factor. There is none that could lie in a drawer as a fallback.
    FactorKind {
        /// Something known: first factor.
        Password = "password",
        /// WebAuthn, first or second factor.
        Passkey = "passkey",
        /// RFC 6238 codes, second factor.
        Totp = "totp",
        /// A client certificate of our own authority, second factor.
        Certificate = "certificate",
        /// Another identity provider's word (OIDC), first factor.
        Provider = "provider",
    }
}

/// What a gate is made with.
pub struct GateSettings {
    /// Seals what is stored of factors.
    pub sealer: Sealer,
    /// What a password's hash costs.
    pub cost: Cost,
    /// Our name toward passkeys; none where the server is known by an address
    /// only, and then there are none.
    pub party: Option<RelyingParty>,
    /// What an app shows beside the codes.
    pub issuer: String,
}

/// Passwords hashed at the same time: each takes 19 MiB and a thread.
const HASHING_MAX: usize = 8;

/// Passwords that wait for a thread or have one; what comes beyond is sent away.
const WAITING_MAX: usize = 128;

/// The keys and limits of sign-in; clones share them.
#[derive(Clone)]
pub struct Gate(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: GateSettings,
    pub(crate) hashing: Semaphore,
    pub(crate) waiting: Semaphore,
}

impl Gate {
    /// Makes the one gate of a program.
    #[must_use]
    pub fn new(settings: GateSettings) -> Self {
        let (hashing, waiting) = (Semaphore::new(HASHING_MAX), Semaphore::new(WAITING_MAX));
        Self(Arc::new(Inner { settings, hashing, waiting }))
    }
}

/// Who knocks: everything known about a browser before anybody signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The session that this browser still has, from its cookie.
    pub session: Option<Secret<String>>,
    /// The address that the request came from.
    pub source: IpAddr,
    /// The device cookie that an earlier sign-in left, as it was sent.
    pub device: Option<Secret<String>>,
    /// The SHA-256 of the client certificate (DER) that the connection proved
    /// and our authority signed, in small hexadecimal digits.
    pub certificate: Option<String>,
}

impl Visitor {
    /// Somebody without a device cookie and without a certificate.
    #[must_use]
    pub const fn at(source: IpAddr) -> Self {
        Self { session: None, source, device: None, certificate: None }
    }

    pub(crate) fn device_token(&self) -> Option<Token> {
        Token::parse(self.device.as_ref()?.reveal()).ok()
    }
}

//! Another identity provider's word as the first factor (OpenID Connect Core
//! 1.0, authorization code flow with PKCE). It never stands for the second,
//! whatever it says about how it looked; and it names nobody until that person
//! linked it, signed in or enrolling: no address is ever compared.

mod outside;
mod standing;
mod trip;

use std::sync::Arc;

use base::{Secret, Text};
use factors::oidc::{Address, AddressError, Client, MetadataError, TokenFault};

pub use outside::{Ask, Outside, OutsideError, Reply};
pub(crate) use trip::offered_to;
pub use trip::{Arrived, Away, Errand, Offered, Returned, accept, begin, finish, offered};

use crate::error::{IdentityError, SignInError};
use standing::Standing;

/// Characters of a provider's name, as buttons show it.
pub const NAME_MAX: usize = 40;

/// What a provider is made with.
pub struct ProviderSettings {
    /// What people call it.
    pub name: Text<NAME_MAX>,
    /// Its issuer, letter by letter as it writes it.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there, unless PKCE alone is to do.
    pub client_secret: Option<Secret<String>>,
    /// Where it sends browsers back to: a page of ours.
    pub redirect: String,
    /// How it is asked.
    pub outside: Arc<dyn Outside>,
}

/// The one provider of a program; clones share what is known of it.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    name: Text<NAME_MAX>,
    issuer: Address,
    client: Client,
    outside: Arc<dyn Outside>,
    standing: Standing,
}

/// A person at a provider, believed. Only [`finish`] makes one.
#[derive(Clone, Debug)]
pub struct Vouched {
    pub(crate) handle: String,
}

/// Why a way through a provider went no further. Nothing was opened.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The provider does not answer, or not as it should. Other ways to sign in
    /// are open.
    #[error("the provider does not answer: {0}")]
    Away(String),
    /// The provider says no, or the person broke it off there.
    #[error("the provider says no")]
    Declined,
    /// What came back is not what this browser was sent for: begin again.
    #[error("the answer belongs to no trip of this browser")]
    NoTrip,
    /// The provider's answer is not believed.
    #[error("the provider's answer is not believed: {}", .0.name())]
    Disbelieved(Disbelief),
    /// Nobody here is linked to it, or the person is not active.
    #[error("nobody here is linked to it")]
    Unlinked,
    /// Too many at this moment: try again.
    #[error("too many at once")]
    Busy,
    /// Something below failed.
    #[error("the sign-in could not be carried out")]
    Failed(#[source] IdentityError),
}

/// Why an answer is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disbelief {
    /// It names another issuer than the one that was asked, or none where the
    /// provider always does (RFC 9207).
    Mixed,
    /// The provider does not know the code.
    Code,
    /// There is no ID token in its answer.
    NoToken,
    /// The ID token.
    Token(TokenFault),
}

impl Disbelief {
    /// A word for the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Code => "code",
            Self::NoToken => "no-token",
            Self::Token(fault) => fault.name(),
        }
    }
}

impl Provider {
    /// Makes the one provider of a program. Nothing is asked yet.
    ///
    /// # Errors
    /// If the issuer is no address that we would ask.
    pub fn new(settings: ProviderSettings) -> Result<Self, AddressError> {
        let ProviderSettings { name, issuer, client_id, client_secret, redirect, outside } =
            settings;
        let issuer = Address::parse(&issuer)?;
        factors::oidc::Metadata::address_of(&issuer)?;
        let client = Client { id: client_id, secret: client_secret, redirect };
        let standing = Standing::default();
        Ok(Self(Arc::new(Inner { name, issuer, client, outside, standing })))
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &Text<NAME_MAX> {
        &self.0.name
    }

    /// Asks it for its description, to see whether it would do.
    ///
    /// # Errors
    /// [`ProviderError::Away`] with what is wrong.
    pub async fn look(&self, clock: &dyn base::Clock) -> Result<(), ProviderError> {
        self.0.metadata(clock).await.map(drop)
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.0.issuer.as_str())
    }
}

impl From<OutsideError> for ProviderError {
    fn from(error: OutsideError) -> Self {
        Self::Away(error.to_string())
    }
}

impl From<MetadataError> for ProviderError {
    fn from(error: MetadataError) -> Self {
        Self::Away(error.to_string())
    }
}

impl From<TokenFault> for ProviderError {
    fn from(fault: TokenFault) -> Self {
        Self::Disbelieved(Disbelief::Token(fault))
    }
}

impl From<IdentityError> for ProviderError {
    fn from(error: IdentityError) -> Self {
        Self::Failed(error)
    }
}

impl From<store::StoreError> for ProviderError {
    fn from(error: store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<SignInError> for ProviderError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::Unlinked,
            SignInError::Wait { seconds } => Self::Failed(IdentityError::Wait { seconds }),
            SignInError::TooLate => Self::NoTrip,
            SignInError::Busy => Self::Busy,
            SignInError::Failed(error) => Self::Failed(error),
        }
    }
}

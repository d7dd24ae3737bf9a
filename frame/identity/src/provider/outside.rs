//! How a provider is asked: a request out, an answer in. Whoever implements it
//! holds the time, the size and the trust; it follows no redirection.

use base::{Secret, Task};
use factors::oidc::Address;

/// Speaks HTTP to a provider.
pub trait Outside: Send + Sync + 'static {
    /// Asks once. An answer with any status is an answer; where it leads
    /// elsewhere, nobody follows.
    ///
    /// # Errors
    /// [`OutsideError`].
    fn ask<'a>(&'a self, ask: &'a Ask) -> Task<'a, Result<Reply, OutsideError>>;
}

/// One request.
#[derive(Debug)]
pub struct Ask {
    /// To whom.
    pub address: Address,
    /// The header `Authorization`.
    pub authorization: Option<Secret<String>>,
    /// A form to send (POST); nothing to be fetched only (GET).
    pub form: Option<Secret<String>>,
    /// Bytes that the answer may have.
    pub bytes_max: usize,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status (RFC 9110 §15).
    pub status: u16,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    /// Nobody there, or its certificate is not believed.
    #[error("no connection ({0})")]
    NoConnection(String),
    /// It took too long.
    #[error("no answer in time")]
    TooSlow,
    /// The answer is longer than it may be.
    #[error("the answer is too long")]
    TooLong,
}

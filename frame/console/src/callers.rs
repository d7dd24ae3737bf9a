//! Who is calling: the seam between a request and the people in the store.

use std::net::IpAddr;

use base::Task;
use identity::Caller;
use store::Store;

use crate::failure::Failure;
use crate::state::Shell;

/// What is known of a request before anybody is.
#[derive(Clone, Debug, Default)]
pub struct Approach {
    /// The other end of the connection; none in tests without a network.
    pub address: Option<IpAddr>,
    /// What the browser says it is, shortened.
    pub agent: Option<String>,
    /// The client certificate that the connection was made with, DER.
    pub certificate: Option<Vec<u8>>,
}

/// A caller, and what the layout says of them.
#[derive(Clone, Debug)]
pub struct Known {
    /// Who.
    pub caller: Caller,
    /// The name of their body: 緑ヶ丘市.
    pub body_name: String,
}

/// What a session's cookie is worth.
#[derive(Clone, Debug)]
pub enum Found {
    /// A session with two factors.
    Live(Box<Known>),
    /// A session that is over, and why: the end of a key `end-reason-…`.
    Ended(&'static str),
    /// No session.
    Nobody,
}

/// Finds the person behind a session or an interface token.
pub trait Callers: Send + Sync + 'static {
    /// What a session's cookie is worth.
    fn session<'a>(
        &'a self,
        store: &'a Store,
        token: &'a factors::Token,
        from: &'a Approach,
    ) -> Task<'a, Result<Found, Failure>>;

    /// The caller of an interface token, as it stands after `Bearer`; none if
    /// its permit is not in force.
    fn program<'a>(
        &'a self,
        shell: &'a Shell,
        bearer: &'a str,
        from: &'a Approach,
    ) -> Task<'a, Result<Option<Known>, Failure>>;
}

/// The other end of the connection: whoever accepts connections puts it into
/// each request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The client certificate of the connection, DER, beside [`Peer`].
#[derive(Clone, Debug)]
pub struct PeerCertificate(pub std::sync::Arc<[u8]>);

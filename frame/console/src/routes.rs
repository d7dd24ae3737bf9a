//! The list of routes. Each is added together with whom it lets in; there is
//! no way to add one without.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::response::Response;
use base::Task;
use identity::{Caller, Duty};

use crate::access::{Access, Verb};
use crate::failure::Failure;
use crate::visit::Visit;

/// What a handler gives back.
pub type Answer = Result<Response, Failure>;

type Open = Arc<dyn Fn(Visit) -> Task<'static, Answer> + Send + Sync>;
type Known = Arc<dyn Fn(Visit, Caller) -> Task<'static, Answer> + Send + Sync>;

#[derive(Clone)]
pub(crate) enum Handler {
    Open(Open),
    Known(Known),
}

/// What a request's body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// Read whole before the handler runs: forms and JSON.
    Whole {
        /// At most this many bytes.
        max_bytes: usize,
    },
    /// A form with files, read by the handler through [`Visit::upload`].
    Upload {
        /// At most this many bytes in all.
        max_bytes: u64,
    },
    /// Bytes of one type, read by the handler while they come through
    /// [`Visit::stream`]: their number costs no memory, and what sends them is
    /// not cut off while it goes on sending. A call may also come without any.
    Stream {
        /// Their type: `application/offset+octet-stream`.
        media_type: &'static str,
        /// At most this many bytes.
        max_bytes: u64,
    },
}

/// One route.
#[derive(Clone)]
pub struct Route {
    /// The method.
    pub verb: Verb,
    /// The path; `{name}` takes one segment.
    pub path: &'static str,
    /// Whom it lets in.
    pub access: Access,
    /// What its body may be.
    pub body: BodyKind,
    /// What each of its answers says beside, refusals too.
    pub headers: Headers,
    pub(crate) handler: Handler,
}

/// Headers that never change, the names in small letters.
pub type Headers = &'static [(&'static str, &'static str)];

/// Routes under construction.
#[derive(Clone, Default)]
pub struct Routes {
    list: Vec<Route>,
}

/// Bytes that a form or a JSON body may have where a route says nothing else.
pub const BODY_MAX_BYTES: usize = 64 * 1024;

impl Routes {
    /// No routes yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A route for anybody; `reason` says why that is harmless.
    #[must_use]
    pub fn public<H, F>(self, verb: Verb, path: &'static str, reason: &'static str, run: H) -> Self
    where
        H: Fn(Visit) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        self.open(verb, path, Access::Public { reason }, run)
    }

    /// A step of signing in, setting up or enrolling.
    #[must_use]
    pub fn sign_in<H, F>(self, verb: Verb, path: &'static str, run: H) -> Self
    where
        H: Fn(Visit) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        self.open(verb, path, Access::SignIn, run)
    }

    /// A route for a person with two factors, and with a duty where one is
    /// named.
    #[must_use]
    pub fn person<H, F>(
        self,
        verb: Verb,
        path: &'static str,
        duty: impl Into<Option<Duty>>,
        run: H,
    ) -> Self
    where
        H: Fn(Visit, Caller) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        self.known(verb, path, Access::Person { duty: duty.into() }, run)
    }

    /// A route of the interface (`/api/v1/…`) for programs with a token and
    /// for sessions. Failures are answered as `application/problem+json`.
    #[must_use]
    pub fn token<H, F>(
        self,
        verb: Verb,
        path: &'static str,
        duty: impl Into<Option<Duty>>,
        run: H,
    ) -> Self
    where
        H: Fn(Visit, Caller) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        self.known(verb, path, Access::Token { duty: duty.into() }, run)
    }

    /// Changes what the body of the route added last may be.
    #[must_use]
    pub fn body(mut self, body: BodyKind) -> Self {
        if let Some(last) = self.list.last_mut() {
            last.body = body;
        }
        self
    }

    /// Adds headers to each answer of the route added last, refusals too.
    #[must_use]
    pub fn headers(mut self, headers: Headers) -> Self {
        if let Some(last) = self.list.last_mut() {
            last.headers = headers;
        }
        self
    }

    /// Takes over the routes of another list.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.list.extend(other.list);
        self
    }

    /// Every route, in the order of adding.
    #[must_use]
    pub fn list(&self) -> &[Route] {
        &self.list
    }

    /// The first method and path that stand twice in the list.
    #[must_use]
    pub fn twice(&self) -> Option<(Verb, &'static str)> {
        let mut seen = BTreeSet::new();
        let keys = self.list.iter().map(|route| (route.verb, route.path));
        keys.into_iter().find(|key| !seen.insert(*key))
    }

    fn open<H, F>(self, verb: Verb, path: &'static str, access: Access, run: H) -> Self
    where
        H: Fn(Visit) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let handler = Handler::Open(Arc::new(move |visit| Box::pin(run(visit))));
        self.add(verb, path, access, handler)
    }

    fn known<H, F>(self, verb: Verb, path: &'static str, access: Access, run: H) -> Self
    where
        H: Fn(Visit, Caller) -> F + Send + Sync + 'static,
        F: Future<Output = Answer> + Send + 'static,
    {
        let handler = Handler::Known(Arc::new(move |visit, caller| Box::pin(run(visit, caller))));
        self.add(verb, path, access, handler)
    }

    fn add(mut self, verb: Verb, path: &'static str, access: Access, handler: Handler) -> Self {
        let body = BodyKind::Whole { max_bytes: BODY_MAX_BYTES };
        self.list.push(Route { verb, path, access, body, headers: &[], handler });
        self
    }
}

impl Route {
    /// True for the interface, whose failures are JSON.
    #[must_use]
    pub fn is_interface(&self) -> bool {
        is_interface(self.path)
    }
}

/// True for paths of the interface.
pub(crate) fn is_interface(path: &str) -> bool {
    path.starts_with("/api/")
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.verb.name(), self.path, self.access)
    }
}

//! The interface for programs, under `/api/v1`.

mod sessions;

use crate::access::Verb;
use crate::routes::Routes;

/// All endpoints.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .sign_in(Verb::Post, "/api/v1/sessions", sessions::open)
        .token(Verb::Delete, "/api/v1/sessions/current", None, sessions::close)
        .sign_in(Verb::Post, "/api/v1/passkey-challenges", sessions::challenge)
}

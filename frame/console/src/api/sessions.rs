//! Sessions for scripts: opened as a browser opens them, with two factors.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use base::Secret;
use identity::{Caller, sign_in};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::pages::{means, sign_in as door};
use crate::routes::Answer;
use crate::visit::{Visit, clear_cookie, form_token};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The login.
    person: String,
    password: String,
    /// The code of an authenticator app.
    one_time_code: String,
}

/// Opens a session: the cookie of a browser, and the token that changes send
/// back in `X-CSRF-Token`.
pub(super) async fn open(visit: Visit) -> Answer {
    let Asked { person, password, one_time_code } = visit.json()?;
    let (password, code) = (Secret::new(password), Secret::new(one_time_code));
    let signed_in = door::at_once(&visit, person, password, code).await?;
    let csrf = form_token(&signed_in.token);
    let answer = json!({
        // Whoever opened the session sends it back with each change.
        "csrf_token": csrf.reveal(),
        "person": signed_in.person,
        "body": signed_in.body,
        "session": signed_in.session,
        "until": signed_in.until.to_string(),
    });
    Ok(door::opened(visit.answer_json(StatusCode::CREATED, &answer)?, &signed_in))
}

/// Ends the session of this call.
pub(super) async fn close(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    identity::sessions::sign_out(&mut work, &caller).await?;
    work.commit().await?;
    Ok(clear_cookie(StatusCode::NO_CONTENT.into_response(), Cookie::Session))
}

/// What a browser needs to sign in with a passkey first.
pub(super) async fn challenge(visit: Visit) -> Answer {
    let gate = means::gate(&visit.state)?;
    let (token, options) = sign_in::passkey_challenge(&visit.state.store, gate).await?;
    let options: Value = serde_json::from_str(&options).map_err(Failure::internal)?;
    let challenge = token.show();
    // The browser brings it back with its answer.
    let answer = json!({ "challenge": challenge.reveal(), "options": options });
    visit.answer_json(StatusCode::CREATED, &answer)
}

//! Sessions for scripts: opened as a browser opens them, with two factors.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use base::Secret;
use identity::{Caller, sign_in};

use super::shapes::{ChallengeShape, MeShape, Problem, SessionAsked, SessionShape};
use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::pages::{means, sign_in as door};
use crate::routes::Answer;
use crate::visit::{Visit, clear_cookie, form_token};

/// Opens a session: the cookie of a browser, and the token that changes send
/// back in `X-CSRF-Token`.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "sessions", request_body = SessionAsked,
    responses(
        (status = 201, body = SessionShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
pub(super) async fn open(visit: Visit) -> Answer {
    let SessionAsked { person, password, one_time_code } = visit.json()?;
    let (password, code) = (Secret::new(password), Secret::new(one_time_code));
    let signed_in = door::at_once(&visit, person, password, code).await?;
    let csrf = form_token(&signed_in.token);
    let answer = SessionShape {
        // Whoever opened the session sends it back with each change.
        csrf_token: csrf.reveal().clone(),
        person: signed_in.person.to_string(),
        body: signed_in.body.to_string(),
        session: signed_in.session.to_string(),
        until: signed_in.until.to_string(),
    };
    Ok(door::opened(visit.answer_json(StatusCode::CREATED, &answer)?, &signed_in))
}

/// Ends the session of this call.
#[utoipa::path(
    delete, path = "/api/v1/sessions/current", tag = "sessions",
    responses(
        (status = 204),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn close(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    identity::sessions::sign_out(&mut work, &caller).await?;
    work.commit().await?;
    Ok(clear_cookie(StatusCode::NO_CONTENT.into_response(), Cookie::Session))
}

/// What a browser needs to sign in with a passkey first.
#[utoipa::path(
    post, path = "/api/v1/passkey-challenges", tag = "sessions",
    request_body = inline(Object),
    responses(
        (status = 201, body = ChallengeShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
pub(super) async fn challenge(visit: Visit) -> Answer {
    let gate = means::gate(&visit.state)?;
    let (token, options) = sign_in::passkey_challenge(&visit.state.store, gate).await?;
    let options = serde_json::from_str(&options).map_err(Failure::internal)?;
    let challenge = token.show();
    // The browser brings it back with its answer.
    let answer = ChallengeShape { challenge: challenge.reveal().clone(), options };
    visit.answer_json(StatusCode::CREATED, &answer)
}

/// Who calls, and what they may do.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "sessions",
    responses(
        (status = 200, body = MeShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn me(visit: Visit, caller: Caller) -> Answer {
    let answer = MeShape {
        person: caller.person.to_string(),
        body: caller.body.to_string(),
        body_name: visit.view.body_name.clone().unwrap_or_default(),
        name: caller.name.clone(),
        duties: caller.duties.iter().map(|(duty, _)| duty.name().to_owned()).collect(),
        factors: caller.factors,
    };
    visit.answer_json(StatusCode::OK, &answer)
}

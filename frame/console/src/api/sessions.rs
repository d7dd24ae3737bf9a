//! Sessions for scripts: opened as a browser opens them, with two factors.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use base::Secret;
use identity::sign_in::{self, First, Second, SignedIn};
use identity::{Caller, proof};

use super::read;
use super::shapes::{
    ChallengeAsked, ChallengeShape, MeShape, ProofAsked, SessionAsked, SessionShape,
};
use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::pages::{means, sign_in as door};
use crate::routes::Answer;
use crate::visit::{Visit, clear_cookie, form_token};

/// Opens a session: the cookie of a browser, and the token that changes send
/// back in `X-CSRF-Token`.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "sessions", request_body = SessionAsked,
    responses((status = 201, body = SessionShape)),
    security(()),
)]
pub(super) async fn open(visit: Visit) -> Answer {
    let SessionAsked { person, password, one_time_code, certificate } = visit.json()?;
    let second = if certificate {
        Second::Certificate
    } else {
        door::typed(Secret::new(read::given("one_time_code", one_time_code)?))
    };
    let first = First::Password { login: person, password: Secret::new(password) };
    let signed_in = at_once(&visit, &first, &second).await?;
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

/// What a script shows in one go.
async fn at_once(visit: &Visit, first: &First, second: &Second) -> Result<SignedIn, Failure> {
    let gate = means::gate(&visit.state)?;
    let visitor = means::visitor(visit);
    let store = &visit.state.store;
    let halfway = sign_in::first(store, gate, &visitor, first).await?;
    let token = halfway.token.show();
    // The second step is carried out under the token of the first.
    Ok(sign_in::second(store, gate, &visitor, token.reveal(), second).await?)
}

/// Ends the session of this call.
#[utoipa::path(
    delete, path = "/api/v1/sessions/current", tag = "sessions",
    responses((status = 204)),
)]
pub(super) async fn close(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    identity::sessions::sign_out(&mut work, &caller).await?;
    work.commit().await?;
    Ok(clear_cookie(StatusCode::NO_CONTENT.into_response(), Cookie::Session))
}

/// Shows the code of an app again. Changing factors, ending one's other
/// sessions and being handed a secret need one of the last five minutes; without
/// it they answer `urn:sekisho:problem:proof-needed`.
#[utoipa::path(
    post, path = "/api/v1/sessions/current/proofs", tag = "sessions", request_body = ProofAsked,
    responses((status = 204)),
)]
pub(super) async fn prove(visit: Visit, caller: Caller) -> Answer {
    let ProofAsked { one_time_code } = visit.json()?;
    let (gate, visitor) = (means::gate(&visit.state)?, means::visitor(&visit));
    let shown = Second::Totp(Secret::new(one_time_code));
    proof::show(&visit.state.store, gate, &caller, &visitor, &shown).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What a browser needs to sign in with a passkey first.
#[utoipa::path(
    post, path = "/api/v1/passkey-challenges", tag = "sessions", request_body = ChallengeAsked,
    responses((status = 201, body = ChallengeShape)),
    security(()),
)]
pub(super) async fn challenge(visit: Visit) -> Answer {
    let ChallengeAsked {} = visit.json()?;
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
    responses((status = 200, body = MeShape)),
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

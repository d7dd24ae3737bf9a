//! One's own factors and sessions: only for the person in a session, never for
//! a program's token.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use base::Secret;
use identity::own::{self, FactorId};
use identity::sessions::SessionId;
use identity::{Caller, sessions};

use super::enrolments::passkey;
use super::lists::whole;
use super::read;
use super::shapes::{
    CertificateAsked, FactorShape, Many, OfferShape, OpenSessionShape, PasskeyAsked, PasswordAsked,
    TotpAsked, TotpShape,
};
use crate::failure::Failure;
use crate::pages::means;
use crate::routes::Answer;
use crate::visit::Visit;

/// One's own factors.
#[utoipa::path(
    get, path = "/api/v1/me/factors", tag = "me",
    responses((status = 200, body = Many<FactorShape>)),
)]
pub(super) async fn list(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    whole(&visit, own::factors(&mut work, caller.person).await?.iter().map(FactorShape::of))
}

/// Offers what a new factor is made from, for ten minutes and in this session
/// only.
#[utoipa::path(
    post, path = "/api/v1/me/factor-offers", tag = "me",
    responses((status = 201, body = OfferShape)),
)]
pub(super) async fn offer(visit: Visit, caller: Caller) -> Answer {
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    let (totp, options) = visit.once(&caller, own::begin_adding(store, gate, &caller)).await?;
    let options = options.map(|text| serde_json::from_str(&text)).transpose();
    let passkey = options.map_err(Failure::internal)?;
    let answer = OfferShape { totp: TotpShape::of(&totp), passkey };
    visit.answer_json(StatusCode::CREATED, &answer)
}

/// Adds the authenticator app that took over the offered secret; an earlier one
/// ends.
#[utoipa::path(
    post, path = "/api/v1/me/totp", tag = "me", request_body = TotpAsked,
    responses((status = 204)),
)]
pub(super) async fn add_totp(visit: Visit, caller: Caller) -> Answer {
    let TotpAsked { one_time_code } = visit.json()?;
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    visit.once(&caller, own::add_totp(store, gate, &caller, &one_time_code)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Adds a security key or passkey.
#[utoipa::path(
    post, path = "/api/v1/me/passkeys", tag = "me", request_body = PasskeyAsked,
    responses((status = 204)),
)]
pub(super) async fn add_passkey(visit: Visit, caller: Caller) -> Answer {
    let new = passkey(&visit.json()?)?;
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    visit.once(&caller, own::add_passkey(store, gate, &caller, &new)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Binds the client certificate of this connection.
#[utoipa::path(
    post, path = "/api/v1/me/certificates", tag = "me", request_body = CertificateAsked,
    responses((status = 204)),
)]
pub(super) async fn add_certificate(visit: Visit, caller: Caller) -> Answer {
    let CertificateAsked { label } = visit.json()?;
    let (label, visitor) = (read::text("label", &label)?, means::visitor(&visit));
    let mut work = visit.work(&caller).await?;
    own::add_certificate(&mut work, &caller, &visitor, &label).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Removes a factor; two different ones remain. All other sessions end.
#[utoipa::path(
    delete, path = "/api/v1/me/factors/{factor}", tag = "me", params(("factor" = String, Path)),
    responses((status = 204)),
)]
pub(super) async fn remove(visit: Visit, caller: Caller) -> Answer {
    let factor: FactorId = visit.id("factor")?;
    let mut work = visit.work(&caller).await?;
    let mine = own::factors(&mut work, caller.person).await?;
    if mine.iter().all(|known| known.id != factor) {
        return Err(Failure::NotFound);
    }
    own::remove(&mut work, &caller, factor).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Changes one's password. All other sessions end.
#[utoipa::path(
    post, path = "/api/v1/me/password", tag = "me", request_body = PasswordAsked,
    responses((status = 204)),
)]
pub(super) async fn password(visit: Visit, caller: Caller) -> Answer {
    let PasswordAsked { current, new } = visit.json()?;
    let (current, new) = (Secret::new(current), Secret::new(new));
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    visit.once(&caller, own::change_password(store, gate, &caller, &current, &new)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// One's own open sessions.
#[utoipa::path(
    get, path = "/api/v1/me/sessions", tag = "me",
    responses((status = 200, body = Many<OpenSessionShape>)),
)]
pub(super) async fn live(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let live = sessions::live(&mut work, caller.person).await?;
    whole(&visit, live.iter().map(OpenSessionShape::of))
}

/// Ends one of one's own sessions.
#[utoipa::path(
    post, path = "/api/v1/me/sessions/{session}/end", tag = "me",
    params(("session" = String, Path)),
    responses((status = 204)),
)]
pub(super) async fn end_session(visit: Visit, caller: Caller) -> Answer {
    let session: SessionId = visit.id("session")?;
    let mut work = visit.work(&caller).await?;
    sessions::revoke_one(&mut work, &caller, session).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Ends all other sessions of one's own.
#[utoipa::path(
    post, path = "/api/v1/me/sessions/end", tag = "me",
    responses((status = 204)),
)]
pub(super) async fn end_sessions(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    sessions::revoke_all(&mut work, &caller, caller.person).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

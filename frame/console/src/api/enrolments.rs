//! Enrolment: the code that somebody else handed over opens it, two factors
//! finish it.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use base::Secret;
use identity::IdentityError;
use identity::enrol::{self, Chosen, NewPasskey};

use super::read;
use super::shapes::{CodeShown, EnrolmentAsked, EnrolmentShape, FactorsAsked, PasskeyAsked};
use crate::failure::Failure;
use crate::pages::means;
use crate::routes::Answer;
use crate::visit::Visit;

/// Opens an enrolment with its code; says what factors can be made of.
#[utoipa::path(
    post, path = "/api/v1/enrolments", tag = "enrolments", request_body = EnrolmentAsked,
    responses((status = 201, body = EnrolmentShape)),
    security(()),
)]
pub(super) async fn open(visit: Visit) -> Answer {
    let EnrolmentAsked { code } = visit.json()?;
    let gate = means::gate(&visit.state)?;
    let visitor = means::visitor(&visit);
    let opened = enrol::open(&visit.state.store, gate, &visitor, &code).await?;
    answer(&visit, StatusCode::CREATED, &opened).await
}

/// Shows an enrolment again that is still open.
#[utoipa::path(
    post, path = "/api/v1/enrolments/current", tag = "enrolments", request_body = CodeShown,
    responses((status = 200, body = EnrolmentShape)),
    security(()),
)]
pub(super) async fn reopen(visit: Visit) -> Answer {
    let CodeShown { enrolment } = visit.json()?;
    let gate = means::gate(&visit.state)?;
    let opened = enrol::reopen(&visit.state.store, gate, &enrolment).await?;
    answer(&visit, StatusCode::OK, &opened).await
}

/// Finishes an enrolment with two factors: from then on the person can sign in.
#[utoipa::path(
    post, path = "/api/v1/enrolments/factors", tag = "enrolments", request_body = FactorsAsked,
    responses((status = 204)),
    security(()),
)]
pub(super) async fn finish(visit: Visit) -> Answer {
    let asked: FactorsAsked = visit.json()?;
    let chosen = Chosen {
        password: asked.password.map(Secret::new),
        totp: asked.one_time_code.map(Secret::new),
        passkeys: asked.passkeys.iter().map(passkey).collect::<Result<_, _>>()?,
        certificate: asked.certificate,
        // Another identity provider's word comes by a browser.
        ..Chosen::default()
    };
    let gate = means::gate(&visit.state)?;
    let visitor = means::visitor(&visit);
    enrol::finish(&visit.state.store, gate, &visitor, &asked.enrolment, &chosen).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A passkey as the browser made it.
pub(super) fn passkey(asked: &PasskeyAsked) -> Result<NewPasskey, Failure> {
    let answer = serde_json::to_string(&asked.answer).map_err(Failure::internal)?;
    Ok(NewPasskey { label: read::text("label", &asked.label)?, answer })
}

async fn answer(visit: &Visit, status: StatusCode, opened: &enrol::Opened) -> Answer {
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    // The enrolment goes on under its token.
    let token = opened.token.show();
    let options = match enrol::passkey_offer(store, gate, token.reveal()).await {
        Ok(options) => Some(serde_json::from_str(&options).map_err(Failure::internal)?),
        Err(IdentityError::NoHostName) => None,
        Err(error) => return Err(error.into()),
    };
    visit.answer_json(status, &EnrolmentShape::of(opened, options))
}

//! Bodies: the list, a new municipality, and the first body of a new store.

use axum::http::StatusCode;
use i18n::key;
use identity::bodies::{self, FirstOfficer};
use identity::{BodyCode, Caller, NewBody, NewSection, set_up};

use super::lists::whole;
use super::read;
use super::shapes::{
    BodyAsked, BodyShape, FirstOfficerAsked, FoundAsked, FoundedShape, Many, SetUpAsked,
};
use crate::failure::Failure;
use crate::pages::means;
use crate::routes::Answer;
use crate::visit::Visit;

/// The caller's body, and for a prefecture those under it.
#[utoipa::path(
    get, path = "/api/v1/bodies", tag = "bodies",
    responses((status = 200, body = Many<BodyShape>)),
)]
pub(super) async fn list(visit: Visit, caller: Caller) -> Answer {
    let all = bodies::under(&visit.state.store, &caller).await?;
    whole(&visit, all.iter().map(BodyShape::of))
}

/// Founds a municipality under the caller's prefecture; the code opens its
/// officer's enrolment and is shown once.
#[utoipa::path(
    post, path = "/api/v1/bodies", tag = "bodies", request_body = FoundAsked,
    responses((status = 201, body = FoundedShape)),
)]
pub(super) async fn found(visit: Visit, caller: Caller) -> Answer {
    let asked: FoundAsked = visit.json()?;
    let (new, officer) = (body(&asked.body)?, officer(&asked.officer)?);
    let store = &visit.state.store;
    let founded = visit.once(&caller, bodies::found(store, &caller, &new, &officer)).await?;
    visit.answer_json(StatusCode::CREATED, &FoundedShape::of(&founded))
}

/// Founds the first body of a new store with the code that the terminal shows;
/// the answer's code opens its officer's enrolment.
#[utoipa::path(
    post, path = "/api/v1/set-up", tag = "bodies", request_body = SetUpAsked,
    responses((status = 201, body = FoundedShape)),
    security(()),
)]
pub(super) async fn set_up(visit: Visit) -> Answer {
    let asked: SetUpAsked = visit.json()?;
    let (new, officer) = (body(&asked.body)?, officer(&asked.officer)?);
    let (store, visitor) = (&visit.state.store, means::visitor(&visit));
    let founded = set_up::finish(store, &visitor, &asked.code, &new, &officer).await?;
    visit.answer_json(StatusCode::CREATED, &FoundedShape::of(&founded))
}

fn body(asked: &BodyAsked) -> Result<NewBody, Failure> {
    let code = BodyCode::parse(&asked.code).map_err(|_| {
        Failure::Unprocessable(vec![("code".to_owned(), key!("set-up-body-code-wrong").into())])
    })?;
    let (name, kana) = (read::text("name", &asked.name)?, read::text("kana", &asked.kana)?);
    Ok(NewBody { code, name, kana })
}

fn officer(asked: &FirstOfficerAsked) -> Result<FirstOfficer, Failure> {
    Ok(FirstOfficer {
        login: read::login("login", &asked.login)?,
        name: read::text("name", &asked.name)?,
        kana: read::text("kana", &asked.kana)?,
        section: NewSection {
            code: read::text("section_code", &asked.section_code)?,
            name: read::text("section_name", &asked.section_name)?,
            above: None,
        },
    })
}

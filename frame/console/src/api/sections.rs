//! Sections and bureaus of a body.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use identity::{Caller, NewSection, SectionId, sections};

use super::lists::whole;
use super::read::{id_if_any, text};
use super::shapes::{Many, SectionAsked, SectionShape};
use crate::failure::Failure;
use crate::routes::Answer;
use crate::visit::Visit;

/// All sections, by code; the closed ones last.
#[utoipa::path(
    get, path = "/api/v1/sections", tag = "sections",
    responses((status = 200, body = Many<SectionShape>)),
)]
pub(super) async fn list(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    whole(&visit, sections::list(&mut work).await?.iter().map(SectionShape::of))
}

/// Opens a section.
#[utoipa::path(
    post, path = "/api/v1/sections", tag = "sections", request_body = SectionAsked,
    responses((status = 201, body = SectionShape)),
)]
pub(super) async fn open(visit: Visit, caller: Caller) -> Answer {
    let new = read(&visit.json()?)?;
    let mut work = visit.work(&caller).await?;
    let opened = sections::open(&mut work, &caller, &new).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &SectionShape::of(&opened))
}

/// One section.
#[utoipa::path(
    get, path = "/api/v1/sections/{section}", tag = "sections",
    params(("section" = String, Path)),
    responses((status = 200, body = SectionShape)),
)]
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let found = sections::find(&mut work, visit.id("section")?).await?;
    visit.answer_json(StatusCode::OK, &SectionShape::of(&found))
}

/// Changes a section.
#[utoipa::path(
    put, path = "/api/v1/sections/{section}", tag = "sections", request_body = SectionAsked,
    params(("section" = String, Path)),
    responses((status = 200, body = SectionShape)),
)]
pub(super) async fn change(visit: Visit, caller: Caller) -> Answer {
    let place: SectionId = visit.id("section")?;
    let mut work = visit.work(&caller).await?;
    sections::find(&mut work, place).await?;
    let asked: SectionAsked = visit.json()?;
    let (new, version) = (read(&asked)?, asked.version.unwrap_or(0).into());
    let changed = sections::change(&mut work, &caller, place, version, &new).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::OK, &SectionShape::of(&changed))
}

/// Closes a section in which nobody works any more.
#[utoipa::path(
    post, path = "/api/v1/sections/{section}/close", tag = "sections",
    params(("section" = String, Path)),
    responses((status = 204)),
)]
pub(super) async fn close(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    sections::close(&mut work, &caller, visit.id("section")?).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn read(asked: &SectionAsked) -> Result<NewSection, Failure> {
    Ok(NewSection {
        code: text("code", &asked.code)?,
        name: text("name", &asked.name)?,
        above: id_if_any("above", asked.above.as_deref())?,
    })
}

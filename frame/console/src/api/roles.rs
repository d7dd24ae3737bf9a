//! Roles and concurrent posts (兼務) of a person.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use identity::roles::{self, AssignmentId, NewAssignment, NewPost};
use identity::{Bar, Caller, PersonId, Role, people};

use super::lists::whole;
use super::people::other;
use super::read::{id_if_any, moment, moment_if_any, text, word};
use super::shapes::{AssignmentShape, Many, PostAsked, PostShape, RoleAsked};
use crate::failure::Failure;
use crate::pages::people::demand_seeing;
use crate::routes::Answer;
use crate::visit::Visit;

/// The roles that a person holds now or later.
#[utoipa::path(
    get, path = "/api/v1/people/{person}/roles", tag = "roles",
    params(("person" = String, Path)),
    responses((status = 200, body = Many<AssignmentShape>)),
)]
pub(super) async fn held(visit: Visit, caller: Caller) -> Answer {
    let person = seen(&visit, &caller)?;
    let mut work = visit.read(&caller).await?;
    people::find(&mut work, person).await?;
    let held = roles::of_person(&mut work, person).await?;
    whole(&visit, held.iter().map(AssignmentShape::of))
}

/// Gives a role; nobody gives one to themselves.
#[utoipa::path(
    post, path = "/api/v1/people/{person}/roles", tag = "roles", request_body = RoleAsked,
    params(("person" = String, Path)),
    responses((status = 201, body = AssignmentShape)),
)]
pub(super) async fn assign(visit: Visit, caller: Caller) -> Answer {
    let (mut work, person) = other(&visit, &caller).await?;
    let asked: RoleAsked = visit.json()?;
    let role = word("role", &asked.role, Role::parse)?;
    let section = id_if_any("section", asked.section.as_deref())?;
    let until = moment_if_any("until", asked.until.as_deref())?;
    let new = NewAssignment { person, role, section, from: None, until };
    let given = roles::assign(&mut work, &caller, &new).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &AssignmentShape::of(&given))
}

/// Takes a role back at once.
#[utoipa::path(
    delete, path = "/api/v1/people/{person}/roles/{assignment}", tag = "roles",
    params(("person" = String, Path), ("assignment" = String, Path)),
    responses((status = 204)),
)]
pub(super) async fn withdraw(visit: Visit, caller: Caller) -> Answer {
    let assignment: AssignmentId = visit.id("assignment")?;
    let (mut work, person) = other(&visit, &caller).await?;
    let held = roles::of_person(&mut work, person).await?;
    if held.iter().all(|one| one.id != assignment) {
        return Err(Failure::NotFound);
    }
    roles::withdraw(&mut work, &caller, assignment).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The concurrent posts of a person that are in force.
#[utoipa::path(
    get, path = "/api/v1/people/{person}/posts", tag = "roles",
    params(("person" = String, Path)),
    responses((status = 200, body = Many<PostShape>)),
)]
pub(super) async fn posts(visit: Visit, caller: Caller) -> Answer {
    let person = seen(&visit, &caller)?;
    let mut work = visit.read(&caller).await?;
    people::find(&mut work, person).await?;
    let posts = roles::posts(&mut work).await?;
    whole(&visit, posts.iter().filter(|post| post.person == person).map(PostShape::of))
}

/// Records why a person holds posts that conflict; somebody else does so.
#[utoipa::path(
    post, path = "/api/v1/people/{person}/posts", tag = "roles", request_body = PostAsked,
    params(("person" = String, Path)),
    responses((status = 201, body = PostShape)),
)]
pub(super) async fn record(visit: Visit, caller: Caller) -> Answer {
    let (mut work, person) = other(&visit, &caller).await?;
    let asked: PostAsked = visit.json()?;
    let new = NewPost {
        person,
        bar: word("bar", &asked.bar, Bar::parse)?,
        reason: text("reason", &asked.reason)?,
        until: moment("until", &asked.until)?,
    };
    let recorded = roles::record_post(&mut work, &caller, &new).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &PostShape::of(&recorded))
}

fn seen(visit: &Visit, caller: &Caller) -> Result<PersonId, Failure> {
    let person: PersonId = visit.id("person")?;
    if person != caller.person {
        demand_seeing(caller)?;
    }
    Ok(person)
}

//! People, roles, sections and bodies.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use identity::people::{self, After, PeopleFilter, PersonChange};
use identity::roles::{self, AssignmentId, NewAssignment};
use identity::{
    Caller, Login, NewPerson, NewSection, PersonId, PersonState, Role, SectionId, bodies, sections,
};

use super::read::{id, id_if_any, moment, text, word};
use super::shapes::{
    AssignmentShape, BodyShape, InvitedShape, Many, PersonAsked, PersonShape, Problem, RoleAsked,
    SectionAsked, SectionShape,
};
use crate::failure::Failure;
use crate::pages::means;
use crate::pages::people::demand_seeing;
use crate::routes::Answer;
use crate::visit::Visit;

/// Lines on a page.
const LINES: u32 = 100;

/// A page of people, by reading.
#[utoipa::path(
    get, path = "/api/v1/people", tag = "people",
    params(
        ("text" = Option<String>, Query, description = "part of a name, a reading or a login"),
        ("section" = Option<String>, Query, description = "a section's id"),
        ("state" = Option<String>, Query, description = "`invited`, `active` or `left`"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Many<PersonShape>),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list(visit: Visit, caller: Caller) -> Answer {
    demand_seeing(&caller)?;
    let query = visit.query();
    let some = |name: &str| Some(query.value(name)).filter(|value| !value.is_empty());
    let filter = PeopleFilter {
        text: some("text").map(|text| text.chars().take(80).collect()),
        section: id_if_any("section", some("section"))?,
        state: some("state").map(|state| word("state", state, PersonState::parse)).transpose()?,
    };
    let after = match some("after").and_then(|after| after.split_once('.')) {
        Some((person, kana)) => {
            Some(After { id: id("after", person)?, kana: kana.chars().take(80).collect() })
        }
        None => None,
    };
    let mut work = visit.read(&caller).await?;
    let page = people::list(&mut work, &filter, after.as_ref(), LINES).await?;
    let items = page.people.iter().map(PersonShape::of).collect();
    let next = page.next.map(|next| format!("{}.{}", next.id, next.kana));
    visit.answer_json(StatusCode::OK, &Many { items, next })
}

/// One person.
#[utoipa::path(
    get, path = "/api/v1/people/{person}", tag = "people", params(("person" = String, Path)),
    responses(
        (status = 200, body = PersonShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let person: PersonId = visit.id("person")?;
    if person != caller.person {
        demand_seeing(&caller)?;
    }
    let mut work = visit.read(&caller).await?;
    let person = people::find(&mut work, person).await?;
    visit.answer_json(StatusCode::OK, &PersonShape::of(&person))
}

/// Invites a person; the code opens their enrolment and is shown once.
#[utoipa::path(
    post, path = "/api/v1/people", tag = "people", request_body = PersonAsked,
    responses(
        (status = 201, body = InvitedShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn invite(visit: Visit, caller: Caller) -> Answer {
    let asked: PersonAsked = visit.json()?;
    let login = asked.login.as_deref().unwrap_or_default();
    let new = NewPerson {
        login: word("login", login, |text| Login::parse(text).ok())?,
        name: text("name", &asked.name)?,
        kana: text("kana", &asked.kana)?,
        section: id("section", &asked.section)?,
    };
    let mut work = visit.work(&caller).await?;
    let invited = people::invite(&mut work, &caller, &new).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &InvitedShape::of(&invited))
}

/// Changes a person's name, reading or section.
#[utoipa::path(
    put, path = "/api/v1/people/{person}", tag = "people", request_body = PersonAsked,
    params(("person" = String, Path)),
    responses(
        (status = 200, body = PersonShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn change(visit: Visit, caller: Caller) -> Answer {
    let person: PersonId = visit.id("person")?;
    let mut work = visit.work(&caller).await?;
    people::find(&mut work, person).await?;
    let asked: PersonAsked = visit.json()?;
    let change = PersonChange {
        name: text("name", &asked.name)?,
        kana: text("kana", &asked.kana)?,
        section: id("section", &asked.section)?,
    };
    let version = asked.version.unwrap_or(0);
    let changed = people::change(&mut work, &caller, person, version, &change).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::OK, &PersonShape::of(&changed))
}

/// Sees a person off: sessions, factors, roles and permits end at once.
#[utoipa::path(
    post, path = "/api/v1/people/{person}/leave", tag = "people",
    params(("person" = String, Path)),
    responses(
        (status = 200, body = PersonShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn leave(visit: Visit, caller: Caller) -> Answer {
    let person: PersonId = visit.id("person")?;
    let mut work = visit.work(&caller).await?;
    people::find(&mut work, person).await?;
    means::permits(&visit.state)?.person_left(&mut work, &caller, person).await?;
    let gone = people::leave(&mut work, &caller, person).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::OK, &PersonShape::of(&gone))
}

/// The roles that a person holds now or later.
#[utoipa::path(
    get, path = "/api/v1/people/{person}/roles", tag = "people",
    params(("person" = String, Path)),
    responses(
        (status = 200, body = Many<AssignmentShape>),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn held(visit: Visit, caller: Caller) -> Answer {
    let person: PersonId = visit.id("person")?;
    if person != caller.person {
        demand_seeing(&caller)?;
    }
    let mut work = visit.read(&caller).await?;
    people::find(&mut work, person).await?;
    let held = roles::of_person(&mut work, person).await?;
    let items = held.iter().map(AssignmentShape::of).collect();
    visit.answer_json(StatusCode::OK, &Many { items, next: None })
}

/// Gives a role; nobody gives one to themselves.
#[utoipa::path(
    post, path = "/api/v1/people/{person}/roles", tag = "people", request_body = RoleAsked,
    params(("person" = String, Path)),
    responses(
        (status = 201, body = AssignmentShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn assign(visit: Visit, caller: Caller) -> Answer {
    let person: PersonId = visit.id("person")?;
    let mut work = visit.work(&caller).await?;
    people::find(&mut work, person).await?;
    let asked: RoleAsked = visit.json()?;
    let section: Option<SectionId> = id_if_any("section", asked.section.as_deref())?;
    let until = asked.until.as_deref().map(|until| moment("until", until)).transpose()?;
    let role = word("role", &asked.role, Role::parse)?;
    let new = NewAssignment { person, role, section, from: None, until };
    let given = roles::assign(&mut work, &caller, &new).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &AssignmentShape::of(&given))
}

/// Takes a role back at once.
#[utoipa::path(
    delete, path = "/api/v1/people/{person}/roles/{assignment}", tag = "people",
    params(("person" = String, Path), ("assignment" = String, Path)),
    responses(
        (status = 204),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn withdraw(visit: Visit, caller: Caller) -> Answer {
    let person: PersonId = visit.id("person")?;
    let assignment: AssignmentId = visit.id("assignment")?;
    let mut work = visit.work(&caller).await?;
    people::find(&mut work, person).await?;
    let held = roles::of_person(&mut work, person).await?;
    if held.iter().all(|one| one.id != assignment) {
        return Err(Failure::NotFound);
    }
    roles::withdraw(&mut work, &caller, assignment).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// All sections, by code; the closed ones last.
#[utoipa::path(
    get, path = "/api/v1/sections", tag = "sections",
    responses(
        (status = 200, body = Many<SectionShape>),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn sections_list(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let items = sections::list(&mut work).await?.iter().map(SectionShape::of).collect();
    visit.answer_json(StatusCode::OK, &Many { items, next: None })
}

fn section(asked: &SectionAsked) -> Result<NewSection, Failure> {
    Ok(NewSection {
        code: text("code", &asked.code)?,
        name: text("name", &asked.name)?,
        above: id_if_any("above", asked.above.as_deref())?,
    })
}

/// Opens a section.
#[utoipa::path(
    post, path = "/api/v1/sections", tag = "sections", request_body = SectionAsked,
    responses(
        (status = 201, body = SectionShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn section_open(visit: Visit, caller: Caller) -> Answer {
    let new = section(&visit.json()?)?;
    let mut work = visit.work(&caller).await?;
    let opened = sections::open(&mut work, &caller, &new).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &SectionShape::of(&opened))
}

/// One section.
#[utoipa::path(
    get, path = "/api/v1/sections/{section}", tag = "sections",
    params(("section" = String, Path)),
    responses(
        (status = 200, body = SectionShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn section_show(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let found = sections::find(&mut work, visit.id("section")?).await?;
    visit.answer_json(StatusCode::OK, &SectionShape::of(&found))
}

/// Changes a section.
#[utoipa::path(
    put, path = "/api/v1/sections/{section}", tag = "sections", request_body = SectionAsked,
    params(("section" = String, Path)),
    responses(
        (status = 200, body = SectionShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn section_change(visit: Visit, caller: Caller) -> Answer {
    let place: SectionId = visit.id("section")?;
    let mut work = visit.work(&caller).await?;
    sections::find(&mut work, place).await?;
    let asked: SectionAsked = visit.json()?;
    let (new, version) = (section(&asked)?, asked.version.unwrap_or(0));
    let changed = sections::change(&mut work, &caller, place, version, &new).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::OK, &SectionShape::of(&changed))
}

/// Closes a section in which nobody works any more.
#[utoipa::path(
    post, path = "/api/v1/sections/{section}/close", tag = "sections",
    params(("section" = String, Path)),
    responses(
        (status = 204),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn section_close(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    sections::close(&mut work, &caller, visit.id("section")?).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The caller's body, and for a prefecture those under it.
#[utoipa::path(
    get, path = "/api/v1/bodies", tag = "bodies",
    responses(
        (status = 200, body = Many<BodyShape>),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn bodies_list(visit: Visit, caller: Caller) -> Answer {
    let all = bodies::under(&visit.state.store, &caller).await?;
    let items = all.iter().map(BodyShape::of).collect();
    visit.answer_json(StatusCode::OK, &Many { items, next: None })
}

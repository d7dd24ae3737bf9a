//! People: the list, invitations, changes, leaving, codes, and the list as a
//! file.

use axum::http::StatusCode;
use axum::response::IntoResponse;
use identity::people::{self, PeopleFilter, PersonChange};
use identity::{Caller, Duty, NewPerson, PersonId, PersonState, enrol, own, sessions};
use store::Work;

use super::lists::{LINES, Query, page, whole};
use super::read::{self, id, id_if_any, text};
use super::shapes::{
    CodeAsked, CodeShape, FactorShape, InvitedShape, Many, OpenSessionShape, PeopleTableAsked,
    PersonAsked, PersonShape,
};
use crate::failure::Failure;
use crate::pages::people::{demand_seeing, parse_after, take_out, write_after};
use crate::pages::{means, taking_refused};
use crate::routes::Answer;
use crate::visit::Visit;

/// A page of people, by reading.
#[utoipa::path(
    get, path = "/api/v1/people", tag = "people",
    params(
        ("text" = Option<String>, Query, description = "part of a name, a reading or a login"),
        ("section" = Option<String>, Query, description = "a section's id"),
        ("state" = Option<String>, Query, description = "where they stand"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, body = Many<PersonShape>)),
)]
pub(super) async fn list(visit: Visit, caller: Caller) -> Answer {
    demand_seeing(&caller)?;
    let query = Query::of(&visit);
    let filter = PeopleFilter {
        text: query.search("text")?,
        section: query.id("section")?,
        state: query.word("state", PersonState::parse)?,
    };
    let after = query.after(parse_after)?;
    let mut work = visit.read(&caller).await?;
    let found = people::list(&mut work, &filter, after.as_ref(), LINES).await?;
    page(&visit, found.people.iter().map(PersonShape::of), found.next.as_ref().map(write_after))
}

/// Takes people out as a file, on an export permit in force.
#[utoipa::path(
    post, path = "/api/v1/people/tables", tag = "people", request_body = PeopleTableAsked,
    responses((
        status = 200,
        content(
            (String = "text/csv"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ),
    )),
)]
pub(super) async fn table(visit: Visit, caller: Caller) -> Answer {
    demand_seeing(&caller)?;
    let asked: PeopleTableAsked = visit.json()?;
    let format = read::format("format", &asked.format)?;
    let filter = PeopleFilter {
        text: read::search_if_any("text", asked.text.as_deref())?,
        section: id_if_any("section", asked.section.as_deref())?,
        state: asked.state.map(Into::into),
    };
    let file = take_out(&visit, &caller, &filter, format).await?;
    file.ok_or_else(taking_refused)
}

/// One person.
#[utoipa::path(
    get, path = "/api/v1/people/{person}", tag = "people", params(("person" = String, Path)),
    responses((status = 200, body = PersonShape)),
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
    responses((status = 201, body = InvitedShape)),
)]
pub(super) async fn invite(visit: Visit, caller: Caller) -> Answer {
    let asked: PersonAsked = visit.json()?;
    let new = NewPerson {
        login: read::login("login", &read::given("login", asked.login)?)?,
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
    responses((status = 200, body = PersonShape)),
)]
pub(super) async fn change(visit: Visit, caller: Caller) -> Answer {
    let (mut work, person) = other(&visit, &caller).await?;
    let asked: PersonAsked = visit.json()?;
    let change = PersonChange {
        name: text("name", &asked.name)?,
        kana: text("kana", &asked.kana)?,
        section: id("section", &asked.section)?,
    };
    if let Some(login) = &asked.login {
        read::login("login", login)?;
    }
    let version = asked.version.unwrap_or(0).into();
    let changed = people::change(&mut work, &caller, person, version, &change).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::OK, &PersonShape::of(&changed))
}

/// Sees a person off: sessions, factors, roles and permits end at once.
#[utoipa::path(
    post, path = "/api/v1/people/{person}/leave", tag = "people",
    params(("person" = String, Path)),
    responses((status = 200, body = PersonShape)),
)]
pub(super) async fn leave(visit: Visit, caller: Caller) -> Answer {
    let (mut work, person) = other(&visit, &caller).await?;
    means::permits(&visit.state)?.person_left(&mut work, &caller, person).await?;
    let gone = people::leave(&mut work, &caller, person).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::OK, &PersonShape::of(&gone))
}

/// Makes a new enrolment code, shown once. Somebody who has enrolled loses all
/// factors and sessions first, and `reason` says why.
#[utoipa::path(
    post, path = "/api/v1/people/{person}/code", tag = "people", request_body = CodeAsked,
    params(("person" = String, Path)),
    responses((status = 201, body = CodeShape)),
)]
pub(super) async fn code(visit: Visit, caller: Caller) -> Answer {
    let (mut work, person) = other(&visit, &caller).await?;
    let CodeAsked { reason } = visit.json_if_any()?;
    let state = people::find(&mut work, person).await?.state;
    let (code, until) = if state == PersonState::Invited {
        enrol::issue(&mut work, &caller, person).await?
    } else {
        let reason = text("reason", &read::given("reason", reason)?)?;
        enrol::reissue(&mut work, &caller, person, &reason).await?
    };
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &CodeShape::of(&code, until))
}

/// A person's factors, without their secrets.
#[utoipa::path(
    get, path = "/api/v1/people/{person}/factors", tag = "people",
    params(("person" = String, Path)),
    responses((status = 200, body = Many<FactorShape>)),
)]
pub(super) async fn factors(visit: Visit, caller: Caller) -> Answer {
    let (mut work, person) = managed(&visit, &caller).await?;
    let factors = own::factors(&mut work, person).await?;
    whole(&visit, factors.iter().map(FactorShape::of))
}

/// A person's open sessions.
#[utoipa::path(
    get, path = "/api/v1/people/{person}/sessions", tag = "people",
    params(("person" = String, Path)),
    responses((status = 200, body = Many<OpenSessionShape>)),
)]
pub(super) async fn live(visit: Visit, caller: Caller) -> Answer {
    let (mut work, person) = managed(&visit, &caller).await?;
    let live = sessions::live(&mut work, person).await?;
    whole(&visit, live.iter().map(OpenSessionShape::of))
}

/// Ends all sessions of a person.
#[utoipa::path(
    post, path = "/api/v1/people/{person}/sessions/end", tag = "people",
    params(("person" = String, Path)),
    responses((status = 204)),
)]
pub(super) async fn end_sessions(visit: Visit, caller: Caller) -> Answer {
    let (mut work, person) = other(&visit, &caller).await?;
    sessions::revoke_all(&mut work, &caller, person).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Begins a change of the person whom the path names.
pub(super) async fn other(visit: &Visit, caller: &Caller) -> Result<(Work, PersonId), Failure> {
    let person: PersonId = visit.id("person")?;
    let mut work = visit.work(caller).await?;
    people::find(&mut work, person).await?;
    Ok((work, person))
}

/// Begins looking at the access of the person whom the path names: one's own,
/// or anybody's with the duty to manage people.
async fn managed(visit: &Visit, caller: &Caller) -> Result<(Work, PersonId), Failure> {
    let person: PersonId = visit.id("person")?;
    let mut work = visit.read(caller).await?;
    people::find(&mut work, person).await?;
    if person != caller.person {
        caller.demand(Duty::ManagePeople)?;
    }
    Ok((work, person))
}

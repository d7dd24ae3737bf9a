//! The interface for programs, under `/api/v1`: what the screens do, as JSON.
//! Its description is made from the endpoints themselves.

mod bodies;
mod describe;
mod enrolments;
mod factors;
mod joiners;
mod ledger;
mod lists;
mod people;
mod permits;
mod read;
mod roles;
mod sections;
mod sessions;
mod shapes;
mod system;
pub(crate) mod values;
mod whole;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use identity::Duty;
use utoipa::OpenApi;

use crate::access::Verb;
use crate::pages::people::FILE_BYTES_MAX;
use crate::routes::{Answer, BodyKind, Routes};
use crate::visit::Visit;

pub(crate) use describe::Interface;
pub use describe::description;
pub use values::text as text_schema;

/// All endpoints.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .public(
            Verb::Get,
            "/api/v1/openapi.json",
            "describes the interface, which is public",
            show_description,
        )
        .with(door())
        .with(of_me())
        .with(of_permits())
        .with(of_people())
        .with(of_bodies())
        .with(of_oversight())
}

/// Before anybody is known.
fn door() -> Routes {
    Routes::new()
        .sign_in(Verb::Post, "/api/v1/set-up", bodies::set_up)
        .sign_in(Verb::Post, "/api/v1/enrolments", enrolments::open)
        .sign_in(Verb::Post, "/api/v1/enrolments/current", enrolments::reopen)
        .sign_in(Verb::Post, "/api/v1/enrolments/factors", enrolments::finish)
        .sign_in(Verb::Post, "/api/v1/sessions", sessions::open)
        .sign_in(Verb::Post, "/api/v1/passkey-challenges", sessions::challenge)
}

fn of_me() -> Routes {
    Routes::new()
        .token(Verb::Delete, "/api/v1/sessions/current", None, sessions::close)
        .token(Verb::Post, "/api/v1/sessions/current/proofs", None, sessions::prove)
        .token(Verb::Get, "/api/v1/me", None, sessions::me)
        .token(Verb::Get, "/api/v1/me/factors", None, factors::list)
        .token(Verb::Delete, "/api/v1/me/factors/{factor}", None, factors::remove)
        .token(Verb::Post, "/api/v1/me/factor-offers", None, factors::offer)
        .token(Verb::Post, "/api/v1/me/totp", None, factors::add_totp)
        .token(Verb::Post, "/api/v1/me/passkeys", None, factors::add_passkey)
        .token(Verb::Post, "/api/v1/me/certificates", None, factors::add_certificate)
        .token(Verb::Post, "/api/v1/me/password", None, factors::password)
        .token(Verb::Get, "/api/v1/me/sessions", None, factors::live)
        .token(Verb::Post, "/api/v1/me/sessions/{session}/end", None, factors::end_session)
        .token(Verb::Post, "/api/v1/me/sessions/end", None, factors::end_sessions)
}

fn of_permits() -> Routes {
    const APPLY: Duty = Duty::Apply;
    Routes::new()
        .token(Verb::Get, "/api/v1/permit-kinds", None, permits::kinds)
        .token(Verb::Get, "/api/v1/permits", None, permits::search)
        .token(Verb::Post, "/api/v1/permits", APPLY, permits::apply)
        .token(Verb::Get, "/api/v1/approvals", None, permits::waiting)
        .token(Verb::Get, "/api/v1/permits/{permit}", None, permits::show)
        .token(Verb::Put, "/api/v1/permits/{permit}", APPLY, permits::amend)
        .token(Verb::Get, "/api/v1/permits/{permit}/history", None, permits::history)
        .token(Verb::Post, "/api/v1/permits/{permit}/apply", APPLY, permits::hand_in)
        .token(Verb::Post, "/api/v1/permits/{permit}/withdraw", APPLY, permits::withdraw)
        .token(Verb::Post, "/api/v1/permits/{permit}/approve", None, permits::approve)
        .token(Verb::Post, "/api/v1/permits/{permit}/refuse", None, permits::refuse)
        .token(Verb::Post, "/api/v1/permits/{permit}/confirm", None, permits::confirm)
        .token(Verb::Post, "/api/v1/permits/{permit}/end", None, permits::end)
        .token(Verb::Post, "/api/v1/permits/{permit}/revoke", None, permits::revoke)
        .token(Verb::Post, "/api/v1/permits/{permit}/close", None, permits::close)
        .token(Verb::Post, "/api/v1/permits/{permit}/issue", None, permits::issue)
}

fn of_people() -> Routes {
    const MANAGE: Duty = Duty::ManagePeople;
    const APPOINT: Duty = Duty::AssignRoles;
    const FILE: BodyKind = BodyKind::Whole { max_bytes: FILE_BYTES_MAX };
    Routes::new()
        .token(Verb::Get, "/api/v1/people", None, people::list)
        .token(Verb::Post, "/api/v1/people", MANAGE, people::invite)
        .token(Verb::Post, "/api/v1/people/tables", None, people::table)
        .token(Verb::Post, "/api/v1/joiners/plans", MANAGE, joiners::plan)
        .body(FILE)
        .token(Verb::Post, "/api/v1/joiners", MANAGE, joiners::apply)
        .body(FILE)
        .token(Verb::Get, "/api/v1/people/{person}", None, people::show)
        .token(Verb::Put, "/api/v1/people/{person}", MANAGE, people::change)
        .token(Verb::Post, "/api/v1/people/{person}/leave", MANAGE, people::leave)
        .token(Verb::Post, "/api/v1/people/{person}/code", MANAGE, people::code)
        .token(Verb::Get, "/api/v1/people/{person}/factors", None, people::factors)
        .token(Verb::Get, "/api/v1/people/{person}/sessions", None, people::live)
        .token(Verb::Post, "/api/v1/people/{person}/sessions/end", MANAGE, people::end_sessions)
        .token(Verb::Get, "/api/v1/people/{person}/roles", None, roles::held)
        .token(Verb::Post, "/api/v1/people/{person}/roles", APPOINT, roles::assign)
        .token(Verb::Delete, "/api/v1/people/{person}/roles/{assignment}", APPOINT, roles::withdraw)
        .token(Verb::Get, "/api/v1/people/{person}/posts", None, roles::posts)
        .token(Verb::Post, "/api/v1/people/{person}/posts", APPOINT, roles::record)
}

fn of_bodies() -> Routes {
    const MANAGE: Duty = Duty::ManagePeople;
    Routes::new()
        .token(Verb::Get, "/api/v1/sections", None, sections::list)
        .token(Verb::Post, "/api/v1/sections", MANAGE, sections::open)
        .token(Verb::Get, "/api/v1/sections/{section}", None, sections::show)
        .token(Verb::Put, "/api/v1/sections/{section}", MANAGE, sections::change)
        .token(Verb::Post, "/api/v1/sections/{section}/close", MANAGE, sections::close)
        .token(Verb::Get, "/api/v1/bodies", None, bodies::list)
        .token(Verb::Post, "/api/v1/bodies", Duty::FoundBodies, bodies::found)
}

fn of_oversight() -> Routes {
    const OPERATE: Duty = Duty::OperateSystem;
    const EXPORT: Duty = Duty::ExportLedger;
    Routes::new()
        .token(Verb::Get, "/api/v1/ledger", Duty::ReadLedger, ledger::search)
        .token(Verb::Get, "/api/v1/ledger/{entry}", Duty::ReadLedger, ledger::entry)
        .token(Verb::Post, "/api/v1/ledger/verifications", EXPORT, ledger::verify)
        .token(Verb::Post, "/api/v1/ledger/exports", EXPORT, ledger::export)
        .token(Verb::Post, "/api/v1/ledger/tables", Duty::ReadLedger, ledger::table)
        .token(Verb::Get, "/api/v1/alerts", None, system::unseen)
        .token(Verb::Post, "/api/v1/alerts/{alert}/seen", None, system::see)
        .token(Verb::Get, "/api/v1/system", OPERATE, system::show)
        .token(Verb::Post, "/api/v1/system/jobs/{job}/retry", OPERATE, system::retry)
        .token(Verb::Post, "/api/v1/system/clock/accept", Duty::ManageSystem, system::accept_clock)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sekisho",
        description = "A checkpoint between a Japanese town's networks: people, permits, ledger.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        show_description,
        sessions::open,
        sessions::close,
        sessions::prove,
        sessions::challenge,
        sessions::me,
        enrolments::open,
        enrolments::reopen,
        enrolments::finish,
        factors::list,
        factors::offer,
        factors::add_totp,
        factors::add_passkey,
        factors::add_certificate,
        factors::remove,
        factors::password,
        factors::live,
        factors::end_session,
        factors::end_sessions,
        permits::kinds,
        permits::search,
        permits::apply,
        permits::waiting,
        permits::show,
        permits::amend,
        permits::history,
        permits::hand_in,
        permits::withdraw,
        permits::approve,
        permits::refuse,
        permits::confirm,
        permits::end,
        permits::revoke,
        permits::close,
        permits::issue,
        people::list,
        people::invite,
        people::table,
        people::show,
        people::change,
        people::leave,
        people::code,
        people::factors,
        people::live,
        people::end_sessions,
        joiners::plan,
        joiners::apply,
        roles::held,
        roles::assign,
        roles::withdraw,
        roles::posts,
        roles::record,
        sections::list,
        sections::open,
        sections::show,
        sections::change,
        sections::close,
        bodies::list,
        bodies::found,
        bodies::set_up,
        ledger::search,
        ledger::entry,
        ledger::verify,
        ledger::export,
        ledger::table,
        system::unseen,
        system::see,
        system::show,
        system::retry,
        system::accept_clock,
    ),
    components(schemas(shapes::Problem)),
    security(("session" = []), ("token" = [])),
)]
struct Description;

/// This description.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "interface",
    responses((status = 200, body = Object)),
    security(()),
)]
async fn show_description(visit: Visit) -> Answer {
    let kind = HeaderValue::from_static("application/json");
    let text = visit.state.interface.text.clone();
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, kind)], text).into_response())
}

//! The interface for programs, under `/api/v1`: what the screens do, as JSON.
//! Its description is made from the endpoints themselves.

mod oversight;
mod people;
mod permits;
mod read;
mod sessions;
mod shapes;

use axum::http::StatusCode;
use identity::Duty;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::access::Verb;
use crate::routes::{Answer, Routes};
use crate::visit::Visit;

/// All endpoints.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .public(
            Verb::Get,
            "/api/v1/openapi.json",
            "describes the interface, which is public",
            describe,
        )
        .sign_in(Verb::Post, "/api/v1/sessions", sessions::open)
        .token(Verb::Delete, "/api/v1/sessions/current", None, sessions::close)
        .sign_in(Verb::Post, "/api/v1/passkey-challenges", sessions::challenge)
        .token(Verb::Get, "/api/v1/me", None, sessions::me)
        .with(of_permits())
        .with(of_people())
        .with(of_oversight())
}

fn of_permits() -> Routes {
    const APPLY: Duty = Duty::Apply;
    Routes::new()
        .token(Verb::Get, "/api/v1/permit-kinds", None, permits::kinds)
        .token(Verb::Get, "/api/v1/permits", None, permits::search)
        .token(Verb::Post, "/api/v1/permits", APPLY, permits::apply)
        .token(Verb::Get, "/api/v1/approvals", None, permits::waiting)
        .token(Verb::Get, "/api/v1/permits/{permit}", None, permits::show)
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
    Routes::new()
        .token(Verb::Get, "/api/v1/people", None, people::list)
        .token(Verb::Post, "/api/v1/people", MANAGE, people::invite)
        .token(Verb::Get, "/api/v1/people/{person}", None, people::show)
        .token(Verb::Put, "/api/v1/people/{person}", MANAGE, people::change)
        .token(Verb::Post, "/api/v1/people/{person}/leave", MANAGE, people::leave)
        .token(Verb::Get, "/api/v1/people/{person}/roles", None, people::held)
        .token(Verb::Post, "/api/v1/people/{person}/roles", APPOINT, people::assign)
        .token(
            Verb::Delete,
            "/api/v1/people/{person}/roles/{assignment}",
            APPOINT,
            people::withdraw,
        )
        .token(Verb::Get, "/api/v1/sections", None, people::sections_list)
        .token(Verb::Post, "/api/v1/sections", MANAGE, people::section_open)
        .token(Verb::Get, "/api/v1/sections/{section}", None, people::section_show)
        .token(Verb::Put, "/api/v1/sections/{section}", MANAGE, people::section_change)
        .token(Verb::Post, "/api/v1/sections/{section}/close", MANAGE, people::section_close)
        .token(Verb::Get, "/api/v1/bodies", None, people::bodies_list)
}

fn of_oversight() -> Routes {
    const OPERATE: Duty = Duty::OperateSystem;
    Routes::new()
        .token(Verb::Get, "/api/v1/ledger", Duty::ReadLedger, oversight::search)
        .token(Verb::Get, "/api/v1/ledger/{entry}", Duty::ReadLedger, oversight::entry)
        .token(Verb::Post, "/api/v1/ledger/verifications", Duty::ExportLedger, oversight::verify)
        .token(Verb::Get, "/api/v1/alerts", None, oversight::unseen)
        .token(Verb::Post, "/api/v1/alerts/{alert}/seen", None, oversight::see)
        .token(Verb::Get, "/api/v1/system", OPERATE, oversight::system)
        .token(Verb::Post, "/api/v1/system/jobs/{job}/retry", OPERATE, oversight::retry)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Sekisho",
        description = "A checkpoint between a Japanese town's networks: people, permits, ledger.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        sessions::open,
        sessions::close,
        sessions::challenge,
        sessions::me,
        permits::kinds,
        permits::search,
        permits::apply,
        permits::waiting,
        permits::show,
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
        people::show,
        people::change,
        people::leave,
        people::held,
        people::assign,
        people::withdraw,
        people::sections_list,
        people::section_open,
        people::section_show,
        people::section_change,
        people::section_close,
        people::bodies_list,
        oversight::search,
        oversight::entry,
        oversight::verify,
        oversight::unseen,
        oversight::see,
        oversight::system,
        oversight::retry,
    ),
    security(("session" = []), ("token" = [])),
    modifiers(&Schemes),
)]
struct Description;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let Some(components) = description.components.as_mut() else { return };
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("the token of an `api-token` permit"))
            .build();
        let cookie = ApiKeyValue::with_description(
            "__Host-sekisho",
            "a session; changes send its `csrf_token` in `X-CSRF-Token`",
        );
        components.add_security_scheme("token", SecurityScheme::Http(token));
        let session = SecurityScheme::ApiKey(ApiKey::Cookie(cookie));
        components.add_security_scheme("session", session);
    }
}

/// The interface's description, OpenAPI 3.1, as it is committed.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn description() -> Result<String, serde_json::Error> {
    let mut text = Description::openapi().to_pretty_json()?;
    text.push('\n');
    Ok(text)
}

/// Answers the description.
async fn describe(visit: Visit) -> Answer {
    visit.answer_json(StatusCode::OK, &Description::openapi())
}

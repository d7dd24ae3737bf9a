//! Turns a failure into its screen or its JSON, in one place. A screen says
//! what happened, what is safe and what to do next, and names the request so
//! that whoever is asked for help finds it in the log.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use i18n::{Key, Message};
use serde_json::json;

use crate::failure::Failure;
use crate::gate::wants_json;
use crate::view::View;

/// The answer to a failed request.
pub(crate) fn answer(view: &View, failure: &Failure) -> Response {
    note(view, failure);
    let is_page = !wants_json(view);
    let mut response = match failure {
        Failure::SignInNeeded { ended } if is_page => to_sign_in(view, *ended),
        Failure::ProofNeeded { back } if is_page => to_proof(view, back.as_deref()),
        _ if is_page => screen(view, failure),
        _ => problem(view, failure),
    };
    if let Failure::TooMany { wait } = failure {
        response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().max(1).into());
    }
    if matches!(failure, Failure::SignInNeeded { .. }) && !is_page {
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

fn note(view: &View, failure: &Failure) {
    match failure {
        Failure::Internal(cause) => {
            tracing::error!(request.id = %view.request, error = %chain(&**cause), "a request failed");
        }
        Failure::Full(cause) | Failure::Unavailable(cause) => {
            tracing::error!(request.id = %view.request, error = %chain(&**cause), "cannot serve now");
        }
        Failure::BadRequest(_)
        | Failure::SignInNeeded { .. }
        | Failure::Forbidden(_)
        | Failure::ProofNeeded { .. }
        | Failure::NotFound
        | Failure::WrongMethod
        | Failure::WrongVersion
        | Failure::Conflict(_)
        | Failure::TooLarge { .. }
        | Failure::WrongType
        | Failure::Unprocessable(_)
        | Failure::TooMany { .. } => {}
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(next) = source {
        text.push_str(": ");
        text.push_str(&next.to_string());
        source = next.source();
    }
    text
}

/// A reader comes back to the page they asked for; a form that was sent is
/// gone, so they come back to nothing.
fn to_sign_in(view: &View, ended: Option<&'static str>) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if view.path != "/" {
        query.append_pair("to", &view.here_with("", None));
    }
    if let Some(ended) = ended {
        query.append_pair("ended", ended);
    }
    let query = query.finish();
    let place = if query.is_empty() { "/sign-in".into() } else { format!("/sign-in?{query}") };
    let place = HeaderValue::from_str(&place).unwrap_or(HeaderValue::from_static("/sign-in"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

/// The reader shows the second factor again and comes back to the page that
/// offered what they asked for.
fn to_proof(view: &View, back: Option<&str>) -> Response {
    let back = back.map_or_else(|| offering(&view.path), str::to_owned);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", &back).finish();
    let place = HeaderValue::from_str(&format!("/me/proof?{query}"));
    let place = place.unwrap_or(HeaderValue::from_static("/me/proof"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

/// The page of the thing that a form's path names.
fn offering(path: &str) -> String {
    let mut parts = path.split('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some(list @ ("permits" | "people")), Some(id)) => format!("/{list}/{id}"),
        (Some(place), _) => format!("/{place}"),
        (None, _) => "/".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct Screen<'a> {
    view: &'a View,
    title: Key,
    what: Message,
    why: Option<Message>,
    safe: Key,
    next: Key,
    is_ours: bool,
}

fn screen(view: &View, failure: &Failure) -> Response {
    let status = failure.status();
    let name = name(failure);
    let content = Screen {
        view,
        title: Key::under("refusal-title-", name),
        what: what(failure),
        why: failure.why().cloned(),
        safe: Key::under("refusal-safe-", name),
        next: Key::under("refusal-next-", name),
        is_ours: status.is_server_error(),
    };
    let page = view.page(Key::under("refusal-title-", name)).status(status).render(&content);
    page.unwrap_or_else(|_| (status, status.to_string()).into_response())
}

fn what(failure: &Failure) -> Message {
    let message = Message::from(Key::under("refusal-what-", name(failure)));
    match failure {
        Failure::TooLarge { max_bytes } => message.with("max", i18n::bytes(*max_bytes)),
        Failure::TooMany { wait } => message.with("seconds", wait.as_secs().max(1)),
        Failure::BadRequest(_)
        | Failure::SignInNeeded { .. }
        | Failure::Forbidden(_)
        | Failure::ProofNeeded { .. }
        | Failure::NotFound
        | Failure::WrongMethod
        | Failure::WrongVersion
        | Failure::Conflict(_)
        | Failure::WrongType
        | Failure::Unprocessable(_)
        | Failure::Internal(_)
        | Failure::Full(_)
        | Failure::Unavailable(_) => message,
    }
}

const fn name(failure: &Failure) -> &'static str {
    match failure {
        Failure::BadRequest(_) => "bad-request",
        Failure::SignInNeeded { .. } => "sign-in-needed",
        Failure::Forbidden(_) => "forbidden",
        Failure::ProofNeeded { .. } => "proof-needed",
        Failure::NotFound => "not-found",
        Failure::WrongMethod => "wrong-method",
        Failure::Conflict(_) => "conflict",
        Failure::WrongVersion => "wrong-version",
        Failure::TooLarge { .. } => "too-large",
        Failure::WrongType => "wrong-type",
        Failure::Unprocessable(_) => "unprocessable",
        Failure::TooMany { .. } => "too-many",
        Failure::Internal(_) => "internal",
        Failure::Full(_) => "full",
        Failure::Unavailable(_) => "unavailable",
    }
}

/// RFC 9457. `type` is stable and what programs read; the texts are for
/// people.
fn problem(view: &View, failure: &Failure) -> Response {
    let status = failure.status();
    let detail = match failure.why() {
        Some(why) => view.say(why).to_string(),
        None => view.say(what(failure)).to_string(),
    };
    let mut body = json!({
        "type": format!("urn:sekisho:problem:{}", name(failure)),
        "title": view.t(Key::under("refusal-title-", name(failure))).to_string(),
        "status": status.as_u16(),
        "detail": detail,
        "instance": format!("urn:ulid:{}", view.request),
    });
    if let Failure::Unprocessable(fields) = failure {
        let errors = fields.iter().map(|(name, message)| {
            json!({ "field": name, "code": message.key().as_str(), "detail": view.say(message).to_string() })
        });
        body["errors"] = errors.collect();
    }
    if let Failure::ProofNeeded { .. } = failure {
        body["needs"] = json!(["second-factor"]);
        body["prove_at"] = json!("/api/v1/sessions/current/proofs");
    }
    let kind = HeaderValue::from_static("application/problem+json");
    (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}

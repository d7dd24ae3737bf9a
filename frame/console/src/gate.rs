//! The one way in. Every request passes here, in this order: is it for us, not
//! too often, sent by our own page, by somebody who may, with a body that is
//! not too large and a form of this session. Only then does its handler run.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base::{Id, Timestamp};
use factors::Token;
use i18n::{Language, key};

use crate::access::Access;
use crate::callers::{Approach, Found, Known, Peer, PeerCertificate};
use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::guard::Origin;
use crate::limit::Kind;
use crate::routes::{BodyKind, Handler, Route, is_interface};
use crate::state::State;
use crate::uploads::Admission;
use crate::view::View;
use crate::visit::{Received, TOKEN_FIELD, Visit, read_notice, set_cookie};
use crate::{guard, headers, receive, refusal, repeat, watch};

/// What a request names before a route is known.
enum Asked {}

/// Answers a request of a route; `None` where no route fits.
pub(crate) async fn enter(
    state: State,
    route: Result<Arc<Route>, Failure>,
    request: Request,
) -> Response {
    let started = state.clock().elapsed();
    let now = state.clock().now();
    let id = Id::<Asked>::new(now, state.random()).to_string();
    let (head, body) = request.into_parts();
    let view = first_view(&state, &head, id, now);
    let (path, verb, always) = match &route {
        Ok(route) => (route.path, route.verb.name(), route.headers),
        Err(_) => ("none", "none", &[][..]),
    };
    let mut response = match route {
        Ok(route) => run(state.clone(), route, view.clone(), head, body).await,
        Err(failure) => {
            let view = for_reader(&state, view.clone(), &head).await;
            refusal::answer(&view, &failure)
        }
    };
    headers::secure(response.headers_mut());
    for (name, value) in always {
        response.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&view.request) {
        response.headers_mut().insert("x-request-id", id);
    }
    let took = state.clock().elapsed().saturating_sub(started);
    let status = response.status().as_u16();
    state.metrics.count(path, verb, status, took);
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request.id = %view.request, route = path, method = verb, status, millis, "answered");
    response
}

/// Runs the request as a task of its own: it ends on its own time and not with
/// the connection, and its panic is one error page.
async fn run(
    state: State,
    route: Arc<Route>,
    view: View,
    head: Head,
    body: axum::body::Body,
) -> Response {
    // What comes as a stream is cut off where it falls silent, not for its length.
    let timeout = match route.body {
        BodyKind::Whole { .. } | BodyKind::Upload { .. } => state.settings.request_timeout,
        BodyKind::Stream { .. } => state.settings.stream_timeout,
    };
    let spare = view.clone();
    let mut task = tokio::spawn(async move {
        let mut gate = Gate { state, route, view, ended: None };
        match gate.pass(head, body).await {
            Ok(response) => response,
            Err(failure) => {
                let caller = gate.view.caller.as_ref();
                watch::refused(&gate.state, &gate.route, caller, &failure).await;
                refusal::answer(&gate.view, &failure)
            }
        }
    });
    match tokio::time::timeout(timeout, &mut task).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => refusal::answer(&spare, &Failure::internal(error)),
        Err(elapsed) => {
            task.abort();
            refusal::answer(&spare, &Failure::Unavailable(elapsed.into()))
        }
    }
}

/// The same view with the reader's name and menu, where they are signed in: a
/// page that is not there still leads on.
async fn for_reader(state: &State, mut view: View, head: &Head) -> View {
    let from = approach(head);
    let (settings, now) = (&state.settings, state.clock().elapsed());
    let is_paced = from.address.is_none_or(|address| {
        state.limiter.take(Kind::Request, address, settings.requests_a_minute_max, now).is_ok()
    });
    let token = Cookie::Session.read(&head.headers).and_then(|text| Token::parse(text).ok());
    let Some(token) = token.filter(|_| is_paced && state.origin.is_for_us(head)) else {
        return view;
    };
    if let Ok(Found::Live(known)) = state.callers.session(&state.store, &token, &from).await
        && known.caller.factors >= FACTORS_MIN
    {
        view.csrf.clone_from(guard::form_token(&token).show().reveal());
        view.body_name = Some(known.body_name);
        view.caller = Some(known.caller);
    }
    view
}

fn first_view(state: &State, head: &Head, request: String, now: Timestamp) -> View {
    let chosen = Cookie::Language.read(&head.headers).and_then(Language::parse);
    let language = chosen.unwrap_or_else(|| {
        let accepted = head.headers.get(header::ACCEPT_LANGUAGE);
        Language::accepted(accepted.and_then(|value| value.to_str().ok()).unwrap_or_default())
    });
    View {
        state: state.clone(),
        language,
        request,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        caller: None,
        body_name: None,
        csrf: String::new(),
        notice: None,
        now,
    }
}

pub(crate) struct Gate {
    state: State,
    route: Arc<Route>,
    view: View,
    ended: Option<&'static str>,
}

/// By what a caller was known.
enum By {
    Nobody,
    /// A session, or the cookie of a form before one: forms carry its token.
    Cookie(Token),
    Program,
}

impl Gate {
    async fn pass(&mut self, mut head: Head, body: axum::body::Body) -> Result<Response, Failure> {
        let approach = approach(&head);
        self.check_target(&head)?;
        self.check_pace(&approach)?;
        let by = self.identify(&head.headers, &approach).await?;
        self.check_access()?;
        self.check_query()?;
        let _place = self.admit(&head.headers)?;
        let received = receive::read(&self.route, &head.headers, body).await?;
        let received = self.check_form(&by, &head.headers, received)?;
        let path = RawPathParams::from_request_parts(&mut head, &())
            .await
            .map_err(|_| Failure::NotFound)?;
        let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let reservation = match repeat::check(self, &head.headers, received.whole()).await? {
            repeat::Call::Answered(response) => return Ok(response),
            repeat::Call::New(reservation) => reservation,
        };
        let is_reserved = Arc::new(AtomicBool::new(false));
        let visit = Visit {
            state: self.state.clone(),
            view: self.view.clone(),
            approach,
            headers: head.headers,
            path,
            received,
            guard: match &by {
                By::Cookie(token) => Some(token.clone()),
                By::Nobody | By::Program => None,
            },
            reservation: reservation.clone(),
            is_reserved: is_reserved.clone(),
        };
        let mut response = self.call(visit).await?;
        let was_reserved = is_reserved.load(std::sync::atomic::Ordering::SeqCst);
        if let (Some(reservation), Some(caller), true) =
            (reservation, &self.view.caller, was_reserved)
        {
            response = reservation.keep(&self.state, caller.body, response).await?;
        }
        Ok(self.with_cookies(response, &by))
    }

    fn check_target(&self, head: &Head) -> Result<(), Failure> {
        let is_probe = matches!(self.route.path, "/healthz" | "/readyz" | "/metrics");
        if !is_probe && !self.state.origin.is_for_us(head) {
            return Err(Failure::bad_request(key!("failure-host")));
        }
        // Reading that leaves a trace, such as a list as a file, is no other page's to ask for.
        let leaves_trace = !self.route.is_interface()
            && (self.view.path.starts_with("/me/") || self.view.query.contains("format="));
        if leaves_trace && !Origin::is_own_asking(&head.headers) {
            return Err(Failure::bad_request(key!("failure-origin")));
        }
        if !self.route.verb.is_safe() && !self.state.origin.is_own_page(&head.headers) {
            return Err(Failure::bad_request(key!("failure-origin")));
        }
        Ok(())
    }

    /// Takes a place for a large body, until it is answered.
    fn admit(&self, headers: &HeaderMap) -> Result<Option<Admission>, Failure> {
        let max = match self.route.body {
            BodyKind::Whole { max_bytes } => u64::try_from(max_bytes).unwrap_or(u64::MAX),
            BodyKind::Upload { max_bytes } => max_bytes,
            BodyKind::Stream { .. } => return self.admit_stream(headers),
        };
        if self.route.verb.is_safe() {
            return Ok(None);
        }
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        // A body that does not say its length may be as long as any.
        let bytes = length.and_then(|length| length.parse().ok()).unwrap_or(max).min(max);
        self.state.uploads.admit(&self.who(), bytes, self.state.clock().elapsed())
    }

    /// Takes a place for a body that costs the same however long it is.
    fn admit_stream(&self, headers: &HeaderMap) -> Result<Option<Admission>, Failure> {
        let is_empty = headers.get(header::CONTENT_LENGTH).is_some_and(|length| length == "0");
        if is_empty || self.route.verb.is_safe() {
            return Ok(None);
        }
        self.state.uploads.admit_stream(&self.who()).map(Some)
    }

    /// Whose bodies are counted together: a person's, or a program's.
    fn who(&self) -> String {
        let caller = self.view.caller.as_ref();
        caller.map_or_else(String::new, |caller| match (caller.session, &caller.permit) {
            (None, Some(permit)) => permit.clone(),
            _ => caller.person.to_string(),
        })
    }

    fn check_pace(&self, approach: &Approach) -> Result<(), Failure> {
        let Some(address) = approach.address else { return Ok(()) };
        let settings = &self.state.settings;
        let now = self.state.clock().elapsed();
        let take = |kind, max| {
            let taken = self.state.limiter.take(kind, address, max, now);
            taken.map_err(|wait| Failure::TooMany { wait })
        };
        take(Kind::Request, settings.requests_a_minute_max)?;
        if self.route.access == Access::SignIn && !self.route.verb.is_safe() {
            take(Kind::SignIn, settings.sign_in_steps_a_minute_max)?;
        }
        Ok(())
    }

    async fn identify(&mut self, headers: &HeaderMap, from: &Approach) -> Result<By, Failure> {
        let bearer = bearer(headers);
        if let (Access::Token { .. }, Some(bearer)) = (self.route.access, bearer) {
            let known = self.state.callers.program(&self.state, bearer, from).await?;
            self.know(known.ok_or(self.nobody())?);
            return Ok(By::Program);
        }
        let session = Cookie::Session.read(headers).and_then(|text| Token::parse(text).ok());
        if let Some(token) = session {
            let found = self.state.callers.session(&self.state.store, &token, from).await;
            // A page for anybody is shown even while the store is away.
            let found = match (found, self.route.access.factors()) {
                (Err(_), 0) => Found::Nobody,
                (found, _) => found?,
            };
            match found {
                Found::Live(known) if known.caller.factors >= FACTORS_MIN => {
                    self.know(*known);
                    return Ok(self.by_cookie(token));
                }
                Found::Ended(why) => self.ended = Some(why),
                Found::Live(_) | Found::Nobody => {}
            }
        }
        if self.route.access == Access::SignIn {
            let form = Cookie::Form.read(headers).and_then(|text| Token::parse(text).ok());
            let form =
                form.or_else(|| self.route.verb.is_safe().then(|| Token::new(self.state.random())));
            return Ok(form.map_or(By::Nobody, |token| self.by_cookie(token)));
        }
        Ok(By::Nobody)
    }

    const fn nobody(&self) -> Failure {
        Failure::SignInNeeded { ended: self.ended }
    }

    fn know(&mut self, known: Known) {
        self.view.body_name = Some(known.body_name);
        self.view.caller = Some(known.caller);
    }

    fn by_cookie(&mut self, token: Token) -> By {
        let shown = guard::form_token(&token).show();
        // The page needs the token itself, in the hidden field of its forms.
        self.view.csrf.clone_from(shown.reveal());
        By::Cookie(token)
    }

    fn check_access(&self) -> Result<(), Failure> {
        if self.route.access.factors() == 0 {
            return Ok(());
        }
        let caller = self.view.caller.as_ref().ok_or(self.nobody())?;
        match self.route.access.duty() {
            Some(duty) if !caller.duties.has(duty) => Err(Failure::forbidden(
                i18n::Message::new(key!("failure-duty"))
                    .with("duty", i18n::Key::under("duty-", duty.name())),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// A program that misspells a name would take everything for a part.
    fn check_query(&self) -> Result<(), Failure> {
        let (verb, path) = (self.route.verb, self.route.path);
        match self.state.interface.unasked(verb, path, &self.view.query) {
            None => Ok(()),
            Some(name) => Err(Failure::bad_request(
                i18n::Message::new(key!("failure-query")).with("name", name),
            )),
        }
    }

    /// Demands the session's token with every change. A program sends its own
    /// secret with each call; a page of another origin cannot make a browser
    /// send JSON, so that steps of signing in by JSON need none.
    fn check_form(
        &self,
        by: &By,
        headers: &HeaderMap,
        received: Received,
    ) -> Result<Received, Failure> {
        if self.route.verb.is_safe() || matches!(by, By::Program) {
            return Ok(received);
        }
        let in_header = headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
        let is_sign_in_by_json = self.route.access == Access::SignIn
            && self.route.is_interface()
            && matches!(received, Received::Bytes(_));
        let (given, received) = match received {
            // The handler cannot read an upload without showing its token.
            Received::Upload { .. } if matches!(by, By::Cookie(_)) => return Ok(received),
            Received::Form(mut pairs) => {
                let place = pairs.iter().position(|(name, _)| name == TOKEN_FIELD);
                let given = place.map(|place| pairs.swap_remove(place).1);
                (given, Received::Form(pairs))
            }
            other => (None, other),
        };
        let given = given.as_deref().or(in_header);
        let is_ours = match by {
            By::Cookie(token) => guard::is_form_token(token, given),
            By::Nobody | By::Program => false,
        };
        let is_public = matches!(self.route.access, Access::Public { .. });
        if is_ours || is_sign_in_by_json || is_public {
            Ok(received)
        } else {
            Err(Failure::bad_request(key!("failure-form-token")))
        }
    }

    async fn call(&mut self, mut visit: Visit) -> Result<Response, Failure> {
        if self.route.verb.is_safe() && !self.route.is_interface() {
            let notice = Cookie::Notice.read(&visit.headers).and_then(read_notice);
            self.view.notice.clone_from(&notice);
            visit.view.notice = notice;
        }
        match &self.route.handler {
            Handler::Open(run) => run(visit).await,
            Handler::Known(run) => {
                let caller = self.view.caller.clone().ok_or(self.nobody())?;
                run(visit, caller).await
            }
        }
    }

    fn with_cookies(&self, mut response: Response, by: &By) -> Response {
        if let (By::Cookie(token), Access::SignIn, None) =
            (by, self.route.access, &self.view.caller)
        {
            response = set_cookie(response, Cookie::Form, token.show().reveal());
        }
        let is_page = response.status().is_success();
        if is_page && self.view.notice.is_some() {
            response = crate::visit::clear_cookie(response, Cookie::Notice);
        }
        response
    }

    pub(crate) fn parts(&self) -> (&State, &Route, &View) {
        (&self.state, &self.route, &self.view)
    }
}

/// Every session that reaches data showed this many.
const FACTORS_MIN: u8 = 2;

fn approach(head: &Head) -> Approach {
    let agent = head.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Approach {
        address: head.extensions.get::<Peer>().map(|peer| peer.0.to_canonical()),
        agent: agent.map(|agent| agent.chars().take(200).collect()),
        certificate: head
            .extensions
            .get::<PeerCertificate>()
            .map(|certificate| certificate.0.to_vec()),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Answers where no route fits.
pub(crate) async fn lost(state: State, request: Request, failure: Failure) -> Response {
    enter(state, Err(failure), request).await
}

/// True where a path belongs to the interface.
pub(crate) fn wants_json(view: &View) -> bool {
    is_interface(&view.path)
}

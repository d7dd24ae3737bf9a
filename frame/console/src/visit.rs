//! One request, as a handler sees it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::Id;
use factors::Token;
use i18n::{Argument, Key, Message};
use identity::Caller;
use serde::de::DeserializeOwned;
use store::Work;

use crate::callers::Approach;
use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::form::Fields;
use crate::guard;
use crate::repeat::Reservation;
use crate::routes::Answer;
use crate::routes::is_interface;
use crate::state::State;
use crate::stream::Stream;
use crate::view::View;

/// One request.
pub struct Visit {
    /// What every request can reach.
    pub state: State,
    /// The reader's side.
    pub view: View,
    /// Where it comes from.
    pub approach: Approach,
    pub(crate) headers: HeaderMap,
    pub(crate) path: BTreeMap<String, String>,
    pub(crate) received: Received,
    pub(crate) guard: Option<Token>,
    pub(crate) reservation: Option<Reservation>,
    pub(crate) is_reserved: std::sync::Arc<AtomicBool>,
}

/// A request's body.
pub(crate) enum Received {
    Nothing,
    Form(Vec<(String, String)>),
    Bytes(Bytes),
    /// Locked only so that a visit may be shared between awaits.
    Upload {
        body: Mutex<Body>,
    },
    Stream {
        stream: Mutex<Stream>,
    },
}

impl Received {
    /// The body where it is no form.
    pub(crate) fn whole(&self) -> Option<Bytes> {
        match self {
            Self::Nothing => Some(Bytes::new()),
            Self::Bytes(bytes) => Some(bytes.clone()),
            Self::Form(_) | Self::Upload { .. } | Self::Stream { .. } => None,
        }
    }
}

/// The field that carries a form's token.
pub(crate) const TOKEN_FIELD: &str = "csrf";

impl Visit {
    /// A segment of the path by its name in the route; empty if the route has
    /// no such name.
    #[must_use]
    pub fn path(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A segment of the path that is an id.
    ///
    /// # Errors
    /// [`Failure::NotFound`] for anything else.
    pub fn id<T>(&self, name: &str) -> Result<Id<T>, Failure> {
        Id::parse(self.path(name)).map_err(|_| Failure::NotFound)
    }

    /// The query as fields: for filters and paging.
    #[must_use]
    pub fn query(&self) -> Fields {
        let pairs = form_urlencoded::parse(self.view.query.as_bytes());
        Fields::sent(
            pairs.take(crate::form::FIELDS_MAX).map(|(name, value)| (name.into(), value.into())),
        )
    }

    /// The form that was sent. Its token was checked before.
    #[must_use]
    pub fn fields(&mut self) -> Fields {
        match std::mem::replace(&mut self.received, Received::Nothing) {
            Received::Form(pairs) => Fields::sent(pairs),
            Received::Nothing
            | Received::Bytes(_)
            | Received::Upload { .. }
            | Received::Stream { .. } => Fields::sent([]),
        }
    }

    /// A header as it came, also where it is no text.
    #[must_use]
    pub fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }

    /// The JSON body.
    ///
    /// # Errors
    /// If the body is not JSON of this shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let bytes = match &self.received {
            Received::Bytes(_) => self.bytes_of("application/json")?,
            Received::Nothing => &[],
            Received::Form(_) | Received::Upload { .. } | Received::Stream { .. } => {
                return Err(Failure::WrongType);
            }
        };
        serde_json::from_slice(bytes).map_err(|error| {
            Failure::bad_request(Message::new("failure-json").with("what", error.to_string()))
        })
    }

    /// The JSON body of a call that may come without one.
    ///
    /// # Errors
    /// As [`Visit::json`].
    pub fn json_if_any<T: DeserializeOwned + Default>(&self) -> Result<T, Failure> {
        match &self.received {
            Received::Nothing => Ok(T::default()),
            Received::Bytes(_)
            | Received::Form(_)
            | Received::Upload { .. }
            | Received::Stream { .. } => self.json(),
        }
    }

    /// The body as it came, of one type.
    ///
    /// # Errors
    /// [`Failure::WrongType`] for any other.
    pub fn bytes_of(&self, media_type: &str) -> Result<&[u8], Failure> {
        let given = self.header("content-type").unwrap_or_default();
        let given = given.split(';').next().unwrap_or_default().trim();
        if given.eq_ignore_ascii_case(media_type) { self.bytes() } else { Err(Failure::WrongType) }
    }

    /// The body as it came: CSV and the like.
    ///
    /// # Errors
    /// If the body is a form.
    pub fn bytes(&self) -> Result<&[u8], Failure> {
        match &self.received {
            Received::Bytes(bytes) => Ok(bytes),
            Received::Nothing => Ok(&[]),
            Received::Form(_) | Received::Upload { .. } | Received::Stream { .. } => {
                Err(Failure::WrongType)
            }
        }
    }

    /// The form with files of a route with [`crate::BodyKind::Upload`], once
    /// its token was checked; it is the first field.
    ///
    /// # Errors
    /// If it is no such form, is cut off, or its token is wrong.
    pub async fn upload(&mut self) -> Result<Multipart, Failure> {
        let Received::Upload { body } = std::mem::replace(&mut self.received, Received::Nothing)
        else {
            return Err(Failure::WrongType);
        };
        let body = body.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut request = Request::new(body);
        *request.headers_mut() = self.headers.clone();
        // The body counts its own bytes against the route's limit.
        DefaultBodyLimit::disable().apply(&mut request);
        let mut form =
            Multipart::from_request(request, &()).await.map_err(|_| Failure::WrongType)?;
        // A program with an interface token has no form token to send.
        let Some(session) = self.guard.clone() else { return Ok(form) };
        // A call of the interface sends it as with every other change; a page's
        // form has it as its first field.
        let in_header = self.header("x-csrf-token");
        if is_interface(&self.view.path) && guard::is_form_token(&session, in_header) {
            return Ok(form);
        }
        let first = form.next_field().await.map_err(|_| Failure::BadRequest(None))?;
        let Some(first) = first.filter(|field| field.name() == Some(TOKEN_FIELD)) else {
            return Err(Failure::bad_request(i18n::key!("failure-form-token")));
        };
        let given = first.text().await.map_err(|_| Failure::BadRequest(None))?;
        if guard::is_form_token(&session, Some(&given)) {
            Ok(form)
        } else {
            Err(Failure::bad_request(i18n::key!("failure-form-token")))
        }
    }

    /// The body of a route with [`crate::BodyKind::Stream`]; nothing where the
    /// call came without one.
    #[must_use]
    pub fn stream(&mut self) -> Option<Stream> {
        match std::mem::replace(&mut self.received, Received::Nothing) {
            Received::Stream { stream } => {
                Some(stream.into_inner().unwrap_or_else(PoisonError::into_inner))
            }
            Received::Nothing
            | Received::Form(_)
            | Received::Bytes(_)
            | Received::Upload { .. } => None,
        }
    }

    /// A cookie of ours that came with the request.
    #[must_use]
    pub fn cookie(&self, cookie: Cookie) -> Option<&str> {
        cookie.read(&self.headers)
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Begins a unit of work in the caller's body, and in no other. On a
    /// repeated call of the interface (`Idempotency-Key`) this is where the
    /// second is refused.
    ///
    /// # Errors
    /// If the store does not answer, or the same call is under way.
    pub async fn work(&self, caller: &Caller) -> Result<Work, Failure> {
        let mut work = self.state.store.begin(caller.body).await?;
        if let Some(reservation) = &self.reservation {
            let is_first = !self.is_reserved.swap(true, Ordering::SeqCst);
            if is_first {
                reservation.take(&mut work).await?;
            }
        }
        Ok(work)
    }

    /// Carries out a change that begins its own unit of work. On a repeated
    /// call of the interface it is not carried out again: the key is taken
    /// before and given back if the change is refused. Where the program ends in
    /// between, a repeated call is refused as done.
    ///
    /// # Errors
    /// As the change says, and as [`Visit::work`].
    pub async fn once<T, E: Into<Failure>>(
        &self,
        caller: &Caller,
        change: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        let Some(reservation) = &self.reservation else { return change.await.map_err(Into::into) };
        self.work(caller).await?.commit().await?;
        let changed = change.await.map_err(Into::into);
        if changed.is_err() {
            self.is_reserved.store(false, Ordering::SeqCst);
            reservation.release(&self.state, caller.body).await?;
        }
        changed
    }

    /// Begins reading in the caller's body, and in no other.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn read(&self, caller: &Caller) -> Result<Work, Failure> {
        Ok(self.state.store.read(caller.body).await?)
    }

    /// Leads to another page of ours (303), as after every form that did its
    /// work.
    ///
    /// # Errors
    /// If the address is none of ours.
    pub fn go(&self, to: &str) -> Answer {
        let to = local(to).ok_or(Failure::BadRequest(None))?;
        let place = HeaderValue::from_str(to).map_err(|_| Failure::BadRequest(None))?;
        Ok((StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response())
    }

    /// Leads to another page, which says what was done. The message's key
    /// begins with `done-`.
    ///
    /// # Errors
    /// As [`Visit::go`].
    pub fn done(&self, to: &str, message: impl Into<Message>) -> Answer {
        let response = self.go(to)?;
        Ok(set_cookie(response, Cookie::Notice, &write_notice(&message.into())))
    }

    /// Answers JSON.
    ///
    /// # Errors
    /// If the value cannot be written, which is our fault.
    pub fn answer_json(&self, status: StatusCode, value: &impl serde::Serialize) -> Answer {
        let text = serde_json::to_vec(value).map_err(Failure::internal)?;
        let kind = HeaderValue::from_static("application/json");
        Ok((status, [(header::CONTENT_TYPE, kind)], text).into_response())
    }
}

/// Adds a cookie to an answer. A value that no cookie can hold is left out.
#[must_use]
pub fn set_cookie(mut response: Response, cookie: Cookie, value: &str) -> Response {
    if let Some(header) = cookie.set(value) {
        response.headers_mut().append(header::SET_COOKIE, header);
    }
    response
}

/// Takes a cookie away with an answer.
#[must_use]
pub fn clear_cookie(mut response: Response, cookie: Cookie) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie.clear());
    response
}

/// The token that forms and scripts of a session send back, as `csrf` or in
/// the header `X-CSRF-Token`.
#[must_use]
pub fn form_token(session: &Token) -> base::Secret<String> {
    guard::form_token(session).show()
}

/// An address within the console: one `/` at its beginning and nothing that a
/// browser takes for a host.
#[must_use]
pub fn local(to: &str) -> Option<&str> {
    let rest = to.strip_prefix('/')?;
    let is_host = rest.starts_with(['/', '\\']);
    let is_plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (!is_host && is_plain).then_some(to)
}

const NOTICE_PREFIX: &str = "done-";

fn write_notice(message: &Message) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.append_pair("key", message.key().as_str());
    for (name, argument) in message.arguments() {
        match argument {
            Argument::Text(value) => text.append_pair(&format!("t.{name}"), value),
            Argument::Number(value) => text.append_pair(&format!("n.{name}"), &value.to_string()),
            Argument::Key(value) => text.append_pair(&format!("k.{name}"), value.as_str()),
        };
    }
    text.finish()
}

pub(crate) fn read_notice(text: &str) -> Option<Message> {
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    let (_, key) = pairs.next().filter(|(name, _)| name == "key")?;
    if !key.starts_with(NOTICE_PREFIX) {
        return None;
    }
    let mut message = Message::from(Key::read(key.into_owned()));
    for (name, value) in pairs.take(8) {
        let (kind, name) = name.split_once('.')?;
        let argument = match kind {
            "t" => Argument::Text(value.into_owned()),
            "n" => Argument::Number(value.parse().ok()?),
            "k" => Argument::Key(Key::read(value.into_owned())),
            _ => return None,
        };
        message = message.with(name.to_owned(), argument);
    }
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_addresses_are_led_to() {
        for good in ["/", "/permits?after=1", "/a/b%2F#x"] {
            assert_eq!(local(good), Some(good));
        }
        for bad in
            ["", "permits", "//evil.example", "/\\evil.example", "https://x", "/a\r\nb", "/あ"]
        {
            assert_eq!(local(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_notice_reads_back() {
        let message = Message::new("done-saved").with("name", "緑 太郎&x").with("count", 3_i64);
        let text = write_notice(&message);
        assert!(Cookie::Notice.set(&text).is_some(), "{text}");
        assert_eq!(read_notice(&text), Some(message));
        assert_eq!(read_notice("key=failure-json"), None);
    }
}

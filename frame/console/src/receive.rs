//! Reads a request's body as far as its route allows.

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};

use crate::failure::Failure;
use crate::form::FIELDS_MAX;
use crate::routes::{BodyKind, Route};
use crate::stream::Stream;
use crate::visit::Received;

/// Reads the body: a form, other bytes, or an upload that its handler reads.
pub(crate) async fn read(
    route: &Route,
    headers: &HeaderMap,
    body: Body,
) -> Result<Received, Failure> {
    if route.verb.is_safe() {
        return Ok(Received::Nothing);
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match route.body {
        BodyKind::Upload { max_bytes } if essence == "multipart/form-data" => {
            check_length(headers, max_bytes)?;
            Ok(Received::Upload { body: std::sync::Mutex::new(body) })
        }
        BodyKind::Upload { .. } => Err(Failure::WrongType),
        BodyKind::Stream { media_type, max_bytes } if essence == media_type => {
            check_length(headers, max_bytes)?;
            let stream = Stream::new(body, max_bytes, length(headers));
            Ok(Received::Stream { stream: std::sync::Mutex::new(stream) })
        }
        BodyKind::Stream { .. } if length(headers) == Some(0) || body.is_end_stream() => {
            Ok(Received::Nothing)
        }
        BodyKind::Stream { .. } => Err(Failure::WrongType),
        BodyKind::Whole { max_bytes } => {
            let max = u64::try_from(max_bytes).unwrap_or(u64::MAX);
            check_length(headers, max)?;
            let bytes = axum::body::to_bytes(body, max_bytes).await.map_err(|error| {
                let is_long = error.to_string().contains("length limit");
                if is_long {
                    Failure::TooLarge { max_bytes: max }
                } else {
                    Failure::BadRequest(None)
                }
            })?;
            if essence != "application/x-www-form-urlencoded" {
                return Ok(if bytes.is_empty() {
                    Received::Nothing
                } else {
                    Received::Bytes(bytes)
                });
            }
            let pairs = form_urlencoded::parse(&bytes).take(FIELDS_MAX);
            Ok(Received::Form(pairs.map(|(name, value)| (name.into(), value.into())).collect()))
        }
    }
}

fn check_length(headers: &HeaderMap, max_bytes: u64) -> Result<(), Failure> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match length.map(str::parse::<u64>) {
        None => Ok(()),
        Some(Ok(length)) if length <= max_bytes => Ok(()),
        Some(Ok(_)) => Err(Failure::TooLarge { max_bytes }),
        Some(Err(_)) => Err(Failure::BadRequest(None)),
    }
}

/// How long the body is, where its sender says so.
fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

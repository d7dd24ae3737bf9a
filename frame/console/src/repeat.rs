//! Calls of the interface that may be repeated without being done twice: the
//! header `Idempotency-Key`. The key's row is written in the same unit of work
//! as the change, so that a call is done and remembered, or neither.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{BodyId, Timestamp};
use i18n::key;
use sha2::{Digest, Sha256};
use store::Work;

use crate::access::Access;
use crate::failure::Failure;
use crate::gate::Gate;
use crate::state::State;
use crate::tables::answers::{self, Kept};

/// What is known of a call.
pub(crate) enum Call {
    /// It was done before; this was the answer.
    Answered(Response),
    /// It was not done before; where it has a key, this remembers it.
    New(Option<Reservation>),
}

/// A key that is taken with the call's own unit of work.
#[derive(Clone)]
pub(crate) struct Reservation {
    id: String,
    request: String,
    ends: Timestamp,
}

/// How long a key is remembered.
const KEPT: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);
const KEY_MAX_BYTES: usize = 128;
const ANSWER_MAX_BYTES: usize = 64 * 1_024;

/// Looks whether the call was done before. `body` is none for forms, which
/// take no key.
pub(crate) async fn check(
    gate: &Gate,
    headers: &HeaderMap,
    body: Option<Bytes>,
) -> Result<Call, Failure> {
    let (state, route, view) = gate.parts();
    let Some(given) = headers.get("idempotency-key") else { return Ok(Call::New(None)) };
    let (Access::Token { .. }, false, Some(caller)) =
        (route.access, route.verb.is_safe(), &view.caller)
    else {
        return Ok(Call::New(None));
    };
    let wrong = || Failure::bad_request(key!("failure-idempotency-key"));
    let given = given.to_str().ok().filter(|text| !text.is_empty() && text.len() <= KEY_MAX_BYTES);
    let given = given.ok_or_else(wrong)?;
    let body = body.ok_or_else(wrong)?;
    let id = hash(&[caller.person.to_string().as_bytes(), given.as_bytes()]);
    let request = hash(&[route.verb.name().as_bytes(), view.path.as_bytes(), &body]);
    let mut work = state.store.read(caller.body).await?;
    match answers::find(&mut work, &id, view.now).await? {
        None => Ok(Call::New(Some(Reservation { id, request, ends: view.now.plus(KEPT) }))),
        Some(kept) if kept.request != request => Err(wrong()),
        Some(Kept { answer: Some((status, text)), .. }) => Ok(Call::Answered(again(status, text))),
        Some(Kept { answer: None, .. }) => Err(Failure::conflict(key!("failure-repeated"))),
    }
}

impl Reservation {
    /// Takes the key, together with whatever else this work does.
    pub(crate) async fn take(&self, work: &mut Work) -> Result<(), Failure> {
        match answers::take(work, &self.id, &self.request, self.ends).await {
            Err(store::StoreError::Duplicate(_)) => {
                Err(Failure::conflict(key!("failure-repeated")))
            }
            other => Ok(other?),
        }
    }

    /// Remembers the answer. If this is lost, a repeated call is refused as
    /// done instead of being answered.
    pub(crate) async fn keep(
        &self,
        state: &State,
        body: BodyId,
        response: Response,
    ) -> Result<Response, Failure> {
        let (head, content) = response.into_parts();
        let content =
            axum::body::to_bytes(content, ANSWER_MAX_BYTES).await.map_err(Failure::internal)?;
        let status = head.status.as_u16();
        if let Ok(text) = std::str::from_utf8(&content) {
            let outcome = self.write(state, body, status, text).await;
            if let Err(error) = outcome {
                tracing::warn!(%error, "an answer could not be kept for repeated calls");
            }
        }
        Ok(Response::from_parts(head, content.into()))
    }

    async fn write(
        &self,
        state: &State,
        body: BodyId,
        status: u16,
        text: &str,
    ) -> Result<(), store::StoreError> {
        let mut work = state.store.begin(body).await?;
        answers::keep(&mut work, &self.id, status, text).await?;
        work.commit().await
    }
}

fn again(status: u32, text: String) -> Response {
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true")),
    ];
    (status.unwrap_or(StatusCode::OK), headers, text).into_response()
}

fn hash(parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::MIGRATIONS;

    fn reservation(bench: &testbed::Bench) -> Reservation {
        let ends = bench.store.clock().now().plus(KEPT);
        Reservation { id: hash(&[b"person", b"key"]), request: hash(&[b"POST"]), ends }
    }

    #[tokio::test]
    async fn a_call_is_remembered_with_its_change_or_not_at_all() {
        for bench in testbed::benches(MIGRATIONS).await {
            let (body, kind) = (bench.body(), bench.kind);
            let call = reservation(&bench);
            let mut undone = bench.store.begin(body).await.unwrap();
            call.take(&mut undone).await.unwrap();
            drop(undone);
            let mut done = bench.store.begin(body).await.unwrap();
            call.take(&mut done).await.unwrap();
            done.commit().await.unwrap();
            let mut again = bench.store.begin(body).await.unwrap();
            let refused = call.take(&mut again).await;
            assert!(matches!(refused, Err(Failure::Conflict(Some(_)))), "{kind}");
        }
    }

    #[tokio::test]
    async fn an_answer_is_given_again_for_a_day_and_to_its_body_only() {
        for bench in testbed::benches(MIGRATIONS).await {
            let (body, kind) = (bench.body(), bench.kind);
            let call = reservation(&bench);
            let mut work = bench.store.begin(body).await.unwrap();
            call.take(&mut work).await.unwrap();
            answers::keep(&mut work, &call.id, 201, "{\"id\":1}").await.unwrap();
            work.commit().await.unwrap();
            let now = bench.store.clock().now();
            let mut work = bench.store.read(body).await.unwrap();
            let kept = answers::find(&mut work, &call.id, now).await.unwrap().unwrap();
            assert_eq!(kept.answer, Some((201, "{\"id\":1}".to_owned())), "{kind}");
            assert_eq!(kept.request, call.request);
            let later = answers::find(&mut work, &call.id, now.plus(KEPT)).await.unwrap();
            assert!(later.is_none(), "{kind}");
            let mut other = bench.store.read(bench.body()).await.unwrap();
            assert!(answers::find(&mut other, &call.id, now).await.unwrap().is_none(), "{kind}");
        }
    }

    #[test]
    fn parts_cannot_be_moved_from_one_to_the_next() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}

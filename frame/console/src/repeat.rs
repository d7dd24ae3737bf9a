//! Calls of the interface that may be repeated without being done twice: the
//! header `Idempotency-Key`. The key's row is written in the same unit of work
//! as the change, so that a call is done and remembered, or neither. The answer
//! may hold a code or a token that is shown once: it is kept sealed.

use axum::body::{Bytes, HttpBody};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{BodyId, Timestamp};
use factors::{Binding, Sealer};
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
/// Bytes of a key.
pub(crate) const KEY_MAX_BYTES: usize = 128;
/// Longer answers are not kept: a repeated call is refused as done.
const ANSWER_MAX_BYTES: u64 = 60 * 1_024;
/// Headers that are kept with an answer.
const HEADERS: [HeaderName; 2] = [header::CONTENT_TYPE, header::CONTENT_DISPOSITION];

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
    let is_key = |text: &&str| {
        (1..=KEY_MAX_BYTES).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let given = given.to_str().ok().filter(is_key);
    let given = given.ok_or_else(wrong)?;
    let body = body.ok_or_else(wrong)?;
    let id = hash(&[caller.person.to_string().as_bytes(), given.as_bytes()]);
    let mut call =
        vec![route.verb.name().as_bytes(), view.path.as_bytes(), view.query.as_bytes(), &body];
    let asked = state.interface.headers(route.verb, route.path).iter();
    let asked = asked.map(|name| headers.get(name).map_or(&[][..], HeaderValue::as_bytes));
    call.extend(asked);
    let request = hash(&call);
    let mut work = state.store.read(caller.body).await?;
    match answers::find(&mut work, &id, view.now).await? {
        None => Ok(Call::New(Some(Reservation { id, request, ends: view.now.plus(KEPT) }))),
        Some(kept) if kept.request != request => {
            Err(Failure::conflict(key!("failure-idempotency-key")))
        }
        Some(Kept { answer, .. }) => {
            let sealer = state.means.find::<Sealer>();
            let answer = answer.zip(sealer).and_then(|((status, sealed), sealer)| {
                // The answer goes to the caller who was given it before.
                let plain = sealer.open(binding(&caller.body.to_string(), &id), &sealed).ok()?;
                again(status, plain.reveal())
            });
            let answer = answer.ok_or_else(|| Failure::conflict(key!("failure-repeated")))?;
            Ok(Call::Answered(answer))
        }
    }
}

const fn binding<'a>(body: &'a str, id: &'a str) -> Binding<'a> {
    Binding { body, owner: id, purpose: "repeated-answer" }
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

    /// Gives the key back, as the call was refused and changed nothing.
    pub(crate) async fn release(&self, state: &State, body: BodyId) -> Result<(), Failure> {
        let mut work = state.store.begin(body).await?;
        answers::release(&mut work, &self.id).await?;
        Ok(work.commit().await?)
    }

    /// Remembers the answer. If this is lost, a repeated call is refused as
    /// done instead of being answered.
    pub(crate) async fn keep(
        &self,
        state: &State,
        body: BodyId,
        response: Response,
    ) -> Result<Response, Failure> {
        let is_short =
            response.body().size_hint().upper().is_some_and(|size| size <= ANSWER_MAX_BYTES);
        let Some(sealer) = state.means.find::<Sealer>().filter(|_| is_short) else {
            return Ok(response);
        };
        let (head, content) = response.into_parts();
        let content = axum::body::to_bytes(content, usize::MAX).await.map_err(Failure::internal)?;
        let plain = write(&head.headers, &content);
        let owner = body.to_string();
        let sealed = sealer.seal(binding(&owner, &self.id), &plain, &**state.store.random());
        let sealed = sealed.map_err(Failure::internal)?;
        if let Err(error) = self.write(state, body, head.status.as_u16(), sealed).await {
            tracing::warn!(%error, "an answer could not be kept for repeated calls");
        }
        Ok(Response::from_parts(head, content.into()))
    }

    async fn write(
        &self,
        state: &State,
        body: BodyId,
        status: u16,
        sealed: Vec<u8>,
    ) -> Result<(), store::StoreError> {
        let mut work = state.store.begin(body).await?;
        answers::keep(&mut work, &self.id, status, sealed).await?;
        work.commit().await
    }
}

/// The kept headers, one a line, an empty line, and the content.
fn write(headers: &HeaderMap, content: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    for name in HEADERS {
        plain.extend_from_slice(headers.get(name).map_or(&[], HeaderValue::as_bytes));
        plain.push(b'\n');
    }
    plain.extend_from_slice(content);
    plain
}

/// Makes the answer anew of what [`write`] wrote.
fn again(status: u32, plain: &[u8]) -> Option<Response> {
    let status = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
    let mut headers = HeaderMap::new();
    let mut rest = plain;
    for name in HEADERS {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (line, next) = rest.split_at_checked(end)?;
        if !line.is_empty() {
            headers.insert(name, HeaderValue::from_bytes(line).ok()?);
        }
        rest = next.get(1..)?;
    }
    let replayed = HeaderName::from_static("idempotency-replayed");
    headers.insert(replayed, HeaderValue::from_static("true"));
    Some((status, headers, rest.to_vec()).into_response())
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
            answers::keep(&mut work, &call.id, 201, b"sealed".to_vec()).await.unwrap();
            work.commit().await.unwrap();
            let now = bench.store.clock().now();
            let mut work = bench.store.read(body).await.unwrap();
            let kept = answers::find(&mut work, &call.id, now).await.unwrap().unwrap();
            assert_eq!(kept.answer, Some((201, b"sealed".to_vec())), "{kind}");
            assert_eq!(kept.request, call.request);
            let later = answers::find(&mut work, &call.id, now.plus(KEPT)).await.unwrap();
            assert!(later.is_none(), "{kind}");
            let mut other = bench.store.read(bench.body()).await.unwrap();
            assert!(answers::find(&mut other, &call.id, now).await.unwrap().is_none(), "{kind}");
        }
    }

    #[tokio::test]
    async fn what_is_over_is_forgotten_everywhere() {
        for bench in testbed::benches(MIGRATIONS).await {
            let (body, kind) = (bench.body(), bench.kind);
            let call = reservation(&bench);
            let mut work = bench.store.begin(body).await.unwrap();
            call.take(&mut work).await.unwrap();
            work.commit().await.unwrap();
            crate::tables::forget_answers(&bench.store).await.unwrap();
            let mut again = bench.store.begin(body).await.unwrap();
            assert!(call.take(&mut again).await.is_err(), "{kind}: kept for its day");
            drop(again);
            bench.clock.advance(KEPT);
            crate::tables::forget_answers(&bench.store).await.unwrap();
            let mut across = bench.store.read_across("a test counts").await.unwrap();
            let rows = across.rows("SELECT id FROM console_answers", Vec::new()).await.unwrap();
            assert!(rows.is_empty(), "{kind}");
        }
    }

    #[test]
    fn an_answer_reads_back_with_its_headers() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv"));
        let answer = again(200, &write(&headers, b"a\nb")).unwrap();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/csv");
        assert!(!answer.headers().contains_key(header::CONTENT_DISPOSITION));
        assert_eq!(answer.headers()["idempotency-replayed"], "true");
        assert!(again(200, b"text/csv").is_none() && again(99, b"\n\n").is_none());
    }

    #[test]
    fn parts_cannot_be_moved_from_one_to_the_next() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
    }
}

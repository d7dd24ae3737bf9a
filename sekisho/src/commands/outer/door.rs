//! The public door of the outer half: one page and one form for each link. What
//! comes is sealed as it comes; nothing of it is written otherwise.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base::{Clock, Random, Timestamp};
use console::Peer;
use factors::Token;
use i18n::{Language, Messages};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use transfer_halves::outer::{Closed, Ready, Reservation, Seen, Shelf, ShelfError, Window};
use transfer_halves::{InnerPublic, LinkHash};
use transfer_room::links::{Guesses, OpenLink};
use transfer_room::{DoorPage, LINK_WORDS, Refused, drain};

/// Everything that the door needs; clones share it.
#[derive(Clone)]
pub(super) struct Door(Arc<Inside>);

struct Inside {
    shelf: Arc<Shelf>,
    window: Window,
    seal: InnerPublic,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    messages: Messages,
    guesses: Guesses,
    senders: Semaphore,
}

/// People who send at once; each costs a piece and a file handle.
const SENDERS_MAX: usize = 256;
/// Files of one form.
const FILES_MAX: usize = 200;
/// How long somebody who sends may pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How long one form may take in all.
const FORM_MAX: Duration = Duration::from_secs(30 * 60);
/// When to try again where there are too many.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Why a form was not taken.
enum Stopped {
    Page(Refused),
    Gone,
    Away,
}

impl Door {
    pub(super) fn new(
        shelf: Arc<Shelf>,
        window: Window,
        seal: InnerPublic,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self> {
        let messages = Messages::load(&[LINK_WORDS]).context("words of links")?;
        let (guesses, senders) = (Guesses::default(), Semaphore::new(SENDERS_MAX));
        let inside = Inside { shelf, window, seal, clock, random, messages, guesses, senders };
        Ok(Self(Arc::new(inside)))
    }

    /// The service that answers people outside.
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/drop/{code}", get(show).post(take))
            .route("/drop.css", get(style))
            .route("/healthz", get(async || "ok"))
            .fallback(lost)
            .layer(DefaultBodyLimit::disable())
            .layer(axum::middleware::map_response(secured))
            .with_state(self)
    }

    /// The link of a code, if its door stands open.
    fn knock(
        &self,
        code: &str,
        from: Option<IpAddr>,
    ) -> Result<(LinkHash, Seen), DoorPage<'static>> {
        let now = self.0.clock.elapsed();
        if let Some(wait) = from.and_then(|from| self.0.guesses.wait(from, now)) {
            return Err(DoorPage::Wait(wait));
        }
        // Whether a code is right is not told while nothing can be taken.
        if !self.0.window.is_present() {
            return Err(DoorPage::Away);
        }
        let hash =
            Token::parse(code).ok().and_then(|code| LinkHash::parse(&code.hashed().to_string()));
        let seen = hash.map(|hash| (hash, self.0.window.look(hash)));
        match seen {
            Some((hash, Ok(seen))) => Ok((hash, seen)),
            Some((_, Err(Closed::Away))) => Err(DoorPage::Away),
            Some((_, Err(Closed::Shut | Closed::Full))) | None => {
                if let Some(from) = from {
                    self.0.guesses.count(from, now);
                }
                Err(DoorPage::Gone)
            }
        }
    }

    fn page(&self, page: &DoorPage<'_>, at: (Language, &str)) -> Response {
        let (language, path) = at;
        let Ok(html) = page.whole(&self.0.messages, language, path) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        let mut answer = (page.status(), [(header::CONTENT_TYPE, kind)], html).into_response();
        if let DoorPage::Wait(wait) = page
            && let Ok(seconds) = HeaderValue::from_str(&wait.as_secs().max(1).to_string())
        {
            answer.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        answer
    }

    /// Reads the form and keeps its files, all or none.
    async fn receive(&self, link: LinkHash, form: &mut Multipart) -> Result<usize, Stopped> {
        let mut kept: Vec<(Ready, Reservation)> = Vec::new();
        loop {
            let field = timeout(PAUSE_MAX, form.next_field()).await.map_err(|_| broken())?;
            let Some(mut field) = field.map_err(|_| broken())? else { break };
            if field.name() != Some("files") {
                continue;
            }
            let name = console::files::file_name(field.file_name().unwrap_or_default());
            let is_named = field.file_name().is_some_and(|name| !name.is_empty());
            let mut place = self.0.window.reserve(link)?;
            let now = (self.0.clock.now(), &*self.0.random);
            let mut writing = self.0.shelf.begin(&self.0.seal, link, &name, now).await?;
            loop {
                let chunk = timeout(PAUSE_MAX, field.chunk()).await.map_err(|_| broken())?;
                let Some(chunk) = chunk.map_err(|_| broken())? else { break };
                place.grow(chunk.len() as u64)?;
                writing.push(&chunk).await?;
            }
            // A browser sends this where nothing was chosen.
            if writing.bytes() == 0 && !is_named {
                continue;
            }
            if kept.len() == FILES_MAX {
                return Err(Stopped::Page(Refused::Full));
            }
            kept.push((writing.finish().await?, place));
        }
        if kept.is_empty() {
            return Err(Stopped::Page(Refused::None));
        }
        // A link that was shut while the last bytes came takes nothing.
        self.0.window.look(link)?;
        let (ready, places): (Vec<_>, Vec<_>) = kept.into_iter().unzip();
        let (count, shelf) = (ready.len(), self.0.shelf.clone());
        // On its own: somebody who hangs up now does not tear files and places apart.
        let keeping = tokio::spawn(async move {
            let kept = shelf.keep(ready).await;
            places.into_iter().for_each(Reservation::keep);
            kept
        });
        keeping.await.map_err(|_| Stopped::Away)??;
        Ok(count)
    }
}

async fn show(State(door): State<Door>, Path(code): Path<String>, request: Request) -> Response {
    let at = (language(&request), request.uri().path().to_owned());
    let at = (at.0, at.1.as_str());
    match door.knock(&code, peer(&request)) {
        Ok((_, seen)) => door.page(&DoorPage::Open(&shown(&seen), None), at),
        Err(refusal) => door.page(&refusal, at),
    }
}

async fn take(State(door): State<Door>, Path(code): Path<String>, request: Request) -> Response {
    let (language, path) = (language(&request), request.uri().path().to_owned());
    let at = (language, path.as_str());
    let (link, seen) = match door.knock(&code, peer(&request)) {
        Ok(found) => found,
        Err(refusal) => return door.page(&refusal, at),
    };
    let open = |why| door.page(&DoorPage::Open(&shown(&seen), Some(why)), at);
    let Ok(_place) = door.0.senders.try_acquire() else {
        return door.page(&DoorPage::Wait(TRY_AGAIN), at);
    };
    let Ok(mut form) = Multipart::from_request(request, &()).await else {
        return open(Refused::Broken);
    };
    let taken = tokio::select! {
        taken = timeout(FORM_MAX, door.receive(link, &mut form)) => taken.unwrap_or_else(|_| Err(broken())),
        () = door.0.window.shut(link) => Err(Stopped::Gone),
    };
    match taken {
        Ok(count) => {
            tracing::info!(count, "took files in");
            door.page(&DoorPage::Taken(count), at)
        }
        Err(Stopped::Page(why)) => {
            drain(&mut form).await;
            open(why)
        }
        Err(Stopped::Gone) => door.page(&DoorPage::Gone, at),
        Err(Stopped::Away) => door.page(&DoorPage::Away, at),
    }
}

async fn style() -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], console::STYLE).into_response()
}

async fn lost(State(door): State<Door>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    door.page(&DoorPage::Gone, (language(&request), &path))
}

async fn secured(mut response: Response<Body>) -> Result<Response<Body>, Infallible> {
    console::secure(response.headers_mut());
    Ok(response)
}

fn broken() -> Stopped {
    Stopped::Page(Refused::Broken)
}

impl From<Closed> for Stopped {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Shut => Self::Gone,
            Closed::Full => Self::Page(Refused::Full),
            Closed::Away => Self::Away,
        }
    }
}

impl From<ShelfError> for Stopped {
    fn from(error: ShelfError) -> Self {
        tracing::error!(%error, "a file could not be kept");
        Self::Away
    }
}

fn shown(seen: &Seen) -> OpenLink {
    OpenLink {
        hash: String::new(),
        ends_at: Timestamp::from_millis(seen.link.ends_at_ms),
        bytes_left: seen.bytes_left,
        files_left: u64::from(seen.files_left),
        file_bytes_max: seen.link.file_bytes_max,
        body: seen.link.body.clone(),
        receiver: seen.link.receiver.clone(),
        purpose: seen.link.purpose.clone(),
    }
}

fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<Peer>().map(|peer| peer.0)
}

/// As the address asks, else as the browser does.
fn language(request: &Request) -> Language {
    let asked = request.uri().query().and_then(|query| query.strip_prefix("lang="));
    asked.and_then(Language::parse).unwrap_or_else(|| {
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
        Language::accepted(accepted.and_then(|value| value.to_str().ok()).unwrap_or_default())
    })
}

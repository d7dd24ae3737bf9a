//! The inner end: opens the one connection, tells the open links, fetches what
//! waits, and answers only after its desk has written it down. Believes nothing
//! that the outer end says beyond its own limits.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Task};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;

use crate::frame::{Head, OuterSays, ToInner, ToOuter, Verdict};
use crate::limits::{
    BACK_OFF_MAX, BACK_OFF_MIN, CONNECT_MAX, FILE_BYTES_MAX, HOLD, LINKS_MAX, PACE, PIECE_BYTES,
    REFUSED_PAUSE, SILENCE_MAX, STEADY, TAG_BYTES, VERSION, file_max, pieces,
};
use crate::link::OpenLink;
use crate::seal::{InnerKey, Opening, SealError};
use crate::tls::{Pin, outer_name};
use crate::trouble::Trouble;
use crate::wire::Wire;

/// Why a desk could not do its part; it is asked again later.
pub type DeskError = Box<dyn std::error::Error + Send + Sync>;

/// What stands behind the inner end.
pub trait Desk: Send + Sync + 'static {
    /// Every link that stands open.
    fn links(&self) -> Task<'_, Result<Vec<OpenLink>, DeskError>>;

    /// The answer to an item that is offered, where it needs no content: it was
    /// taken before, or is not wanted. Nothing means: fetch it.
    fn answer<'a>(&'a self, head: &'a Head) -> Task<'a, Result<Option<Verdict>, DeskError>>;

    /// Takes an item, once: after this has answered, the outer end forgets it.
    fn take(&self, item: Fetched) -> Task<'_, Result<Verdict, DeskError>>;

    /// Hears what happens, for a screen.
    fn note(&self, event: Event<'_>);
}

/// An item that was fetched and opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// As it was offered.
    pub head: Head,
    /// What its sender calls it; hostile.
    pub name: String,
    /// Its content; hostile.
    pub bytes: Vec<u8>,
}

/// What happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// The connection stands.
    Connected,
    /// The outer end said how it is.
    Heard(OuterSays),
    /// An item was answered.
    Answered(Verdict),
    /// The connection broke.
    Broken(&'a Trouble),
}

/// The inner end.
pub struct Inner {
    /// Where the outer end listens for it: `ADDRESS:PORT`.
    pub address: String,
    /// How it connects: [`crate::tls::inner`].
    pub tls: Arc<ClientConfig>,
    /// The outer end's certificate.
    pub pin: Pin,
    /// Opens what the outer end has sealed.
    pub key: InnerKey,
    /// The clock that is told.
    pub clock: Arc<dyn Clock>,
    /// What stands behind.
    pub desk: Arc<dyn Desk>,
}

/// The open links are read again when they are this old.
const LINKS_EVERY: Duration = Duration::from_secs(1);

impl Inner {
    /// Connects, and connects again with growing pauses, until told to stop.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut pause = BACK_OFF_MIN;
        loop {
            let begun = Instant::now();
            let trouble = tokio::select! {
                _ = stop.wait_for(|is_told| *is_told) => return,
                Err(trouble) = self.connect() => trouble,
            };
            let why = std::error::Error::source(&trouble).map(ToString::to_string);
            let why = why.unwrap_or_default();
            tracing::warn!(why, "the connection to the outer half broke: {trouble}");
            self.desk.note(Event::Broken(&trouble));
            if begun.elapsed() >= STEADY {
                pause = BACK_OFF_MIN;
            }
            tokio::select! {
                _ = stop.wait_for(|is_told| *is_told) => return,
                () = sleep(pause) => {}
            }
            pause = (pause * 2).min(BACK_OFF_MAX);
        }
    }

    async fn connect(&self) -> Result<Infallible, Trouble> {
        let unreachable = |error| Trouble::Unreachable(error);
        let stream = timeout(CONNECT_MAX, TcpStream::connect(&self.address))
            .await
            .map_err(|elapsed| unreachable(elapsed.into()))?
            .map_err(unreachable)?;
        let _ = stream.set_nodelay(true);
        let connector = TlsConnector::from(self.tls.clone());
        let stream = timeout(CONNECT_MAX, connector.connect(outer_name(), stream))
            .await
            .map_err(|_| Trouble::Silent)?
            .map_err(Trouble::of)?;
        self.pin.check(stream.get_ref().1.peer_certificates())?;
        self.talk(stream).await
    }

    /// Talks over a stream whose other end has shown who it is.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn talk<S>(&self, stream: S) -> Result<Infallible, Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut wire = Wire(stream);
        let now_ms = self.clock.now().millis();
        wire.send(&ToOuter::Hello { version: VERSION, now_ms }).await?;
        match wire.receive(CONNECT_MAX).await? {
            ToInner::Hello { version: VERSION, says } => {
                self.desk.note(Event::Connected);
                self.desk.note(Event::Heard(says));
            }
            ToInner::Hello { version, .. } => return Err(Trouble::Version { theirs: version }),
            ToInner::Nothing(_) | ToInner::Item(_) | ToInner::Piece(_) => {
                return Err(Trouble::OutOfTurn("a greeting was due"));
            }
        }
        let mut told = Told::default();
        loop {
            self.tell_links(&mut wire, &mut told).await?;
            wire.send(&ToOuter::Pull).await?;
            match wire.receive(HOLD + SILENCE_MAX).await? {
                ToInner::Nothing(says) => {
                    self.desk.note(Event::Heard(says));
                    sleep(PACE).await;
                }
                ToInner::Item(head) => {
                    let item = head.item;
                    let verdict = self.settle(&mut wire, head).await?;
                    wire.send(&ToOuter::Answer(item, verdict)).await?;
                    self.desk.note(Event::Answered(verdict));
                    if verdict != Verdict::Taken {
                        sleep(REFUSED_PAUSE).await;
                    }
                }
                ToInner::Hello { .. } | ToInner::Piece(_) => {
                    return Err(Trouble::OutOfTurn("an item was asked for"));
                }
            }
        }
    }

    /// Tells the open links where they changed.
    async fn tell_links<S>(&self, wire: &mut Wire<S>, told: &mut Told) -> Result<(), Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if told.at.is_some_and(|at| at.elapsed() < LINKS_EVERY) {
            return Ok(());
        }
        let mut links = self.desk.links().await.map_err(Trouble::Own)?;
        let now = Instant::now();
        links.truncate(usize::try_from(LINKS_MAX).unwrap_or(usize::MAX));
        let is_first = told.at.replace(now).is_none();
        if !is_first && told.is_same(&links) {
            return Ok(());
        }
        let count = u32::try_from(links.len()).unwrap_or(LINKS_MAX);
        wire.send(&ToOuter::Links { count }).await?;
        for link in &links {
            wire.send(&ToOuter::Link(link.clone())).await?;
        }
        told.links = links;
        Ok(())
    }

    /// What becomes of an item that is offered.
    async fn settle<S>(&self, wire: &mut Wire<S>, head: Head) -> Result<Verdict, Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if head.bytes > FILE_BYTES_MAX {
            return Ok(Verdict::Refused);
        }
        if let Some(known) = self.desk.answer(&head).await.map_err(Trouble::Own)? {
            return Ok(known);
        }
        let Ok((opening, name)) = self.open(&head) else { return Ok(Verdict::Broken) };
        match fetch(wire, &head, opening).await? {
            Ok(bytes) => {
                let item = Fetched { head, name, bytes };
                self.desk.take(item).await.map_err(Trouble::Own)
            }
            Err(_) => Ok(Verdict::Broken),
        }
    }

    fn open(&self, head: &Head) -> Result<(Opening, String), SealError> {
        let mut opening = Opening::new(&self.key, &head.key, head.item, head.link)?;
        let name = opening.name(&head.name)?;
        Ok((opening, name))
    }
}

/// What the outer end was told of links.
#[derive(Default)]
struct Told {
    at: Option<Instant>,
    links: Vec<OpenLink>,
}

impl Told {
    /// The same but for the time that passed.
    fn is_same(&self, links: &[OpenLink]) -> bool {
        let timeless = |link: &OpenLink| OpenLink { ends_in_seconds: 0, ..link.clone() };
        self.links.iter().map(timeless).eq(links.iter().map(timeless))
    }
}

/// Fetches the content of an item: just the pieces that its size needs, each of
/// just its size, all within their time.
async fn fetch<S>(
    wire: &mut Wire<S>,
    head: &Head,
    mut opening: Opening,
) -> Result<Result<Vec<u8>, SealError>, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    wire.send(&ToOuter::Accept(head.item)).await?;
    let end = Instant::now() + file_max(head.bytes);
    let count = pieces(head.bytes);
    let mut left = head.bytes;
    let mut content = Ok(Vec::new());
    for index in 1..=count {
        let within = end.saturating_duration_since(Instant::now());
        if within.is_zero() {
            return Err(Trouble::Slow);
        }
        let sealed = match wire.receive(within.min(SILENCE_MAX)).await? {
            ToInner::Piece(sealed) => sealed,
            ToInner::Hello { .. } | ToInner::Nothing(_) | ToInner::Item(_) => {
                return Err(Trouble::OutOfTurn("a piece was due"));
            }
        };
        let wanted = left.min(PIECE_BYTES as u64);
        left -= wanted;
        if sealed.len() as u64 != wanted + TAG_BYTES as u64 {
            return Err(Trouble::OutOfTurn("a piece of another size"));
        }
        // After a forged piece the rest is read and dropped.
        content = content.and_then(|mut all: Vec<u8>| {
            all.extend(opening.piece(&sealed, index == count)?);
            Ok(all)
        });
    }
    Ok(content)
}

#[cfg(test)]
mod tests;

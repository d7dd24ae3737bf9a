//! Listens for the inner end, and answers its questions. Says nothing unasked.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::Clock;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::frame::{OuterSays, ToInner, ToOuter, Verdict};
use crate::limits::{CLOCK_APART_MAX, CONNECT_MAX, HOLD, SILENCE_MAX, VERSION};
use crate::link::{ItemId, OpenLink};
use crate::outer::shelf::Content;
use crate::outer::{Shelf, Window};
use crate::tls::Pin;
use crate::trouble::Trouble;
use crate::wire::Wire;

/// The outer end.
pub struct Outer {
    /// How it is connected to: [`crate::tls::outer`].
    pub tls: Arc<ServerConfig>,
    /// The inner end's certificate.
    pub pin: Pin,
    /// What waits.
    pub shelf: Arc<Shelf>,
    /// The open links.
    pub window: Window,
    /// The clock that is told.
    pub clock: Arc<dyn Clock>,
    /// How many bytes are free on the disk.
    pub free_bytes: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// Connections that have not shown who they are, at once.
const STRANGERS_MAX: usize = 16;
/// How long the inner end may take between two words: it treats a large file
/// with its database in between.
const INNER_SILENCE_MAX: Duration = Duration::from_secs(180);
/// Pause after the system has no file handle left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Outer {
    /// Serves the inner end until told to stop. A new connection of it takes
    /// the place of an older one.
    pub async fn run(self: Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let strangers = Arc::new(Semaphore::new(STRANGERS_MAX));
        let current: Arc<Mutex<Option<AbortHandle>>> = Arc::default();
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|is_told| *is_told) => break,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let Ok(place) = strangers.clone().try_acquire_owned() else { continue };
            let (outer, current) = (self.clone(), current.clone());
            tokio::spawn(async move {
                let stream = match outer.greet(stream).await {
                    Ok(stream) => stream,
                    Err(trouble) => return tell(&trouble),
                };
                drop(place);
                let talking = tokio::spawn(async move {
                    let Err(trouble) = outer.talk(stream).await;
                    tell(&trouble);
                });
                let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(older) = current.replace(talking.abort_handle()) {
                    older.abort();
                }
            });
        }
        if let Some(talking) = current.lock().unwrap_or_else(PoisonError::into_inner).take() {
            talking.abort();
        }
    }

    async fn greet(
        &self,
        stream: TcpStream,
    ) -> Result<tokio_rustls::server::TlsStream<TcpStream>, Trouble> {
        let _ = stream.set_nodelay(true);
        let acceptor = TlsAcceptor::from(self.tls.clone());
        let stream = timeout(CONNECT_MAX, acceptor.accept(stream))
            .await
            .map_err(|_| Trouble::Silent)?
            .map_err(Trouble::of)?;
        self.pin.check(stream.get_ref().1.peer_certificates())?;
        Ok(stream)
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
        match wire.receive(CONNECT_MAX).await? {
            ToOuter::Hello { version: VERSION, now_ms } => self.compare_clocks(now_ms),
            ToOuter::Hello { version, .. } => return Err(Trouble::Version { theirs: version }),
            _ => return Err(Trouble::OutOfTurn("a greeting was due")),
        }
        wire.send(&ToInner::Hello { version: VERSION, says: self.says() }).await?;
        let mut offered: Option<(ItemId, Content)> = None;
        loop {
            let frame = wire.receive(INNER_SILENCE_MAX).await?;
            self.window.heard();
            match frame {
                ToOuter::Links { count } => {
                    let links = links(&mut wire, count).await?;
                    self.window.replace(links);
                }
                ToOuter::Pull => offered = self.offer(&mut wire).await?,
                ToOuter::Accept(item) => match offered.as_mut().filter(|(id, _)| *id == item) {
                    Some((_, content)) => self.give(&mut wire, content).await?,
                    None => return Err(Trouble::OutOfTurn("another item was accepted")),
                },
                ToOuter::Answer(item, verdict) => {
                    if offered.take().is_none_or(|(id, _)| id != item) {
                        return Err(Trouble::OutOfTurn("another item was answered"));
                    }
                    self.settle(item, verdict).await?;
                }
                ToOuter::Hello { .. } | ToOuter::Link(_) => {
                    return Err(Trouble::OutOfTurn("a question was due"));
                }
            }
        }
    }

    async fn offer<S>(&self, wire: &mut Wire<S>) -> Result<Option<(ItemId, Content)>, Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        while let Some(item) = self.shelf.next(HOLD).await {
            match self.shelf.offer(item).await {
                Ok((head, content)) => {
                    wire.send(&ToInner::Item(head)).await?;
                    return Ok(Some((item, content)));
                }
                Err(error) => {
                    tracing::error!(%error, %item, "a waiting file is damaged and was put aside");
                    let settled = self.shelf.put_aside(item).await.map_err(own)?;
                    self.forget(settled, Verdict::Broken);
                }
            }
        }
        wire.send(&ToInner::Nothing(self.says())).await?;
        Ok(None)
    }

    async fn give<S>(&self, wire: &mut Wire<S>, content: &mut Content) -> Result<(), Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        while let Some(sealed) = content.next().await.map_err(own)? {
            wire.send(&ToInner::Piece(sealed)).await?;
        }
        Ok(())
    }

    async fn settle(&self, item: ItemId, verdict: Verdict) -> Result<(), Trouble> {
        let settled = self.shelf.settle(item, verdict).await.map_err(own)?;
        match verdict {
            Verdict::Taken => tracing::info!(%item, "the inner half has taken a file"),
            Verdict::Refused => tracing::warn!(%item, "the inner half does not want a file"),
            Verdict::Broken => tracing::error!(%item, "the inner half could not open a file"),
        }
        self.forget(settled, verdict);
        Ok(())
    }

    fn forget(&self, settled: Option<(crate::LinkHash, u64)>, verdict: Verdict) {
        if let Some((link, bytes)) = settled {
            self.window.answered(link, bytes, verdict);
        }
    }

    fn says(&self) -> OuterSays {
        let (waiting, waiting_bytes) = self.shelf.waiting();
        let free_bytes = (self.free_bytes)();
        OuterSays { now_ms: self.clock.now().millis(), waiting, waiting_bytes, free_bytes }
    }

    fn compare_clocks(&self, theirs_ms: i64) {
        let seconds = self.clock.now().millis().saturating_sub(theirs_ms) / 1_000;
        if seconds.unsigned_abs() > CLOCK_APART_MAX.as_secs() {
            tracing::warn!(
                seconds,
                "this clock and that of the inner half are {seconds} seconds apart: set one right"
            );
        }
    }
}

async fn links<S>(wire: &mut Wire<S>, count: u32) -> Result<Vec<OpenLink>, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut links = Vec::new();
    for _ in 0..count {
        match wire.receive(SILENCE_MAX).await? {
            ToOuter::Link(link) => links.push(link),
            _ => return Err(Trouble::OutOfTurn("a link was due")),
        }
    }
    Ok(links)
}

fn own(error: std::io::Error) -> Trouble {
    Trouble::Own(error.into())
}

fn tell(trouble: &Trouble) {
    let why = std::error::Error::source(trouble).map(ToString::to_string).unwrap_or_default();
    tracing::warn!(why, "a connection from the inner side ended: {trouble}");
}

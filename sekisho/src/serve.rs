//! Accepts connections: TLS, then HTTP/1.1 or HTTP/2, each within its time and
//! all within a number; drains when told. Knows no page.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use console::{Peer, PeerCertificate};
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

/// What connections may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at once; more wait in the kernel's queue.
    pub(crate) connections_max: usize,
    /// Connections at once from one address; more are closed.
    pub(crate) connections_an_address_max: usize,
    /// How long the TLS handshake may take.
    pub(crate) handshake_max: Duration,
    /// How long a request's head may take, silence before it included.
    pub(crate) header_max: Duration,
    /// How long a connection lives; it then ends after the request that runs.
    pub(crate) age_max: Duration,
    /// How long running requests may take to end when told to stop.
    pub(crate) drain_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 2_048,
            connections_an_address_max: 512,
            handshake_max: Duration::from_secs(10),
            header_max: Duration::from_secs(20),
            age_max: Duration::from_secs(15 * 60),
            drain_max: Duration::from_secs(20),
        }
    }
}

/// Handshakes that failed: counted each, told now and then, since whoever
/// makes thousands must not fill the log.
#[derive(Clone, Default)]
pub(crate) struct Failures {
    refusals: console::Refusals,
    told: Arc<Mutex<Option<(Instant, u64)>>>,
}

/// Failed handshakes are summed up for so long.
const TELL_EVERY: Duration = Duration::from_secs(10);

impl Failures {
    pub(crate) fn counted(refusals: console::Refusals) -> Self {
        Self { refusals, told: Arc::default() }
    }

    fn note(&self, error: &dyn std::error::Error) {
        self.refusals.count("handshake");
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *told {
            Some((at, since)) if at.elapsed() < TELL_EVERY => *since += 1,
            other => {
                let before = other.map_or(0, |(_, since)| since);
                *other = Some((Instant::now(), 0));
                tracing::info!(%error, before, "a TLS handshake failed");
            }
        }
    }
}

/// Requests on one connection at once.
const STREAMS_MAX: u32 = 100;
/// Pause after the system has no file handle left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drained {
    /// All requests came to their end.
    All,
    /// So many connections were cut at the deadline.
    Cut(usize),
}

/// A server on one listener.
pub(crate) struct Server {
    pub(crate) listener: TcpListener,
    pub(crate) tls: watch::Receiver<Arc<ServerConfig>>,
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    pub(crate) failures: Failures,
}

impl Server {
    /// Serves until `stop` turns true, then lets running requests end.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) -> Drained {
        let Self { listener, tls, router, limits, failures } = self;
        let slots = Arc::new(Semaphore::new(limits.connections_max));
        let crowd = Crowd::default();
        let mut connections = JoinSet::new();
        loop {
            let (stream, peer, slot) = tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&listener, &slots) => accepted,
            };
            let ip = peer.ip().to_canonical();
            let Some(seat) = crowd.sit(ip, limits.connections_an_address_max) else { continue };
            let acceptor = TlsAcceptor::from(tls.borrow().clone());
            let (router, stop, failures) = (router.clone(), stop.clone(), failures.clone());
            connections.spawn(async move {
                let _held = (slot, seat);
                let shaken = handshake(acceptor, stream, limits, &failures).await;
                let Some(stream) = shaken else { return };
                talk(stream, ip, router, limits, stop).await;
            });
        }
        drop(listener);
        drain(connections, limits.drain_max).await
    }
}

/// Waits until told to stop; a teller who is gone has told.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|is_told| *is_told).await;
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Nobody closes the semaphore.
    let slot = slots.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            Err(error) => {
                tracing::debug!(%error, "a connection was not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn handshake(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    limits: Limits,
    failures: &Failures,
) -> Option<TlsStream<TcpStream>> {
    let _ = stream.set_nodelay(true);
    match timeout(limits.handshake_max, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            failures.note(&error);
            None
        }
        Err(elapsed) => {
            failures.note(&elapsed);
            None
        }
    }
}

async fn talk(
    stream: TlsStream<TcpStream>,
    ip: IpAddr,
    router: Router,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let certificate =
        certificate.map(|certificate| PeerCertificate(Arc::from(certificate.as_ref())));
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(ip));
        if let Some(certificate) = certificate.clone() {
            request.extensions_mut().insert(certificate);
        }
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(
                router.oneshot(request).await.unwrap_or_else(|never| match never {}),
            )
        }
    });
    // Told by the handshake, so that nobody waits for the first bytes to guess.
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(&b"h2"[..]);
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut builder = if is_http2 { builder.http2_only() } else { builder.http1_only() };
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header_max);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .keep_alive_interval(limits.header_max)
        .keep_alive_timeout(limits.header_max);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = poll_fn(|context| connection.as_mut().poll(context)) => Some(ended),
        () = stopped(&mut stop) => None,
        () = sleep(limits.age_max) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn drain(mut connections: JoinSet<()>, drain_max: Duration) -> Drained {
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout(drain_max, all).await.is_ok() {
        return Drained::All;
    }
    let left = connections.len();
    connections.shutdown().await;
    Drained::Cut(left)
}

/// How many connections each address has.
#[derive(Clone, Debug, Default)]
struct Crowd(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// One connection of an address.
struct Seat {
    crowd: Crowd,
    ip: IpAddr,
}

impl Crowd {
    fn sit(&self, ip: IpAddr, max: usize) -> Option<Seat> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(ip).or_insert(0);
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Seat { crowd: self.clone(), ip })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Accepts connections from the clients that are named, in a number that is
//! bounded; drains when told.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::settings::Settings;
use super::talk::{talk, turn_away};
use crate::disarmer::Disarmer;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Bodies have nowhere to go.
    #[error("cannot write files in {}", .folder.display())]
    Spool {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No file could ever be treated.
    #[error("a number that must be at least one is zero")]
    Zero,
}

/// How the service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// All requests came to their end.
    All,
    /// So many connections were cut at the deadline.
    Cut(usize),
}

/// The service, ready to run.
pub struct Server {
    shared: Arc<Shared>,
}

/// What all connections share.
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) disarmer: Arc<dyn Disarmer>,
    /// Files under treatment.
    pub(super) jobs: Semaphore,
    /// Files under treatment or waiting.
    pub(super) seats: Semaphore,
}

/// Clients that are told at once that it is too much; more wait unaccepted.
const TURNED_AWAY_MAX: usize = 64;
/// Pause after the system has no file handle left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

impl Server {
    /// Prepares the service.
    ///
    /// # Errors
    /// Fails when bodies cannot be spooled: better now than with the first
    /// large file.
    pub fn new(settings: Settings, disarmer: Arc<dyn Disarmer>) -> Result<Self, ServerError> {
        let folder = settings.spool_folder.clone();
        tempfile::tempfile_in(&folder).map_err(|source| ServerError::Spool { folder, source })?;
        if settings.jobs_max == 0 || settings.connections_max == 0 {
            return Err(ServerError::Zero);
        }
        let jobs = Semaphore::new(settings.jobs_max);
        let seats = Semaphore::new(settings.jobs_max.saturating_add(settings.waiting_max));
        Ok(Self { shared: Arc::new(Shared { settings, disarmer, jobs, seats }) })
    }

    /// Serves ICAP, or ICAP over TLS, until `stop` turns true; then lets
    /// running requests end. May run on several listeners at once, which share
    /// the treatment's limits but not the number of connections.
    pub async fn run(
        &self,
        listener: TcpListener,
        tls: Option<watch::Receiver<Arc<ServerConfig>>>,
        mut stop: watch::Receiver<bool>,
    ) -> Drained {
        let settings = &self.shared.settings;
        let slots = Arc::new(Semaphore::new(settings.connections_max));
        let door = Arc::new(Semaphore::new(TURNED_AWAY_MAX));
        let mut connections = JoinSet::new();
        loop {
            let (stream, peer) = tokio::select! {
                biased;
                _ = stop.wait_for(|is_told| *is_told) => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&listener) => accepted,
            };
            if !settings.clients.admit(peer.ip()) {
                tracing::info!("closed an ICAP connection from an address that is not named");
                continue;
            }
            let slot = match slots.clone().try_acquire_owned() {
                Ok(place) => Slot { is_served: true, _place: place },
                Err(_) => match door.clone().acquire_owned().await {
                    Ok(place) => Slot { is_served: false, _place: place },
                    Err(_) => continue,
                },
            };
            let acceptor = tls.as_ref().map(|tls| acceptor(&tls.borrow()));
            let (shared, stop) = (self.shared.clone(), stop.clone());
            connections.spawn(connection(stream, peer, slot, acceptor, shared, stop));
        }
        drop(listener);
        drain(connections, settings.times.drain_max).await
    }
}

/// The certificate may be one that serves pages, too: whoever comes for those
/// is turned away in the handshake (RFC 7301 §3.2), and cannot be led here.
fn acceptor(config: &ServerConfig) -> TlsAcceptor {
    let mut config = config.clone();
    config.alpn_protocols = vec![b"icap".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// What a connection is let in for, and its place in the number of those.
struct Slot {
    is_served: bool,
    _place: OwnedSemaphorePermit,
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::debug!(%error, "a connection was not accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    slot: Slot,
    acceptor: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let ip = peer.ip().to_canonical();
    let handshake_max = shared.settings.times.handshake_max;
    match acceptor {
        None => talk_or_turn_away(stream, ip, &slot, shared, stop).await,
        Some(acceptor) => match timeout(handshake_max, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => talk_or_turn_away(stream, ip, &slot, shared, stop).await,
            Ok(Err(_)) | Err(_) => tracing::debug!("a TLS handshake failed"),
        },
    }
}

async fn talk_or_turn_away<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    ip: IpAddr,
    slot: &Slot,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
) {
    if slot.is_served {
        talk(stream, ip, shared, stop).await;
    } else {
        turn_away(stream, &shared).await;
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

//! One session: first bytes are looked at, then carried on, until one side ends,
//! nothing comes any more, or the flow is closed.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use wall_guard::{Look, Refusal, Side};

use super::serve::Flows;
use super::{Guarded, Limits};

/// Bytes of one read.
const PIECE_BYTES: usize = 16 << 10;
/// The guard's own ports in a client's name, below those that clients take
/// themselves (RFC 6056 2.1, and 32768 of Linux): one that both had would be one
/// connection to the kernel.
const PORTS: std::ops::Range<u16> = 12_000..28_000;
/// Ports that are tried before the guard gives up.
const TRIES: usize = 64;
/// How often a session without end looks whether it is idle.
const LOOK_EVERY: Duration = Duration::from_secs(1);

static NEXT_PORT: AtomicU16 = AtomicU16::new(0);

/// A session that the kernel gave.
pub(super) struct Session {
    pub(super) client: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) server: SocketAddr,
    pub(super) flow: Guarded,
    pub(super) flows: Flows,
    pub(super) limits: Limits,
}

/// How a session ended.
enum Ended {
    /// By one of its sides.
    Itself,
    /// By the guard, without a refusal: closed, idle, no server.
    Cut,
    Refused(Refusal),
}

impl Session {
    /// Carries the session on to its end; what was refused, if anything was.
    pub(super) async fn run(mut self) -> Option<Refusal> {
        let mut server = None;
        let (flow, flows) = (self.flow.clone(), self.flows.clone());
        let ended = tokio::select! {
            ended = self.carry(&mut server) => ended.unwrap_or(Ended::Cut),
            () = closed(flow, flows) => Ended::Cut,
        };
        let is_cut = !matches!(ended, Ended::Itself);
        for side in [Some(&self.client), server.as_ref()].into_iter().flatten().filter(|_| is_cut) {
            reset(side);
        }
        match ended {
            Ended::Refused(refusal) => Some(refusal),
            Ended::Itself | Ended::Cut => None,
        }
    }

    async fn carry(&mut self, server: &mut Option<TcpStream>) -> io::Result<Ended> {
        let mut look = Look::new(&self.flow.rule);
        let until = tokio::time::Instant::now() + self.limits.first_look;
        // A client that is to speak first never reaches a server before it did.
        if self.flow.rule.server_begins() {
            *server = Some(self.connect().await?);
        }
        while !look.is_done() {
            let (mut own, mut other) = ([0; PIECE_BYTES], [0; PIECE_BYTES]);
            let from_server = async {
                match server.as_mut() {
                    Some(server) => server.read(&mut other).await,
                    None => std::future::pending().await,
                }
            };
            let (side, count) = tokio::select! {
                count = self.client.read(&mut own) => (Side::Client, count),
                count = from_server => (Side::Server, count),
                () = tokio::time::sleep_until(until) => return Ok(Ended::Refused(look.late())),
            };
            let count = count.unwrap_or(0);
            if count == 0 {
                return Ok(Ended::Refused(look.ended(side)));
            }
            let bytes = if side == Side::Client { &own } else { &other };
            let cleared = match look.receive(side, bytes.get(..count).unwrap_or_default()) {
                Ok(cleared) => cleared,
                Err(refusal) => return Ok(Ended::Refused(refusal)),
            };
            self.client.write_all(&cleared.to_client).await?;
            if !cleared.to_server.is_empty() {
                if server.is_none() {
                    *server = Some(self.connect().await?);
                }
                if let Some(server) = server.as_mut() {
                    server.write_all(&cleared.to_server).await?;
                }
            }
        }
        if look.seen().is_over {
            self.client.shutdown().await?;
            return Ok(Ended::Itself);
        }
        match server.as_mut() {
            Some(server) => self.pass(server).await,
            None => Ok(Ended::Cut),
        }
    }

    /// Connects to the server in the client's name.
    async fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..TRIES {
            let socket = match self.peer {
                SocketAddr::V4(_) => TcpSocket::new_v4()?,
                SocketAddr::V6(_) => TcpSocket::new_v6()?,
            };
            platform::stand_for_others(&socket, self.peer.is_ipv4())?;
            let width = PORTS.end - PORTS.start;
            let port = PORTS.start + NEXT_PORT.fetch_add(1, Ordering::Relaxed) % width;
            match socket.bind(SocketAddr::new(self.peer.ip(), port)) {
                Err(why) if why.kind() == io::ErrorKind::AddrInUse => last = why,
                Err(why) => return Err(why),
                Ok(()) => {
                    let connecting = socket.connect(self.server);
                    let connected = tokio::time::timeout(self.limits.connect, connecting).await;
                    let stream = connected.map_err(|_| io::ErrorKind::TimedOut)??;
                    stream.set_nodelay(true)?;
                    self.client.set_nodelay(true)?;
                    return Ok(stream);
                }
            }
        }
        Err(last)
    }

    /// Carries bytes both ways.
    async fn pass(&mut self, server: &mut TcpStream) -> io::Result<Ended> {
        let beginning = Instant::now();
        let last_seconds = AtomicU64::new(0);
        let touch = || last_seconds.store(beginning.elapsed().as_secs(), Ordering::Relaxed);
        let (mut from_client, mut to_client) = self.client.split();
        let (mut from_server, mut to_server) = server.split();
        let both = async {
            tokio::try_join!(
                copy(&mut from_client, &mut to_server, touch),
                copy(&mut from_server, &mut to_client, touch)
            )
        };
        let idle = async {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let last = Duration::from_secs(last_seconds.load(Ordering::Relaxed));
                if beginning.elapsed().saturating_sub(last) > self.limits.idle {
                    return;
                }
            }
        };
        tokio::select! {
            done = both => done.map(|_| Ended::Itself),
            () = idle => Ok(Ended::Cut),
        }
    }
}

/// One direction, to its end, which it hands on.
async fn copy(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, touch: impl Fn()) -> io::Result<()> {
    let mut bytes = vec![0; PIECE_BYTES];
    loop {
        let count = from.read(&mut bytes).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        touch();
        to.write_all(bytes.get(..count).unwrap_or_default()).await?;
    }
}

/// Comes back once the flow is closed, or its end is there.
async fn closed(flow: Guarded, mut flows: Flows) {
    loop {
        let now = flows.borrow_and_update().clone();
        let Some(open) = now.iter().find(|one| one.is_same(&flow)) else { return };
        let end = async {
            match open.until {
                Some(until) => tokio::time::sleep_until(until.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = end => return,
            changed = flows.changed() => if changed.is_err() { return },
        }
    }
}

/// Ends a connection so that its other end knows at once, and nothing that is
/// still on its way is sent.
pub(super) fn reset(stream: &TcpStream) {
    // One that is gone already needs none.
    let _ = stream.set_zero_linger();
}

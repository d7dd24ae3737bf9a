//! The guard in a running program: takes the flows that name a protocol from the
//! kernel, lets `wall-guard` read the first bytes of both sides, and carries on
//! what keeps to it. Whatever does not is cut on both sides and told.
//!
//! It runs on threads of its own, inside the gateway's network namespace. While
//! it does not run, nothing of those flows passes.

mod keep;
mod relay;
mod routes;
mod serve;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use wall_engine::{GUARD_PORT, Opening};
use wall_guard::{Kind, Refusal, Rule, Side};
use zones::Site;
use zones::site::Prefix;

pub(crate) use keep::keep;

/// What the guard may cost, and how patient it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sessions of one flow at a time.
    pub sessions_per_flow_max: usize,
    /// Sessions of all flows at a time.
    pub sessions_max: usize,
    /// How long the first bytes of both sides may take.
    pub first_look: Duration,
    /// How long the server may take to answer a connection.
    pub connect: Duration,
    /// How long a session may be without a byte.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions_per_flow_max: 256,
            sessions_max: 4_096,
            first_look: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(4 * 3_600),
        }
    }
}

/// A flow that is open and that the guard reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guarded {
    /// Its name.
    pub name: String,
    /// Who begins it.
    pub from: Vec<Prefix>,
    /// Who answers.
    pub to: Vec<Prefix>,
    /// At which port.
    pub port: u16,
    /// What it must speak.
    pub rule: Rule,
    /// From then on it is closed, whatever else happens.
    pub until: Option<Instant>,
}

impl Guarded {
    /// The guarded ones among a site's open flows.
    #[must_use]
    pub fn of(site: &Site, openings: &[Opening], now: Instant) -> Vec<Self> {
        let one = |opening: &Opening| {
            let flow = site.flows.get(opening.flow)?;
            let (from, to) = (site.hosts.get(flow.from)?, site.hosts.get(flow.to)?);
            Some(Self {
                name: flow.name.clone(),
                from: from.addresses.clone(),
                to: to.addresses.clone(),
                port: flow.port,
                rule: Rule::of(flow.application?, &flow.servers),
                until: opening.seconds.map(|seconds| now + Duration::from_secs(seconds)),
            })
        };
        openings.iter().filter_map(one).collect()
    }

    /// True where a session between these two is one of this flow.
    fn holds(&self, client: IpAddr, server: SocketAddr) -> bool {
        let within = |prefixes: &[Prefix], address| prefixes.iter().any(|one| one.holds(address));
        self.port == server.port() && within(&self.from, client) && within(&self.to, server.ip())
    }

    /// True for the same flow, whenever it ends.
    fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.rule == other.rule
    }
}

/// A session that was cut, or not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The flow; empty where it belongs to none that is open.
    pub flow: String,
    /// Who began it.
    pub client: SocketAddr,
    /// Whom it asked for.
    pub server: SocketAddr,
    /// Why.
    pub reason: Reason,
}

/// Why a session was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its first bytes are not what they should be.
    Refused(Refusal),
    /// The flow has as many as it may.
    TooMany,
    /// No open flow is between these two.
    NoFlow,
}

impl Reason {
    /// The name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.why.name(),
            Self::TooMany => "too-many",
            Self::NoFlow => "no-flow",
        }
    }

    /// What the first bytes looked like.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Refused(refusal) => refusal.kind,
            Self::TooMany | Self::NoFlow => Kind::Nothing,
        }
    }

    /// Whose bytes they were.
    #[must_use]
    pub const fn side(self) -> Side {
        match self {
            Self::Refused(refusal) => refusal.side,
            Self::TooMany | Self::NoFlow => Side::Client,
        }
    }
}

/// Why a guard does not run.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The namespace could not be entered, or a thread not started.
    #[error("the guard could not start: {0}")]
    Start(#[source] std::io::Error),
    /// Packets cannot be taken to it.
    #[error("packets cannot be routed to the guard: {0}")]
    Routes(String),
    /// It cannot listen: another guard runs, or it may not.
    #[error("the guard cannot listen at port {GUARD_PORT}: {0}")]
    Listen(#[source] std::io::Error),
}

/// A guard that runs; dropped, it ends and so do its sessions.
pub struct Guard {
    opened: watch::Sender<Arc<Vec<Guarded>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Guard {
    /// Starts a guard in a namespace, or on this machine. It knows no open flow
    /// yet. What is cut is told to `cuts`; where nobody takes that in time, it is
    /// cut all the same.
    ///
    /// # Errors
    /// [`GuardError`].
    pub fn start(
        netns: Option<&str>,
        limits: Limits,
        cuts: mpsc::Sender<Cut>,
    ) -> Result<Self, GuardError> {
        let (opened, flows) = watch::channel(Arc::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let (ready, waiting) = std_mpsc::channel();
        let netns = netns.map(str::to_owned);
        let told = ready.clone();
        let work = move || {
            let stand = move || serve::run(flows, limits, cuts, stopped, &ready);
            let entered = match &netns {
                Some(name) => platform::in_network(name, stand),
                None => {
                    stand();
                    Ok(())
                }
            };
            if let Err(why) = entered {
                let _ = told.send(Err(GuardError::Start(why)));
            }
        };
        let thread = std::thread::Builder::new()
            .name("guard".to_owned())
            .spawn(work)
            .map_err(GuardError::Start)?;
        match waiting.recv() {
            Ok(Ok(())) => Ok(Self { opened, stop: Some(stop), thread: Some(thread) }),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(GuardError::Start(std::io::Error::other("its thread broke"))),
        }
    }

    /// Tells it what is open now. Sessions of a flow that is not among them are
    /// cut at once.
    pub fn open(&self, flows: Vec<Guarded>) {
        self.opened.send_replace(Arc::new(flows));
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

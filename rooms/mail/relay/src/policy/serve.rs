//! The socket on which Postfix asks.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tracing::{debug, warn};

use crate::door::stopped;
use crate::place::{Listener, Place, Stream};

use super::request::{Answer, REQUEST_BYTES_MAX, Request, parse};

/// After a failure to accept, so that a full table of files is not a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What asking may cost.
#[derive(Debug, Clone)]
pub struct PolicyLimits {
    /// Connections at the same time; each of Postfix's servers keeps one.
    pub connections_max: usize,
    /// A connection that asks nothing for so long is closed.
    pub idle: Duration,
    /// Time for one answer; then the client is told to come again.
    pub answer: Duration,
}

impl Default for PolicyLimits {
    fn default() -> Self {
        Self {
            connections_max: 300,
            idle: Duration::from_secs(600),
            answer: Duration::from_secs(15),
        }
    }
}

/// Why the service does not begin.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen at {}", path.display())]
pub struct PolicyError {
    /// Where.
    path: PathBuf,
    /// Why.
    #[source]
    source: io::Error,
}

/// The open service.
#[derive(Debug)]
pub struct Policy {
    listener: Listener,
    limits: Arc<PolicyLimits>,
}

impl Policy {
    /// Opens it at [`crate::Setting::policy_socket`].
    ///
    /// # Errors
    /// If the place is in use or may not be used.
    pub async fn open(path: PathBuf, limits: PolicyLimits) -> Result<Self, PolicyError> {
        match Place::Socket(path.clone()).listen().await {
            Ok(listener) => Ok(Self { listener, limits: Arc::new(limits) }),
            Err(source) => Err(PolicyError { path, source }),
        }
    }

    /// Answers until told to stop.
    pub async fn serve<F, Fut>(self, decide: F, mut stop: watch::Receiver<bool>)
    where
        F: Fn(Request) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let decide = Arc::new(decide);
        let places = Arc::new(Semaphore::new(self.limits.connections_max));
        let mut connections = tokio::task::JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let accepted = async {
                let place = places.clone().acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                () = stopped(&mut stop) => return,
                pair = accepted => pair,
            };
            match accepted {
                Ok((stream, _)) => {
                    let (decide, limits) = (decide.clone(), self.limits.clone());
                    connections.spawn(async move {
                        let _place = place;
                        if let Err(error) = answer(stream, &limits, &*decide).await {
                            debug!("a policy connection ended: {error}");
                        }
                    });
                }
                Err(error) => {
                    warn!("no policy connection could be taken: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn answer<F, Fut>(mut stream: Stream, limits: &PolicyLimits, decide: &F) -> io::Result<()>
where
    F: Fn(Request) -> Fut,
    Fut: Future<Output = Answer>,
{
    let mut waiting = Vec::new();
    let mut buffer = [0; 8 << 10];
    loop {
        while let Some((taken, request)) = parse(&waiting).map_err(io::Error::other)? {
            waiting.drain(..taken);
            let decided = timeout(limits.answer, decide(request)).await;
            let answer =
                decided.unwrap_or_else(|_| Answer::Later("not decided in time".to_owned()));
            timeout(limits.idle, stream.write_all(answer.to_text().as_bytes())).await??;
        }
        let count = timeout(limits.idle, stream.read(&mut buffer)).await??;
        if count == 0 {
            return Ok(());
        }
        if waiting.len() > REQUEST_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        waiting.extend_from_slice(buffer.get(..count).unwrap_or_default());
    }
}

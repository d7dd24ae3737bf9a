//! Takes sessions from the kernel, each with the addresses of both ends, and
//! finds the open flow that it belongs to.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use wall_engine::GUARD_PORT;

use super::relay::{Session, reset};
use super::{Cut, GuardError, Guarded, Limits, Reason, routes};

/// Connections that wait to be taken.
const BACKLOG: u32 = 512;
/// Threads that carry bytes.
const THREADS: usize = 2;
/// After the kernel could not give a connection: too many open files.
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// How long sessions may take to end when the guard does.
const END_WITHIN: Duration = Duration::from_millis(500);

/// What is open, as the guard was told last.
pub(super) type Flows = watch::Receiver<Arc<Vec<Guarded>>>;

/// Runs until told to stop, in the network namespace of the calling thread, which
/// those that it starts inherit.
pub(super) fn run(
    flows: Flows,
    limits: Limits,
    cuts: mpsc::Sender<Cut>,
    stopped: oneshot::Receiver<()>,
    ready: &std_mpsc::Sender<Result<(), GuardError>>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("guard")
        .enable_all()
        .build();
    let runtime = match runtime.map_err(GuardError::Start) {
        Ok(runtime) => runtime,
        Err(why) => {
            let _ = ready.send(Err(why));
            return;
        }
    };
    let listening = || {
        let both = listen(true).and_then(|four| Ok((four, listen(false)?)));
        let both = both.map_err(GuardError::Listen)?;
        routes::lay()?;
        Ok(both)
    };
    let listeners = {
        let _within = runtime.enter();
        listening()
    };
    match listeners {
        Ok((four, six)) => {
            let _ = ready.send(Ok(()));
            let door = Door {
                flows,
                limits,
                cuts,
                all: Arc::new(Semaphore::new(limits.sessions_max)),
                each: BTreeMap::new(),
            };
            runtime.block_on(door.serve(&four, &six, stopped));
        }
        Err(why) => {
            let _ = ready.send(Err(why));
        }
    }
    runtime.shutdown_timeout(END_WITHIN);
}

fn listen(is_ipv4: bool) -> io::Result<TcpListener> {
    let (socket, address) = if is_ipv4 {
        (TcpSocket::new_v4()?, SocketAddr::from((Ipv4Addr::LOCALHOST, GUARD_PORT)))
    } else {
        (TcpSocket::new_v6()?, SocketAddr::from((Ipv6Addr::LOCALHOST, GUARD_PORT)))
    };
    socket.set_reuseaddr(true)?;
    platform::stand_for_others(&socket, is_ipv4)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

struct Door {
    flows: Flows,
    limits: Limits,
    cuts: mpsc::Sender<Cut>,
    /// Room for sessions: in all, and by flow.
    all: Arc<Semaphore>,
    each: BTreeMap<String, Arc<Semaphore>>,
}

impl Door {
    async fn serve(
        mut self,
        four: &TcpListener,
        six: &TcpListener,
        mut stopped: oneshot::Receiver<()>,
    ) {
        loop {
            let accepted = tokio::select! {
                _ = &mut stopped => return,
                accepted = four.accept() => accepted,
                accepted = six.accept() => accepted,
            };
            match accepted {
                Ok((client, peer)) => self.take(client, peer),
                Err(_) => tokio::time::sleep(AGAIN_AFTER).await,
            }
        }
    }

    fn take(&mut self, client: TcpStream, peer: SocketAddr) {
        let Ok(server) = client.local_addr() else { return };
        // Somebody on the gateway looks whether a guard is there.
        if server.ip().is_loopback() {
            return;
        }
        let open = self.flows.borrow().clone();
        let found = open.iter().find(|flow| flow.holds(peer.ip(), server));
        let cut = |flow: &str, reason| Cut { flow: flow.to_owned(), client: peer, server, reason };
        let Some(flow) = found else {
            let _ = self.cuts.try_send(cut("", Reason::NoFlow));
            return reset(&client);
        };
        let each = self.each.entry(flow.name.clone());
        let each =
            each.or_insert_with(|| Arc::new(Semaphore::new(self.limits.sessions_per_flow_max)));
        let places =
            each.clone().try_acquire_owned().ok().zip(self.all.clone().try_acquire_owned().ok());
        let Some(places) = places else {
            let _ = self.cuts.try_send(cut(&flow.name, Reason::TooMany));
            return reset(&client);
        };
        let session = Session {
            client,
            peer,
            server,
            flow: flow.clone(),
            flows: self.flows.clone(),
            limits: self.limits,
        };
        let (name, cuts) = (flow.name.clone(), self.cuts.clone());
        tokio::spawn(async move {
            let refused = session.run().await;
            drop(places);
            if let Some(refusal) = refused {
                let reason = Reason::Refused(refusal);
                let _ = cuts.try_send(Cut { flow: name, client: peer, server, reason });
            }
        });
    }
}

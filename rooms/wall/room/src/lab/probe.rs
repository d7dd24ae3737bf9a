//! Tries every pair of hosts in a lab with real packets: TCP is asked for a
//! connection, UDP for an answer.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Barrier;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use wall_engine::Opening;
use zones::Site;
use zones::site::{Host, Transport};

use super::{Lab, LabError};

/// How long an answer may take: the links are of memory.
const WAIT: Duration = Duration::from_millis(900);
/// A port that no flow has.
const CONTROL: u16 = 9;

/// One try.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tried {
    /// Who.
    pub from: String,
    /// Whom.
    pub to: String,
    /// At which address.
    pub address: IpAddr,
    /// `tcp` or `udp`.
    pub transport: &'static str,
    /// Which port.
    pub port: u16,
    /// True where an open flow says that it is to be reached.
    pub is_approved: bool,
    /// True where it was.
    pub is_reached: bool,
}

/// Everything that was tried.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Probed {
    /// Approved and reached.
    pub reached: usize,
    /// Not approved and refused.
    pub refused: usize,
    /// Of those tries, by IPv6.
    pub over_ipv6: usize,
    /// Reached without approval, or approved and not reached.
    pub wrong: Vec<Tried>,
}

/// Tries every pair of hosts in two networks, at every port that some flow
/// names there and at one that none does.
///
/// # Errors
/// If a namespace cannot be entered.
pub fn probe(lab: &Lab, site: &Site, openings: &[Opening]) -> Result<Probed, LabError> {
    let doors: Vec<BTreeSet<(Transport, u16)>> =
        (0..site.hosts.len()).map(|place| doors_of(site, place)).collect();
    // All listen before any asks, and nobody leaves before all have asked.
    let (open, done) = (Barrier::new(site.hosts.len()), Barrier::new(site.hosts.len()));
    let tried = std::thread::scope(|scope| {
        let started: Vec<_> = site
            .hosts
            .iter()
            .enumerate()
            .map(|(place, host)| {
                let (doors, open, done) = (&doors, &open, &done);
                let tries = tries_of(site, openings, place, doors);
                scope.spawn(move || {
                    let own = doors.get(place).cloned().unwrap_or_default();
                    let stand = || at_host(host, &own, tries, open, done);
                    platform::in_network(&lab.namespace(host), stand).and_then(|tried| tried)
                })
            })
            .collect();
        let mut all = Vec::new();
        for one in started {
            let broke = |_| LabError::Enter(std::io::Error::other("a host's thread broke"));
            all.extend(one.join().map_err(broke)?.map_err(LabError::Enter)?);
        }
        Ok::<_, LabError>(all)
    })?;
    let mut probed = Probed::default();
    for one in tried {
        probed.over_ipv6 += usize::from(one.address.is_ipv6());
        match (one.is_approved, one.is_reached) {
            (true, true) => probed.reached += 1,
            (false, false) => probed.refused += 1,
            (true, false) | (false, true) => probed.wrong.push(one),
        }
    }
    probed.wrong.sort();
    Ok(probed)
}

fn doors_of(site: &Site, place: usize) -> BTreeSet<(Transport, u16)> {
    let flows = site.flows.iter().filter(|flow| flow.to == place);
    let named = flows.map(|flow| (flow.transport, flow.port));
    named.chain([(Transport::Tcp, CONTROL), (Transport::Udp, CONTROL)]).collect()
}

fn tries_of(
    site: &Site,
    openings: &[Opening],
    from: usize,
    doors: &[BTreeSet<(Transport, u16)>],
) -> Vec<Tried> {
    let Some(host) = site.hosts.get(from) else { return Vec::new() };
    let mut tries = Vec::new();
    for (to, other) in site.hosts.iter().enumerate() {
        if other.networks == host.networks {
            continue;
        }
        for address in other.addresses.iter().map(|prefix| prefix.address) {
            let has_family =
                host.addresses.iter().any(|own| own.address.is_ipv4() == address.is_ipv4());
            for (transport, port) in doors.get(to).into_iter().flatten() {
                let is_approved = openings.iter().any(|opening| {
                    site.flows.get(opening.flow).is_some_and(|flow| {
                        (flow.from, flow.to) == (from, to)
                            && (flow.transport, flow.port) == (*transport, *port)
                    })
                });
                if has_family {
                    tries.push(Tried {
                        from: host.name.clone(),
                        to: other.name.clone(),
                        address,
                        transport: transport.name(),
                        port: *port,
                        is_approved,
                        is_reached: false,
                    });
                }
            }
        }
    }
    tries
}

/// Stands as one host: listens at its doors and asks at those of others.
fn at_host(
    host: &Host,
    own: &BTreeSet<(Transport, u16)>,
    tries: Vec<Tried>,
    open: &Barrier,
    done: &Barrier,
) -> std::io::Result<Vec<Tried>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let listening = runtime.and_then(|runtime| {
        let mut doors = JoinSet::new();
        runtime.block_on(listen(host, own, &mut doors))?;
        Ok((runtime, doors))
    });
    // Whatever failed, the others wait here.
    open.wait();
    let tried = match listening {
        Ok((runtime, doors)) => {
            let tried = runtime.block_on(ask(tries));
            // Others may still be asking: answer them meanwhile.
            runtime.block_on(async { tokio::time::sleep(WAIT).await });
            drop(doors);
            Ok(tried)
        }
        Err(why) => Err(why),
    };
    done.wait();
    tried
}

async fn listen(
    host: &Host,
    own: &BTreeSet<(Transport, u16)>,
    doors: &mut JoinSet<()>,
) -> std::io::Result<()> {
    for address in host.addresses.iter().map(|prefix| prefix.address) {
        for (transport, port) in own {
            let place = SocketAddr::new(address, *port);
            match transport {
                Transport::Tcp => {
                    let listener = TcpListener::bind(place).await?;
                    doors.spawn(async move {
                        while let Ok((mut stream, _)) = listener.accept().await {
                            let _ = stream.write_all(b"here").await;
                        }
                    });
                }
                Transport::Udp => {
                    let socket = UdpSocket::bind(place).await?;
                    doors.spawn(async move {
                        let mut bytes = [0; 16];
                        while let Ok((count, from)) = socket.recv_from(&mut bytes).await {
                            let _ =
                                socket.send_to(bytes.get(..count).unwrap_or_default(), from).await;
                        }
                    });
                }
            }
        }
    }
    Ok(())
}

async fn ask(tries: Vec<Tried>) -> Vec<Tried> {
    let mut asking = JoinSet::new();
    for mut one in tries {
        asking.spawn(async move {
            let place = SocketAddr::new(one.address, one.port);
            let asked = async {
                if one.transport == Transport::Tcp.name() {
                    let mut stream = TcpStream::connect(place).await?;
                    let mut word = [0; 4];
                    stream.read_exact(&mut word).await.map(drop)
                } else {
                    let here: IpAddr = match place {
                        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
                        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
                    };
                    let socket = UdpSocket::bind((here, 0)).await?;
                    socket.connect(place).await?;
                    socket.send(b"there?").await?;
                    socket.recv(&mut [0; 16]).await.map(drop)
                }
            };
            one.is_reached = matches!(tokio::time::timeout(WAIT, asked).await, Ok(Ok(())));
            one
        });
    }
    asking.join_all().await
}

//! Tries every pair of hosts in a lab with real packets: TCP is asked for a
//! connection, UDP for an answer.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Barrier;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use wall_engine::{Open, Opening};
use wall_guard::Rule;
use zones::Site;
use zones::site::{Flow, Transport};

use super::spoken;
use super::{GATEWAY_IPV4, GATEWAY_SERVICES_IPV6, Lab, LabError};

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
    /// What is spoken there, if a flow names it: the guard lets nothing else
    /// through.
    #[serde(skip)]
    rule: Option<Rule>,
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

/// What the gateway is called where it is asked.
const GATEWAY: &str = "gateway";

/// One that stands in the lab: where, at which addresses, with which doors, and
/// what it tries.
struct Place {
    namespace: String,
    addresses: Vec<IpAddr>,
    doors: Doors,
    tries: Vec<Tried>,
}

/// Tries every pair of hosts in two networks, at every port that some flow
/// names there and at one that none does; and the gateway from every host, at
/// every port that it serves somebody and at one that it serves nobody.
///
/// # Errors
/// If a namespace cannot be entered.
pub fn probe<'o>(lab: &Lab, site: &Site, open: impl Into<Open<'o>>) -> Result<Probed, LabError> {
    let open = open.into();
    let doors: Vec<Doors> = (0..site.hosts.len()).map(|place| doors_of(site, place)).collect();
    let mut places: Vec<Place> = Vec::new();
    for (place, host) in site.hosts.iter().enumerate() {
        let mut tries = tries_of(site, open.flows, place, &doors);
        tries.extend(at_gateway(site, open, place));
        places.push(Place {
            namespace: lab.namespace(host),
            addresses: host.addresses.iter().map(|prefix| prefix.address).collect(),
            doors: doors.get(place).cloned().unwrap_or_default(),
            tries,
        });
    }
    places.push(Place {
        namespace: lab.gateway(),
        addresses: gateway_addresses(),
        doors: gateway_doors(site),
        tries: Vec::new(),
    });
    // All listen before any asks, and nobody leaves before all have asked.
    let (ready, done) = (Barrier::new(places.len()), Barrier::new(places.len()));
    let tried = std::thread::scope(|scope| {
        let started: Vec<_> = places
            .into_iter()
            .map(|place| {
                let (ready, done) = (&ready, &done);
                scope.spawn(move || {
                    let namespace = place.namespace.clone();
                    let stand = || stand(place, ready, done);
                    platform::in_network(&namespace, stand).and_then(|tried| tried)
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

/// Ports that are listened at, and what is spoken there if a flow names it.
type Doors = BTreeMap<(Transport, u16), Option<Rule>>;

/// Those that no flow has.
fn controls() -> Doors {
    [(Transport::Tcp, CONTROL), (Transport::Udp, CONTROL)].map(|door| (door, None)).into()
}

fn rule_of(flow: &Flow) -> Option<Rule> {
    flow.application.map(|application| Rule::of(application, &flow.servers))
}

fn doors_of(site: &Site, place: usize) -> Doors {
    let flows = site.flows.iter().filter(|flow| flow.to == place);
    let mut doors = controls();
    doors.extend(flows.map(|flow| ((flow.transport, flow.port), rule_of(flow))));
    doors
}

fn gateway_addresses() -> Vec<IpAddr> {
    let own = [GATEWAY_IPV4, GATEWAY_SERVICES_IPV6];
    own.iter().filter_map(|address| address.parse().ok()).collect()
}

fn gateway_doors(site: &Site) -> Doors {
    let served = site.services.iter().map(|service| ((service.transport, service.port), None));
    served.chain(controls()).collect()
}

/// What one host tries at the gateway.
fn at_gateway(site: &Site, open: Open<'_>, from: usize) -> Vec<Tried> {
    let Some(host) = site.hosts.get(from) else { return Vec::new() };
    let serves = |transport: Transport, port: u16| {
        let mut open = open.services.iter().filter_map(|one| site.services.get(one.service));
        open.any(|service| {
            service.from.contains(&from) && (service.transport, service.port) == (transport, port)
        })
    };
    let mut tries = Vec::new();
    for address in gateway_addresses() {
        let mut own = host.addresses.iter().map(|own| own.address);
        if !own.any(|own| own.is_ipv4() == address.is_ipv4()) {
            continue;
        }
        for (transport, port) in gateway_doors(site).into_keys() {
            tries.push(Tried {
                from: host.name.clone(),
                to: GATEWAY.to_owned(),
                address,
                transport: transport.name(),
                port,
                is_approved: serves(transport, port),
                is_reached: false,
                rule: None,
            });
        }
    }
    tries
}

fn tries_of(site: &Site, openings: &[Opening], from: usize, doors: &[Doors]) -> Vec<Tried> {
    let Some(host) = site.hosts.get(from) else { return Vec::new() };
    let mut tries = Vec::new();
    for (to, other) in site.hosts.iter().enumerate() {
        if other.networks == host.networks {
            continue;
        }
        for address in other.addresses.iter().map(|prefix| prefix.address) {
            let has_family =
                host.addresses.iter().any(|own| own.address.is_ipv4() == address.is_ipv4());
            for ((transport, port), spoken) in doors.get(to).into_iter().flatten() {
                let open = openings.iter().filter_map(|opening| site.flows.get(opening.flow));
                let approved = open.into_iter().find(|flow| {
                    (flow.from, flow.to) == (from, to)
                        && (flow.transport, flow.port) == (*transport, *port)
                });
                if has_family {
                    tries.push(Tried {
                        from: host.name.clone(),
                        to: other.name.clone(),
                        address,
                        transport: transport.name(),
                        port: *port,
                        is_approved: approved.is_some(),
                        is_reached: false,
                        rule: approved.map_or_else(|| spoken.clone(), rule_of),
                    });
                }
            }
        }
    }
    tries
}

/// Stands as one of them: listens at its doors and asks at those of others.
fn stand(place: Place, open: &Barrier, done: &Barrier) -> std::io::Result<Vec<Tried>> {
    let Place { addresses, doors: own, tries, .. } = place;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let listening = runtime.and_then(|runtime| {
        let mut doors = JoinSet::new();
        runtime.block_on(listen(&addresses, &own, &mut doors))?;
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

async fn listen(addresses: &[IpAddr], own: &Doors, doors: &mut JoinSet<()>) -> std::io::Result<()> {
    for address in addresses.iter().copied() {
        for ((transport, port), rule) in own {
            let place = SocketAddr::new(address, *port);
            match transport {
                Transport::Tcp => {
                    let listener = TcpListener::bind(place).await?;
                    let rule = rule.clone();
                    doors.spawn(async move {
                        let mut answering = JoinSet::new();
                        while let Ok((stream, _)) = listener.accept().await {
                            answering.spawn(answer(stream, rule.clone()));
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

/// Answers as a server of the protocol does, or with a word.
async fn answer(mut stream: TcpStream, rule: Option<Rule>) -> std::io::Result<()> {
    let Some(rule) = rule else { return stream.write_all(b"here").await };
    if !rule.server_begins() {
        // However much of them came: their first bytes are enough.
        let _ = stream.read(&mut [0; 1_024]).await?;
    }
    stream.write_all(&spoken::answered(&rule)).await?;
    // Whoever asked ends it.
    while stream.read(&mut [0; 1_024]).await? > 0 {}
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
                    if let Some(rule) = &one.rule {
                        stream.write_all(&spoken::asked(rule)).await?;
                    }
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

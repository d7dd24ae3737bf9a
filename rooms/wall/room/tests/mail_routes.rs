//! Mail has one way into LGWAN: the relay that makes text of it. The example
//! town's filter is proved, tried with real packets at every port of mail, and
//! broken on purpose: each hole is found, with a packet that goes through it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::{IpAddr, SocketAddr};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use wall_engine::{Cube, Field, Opening, Ruleset, Set, Span, State, compile, passed, prove};
use wall_room::guarding::{Guarded, Limits};
use wall_room::lab::{Lab, probe};
use zones::site::Host;
use zones::{Site, Zone, read_site};

const ALPHA: &str = include_str!("../../../../examples/midori-city/site.toml");
/// SMTP, submission, IMAP and POP, each with its port of TLS; and where the relay
/// fetches.
const PORTS: [u16; 8] = [25, 465, 587, 143, 993, 110, 995, 2_525];
/// The links are of memory.
const WAIT: Duration = Duration::from_millis(700);

struct Up(Lab);

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.down();
    }
}

fn hosts(site: &Site, zone: Zone) -> Vec<&Host> {
    site.hosts.iter().filter(|host| site.zones_of(host).contains(&zone)).collect()
}

fn all_open(site: &Site) -> Vec<Opening> {
    (0..site.flows.len()).map(|flow| Opening { flow, seconds: Some(600) }).collect()
}

/// Every host of the internet zone asks every one of LGWAN for a connection at
/// every port of mail; who got one.
fn through(lab: &Lab, site: &Site) -> Vec<(String, SocketAddr)> {
    let (askers, asked) = (hosts(site, Zone::Internet), hosts(site, Zone::Lgwan));
    let (ready, done) =
        (Barrier::new(askers.len() + asked.len()), Barrier::new(askers.len() + asked.len()));
    let places: Vec<SocketAddr> = asked
        .iter()
        .flat_map(|host| host.addresses.iter().map(|prefix| prefix.address))
        .flat_map(|address| PORTS.map(|port| SocketAddr::new(address, port)))
        .collect();
    std::thread::scope(|scope| {
        for host in &asked {
            let (ready, done) = (&ready, &done);
            scope.spawn(move || {
                inside(lab, host, async {
                    let mut doors = Vec::new();
                    for prefix in &host.addresses {
                        for port in PORTS {
                            doors.push(TcpListener::bind((prefix.address, port)).await.unwrap());
                        }
                    }
                    ready.wait();
                    done.wait();
                });
            });
        }
        let started: Vec<_> = askers
            .iter()
            .map(|host| {
                let (ready, done, places) = (&ready, &done, &places);
                scope.spawn(move || {
                    inside(lab, host, async {
                        ready.wait();
                        let mut tries = tokio::task::JoinSet::new();
                        for place in places.iter().copied().filter(|place| may_ask(host, *place)) {
                            tries.spawn(async move {
                                let asked = tokio::time::timeout(WAIT, TcpStream::connect(place));
                                (place, matches!(asked.await, Ok(Ok(_))))
                            });
                        }
                        let all = tries.join_all().await;
                        done.wait();
                        let got = all.into_iter().filter(|(_, is_through)| *is_through);
                        got.map(|(place, _)| (host.name.clone(), place)).collect::<Vec<_>>()
                    })
                })
            })
            .collect();
        started.into_iter().flat_map(|one| one.join().unwrap()).collect()
    })
}

/// Who has no address of a family asks nobody by it.
fn may_ask(host: &Host, place: SocketAddr) -> bool {
    host.addresses.iter().any(|own| own.address.is_ipv4() == place.is_ipv4())
}

fn inside<T: Send>(lab: &Lab, host: &Host, work: impl Future<Output = T> + Send) -> T {
    platform::in_network(&lab.namespace(host), || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work)
    })
    .unwrap()
}

/// New connections to LGWAN from the internet zone at a port of mail, as far as
/// the running filter passes them on.
fn passed_on(site: &Site, ruleset: &Ruleset) -> Set {
    let passed = passed(site, ruleset);
    let of = |zone: Zone| {
        let networks = site.networks.iter().filter(move |network| network.zone == zone);
        networks.map(|network| passed.interface(&network.interface).unwrap()).collect::<Vec<_>>()
    };
    let (inward, outward) = (of(Zone::Internet), of(Zone::Lgwan));
    let mut asked = Set::default();
    for (from, to, port) in inward.iter().flat_map(|from| {
        outward.iter().flat_map(move |to| PORTS.iter().map(move |port| (*from, *to, *port)))
    }) {
        let cube = Cube::all()
            .with(Field::Inward, from)
            .and_then(|cube| cube.with(Field::Outward, to))
            .and_then(|cube| cube.with(Field::Protocol, Span::one(6)))
            .and_then(|cube| cube.with(Field::DestinationPort, Span::one(port.into())))
            .and_then(|cube| cube.with(Field::State, Span::one(State::New as u128)));
        asked.add(cube.unwrap());
    }
    passed.may.and(&asked)
}

#[test]
fn no_raw_mail_has_a_way_into_lgwan() {
    let site = read_site(ALPHA).unwrap();
    let lab = Lab::named(&format!("mail{}", std::process::id())).unwrap();
    if let Err(why) = lab.up(&site) {
        eprintln!("skipped: {why}");
        return;
    }
    let up = Up(lab);
    let (lab, open) = (&up.0, all_open(&site));
    let (told, _cuts) = mpsc::channel(1);
    let guard = lab.guard(&site, &open, Limits::default(), told).unwrap();
    lab.kernel().apply(&compile(&site, &open)).unwrap();
    lab.unbolt().unwrap();
    guard.open(Guarded::of(&site, &open, Instant::now()));
    let read = || Ruleset::read(&lab.kernel().ruleset().unwrap()).unwrap();

    let proof = prove(&site, &open, &read());
    assert!(proof.is_proven(), "{proof:#?}");
    assert!(passed_on(&site, &read()).is_empty(), "{:?}", passed_on(&site, &read()).packet());
    assert_eq!(through(lab, &site), []);
    // What is declared is reached all the same: the relay fetches, and sends.
    let mail: Vec<usize> = (0..site.flows.len())
        .filter(|flow| [25, 2_525].contains(&site.flows[*flow].port))
        .collect();
    assert_eq!(mail.len(), 2);
    for flow in &mail {
        let flow = &site.flows[*flow];
        assert!(site.zones_of(&site.hosts[flow.from]).contains(&Zone::Lgwan), "{}", flow.name);
        assert_eq!(site.hosts[flow.from].name, "mail-text-lg", "{}", flow.name);
    }
    let probed = probe(lab, &site, &open[..]).unwrap();
    assert!(probed.wrong.is_empty(), "{:#?}", probed.wrong);

    let server: IpAddr = "10.2.0.25".parse().unwrap();
    let holes = [
        (
            "mail straight from the internet",
            "insert rule inet sekisho gate_forward iifname \"in0\" oifname \"lg0\" tcp dport 25 accept",
            25,
        ),
        (
            "from the relay's outer half to the town's server, around the gate",
            "insert rule inet sekisho gate_forward ip saddr 10.3.0.11 ip daddr 10.2.0.25 tcp dport 25 accept",
            25,
        ),
        (
            "a clerk's program reading a mailbox outside, and the answer's way for anybody",
            "insert rule inet sekisho gate_forward iifname \"in0\" oifname \"lg0\" tcp dport 993 accept",
            993,
        ),
    ];
    for (what, hole, port) in holes {
        lab.kernel().apply(&compile(&site, &open)).unwrap();
        let answers = "insert rule inet sekisho gate_forward iifname \"lg0\" oifname \"in0\" ct state established accept";
        lab.kernel().apply(&format!("{hole}\n{answers}\n")).unwrap();
        let proof = prove(&site, &open, &read());
        let witness = proof
            .violations
            .iter()
            .find(|one| {
                one.invariant.id() == "G4" && one.witness.dport == port && one.witness.oif == "lg0"
            })
            .unwrap_or_else(|| panic!("{what}: {proof:#?}"));
        assert!(!passed_on(&site, &read()).is_empty(), "{what}");
        let got = through(lab, &site);
        let by_it = |(from, to): &(String, SocketAddr)| {
            from == "mail-in" && *to == SocketAddr::new(server, port)
        };
        assert!(got.iter().any(by_it), "{what}: {got:?}");
        println!(
            "{what}: found by {:?}, and {} connections went through",
            witness.witness,
            got.len()
        );
    }
    // The town's server itself as a relay: one element more in a set.
    lab.kernel().apply(&compile(&site, &open)).unwrap();
    assert_eq!(through(lab, &site), [], "mended");
}

/// The file takes no flow that would pass mail on without the relay.
#[test]
fn no_site_declares_a_way_around_the_relay() {
    let around = |from: &str, to: &str, relay: &str| {
        format!(
            "{ALPHA}\n[[flow]]\nname = \"mail-around\"\nfrom = \"{from}\"\nto = \"{to}\"\n\
             protocol = \"tcp\"\nport = 25\napplication = \"smtp\"\n{relay}purpose = \"a\"\n\
             owner = \"情報政策課長\"\nends = 2027-03-31\n"
        )
    };
    for (from, to, relay) in [
        ("mail-in", "mail-lg", ""),
        ("mail-in", "mail-lg", "relay = \"mail-text\"\n"),
        ("cloud-proxy", "mail-lg", ""),
        ("mail-lg", "mail-in", ""),
        ("mail-lg", "cloud-proxy", "relay = \"mail-text\"\n"),
    ] {
        let read = read_site(&around(from, to, relay));
        let faults = read.err().unwrap_or_else(|| panic!("{from} → {to} {relay}"));
        println!("{from} → {to}: {faults:?}");
        assert!(!faults.is_empty());
    }
    // Through the relay's own host, it is one like the town's own.
    assert!(read_site(&around("mail-text-lg", "mail-in", "relay = \"mail-text\"\n")).is_ok());
}

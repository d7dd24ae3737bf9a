//! Sessions under way when a permit ends: by the kernel's own clock, though
//! nobody of ours is there any more, and by a new set of rules.
//! `SEKISHO_SESSIONS=100` tries so many of each; without it there are ten.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use wall_engine::{Opening, compile};
use wall_room::lab::Lab;
use zones::{Site, read_site};

/// The most that a session may live on.
const LATE_MAX: Duration = Duration::from_secs(5);
const BEAT: Duration = Duration::from_millis(40);

struct Up {
    lab: Lab,
    site: Site,
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.lab.down();
    }
}

impl Up {
    fn new(name: &str) -> Option<Self> {
        let text = include_str!("../../../../examples/midori-city/site.toml");
        let site = read_site(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let lab = Lab::named(&format!("{name}{}", std::process::id())).unwrap();
        match lab.up(&site) {
            Ok(()) => Some(Self { lab, site }),
            Err(why) => {
                eprintln!("skipped: {why}");
                None
            }
        }
    }

    fn flow(&self, name: &str) -> usize {
        self.site.flows.iter().position(|flow| flow.name == name).unwrap()
    }

    fn namespace(&self, host: &str) -> String {
        let host = self.site.hosts.iter().find(|one| one.name == host).unwrap();
        self.lab.namespace(host)
    }

    fn open(&self, flows: &[usize], seconds: u64) {
        let openings: Vec<Opening> =
            flows.iter().map(|flow| Opening { flow: *flow, seconds: Some(seconds) }).collect();
        self.lab.kernel().apply(&compile(&self.site, &openings)).unwrap();
        self.lab.unbolt().unwrap();
    }
}

/// When the last answer came.
fn talk_tcp(place: SocketAddr, until: Instant) -> Option<Instant> {
    let mut stream = TcpStream::connect_timeout(&place, Duration::from_secs(2)).ok()?;
    stream.set_read_timeout(Some(BEAT)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut last = None;
    while Instant::now() < until {
        if stream.write_all(b"beat").is_err() {
            break;
        }
        if stream.read(&mut [0; 64]).is_ok_and(|count| count > 0) {
            last = Some(Instant::now());
        }
        thread::sleep(BEAT);
    }
    last
}

fn talk_udp(place: SocketAddr, until: Instant) -> Option<Instant> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.connect(place).unwrap();
    socket.set_read_timeout(Some(BEAT)).unwrap();
    let mut last = None;
    while Instant::now() < until {
        let _ = socket.send(b"beat");
        if socket.recv(&mut [0; 64]).is_ok() {
            last = Some(Instant::now());
        }
        thread::sleep(BEAT);
    }
    last
}

fn serve(counter: &str, renkei: &str, tcp: SocketAddr, udp: SocketAddr) {
    let listener = platform::in_network(counter, || TcpListener::bind(tcp).unwrap()).unwrap();
    let socket = platform::in_network(renkei, || UdpSocket::bind(udp).unwrap()).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut bytes = [0; 64];
                while let Ok(count) = stream.read(&mut bytes) {
                    if count == 0 || stream.write_all(&bytes[..count]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    thread::spawn(move || {
        let mut bytes = [0; 64];
        while let Ok((count, from)) = socket.recv_from(&mut bytes) {
            let _ = socket.send_to(&bytes[..count], from);
        }
    });
}

#[test]
fn a_session_ends_with_its_permit() {
    let Some(up) = Up::new("cut") else { return };
    let wanted: usize =
        std::env::var("SEKISHO_SESSIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(10);
    let flows = [up.flow("counter-print"), up.flow("renkei-udp")];
    let (tcp, udp) = ("10.1.1.101:9100".parse().unwrap(), "10.1.0.20:5140".parse().unwrap());
    serve(&up.namespace("counter-01"), &up.namespace("renkei-mn"), tcp, udp);
    let client = up.namespace("renkei-lg");
    let (mut latest, mut count) = (Duration::ZERO, 0);
    for by_clock in [true, false] {
        up.open(&flows, if by_clock { 3 } else { 600 });
        let end = Instant::now() + Duration::from_secs(3);
        let stop = end + LATE_MAX + Duration::from_secs(1);
        let lasts = thread::scope(|scope| {
            let talks: Vec<_> = (0..wanted * 2)
                .map(|number| {
                    let client = &client;
                    scope.spawn(move || {
                        let talk = || match number % 2 {
                            0 => talk_tcp(tcp, stop),
                            _ => talk_udp(udp, stop),
                        };
                        platform::in_network(client, talk).unwrap()
                    })
                })
                .collect();
            if !by_clock {
                thread::sleep(end.saturating_duration_since(Instant::now()));
                up.open(&[], 0);
            }
            talks.into_iter().map(|talk| talk.join().unwrap()).collect::<Vec<_>>()
        });
        for last in lasts {
            let last = last.expect("it lived while it was allowed");
            assert!(last > end - Duration::from_secs(1), "it lived to its end");
            let late = last.saturating_duration_since(end);
            assert!(late <= LATE_MAX, "lived on for {late:?}");
            latest = latest.max(late);
            count += 1;
        }
    }
    println!("{count} sessions, each over at most {latest:?} after its permit");
}

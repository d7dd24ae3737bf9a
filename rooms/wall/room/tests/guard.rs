//! The guard in a lab: honest sessions of every protocol pass and both ends see
//! each other's addresses; liars are cut and told; sessions end with their
//! permit; without a guard nothing passes. Over IPv4 and IPv6, with real packets.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use wall_engine::{Opening, Ruleset, compile, prove};
use wall_guard::{Side, Why};
use wall_room::guarding::{Cut, Guard, Guarded, Limits, Reason};
use wall_room::lab::Lab;
use zones::{Site, read_site};

const WAIT: Duration = Duration::from_secs(3);
const FIRST_LOOK: Duration = Duration::from_millis(1_200);
/// The most that a session may live on.
const LATE_MAX: Duration = Duration::from_secs(5);

const HEAD: &str = r#"
[site]
body = "みどり市"
model = "alpha"
[[network]]
name = "lg"
zone = "lgwan"
interface = "lg0"
ipv4 = "10.2.0.0/24"
ipv6 = "fd00:2::/64"
[[network]]
name = "net"
zone = "internet"
interface = "in0"
ipv4 = "10.3.0.0/24"
ipv6 = "fd00:3::/64"
[[host]]
name = "desk"
network = "lg"
ipv4 = "10.2.0.10"
ipv6 = "fd00:2::10"
mac = "02:00:00:00:02:10"
owner = "o"
[[host]]
name = "far"
network = "net"
ipv4 = "10.3.0.10"
ipv6 = "fd00:3::10"
owner = "o"
[[relay]]
name = "screens"
kind = "screen-transfer"
host = "desk"
[[relay]]
name = "breakout"
kind = "local-breakout"
host = "desk"
"#;

/// Port, protocol, and the server that TLS may ask for.
const FLOWS: [(u16, &str, &str); 8] = [
    (3389, "rdp", ""),
    (5900, "vnc", ""),
    (1494, "ica", ""),
    (443, "tls", "files-lg.example"),
    (444, "tls", "other.example"),
    (8443, "https", "files-lg.example"),
    (25, "smtp", ""),
    (22, "ssh", ""),
];

fn site() -> Site {
    let mut text = HEAD.to_owned();
    for (port, application, server) in FLOWS {
        let relay =
            if ["rdp", "vnc", "ica"].contains(&application) { "screens" } else { "breakout" };
        let servers =
            if server.is_empty() { String::new() } else { format!("servers = [\"{server}\"]\n") };
        text.push_str(&format!(
            "[[flow]]\nname = \"{application}-{port}\"\nfrom = \"desk\"\nto = \"far\"\nprotocol = \"tcp\"\n\
             port = {port}\napplication = \"{application}\"\n{servers}relay = \"{relay}\"\n\
             purpose = \"p\"\nowner = \"o\"\nends = 2027-03-31\n"
        ));
    }
    read_site(&text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

type Spoken = Vec<(Side, Vec<u8>)>;

fn recording(text: &str) -> Spoken {
    let line = |line: &str| {
        let (who, hex) = line.split_once(' ').unwrap();
        let digits: Vec<u32> = hex.chars().map(|one| one.to_digit(16).unwrap()).collect();
        let bytes = digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap());
        (if who == "C" { Side::Client } else { Side::Server }, bytes.collect())
    };
    text.lines().map(line).collect()
}

macro_rules! real {
    ($name:literal) => {
        recording(include_str!(concat!("../../guard/tests/first_bytes/real/", $name, ".txt")))
    };
}

struct Up {
    lab: Lab,
    site: Site,
    guard: Option<Guard>,
    cuts: mpsc::Receiver<Cut>,
}

impl Drop for Up {
    fn drop(&mut self) {
        self.guard = None;
        let _ = self.lab.down();
    }
}

impl Up {
    fn new(name: &str, limits: Limits) -> Option<Self> {
        let site = site();
        let lab = Lab::named(&format!("{name}{}", std::process::id())).unwrap();
        if let Err(why) = lab.up(&site) {
            eprintln!("skipped: {why}");
            return None;
        }
        let (told, cuts) = mpsc::channel(64);
        let mut up = Self { lab, site, guard: None, cuts };
        up.rule(&up.all(600));
        up.lab.unbolt().unwrap();
        up.guard = Some(up.lab.guard(&up.site, &up.all(600), limits, told).unwrap());
        Some(up)
    }

    fn all(&self, seconds: u64) -> Vec<Opening> {
        (0..FLOWS.len()).map(|flow| Opening { flow, seconds: Some(seconds) }).collect()
    }

    fn rule(&self, open: &[Opening]) {
        self.lab.kernel().apply(&compile(&self.site, open)).unwrap();
    }

    fn within<T: Send>(&self, host: &str, run: impl FnOnce() -> T + Send) -> T {
        let host = self.site.hosts.iter().find(|one| one.name == host).unwrap();
        platform::in_network(&self.lab.namespace(host), run).unwrap()
    }

    /// Plays both sides of a session; what the server saw and whether each side
    /// came to its end.
    fn play(&self, place: SocketAddr, client: &Spoken, server: &Spoken) -> Played {
        let listener = self.within("far", || TcpListener::bind(place).unwrap());
        listener.set_nonblocking(true).unwrap();
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let served = scope.spawn(|| {
                let mut accepted = listener.accept();
                while accepted.is_err() && !is_over.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(5));
                    accepted = listener.accept();
                }
                let (stream, peer) = accepted.ok()?;
                stream.set_nonblocking(false).unwrap();
                Some((peer, speak(stream, server, Side::Server)))
            });
            let done = self.within("desk", || {
                let stream = TcpStream::connect_timeout(&place, WAIT);
                stream
                    .map_err(|why| why.kind())
                    .and_then(|stream| speak(stream, client, Side::Client))
            });
            is_over.store(true, Ordering::Relaxed);
            Played { client: done, server: served.join().unwrap() }
        })
    }

    fn cut(&mut self) -> Cut {
        let end = Instant::now() + WAIT;
        loop {
            match self.cuts.try_recv() {
                Ok(cut) => return cut,
                Err(_) if Instant::now() < end => thread::sleep(Duration::from_millis(10)),
                Err(why) => panic!("nothing was told: {why}"),
            }
        }
    }
}

struct Played {
    client: Result<(), ErrorKind>,
    server: Option<(SocketAddr, Result<(), ErrorKind>)>,
}

/// Says one side's words and hears the other's, to the byte.
fn speak(mut stream: TcpStream, spoken: &Spoken, own: Side) -> Result<(), ErrorKind> {
    stream.set_read_timeout(Some(WAIT)).unwrap();
    for (side, bytes) in spoken {
        if *side == own {
            stream.write_all(bytes).map_err(|why| why.kind())?;
            continue;
        }
        let mut heard = vec![0; bytes.len()];
        stream.read_exact(&mut heard).map_err(|why| why.kind())?;
        if heard != *bytes {
            return Err(ErrorKind::InvalidData);
        }
    }
    Ok(())
}

fn places(port: u16) -> [SocketAddr; 2] {
    let of = |address: &str| SocketAddr::new(address.parse::<IpAddr>().unwrap(), port);
    [of("10.3.0.10"), of("fd00:3::10")]
}

fn patient() -> Limits {
    Limits { first_look: FIRST_LOOK, ..Limits::default() }
}

fn ica() -> Spoken {
    let word = || b"\x7f\x7fICA\0".to_vec();
    vec![(Side::Server, word()), (Side::Client, word()), (Side::Server, b"more".to_vec())]
}

#[test]
fn honest_sessions_pass_and_both_ends_keep_their_addresses() {
    let Some(mut up) = Up::new("honest", patient()) else { return };
    let proof =
        prove(&up.site, &up.all(600), &Ruleset::read(&up.lab.kernel().ruleset().unwrap()).unwrap());
    assert!(proof.is_proven(), "{proof:#?}");
    let mut count = 0;
    for (port, spoken) in [
        (3389, real!("rdp-tls")),
        (5900, real!("vnc")),
        (1494, ica()),
        (443, real!("tls13")),
        (443, real!("tls13-retry")),
        (443, real!("tls12")),
        (8443, real!("tls12-given")),
        (8443, real!("curl")),
        (25, real!("smtp")),
        (22, real!("ssh")),
    ] {
        for place in places(port) {
            let played = up.play(place, &spoken, &spoken);
            assert_eq!(played.client, Ok(()), "{place}: {:?}", up.cuts.try_recv());
            let (peer, server) = played.server.unwrap();
            assert_eq!(server, Ok(()), "{place}");
            let own = if place.is_ipv4() { "10.2.0.10" } else { "fd00:2::10" };
            assert_eq!(peer.ip(), own.parse::<IpAddr>().unwrap(), "the server sees the client");
            count += 1;
        }
    }
    assert!(up.cuts.try_recv().is_err());
    println!("{count} honest sessions passed");
}

fn client(bytes: &[u8]) -> Spoken {
    vec![(Side::Client, bytes.to_vec()), (Side::Server, b"answer".to_vec())]
}

#[test]
fn liars_are_cut_on_both_sides_and_told() {
    let Some(mut up) = Up::new("liars", patient()) else { return };
    let http = client(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let ssh = client(b"SSH-2.0-OpenSSH_9.2\r\n");
    let silent = vec![real!("rdp-tls")[0].clone(), (Side::Server, b"answer".to_vec())];
    let answer: Spoken = vec![(Side::Server, b"HTTP/1.1 200 OK\r\n\r\n".to_vec())];
    // Each waits for a byte that never comes.
    let nothing: Spoken = vec![silent[0].clone(), (Side::Client, vec![0])];
    let confirmed = real!("rdp-tls")[..2].to_vec();
    let stopping = [&confirmed[..], &[(Side::Server, vec![0])]].concat();
    let waiting = [&confirmed[..], &[(Side::Client, vec![0])]].concat();
    let mut count = 0;
    for (port, client, server, side, why, kind) in [
        (3389, &http, &answer, Side::Client, Why::Other, "http"),
        (3389, &real!("rdp-plain"), &answer, Side::Client, Why::PlainScreen, "rdp"),
        (3389, &silent, &nothing, Side::Server, Why::Silent, "nothing"),
        (3389, &stopping, &waiting, Side::Client, Why::Silent, "rdp"),
        (3389, &silent, &answer, Side::Server, Why::Other, "http"),
        (5900, &http, &answer, Side::Client, Why::Other, "http"),
        (1494, &http, &answer, Side::Client, Why::Other, "http"),
        (443, &ssh, &answer, Side::Client, Why::Other, "ssh"),
        (443, &real!("tls-no-name"), &answer, Side::Client, Why::NoName, "tls"),
        (444, &real!("tls13"), &answer, Side::Client, Why::OtherName, "tls"),
        (8443, &real!("tls12"), &real!("tls12"), Side::Server, Why::NotDemanded, "tls"),
        (
            8443,
            &real!("tls12-not-given"),
            &real!("tls12-not-given"),
            Side::Client,
            Why::NotGiven,
            "tls",
        ),
        (25, &real!("tls13"), &answer, Side::Client, Why::Other, "tls"),
        (22, &http, &answer, Side::Client, Why::Other, "http"),
    ] {
        for place in places(port) {
            // Where the server is to speak first it waits, so that the liar does.
            let server: Spoken = if [22, 25, 1494, 5900].contains(&port) {
                std::iter::once((Side::Client, vec![0; 4])).chain(server.iter().cloned()).collect()
            } else {
                server.clone()
            };
            let played = up.play(place, client, &server);
            assert!(played.client.is_err(), "{place} let it through");
            let cut = up.cut();
            let Reason::Refused(refusal) = cut.reason else { panic!("{cut:?}") };
            assert_eq!((refusal.side, refusal.why), (side, why), "{place}: {refusal}");
            assert_eq!(refusal.kind.name(), kind, "{place}: {refusal}");
            assert!(cut.flow.ends_with(&port.to_string()) && cut.server == place, "{cut:?}");
            let own = if place.is_ipv4() { "10.2.0.10" } else { "fd00:2::10" };
            assert_eq!(cut.client.ip(), own.parse::<IpAddr>().unwrap());
            let begins_itself = [3389, 443, 444, 8443].contains(&port) && side == Side::Client;
            let is_first = !matches!(why, Why::NotGiven | Why::Silent);
            if begins_itself && is_first {
                assert!(played.server.is_none(), "{place}: the liar reached the server");
            }
            count += 1;
        }
    }
    println!("{count} liars cut and told");
}

#[test]
fn without_a_guard_nothing_passes_and_one_flow_has_so_many_sessions() {
    let limits = Limits { sessions_per_flow_max: 2, ..patient() };
    let Some(mut up) = Up::new("limits", limits) else { return };
    let place = places(22)[0];
    let listener = up.within("far", || TcpListener::bind(place).unwrap());
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.write_all(b"SSH-2.0-a\r\n");
            thread::spawn(move || while stream.read(&mut [0; 64]).is_ok_and(|count| count > 0) {});
        }
    });
    let ask = |up: &Up| {
        up.within("desk", || {
            let mut stream = TcpStream::connect_timeout(&place, Duration::from_millis(700)).ok()?;
            stream.set_read_timeout(Some(WAIT)).unwrap();
            stream.write_all(b"SSH-2.0-b\r\n").ok()?;
            stream.read_exact(&mut [0; 11]).ok().map(|()| stream)
        })
    };
    let kept: Vec<Option<TcpStream>> = (0..2).map(|_| ask(&up)).collect();
    assert!(kept.iter().all(Option::is_some));
    assert!(ask(&up).is_none());
    assert_eq!(up.cut().reason, Reason::TooMany);
    drop(kept);
    thread::sleep(Duration::from_millis(200));
    assert!(ask(&up).is_some(), "places are free again");
    up.guard = None;
    assert!(ask(&up).is_none(), "no guard, and it passed");
    // Nor where a program of the gateway listens at that port for everybody.
    let gateway = up.lab.gateway();
    let other =
        platform::in_network(&gateway, || TcpListener::bind("0.0.0.0:22").unwrap()).unwrap();
    other.set_nonblocking(true).unwrap();
    assert!(ask(&up).is_none());
    assert!(other.accept().is_err(), "the gateway took it itself");
}

/// Says something every 40 ms until nothing comes back; when the last word came.
fn talk(place: SocketAddr, until: Instant) -> Option<Instant> {
    let mut stream = TcpStream::connect_timeout(&place, WAIT).ok()?;
    stream.set_read_timeout(Some(Duration::from_millis(40))).unwrap();
    stream.write_all(b"SSH-2.0-b\r\n").ok()?;
    let mut last = None;
    while Instant::now() < until {
        if stream.write_all(b"beat").is_err() {
            break;
        }
        if stream.read(&mut [0; 64]).is_ok_and(|count| count > 0) {
            last = Some(Instant::now());
        }
        thread::sleep(Duration::from_millis(40));
    }
    last
}

#[test]
fn guarded_sessions_end_with_their_permit() {
    let Some(up) = Up::new("gend", patient()) else { return };
    let all = places(22);
    for place in all {
        let listener = up.within("far", || TcpListener::bind(place).unwrap());
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                thread::spawn(move || {
                    let _ = stream.write_all(b"SSH-2.0-a\r\n");
                    let mut bytes = [0; 64];
                    while let Ok(count) = stream.read(&mut bytes) {
                        if count == 0 || stream.write_all(&bytes[..count]).is_err() {
                            break;
                        }
                    }
                });
            }
        });
    }
    let mut latest = Duration::ZERO;
    // By the kernel's clock although the guard is told of no end; by the guard's
    // clock and the kernel of none; by a new set of rules.
    for (kernel, guard) in [(Some(3), None), (None, Some(3)), (None, None)] {
        let of = |seconds| vec![Opening { flow: 7, seconds }];
        up.rule(&of(kernel));
        let told = |open: &[Opening]| {
            let flows = Guarded::of(&up.site, open, Instant::now());
            up.guard.as_ref().unwrap().open(flows);
        };
        told(&of(guard));
        let end = Instant::now() + Duration::from_secs(3);
        let stop = end + LATE_MAX + Duration::from_secs(1);
        let lasts = thread::scope(|scope| {
            let talks: Vec<_> = (0..8)
                .map(|number| {
                    let up = &up;
                    scope.spawn(move || up.within("desk", || talk(all[number % 2], stop)))
                })
                .collect();
            if kernel.is_none() && guard.is_none() {
                thread::sleep(end.saturating_duration_since(Instant::now()));
                up.rule(&[]);
                told(&[]);
            }
            talks.into_iter().map(|talk| talk.join().unwrap()).collect::<Vec<_>>()
        });
        for last in lasts {
            let last = last.expect("it lived while it was allowed");
            assert!(last > end - Duration::from_secs(1), "it lived to its end");
            let late = last.saturating_duration_since(end);
            assert!(late <= LATE_MAX, "lived on for {late:?} ({kernel:?} {guard:?})");
            latest = latest.max(late);
        }
    }
    println!("24 guarded sessions, each over at most {latest:?} after its permit");
}

#[test]
fn programs_of_every_day_pass() {
    let has = |name: &str| {
        let asked = Command::new("sh").args(["-c", &format!("command -v {name}")]).output();
        asked.is_ok_and(|done| done.status.success())
    };
    if !has("openssl") || !has("curl") {
        eprintln!("skipped: needs openssl and curl");
        return;
    }
    let Some(mut up) = Up::new("daily", patient()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let inside = |host: &str, words: &str| {
        let host = up.site.hosts.iter().find(|one| one.name == host).unwrap();
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &up.lab.namespace(host), "sh", "-c", words]);
        command.current_dir(folder.path()).stdin(Stdio::null()).stderr(Stdio::null());
        command
    };
    let made = inside(
        "far",
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=files-lg.example \
         -keyout key -out crt",
    );
    assert!({ made }.output().unwrap().status.success());
    let mut serving = inside("far", "exec openssl s_server -accept 443 -cert crt -key key -www")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(600));
    let ask = |host: &str, address: &str| {
        let words = format!(
            "curl -sk -m 5 -o /dev/null -w '%{{http_code}}' --resolve '{host}:443:{address}' https://{host}/"
        );
        String::from_utf8(inside("desk", &words).output().unwrap().stdout).unwrap()
    };
    let told: Vec<String> = [
        ("files-lg.example", "10.3.0.10"),
        ("files-lg.example", "[fd00:3::10]"),
        ("evil.example", "10.3.0.10"),
    ]
    .map(|(host, address)| ask(host, address))
    .into();
    let _ = serving.kill();
    let _ = serving.wait();
    assert_eq!(told, ["200", "200", "000"]);
    let Reason::Refused(refusal) = up.cut().reason else { panic!("no refusal") };
    assert_eq!(refusal.why, Why::OtherName);
}

//! The engine against the kernel, on rules that nobody would write: whatever
//! the kernel lets through the engine says may pass, and whatever the engine
//! says surely passes does. Real packets in namespaces.
//! `SEKISHO_RULESETS=200` tries so many; without it there are twelve.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use wall_engine::{Field, Packet, Ruleset, Span, State, passed};
use wall_room::KernelError;
use wall_room::lab::Lab;
use zones::{Site, read_site};

const PORTS: std::ops::Range<u16> = 2_000..2_040;
const FROM_PORT: u16 = 40_000;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }

    fn condition(&mut self) -> String {
        let low = 2_000 + self.roll(30);
        let high = low + self.roll(15);
        match self.roll(14) {
            0 => format!("udp dport {low}"),
            1 => format!("udp dport {low}-{high}"),
            2 => format!("udp dport != {low}-{high}"),
            3 => format!("udp dport {{ {low}, {} }}", high + 1),
            4 => format!(
                "ip saddr {}",
                self.pick(&["10.1.0.10", "10.2.0.10", "10.2.0.0/28", "10.0.0.0/8"])
            ),
            5 => format!("ip daddr != {}", self.pick(&["10.1.0.10", "10.2.0.20", "10.3.0.0/24"])),
            6 => format!("ip6 saddr {}", self.pick(&["fd00:1::10", "fd00:2::/64", "::/0"])),
            7 => format!("iifname {}", self.pick(&["mn0", "lg0", "in0", "\"l*\"", "{ mn0, in0 }"])),
            8 => format!("oifname != {}", self.pick(&["mn0", "lg0", "in0"])),
            9 => format!("meta l4proto {}", self.pick(&["udp", "tcp", "{ tcp, udp }"])),
            10 => format!(
                "ct state {}",
                self.pick(&["new", "established", "new,established", "invalid"])
            ),
            11 => format!("udp dport < {high}"),
            12 => format!("meta nfproto {}", self.pick(&["ipv4", "ipv6"])),
            _ => format!(
                "ip saddr . udp dport {{ 10.2.0.10 . {low}, 10.1.0.10 . {low}-{high}, 10.2.0.0/24 . {high} }}"
            ),
        }
    }

    fn rule(&mut self, may_jump: bool) -> String {
        let conditions: Vec<String> = (0..self.roll(3)).map(|_| self.condition()).collect();
        let conditions = conditions.join(" ");
        let low = 2_000 + self.roll(30);
        let verdict = match self.roll(if may_jump { 12 } else { 9 }) {
            0..4 => "accept".to_owned(),
            4..7 => "drop".to_owned(),
            7 => "return".to_owned(),
            8 => format!("udp dport vmap {{ {low} : accept, {}-{} : drop }}", low + 1, low + 6),
            9 => "jump side_a".to_owned(),
            10 => "jump side_b".to_owned(),
            _ => "goto side_a".to_owned(),
        };
        // One that says nothing of packets would decide everything at once.
        let unless = if conditions.is_empty() { self.condition() } else { conditions };
        format!("{unless} counter {verdict}")
    }

    fn ruleset(&mut self) -> String {
        let mut text = "flush ruleset\ntable inet t {\n".to_owned();
        for name in ["side_b", "side_a"] {
            let _ = writeln!(text, "  chain {name} {{");
            for _ in 0..self.roll(4) {
                let _ = writeln!(text, "    {}", self.rule(false));
            }
            text.push_str("  }\n");
        }
        let policy = self.pick(&["accept", "drop", "drop"]);
        let _ = write!(
            text,
            "  chain f {{\n    type filter hook forward priority 0; policy {policy};\n"
        );
        for _ in 0..2 + self.roll(8) {
            let _ = writeln!(text, "    {}", self.rule(true));
        }
        text.push_str("  }\n}\n");
        if self.roll(3) == 0 {
            let rule = self.rule(false);
            let _ = write!(
                text,
                "table ip late {{\n  chain f {{\n    type filter hook forward priority 5; policy accept;\n    {}\n  }}\n}}\n",
                rule.replace("ip6 saddr fd00:1::10", "ip saddr 10.1.0.10")
                    .replace("ip6 saddr fd00:2::/64", "ip saddr 10.2.0.0/24")
                    .replace("ip6 saddr ::/0", "ip saddr 0.0.0.0/0")
            );
        }
        text
    }
}

struct Up(Lab);

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.down();
    }
}

/// One packet: from which host to which, at which address and port.
type Sent = (usize, usize, IpAddr, u16);

struct Sockets {
    sockets: Vec<Vec<(IpAddr, u16, UdpSocket)>>,
}

impl Sockets {
    fn open(lab: &Lab, site: &Site) -> Self {
        let of = |host: &zones::site::Host| {
            platform::in_network(&lab.namespace(host), || {
                let mut all = Vec::new();
                for prefix in &host.addresses {
                    for port in PORTS.chain([FROM_PORT]) {
                        let place = SocketAddr::new(prefix.address, port);
                        let socket = UdpSocket::bind(place).unwrap();
                        socket.set_nonblocking(true).unwrap();
                        all.push((prefix.address, port, socket));
                    }
                }
                all
            })
            .unwrap()
        };
        Self { sockets: site.hosts.iter().map(of).collect() }
    }

    /// Sends everything and says what came.
    fn fire(&self, site: &Site, round: u32) -> (Vec<Sent>, BTreeSet<Sent>) {
        let mut sent = Vec::new();
        for (from, host) in site.hosts.iter().enumerate() {
            for (to, other) in site.hosts.iter().enumerate() {
                if host.networks == other.networks {
                    continue;
                }
                for address in other.addresses.iter().map(|prefix| prefix.address) {
                    let own = self.sockets[from].iter().find(|(own, port, _)| {
                        own.is_ipv4() == address.is_ipv4() && *port == FROM_PORT
                    });
                    let Some((_, _, socket)) = own else { continue };
                    for port in PORTS {
                        let word = format!("{round} {from}");
                        if socket.send_to(word.as_bytes(), (address, port)).is_ok() {
                            sent.push((from, to, address, port));
                        }
                    }
                }
            }
        }
        thread::sleep(Duration::from_millis(250));
        let mut came = BTreeSet::new();
        for (to, sockets) in self.sockets.iter().enumerate() {
            for (address, port, socket) in sockets {
                let mut bytes = [0; 32];
                while let Ok((count, _)) = socket.recv_from(&mut bytes) {
                    let word = String::from_utf8_lossy(&bytes[..count]).into_owned();
                    let Some((said, from)) = word.split_once(' ') else { continue };
                    if said == round.to_string() {
                        came.insert((from.parse().unwrap(), to, *address, *port));
                    }
                }
            }
        }
        (sent, came)
    }
}

#[test]
fn the_kernel_agrees_on_rules_that_nobody_would_write() {
    let text = include_str!("../../engine/tests/kernel/site.toml");
    let site = read_site(text).unwrap();
    let lab = Lab::named(&format!("agree{}", std::process::id())).unwrap();
    if let Err(why) = lab.up(&site) {
        eprintln!("skipped: {why}");
        return;
    }
    let up = Up(lab);
    let field = Sockets::open(&up.0, &site);
    let rulesets: u32 =
        std::env::var("SEKISHO_RULESETS").ok().and_then(|count| count.parse().ok()).unwrap_or(12);
    let mut dice = Dice(7);
    let (mut packets, mut through, mut unsure) = (0, 0, 0);
    // Neighbours are found before anything is measured.
    up.0.kernel().apply("flush ruleset\n").unwrap();
    let (sent, came) = field.fire(&site, 0);
    assert_eq!(sent.len(), came.len(), "an open gateway lets everything through");
    for round in 1..=rulesets {
        // What contradicts itself nft does not take: another is rolled.
        let script = loop {
            let script = dice.ruleset();
            match up.0.kernel().apply(&script) {
                Ok(()) => break script,
                Err(KernelError::Refused(why))
                    if ["conflicting", "only useful"].iter().any(|one| why.contains(one)) => {}
                Err(why) => panic!("{why}\n{script}"),
            }
        };
        forget(&up.0);
        let passed = passed(&site, &Ruleset::read(&up.0.kernel().ruleset().unwrap()).unwrap());
        let (sent, came) = field.fire(&site, round);
        for one in sent {
            let packet = packet(&site, &passed, one);
            let is_through = came.contains(&one);
            let (may, surely) = (passed.may.holds(&packet), passed.surely.holds(&packet));
            assert!(!is_through || may, "passed, and may not: {one:?} {packet:?}\n{script}");
            assert!(is_through || !surely, "did not pass, and surely does: {one:?}\n{script}");
            packets += 1;
            through += usize::from(is_through);
            unsure += usize::from(may != surely);
        }
    }
    println!(
        "{packets} packets through {rulesets} rulesets: {through} passed, 0 disagreements, {unsure} not decided"
    );
    assert!(through > 0 && packets > through && unsure * 100 < packets);
}

/// Has the kernel forget connections, so that each packet begins one.
fn forget(lab: &Lab) {
    // Time-outs of two seconds would be waited for; a table of notrack and back
    // is not needed: each round has ports of the same name, so they are flushed.
    let done = std::process::Command::new("ip")
        .args(["netns", "exec", &lab.gateway(), "conntrack", "-F"])
        .output();
    assert!(done.is_ok_and(|done| done.status.success()), "conntrack -F");
}

fn packet(site: &Site, passed: &wall_engine::Passed, one: Sent) -> Packet {
    let (from, to, address, port) = one;
    let interface = |host: usize| {
        let network = &site.networks[site.hosts[host].networks[0]];
        passed.interface(&network.interface).unwrap().first()
    };
    let of = |address: IpAddr| match address {
        IpAddr::V4(address) => Span::ipv4(address, 32).unwrap().first(),
        IpAddr::V6(address) => u128::from(address),
    };
    let own =
        site.hosts[from].addresses.iter().find(|own| own.address.is_ipv4() == address.is_ipv4());
    Packet::new([
        (Field::Inward, interface(from)),
        (Field::Outward, interface(to)),
        (Field::Hardware, 0),
        (Field::Source, of(own.unwrap().address)),
        (Field::Destination, of(address)),
        (Field::Protocol, 17),
        (Field::SourcePort, FROM_PORT.into()),
        (Field::DestinationPort, port.into()),
        (Field::State, State::New as u128),
    ])
}

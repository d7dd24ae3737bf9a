//! Sites of every shape, right from the compiler: the kernel takes them and
//! the proof has nothing to say. Whatever a name looks like, nft reads it as a
//! name.

use std::fmt::Write as _;

use wall_engine::{Opening, compile};
use zones::{Site, read_site};

use crate::namespace::Namespace;
use crate::proof_of;

const SITES: u64 = 120;

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
}

/// Words of nft's grammar and of shells, and names at the edge of what is
/// allowed.
const WORDS: [&str; 48] = [
    "fwd", "accept", "drop", "reject", "queue", "continue", "return", "jump", "goto", "add",
    "delete", "insert", "replace", "create", "flush", "list", "table", "chain", "rule", "set",
    "map", "element", "type", "hook", "policy", "priority", "device", "flags", "timeout", "size",
    "counter", "log", "limit", "meta", "ct", "ip", "ip6", "inet", "tcp", "udp", "th", "vmap",
    "include", "define", "0", "-", ".", "a..-9",
];

/// A network in a zone each, two of LGWAN, with hosts and flows between them.
fn any_site(dice: &mut Dice) -> Site {
    let mut text =
        "[site]\nbody = \"町\"\nmodel = \"alpha\"\nprefix-min-ipv4 = 24\nprefix-min-ipv6 = 64\n"
            .to_owned();
    let networks =
        [("mn", "mynumber", 1), ("lg", "lgwan", 2), ("lh", "lgwan", 3), ("net", "internet", 4)];
    let mut hosts: Vec<(String, usize)> = Vec::new();
    for (place, (name, zone, number)) in networks.iter().enumerate() {
        let _ = write!(
            text,
            "[[network]]\nname = \"{name}\"\nzone = \"{zone}\"\ninterface = \"if{number}\"\nipv4 = \"10.{number}.0.0/16\"\nipv6 = \"fd00:{number}::/32\"\n"
        );
        for host in 0..2 + dice.roll(6) {
            let own = format!("{name}-{host}");
            let _ =
                write!(text, "[[host]]\nname = \"{own}\"\nnetwork = \"{name}\"\nowner = \"o\"\n");
            let families = dice.roll(3);
            let (wide, octet) = (dice.roll(5) == 0, host + 10);
            if families != 0 {
                let address = if wide {
                    format!("10.{number}.{octet}.0/24")
                } else {
                    format!("10.{number}.0.{octet}")
                };
                let _ = writeln!(text, "ipv4 = \"{address}\"");
            }
            if families != 1 {
                let address = if wide {
                    format!("fd00:{number}:{octet}::/64")
                } else {
                    format!("fd00:{number}::{octet}")
                };
                let _ = writeln!(text, "ipv6 = \"{address}\"");
            }
            if dice.roll(2) == 0 {
                let _ = writeln!(text, "mac = \"02:00:00:00:{number:02}:{octet:02}\"");
            }
            hosts.push((own, place));
        }
    }
    let _ = write!(text, "[[relay]]\nname = \"r\"\nkind = \"sanitiser\"\nhost = \"lg-0\"\n");
    for number in 0..dice.roll(60) {
        let pick = |dice: &mut Dice| {
            hosts[usize::try_from(dice.roll(hosts.len() as u64)).unwrap()].clone()
        };
        let ((from, a), (to, b)) = (pick(dice), pick(dice));
        let zone = |place: usize| networks[place].1;
        let is_crossing = zone(a) != zone(b) && [zone(a), zone(b)].contains(&"lgwan");
        let over_internet = [zone(a), zone(b)].contains(&"internet");
        if !is_crossing || (over_internet && from != "lg-0" && to != "lg-0") {
            continue;
        }
        let relay = if over_internet { "relay = \"r\"\n" } else { "" };
        let word = WORDS[usize::try_from(dice.roll(WORDS.len() as u64)).unwrap()];
        let (protocol, port) =
            (if dice.roll(3) == 0 { "udp" } else { "tcp" }, 1 + dice.roll(65_535));
        let is_guarded = protocol == "tcp" && dice.roll(2) == 0;
        let application = if is_guarded { "application = \"ssh\"\n" } else { "" };
        let _ = write!(
            text,
            "[[flow]]\nname = \"{word}{number}\"\nfrom = \"{from}\"\nto = \"{to}\"\nprotocol = \"{protocol}\"\nport = {port}\n{relay}{application}purpose = \"p\"\nowner = \"o\"\nends = 2027-03-31\n"
        );
    }
    read_site(&text).unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"))
}

#[test]
fn a_clean_site_gives_no_alarm() {
    let Some(namespace) = Namespace::new("sites") else { return };
    let (mut dice, mut flows) = (Dice(3), 0);
    for number in 0..SITES {
        let site = any_site(&mut dice);
        let mut open: Vec<Opening> = crate::all_open(&site);
        open.retain(|_| dice.roll(4) != 0);
        let script = compile(&site, &open);
        namespace.load(&script).unwrap_or_else(|why| panic!("{why}\n{script}"));
        let proof = proof_of(&site, &open, &namespace);
        assert!(proof.is_proven(), "site {number}: {proof:#?}\n{script}");
        flows += open.len();
    }
    println!("{SITES} sites with {flows} open flows, 0 alarms");
    assert!(flows > 300);
}

#[test]
fn every_name_is_read_as_a_name() {
    let Some(namespace) = Namespace::new("names") else { return };
    for word in WORDS {
        for name in [
            word.to_owned(),
            format!("{word}-1"),
            format!("{word}.a"),
            word.repeat(40).chars().take(40).collect(),
        ] {
            let text = include_str!("site.toml").replace("sanitiser-pull", &name);
            let site = read_site(&text).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
            let open = crate::all_open(&site);
            let script = compile(&site, &open);
            namespace.load(&script).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
    }
}

//! Flows that the guard reads first (`application`): what steers them into it
//! and lets only its own two legs through, as text; and the same legs as
//! packets, without that text.
//!
//! A guarded flow never passes the hook `forward`. Its packets are taken to the
//! guard's socket on the gateway (TPROXY) and the guard speaks with the server in
//! the client's name, so that both ends see each other's addresses. Each leg is
//! looked up in timed sets where it is steered, where the gateway takes it and
//! where the gateway sends it: with the permit all of them end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;

use zones::site::{Flow, Host, Mac, Prefix, Site};

use crate::compile::{Element, Holds, Opening, Shape, set, shown};
use crate::expression::{Interfaces, State, mac_value};
use crate::space::{Cube, Field, Packet, Set, Span};

/// The port of loopback at which the guard listens; packets come to it with
/// their own addresses.
pub const GUARD_PORT: u16 = 15_113;
/// The mark of packets that the gateway is to take itself; a rule of its routing
/// looks at it (`ip rule fwmark`).
pub const GUARD_MARK: u32 = 0x5e_1d00;

/// Elements of one set, by network and shape.
type Sets = BTreeMap<(usize, Shape), BTreeSet<Element>>;

/// The guarded flows that are open, and where all that there are end.
#[derive(Default)]
pub(crate) struct Ward {
    /// From clients, by the network that they come from.
    asked: Sets,
    /// From servers, by the network that they come from.
    answered: Sets,
    /// From the guard to servers and back to clients, by the network that it
    /// leaves to.
    asks: Sets,
    answers: Sets,
    /// Addresses at the ends of every guarded flow of the site: whatever the
    /// gateway takes for them or sends in their name is the guard's or nobody's.
    held: BTreeMap<bool, BTreeSet<String>>,
}

impl Ward {
    /// Nothing is open yet.
    pub(crate) fn of(site: &Site) -> Self {
        let mut ward = Self::default();
        for prefix in held(site) {
            let is_ipv4 = prefix.address.is_ipv4();
            ward.held.entry(is_ipv4).or_default().insert(shown(&prefix));
        }
        ward
    }

    /// Opens a flow.
    pub(crate) fn add(&mut self, site: &Site, flow: &Flow, seconds: Option<u64>) -> Option<()> {
        let (from, to) = (site.hosts.get(flow.from)?, site.hosts.get(flow.to)?);
        let (inward, outward) = (*from.networks.first()?, *to.networks.first()?);
        for (one, other) in pairs(from, to) {
            let element = |mac: Option<Mac>, own: &Prefix, peer: &Prefix| {
                let mac = mac.map(|mac| format!("{mac} . ")).unwrap_or_default();
                let (transport, port) = (flow.transport.name(), flow.port);
                Element {
                    key: format!("{mac}{} . {} . {transport} . {port}", shown(own), shown(peer)),
                    flow: flow.name.clone(),
                    seconds,
                }
            };
            let is_ipv4 = one.address.is_ipv4();
            let shape = |mac: Option<Mac>| Shape { is_ipv4, has_mac: mac.is_some() };
            for (sets, network, mac, own, peer) in [
                (&mut self.asked, inward, from.mac, one, other),
                (&mut self.answered, outward, to.mac, other, one),
                (&mut self.asks, outward, None, one, other),
                (&mut self.answers, inward, None, other, one),
            ] {
                let elements = sets.entry((network, shape(mac))).or_default();
                elements.insert(element(mac, own, peer));
            }
        }
        Some(())
    }

    /// The sets.
    pub(crate) fn sets(&self, text: &mut String) {
        for ((network, shape), elements) in &self.asked {
            let name = format!("map asknew_{network}_{}", shape.name());
            let types = format!("{} : verdict", shape.types());
            set(text, &name, &types, elements, Holds::Verdicts);
        }
        for (kind, sets, holds) in self.kinds() {
            for ((network, shape), elements) in sets {
                let name = format!("set {kind}_{network}_{}", shape.name());
                set(text, &name, &shape.types(), elements, holds);
            }
        }
        for (is_ipv4, addresses) in &self.held {
            let _ = write!(
                text,
                "  set {} {{\n    type {}\n    flags interval\n    auto-merge\n    elements = {{\n",
                held_name(*is_ipv4),
                if *is_ipv4 { "ipv4_addr" } else { "ipv6_addr" }
            );
            for address in addresses {
                let _ = writeln!(text, "      {address},");
            }
            text.push_str("    }\n  }\n");
        }
    }

    /// What comes in is looked up twice, what the guard sends once: that counts.
    fn kinds(&self) -> [(&'static str, &Sets, Holds); 4] {
        [
            ("asked", &self.asked, Holds::Nothing),
            ("answered", &self.answered, Holds::Nothing),
            ("asks", &self.asks, Holds::Counts),
            ("answers", &self.answers, Holds::Counts),
        ]
    }

    /// The chains of the two hooks that only the guard needs, and those that the
    /// hook `input` jumps to.
    pub(crate) fn chains(&self, text: &mut String, site: &Site) {
        if self.held.is_empty() {
            return;
        }
        for network in networks([&self.asked, &self.answered]) {
            self.steer(text, network);
            self.take(text, network);
        }
        for network in networks([&self.asks, &self.answers]) {
            self.send(text, network);
        }
        text.push_str(
            "  chain gate_steer {\n    type filter hook prerouting priority -150; policy accept;\n",
        );
        jumps(text, site, "iifname", "steer", networks([&self.asked, &self.answered]));
        text.push_str(
            "  }\n  chain gate_output {\n    type filter hook output priority 0; policy accept;\n",
        );
        jumps(text, site, "oifname", "sent", networks([&self.asks, &self.answers]));
        self.drops(text, "saddr");
        text.push_str("  }\n");
    }

    /// Before routing: what clients begin goes to the guard's socket, what servers
    /// answer to the gateway itself.
    fn steer(&self, text: &mut String, network: usize) {
        let _ = writeln!(text, "  chain steer_{network} {{");
        for (_, shape) in of(&self.asked, network) {
            let (loopback, family) =
                if shape.is_ipv4 { ("127.0.0.1", "ip") } else { ("[::1]", "ip6") };
            let _ = writeln!(
                text,
                "    meta l4proto tcp ct direction original {} @asked_{network}_{} tproxy {family} to \
                 {loopback}:{GUARD_PORT} meta mark set {GUARD_MARK:#x}",
                shape.key(false),
                shape.name()
            );
        }
        for (_, shape) in of(&self.answered, network) {
            let _ = writeln!(
                text,
                "    ct direction reply {} @answered_{network}_{} meta mark set {GUARD_MARK:#x}",
                shape.key(true),
                shape.name()
            );
        }
        text.push_str("  }\n");
    }

    /// What the gateway takes of both.
    fn take(&self, text: &mut String, network: usize) {
        let _ = writeln!(text, "  chain taken_{network} {{");
        for (_, shape) in of(&self.answered, network) {
            let _ = writeln!(
                text,
                "    ct direction reply ct state established {} @answered_{network}_{} accept",
                shape.key(true),
                shape.name()
            );
        }
        for (_, shape) in of(&self.asked, network) {
            let (key, name) = (shape.key(false), shape.name());
            let _ = write!(
                text,
                "    ct direction original ct state established {key} @asked_{network}_{name} accept\n    \
                 ct direction original ct state new {key} vmap @asknew_{network}_{name}\n"
            );
        }
        text.push_str("  }\n");
    }

    /// What the guard may send, to servers and back to clients.
    fn send(&self, text: &mut String, network: usize) {
        let _ = writeln!(text, "  chain sent_{network} {{");
        for (_, shape) in of(&self.asks, network) {
            let _ = writeln!(
                text,
                "    ct direction original ct state new,established {} @asks_{network}_{} accept",
                shape.key(false),
                shape.name()
            );
        }
        for (_, shape) in of(&self.answers, network) {
            let _ = writeln!(
                text,
                "    ct direction reply ct state established {} @answers_{network}_{} accept",
                shape.key(true),
                shape.name()
            );
        }
        text.push_str("  }\n");
    }

    /// The rules of the hook `input`.
    pub(crate) fn taken(&self, text: &mut String, site: &Site) {
        jumps(text, site, "iifname", "taken", networks([&self.asked, &self.answered]));
        self.drops(text, "daddr");
    }

    fn drops(&self, text: &mut String, side: &str) {
        for is_ipv4 in self.held.keys() {
            let family = if *is_ipv4 { "ip" } else { "ip6" };
            let _ = writeln!(
                text,
                "    {family} {side} @{} counter drop comment \"guard\"",
                held_name(*is_ipv4)
            );
        }
    }
}

fn networks(of: [&Sets; 2]) -> BTreeSet<usize> {
    of.into_iter().flat_map(|sets| sets.keys().map(|(network, _)| *network)).collect()
}

fn of(sets: &Sets, network: usize) -> impl Iterator<Item = &(usize, Shape)> {
    sets.keys().filter(move |(one, _)| *one == network)
}

fn jumps(text: &mut String, site: &Site, side: &str, chain: &str, networks: BTreeSet<usize>) {
    let jump = |place: &usize| {
        let network = site.networks.get(*place)?;
        Some(format!("\"{}\" : jump {chain}_{place}", network.interface))
    };
    let jumps: Vec<String> = networks.iter().filter_map(jump).collect();
    if !jumps.is_empty() {
        let _ = writeln!(text, "    {side} vmap {{ {} }}", jumps.join(", "));
    }
}

const fn held_name(is_ipv4: bool) -> &'static str {
    if is_ipv4 { "held_ip4" } else { "held_ip6" }
}

/// The addresses at the ends of every guarded flow of the site.
fn held(site: &Site) -> BTreeSet<Prefix> {
    let guarded = site.flows.iter().filter(|flow| flow.is_guarded());
    let hosts = guarded.flat_map(|flow| [flow.from, flow.to]);
    let hosts = hosts.filter_map(|place| site.hosts.get(place));
    hosts.flat_map(|host| host.addresses.iter().copied()).collect()
}

fn pairs<'h>(from: &'h Host, to: &'h Host) -> Vec<(&'h Prefix, &'h Prefix)> {
    let mut pairs = Vec::new();
    for one in &from.addresses {
        let others = to.addresses.iter();
        let same = others.filter(|other| other.address.is_ipv4() == one.address.is_ipv4());
        pairs.extend(same.map(|other| (one, other)));
    }
    pairs
}

/// The guard's legs as packets, and everything that could be taken for them.
#[derive(Default)]
pub(crate) struct Legs {
    /// From clients, as they come in; and from servers.
    pub(crate) asked: Set,
    pub(crate) answered: Set,
    /// To servers, as they leave; and to clients.
    pub(crate) asks: Set,
    pub(crate) answers: Set,
    /// Whatever comes in from a network, before it is routed.
    pub(crate) arrivals: Set,
    /// Whatever the gateway itself takes for an end of a guarded flow.
    pub(crate) taken: Set,
    /// Whatever it sends in the name of one.
    pub(crate) sent: Set,
}

impl Legs {
    /// Those of the open flows, and what could be taken for them.
    pub(crate) fn of(site: &Site, openings: &[Opening], interfaces: &Interfaces) -> Self {
        let mut legs = Self::default();
        legs.possible(site, interfaces);
        for flow in openings.iter().filter_map(|opening| site.flows.get(opening.flow)) {
            // Hosts and networks are those that the site's reader found.
            let _ = legs.add(site, flow, interfaces);
        }
        legs
    }

    /// Those of every guarded flow of the site, open or not.
    pub(crate) fn declared(site: &Site, interfaces: &Interfaces) -> Self {
        let mut legs = Self::default();
        for flow in site.flows.iter().filter(|flow| flow.is_guarded()) {
            let _ = legs.add(site, flow, interfaces);
        }
        legs
    }

    /// True where the packet is of a leg.
    pub(crate) fn hold(&self, packet: &Packet) -> bool {
        let legs = [&self.asked, &self.answered, &self.asks, &self.answers];
        legs.iter().any(|leg| leg.holds(packet))
    }

    fn possible(&mut self, site: &Site, interfaces: &Interfaces) {
        let held = held(site);
        let known = Span::new(0, State::Untracked as u128);
        let every = site.networks.iter().filter_map(|one| interfaces.span(&one.interface));
        for interface in every {
            let base = || Cube::all().with(Field::State, known?);
            let came = base().and_then(|cube| cube.with(Field::Inward, interface));
            let came = came.and_then(|cube| cube.with(Field::Outward, Span::one(0)));
            let left = base().and_then(|cube| cube.with(Field::Outward, interface));
            let left = left.and_then(|cube| cube.with(Field::Inward, Span::one(0)));
            for span in held.iter().filter_map(span) {
                let one = came.clone().and_then(|cube| cube.with(Field::Destination, span));
                one.into_iter().for_each(|cube| self.taken.add(cube));
                let one = left.clone().and_then(|cube| cube.with(Field::Source, span));
                one.into_iter().for_each(|cube| self.sent.add(cube));
            }
            came.into_iter().for_each(|cube| self.arrivals.add(cube));
        }
        let real = Set::everything();
        self.arrivals = self.arrivals.and(&real);
        self.taken = self.taken.and(&real);
        self.sent = self.sent.and(&real);
    }

    fn add(&mut self, site: &Site, flow: &Flow, interfaces: &Interfaces) -> Option<()> {
        let (from, to) = (site.hosts.get(flow.from)?, site.hosts.get(flow.to)?);
        let interface = |host: &Host| {
            let network = site.networks.get(*host.networks.first()?)?;
            interfaces.span(&network.interface)
        };
        let (inward, outward) = (interface(from)?, interface(to)?);
        let (port, begun) = (
            Span::one(u128::from(flow.port)),
            Span::new(State::New as u128, State::Begun as u128)?,
        );
        for (one, other) in pairs(from, to) {
            let base = |source: &Prefix, destination: &Prefix| {
                let protocol = Span::one(u128::from(flow.transport.number()));
                let cube = Cube::all().with(Field::Protocol, protocol)?;
                let cube = cube.with(Field::Source, span(source)?)?;
                cube.with(Field::Destination, span(destination)?)
            };
            let asking = base(one, other)?.with(Field::DestinationPort, port)?;
            let asking = asking.with(Field::State, begun)?;
            let answering = base(other, one)?.with(Field::SourcePort, port)?;
            let answering = answering.with(Field::State, State::Answer.span())?;
            let comes = |cube: &Cube, interface, mac: Option<Mac>| {
                let cube = cube.clone().with(Field::Inward, interface)?;
                let cube = cube.with(Field::Outward, Span::one(0))?;
                match mac {
                    Some(mac) => cube.with(Field::Hardware, Span::one(mac_value(mac))),
                    None => Some(cube),
                }
            };
            let leaves = |cube: &Cube, interface| {
                let cube = cube.clone().with(Field::Outward, interface)?;
                cube.with(Field::Inward, Span::one(0))
            };
            self.asked.add(comes(&asking, inward, from.mac)?);
            self.answered.add(comes(&answering, outward, to.mac)?);
            self.asks.add(leaves(&asking, outward)?);
            self.answers.add(leaves(&answering, inward)?);
        }
        Some(())
    }
}

/// The same packets in whatever state.
pub(crate) fn in_any_state(set: &Set) -> Set {
    set.cubes().iter().cloned().map(|cube| cube.without_field(Field::State)).collect()
}

fn span(prefix: &Prefix) -> Option<Span> {
    match prefix.address {
        IpAddr::V4(address) => Span::ipv4(address, prefix.length),
        IpAddr::V6(address) => Span::ipv6(address, prefix.length),
    }
}

//! Compiles the open flows of a site to one table of the kernel's packet filter
//! (nftables). The text is the same for the same site and openings. Every name
//! in it begins with a prefix of ours: `fwd` alone is a reserved word, and so
//! may others become.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use zones::site::{Flow, Host, Prefix, Site};

use crate::cut::{cut_off, left_open};
use crate::doors::{Doors, Open};
use crate::ward::Ward;

/// The name of our table, of family `inet`.
pub const TABLE: &str = "sekisho";

/// A flow that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The flow, by its place in the site.
    pub flow: usize,
    /// Seconds until its permit ends; the kernel itself forgets it then. None
    /// where something else ends it: a compiled file for a drill.
    pub seconds: Option<u64>,
}

/// One side of the filter's keys: addresses of one family, and the hardware
/// address where the site knows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    pub(crate) is_ipv4: bool,
    pub(crate) has_mac: bool,
}

impl Shape {
    pub(crate) fn name(self) -> String {
        format!(
            "{}{}",
            if self.is_ipv4 { "ip4" } else { "ip6" },
            if self.has_mac { "_mac" } else { "" }
        )
    }

    pub(crate) fn types(self) -> String {
        let address = if self.is_ipv4 { "ipv4_addr" } else { "ipv6_addr" };
        let mac = if self.has_mac { "ether_addr . " } else { "" };
        format!("{mac}{address} . {address} . inet_proto . inet_service")
    }

    /// What of a packet is looked up: its own direction, or that of the packet
    /// that it answers.
    pub(crate) fn key(self, is_reply: bool) -> String {
        let family = if self.is_ipv4 { "ip" } else { "ip6" };
        let mac = if self.has_mac { "ether saddr . " } else { "" };
        let port = if is_reply { "sport" } else { "dport" };
        format!("{mac}{family} saddr . {family} daddr . meta l4proto . th {port}")
    }
}

/// Everything between two interfaces, in one direction.
#[derive(Default)]
struct Pair {
    /// Elements of what begins here, by shape.
    begins: BTreeMap<Shape, BTreeSet<Element>>,
    /// Elements of what answers here, by shape.
    answers: BTreeMap<Shape, BTreeSet<Element>>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Element {
    pub(crate) key: String,
    pub(crate) flow: String,
    pub(crate) seconds: Option<u64>,
}

/// Compiles the open flows, and the open services of the gateway. What is not
/// among them does not pass.
#[must_use]
pub fn compile<'o>(site: &Site, open: impl Into<Open<'o>>) -> String {
    let open = open.into();
    let (openings, services) = left_open(site, open);
    let doors = Doors::of(site, &services);
    let mut pairs: BTreeMap<(usize, usize), Pair> = BTreeMap::new();
    let mut ward = Ward::of(site);
    let mut flows = BTreeSet::new();
    for opening in &openings {
        let Some(flow) = site.flows.get(opening.flow) else { continue };
        let added = if flow.is_guarded() {
            ward.add(site, flow, opening.seconds)
        } else {
            add(site, flow, opening.seconds, &mut pairs)
        };
        if added.is_some() {
            flows.insert(flow.name.as_str());
        }
    }
    let mut text = format!(
        "# made by sekisho for {}; changed by hand it is a finding\ntable inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n",
        site.body.replace('\n', " ")
    );
    for ((from, to), pair) in &pairs {
        sets(&mut text, *from, *to, pair);
    }
    for flow in &flows {
        // The name is at most 40 of a-z, 0-9, '-' and '.'.
        let _ = write!(
            text,
            "  chain flow_{flow} {{\n    limit rate 20/second log prefix \"sekisho flow {flow} \"\n    \
             counter accept comment \"{flow}\"\n  }}\n"
        );
    }
    for ((from, to), pair) in &pairs {
        pair_chain(&mut text, *from, *to, pair);
    }
    doors.sets(&mut text);
    ward.sets(&mut text);
    ward.chains(&mut text, site);
    base_chains(&mut text, site, &pairs, (&doors, &ward));
    text.push_str("}\n");
    text.push_str(&cut_off(site, open.cut));
    text
}

/// Adds one flow's elements: where it begins, and where its answers come back.
fn add(
    site: &Site,
    flow: &Flow,
    seconds: Option<u64>,
    pairs: &mut BTreeMap<(usize, usize), Pair>,
) -> Option<()> {
    let (from, to) = (site.hosts.get(flow.from)?, site.hosts.get(flow.to)?);
    let place = |host: &Host| host.networks.first().copied();
    let (inward, outward) = (place(from)?, place(to)?);
    for one in &from.addresses {
        let others = to.addresses.iter();
        for other in others.filter(|other| other.address.is_ipv4() == one.address.is_ipv4()) {
            let element = |own: &Prefix, mac: Option<zones::site::Mac>, peer: &Prefix| {
                let mac = mac.map(|mac| format!("{mac} . ")).unwrap_or_default();
                let (own, peer) = (shown(own), shown(peer));
                let (transport, port) = (flow.transport.name(), flow.port);
                Element {
                    key: format!("{mac}{own} . {peer} . {transport} . {port}"),
                    flow: flow.name.clone(),
                    seconds,
                }
            };
            let shape =
                |host: &Host| Shape { is_ipv4: one.address.is_ipv4(), has_mac: host.mac.is_some() };
            let begins = &mut pairs.entry((inward, outward)).or_default().begins;
            begins.entry(shape(from)).or_default().insert(element(one, from.mac, other));
            let answers = &mut pairs.entry((outward, inward)).or_default().answers;
            answers.entry(shape(to)).or_default().insert(element(other, to.mac, one));
        }
    }
    Some(())
}

pub(crate) fn shown(prefix: &Prefix) -> String {
    let bits = if prefix.address.is_ipv4() { 32 } else { 128 };
    if prefix.length == bits { prefix.address.to_string() } else { prefix.to_string() }
}

fn sets(text: &mut String, from: usize, to: usize, pair: &Pair) {
    for (shape, elements) in &pair.begins {
        let name = format!("new_{from}_{to}_{}", shape.name());
        let types = format!("{} : verdict", shape.types());
        set(text, &format!("map {name}"), &types, elements, Holds::Verdicts);
        let name = format!("begun_{from}_{to}_{}", shape.name());
        set(text, &format!("set {name}"), &shape.types(), elements, Holds::Counts);
    }
    for (shape, elements) in &pair.answers {
        let name = format!("back_{from}_{to}_{}", shape.name());
        set(text, &format!("set {name}"), &shape.types(), elements, Holds::Counts);
    }
}

/// What stands beside each element of a set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Nothing.
    Nothing,
    /// How many packets and bytes were found by it ([`crate::used`]): each
    /// packet is looked up in such a set once.
    Counts,
    /// A jump to its flow's chain; it is a map.
    Verdicts,
}

pub(crate) fn set(
    text: &mut String,
    name: &str,
    types: &str,
    elements: &BTreeSet<Element>,
    holds: Holds,
) {
    let counter = if holds == Holds::Counts { "    counter\n" } else { "" };
    let _ = write!(
        text,
        "  {name} {{\n    type {types}\n    flags interval,timeout\n{counter}    elements = {{\n"
    );
    for Element { key, flow, seconds } in elements {
        let timeout = seconds.map(|seconds| format!(" timeout {seconds}s")).unwrap_or_default();
        let verdict =
            if holds == Holds::Verdicts { format!(" : jump flow_{flow}") } else { String::new() };
        let _ = writeln!(text, "      {key}{timeout} comment \"{flow}\"{verdict},");
    }
    text.push_str("    }\n  }\n");
}

fn pair_chain(text: &mut String, from: usize, to: usize, pair: &Pair) {
    let _ = writeln!(text, "  chain pair_{from}_{to} {{");
    for shape in pair.answers.keys() {
        let _ = writeln!(
            text,
            "    ct direction reply ct state established {} @back_{from}_{to}_{} accept",
            shape.key(true),
            shape.name()
        );
    }
    for shape in pair.begins.keys() {
        let (key, name) = (shape.key(false), shape.name());
        let _ = write!(
            text,
            "    ct direction original ct state established {key} @begun_{from}_{to}_{name} accept\n    \
             ct direction original ct state new {key} vmap @new_{from}_{to}_{name}\n"
        );
    }
    text.push_str("  }\n");
}

fn base_chains(
    text: &mut String,
    site: &Site,
    pairs: &BTreeMap<(usize, usize), Pair>,
    (doors, ward): (&Doors, &Ward),
) {
    text.push_str(
        "  chain gate_forward {\n    type filter hook forward priority 0; policy drop;\n",
    );
    let interface = |place: usize| site.networks.get(place).map(|network| &network.interface);
    let jumps: Vec<String> = pairs
        .keys()
        .filter_map(|(from, to)| {
            let (inward, outward) = (interface(*from)?, interface(*to)?);
            Some(format!("\"{inward}\" . \"{outward}\" : jump pair_{from}_{to}"))
        })
        .collect();
    if !jumps.is_empty() {
        let _ = writeln!(text, "    iifname . oifname vmap {{ {} }}", jumps.join(", "));
    }
    text.push_str(
        "    limit rate 20/second log prefix \"sekisho refused \"\n    counter drop comment \"refused\"\n  }\n",
    );
    // The gateway itself is no way around: it answers neighbours and who asks
    // for an open service, and nobody else, beside what it began itself.
    text.push_str(
        "  chain gate_input {\n    type filter hook input priority 0; policy drop;\n    \
         iifname \"lo\" accept\n",
    );
    ward.taken(text, site);
    text.push_str(
        "    ct direction reply ct state established accept\n    \
         icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n",
    );
    doors.rules(text, site);
    text.push_str("  }\n");
}

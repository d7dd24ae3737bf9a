//! What the gateway itself answers: the services of a site as sets of the
//! filter's input hook, and the same services as packets, without that text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;

use zones::site::{Host, Prefix, Site};

use crate::compile::Opening;
use crate::expression::{Interfaces, State, mac_value};
use crate::space::{Cube, Field, Set, Span};

/// A service of the gateway that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serving {
    /// The service, by its place in the site.
    pub service: usize,
    /// Seconds until its end; the kernel itself forgets it then. None where
    /// something else ends it.
    pub seconds: Option<u64>,
}

/// Everything of a site that is open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Open<'o> {
    /// Flows between zones.
    pub flows: &'o [Opening],
    /// Services of the gateway.
    pub services: &'o [Serving],
    /// Zones that are cut off (遮断): whatever stands above, no flow that
    /// touches one passes, and of its services those that stay.
    pub cut: &'o [zones::Zone],
}

impl<'o> From<&'o [Opening]> for Open<'o> {
    fn from(flows: &'o [Opening]) -> Self {
        Self { flows, ..Self::default() }
    }
}

impl<'o> From<&'o Vec<Opening>> for Open<'o> {
    fn from(flows: &'o Vec<Opening>) -> Self {
        Self::from(flows.as_slice())
    }
}

impl<'o, const N: usize> From<&'o [Opening; N]> for Open<'o> {
    fn from(flows: &'o [Opening; N]) -> Self {
        Self::from(flows.as_slice())
    }
}

/// One set of the input hook: a network, a family, with hardware address or not.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Door {
    network: usize,
    is_ipv4: bool,
    has_mac: bool,
}

/// The open services as the filter's text has them.
pub(crate) struct Doors(BTreeMap<Door, BTreeSet<String>>);

impl Doors {
    pub(crate) fn of(site: &Site, servings: &[Serving]) -> Self {
        let mut doors: BTreeMap<Door, BTreeSet<String>> = BTreeMap::new();
        for serving in servings {
            let Some(service) = site.services.get(serving.service) else { continue };
            for host in service.from.iter().filter_map(|place| site.hosts.get(*place)) {
                let Some(network) = host.networks.first().copied() else { continue };
                let mac = host.mac.map(|mac| format!("{mac} . ")).unwrap_or_default();
                let timeout = serving.seconds.map(|seconds| format!(" timeout {seconds}s"));
                for prefix in &host.addresses {
                    let is_ipv4 = prefix.address.is_ipv4();
                    let element = format!(
                        "{mac}{} . {} . {}{} comment \"{}\"",
                        crate::compile::shown(prefix),
                        service.transport.name(),
                        service.port,
                        timeout.as_deref().unwrap_or_default(),
                        service.name
                    );
                    let door = Door { network, is_ipv4, has_mac: host.mac.is_some() };
                    doors.entry(door).or_default().insert(element);
                }
            }
        }
        Self(doors)
    }

    /// The sets.
    pub(crate) fn sets(&self, text: &mut String) {
        for (door, elements) in &self.0 {
            let mac = if door.has_mac { "ether_addr . " } else { "" };
            let address = if door.is_ipv4 { "ipv4_addr" } else { "ipv6_addr" };
            let _ = write!(
                text,
                "  set {} {{\n    type {mac}{address} . inet_proto . inet_service\n    \
                 flags interval,timeout\n    elements = {{\n",
                door.name()
            );
            for element in elements {
                let _ = writeln!(text, "      {element},");
            }
            text.push_str("    }\n  }\n");
        }
    }

    /// The rules of the input hook: a session ends with the element, too.
    pub(crate) fn rules(&self, text: &mut String, site: &Site) {
        for door in self.0.keys() {
            let Some(network) = site.networks.get(door.network) else { continue };
            let mac = if door.has_mac { "ether saddr . " } else { "" };
            let family = if door.is_ipv4 { "ip" } else { "ip6" };
            let _ = writeln!(
                text,
                "    iifname \"{}\" ct direction original ct state new,established \
                 {mac}{family} saddr . meta l4proto . th dport @{} counter accept",
                network.interface,
                door.name()
            );
        }
    }
}

impl Door {
    fn name(&self) -> String {
        let family = if self.is_ipv4 { "ip4" } else { "ip6" };
        let mac = if self.has_mac { "_mac" } else { "" };
        format!("door_{}_{family}{mac}", self.network)
    }
}

/// The packets to the gateway that the open services take.
pub(crate) fn taken(site: &Site, servings: &[Serving], interfaces: &Interfaces) -> Set {
    let mut set = Set::nothing();
    for serving in servings {
        let Some(service) = site.services.get(serving.service) else { continue };
        for host in service.from.iter().filter_map(|place| site.hosts.get(*place)) {
            let (protocol, port) = (service.transport.number(), service.port);
            for prefix in &host.addresses {
                let cube = cube(site, interfaces, host, prefix, protocol, port);
                cube.into_iter().for_each(|cube| set.add(cube));
            }
        }
    }
    set.and(&Set::everything())
}

fn cube(
    site: &Site,
    interfaces: &Interfaces,
    host: &Host,
    prefix: &Prefix,
    protocol: u8,
    port: u16,
) -> Option<Cube> {
    let network = site.networks.get(*host.networks.first()?)?;
    let source = match prefix.address {
        IpAddr::V4(address) => Span::ipv4(address, prefix.length)?,
        IpAddr::V6(address) => Span::ipv6(address, prefix.length)?,
    };
    let states = Span::new(State::New as u128, State::Begun as u128)?;
    let cube = Cube::all()
        .with(Field::Inward, interfaces.span(&network.interface)?)?
        .with(Field::Outward, Span::one(0))?
        .with(Field::Source, source)?
        .with(Field::Protocol, Span::one(u128::from(protocol)))?
        .with(Field::DestinationPort, Span::one(u128::from(port)))?
        .with(Field::State, states)?;
    match host.mac {
        Some(mac) => cube.with(Field::Hardware, Span::one(mac_value(mac))),
        None => Some(cube),
    }
}

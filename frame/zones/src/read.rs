//! Reads a site's file (TOML 1.0). Every fault is told at once, each with its
//! line and column; a site with one fault is no site. What must never be cannot
//! be written down: a flow without path, protocol, initiator, purpose, owner and
//! end, a port that is any port, and a way between personal numbers and the
//! internet.

mod values;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use written::{Slip, Table};

use self::values::{Names, Reader, interface, plain_name, server_name};
use crate::describe::{FLOW, HOST, NETWORK, PARTS, RELAY, SERVICE, SITE};
use crate::site::{
    Application, Flow, Host, Mac, Model, Network, Prefix, Relay, RelayKind, Service, Site,
    Transport,
};
use crate::{Crossing, Zone};

/// The longest text of a site.
pub const SITE_BYTES_MAX: usize = 4 << 20;
/// The most entries of one list.
pub const ENTRIES_MAX: usize = 20_000;
/// The most values of one key.
pub const LIST_MAX: usize = 1_000;

/// One fault of a file, and where.
pub type Complaint = written::Complaint<Fault>;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What can be wrong with any text; too long is more than
    /// [`SITE_BYTES_MAX`] bytes, [`ENTRIES_MAX`] entries or [`LIST_MAX`] values.
    Slip(Slip),
    /// Nothing has this name.
    Unknown {
        /// What is written.
        word: String,
        /// The name that it may be meant for.
        nearest: Option<String>,
    },
    /// Not an address, or with bits behind its length.
    Address(String),
    /// The address lies in no prefix of its network, or in one of another.
    Elsewhere(String),
    /// A prefix wider than the site allows.
    Wide(String),
    /// Two networks share addresses or an interface.
    Overlap(String),
    /// A hardware address or an address that two hosts have: one machine in
    /// two places (G10).
    TwoPlaces(String),
    /// There is no boundary between the two: the same zone, or personal
    /// numbers and the internet (G1).
    NoBoundary(String),
    /// Between LGWAN and the internet only through a relay (G4).
    NoRelay,
    /// The relay is neither end of the flow.
    RelayElsewhere(String),
    /// A screen transfer speaks a screen's protocol only (G5).
    NoScreen,
    /// What a flow speaks is looked at over TCP only.
    NotOverUdp,
    /// Not a day of the calendar.
    Day(String),
    /// Nobody is listed that may ask.
    NoOne,
    /// Those who may ask stand in more than one zone: one service a zone.
    ManyZones,
    /// The gateway answers at this port for the internet and for another zone:
    /// a program that both reach is a way between them.
    SharedDoor(String),
}

impl From<Slip> for Fault {
    fn from(slip: Slip) -> Self {
        Self::Slip(slip)
    }
}

/// Reads a site.
///
/// # Errors
/// Every fault that was found, in the order of the file.
pub fn read_site(text: &str) -> Result<Site, Vec<Complaint>> {
    written::read(text, SITE_BYTES_MAX, |walk, table| Reader { walk }.site(table))
}

/// The limits that a site sets itself.
struct Head {
    body: String,
    model: Model,
    prefix_min_ipv4: u8,
    prefix_min_ipv6: u8,
}

impl Default for Head {
    fn default() -> Self {
        Self { body: String::new(), model: Model::Alpha, prefix_min_ipv4: 32, prefix_min_ipv6: 128 }
    }
}

impl<'t> Reader<'_, 't> {
    fn site(&mut self, table: &Table<'t>) -> Option<Site> {
        self.walk.only(table, &PARTS.map(|part| part.name));
        let head = self.head(table);
        let mut names = Names::new();
        let networks = self.entries(table, "network", &mut names, Self::network);
        self.apart(table, &networks);
        let (networks_by_name, mut names) = (names, Names::new());
        let limits =
            head.as_ref().map_or((32, 128), |head| (head.prefix_min_ipv4, head.prefix_min_ipv6));
        let hosts = self.entries(table, "host", &mut names, |walk, table, span, name| {
            walk.host(table, span, name, (&networks_by_name, &networks), limits)
        });
        self.one_place(table, &hosts);
        let (hosts_by_name, mut names) = (names, Names::new());
        let relays = self.entries(table, "relay", &mut names, |walk, table, span, name| {
            walk.relay(table, span, name, &hosts_by_name)
        });
        let (relays_by_name, mut names) = (names, Names::new());
        // Without a head there is no site, and its flows are looked at all the same.
        let is_whole = head.is_some();
        let Head { body, model, prefix_min_ipv4, prefix_min_ipv6 } = head.unwrap_or_default();
        let mut site = Site {
            body,
            model,
            prefix_min_ipv4,
            prefix_min_ipv6,
            networks,
            hosts,
            relays,
            flows: Vec::new(),
            services: Vec::new(),
        };
        site.flows = self.entries(table, "flow", &mut names, |walk, table, span, name| {
            walk.flow(table, span, name, &site, (&hosts_by_name, &relays_by_name))
        });
        site.services =
            self.entries(table, "service", &mut Names::new(), |walk, table, span, name| {
                walk.service(table, span, name, &site, &hosts_by_name)
            });
        self.own_doors(table, &site.services);
        is_whole.then_some(site)
    }

    fn head(&mut self, table: &Table<'t>) -> Option<Head> {
        let value = self.walk.need(table, "site", &(0..0))?;
        let head = self.walk.table(value)?;
        self.walk.only(head, &SITE.names());
        let span = value.span();
        let body = self.words(head, "body", &span);
        let model = self
            .walk
            .need(head, "model", &span)
            .and_then(|value| self.one_of(value, (SITE, "model"), Model::parse));
        let mut limit = |key, most: u8| {
            let asked = head.get(key).and_then(|value| self.walk.number(value, SITE.bounds(key)));
            asked.and_then(|bits| u8::try_from(bits).ok()).unwrap_or(most)
        };
        let (prefix_min_ipv4, prefix_min_ipv6) =
            (limit("prefix-min-ipv4", 32), limit("prefix-min-ipv6", 128));
        Some(Head { body: body?, model: model?, prefix_min_ipv4, prefix_min_ipv6 })
    }

    /// The entries of a list. A name stands for its place; one with a fault
    /// keeps its name, so that those that use it are not told wrong too.
    fn entries<E>(
        &mut self,
        table: &Table<'t>,
        key: &'static str,
        names: &mut Names,
        mut read: impl FnMut(&mut Self, &Table<'t>, Range<usize>, String) -> Option<E>,
    ) -> Vec<E> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let mut entries = Vec::new();
        for (table, span) in self.walk.tables(value, ENTRIES_MAX) {
            let Some(name) = self.name(table, &span, names) else { continue };
            let place = entries.len();
            match read(self, table, span, name.clone()) {
                Some(entry) => {
                    names.insert(name, place);
                    entries.push(entry);
                }
                None => {
                    names.insert(name, usize::MAX);
                }
            }
        }
        entries
    }

    fn network(&mut self, table: &Table<'t>, span: Range<usize>, name: String) -> Option<Network> {
        self.walk.only(table, &NETWORK.names());
        let zone = self
            .walk
            .need(table, "zone", &span)
            .and_then(|value| self.one_of(value, (NETWORK, "zone"), Zone::parse));
        let interface = self
            .walk
            .need(table, "interface", &span)
            .and_then(|value| self.walk.word(value, interface));
        let prefixes = self.prefixes(table, &span)?;
        Some(Network { name, zone: zone?, interface: interface?, prefixes })
    }

    fn host(
        &mut self,
        table: &Table<'t>,
        span: Range<usize>,
        name: String,
        (names, networks): (&Names, &[Network]),
        (ipv4_min, ipv6_min): (u8, u8),
    ) -> Option<Host> {
        self.walk.only(table, &HOST.names());
        let network = self.find(table, "network", &span, names);
        let addresses = self.prefixes(table, &span);
        let mac = table.get("mac").and_then(|value| self.walk.word(value, Mac::parse));
        let owner = self.words(table, "owner", &span);
        let listed = table.get("listed").and_then(|value| self.walk.word(value, plain_name));
        let (network, addresses) = (network?, addresses?);
        for address in &addresses {
            let least = if address.address.is_ipv4() { ipv4_min } else { ipv6_min };
            if address.length < least {
                self.walk.complain(span.clone(), Fault::Wide(address.to_string()));
            }
            if nearest(networks, address) != Some(network) {
                self.walk.complain(span.clone(), Fault::Elsewhere(address.to_string()));
            }
        }
        Some(Host { name, networks: vec![network], addresses, mac, owner: owner?, listed })
    }

    fn relay(
        &mut self,
        table: &Table<'t>,
        span: Range<usize>,
        name: String,
        hosts: &Names,
    ) -> Option<Relay> {
        self.walk.only(table, &RELAY.names());
        let kind = self
            .walk
            .need(table, "kind", &span)
            .and_then(|value| self.one_of(value, (RELAY, "kind"), RelayKind::parse));
        let host = self.find(table, "host", &span, hosts);
        Some(Relay { name, kind: kind?, host: host? })
    }

    fn flow(
        &mut self,
        table: &Table<'t>,
        span: Range<usize>,
        name: String,
        site: &Site,
        (hosts, relays): (&Names, &Names),
    ) -> Option<Flow> {
        self.walk.only(table, &FLOW.names());
        let from = self.find(table, "from", &span, hosts);
        let to = self.find(table, "to", &span, hosts);
        let transport = self
            .walk
            .need(table, "protocol", &span)
            .and_then(|value| self.one_of(value, (FLOW, "protocol"), Transport::parse));
        let port = self
            .walk
            .need(table, "port", &span)
            .and_then(|value| self.walk.number(value, FLOW.bounds("port")));
        let application = table
            .get("application")
            .and_then(|value| self.one_of(value, (FLOW, "application"), Application::parse));
        let relay = if table.contains_key("relay") {
            self.find(table, "relay", &span, relays)
        } else {
            None
        };
        let purpose = self.words(table, "purpose", &span);
        let owner = self.words(table, "owner", &span);
        let ends = self.walk.need(table, "ends", &span).and_then(|value| self.day(value));
        let risk_analysis = table.get("risk-analysis").and_then(|value| self.walk.text(value));
        let servers = self.list(table, "servers", server_name);
        let checked = self.choices(table, (FLOW, "checked"));
        if let Some(note) = table.get("note") {
            self.walk.text(note);
        }
        let (from, to) = (from?, to?);
        let crossing = self.crossing(&span, site, from, to)?;
        let flow = Flow {
            name,
            from,
            to,
            crossing,
            transport: transport?,
            port: u16::try_from(port?).ok()?,
            application,
            servers,
            relay,
            purpose: purpose?,
            owner: owner?,
            ends: ends?,
            risk_analysis,
            checked,
        };
        if flow.is_guarded() && flow.transport == Transport::Udp {
            self.walk.complain(span.clone(), Fault::NotOverUdp);
        }
        self.relayed(&span, site, &flow);
        Some(flow)
    }

    fn service(
        &mut self,
        table: &Table<'t>,
        span: Range<usize>,
        name: String,
        site: &Site,
        hosts: &Names,
    ) -> Option<Service> {
        const KEYS: [&str; 8] =
            ["name", "from", "protocol", "port", "purpose", "owner", "ends", "stays-in-cutoff"];
        self.walk.only(table, &KEYS);
        let from = self.find_all(table, "from", &span, hosts);
        let transport = self
            .walk
            .need(table, "protocol", &span)
            .and_then(|value| self.one_of(value, (SERVICE, "protocol"), Transport::parse));
        let port = self
            .walk
            .need(table, "port", &span)
            .and_then(|value| self.walk.number(value, SERVICE.bounds("port")));
        let purpose = self.words(table, "purpose", &span);
        let owner = self.words(table, "owner", &span);
        let ends = self.walk.need(table, "ends", &span).and_then(|value| self.day(value));
        let stays = table.get("stays-in-cutoff").map(|value| self.walk.yes(value));
        let from = from?;
        let hosts = from.iter().filter_map(|place| site.hosts.get(*place));
        let mut zones: Vec<Zone> = hosts.flat_map(|host| site.zones_of(host)).collect();
        zones.sort();
        zones.dedup();
        let [zone] = zones[..] else {
            self.walk.complain(span, Fault::ManyZones);
            return None;
        };
        Some(Service {
            name,
            from,
            zone,
            transport: transport?,
            port: u16::try_from(port?).ok()?,
            purpose: purpose?,
            owner: owner?,
            ends: ends?,
            stays_in_cutoff: stays.unwrap_or(Some(false))?,
        })
    }

    /// What is reached from the internet is reached from nowhere else: a program
    /// on the gateway that two zones reach is a way between them (G4).
    fn own_doors(&mut self, table: &Table<'t>, services: &[Service]) {
        let mut seen: BTreeMap<(&str, u16), Zone> = BTreeMap::new();
        for service in services {
            let door = (service.transport.name(), service.port);
            let first = *seen.entry(door).or_insert(service.zone);
            if first != service.zone && [first, service.zone].contains(&Zone::Internet) {
                let span = table.get("service").map(Spanned::span).unwrap_or_default();
                self.walk.complain(span, Fault::SharedDoor(format!("{}/{}", door.0, door.1)));
            }
        }
    }

    fn crossing(
        &mut self,
        span: &Range<usize>,
        site: &Site,
        from: usize,
        to: usize,
    ) -> Option<Crossing> {
        let zone = |place: usize| {
            let network = site.hosts.get(place)?.networks.first()?;
            site.networks.get(*network).map(|network| network.zone)
        };
        let (from, to) = (zone(from)?, zone(to)?);
        let crossing = Crossing::between(from, to);
        if crossing.is_none() {
            let words = format!("{} > {}", from.name(), to.name());
            self.walk.complain(span.clone(), Fault::NoBoundary(words));
        }
        crossing
    }

    /// G4 and G5: between LGWAN and the internet something breaks the flow.
    fn relayed(&mut self, span: &Range<usize>, site: &Site, flow: &Flow) {
        let zones = [flow.crossing.from(), flow.crossing.to()];
        let relay = flow.relay.and_then(|place| site.relays.get(place));
        if zones.contains(&Zone::Internet) && flow.relay.is_none() {
            self.walk.complain(span.clone(), Fault::NoRelay);
        }
        let Some(relay) = relay else { return };
        if relay.host != flow.from && relay.host != flow.to {
            self.walk.complain(span.clone(), Fault::RelayElsewhere(relay.name.clone()));
        }
        let is_screen = flow.application.is_some_and(Application::is_screen);
        if relay.kind == RelayKind::ScreenTransfer && !is_screen {
            self.walk.complain(span.clone(), Fault::NoScreen);
        }
    }

    /// No two networks share an interface or addresses; one prefix may lie in a
    /// wider one, as everything lies in the way to the internet.
    fn apart(&mut self, table: &Table<'t>, networks: &[Network]) {
        let mut seen = BTreeMap::new();
        for network in networks {
            let interface = format!("interface {}", network.interface);
            let keys = network.prefixes.iter().map(ToString::to_string);
            for key in keys.chain([interface]) {
                if seen.insert(key.clone(), &network.name).is_some() {
                    let span = table.get("network").map(Spanned::span).unwrap_or_default();
                    self.walk.complain(span, Fault::Overlap(key));
                }
            }
        }
    }

    /// G10: an address is one host's.
    fn one_place(&mut self, table: &Table<'t>, hosts: &[Host]) {
        let mut seen = BTreeMap::new();
        for host in hosts {
            let addresses = host.addresses.iter().map(ToString::to_string);
            for key in addresses.chain(host.mac.map(|mac| mac.to_string())) {
                if seen.insert(key.clone(), &host.name).is_some() {
                    let span = table.get("host").map(Spanned::span).unwrap_or_default();
                    self.walk.complain(span, Fault::TwoPlaces(key));
                }
            }
        }
    }
}

/// The network with the longest prefix that an address lies in.
fn nearest(networks: &[Network], address: &Prefix) -> Option<usize> {
    let prefixes = networks
        .iter()
        .enumerate()
        .flat_map(|(place, network)| network.prefixes.iter().map(move |prefix| (prefix, place)));
    let holding = prefixes
        .filter(|(prefix, _)| prefix.holds(address.address) && prefix.length <= address.length);
    holding.max_by_key(|(prefix, _)| prefix.length).map(|(_, place)| place)
}

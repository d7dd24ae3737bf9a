//! Where everything stands on the map: a column for each zone, its networks
//! below each other, and in them the hosts, in an order in which few lines
//! cross.

use zones::Zone;
use zones::site::Site;

use super::{Frame, HEAD, MARGIN, left};

/// The height of one line's end at a host: a pointer hits 24 units.
const PITCH: f64 = 24.0;
const HOST_MIN: f64 = 28.0;
const RELAY_MIN: f64 = 42.0;
const IDLE: f64 = 22.0;
const NETWORK_HEAD: f64 = 24.0;
const NETWORK_GAP: f64 = 12.0;
const HOST_GAP: f64 = 5.0;
const UNSEEN: f64 = 20.0;
/// Times that each column is put in the order of its neighbours.
const SWEEPS: usize = 6;

/// A zone's column.
pub(super) struct Column {
    pub(super) x: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) networks: Vec<Net>,
    pub(super) hosts: Vec<Placed>,
}

/// A network.
pub(super) struct Net {
    pub(super) network: usize,
    pub(super) y: f64,
    pub(super) height: f64,
    /// Hosts that are not drawn.
    pub(super) unseen: usize,
}

/// A host, with where its flows begin and end.
pub(super) struct Placed {
    pub(super) host: usize,
    pub(super) y: f64,
    pub(super) height: f64,
    /// Flows by place, with the height of their end.
    ports: Vec<(usize, f64)>,
}

impl Placed {
    /// The height at which a flow touches it.
    pub(super) fn port(&self, flow: usize) -> Option<f64> {
        self.ports.iter().find(|(place, _)| *place == flow).map(|(_, y)| *y)
    }

    /// True for one without a flow.
    pub(super) fn is_idle(&self) -> bool {
        self.ports.is_empty()
    }

    fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// A network with its hosts, before it has a place.
struct Group {
    network: usize,
    hosts: Vec<usize>,
    unseen: usize,
}

/// The flows that are drawn, by their hosts.
struct Ways<'a> {
    site: &'a Site,
    frame: &'a Frame,
    /// Flows of each host, by place.
    of_host: Vec<Vec<usize>>,
    is_relay: Vec<bool>,
}

/// Where the hosts' middles are, by place, and in which column.
type Middles = Vec<Option<(usize, f64)>>;

/// Puts everything in its place.
pub(super) fn columns(site: &Site, frame: &Frame) -> Vec<Column> {
    let ways = Ways::new(site, frame);
    let mut grouped: Vec<Vec<Group>> = frame.zones.iter().map(|zone| ways.groups(*zone)).collect();
    let mut columns = ways.place(&grouped);
    for _ in 0..SWEEPS {
        let middles = middles(site, &columns);
        for groups in &mut grouped {
            ways.sort(groups, &middles);
        }
        columns = ways.place(&grouped);
    }
    let middles = middles(site, &columns);
    ways.ports(&mut columns, &middles);
    columns
}

fn middles(site: &Site, columns: &[Column]) -> Middles {
    let mut middles = vec![None; site.hosts.len()];
    for (column, one) in columns.iter().enumerate() {
        for placed in &one.hosts {
            if let Some(middle) = middles.get_mut(placed.host) {
                *middle = Some((column, placed.middle()));
            }
        }
    }
    middles
}

impl<'a> Ways<'a> {
    fn new(site: &'a Site, frame: &'a Frame) -> Self {
        let mut of_host = vec![Vec::new(); site.hosts.len()];
        for (place, flow) in site.flows.iter().enumerate() {
            let zones = [flow.crossing.from(), flow.crossing.to()];
            if zones.iter().any(|zone| !frame.zones.contains(zone)) {
                continue;
            }
            for host in [flow.from, flow.to] {
                if let Some(flows) = of_host.get_mut(host) {
                    flows.push(place);
                }
            }
        }
        let mut is_relay = vec![false; site.hosts.len()];
        for relay in &site.relays {
            if let Some(one) = is_relay.get_mut(relay.host) {
                *one = true;
            }
        }
        Self { site, frame, of_host, is_relay }
    }

    fn flows(&self, host: usize) -> &[usize] {
        self.of_host.get(host).map_or(&[], Vec::as_slice)
    }

    fn is_relay(&self, host: usize) -> bool {
        self.is_relay.get(host).copied().unwrap_or(false)
    }

    /// The other end of a flow.
    fn partner(&self, flow: usize, host: usize) -> Option<usize> {
        let flow = self.site.flows.get(flow)?;
        Some(if flow.from == host { flow.to } else { flow.from })
    }

    fn groups(&self, zone: Zone) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut by_network = vec![None; self.site.networks.len()];
        for (place, network) in self.site.networks.iter().enumerate() {
            if network.zone == zone {
                if let Some(group) = by_network.get_mut(place) {
                    *group = Some(groups.len());
                }
                groups.push(Group { network: place, hosts: Vec::new(), unseen: 0 });
            }
        }
        for (place, host) in self.site.hosts.iter().enumerate() {
            let group = host.networks.first().and_then(|network| *by_network.get(*network)?);
            let Some(group) = group.and_then(|group: usize| groups.get_mut(group)) else {
                continue;
            };
            if self.frame.has_idle || !self.flows(place).is_empty() {
                group.hosts.push(place);
            } else {
                group.unseen += 1;
            }
        }
        groups
    }

    fn place(&self, grouped: &[Vec<Group>]) -> Vec<Column> {
        let mut columns = Vec::new();
        for (index, groups) in grouped.iter().enumerate() {
            let mut column = Column {
                x: left(self.frame, index),
                width: self.frame.column,
                height: 0.0,
                networks: Vec::new(),
                hosts: Vec::new(),
            };
            let mut y = MARGIN + HEAD;
            for group in groups {
                let top = y;
                y += NETWORK_HEAD;
                for host in &group.hosts {
                    let height = self.height(*host, index);
                    column.hosts.push(Placed { host: *host, y, height, ports: Vec::new() });
                    y += height + HOST_GAP;
                }
                if group.unseen > 0 {
                    y += UNSEEN;
                }
                let (network, unseen) = (group.network, group.unseen);
                column.networks.push(Net { network, y: top, height: y - top, unseen });
                y += NETWORK_GAP;
            }
            column.height = y;
            columns.push(column);
        }
        columns
    }

    /// As high as the flows of its busier side need.
    fn height(&self, host: usize, column: usize) -> f64 {
        let own = self.flows(host);
        if own.is_empty() && !self.is_relay(host) {
            return IDLE;
        }
        let to_right = own.iter().filter(|flow| self.is_right(**flow, host, column)).count();
        let most = to_right.max(own.len() - to_right) as f64;
        (most * PITCH + 4.0).max(if self.is_relay(host) { RELAY_MIN } else { HOST_MIN })
    }

    /// True where a flow leaves or reaches a host on its right.
    fn is_right(&self, flow: usize, host: usize, column: usize) -> bool {
        let Some(flow) = self.site.flows.get(flow) else { return false };
        let other = if flow.from == host { flow.crossing.to() } else { flow.crossing.from() };
        let place = self.frame.zones.iter().position(|zone| *zone == other);
        place.is_some_and(|other| other > column)
    }

    /// Orders hosts in their networks, and networks, by where their partners
    /// stand; whoever has none comes last, in the order of the file.
    fn sort(&self, groups: &mut [Group], middles: &Middles) {
        let wanted = |host: usize| {
            let partners: Vec<f64> = self
                .flows(host)
                .iter()
                .filter_map(|flow| *middles.get(self.partner(*flow, host)?)?)
                .map(|(_, middle)| middle)
                .collect();
            mean(&partners)
        };
        for group in groups.iter_mut() {
            group.hosts.sort_by_cached_key(|host| (Order(wanted(*host)), *host));
        }
        groups.sort_by_cached_key(|group| {
            let places: Vec<f64> =
                group.hosts.iter().map(|host| wanted(*host)).filter(|y| y.is_finite()).collect();
            (Order(mean(&places)), group.network)
        });
    }

    /// Gives every flow an end of its own at both hosts, in the order of the
    /// other ends.
    fn ports(&self, columns: &mut [Column], middles: &Middles) {
        for (index, column) in columns.iter_mut().enumerate() {
            for placed in &mut column.hosts {
                let mut sides: [Vec<(usize, f64)>; 2] = [Vec::new(), Vec::new()];
                for flow in self.flows(placed.host) {
                    let other = self.partner(*flow, placed.host);
                    let Some((other, y)) = other.and_then(|other| *middles.get(other)?) else {
                        continue;
                    };
                    let [left, right] = &mut sides;
                    if other > index { right.push((*flow, y)) } else { left.push((*flow, y)) }
                }
                let middle = placed.middle();
                for side in &mut sides {
                    side.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)));
                    let above = (side.len() as f64 - 1.0) / 2.0;
                    for (place, (flow, _)) in side.iter().enumerate() {
                        placed.ports.push((*flow, middle + (place as f64 - above) * PITCH));
                    }
                }
            }
        }
    }
}

/// A height as a key to sort by.
#[derive(Clone, Copy)]
struct Order(f64);

impl PartialEq for Order {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Order {}

impl PartialOrd for Order {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Order {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The mean; beyond everything where there is nothing.
fn mean(numbers: &[f64]) -> f64 {
    if numbers.is_empty() {
        return f64::INFINITY;
    }
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

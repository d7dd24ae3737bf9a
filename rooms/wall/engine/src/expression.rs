//! What a rule's expression says of packets, as spans of fields. What is not
//! known says nothing: it may match and may not.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use crate::space::{Cube, Field, Set, Span};

/// What connection tracking knows of a packet, as [`Field::State`] holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It fits no connection.
    Invalid,
    /// It begins one.
    New,
    /// It goes on in the direction of the first.
    Begun,
    /// It answers.
    Answer,
    /// It begins one that another expects.
    Related,
    /// It answers in such a one, as an error does.
    RelatedAnswer,
    /// It is not looked at.
    Untracked,
}

impl State {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::Invalid,
        Self::New,
        Self::Begun,
        Self::Answer,
        Self::Related,
        Self::RelatedAnswer,
        Self::Untracked,
    ];

    /// The span of this one.
    #[must_use]
    pub const fn span(self) -> Span {
        Span::one(self as u128)
    }
}

/// The interfaces that rules and the site name, as numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interfaces(Vec<String>);

impl Interfaces {
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut all: Vec<String> = names.into_iter().collect();
        all.sort();
        all.dedup();
        Self(all)
    }

    pub(crate) fn span(&self, name: &str) -> Option<Span> {
        self.0.iter().position(|one| one == name).map(|place| Span::one(place as u128))
    }

    pub(crate) fn name(&self, number: u128) -> Option<&str> {
        usize::try_from(number).ok().and_then(|place| self.0.get(place)).map(String::as_str)
    }

    /// Those that a name with a `*` at its end fits.
    fn spans(&self, name: &str) -> Option<Vec<Span>> {
        let Some(start) = name.strip_suffix('*') else {
            return self.span(name).map(|span| vec![span]);
        };
        let fits = self.0.iter().enumerate().filter(|(_, one)| one.starts_with(start));
        Some(fits.map(|(place, _)| Span::one(place as u128)).collect())
    }
}

/// Where sets and interfaces are looked up.
pub(crate) struct Names<'a> {
    pub(crate) sets: &'a BTreeMap<(String, String, String), Vec<Value>>,
    pub(crate) interfaces: &'a Interfaces,
    pub(crate) family: &'a str,
    pub(crate) table: &'a str,
}

/// One looked-up thing and the field that holds it, with what else it says: a
/// port is TCP's, an address a family's.
struct Selector {
    field: Field,
    also: Option<(Field, Vec<Span>)>,
    how: How,
}

/// How a selector's values are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// As the field is.
    Plain,
    /// An ICMP type: the upper byte of the field.
    Icmp,
    /// An ICMPv6 type: the upper byte of the field.
    Icmp6,
    /// `ipv4` or `ipv6`: the family of the addresses.
    Family,
}

const TCP: u128 = 6;
const UDP: u128 = 17;
const WITH_PORTS: [u128; 5] = [TCP, UDP, 33, 132, 136];

/// IPv4's addresses, as the whole field holds them.
fn ipv4() -> Span {
    Span::ipv4(std::net::Ipv4Addr::UNSPECIFIED, 0).unwrap_or(Span::one(0))
}

/// IPv6's addresses: all but those.
fn ipv6() -> Vec<Span> {
    let (before, after) = (ipv4().first().checked_sub(1), ipv4().last().checked_add(1));
    let below = before.and_then(|last| Span::new(0, last));
    let above = after.and_then(|first| Span::new(first, u128::MAX));
    [below, above].into_iter().flatten().collect()
}

/// A type by number or by the names that nft writes (IANA ICMP and ICMPv6
/// Parameters).
fn icmp_type(how: How, value: &Value) -> Option<u128> {
    if let Some(number) = value.as_u64() {
        return (number <= 255).then_some(u128::from(number));
    }
    Some(match (how, value.as_str()?) {
        (How::Icmp, "echo-reply") => 0,
        (How::Icmp, "destination-unreachable") => 3,
        (How::Icmp, "redirect") => 5,
        (How::Icmp, "echo-request") => 8,
        (How::Icmp, "time-exceeded") => 11,
        (How::Icmp, "parameter-problem") => 12,
        (_, "destination-unreachable") => 1,
        (_, "packet-too-big") => 2,
        (_, "time-exceeded") => 3,
        (_, "parameter-problem") => 4,
        (_, "echo-request") => 128,
        (_, "echo-reply") => 129,
        (_, "nd-router-solicit") => 133,
        (_, "nd-router-advert") => 134,
        (_, "nd-neighbor-solicit") => 135,
        (_, "nd-neighbor-advert") => 136,
        (_, "nd-redirect") => 137,
        _ => return None,
    })
}

impl Names<'_> {
    /// The packets that a match fits; nothing where it is not understood.
    pub(crate) fn matched(&self, body: &Value) -> Option<Set> {
        let op = body.get("op").and_then(Value::as_str)?;
        let (left, right) = (body.get("left")?, body.get("right")?);
        let equal = self.equal(left, right)?;
        match op {
            "==" | "in" => Some(equal),
            "!=" => Some(self.domain(left)?.without(&equal)),
            "<" | ">" | "<=" | ">=" => self.compared(op, left, right),
            _ => None,
        }
    }

    /// The packets of which the left side has the value of the right.
    pub(crate) fn equal(&self, left: &Value, right: &Value) -> Option<Set> {
        let selectors = self.selectors(left)?;
        let mut set = Set::nothing();
        for value in self.values(right)? {
            let parts = match value.get("concat").and_then(Value::as_array) {
                Some(parts) => parts.clone(),
                None => vec![value],
            };
            if parts.len() != selectors.len() {
                return None;
            }
            let mut cubes = vec![Cube::all()];
            for (selector, part) in selectors.iter().zip(&parts) {
                let spans = self.spans(selector.field, selector.how, part)?;
                cubes = narrow(cubes, selector.field, &spans);
                if let Some((field, spans)) = &selector.also {
                    cubes = narrow(cubes, *field, spans);
                }
            }
            for cube in cubes {
                set.add(cube);
            }
        }
        Some(set)
    }

    /// The packets that have what the left side names at all.
    fn domain(&self, left: &Value) -> Option<Set> {
        let mut cubes = vec![Cube::all()];
        for selector in self.selectors(left)? {
            if let Some((field, spans)) = &selector.also {
                cubes = narrow(cubes, *field, spans);
            }
        }
        Some(cubes.into_iter().collect())
    }

    fn compared(&self, op: &str, left: &Value, right: &Value) -> Option<Set> {
        let [selector] = <[Selector; 1]>::try_from(self.selectors(left)?).ok()?;
        let [span] =
            <[Span; 1]>::try_from(self.spans(selector.field, selector.how, right)?).ok()?;
        let all = selector.field.all();
        let span = match op {
            "<" => Span::new(all.first(), span.first().checked_sub(1)?),
            "<=" => Span::new(all.first(), span.last()),
            ">" => Span::new(span.last().checked_add(1)?, all.last()),
            _ => Span::new(span.first(), all.last()),
        }?;
        let mut cubes = narrow(vec![Cube::all()], selector.field, &[span]);
        if let Some((field, spans)) = &selector.also {
            cubes = narrow(cubes, *field, spans);
        }
        Some(cubes.into_iter().collect())
    }

    /// The single values of a right side: of a set by name or written out.
    fn values(&self, right: &Value) -> Option<Vec<Value>> {
        if let Some(name) = right.as_str().and_then(|name| name.strip_prefix('@')) {
            let key = (self.family.to_owned(), self.table.to_owned(), name.to_owned());
            return Some(self.sets.get(&key)?.iter().map(bare).collect());
        }
        let list = right.get("set").unwrap_or(right);
        match list.as_array() {
            Some(list) => Some(list.iter().map(bare).collect()),
            None => Some(vec![bare(list)]),
        }
    }

    /// The entries of a map of verdicts.
    pub(crate) fn entries(&self, data: &Value) -> Option<Vec<(Value, Value)>> {
        let key;
        let list = match data.as_str().and_then(|name| name.strip_prefix('@')) {
            Some(name) => {
                key = (self.family.to_owned(), self.table.to_owned(), name.to_owned());
                self.sets.get(&key)?
            }
            None => data.get("set")?.as_array()?,
        };
        let pair = |entry: &Value| {
            let entry = entry.as_array()?;
            Some((bare(entry.first()?), entry.get(1)?.clone()))
        };
        list.iter().map(pair).collect()
    }

    fn selectors(&self, left: &Value) -> Option<Vec<Selector>> {
        match left.get("concat").and_then(Value::as_array) {
            Some(parts) => parts.iter().map(selector).collect(),
            None => Some(vec![selector(left)?]),
        }
    }

    fn spans(&self, field: Field, how: How, value: &Value) -> Option<Vec<Span>> {
        if let Some(range) = value.get("range").and_then(Value::as_array) {
            let [from, to] = <[&Value; 2]>::try_from(range.iter().collect::<Vec<_>>()).ok()?;
            let (from, to) = (self.spans(field, how, from)?, self.spans(field, how, to)?);
            return Span::new(from.first()?.first(), to.first()?.last()).map(|span| vec![span]);
        }
        if let Some(prefix) = value.get("prefix") {
            let address: IpAddr = prefix.get("addr")?.as_str()?.parse().ok()?;
            let length = u8::try_from(prefix.get("len")?.as_u64()?).ok()?;
            return prefix_span(address, length).map(|span| vec![span]);
        }
        match how {
            How::Plain => {}
            How::Icmp | How::Icmp6 => {
                let number = icmp_type(how, value)? << 8;
                return Span::new(number, number | 0xff).map(|span| vec![span]);
            }
            How::Family => {
                return match value.as_str()? {
                    "ipv4" => Some(vec![ipv4()]),
                    "ipv6" => Some(ipv6()),
                    _ => None,
                };
            }
        }
        match field {
            Field::Inward | Field::Outward => self.interfaces.spans(value.as_str()?),
            Field::Source | Field::Destination => {
                let address: IpAddr = value.as_str()?.parse().ok()?;
                let bits = if address.is_ipv4() { 32 } else { 128 };
                prefix_span(address, bits).map(|span| vec![span])
            }
            Field::Hardware => hardware(value.as_str()?).map(|span| vec![span]),
            Field::Protocol => protocol(value).map(|number| vec![Span::one(number)]),
            Field::SourcePort | Field::DestinationPort => {
                Some(vec![Span::one(u128::from(value.as_u64().filter(|port| *port <= 65_535)?))])
            }
            Field::State => states(value.as_str()?),
        }
    }
}

/// Narrows each cube to each of the spans.
fn narrow(cubes: Vec<Cube>, field: Field, spans: &[Span]) -> Vec<Cube> {
    let each = |cube: Cube| spans.iter().filter_map(move |span| cube.clone().with(field, *span));
    cubes.into_iter().flat_map(each).collect()
}

/// An element without its counters, times and comment.
fn bare(value: &Value) -> Value {
    let inner = value.get("elem").and_then(|elem| elem.get("val"));
    inner.unwrap_or(value).clone()
}

fn prefix_span(address: IpAddr, length: u8) -> Option<Span> {
    match address {
        IpAddr::V4(address) => Span::ipv4(address, length),
        IpAddr::V6(address) => Span::ipv6(address, length),
    }
}

fn hardware(text: &str) -> Option<Span> {
    zones::site::Mac::parse(text).map(|mac| Span::one(mac_value(mac)))
}

/// A hardware address as [`Field::Hardware`] holds it.
pub(crate) fn mac_value(mac: zones::site::Mac) -> u128 {
    mac.0.iter().fold(0, |value, byte| (value << 8) | u128::from(*byte))
}

/// A protocol by number or by the names that nft writes.
fn protocol(value: &Value) -> Option<u128> {
    if let Some(number) = value.as_u64() {
        return (number <= 255).then_some(u128::from(number));
    }
    Some(match value.as_str()? {
        "icmp" => 1,
        "igmp" => 2,
        "tcp" => TCP,
        "udp" => UDP,
        "dccp" => 33,
        "ipv6" => 41,
        "gre" => 47,
        "esp" => 50,
        "ah" => 51,
        "icmpv6" | "ipv6-icmp" => 58,
        "sctp" => 132,
        "udplite" => 136,
        _ => return None,
    })
}

/// States by name, and directions.
fn states(name: &str) -> Option<Vec<Span>> {
    let all: &[State] = match name {
        "invalid" => &[State::Invalid],
        "new" => &[State::New],
        "established" => &[State::Begun, State::Answer],
        "related" => &[State::Related, State::RelatedAnswer],
        "untracked" => &[State::Untracked],
        "original" => &[State::New, State::Begun, State::Related],
        "reply" => &[State::Answer, State::RelatedAnswer],
        _ => return None,
    };
    Some(all.iter().map(|state| state.span()).collect())
}

fn selector(left: &Value) -> Option<Selector> {
    let of = |field, also| Some(Selector { field, also, how: How::Plain });
    let written = |field, also, how| Some(Selector { field, also, how });
    let ports = || Some((Field::Protocol, WITH_PORTS.map(Span::one).to_vec()));
    let of_protocol = |number| Some((Field::Protocol, vec![Span::one(number)]));
    if let Some(payload) = left.get("payload") {
        let protocol = payload.get("protocol").and_then(Value::as_str)?;
        let field = payload.get("field").and_then(Value::as_str)?;
        let four = || Some((Field::Source, vec![ipv4()]));
        let six = || Some((Field::Source, ipv6()));
        return match (protocol, field) {
            ("ether", "saddr") => of(Field::Hardware, None),
            ("ip", "saddr") => of(Field::Source, four()),
            ("ip", "daddr") => of(Field::Destination, four()),
            ("ip6", "saddr") => of(Field::Source, six()),
            ("ip6", "daddr") => of(Field::Destination, six()),
            ("ip", "protocol") => of(Field::Protocol, four()),
            ("tcp", "sport") => of(Field::SourcePort, of_protocol(TCP)),
            ("tcp", "dport") => of(Field::DestinationPort, of_protocol(TCP)),
            ("udp", "sport") => of(Field::SourcePort, of_protocol(UDP)),
            ("udp", "dport") => of(Field::DestinationPort, of_protocol(UDP)),
            ("icmp", "type") => written(Field::DestinationPort, of_protocol(1), How::Icmp),
            ("icmpv6", "type") => written(Field::DestinationPort, of_protocol(58), How::Icmp6),
            ("th", "sport") => of(Field::SourcePort, ports()),
            ("th", "dport") => of(Field::DestinationPort, ports()),
            _ => None,
        };
    }
    let key = |kind: &str| left.get(kind)?.get("key").and_then(Value::as_str);
    match (key("meta"), key("ct")) {
        (Some("iifname" | "iif"), _) => of(Field::Inward, None),
        (Some("oifname" | "oif"), _) => of(Field::Outward, None),
        (Some("l4proto"), _) => of(Field::Protocol, None),
        (Some("nfproto"), _) => written(Field::Source, None, How::Family),
        (_, Some("state")) => of(Field::State, None),
        (_, Some("direction")) => {
            let with_one = |state: &State| !matches!(state, State::Invalid | State::Untracked);
            let spans = State::ALL.iter().filter(|state| with_one(state)).map(|state| state.span());
            of(Field::State, Some((Field::State, spans.collect())))
        }
        _ => None,
    }
}

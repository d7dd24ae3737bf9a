//! Sets of packets. A cube is one span of values a field; a set is a union of
//! cubes. Everything a proof asks (what is in both, what is in one only, a
//! packet of it) is arithmetic on the ends of spans.
//!
//! Addresses of both families share one field: IPv4 stands at `::ffff:0:0/96`
//! (RFC 4291 2.5.5.2). A packet has both of its addresses in one family; what
//! mixes them is no packet, and [`Set::everything`] does not hold it.

use std::fmt;

/// A field of a packet, or of the way it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The interface it comes in by, as a number given by the reader.
    Inward,
    /// The interface it leaves by.
    Outward,
    /// The source's hardware address, 48 bits.
    Hardware,
    /// The source address.
    Source,
    /// The destination address.
    Destination,
    /// The protocol (IPv4 Protocol, IPv6 Next Header): 8 bits.
    Protocol,
    /// The source port; 0 where the protocol has none.
    SourcePort,
    /// The destination port; for ICMP the type and code.
    DestinationPort,
    /// What connection tracking knows of it: [`Set`]s of the reader's numbers.
    State,
}

/// How many fields there are.
const FIELDS: usize = 9;
/// IPv4 stands here.
const IPV4: Span = Span { first: 0xffff_0000_0000, last: 0xffff_ffff_ffff };

impl Field {
    /// All, in the order of a cube.
    pub const ALL: [Self; FIELDS] = [
        Self::Inward,
        Self::Outward,
        Self::Hardware,
        Self::Source,
        Self::Destination,
        Self::Protocol,
        Self::SourcePort,
        Self::DestinationPort,
        Self::State,
    ];

    /// Every value that it can have.
    #[must_use]
    pub const fn all(self) -> Span {
        let last = match self {
            Self::Inward | Self::Outward => u16::MAX as u128,
            Self::Hardware => (1 << 48) - 1,
            Self::Source | Self::Destination => u128::MAX,
            Self::Protocol => u8::MAX as u128,
            Self::SourcePort | Self::DestinationPort => u16::MAX as u128,
            Self::State => 7,
        };
        Span { first: 0, last }
    }
}

/// Values from the first to the last, both among them. Never empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    first: u128,
    last: u128,
}

impl Span {
    /// One value.
    #[must_use]
    pub const fn one(value: u128) -> Self {
        Self { first: value, last: value }
    }

    /// From one value to another; nothing if there is none between.
    #[must_use]
    pub const fn new(first: u128, last: u128) -> Option<Self> {
        if first <= last { Some(Self { first, last }) } else { None }
    }

    /// An IPv4 prefix; nothing for a length beyond 32.
    #[must_use]
    pub fn ipv4(address: std::net::Ipv4Addr, length: u8) -> Option<Self> {
        let host = u32::MAX.checked_shr(u32::from(length));
        let host = if length > 32 { return None } else { host.unwrap_or(0) };
        let first = u32::from(address) & !host;
        Some(Self {
            first: IPV4.first | u128::from(first),
            last: IPV4.first | u128::from(first | host),
        })
    }

    /// An IPv6 prefix; nothing for a length beyond 128.
    #[must_use]
    pub fn ipv6(address: std::net::Ipv6Addr, length: u8) -> Option<Self> {
        let host = u128::MAX.checked_shr(u32::from(length));
        let host = if length > 128 { return None } else { host.unwrap_or(0) };
        let first = u128::from(address) & !host;
        Some(Self { first, last: first | host })
    }

    /// The first value.
    #[must_use]
    pub const fn first(self) -> u128 {
        self.first
    }

    /// The last value.
    #[must_use]
    pub const fn last(self) -> u128 {
        self.last
    }

    /// True where the value lies in it.
    #[must_use]
    pub const fn holds(self, value: u128) -> bool {
        self.first <= value && value <= self.last
    }

    const fn within(self, other: Self) -> bool {
        other.first <= self.first && self.last <= other.last
    }

    const fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    fn both(self, other: Self) -> Option<Self> {
        Self::new(self.first.max(other.first), self.last.min(other.last))
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}..={:x}", self.first, self.last)
    }
}

/// One span a field: every packet whose fields all lie in them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cube([Span; FIELDS]);

/// One packet, and the way it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Packet([u128; FIELDS]);

impl Cube {
    /// Every packet and every mixture that is none; narrow it.
    #[must_use]
    pub fn all() -> Self {
        Self(Field::ALL.map(Field::all))
    }

    /// The same with one field narrowed; nothing if nothing is left.
    #[must_use]
    pub fn with(mut self, field: Field, span: Span) -> Option<Self> {
        let place = self.0.get_mut(field as usize)?;
        *place = place.both(span)?;
        Some(self)
    }

    /// The same with one field open again.
    #[must_use]
    pub fn without_field(mut self, field: Field) -> Self {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = field.all();
        }
        self
    }

    /// A field's span.
    #[must_use]
    pub fn span(&self, field: Field) -> Span {
        self.0.get(field as usize).copied().unwrap_or(field.all())
    }

    /// What lies in both.
    #[must_use]
    pub fn both(&self, other: &Self) -> Option<Self> {
        let mut spans = self.0;
        for (span, other) in spans.iter_mut().zip(&other.0) {
            *span = span.both(*other)?;
        }
        Some(Self(spans))
    }

    /// True where something lies in both.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(span, other)| span.meets(*other))
    }

    /// True where everything in it lies in the other.
    #[must_use]
    pub fn within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(span, other)| span.within(*other))
    }

    /// True where the packet lies in it.
    #[must_use]
    pub fn holds(&self, packet: &Packet) -> bool {
        self.0.iter().zip(packet.0).all(|(span, value)| span.holds(value))
    }

    /// A packet of it: the first value of each field.
    #[must_use]
    pub fn packet(&self) -> Packet {
        Packet(self.0.map(Span::first))
    }

    /// Adds to a list what lies in this one and not in the other: a slice off
    /// each side of each field.
    fn without(&self, other: &Self, into: &mut Vec<Self>) {
        let mut rest = self.clone();
        for (place, cut) in other.0.iter().enumerate() {
            let Some(span) = self.0.get(place).copied() else { continue };
            let below = cut.first.checked_sub(1).and_then(|last| Span::new(span.first, last));
            let above = cut.last.checked_add(1).and_then(|first| Span::new(first, span.last));
            for slice in [below, above].into_iter().flatten() {
                let mut kept = rest.clone();
                if let Some(one) = kept.0.get_mut(place) {
                    *one = slice;
                }
                into.push(kept);
            }
            if let (Some(one), Some(both)) = (rest.0.get_mut(place), span.both(*cut)) {
                *one = both;
            }
        }
    }
}

impl fmt::Debug for Cube {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for field in Field::ALL.into_iter().filter(|field| self.span(*field) != field.all()) {
            map.entry(&field, &self.span(field));
        }
        map.finish()
    }
}

impl Packet {
    /// A packet of given values; each is cut to what its field can have.
    #[must_use]
    pub fn new(values: [(Field, u128); FIELDS]) -> Self {
        let mut packet = Self([0; FIELDS]);
        for (field, value) in values {
            if let Some(place) = packet.0.get_mut(field as usize) {
                *place = value.min(field.all().last);
            }
        }
        packet
    }

    /// A field's value.
    #[must_use]
    pub fn value(&self, field: Field) -> u128 {
        self.0.get(field as usize).copied().unwrap_or_default()
    }

    /// The same with one field's value changed.
    #[must_use]
    pub fn with(mut self, field: Field, value: u128) -> Self {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = value.min(field.all().last);
        }
        self
    }

    /// An address field as an address.
    #[must_use]
    pub fn address(&self, field: Field) -> std::net::IpAddr {
        std::net::Ipv6Addr::from(self.value(field)).to_canonical()
    }
}

/// A union of cubes, which may overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set(Vec<Cube>);

impl Set {
    /// No packet.
    #[must_use]
    pub const fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Every packet: both addresses of one family.
    #[must_use]
    pub fn everything() -> Self {
        let below = Span { first: 0, last: IPV4.first - 1 };
        let above = Span { first: IPV4.last + 1, last: u128::MAX };
        let of = |from: Span, to: Span| {
            Cube::all().with(Field::Source, from)?.with(Field::Destination, to)
        };
        let six = [below, above];
        let pairs = six.into_iter().flat_map(|from| six.into_iter().map(move |to| (from, to)));
        Self(
            std::iter::once((IPV4, IPV4))
                .chain(pairs)
                .filter_map(|(from, to)| of(from, to))
                .collect(),
        )
    }

    /// The cubes.
    #[must_use]
    pub fn cubes(&self) -> &[Cube] {
        &self.0
    }

    /// True where no packet lies in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a cube.
    pub fn add(&mut self, cube: Cube) {
        self.0.push(cube);
    }

    /// Everything in either.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// What lies in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let (few, many) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        let sorted = Sorted::of(&many.0);
        let mut both = Vec::new();
        for cube in &few.0 {
            both.extend(sorted.near(cube).filter_map(|near| cube.both(near)));
        }
        Self(both)
    }

    /// What lies in this one and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let sorted = Sorted::of(&other.0);
        let mut rest = Vec::new();
        for cube in &self.0 {
            rest.extend(sorted.left_of(cube));
        }
        Self(rest)
    }

    /// A packet that lies in this one and in none of the other; nothing if this
    /// one lies in the other.
    #[must_use]
    pub fn beyond(&self, other: &Self) -> Option<Packet> {
        let sorted = Sorted::of(&other.0);
        self.0.iter().find_map(|cube| sorted.left_of(cube).first().map(Cube::packet))
    }

    /// A packet of it.
    #[must_use]
    pub fn packet(&self) -> Option<Packet> {
        self.0.first().map(Cube::packet)
    }

    /// True where the packet lies in it.
    #[must_use]
    pub fn holds(&self, packet: &Packet) -> bool {
        self.0.iter().any(|cube| cube.holds(packet))
    }
}

impl FromIterator<Cube> for Set {
    fn from_iter<I: IntoIterator<Item = Cube>>(cubes: I) -> Self {
        Self(cubes.into_iter().collect())
    }
}

/// Spans of more values than this are looked at always: one of them among
/// narrow ones would have all of those looked at too.
const NARROW_MAX: u128 = 1 << 24;

/// Cubes in the order of one field, so that those near another are found
/// without looking at all.
struct Sorted<'a> {
    wide: Vec<&'a Cube>,
    narrow: Vec<&'a Cube>,
    field: Field,
    /// The last value of that field up to each place of the narrow ones.
    reach: Vec<u128>,
}

impl<'a> Sorted<'a> {
    /// Sorts by the address field that tells more cubes apart.
    fn of(cubes: &'a [Cube]) -> Self {
        let count = |field: Field| {
            let mut firsts: Vec<u128> = cubes.iter().map(|cube| cube.span(field).first).collect();
            firsts.sort_unstable();
            firsts.dedup();
            firsts.len()
        };
        let by_source = count(Field::Source) >= count(Field::Destination);
        let field = if by_source { Field::Source } else { Field::Destination };
        let is_wide = |cube: &&Cube| {
            let span = cube.span(field);
            span.last - span.first > NARROW_MAX
        };
        let (wide, mut narrow): (Vec<&Cube>, Vec<&Cube>) = cubes.iter().partition(is_wide);
        narrow.sort_by_key(|cube| cube.span(field).first);
        let reach = narrow
            .iter()
            .scan(0, |last, cube| {
                *last = cube.span(field).last.max(*last);
                Some(*last)
            })
            .collect();
        Self { wide, narrow, field, reach }
    }

    /// Those of the narrow ones that may meet a cube, in order.
    fn near_narrow(&self, cube: &Cube) -> &[&'a Cube] {
        let span = cube.span(self.field);
        let from = self.reach.partition_point(|last| *last < span.first);
        let to = self.narrow.partition_point(|one| one.span(self.field).first <= span.last);
        self.narrow.get(from..to).unwrap_or_default()
    }

    /// Those that may meet a cube.
    fn near(&self, cube: &Cube) -> impl Iterator<Item = &'a Cube> {
        self.wide.iter().chain(self.near_narrow(cube)).copied()
    }

    /// What is left of a cube.
    fn left_of(&self, cube: &Cube) -> Vec<Cube> {
        let mut left = vec![cube.clone()];
        for wide in self.wide.iter().filter(|wide| wide.meets(cube)) {
            let mut next = Vec::with_capacity(left.len());
            for piece in left {
                cut(piece, wide, &mut next);
            }
            left = next;
        }
        // What lies before one of them lies before all that follow.
        let mut before = Vec::new();
        for near in self.near_narrow(cube).iter().filter(|near| near.meets(cube)) {
            if left.is_empty() {
                break;
            }
            let first = near.span(self.field).first;
            let mut next = Vec::with_capacity(left.len());
            for piece in left {
                if piece.span(self.field).last < first {
                    before.push(piece);
                } else {
                    cut(piece, near, &mut next);
                }
            }
            left = next;
        }
        before.append(&mut left);
        before
    }
}

/// Adds to a list what of a piece lies beside another cube.
fn cut(piece: Cube, other: &Cube, into: &mut Vec<Cube>) {
    if piece.meets(other) {
        piece.without(other, into);
    } else {
        into.push(piece);
    }
}

//! Sets of packets against the plain truth: one bit a packet of a small
//! universe, and a BDD over the same packets.
#![allow(clippy::unwrap_used, clippy::panic)]

use biodivine_lib_bdd::{Bdd, BddVariable, BddVariableSet};
use wall_engine::{Cube, Field, Packet, Set, Span};

/// Three bits a field, four fields: 4,096 packets.
const BITS: usize = 3;
const FIELDS: [Field; 4] =
    [Field::Source, Field::Destination, Field::Protocol, Field::DestinationPort];
const PACKETS: usize = 1 << (BITS * FIELDS.len());
/// IPv6 addresses, so that every pair of them is a packet.
const ROUNDS: u64 = 1_000;

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

    fn cube(&mut self) -> Cube {
        FIELDS.iter().fold(Cube::all(), |cube, field| {
            let (a, b) = (self.roll(1 << BITS), self.roll(1 << BITS));
            let wide = self.roll(3) == 0;
            let span = if wide {
                Span::new(0, (1 << BITS) - 1)
            } else {
                Span::new(a.min(b).into(), a.max(b).into())
            };
            cube.with(*field, span.unwrap()).unwrap()
        })
    }

    fn set(&mut self, most: u64) -> Set {
        (0..self.roll(most + 1)).map(|_| self.cube()).collect()
    }
}

fn packet(number: usize) -> Packet {
    let value = |place: usize| (number >> (place * BITS)) & ((1 << BITS) - 1);
    let mut values = Field::ALL.map(|field| (field, 0));
    for (place, field) in FIELDS.iter().enumerate() {
        values[*field as usize].1 = value(place) as u128;
    }
    Packet::new(values)
}

fn truth(set: &Set) -> Vec<bool> {
    (0..PACKETS).map(|number| set.holds(&packet(number))).collect()
}

struct Diagrams {
    set: BddVariableSet,
    variables: Vec<BddVariable>,
}

impl Diagrams {
    fn new() -> Self {
        let set = BddVariableSet::new_anonymous((BITS * FIELDS.len()) as u16);
        Self { variables: set.variables(), set }
    }

    /// The packets of a set, each span as the values in it.
    fn of(&self, packets: &Set) -> Bdd {
        let mut all = self.set.mk_false();
        for cube in packets.cubes() {
            let mut one = self.set.mk_true();
            for (place, field) in FIELDS.iter().enumerate() {
                let span = cube.span(*field);
                let mut any = self.set.mk_false();
                for value in 0..1_u128 << BITS {
                    if span.holds(value) {
                        any = any.or(&self.value(place, value));
                    }
                }
                one = one.and(&any);
            }
            all = all.or(&one);
        }
        all
    }

    fn value(&self, place: usize, value: u128) -> Bdd {
        (0..BITS).fold(self.set.mk_true(), |all, bit| {
            let variable = self.variables[place * BITS + bit];
            all.and(&self.set.mk_literal(variable, (value >> bit) & 1 == 1))
        })
    }
}

#[test]
fn arithmetic_agrees_with_every_packet_and_with_diagrams() {
    let mut dice = Dice(1);
    let diagrams = Diagrams::new();
    let (mut looked_at, mut compared) = (0, 0);
    for _ in 0..ROUNDS {
        let (a, b) = (dice.set(8), dice.set(8));
        let (in_a, in_b) = (truth(&a), truth(&b));
        let (both, without, either) = (a.and(&b), a.without(&b), a.clone().or(b.clone()));
        let (in_both, in_without, in_either) = (truth(&both), truth(&without), truth(&either));
        for number in 0..PACKETS {
            assert_eq!(in_both[number], in_a[number] && in_b[number]);
            assert_eq!(in_without[number], in_a[number] && !in_b[number]);
            assert_eq!(in_either[number], in_a[number] || in_b[number]);
            looked_at += 1;
        }
        let lies_beyond = (0..PACKETS).any(|number| in_a[number] && !in_b[number]);
        let witness = a.beyond(&b);
        assert_eq!(witness.is_some(), lies_beyond);
        if let Some(witness) = witness {
            assert!(a.holds(&witness) && !b.holds(&witness), "{witness:?}");
        }
        let (da, db) = (diagrams.of(&a), diagrams.of(&b));
        assert_eq!(diagrams.of(&without), da.and_not(&db));
        assert_eq!(diagrams.of(&both), da.and(&db));
        compared += 1;
    }
    println!("{looked_at} packets in {compared} pairs of sets, 0 disagreements");
    assert!(looked_at > 1_000_000);
}

#[test]
fn no_packet_mixes_the_families() {
    let four = Span::ipv4("10.0.0.0".parse().unwrap(), 8).unwrap();
    let six = Span::ipv6("2001:db8::".parse().unwrap(), 32).unwrap();
    let of = |from: Span, to: Span| -> Set {
        Cube::all()
            .with(Field::Source, from)
            .and_then(|cube| cube.with(Field::Destination, to))
            .into_iter()
            .collect()
    };
    let everything = Set::everything();
    assert!(everything.and(&of(four, six)).is_empty());
    assert!(everything.and(&of(six, four)).is_empty());
    assert!(!everything.and(&of(four, four)).is_empty());
    assert!(!everything.and(&of(six, six)).is_empty());
    let witness = everything.and(&of(four, four)).packet().unwrap();
    assert_eq!(witness.address(Field::Source).to_string(), "10.0.0.0");
}

#[test]
fn prefixes_end_where_they_should() {
    let all = Span::ipv4("1.2.3.4".parse().unwrap(), 0).unwrap();
    assert_eq!((all.first(), all.last()), (0xffff_0000_0000, 0xffff_ffff_ffff));
    let host = Span::ipv4("1.2.3.4".parse().unwrap(), 32).unwrap();
    assert_eq!(host, Span::one(0xffff_0102_0304));
    let net = Span::ipv4("10.1.2.3".parse().unwrap(), 24).unwrap();
    assert_eq!((net.first(), net.last()), (0xffff_0a01_0200, 0xffff_0a01_02ff));
    assert_eq!(Span::ipv4("1.2.3.4".parse().unwrap(), 33), None);
    let six = Span::ipv6("2001:db8::1".parse().unwrap(), 128).unwrap();
    assert_eq!(six.first(), six.last());
    assert_eq!(Span::ipv6("::".parse().unwrap(), 0).unwrap(), Field::Source.all());
}

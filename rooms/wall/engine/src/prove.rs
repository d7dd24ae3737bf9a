//! Proves what a packet filter does against what was approved: nothing more
//! passes, nothing less, and nothing where the guideline forbids it. A proof
//! that met something it does not understand says so.

mod invariant;
mod steering;

use std::collections::BTreeSet;
use std::net::IpAddr;

use zones::Zone;
use zones::site::{Host, Prefix, Site};

use crate::compile::{Opening, TABLE};
use crate::doors::{self, Open};
use crate::expression::{Interfaces, State, mac_value};
use crate::ruleset::{Chain, RuleAt, Ruleset};
use crate::space::{Cube, Field, Packet, Set, Span};
use crate::walk::{Unproven, Walked, is_guard_mark, of_family, walk};
use crate::ward::Legs;

pub use invariant::Invariant;

/// The most violations that are told one by one.
const TOLD_MAX: usize = 200;
/// Cubes that are looked through for a packet that somebody could send.
const LIKELY_MAX: usize = 5_000;

/// A packet that shows a violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The interface it comes in by.
    pub iif: String,
    /// The interface it leaves by; empty for the gateway itself.
    pub oif: String,
    /// Its source.
    pub src: IpAddr,
    /// Its destination.
    pub dst: IpAddr,
    /// Its protocol's number.
    pub proto: u8,
    /// Its source port.
    pub sport: u16,
    /// Its destination port.
    pub dport: u16,
    /// Its hardware source address, where that counts.
    pub mac: u64,
    /// What connection tracking knows of it.
    pub state: State,
}

/// Something that must hold and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What.
    pub invariant: Invariant,
    /// A packet.
    pub witness: Witness,
    /// The rule that lets it through, or the chain whose policy does; none where
    /// no chain stands in the way. For what is lacking, the chain that stops it,
    /// where that is not ours.
    pub rule: Option<RuleAt>,
}

/// What came of a proof.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// What was not understood, and so is not proved.
    pub unproven: Vec<Unproven>,
}

impl Proof {
    /// True where everything holds and everything was understood.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.violations.is_empty() && self.unproven.is_empty()
    }
}

/// Proves a ruleset against a site of which some flows and services are open.
#[must_use]
pub fn prove<'o>(site: &Site, open: impl Into<Open<'o>>, ruleset: &Ruleset) -> Proof {
    let (openings, services) = crate::cut::left_open(site, open.into());
    let interfaces = interfaces_of(site);
    let ground = Ground { site, interfaces: &interfaces };
    let is_guarded = |opening: &&Opening| {
        site.flows.get(opening.flow).is_some_and(zones::site::Flow::is_guarded)
    };
    let (guarded, direct): (Vec<Opening>, Vec<Opening>) =
        openings.iter().partition(|opening| is_guarded(opening));
    let beside = ground.approved(&guarded).all;
    let beside = beside.cubes().iter().map(|cube| cube.clone().without_field(Field::Hardware));
    let approved = Approved { beside: beside.collect(), ..ground.approved(&direct) };
    let legs = Legs::of(site, &guarded, &interfaces);
    // What the gateway takes, or sends in the name of an end of a guarded flow:
    // a session of one that is closed, or anything else.
    let declared = Legs::declared(site, &interfaces);
    let at_gateway = |packet: &Packet| {
        let lives_on = state_of(packet) != State::New && declared.hold(packet);
        if lives_on { Invariant::NoSurvivor } else { Invariant::NoDoor }
    };
    let mut proof = Proof { unproven: beyond_hooks(ruleset), ..Proof::default() };
    let forward = ground.hook(ruleset, "forward", &ground.crossings(), &mut proof);
    let excess = forward.may.without(&approved.all);
    for cube in ground.likely_first(excess.cubes()) {
        ground.tell(&mut proof, cube, &forward, |packet| ground.judge(packet, &approved));
    }
    ground.lacks(&mut proof, &approved.all.without(&forward.surely), &forward.chains);
    let doors = ground.doors();
    let asked = legs.taken.without(&doors).or(doors);
    let input = ground.hook(ruleset, "input", &asked, &mut proof);
    // A service is asked at an address of the gateway, which is no end of a flow.
    let taken = doors::taken(site, &services, &interfaces).without(&legs.taken);
    let taken = taken.or(legs.asked.clone()).or(legs.answered.clone());
    for cube in ground.likely_first(input.may.without(&taken).cubes()) {
        ground.tell(&mut proof, cube, &input, at_gateway);
    }
    ground.lacks(&mut proof, &taken.without(&input.surely), &input.chains);
    ground.steering(ruleset, (&legs, &declared), &mut proof);
    if !legs.sent.is_empty() {
        let output = ground.hook(ruleset, "output", &legs.sent, &mut proof);
        let sent = legs.asks.clone().or(legs.answers.clone());
        for cube in ground.likely_first(output.may.without(&sent).cubes()) {
            ground.tell(&mut proof, cube, &output, at_gateway);
        }
        ground.lacks(&mut proof, &sent.without(&output.surely), &output.chains);
    }
    proof
}

/// What a ruleset lets through between the networks of a site.
#[derive(Clone, Debug)]
pub struct Passed {
    /// Never less than what passes.
    pub may: Set,
    /// Never more.
    pub surely: Set,
    interfaces: Interfaces,
}

impl Passed {
    /// An interface as the sets number it.
    #[must_use]
    pub fn interface(&self, name: &str) -> Option<Span> {
        self.interfaces.span(name)
    }
}

/// Says what a ruleset lets through, whatever was approved.
#[must_use]
pub fn passed(site: &Site, ruleset: &Ruleset) -> Passed {
    let interfaces = interfaces_of(site);
    let ground = Ground { site, interfaces: &interfaces };
    let hooked = ground.hook(ruleset, "forward", &ground.crossings(), &mut Proof::default());
    Passed { may: hooked.may, surely: hooked.surely, interfaces }
}

fn interfaces_of(site: &Site) -> Interfaces {
    let names = site.networks.iter().map(|network| network.interface.clone());
    // The gateway itself stands at the place of no interface, which sorts first.
    Interfaces::new(names.chain(["lo".to_owned(), String::new()]))
}

/// Objects and rules outside the hooks that are walked, which may move packets
/// past them or change them.
fn beyond_hooks(ruleset: &Ruleset) -> Vec<Unproven> {
    const MOVING: [&str; 9] =
        ["dnat", "snat", "masquerade", "redirect", "dup", "fwd", "flow", "mangle", "notrack"];
    let mut unproven: Vec<Unproven> = ruleset
        .others
        .iter()
        .map(|(what, rule)| Unproven { rule: rule.clone(), what: what.clone() })
        .collect();
    for chain in ruleset.chains.values() {
        if chain.hook.is_some() && ["bridge", "arp"].contains(&chain.at.family.as_str()) {
            unproven.push(Unproven { rule: chain.at.clone(), what: chain.at.family.clone() });
        }
        for rule in &chain.rules {
            let words = rule.statements.iter().filter_map(|one| one.as_object()?.iter().next());
            let is_moving = |word: &str, body| {
                MOVING.contains(&word) && !(word == "mangle" && is_guard_mark(body))
            };
            for (word, _) in words.filter(|(word, body)| is_moving(word, body)) {
                unproven.push(Unproven { rule: rule.at.clone(), what: word.clone() });
            }
        }
    }
    unproven
}

/// What was approved.
struct Approved {
    /// Packets that begin a flow or go on in its direction, and answers.
    all: Set,
    /// Answers, from whatever hardware.
    answers: Set,
    /// What passes the guard, as it would pass beside it, from whatever hardware.
    beside: Set,
}

/// What one hook lets through.
struct Hooked {
    may: Set,
    surely: Set,
    walks: Vec<Walked>,
    /// Its chains, each with what it surely lets through or does not see.
    chains: Vec<(RuleAt, Set)>,
}

struct Ground<'a> {
    site: &'a Site,
    interfaces: &'a Interfaces,
}

impl Ground<'_> {
    fn interface(&self, place: usize) -> Option<Span> {
        self.site.networks.get(place).and_then(|network| self.interfaces.span(&network.interface))
    }

    fn approved(&self, openings: &[Opening]) -> Approved {
        let (mut all, mut answers) = (Set::nothing(), Set::nothing());
        for opening in openings {
            let Some(flow) = self.site.flows.get(opening.flow) else { continue };
            let ends = (self.site.hosts.get(flow.from), self.site.hosts.get(flow.to));
            let (Some(from), Some(to)) = ends else { continue };
            let port = Span::one(u128::from(flow.port));
            let way = |one: &Host, other: &Host, field, states: Span| {
                let mut cubes = Vec::new();
                for (source, destination) in families(one, other) {
                    let cube = Cube::all()
                        .with(Field::Source, source)
                        .and_then(|cube| cube.with(Field::Destination, destination))
                        .and_then(|cube| {
                            cube.with(Field::Inward, self.interface(*one.networks.first()?)?)
                        })
                        .and_then(|cube| {
                            cube.with(Field::Outward, self.interface(*other.networks.first()?)?)
                        })
                        .and_then(|cube| {
                            cube.with(
                                Field::Protocol,
                                Span::one(u128::from(flow.transport.number())),
                            )
                        })
                        .and_then(|cube| cube.with(field, port))
                        .and_then(|cube| cube.with(Field::State, states))
                        .and_then(|cube| match one.mac {
                            Some(mac) => cube.with(Field::Hardware, Span::one(mac_value(mac))),
                            None => Some(cube),
                        });
                    cubes.extend(cube);
                }
                cubes
            };
            let both = Span::new(State::New as u128, State::Begun as u128);
            for cube in
                both.into_iter().flat_map(|both| way(from, to, Field::DestinationPort, both))
            {
                all.add(cube);
            }
            for cube in way(to, from, Field::SourcePort, State::Answer.span()) {
                answers.add(cube.clone().without_field(Field::Hardware));
                all.add(cube);
            }
        }
        Approved { all, answers, beside: Set::nothing() }
    }

    /// Every packet from one network to another, by the routes of the site.
    fn crossings(&self) -> Set {
        let mut set = Set::nothing();
        for (inward, _) in self.site.networks.iter().enumerate() {
            for (outward, network) in self.site.networks.iter().enumerate() {
                if inward == outward {
                    continue;
                }
                let routes = self.routes(&network.prefixes, outward);
                for cube in routes.cubes() {
                    let (Some(iif), Some(oif)) = (self.interface(inward), self.interface(outward))
                    else {
                        continue;
                    };
                    let cube = cube.clone().with(Field::Inward, iif);
                    let cube = cube.and_then(|cube| cube.with(Field::Outward, oif));
                    // The state that nothing has.
                    let states = Span::new(0, State::Untracked as u128);
                    let cube =
                        cube.zip(states).and_then(|(cube, states)| cube.with(Field::State, states));
                    cube.into_iter().for_each(|cube| set.add(cube));
                }
            }
        }
        set.and(&Set::everything())
    }

    /// Destinations that are routed to a network: its prefixes less the longer
    /// ones of others inside them.
    fn routes(&self, prefixes: &[Prefix], own: usize) -> Set {
        let of = |prefix: &Prefix| Cube::all().with(Field::Destination, span(prefix)?);
        let mut set = Set::nothing();
        for prefix in prefixes {
            let others = self.site.networks.iter().enumerate().filter(|(place, _)| *place != own);
            let longer: Set = others
                .flat_map(|(_, network)| &network.prefixes)
                .filter(|other| other.length > prefix.length && prefix.holds(other.address))
                .filter_map(of)
                .collect();
            let whole: Set = of(prefix).into_iter().collect();
            set = set.or(whole.without(&longer));
        }
        set
    }

    /// Tells what was approved and does not surely pass, and which chain of
    /// somebody else's stops it.
    fn lacks(&self, proof: &mut Proof, lacking: &Set, chains: &[(RuleAt, Set)]) {
        for cube in lacking.cubes() {
            let packet = self.likely(cube);
            let mut others = chains.iter().filter(|(at, _)| at.table != TABLE);
            let rule = others.find(|(_, surely)| !surely.holds(&packet)).map(|(at, _)| at.clone());
            let witness = self.witness(&packet);
            let violation = Violation { invariant: Invariant::NoLack, witness, rule };
            if proof.violations.len() < TOLD_MAX {
                proof.violations.push(violation);
            }
        }
    }

    /// Every packet to the gateway itself that begins something or goes on with
    /// what it began, but for what neighbours on a link need (RFC 4861).
    fn doors(&self) -> Set {
        let mut set = Set::nothing();
        for place in 0..self.site.networks.len() {
            let cube = self.interface(place).and_then(|iif| {
                let cube = Cube::all().with(Field::Inward, iif)?;
                let cube = cube.with(Field::Outward, Span::one(0))?;
                cube.with(Field::State, Span::new(State::New as u128, State::Begun as u128)?)
            });
            cube.into_iter().for_each(|cube| set.add(cube));
        }
        let neighbours: Set =
            Cube::all().with(Field::Protocol, Span::one(58)).into_iter().collect();
        set.without(&neighbours).and(&Set::everything())
    }

    /// What all chains of a hook let through of some packets.
    fn hook(&self, ruleset: &Ruleset, hook: &str, of: &Set, proof: &mut Proof) -> Hooked {
        let is_here = |chain: &&Chain| {
            chain.hook.as_ref().is_some_and(|one| one.name == hook)
                && chain.kind != "nat"
                && ["inet", "ip", "ip6"].contains(&chain.at.family.as_str())
        };
        let (walks, chains) = (Vec::new(), Vec::new());
        let mut hooked = Hooked { may: of.clone(), surely: of.clone(), walks, chains };
        for chain in ruleset.chains.values().filter(is_here) {
            let walked = walk(ruleset, chain, self.interfaces);
            let seen: Set = of_family(&chain.at.family).into_iter().collect();
            let unseen = if chain.at.family == "inet" {
                Set::nothing()
            } else {
                Set::everything().without(&seen)
            };
            let may: Set = walked.may.iter().map(|(cube, _)| cube.clone()).collect();
            hooked.may = hooked.may.and(&may.or(unseen.clone()));
            let surely = walked.surely.clone().or(unseen);
            hooked.surely = hooked.surely.and(&surely);
            hooked.chains.push((chain.at.clone(), surely));
            for unproven in &walked.unproven {
                if !proof.unproven.contains(unproven) {
                    proof.unproven.push(unproven.clone());
                }
            }
            hooked.walks.push(walked);
        }
        hooked
    }

    /// Tells a violation, each rule and invariant once.
    fn tell(
        &self,
        proof: &mut Proof,
        cube: &Cube,
        hooked: &Hooked,
        judge: impl Fn(&Packet) -> Invariant,
    ) {
        for cube in by_state(cube) {
            let packet = self.likely(&cube);
            let invariant = judge(&packet);
            let rule = culprit(&packet, hooked);
            let is_told = proof.violations.iter().any(|one| {
                one.invariant == invariant
                    && one.rule == rule
                    && self.interfaces.name(packet.value(Field::Inward)) == Some(&one.witness.iif)
            });
            if !is_told && proof.violations.len() < TOLD_MAX {
                let witness = self.witness(&packet);
                proof.violations.push(Violation { invariant, witness, rule });
            }
        }
    }

    fn judge(&self, packet: &Packet, approved: &Approved) -> Invariant {
        let zone = |field| {
            let name = self.interfaces.name(packet.value(field))?;
            let mut networks = self.site.networks.iter();
            networks.find(|network| network.interface == name).map(|network| network.zone)
        };
        let state = state_of(packet);
        let zones: BTreeSet<Option<Zone>> = [zone(Field::Inward), zone(Field::Outward)].into();
        let has = |one: Zone| zones.contains(&Some(one));
        if has(Zone::MyNumber) && has(Zone::Internet) {
            return Invariant::NoWayToNumbers;
        }
        if approved.beside.holds(packet) {
            return Invariant::PastTheGuard;
        }
        let goes_on = matches!(state, State::Begun | State::Answer | State::RelatedAnswer);
        if goes_on {
            return Invariant::NoSurvivor;
        }
        if approved.answers.holds(&packet.with(Field::State, State::Answer as u128)) {
            return Invariant::RepliesOnly;
        }
        if has(Zone::Lgwan) && has(Zone::Internet) {
            return Invariant::OnlyByRelay;
        }
        if has(Zone::MyNumber) && has(Zone::Lgwan) {
            return Invariant::PathAndProtocol;
        }
        Invariant::NoExcess
    }

    /// Cubes with a packet between two hosts of the site before all others: such
    /// a witness can be tried.
    fn likely_first<'c>(&self, cubes: &'c [Cube]) -> Vec<&'c Cube> {
        let spans = || self.site.hosts.iter().flat_map(|host| &host.addresses).filter_map(span);
        let meets =
            |cube: &Cube, field| spans().any(|span| cube.clone().with(field, span).is_some());
        let is_likely = |cube: &Cube| meets(cube, Field::Source) && meets(cube, Field::Destination);
        let (mut likely, others): (Vec<&Cube>, Vec<&Cube>) =
            cubes.iter().take(LIKELY_MAX).partition(|cube| is_likely(cube));
        likely.extend(others);
        likely.extend(cubes.iter().skip(LIKELY_MAX));
        likely
    }

    /// A packet of a cube that can be sent where possible: from an address of
    /// the network that it comes from.
    fn likely(&self, cube: &Cube) -> Packet {
        let name = self.interfaces.name(cube.span(Field::Inward).first());
        let networks = self.site.networks.iter();
        let inward = networks.filter(|network| Some(network.interface.as_str()) == name);
        let mut best = cube.clone();
        for network in inward {
            let hosts = self.site.hosts.iter().flat_map(|host| &host.addresses);
            let own = hosts.filter(|address| {
                network.prefixes.iter().any(|prefix| prefix.holds(address.address))
            });
            let sources = own.chain(&network.prefixes).filter_map(span);
            let mut found = sources.filter_map(|source| cube.clone().with(Field::Source, source));
            best = found.next().unwrap_or(best);
        }
        let likely_destination = |cube: &Cube| {
            let hosts = self.site.hosts.iter().flat_map(|host| &host.addresses);
            hosts.filter_map(span).find_map(|span| cube.clone().with(Field::Destination, span))
        };
        best = likely_destination(&best).unwrap_or(best);
        for (field, value) in
            [(Field::Protocol, 6), (Field::SourcePort, 40_000), (Field::DestinationPort, 443)]
        {
            best = best.clone().with(field, Span::one(value)).unwrap_or(best);
        }
        best.packet()
    }

    fn witness(&self, packet: &Packet) -> Witness {
        let name = |field| self.interfaces.name(packet.value(field)).unwrap_or_default().to_owned();
        let small = |field| u16::try_from(packet.value(field)).unwrap_or(u16::MAX);
        Witness {
            iif: name(Field::Inward),
            oif: name(Field::Outward),
            src: packet.address(Field::Source),
            dst: packet.address(Field::Destination),
            proto: u8::try_from(packet.value(Field::Protocol)).unwrap_or(u8::MAX),
            sport: small(Field::SourcePort),
            dport: small(Field::DestinationPort),
            mac: u64::try_from(packet.value(Field::Hardware)).unwrap_or_default(),
            state: state_of(packet),
        }
    }
}

/// A cube for each state that it holds, those that begin something first.
fn by_state(cube: &Cube) -> Vec<Cube> {
    let mut states = State::ALL;
    states.sort_by_key(|state| *state != State::New);
    states.iter().filter_map(|state| cube.clone().with(Field::State, state.span())).collect()
}

fn state_of(packet: &Packet) -> State {
    let value = packet.value(Field::State);
    State::ALL.into_iter().find(|state| *state as u128 == value).unwrap_or(State::Invalid)
}

/// The rule that lets a packet through: of several chains the one that is not
/// ours.
fn culprit(packet: &Packet, hooked: &Hooked) -> Option<RuleAt> {
    let of = |walked: &Walked| {
        let mut found = walked.may.iter().filter(|(cube, _)| cube.holds(packet));
        found.next().and_then(|(_, number)| walked.rules.get(*number)).cloned()
    };
    let mut rules: Vec<RuleAt> = hooked.walks.iter().filter_map(of).collect();
    rules.sort_by_key(|rule| (rule.handle.is_none(), rule.table != crate::TABLE));
    rules.into_iter().next()
}

fn families(one: &Host, other: &Host) -> Vec<(Span, Span)> {
    let mut pairs = Vec::new();
    for source in &one.addresses {
        let others = other.addresses.iter();
        for destination in
            others.filter(|other| other.address.is_ipv4() == source.address.is_ipv4())
        {
            pairs.extend(span(source).zip(span(destination)));
        }
    }
    pairs
}

fn span(prefix: &Prefix) -> Option<Span> {
    match prefix.address {
        IpAddr::V4(address) => Span::ipv4(address, prefix.length),
        IpAddr::V6(address) => Span::ipv6(address, prefix.length),
    }
}

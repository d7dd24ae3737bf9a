//! What a proof found, in sentences for somebody who is no network engineer:
//! what passes from whom to whom, which rule lets it through, and what to do
//! next. Pure: a site and a violation come in, words come out.

use std::net::IpAddr;

use i18n::{Message, key};
use wall_engine::{Invariant, RuleAt, State, TABLE, Violation, Witness};
use zones::site::{Host, Site};

use super::map::{Say, Stray, zone_name};

/// What is asked of the filter, by the ids of the project's invariants. Others
/// may be found and are told all the same.
pub(crate) const ASKED: [&str; 7] = ["G1", "G2", "G4", "G5", "G11", "G12", "G13"];

/// A violation in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The invariant's id.
    pub(crate) id: &'static str,
    /// What is wrong, in a sentence.
    pub(crate) title: String,
    /// What passes, from whom to whom.
    pub(crate) witness: String,
    /// Which rule lets it through.
    pub(crate) rule: String,
    /// What to do.
    pub(crate) next: String,
    /// The command that takes the rule away, where one does.
    pub(crate) command: Option<String>,
    /// The packet as an engineer reads it.
    pub(crate) packet: String,
}

/// Tells a violation; `is_kept` says whether this program puts its own table
/// back by itself.
pub(crate) fn told(site: &Site, one: &Violation, is_kept: bool, say: &Say<'_>) -> Told {
    let lacks = is_lack(one.invariant);
    Told {
        id: one.invariant.id(),
        title: say(Message::new(match one.invariant {
            Invariant::NoWayToNumbers => key!("wall-found-no-way-to-numbers"),
            Invariant::PathAndProtocol => key!("wall-found-path-and-protocol"),
            Invariant::PastTheGuard => key!("wall-found-past-the-guard"),
            Invariant::Diverted => key!("wall-found-diverted"),
            Invariant::OnlyByRelay => key!("wall-found-only-by-relay"),
            Invariant::NoExcess => key!("wall-found-no-excess"),
            Invariant::NoLack => key!("wall-found-no-lack"),
            Invariant::NoSurvivor => key!("wall-found-no-survivor"),
            Invariant::RepliesOnly => key!("wall-found-replies-only"),
            Invariant::NoDoor => key!("wall-found-no-door"),
        })),
        witness: witness(site, one, say),
        rule: if lacks { stops(one.rule.as_ref(), say) } else { rule(one.rule.as_ref(), say) },
        next: next(one, is_kept, say),
        command: one.rule.as_ref().filter(|rule| rule.table != TABLE).and_then(command),
        packet: packet(&one.witness),
    }
}

fn is_lack(invariant: Invariant) -> bool {
    matches!(invariant, Invariant::NoLack)
}

fn witness(site: &Site, one: &Violation, say: &Say<'_>) -> String {
    let packet = &one.witness;
    let from = end(site, packet.src, &packet.iif, say);
    let what = protocol(packet, say);
    if packet.oif.is_empty() {
        return say(Message::new("wall-witness-door").with("from", from).with("what", what));
    }
    let to = end(site, packet.dst, &packet.oif, say);
    let sentence = if is_lack(one.invariant) {
        key!("wall-witness-lack")
    } else {
        match packet.state {
            State::New | State::Untracked | State::Related | State::Invalid => {
                key!("wall-witness-new")
            }
            State::Begun => key!("wall-witness-begun"),
            State::Answer | State::RelatedAnswer => key!("wall-witness-answer"),
        }
    };
    say(Message::new(sentence).with("from", from).with("to", to).with("what", what))
}

/// Who stands at an address: a host of the site, or only a place in a network.
fn end(site: &Site, address: IpAddr, interface: &str, say: &Say<'_>) -> String {
    let network = site.networks.iter().find(|network| network.interface == interface);
    let Some(network) = network else {
        let words = Message::new("wall-end-unknown").with("address", address.to_string());
        return say(words.with("interface", interface));
    };
    let zone = say(zone_name(network.zone));
    match host_at(site, address) {
        Some(host) => say(Message::new("wall-end-host")
            .with("zone", zone)
            .with("host", host.name.as_str())
            .with("owner", host.owner.as_str())
            .with("address", address.to_string())),
        None => say(Message::new("wall-end-address")
            .with("zone", zone)
            .with("network", network.name.as_str())
            .with("address", address.to_string())),
    }
}

fn host_at(site: &Site, address: IpAddr) -> Option<&Host> {
    site.hosts.iter().find(|host| host.addresses.iter().any(|prefix| prefix.holds(address)))
}

fn protocol(packet: &Witness, say: &Say<'_>) -> String {
    let name = match packet.proto {
        6 => "TCP",
        17 => "UDP",
        other => {
            return say(Message::new("wall-protocol-other").with("number", u32::from(other)));
        }
    };
    // An answer carries the port of the one who answers as its source.
    let port = if packet.state == State::Answer { packet.sport } else { packet.dport };
    say(Message::new("wall-protocol").with("name", name).with("port", port.to_string()))
}

/// Which chain stops what was approved; nothing where it is ours that lacks it.
fn stops(rule: Option<&RuleAt>, say: &Say<'_>) -> String {
    rule.map_or_else(String::new, |rule| {
        say(Message::new("wall-rule-stops")
            .with("family", rule.family.as_str())
            .with("table", rule.table.as_str())
            .with("chain", rule.chain.as_str()))
    })
}

/// Which rule lets it through, as a sentence.
pub(crate) fn rule(rule: Option<&RuleAt>, say: &Say<'_>) -> String {
    let Some(rule) = rule else { return say(Message::new("wall-rule-none")) };
    let place = |message: Message| {
        message
            .with("family", rule.family.as_str())
            .with("table", rule.table.as_str())
            .with("chain", rule.chain.as_str())
    };
    let sentence = match rule.handle {
        Some(handle) => say(place(Message::new("wall-rule")).with("handle", handle.to_string())),
        None => say(place(Message::new("wall-rule-policy"))),
    };
    match &rule.comment {
        Some(comment) => {
            let comment = say(Message::new("wall-rule-comment").with("comment", comment.as_str()));
            format!("{sentence}{comment}")
        }
        None => sentence,
    }
}

fn next(one: &Violation, is_kept: bool, say: &Say<'_>) -> String {
    if is_lack(one.invariant) && one.rule.is_some() {
        return say(Message::new("wall-next-stops"));
    }
    let is_ours = one.rule.as_ref().is_none_or(|rule| rule.table == TABLE);
    let key = match (is_ours, is_kept, one.rule.as_ref().and_then(|rule| rule.handle)) {
        (true, true, _) => key!("wall-next-kept"),
        (true, false, _) => key!("wall-next-apply"),
        (false, _, Some(_)) => key!("wall-next-rule"),
        (false, _, None) => key!("wall-next-policy"),
    };
    say(Message::new(key))
}

/// The command that takes away a rule which is not ours. Names in it are what
/// the kernel said; what a shell would take for more than a word is not offered.
fn command(rule: &RuleAt) -> Option<String> {
    let handle = rule.handle?;
    let words = [&rule.family, &rule.table, &rule.chain];
    let is_plain = |word: &&String| {
        let mut letters = word.chars();
        !word.is_empty()
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "_-./".contains(letter))
    };
    if !words.iter().all(is_plain) {
        return None;
    }
    let [family, table, chain] = words;
    Some(format!("nft delete rule {family} {table} {chain} handle {handle}"))
}

/// The packet on one line.
fn packet(one: &Witness) -> String {
    let out = if one.oif.is_empty() { String::new() } else { format!(" → {}", one.oif) };
    format!(
        "{}{out}  {}:{} → {}:{}  proto {}  {}",
        one.iif,
        one.src,
        one.sport,
        one.dst,
        one.dport,
        one.proto,
        format!("{:?}", one.state).to_lowercase()
    )
}

/// What passes without approval, by networks, for the map: each pair once.
pub(crate) fn strays(site: &Site, violations: &[Violation]) -> Vec<Stray> {
    let network = |name: &str| site.networks.iter().position(|one| one.interface == name);
    let mut strays: Vec<Stray> = violations
        .iter()
        .filter(|one| !is_lack(one.invariant))
        .filter_map(|one| {
            let (from, to) = (network(&one.witness.iif)?, network(&one.witness.oif)?);
            Some(Stray { from, to })
        })
        .collect();
    strays.sort();
    strays.dedup();
    strays.truncate(STRAYS_MAX);
    strays
}

/// Lines of strays that are drawn; the proof tells all.
const STRAYS_MAX: usize = 12;

/// The flow whose packet does not pass.
pub(crate) fn lacking(site: &Site, violation: &Violation) -> Option<usize> {
    if !is_lack(violation.invariant) {
        return None;
    }
    let packet = &violation.witness;
    let is_answer = packet.state == State::Answer;
    let (from, to, port) = if is_answer {
        (packet.dst, packet.src, packet.sport)
    } else {
        (packet.src, packet.dst, packet.dport)
    };
    let stands = |host: usize, address: IpAddr| {
        let host = site.hosts.get(host);
        host.is_some_and(|host| host.addresses.iter().any(|prefix| prefix.holds(address)))
    };
    site.flows.iter().position(|flow| {
        flow.port == port
            && flow.transport.number() == packet.proto
            && stands(flow.from, from)
            && stands(flow.to, to)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use i18n::{Language, Messages};
    use zones::read_site;

    use super::*;

    const MIDORI: &str = include_str!("../../../../../examples/midori-city/site.toml");

    fn site() -> Site {
        read_site(MIDORI).unwrap()
    }

    fn violation(invariant: Invariant, rule: Option<RuleAt>) -> Violation {
        let witness = Witness {
            iif: "mn0".to_owned(),
            oif: "in9".to_owned(),
            src: "10.1.0.11".parse().unwrap(),
            dst: "203.0.113.77".parse().unwrap(),
            proto: 6,
            sport: 40_000,
            dport: 443,
            mac: 0,
            state: State::New,
        };
        Violation { invariant, witness, rule }
    }

    fn rule_of(table: &str, handle: Option<u64>) -> RuleAt {
        RuleAt {
            family: "inet".to_owned(),
            table: table.to_owned(),
            chain: "forward".to_owned(),
            handle,
            comment: Some("update".to_owned()),
        }
    }

    fn say(one: &Violation, language: Language) -> Told {
        let messages = Messages::load(&[crate::room::WORDS]).unwrap();
        told(&site(), one, true, &|message| messages.say(language, message).to_string())
    }

    #[test]
    fn a_packet_is_a_sentence_with_names() {
        let one = violation(Invariant::NoWayToNumbers, Some(rule_of("filter", Some(12))));
        let told = say(&one, Language::Japanese);
        assert_eq!(
            told.witness,
            "マイナンバー利用事務系の「tax」(税務課、10.1.0.11)から、インターネット接続系の\
             ネットワーク「in-beyond」の 203.0.113.77へ、TCP ポート 443の通信が通ります。"
        );
        assert!(told.rule.contains("「filter」テーブル") && told.rule.contains("12 番"));
        assert!(told.rule.contains("「update」"), "{}", told.rule);
        assert_eq!(told.command.as_deref(), Some("nft delete rule inet filter forward handle 12"));
        let told = say(&one, Language::English);
        assert!(told.witness.starts_with("From “tax” in Mynumber"), "{}", told.witness);
    }

    #[test]
    fn every_violation_says_what_to_do() {
        let all = [
            Invariant::NoWayToNumbers,
            Invariant::PathAndProtocol,
            Invariant::PastTheGuard,
            Invariant::Diverted,
            Invariant::OnlyByRelay,
            Invariant::NoExcess,
            Invariant::NoLack,
            Invariant::NoSurvivor,
            Invariant::RepliesOnly,
            Invariant::NoDoor,
        ];
        for invariant in all {
            for rule in [None, Some(rule_of("filter", None)), Some(rule_of(TABLE, Some(3)))] {
                for language in Language::ALL {
                    let told = say(&violation(invariant, rule.clone()), language);
                    let words = format!("{told:?}");
                    assert!(!words.contains('⟦') && !told.next.is_empty(), "{words}");
                    assert_eq!(told.command, None, "nothing to delete by hand");
                }
            }
        }
    }

    /// What a stranger wrote into the kernel is shown, and never offered as a
    /// command that does more than it says.
    #[test]
    fn a_name_that_a_shell_would_split_is_no_command() {
        let mut rule = rule_of("filter; rm -rf /", Some(1));
        assert_eq!(command(&rule), None);
        rule.table = "$(id)".to_owned();
        assert_eq!(command(&rule), None);
        rule.table = "filter".to_owned();
        assert!(command(&rule).is_some());
    }

    #[test]
    fn what_lacks_names_its_flow_in_both_directions() {
        let site = site();
        let place = site.flows.iter().position(|flow| flow.name == "eltax-up").unwrap();
        let mut one = violation(Invariant::NoLack, None);
        one.witness.oif = "lg9".to_owned();
        one.witness.dst = "192.0.2.10".parse().unwrap();
        assert_eq!(lacking(&site, &one), Some(place));
        assert!(say(&one, Language::Japanese).witness.ends_with("承認されているのに通りません。"));
        let w = &mut one.witness;
        (w.src, w.dst, w.sport, w.dport) = (w.dst, w.src, w.dport, w.sport);
        w.state = State::Answer;
        assert_eq!(lacking(&site, &one), Some(place));
        assert!(strays(&site, &[one]).is_empty(), "nothing passes");
        let stray = strays(&site, &vec![violation(Invariant::NoExcess, None); 3]);
        assert_eq!(stray.len(), 1, "each way once");
    }
}

//! Zones that are cut off (遮断): a table of its own before all others that
//! drops what comes from them and goes to them. It needs nothing but the site,
//! so that whoever stands at the gateway can load it with everything else down.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use zones::Zone;
use zones::site::{Host, Site};

use crate::compile::{Opening, shown};
use crate::doors::{Doors, Open, Serving};

/// The name of the table of cut-offs, of family `inet`.
pub const CUTOFF_TABLE: &str = "sekisho_cutoff";

/// What is still open while some zones are cut off: no flow that touches one,
/// and of their services those that stay.
pub(crate) fn left_open(site: &Site, open: Open<'_>) -> (Vec<Opening>, Vec<Serving>) {
    let is_cut = |zone: Zone| open.cut.contains(&zone);
    let passes = |opening: &&Opening| {
        let flow = site.flows.get(opening.flow);
        flow.is_some_and(|flow| !is_cut(flow.crossing.from()) && !is_cut(flow.crossing.to()))
    };
    let answers = |serving: &&Serving| {
        let service = site.services.get(serving.service);
        service.is_some_and(|service| service.stays_in_cutoff || !is_cut(service.zone))
    };
    let flows = open.flows.iter().filter(passes).copied().collect();
    (flows, open.services.iter().filter(answers).copied().collect())
}

/// Writes the table that cuts these zones off, in the place of what was there;
/// with no zone, there is none afterwards. What stays of the gateway's services
/// stays only while its own table opens it too.
#[must_use]
pub fn cut_off(site: &Site, zones: &[Zone]) -> String {
    let mut text = format!("table inet {CUTOFF_TABLE}\ndelete table inet {CUTOFF_TABLE}\n");
    let cut: BTreeSet<Zone> = zones.iter().copied().collect();
    if cut.is_empty() {
        return text;
    }
    let staying: Vec<Serving> = site
        .services
        .iter()
        .enumerate()
        .filter(|(_, service)| service.stays_in_cutoff && cut.contains(&service.zone))
        .map(|(service, _)| Serving { service, seconds: None })
        .collect();
    let doors = Doors::of(site, &staying);
    let _ = writeln!(text, "table inet {CUTOFF_TABLE} {{");
    doors.sets(&mut text);
    let ends = ends(&mut text, site, &cut);
    let guarded = guarded(&mut text, site, &cut);
    forward(&mut text, site, &cut);
    text.push_str("  chain cut_input {\n    type filter hook input priority -10; policy accept;\n");
    guarded_drops(&mut text, &guarded);
    doors.rules(&mut text, site);
    for zone in &cut {
        let interfaces = interfaces(site, *zone);
        if !interfaces.is_empty() {
            let _ = writeln!(
                text,
                "    iifname {{ {interfaces} }} ct direction original counter drop comment \"{}\"",
                zone.name()
            );
        }
    }
    // What carries a flow over the gateway itself begins a session of its own
    // with the one who answers.
    text.push_str(
        "  }\n  chain cut_output {\n    type filter hook output priority -10; policy accept;\n",
    );
    for (name, family) in ends {
        let _ = writeln!(text, "    {family} daddr . meta l4proto . th dport @{name} counter drop");
    }
    guarded_drops(&mut text, &guarded);
    text.push_str("  }\n}\n");
    text
}

/// Neither leg of a guarded flow goes on, in either direction.
fn guarded_drops(text: &mut String, guarded: &[(&str, &str)]) {
    for (name, family) in guarded {
        let _ = write!(
            text,
            "    {family} saddr . {family} daddr . meta l4proto . th dport @{name} counter drop\n    \
             {family} daddr . {family} saddr . meta l4proto . th sport @{name} counter drop\n"
        );
    }
}

/// The sets of the guarded flows that touch the zones, a family each: who asks,
/// who answers, and where.
fn guarded(
    text: &mut String,
    site: &Site,
    cut: &BTreeSet<Zone>,
) -> Vec<(&'static str, &'static str)> {
    let mut named = Vec::new();
    for (name, family, is_ipv4) in [("guarded_ip4", "ip", true), ("guarded_ip6", "ip6", false)] {
        let mut elements = BTreeSet::new();
        for flow in site.flows.iter().filter(|flow| flow.is_guarded()) {
            let (zones, ends) = (flow.crossing, [flow.from, flow.to]);
            let [Some(from), Some(to)] = ends.map(|place| site.hosts.get(place)) else { continue };
            if !cut.contains(&zones.from()) && !cut.contains(&zones.to()) {
                continue;
            }
            let of = |host: &'_ Host| {
                let all = host.addresses.iter().filter(|one| one.address.is_ipv4() == is_ipv4);
                all.map(shown).collect::<Vec<_>>()
            };
            for one in of(from) {
                let to = of(to).into_iter();
                let (transport, port) = (flow.transport.name(), flow.port);
                elements.extend(to.map(|to| format!("{one} . {to} . {transport} . {port}")));
            }
        }
        if elements.is_empty() {
            continue;
        }
        let address = if is_ipv4 { "ipv4_addr" } else { "ipv6_addr" };
        let _ = write!(
            text,
            "  set {name} {{\n    type {address} . {address} . inet_proto . inet_service\n    \
             flags interval\n    elements = {{\n"
        );
        for element in elements {
            let _ = writeln!(text, "      {element},");
        }
        text.push_str("    }\n  }\n");
        named.push((name, family));
    }
    named
}

fn forward(text: &mut String, site: &Site, cut: &BTreeSet<Zone>) {
    text.push_str(
        "  chain cut_forward {\n    type filter hook forward priority -10; policy accept;\n",
    );
    for zone in cut {
        let (interfaces, name) = (interfaces(site, *zone), zone.name());
        if interfaces.is_empty() {
            continue;
        }
        for side in ["iifname", "oifname"] {
            let _ = write!(
                text,
                "    {side} {{ {interfaces} }} limit rate 20/second log prefix \"sekisho cutoff {name} \"\n    \
                 {side} {{ {interfaces} }} counter drop comment \"{name}\"\n"
            );
        }
    }
    text.push_str("  }\n");
}

/// The sets of those who answer flows in the zones, a family each.
fn ends(text: &mut String, site: &Site, cut: &BTreeSet<Zone>) -> Vec<(&'static str, &'static str)> {
    let mut named = Vec::new();
    for (name, family, is_ipv4) in [("end_ip4", "ip", true), ("end_ip6", "ip6", false)] {
        let mut elements = BTreeSet::new();
        for flow in site.flows.iter().filter(|flow| cut.contains(&flow.crossing.to())) {
            let addresses = site.hosts.get(flow.to).map(|host| &host.addresses);
            for prefix in addresses.into_iter().flatten() {
                if prefix.address.is_ipv4() == is_ipv4 {
                    let (address, transport) = (shown(prefix), flow.transport.name());
                    elements.insert(format!("{address} . {transport} . {}", flow.port));
                }
            }
        }
        if elements.is_empty() {
            continue;
        }
        let address = if is_ipv4 { "ipv4_addr" } else { "ipv6_addr" };
        let _ = write!(
            text,
            "  set {name} {{\n    type {address} . inet_proto . inet_service\n    \
             flags interval\n    elements = {{\n"
        );
        for element in elements {
            let _ = writeln!(text, "      {element},");
        }
        text.push_str("    }\n  }\n");
        named.push((name, family));
    }
    named
}

/// The interfaces of a zone, as nft lists them.
fn interfaces(site: &Site, zone: Zone) -> String {
    let networks = site.networks.iter().filter(|network| network.zone == zone);
    let names: BTreeSet<String> =
        networks.map(|network| format!("\"{}\"", network.interface)).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

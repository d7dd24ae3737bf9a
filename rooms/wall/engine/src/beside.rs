//! What of a machine beside its packet filter decides what passes between its
//! networks: whether it forwards at all, and whether a bridge goes round the
//! filter or calls it twice. What is not as it must be is told as unproven.

use std::net::IpAddr;

use zones::Site;
use zones::site::Host;

use crate::doors::Open;
use crate::ruleset::RuleAt;
use crate::walk::Unproven;

/// A machine beside its packet filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// `net.ipv4.ip_forward`; none where it cannot be read.
    pub forwards_ipv4: Option<bool>,
    /// `net.ipv6.conf.all.forwarding`; none where it cannot be read.
    pub forwards_ipv6: Option<bool>,
    /// Names of `net.bridge.bridge-nf-call-*` that are not 0.
    pub bridge_calls: Vec<String>,
    /// The network interfaces.
    pub links: Vec<Link>,
}

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// The bridge or the like that it is a part of.
    pub master: Option<String>,
    /// `bridge`, `veth`, `vlan` and so on; none for plain hardware.
    pub kind: Option<String>,
}

/// Says what a proof of the packet filter alone does not hold for.
///
/// Frames between two ports of a bridge do not meet the hook `forward`; where
/// they do (`bridge-nf-call`), a packet that is taken to the guard's socket loses
/// it. A machine that does not forward lets nothing pass that was approved.
#[must_use]
pub fn beside<'o>(site: &Site, open: impl Into<Open<'o>>, around: &Around) -> Vec<Unproven> {
    let mut found = Vec::new();
    let own = |link: &&Link| site.networks.iter().any(|one| one.interface == link.name);
    for link in around.links.iter().filter(own) {
        if let Some(master) = &link.master {
            found.push(told("link", &link.name, master.clone()));
        }
        if link.kind.as_deref() == Some("bridge") {
            for name in &around.bridge_calls {
                let one = told("sysctl", name, "1".to_owned());
                if !found.contains(&one) {
                    found.push(one);
                }
            }
        }
    }
    let open = open.into();
    for (name, is_ipv4, forwards) in [
        ("net.ipv4.ip_forward", true, around.forwards_ipv4),
        ("net.ipv6.conf.all.forwarding", false, around.forwards_ipv6),
    ] {
        if forwards != Some(true) && is_forwarded(site, open, is_ipv4) {
            let value = if forwards.is_none() { "?" } else { "0" };
            found.push(told("sysctl", name, value.to_owned()));
        }
    }
    found
}

fn told(family: &str, table: &str, what: String) -> Unproven {
    let rule = RuleAt { family: family.to_owned(), table: table.to_owned(), ..RuleAt::default() };
    Unproven { rule, what }
}

/// True where an open flow has to be forwarded; what the guard carries is not.
fn is_forwarded(site: &Site, open: Open<'_>, is_ipv4: bool) -> bool {
    let has = |place: usize| {
        let host = site.hosts.get(place);
        let of_family = |address: IpAddr| address.is_ipv4() == is_ipv4;
        let has_one = |host: &Host| host.addresses.iter().any(|one| of_family(one.address));
        host.is_some_and(has_one)
    };
    let mut flows = open.flows.iter().filter_map(|opening| site.flows.get(opening.flow));
    flows.any(|flow| !flow.is_guarded() && has(flow.from) && has(flow.to))
}

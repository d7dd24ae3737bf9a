//! Packets and rules in one line, for the ledger and the log.

use wall_engine::{RuleAt, Witness};

/// `br-mn → br-lgwan 10.1.0.10 → 10.2.0.10 tcp 40000 → 8443`.
#[must_use]
pub fn witness_line(witness: &Witness) -> String {
    let Witness { iif, oif, src, dst, proto, sport, dport, .. } = witness;
    let way = if oif.is_empty() { iif.clone() } else { format!("{iif} → {oif}") };
    let protocol = match proto {
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        other => format!("proto {other}"),
    };
    format!("{way} {src} → {dst} {protocol} {sport} → {dport}")
}

/// `inet sekisho gate_forward handle 12 "comment"`.
#[must_use]
pub fn rule_line(rule: &RuleAt) -> String {
    let RuleAt { family, table, chain, handle, comment } = rule;
    let handle = handle.map(|handle| format!(" handle {handle}")).unwrap_or_default();
    let comment =
        comment.as_ref().map(|words| format!(" \"{}\"", words.escape_debug())).unwrap_or_default();
    let chain = if chain.is_empty() { String::new() } else { format!(" {chain}") };
    format!("{family} {table}{chain}{handle}{comment}")
}

//! Changes by hand to the running ruleset, one at a time: each is found, as a
//! violation with a packet or as something that is not proved.

use wall_engine::{Proof, compile};

use crate::namespace::Namespace;
use crate::{all_open, proof_of, site};

/// What was done, and what must be told: an invariant, or `unproven`.
const MUTATIONS: &[(&str, &str, &[&str])] = &[
    ("an accept at the end of a pair", "add rule inet sekisho pair_1_0 accept", &["G2"]),
    (
        "an accept before everything",
        "insert rule inet sekisho gate_forward accept",
        &["G1", "G2", "G4"],
    ),
    (
        "one address more",
        "add rule inet sekisho pair_1_0 ip saddr 10.2.0.99 ip daddr 10.1.0.10 tcp dport 8443 accept",
        &["G2"],
    ),
    (
        "a wider source",
        "add rule inet sekisho pair_1_0 ip saddr 10.2.0.0/24 ip daddr 10.1.0.10 tcp dport 8443 accept",
        &["G2"],
    ),
    (
        "a wider port",
        "add rule inet sekisho pair_1_0 ip saddr 10.2.0.10 ip daddr 10.1.0.10 tcp dport 8000-9000 accept",
        &["G2"],
    ),
    (
        "any port",
        "add rule inet sekisho pair_1_0 ip saddr 10.2.0.10 ip daddr 10.1.0.10 accept",
        &["G2"],
    ),
    (
        "another protocol",
        "add rule inet sekisho pair_1_0 ip saddr 10.2.0.10 ip daddr 10.1.0.10 udp dport 8443 accept",
        &["G2"],
    ),
    ("ping", "add rule inet sekisho gate_forward icmp type echo-request accept", &[]),
    (
        "ping before the refusal",
        "insert rule inet sekisho gate_forward icmp type echo-request accept",
        &["G1", "G2", "G4"],
    ),
    ("the policy turned", "add chain inet sekisho gate_forward { policy accept ; }", &[]),
    (
        "the refusal gone and the policy turned",
        "flush chain inet sekisho gate_forward\nadd chain inet sekisho gate_forward { policy accept ; }",
        &["G1", "G2", "G4"],
    ),
    ("the chain emptied", "flush chain inet sekisho gate_forward", &["G11"]),
    (
        "the way to numbers from the internet",
        "insert rule inet sekisho gate_forward iifname \"in0\" oifname \"mn0\" tcp dport 443 accept",
        &["G1"],
    ),
    (
        "and back",
        "insert rule inet sekisho gate_forward iifname \"mn0\" oifname \"in0\" accept",
        &["G1"],
    ),
    (
        "the internet to LGWAN",
        "insert rule inet sekisho gate_forward iifname \"in0\" oifname \"lg0\" tcp dport 3389 accept",
        &["G4"],
    ),
    (
        "any interface",
        "insert rule inet sekisho gate_forward iifname \"*n0\" accept",
        &["unproven"],
    ),
    (
        "an interface by its beginning",
        "insert rule inet sekisho gate_forward iifname \"i*\" accept",
        &["G1", "G4"],
    ),
    (
        "all but one interface",
        "insert rule inet sekisho gate_forward iifname != \"mn0\" accept",
        &["G1", "G2", "G4"],
    ),
    (
        "established for all",
        "insert rule inet sekisho gate_forward ct state established accept",
        &["G12"],
    ),
    (
        "established and related for all",
        "insert rule inet sekisho gate_forward ct state established,related accept",
        &["G12", "G2"],
    ),
    ("invalid packets", "insert rule inet sekisho gate_forward ct state invalid accept", &["G1"]),
    (
        "untracked packets",
        "insert rule inet sekisho gate_forward ct state untracked accept",
        &["G1"],
    ),
    (
        "the one who answers begins",
        "insert rule inet sekisho pair_0_1 ct state new ip saddr 10.1.0.10 ip daddr 10.2.0.10 tcp sport 8443 accept",
        &["G13"],
    ),
    (
        "an element more",
        "add element inet sekisho new_1_2_ip4 { 10.2.0.21 . 10.3.0.20 . tcp . 8843 : jump flow_sanitiser-pull }",
        &["G4"],
    ),
    (
        "an element that is a range",
        "add element inet sekisho new_1_2_ip4 { 10.2.0.30-10.2.0.40 . 10.3.0.20 . tcp . 8843 : jump flow_sanitiser-pull }",
        &["G4"],
    ),
    (
        "an element of the established",
        "add element inet sekisho begun_1_2_ip4 { 10.2.0.21 . 10.3.0.20 . tcp . 8843 }",
        &["G12"],
    ),
    (
        "an element gone",
        "delete element inet sekisho new_1_2_ip4 { 10.2.0.20 . 10.3.0.20 . tcp . 8843 }",
        &["G11"],
    ),
    ("answers gone", "flush chain inet sekisho pair_2_1", &["G11"]),
    ("a flow's chain emptied", "flush chain inet sekisho flow_sanitiser-pull", &["G11"]),
    (
        "a flow dropped before",
        "insert rule inet sekisho gate_forward ip saddr 10.2.0.20 drop",
        &["G11"],
    ),
    (
        "a table before ours that drops",
        "table ip early { chain c { type filter hook forward priority -10; policy drop; } }",
        &["G11"],
    ),
    (
        "a table after ours that drops some",
        "table inet late { chain c { type filter hook forward priority 10; policy accept; tcp dport 8443 drop; } }",
        &["G11"],
    ),
    ("our table gone", "delete table inet sekisho", &["G1", "G2", "G4"]),
    (
        "our table gone, another in its place",
        "delete table inet sekisho\ntable ip other { chain c { type filter hook forward priority 0; policy drop; ip saddr 10.3.0.0/24 accept; } }",
        &["G1", "G4"],
    ),
    (
        "only IPv4 filtered",
        "delete table inet sekisho\ntable ip other { chain c { type filter hook forward priority 0; policy drop; } }",
        &["G1", "G2"],
    ),
    (
        "the twin in IPv6",
        "insert rule inet sekisho gate_forward ip6 daddr fd00:1::10 tcp dport 8443 accept",
        &["G2"],
    ),
    (
        "a map of verdicts",
        "insert rule inet sekisho gate_forward tcp dport vmap { 22 : accept, 23 : drop }",
        &["G1"],
    ),
    (
        "a jump to an accept",
        "add chain inet sekisho hole\nadd rule inet sekisho hole tcp dport 22 accept\ninsert rule inet sekisho gate_forward jump hole",
        &["G1"],
    ),
    (
        "a goto past the refusal",
        "add chain inet sekisho hole\nadd rule inet sekisho hole tcp dport 22 accept\ninsert rule inet sekisho gate_forward iifname \"in0\" goto hole",
        &["G1"],
    ),
    (
        "a named set",
        "add set inet sekisho friends { type ipv4_addr ; elements = { 10.3.0.66 } ; }\ninsert rule inet sekisho gate_forward ip saddr @friends accept",
        &["G1", "G4"],
    ),
    (
        "a negated set",
        "insert rule inet sekisho gate_forward ip saddr != { 10.3.0.66 } accept",
        &["G1"],
    ),
    (
        "a hardware address",
        "insert rule inet sekisho gate_forward ether saddr 02:00:00:00:0e:ee accept",
        &["G1"],
    ),
    (
        "a mark that nobody reads",
        "insert rule inet sekisho gate_forward meta mark 7 accept",
        &["unproven"],
    ),
    (
        "packets by a mask",
        "insert rule inet sekisho gate_forward ip saddr & 0.0.0.255 == 7 accept",
        &["unproven"],
    ),
    (
        "a part of the payload",
        "insert rule inet sekisho gate_forward @th,16,8 22 accept",
        &["unproven"],
    ),
    (
        "a limit",
        "insert rule inet sekisho gate_forward tcp dport 22 limit rate 1/minute accept",
        &["G1"],
    ),
    (
        "a queue to a program",
        "insert rule inet sekisho gate_forward tcp dport 22 queue num 3",
        &["G1"],
    ),
    (
        "destinations rewritten",
        "table ip nat { chain p { type nat hook prerouting priority -100; ip daddr 10.3.0.1 tcp dport 443 dnat to 10.1.0.10:8443; } }",
        &["unproven"],
    ),
    (
        "sources rewritten",
        "table ip nat { chain p { type nat hook postrouting priority 100; masquerade; } }",
        &["unproven"],
    ),
    (
        "a redirect into the gateway",
        "table ip nat { chain p { type nat hook prerouting priority -100; tcp dport 80 redirect to :3128; } }",
        &["unproven", "G5"],
    ),
    (
        "a guarded flow beside the guard",
        "add rule inet sekisho pair_1_2 ip saddr 10.2.0.30 ip daddr 10.3.0.30 tcp dport 3389 accept",
        &["G5"],
    ),
    (
        "a guarded flow beside the guard, by IPv6",
        "insert rule inet sekisho gate_forward ip6 saddr fd00:2::30 ip6 daddr fd00:1::10 tcp dport 22 accept",
        &["G5"],
    ),
    (
        "answers of a guarded flow beside the guard",
        "insert rule inet sekisho gate_forward ct state established ip saddr 10.3.0.30 ip daddr 10.2.0.30 tcp sport 3389 accept",
        &["G5"],
    ),
    (
        "a guarded flow to another program",
        "insert rule inet sekisho steer_1 ip saddr 10.2.0.30 tcp dport 3389 tproxy ip to 127.0.0.1:3128 meta mark set 0x5e1d00 accept",
        &["G5"],
    ),
    (
        "a guarded flow to the guard of another table",
        "table inet other { chain p { type filter hook prerouting priority -151; tcp dport 3389 tproxy ip to 127.0.0.1:15113; } }",
        &["G5"],
    ),
    (
        "another flow into the guard",
        "add rule inet sekisho steer_1 tcp dport 25 tproxy ip to 127.0.0.1:15113 meta mark set 0x5e1d00",
        &["G5"],
    ),
    (
        "another host into the guard",
        "add element inet sekisho asked_1_ip4_mac { 02:00:00:00:0e:ee . 10.2.0.66 . 10.3.0.30 . tcp . 3389 }",
        &["G5"],
    ),
    (
        "another host taken by the gateway",
        "insert rule inet sekisho taken_1 ip daddr 10.3.0.30 tcp dport 3389 accept",
        &["G4"],
    ),
    (
        "the guard's mark for everything",
        "insert rule inet sekisho gate_steer meta mark set 0x5e1d00",
        &["G5"],
    ),
    (
        "another mark",
        "insert rule inet sekisho gate_steer tcp dport 3389 meta mark set 7",
        &["unproven"],
    ),
    (
        "the guard's mark where packets pass",
        "insert rule inet sekisho gate_forward meta mark set 0x5e1d00",
        &["unproven"],
    ),
    ("nothing steered to the guard", "flush chain inet sekisho gate_steer", &["G11"]),
    ("nothing taken for the guard", "flush chain inet sekisho taken_1", &["G11"]),
    (
        "the guard may not send",
        "flush chain inet sekisho sent_2\ninsert rule inet sekisho sent_2 drop",
        &["G11"],
    ),
    (
        "a flow's element for the guard gone",
        "delete element inet sekisho asked_1_ip4_mac { 02:00:00:00:02:30 . 10.2.0.30 . 10.3.0.30 . tcp . 3389 }",
        &["G11"],
    ),
    (
        "answers to the guard that outlive the flow",
        "insert rule inet sekisho gate_input ct state established accept",
        &["G4"],
    ),
    (
        "what the gateway took of a flow is taken for ever",
        "flush set inet sekisho held_ip4",
        &["G4"],
    ),
    (
        "the guard sends for ever",
        "insert rule inet sekisho gate_output tcp sport 3389 accept",
        &["G4"],
    ),
    (
        "the gateway sends in the name of a host",
        "insert rule inet sekisho gate_output ip saddr 10.2.0.30 accept",
        &["G4"],
    ),
    (
        "a door by no interface",
        "insert rule inet sekisho gate_input oifname != \"in0\" tcp dport 3128 accept",
        &["G4"],
    ),
    ("a door of the gateway", "insert rule inet sekisho gate_input tcp dport 3128 accept", &["G4"]),
    (
        "every door of the gateway",
        "flush chain inet sekisho gate_input\nadd chain inet sekisho gate_input { policy accept ; }",
        &["G4"],
    ),
    (
        "a bridge",
        "table bridge b { chain f { type filter hook forward priority 0; policy accept; } }",
        &["unproven"],
    ),
    (
        "copies sent elsewhere",
        "table ip d { chain p { type filter hook prerouting priority 0; dup to 10.3.0.9; } }",
        &["unproven"],
    ),
    (
        "tracking switched off",
        "table inet raw { chain p { type filter hook prerouting priority -300; notrack; } }",
        &["unproven"],
    ),
];

fn tells(proof: &Proof, what: &str) -> bool {
    match what {
        "unproven" => !proof.unproven.is_empty(),
        id => proof.violations.iter().any(|one| one.invariant.id() == id),
    }
}

#[test]
fn every_change_by_hand_is_found() {
    let Some(namespace) = Namespace::new("mutations") else { return };
    let site = site();
    let open = all_open(&site);
    let (clean, mut found) = (compile(&site, &open), 0);
    for (what, script, wanted) in MUTATIONS {
        namespace.flush();
        namespace.load(&clean).unwrap();
        if let Err(said) = namespace.load(&script.replace("; } }", "; }\n}")) {
            let is_unknown = ["No such file", "not supported"].iter().any(|why| said.contains(why));
            assert!(is_unknown, "{what}: {said}");
            println!("skipped, this kernel does not have it: {what}");
            continue;
        }
        let proof = proof_of(&site, &open, &namespace);
        let missing: Vec<_> = wanted.iter().filter(|id| !tells(&proof, id)).collect();
        assert!(missing.is_empty(), "{what}: not told: {missing:?}\n{proof:#?}");
        if wanted.is_empty() {
            println!("{what}: {} {}", proof.violations.len(), proof.unproven.len());
            continue;
        }
        assert!(!proof.is_proven(), "{what}");
        found += 1;
    }
    println!("{found} changes by hand, each found");
    assert!(found >= 40, "{found}");
}

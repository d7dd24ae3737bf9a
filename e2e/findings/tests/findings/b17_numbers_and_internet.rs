//! B17: マイナンバー利用事務系とインターネット接続系との間の領域間通信 (3 towns, 4 flows). Somebody
//! needed updates, a vendor needed a way in; a line in the gateway's rules joined
//! the two networks that must never meet.

use findings::Wires;
use findings::wires::{JUMIN, UPDATES, sekisho};

use crate::b16_no_path_or_protocol::{SITE, named, plain, prove, written};

const HTTPS: u16 = 443;
const MAINTENANCE: u16 = 3389;
/// Updates out, and a vendor's screen in.
const LINES: [&str; 2] = [
    "ip saddr 10.1.0.10 tcp dport 443 accept comment \"update\"",
    "ip saddr 203.0.113.10 ip daddr 10.1.0.10 tcp dport 3389 accept comment \"vendor\"",
];

fn serving(name: &str) -> Option<Wires> {
    let mut wires = Wires::lay(name)?;
    wires.serve(UPDATES, &[HTTPS]);
    wires.serve(JUMIN, &[MAINTENANCE]);
    Some(wires)
}

fn meet(wires: &Wires) -> (bool, bool) {
    (wires.reaches(JUMIN, UPDATES, HTTPS), wires.reaches(UPDATES, JUMIN, MAINTENANCE))
}

#[test]
fn on_a_plain_set_up_one_line_joins_residents_records_and_the_internet() {
    let Some(wires) = serving("b17a") else { return };
    wires.rules(&plain(""));
    assert_eq!(meet(&wires), (false, false), "the networks are apart");
    wires.rules(&format!("flush ruleset\n{}", plain(&LINES.join("\n  "))));
    assert_eq!(meet(&wires), (true, true), "and nothing asks, and nothing tells");
}

/// First wall: it cannot be written, by whatever protocol, direction or relay;
/// second: nothing is compiled of such a file.
#[test]
fn it_can_be_neither_declared_nor_compiled() {
    let flow = |from: &str, to: &str, more: &str| {
        format!(
            "{SITE}\n[[flow]]\nname = \"way\"\nfrom = \"{from}\"\nto = \"{to}\"\nport = 443\n\
             purpose = \"更新\"\nowner = \"課長\"\nends = 2099-03-31\n\
             risk-analysis = \"あり\"\n\
             checked = [\"address\", \"port\", \"mac\", \"certificate\", \"vendor-asked\"]\n{more}"
        )
    };
    let mut refused = 0;
    for (from, to) in [("jumin", "updates"), ("updates", "jumin")] {
        for protocol in ["tcp", "udp"] {
            for relay in ["", "relay = \"sanitiser\"\n"] {
                let more = format!("protocol = \"{protocol}\"\n{relay}");
                let file = written(&flow(from, to, &more));
                let path = file.path().display().to_string();
                for verb in ["check", "compile"] {
                    let (number, said) = sekisho(&["zones", verb, &path]);
                    assert_eq!(number, 2, "{verb} {from} {to}: {said}");
                    let is_told = said.contains("mynumber") && said.contains("internet");
                    assert!(is_told && !said.contains("chain"), "{said}");
                    refused += 1;
                }
            }
        }
    }
    assert_eq!(refused, 16);
    // One machine in both, which needs no flow.
    let both = "[[host]]\nname = \"both\"\nnetwork = \"beyond\"\nipv4 = \"203.0.113.11\"\n\
                mac = \"02:00:5e:00:01:10\"\nowner = \"課\"\n";
    let file = written(&format!("{SITE}\n{both}"));
    assert_eq!(sekisho(&["zones", "check", &file.path().display().to_string()]).0, 2);
}

/// Third wall: the proof of the running kernel names the line; fourth: with our
/// rules in, the kernel drops what the line lets through.
#[test]
fn the_proof_names_the_line_and_the_kernel_drops_it() {
    let Some(wires) = serving("b17b") else { return };
    let file = written(SITE);
    let (path, gateway) = (file.path().display().to_string(), wires.gateway());
    for (line, comment) in LINES.into_iter().zip(["update", "vendor"]) {
        wires.rules(&format!("flush ruleset\n{}", plain(line)));
        let (number, proof) = prove(&path, &gateway);
        assert_eq!(number, 1, "{proof}");
        named(&proof, "G1", "filter", comment);
    }
    wires.rules(&format!("flush ruleset\n{}", plain(&LINES.join("\n  "))));
    assert_eq!(meet(&wires), (true, true));
    let (number, said) = sekisho(&["zones", "apply", &path, "--netns", &gateway]);
    assert_eq!(number, 0, "{said}");
    assert_eq!(meet(&wires), (false, false), "whatever stands beside our rules");
    // What is left is that the old rules stop what is approved.
    let (_, proof) = prove(&path, &gateway);
    let left: Vec<&str> = proof["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["invariant"].as_str().unwrap())
        .collect();
    assert!(left.iter().all(|id| *id == "G11"), "{proof}");
    // In our own table it is found again.
    wires.rules(&format!("insert rule inet sekisho gate_forward {}\n", LINES[0]));
    let (number, proof) = prove(&path, &gateway);
    assert_eq!(number, 1, "{proof}");
    named(&proof, "G1", "sekisho", "update");
}

//! B16: マイナンバー利用事務系と他の領域との通信で、通信経路の限定か通信プロトコルの限定の、
//! 少なくとも一つが行われていない. The filter on the gateway lets more through than
//! the one communication that somebody needed, and nobody sees it.

use findings::Wires;
use findings::wires::{COUNTER, Host, JUMIN, OFFICE, RENKEI, UPDATES, sekisho};
use serde_json::Value;

pub(crate) const SITE: &str = include_str!("site.toml");
/// The one port that is needed, and one that nobody meant to open.
const NEEDED: u16 = 8443;
const OTHER: u16 = 3306;

/// Rules as administrators write them: a base, and the one line that somebody
/// asked for.
pub(crate) fn plain(line: &str) -> String {
    format!(
        "table inet filter {{\n chain forward {{\n  type filter hook forward priority 0; policy drop;\n  \
         ct state established,related accept\n  {line}\n }}\n}}\n"
    )
}

const PATH_ONLY: &str = "ip saddr 10.2.0.0/24 ip daddr 10.1.0.0/24 accept comment \"renkei\"";
const PROTOCOL_ONLY: &str = "tcp dport 8443 accept comment \"renkei\"";
const NEITHER: &str = "iifname \"lg0\" oifname \"mn0\" accept comment \"renkei\"";

/// The site in a folder of its own.
pub(crate) fn written(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// Who reaches the server of residents' records, on which port.
fn reaching(wires: &Wires) -> Vec<(&'static str, u16)> {
    let tried = [RENKEI, OFFICE, UPDATES].map(|from: Host| [(from, NEEDED), (from, OTHER)]);
    let tried = tried.into_iter().flatten();
    tried
        .filter(|(from, port)| wires.reaches(*from, JUMIN, *port))
        .map(|(from, port)| (from.name, port))
        .collect()
}

#[test]
fn on_a_plain_set_up_a_rule_for_one_communication_lets_others_pass() {
    let Some(mut wires) = Wires::lay("b16a") else { return };
    wires.serve(JUMIN, &[NEEDED, OTHER]);
    let open = |line: &str| {
        wires.rules("flush ruleset\n");
        wires.rules(&plain(line));
        reaching(&wires)
    };
    let all_of_lgwan =
        [("renkei", NEEDED), ("renkei", OTHER), ("office", NEEDED), ("office", OTHER)];
    assert_eq!(open(PATH_ONLY), all_of_lgwan, "a terminal reaches the database");
    let from_anywhere = [("renkei", NEEDED), ("office", NEEDED), ("updates", NEEDED)];
    assert_eq!(open(PROTOCOL_ONLY), from_anywhere, "and so does the internet");
    assert_eq!(open(NEITHER), all_of_lgwan);
}

/// The only thing that people write is the site's file; without path or protocol
/// there is no flow in it, and without a site there are no rules.
#[test]
fn a_flow_without_path_or_protocol_cannot_be_written() {
    let without = |line: &str| SITE.replace(line, "");
    let other = |line: &str, new: &str| SITE.replace(line, new);
    let texts = [
        ("no port", without("port = 8443\n")),
        ("any port", other("port = 8443", "port = 0")),
        ("ports", other("port = 8443", "port = \"1-65535\"")),
        ("a word for all ports", other("port = 8443", "port = \"any\"")),
        ("no protocol", without("protocol = \"tcp\"\n")),
        ("any protocol", other("protocol = \"tcp\"", "protocol = \"any\"")),
        ("ip", other("protocol = \"tcp\"", "protocol = \"ip\"")),
        ("no sender", without("from = \"renkei\"\n")),
        ("no receiver", without("to = \"jumin\"\n")),
        ("a network for a sender", other("from = \"renkei\"", "from = \"office\"")),
        ("an address for a sender", other("from = \"renkei\"", "from = \"10.2.0.0/24\"")),
        ("a host as wide as a network", other("ipv4 = \"10.2.0.20\"", "ipv4 = \"10.2.0.0/24\"")),
        ("no end", without("ends = 2099-03-31\n")),
        ("nobody's", without("owner = \"市民課長\"\n")),
    ];
    for (what, text) in texts {
        assert_ne!(text, SITE, "{what}");
        let file = written(&text);
        let path = file.path().display().to_string();
        for verb in ["check", "compile", "apply"] {
            let mut words = vec!["zones", verb, &path];
            if verb == "apply" {
                words.extend(["--netns", "no-such-namespace"]);
            }
            let (number, said) = sekisho(&words);
            assert_eq!(number, 2, "{what}: {verb}: {said}");
            assert!(said.contains(&path), "{what}: the place is told: {said}");
        }
    }
}

/// The same communication, as declared: nothing else passes, not even another
/// machine that took the address, and the administrator's old line beside ours
/// opens nothing.
#[test]
fn what_is_declared_passes_and_nothing_else() {
    let Some(mut wires) = Wires::lay("b16b") else { return };
    wires.serve(JUMIN, &[NEEDED, OTHER]);
    let file = written(SITE);
    let path = file.path().display().to_string();
    let gateway = wires.gateway();
    let (number, said) = sekisho(&["zones", "apply", &path, "--netns", &gateway]);
    assert_eq!(number, 0, "{said}");
    assert_eq!(reaching(&wires), [("renkei", NEEDED)]);
    assert!(!wires.reaches(COUNTER, RENKEI, 22), "and nothing the other way");
    assert_eq!(prove(&path, &gateway).0, 0);
    for line in [PATH_ONLY, PROTOCOL_ONLY, NEITHER] {
        wires.rules(&plain(line));
        assert_eq!(reaching(&wires), [("renkei", NEEDED)], "{line}");
        assert_eq!(prove(&path, &gateway).0, 0, "{line}");
        wires.rules("delete table inet filter\n");
    }
    wires.replace(RENKEI, "02:00:5e:00:02:99");
    assert_eq!(reaching(&wires), [], "another machine with its address");
}

/// Where such a line really opens something, the proof of the running kernel
/// shows it, with a packet and the line.
#[test]
fn the_proof_finds_it_in_the_running_kernel() {
    let Some(wires) = Wires::lay("b16c") else { return };
    let file = written(SITE);
    let (path, gateway) = (file.path().display().to_string(), wires.gateway());
    for (line, wanted) in [(PATH_ONLY, "G2"), (PROTOCOL_ONLY, "G1"), (NEITHER, "G2")] {
        wires.rules("flush ruleset\n");
        wires.rules(&plain(line));
        let (number, proof) = prove(&path, &gateway);
        assert_eq!(number, 1, "{line}: {proof}");
        named(&proof, wanted, "filter", "renkei");
    }
    // Put into our own table, past everything.
    wires.rules("flush ruleset\n");
    assert_eq!(sekisho(&["zones", "apply", &path, "--netns", &gateway]).0, 0);
    wires.rules(&format!("insert rule inet sekisho gate_forward {NEITHER}\n"));
    let (number, proof) = prove(&path, &gateway);
    assert_eq!(number, 1, "{proof}");
    named(&proof, "G2", "sekisho", "renkei");
}

/// The proof of the gateway's kernel: the number and what it says.
pub(crate) fn prove(path: &str, gateway: &str) -> (i32, Value) {
    let (number, said) = sekisho(&["zones", "prove", path, "--netns", gateway, "--json"]);
    (number, serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}")))
}

/// A violation of that invariant names a packet and the rule.
pub(crate) fn named(proof: &Value, invariant: &str, table: &str, comment: &str) {
    let all = proof["violations"].as_array().unwrap();
    let found = all.iter().find(|one| {
        one["invariant"] == invariant
            && one["rule"]["table"] == table
            && one["rule"]["comment"] == comment
    });
    let found = found.unwrap_or_else(|| panic!("{invariant} of {table} is not in {proof}"));
    assert!(found["rule"]["handle"].is_u64() && found["witness"]["src"].is_string(), "{found}");
    assert!(!found["explain"].as_str().unwrap().is_empty());
}

//! How long it takes to prove what a packet filter lets through: single hosts
//! as towns have them, and heavy overlap, from a hundred flows to ten thousand,
//! beside diagrams (BDD) over the same packets.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use biodivine_lib_bdd::{Bdd, BddVariable, BddVariableSet};
use serde_json::{Value, json};
use wall_engine::{Opening, Ruleset, compile, prove};
use zones::{Site, read_site};

use crate::place;

const SIZES: [usize; 5] = [100, 300, 1_000, 3_000, 10_000];
const OVERLAPS: [usize; 4] = [100, 1_000, 3_000, 5_000];
/// Beyond, diagrams take minutes.
const PEER_FLOWS_MAX: usize = 1_000;
const ROUNDS: usize = 5;

/// Runs the bench and writes `target/bench/wall.md`.
pub fn run() -> Result<()> {
    let mut report = "# Proofs of a packet filter\n\n".to_owned();
    report.push_str("Single hosts: the compiled rules, read from their JSON and proved.\n\n");
    report.push_str("| flows | compile ms | JSON KiB | read and prove ms | diagrams ms | times |\n|---:|---:|---:|---:|---:|---:|\n");
    for count in SIZES {
        let (site, flows) = single(count)?;
        let open = open(&site);
        let started = Instant::now();
        let script = compile(&site, &open);
        let compiled = millis(started);
        ensure!(script.len() > count * 20, "nothing was compiled");
        let ruleset = rules(&flows);
        let ours = proved(&site, &open, &ruleset)?;
        let peer = (count <= PEER_FLOWS_MAX).then(|| diagrams(&flows));
        row(&mut report, count, &format!("{compiled:.1} | {}", ruleset.len() / 1_024), ours, peer);
    }
    report
        .push_str("\nHeavy overlap: prefixes of /16 to /24 and spans of ports, rule by rule.\n\n");
    report.push_str("| flows | JSON KiB | read and prove ms | diagrams ms | times |\n|---:|---:|---:|---:|---:|\n");
    for count in OVERLAPS {
        let (site, flows) = overlapping(count)?;
        let ruleset = rules(&flows);
        let ours = proved(&site, &open(&site), &ruleset)?;
        let peer = (count <= PEER_FLOWS_MAX).then(|| diagrams(&flows));
        row(&mut report, count, &(ruleset.len() / 1_024).to_string(), ours, peer);
    }
    std::fs::write(place::scratch("")?.join("wall.md"), &report)?;
    println!("{report}");
    Ok(())
}

fn row(report: &mut String, count: usize, before: &str, ours: f64, peer: Option<f64>) {
    let (peer, times) = peer.map_or(("–".to_owned(), "–".to_owned()), |peer| {
        (format!("{peer:.1}"), format!("{:.0}", peer / ours))
    });
    let _ = writeln!(report, "| {count} | {before} | {ours:.1} | {peer} | {times} |");
}

/// A flow as both see it.
struct Plain {
    from: (u32, u8),
    to: (u32, u8),
    port: u16,
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

fn open(site: &Site) -> Vec<Opening> {
    (0..site.flows.len()).map(|flow| Opening { flow, seconds: None }).collect()
}

/// The median of several proofs, each from the text.
fn proved(site: &Site, open: &[Opening], ruleset: &str) -> Result<f64> {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let proof = prove(site, open, &Ruleset::read(ruleset)?);
        took.push(millis(started));
        let excess = proof.violations.iter().any(|one| one.rule.is_some());
        if excess || !proof.unproven.is_empty() {
            bail!("a clean filter is not proved: {proof:?}");
        }
    }
    took.sort_by(f64::total_cmp);
    took.get(took.len() / 2).copied().context("rounds")
}

fn dice(seed: &mut u64, below: u64) -> u64 {
    // SplitMix64 (Steele, Lea, Flood 2014).
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % below
}

const HEAD: &str = r#"
[site]
body = "bench"
model = "alpha"
prefix-min-ipv4 = 8

[[network]]
name = "mn"
zone = "mynumber"
interface = "mn0"
ipv4 = "10.0.0.0/8"

[[network]]
name = "lg"
zone = "lgwan"
interface = "lg0"
ipv4 = "11.0.0.0/8"
"#;

/// Flows between single hosts.
fn single(count: usize) -> Result<(Site, Vec<Plain>)> {
    let mut seed = 1;
    let hosts = (count / 10).clamp(20, 2_000);
    let address = |place: usize, net: u32| (net << 24) | u32::try_from(place).unwrap_or(0) << 4 | 1;
    written(count, hosts, |place, net| (address(place, net), 32), &mut seed)
}

/// Flows between prefixes that lie over each other.
fn overlapping(count: usize) -> Result<(Site, Vec<Plain>)> {
    let mut seed = 2;
    let mut shapes = 3;
    let prefix = |_, net: u32| {
        let length = u8::try_from(16 + dice(&mut shapes, 9)).unwrap_or(24);
        let any = u32::try_from(dice(&mut shapes, 1 << 24)).unwrap_or(0) & 0x003f_ffff;
        (((net << 24) | any) & (u32::MAX << (32 - length)), length)
    };
    written(count, 400, prefix, &mut seed)
}

fn written(
    count: usize,
    hosts: usize,
    mut place: impl FnMut(usize, u32) -> (u32, u8),
    seed: &mut u64,
) -> Result<(Site, Vec<Plain>)> {
    let mut text = HEAD.to_owned();
    let mut stand = [Vec::new(), Vec::new()];
    for (side, (network, net)) in [("mn", 10), ("lg", 11)].into_iter().enumerate() {
        for number in 0..hosts {
            let (address, length) = place(number, net);
            let all: &mut Vec<(u32, u8)> = &mut stand[side];
            // The same prefix twice would be one machine in two places.
            if all.contains(&(address, length)) {
                continue;
            }
            let shown = Ipv4Addr::from(address);
            let name = format!("{network}-{}", all.len());
            let _ = write!(
                text,
                "[[host]]\nname = \"{name}\"\nnetwork = \"{network}\"\nipv4 = \"{shown}/{length}\"\nowner = \"o\"\n"
            );
            all.push((address, length));
        }
    }
    let mut flows = Vec::new();
    for number in 0..count {
        let from = usize::try_from(dice(seed, stand[1].len() as u64))?;
        let to = usize::try_from(dice(seed, stand[0].len() as u64))?;
        let port = u16::try_from(1 + dice(seed, 60_000))?;
        let _ = write!(
            text,
            "[[flow]]\nname = \"f{number}\"\nfrom = \"lg-{from}\"\nto = \"mn-{to}\"\nprotocol = \"tcp\"\nport = {port}\npurpose = \"p\"\nowner = \"o\"\nends = 2027-03-31\n"
        );
        flows.push(Plain { from: stand[1][from], to: stand[0][to], port });
    }
    let site = read_site(&text).map_err(|faults| anyhow::anyhow!("{:?}", faults.first()))?;
    Ok((site, flows))
}

/// One accept rule a flow, as `nft -j list ruleset` writes it.
fn rules(flows: &[Plain]) -> String {
    let chain = |hook: &str, name: &str| {
        json!({"chain": {"family": "inet", "table": "t", "name": name, "handle": 1,
            "type": "filter", "hook": hook, "prio": 0, "policy": "drop"}})
    };
    let mut list = vec![chain("forward", "f"), chain("input", "i")];
    let side = |field: &str, (address, length): (u32, u8)| {
        let right: Value = if length == 32 {
            json!(Ipv4Addr::from(address).to_string())
        } else {
            json!({"prefix": {"addr": Ipv4Addr::from(address).to_string(), "len": length}})
        };
        json!({"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": field}}, "right": right}})
    };
    let is =
        |left: Value, right: Value| json!({"match": {"op": "==", "left": left, "right": right}});
    for (number, flow) in flows.iter().enumerate() {
        for is_reply in [false, true] {
            let (inward, outward) = if is_reply { ("mn0", "lg0") } else { ("lg0", "mn0") };
            let (source, destination) =
                if is_reply { (flow.to, flow.from) } else { (flow.from, flow.to) };
            let port = if is_reply { "sport" } else { "dport" };
            let states =
                if is_reply { json!(["established"]) } else { json!(["new", "established"]) };
            let direction = if is_reply { "reply" } else { "original" };
            list.push(json!({"rule": {"family": "inet", "table": "t", "chain": "f", "handle": number + 2, "expr": [
                is(json!({"meta": {"key": "iifname"}}), json!(inward)),
                is(json!({"meta": {"key": "oifname"}}), json!(outward)),
                is(json!({"ct": {"key": "direction"}}), json!(direction)),
                {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": states}},
                side("saddr", source), side("daddr", destination),
                is(json!({"payload": {"protocol": "tcp", "field": port}}), json!(flow.port)),
                {"accept": null}
            ]}}));
        }
    }
    json!({ "nftables": list }).to_string()
}

/// The same question by diagrams over 32 + 32 + 16 bits, one direction only:
/// what the rules let through and was not approved.
fn diagrams(flows: &[Plain]) -> f64 {
    let started = Instant::now();
    let set = BddVariableSet::new_anonymous(80);
    let variables = set.variables();
    let bits = |value: u64, at: usize, width: usize, fixed: usize| -> Bdd {
        let mut all = set.mk_true();
        for bit in (0..fixed).rev() {
            let variable: BddVariable = variables[at + bit];
            let is_set = (value >> (width - 1 - bit)) & 1 == 1;
            all = all.and(&set.mk_literal(variable, is_set));
        }
        all
    };
    let one = |flow: &Plain| {
        bits(flow.from.0.into(), 0, 32, flow.from.1.into())
            .and(&bits(flow.to.0.into(), 32, 32, flow.to.1.into()))
            .and(&bits(flow.port.into(), 64, 16, 16))
    };
    let union = |flows: &[Plain]| flows.iter().fold(set.mk_false(), |all, flow| all.or(&one(flow)));
    let (implemented, approved) = (union(flows), union(flows));
    assert!(implemented.and_not(&approved).is_false());
    millis(started)
}

//! Where kernel and site differ: each change by hand is told as what it is, and
//! what only counts or runs down is none.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "kernel/namespace.rs"]
mod namespace;

use namespace::Namespace;
use wall_engine::{
    CUTOFF_TABLE, Difference, Open, Opening, Picture, TABLE, compile, cut_off, differences,
};
use zones::{Site, Zone, read_site};

fn site() -> Site {
    let text = include_str!("kernel/site.toml");
    read_site(text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn open(site: &Site, seconds: u64) -> Vec<Opening> {
    (0..site.flows.len()).map(|flow| Opening { flow, seconds: Some(seconds) }).collect()
}

fn picture(namespace: &Namespace) -> Picture {
    Picture::read(&namespace.ruleset()).unwrap()
}

/// What was done by hand, and what must be told: the change, of what, where.
const CASES: &[(&str, &str, &[(&str, &str, &str)])] = &[
    (
        "a rule more",
        "add rule inet sekisho gate_forward tcp dport 22 accept",
        &[("added", "rule", "gate_forward")],
    ),
    (
        "a rule gone and its chain empty",
        "flush chain inet sekisho flow_sanitiser-pull",
        &[("missing", "rule", "flow_sanitiser-pull"), ("missing", "rule", "flow_sanitiser-pull")],
    ),
    (
        "an element more",
        "add element inet sekisho begun_1_2_ip4 { 10.2.0.21 . 10.3.0.20 . tcp . 8843 }",
        &[("added", "element", "begun_1_2_ip4")],
    ),
    (
        "an element gone",
        "delete element inet sekisho begun_1_2_ip4 { 10.2.0.20 . 10.3.0.20 . tcp . 8843 }",
        &[("missing", "element", "begun_1_2_ip4")],
    ),
    (
        "an element that never ends",
        "delete element inet sekisho begun_1_2_ip4 { 10.2.0.20 . 10.3.0.20 . tcp . 8843 }\n\
         add element inet sekisho begun_1_2_ip4 { 10.2.0.20 . 10.3.0.20 . tcp . 8843 comment \"sanitiser-pull\" }",
        &[("changed", "element", "begun_1_2_ip4")],
    ),
    (
        "an element that ends later",
        "delete element inet sekisho begun_1_2_ip4 { 10.2.0.20 . 10.3.0.20 . tcp . 8843 }\n\
         add element inet sekisho begun_1_2_ip4 { 10.2.0.20 . 10.3.0.20 . tcp . 8843 timeout 9999s comment \"sanitiser-pull\" }",
        &[("changed", "element", "begun_1_2_ip4")],
    ),
    (
        "an element under another name",
        "delete element inet sekisho begun_1_2_ip4 { 10.2.0.20 . 10.3.0.20 . tcp . 8843 }\n\
         add element inet sekisho begun_1_2_ip4 { 10.2.0.20 . 10.3.0.20 . tcp . 8843 timeout 600s comment \"other\" }",
        &[("changed", "element", "begun_1_2_ip4")],
    ),
    (
        "the policy turned",
        "add chain inet sekisho gate_forward { policy accept ; }",
        &[("changed", "chain", "gate_forward")],
    ),
    (
        "a rule of another meaning under the same comment",
        "flush chain inet sekisho flow_sanitiser-pull\n\
         add rule inet sekisho flow_sanitiser-pull limit rate 20/second log prefix \"sekisho flow sanitiser-pull \"\n\
         add rule inet sekisho flow_sanitiser-pull counter drop comment \"sanitiser-pull\"",
        &[("changed", "rule", "flow_sanitiser-pull")],
    ),
    (
        "the same rules in another order",
        "flush chain inet sekisho flow_sanitiser-pull\n\
         add rule inet sekisho flow_sanitiser-pull counter accept comment \"sanitiser-pull\"\n\
         add rule inet sekisho flow_sanitiser-pull limit rate 20/second log prefix \"sekisho flow sanitiser-pull \"",
        &[("order", "rule", "flow_sanitiser-pull")],
    ),
    (
        "another table",
        "table ip late { chain c { type filter hook forward priority 5; policy accept; tcp dport 22 accept; }; }",
        &[("added", "table", ""), ("added", "chain", "c"), ("added", "rule", "c")],
    ),
    (
        "a set nobody asked for",
        "add set inet sekisho friends { type ipv4_addr ; elements = { 10.3.0.66 } ; }",
        &[("added", "set", "friends"), ("added", "element", "friends")],
    ),
    ("a counter of its own", "add counter inet sekisho mine", &[("added", "counter", "mine")]),
];

fn told(differences: &[Difference]) -> Vec<(&str, &str, &str)> {
    differences
        .iter()
        .map(|one| (one.change.name(), one.what.as_str(), one.at.chain.as_str()))
        .collect()
}

#[test]
fn each_change_by_hand_is_told_as_what_it_is() {
    let (Some(kernel), Some(scratch)) = (Namespace::new("diff"), Namespace::new("diff-site"))
    else {
        return;
    };
    let site = site();
    let script = compile(&site, &open(&site, 600));
    scratch.load(&script).unwrap();
    let wanted = picture(&scratch);
    for (name, by_hand, expected) in CASES {
        kernel.flush();
        kernel.load(&script).unwrap();
        let clean = differences(&picture(&kernel), &wanted);
        assert!(clean.is_empty(), "{name}, before: {clean:#?}");
        kernel.load(&format!("{by_hand}\n")).unwrap_or_else(|why| panic!("{name}: {why}"));
        let found = differences(&picture(&kernel), &wanted);
        assert_eq!(told(&found), *expected, "{name}: {found:#?}");
        // A rule of the kernel is named by its handle, so that it can be taken out.
        let mut rules = found.iter().filter(|one| one.what == "rule" && one.kernel.is_some());
        assert!(rules.all(|one| one.at.handle.is_some()), "{name}: {found:#?}");
        // The other way round it is the opposite, but for an end that is not named.
        let back = differences(&wanted, &picture(&kernel));
        let is_endless = *name == "an element that never ends";
        assert_eq!(back.len(), found.len() - usize::from(is_endless), "{name}: {back:#?}");
    }
    kernel.flush();
    let all = differences(&picture(&kernel), &wanted);
    assert!(all.iter().all(|one| one.change.name() == "missing") && all.len() > 20, "{all:#?}");
    println!("{} changes told, {} things missing from an empty kernel", CASES.len(), all.len());
}

#[test]
fn a_site_without_permits_says_nothing_of_ends() {
    let (Some(kernel), Some(scratch)) = (Namespace::new("ends"), Namespace::new("ends-site"))
    else {
        return;
    };
    let site = site();
    kernel.load(&compile(&site, &open(&site, 300))).unwrap();
    let endless: Vec<Opening> =
        (0..site.flows.len()).map(|flow| Opening { flow, seconds: None }).collect();
    scratch.load(&compile(&site, &endless)).unwrap();
    let found = differences(&picture(&kernel), &picture(&scratch));
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(picture(&kernel).canonical(), picture(&scratch).canonical());
}

#[test]
fn a_zone_that_is_cut_off_and_restored_leaves_the_same_filter() {
    let Some(kernel) = Namespace::new("restored") else { return };
    let site = site();
    let flows = open(&site, 900);
    kernel.load(&compile(&site, &flows)).unwrap();
    let before = picture(&kernel);
    for zone in Zone::ALL {
        // By the program: flows gone, the table of cut-offs there.
        let cut = [zone];
        kernel.load(&compile(&site, Open { cut: &cut, ..Open::from(&flows) })).unwrap();
        assert!(!picture(&kernel).of_table(CUTOFF_TABLE).canonical().is_empty());
        kernel.load(&compile(&site, &flows)).unwrap();
        assert_eq!(picture(&kernel).canonical(), before.canonical(), "{}", zone.name());
        // By hand at the gateway: nothing but that table.
        kernel.load(&cut_off(&site, &cut)).unwrap();
        let own = |picture: &Picture| picture.of_table(TABLE).canonical();
        assert_eq!(own(&picture(&kernel)), own(&before));
        kernel.load(&cut_off(&site, &[])).unwrap();
        assert_eq!(picture(&kernel).canonical(), before.canonical(), "{}", zone.name());
    }
}

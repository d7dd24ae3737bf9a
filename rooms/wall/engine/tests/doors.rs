//! The gateway's own services and zones that are cut off, in a real kernel: what
//! is compiled is proved, and what is changed by hand is found.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "kernel/namespace.rs"]
mod namespace;

use namespace::Namespace;
use wall_engine::{Open, Opening, Proof, Ruleset, Serving, compile, cut_off, prove};
use zones::{Site, Zone, read_site};

const ALPHA: &str = include_str!("../../../../examples/midori-city/site.toml");
const BETA_PRIME: &str = include_str!("../../../../examples/midori-city/site-beta-prime.toml");

fn site(text: &str) -> Site {
    read_site(text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn everything(site: &Site) -> (Vec<Opening>, Vec<Serving>) {
    let flows = (0..site.flows.len()).map(|flow| Opening { flow, seconds: Some(900) }).collect();
    let services =
        (0..site.services.len()).map(|service| Serving { service, seconds: Some(900) }).collect();
    (flows, services)
}

fn proof(site: &Site, open: Open<'_>, namespace: &Namespace) -> Proof {
    prove(site, open, &Ruleset::read(&namespace.ruleset()).unwrap())
}

fn told(proof: &Proof) -> Vec<&'static str> {
    let mut ids: Vec<&str> = proof.violations.iter().map(|one| one.invariant.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[test]
fn what_the_gateway_answers_is_exactly_what_the_site_says() {
    let Some(namespace) = Namespace::new("doors") else { return };
    for text in [ALPHA, BETA_PRIME] {
        let site = site(text);
        let (flows, services) = everything(&site);
        assert!(services.len() >= 4);
        namespace.flush();
        for count in [services.len(), 1, 0] {
            let open = Open { flows: &flows, services: &services[..count], cut: &[] };
            namespace.load(&compile(&site, open)).unwrap();
            let clean = proof(&site, open, &namespace);
            assert!(clean.is_proven(), "{count} services: {clean:#?}");
        }
        // The kernel answers nothing; the site says that it should.
        let open = Open { flows: &flows, services: &services, cut: &[] };
        assert_eq!(told(&proof(&site, open, &namespace)), ["G11"]);
        // The kernel answers; the site says that it should not.
        namespace.load(&compile(&site, open)).unwrap();
        assert_eq!(told(&proof(&site, Open::from(&flows), &namespace)), ["G4"]);
    }
}

#[test]
fn a_door_changed_by_hand_is_found() {
    let Some(namespace) = Namespace::new("hands") else { return };
    let site = site(ALPHA);
    let (flows, services) = everything(&site);
    let open = Open { flows: &flows, services: &services, cut: &[] };
    for (by_hand, expected) in [
        ("insert rule inet sekisho gate_input tcp dport 443 accept", "G4"),
        ("insert rule inet sekisho gate_input ct state established accept", "G4"),
        ("add rule inet sekisho gate_input iifname \"in1\" accept", "G4"),
        (
            "add element inet sekisho door_5_ip4_mac { 02:00:5e:00:00:16 . 10.2.1.103 . tcp . 443 }",
            "G4",
        ),
        (
            "delete element inet sekisho door_5_ip4_mac { 02:00:5e:00:00:14 . 10.2.1.101 . tcp . 443 }",
            "G11",
        ),
        ("insert rule inet sekisho gate_input tcp dport 22 drop", "G11"),
    ] {
        namespace.load(&compile(&site, open)).unwrap();
        namespace.load(&format!("{by_hand}\n")).unwrap_or_else(|why| panic!("{by_hand}: {why}"));
        let found = proof(&site, open, &namespace);
        assert_eq!(told(&found), [expected], "{by_hand}: {found:#?}");
        // The gateway itself has no interface.
        let doors = found.violations.iter().filter(|one| expected == "G4" && one.rule.is_some());
        assert!(doors.clone().all(|one| one.witness.oif.is_empty()), "{found:#?}");
    }
}

#[test]
fn a_zone_that_is_cut_off_is_proved_to_be() {
    let Some(namespace) = Namespace::new("cutoff") else { return };
    for text in [ALPHA, BETA_PRIME] {
        let site = site(text);
        let (flows, services) = everything(&site);
        let whole = Open { flows: &flows, services: &services, cut: &[] };
        let cuts: [&[Zone]; 5] = [
            &[Zone::Internet],
            &[Zone::Lgwan],
            &[Zone::MyNumber],
            &[Zone::Internet, Zone::MyNumber],
            &Zone::ALL,
        ];
        for cut in cuts {
            let open = Open { cut, ..whole };
            namespace.load(&compile(&site, open)).unwrap();
            let clean = proof(&site, open, &namespace);
            assert!(clean.is_proven(), "{cut:?}: {clean:#?}");
            // Whoever does not know of it is told that something lacks.
            assert_eq!(told(&proof(&site, whole, &namespace)), ["G11"], "{cut:?}");
            // The table alone, at the gateway by hand: nothing of it passes.
            namespace.load(&compile(&site, whole)).unwrap();
            assert!(!proof(&site, open, &namespace).is_proven(), "{cut:?} is not cut yet");
            namespace.load(&cut_off(&site, cut)).unwrap();
            let by_hand = proof(&site, open, &namespace);
            assert!(by_hand.is_proven(), "{cut:?}: {by_hand:#?}");
            namespace.load(&cut_off(&site, &[])).unwrap();
            assert!(proof(&site, whole, &namespace).is_proven());
        }
        // Nothing but the console and the way to it is left of everything.
        let script = compile(&site, Open { cut: &Zone::ALL, ..whole });
        let left = site.services.iter().filter(|service| service.stays_in_cutoff);
        assert!(left.clone().count() > 0 && left.clone().all(|one| script.contains(&one.name)));
        assert!(site.flows.iter().all(|flow| !script.contains(&format!("flow_{}", flow.name))));
    }
}

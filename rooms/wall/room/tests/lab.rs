//! A site in namespaces, tried with real packets.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Instant;

use tokio::sync::mpsc;
use wall_engine::{Opening, compile};
use wall_room::guarding::{Guarded, Limits};
use wall_room::lab::{Lab, probe};
use zones::{Site, read_site};

const ALPHA: &str = include_str!("../../../../examples/midori-city/site.toml");
const BETA_PRIME: &str = include_str!("../../../../examples/midori-city/site-beta-prime.toml");

fn site(text: &str) -> Site {
    read_site(text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

struct Up(Lab);

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.down();
    }
}

fn build(name: &str, site: &Site) -> Option<Up> {
    let lab = Lab::named(&format!("{name}{}", std::process::id())).unwrap();
    match lab.up(site) {
        Ok(()) => Some(Up(lab)),
        Err(why) => {
            eprintln!("skipped: {why}");
            None
        }
    }
}

#[test]
fn every_approved_flow_is_reached_and_nothing_else() {
    let site = site(ALPHA);
    let started = Instant::now();
    let Some(up) = build("probe", &site) else { return };
    println!("built in {:?}", started.elapsed());
    let lab = &up.0;
    let all: Vec<Opening> =
        (0..site.flows.len()).map(|flow| Opening { flow, seconds: Some(600) }).collect();
    let (told, _cuts) = mpsc::channel(1);
    let guard = lab.guard(&site, &all, Limits::default(), told).unwrap();
    for openings in [&all[..], &all[..7], &[]] {
        lab.kernel().apply(&compile(&site, openings)).unwrap();
        lab.unbolt().unwrap();
        guard.open(Guarded::of(&site, openings, Instant::now()));
        let probed = probe(lab, &site, openings).unwrap();
        println!(
            "{} reached, {} refused, {} by IPv6",
            probed.reached, probed.refused, probed.over_ipv6
        );
        assert!(probed.wrong.is_empty(), "{:#?}", probed.wrong);
        assert!(probed.reached >= openings.len() && probed.refused > 0);
    }
    // The same tries reach everything once nothing stands in the way.
    lab.kernel().apply("flush ruleset\n").unwrap();
    let open = probe(lab, &site, &[]).unwrap();
    assert!(open.refused == 0 && !open.wrong.is_empty(), "{open:?}");
}

#[test]
fn the_other_model_is_held_to_its_flows_too() {
    let site = site(BETA_PRIME);
    let Some(up) = build("beta", &site) else { return };
    let openings: Vec<Opening> =
        (0..site.flows.len()).map(|flow| Opening { flow, seconds: Some(600) }).collect();
    up.0.kernel().apply(&compile(&site, &openings)).unwrap();
    up.0.unbolt().unwrap();
    let (told, _cuts) = mpsc::channel(1);
    let _guard = up.0.guard(&site, &openings, Limits::default(), told).unwrap();
    let probed = probe(&up.0, &site, &openings).unwrap();
    println!(
        "{} reached, {} refused, {} by IPv6",
        probed.reached, probed.refused, probed.over_ipv6
    );
    assert!(probed.wrong.is_empty() && probed.reached >= openings.len(), "{:#?}", probed.wrong);
}

//! A site in namespaces, tried with real packets.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Instant;

use wall_engine::{Opening, compile};
use wall_room::lab::{Lab, probe};
use zones::{Site, read_site};

fn site() -> Site {
    let text = include_str!("../../../../examples/midori-city/site.toml");
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
    let site = site();
    let started = Instant::now();
    let Some(up) = build("probe", &site) else { return };
    println!("built in {:?}", started.elapsed());
    let lab = &up.0;
    let all: Vec<Opening> =
        (0..site.flows.len()).map(|flow| Opening { flow, seconds: Some(600) }).collect();
    for openings in [&all[..], &all[..7], &[]] {
        lab.kernel().apply(&compile(&site, openings)).unwrap();
        lab.unbolt().unwrap();
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

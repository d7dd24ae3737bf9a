//! The engine against the kernel: what is compiled is taken by `nft`, read back
//! and proved; whatever is changed by hand afterwards is found.
#![allow(clippy::unwrap_used, clippy::panic)]

mod clean;
mod mutations;
mod namespace;

use wall_engine::{Opening, Proof, Ruleset, compile, prove};
use zones::{Site, read_site};

use crate::namespace::Namespace;

pub(crate) fn site() -> Site {
    read_site(include_str!("site.toml")).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

pub(crate) fn all_open(site: &Site) -> Vec<Opening> {
    (0..site.flows.len()).map(|flow| Opening { flow, seconds: Some(3_600) }).collect()
}

pub(crate) fn proof_of(site: &Site, openings: &[Opening], namespace: &Namespace) -> Proof {
    prove(site, openings, &Ruleset::read(&namespace.ruleset()).unwrap())
}

#[test]
fn the_kernel_takes_what_is_compiled_and_the_proof_holds() {
    let Some(namespace) = Namespace::new("clean") else { return };
    let site = site();
    let open = all_open(&site);
    for openings in [&open[..], &open[..1], &[]] {
        namespace.load(&compile(&site, openings)).unwrap();
        let proof = proof_of(&site, openings, &namespace);
        assert!(proof.is_proven(), "{proof:#?}");
    }
    // What the kernel has is not what was approved meanwhile.
    let proof = proof_of(&site, &open, &namespace);
    let lacking = proof.violations.iter().filter(|one| one.invariant.id() == "G11").count();
    assert!(lacking >= site.flows.len(), "{proof:#?}");
    namespace.load(&compile(&site, &open)).unwrap();
    let proof = proof_of(&site, &open[1..], &namespace);
    assert!(!proof.violations.is_empty(), "more passes than is approved");
}

#[test]
fn the_same_site_compiles_to_the_same_text() {
    let site = site();
    let open = all_open(&site);
    let mut backwards = open.clone();
    backwards.reverse();
    assert_eq!(compile(&site, &open), compile(&site, &backwards));
}

#[test]
fn an_empty_filter_is_found_open() {
    let Some(namespace) = Namespace::new("empty") else { return };
    let site = site();
    let proof = proof_of(&site, &[], &namespace);
    for id in ["G1", "G2", "G4"] {
        assert!(proof.violations.iter().any(|one| one.invariant.id() == id), "{id}: {proof:#?}");
    }
}

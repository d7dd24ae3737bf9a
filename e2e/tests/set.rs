//! Holds the set itself to its word: ids are unique, and what was planted can
//! be found before it is asked whether it is gone.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use e2e::canary::Unpacked;
use e2e::{Expect, inject};

#[test]
fn ids_are_unique() {
    let cases = inject::all();
    let ids: BTreeSet<_> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len());
}

#[test]
fn every_canary_is_seen_before() {
    let cases = inject::all();
    let planted = cases.iter().filter(|case| !case.canary.is_empty() && !case.is_veiled);
    let unseen: Vec<_> = planted
        .filter(|case| !Unpacked::of(&case.bytes).has(&case.canary))
        .map(|case| case.id.as_str())
        .collect();
    assert!(unseen.is_empty(), "the scanner is blind to {unseen:?}");
}

#[test]
fn every_marker_is_seen_before() {
    let mut blind = Vec::new();
    for case in inject::all() {
        let Expect::Inert(markers) = &case.expect else { continue };
        let found = Unpacked::of(&case.bytes);
        // Other encodings than the plain ones are the reader's business.
        let is_plain =
            case.id.contains("+cp932") || case.id.contains("+eucjp") || case.id.contains("+utf16");
        if !is_plain && !markers.iter().any(|marker| found.has(marker)) {
            blind.push(case.id);
        }
    }
    assert!(blind.is_empty(), "no marker is seen in {blind:?}");
}

//! Every packed seed and a few mutations of each: no panic, nothing slow.

#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn every_packed_seed_is_read_without_a_panic() {
    let status = Command::new(env!("CARGO_BIN_EXE_fuzz")).arg("replay").status().unwrap();
    assert!(status.success(), "cargo run -p fuzz -- replay TARGET tells which");
}

//! The tree keeps the house's rules: run as a test, with what is built anyway.

#![allow(clippy::unwrap_used)]

use std::process::Command;

#[test]
fn nothing_to_complain_of() {
    let status = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("tidy").status().unwrap();
    assert!(status.success(), "cargo run -p xtask -- tidy lists what is wrong");
}

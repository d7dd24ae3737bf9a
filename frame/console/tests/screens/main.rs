//! Drives the frame's screens and endpoints through the router, on both
//! databases: people sign in, apply, decide, and are kept apart.

#![allow(clippy::unwrap_used, clippy::panic)]

mod browser;
mod certificate;
mod door;
mod interface;
mod lists;
#[path = "../../../identity/tests/suite/op.rs"]
mod op;
mod pairs;
mod permits;
mod proof;
mod provider;
mod repeats;
mod system;
mod town;
mod twins;
mod walls;

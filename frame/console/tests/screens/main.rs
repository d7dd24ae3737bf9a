//! Drives the frame's screens and endpoints through the router, on both
//! databases: people sign in, apply, decide, and are kept apart.

#![allow(clippy::unwrap_used, clippy::panic)]

mod browser;
mod door;
mod interface;
mod lists;
mod permits;
mod town;
mod walls;

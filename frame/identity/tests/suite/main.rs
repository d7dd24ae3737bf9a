//! What identity promises, on each kind of database.
#![allow(clippy::unwrap_used, clippy::panic)]

mod authenticator;
mod bodies;
mod enrol;
mod findings;
mod joiners;
mod lost_factor;
mod op;
mod own;
mod people;
mod proof;
mod provider;
mod roles;
mod scale;
mod sessions;
mod sign_in;
mod throttle;
mod town;

//! What permits promise, on each kind of database.
#![allow(clippy::unwrap_used, clippy::panic)]

mod clocks;
mod deputies;
mod emergencies;
mod findings;
mod lives;
mod mechanisms;
mod million;
mod register;
mod restarts;
mod town;

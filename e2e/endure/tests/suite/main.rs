//! Kills, full disks and lost databases: one program, so that they run beside
//! each other.
#![allow(clippy::unwrap_used, clippy::panic)]

mod database;
mod disk;
mod kills;
mod mail;
mod transfer;

//! The relay with a real Postfix pair, each in a network namespace of its own.
//! Skipped, and said so, where Postfix is not installed or the account may not
//! make namespaces.
#![allow(clippy::unwrap_used, clippy::panic)]

mod crossing;
mod kills;
mod left;
mod open;
mod pair;
mod smuggle;
mod swap;

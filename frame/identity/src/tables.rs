//! The SQL of this crate, one file a table family.

use store::Migration;

/// The tables of bodies, people, roles, factors and sessions.
pub const MIGRATIONS: &[Migration] = &[];

//! All SQL of permits.

mod heads;
mod migrations;
mod permits;
#[cfg(test)]
mod plans;
mod register;
mod tokens;

pub(crate) use heads::{head, next_number, see, set_seen};
pub use migrations::MIGRATIONS;
pub(crate) use permits::{
    active, active_of, dependents, due, due_across, find, find_locked, granted, insert, open_of,
    undecided, update,
};
pub(crate) use register::{Branch, Query, search};
pub(crate) use tokens::{holder_of, put_token, remove_token, token_exists};

//! Reads what a person wrote for the program (TOML 1.0): rules, policies, sites.
//! Every slip is told at once with its line and column, and with the word that
//! may have been meant. Knows no room: which keys there are, each says itself.

mod nearest;
mod slip;
mod walk;

pub use nearest::nearest;
pub use slip::{Complaint, Slip};
pub use walk::{Table, Value, Walk, read};

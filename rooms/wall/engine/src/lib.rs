//! Which packets a filter lets through, and which it should: sets of packets
//! and what is true of them. Touches no kernel, file or clock.

mod beside;
mod compile;
mod cut;
mod diff;
mod doors;
mod expression;
mod prove;
mod ruleset;
mod space;
mod used;
mod walk;
mod ward;

pub use beside::{Around, Link, beside};
pub use compile::{Opening, TABLE, compile};
pub use cut::{CUTOFF_TABLE, cut_off};
pub use diff::{Change, Difference, Picture, SECONDS_OFF_MAX, differences};
pub use doors::{Open, Serving};
pub use expression::State;
pub use prove::{Invariant, Passed, Proof, Violation, Witness, passed, prove};
pub use ruleset::{RULESET_BYTES_MAX, RuleAt, Ruleset, RulesetError};
pub use space::{Cube, Field, Packet, Set, Span};
pub use used::{Used, used};
pub use walk::Unproven;
pub use ward::{GUARD_MARK, GUARD_PORT};

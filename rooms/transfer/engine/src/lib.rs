//! Decides what happens to a file at a boundary: how it is treated, and what
//! must be true before it is handed over. Values in, verdicts out; no files,
//! no clock, no store.

mod decide;
mod facts;
mod floor;
mod look;
mod policy;
mod read;
mod replay;

pub use decide::{Order, Release, Treat};
pub use facts::{Arrival, Class, Found, Persons, Treatment, Way};
pub use floor::Floor;
pub use look::{Answer, Answers, LookFault, Question};
pub use policy::{Conditions, Container, Keep, Needs, Policy, ReleaseRule, TreatRule, Types};
pub use read::{Complaint, DEFAULT, Fault, POLICY_BYTES_MAX, RULES_MAX, parse};
pub use replay::{Change, Past, replay};

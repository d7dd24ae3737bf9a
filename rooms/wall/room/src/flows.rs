//! Flows as permits: what the site declares, what a permit opens of it, and what
//! is checked before.

mod declared;
mod kind;
mod standing;

pub use declared::{Declared, RISK_ANALYSIS, items};
pub use kind::{FLOW, FlowGate};
pub use standing::{Stand, Standing, standing};

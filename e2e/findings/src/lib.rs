//! For tests only: the ordinary arrangements in which the Board of Audit's
//! findings happen, and what the tests ask of a town that runs Sekisho. Knows
//! only commands, addresses and files, as an auditor would.

pub mod cast;
pub mod lock;
pub mod relay;
pub mod share;
pub mod ways;
pub mod wires;

pub use cast::Cast;
pub use lock::Folder;
pub use relay::Relay;
pub use share::{Hand, Share};
pub use wires::Wires;

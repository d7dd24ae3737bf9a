//! What Sekisho asks of the operating system: cages for hostile bytes and a
//! word on what the kernel offers. The only crate with `unsafe`. Knows nothing
//! of files' formats or of what its callers run in a cage.

mod cage;
mod confine;
mod disk;
mod frames;
mod namespace;
mod pipe;
mod priority;
mod support;
mod tool;
mod transparent;
mod warden;

pub use cage::{Cage, CageError};
pub use confine::{ConfineError, Confinement};
pub use disk::{Space, space};
pub use namespace::in_network;
pub use pipe::end_with_reader;
pub use priority::{Behind, step_back};
pub use support::{Support, support};
pub use tool::{Tool, ToolError};
pub use transparent::stand_for_others;
pub use warden::{WardenError, serve};

//! Postfix's log as lines and events. Its text is partly written by strangers:
//! names, addresses and replies stand in it, so nothing is looked for by chance.

mod event;
mod line;
mod tail;

pub use event::{Event, Status};
pub use line::Line;
pub use tail::{Tail, TailError};

pub(crate) use line::LINE_BYTES_MAX;
